#include "crash_note.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static char note_path[4096];
static __thread char note_text[128];

static void leave_note(int number) {
  char line[160];
  size_t length = 0;
  if (number >= 10) line[length++] = (char)('0' + number / 10 % 10);
  line[length++] = (char)('0' + number % 10);
  line[length++] = ' ';
  size_t text = strnlen(note_text, sizeof note_text);
  memcpy(line + length, note_text, text);
  length += text;
  line[length++] = '\n';
  int file = open(note_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0) {
    ssize_t written = write(file, line, length);
    (void)written;
    fsync(file);
    close(file);
  }
  // The handler was reset when it was called: returning runs into the fault once more, and dies of it. What was sent from
  // outside, or by abort, has to be sent again.
  raise(number);
}

void crash_note_install(const char *path) {
  if (strlen(path) >= sizeof note_path) return;
  strcpy(note_path, path);
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = leave_note;
  action.sa_flags = (int)SA_RESETHAND | SA_NODEFER | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, NULL);
}

void crash_note_set(const char *text) {
  strncpy(note_text, text, sizeof note_text - 1);
  note_text[sizeof note_text - 1] = 0;
}
