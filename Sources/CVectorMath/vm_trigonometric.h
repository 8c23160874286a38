#ifndef VM_TRIGONOMETRIC_H
#define VM_TRIGONOMETRIC_H
#include "vm_bits.h"

/// a = n pi/2 + r with |r| <= pi/4, of n the last two bits.
typedef struct { float r; uint32_t n; } vm_quarter;

/// For any a >= 0, after Payne and Hanek: a times the 112 bits of 2/pi that matter for an a of that size.
///
/// The pieces of 2/pi have 28 bits, so that their products with a float are exact; those whose product is
/// a multiple of 4 are left out.
VM_INLINE vm_quarter vm_reduce_quarter(float a) {
  const double p0 = 0xA2F9836p-28, p1 = 0xE4E4415p-56, p2 = 0x29FC275p-84, p3 = 0x7D1F534p-112;
  const double p4 = 0xDDC0DB6p-140, p5 = 0x295993Cp-168, p6 = 0x439041Fp-196;
  double x = a;
  double c0 = x < 0x1p53 ? p0 : (x < 0x1p81 ? p1 : (x < 0x1p109 ? p2 : p3));
  double c1 = x < 0x1p53 ? p1 : (x < 0x1p81 ? p2 : (x < 0x1p109 ? p3 : p4));
  double c2 = x < 0x1p53 ? p2 : (x < 0x1p81 ? p3 : (x < 0x1p109 ? p4 : p5));
  double c3 = x < 0x1p53 ? p3 : (x < 0x1p81 ? p4 : (x < 0x1p109 ? p5 : p6));
  double t0 = x * c0, t1 = x * c1, t2 = x * c2;
  // To the nearest multiple of 4 by adding and taking away 1.5 2^54, to the nearest whole by 1.5 2^52.
  t0 -= (t0 + 0x1.8p54) - 0x1.8p54;
  double shifted = (t0 + t1) + t2 + 0x1.8p52;
  double f = (((t0 - (shifted - 0x1.8p52)) + t1) + t2) + x * c3;
  vm_quarter result;
  result.r = (float)(f * 1.57079632679489661923);
  result.n = (uint32_t)vm_bits_f64(shifted);
  return result;
}

/// sin(r) for |r| <= pi/4.
VM_INLINE float vm_sin_near_0(float r) {
  float z = r * r;
  float p = -1.95172674e-4f;
  p = p * z + 8.332178e-3f;
  p = p * z - 1.66666552e-1f;
  return p * z * r + r;
}

/// cos(r) for |r| <= pi/4.
VM_INLINE float vm_cos_near_0(float r) {
  float z = r * r;
  float p = 2.44384155e-5f;
  p = p * z - 1.38873677e-3f;
  p = p * z + 4.16666456e-2f;
  return p * z * z - 0.5f * z + 1.0f;
}

VM_INLINE float vm_flip_sign(float y, uint32_t sign_bit) { return vm_float_of_bits(vm_bits_f32(y) ^ sign_bit); }

// For any x, sin and cos are at most 1.6 ulp off, tan 3.6.
VM_INLINE float vm_sin_f32(float x) {
  vm_quarter q = vm_reduce_quarter(fabsf(x));
  float y = q.n & 1 ? vm_cos_near_0(q.r) : vm_sin_near_0(q.r);
  return vm_flip_sign(y, (vm_bits_f32(x) & 0x80000000u) ^ (q.n & 2) << 30);
}
VM_INLINE double vm_sin_f64(double x) { return sin(x); }

VM_INLINE float vm_cos_f32(float x) {
  vm_quarter q = vm_reduce_quarter(fabsf(x));
  float y = q.n & 1 ? vm_sin_near_0(q.r) : vm_cos_near_0(q.r);
  return vm_flip_sign(y, ((q.n + 1) & 2) << 30);
}
VM_INLINE double vm_cos_f64(double x) { return cos(x); }

VM_INLINE float vm_tan_f32(float x) {
  vm_quarter q = vm_reduce_quarter(fabsf(x));
  float s = vm_sin_near_0(q.r), c = vm_cos_near_0(q.r);
  float y = q.n & 1 ? -c / s : s / c;
  return vm_flip_sign(y, vm_bits_f32(x) & 0x80000000u);
}
VM_INLINE double vm_tan_f64(double x) { return tan(x); }
#endif
