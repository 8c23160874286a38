#ifndef CHAINRULE_VM_NOISE_H
#define CHAINRULE_VM_NOISE_H

#include <stdint.h>

/// y = x + deviation n, with n normal draws of seed, step, stream and position; elements from first, a multiple
/// of 4, to before end. `random` is as for vm_dropout.
#define VM_DECLARE(T, S) \
  void vm_gaussian_noise_##S(const T *x, T *y, double deviation, uint64_t stream, const int32_t *random, \
    int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
