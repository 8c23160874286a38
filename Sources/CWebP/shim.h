#ifndef CHAINRULE_CWEBP_H
#define CHAINRULE_CWEBP_H

#include <webp/decode.h>

#endif
