#define _GNU_SOURCE
#include "CAllocationCounter.h"

// Sanitizers stand in for the same functions; with them nothing is counted.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

// Stands in for glibc's functions in the whole test program, for glibc has no counter of its own.
#if (defined(__GLIBC__) || defined(__linux__)) && !defined(IS_SANITIZED)
#include <errno.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static __thread unsigned long allocations __attribute__((tls_model("initial-exec")));

// Where OpenBLAS's code lies. Its kernels for small matrices on AVX-512 ask for their packing buffer at
// each call, which no caller can spare them.
static const char *blas_begin, *blas_end;

static int find_blas(struct dl_phdr_info *library, size_t size, void *unused) {
  (void)size, (void)unused;
  if (!strstr(library->dlpi_name, "openblas")) return 0;
  for (int index = 0; index < library->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &library->dlpi_phdr[index];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    blas_begin = (const char *)library->dlpi_addr + segment->p_vaddr;
    blas_end = blas_begin + segment->p_memsz;
  }
  return 1;
}

// When the program begins: in an allocation the loader's own lock might be held.
__attribute__((constructor)) static void look_for_blas(void) { dl_iterate_phdr(find_blas, NULL); }

static inline void tally(const void *caller) {
  const char *place = caller;
  if (place < blas_begin || place >= blas_end) allocations++;
}

void *malloc(size_t size) {
  tally(__builtin_return_address(0));
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  tally(__builtin_return_address(0));
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  tally(__builtin_return_address(0));
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  tally(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  tally(__builtin_return_address(0));
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  tally(__builtin_return_address(0));
  void *found = __libc_memalign(alignment, size);
  if (!found) return ENOMEM;
  *block = found;
  return 0;
}

unsigned long allocation_count(void) { return allocations; }
int allocation_is_counted(void) { return 1; }
#else
unsigned long allocation_count(void) { return 0; }
int allocation_is_counted(void) { return 0; }
#endif
