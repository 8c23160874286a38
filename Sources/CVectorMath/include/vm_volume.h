#ifndef CHAINRULE_VM_VOLUME_H
#define CHAINRULE_VM_VOLUME_H

#include <stdint.h>

// Planes are volumes [depth, height, width]; the numbers of `geometry` are those of vm_geometry.
#define VM_DECLARE(T, S) \
  void vm_adaptive_max_pool_##S(const T *x, T *y, int32_t *indices, int64_t planes, const int64_t *geometry); \
  void vm_max_pool_gather_##S(const T *x, const int32_t *indices, T *y, int64_t planes, int64_t inputs, \
    int64_t outputs); \
  void vm_average_pool_##S(const T *x, T *y, int counts_padding, int64_t planes, const int64_t *geometry); \
  void vm_average_pool_gradient_##S(const T *dy, T *dx, int counts_padding, int64_t planes, \
    const int64_t *geometry); \
  void vm_adaptive_average_pool_##S(const T *x, T *y, int64_t planes, const int64_t *geometry); \
  void vm_adaptive_average_pool_gradient_##S(const T *dy, T *dx, int64_t planes, const int64_t *geometry);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
