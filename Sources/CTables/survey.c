// What is seen of each column, row after row.

#include "counts.h"

#include <math.h>

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

// Takes a stretch of numbers into the whole.
static void merge(tb_column *column) {
  double count = (double)column->stretch;
  if (count == 0) return;
  double squares = column->sum_of_squares - column->sum * column->sum / count;
  tb_sums_add(&column->sums, count, column->base + column->sum / count, squares > 0 ? squares : 0);
  column->stretch = 0;
}

static void widen(tb_sums *sums, double value) {
  sums->minimum = value < sums->minimum ? value : sums->minimum;
  sums->maximum = value > sums->maximum ? value : sums->maximum;
}

// What numbers are together, of one that comes where not all are counted.
static void add_to_sums(tb_column *column, double value) {
  widen(&column->sums, value);
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

// What numbers are together, from how often each of them came.
static void sum_up(tb_column *column, const tb_counts *counts) {
  for (size_t i = 0; i < counts->held; i++) {
    const entry *known = &counts->entries[i];
    if (known->kind != TB_NUMBER) continue;
    widen(&column->sums, known->number);
    tb_sums_add(&column->sums, (double)known->count, known->number, 0);
  }
}

// A uniform sample of the numbers that were counted, each as often as it came, and how many pass until the next one is taken: that
// doesn't depend on which were.
static void sample_counted(tb_column *column, const tb_counts *counts) {
  uint64_t left = column->numbers;
  for (size_t i = 0; i < counts->held; i++) {
    const entry *known = &counts->entries[i];
    if (known->kind != TB_NUMBER) continue;
    // Knuth, "The Art of Computer Programming", 3.4.2, algorithm S.
    for (uint64_t repeat = 0; repeat < known->count; repeat++, left--) {
      uint64_t wanted = column->sample_size - column->sample_held;
      if (left <= wanted || uniform(&column->random) * (double)left < (double)wanted) {
        column->sample[column->sample_held++] = known->number;
      }
      if (column->sample_held == column->sample_size) {
        column->sample_weight = 1;
        column->sample_next = column->sample_size;
        while (column->sample_next <= column->numbers) skip(column);
        return;
      }
    }
  }
}

// From here on not all values are counted.
static void stop_counting(tb_column *column, size_t row) {
  column->overflow_row = row;
  if (column->numbers > 0) {
    sum_up(column, column->counts);
    if (column->sample_size) sample_counted(column, column->counts);
  }
  tb_counts_let_go(column->counts);
}

void tb_survey_end(tb_column *columns, size_t count) {
  for (size_t i = 0; i < count; i++) {
    tb_column *column = &columns[i];
    if (!column->counts || column->counts->has_overflowed) {
      merge(column);
    } else if (column->numbers > 0) {
      sum_up(column, column->counts);
    }
  }
}

static void add_date(tb_column *column, double seconds) {
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

// Takes in a value as what it is. Booleans and dates are looked for only as long as all texts were so.
static void add_value(tb_column *column, const entry *value) {
  switch ((tb_kind)value->kind) {
    case TB_MISSING: break;
    case TB_NOT_FINITE: column->not_finite++; break;
    case TB_NUMBER:
      column->numbers++;
      column->integers += value->is_integer;
      break;
    case TB_TEXT:
      column->texts++;
      if (value->is_boolean && column->booleans + 1 == column->texts) column->booleans++;
      if (value->is_date && column->dates + 1 == column->texts) add_date(column, value->number);
  }
}

// What a field is that wasn't seen before.
static entry described(tb_column *column, const tb_field *field, tb_value value, size_t row) {
  entry found = {.number = value.number, .kind = (uint8_t)value.kind, .is_integer = value.is_integer};
  if (field->length > column->longest) column->longest = field->length;
  if (value.kind == TB_NUMBER) {
    if (column->numbers == 0) {
      column->first_number_row = row;
      column->is_rising = true;
    } else {
      column->is_rising &= value.number > column->previous;
    }
    column->previous = value.number;
  } else if (value.kind == TB_TEXT) {
    if (column->texts == 0) {
      column->first_text_row = row;
      size_t length = field->length < sizeof column->first_text ? field->length : sizeof column->first_text;
      memcpy(column->first_text, field->bytes, length);
      column->first_text_length = (uint8_t)length;
    }
    bool truth;
    found.is_boolean = column->booleans == column->texts && tb_boolean(field->bytes, field->length, &truth);
    found.is_date = column->dates == column->texts && tb_date(field->bytes, field->length, &found.number);
  }
  return found;
}

long tb_survey(tb_column *columns, const tb_field *fields, size_t count, size_t row, const tb_format *format) {
  for (size_t i = 0; i < count; i++) {
    tb_column *column = &columns[i];
    if (column->is_passed_over) continue;
    const tb_field *field = &fields[i];
    tb_counts *counts = column->counts;
    ends ends = {0, 0};
    uint64_t hash = 0;
    if (counts) {
      ends = ends_of(field->bytes, field->length);
      hash = hash_of(ends, field->bytes, field->length);
      if (!counts->has_overflowed) {
        entry *known = held(counts, ends, hash, field->bytes, field->length);
        if (known) {
          known->count++;
          column->is_rising = false;
          add_value(column, known);
          continue;
        }
      }
    }
    tb_value value = tb_value_of(field->bytes, field->length, format);
    if (value.kind == TB_MISSING) {
      if (field->length > column->longest) column->longest = field->length;
      column->missing++;
      if (column->refuses_missing) return (long)i;
      continue;
    }
    entry found = described(column, field, value, row);
    if (counts && !counts->has_overflowed) {
      entry *added = tb_counts_insert(counts, ends, hash, field->bytes, field->length, value.kind == TB_NUMBER);
      if (added) {
        added->number = found.number;
        added->kind = found.kind;
        added->is_integer = found.is_integer;
        added->is_boolean = found.is_boolean;
        added->is_date = found.is_date;
      } else {
        stop_counting(column, row);
      }
    }
    add_value(column, &found);
    if (!counts || counts->has_overflowed) {
      if (value.kind == TB_NUMBER) add_to_sums(column, value.number);
      if (counts) tb_counts_estimate(counts, hash);
    }
    if (value.kind == TB_NOT_FINITE && column->refuses_not_finite) return (long)i;
  }
  return -1;
}
