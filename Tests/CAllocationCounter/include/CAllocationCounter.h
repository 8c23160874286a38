#ifndef CHAINRULE_CALLOCATIONCOUNTER_H
#define CHAINRULE_CALLOCATIONCOUNTER_H

/// How many blocks of memory this thread has asked for so far, OpenBLAS's own aside; 0 where that can't be counted.
unsigned long allocation_count(void);

/// Whether allocations are counted: on Linux with glibc.
int allocation_is_counted(void);

#endif
