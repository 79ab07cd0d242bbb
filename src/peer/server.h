/*
 * server - the HTTPS listener for peers (protocol 5).
 *
 * One thread a connection: handlers may block on the writer.  Every request is matched
 * to an introduced peer by the key of its client certificate, whose dates are checked,
 * before anything else is looked at; then come path, size and encoding, then the
 * handler.  Refusals are one line of text/plain, "rule: text", and are logged.
 */
#ifndef SALURAN_PEER_SERVER_H
#define SALURAN_PEER_SERVER_H

#include <stdint.h>

#include "base/err.h"
#include "service/node.h"

struct peer_server;

/*
 * `host` is a numeric address; NULL or "" is every IPv4 address, "::" every address.
 * Port 0 chooses a free one.  `tls_dir` holds the files of tls_create().
 *
 * RC_INVALID    the address, the key or the certificate cannot be used
 *
 * RC_NOT_FOUND  there is no key or no certificate
 *
 * RC_CONFLICT   the port is in use
 *
 * RC_DENIED     the port or a file needs a privilege
 *
 * RC_IO         no socket or thread to be had
 */
enum rc peer_server_start(struct node *nd, const char *host, uint16_t port,
			  const char *tls_dir, struct peer_server **ret,
			  struct err *e) MUST_CHECK;

uint16_t peer_server_port(const struct peer_server *s);

/* Closes all connections, waits for handlers under way; NULL allowed. */
void peer_server_stop(struct peer_server *s);

#endif
