// What counts hold, for those that look at each field.

#ifndef COUNTS_H
#define COUNTS_H

#include "tables.h"

#include <string.h>

// A text's first and last 8 bytes, which are all of it where it has 16 at most.
typedef struct {
  uint64_t first, last;
} ends;

// A value, and what was found out of it when it came first.
typedef struct {
  ends ends;
  uint64_t hash;
  uint64_t count;
  uint32_t start;
  uint32_t length;
  double number;  // Of a date its seconds.
  uint8_t kind;   // A `tb_kind`.
  bool is_integer, is_boolean, is_date;
} entry;

// Bytes that a value takes beside its text, at most: its entry, when there is room for twice as many, and its slots.
#define TB_VALUE_BYTES (2 * sizeof(entry) + 16)

struct tb_counts {
  size_t most, most_numbers;
  size_t *room;
  entry *entries;
  size_t held;
  uint32_t *slots;  // An entry's index + 1; 0 for none.
  size_t slot_count;
  uint8_t *texts;
  size_t text_bytes, text_capacity;
  size_t taken;  // Of the room.
  bool has_text;
  bool has_overflowed;
  uint8_t *registers;  // NULL before it is needed.
};

static inline uint64_t mixed(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

static inline ends ends_of(const uint8_t *bytes, size_t length) {
  if (length >= 8) return (ends){word_at(bytes), word_at(bytes + length - 8)};
  if (length >= 4) {
    uint32_t low, high;
    memcpy(&low, bytes, 4);
    memcpy(&high, bytes + length - 4, 4);
    return (ends){(uint64_t)low << 32 | high, 0};
  }
  if (length == 0) return (ends){0, 0};
  return (ends){(uint64_t)bytes[0] << 16 | (uint64_t)bytes[length / 2] << 8 | bytes[length - 1], 0};
}

// A hash by multiplication and folding; not for secrets.
static inline uint64_t hash_of(ends ends, const uint8_t *bytes, size_t length) {
  uint64_t hash = mixed(ends.first ^ UINT64_C(0x9E3779B97F4A7C15), ends.last ^ length ^ UINT64_C(0xE7037ED1A0B428DB));
  for (size_t at = 8; at + 8 < length; at += 8) hash = mixed(hash ^ word_at(bytes + at), UINT64_C(0x8EBC6AF09C88C6E3));
  return mixed(hash, UINT64_C(0x8EBC6AF09C88C6E3));
}

// The index of a text, or -1; `slot` gets where it is or would be.
static inline long find(const tb_counts *counts, ends ends, uint64_t hash, const uint8_t *bytes, size_t length, size_t *slot) {
  size_t at = hash & (counts->slot_count - 1);
  while (counts->slots[at]) {
    const entry *known = &counts->entries[counts->slots[at] - 1];
    if (known->ends.first == ends.first && known->ends.last == ends.last && known->length == length &&
        (length <= 16 || memcmp(counts->texts + known->start, bytes, length) == 0)) {
      break;
    }
    at = (at + 1) & (counts->slot_count - 1);
  }
  *slot = at;
  return (long)counts->slots[at] - 1;
}


// The value of a text that is held, or NULL.
static inline entry *held(tb_counts *counts, ends ends, uint64_t hash, const uint8_t *bytes, size_t length) {
  if (counts->slot_count == 0) return NULL;
  size_t slot;
  long index = find(counts, ends, hash, bytes, length, &slot);
  return index < 0 ? NULL : &counts->entries[index];
}

// Takes in a text that isn't held; NULL when there are too many already, and `tb_counts_let_go` follows.
entry *tb_counts_insert(tb_counts *counts, ends ends, uint64_t hash, const uint8_t *bytes, size_t length, bool is_number);
// Lets go of what is held: only the estimate goes on, of what there was and of what is yet to come.
void tb_counts_let_go(tb_counts *counts);
void tb_counts_estimate(tb_counts *counts, uint64_t hash);

#endif
