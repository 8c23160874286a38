#ifndef CHAINRULE_VM_CONVOLUTION_H
#define CHAINRULE_VM_CONVOLUTION_H

#include <stdint.h>

/// Bytes of a vector of filters; a block of filters is two of them, or one where that is what is left.
enum { VM_FILTER_BYTES = 64 };

/// Some lines of one image's output, and the bordered input that they are made of.
typedef struct {
  int64_t channels, kh, kw, sh, sw;
  /// Elements of a row and of a channel of the bordered input.
  int64_t width, plane;
  /// Lines of the output, and places in each.
  int64_t lines, places;
  /// Filters of a block, in whole vectors.
  int64_t lanes;
} vm_convolution_part;

#define VM_DECLARE(T, S) \
  void vm_convolution_border_##S(const T *x, T *bordered, const int64_t *geometry); \
  void vm_convolution_pack_##S(const T *w, const T *bias, T *packed, int64_t outer, int64_t taps, \
    int64_t outer_stride, int64_t filter_stride, int is_flipped, int64_t filters, int64_t first, int64_t end); \
  void vm_convolution_product_##S(const vm_convolution_part *part, const T *x, const T *packed, T *y); \
  void vm_convolution_slopes_##S(const vm_convolution_part *part, const T *x, const T *dy, T *sums); \
  void vm_convolution_turn_##S(const T *x, int64_t x_stride, T *y, int64_t y_stride, int64_t rows, \
    int64_t columns, int64_t padded_rows); \
  void vm_convolution_collect_##S(const T *partials, T *dw, int64_t parts, int64_t part_stride, int64_t taps, \
    int64_t filters, int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
