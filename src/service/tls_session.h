/*
 * tls_session - what server and pusher share about TLS.
 */
#ifndef SALURAN_TLS_INT_H
#define SALURAN_TLS_INT_H

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "base/err.h"
#include "core/crypto.h"

/* TLS 1.3 alone: certificates are not shown to onlookers. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* Both files as text, in memory that free() takes (wipe the key first), and the pin.  A
 * certificate whose dates peers will refuse is logged.
 * RC_INVALID: they cannot be read or do not belong together; RC_NOT_FOUND, RC_DENIED,
 * RC_IO; RC_TOO_LARGE: not files of ours. */
enum rc tls_load(const char *dir, char **ret_key, char **ret_cert, struct hash *ret_spki,
		 struct err *e) MUST_CHECK;

/* The certificate that the other side showed and whose key it proved in the handshake.
 * RC_DENIED, rule "protocol 5": none, malformed, expired or not valid yet. */
enum rc tls_check(gnutls_session_t session, int64_t now_us, struct hash *ret_spki,
		  struct err *e) MUST_CHECK;

#endif
