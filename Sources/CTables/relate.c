// What the columns of a table have to do with its target.

#include "tables.h"

void tb_relate_number(const float *row, size_t width, double target, double *x, double *xx, double *xy) {
  for (size_t i = 0; i < width; i++) {
    double value = row[i] == row[i] ? row[i] : 0;
    x[i] += value;
    xx[i] += value * value;
    xy[i] += value * target;
  }
}

void tb_relate_class(const float *row, size_t width, double *x, double *xx, double *of_class) {
  for (size_t i = 0; i < width; i++) {
    double value = row[i] == row[i] ? row[i] : 0;
    x[i] += value;
    xx[i] += value * value;
    of_class[i] += value;
  }
}
