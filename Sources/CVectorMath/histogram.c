#include "vm_histogram.h"
#include "vm_target.h"

#include <math.h>
#include <string.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

// Elements go by stretches that fit the nearest cache: first the bucket of each, with the moments, in vectors; then the
// counting, into several tables by turns, since adding to a count that was just written has to wait for it.

enum { LANES = 16, STRETCH = 2048, TABLES = 4 };
typedef float narrow __attribute__((ext_vector_type(LANES)));
typedef int32_t marks __attribute__((ext_vector_type(LANES)));
typedef uint16_t places __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));

// Behind the buckets of both signs stand the places of what no bucket holds.
enum {
  ZERO = 2 * VM_HISTOGRAM_BUCKETS, UNDER, OVER = UNDER + 2, NOT_A_NUMBER = OVER + 2, INFINITE,
  PLACES = INFINITE + 2,
};

// The first fractions of a float at or above 2^(1/4), 2^(1/2) and 2^(3/4).
enum { QUARTER1 = 0x1837F1, QUARTER2 = 0x3504F4, QUARTER3 = 0x5744FD };

typedef struct {
  wide sum, squares;
  narrow minimum, maximum;
} seen;

VM_INLINE places take(seen *s, narrow x) {
  marks bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  marks size = bits & 0x7FFFFFFF;
  marks negative = (bits >> 31) & 1;
  marks exponent = size >> 23;
  marks fraction = size & 0x7FFFFF;
  // Comparisons give -1.
  marks quarter = -(fraction >= QUARTER1) - (fraction >= QUARTER2) - (fraction >= QUARTER3);
  marks place = (exponent - (127 - 40)) * 4 + quarter + negative * VM_HISTOGRAM_BUCKETS;
  place = exponent < 127 - 40 ? UNDER + negative : place;
  place = exponent >= 127 + 24 ? OVER + negative : place;
  place = size == 0 ? ZERO : place;
  place = size == 0x7F800000 ? INFINITE + negative : place;
  place = size > 0x7F800000 ? NOT_A_NUMBER : place;
  marks finite = size < 0x7F800000;
  narrow sound = finite ? x : 0;
  wide w = __builtin_convertvector(sound, wide);
  s->sum += w;
  s->squares += w * w;
  s->minimum = (finite & (x < s->minimum)) ? x : s->minimum;
  s->maximum = (finite & (x > s->maximum)) ? x : s->maximum;
  return __builtin_convertvector(place, places);
}

VM_INLINE narrow load(const float *p) {
  narrow x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

// Of x, or of x less y when that isn't NULL.
VM_INLINE void stretch(seen *s, const float *x, const float *y, long n, uint16_t *place) {
  long whole = n - n % LANES;
  for (long i = 0; i < whole; i += LANES) {
    places p = take(s, y ? load(x + i) - load(y + i) : load(x + i));
    __builtin_memcpy(place + i, &p, sizeof p);
  }
  if (whole < n) {
    // What pads the rest is a number of it, so that no extreme is made up; its sums are taken apart.
    float rest[LANES];
    for (int i = 0; i < LANES; i++) {
      long at = whole + i < n ? whole + i : whole;
      rest[i] = y ? x[at] - y[at] : x[at];
    }
    seen own = *s;
    own.sum = own.squares = 0;
    places p = take(&own, load(rest));
    __builtin_memcpy(place + whole, &p, sizeof(uint16_t) * (n - whole));
    for (int i = 0; i < n - whole; i++) {
      s->sum[i] += own.sum[i];
      s->squares[i] += own.squares[i];
    }
    s->minimum = own.minimum;
    s->maximum = own.maximum;
  }
}

VM_CLONES static void buckets(seen *s, const float *x, const float *y, long n, uint16_t *place) {
  if (y) stretch(s, x, y, n, place);
  else stretch(s, x, NULL, n, place);
}

static void count(vm_histogram *h, const float *x, const float *y, long n) {
  seen s = {0, 0, INFINITY, -INFINITY};
  uint32_t counts[TABLES][PLACES];
  uint16_t place[STRETCH];
  h->count += n;
  while (n > 0) {
    // No count of 32 bits can overflow before it is added up.
    long part = n < (long)1 << 30 ? n : (long)1 << 30;
    memset(counts, 0, sizeof counts);
    for (long start = 0; start < part; start += STRETCH) {
      long length = part - start < STRETCH ? part - start : STRETCH;
      buckets(&s, x + start, y ? y + start : NULL, length, place);
      long i = 0;
      for (; i + TABLES <= length; i += TABLES) {
        counts[0][place[i]]++;
        counts[1][place[i + 1]]++;
        counts[2][place[i + 2]]++;
        counts[3][place[i + 3]]++;
      }
      for (; i < length; i++) counts[0][place[i]]++;
    }
    int64_t total[PLACES];
    for (int p = 0; p < PLACES; p++)
      total[p] = (int64_t)counts[0][p] + counts[1][p] + counts[2][p] + counts[3][p];
    for (int p = 0; p < 2 * VM_HISTOGRAM_BUCKETS; p++) h->counts[p] += total[p];
    h->zero += total[ZERO];
    h->positive_underflow += total[UNDER];
    h->negative_underflow += total[UNDER + 1];
    h->positive_overflow += total[OVER];
    h->negative_overflow += total[OVER + 1];
    h->nan_count += total[NOT_A_NUMBER];
    h->positive_infinity += total[INFINITE];
    h->negative_infinity += total[INFINITE + 1];
    x += part;
    if (y) y += part;
    n -= part;
  }
  for (int i = 0; i < LANES; i++) {
    h->sum += s.sum[i];
    h->sum_of_squares += s.squares[i];
    if (s.minimum[i] < h->minimum) h->minimum = s.minimum[i];
    if (s.maximum[i] > h->maximum) h->maximum = s.maximum[i];
  }
}

void vm_histogram_f32(vm_histogram *h, const float *x, long n) { count(h, x, NULL, n); }

void vm_histogram_difference_f32(vm_histogram *h, const float *x, const float *y, long n) {
  count(h, x, y, n);
}
