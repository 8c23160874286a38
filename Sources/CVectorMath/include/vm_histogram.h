#ifndef VM_HISTOGRAM_H
#define VM_HISTOGRAM_H

#include <stdint.h>

// Counts over a fixed grid: four steps an octave from 2^-40 to 2^24, positive values first, then
// negative ones; what the grid can't hold and what isn't finite is counted apart.
enum { VM_HISTOGRAM_BUCKETS = 256 };

typedef struct {
  int64_t counts[2 * VM_HISTOGRAM_BUCKETS];
  int64_t zero, positive_underflow, negative_underflow, positive_overflow, negative_overflow;
  int64_t nan_count, positive_infinity, negative_infinity, count;
  double minimum, maximum, sum, sum_of_squares;  // of the finite elements
} vm_histogram;

// Adds n elements to *h; minimum begins as infinity and maximum as its negative.
void vm_histogram_f32(vm_histogram *h, const float *x, long n);
// The same of x less y.
void vm_histogram_difference_f32(vm_histogram *h, const float *x, const float *y, long n);

#endif
