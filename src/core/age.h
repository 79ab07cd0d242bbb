/*
 * age - the age v1 file format (C2SP age.md), with X25519 recipients only.
 *
 * A file is a header, which wraps a file key for each recipient, a nonce, and the payload
 * in chunks of 64 KiB.  Payloads pass through struct age_writer and struct age_reader,
 * which hold one chunk.  What a reader gives out was authenticated chunk by chunk; that
 * the file is whole is only known after age_reader_end().
 *
 * A header is a *claim* until age_header_open() has found the file key in it and checked
 * its MAC.  An accepted header has exactly one encoding.
 *
 * Pure, but for the randomness of what is made.
 */
#ifndef SALURAN_CORE_AGE_H
#define SALURAN_CORE_AGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/crypto.h"

enum {
	AGE_FILE_KEY_LEN = 16,
	AGE_MAC_LEN = 32,
	AGE_NONCE_LEN = 16,
	AGE_TAG_LEN = 16,
	AGE_CHUNK = 65536,
	AGE_HEADER_MAX = 65536, /* bytes of a header that is read */
	AGE_STANZAS_MAX = 64,
	AGE_ARGS_MAX = 16,	/* of one stanza */
	AGE_RECIPIENTS_MAX = 8, /* of a header that is made */
	AGE_KEY_TEXT_MAX = 128, /* bytes of a key in Bech32 */
};

/* Rules that errors cite. */
#define AGE_RULE_HEADER	 "age header"
#define AGE_RULE_MAC	 "age MAC"
#define AGE_RULE_PAYLOAD "age payload"

struct age_stanza {
	const char *args[AGE_ARGS_MAX]; /* the first is the type */
	size_t n_args;
	const uint8_t *body;
	size_t body_len;
};

struct age_header {
	struct age_stanza *stanzas;
	size_t n_stanzas;
	uint8_t mac[AGE_MAC_LEN];
	size_t mac_at; /* bytes that the MAC is over */
	size_t len;    /* bytes of the whole header */
};

/*
 * The header at the beginning of `p`.  RC_RETRY: it goes on past `len`, which is below
 * AGE_HEADER_MAX; RC_UNPROCESSABLE: it is none.  Points into the arena.
 */
enum rc age_header_parse(struct arena *a, const uint8_t *p, size_t len,
			 struct age_header *ret, struct err *e) MUST_CHECK;
/* Its one encoding. */
void age_header_put(struct buf *b, const struct age_header *h);

/*
 * The file key, by the X25519 secret `key`; `p` are the bytes that were parsed.
 * RC_NOT_FOUND: it is not encrypted to that key.  RC_UNPROCESSABLE: a stanza of X25519 is
 * malformed, or the MAC is wrong.
 */
enum rc age_header_open(const struct age_header *h, const uint8_t *p,
			const uint8_t key[KEY_LEN], uint8_t ret_key[AGE_FILE_KEY_LEN],
			struct err *e) MUST_CHECK;

/* A new file key, and its header for these public keys.  RC_INVALID: a key of small
 * order. */
enum rc age_header_make(struct buf *b, const uint8_t (*recipients)[KEY_LEN], size_t n,
			uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e) MUST_CHECK;

/* ---- the payload ------------------------------------------------------------------- */

/* Takes what comes out; its failure ends the work and is given on. */
typedef enum rc age_sink(void *arg, const uint8_t *p, size_t len, struct err *e);

struct age_stream {
	uint8_t key[KEY_LEN];
	uint64_t chunk; /* number of the next one */
};
/* For the chunks of a payload with this nonce. */
void age_stream_init(struct age_stream *s, const uint8_t file_key[AGE_FILE_KEY_LEN],
		     const uint8_t nonce[AGE_NONCE_LEN]);

/* Plaintext in, ciphertext out (without header and nonce). */
struct age_writer {
	struct age_stream stream;
	age_sink *sink;
	void *arg;
	size_t n;
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[AGE_CHUNK + AGE_TAG_LEN];
};
enum rc age_writer_put(struct age_writer *w, const uint8_t *p, size_t len,
		       struct err *e) MUST_CHECK;
/* Seals the last chunk. */
enum rc age_writer_end(struct age_writer *w, struct err *e) MUST_CHECK;

/* Ciphertext in, plaintext out. */
struct age_reader {
	struct age_stream stream;
	age_sink *sink;
	void *arg;
	size_t n;
	uint8_t sealed[AGE_CHUNK + AGE_TAG_LEN];
	uint8_t plain[AGE_CHUNK];
};
/* RC_UNPROCESSABLE: a chunk is not authentic. */
enum rc age_reader_put(struct age_reader *r, const uint8_t *p, size_t len,
		       struct err *e) MUST_CHECK;
/* RC_UNPROCESSABLE: what came does not end in a final chunk. */
enum rc age_reader_end(struct age_reader *r, struct err *e) MUST_CHECK;

/* Bytes of the payload's ciphertext, nonce included, for `len` of plaintext. */
uint64_t age_payload_len(uint64_t len);

/* ---- keys as text ------------------------------------------------------------------ */

/* "age1..." (lower case). */
void age_recipient_put(struct buf *b, const uint8_t pub[KEY_LEN]);
/* RC_INVALID: no X25519 recipient. */
enum rc age_recipient_parse(const char *s, uint8_t ret[KEY_LEN],
			    struct err *e) MUST_CHECK;
/* "AGE-SECRET-KEY-1...".  RC_INVALID. */
enum rc age_secret_parse(const char *s, uint8_t ret[KEY_LEN], struct err *e) MUST_CHECK;

/* HKDF-SHA-256 (RFC 5869) to 32 bytes. */
void age_hkdf(const uint8_t *ikm, size_t ikm_len, const uint8_t *salt, size_t salt_len,
	      const char *info, uint8_t ret[32]);

#endif
