#include "vm_optimizers.h"
#include "vm_target.h"

#include <float.h>
#include <math.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef double wide __attribute__((ext_vector_type(LANES)));

#define REAL float
#define NAME(x) x##_f32
#define FABS fabsf
#define LARGEST FLT_MAX
#define TINY 1e-15
#include "optimizers.inc"
#undef REAL
#undef NAME
#undef FABS
#undef LARGEST
#undef TINY

#define REAL double
#define NAME(x) x##_f64
#define FABS fabs
#define LARGEST DBL_MAX
#define TINY 1e-140
#include "optimizers.inc"
