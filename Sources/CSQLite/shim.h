#ifndef CHAINRULE_CSQLITE_H
#define CHAINRULE_CSQLITE_H

#include <sqlite3.h>

/// `SQLITE_TRANSIENT`, a macro that Swift can't import: SQLite makes its own copy of the bytes.
static inline sqlite3_destructor_type chainrule_transient(void) { return SQLITE_TRANSIENT; }

#endif
