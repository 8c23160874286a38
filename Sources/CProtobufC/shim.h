#ifndef CHAINRULE_CPROTOBUFC_H
#define CHAINRULE_CPROTOBUFC_H

#include <protobuf-c/protobuf-c.h>

#endif
