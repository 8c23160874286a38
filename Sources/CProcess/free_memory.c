#include "free_memory.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void free_memory_give_back(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
