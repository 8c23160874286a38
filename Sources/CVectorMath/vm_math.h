#ifndef VM_MATH_H
#define VM_MATH_H
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "vm_error_function.h"
#include "vm_exponential.h"
#include "vm_gates.h"
#include "vm_hyperbolic.h"
#include "vm_inverse_trigonometric.h"
#include "vm_log_domain.h"
#include "vm_logarithm.h"
#include "vm_power.h"
#include "vm_trigonometric.h"

// Those for float have neither branches nor calls, so that loops over them are vectorised; those for double
// are the C library's. Special cases are those of C. The polynomials were found by the Remez
// exchange, for the least relative error on their interval.

// An ulp is the distance of two floats next to the exact value; the bounds hold for all floats.

VM_INLINE float vm_sqrt_f32(float x) { return sqrtf(x); }
VM_INLINE double vm_sqrt_f64(double x) { return sqrt(x); }
VM_INLINE float vm_floor_f32(float x) { return floorf(x); }
VM_INLINE double vm_floor_f64(double x) { return floor(x); }
VM_INLINE float vm_ceil_f32(float x) { return ceilf(x); }
VM_INLINE double vm_ceil_f64(double x) { return ceil(x); }
// To the even one of two that are as near.
VM_INLINE float vm_round_f32(float x) { return rintf(x); }
VM_INLINE double vm_round_f64(double x) { return rint(x); }
#endif
