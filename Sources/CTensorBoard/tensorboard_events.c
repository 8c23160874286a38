#include "include/tensorboard_events.h"

#include "include/event.pb-c.h"

static size_t pack(const Tb__Event *event, uint8_t *out) {
  return out ? tb__event__pack(event, out) : tb__event__get_packed_size(event);
}

static size_t pack_value(double wall_time, int64_t step, Tb__Value *value, uint8_t *out) {
  Tb__Value *values[] = {value};
  Tb__Summary summary = TB__SUMMARY__INIT;
  summary.n_value = 1;
  summary.value = values;
  Tb__Event event = TB__EVENT__INIT;
  event.wall_time = wall_time;
  event.step = step;
  event.what_case = TB__EVENT__WHAT_SUMMARY;
  event.summary = &summary;
  return pack(&event, out);
}

size_t tb_version_event(double wall_time, uint8_t *out) {
  Tb__Event event = TB__EVENT__INIT;
  event.wall_time = wall_time;
  event.what_case = TB__EVENT__WHAT_FILE_VERSION;
  event.file_version = "brain.Event:2";
  return pack(&event, out);
}

size_t tb_scalar_event(double wall_time, int64_t step, const char *tag, float number, uint8_t *out) {
  Tb__Value value = TB__VALUE__INIT;
  value.tag = (char *)tag;
  value.value_case = TB__VALUE__VALUE_SIMPLE_VALUE;
  value.simple_value = number;
  return pack_value(wall_time, step, &value, out);
}

size_t tb_histogram_event(double wall_time, int64_t step, const char *tag, const tb_histogram *h, uint8_t *out) {
  Tb__Histogram histogram = TB__HISTOGRAM__INIT;
  histogram.min = h->minimum;
  histogram.max = h->maximum;
  histogram.num = h->count;
  histogram.sum = h->sum;
  histogram.sum_squares = h->sum_of_squares;
  histogram.n_bucket_limit = histogram.n_bucket = h->buckets;
  histogram.bucket_limit = (double *)h->limits;
  histogram.bucket = (double *)h->counts;
  Tb__Value value = TB__VALUE__INIT;
  value.tag = (char *)tag;
  value.value_case = TB__VALUE__VALUE_HISTO;
  value.histo = &histogram;
  return pack_value(wall_time, step, &value, out);
}
