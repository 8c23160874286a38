#include "vm_augment.h"
#include "vm_target.h"

static inline float within(float x, float low, float high) {
  x = x < low ? low : x;
  return x > high ? high : x;
}

// The pixel at a place, or the fill outside.
static inline float at(const float *plane, long height, long width, long y, long x, float fill) {
  return y >= 0 && y < height && x >= 0 && x < width ? plane[y * width + x] : fill;
}

VM_CLONES void vm_rotate_planes_f32(
    float *out, const float *in, size_t planes, size_t height, size_t width, float cosine, float sine, float fill) {
  const long h = (long)height, w = (long)width;
  const float middle_y = 0.5f * (float)(h - 1), middle_x = 0.5f * (float)(w - 1);
  for (long y = 0; y < h; y++) {
    for (long x = 0; x < w; x++) {
      const float dy = (float)y - middle_y, dx = (float)x - middle_x;
      const float v = middle_y + cosine * dy - sine * dx, u = middle_x + sine * dy + cosine * dx;
      const long top = (long)__builtin_floorf(v), left = (long)__builtin_floorf(u);
      const float down = v - (float)top, right = u - (float)left;
      for (size_t p = 0; p < planes; p++) {
        const float *plane = in + p * height * width;
        const float upper = at(plane, h, w, top, left, fill) * (1 - right) + at(plane, h, w, top, left + 1, fill) * right;
        const float lower =
            at(plane, h, w, top + 1, left, fill) * (1 - right) + at(plane, h, w, top + 1, left + 1, fill) * right;
        out[p * height * width + (size_t)(y * w + x)] = upper * (1 - down) + lower * down;
      }
    }
  }
}

VM_CLONES void vm_affine_clamp_f32(float *x, float a, float b, float low, float high, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = within(a * x[i] + b, low, high);
}

VM_CLONES void vm_saturate_f32(float *x, float f, float low, float high, size_t n) {
  float *red = x, *green = x + n, *blue = x + 2 * n;
  for (size_t i = 0; i < n; i++) {
    const float gray = 0.299f * red[i] + 0.587f * green[i] + 0.114f * blue[i];
    red[i] = within(gray + f * (red[i] - gray), low, high);
    green[i] = within(gray + f * (green[i] - gray), low, high);
    blue[i] = within(gray + f * (blue[i] - gray), low, high);
  }
}
