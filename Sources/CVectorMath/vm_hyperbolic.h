#ifndef VM_HYPERBOLIC_H
#define VM_HYPERBOLIC_H
#include "vm_wide.h"

/// e^a / 2 and e^-a / 2 share the even and the odd part of e^r, where a = n ln 2 + r.
///
/// In double, as e^90 isn't a float; all functions of this file are at most 0.6 ulp off.
typedef struct { double sum, difference, even, odd; } vm_hyperbola;
VM_INLINE vm_hyperbola vm_hyperbola_of(float x) {
  float b = fabsf(x);
  double a = b > 90.0f ? 90.0f : b;
  double shifted = a * 1.44269504088896340736 + 0x1.8p52;
  double r = a - (shifted - 0x1.8p52) * 0.693147180559945309417;
  double z = r * r;
  // 2^(n - 1) and 2^(-n - 1).
  uint64_t n = vm_bits_f64(shifted) << 52;
  double up = vm_double_of_bits(0x3FE0000000000000u + n), down = vm_double_of_bits(0x3FE0000000000000u - n);
  double c = 2.4882544243166179e-5, s = 1.9904999545278227e-4;
  c = c * z + 1.3888806983319126e-3;
  c = c * z + 4.1666666993166589e-2;
  c = c * z + 4.9999999999595474e-1;
  s = s * z + 8.3332889218955021e-3;
  s = s * z + 1.6666666754551396e-1;
  vm_hyperbola h = {up + down, up - down, c * z + 1.0, s * z * r + r};
  return h;
}

VM_INLINE float vm_sinh_f32(float x) {
  vm_hyperbola h = vm_hyperbola_of(x);
  return copysignf((float)(h.difference * h.even + h.sum * h.odd), x);
}
VM_INLINE double vm_sinh_f64(double x) { return sinh(x); }

VM_INLINE float vm_cosh_f32(float x) {
  vm_hyperbola h = vm_hyperbola_of(x);
  return (float)(h.sum * h.even + h.difference * h.odd);
}
VM_INLINE double vm_cosh_f64(double x) { return cosh(x); }

// Below 2^-13 asinh(x) and atanh(x) are x, but for a relative 2^-28.

/// log(a + sqrt(a^2 + 1)).
VM_INLINE float vm_asinh_f32(float x) {
  float b = fabsf(x);
  double a = b;
  float y = (float)vm_log_wide(a + sqrt(a * a + 1.0));
  return copysignf(b > 0x1p-13f && b < INFINITY ? y : b, x);
}
VM_INLINE double vm_asinh_f64(double x) { return asinh(x); }

/// log(x + sqrt(x^2 - 1)).
VM_INLINE float vm_acosh_f32(float x) {
  double a = x;
  float y = (float)vm_log_wide(a + sqrt(a * a - 1.0));
  float within = x < INFINITY ? y : x;
  return x >= 1.0f ? within : NAN;
}
VM_INLINE double vm_acosh_f64(double x) { return acosh(x); }

/// log((1 + a) / (1 - a)) / 2.
VM_INLINE float vm_atanh_f32(float x) {
  float b = fabsf(x);
  double a = b;
  float y = (float)(0.5 * vm_log_wide((1.0 + a) / (1.0 - a)));
  float from_1 = b == 1.0f ? INFINITY : NAN;
  y = b < 1.0f ? y : from_1;
  return copysignf(b < 0x1p-13f ? b : y, x);
}
VM_INLINE double vm_atanh_f64(double x) { return atanh(x); }
#endif
