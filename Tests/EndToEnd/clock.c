// Preloaded into the server, sets its clock forward by the number of seconds that the file CLOCK_OFFSET holds as eight
// bytes, or back. What counts seconds by a clock that can't be set is left alone.
#define _GNU_SOURCE
#include "preload.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static const volatile int64_t *seconds;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("CLOCK_OFFSET");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (file < 0) return;
  void *page = mmap(NULL, sizeof *seconds, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (page != MAP_FAILED) seconds = page;
}

static time_t offset(void) { return seconds ? *seconds : 0; }

int clock_gettime(clockid_t clock, struct timespec *time) {
  int result = NEXT(clock_gettime)(clock, time);
  if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  int result = NEXT(gettimeofday)(time, zone);
  if (!result) time->tv_sec += offset();
  return result;
}

time_t time(time_t *target) {
  time_t now = NEXT(time)(NULL) + offset();
  if (target) *target = now;
  return now;
}
