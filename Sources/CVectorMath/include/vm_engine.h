#ifndef CHAINRULE_VM_ENGINE_H
#define CHAINRULE_VM_ENGINE_H

#include <stdint.h>

/// Functions of one number.
typedef enum {
  VM_COPY, VM_NEGATE, VM_EXP, VM_LOG, VM_SQRT, VM_SQUARE, VM_SCALE,
  VM_RELU, VM_SIGMOID, VM_TANH, VM_LEAKY_RELU, VM_ELU, VM_GELU, VM_GELU_TANH, VM_SWISH,
  VM_ABSOLUTE, VM_SIGN, VM_EXPM1, VM_LOG1P, VM_RSQRT, VM_RECIPROCAL, VM_SIN, VM_COS, VM_TAN,
  VM_ASIN, VM_ACOS, VM_ATAN, VM_SINH, VM_COSH, VM_ASINH, VM_ACOSH, VM_ATANH, VM_ERF, VM_SOFTPLUS,
  VM_OFFSET, VM_AT_LEAST, VM_AT_MOST, VM_CONSTANT, VM_FLOOR, VM_CEIL, VM_ROUND
} vm_function;

/// Functions of two numbers; comparisons are 1 or 0.
typedef enum {
  VM_ADD, VM_SUBTRACT, VM_MULTIPLY, VM_DIVIDE, VM_FIRST, VM_POWER, VM_MAXIMUM, VM_MINIMUM,
  VM_EQUAL, VM_NOT_EQUAL, VM_LESS, VM_LESS_EQUAL, VM_GREATER, VM_GREATER_EQUAL
} vm_operation;

/// What an instruction of an element program does with slots a, b and c.
typedef enum {
  VM_UNARY,     // f(a)
  VM_SLOPE,     // a f'(b), where b is what the function keeps for its derivative
  VM_BINARY,    // a . b
  VM_SELECT     // a != 0 ? b : c
} vm_kind;

/// Slots below the count of inputs are inputs, the others registers; -1 as the target is the output.
typedef struct {
  int32_t kind, code, target, a, b, c;
  double parameter;
} vm_instruction;

enum { VM_PROGRAM_INPUTS = 12, VM_PROGRAM_REGISTERS = 12, VM_PROGRAM_BLOCK = 1024 };

#define VM_DECLARE(T, S) \
  void vm_unary_##S(int function, T parameter, const T *x, T *y, int64_t count); \
  void vm_unary_gradient_##S(int function, T parameter, const T *dy, const T *kept, T *dx, int64_t count); \
  void vm_program_##S(const vm_instruction *code, int64_t instructions, int64_t inputs, \
    const void *const *operands, int64_t rank, const int64_t *extents, const int64_t *strides, T *y, \
    int64_t first, int64_t end); \
  void vm_program_block_##S(const vm_instruction *code, int64_t instructions, int64_t inputs, \
    const void *const *operands, int64_t rank, const int64_t *extents, const int64_t *strides, T *y, \
    int64_t first_row, int64_t end_row, int64_t first_column, int64_t end_column); \
  void vm_copy_strided_##S(int64_t rank, const int64_t *extents, const T *x, const int64_t *x_strides, T *y, \
    const int64_t *y_strides, int64_t first_row, int64_t end_row); \
  void vm_fill_##S(T *y, T value, int64_t count); \
  void vm_sum_outer_inner_##S(const T *x, T *y, int64_t outer, int64_t kept, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_sum_columns_##S(const T *x, T *y, int64_t rows, int64_t columns, int64_t first, int64_t end); \
  void vm_sum_strided_##S(int rank, const int64_t *extents, const T *x, T *y, const int64_t *y_strides, \
    int64_t y_count); \
  void vm_softmax_##S(int is_logarithm, const T *x, T *y, int64_t rows, int64_t width); \
  void vm_softmax_gradient_##S(int is_logarithm, const T *dy, const T *y, T *dx, int64_t rows, int64_t width); \
  void vm_class_weight_sum_##S(const int32_t *classes, const T *weights, int64_t ignored, double *sum, \
    int64_t rows, int64_t width); \
  void vm_cross_entropy_##S(const T *x, const int32_t *classes, const T *weights, double smoothing, \
    int64_t ignored, const double *divisor, T *dx, double *row_losses, int64_t first, int64_t end, int64_t width); \
  void vm_cross_entropy_of_distributions_##S(const T *x, const T *t, const T *weights, double smoothing, T *dx, \
    double *row_losses, int64_t first, int64_t end, int64_t rows, int64_t width); \
  void vm_squared_error_##S(const T *x, const T *t, T *dx, double *loss, int64_t count, int64_t total); \
  void vm_binary_cross_entropy_##S(const T *x, const T *t, T *dx, double *loss, int64_t count, int64_t total); \
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
