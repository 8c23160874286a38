// What libraries that stand between the server and the system have in common.
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

// The system's own function of this name.
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

// The path under which an open file stands now; empty when it has none.
static inline const char *standing_at(int file, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = 0;
  return path;
}

// Has open and open64 call `opened(next, path, flags, mode)`.
#define OPENED_BY(opened, name) \
  int name(const char *path, int flags, ...) { \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest); \
    return opened(NEXT(name), path, flags, mode); \
  }
