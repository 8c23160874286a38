#ifndef CHAINRULE_VM_GRAPH_H
#define CHAINRULE_VM_GRAPH_H

#include <stdint.h>

/// A sparse matrix seen from one side: the entries of line r are order[k] for k from offsets[r] to
/// offsets[r + 1] (k itself where order is null), and ends[e] is where entry e stands on the other side.
typedef struct {
  const int32_t *offsets;
  const int32_t *order;
  const int32_t *ends;
  int64_t entries;
} vm_lines;

#define VM_DECLARE(T, S) \
  void vm_neighbor_sum_##S(const vm_lines *lines, const T *values, const T *x, int64_t n, T *y, int64_t heads, \
    int64_t width, int64_t first, int64_t end); \
  void vm_neighbor_product_##S(const int32_t *rows, const int32_t *columns, const T *a, int64_t m, const T *b, \
    int64_t n, T *y, int64_t heads, int64_t width, int64_t first, int64_t end); \
  void vm_segment_softmax_##S(const int32_t *offsets, const T *x, T *y, int64_t entries, int64_t width, \
    int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
