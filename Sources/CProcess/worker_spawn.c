#define _GNU_SOURCE
#include "worker_spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

extern char **environ;

pid_t worker_spawn(const char *program, const char *argument, int *input, int *output) {
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC)) return -errno;
  if (pipe2(out, O_CLOEXEC)) {
    int fault = errno;
    close(in[0]);
    close(in[1]);
    return -fault;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);

  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // Signals from a terminal are for the server, which asks its workers itself; what it ignores, they don't.
  posix_spawnattr_setpgroup(&attributes, 0);
  sigset_t standard;
  sigemptyset(&standard);
  sigaddset(&standard, SIGTERM);
  sigaddset(&standard, SIGINT);
  sigaddset(&standard, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &standard);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);

  char *const arguments[] = {(char *)"chainrule", (char *)argument, NULL};
  pid_t id = 0;
  int fault = posix_spawn(&id, program, &actions, &attributes, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(in[0]);
  close(out[1]);
  if (fault) {
    close(in[1]);
    close(out[0]);
    return -fault;
  }
  *input = in[1];
  *output = out[0];
  return id;
}
