#include <string.h>

#include "CVectorMath.h"
#include "vm_target.h"

#if defined(__x86_64__)
#define VM_WIDE __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
int vm_product_is_wide(void) { return __builtin_cpu_supports("x86-64-v4") != 0; }
#else
#define VM_WIDE
int vm_product_is_wide(void) { return 0; }
#endif
/// Rows of a block: with two vectors each, 24 of 32 registers.
#define VM_ROWS 12

#define T float
#define SUFFIX f32
#define VM_LANES 16
#include "transpose.inc"
#include "product.inc"
#undef T
#undef SUFFIX
#undef VM_LANES
#define T double
#define SUFFIX f64
#define VM_LANES 8
#include "transpose.inc"
#include "product.inc"
