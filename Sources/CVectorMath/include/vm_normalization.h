#ifndef CHAINRULE_VM_NORMALIZATION_H
#define CHAINRULE_VM_NORMALIZATION_H

#include <stdint.h>

// Weights and biases may be null; sums for their derivatives too, when nobody wants them. Outputs may be inputs.
#define VM_DECLARE(T, S) \
  void vm_layer_norm_##S(const T *x, const T *weight, const T *bias, T *y, T *means, T *scales, int is_centred, \
    double epsilon, int64_t rows, int64_t width); \
  void vm_layer_norm_gradient_##S(const T *dy, const T *x, const T *weight, const T *means, const T *scales, \
    T *dx, double *weight_sums, double *bias_sums, int is_centred, int64_t rows, int64_t width); \
  void vm_group_norm_##S(const T *x, const T *weight, const T *bias, T *y, T *means, T *scales, double epsilon, \
    int64_t groups, int64_t channels, int64_t inner, int64_t first, int64_t end); \
  void vm_group_norm_gradient_##S(const T *dy, const T *x, const T *weight, const T *means, const T *scales, \
    T *dx, double *weight_sums, double *bias_sums, int64_t groups, int64_t channels, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_channel_moments_##S(const T *x, T *means, T *variances, int64_t images, int64_t channels, \
    int64_t inner, int64_t first, int64_t end); \
  void vm_batch_norm_##S(const T *x, const T *means, const T *variances, const T *weight, const T *bias, T *y, \
    double epsilon, int64_t images, int64_t channels, int64_t inner, int64_t first, int64_t end); \
  void vm_batch_norm_gradient_##S(const T *dy, const T *x, const T *means, const T *variances, const T *weight, \
    T *dx, T *weight_sums, T *bias_sums, double epsilon, int64_t images, int64_t channels, int64_t inner, \
    int64_t first, int64_t end); \
  void vm_add_sums_##S(const double *partials, T *y, int64_t parts, int64_t count, int64_t first, int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
