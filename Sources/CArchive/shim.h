#ifndef CHAINRULE_CARCHIVE_H
#define CHAINRULE_CARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#endif
