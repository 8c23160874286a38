#ifndef VM_ERROR_FUNCTION_H
#define VM_ERROR_FUNCTION_H
#include "vm_exponential.h"

/// A polynomial up to 1, else 1 - e^-q with a polynomial q; at most 1.4 ulp off.
VM_INLINE float vm_erf_f32(float x) {
  float a = fabsf(x);
  float b = a > 4.0f ? 4.0f : a;
  float z = b * b;
  float p = 7.85386146e-5f;
  p = p * z - 8.01019371e-4f;
  p = p * z + 5.18832775e-3f;
  p = p * z - 2.68538129e-2f;
  p = p * z + 1.12835854e-1f;
  p = p * z - 3.7612626e-1f;
  p = p * z + 1.28379166e-1f;
  float near = p * b + b;
  float q = -1.15041831e-3f;
  q = q * b + 1.47780916e-2f;
  q = q * b - 8.86340886e-2f;
  q = q * b - 6.5448904e-1f;
  q = q * b - 1.11743844f;
  q = q * b - 2.67172628e-3f;
  float far = 1.0f - vm_exp_pair(q, 0.0f, 1.0f);
  return copysignf(b < 1.0f ? near : far, x);
}
VM_INLINE double vm_erf_f64(double x) { return erf(x); }

/// erf(x) = x + x Q(x^2) for |x| <= 0.6: the Q.
VM_INLINE float vm_erf_near_0(float z) {
#pragma clang fp contract(fast)
  float p = 4.51144576e-3f;
  p = p * z - 2.66464073e-2f;
  p = p * z + 1.12809807e-1f;
  p = p * z - 3.76125127e-1f;
  return p * z + 1.28379151e-1f;
}

/// Phi(-b) e^(b^2 / 2), for b from 0.84 to 15.
///
/// That is S(t) / (b + 11/4) with t = (b - 11/4) / (b + 11/4) and a polynomial S.
VM_INLINE float vm_gaussian_ratio(float b) {
#pragma clang fp contract(fast)
  float r = 1.0f / (b + 2.75f);
  float t = (b - 2.75f) * r;
  float p = -4.04900202e-4f;
  p = p * t - 3.33604985e-4f;
  p = p * t + 2.48621427e-3f;
  p = p * t + 3.22083128e-3f;
  p = p * t - 1.64428856e-2f;
  p = p * t - 1.65670961e-2f;
  p = p * t + 1.82334244e-1f;
  p = p * t - 4.74354088e-1f;
  p = p * t + 7.18986034e-1f;
  return p * r;
}

/// factor e^(-scale a^2).
VM_INLINE float vm_gaussian(float a, float scale, float factor) {
  // The rounding of a^2, which would be magnified.
  float square = a * a;
  float high = vm_float_of_bits(vm_bits_f32(a) & 0xFFFFF000u);
  float rest = (square - high * high) - (a - high) * (a + high);
  return vm_exp_pair(square * -scale, rest * scale, factor);
}

/// 1 - erf(x); at most 4.1 ulp off, also where it is small.
VM_INLINE float vm_erfc_f32(float x) {
  float a = fabsf(x);
  a = a > 10.5f ? 10.5f : a;
  // The root of 2 in two parts.
  float ratio = vm_gaussian_ratio(a * 1.41421354f + a * 2.42032e-8f);
  float tail = vm_gaussian(a, 1.0f, 2.0f * ratio);
  float near = 1.0f - (x + x * vm_erf_near_0(a * a));
  return a < 0.6f ? near : (x < 0 ? 2.0f - tail : tail);
}
VM_INLINE double vm_erfc_f64(double x) { return erfc(x); }

/// The normal distribution's Phi(x) = erfc(-x / sqrt(2)) / 2; at most 3.6 ulp off, also where it is small.
VM_INLINE float vm_normal_cdf_f32(float x) {
  float a = fabsf(x);
  a = a > 15.0f ? 15.0f : a;
  float tail = vm_gaussian(a, 0.5f, vm_gaussian_ratio(a));
  float h = x * 0.353553391f;
  float near = 0.5f + (h + h * vm_erf_near_0(0.5f * (a * a)));
  return a < 0.848f ? near : (x > 0 ? 1.0f - tail : tail);
}
VM_INLINE double vm_normal_cdf_f64(double x) { return 0.5 * erfc(x * -0.70710678118654752440); }

/// The derivative of x Phi(x), Phi(x) + x phi(x), with one exponential for both.
VM_INLINE float vm_gelu_slope_f32(float x) {
  float a = fabsf(x);
  a = a > 15.0f ? 15.0f : a;
  float e = vm_gaussian(a, 0.5f, 1.0f);
  float tail = e * vm_gaussian_ratio(a);
  float h = x * 0.353553391f;
  float near = 0.5f + (h + h * vm_erf_near_0(0.5f * (a * a)));
  float cdf = a < 0.848f ? near : (x > 0 ? 1.0f - tail : tail);
  // Beyond the clamp e is nothing, and x may be infinite.
  return cdf + (x > 15.0f || x < -15.0f ? 0.0f : x * (e * 0.398942280f));
}
VM_INLINE double vm_gelu_slope_f64(double x) {
  double slope = x * exp(x * x * -0.5) * 0.39894228040143267794;
  return vm_normal_cdf_f64(x) + (x > 40 || x < -40 ? 0 : slope);
}
#endif
