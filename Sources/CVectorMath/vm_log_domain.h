#ifndef VM_LOG_DOMAIN_H
#define VM_LOG_DOMAIN_H
#include <math.h>
#include "vm_power.h"

// Sums of probabilities that are kept as logarithms, in double. For float the functions are good to a relative 2^-29
// and vectorised; for double they are the C library's.

/// The logarithm of nothing: finite, so that differences are numbers, and so low that no sum of others reaches it.
#define VM_LOG_ZERO (-1e30)

/// e to the x for x <= 0; what is below e^-690 is that.
VM_INLINE double vm_exp_negative_f32(double x) {
  double p = x * 1.44269504088896340736;
  return vm_exp2_wide(p < -996.0 ? -996.0 : p);
}
VM_INLINE double vm_exp_negative_f64(double x) { return exp(x); }

/// The logarithm of a number from 1 to 3.
VM_INLINE double vm_log_small_f32(double x) { return vm_log_wide(x); }
VM_INLINE double vm_log_small_f64(double x) { return log(x); }
#endif
