#ifndef CHAINRULE_CMICROHTTPD_H
#define CHAINRULE_CMICROHTTPD_H

#include <microhttpd.h>

#endif
