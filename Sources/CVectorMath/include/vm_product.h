#ifndef CHAINRULE_VM_PRODUCT_H
#define CHAINRULE_VM_PRODUCT_H

#include <stdint.h>

/// Whether this machine has vectors for which products of ours are worth more than those of BLAS.
int vm_product_is_wide(void);

/// Which clone of every function this machine runs: the level of x86-64, 4 or 3, and 0 for the one that every processor takes.
int vm_level(void);

/// Element (i, k) of A is a[i row_stride + k column_stride].
typedef struct {
  int64_t rows, n, k;
  /// Rows of B that were packed, and from which on these k are.
  int64_t packed_k, first_k;
  int64_t row_stride, column_stride;
  /// How far apart the rows of C are.
  int64_t c_stride;
  /// Whether the product is added to what C has.
  int is_added;
} vm_product;

#define VM_DECLARE(T, S) \
  void vm_product_pack_##S(const T *b, int is_transposed, int64_t stride, int64_t k, int64_t n, T *packed); \
  void vm_product_rows_##S(const vm_product *product, const T *a, const T *packed, T *c); \
  void vm_product_panels_##S(const T *a, int64_t a_stride, const T *panels, T *c, int64_t c_stride, int64_t rows, \
    int64_t n, int64_t k);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
