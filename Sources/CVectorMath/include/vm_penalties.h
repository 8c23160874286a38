#ifndef VM_PENALTIES_H
#define VM_PENALTIES_H

#include <stddef.h>

// Over n elements of w: the sum of |w| and that of w^2, in double.
typedef struct {
  double magnitudes, squares;
} vm_penalty_sums;

// g += l1 sign(w) + 2 l2 w, sign(0) being 0: the gradient of l1 |w| + l2 w^2. Sums use 16 lanes.
void vm_penalty_f32(float *g, const float *w, size_t n, double l1, double l2, vm_penalty_sums *sums);
void vm_penalty_f64(double *g, const double *w, size_t n, double l1, double l2, vm_penalty_sums *sums);

// Where the weights into one unit are: `runs` stretches of `length` elements, `stride` elements apart.
typedef struct {
  size_t runs, stride, length;
} vm_unit_weights;

// Scales the weights into a unit down to a norm of at most `limit`; a norm that isn't finite stays.
void vm_bound_norm_f32(float *w, const vm_unit_weights *unit, double limit);
void vm_bound_norm_f64(double *w, const vm_unit_weights *unit, double limit);
// Scales them to a norm of 1; zeros stay, and so does a norm that isn't finite.
void vm_unit_norm_f32(float *w, const vm_unit_weights *unit);
void vm_unit_norm_f64(double *w, const vm_unit_weights *unit);
// Makes what is below 0 0.
void vm_non_negative_f32(float *w, size_t n);
void vm_non_negative_f64(double *w, size_t n);

#endif
