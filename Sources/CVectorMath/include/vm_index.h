#ifndef CHAINRULE_VM_INDEX_H
#define CHAINRULE_VM_INDEX_H

#include <stdint.h>

/// What becomes of a row.
typedef enum { VM_LARGEST, VM_SMALLEST, VM_NORM, VM_LOG_SUM_EXP } vm_reduction;

#define VM_DECLARE(T, S) \
  void vm_reduce_rows_##S(int reduction, const T *x, T *y, int64_t width, int64_t first, int64_t end); \
  void vm_argmax_##S(const T *x, int32_t *y, int64_t width, int64_t first, int64_t end); \
  void vm_cumulative_sum_##S(const T *x, T *y, int64_t n, int64_t inner, int is_reversed, int64_t first, int64_t end); \
  void vm_gather_rows_##S(const T *x, const int32_t *indices, T *y, int64_t rows, int64_t width, int64_t first, \
    int64_t end); \
  void vm_scatter_rows_##S(const T *x, const int32_t *indices, T *y, int64_t count, int64_t width, int64_t first, \
    int64_t end); \
  void vm_segment_max_##S(const T *x, const int32_t *indices, T *y, int64_t count, int64_t width, int64_t first, \
    int64_t end); \
  void vm_gather_along_##S(const T *x, const int32_t *indices, T *y, int64_t n, int64_t places, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_scatter_along_##S(const T *x, const int32_t *indices, T *y, int64_t n, int64_t places, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_to_indices_##S(const T *x, int32_t *y, int64_t first, int64_t end); \
  void vm_one_hot_##S(const int32_t *indices, T *y, int64_t classes, int64_t first, int64_t end); \
  void vm_sparse_product_##S(const int32_t *rows, const int32_t *columns, const T *values, int64_t entries, \
    const T *x, int64_t n, T *y, int64_t width, int64_t first, int64_t end); \
  void vm_sampled_product_##S(const int32_t *rows, const int32_t *columns, const T *a, int64_t m, const T *b, \
    int64_t n, T *y, int64_t width, int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
