#ifndef CHAINRULE_CSQLITE_H
#define CHAINRULE_CSQLITE_H

#include <sqlite3.h>

#endif
