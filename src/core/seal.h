/*
 * seal - a secret as the store keeps it: encrypted under a key that the store does not
 * hold, and bound to its row, so that it opens nowhere else.
 *
 * XChaCha20-Poly1305 (libsodium's "ietf" form) with a random nonce of 192 bits; the
 * associated data are a version, what the secret is for, and the row's id.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_SEAL_H
#define SALURAN_CORE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/rc.h"

#define SEAL_TEXT_PREFIX "sealed-v1:"

enum {
	SEAL_KEY_LEN = 32,
	SEAL_NONCE_LEN = 24,
	SEAL_TAG_LEN = 16,
	SEAL_OVER = SEAL_NONCE_LEN + SEAL_TAG_LEN, /* bytes more than the secret has */
	SEAL_SECRET_MAX = 4096,
};

/* What a secret is for, and whose it is: it opens with the same two alone. */
struct seal_place {
	const char *what; /* a constant, such as "person.totp" */
	const char *row;
};

/* len + SEAL_OVER bytes in the arena; len is at most SEAL_SECRET_MAX. */
const uint8_t *seal_bytes(struct arena *a, const uint8_t key[SEAL_KEY_LEN],
			  struct seal_place at, const void *secret, size_t len);
/* The secret in the arena, with a NUL behind it.  RC_CORRUPT: another key, another place,
 * or damaged. */
enum rc seal_open_bytes(struct arena *a, const uint8_t key[SEAL_KEY_LEN],
			struct seal_place at, const uint8_t *p, size_t len,
			const uint8_t **ret, size_t *ret_len) MUST_CHECK;

/* The same as text: SEAL_TEXT_PREFIX and base64. */
const char *seal_text(struct arena *a, const uint8_t key[SEAL_KEY_LEN],
		      struct seal_place at, const char *secret);
enum rc seal_open_text(struct arena *a, const uint8_t key[SEAL_KEY_LEN],
		       struct seal_place at, const char *text,
		       const char **ret) MUST_CHECK;
bool seal_is_text(const char *text);

#endif
