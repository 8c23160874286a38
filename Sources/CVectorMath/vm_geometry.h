#ifndef VM_GEOMETRY_H
#define VM_GEOMETRY_H
#include <stdint.h>
#include "vm_target.h"

/// How windows move over volumes, as the 64-bit numbers that kernels are given; an image has the depth 1.
typedef struct {
  int64_t channels;
  int64_t depth, height, width;  // of the input
  int64_t kd, kh, kw;            // of the window
  int64_t od, oh, ow;            // of the output
  int64_t sd, sh, sw;            // strides
  int64_t pd, ph, pw;            // padding
  int64_t dd, dh, dw;            // dilation
  int64_t first_line, end_line;  // rows of the output, od oh in all, that columns are made of
} vm_geometry;

/// The places j of `count` for which j step + shift lies inside an axis are from `from` to `to`.
VM_INLINE void vm_inside(int64_t shift, int64_t step, int64_t extent, int64_t count, int64_t *from, int64_t *to) {
  int64_t first = shift < 0 ? (step - 1 - shift) / step : 0;
  int64_t end = shift < extent ? (extent - 1 - shift) / step + 1 : 0;
  *from = first < count ? first : count;
  *to = end < count ? end : count;
  if (*to < *from) *to = *from;
}

/// The same for a larger shift, by what is known of a smaller one.
VM_INLINE void vm_inside_next(int64_t shift, int64_t step, int64_t extent, int64_t *from, int64_t *to) {
  while (*from > 0 && (*from - 1) * step + shift >= 0) --*from;
  while (*to > *from && (*to - 1) * step + shift >= extent) --*to;
}

/// By how many elements a window is averaged that begins at `start`: with the border or without.
VM_INLINE int64_t vm_window_extent(int64_t start, int64_t size, int64_t extent, int64_t padding, int counts_padding) {
  int64_t limit = counts_padding ? extent + padding : extent;
  int64_t end = start + size < limit ? start + size : limit;
  return end - (start < 0 && !counts_padding ? 0 : start);
}

/// The part of an axis that place `i` of `count` covers in adaptive pooling.
VM_INLINE void vm_adaptive_range(int64_t i, int64_t extent, int64_t count, int64_t *first, int64_t *end) {
  *first = i * extent / count;
  *end = ((i + 1) * extent + count - 1) / count;
}
#endif
