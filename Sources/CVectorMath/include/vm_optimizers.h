#ifndef VM_OPTIMIZERS_H
#define VM_OPTIMIZERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What one pass over a gradient learns of it. Sums run over all elements, so that one that isn't
// finite shows in them; `max_abs` is of the finite ones.
typedef struct {
  double sum_of_squares, sum, max_abs;
  int64_t nan_count, pos_inf_count, neg_inf_count;
  // Of the parameter before the step, and of what the step changed.
  double weight_squares, update_squares;
} vm_gradient_statistics;

// What changes from step to step; the same for all parameters.
typedef struct {
  double learning_rate;
  double gradient_scale;  // multiplies the gradient first (clipping by norm), 1 for none
  double value_limit;     // then bounds its magnitude (clipping by value), infinity for none
  double correction1;     // 1 - beta1^t
  double correction2;     // sqrt(1 - beta2^t)
  bool is_first;          // step 1: the momentum buffer begins as the gradient
} vm_step_scalars;

typedef struct {
  double momentum, dampening, weight_decay;
  bool nesterov;
} vm_sgd_settings;

typedef struct {
  double beta1, beta2, epsilon, weight_decay;
  bool decoupled;  // AdamW
} vm_adam_settings;

// Each updates n elements of p by g, and adds what it saw of the scaled and bounded g to *s.
// buffer may be NULL without momentum. Elements are independent; sums use 16 lanes in double.
void vm_sgd_step_f32(float *p, const float *g, float *buffer, size_t n, const vm_sgd_settings *settings, const vm_step_scalars *scalars, vm_gradient_statistics *s);
void vm_sgd_step_f64(double *p, const double *g, double *buffer, size_t n, const vm_sgd_settings *settings, const vm_step_scalars *scalars, vm_gradient_statistics *s);
void vm_adam_step_f32(float *p, const float *g, float *m, float *v, size_t n, const vm_adam_settings *settings, const vm_step_scalars *scalars, vm_gradient_statistics *s);
void vm_adam_step_f64(double *p, const double *g, double *m, double *v, size_t n, const vm_adam_settings *settings, const vm_step_scalars *scalars, vm_gradient_statistics *s);
// Only measures.
void vm_gradient_statistics_f32(const float *g, size_t n, vm_gradient_statistics *s);
void vm_gradient_statistics_f64(const double *g, size_t n, vm_gradient_statistics *s);

#endif
