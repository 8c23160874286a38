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

// What changes from step to step.
typedef struct {
  double learning_rate;
  double gradient_scale;  // multiplies the gradient first (clipping by norm), 1 for none
  double value_limit;     // then bounds its magnitude (clipping by value), infinity for none
  double factors[4];      // what the rule makes of the step's number and rate
  bool is_due;            // whether a rule that acts now and then does so
} vm_step_scalars;

// What a rule's document says; each rule reads the members it has.
typedef struct {
  double beta1, beta2, epsilon, weight_decay, momentum, limit;
  bool decoupled;  // weight decay apart from the gradient
  bool nesterov;
} vm_rule;

enum { VM_UPDATE_SLOTS = 4, VM_UPDATE_TILES = 16, VM_UPDATE_SUMS = 2, VM_UPDATE_RESULT = 32, VM_UPDATE_WORK = 64 };

// One parameter, its gradient, and what the rule remembers of it; a slot that the rule doesn't have is null.
typedef struct {
  void *parameter;
  const void *gradient;
  void *slots[VM_UPDATE_SLOTS];
  // For rules of several passes, else null: two sums a tile, then from VM_UPDATE_RESULT on what was made of them.
  double *work;
  const vm_step_scalars *scalars;
  vm_rule rule;
} vm_update;

// Elements `first` up to `end`, which are tile number `tile`; adds what it saw to *s.
// Elements are independent of each other; sums use 16 lanes in double.
typedef void (*vm_update_pass)(const vm_update *update, size_t tile, size_t first, size_t end, vm_gradient_statistics *s);

#define VM_DECLARE(rule) \
  void vm_##rule##_pass_f32(const vm_update *update, size_t tile, size_t first, size_t end, vm_gradient_statistics *s); \
  void vm_##rule##_pass_f64(const vm_update *update, size_t tile, size_t first, size_t end, vm_gradient_statistics *s);

// Slots: momentum_buffer or none. Factors: what is kept of the buffer, what of the gradient goes into it.
VM_DECLARE(sgd)
// Slots: exp_avg. limit isn't read.
VM_DECLARE(lion)
// Slots: exp_avg, hessian. momentum is by what the curvature is multiplied.
VM_DECLARE(sophia)
// Slots: hessian, a direction, its product with the curvature. Takes their elements' products into the first.
VM_DECLARE(sophia_estimate)
// Leaves the parameter as it is.
VM_DECLARE(hold)
// Slots: exp_avg, exp_avg_sq, and max_exp_avg_sq or none. Factors: rate / (1 - beta1^t), 1 / sqrt(1 - beta2^t).
VM_DECLARE(adam)
// Slots: exp_avg, exp_avg_sq. Factors: 1 / sqrt(1 - beta2^t), of the gradient, of the mean.
VM_DECLARE(nadam)
// Slots: exp_avg, exp_avg_sq. Factors: rate / (1 - beta1^t), rectification times sqrt(1 - beta2^t) or 0.
VM_DECLARE(radam)
// Slots: exp_avg, exp_inf. Factors: rate / (1 - beta1^t).
VM_DECLARE(adamax)
// Slots: square_avg, momentum_buffer or none, grad_avg or none. beta2 is alpha.
VM_DECLARE(rmsprop)
// Slots: sum. Factors: the rate of the step.
VM_DECLARE(adagrad)
// Slots: square_avg, acc_delta. beta2 is rho.
VM_DECLARE(adadelta)
// Sums squares of gradient and parameter; then, by the result, moves. Slots: momentum_buffer or none.
VM_DECLARE(lars_norms)
VM_DECLARE(lars)
// Moves the moments and sums squares of update and parameter; then, by the result, moves. Slots and factors of adam,
// but for the first factor, 1 / (1 - beta1^t).
VM_DECLARE(lamb_norms)
VM_DECLARE(lamb)
// Adafactor of a vector. Slots: variance. limit is the first epsilon, factors[0] the share of the new square. Sums squares
// of update and parameter; then, by the result, moves.
VM_DECLARE(adafactor_norms)
VM_DECLARE(adafactor)
// Muon. Slots: momentum_buffer, and the matrix to be made orthogonal; sums its squares. Then multiplies that by the result,
// and, when it is orthogonal, moves by the rate times limit of it.
VM_DECLARE(muon_momentum)
VM_DECLARE(muon_scale)
VM_DECLARE(muon)
// Lookahead, when due: the slot, slow_param, goes limit of the way to the parameter, which becomes it.
VM_DECLARE(lookahead)
// Moves the parameter up the gradient by the result; with a slot, which is where the parameter is kept. momentum isn't 0
// when steps are in proportion to the parameter's square.
VM_DECLARE(sam_norms)
VM_DECLARE(sam_climb)
// The slot goes factors[0] of the way to the parameter.
VM_DECLARE(average)
// Scales and bounds the gradient into the slot.
VM_DECLARE(bounded)
// Exchanges parameter and slot.
VM_DECLARE(exchange)
#undef VM_DECLARE

// Adafactor of matrices rows x columns. Slots: row_var, col_var. The first pass takes rows first up to end of the one
// matrix, or where there are several, those matrices; `columns` has room for a padded row of doubles a tile.
typedef struct {
  vm_update update;
  size_t matrices, rows, columns, padded;
  double *sums;
} vm_factored_update;

// Rows of a gradient, each less its mean when it centralizes, and then, where clipping is above 0, with a norm of at most
// clipping times that of the parameter's row, which counts as no less than floor. target may be gradient.
typedef struct {
  const void *gradient, *parameter;
  void *target;
  size_t columns;
  double clipping, floor;
  bool centralizes;
} vm_gradient_rows;

#define VM_DECLARE(T, S) \
  /* Of rows first up to end. */ \
  void vm_gradient_rows_##S(const vm_gradient_rows *rows, size_t first, size_t end, vm_gradient_statistics *s); \
  void vm_gradient_statistics_##S(const T *g, size_t n, vm_gradient_statistics *s); \
  void vm_adafactor_squares_##S(const vm_factored_update *u, size_t tile, size_t first, size_t end, vm_gradient_statistics *s); \
  void vm_adafactor_columns_##S(const vm_factored_update *u, size_t tiles); \
  void vm_adafactor_matrix_norms_##S(const vm_factored_update *u, size_t tile, size_t first, size_t end); \
  void vm_adafactor_matrix_##S(const vm_factored_update *u, size_t first, size_t end, vm_gradient_statistics *s); \
  /* y = identity I + linear x + square y, n x n; rows first up to end. */ \
  void vm_matrix_polynomial_##S(const T *x, T *y, size_t n, double identity, double linear, double square, size_t first, size_t end); \
  /* v = beta2 v + (1 - beta2) g^2; out = mean_factor m / (sqrt(v) root_factor + epsilon); the sum of its squares. */ \
  double vm_moment_step_##S( \
    T *v, const T *g, const T *m, T *out, size_t n, double beta2, double mean_factor, double root_factor, double epsilon);
VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
