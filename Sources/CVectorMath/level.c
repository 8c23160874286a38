#include "vm_product.h"

/// In the order in which the clones of `VM_CLONES` are tried.
int vm_level(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("x86-64-v4")) return 4;
  if (__builtin_cpu_supports("x86-64-v3")) return 3;
#endif
  return 0;
}
