#ifndef CHAINRULE_CGNUTLS_H
#define CHAINRULE_CGNUTLS_H

#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

#endif
