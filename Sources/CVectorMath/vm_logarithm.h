#ifndef VM_LOGARITHM_H
#define VM_LOGARITHM_H
#include "vm_exponential.h"

/// log(1 + f) + k ln 2, for f from sqrt(1/2) - 1 to sqrt(2) - 1.
VM_INLINE float vm_log_near_1(float f, float k) {
  float p = -7.63450563e-2f;
  p = p * f + 1.27615824e-1f;
  p = p * f - 1.3160181e-1f;
  p = p * f + 1.42017573e-1f;
  p = p * f - 1.66233569e-1f;
  p = p * f + 2.00012267e-1f;
  p = p * f - 2.50008196e-1f;
  p = p * f + 3.33333313e-1f;
  float z = f * f;
  float y = f * z * p - k * 2.12194440e-4f;
  y = y - 0.5f * z;
  return k * 0.693359375f + (f + y);
}

/// The k for which x / 2^k lies between sqrt(1/2) and sqrt(2), for a normal x.
VM_INLINE int32_t vm_exponent_f32(float x) { return (int32_t)(vm_bits_f32(x) - 0x3F3504F3u) >> 23; }

/// The natural logarithm; at most 0.9 ulp off.
VM_INLINE float vm_log_f32(float x) {
  float normal = x < 0x1p-126f ? x * 0x1p23f : x;
  int32_t k = vm_exponent_f32(normal);
  float m = vm_float_of_bits(vm_bits_f32(normal) - ((uint32_t)k << 23));
  float y = vm_log_near_1(m - 1.0f, (float)(x < 0x1p-126f ? k - 23 : k));
  y = x < INFINITY ? y : x;
  return x > 0 ? y : (x == 0 ? -INFINITY : NAN);
}
VM_INLINE double vm_log_f64(double x) { return log(x); }

/// log(1 + x); at most 1.5 ulp off.
VM_INLINE float vm_log1p_f32(float x) {
  float u = 1.0f + x;
  int32_t k = vm_exponent_f32(u);
  // (1 + x) / 2^k - 1 without the rounding of 1 + x, which no longer counts above 2^25.
  float s = vm_float_of_bits((uint32_t)(127 - k) << 23);
  float m = vm_float_of_bits(vm_bits_f32(u) - ((uint32_t)k << 23));
  float f = x < 0x1p25f ? x * s + (s - 1.0f) : m - 1.0f;
  float y = copysignf(vm_log_near_1(f, (float)k), x);
  y = x < INFINITY ? y : x;
  return x > -1.0f ? y : (x == -1.0f ? -INFINITY : NAN);
}
VM_INLINE double vm_log1p_f64(double x) { return log1p(x); }

/// log(1 + e^x); at most 1.8 ulp off.
VM_INLINE float vm_softplus_f32(float x) {
  float e = vm_exp_pair(-fabsf(x), 0.0f, 1.0f);
  float f = e < 0.414213562f ? e : 0.5f * e - 0.5f;
  float y = vm_log_near_1(f, e < 0.414213562f ? 0.0f : 1.0f);
  return x > 0 ? x + y : y;
}
VM_INLINE double vm_softplus_f64(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
#endif
