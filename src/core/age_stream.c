/*
 * The payload of an age file: STREAM over ChaCha20-Poly1305, one chunk in memory; and
 * keys as people write them, in Bech32 (BIP 173, without its limit of length).
 */
#include <sodium.h>
#include <string.h>

#include "core/age.h"

#define RECIPIENT_HRP "age"
#define SECRET_HRP    "age-secret-key-"

enum {
	NONCE_LEN = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
	SEALED = AGE_CHUNK + AGE_TAG_LEN,
	BECH32_CHECK = 6,
	BECH32_KEY_WORDS = 52, /* five bits each of 256, filled up */
};

void
age_stream_init(struct age_stream *s, const uint8_t file_key[AGE_FILE_KEY_LEN],
		const uint8_t nonce[AGE_NONCE_LEN])
{
	age_hkdf(file_key, AGE_FILE_KEY_LEN, nonce, AGE_NONCE_LEN, "payload", s->key);
	s->chunk = 0;
}

/* 11 bytes of counter, one that says whether it is the last. */
static void
chunk_nonce(uint64_t chunk, bool last, uint8_t ret[NONCE_LEN])
{
	memset(ret, 0, NONCE_LEN);
	for (size_t i = 0; i < 8; i++)
		ret[10 - i] = (uint8_t)(chunk >> (8 * i));
	ret[NONCE_LEN - 1] = last;
}

static enum rc
writer_flush(struct age_writer *w, bool last, struct err *e)
{
	uint8_t nonce[NONCE_LEN];
	unsigned long long len;

	chunk_nonce(w->stream.chunk++, last, nonce);
	crypto_aead_chacha20poly1305_ietf_encrypt(w->sealed, &len, w->plain, w->n, NULL,
						  0, NULL, nonce, w->stream.key);
	w->n = 0;
	return w->sink(w->arg, w->sealed, (size_t)len, e);
}

enum rc
age_writer_put(struct age_writer *w, const uint8_t *p, size_t len, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && len != 0) {
		/* A full chunk waits until more comes: it may be the last. */
		if (w->n == AGE_CHUNK)
			rc = writer_flush(w, false, e);
		size_t some = AGE_CHUNK - w->n < len ? AGE_CHUNK - w->n : len;
		memcpy(w->plain + w->n, p, some);
		w->n += some;
		p += some;
		len -= some;
	}
	return rc;
}

enum rc
age_writer_end(struct age_writer *w, struct err *e)
{
	return writer_flush(w, true, e);
}

static enum rc
reader_flush(struct age_reader *r, bool last, struct err *e)
{
	uint8_t nonce[NONCE_LEN];
	unsigned long long len;

	chunk_nonce(r->stream.chunk, last, nonce);
	if (r->n < AGE_TAG_LEN || crypto_aead_chacha20poly1305_ietf_decrypt(
					  r->plain, &len, NULL, r->sealed, r->n, NULL, 0,
					  nonce, r->stream.key) != 0)
		return err_rule(
			e, RC_UNPROCESSABLE, AGE_RULE_PAYLOAD,
			"chunk %llu is damaged, out of place, or the file was cut",
			(unsigned long long)r->stream.chunk);
	if (len == 0 && r->stream.chunk != 0)
		return err_rule(e, RC_UNPROCESSABLE, AGE_RULE_PAYLOAD,
				"the last chunk is empty");
	r->stream.chunk++;
	r->n = 0;
	return len == 0 ? RC_OK : r->sink(r->arg, r->plain, (size_t)len, e);
}

enum rc
age_reader_put(struct age_reader *r, const uint8_t *p, size_t len, struct err *e)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && len != 0) {
		if (r->n == SEALED)
			rc = reader_flush(r, false, e);
		size_t some = SEALED - r->n < len ? SEALED - r->n : len;
		memcpy(r->sealed + r->n, p, some);
		r->n += some;
		p += some;
		len -= some;
	}
	return rc;
}

enum rc
age_reader_end(struct age_reader *r, struct err *e)
{
	return reader_flush(r, true, e);
}

uint64_t
age_payload_len(uint64_t len)
{
	uint64_t chunks = len == 0 ? 1 : (len + AGE_CHUNK - 1) / AGE_CHUNK;

	return AGE_NONCE_LEN + len + chunks * AGE_TAG_LEN;
}

/* ---- Bech32 ------------------------------------------------------------------------ */

static const char digits[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
polymod(uint32_t chk, uint8_t word)
{
	static const uint32_t gen[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
				       0x2a1462b3};
	uint32_t top = chk >> 25;

	chk = (chk & 0x1ffffff) << 5 ^ word;
	for (size_t i = 0; i < 5; i++)
		if ((top >> i & 1) != 0)
			chk ^= gen[i];
	return chk;
}

static uint32_t
polymod_hrp(const char *hrp)
{
	uint32_t chk = 1;

	for (const char *s = hrp; *s != '\0'; s++)
		chk = polymod(chk, (uint8_t)*s >> 5);
	chk = polymod(chk, 0);
	for (const char *s = hrp; *s != '\0'; s++)
		chk = polymod(chk, (uint8_t)*s & 31);
	return chk;
}

void
age_recipient_put(struct buf *b, const uint8_t pub[KEY_LEN])
{
	uint32_t chk = polymod_hrp(RECIPIENT_HRP), bits = 0;
	unsigned n = 0;
	size_t at = 0;

	buf_puts(b, RECIPIENT_HRP "1");
	for (size_t i = 0; i < BECH32_KEY_WORDS; i++) {
		if (n < 5) {
			bits = bits << 8 | (at < KEY_LEN ? pub[at] : 0);
			at++;
			n += 8;
		}
		n -= 5;
		uint8_t word = bits >> n & 31;
		chk = polymod(chk, word);
		buf_putc(b, digits[word]);
	}
	for (size_t i = 0; i < BECH32_CHECK; i++)
		chk = polymod(chk, 0);
	chk ^= 1;
	for (size_t i = 0; i < BECH32_CHECK; i++)
		buf_putc(b, digits[chk >> (5 * (BECH32_CHECK - 1 - i)) & 31]);
}

/* `s` is lower case. */
static bool
key_decode(const char *s, const char *hrp, uint8_t ret[KEY_LEN])
{
	uint32_t chk = polymod_hrp(hrp), bits = 0;
	size_t head = strlen(hrp), at = 0;
	unsigned n = 0;

	if (strlen(s) != head + 1 + BECH32_KEY_WORDS + BECH32_CHECK ||
	    strncmp(s, hrp, head) != 0 || s[head] != '1')
		return false;
	for (size_t i = 0; i < BECH32_KEY_WORDS + BECH32_CHECK; i++) {
		const char *d = strchr(digits, s[head + 1 + i]);
		if (d == NULL || *d == '\0')
			return false;
		chk = polymod(chk, (uint8_t)(d - digits));
		if (i >= BECH32_KEY_WORDS)
			continue;
		bits = bits << 5 | (uint32_t)(d - digits);
		n += 5;
		if (n >= 8) {
			n -= 8;
			ret[at++] = (uint8_t)(bits >> n);
		}
	}
	return chk == 1 && at == KEY_LEN && (bits & ((1U << n) - 1)) == 0;
}

static enum rc
key_parse(const char *s, const char *hrp, const char *form, uint8_t ret[KEY_LEN],
	  struct err *e)
{
	char low[AGE_KEY_TEXT_MAX] = {0};
	bool lower = false, upper = false;
	size_t len = strlen(s);

	for (size_t i = 0; i < len && i < sizeof(low); i++) {
		bool is_upper = s[i] >= 'A' && s[i] <= 'Z';
		upper |= is_upper;
		lower |= s[i] >= 'a' && s[i] <= 'z';
		low[i] = is_upper ? (char)(s[i] - 'A' + 'a') : s[i];
	}
	bool fits = len < sizeof(low);
	if (fits)
		low[len] = '\0';
	bool ok = fits && !(lower && upper) && key_decode(low, hrp, ret);
	sodium_memzero(low, sizeof(low));
	return ok ? RC_OK
		  : err_set(e, RC_INVALID,
			    "this is no X25519 key of age: it looks like %s", form);
}

enum rc
age_recipient_parse(const char *s, uint8_t ret[KEY_LEN], struct err *e)
{
	return key_parse(s, RECIPIENT_HRP, "age1...", ret, e);
}

enum rc
age_secret_parse(const char *s, uint8_t ret[KEY_LEN], struct err *e)
{
	return key_parse(s, SECRET_HRP, "AGE-SECRET-KEY-1...", ret, e);
}
