/*
 * tls - the node's own TLS key and self-signed certificate: <dir>/tls.key, <dir>/tls.crt.
 *
 * Peers pin the SHA-256 of the key's SubjectPublicKeyInfo (protocol 5); the certificate
 * is only its envelope, and its dates are checked by both sides.
 */
#ifndef SALURAN_SERVICE_TLS_H
#define SALURAN_SERVICE_TLS_H

#include "base/err.h"
#include "core/crypto.h"

enum { TLS_VALID_DAYS = 3650 };

/* Ed25519; the files have mode 0600.  RC_IO, RC_FULL, RC_DENIED. */
enum rc tls_create(const char *dir, const char *common_name, int valid_days,
		   struct hash *ret_spki, struct err *e) MUST_CHECK;

#endif
