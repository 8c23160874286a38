#ifndef VM_POWER_H
#define VM_POWER_H
#include "vm_wide.h"

/// 2^p for |p| <= 1000, a relative 2^-29 off.
VM_INLINE double vm_exp2_wide(double p) {
  double shifted = p + 0x1.8p52;
  double r = p - (shifted - 0x1.8p52);
  double e = 1.5476451465783046e-4;
  e = e * r + 1.3400403835046525e-3;
  e = e * r + 9.6180033655372445e-3;
  e = e * r + 5.5503274565719275e-2;
  e = e * r + 2.4022651350048771e-1;
  e = e * r + 6.9314720640390926e-1;
  double scale = vm_double_of_bits(0x3FF0000000000000u + (vm_bits_f64(shifted) << 52));
  return (e * r + 1.0) * scale;
}

/// x to the y, as 2^(y log2 |x|) in double; at most 0.6 ulp off.
VM_INLINE float vm_pow_f32(float x, float y) {
  float a = fabsf(x);
  vm_split s = vm_split_f64(a);
  double l = s.k + vm_log_mantissa(s.m) * 1.44269504088896340736;
  l = a == 0 ? -INFINITY : (a < INFINITY ? l : a);
  // Infinite y acts as a large one does, but 1 to it is 1.
  float finite = y > 0x1p127f ? 0x1p127f : (y < -0x1p127f ? -0x1p127f : y);
  double p = finite * l;
  p = p > 140.0 ? 140.0 : (p < -160.0 ? -160.0 : p);
  float power = (float)vm_exp2_wide(p);
  // In 2^52 + |y| the last bit says whether y is odd; whole if nothing is lost.
  double b = fabsf(finite);
  b = b < 0x1p52 ? b : 0x1p52;
  double moved = b + 0x1p52;
  int whole = moved - 0x1p52 == b;
  uint32_t odd = whole ? (uint32_t)vm_bits_f64(moved) & 1 : 0;
  uint32_t sign = (vm_bits_f32(x) & 0x80000000u) & odd << 31;
  float signed_power = vm_float_of_bits(vm_bits_f32(power) | sign);
  signed_power = x < 0 && x > -INFINITY && !whole ? NAN : signed_power;
  return x == 1.0f || y == 0 ? 1.0f : signed_power;
}
VM_INLINE double vm_pow_f64(double x, double y) { return pow(x, y); }
#endif
