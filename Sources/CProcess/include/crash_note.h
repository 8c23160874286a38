#ifndef CHAINRULE_CRASH_NOTE_H
#define CHAINRULE_CRASH_NOTE_H

/// Has the process leave a note in a file when it dies of a fault of its own (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
/// SIGABRT): a line "<signal> <what the thread was at>". The death itself goes on as it would have.
///
/// The handler only calls what POSIX allows in one. Once for a process; a path longer than 4,000 bytes is ignored.
void crash_note_install(const char *path);

/// Says what the calling thread is at; an empty text for nothing. At most 127 bytes are kept.
void crash_note_set(const char *text);

#endif
