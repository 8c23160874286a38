#include "pictures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define CLONES __attribute__((target_clones("default", "arch=x86-64-v3")))
#else
#define CLONES
#endif

void pc_planes(const uint8_t *pixels, size_t count, size_t channels, uint8_t *planes) {
  if (channels == 3) {
    uint8_t *second = planes + count, *third = second + count;
    for (size_t i = 0; i < count; i++) {
      planes[i] = pixels[3 * i];
      second[i] = pixels[3 * i + 1];
      third[i] = pixels[3 * i + 2];
    }
    return;
  }
  for (size_t channel = 0; channel < channels; channel++)
    for (size_t i = 0; i < count; i++) planes[channel * count + i] = pixels[channels * i + channel];
}

enum { BITS = 22 };

static uint8_t rounded(int32_t sum) {
  int32_t value = sum >> BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// For each place of one axis the pixels that it is made of: where they begin, how many there are, and what each weighs.
typedef struct {
  size_t widest;
  size_t *starts, *counts;
  int32_t *weights;  // `widest` for each place.
} axis;

static void axis_free(axis *axis) {
  free(axis->starts);
  free(axis->counts);
  free(axis->weights);
}

static bool axis_make(axis *axis, size_t from, size_t to) {
  double scale = (double)from / (double)to, reach = scale > 1 ? scale : 1;
  axis->widest = (size_t)ceil(reach) * 2 + 1;
  axis->starts = calloc(to, sizeof *axis->starts);
  axis->counts = calloc(to, sizeof *axis->counts);
  axis->weights = calloc(to, axis->widest * sizeof *axis->weights);
  double *shares = calloc(axis->widest, sizeof *shares);
  bool is_made = axis->starts && axis->counts && axis->weights && shares;
  for (size_t place = 0; is_made && place < to; place++) {
    double center = ((double)place + 0.5) * scale, sum = 0;
    double first = floor(center - reach + 0.5), last = floor(center + reach + 0.5);
    size_t start = first > 0 ? (size_t)first : 0, end = last < (double)from ? (size_t)last : from;
    size_t count = end - start < axis->widest ? end - start : axis->widest;
    for (size_t i = 0; i < count; i++) {
      double distance = fabs(((double)(start + i) - center + 0.5) / reach);
      shares[i] = distance < 1 ? 1 - distance : 0;
      sum += shares[i];
    }
    axis->starts[place] = start;
    axis->counts[place] = count;
    for (size_t i = 0; i < count; i++) {
      axis->weights[place * axis->widest + i] = (int32_t)(0.5 + (sum > 0 ? shares[i] / sum : 0) * (1 << BITS));
    }
  }
  free(shares);
  if (!is_made) axis_free(axis);
  return is_made;
}

// One row along its pixels.
static void across(const axis *axis, const uint8_t *row, size_t channels, uint8_t *output, size_t places) {
  for (size_t place = 0; place < places; place++) {
    const uint8_t *pixels = row + axis->starts[place] * channels;
    const int32_t *weights = axis->weights + place * axis->widest;
    size_t count = axis->counts[place];
    if (channels == 3) {
      int32_t red = 1 << (BITS - 1), green = red, blue = red;
      for (size_t i = 0; i < count; i++) {
        red += weights[i] * pixels[3 * i];
        green += weights[i] * pixels[3 * i + 1];
        blue += weights[i] * pixels[3 * i + 2];
      }
      output[3 * place] = rounded(red);
      output[3 * place + 1] = rounded(green);
      output[3 * place + 2] = rounded(blue);
      continue;
    }
    for (size_t channel = 0; channel < channels; channel++) {
      int32_t sum = 1 << (BITS - 1);
      for (size_t i = 0; i < count; i++) sum += weights[i] * pixels[channels * i + channel];
      output[channels * place + channel] = rounded(sum);
    }
  }
}

// One row out of several, all of the same width.
CLONES static void down(const uint8_t *rows, size_t stride, const int32_t *weights, size_t count, int32_t *sums, uint8_t *output) {
  for (size_t i = 0; i < stride; i++) sums[i] = 1 << (BITS - 1);
  for (size_t row = 0; row < count; row++) {
    const uint8_t *pixels = rows + row * stride;
    int32_t weight = weights[row];
    for (size_t i = 0; i < stride; i++) sums[i] += weight * pixels[i];
  }
  for (size_t i = 0; i < stride; i++) {
    int32_t value = sums[i] >> BITS;
    output[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
  }
}

bool pc_resize(const uint8_t *pixels, size_t height, size_t width, size_t channels, uint8_t *resized, size_t new_height,
               size_t new_width) {
  const uint8_t *narrow = pixels;
  uint8_t *scratch = NULL;
  const size_t stride = new_width * channels;
  if (width != new_width) {
    axis axis;
    scratch = new_height == height ? NULL : malloc(height * stride);
    uint8_t *place = new_height == height ? resized : scratch;
    if (!place || !axis_make(&axis, width, new_width)) {
      free(scratch);
      return false;
    }
    for (size_t row = 0; row < height; row++) across(&axis, pixels + row * width * channels, channels, place + row * stride, new_width);
    axis_free(&axis);
    narrow = place;
  }
  if (height == new_height) {
    if (narrow == pixels) memcpy(resized, pixels, height * stride);
    return true;
  }
  axis axis;
  int32_t *sums = malloc(stride * sizeof *sums);
  bool is_made = sums && axis_make(&axis, height, new_height);
  for (size_t row = 0; is_made && row < new_height; row++) {
    down(narrow + axis.starts[row] * stride, stride, axis.weights + row * axis.widest, axis.counts[row], sums, resized + row * stride);
  }
  if (is_made) axis_free(&axis);
  free(sums);
  free(scratch);
  return is_made;
}
