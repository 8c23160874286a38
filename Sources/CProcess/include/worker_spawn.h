#ifndef CHAINRULE_WORKER_SPAWN_H
#define CHAINRULE_WORKER_SPAWN_H

#include <sys/types.h>

/// Starts `program` with the one argument `argument`, in a process group of its own and with no open files but pipes to its
/// standard input and output, and this process's standard error.
///
/// Returns its id, or less an errno. `input` and `output` are this process's ends of the pipes, which no other child gets.
pid_t worker_spawn(const char *program, const char *argument, int *input, int *output);

#endif
