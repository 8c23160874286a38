#include <string.h>

#include "CVectorMath.h"
#include "vm_geometry.h"
#include "vm_target.h"

#define T float
#define SUFFIX f32
#define VM_LANES 16
#include "transpose.inc"
#include "convolution.inc"
#undef T
#undef SUFFIX
#undef VM_LANES
#define T double
#define SUFFIX f64
#define VM_LANES 8
#include "transpose.inc"
#include "convolution.inc"
