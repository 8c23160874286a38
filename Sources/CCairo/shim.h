#ifndef CHAINRULE_CCAIRO_H
#define CHAINRULE_CCAIRO_H

#include <cairo.h>
#include <cairo-svg.h>

#endif
