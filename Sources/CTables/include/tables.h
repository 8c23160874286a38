// Rows of fields: cut out of bytes, told apart by kind, counted by column, and turned into the numbers of a model. Runs of numbers of arrays.
//
// All of it works on one row at a time, in memory that its caller sizes. Nothing here allocates after it was made, reads
// a file, or knows what a fault is called: faults are numbers with a place.

#ifndef TABLES_H
#define TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: - Fields

// The bytes of a field, within a reader's buffer; valid until the next row is read.
typedef struct {
  const uint8_t *bytes;
  size_t length;
} tb_field;

typedef enum {
  TB_MISSING,     // Nothing, or one of the words for it.
  TB_NUMBER,      // A finite number.
  TB_NOT_FINITE,  // A number too large, or infinity.
  TB_TEXT,
} tb_kind;

// Most words that stand for a missing value, beside those that always do.
#define TB_MISSING_WORDS 16
#define TB_MISSING_WORD_BYTES 32

// How numbers are written, and what stands for none.
typedef struct {
  uint8_t decimal;    // Before the fraction: '.' or ','.
  uint8_t thousands;  // Between groups of three digits, left out; 0 for none.
  int32_t word_count;
  uint8_t word_lengths[TB_MISSING_WORDS];
  char words[TB_MISSING_WORDS][TB_MISSING_WORD_BYTES];
} tb_format;

typedef struct {
  tb_kind kind;
  bool is_integer;  // Of a number: digits alone, after a sign perhaps.
  double number;
} tb_value;

// What a field stands for. A number is rounded to the nearest double, as strtod does.
tb_value tb_value_of(const uint8_t *bytes, size_t length, const tb_format *format);

// Whether a text is one of true, false, yes, no, t, f, y, n, in any case of letters; `truth` gets which.
bool tb_boolean(const uint8_t *bytes, size_t length, bool *truth);

// Seconds since 1970 of a date or a time of ISO 8601 (2026-11, 2026-11-28, 2026-11-28T06:41, 2026-11-28 06:41:37.5+02:00), in UTC where it
// names no offset; false where the text is none.
bool tb_date(const uint8_t *bytes, size_t length, double *seconds);

// MARK: - Rows of delimited text

typedef enum {
  TB_ROW,
  TB_END,
  TB_MORE,            // The rest of the row isn't in the buffer yet: fill it and ask again.
  TB_NUL,             // A NUL byte.
  TB_INVALID_UTF8,
  TB_CUT_UTF8,        // The last character is cut short.
  TB_AFTER_QUOTE,     // Text behind a closing quote.
  TB_OPEN_QUOTE,      // A quote that is never closed.
  TB_TOO_LONG,        // A row of more bytes than fit.
  TB_TOO_WIDE,        // A row of more fields than fit.
} tb_status;

// A reader of rows (RFC 4180): lines end in LF, CR LF or CR; a field may be quoted, with quotes inside doubled; blanks around a
// field that isn't quoted are left out; lines with nothing on them, or that begin with the comment, are passed over.
typedef struct {
  uint8_t delimiter;
  uint8_t quote;    // 0 for none.
  uint8_t comment;  // 0 for none.
  size_t longest;   // Bytes of a row at most.
  size_t widest;    // Fields of a row at most.

  uint8_t *buffer;  // Of `capacity` bytes and 64 more that are 0.
  size_t capacity;
  size_t position;  // Of what is unread …
  size_t end;       // … up to here.
  size_t offset;    // How many bytes of the stream lie before the buffer.
  bool is_last;     // Whether no bytes come after those of the buffer.

  tb_field *fields;  // Of `widest`.
  size_t count;      // Fields of the row.
  size_t row;        // The row's number from 1, lines passed over included.

  size_t fault_field;  // Where a fault is: the field from 0 …
  size_t fault_byte;   // … and the byte of the stream.

  size_t block;    // Where in the buffer the block begins of which `marks` has the bytes that mean something.
  uint64_t marks;
  bool may_follow;  // Whether a LF at the position belongs to the CR before it.
} tb_reader;

// NULL when there's no memory.
tb_reader *tb_reader_make(uint8_t delimiter, uint8_t quote, uint8_t comment, size_t longest, size_t widest);
void tb_reader_free(tb_reader *reader);

// Where bytes may be put, and how many: what is unread is moved to the buffer's front. 0 when the buffer is full of one row.
size_t tb_reader_room(tb_reader *reader, uint8_t **place);
// Takes what was put there; 0 when there's no more.
void tb_reader_filled(tb_reader *reader, size_t count);
// Reads the next row.
tb_status tb_reader_next(tb_reader *reader);

// MARK: - Distinct values

// Counts distinct texts, exactly while they are few; beyond that an estimate of how many there are is all that is left.
typedef struct tb_counts tb_counts;

// NULL when there's no memory. `most` texts are counted exactly, of numbers alone `most_numbers`; `room` has the bytes that all
// counts that share it may take for values, and may be NULL.
tb_counts *tb_counts_make(size_t most, size_t most_numbers, size_t *room);
void tb_counts_free(tb_counts *counts);
void tb_counts_add(tb_counts *counts, const uint8_t *bytes, size_t length, bool is_number);
// Whether there were more than are counted exactly.
bool tb_counts_overflowed(const tb_counts *counts);
// How many distinct texts there were; an estimate (HyperLogLog, 2^12 registers, standard error 1.6 %) when they overflowed.
double tb_counts_distinct(const tb_counts *counts);
// How many are held, and one of them, in the order in which they came first.
size_t tb_counts_held(const tb_counts *counts);
tb_field tb_counts_text(const tb_counts *counts, size_t index);
uint64_t tb_counts_count(const tb_counts *counts, size_t index);
// Whether one of those that a survey counted is a number, and which.
bool tb_counts_number(const tb_counts *counts, size_t index, double *number);
// Which of those held a text is, or -1.
long tb_counts_find(const tb_counts *counts, const uint8_t *bytes, size_t length);
// A hash of a text that is the same everywhere.
uint64_t tb_hash(const uint8_t *bytes, size_t length);

// MARK: - Sums

// What numbers are together. Begins with `count`, `mean` and `squares` 0, `minimum` infinite and `maximum` as far below.
typedef struct {
  uint64_t count;
  double mean, squares;  // `squares` of differences from the mean.
  double minimum, maximum;
} tb_sums;

// Takes in so many numbers of which mean and squared differences from it are known, and least and largest are taken in already. Chan, Golub, LeVeque 1983,
// doi:10.1080/00031305.1983.10483115.
void tb_sums_add(tb_sums *sums, double count, double mean, double squares);

// MARK: - Columns

// What was seen of one column.
typedef struct {
  // What to look for.
  bool is_passed_over;
  bool refuses_missing;
  bool refuses_not_finite;

  uint64_t numbers, integers, texts, missing, not_finite, booleans, dates;
  tb_sums sums;  // Of its numbers; they hold after `tb_survey_end`.
  double base, sum, sum_of_squares;        // Of the newest numbers, of which there are `stretch`, not yet in those.
  uint32_t stretch;
  double previous;            // The number before, and whether they have only risen so far.
  bool is_rising;
  double first_date, last_date, date_mean, date_squares, previous_date;  // Of texts that are dates, in seconds since 1970.
  bool has_time_of_day, dates_fall;
  uint64_t longest;           // Bytes of its longest field.
  uint64_t first_text_row, first_number_row;
  uint8_t first_text[80];
  uint8_t first_text_length;
  tb_counts *counts;          // NULL when nothing is counted.
  uint64_t overflow_row;      // In which they became too many.
  double *sample;             // A uniform sample of its numbers (Li 1994, algorithm L) where they weren't counted to the end; NULL for none.
  uint32_t sample_size, sample_held;
  uint64_t sample_next;       // Which number is taken next.
  double sample_weight;
  uint64_t random;
} tb_column;

// Takes in a row. Answers the column from 0 that holds what it refuses, or -1.
long tb_survey(tb_column *columns, const tb_field *fields, size_t count, size_t row, const tb_format *format);
// Must follow the last row.
void tb_survey_end(tb_column *columns, size_t count);

// MARK: - Runs of numbers

typedef enum { TB_BOOL, TB_U8, TB_U16, TB_U32, TB_U64, TB_I8, TB_I16, TB_I32, TB_I64, TB_F16, TB_BF16, TB_F32, TB_F64 } tb_element;

// Reads so many elements as numbers.
void tb_decode(tb_element element, bool is_big_endian, const uint8_t *bytes, size_t count, double *values);

// The value of an IEEE 754 half, by its bits.
double tb_half(uint16_t bits);

// Takes in a run of numbers: all together where `width` is 1, else each by its place in rows of that width, of which the first has `place`. Answers which
// isn't finite, and has taken in none then, or -1.
long tb_sum(const double *values, size_t count, size_t place, size_t width, tb_sums *sums);
// Scales a run likewise.
void tb_scale(double *values, size_t count, size_t place, size_t width, const double *subtract, const double *divide);
// Rounds a run; answers which of it is no finite float, or -1.
long tb_round(const double *values, size_t count, float *rounded);
// Adds up how often each of 256 bytes occurs.
void tb_count_bytes(const uint8_t *bytes, size_t count, uint64_t *counts);

// MARK: - Numbers of a model

typedef enum {
  TB_CELL_NUMBER,   // One number, scaled.
  TB_CELL_ONE_HOT,  // One 1 among zeros.
  TB_CELL_TABLE,    // A number for each value.
  TB_CELL_HASH,     // One 1 among as many places as there are buckets.
  TB_CELL_DATE,     // Parts of a date.
} tb_cell_kind;

// Parts of a date: each that comes round again is a sine and a cosine, the others one number.
enum {
  TB_PART_TIME = 1,          // Seconds since 1970, scaled as a number is.
  TB_PART_MONTH = 2,
  TB_PART_DAY = 4,           // Of the month.
  TB_PART_WEEKDAY = 8,
  TB_PART_DAY_OF_YEAR = 16,
  TB_PART_HOUR = 32,         // With its minutes.
};

// What becomes of one column: `width` numbers from `offset` on.
typedef struct {
  uint32_t column;
  uint32_t offset;
  uint32_t width;
  tb_cell_kind kind;
  bool is_logarithmic;    // log(1 + |x|) with the sign of x, before it is scaled.
  bool has_indicator;     // The last of its numbers is 1 where the value is missing.
  bool has_fill;          // Whether something stands for a missing value …
  double fill;            // … which of a number is this, before it is scaled, and NaN leaves it to who reads the row;
  int32_t fill_place;     // of a category the place of its 1.
  double low, high;       // What is below or above becomes these.
  double subtract, divide;
  const tb_counts *values;
  const int32_t *places;  // Where the 1 of each value that is held stands.
  const float *table;     // Or its numbers, so many of each.
  uint32_t table_width;
  float unknown;          // The number of a value that isn't held, where `takes_unknown`.
  bool takes_unknown;
  uint32_t buckets;
  uint32_t parts;
} tb_cell;

typedef enum { TB_TAKEN, TB_REFUSED_MISSING, TB_REFUSED_TEXT, TB_REFUSED_NOT_FINITE, TB_REFUSED_LARGE, TB_REFUSED_UNKNOWN } tb_refusal;

// Writes the numbers of one field to a row that holds zeros.
tb_refusal tb_encode_field(const tb_cell *cell, tb_field field, const tb_format *format, float *row);
tb_refusal tb_encode_number(const tb_cell *cell, double number, float *row);
tb_refusal tb_encode_missing(const tb_cell *cell, float *row);
// How many numbers the parts of a date make.
uint32_t tb_date_width(uint32_t parts);

// Writes a whole row of so many numbers. `refused` gets the cell that couldn't be.
tb_refusal tb_encode(const tb_cell *cells, size_t count, const tb_field *fields, const tb_format *format, float *row, size_t width,
                     size_t *refused);

// Writes numbers as another dataset scales them: `base[i] + factor[i] * numbers[i]`.
void tb_rescale(const float *base, const float *factor, const float *numbers, float *output, size_t count);

// MARK: - What columns have to do with a target

// Takes in the numbers of a row beside a number that is to be predicted: sums of x, x² and xy, each of `width`. What isn't there
// (NaN) counts as 0, where scaled numbers have their middle.
void tb_relate_number(const float *row, size_t width, double target, double *x, double *xx, double *xy);
// The same beside a class: sums of x and x², and of x by class.
void tb_relate_class(const float *row, size_t width, double *x, double *xx, double *of_class);

#endif
