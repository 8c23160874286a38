#ifndef CHAINRULE_CZSTD_H
#define CHAINRULE_CZSTD_H

#include <zstd.h>

#endif
