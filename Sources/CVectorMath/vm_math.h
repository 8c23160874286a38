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
#include "vm_logarithm.h"
#include "vm_power.h"
#include "vm_trigonometric.h"

// Those for float have neither branches nor calls, so that loops over them are vectorised; those for double
// are the C library's. Special cases are those of C. The polynomials were found by the Remez
// exchange, for the least relative error on their interval.

// An ulp is the distance of two floats next to the exact value; the bounds hold for all floats.

VM_INLINE float vm_sqrt_f32(float x) { return sqrtf(x); }
VM_INLINE double vm_sqrt_f64(double x) { return sqrt(x); }
#endif
