#ifndef VM_COMPARE_H
#define VM_COMPARE_H

#include <stddef.h>

// Sums over two vectors a and b, in double.
typedef struct {
  double product;            // a b
  double first_squares;      // a^2
  double second_squares;     // b^2
  double difference_squares; // (a - b)^2
} vm_comparison;

// One pass over both; 16 sums side by side, added up in their order at the end.
vm_comparison vm_compare_f32(const float *a, const float *b, size_t n);

#endif
