#include "core/seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "base/enc.h"

#define VERSION "saluran-seal-v1"

static_assert(SEAL_KEY_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key");
static_assert(SEAL_NONCE_LEN == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "a nonce");
static_assert(SEAL_TAG_LEN == crypto_aead_xchacha20poly1305_ietf_ABYTES, "a tag");

/* Version, purpose and row with a NUL between, which none of them has. */
static const unsigned char *
place_bytes(struct arena *a, struct seal_place at, size_t *ret_len)
{
	const size_t what_len = strlen(at.what), row_len = strlen(at.row);
	unsigned char *p = arena_alloc(a, sizeof(VERSION) + what_len + 1 + row_len + 1);

	memcpy(p, VERSION, sizeof(VERSION));
	memcpy(p + sizeof(VERSION), at.what, what_len + 1);
	memcpy(p + sizeof(VERSION) + what_len + 1, at.row, row_len + 1);
	*ret_len = sizeof(VERSION) + what_len + 1 + row_len;
	return p;
}

const uint8_t *
seal_bytes(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct seal_place at,
	   const void *secret, size_t len)
{
	size_t place_len;
	const unsigned char *place = place_bytes(a, at, &place_len);

	assert(len <= SEAL_SECRET_MAX);
	uint8_t *p = arena_alloc(a, len + SEAL_OVER);
	randombytes_buf(p, SEAL_NONCE_LEN);
	crypto_aead_xchacha20poly1305_ietf_encrypt(p + SEAL_NONCE_LEN, NULL, secret, len,
						   place, place_len, NULL, p, key);
	return p;
}

enum rc
seal_open_bytes(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct seal_place at,
		const uint8_t *p, size_t len, const uint8_t **ret, size_t *ret_len)
{
	size_t place_len;
	const unsigned char *place = place_bytes(a, at, &place_len);

	if (len < SEAL_OVER || len > SEAL_SECRET_MAX + SEAL_OVER)
		return RC_CORRUPT;
	uint8_t *secret = arena_alloc(a, len - SEAL_OVER + 1);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		    secret, NULL, NULL, p + SEAL_NONCE_LEN, len - SEAL_NONCE_LEN, place,
		    place_len, p, key) != 0)
		return RC_CORRUPT;
	secret[len - SEAL_OVER] = '\0';
	*ret = secret;
	*ret_len = len - SEAL_OVER;
	return RC_OK;
}

const char *
seal_text(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct seal_place at,
	  const char *secret)
{
	const size_t len = strlen(secret);
	const uint8_t *p = seal_bytes(a, key, at, secret, len);

	return arena_printf(a, "%s%s", SEAL_TEXT_PREFIX,
			    b64_arena(a, p, len + SEAL_OVER));
}

bool
seal_is_text(const char *text)
{
	return strncmp(text, SEAL_TEXT_PREFIX, sizeof(SEAL_TEXT_PREFIX) - 1) == 0;
}

enum rc
seal_open_text(struct arena *a, const uint8_t key[SEAL_KEY_LEN], struct seal_place at,
	       const char *text, const char **ret)
{
	const size_t prefix = sizeof(SEAL_TEXT_PREFIX) - 1;
	const uint8_t *secret;
	uint8_t *p;
	size_t len;

	if (!seal_is_text(text) ||
	    b64_decode(a, text + prefix, strlen(text + prefix), &p, &len) != RC_OK)
		return RC_CORRUPT;
	enum rc rc = seal_open_bytes(a, key, at, p, len, &secret, &len);
	if (rc == RC_OK && memchr(secret, '\0', len) != NULL)
		rc = RC_CORRUPT;
	if (rc == RC_OK)
		*ret = (const char *)secret;
	return rc;
}
