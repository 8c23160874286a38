#ifndef VM_MATH_H
#define VM_MATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "vm_target.h"

/// e to the x for float; at most 2 units in the last place, infinity and NaN as in C.
VM_INLINE float vm_exp_f32(float x) {
  float z = x > 89.0f ? 89.0f : x;
  z = z < -104.0f ? -104.0f : z;
  // n = round(z / ln 2) by adding and taking away 1.5 2^23.
  float shifted = z * 1.44269504088896341f + 12582912.0f;
  float n = shifted - 12582912.0f;
  float r = z - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  int32_t whole = (int32_t)(n == n ? n : 0.0f);
  int32_t half = whole >> 1;
  // In two factors, so that neither leaves the range of exponents.
  int32_t first_bits = (half + 127) << 23;
  int32_t second_bits = (whole - half + 127) << 23;
  float first, second;
  memcpy(&first, &first_bits, 4);
  memcpy(&second, &second_bits, 4);
  float y = p * first * second;
  y = x > 88.7228394f ? INFINITY : y;
  return x != x ? x : y;
}
VM_INLINE double vm_exp_f64(double x) { return exp(x); }

VM_INLINE float vm_sigmoid_f32(float x) {
  float e = vm_exp_f32(-fabsf(x));
  float positive = 1.0f / (1.0f + e);
  return x < 0 ? e * positive : positive;
}
VM_INLINE double vm_sigmoid_f64(double x) {
  double e = exp(-fabs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

/// Cephes' tanhf: a polynomial near 0, else by the exponential.
VM_INLINE float vm_tanh_f32(float x) {
  float a = fabsf(x);
  float e = vm_exp_f32(2.0f * a);
  float far = 1.0f - 2.0f / (e + 1.0f);
  float s = x * x;
  float p = -5.70498872745e-3f;
  p = p * s + 2.06390887954e-2f;
  p = p * s - 5.37397155531e-2f;
  p = p * s + 1.33314422036e-1f;
  p = p * s - 3.33332819422e-1f;
  float near = p * s * x + x;
  float y = copysignf(far, x);
  return a < 0.625f ? near : (x != x ? x : y);
}
VM_INLINE double vm_tanh_f64(double x) { return tanh(x); }
VM_INLINE float vm_expm1_f32(float x) {
  float p = 1.9875691500e-4f;
  p = p * x + 1.3981999507e-3f;
  p = p * x + 8.3334519073e-3f;
  p = p * x + 4.1665795894e-2f;
  p = p * x + 1.6666665459e-1f;
  p = p * x + 5.0000001201e-1f;
  float near = p * x * x + x;
  float far = vm_exp_f32(x) - 1.0f;
  return fabsf(x) < 0.35f ? near : far;
}
VM_INLINE double vm_expm1_f64(double x) { return expm1(x); }

// The C library's, until one is vectorised.
#define VM_LIBRARY(name, single, wide) \
  VM_INLINE float vm_##name##_f32(float x) { return single(x); } \
  VM_INLINE double vm_##name##_f64(double x) { return wide(x); }
VM_LIBRARY(sqrt, sqrtf, sqrt)
VM_LIBRARY(erf, erff, erf)
VM_LIBRARY(erfc, erfcf, erfc)
VM_LIBRARY(log, logf, log)
VM_LIBRARY(log1p, log1pf, log1p)
VM_LIBRARY(sin, sinf, sin)
VM_LIBRARY(cos, cosf, cos)
VM_LIBRARY(tan, tanf, tan)
VM_LIBRARY(asin, asinf, asin)
VM_LIBRARY(acos, acosf, acos)
VM_LIBRARY(atan, atanf, atan)
VM_LIBRARY(sinh, sinhf, sinh)
VM_LIBRARY(cosh, coshf, cosh)
VM_LIBRARY(asinh, asinhf, asinh)
VM_LIBRARY(acosh, acoshf, acosh)
VM_LIBRARY(atanh, atanhf, atanh)
#undef VM_LIBRARY
VM_INLINE float vm_pow_f32(float x, float y) { return powf(x, y); }
VM_INLINE double vm_pow_f64(double x, double y) { return pow(x, y); }
VM_INLINE float vm_softplus_f32(float x) { return (x > 0 ? x : 0) + log1pf(expf(-fabsf(x))); }
VM_INLINE double vm_softplus_f64(double x) { return (x > 0 ? x : 0) + log1p(exp(-fabs(x))); }
#endif
