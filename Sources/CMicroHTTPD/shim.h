#ifndef CHAINRULE_CMICROHTTPD_H
#define CHAINRULE_CMICROHTTPD_H

#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

/* What Swift can't call (variadic functions) or import (macros with casts). */

/// The socket of a connection, or -1.
static inline int chainrule_connection_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/// The address of a connection's other end, or NULL.
static inline const struct sockaddr *chainrule_connection_address(
    struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : 0;
}

/// How many bytes the line and the headers of a connection's request had, or 0 when that isn't known.
static inline size_t chainrule_header_size(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
  return info ? info->header_size : 0;
}

/// The port that a daemon listens on, or 0.
static inline uint16_t chainrule_daemon_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
  return info ? info->port : 0;
}

/// Whether a connection opens rather than closes.
static inline int chainrule_opens(enum MHD_ConnectionNotificationCode code) {
  return code == MHD_CONNECTION_NOTIFY_STARTED;
}

static const uint64_t chainrule_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t chainrule_end_of_stream = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t chainrule_end_with_error = MHD_CONTENT_READER_END_WITH_ERROR;

static inline void chainrule_panic(void *context, const char *file, unsigned int line,
                                   const char *reason) {
  (void)context;
  fprintf(stderr, "libmicrohttpd can't go on: %s (%s:%u)\n", reason ? reason : "", file, line);
  _exit(70);
}

/// Has a fault of the library end the process with a status of its own rather than abort it.
static inline void chainrule_set_panic(void) { MHD_set_panic_func(chainrule_panic, 0); }

/// Leaves escapes as they are: Swift decodes them once.
static inline size_t chainrule_keep_escapes(void *context, struct MHD_Connection *connection,
                                            char *text) {
  (void)context;
  (void)connection;
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

#endif
