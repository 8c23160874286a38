// What the text of a field stands for.

#define _GNU_SOURCE

#include "tables.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#if LDBL_MANT_DIG == 64
// Powers of ten that 64 bits of a significand hold.
static const long double long_powers[] = {1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,  1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
                                          1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L, 1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L};

// A number of up to 19 digits by one operation that rounds to 64 bits; false where that doesn't tell to which of two doubles it is
// nearer. Clinger 1990, doi:10.1145/93542.93557.
static bool extended(uint64_t mantissa, long exponent, double *value) {
  if (exponent < -27 || exponent > 27) return false;
  long double exact = exponent < 0 ? mantissa / long_powers[-exponent] : mantissa * long_powers[exponent];
  uint64_t significand;
  memcpy(&significand, &exact, sizeof significand);
  // Of a double's 53 bits the last 11 are cut off: a half of them may have been less, or more, before it was rounded.
  if ((significand & 0x7FF) == 0x400) return false;
  *value = (double)exact;
  return true;
}
#else
static bool extended(uint64_t mantissa, long exponent, double *value) {
  (void)mantissa, (void)exponent, (void)value;
  return false;
}
#endif

static bool is_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

// The standard library's reading of a number, of which it's known that it is one.
static double slowly(const uint8_t *bytes, size_t length, const tb_format *format) {
  char small[128];
  char *text = length < sizeof small ? small : malloc(length + 1);
  if (!text) return NAN;
  size_t count = 0;
  for (size_t i = 0; i < length; i++) {
    if (format->thousands && bytes[i] == format->thousands) continue;
    text[count++] = bytes[i] == format->decimal ? '.' : (char)bytes[i];
  }
  text[count] = 0;
  static locale_t plain;
  locale_t locale = __atomic_load_n(&plain, __ATOMIC_ACQUIRE);
  if (!locale) {
    locale = newlocale(LC_NUMERIC_MASK, "C", NULL);
    __atomic_store_n(&plain, locale, __ATOMIC_RELEASE);
  }
  double value = locale ? strtod_l(text, NULL, locale) : strtod(text, NULL);
  if (text != small) free(text);
  return value;
}

// Whole numbers of up to 8 digits, all at once: most numbers are such. Lemire 2022, parsing series of integers with SIMD.
static bool small_integer(const uint8_t *bytes, size_t length, double *number) {
  uint64_t word = 0;
  if (length >= 4) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + length - 4, 4);
    // The bytes that both have are the same.
    word = (uint64_t)low | (uint64_t)high << (8 * (length - 4));
  } else {
    word = bytes[0] | (uint64_t)bytes[length / 2] << (8 * (length / 2)) | (uint64_t)bytes[length - 1] << (8 * (length - 1));
  }
  // The last digit comes to stand highest, with zeros below the first.
  const uint64_t zeros = UINT64_C(0x3030303030303030);
  if (length < 8) word = word << (64 - 8 * length) | zeros >> (8 * length);
  if (((word & UINT64_C(0xF0F0F0F0F0F0F0F0)) | ((word + UINT64_C(0x0606060606060606)) & UINT64_C(0xF0F0F0F0F0F0F0F0)) >> 4) !=
      UINT64_C(0x3333333333333333)) {
    return false;
  }
  word -= zeros;
  word = word * 10 + (word >> 8);
  uint64_t pairs = UINT64_C(0x000000FF000000FF);
  word = ((word & pairs) * (100 + (UINT64_C(1000000) << 32)) + ((word >> 16) & pairs) * (1 + (UINT64_C(10000) << 32))) >> 32;
  *number = (double)(uint32_t)word;
  return true;
}

// Up to 19 digits whose number is at most 2^53, and a power of ten up to 22, take one exact division or multiplication (Clinger
// 1990, doi:10.1145/93542.93557).
static tb_value number_of(const uint8_t *bytes, size_t length, const tb_format *format) {
  tb_value none = {TB_TEXT, false, 0};
  size_t at = 0;
  bool is_negative = false;
  if (at < length && (bytes[at] == '-' || bytes[at] == '+')) is_negative = bytes[at++] == '-';
  uint64_t mantissa = 0;
  size_t significant = 0, digits = 0;
  long exponent = 0;
  size_t whole = at;
  while (at < length) {
    uint8_t byte = bytes[at];
    if (is_digit(byte)) {
      digits++;
      if (significant || byte != '0') significant++;
      if (significant <= 19) mantissa = mantissa * 10 + (byte - '0');
    } else if (format->thousands && byte == format->thousands && at > whole) {
      // Groups of three digits follow, to the end of the whole part.
      size_t left = 0;
      while (at + 1 + left < length && is_digit(bytes[at + 1 + left])) left++;
      if (left != 3) return none;
    } else {
      break;
    }
    at++;
  }
  bool is_integer = at == length && digits > 0 && digits <= 18;
  if (at < length && bytes[at] == format->decimal) {
    at++;
    while (at < length && is_digit(bytes[at])) {
      digits++;
      exponent--;
      if (significant || bytes[at] != '0') significant++;
      if (significant <= 19) mantissa = mantissa * 10 + (bytes[at] - '0');
      at++;
    }
  }
  if (digits == 0) return none;
  if (at < length) {
    if (bytes[at] != 'e' && bytes[at] != 'E') return none;
    at++;
    bool is_small = false;
    if (at < length && (bytes[at] == '-' || bytes[at] == '+')) is_small = bytes[at++] == '-';
    if (at == length) return none;
    long power = 0;
    while (at < length) {
      if (!is_digit(bytes[at])) return none;
      power = power < 100000 ? power * 10 + (bytes[at] - '0') : power;
      at++;
    }
    exponent += is_small ? -power : power;
  }
  double value;
  if (significant <= 19 && mantissa <= (UINT64_C(1) << 53) && exponent >= -22 && exponent <= 22) {
    value = exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
    if (is_negative) value = -value;
  } else if (significant <= 19 && mantissa && extended(mantissa, exponent, &value)) {
    if (is_negative) value = -value;
  } else {
    value = slowly(bytes, length, format);
  }
  return (tb_value){isfinite(value) ? TB_NUMBER : TB_NOT_FINITE, is_integer, value};
}

static bool is_word(const uint8_t *bytes, size_t length, const char *word) {
  return strlen(word) == length && strncasecmp((const char *)bytes, word, length) == 0;
}

tb_value tb_value_of(const uint8_t *bytes, size_t length, const tb_format *format) {
  tb_value value = {TB_MISSING, false, 0};
  if (length == 0) return value;
  for (int32_t i = 0; i < format->word_count; i++) {
    if (format->word_lengths[i] == length && memcmp(bytes, format->words[i], length) == 0) return value;
  }
  uint8_t first = bytes[0];
  if (length <= 8 && small_integer(bytes, length, &value.number)) {
    value.kind = TB_NUMBER;
    value.is_integer = true;
    return value;
  }
  if (first <= '9' && first != '?') {
    value = number_of(bytes, length, format);
    if (value.kind != TB_TEXT) return value;
  }
  value.kind = TB_TEXT;
  // Most texts begin with no letter of those words.
  switch (first | 0x20) {
    case 'n': case 'i': case '?' | 0x20: case '+' | 0x20: case '-' | 0x20: break;
    default: return value;
  }
  if (length > 9) return value;
  static const char *const missing[] = {"na", "n/a", "nan", "null", "?"};
  for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
    if (is_word(bytes, length, missing[i])) {
      value.kind = TB_MISSING;
      return value;
    }
  }
  size_t sign = first == '+' || first == '-';
  if (is_word(bytes + sign, length - sign, "inf") || is_word(bytes + sign, length - sign, "infinity")) {
    value.kind = TB_NOT_FINITE;
  }
  return value;
}

bool tb_boolean(const uint8_t *bytes, size_t length, bool *truth) {
  static const char *const words[] = {"true", "yes", "t", "y", "false", "no", "f", "n"};
  for (int i = 0; i < 8; i++) {
    if (is_word(bytes, length, words[i])) {
      *truth = i < 4;
      return true;
    }
  }
  return false;
}

// Reads so many digits; a negative number when there are none.
static long digits_of(const uint8_t *bytes, size_t count) {
  long value = 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_digit(bytes[i])) return -1;
    value = value * 10 + (bytes[i] - '0');
  }
  return value;
}

bool tb_date(const uint8_t *b, size_t length, double *seconds) {
  bool is_month = length == 7;
  if ((length < 10 && !is_month) || length > 40 || b[4] != '-' || (!is_month && b[7] != '-')) return false;
  long year = digits_of(b, 4), month = digits_of(b + 5, 2), day = is_month ? 1 : digits_of(b + 8, 2);
  static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]) return false;
  bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  if (month == 2 && day == 29 && !is_leap) return false;
  // Days of the civil calendar: Hinnant 2014, chrono-compatible low-level date algorithms.
  long y = month <= 2 ? year - 1 : year;
  long era = (y >= 0 ? y : y - 399) / 400;
  long of_era = y - era * 400;
  long of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  double value = (double)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468) * 86400;
  size_t at = is_month ? length : 10;
  if (at < length) {
    if ((b[at] != 'T' && b[at] != ' ') || length < 16 || b[13] != ':') return false;
    long hour = digits_of(b + 11, 2), minute = digits_of(b + 14, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return false;
    value += (double)(hour * 3600 + minute * 60);
    at = 16;
    if (at < length && b[at] == ':') {
      if (length < 19) return false;
      long second = digits_of(b + 17, 2);
      if (second < 0 || second > 60) return false;
      value += (double)second;
      at = 19;
      if (at < length && b[at] == '.') {
        double unit = 0.1;
        at++;
        if (at == length || !is_digit(b[at])) return false;
        for (; at < length && is_digit(b[at]); at++, unit /= 10) value += unit * (b[at] - '0');
      }
    }
    if (at < length && b[at] == 'Z') {
      at++;
    } else if (at < length && (b[at] == '+' || b[at] == '-')) {
      if (length < at + 5) return false;
      size_t colon = b[at + 3] == ':';
      if (length != at + 5 + colon) return false;
      long hours = digits_of(b + at + 1, 2), minutes = digits_of(b + at + 3 + colon, 2);
      if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
      double shift = (double)(hours * 3600 + minutes * 60);
      value += b[at] == '+' ? -shift : shift;
      at = length;
    }
  }
  if (at != length) return false;
  *seconds = value;
  return true;
}
