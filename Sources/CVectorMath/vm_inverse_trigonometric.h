#ifndef VM_INVERSE_TRIGONOMETRIC_H
#define VM_INVERSE_TRIGONOMETRIC_H
#include <math.h>
#include "vm_bits.h"

// pi/2 as a float, and what pi/2 exceeds it by.
#define VM_HALF_PI 1.57079637f
#define VM_HALF_PI_REST -4.37113883e-8f

/// asin(s) for 0 <= s <= 1/2, where z = s^2.
VM_INLINE float vm_asin_near_0(float s, float z) {
  float p = 4.21782359e-2f;
  p = p * z + 2.41729487e-2f;
  p = p * z + 4.54716086e-2f;
  p = p * z + 7.49528855e-2f;
  p = p * z + 1.66667521e-1f;
  return p * z * s + s;
}

/// Above 1/2 by asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)); at most 2.5 ulp off.
VM_INLINE float vm_asin_f32(float x) {
  float a = fabsf(x);
  float z = a > 0.5f ? 0.5f * (1.0f - a) : a * a;
  float p = vm_asin_near_0(a > 0.5f ? sqrtf(z) : a, z);
  float far = VM_HALF_PI - (2.0f * p - VM_HALF_PI_REST);
  return copysignf(a > 0.5f ? far : p, x);
}
VM_INLINE double vm_asin_f64(double x) { return asin(x); }

/// At most 1.2 ulp off.
VM_INLINE float vm_acos_f32(float x) {
  float a = fabsf(x);
  float z = a > 0.5f ? 0.5f * (1.0f - a) : a * a;
  float p = vm_asin_near_0(a > 0.5f ? sqrtf(z) : a, z);
  // pi/2 - asin(x), or 2 asin(...), or pi - 2 asin(...).
  float middle = VM_HALF_PI - (copysignf(p, x) - VM_HALF_PI_REST);
  float far = x < 0 ? 2.0f * (VM_HALF_PI - (p - VM_HALF_PI_REST)) : 2.0f * p;
  return a > 0.5f ? far : middle;
}
VM_INLINE double vm_acos_f64(double x) { return acos(x); }

/// By atan(a) = pi/4 + atan((a - 1) / (a + 1)) or pi/2 + atan(-1 / a) to an argument of at most tan(pi/8);
/// at most 2.3 ulp off.
VM_INLINE float vm_atan_f32(float x) {
  float a = fabsf(x);
  int middle = a > 0.414213562f, far = a > 2.41421356f;
  float t = (far ? -1.0f : (middle ? a - 1.0f : a)) / (far ? a : (middle ? a + 1.0f : 1.0f));
  float base = far ? VM_HALF_PI : (middle ? 0.5f * VM_HALF_PI : 0.0f);
  float rest = far ? VM_HALF_PI_REST : (middle ? 0.5f * VM_HALF_PI_REST : 0.0f);
  float z = t * t;
  float p = 8.05362314e-2f;
  p = p * z - 1.38776496e-1f;
  p = p * z + 1.99777082e-1f;
  p = p * z - 3.33329499e-1f;
  return copysignf(base + (p * z * t + t + rest), x);
}
VM_INLINE double vm_atan_f64(double x) { return atan(x); }
#endif
