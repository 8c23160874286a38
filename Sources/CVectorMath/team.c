#include "CVectorMath.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

struct vm_team {
  int threads;
  pthread_t *workers;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  _Alignas(64) atomic_ulong generation;
  _Alignas(64) atomic_long next;
  _Alignas(64) atomic_int running;
  atomic_int sleepers;
  atomic_int stops;
  vm_tile_body body;
  void *context;
  long tiles;
};

static inline void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_tiles(vm_team *team) {
  long tile;
  while ((tile = atomic_fetch_add_explicit(&team->next, 1, memory_order_relaxed)) < team->tiles)
    team->body(team->context, tile);
}

static void *work(void *argument) {
  vm_team *team = argument;
  unsigned long seen = 0;
  for (;;) {
    int spins = 0;
    while (atomic_load_explicit(&team->generation, memory_order_acquire) == seen) {
      if (++spins < 4000) {
        relax();
        continue;
      }
      pthread_mutex_lock(&team->mutex);
      atomic_fetch_add(&team->sleepers, 1);
      while (atomic_load(&team->generation) == seen) pthread_cond_wait(&team->wake, &team->mutex);
      atomic_fetch_sub(&team->sleepers, 1);
      pthread_mutex_unlock(&team->mutex);
    }
    seen = atomic_load_explicit(&team->generation, memory_order_acquire);
    if (atomic_load(&team->stops)) return NULL;
    take_tiles(team);
    atomic_fetch_sub_explicit(&team->running, 1, memory_order_release);
  }
}

static void start(vm_team *team) {
  atomic_fetch_add(&team->generation, 1);
  if (atomic_load(&team->sleepers) > 0) {
    pthread_mutex_lock(&team->mutex);
    pthread_cond_broadcast(&team->wake);
    pthread_mutex_unlock(&team->mutex);
  }
}

vm_team *vm_team_create(int threads) {
  vm_team *team = aligned_alloc(64, (sizeof(vm_team) + 63) / 64 * 64);
  if (!team) return NULL;
  team->threads = 1;
  team->workers = calloc((size_t)(threads > 1 ? threads - 1 : 1), sizeof(pthread_t));
  pthread_mutex_init(&team->mutex, NULL);
  pthread_cond_init(&team->wake, NULL);
  atomic_init(&team->generation, 0);
  atomic_init(&team->next, 0);
  atomic_init(&team->running, 0);
  atomic_init(&team->sleepers, 0);
  atomic_init(&team->stops, 0);
  team->tiles = 0;
  if (!team->workers) return team;
  for (int i = 1; i < threads; i++) {
    // With fewer threads than asked for the results are the same.
    if (pthread_create(&team->workers[i - 1], NULL, work, team) != 0) break;
    team->threads++;
  }
  return team;
}

void vm_team_destroy(vm_team *team) {
  if (!team) return;
  atomic_store(&team->stops, 1);
  start(team);
  for (int i = 1; i < team->threads; i++) pthread_join(team->workers[i - 1], NULL);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->mutex);
  free(team->workers);
  free(team);
}

void vm_team_run(vm_team *team, int64_t tiles, vm_tile_body body, void *context) {
  if (!team || team->threads == 1 || tiles == 1) {
    for (int64_t tile = 0; tile < tiles; tile++) body(context, tile);
    return;
  }
  team->body = body;
  team->context = context;
  team->tiles = tiles;
  atomic_store_explicit(&team->next, 0, memory_order_relaxed);
  atomic_store_explicit(&team->running, team->threads - 1, memory_order_relaxed);
  start(team);
  take_tiles(team);
  int spins = 0;
  while (atomic_load_explicit(&team->running, memory_order_acquire) > 0) {
    if (++spins > 4000) {
      sched_yield();
    } else {
      relax();
    }
  }
}
