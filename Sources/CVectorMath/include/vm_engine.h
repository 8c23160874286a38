#ifndef CHAINRULE_VM_ENGINE_H
#define CHAINRULE_VM_ENGINE_H

#include <stdint.h>

/// Functions of one number.
typedef enum {
  VM_COPY, VM_NEGATE, VM_EXP, VM_LOG, VM_SQRT, VM_SQUARE, VM_SCALE,
  VM_RELU, VM_SIGMOID, VM_TANH, VM_LEAKY_RELU, VM_ELU, VM_GELU, VM_GELU_TANH, VM_SWISH
} vm_function;

/// Functions of two numbers.
typedef enum { VM_ADD, VM_SUBTRACT, VM_MULTIPLY, VM_DIVIDE, VM_FIRST } vm_operation;

#define VM_DECLARE(T, S) \
  void vm_unary_##S(int function, T parameter, const T *x, T *y, int64_t count); \
  void vm_unary_gradient_##S(int function, T parameter, const T *dy, const T *kept, T *dx, int64_t count); \
  void vm_binary_##S(int operation, int rank, const int64_t *extents, const T *a, const int64_t *a_strides, \
    const T *b, const int64_t *b_strides, T *y, int64_t first_row, int64_t end_row); \
  void vm_sum_outer_inner_##S(const T *x, T *y, int64_t outer, int64_t kept, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_sum_columns_##S(const T *x, T *y, int64_t rows, int64_t columns, int64_t first, int64_t end); \
  void vm_sum_strided_##S(int rank, const int64_t *extents, const T *x, T *y, const int64_t *y_strides, \
    int64_t y_count); \
  void vm_softmax_##S(int is_logarithm, const T *x, T *y, int64_t rows, int64_t width); \
  void vm_softmax_gradient_##S(int is_logarithm, const T *dy, const T *y, T *dx, int64_t rows, int64_t width); \
  void vm_cross_entropy_##S(const T *x, const int32_t *classes, T *dx, double *row_losses, int64_t first, \
    int64_t end, int64_t rows, int64_t width); \
  void vm_squared_error_##S(const T *x, const T *t, T *dx, double *loss, int64_t count, int64_t total); \
  void vm_binary_cross_entropy_##S(const T *x, const T *t, T *dx, double *loss, int64_t count, int64_t total); \
  void vm_bias_##S(T *y, const T *bias, int64_t rows, int64_t width); \
  void vm_small_gemm_##S(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, const T *a, \
    int64_t lda, const T *b, int64_t ldb, T *c, int64_t ldc, T *scratch); \
  void vm_im2col_##S(const T *x, T *columns, const int64_t *geometry); \
  void vm_col2im_##S(const T *columns, T *x, const int64_t *geometry); \
  void vm_max_pool_##S(const T *x, T *y, int32_t *indices, int64_t planes, const int64_t *geometry); \
  void vm_max_pool_gradient_##S(const T *dy, const int32_t *indices, T *dx, int64_t planes, int64_t inputs, \
    int64_t outputs); \
  void vm_dropout_##S(const T *x, T *y, T *factors, double rate, uint64_t stream, const int32_t *random, \
    int64_t first, int64_t end); \
  void vm_add_partials_##S(const T *partials, T *y, int64_t parts, int64_t count, int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

/// The sum of doubles, in order, times a factor.
double vm_sum_doubles(const double *x, int64_t count);

/// A team of threads that runs tiles of work.
typedef struct vm_team vm_team;
typedef void (*vm_tile_body)(void *context, int64_t tile);
vm_team *vm_team_create(int threads);
void vm_team_destroy(vm_team *team);
void vm_team_run(vm_team *team, int64_t tiles, vm_tile_body body, void *context);

#endif
