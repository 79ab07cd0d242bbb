/*
 * tls - the TLS key of this node towards peers, and what a peer's certificate says.
 *
 * Certificates are self-signed; what counts is the SHA-256 of the SubjectPublicKeyInfo,
 * which the introduction file pins (protocol 5).  A pin says nothing about dates, so
 * both sides check those as well.
 *
 * The directory holds tls.key and tls.crt, PEM, mode 0600.
 */
#ifndef SALURAN_TLS_H
#define SALURAN_TLS_H

#include <stdint.h>

#include "base/err.h"
#include "core/crypto.h"

#define TLS_KEY_FILE  "tls.key"
#define TLS_CERT_FILE "tls.crt"

enum { TLS_VALID_DAYS_MAX = 36500, TLS_VALID_DAYS = 3650 };

/*
 * Make a key (ECDSA P-256: no browser takes Ed25519, and the API shows this certificate
 * where it has no other) and its certificate, valid from a day before `now_us` (the
 * peer's clock may be behind) for `valid_days` days after it.  A tls.key that is there is
 * kept: to renew a certificate under the pin that peers know, remove tls.crt and call
 * this.
 *
 * RC_CONFLICT  tls.crt is there
 *
 * RC_INVALID   valid_days is 0 or over the maximum; tls.key is no key
 *
 * RC_NOT_FOUND, RC_DENIED, RC_FULL, RC_IO  the files cannot be written
 */
enum rc tls_create(const char *dir, const char *common_name, int64_t now_us,
		   unsigned valid_days, struct err *e) MUST_CHECK;

/* The pin of our own tls.crt.  RC_INVALID: it is no certificate; RC_NOT_FOUND,
 * RC_DENIED, RC_IO: it cannot be read. */
enum rc tls_spki(const char *dir, struct hash *ret, struct err *e) MUST_CHECK;

/* Key and certificate are whole, belong together, and are of a key that peers were given:
 * they refuse another.  RC_NOT_FOUND, RC_DENIED (others can read the key), RC_INVALID. */
enum rc tls_files_check(const char *dir, const struct hash *pins, size_t n_pins,
			struct err *e) MUST_CHECK;

#endif
