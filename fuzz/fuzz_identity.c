/*
 * Properties of what POST identity brings: accepted lines are exactly the entries that
 * are kept, taken again they change nothing, each of their beginnings is accepted too,
 * each entry is signed by the root that the one before promised, and a second entry of a
 * number is a conflict.  A line that begins with '{' is a payload and is signed here, so
 * that the fuzzer passes what it cannot forge: @R is its root key, @N the digest of the
 * next, @P the hash of the line before.
 */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"
#include "core/identity_log.h"
#include "core/merkle.h"

enum { LINES_MAX = 8, TEXT_MAX = 1 << 20 };

static void
hold(bool truth)
{
	if (!truth)
		abort();
}

static void
seed_of(size_t n, uint8_t ret[SEED_LEN])
{
	memset(ret, 0, SEED_LEN);
	ret[0] = (uint8_t)(0x20 + n);
}

static void
hole_fill(struct buf *b, char what, size_t n, const struct hash *before)
{
	char hex[HASH_HEX_LEN + 1];
	uint8_t seed[SEED_LEN], pub[KEY_LEN];
	struct hash h = *before;

	seed_of(what == 'N' ? n + 1 : n, seed);
	sign_public_key(seed, pub);
	if (what == 'R') {
		b64url_put(b, pub, KEY_LEN);
		return;
	}
	if (what == 'N')
		hash_bytes(pub, KEY_LEN, &h);
	buf_puts(b, hash_hex(&h, hex));
}

/* A line, signed if it is a payload. */
static void
line_put(struct arena *a, struct buf *b, const char *line, size_t len, size_t n,
	 struct hash *before)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	uint8_t seed[SEED_LEN];
	const char *wire = arena_strndup(a, line, len);

	for (size_t i = 0; len != 0 && line[0] == '{' && i < len; i++) {
		if (line[i] == '@' && i + 1 < len && strchr("RNP", line[i + 1]) != NULL)
			hole_fill(&text, line[++i], n, before);
		else
			buf_putc(&text, line[i]);
	}
	if (text.len != 0 && buf_ok(&text)) {
		seed_of(n, seed);
		wire = jws_sign(a, seed, IDENTITY_TYP, buf_str(&text), text.len);
		len = strlen(wire);
	}
	merkle_leaf(wire, len, before);
	buf_put(b, wire, len);
	buf_free(&text);
}

static void
lines_make(struct arena *a, struct buf *b, const char *data, size_t size)
{
	struct hash before = {{0}};
	size_t n = 0;

	for (size_t at = 0; at < size && n < LINES_MAX; n++) {
		const char *lf = memchr(data + at, '\n', size - at);
		size_t len = lf == NULL ? size - at : (size_t)(lf - (data + at));
		line_put(a, b, data + at, len, n, &before);
		if (lf != NULL)
			buf_putc(b, '\n');
		at += len + 1;
	}
}

static void
hold_each(struct arena *a, const struct identity_log *l, const char *text)
{
	struct err e = ERR_INIT;
	size_t len = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct identity *id = l->entry[i];
		struct identity_log part = {.n = 0};
		struct hash h;
		len += strlen(id->wire) + 1;
		hold(identity_log_take(a, &part, text, len, &e) == RC_OK);
		hold(part.n == i + 1 && id->n == i);
		if (i == 0)
			continue;
		hash_bytes(id->root_pub, KEY_LEN, &h);
		hold(hash_equal(&h, &l->entry[i - 1]->next_root));
		merkle_leaf(l->entry[i - 1]->wire, strlen(l->entry[i - 1]->wire), &h);
		hold(hash_equal(&h, &id->prev) && id->role == l->entry[0]->role);
		hold(strcmp(id->org, l->entry[0]->org) == 0);
	}
}

/* The last entry once more, signed by its root with a later time. */
static void
hold_conflict(struct arena *a, struct identity_log *l, const char *text, size_t len)
{
	struct identity other = *identity_log_newest(l);
	struct err e = ERR_INIT;
	uint8_t seed[SEED_LEN], pub[KEY_LEN];
	size_t n = l->n, start = len - strlen(other.wire) - 1;

	seed_of(l->n - 1, seed);
	sign_public_key(seed, pub);
	if (memcmp(pub, other.root_pub, KEY_LEN) != 0 || other.iat_us >= INT64_C(1) << 52)
		return;
	other.iat_us++;
	const char *wire = identity_sign(a, &other, seed);
	hold(wire != NULL);
	const char *twin = arena_printf(a, "%.*s%s\n", (int)start, text, wire);
	hold(identity_log_take(a, l, twin, strlen(twin), &e) == RC_CONFLICT);
	hold(l->n == n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(2 * TEXT_MAX);
	struct identity_log l = {.n = 0};
	struct err e = ERR_INIT;

	crypto_start();
	lines_make(a, &b, (const char *)data, size);
	const char *text = buf_str(&b);
	if (buf_ok(&b) && identity_log_take(a, &l, text, b.len, &e) == RC_OK) {
		size_t n = l.n;
		const char *again = identity_log_text(a, &l);
		hold(strlen(again) == b.len && memcmp(again, text, b.len) == 0);
		hold(identity_log_take(a, &l, text, b.len, &e) == RC_OK && l.n == n);
		hold_each(a, &l, text);
		hold_conflict(a, &l, text, b.len);
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
