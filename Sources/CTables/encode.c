// The numbers that a model sees of a row.

#include "tables.h"

#include <math.h>
#include <string.h>

static double logarithmic(double value) { return copysign(log1p(fabs(value)), value); }

tb_refusal tb_encode_number(const tb_cell *cell, double number, float *row) {
  if (cell->kind != TB_CELL_NUMBER) return TB_REFUSED_TEXT;
  double value = number < cell->low ? cell->low : number > cell->high ? cell->high : number;
  if (cell->is_logarithmic) value = logarithmic(value);
  float encoded = (float)((value - cell->subtract) / cell->divide);
  if (!isfinite(encoded)) return isfinite(number) ? TB_REFUSED_LARGE : TB_REFUSED_NOT_FINITE;
  row[cell->offset] = encoded;
  return TB_TAKEN;
}

tb_refusal tb_encode_missing(const tb_cell *cell, float *row) {
  if (cell->has_indicator) row[cell->offset + cell->width - 1] = 1;
  if (!cell->has_fill) return TB_REFUSED_MISSING;
  switch (cell->kind) {
    case TB_CELL_NUMBER:
      if (isnan(cell->fill)) {
        row[cell->offset] = NAN;
        return TB_TAKEN;
      }
      return tb_encode_number(cell, cell->fill, row);
    case TB_CELL_ONE_HOT:
    case TB_CELL_HASH:
      if (cell->fill_place >= 0) row[cell->offset + (uint32_t)cell->fill_place] = 1;
      return TB_TAKEN;
    case TB_CELL_TABLE: row[cell->offset] = (float)cell->fill; return TB_TAKEN;
    // A date that isn't there is where all sines and cosines are 0, and time is at its mean.
    case TB_CELL_DATE: return TB_TAKEN;
  }
  return TB_TAKEN;
}

uint32_t tb_date_width(uint32_t parts) {
  return (parts & TB_PART_TIME) + 2 * (uint32_t)__builtin_popcount(parts & ~(uint32_t)TB_PART_TIME);
}

static float *turn(float *place, double share) {
  place[0] = (float)sin(2 * M_PI * share);
  place[1] = (float)cos(2 * M_PI * share);
  return place + 2;
}

static tb_refusal encode_date(const tb_cell *cell, double seconds, float *row) {
  float *place = row + cell->offset;
  if (cell->parts & TB_PART_TIME) {
    *place = (float)((seconds - cell->subtract) / cell->divide);
    if (!isfinite(*place)) return TB_REFUSED_LARGE;
    place++;
  }
  long days = (long)floor(seconds / 86400);
  double of_day = (seconds - (double)days * 86400) / 86400;
  // The civil date of a day: Hinnant 2014, as in tb_date.
  long z = days + 719468;
  long era = (z >= 0 ? z : z - 146096) / 146097;
  long of_era = z - era * 146097;
  long year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  long of_year = of_era - (365 * year + year / 4 - year / 100);
  long shifted = (5 * of_year + 2) / 153;
  long day = of_year - (153 * shifted + 2) / 5;
  long month = shifted < 10 ? shifted + 2 : shifted - 10;
  if (cell->parts & TB_PART_MONTH) place = turn(place, (double)month / 12);
  if (cell->parts & TB_PART_DAY) place = turn(place, (double)day / 31);
  if (cell->parts & TB_PART_WEEKDAY) place = turn(place, (double)(((days % 7) + 10) % 7) / 7);
  // Counted from the first of March, as a year's days turn the same way wherever one begins.
  if (cell->parts & TB_PART_DAY_OF_YEAR) place = turn(place, ((double)of_year + of_day) / 365.25);
  if (cell->parts & TB_PART_HOUR) turn(place, of_day);
  return TB_TAKEN;
}

tb_refusal tb_encode_field(const tb_cell *cell, tb_field field, const tb_format *format, float *row) {
  long index = cell->values ? tb_counts_find(cell->values, field.bytes, field.length) : -1;
  if (index >= 0) {
    if (cell->kind == TB_CELL_ONE_HOT) {
      row[cell->offset + (uint32_t)cell->places[index]] = 1;
    } else {
      memcpy(row + cell->offset, cell->table + (size_t)index * cell->table_width, cell->table_width * sizeof *row);
    }
    return TB_TAKEN;
  }
  tb_value value = tb_value_of(field.bytes, field.length, format);
  if (value.kind == TB_MISSING) return tb_encode_missing(cell, row);
  switch (cell->kind) {
    case TB_CELL_NUMBER:
      if (value.kind == TB_TEXT) {
        return TB_REFUSED_TEXT;
      }
      if (value.kind == TB_NOT_FINITE) return TB_REFUSED_NOT_FINITE;
      return tb_encode_number(cell, value.number, row);
    case TB_CELL_ONE_HOT:
    case TB_CELL_TABLE:
      if (!cell->takes_unknown) return TB_REFUSED_UNKNOWN;
      if (cell->kind == TB_CELL_TABLE) row[cell->offset] = cell->unknown;
      return TB_TAKEN;
    case TB_CELL_HASH:
      row[cell->offset + (uint32_t)(tb_hash(field.bytes, field.length) % cell->buckets)] = 1;
      return TB_TAKEN;
    case TB_CELL_DATE: {
      double seconds;
      if (!tb_date(field.bytes, field.length, &seconds)) return TB_REFUSED_UNKNOWN;
      return encode_date(cell, seconds, row);
    }
  }
  return TB_TAKEN;
}

tb_refusal tb_encode(const tb_cell *cells, size_t count, const tb_field *fields, const tb_format *format, float *row, size_t width,
                     size_t *refused) {
  memset(row, 0, width * sizeof *row);
  for (size_t i = 0; i < count; i++) {
    tb_refusal refusal = tb_encode_field(&cells[i], fields[cells[i].column], format, row);
    if (refusal != TB_TAKEN) {
      *refused = i;
      return refusal;
    }
  }
  return TB_TAKEN;
}

void tb_rescale(const float *base, const float *factor, const float *numbers, float *restrict output, size_t count) {
  for (size_t i = 0; i < count; i++) output[i] = base[i] + factor[i] * numbers[i];
}
