#ifndef VM_EXPONENTIAL_H
#define VM_EXPONENTIAL_H
#include <math.h>
#include "vm_bits.h"

/// x + rest = n ln 2 + r with |r| <= ln 2 / 2, for |x| below 2^15 and a small rest.
typedef struct { float r; int32_t n; } vm_reduced;
VM_INLINE vm_reduced vm_reduce_ln2(float x, float rest) {
#pragma clang fp contract(fast)
  // n = round(x / ln 2) by adding and taking away 1.5 2^23; its bits hold n too.
  float shifted = x * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  vm_reduced result;
  result.r = (x - n * 0.693359375f) + (n * 2.12194440e-4f + rest);
  result.n = (int32_t)(vm_bits_f32(shifted) - 0x4B400000u);
  return result;
}

/// (e^r - 1 - r) / r for |r| <= ln 2 / 2.
VM_INLINE float vm_exp_tail(float r) {
#pragma clang fp contract(fast)
  float p = 1.38824864e-3f;
  p = p * r + 8.3667133e-3f;
  p = p * r + 4.16672044e-2f;
  p = p * r + 1.6666542e-1f;
  p = p * r + 4.9999997e-1f;
  return p * r;
}

/// y 2^n for n from -252 to 254, in two factors, so that neither leaves the range of exponents.
VM_INLINE float vm_scale_f32(float y, int32_t n) {
  int32_t half = n >> 1;
  return y * vm_power_of_two_f32(half) * vm_power_of_two_f32(n - half);
}

/// factor e^(x + rest), for x up to 89 and a small rest; e^-104 for smaller x.
VM_INLINE float vm_exp_pair(float x, float rest, float factor) {
#pragma clang fp contract(fast)
  float z = x < -104.0f ? -104.0f : x;
  vm_reduced by = vm_reduce_ln2(z, rest);
  return vm_scale_f32((vm_exp_tail(by.r) * by.r + by.r) * factor + factor, by.n);
}

/// e^x; at most 1.1 ulp off.
VM_INLINE float vm_exp_f32(float x) {
  float y = vm_exp_pair(x > 89.0f ? 89.0f : x, 0.0f, 1.0f);
  return x > 88.7228394f ? x * INFINITY : y;
}
VM_INLINE double vm_exp_f64(double x) { return exp(x); }

/// e^x - 1; at most 1.8 ulp off.
VM_INLINE float vm_expm1_f32(float x) {
  float z = x > 89.0f ? 89.0f : x;
  z = z < -25.0f ? -25.0f : z;
  vm_reduced by = vm_reduce_ln2(z, 0.0f);
  float p = vm_exp_tail(by.r) * by.r + by.r;
  // 2^n (p + 1) - 1, halved, as 2^128 isn't a float.
  float s = vm_power_of_two_f32(by.n - 1);
  float y = 2.0f * (s * p + (s - 0.5f));
  return fabsf(x) < 0x1p-25f ? x : y;
}
VM_INLINE double vm_expm1_f64(double x) { return expm1(x); }

/// 1 / (1 + e^-x); at most 2 ulp off.
VM_INLINE float vm_sigmoid_f32(float x) {
  float e = vm_exp_pair(-fabsf(x), 0.0f, 1.0f);
  float q = 1.0f / (1.0f + e);
  // e q, but the rounding of q matters less.
  return x < 0 ? e - e * (e * q) : q;
}
VM_INLINE double vm_sigmoid_f64(double x) {
  double e = exp(-fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/// A polynomial near 0, else by the exponential; at most 1.4 ulp off.
VM_INLINE float vm_tanh_f32(float x) {
  float a = fabsf(x);
  float e = vm_exp_pair(a > 10.0f ? 20.0f : 2.0f * a, 0.0f, 1.0f);
  float far = 1.0f - 2.0f / (e + 1.0f);
  float s = a * a;
  float p = -5.70498686e-3f;
  p = p * s + 2.06390861e-2f;
  p = p * s - 5.37397154e-2f;
  p = p * s + 1.33314416e-1f;
  p = p * s - 3.33332807e-1f;
  float near = p * s * a + a;
  return copysignf(a < 0.625f ? near : far, x);
}
VM_INLINE double vm_tanh_f64(double x) { return tanh(x); }
#endif
