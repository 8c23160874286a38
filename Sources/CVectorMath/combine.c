#include "vm_combine.h"
#include "vm_target.h"

VM_CLONES void vm_combine_f32(
    float *out, const float *x, const float *y, float a, float b, size_t n) {
  if (a == 0) {
    for (size_t i = 0; i < n; i++) out[i] = b * y[i];
    return;
  }
  for (size_t i = 0; i < n; i++) out[i] = a * x[i] + b * y[i];
}

VM_CLONES void vm_combine_f64(
    double *out, const double *x, const double *y, double a, double b, size_t n) {
  if (a == 0) {
    for (size_t i = 0; i < n; i++) out[i] = b * y[i];
    return;
  }
  for (size_t i = 0; i < n; i++) out[i] = a * x[i] + b * y[i];
}
