#ifndef VM_COMBINE_H
#define VM_COMBINE_H

#include <stddef.h>

// out = a x + b y, element by element; out may be x or y. With a = 0 x isn't read.
void vm_combine_f32(float *out, const float *x, const float *y, float a, float b, size_t n);
void vm_combine_f64(double *out, const double *x, const double *y, double a, double b, size_t n);

#endif
