#ifndef VM_GATES_H
#define VM_GATES_H
#include <math.h>
#include "vm_bits.h"
#include "vm_exponential.h"

// Gates of recurrent networks, a few ulp off: no result below 2^-126, multiply-adds fused where a machine has
// them, and one division each, in half the time of vm_sigmoid and vm_tanh.

/// e^x is 2^n (p + 1), for x from -87 to 0.
typedef struct { float p, power; } vm_gate_parts;
VM_INLINE vm_gate_parts vm_gate_exp(float x) {
#pragma clang fp contract(fast)
  float z = x < -87.0f ? -87.0f : x;
  // n = round(x / ln 2) by adding 1.5 2^23, which leaves it in the lowest bits.
  float shifted = z * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = (z - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.38824864e-3f;
  p = p * r + 8.3667133e-3f;
  p = p * r + 4.16672044e-2f;
  p = p * r + 1.6666542e-1f;
  p = p * r + 4.9999997e-1f;
  vm_gate_parts parts = {p * r * r + r, vm_power_of_two_f32((int32_t)(vm_bits_f32(shifted) - 0x4B400000u))};
  return parts;
}

/// 1 / (1 + e^-x).
VM_INLINE float vm_gate_sigmoid_f32(float x) {
#pragma clang fp contract(fast)
  vm_gate_parts by = vm_gate_exp(-fabsf(x));
  float e = by.p * by.power + by.power;
  float q = 1.0f / (1.0f + e);
  return x < 0 ? e * q : q;
}
VM_INLINE double vm_gate_sigmoid_f64(double x) { return vm_sigmoid_f64(x); }

/// (1 - e^-2a) / (1 + e^-2a) with a = |x|; the difference is exact to an ulp near 0 too.
VM_INLINE float vm_gate_tanh_f32(float x) {
#pragma clang fp contract(fast)
  vm_gate_parts by = vm_gate_exp(-2.0f * fabsf(x));
  float d = by.p * by.power + (by.power - 1.0f);
  return copysignf(d / (d + 2.0f), x);
}
VM_INLINE double vm_gate_tanh_f64(double x) { return tanh(x); }
#endif
