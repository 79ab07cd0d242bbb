/* Property: an accepted note divides into text, empty line and signature lines in one
 * way; an accepted verifier key and checkpoint have one encoding; a key signs nothing by
 * chance; and with a line of ours added, it is a note that our key signed, until one byte
 * of it is another. */
#include <stdlib.h>
#include <string.h>

#include "core/note.h"

static void
hold_same(struct buf *b, const void *data, size_t size)
{
	if (!buf_ok(b) || b->len != size || memcmp(buf_str(b), data, size) != 0)
		abort();
	buf_reset(b);
}

/* The same text under our line, or another's: which byte differs is the input's choice.
 */
static void
hold_signed(struct arena *a, const char *text, size_t len)
{
	static const uint8_t seed[SEED_LEN] = {0xa5};
	struct buf b = BUF_INIT(len + 1024);
	struct note_key k;
	uint8_t pub[KEY_LEN], sig[SIG_LEN];
	const struct note *n;
	bool verified = false;
	struct err e;

	sign_public_key(seed, pub);
	sign_bytes(seed, text, len, sig);
	if (note_key_make("ours", NOTE_ED25519, pub, &k, &e) != RC_OK)
		abort();
	buf_put(&b, text, len);
	buf_putc(&b, '\n');
	note_line_put(&b, &k, sig, sizeof(sig));
	if (note_parse(a, buf_str(&b), b.len, &n, &e) != RC_OK ||
	    note_verify(n, &k, 1, &verified, NULL, &e) != RC_OK || !verified)
		abort();
	b.data[(unsigned char)text[0] % len] ^= 1;
	if (note_parse(a, buf_str(&b), b.len, &n, &e) == RC_OK &&
	    note_verify(n, &k, 1, &verified, NULL, &e) == RC_OK)
		abort();
	buf_free(&b);
}

static void
hold_note(struct arena *a, const struct note *n, const char *wire, size_t size)
{
	static const uint8_t seed[SEED_LEN] = {0x5a};
	struct buf b = BUF_INIT(size + 1);
	struct note_key k;
	struct checkpoint c;
	uint8_t pub[KEY_LEN];
	bool verified;
	struct err e;
	size_t len;
	const char *text = note_text(n, &len);

	if (len == 0 || len + 1 >= size || memcmp(text, wire, len) != 0 ||
	    text[len - 1] != '\n' || wire[len] != '\n' || wire[size - 1] != '\n' ||
	    memmem(wire + len + 1, size - len - 1, "\n\n", 2) != NULL)
		abort();
	if (checkpoint_parse(a, text, len, &c, &e) == RC_OK) {
		checkpoint_put(&b, &c);
		hold_same(&b, text, len);
	}
	sign_public_key(seed, pub);
	if (note_key_make("x", NOTE_ED25519, pub, &k, &e) != RC_OK ||
	    note_verify(n, &k, 1, &verified, NULL, &e) == RC_OK)
		abort();
	hold_signed(a, text, len);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *wire = arena_copy(a, data, size);
	struct buf b = BUF_INIT(size + 1);
	const struct note *n;
	struct note_key k;
	struct err e;

	if (note_parse(a, wire, size, &n, &e) == RC_OK)
		hold_note(a, n, wire, size);
	if (note_key_parse(wire, size, &k, &e) == RC_OK) {
		note_key_put(&b, &k);
		hold_same(&b, data, size);
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
