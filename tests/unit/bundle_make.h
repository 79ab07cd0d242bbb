/*
 * A small case between two parties, whole: keys, logs, receipts, an order; and the
 * contents of a bundle of it, for tests to change.
 */
#ifndef SALURAN_TESTS_BUNDLE_MAKE_H
#define SALURAN_TESTS_BUNDLE_MAKE_H

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/bundle.h"
#include "core/merkle.h"
#include "core/tlog_proof.h"

enum { WORLD_LEAVES_MAX = 32, WORLD_TEXTS_MAX = 32, WORLD_LEVELS = 24 };

#define WORLD_CASE  "015d3f00-0000-7000-8000-000000000001"
#define WORLD_OTHER "015d3f00-0000-7000-8000-000000000002"
#define WORLD_ORDER "015d3f00-0000-7000-8000-00000000000a"
#define WORLD_ENDS  "1502582400000000"

/* Deadlines of 10 and 20 s, one reminder, one approval: the smallest with everything. */
static const char world_policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":[{\"code\":\"normal\",\"accept_s\":10,"
	"\"decide_s\":20},{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\",\"id\":"
	"\"Terorisme\"},\"class\":\"urgent\"}],\"ladder\":[{\"act\":\"remind\",\"after_"
	"s\":1"
	"}],\"order\":{\"approvals\":1,\"ladder_steps\":1,\"max_duration_s\":2592000,"
	"\"max_names\":100,\"ttl_s\":10}}\n";

struct world_leaf {
	const char *jws;
	struct hash leaf;
	size_t text, n_texts; /* its disclosures among those of the world */
};

struct world_log {
	const char *origin;
	struct world_leaf *leaf;
	uint64_t n, cap;
	struct merkle_edge edge;
	struct hash *node[WORLD_LEVELS]; /* of cap >> level */
	struct event_head seen;		 /* of the peer's log */
};

struct world {
	struct arena *a;
	struct arena *keep; /* of leaves; NULL: the same */
	const struct identity *id[PARTY_COUNT];
	const char *offer[PARTY_COUNT];
	struct world_log log[PARTY_COUNT];
	const char *text[WORLD_TEXTS_MAX]; /* disclosures */
	size_t n_texts;
	int64_t now_us;
};

/* Every key of the world is made of one byte. */
enum {
	SEED_ROOT = 1,
	SEED_NEXT,
	SEED_EVENT,
	SEED_LOG,
	SEED_RECEIPT,
	SEED_ENC,
	SEED_STEP = 16
};

static inline const uint8_t *
world_seed(struct world *w, enum party p, int role)
{
	uint8_t *seed = arena_alloc(w->a, SEED_LEN);

	seed[0] = (uint8_t)((int)p * SEED_STEP + role);
	return seed;
}

static inline void
world_pub(struct world *w, enum party p, int role, uint8_t pub[KEY_LEN])
{
	sign_public_key(world_seed(w, p, role), pub);
}

static inline void
world_identity(struct world *w, enum party p)
{
	struct identity id = {
		.org = p == PARTY_AUTHORITY ? "kominfo.example" : "telegram.example",
		.name = p == PARTY_AUTHORITY ? "Kementerian Kominfo" : "Telegram",
		.role = p,
		.n_event_keys = 1,
		.n_tls_spki = 1,
		.url = "https://127.0.0.1:8443",
		.iat_us = w->now_us};
	uint8_t next[KEY_LEN];
	struct err e = ERR_INIT;

	world_pub(w, p, SEED_ROOT, id.root_pub);
	world_pub(w, p, SEED_NEXT, next);
	hash_bytes(next, KEY_LEN, &id.next_root);
	world_pub(w, p, SEED_EVENT, id.event_keys[0]);
	world_pub(w, p, SEED_LOG, id.log_key);
	world_pub(w, p, SEED_RECEIPT, id.receipt_key);
	world_pub(w, p, SEED_ENC, id.enc_key);
	const char *wire = identity_sign(w->a, &id, world_seed(w, p, SEED_ROOT));
	assert_int_equal(identity_parse(w->a, wire, strlen(wire), NULL, &w->id[p], &e),
			 RC_OK);
}

static inline const char *
world_offer(struct world *w, enum party p, const char *channel)
{
	enum party other = p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
	struct channel_offer o = {.org = w->id[p]->org,
				  .peer = w->id[other]->org,
				  .channel = channel,
				  .policy_name = "test",
				  .policy_version = 1,
				  .iat_us = w->now_us};

	hash_bytes(world_policy, strlen(world_policy), &o.policy_sha256);
	for (int q = 0; q < PARTY_COUNT; q++)
		o.origins[q] = arena_printf(w->a, "%s/c/%s/e0", w->id[q]->org, channel);
	const char *payload = channel_offer_payload(w->a, &o, w->id[p]);
	return jws_sign(w->a, world_seed(w, p, SEED_EVENT), OFFER_TYP, payload,
			strlen(payload));
}

/* ---- trees ------------------------------------------------------------------------- */

static inline enum rc
world_node(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	const struct world_log *l = arg;

	(void)e;
	assert_true(level < WORLD_LEVELS && (index + 1) << level <= l->n);
	*ret = l->node[level][index];
	return RC_OK;
}

static inline enum rc
world_node_put(void *arg, unsigned level, uint64_t index, const struct hash *node,
	       struct err *e)
{
	struct world_log *l = arg;

	(void)e;
	l->node[level][index] = *node;
	return RC_OK;
}

/* Room for so many leaves; a small world has enough. */
static inline void
world_room(struct world *w, enum party p, uint64_t cap)
{
	struct arena *to = w->keep != NULL ? w->keep : w->a;
	struct world_log *l = &w->log[p];

	assert_int_equal(l->n, 0);
	l->leaf = arena_array(to, cap, sizeof(*l->leaf));
	for (unsigned i = 0; i < WORLD_LEVELS; i++)
		l->node[i] = arena_array(to, (cap >> i) + 1, sizeof(struct hash));
	l->cap = cap;
}

static inline struct hash
world_root(struct world_log *l, uint64_t size)
{
	struct merkle_edge edge;
	struct hash root;
	struct err e = ERR_INIT;

	assert_int_equal(merkle_edge_load(size, world_node, l, &edge, &e), RC_OK);
	merkle_root(&edge, &root);
	return root;
}

/* The log's head of that size; with the peer's cosignature when time_s is not 0. */
static inline const char *
world_head(struct world *w, enum party p, uint64_t size, uint64_t time_s)
{
	enum party other = p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
	struct checkpoint cp = {.origin = w->log[p].origin,
				.size = size,
				.root = world_root(&w->log[p], size)};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), msg = BUF_INIT(NOTE_TEXT_MAX);
	uint8_t sig[NOTE_COSIG_LEN];
	struct note_key key;
	struct err e = ERR_INIT;

	checkpoint_put(&text, &cp);
	size_t len = text.len;
	sign_bytes(world_seed(w, p, SEED_LOG), text.data, len, sig);
	assert_int_equal(identity_log_key(w->id[p], cp.origin, &key, &e), RC_OK);
	const char *body = arena_strndup(w->a, text.data, len);
	buf_putc(&text, '\n');
	note_line_put(&text, &key, sig, SIG_LEN);
	if (time_s != 0) {
		note_cosig_message_put(&msg, time_s, body, len);
		for (int i = 0; i < 8; i++)
			sig[i] = (uint8_t)(time_s >> (56 - 8 * i));
		sign_bytes(world_seed(w, other, SEED_RECEIPT), msg.data, msg.len,
			   sig + 8);
		assert_int_equal(identity_receipt_key(w->id[other], &key, &e), RC_OK);
		note_line_put(&text, &key, sig, NOTE_COSIG_LEN);
	}
	const char *note = arena_strndup(w->a, text.data, text.len);
	buf_free(&text);
	buf_free(&msg);
	return note;
}

static inline const char *
world_proof(struct world *w, enum party p, uint64_t seq, uint64_t size, const char *note)
{
	struct tlog_proof proof = {.index = seq, .note = note, .note_len = strlen(note)};
	struct buf b = BUF_INIT(NOTE_TEXT_MAX);
	struct err e = ERR_INIT;

	assert_int_equal(merkle_prove_inclusion(seq, size, world_node, &w->log[p],
						&proof.path, &e),
			 RC_OK);
	tlog_proof_put(&b, &proof);
	const char *text = arena_strndup(w->a, b.data, b.len);
	buf_free(&b);
	return text;
}

/* ---- events ------------------------------------------------------------------------ */

struct world_text {
	const char *name, *json;
};

/* Append an event; `body` is JSON, texts end with a NULL name.  Returns its seq. */
static inline uint64_t
world_append(struct world *w, enum party p, const char *type, const char *casefile,
	     const char *by, const char *body, const struct world_text *texts,
	     const struct event_ref *ref)
{
	struct world_log *l = &w->log[p];
	struct hash sd[8];
	struct err e = ERR_INIT;
	struct buf payload = BUF_INIT(EVENT_PAYLOAD_MAX), jws = BUF_INIT(EVENT_JWS_MAX);
	char id[UUID_TEXT_LEN + 1], kid[KID_LEN + 1], hex[HASH_HEX_LEN + 1];
	uint8_t sig[SIG_LEN], pub[KEY_LEN];
	struct event_draft d = {.id = id,
				.type = type,
				.casefile = casefile,
				.by = by,
				.iat_us = w->now_us,
				.sd = sd,
				.refs = ref,
				.n_refs = ref == NULL ? 0 : 1};
	size_t prev_at;

	if (l->cap == 0)
		world_room(w, p, WORLD_LEAVES_MAX);
	assert_true(l->n < l->cap);
	l->leaf[l->n].text = w->n_texts;
	uuid7_make(w->now_us, id);
	assert_int_equal(ijson_parse(w->a, body, strlen(body), &d.body, &e), RC_OK);
	for (; texts != NULL && texts[d.n_sd].name != NULL; d.n_sd++) {
		json_t *value;
		assert_int_equal(ijson_parse(w->a, texts[d.n_sd].json,
					     strlen(texts[d.n_sd].json), &value, &e),
				 RC_OK);
		assert_int_equal(event_disclosure_make(w->a, texts[d.n_sd].name, value,
						       &w->text[w->n_texts++],
						       &sd[d.n_sd], &e),
				 RC_OK);
	}
	assert_int_equal(
		event_payload_put(&payload, &d, l->origin, l->n, &l->seen, &prev_at, &e),
		RC_OK);
	if (prev_at != SIZE_MAX)
		memcpy(payload.data + prev_at, hash_hex(&l->leaf[l->n - 1].leaf, hex),
		       HASH_HEX_LEN);
	world_pub(w, p, SEED_EVENT, pub);
	key_thumbprint(pub, kid);
	event_signing_input_put(&jws, kid, payload.data, payload.len);
	sign_bytes(world_seed(w, p, SEED_EVENT), jws.data, jws.len, sig);
	buf_putc(&jws, '.');
	b64url_put(&jws, sig, SIG_LEN);
	l->leaf[l->n].n_texts = d.n_sd;
	l->leaf[l->n].jws =
		arena_strndup(w->keep != NULL ? w->keep : w->a, jws.data, jws.len);
	merkle_leaf(jws.data, jws.len, &l->leaf[l->n].leaf);
	assert_int_equal(
		merkle_append(&l->edge, &l->leaf[l->n].leaf, world_node_put, l, &e),
		RC_OK);
	buf_free(&payload);
	buf_free(&jws);
	w->now_us += 1000;
	return l->n++;
}

/* The other side has all of p's log now. */
static inline void
world_sync(struct world *w, enum party p)
{
	enum party other = p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;

	w->log[other].seen =
		(struct event_head){.log = w->log[p].origin,
				    .size = w->log[p].n,
				    .root = world_root(&w->log[p], w->log[p].n)};
}

/* The platform receipts the authority's log now, which adopts that.  Returns the head. */
static inline const char *
world_receipt(struct world *w)
{
	struct world_log *l = &w->log[PARTY_AUTHORITY];
	uint64_t time_s = (uint64_t)(w->now_us / CLOCK_US_PER_S), size = l->n;
	const char *note = world_head(w, PARTY_AUTHORITY, size, time_s);
	struct hash root = world_root(l, size);
	char hex[HASH_HEX_LEN + 1];

	world_sync(w, PARTY_AUTHORITY);
	const char *sig = strrchr(note, ' ') + 1;
	world_append(w, PARTY_AUTHORITY, "receipt.adopt", NULL, "node",
		     arena_printf(w->a,
				  "{\"log\":\"%s\",\"size\":%" PRIu64
				  ",\"root\":\"%s\",\"time\":%" PRIu64
				  ",\"sig\":\"%.*s\"}",
				  l->origin, size, hash_hex(&root, hex), time_s,
				  (int)strcspn(sig, "\n"), sig),
		     NULL, NULL);
	return note;
}

#endif
