#ifndef CHAINRULE_VM_INTERPOLATION_H
#define CHAINRULE_VM_INTERPOLATION_H

#include <stdint.h>

/// Where the places of an axis lie on another: place i at max(0, (i + offset) / scale - offset).
typedef struct {
  int64_t inputs, outputs;
  /// Whether a place takes of both its neighbours, or all of the one before it.
  int64_t is_linear;
  double scale, offset;
} vm_axis_map;

/// x [rows, inputs, inner], y [rows, outputs, inner]; of the rows, those from first to before end.
#define VM_DECLARE(T, S) \
  void vm_interpolate_##S(const vm_axis_map *map, const T *x, T *y, int64_t inner, int64_t first, int64_t end); \
  void vm_interpolate_gradient_##S(const vm_axis_map *map, const T *dy, T *dx, int64_t inner, int64_t first, \
    int64_t end);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
