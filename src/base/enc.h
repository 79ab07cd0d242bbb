/*
 * enc - hex, base64, base64url and decimal numbers, each with exactly one encoding.
 *
 * Decoders refuse what an encoder would not have written: upper-case hex, white
 * space, missing or superfluous padding, set bits after the last byte (RFC 4648,
 * sections 3.5, 4 with padding, 5 without).
 */
#ifndef SALURAN_BASE_ENC_H
#define SALURAN_BASE_ENC_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/rc.h"

/* `out` has room for 2 * len + 1 bytes, the NUL included. */
void hex_encode(const uint8_t *p, size_t len, char *out);
/* Exactly `len` bytes from 2 * len lower-case digits.  RC_INVALID otherwise. */
enum rc hex_decode(const char *s, size_t slen, uint8_t *out, size_t len) MUST_CHECK;

void b64_put(struct buf *b, const void *p, size_t len);	   /* padded */
void b64url_put(struct buf *b, const void *p, size_t len); /* no padding */
/* Into `out`, which has room for a NUL, too. */
void b64url_text(const void *p, size_t len, char *out);
char *b64_arena(struct arena *a, const void *p, size_t len);
char *b64url_arena(struct arena *a, const void *p, size_t len);

/* The arena owns the result; *ret is never NULL on RC_OK.  RC_INVALID. */
enum rc b64_decode(struct arena *a, const char *s, size_t slen, uint8_t **ret,
		   size_t *ret_len) MUST_CHECK;
enum rc b64url_decode(struct arena *a, const char *s, size_t slen, uint8_t **ret,
		      size_t *ret_len) MUST_CHECK;

/* Decimal digits without a leading zero, at most `max`.  RC_INVALID. */
enum rc decimal_parse(const char *s, size_t len, uint64_t max, uint64_t *ret) MUST_CHECK;

#endif
