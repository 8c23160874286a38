#include "CVectorMath.h"
#include "vm_math.h"

// A loop that calls the C library, as those of double do, stays one of single elements; that is no fault.
#pragma clang diagnostic ignored "-Wpass-failed"

VM_INLINE void vm_philox(uint64_t key, uint64_t low, uint64_t high, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32), c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0; out[1] = c1; out[2] = c2; out[3] = c3;
}

double vm_sum_doubles(const double *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += x[i];
  return sum;
}

#define T float
#define SUFFIX f32
#include "unary.inc"
#include "program.inc"
#include "reduce.inc"
#include "rows.inc"
#include "index.inc"
#include "graph.inc"
#include "softmax.inc"
#include "pairs.inc"
#include "ctc.inc"
#include "normalization.inc"
#include "attention.inc"
#include "panels.inc"
#include "recurrent.inc"
#include "image.inc"
#include "pool.inc"
#include "noise.inc"
#include "interpolation.inc"
#undef T
#undef SUFFIX
#define T double
#define SUFFIX f64
#include "unary.inc"
#include "program.inc"
#include "reduce.inc"
#include "rows.inc"
#include "index.inc"
#include "graph.inc"
#include "softmax.inc"
#include "pairs.inc"
#include "ctc.inc"
#include "normalization.inc"
#include "attention.inc"
#include "panels.inc"
#include "recurrent.inc"
#include "image.inc"
#include "pool.inc"
#include "noise.inc"
#include "interpolation.inc"
