#ifndef CHAINRULE_CSQLITE_H
#define CHAINRULE_CSQLITE_H

#include <sqlite3.h>

/// `SQLITE_TRANSIENT`, a macro that Swift can't import: SQLite makes its own copy of the bytes.
static inline sqlite3_destructor_type chainrule_transient(void) { return SQLITE_TRANSIENT; }

/// Has a connection run no code that its database brings: no triggers, no views, no unsafe functions, and no
/// writing of what only SQLite should write. `sqlite3_db_config` is variadic, which Swift can't call.
static inline void chainrule_distrust(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)0);
}

#endif
