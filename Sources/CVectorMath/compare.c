#include "vm_compare.h"
#include "vm_target.h"

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 16 };
typedef float narrow __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));

typedef struct {
  wide product, first, second, difference;
} sums;

VM_INLINE void take(sums *s, const float *a, const float *b) {
  narrow x, y;
  __builtin_memcpy(&x, a, sizeof x);
  __builtin_memcpy(&y, b, sizeof y);
  wide u = __builtin_convertvector(x, wide), v = __builtin_convertvector(y, wide), d = u - v;
  s->product += u * v;
  s->first += u * u;
  s->second += v * v;
  s->difference += d * d;
}

VM_CLONES vm_comparison vm_compare_f32(const float *a, const float *b, size_t n) {
  sums s = {0, 0, 0, 0};
  size_t whole = n - n % LANES;
  for (size_t i = 0; i < whole; i += LANES) take(&s, a + i, b + i);
  if (whole < n) {
    float rest[2][LANES] = {{0}};
    __builtin_memcpy(rest[0], a + whole, (n - whole) * sizeof(float));
    __builtin_memcpy(rest[1], b + whole, (n - whole) * sizeof(float));
    take(&s, rest[0], rest[1]);
  }
  vm_comparison c = {0, 0, 0, 0};
  for (int i = 0; i < LANES; i++) {
    c.product += s.product[i];
    c.first_squares += s.first[i];
    c.second_squares += s.second[i];
    c.difference_squares += s.difference[i];
  }
  return c;
}
