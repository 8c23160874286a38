#ifndef CHAINRULE_FREE_MEMORY_H
#define CHAINRULE_FREE_MEMORY_H

/// Gives the system back what was freed and what the C library keeps for the next to ask for it.
///
/// glibc's arenas, of which every few threads have one, give back only what lies at their end; between long runs they keep
/// several times of what is in use. Does nothing with other libraries.
void free_memory_give_back(void);

#endif
