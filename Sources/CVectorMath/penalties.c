#include "vm_penalties.h"
#include "vm_target.h"

#include <float.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef double wide __attribute__((ext_vector_type(LANES)));

#define REAL float
#define NAME(x) x##_f32
#define STEP FLT_EPSILON
#include "penalties.inc"
#undef REAL
#undef NAME
#undef STEP

#define REAL double
#define NAME(x) x##_f64
#define STEP DBL_EPSILON
#include "penalties.inc"
