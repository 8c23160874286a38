#include "vm_optimizers.h"
#include "vm_target.h"

#include <float.h>
#include <math.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef double wide __attribute__((ext_vector_type(LANES)));


// The pass of a rule: `rule##_lanes` for 16 elements after 16, the rest padded with zeros.
#define VM_PASS(rule, collects)                                                                                    \
  VM_CLONES void NAME(vm_##rule##_pass)(                                                                           \
    const vm_update *u, size_t tile, size_t first, size_t end, vm_gradient_statistics *s) {                        \
    const NAME(constants) k = NAME(prepare)(u);                                                                    \
    const size_t n = end - first, whole = n - n % LANES;                                                           \
    NAME(place) at = {.p = (REAL *)u->parameter + first, .g = (const REAL *)u->gradient + first};                  \
    for (int j = 0; j < VM_UPDATE_SLOTS; j++) at.s[j] = u->slots[j] == NULL ? NULL : (REAL *)u->slots[j] + first;   \
    NAME(seen) seen = {0};                                                                                         \
    for (size_t i = 0; i < whole;) {                                                                               \
      size_t stop = i + NAME(NEAR) < whole ? i + NAME(NEAR) : whole;                                               \
      for (; i < stop; i += LANES) NAME(rule##_lanes)(&k, &seen, &at, i);                                          \
      NAME(widen)(&seen);                                                                                          \
    }                                                                                                              \
    if (whole < n) {                                                                                               \
      REAL rest[2 + VM_UPDATE_SLOTS][LANES] = {{0}};                                                               \
      const size_t bytes = (n - whole) * sizeof(REAL);                                                             \
      NAME(place) padded = {.p = rest[0], .g = rest[1]};                                                           \
      __builtin_memcpy(rest[0], at.p + whole, bytes);                                                              \
      __builtin_memcpy(rest[1], at.g + whole, bytes);                                                              \
      for (int j = 0; j < VM_UPDATE_SLOTS; j++) {                                                                  \
        if (at.s[j] == NULL) continue;                                                                             \
        padded.s[j] = rest[2 + j];                                                                                 \
        __builtin_memcpy(rest[2 + j], at.s[j] + whole, bytes);                                                     \
      }                                                                                                            \
      NAME(rule##_lanes)(&k, &seen, &padded, 0);                                                                   \
      __builtin_memcpy(at.p + whole, rest[0], bytes);                                                              \
      for (int j = 0; j < VM_UPDATE_SLOTS; j++) {                                                                  \
        if (at.s[j] != NULL) __builtin_memcpy(at.s[j] + whole, rest[2 + j], bytes);                                \
      }                                                                                                            \
    }                                                                                                              \
    if (u->work != NULL) NAME(sum_lanes)(&seen, u->work + VM_UPDATE_SUMS * tile);                                  \
    if (collects) {                                                                                                \
      NAME(collect)(&seen, at.g, n, k.scale, k.limit, s);                                                          \
    } else {                                                                                                       \
      NAME(collect_moves)(&seen, s);                                                                               \
    }                                                                                                              \
  }

#define REAL float
#define NAME(x) x##_f32
#define FABS fabsf
#define LARGEST FLT_MAX
#define TINY 1e-15
#include "optimizers.inc"
#include "optimizer_momentum.inc"
#include "optimizer_moments.inc"
#include "optimizer_squares.inc"
#include "optimizer_layers.inc"
#include "optimizer_factored.inc"
#include "optimizer_matrix.inc"
#include "optimizer_weights.inc"
#include "optimizer_curvature.inc"
#include "optimizer_gradients.inc"
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
#include "optimizer_momentum.inc"
#include "optimizer_moments.inc"
#include "optimizer_squares.inc"
#include "optimizer_layers.inc"
#include "optimizer_factored.inc"
#include "optimizer_matrix.inc"
#include "optimizer_weights.inc"
#include "optimizer_curvature.inc"
#include "optimizer_gradients.inc"
