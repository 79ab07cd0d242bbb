/*
 * A node that nobody can call fetches what its peer has for it, and brings the receipt
 * (protocol 5): checkpoint, tiles and disclosures become the same calls that a peer that
 * pushes makes, with the same checks.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/log.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"

enum {
	PULL_PACKAGES = 8, /* of one round */
	TILE_BITS = 8,	   /* a tile is 256 hashes of a level that is a multiple of 8 */
};

/* The peer's log as it gives it, by tiles. */
struct remote {
	const struct exchange_fetch *f;
	struct arena *a;
	const char *log; /* hex SHA-256 of its origin */
	const struct note *head;
	uint64_t size;
	bool cached;
	unsigned level; /* of the tile at hand */
	uint64_t index;
	const uint8_t *tile;
};

static const char *
tile_call(struct remote *r, bool entries, unsigned level, uint64_t index, unsigned width)
{
	struct buf path = BUF_INIT(EXCHANGE_PATH_MAX);

	buf_printf(&path, "%s/tile/", r->log);
	mirror_tile_path_put(&path, entries, level, index, width);
	const char *call = arena_strndup(r->a, buf_str(&path), path.len);
	buf_free(&path);
	return call;
}

static enum rc
tile_fetch(struct remote *r, unsigned level, uint64_t index, struct err *e)
{
	uint64_t there = (r->size >> (TILE_BITS * level)) - index * MIRROR_PACKAGE;
	unsigned width = there < MIRROR_PACKAGE ? (unsigned)there : MIRROR_PACKAGE;
	size_t len;

	if (r->cached && r->level == level && r->index == index)
		return RC_OK;
	enum rc rc = r->f->get(r->f->arg, tile_call(r, false, level, index, width), r->a,
			       &r->tile, &len, e);
	if (rc == RC_OK && len != (size_t)width * HASH_LEN)
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 1",
			      "the peer gave no tile of %u hashes", width);
	r->cached = rc == RC_OK;
	r->level = level;
	r->index = index;
	return rc;
}

/* A merkle_get: a perfect subtree is some hashes of one tile. */
static enum rc
remote_node(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	struct remote *r = arg;
	unsigned within = level % TILE_BITS, n = 1U << within;
	uint64_t first = index << within;
	struct hash h[MIRROR_PACKAGE / 2];
	enum rc rc = tile_fetch(r, level / TILE_BITS, first / MIRROR_PACKAGE, e);

	if (rc != RC_OK)
		return rc;
	const uint8_t *at = r->tile + first % MIRROR_PACKAGE * HASH_LEN;
	for (unsigned i = 0; i < n; i++)
		memcpy(h[i].b, at + i * HASH_LEN, HASH_LEN);
	for (; n > 1; n /= 2)
		for (unsigned i = 0; i < n / 2; i++)
			merkle_node(&h[2 * i], &h[2 * i + 1], &h[i]);
	*ret = h[0];
	return RC_OK;
}

/* ---- the head ---------------------------------------------------------------------- */

/* *ret_note NULL: the peer has none.  r->size is its size, as yet not believed. */
static enum rc
head_fetch(struct remote *r, const char **ret_note, struct err *e)
{
	struct checkpoint cp;
	const uint8_t *body;
	size_t len;
	enum rc rc = r->f->get(r->f->arg, arena_printf(r->a, "%s/checkpoint", r->log),
			       r->a, &body, &len, e);

	*ret_note = NULL;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK)
		rc = note_parse(r->a, (const char *)body, len, &r->head, e);
	if (rc != RC_OK)
		return rc;
	const char *text = note_text(r->head, &len);
	rc = checkpoint_parse(r->a, text, len, &cp, e);
	if (rc != RC_OK)
		return rc;
	r->size = cp.size;
	*ret_note = (const char *)body;
	return RC_OK;
}

/* Nothing is fetched for a size that the peer did not sign. */
static enum rc
head_check(struct node *nd, int64_t peer, const struct remote *r, const char *origin,
	   struct err *e)
{
	struct store *s = NULL;
	const char *alone;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = exchange_note_of_peer(s, r->a, peer, origin, r->head, &alone, e);
	reader_put(nd, s);
	return rc;
}

/* Of a tree near the largest size a proof can be one longer than a call may bring. */
static enum rc
proof_take(const struct merkle_proof *proof, struct hash ret[MIRROR_PROOF_MAX],
	   size_t *ret_n, struct err *e)
{
	if (proof->n > MIRROR_PROOF_MAX)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 1",
				"the proof of the peer's head has %zu hashes, at most "
				"are %d",
				proof->n, MIRROR_PROOF_MAX);
	memcpy(ret, proof->h, proof->n * sizeof(proof->h[0]));
	*ret_n = proof->n;
	return RC_OK;
}

static enum rc
head_take(struct node *nd, int64_t peer, struct remote *r, const struct log_head *h,
	  const char *note, struct err *e)
{
	struct mirror_checkpoint *req = ARENA_NEW(r->a, struct mirror_checkpoint);
	struct merkle_proof proof = {0};
	uint64_t size, old = h->pending_size;
	enum rc rc = head_check(nd, peer, r, h->origin, e);

	*req = (struct mirror_checkpoint){
		.old = old, .note = note, .note_len = strlen(note)};
	if (rc == RC_OK && old != 0 && old < r->size)
		rc = merkle_prove_consistency(old, r->size, remote_node, r, &proof, e);
	if (rc == RC_OK)
		rc = proof_take(&proof, req->proof, &req->n_proof, e);
	return rc == RC_OK ? exchange_add_checkpoint(nd, peer, req, &size, e) : rc;
}

/* ---- entries and what they disclose ------------------------------------------------ */

/* How many disclosures the entries name. */
static enum rc
named_count(const struct mirror_package *p, uint64_t *ret, struct err *e)
{
	struct arena *one = arena_create();
	enum rc rc = RC_OK;

	*ret = 0;
	for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
		const struct event_claim *claim;
		rc = event_parse(one, (const char *)p->entries[i].data, p->entries[i].len,
				 &claim, e);
		if (rc == RC_OK)
			*ret += event_claimed(claim)->n_sd;
		arena_reset(one);
	}
	arena_free(one);
	return rc;
}

/* Where the n-th disclosure of a package stands: its event, and which of that one's. */
static enum rc
place_of(const struct mirror_package *p, uint64_t n, uint64_t *ret_seq, uint64_t *ret_n,
	 struct err *e)
{
	struct arena *one = arena_create();
	enum rc rc = RC_OK;
	bool found = false;

	for (size_t i = 0; rc == RC_OK && !found && i < p->n_entries; i++) {
		const struct event_claim *claim;
		rc = event_parse(one, (const char *)p->entries[i].data, p->entries[i].len,
				 &claim, e);
		uint64_t has = rc == RC_OK ? event_claimed(claim)->n_sd : 0;
		found = rc == RC_OK && n < has;
		*ret_seq = p->start + i;
		*ret_n = n;
		n -= found ? 0 : has;
		arena_reset(one);
	}
	arena_free(one);
	return rc;
}

/* Lines as they come; one that is empty was erased there, and is no less an answer. */
static enum rc
lines_take(struct node *nd, int64_t peer, const char *body, size_t len, uint64_t *n,
	   struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_DISCLOSURES_MAX);
	const char *end = body + len;
	enum rc rc = RC_OK;

	for (const char *at = body; rc == RC_OK && at < end; (*n)++) {
		const char *lf = memchr(at, '\n', (size_t)(end - at));
		if (lf == NULL) {
			rc = err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				      "the peer gave a disclosure without its end");
			break;
		}
		if (lf != at)
			buf_put(&b, at, (size_t)(lf + 1 - at));
		at = lf + 1;
	}
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 6",
			      "the peer gave more than %d bytes of disclosures at once",
			      EXCHANGE_DISCLOSURES_MAX);
	if (rc == RC_OK && b.len != 0)
		rc = exchange_add_disclosures(nd, peer, buf_str(&b), b.len, e);
	buf_free(&b);
	return rc;
}

/* The peer says how many answers there are, up to one for each disclosure: each is in
 * memory of its own, which is given back before the next is asked for. */
static enum rc
disclosures_fetch(struct node *nd, int64_t peer, struct remote *r,
		  const struct mirror_package *p, struct err *e)
{
	struct arena *one = arena_create();
	uint64_t all = 0, got = 0, seq = 0, n = 0;
	enum rc rc = named_count(p, &all, e);

	while (rc == RC_OK && got < all) {
		const uint8_t *body;
		uint64_t before = got;
		size_t len;
		rc = place_of(p, got, &seq, &n, e);
		if (rc == RC_OK)
			rc = r->f->get(r->f->arg,
				       arena_printf(one,
						    "%s/disclosures/%" PRIu64 "/%" PRIu64,
						    r->log, seq, n),
				       one, &body, &len, e);
		if (rc == RC_OK)
			rc = lines_take(nd, peer, (const char *)body, len, &got, e);
		if (rc == RC_OK && got == before)
			rc = err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				      "the peer gave no disclosures");
		arena_reset(one);
	}
	arena_free(one);
	return rc;
}

static enum rc
package_fetch(struct node *nd, int64_t peer, struct remote *r, uint64_t at,
	      struct mirror_package *ret, struct err *e)
{
	uint64_t bundle = at / MIRROR_PACKAGE, from = bundle * MIRROR_PACKAGE;
	uint64_t there = r->size - from;
	unsigned width = there < MIRROR_PACKAGE ? (unsigned)there : MIRROR_PACKAGE;
	struct mirror_entry *entries = arena_array(r->a, width, sizeof(*entries));
	struct merkle_proof proof = {0};
	const uint8_t *body;
	size_t len;
	enum rc rc = r->f->get(r->f->arg, tile_call(r, true, 0, bundle, width), r->a,
			       &body, &len, e);

	if (rc != RC_OK)
		return rc;
	struct cursor c = {body, len, false};
	for (unsigned i = 0; i < width; i++) {
		entries[i].len = (size_t)cursor_number(&c, 2);
		entries[i].data = cursor_take(&c, entries[i].len);
	}
	if (!cursor_done(&c))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 1",
				"the peer gave no bundle of %u entries", width);
	*ret = (struct mirror_package){.start = at,
				       .entries = entries + (at - from),
				       .n_entries = width - (size_t)(at - from)};
	rc = merkle_prove_subtree(from, from + width, r->size, remote_node, r, &proof, e);
	if (rc == RC_OK)
		rc = proof_take(&proof, ret->proof, &ret->n_proof, e);
	return rc == RC_OK ? disclosures_fetch(nd, peer, r, ret, e) : rc;
}

/* ---- a round ----------------------------------------------------------------------- */

void
exchange_fraud_fetch(struct node *nd, int64_t peer, const struct exchange_fetch *f,
		     struct arena *a)
{
	struct err why = ERR_INIT;
	const uint8_t *proof;
	size_t len;

	if (channel_is_frozen(nd, peer) ||
	    f->get(f->arg, "fraud", a, &proof, &len, &why) != RC_OK)
		return;
	enum rc rc = exchange_add_fraud(nd, peer, (const char *)proof, len, &why);
	if (rc != RC_OK)
		log_line(LOG_WARN, "peer.fraud", "peer=%" PRId64 " outcome=%s reason=%s",
			 peer, rc_token(rc), why.text);
}

static enum rc
head_here(struct node *nd, struct arena *a, int64_t peer, struct log_head *ret,
	  struct err *e)
{
	struct channel_row c;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &c, e);
	if (rc == RC_OK)
		rc = store_head(s, a, peer, party_other(c.own_party), ret, e);
	reader_put(nd, s);
	return rc;
}

int64_t
exchange_pull_every_us(struct node *nd)
{
	return settings_int(nd->config, "peer.pull_s") * CLOCK_US_PER_S;
}

enum rc
exchange_pull(struct node *nd, int64_t peer, const struct exchange_fetch *f,
	      struct arena *a, struct exchange_pulled *ret, struct err *e)
{
	struct remote r = {.f = f, .a = a};
	struct mirror_package packages[PULL_PACKAGES];
	struct exchange_answer answer;
	char hex[HASH_HEX_LEN + 1];
	struct log_head h;
	struct hash origin;
	const char *note = NULL;
	struct err frozen = ERR_INIT;
	enum rc rc = head_here(nd, a, peer, &h, e);

	*ret = (struct exchange_pulled){.receipt = NULL};
	if (rc != RC_OK)
		return rc;
	exchange_fraud_fetch(nd, peer, f, a);
	if (channel_takes(nd, peer, &frozen) != RC_OK)
		return RC_OK; /* nothing of it would be taken */
	hash_bytes(h.origin, strlen(h.origin), &origin);
	r.log = hash_hex(&origin, hex);
	rc = head_fetch(&r, &note, e);
	if (rc != RC_OK || note == NULL || r.size < h.pending_size || r.size == 0 ||
	    (r.size == h.size && r.size == nd->pulled[peer]))
		return rc;
	rc = head_take(nd, peer, &r, &h, note, e);
	struct mirror_entries req = {
		.origin = h.origin, .start = h.size, .end = r.size, .packages = packages};
	for (uint64_t at = h.size;
	     rc == RC_OK && at < r.size && req.n_packages < PULL_PACKAGES;) {
		struct mirror_package *p = &packages[req.n_packages++];
		rc = package_fetch(nd, peer, &r, at, p, e);
		if (rc == RC_OK)
			at = p->start + p->n_entries;
	}
	if (rc == RC_OK)
		rc = exchange_add_entries(nd, peer, &req, a, &answer, e);
	if (rc != RC_OK)
		return rc;
	ret->more = answer.partial;
	ret->size = r.size;
	if (!answer.partial)
		ret->receipt = arena_printf(a, "%s%s", note, answer.cosignature);
	return RC_OK;
}

void
exchange_pull_told(struct node *nd, int64_t peer, uint64_t size)
{
	nd->pulled[peer] = size;
}
