#ifndef CHAINRULE_CGNUTLS_H
#define CHAINRULE_CGNUTLS_H

#include <gnutls/gnutls.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>

/// Frees what the library allocated: the function is a variable, which may change.
static inline void chainrule_gnutls_free(void *memory) { gnutls_free(memory); }

#endif
