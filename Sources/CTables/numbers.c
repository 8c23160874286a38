// What runs of numbers and bytes are, and what they are together.

#include "tables.h"

#include <math.h>
#include <string.h>

#define DECODE(TYPE, BITS, SWAPPED, VALUE) \
  for (size_t i = 0; i < count; i++) { \
    BITS bits; \
    memcpy(&bits, bytes + i * sizeof bits, sizeof bits); \
    if (is_big_endian) bits = SWAPPED; \
    TYPE x; \
    memcpy(&x, &bits, sizeof x); \
    values[i] = VALUE; \
  } \
  break

double tb_half(uint16_t bits) {
  int exponent = bits >> 10 & 0x1F;
  double fraction = bits & 0x3FF, magnitude;
  if (exponent == 0) {
    magnitude = fraction * 0x1p-24;
  } else if (exponent == 31) {
    magnitude = fraction == 0 ? INFINITY : NAN;
  } else {
    magnitude = ldexp(1024 + fraction, exponent - 25);
  }
  return bits & 0x8000 ? -magnitude : magnitude;
}

static double upper_half(uint16_t bits) {
  uint32_t whole = (uint32_t)bits << 16;
  float x;
  memcpy(&x, &whole, sizeof x);
  return x;
}

void tb_decode(tb_element element, bool is_big_endian, const uint8_t *bytes, size_t count, double *values) {
  switch (element) {
    case TB_BOOL: for (size_t i = 0; i < count; i++) values[i] = bytes[i] != 0; break;
    case TB_U8: for (size_t i = 0; i < count; i++) values[i] = bytes[i]; break;
    case TB_I8: for (size_t i = 0; i < count; i++) values[i] = (int8_t)bytes[i]; break;
    case TB_U16: DECODE(uint16_t, uint16_t, __builtin_bswap16(bits), x);
    case TB_I16: DECODE(int16_t, uint16_t, __builtin_bswap16(bits), x);
    case TB_U32: DECODE(uint32_t, uint32_t, __builtin_bswap32(bits), x);
    case TB_I32: DECODE(int32_t, uint32_t, __builtin_bswap32(bits), x);
    case TB_U64: DECODE(uint64_t, uint64_t, __builtin_bswap64(bits), (double)x);
    case TB_I64: DECODE(int64_t, uint64_t, __builtin_bswap64(bits), (double)x);
    case TB_F16: DECODE(uint16_t, uint16_t, __builtin_bswap16(bits), tb_half(x));
    case TB_BF16: DECODE(uint16_t, uint16_t, __builtin_bswap16(bits), upper_half(x));
    case TB_F32: DECODE(float, uint32_t, __builtin_bswap32(bits), x);
    case TB_F64: DECODE(double, uint64_t, __builtin_bswap64(bits), x);
  }
}

enum { LANES = 8 };

void tb_sums_add(tb_sums *sums, double count, double mean, double squares) {
  double before = (double)sums->count, total = before + count;
  double difference = mean - sums->mean;
  sums->squares += squares + difference * difference * before * (count / total);
  sums->mean += difference * (count / total);
  sums->count += (uint64_t)count;
}

static long first_not_finite(const double *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return (long)i;
  return -1;
}

// All numbers of a run together: once for their mean, and once for what they differ from it.
static void sum_together(const double *values, size_t count, tb_sums *sums) {
  double sum[LANES] = {0}, least[LANES], largest[LANES];
  for (int j = 0; j < LANES; j++) {
    least[j] = INFINITY;
    largest[j] = -INFINITY;
  }
  // Numbers of 1e308 have a mean, though no sum: each lane adds up a share of theirs.
  const double share = 1 / (double)count;
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (int j = 0; j < LANES; j++) {
      double x = values[i + (size_t)j];
      sum[j] += x * share;
      least[j] = x < least[j] ? x : least[j];
      largest[j] = x > largest[j] ? x : largest[j];
    }
  for (size_t i = whole; i < count; i++) {
    double x = values[i];
    sum[0] += x * share;
    least[0] = x < least[0] ? x : least[0];
    largest[0] = x > largest[0] ? x : largest[0];
  }
  double mean = 0;
  for (int j = 0; j < LANES; j++) {
    mean += sum[j];
    sums->minimum = least[j] < sums->minimum ? least[j] : sums->minimum;
    sums->maximum = largest[j] > sums->maximum ? largest[j] : sums->maximum;
  }
  double squares[LANES] = {0};
  for (size_t i = 0; i < whole; i += LANES)
    for (int j = 0; j < LANES; j++) {
      double difference = values[i + (size_t)j] - mean;
      squares[j] += difference * difference;
    }
  for (size_t i = whole; i < count; i++) squares[0] += (values[i] - mean) * (values[i] - mean);
  double all = 0;
  for (int j = 0; j < LANES; j++) all += squares[j];
  tb_sums_add(sums, (double)count, mean, all);
}

// Numbers at one place after the other: `rows` of so many, `stride` apart.
static void sum_apart(const double *values, size_t rows, size_t places, size_t stride, tb_sums *sums) {
  for (size_t first = 0; first < places; first += LANES) {
    size_t lanes = places - first < LANES ? places - first : LANES;
    double base[LANES] = {0}, sum[LANES] = {0}, squares[LANES] = {0}, least[LANES], largest[LANES];
    for (size_t j = 0; j < lanes; j++) {
      const tb_sums *known = &sums[first + j];
      // Near the mean nothing is lost to a sum of squares.
      base[j] = known->count ? known->mean : values[first + j];
      least[j] = known->minimum;
      largest[j] = known->maximum;
    }
    for (size_t row = 0; row < rows; row++) {
      const double *x = values + row * stride + first;
      for (size_t j = 0; j < lanes; j++) {
        double difference = x[j] - base[j];
        sum[j] += difference;
        squares[j] += difference * difference;
        least[j] = x[j] < least[j] ? x[j] : least[j];
        largest[j] = x[j] > largest[j] ? x[j] : largest[j];
      }
    }
    for (size_t j = 0; j < lanes; j++) {
      double count = (double)rows, own = squares[j] - sum[j] * sum[j] / count;
      sums[first + j].minimum = least[j];
      sums[first + j].maximum = largest[j];
      tb_sums_add(&sums[first + j], count, base[j] + sum[j] / count, own > 0 ? own : 0);
    }
  }
}

long tb_sum(const double *values, size_t count, size_t place, size_t width, tb_sums *sums) {
  // A number that is none makes 0 times it none.
  double none[LANES] = {0};
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (int j = 0; j < LANES; j++) none[j] += values[i + (size_t)j] * 0;
  for (size_t i = whole; i < count; i++) none[0] += values[i] * 0;
  for (int j = 0; j < LANES; j++)
    if (!(none[j] == 0)) return first_not_finite(values, count);
  if (count == 0) return -1;
  if (width == 1) {
    sum_together(values, count, sums);
    return -1;
  }
  // The rest of a row, whole rows, and the begin of one.
  size_t rest = place == 0 ? 0 : width - place < count ? width - place : count;
  if (rest > 0) sum_apart(values, 1, rest, width, sums + place);
  size_t rows = (count - rest) / width, last = (count - rest) % width;
  if (rows > 0) sum_apart(values + rest, rows, width, width, sums);
  if (last > 0) sum_apart(values + count - last, 1, last, width, sums);
  return -1;
}

void tb_scale(double *values, size_t count, size_t place, size_t width, const double *subtract, const double *divide) {
  if (width == 1) {
    for (size_t i = 0; i < count; i++) values[i] = (values[i] - *subtract) / *divide;
    return;
  }
  for (size_t i = 0; i < count;) {
    size_t length = width - place < count - i ? width - place : count - i;
    for (size_t j = 0; j < length; j++) values[i + j] = (values[i + j] - subtract[place + j]) / divide[place + j];
    i += length;
    place = 0;
  }
}

long tb_round(const double *values, size_t count, float *rounded) {
  float none[LANES] = {0};
  size_t whole = count - count % LANES;
  for (size_t i = 0; i < whole; i += LANES)
    for (int j = 0; j < LANES; j++) {
      float x = rounded[i + (size_t)j] = (float)values[i + (size_t)j];
      none[j] += x * 0;
    }
  for (size_t i = whole; i < count; i++) none[0] += (rounded[i] = (float)values[i]) * 0;
  for (int j = 0; j < LANES; j++) {
    if (none[j] == 0) continue;
    for (size_t i = 0; i < count; i++)
      if (!isfinite(rounded[i])) return (long)i;
  }
  return -1;
}

void tb_count_bytes(const uint8_t *bytes, size_t count, uint64_t *counts) {
  // Bytes that follow each other are often the same, and a count can't be added to before the last sum is there.
  uint32_t apart[4][256] = {{0}};
  for (size_t start = 0; start < count;) {
    size_t length = count - start < UINT32_MAX ? count - start : UINT32_MAX;
    size_t whole = length - length % 4;
    const uint8_t *x = bytes + start;
    for (size_t i = 0; i < whole; i += 4)
      for (int j = 0; j < 4; j++) apart[j][x[i + (size_t)j]]++;
    for (size_t i = whole; i < length; i++) apart[0][x[i]]++;
    for (int value = 0; value < 256; value++)
      for (int j = 0; j < 4; j++) {
        counts[value] += apart[j][value];
        apart[j][value] = 0;
      }
    start += length;
  }
}
