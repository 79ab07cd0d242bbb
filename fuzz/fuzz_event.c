/*
 * Properties: an accepted event has exactly one base64 encoding, is read twice as the
 * same, and what it says can be written by us and read back as the same.  Signed by a
 * key, it verifies by that key, and by no other.
 * Input that begins with '{' is a payload: a header and a signature are put around it,
 * since the parser does not look at the signature's value.
 */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"
#include "core/event_type.h"

static const char kid[] = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";

static const char *
wrap(struct arena *a, const char *payload, size_t len)
{
	static const uint8_t sig[SIG_LEN];
	struct buf b = BUF_INIT(4 * len + 1024);

	event_signing_input_put(&b, kid, payload, len);
	buf_putc(&b, '.');
	b64url_put(&b, sig, SIG_LEN);
	const char *wire = arena_strdup(a, buf_str(&b));
	buf_free(&b);
	return wire;
}

static void
hold(bool truth)
{
	if (!truth)
		abort();
}

static void
hold_same(const struct event *x, const struct event *y)
{
	hold(strcmp(x->log, y->log) == 0 && x->seq == y->seq &&
	     x->has_prev == y->has_prev);
	hold(!x->has_prev || hash_equal(&x->prev, &y->prev));
	hold(strcmp(x->id, y->id) == 0 && strcmp(x->type, y->type) == 0);
	hold((x->casefile == NULL) == (y->casefile == NULL));
	hold(x->casefile == NULL || strcmp(x->casefile, y->casefile) == 0);
	hold(x->iat_us == y->iat_us && strcmp(x->by, y->by) == 0 &&
	     x->due_us == y->due_us);
	hold(strcmp(x->ack.log, y->ack.log) == 0 && x->ack.size == y->ack.size &&
	     hash_equal(&x->ack.root, &y->ack.root));
	hold(json_equal(x->body, y->body) == 1);
	hold(x->n_refs == y->n_refs && x->n_sd == y->n_sd && x->n_blobs == y->n_blobs);
	for (size_t i = 0; i < x->n_refs; i++)
		hold(strcmp(x->refs[i].log, y->refs[i].log) == 0 &&
		     x->refs[i].seq == y->refs[i].seq &&
		     hash_equal(&x->refs[i].leaf, &y->refs[i].leaf));
	for (size_t i = 0; i < x->n_sd; i++)
		hold(hash_equal(&x->sd[i], &y->sd[i]));
	for (size_t i = 0; i < x->n_blobs; i++)
		hold(hash_equal(&x->blobs[i], &y->blobs[i]));
}

/* Each part, decoded and encoded, is itself. */
static void
hold_one_encoding(struct arena *a, const char *wire, size_t len)
{
	for (size_t at = 0, end; at <= len; at = end + 1) {
		uint8_t *bytes;
		size_t n;

		for (end = at; end < len && wire[end] != '.'; end++)
			;
		hold(b64url_decode(a, wire + at, end - at, &bytes, &n) == RC_OK);
		const char *again = b64url_arena(a, bytes, n);
		hold(strlen(again) == end - at &&
		     memcmp(again, wire + at, end - at) == 0);
	}
}

static void
hold_rewritten(struct arena *a, const struct event *ev)
{
	const struct event_draft d = {
		.id = ev->id,
		.type = ev->type,
		.casefile = ev->casefile,
		.refs = ev->refs,
		.n_refs = ev->n_refs,
		.by = ev->by,
		.iat_us = ev->iat_us,
		.due_us = ev->due_us,
		.body = ev->body,
		.sd = ev->sd,
		.n_sd = ev->n_sd,
		.blobs = ev->blobs,
		.n_blobs = ev->n_blobs,
	};
	struct buf b = BUF_INIT(EVENT_PAYLOAD_MAX);
	const struct event_claim *c;
	char prev[HASH_HEX_LEN + 1];
	size_t prev_at;
	struct err e;

	/* Our form may pass our own limit where another's, of up to a leaf, did not. */
	if (event_payload_put(&b, &d, ev->log, ev->seq, &ev->ack, &prev_at, &e) ==
	    RC_OK) {
		hold((prev_at == SIZE_MAX) == !ev->has_prev);
		if (ev->has_prev)
			memcpy(b.data + prev_at, hash_hex(&ev->prev, prev), HASH_HEX_LEN);
		const char *wire = wrap(a, b.data, b.len);
		hold(event_parse(a, wire, strlen(wire), &c, &e) == RC_OK);
		hold_same(ev, event_claimed(c));
	}
	buf_free(&b);
}

static void
hold_signed(struct arena *a, const char *payload, size_t len)
{
	static const uint8_t seed[SEED_LEN] = {1}, other_seed[SEED_LEN] = {2};
	struct buf b = BUF_INIT(4 * len + 1024);
	uint8_t pub[KEY_LEN], other[KEY_LEN], sig[SIG_LEN];
	const struct event_claim *c;
	const struct event *ev;
	char our_kid[KID_LEN + 1];
	struct err e;

	sign_public_key(seed, pub);
	sign_public_key(other_seed, other);
	key_thumbprint(pub, our_kid);
	event_signing_input_put(&b, our_kid, payload, len);
	sign_bytes(seed, buf_str(&b), b.len, sig);
	size_t at = b.len;
	buf_putc(&b, '.');
	b64url_put(&b, sig, SIG_LEN);
	hold(event_parse(a, buf_str(&b), b.len, &c, &e) == RC_OK);
	hold(event_verify(c, pub, &ev, &e) == RC_OK && ev->jws_len == b.len);
	hold(event_verify(c, other, &ev, &e) != RC_OK);
	sig[payload[len / 2] & (SIG_LEN - 1)] ^= 1;
	b.len = at;
	buf_putc(&b, '.');
	b64url_put(&b, sig, SIG_LEN);
	hold(event_parse(a, buf_str(&b), b.len, &c, &e) == RC_OK);
	hold(event_verify(c, pub, &ev, &e) != RC_OK);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *wire = (const char *)data;
	size_t len = size;
	const struct event_claim *c, *again;
	struct err e;

	if (size > 0 && size <= EVENT_PAYLOAD_MAX && data[0] == '{') {
		wire = wrap(a, (const char *)data, size);
		len = strlen(wire);
	}
	if (event_parse(a, wire, len, &c, &e) == RC_OK) {
		const struct event *ev = event_claimed(c);

		hold(ev->jws_len == len && memcmp(ev->jws, wire, len) == 0);
		hold_one_encoding(a, wire, len);
		hold(event_parse(a, wire, len, &again, &e) == RC_OK);
		hold_same(ev, event_claimed(again));
		hold_rewritten(a, ev);
		if (wire != (const char *)data)
			hold_signed(a, (const char *)data, size);
		for (int p = 0; p < PARTY_COUNT; p++) {
			enum rc rc = event_type_check(ev, (enum party)p, &e);

			hold(rc == RC_OK || rc == RC_INVALID || rc == RC_UNSUPPORTED);
		}
	}
	arena_free(a);
	return 0;
}
