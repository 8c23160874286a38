// How near optimizer passes come to the machine's copy bandwidth, at ten million float32 parameters.
//
//   clang -O3 -fno-math-errno -ffp-contract=off -ISources/CVectorMath/include -ISources/CVectorMath \
//     Sources/CVectorMath/optimizers.c Benchmarks/optimizer_bandwidth.c -lm -o .build/optimizer_bandwidth
//   .build/optimizer_bandwidth
//
// Medians of 21 rounds in which all take turns, tile by tile on one thread as a run does. A copy counts what it reads and
// writes, and a pass likewise: Adam reads and writes parameter and two slots, and reads the gradient.
#include "vm_optimizers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COUNT = 10 * 1000 * 1000, TILES = 16, TILE = COUNT / TILES, ROUNDS = 21, ARRAYS = 5 };

static const struct {
  const char *name;
  vm_update_pass pass;  // NULL for a copy
  int slots, traffic;   // arrays read or written
} passes[] = {
  {"copy", NULL, 0, 2}, {"adam", vm_adam_pass_f32, 2, 7}, {"nadam", vm_nadam_pass_f32, 2, 7},
  {"adadelta", vm_adadelta_pass_f32, 2, 7}, {"sgd, momentum", vm_sgd_pass_f32, 1, 5},
  {"lion", vm_lion_pass_f32, 1, 5}, {"rmsprop", vm_rmsprop_pass_f32, 1, 5},
  {"clip's norms", NULL, 0, 1},
};
enum { PASSES = sizeof passes / sizeof *passes };

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(void) {
  float *arrays[ARRAYS];
  for (int i = 0; i < ARRAYS; i++) {
    arrays[i] = malloc(COUNT * sizeof(float));
    if (arrays[i] == NULL) return 1;
    for (int j = 0; j < COUNT; j++) arrays[i][j] = 0.01f + (float)(j % 97) * 0.001f;
  }
  static double seconds[PASSES][ROUNDS];
  vm_step_scalars scalars = {.learning_rate = 1e-6, .gradient_scale = 1, .value_limit = 1e30, .factors = {1e-6, 1, 1e-6}};
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < PASSES; i++) {
      vm_update update = {
        .parameter = arrays[0], .gradient = arrays[1], .scalars = &scalars,
        .rule = {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .momentum = 0.9},
      };
      for (int j = 0; j < passes[i].slots; j++) update.slots[j] = arrays[2 + j];
      struct timespec began, ended;
      clock_gettime(CLOCK_MONOTONIC, &began);
      for (size_t tile = 0; tile < TILES; tile++) {
        vm_gradient_statistics statistics = {0};
        const size_t first = tile * TILE;
        if (passes[i].pass != NULL) passes[i].pass(&update, tile, first, first + TILE, &statistics);
        else if (i == 0) memcpy(arrays[4] + first, arrays[0] + first, TILE * sizeof(float));
        else vm_gradient_statistics_f32(arrays[1] + first, TILE, &statistics);
      }
      clock_gettime(CLOCK_MONOTONIC, &ended);
      seconds[i][round] = (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
    }
  }
  double copy = 0;
  for (int i = 0; i < PASSES; i++) {
    qsort(seconds[i], ROUNDS, sizeof(double), by_size);
    const double median = seconds[i][ROUNDS / 2];
    const double rate = passes[i].traffic * sizeof(float) * (double)COUNT / median / 1e9;
    if (i == 0) copy = rate;
    printf("%-14s %6.2f ms %6.1f GB/s %5.2f of a copy\n", passes[i].name, median * 1e3, rate, rate / copy);
  }
  return 0;
}
