// Distinct values, counted exactly while they are few.

#include "tables.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REGISTER_BITS = 12, REGISTERS = 1 << REGISTER_BITS };

// A text's first and last 8 bytes, which are all of it where it has 16 at most.
typedef struct {
  uint64_t first, last;
} ends;

typedef struct {
  ends ends;
  uint64_t hash;
  uint64_t count;
  uint32_t start;
  uint32_t length;
} entry;

struct tb_counts {
  size_t most, most_numbers;
  size_t *room;
  entry *entries;
  size_t held;
  uint32_t *slots;  // An entry's index + 1; 0 for none.
  size_t slot_count;
  uint8_t *texts;
  size_t text_bytes, text_capacity;
  bool has_text;
  bool has_overflowed;
  uint8_t *registers;  // NULL before it is needed.
};

tb_counts *tb_counts_make(size_t most, size_t most_numbers, size_t *room) {
  tb_counts *counts = calloc(1, sizeof *counts);
  if (!counts) return NULL;
  counts->most = most;
  counts->most_numbers = most_numbers;
  counts->room = room;
  return counts;
}

void tb_counts_free(tb_counts *counts) {
  if (!counts) return;
  free(counts->entries);
  free(counts->slots);
  free(counts->texts);
  free(counts->registers);
  free(counts);
}

static uint64_t mixed(uint64_t a, uint64_t b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

static ends ends_of(const uint8_t *bytes, size_t length) {
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
static uint64_t hash_of(ends ends, const uint8_t *bytes, size_t length) {
  uint64_t hash = mixed(ends.first ^ UINT64_C(0x9E3779B97F4A7C15), ends.last ^ length ^ UINT64_C(0xE7037ED1A0B428DB));
  for (size_t at = 8; at + 8 < length; at += 8) hash = mixed(hash ^ word_at(bytes + at), UINT64_C(0x8EBC6AF09C88C6E3));
  return mixed(hash, UINT64_C(0x8EBC6AF09C88C6E3));
}

// Makes room for twice as many; false when there's no memory.
static bool grow(tb_counts *counts) {
  size_t slot_count = counts->slot_count ? counts->slot_count * 2 : 64;
  uint32_t *slots = calloc(slot_count, sizeof *slots);
  entry *entries = realloc(counts->entries, slot_count / 2 * sizeof *entries);
  if (entries) counts->entries = entries;
  if (!slots || !entries) {
    free(slots);
    return false;
  }
  for (size_t i = 0; i < counts->held; i++) {
    size_t slot = entries[i].hash & (slot_count - 1);
    while (slots[slot]) slot = (slot + 1) & (slot_count - 1);
    slots[slot] = (uint32_t)i + 1;
  }
  free(counts->slots);
  counts->slots = slots;
  counts->slot_count = slot_count;
  return true;
}

static void estimate(tb_counts *counts, uint64_t hash) {
  if (!counts->registers) return;
  size_t place = hash >> (64 - REGISTER_BITS);
  uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
  uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
  if (rank > counts->registers[place]) counts->registers[place] = rank;
}

// Lets go of what is held: only the estimate goes on.
static void overflow(tb_counts *counts) {
  counts->has_overflowed = true;
  counts->registers = calloc(REGISTERS, 1);
  for (size_t i = 0; i < counts->held; i++) estimate(counts, counts->entries[i].hash);
  if (counts->room) *counts->room += counts->text_bytes;
  free(counts->entries);
  free(counts->slots);
  free(counts->texts);
  counts->entries = NULL;
  counts->slots = NULL;
  counts->texts = NULL;
  counts->held = counts->slot_count = counts->text_bytes = counts->text_capacity = 0;
}

// The index of a text, or -1; `slot` gets where it is or would be.
static long find(const tb_counts *counts, ends ends, uint64_t hash, const uint8_t *bytes, size_t length, size_t *slot) {
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

// Makes room for one more text; false when there is none.
static bool reserve(tb_counts *counts, size_t length) {
  size_t most = counts->has_text ? counts->most : counts->most_numbers;
  if (counts->held >= most || (counts->room && length > *counts->room)) return false;
  if (counts->held * 2 >= counts->slot_count && !grow(counts)) return false;
  if (counts->text_bytes + length > counts->text_capacity) {
    size_t capacity = (counts->text_bytes + length) * 2 + 64;
    uint8_t *texts = capacity <= UINT32_MAX ? realloc(counts->texts, capacity) : NULL;
    if (!texts) return false;
    counts->texts = texts;
    counts->text_capacity = capacity;
  }
  return true;
}

void tb_counts_add(tb_counts *counts, const uint8_t *bytes, size_t length, bool is_number) {
  ends ends = ends_of(bytes, length);
  uint64_t hash = hash_of(ends, bytes, length);
  counts->has_text |= !is_number;
  if (counts->has_overflowed) {
    estimate(counts, hash);
    return;
  }
  size_t slot;
  if (counts->slot_count) {
    long index = find(counts, ends, hash, bytes, length, &slot);
    if (index >= 0) {
      counts->entries[index].count++;
      return;
    }
  }
  if (!reserve(counts, length)) {
    overflow(counts);
    estimate(counts, hash);
    return;
  }
  memcpy(counts->texts + counts->text_bytes, bytes, length);
  counts->entries[counts->held] = (entry){ends, hash, 1, (uint32_t)counts->text_bytes, (uint32_t)length};
  counts->text_bytes += length;
  if (counts->room) *counts->room -= length;
  // The table may have grown meanwhile.
  find(counts, ends, hash, bytes, length, &slot);
  counts->slots[slot] = (uint32_t)++counts->held;
}

long tb_counts_find(const tb_counts *counts, const uint8_t *bytes, size_t length) {
  if (counts->slot_count == 0) return -1;
  ends ends = ends_of(bytes, length);
  size_t slot;
  return find(counts, ends, hash_of(ends, bytes, length), bytes, length, &slot);
}

uint64_t tb_hash(const uint8_t *bytes, size_t length) { return hash_of(ends_of(bytes, length), bytes, length); }

bool tb_counts_overflowed(const tb_counts *counts) { return counts->has_overflowed; }

// Flajolet, Fusy, Gandouet, Meunier 2007, HyperLogLog, with linear counting where registers are empty.
double tb_counts_distinct(const tb_counts *counts) {
  if (!counts->has_overflowed || !counts->registers) return (double)counts->held;
  double sum = 0;
  int empty = 0;
  for (int i = 0; i < REGISTERS; i++) {
    sum += ldexp(1, -counts->registers[i]);
    if (counts->registers[i] == 0) empty++;
  }
  const double m = REGISTERS;
  double found = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  if (found <= 2.5 * m && empty > 0) found = m * log(m / empty);
  return round(found);
}

size_t tb_counts_held(const tb_counts *counts) { return counts->held; }

tb_field tb_counts_text(const tb_counts *counts, size_t index) {
  const entry *known = &counts->entries[index];
  return (tb_field){counts->texts + known->start, known->length};
}

uint64_t tb_counts_count(const tb_counts *counts, size_t index) { return counts->entries[index].count; }
