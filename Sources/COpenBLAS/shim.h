#ifndef CHAINRULE_COPENBLAS_H
#define CHAINRULE_COPENBLAS_H

#include <cblas.h>

#endif
