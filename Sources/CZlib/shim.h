#ifndef CHAINRULE_CZLIB_H
#define CHAINRULE_CZLIB_H

#include <zlib.h>

/// Begins to compress to the gzip format (RFC 1952): `deflateInit2` is a macro.
static inline int chainrule_gzip_begin(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
