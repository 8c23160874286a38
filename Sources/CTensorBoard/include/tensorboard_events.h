#ifndef TENSORBOARD_EVENTS_H
#define TENSORBOARD_EVENTS_H

#include <stddef.h>
#include <stdint.h>

// Each answers the bytes that the event takes, and writes them when `out` isn't NULL.
size_t tb_version_event(double wall_time, uint8_t *out);
size_t tb_scalar_event(double wall_time, int64_t step, const char *tag, float value, uint8_t *out);

typedef struct {
  double minimum, maximum, count, sum, sum_of_squares;
  const double *limits, *counts;
  size_t buckets;
} tb_histogram;

size_t tb_histogram_event(double wall_time, int64_t step, const char *tag, const tb_histogram *histogram, uint8_t *out);

#endif
