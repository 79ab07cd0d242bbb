/*
 * crypto - SHA-256 and Ed25519 with the one fixed rule of protocol 1.
 *
 * SHA-256 is Nettle's, which uses the processor's instructions for it where it has them.
 * Ed25519 is libsodium's: cofactorless, non-canonical S, R or A rejected,
 * small-order keys and R rejected.  Call crypto_start() once before anything else.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_CRYPTO_H
#define SALURAN_CORE_CRYPTO_H

#include <nettle/sha2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

enum { HASH_LEN = 32, HASH_HEX_LEN = 64, KEY_LEN = 32, SEED_LEN = 32, SIG_LEN = 64 };

struct hash {
	uint8_t b[HASH_LEN];
};

/* Aborts when the system has no source of randomness. */
void crypto_start(void);

void hash_bytes(const void *p, size_t len, struct hash *ret); /* SHA-256 */

/* SHA-256 of what comes in pieces.  A copy of the state goes its own way. */
struct hash_state {
	struct sha256_ctx sha256;
};
void hash_begin(struct hash_state *st);
void hash_add(struct hash_state *st, const void *p, size_t len);
void hash_end(struct hash_state *st, struct hash *ret);

bool hash_equal(const struct hash *x, const struct hash *y);
/* `out` has HASH_HEX_LEN + 1 bytes.  Returns `out`. */
char *hash_hex(const struct hash *h, char *out);
/* Lower-case hex only.  RC_INVALID. */
enum rc hash_parse_hex(const char *s, size_t len, struct hash *ret) MUST_CHECK;

void sign_public_key(const uint8_t seed[SEED_LEN], uint8_t pub[KEY_LEN]);
void sign_bytes(const uint8_t seed[SEED_LEN], const void *msg, size_t len,
		uint8_t sig[SIG_LEN]);
bool sign_check(const uint8_t pub[KEY_LEN], const void *msg, size_t len,
		const uint8_t sig[SIG_LEN]);

/* RFC 7638 thumbprint of the key as an OKP JWK, base64url: 43 characters and NUL. */
enum { KID_LEN = 43 };
void key_thumbprint(const uint8_t pub[KEY_LEN], char out[KID_LEN + 1]);

#endif
