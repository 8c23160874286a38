#ifndef VM_ACTIVATION_H
#define VM_ACTIVATION_H

#include <stddef.h>
#include <stdint.h>

// What one pass over a layer's outputs learns of them; all but the count is of the finite elements.
typedef struct {
  double sum, sum_of_squares;
  float minimum, maximum;   // infinity and its negative when there's none
  int64_t finite, flat;
} vm_activation;

// flat are those up to `low` and from `high` on; NaN for no such bound.
vm_activation vm_activation_f32(const float *x, size_t n, float low, float high);

// Sets alive[u] to 1 for each unit that isn't zero somewhere. The elements are rows x units x positions.
void vm_alive_f32(const float *x, size_t rows, size_t units, size_t positions, uint8_t *alive);

#endif
