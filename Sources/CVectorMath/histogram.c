#include "vm_histogram.h"
#include "vm_target.h"

#include <math.h>
#include <string.h>

// Vectors are only handed to functions that are inlined, so that their calling convention is moot.
#pragma clang diagnostic ignored "-Wpsabi"

// Elements go by stretches that fit the nearest cache: first the bucket of each, with the moments, in vectors; then the
// counting, into several tables by turns, since adding to a count that was just written has to wait for it. A stretch
// is taken to be finite, and taken again with care when it wasn't.

enum { LANES = 16, STRETCH = 2048, TABLES = 8 };
typedef float narrow __attribute__((ext_vector_type(LANES)));
typedef int32_t marks __attribute__((ext_vector_type(LANES)));
typedef uint16_t places __attribute__((ext_vector_type(LANES)));
typedef double wide __attribute__((ext_vector_type(LANES)));

// Of each sign: what is below the buckets, the buckets, what is above them. Then what has no place on that line.
enum {
  UNDER = 0, FIRST = 1, OVER = FIRST + VM_HISTOGRAM_BUCKETS, SIGN = OVER + 1,
  ZERO = 2 * SIGN, NOT_A_NUMBER, INFINITE, PLACES = INFINITE + 2,
};

// The first fractions of a float at or above 2^(1/4), 2^(1/2) and 2^(3/4).
enum { QUARTER1 = 0x1837F1, QUARTER2 = 0x3504F4, QUARTER3 = 0x5744FD };

typedef struct {
  wide sum, squares;
  narrow minimum, maximum;
} seen;

enum { INFINITE_BITS = 0x7F800000 };

// Takes 16 numbers in; the bits of the largest size are left in *largest. What isn't finite is right with `careful` alone.
VM_INLINE places take(seen *s, narrow x, marks *largest, int careful) {
  marks bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  marks size = bits & 0x7FFFFFFF;
  marks fraction = size & 0x7FFFFF;
  // Comparisons give -1.
  marks quarter = -(fraction >= QUARTER1) - (fraction >= QUARTER2) - (fraction >= QUARTER3);
  marks place = (size >> 23) * 4 + quarter - ((127 - 40) * 4 - FIRST);
  place = place > UNDER ? place : UNDER;
  place = place < OVER ? place : OVER;
  place += (bits >> 31) & SIGN;
  place = size == 0 ? ZERO : place;
  *largest = *largest > size ? *largest : size;
  narrow sound = x;
  if (careful) {
    place = size == INFINITE_BITS ? INFINITE - (bits >> 31) : place;
    place = size > INFINITE_BITS ? NOT_A_NUMBER : place;
    marks finite = size < INFINITE_BITS;
    sound = finite ? x : 0;
    s->minimum = (finite & (x < s->minimum)) ? x : s->minimum;
    s->maximum = (finite & (x > s->maximum)) ? x : s->maximum;
  } else {
    s->minimum = x < s->minimum ? x : s->minimum;
    s->maximum = x > s->maximum ? x : s->maximum;
  }
  wide w = __builtin_convertvector(sound, wide);
  s->sum += w;
  s->squares += w * w;
  return __builtin_convertvector(place, places);
}

VM_INLINE narrow load(const float *p) {
  narrow x;
  __builtin_memcpy(&x, p, sizeof x);
  return x;
}

// Of x, or of x less y when that isn't NULL. Whether all were finite; of what wasn't, only a careful stretch is right.
VM_INLINE int stretch(seen *into, const float *x, const float *y, long n, uint16_t *place, int careful) {
  long whole = n - n % LANES;
  marks largest = 0;
  seen s = *into;
  for (long i = 0; i < whole; i += LANES) {
    places p = take(&s, y ? load(x + i) - load(y + i) : load(x + i), &largest, careful);
    __builtin_memcpy(place + i, &p, sizeof p);
  }
  if (whole < n) {
    // What pads the rest is a number of it, so that no extreme is made up; its sums are taken apart.
    float rest[LANES];
    for (int i = 0; i < LANES; i++) {
      long at = whole + i < n ? whole + i : whole;
      rest[i] = y ? x[at] - y[at] : x[at];
    }
    seen own = s;
    own.sum = own.squares = 0;
    places p = take(&own, load(rest), &largest, careful);
    __builtin_memcpy(place + whole, &p, sizeof(uint16_t) * (n - whole));
    for (int i = 0; i < n - whole; i++) {
      s.sum[i] += own.sum[i];
      s.squares[i] += own.squares[i];
    }
    s.minimum = own.minimum;
    s.maximum = own.maximum;
  }
  int finite = 1;
  for (int i = 0; i < LANES; i++) finite &= largest[i] < INFINITE_BITS;
  if (finite || careful) *into = s;
  return finite;
}

VM_CLONES static int finite_buckets(seen *s, const float *x, const float *y, long n, uint16_t *place) {
  return y ? stretch(s, x, y, n, place, 0) : stretch(s, x, NULL, n, place, 0);
}

VM_CLONES static int careful_buckets(seen *s, const float *x, const float *y, long n, uint16_t *place) {
  return y ? stretch(s, x, y, n, place, 1) : stretch(s, x, NULL, n, place, 1);
}

static void count(vm_histogram *h, const float *x, const float *y, long n) {
  seen s = {0, 0, INFINITY, -INFINITY};
  uint32_t counts[TABLES][PLACES];
  uint16_t place[STRETCH];
  h->count += n;
  while (n > 0) {
    // No count of 32 bits can overflow before it is added up.
    long part = n < (long)1 << 30 ? n : (long)1 << 30;
    // A few elements don't pay for clearing and adding up more than one table.
    int tables = part < STRETCH ? 1 : TABLES;
    memset(counts, 0, tables * sizeof counts[0]);
    for (long start = 0; start < part; start += STRETCH) {
      long length = part - start < STRETCH ? part - start : STRETCH;
      const float *part_x = x + start, *part_y = y ? y + start : NULL;
      if (!finite_buckets(&s, part_x, part_y, length, place)) careful_buckets(&s, part_x, part_y, length, place);
      long i = 0;
      for (; tables == TABLES && i + TABLES <= length; i += TABLES) {
        for (int t = 0; t < TABLES; t++) counts[t][place[i + t]]++;
      }
      for (; i < length; i++) counts[0][place[i]]++;
    }
    int64_t total[PLACES] = {0};
    for (int t = 0; t < tables; t++) {
      for (int p = 0; p < PLACES; p++) total[p] += counts[t][p];
    }
    for (int p = 0; p < VM_HISTOGRAM_BUCKETS; p++) {
      h->counts[p] += total[FIRST + p];
      h->counts[VM_HISTOGRAM_BUCKETS + p] += total[SIGN + FIRST + p];
    }
    h->zero += total[ZERO];
    h->positive_underflow += total[UNDER];
    h->negative_underflow += total[SIGN + UNDER];
    h->positive_overflow += total[OVER];
    h->negative_overflow += total[SIGN + OVER];
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
