// What is seen of each column, row after row.

#include "tables.h"

#include <math.h>
#include <string.h>

static double uniform(uint64_t *state) {
  uint64_t word = *state += UINT64_C(0x9E3779B97F4A7C15);
  word = (word ^ word >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  word = (word ^ word >> 27) * UINT64_C(0x94D049BB133111EB);
  return ((double)((word ^ word >> 31) >> 11) + 0.5) * 0x1p-53;
}

// Li 1994, doi:10.1145/198429.198435: how many numbers pass until the next one is taken is drawn, not each of them.
static void skip(tb_column *column) {
  column->sample_weight *= exp(log(uniform(&column->random)) / column->sample_size);
  double gap = floor(log(uniform(&column->random)) / log1p(-column->sample_weight));
  column->sample_next += gap < 1e18 ? (uint64_t)gap + 1 : UINT64_C(1) << 62;
}

static void keep(tb_column *column, double value) {
  if (column->sample_held < column->sample_size) {
    column->sample[column->sample_held++] = value;
    if (column->sample_held == column->sample_size) {
      column->sample_weight = 1;
      column->sample_next = column->numbers;
      skip(column);
    }
  } else if (column->numbers == column->sample_next) {
    column->sample[(size_t)(uniform(&column->random) * column->sample_size)] = value;
    skip(column);
  }
}

enum { STRETCH = 256 };

// Takes a stretch of numbers into the whole. Chan, Golub, LeVeque 1983, doi:10.1080/00031305.1983.10483115.
static void merge(tb_column *column) {
  double count = (double)column->stretch;
  if (count == 0) return;
  double before = (double)(column->numbers - column->stretch);
  double mean = column->base + column->sum / count;
  double squares = column->sum_of_squares - column->sum * column->sum / count;
  double difference = mean - column->mean;
  double share = count / (before + count);
  column->squares += (squares > 0 ? squares : 0) + difference * difference * before * share;
  column->mean += difference * share;
  column->stretch = 0;
}

static void add_number(tb_column *column, double value) {
  if (column->numbers++ == 0) {
    column->minimum = column->maximum = value;
    column->is_rising = true;
  } else {
    column->minimum = value < column->minimum ? value : column->minimum;
    column->maximum = value > column->maximum ? value : column->maximum;
    column->is_rising &= value > column->previous;
  }
  column->previous = value;
  // Sums of what lies near: nothing is lost to a mean far from 0, and nothing is divided.
  if (column->stretch == 0) {
    column->base = value;
    column->sum = column->sum_of_squares = 0;
  }
  double difference = value - column->base;
  column->sum += difference;
  column->sum_of_squares += difference * difference;
  if (++column->stretch == STRETCH) merge(column);
  if (column->sample_size) keep(column, value);
}

void tb_survey_end(tb_column *columns, size_t count) {
  for (size_t i = 0; i < count; i++) merge(&columns[i]);
}

static void add_text(tb_column *column, const tb_field *field, size_t row) {
  if (column->texts++ == 0) {
    column->first_text_row = row;
    size_t length = field->length < sizeof column->first_text ? field->length : sizeof column->first_text;
    memcpy(column->first_text, field->bytes, length);
    column->first_text_length = (uint8_t)length;
  }
  bool truth;
  double seconds;
  // Looked for only as long as all texts were so.
  if (column->booleans + 1 == column->texts && tb_boolean(field->bytes, field->length, &truth)) column->booleans++;
  if (column->dates + 1 == column->texts && tb_date(field->bytes, field->length, &seconds)) {
    column->dates++;
    if (column->dates == 1) column->first_date = column->last_date = column->previous_date = seconds;
    if (seconds < column->first_date) column->first_date = seconds;
    if (seconds > column->last_date) column->last_date = seconds;
    column->dates_fall |= seconds < column->previous_date;
    column->previous_date = seconds;
    column->has_time_of_day |= seconds != floor(seconds / 86400) * 86400;
    double difference = seconds - column->date_mean;
    column->date_mean += difference / (double)column->dates;
    column->date_squares += difference * (seconds - column->date_mean);
  }
}

long tb_survey(tb_column *columns, const tb_field *fields, size_t count, size_t row, const tb_format *format) {
  for (size_t i = 0; i < count; i++) {
    tb_column *column = &columns[i];
    if (column->is_passed_over) continue;
    const tb_field *field = &fields[i];
    tb_value value = tb_value_of(field->bytes, field->length, format);
    if (field->length > column->longest) column->longest = field->length;
    switch (value.kind) {
      case TB_MISSING:
        column->missing++;
        if (column->refuses_missing) return (long)i;
        continue;
      case TB_NOT_FINITE:
        column->not_finite++;
        if (column->refuses_not_finite) return (long)i;
        break;
      case TB_NUMBER:
        if (column->numbers == 0) column->first_number_row = row;
        column->integers += value.is_integer;
        add_number(column, value.number);
        break;
      case TB_TEXT: add_text(column, field, row); break;
    }
    if (column->counts) {
      tb_counts_add(column->counts, field->bytes, field->length, value.kind == TB_NUMBER);
      if (column->overflow_row == 0 && tb_counts_overflowed(column->counts)) column->overflow_row = row;
    }
  }
  return -1;
}
