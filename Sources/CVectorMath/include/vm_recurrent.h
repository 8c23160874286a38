#ifndef CHAINRULE_VM_RECURRENT_H
#define CHAINRULE_VM_RECURRENT_H

#include <stdint.h>

/// Bytes of a panel's row.
enum { VM_PANEL_BYTES = 64 };

/// One step of a recurrent network, for some rows of the batch; G gates of H units each.
///
/// Rows of tensors over time are a stride apart, which is 0 for what nobody keeps: then one row of memory will do.
/// fed is what the product was made of, [rows, H], h times kept; without kept it may be h itself.
typedef struct {
  int64_t rows, units;
  int64_t x_stride, product_stride, saved_stride, before_stride, y_stride, mask_stride;
  /// [G H] of each row: the input's projection, and the state's.
  const void *x, *product;
  /// [G H], for gru alone.
  const void *bias;
  /// A number of each row, 0 where the state stays as it is; and [rows, H], by which the state is multiplied.
  const void *mask, *kept;
  /// [rows, H], from the step before, and for the next one.
  void *h, *fed, *cell;
  /// What the derivative reads of each row: lstm i f g o c, gru r z n (R h + b')n h-n, rnn h.
  void *saved;
  /// [H] of each row: fed as it was; and the output.
  void *before, *y;
} vm_recurrent_step;

/// The derivative of one step; what has the same name as above is the same.
typedef struct {
  int64_t rows, units;
  int64_t dy_stride, product_stride, saved_stride, cell_stride, dx_stride, hidden_stride, mask_stride;
  /// [H] of each row: the output's cotangent, and what the next step's hidden gives by the weights.
  const void *dy, *product;
  const void *mask, *kept;
  const void *saved;
  /// [H] of each row: lstm's cell before this step.
  const void *cell;
  /// [rows, H], the cotangents of h that don't go by the weights, and of the cell.
  void *carry, *dcell;
  /// [G H] of each row: the cotangents of x, and of the state's projection.
  void *dx, *hidden;
  /// [rows, G H]: the latter again.
  void *packed;
} vm_recurrent_slope;

#define VM_DECLARE(T, S) \
  void vm_panels_pack_##S(const T *w, int64_t k_stride, int64_t n_stride, int64_t k, int64_t n, T *panels, \
    int64_t first, int64_t end); \
  void vm_panels_product_##S(const T *a, int64_t a_stride, const T *panels, T *c, int64_t c_stride, int64_t rows, \
    int64_t n, int64_t k); \
  void vm_lstm_step_##S(const vm_recurrent_step *step); \
  void vm_lstm_slope_##S(const vm_recurrent_slope *step); \
  void vm_gru_step_##S(const vm_recurrent_step *step); \
  void vm_gru_slope_##S(const vm_recurrent_slope *step); \
  void vm_rnn_step_##S(const vm_recurrent_step *step, int is_relu); \
  void vm_rnn_slope_##S(const vm_recurrent_slope *step, int is_relu);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
