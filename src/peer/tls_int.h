/*
 * tls_int - what server and pusher share about TLS.
 */
#ifndef SALURAN_PEER_TLS_INT_H
#define SALURAN_PEER_TLS_INT_H

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "base/err.h"
#include "core/crypto.h"

/* TLS 1.3 alone: certificates are not shown to onlookers. */
#define PEER_TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* A file of `dir` as text, in memory that free() takes; wipe a key first.
 * RC_NOT_FOUND, RC_DENIED, RC_IO; RC_TOO_LARGE: not a file of ours. */
enum rc peer_tls_read(const char *dir, const char *file, char **ret,
		      struct err *e) MUST_CHECK;

/* The certificate that the other side showed and whose key it proved in the handshake.
 * RC_DENIED, rule "protocol 5": none, malformed, expired or not valid yet. */
enum rc peer_tls_check(gnutls_session_t session, int64_t now_us, struct hash *ret_spki,
		       struct err *e) MUST_CHECK;

#endif
