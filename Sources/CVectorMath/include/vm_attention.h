#ifndef CHAINRULE_VM_ATTENTION_H
#define CHAINRULE_VM_ATTENTION_H

#include <stdint.h>

/// A block of scores: queries and keys from the first ones on.
typedef struct {
  int64_t queries, keys, first_query, first_key;
  /// How far apart the rows of scores and slopes are.
  int64_t stride;
  /// Whether a query sees the keys up to its own number only.
  int64_t is_causal;
  /// What a score loses for each place that its key lies before its query.
  double slope;
  /// By which the products of queries and keys are multiplied.
  double scale;
} vm_attention_block;

/// mask, which may be null, has the keys of the block; 0 drops one.
#define VM_DECLARE(T, S) \
  void vm_attention_scores_##S(const vm_attention_block *block, T *scores, const T *mask, T *maxima, double *sums, \
    T *y, int64_t y_stride, int64_t width); \
  void vm_attention_end_##S(T *y, int64_t y_stride, const T *maxima, const double *sums, T *log_sums, int64_t queries, \
    int64_t width); \
  void vm_attention_dots_##S(const T *dy, const T *y, int64_t stride, T *dots, int64_t queries, int64_t width); \
  void vm_attention_slopes_##S(const vm_attention_block *block, T *scores, T *slopes, const T *mask, \
    const T *log_sums, const T *dots);

VM_DECLARE(float, f32)
VM_DECLARE(double, f64)
#undef VM_DECLARE

#endif
