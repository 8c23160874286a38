#ifndef CHAINRULE_CTURBOJPEG_H
#define CHAINRULE_CTURBOJPEG_H

#include <turbojpeg.h>

#endif
