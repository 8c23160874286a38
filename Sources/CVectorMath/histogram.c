#include "vm_histogram.h"

#include <string.h>

// A double's bits: the exponent gives the octave, three comparisons of the fraction the quarter. The
// constants are the first doubles at or above 2^(1/4), 2^(1/2) and 2^(3/4), less the hidden bit.
#define QUARTER1 0x306FE0A31B715ull
#define QUARTER2 0x6A09E667F3BCDull
#define QUARTER3 0xAE89F995AD3ADull

static inline void take(vm_histogram *h, double d) {
  uint64_t bits;
  memcpy(&bits, &d, sizeof bits);
  int negative = (int)(bits >> 63);
  int exponent = (int)(bits >> 52 & 0x7FF) - 1023;
  uint64_t fraction = bits & 0xFFFFFFFFFFFFFull;
  if (exponent == 1024) {
    if (fraction) h->nan_count++;
    else if (negative) h->negative_infinity++;
    else h->positive_infinity++;
    return;
  }
  h->sum += d;
  h->sum_of_squares += d * d;
  if (d < h->minimum) h->minimum = d;
  if (d > h->maximum) h->maximum = d;
  if (d == 0) {
    h->zero++;
  } else if (exponent < -40) {
    if (negative) h->negative_underflow++; else h->positive_underflow++;
  } else if (exponent >= 24) {
    if (negative) h->negative_overflow++; else h->positive_overflow++;
  } else {
    int quarter = (fraction >= QUARTER1) + (fraction >= QUARTER2) + (fraction >= QUARTER3);
    h->counts[negative * VM_HISTOGRAM_BUCKETS + (exponent + 40) * 4 + quarter]++;
  }
}

#define HISTOGRAM(T, S)                                         \
  void vm_histogram_##S(vm_histogram *h, const T *x, long n) {  \
    h->count += n;                                              \
    for (long i = 0; i < n; i++) take(h, (double)x[i]);         \
  }

HISTOGRAM(float, f32)
HISTOGRAM(double, f64)
