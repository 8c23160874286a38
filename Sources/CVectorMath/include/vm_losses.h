#ifndef CHAINRULE_VM_LOSSES_H
#define CHAINRULE_VM_LOSSES_H

#include <stdint.h>

#define VM_DECLARE(T, S) \
  void vm_pair_distances_##S(const T *x, T *y, int64_t rows, int64_t width, int64_t first, int64_t end); \
  void vm_triplets_##S(int is_hard, int is_soft, T margin, const T *d, const T *same, T *slopes, double *totals, \
    int64_t rows, int64_t first, int64_t end); \
  void vm_triplet_mean_##S(const double *totals, int64_t rows, double *share, T *mean); \
  void vm_scale_by_number_##S(T *x, const double *factor, int64_t count); \
  void vm_ctc_##S(const T *x, const int32_t *labels, const T *mask, T *dx, double *losses, int64_t blank, \
    int drops_infinity, int64_t examples, int64_t steps, int64_t classes, int64_t places, int64_t first, int64_t end, double *scratch);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
