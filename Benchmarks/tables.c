// Cuts a CSV file into fields, and tells them apart and counts them: tables FILE [cut|survey]. Prints seconds of processor time.

#include "tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv) {
  bool surveys = argc > 2 && strcmp(argv[2], "survey") == 0;
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 1;
  const size_t sampled = 1 << 17, categories = 1000, classes = 65536;
  tb_reader *reader = tb_reader_make(',', '"', 0, 1 << 20, 1 << 14);
  tb_format format = {.decimal = '.'};
  tb_column *columns = NULL;
  size_t room = 4 << 20, width = 0, rows = 0;
  for (;;) {
    tb_status status = tb_reader_next(reader);
    if (status == TB_END) break;
    if (status == TB_MORE) {
      uint8_t *place;
      size_t free_bytes = tb_reader_room(reader, &place);
      tb_reader_filled(reader, fread(place, 1, free_bytes, file));
      continue;
    }
    if (status != TB_ROW) return 2;
    if (rows++ == 0) {
      width = reader->count;
      columns = calloc(width, sizeof *columns);
      for (size_t i = 0; i < width; i++) {
        size_t most = i + 1 == width ? classes : categories;
        columns[i].counts = tb_counts_make(most, most, &room);
        columns[i].sample_size = (uint32_t)sampled;
        columns[i].sample = malloc(sampled * sizeof(double));
        columns[i].random = i;
        columns[i].sums = (tb_sums){.minimum = INFINITY, .maximum = -INFINITY};
      }
    } else if (surveys && tb_survey(columns, reader->fields, width, reader->row, &format) >= 0) {
      return 3;
    }
  }
  if (surveys) tb_survey_end(columns, width);
  printf("%.6f\n", (double)clock() / CLOCKS_PER_SEC);
  return 0;
}
