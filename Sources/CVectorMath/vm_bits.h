#ifndef VM_BITS_H
#define VM_BITS_H
#include <stdint.h>
#include <string.h>
#include "vm_target.h"

VM_INLINE uint32_t vm_bits_f32(float x) { uint32_t b; memcpy(&b, &x, 4); return b; }
VM_INLINE uint64_t vm_bits_f64(double x) { uint64_t b; memcpy(&b, &x, 8); return b; }
VM_INLINE float vm_float_of_bits(uint32_t b) { float x; memcpy(&x, &b, 4); return x; }
VM_INLINE double vm_double_of_bits(uint64_t b) { double x; memcpy(&x, &b, 8); return x; }
/// 2 to the n, for n from -126 to 127.
VM_INLINE float vm_power_of_two_f32(int32_t n) { return vm_float_of_bits((uint32_t)(n + 127) << 23); }
#endif
