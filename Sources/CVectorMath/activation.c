#include "vm_activation.h"
#include "vm_target.h"

#include <math.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef float narrow __attribute__((ext_vector_type(LANES)));
typedef int32_t marks __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));

typedef struct {
  wide sum, squares;
  narrow minimum, maximum;
  marks finite, flat;
} seen;

VM_INLINE void take(seen *s, narrow x, marks counted, float low, float high) {
  // The difference is NaN for what isn't finite.
  marks finite = (x - x == 0) & counted;
  narrow sound = finite ? x : 0;
  wide w = __builtin_convertvector(sound, wide);
  s->sum += w;
  s->squares += w * w;
  s->minimum = (finite & (x < s->minimum)) ? x : s->minimum;
  s->maximum = (finite & (x > s->maximum)) ? x : s->maximum;
  s->finite -= finite;
  s->flat -= ((x <= low) | (x >= high)) & finite;
}

VM_CLONES vm_activation vm_activation_f32(const float *x, size_t n, float low, float high) {
  vm_activation a = {0, 0, INFINITY, -INFINITY, 0, 0};
  seen s = {0};
  s.minimum = INFINITY;
  s.maximum = -INFINITY;
  size_t whole = n - n % LANES;
  // The counts of a lane stay within 32 bits.
  for (size_t start = 0; start < n;) {
    size_t end = start + ((size_t)1 << 30) < whole ? start + ((size_t)1 << 30) : whole;
    s.finite = s.flat = 0;
    for (; start < end; start += LANES) {
      narrow v;
      __builtin_memcpy(&v, x + start, sizeof v);
      take(&s, v, -1, low, high);
    }
    if (start == whole && whole < n) {
      float rest[LANES] = {0};
      int32_t counted[LANES] = {0};
      for (size_t i = whole; i < n; i++) {
        rest[i - whole] = x[i];
        counted[i - whole] = -1;
      }
      narrow v;
      marks c;
      __builtin_memcpy(&v, rest, sizeof v);
      __builtin_memcpy(&c, counted, sizeof c);
      take(&s, v, c, low, high);
      start = n;
    }
    for (int i = 0; i < LANES; i++) {
      a.finite += s.finite[i];
      a.flat += s.flat[i];
    }
  }
  for (int i = 0; i < LANES; i++) {
    a.sum += s.sum[i];
    a.sum_of_squares += s.squares[i];
    if (s.minimum[i] < a.minimum) a.minimum = s.minimum[i];
    if (s.maximum[i] > a.maximum) a.maximum = s.maximum[i];
  }
  return a;
}

VM_CLONES static void alive_units(const float *x, size_t units, uint8_t *alive) {
  for (size_t u = 0; u < units; u++) alive[u] |= x[u] != 0;
}

VM_CLONES static int any(const float *x, size_t n) {
  int found = 0;
  for (size_t i = 0; i < n; i++) found |= x[i] != 0;
  return found;
}

void vm_alive_f32(const float *x, size_t rows, size_t units, size_t positions, uint8_t *alive) {
  for (size_t row = 0; row < rows; row++) {
    if (positions == 1) {
      alive_units(x, units, alive);
      x += units;
      continue;
    }
    for (size_t u = 0; u < units; u++, x += positions) {
      if (!alive[u]) alive[u] = (uint8_t)any(x, positions);
    }
  }
}
