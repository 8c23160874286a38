// Rows cut out of delimited text, 64 bytes at a look.

#include "tables.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

tb_reader *tb_reader_make(uint8_t delimiter, uint8_t quote, uint8_t comment, size_t longest, size_t widest) {
  tb_reader *reader = calloc(1, sizeof *reader);
  if (!reader) return NULL;
  reader->delimiter = delimiter;
  reader->quote = quote;
  reader->comment = comment;
  reader->longest = longest;
  reader->widest = widest;
  // A row that is one byte too long, its line end, and enough more that short rows are read many at a time.
  reader->capacity = longest + 2 + (1 << 18);
  reader->buffer = calloc(reader->capacity + 64, 1);
  reader->fields = malloc(widest * sizeof *reader->fields);
  reader->block = SIZE_MAX;
  if (!reader->buffer || !reader->fields) {
    tb_reader_free(reader);
    return NULL;
  }
  return reader;
}

void tb_reader_free(tb_reader *reader) {
  if (!reader) return;
  free(reader->buffer);
  free(reader->fields);
  free(reader);
}

size_t tb_reader_room(tb_reader *reader, uint8_t **place) {
  size_t unread = reader->end - reader->position;
  if (reader->position > 0) {
    memmove(reader->buffer, reader->buffer + reader->position, unread);
    reader->offset += reader->position;
    reader->position = 0;
    reader->end = unread;
    reader->block = SIZE_MAX;
  }
  *place = reader->buffer + unread;
  return reader->capacity - unread;
}

void tb_reader_filled(tb_reader *reader, size_t count) {
  reader->end += count;
  reader->block = SIZE_MAX;
  if (count == 0) reader->is_last = true;
  if (reader->offset == 0 && reader->position == 0 && reader->end >= 3 && reader->row == 0 &&
      memcmp(reader->buffer, "\xEF\xBB\xBF", 3) == 0) {
    reader->position = 3;
  }
}

// Which of 64 bytes mean something: the delimiter, the quote, line ends, NUL, and what isn't ASCII.
static uint64_t marks_of(const uint8_t *bytes, uint8_t delimiter, uint8_t quote) {
#if defined(__SSE2__)
  const __m128i delimiters = _mm_set1_epi8((char)delimiter), quotes = _mm_set1_epi8((char)quote);
  const __m128i feeds = _mm_set1_epi8('\n'), returns = _mm_set1_epi8('\r'), zeros = _mm_setzero_si128();
  uint64_t marks = 0;
  for (int part = 0; part < 4; part++) {
    __m128i x = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
    __m128i found = _mm_or_si128(_mm_cmpeq_epi8(x, delimiters), _mm_cmpeq_epi8(x, quotes));
    found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(x, feeds), _mm_cmpeq_epi8(x, returns)));
    found = _mm_or_si128(found, _mm_or_si128(_mm_cmpeq_epi8(x, zeros), x));
    marks |= (uint64_t)(uint32_t)_mm_movemask_epi8(found) << (16 * part);
  }
  return marks;
#elif defined(__aarch64__)
  const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
  uint64_t marks = 0;
  for (int part = 0; part < 4; part++) {
    uint8x16_t x = vld1q_u8(bytes + 16 * part);
    uint8x16_t found = vorrq_u8(vceqq_u8(x, vdupq_n_u8(delimiter)), vceqq_u8(x, vdupq_n_u8(quote)));
    found = vorrq_u8(found, vorrq_u8(vceqq_u8(x, vdupq_n_u8('\n')), vceqq_u8(x, vdupq_n_u8('\r'))));
    found = vorrq_u8(found, vorrq_u8(vceqzq_u8(x), vcgeq_u8(x, vdupq_n_u8(0x80))));
    uint8x16_t one = vandq_u8(found, bits);
    uint64_t low = vaddv_u8(vget_low_u8(one)), high = vaddv_u8(vget_high_u8(one));
    marks |= (low | high << 8) << (16 * part);
  }
  return marks;
#else
  uint64_t marks = 0;
  for (int i = 0; i < 64; i++) {
    uint8_t x = bytes[i];
    bool found = x == delimiter || x == quote || x == '\n' || x == '\r' || x == 0 || x >= 0x80;
    marks |= (uint64_t)found << i;
  }
  return marks;
#endif
}

// Where a look at the buffer stands; a copy of what the reader keeps, which stays in registers.
typedef struct {
  const uint8_t *buffer;
  size_t end;
  size_t block;
  uint64_t marks;
  uint8_t delimiter, quote;
} look;

// The next byte from a place on that means something; `end` when none does.
static inline size_t next_mark(look *look, size_t from) {
  size_t block = from & ~(size_t)63;
  if (block != look->block) {
    look->block = block;
    look->marks = marks_of(look->buffer + block, look->delimiter, look->quote);
  }
  uint64_t marks = look->marks & (~UINT64_C(0) << (from & 63));
  while (marks == 0) {
    block += 64;
    if (block >= look->end) return look->end;
    look->block = block;
    marks = look->marks = marks_of(look->buffer + block, look->delimiter, look->quote);
  }
  size_t found = block + (size_t)__builtin_ctzll(marks);
  return found < look->end ? found : look->end;
}

// How many bytes the character has that begins here, by table 3-7 of the Unicode standard; 0 when none can, -1 when it goes on
// beyond the end. `wrong` gets which of its bytes can't be.
static int character(const uint8_t *bytes, size_t left, size_t *wrong) {
  uint8_t lowest = 0x80, highest = 0xBF, first = bytes[0];
  int length;
  *wrong = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) lowest = 0xA0;
    if (first == 0xED) highest = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) lowest = 0x90;
    if (first == 0xF4) highest = 0x8F;
  } else {
    return 0;
  }
  for (int i = 1; i < length; i++) {
    if ((size_t)i >= left) return -1;
    *wrong = (size_t)i;
    if (bytes[i] < lowest || bytes[i] > highest) return 0;
    lowest = 0x80;
    highest = 0xBF;
  }
  return length;
}

static tb_status fault(tb_reader *reader, size_t field, tb_status status, size_t at) {
  reader->fault_field = field;
  reader->fault_byte = reader->offset + at;
  return status;
}

// The row isn't whole: more bytes are asked for, unless it is too long already.
static tb_status more(tb_reader *reader) {
  if (reader->end - reader->position > reader->longest) return fault(reader, 0, TB_TOO_LONG, reader->position);
  return TB_MORE;
}

// Passes over a byte that means nothing where it stands, or the character that begins there. `TB_ROW` where it may stand.
static tb_status pass(tb_reader *reader, size_t field, size_t *at) {
  uint8_t byte = reader->buffer[*at];
  if (byte == 0) return fault(reader, field, TB_NUL, *at);
  if (byte < 0x80) {
    ++*at;
    return TB_ROW;
  }
  size_t wrong;
  int length = character(reader->buffer + *at, reader->end - *at, &wrong);
  if (length < 0) return reader->is_last ? fault(reader, field, TB_CUT_UTF8, reader->end) : more(reader);
  if (length == 0) return fault(reader, field, TB_INVALID_UTF8, *at + wrong);
  *at += (size_t)length;
  return TB_ROW;
}

// Takes doubled quotes for one each.
static size_t unescape(uint8_t *bytes, size_t length, uint8_t quote) {
  size_t to = 0;
  for (size_t from = 0; from < length; from++) {
    bytes[to++] = bytes[from];
    if (bytes[from] == quote) from++;
  }
  return to;
}

static bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\t'; }

tb_status tb_reader_next(tb_reader *reader) {
  uint8_t *const buffer = reader->buffer;
  const uint8_t delimiter = reader->delimiter, quote = reader->quote;
  const size_t end = reader->end, widest = reader->widest;
  tb_field *const fields = reader->fields;
  look look = {buffer, end, reader->block, reader->marks, delimiter, quote};
  bool may_follow = reader->may_follow;
  size_t row = reader->row + 1;
  size_t start;
begin:
  start = reader->position;
  if (start == end) {
    if (!reader->is_last) return TB_MORE;
    reader->row = row;
    return TB_END;
  }
  if (may_follow) {
    may_follow = reader->may_follow = false;
    if (buffer[start] == '\n') {
      reader->position = start + 1;
      goto begin;
    }
  }
  if (buffer[start] == '\n' || buffer[start] == '\r') {
    may_follow = reader->may_follow = buffer[start] == '\r';
    reader->position = start + 1;
    reader->row = row++;
    goto begin;
  }
  size_t count = 0, at = start, from = start;
  bool is_commented = reader->comment && buffer[start] == reader->comment;
  bool has_escape = false;
  reader->count = 0;
  for (;;) {
    // A field begins here.
    bool is_quoted = false;
    size_t close = 0;
    if (quote && at < end && buffer[at] == quote && !is_commented) {
      size_t open = at;
      bool is_escaped = false;
      is_quoted = true;
      at++;
      for (;;) {
        at = next_mark(&look, at);
        if (at == end) {
          if (!reader->is_last) return more(reader);
          return fault(reader, count, TB_OPEN_QUOTE, open);
        }
        uint8_t byte = buffer[at];
        if (byte == quote) {
          if (at + 1 == end && !reader->is_last) return more(reader);
          if (at + 1 < end && buffer[at + 1] == quote) {
            is_escaped = true;
            at += 2;
            continue;
          }
          break;
        }
        tb_status status = pass(reader, count, &at);
        if (status != TB_ROW) return status;
      }
      from = open + 1;
      close = at;
      at++;
      while (at < end && buffer[at] == ' ' && delimiter != ' ') at++;
      if (at == end && !reader->is_last) return more(reader);
      if (at < end && buffer[at] != delimiter && buffer[at] != '\n' && buffer[at] != '\r') {
        return fault(reader, count, TB_AFTER_QUOTE, at);
      }
      if (is_escaped) has_escape = true;
    } else {
      from = at;
      for (;;) {
        at = next_mark(&look, at);
        if (at == end) {
          if (!reader->is_last) return more(reader);
          break;
        }
        uint8_t byte = buffer[at];
        if (byte == delimiter || byte == '\n' || byte == '\r') break;
        tb_status status = pass(reader, count, &at);
        if (status != TB_ROW) return status;
      }
    }
    size_t stop = is_quoted ? close : at;
    if (!is_quoted) {
      while (from < stop && is_blank(buffer[from])) from++;
      while (stop > from && is_blank(buffer[stop - 1])) stop--;
    }
    if (!is_commented) {
      if (count == widest) return fault(reader, count, TB_TOO_WIDE, at);
      fields[count] = (tb_field){buffer + from, stop - from};
      count++;
    }
    if (at == end || buffer[at] != delimiter) break;
    at++;
    if (at == end && !reader->is_last) return more(reader);
  }
  if (at - start > reader->longest) return fault(reader, count, TB_TOO_LONG, start);
  bool is_return = at < end && buffer[at] == '\r';
  reader->position = at < end ? at + 1 : at;
  reader->may_follow = is_return;
  if (is_commented) {
    may_follow = is_return;
    reader->row = row++;
    goto begin;
  }
  if (has_escape) {
    for (size_t i = 0; i < count; i++) {
      tb_field *field = &fields[i];
      uint8_t *bytes = buffer + (field->bytes - buffer);
      // Only a quoted field has its quote right before it.
      if (bytes > buffer + start && bytes[-1] == quote && memchr(bytes, quote, field->length)) {
        field->length = unescape(bytes, field->length, quote);
      }
    }
  }
  reader->count = count;
  reader->block = look.block;
  reader->marks = look.marks;
  reader->row = row;
  return TB_ROW;
}
