#include "core/crypto.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"

static_assert(HASH_LEN == SHA256_DIGEST_SIZE, "SHA-256");
static_assert(KEY_LEN == HASH_LEN, "texts of one length");
static_assert(SIG_LEN == crypto_sign_BYTES, "Ed25519");

void
crypto_start(void)
{
	if (sodium_init() < 0)
		abort();
}

void
hash_bytes(const void *p, size_t len, struct hash *ret)
{
	struct hash_state st;

	hash_begin(&st);
	hash_add(&st, p, len);
	hash_end(&st, ret);
}

void
hash_begin(struct hash_state *st)
{
	sha256_init(&st->sha256);
}

void
hash_add(struct hash_state *st, const void *p, size_t len)
{
	sha256_update(&st->sha256, len, p);
}

void
hash_end(struct hash_state *st, struct hash *ret)
{
	sha256_digest(&st->sha256, HASH_LEN, ret->b);
}

bool
hash_equal(const struct hash *x, const struct hash *y)
{
	return memcmp(x->b, y->b, HASH_LEN) == 0;
}

char *
hash_hex(const struct hash *h, char *out)
{
	hex_encode(h->b, HASH_LEN, out);
	return out;
}

enum rc
hash_parse_hex(const char *s, size_t len, struct hash *ret)
{
	return hex_decode(s, len, ret->b, HASH_LEN);
}

void
sign_public_key(const uint8_t seed[SEED_LEN], uint8_t pub[KEY_LEN])
{
	uint8_t sk[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(pub, sk, seed);
	sodium_memzero(sk, sizeof(sk));
}

void
sign_bytes(const uint8_t seed[SEED_LEN], const void *msg, size_t len,
	   uint8_t sig[SIG_LEN])
{
	uint8_t pub[KEY_LEN], sk[crypto_sign_SECRETKEYBYTES];

	crypto_sign_seed_keypair(pub, sk, seed);
	crypto_sign_detached(sig, NULL, msg, len, sk);
	sodium_memzero(sk, sizeof(sk));
}

bool
sign_check(const uint8_t pub[KEY_LEN], const void *msg, size_t len,
	   const uint8_t sig[SIG_LEN])
{
	return crypto_sign_verify_detached(sig, msg, len, pub) == 0;
}

void
key_thumbprint(const uint8_t pub[KEY_LEN], char out[KID_LEN + 1])
{
	static const char head[] = "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"";
	static const char tail[] = "\"}";
	char x[KID_LEN + 1]; /* 32 bytes, as the thumbprint */
	struct hash_state st;
	struct hash h;

	/* Once for each event: nothing is allocated. */
	b64url_text(pub, KEY_LEN, x);
	hash_begin(&st);
	hash_add(&st, head, sizeof(head) - 1);
	hash_add(&st, x, KID_LEN);
	hash_add(&st, tail, sizeof(tail) - 1);
	hash_end(&st, &h);
	b64url_text(h.b, HASH_LEN, out);
}
