#ifndef VM_AUGMENT_H
#define VM_AUGMENT_H

#include <stddef.h>

// out[y][x] = in at the point that a turn by the angle about the middle takes to (x, y), between its four neighbours by their
// distance; fill outside. Planes of height times width, one after the other; out isn't in.
void vm_rotate_planes_f32(
    float *out, const float *in, size_t planes, size_t height, size_t width, float cosine, float sine, float fill);

// x = min(max(a x + b, low), high).
void vm_affine_clamp_f32(float *x, float a, float b, float low, float high, size_t n);

// Three planes of n: each becomes gray + f (it - gray), gray = 0.299 R + 0.587 G + 0.114 B, within low and high.
void vm_saturate_f32(float *x, float f, float low, float high, size_t n);

#endif
