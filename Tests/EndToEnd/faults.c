// Preloaded into the server, fails one call that writes below a folder: the FAULT_AT-th write, sync, truncation, renaming,
// creation or removal of a file, with FAULT_ERRNO; a write with FAULT_SHORT writes half before it fails. While there is a
// file FAULT_WHILE, it fails all of them. Calls are counted in the file FAULT_COUNTER, which a whole session shares.
#define _GNU_SOURCE
#include "preload.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static _Atomic long *counter;
static long fault_at;
static int fault_errno = EIO, fault_short;
static const char *folder, *while_there;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("FAULT_COUNTER");
  folder = getenv("FAULT_FOLDER");
  if (!path || !folder) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return;
  counter = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (counter == MAP_FAILED) counter = NULL;
  if (getenv("FAULT_AT")) fault_at = atol(getenv("FAULT_AT"));
  if (getenv("FAULT_ERRNO")) fault_errno = atoi(getenv("FAULT_ERRNO"));
  while_there = getenv("FAULT_WHILE");
  fault_short = getenv("FAULT_SHORT") != NULL;
}

static int due(void) {
  if (!counter) return 0;
  return atomic_fetch_add(counter, 1) + 1 == fault_at || (while_there && !access(while_there, F_OK));
}

static int below(const char *path) { return counter && path && !strncmp(path, folder, strlen(folder)); }

static int is_ours(int file) {
  char path[PATH_MAX];
  return counter && file > 2 && below(standing_at(file, path));
}

#define FAIL \
  do { \
    errno = fault_errno; \
    return -1; \
  } while (0)

ssize_t write(int file, const void *bytes, size_t count) {
  if (is_ours(file) && due()) {
    if (fault_short) NEXT(write)(file, bytes, count / 2);
    FAIL;
  }
  return NEXT(write)(file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  if (is_ours(file) && due()) {
    if (fault_short) NEXT(pwrite64)(file, bytes, count / 2, offset);
    FAIL;
  }
  return NEXT(pwrite64)(file, bytes, count, offset);
}

int fsync(int file) {
  if (is_ours(file) && due()) FAIL;
  return NEXT(fsync)(file);
}

int fdatasync(int file) {
  if (is_ours(file) && due()) FAIL;
  return NEXT(fdatasync)(file);
}

int ftruncate64(int file, off64_t length) {
  if (is_ours(file) && due()) FAIL;
  return NEXT(ftruncate64)(file, length);
}

int rename(const char *from, const char *to) {
  if (below(to) && due()) FAIL;
  return NEXT(rename)(from, to);
}

int link(const char *from, const char *to) {
  if (below(to) && due()) FAIL;
  return NEXT(link)(from, to);
}

int unlink(const char *path) {
  if (below(path) && due()) FAIL;
  return NEXT(unlink)(path);
}

int rmdir(const char *path) {
  if (below(path) && due()) FAIL;
  return NEXT(rmdir)(path);
}

int mkdir(const char *path, mode_t mode) {
  if (below(path) && due()) FAIL;
  return NEXT(mkdir)(path, mode);
}

static int opened(int (*next)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  if ((flags & O_CREAT) && below(path) && due()) FAIL;
  return next(path, flags, mode);
}

OPENED_BY(opened, open)
OPENED_BY(opened, open64)
