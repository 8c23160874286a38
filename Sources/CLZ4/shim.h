#ifndef CHAINRULE_CLZ4_H
#define CHAINRULE_CLZ4_H

#include <lz4frame.h>

#endif
