/*
 * jws - the one form of JSON Web Signature that we read and write (RFC 7515, 8037, 9864).
 *
 * Compact, three parts of canonical base64url, and a header of which every byte is
 * given: {"alg":"Ed25519","kid":"<thumbprint>","typ":"<typ>"}.  There is nothing in it to
 * negotiate, so there is nothing in it to confuse (protocol 2).
 *
 * Inside core/; others use the functions of event.h.
 */
#ifndef SALURAN_CORE_JWS_H
#define SALURAN_CORE_JWS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/crypto.h"

enum { JWS_TYP_MAX = 64 };

struct jws {
	char kid[KID_LEN + 1];
	const char *payload; /* decoded, in the arena, NUL-terminated */
	size_t payload_len;
	size_t signed_len; /* the first bytes of the wire are what is signed */
	uint8_t sig[SIG_LEN];
};

/* Take a JWS apart; nothing is believed yet.  RC_UNPROCESSABLE, rule "protocol 2". */
enum rc jws_split(struct arena *a, const char *wire, size_t len, const char *typ,
		  struct jws *ret, struct err *e) MUST_CHECK;

/* RC_UNPROCESSABLE: `pub` is not the key named by `kid`, or did not sign `signed_text`.
 */
enum rc jws_check(const char *kid, const char *signed_text, size_t signed_len,
		  const uint8_t sig[SIG_LEN], const uint8_t pub[KEY_LEN],
		  struct err *e) MUST_CHECK;

#endif
