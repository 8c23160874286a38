#ifndef VM_TARGET_H
#define VM_TARGET_H
// The thread sanitizer looks at every call, also of what chooses among the clones, which is before it has begun itself.
#if defined(__x86_64__) && !__has_feature(thread_sanitizer)
#define VM_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define VM_CLONES
#endif
#define VM_INLINE static inline __attribute__((always_inline))
/// A loop whose iterations touch their own elements only, though a result may take its operand's place:
/// the compiler's own check for overlap would send that case to a loop of single elements.
#define VM_EACH _Pragma("clang loop vectorize(assume_safety)") for
#define VM_JOIN_(a, b) a##_##b
#define VM_JOIN(a, b) VM_JOIN_(a, b)
#define VM_NAME(name) VM_JOIN(name, SUFFIX)
#endif
