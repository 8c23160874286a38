// Preloaded into the server, notes every call that changes what is below a folder, in the order in which they took effect:
// writes with their bytes, truncations, syncs, and names made, changed and removed. `disk_model.py` reads the notes.
//
// JOURNAL_FOLDER is the folder, JOURNAL_FILE an existing file outside of it.
#define _GNU_SOURCE
#include "preload.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static int journal = -1;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("JOURNAL_FILE");
  folder = getenv("JOURNAL_FOLDER");
  if (path && folder) journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC);
}

static int below(const char *path) {
  size_t length = folder ? strlen(folder) : 0;
  return journal >= 0 && path && !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

// The path under which an open file stands now, empty when it isn't below the folder.
static const char *path_of(int file, char path[PATH_MAX]) {
  if (journal < 0 || file < 3 || !below(standing_at(file, path))) path[0] = 0;
  return path;
}

struct note {
  uint8_t kind;
  uint16_t from_length, to_length;
  uint64_t number;
  uint32_t count;
} __attribute__((packed));

static void note(char kind, const char *from, const char *to, uint64_t number, const void *bytes, size_t count) {
  struct note head = {kind, strlen(from), strlen(to), number, count};
  struct iovec parts[] = {
    {&head, sizeof head}, {(void *)from, head.from_length}, {(void *)to, head.to_length}, {(void *)bytes, count}};
  // A journal with gaps would show less than there was.
  ssize_t size = sizeof head + head.from_length + head.to_length + count;
  if (syscall(SYS_writev, journal, parts, 4) != size) abort();
}

// Makes the call and notes it when it succeeded, as one step among those of other threads.
#define NOTED(isOurs, call, ...) \
  do { \
    if (!(isOurs)) return call; \
    pthread_mutex_lock(&lock); \
    __typeof__(call) result = call; \
    if (result >= 0) note(__VA_ARGS__); \
    pthread_mutex_unlock(&lock); \
    return result; \
  } while (0)

ssize_t write(int file, const void *bytes, size_t count) {
  char path[PATH_MAX];
  if (!*path_of(file, path)) return NEXT(write)(file, bytes, count);
  pthread_mutex_lock(&lock);
  ssize_t result = NEXT(write)(file, bytes, count);
  if (result > 0) note('w', path_of(file, path), "", lseek(file, 0, SEEK_CUR) - result, bytes, result);
  pthread_mutex_unlock(&lock);
  return result;
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t offset) {
  char path[PATH_MAX];
  NOTED(*path_of(file, path), NEXT(pwrite64)(file, bytes, count, offset), 'w', path_of(file, path), "", offset, bytes, result);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) { return pwrite64(file, bytes, count, offset); }

int ftruncate64(int file, off64_t length) {
  char path[PATH_MAX];
  NOTED(*path_of(file, path), NEXT(ftruncate64)(file, length), 't', path_of(file, path), "", length, "", 0);
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

// Of a new file, which is zeros to its end; answers a number of an error rather than -1.
int posix_fallocate64(int file, off64_t offset, off64_t length) {
  char path[PATH_MAX];
  if (!*path_of(file, path)) return NEXT(posix_fallocate64)(file, offset, length);
  pthread_mutex_lock(&lock);
  int result = NEXT(posix_fallocate64)(file, offset, length);
  if (result == 0) note('t', path_of(file, path), "", offset + length, "", 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int posix_fallocate(int file, off_t offset, off_t length) { return posix_fallocate64(file, offset, length); }

int fsync(int file) {
  char path[PATH_MAX];
  NOTED(*path_of(file, path), NEXT(fsync)(file), 's', path_of(file, path), "", 0, "", 0);
}

int fdatasync(int file) {
  char path[PATH_MAX];
  NOTED(*path_of(file, path), NEXT(fdatasync)(file), 's', path_of(file, path), "", 0, "", 0);
}

int mkdir(const char *path, mode_t mode) { NOTED(below(path), NEXT(mkdir)(path, mode), 'm', path, "", 0, "", 0); }

int rename(const char *from, const char *to) {
  NOTED(below(from) || below(to), NEXT(rename)(from, to), 'r', from, to, 0, "", 0);
}

int link(const char *from, const char *to) { NOTED(below(to), NEXT(link)(from, to), 'l', from, to, 0, "", 0); }

int unlink(const char *path) { NOTED(below(path), NEXT(unlink)(path), 'u', path, "", 0, "", 0); }

int rmdir(const char *path) { NOTED(below(path), NEXT(rmdir)(path), 'u', path, "", 0, "", 0); }

static int opened(int (*next)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  if (!(flags & (O_CREAT | O_TRUNC)) || !below(path)) return next(path, flags, mode);
  pthread_mutex_lock(&lock);
  int result = next(path, flags, mode);
  if (result >= 0 && (flags & O_CREAT)) note('c', path, "", 0, "", 0);
  if (result >= 0 && (flags & O_TRUNC)) note('t', path, "", 0, "", 0);
  pthread_mutex_unlock(&lock);
  return result;
}

OPENED_BY(opened, open)
OPENED_BY(opened, open64)
