// Distinct values, counted exactly while they are few.

#include "counts.h"

#include <math.h>
#include <stdlib.h>

enum { REGISTER_BITS = 12, REGISTERS = 1 << REGISTER_BITS };

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

void tb_counts_estimate(tb_counts *counts, uint64_t hash) {
  if (!counts->registers) return;
  size_t place = hash >> (64 - REGISTER_BITS);
  uint64_t rest = hash << REGISTER_BITS | UINT64_C(1) << (REGISTER_BITS - 1);
  uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
  if (rank > counts->registers[place]) counts->registers[place] = rank;
}

void tb_counts_let_go(tb_counts *counts) {
  counts->has_overflowed = true;
  counts->registers = calloc(REGISTERS, 1);
  for (size_t i = 0; i < counts->held; i++) tb_counts_estimate(counts, counts->entries[i].hash);
  if (counts->room) *counts->room += counts->taken;
  counts->taken = 0;
  free(counts->entries);
  free(counts->slots);
  free(counts->texts);
  counts->entries = NULL;
  counts->slots = NULL;
  counts->texts = NULL;
  counts->held = counts->slot_count = counts->text_bytes = counts->text_capacity = 0;
}

// Numbers of one column that take no room beside their text, as all columns have some.
enum { FREE_NUMBERS = 1000 };

// What one more value takes of the room.
static size_t cost(const tb_counts *counts, size_t length) {
  return length + (counts->has_text || counts->held >= FREE_NUMBERS ? TB_VALUE_BYTES : 0);
}

// Makes room for one more text; false when there is none.
static bool reserve(tb_counts *counts, size_t length) {
  size_t most = counts->has_text ? counts->most : counts->most_numbers;
  if (counts->held >= most || (counts->room && cost(counts, length) > *counts->room)) return false;
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

entry *tb_counts_insert(tb_counts *counts, ends ends, uint64_t hash, const uint8_t *bytes, size_t length, bool is_number) {
  counts->has_text |= !is_number;
  if (!reserve(counts, length)) return NULL;
  size_t taken = cost(counts, length);
  memcpy(counts->texts + counts->text_bytes, bytes, length);
  entry *added = &counts->entries[counts->held];
  *added = (entry){ends, hash, 1, (uint32_t)counts->text_bytes, (uint32_t)length, 0, TB_TEXT, false, false, false};
  counts->text_bytes += length;
  counts->taken += taken;
  if (counts->room) *counts->room -= taken;
  size_t slot;
  find(counts, ends, hash, bytes, length, &slot);
  counts->slots[slot] = (uint32_t)++counts->held;
  return added;
}

void tb_counts_add(tb_counts *counts, const uint8_t *bytes, size_t length, bool is_number) {
  ends ends = ends_of(bytes, length);
  uint64_t hash = hash_of(ends, bytes, length);
  if (!counts->has_overflowed) {
    entry *known = held(counts, ends, hash, bytes, length);
    if (known) {
      counts->has_text |= !is_number;
      known->count++;
      return;
    }
    if (tb_counts_insert(counts, ends, hash, bytes, length, is_number)) return;
    tb_counts_let_go(counts);
  }
  tb_counts_estimate(counts, hash);
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

bool tb_counts_number(const tb_counts *counts, size_t index, double *number) {
  *number = counts->entries[index].number;
  return counts->entries[index].kind == TB_NUMBER;
}
