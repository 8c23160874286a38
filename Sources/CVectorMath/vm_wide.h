#ifndef VM_WIDE_H
#define VM_WIDE_H
#include <math.h>
#include "vm_bits.h"

/// x = 2^k m with m between sqrt(1/2) and sqrt(2), for a normal x > 0.
typedef struct { double k, m; } vm_split;
VM_INLINE vm_split vm_split_f64(double x) {
  const uint64_t root = 0x3FE6A09E667F3BCDu;
  uint64_t moved = vm_bits_f64(x) - root + 0x3FF0000000000000u;
  vm_split s;
  // k + 1023 is put into the last bits of 2^52.
  s.k = vm_double_of_bits((moved >> 52) + 0x4330000000000000u) - (0x1p52 + 1023);
  s.m = vm_double_of_bits((moved & 0xFFFFFFFFFFFFFu) + root);
  return s;
}

/// log(m) for m between sqrt(1/2) and sqrt(2), as 2 atanh((m - 1) / (m + 1)); a relative 2^-36 off.
VM_INLINE double vm_log_mantissa(double m) {
  double s = (m - 1.0) / (m + 1.0);
  double z = s * s;
  double p = 0.23582294677675691;
  p = p * z + 0.28537301462301523;
  p = p * z + 0.40000335293676209;
  p = p * z + 0.66666665645051637;
  return s * (p * z + 2.0);
}

/// The logarithm of a normal x > 0, good enough to be rounded to float.
VM_INLINE double vm_log_wide(double x) {
  vm_split s = vm_split_f64(x);
  return s.k * 0.693147180559945309417 + vm_log_mantissa(s.m);
}
#endif
