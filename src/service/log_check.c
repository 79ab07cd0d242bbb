#include "service/log_check.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/policy.h"
#include "store/store_identity.h"
#include "store/store_sql.h"

enum {
	PAGE = 256, /* events that are read at one time */
	LEVELS = 64,
	/* Receipts of a log, from the newest on, whose signatures are verified; of the
	 * others size, root and text are compared. */
	SIGNATURES_MAX = 1000,
	PROGRESS_US = 2000000,
};

/* The nodes of one level that a page completes. */
struct level {
	uint64_t first;
	size_t n;
	struct hash h[PAGE / 2];
};

/* Of one log. */
struct check {
	struct store *s;
	struct arena *a; /* of the log */
	struct log_head h;
	const struct identity_log *writer, *cosigner;
	uint64_t verify_above; /* the signatures of receipts that cover more */
	struct merkle_edge edge;
	struct level level[LEVELS];
	const struct log_receipt *receipts; /* of the page */
	size_t n_receipts, at_receipt;
	bool signed_seen;
	const char *last; /* event */
	size_t last_len;
	int64_t told_us;
};

/* ---- what was signed ------------------------------------------------------------------
 */

static enum rc
note_check(const struct check *x, struct arena *a, const char *what, const char *wire,
	   uint64_t size, const struct hash *root, bool verify, struct err *e)
{
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	bool verified[IDENTITY_ENTRIES_MAX];
	struct err why = ERR_INIT;
	const struct note *note;
	struct checkpoint cp;
	size_t len;
	enum rc rc = note_parse(a, wire, strlen(wire), &note, &why);

	if (rc == RC_OK) {
		const char *text = note_text(note, &len);
		rc = checkpoint_parse(a, text, len, &cp, &why);
	}
	if (rc != RC_OK || cp.size != size || !hash_equal(&cp.root, root) ||
	    strcmp(cp.origin, x->h.origin) != 0)
		return err_set(e, RC_CORRUPT,
			       "%s of %" PRIu64
			       " events does not say what was stored with it",
			       what, size);
	if (!verify)
		return RC_OK;
	rc = identity_log_log_keys(x->writer, x->h.origin, keys, &why);
	if (rc == RC_OK)
		rc = note_verify(note, keys, x->writer->n, verified, NULL, &why);
	return rc == RC_OK
		       ? RC_OK
		       : err_set(e, RC_CORRUPT,
				 "%s of %" PRIu64 " events does not verify any more: %s",
				 what, size, why.text);
}

static enum rc
line_check(const struct check *x, const struct log_receipt *r, struct err *e)
{
	struct checkpoint cp = {.origin = x->h.origin, .size = r->size, .root = r->root};
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	struct buf text = BUF_INIT(NOTE_TEXT_MAX);
	struct err why = ERR_INIT;
	uint64_t time_s = 0;
	enum rc rc = identity_log_receipt_keys(x->cosigner, keys, &why);

	checkpoint_put(&text, &cp);
	bool good = false;
	for (size_t i = 0; rc == RC_OK && !good && i < x->cosigner->n; i++)
		good = note_line_verify(r->line, strlen(r->line), &keys[i],
					buf_str(&text), text.len, &time_s, &why) == RC_OK;
	buf_free(&text);
	if (!good || time_s != r->time_s)
		return err_set(e, RC_CORRUPT,
			       "the receipt for %" PRIu64
			       " events does not verify any more",
			       r->size);
	return RC_OK;
}

static enum rc
receipt_check(const struct check *x, struct arena *a, const struct log_receipt *r,
	      struct err *e)
{
	bool verify = r->size > x->verify_above;
	enum rc rc = note_check(x, a, "the head under the receipt", r->note, r->size,
				&r->root, verify, e);

	return rc == RC_OK && verify ? line_check(x, r, e) : rc;
}

/* ---- events and tree ------------------------------------------------------------------
 */

static enum rc
on_node(void *arg, unsigned level, uint64_t index, const struct hash *node, struct err *e)
{
	struct check *x = arg;
	struct level *l = &x->level[level];

	(void)e;
	if (level == 0)
		return RC_OK;
	if (l->n == 0)
		l->first = index;
	assert(l->n < PAGE / 2);
	l->h[l->n++] = *node;
	return RC_OK;
}

/* What was said of the log when it had as many events as it has now. */
static enum rc
heads_compare(struct check *x, struct err *e)
{
	const struct log_receipt *r = NULL;
	struct hash root;

	if (x->at_receipt < x->n_receipts &&
	    x->receipts[x->at_receipt].size == x->edge.size)
		r = &x->receipts[x->at_receipt++];
	bool here = x->h.signed_size == x->edge.size;
	if (r == NULL && !here)
		return RC_OK;
	merkle_root(&x->edge, &root);
	if (r != NULL && !hash_equal(&r->root, &root))
		return err_set(e, RC_CORRUPT,
			       "its first %" PRIu64
			       " events are not those that were receipted",
			       r->size);
	x->signed_seen |= here;
	if (here && !hash_equal(&x->h.signed_root, &root))
		return err_set(e, RC_CORRUPT,
			       "its first %" PRIu64
			       " events are not those whose head was signed",
			       x->h.signed_size);
	return RC_OK;
}

static enum rc
on_leaf(void *arg, uint64_t seq, const struct log_leaf *l, struct err *e)
{
	struct check *x = arg;
	struct hash leaf;

	if (seq != x->edge.size)
		return err_set(e, RC_CORRUPT, "event %" PRIu64 " is gone", x->edge.size);
	merkle_leaf(l->jws, l->jws_len, &leaf);
	if (!hash_equal(&leaf, &l->leaf))
		return err_set(e, RC_CORRUPT,
			       "event %" PRIu64
			       " is not what was recorded: its bytes and its hash "
			       "differ",
			       seq);
	if (seq + 1 == x->h.size) {
		x->last = arena_strndup(x->a, l->jws, l->jws_len);
		x->last_len = l->jws_len;
	}
	enum rc rc = merkle_append(&x->edge, &leaf, on_node, x, e);
	return rc == RC_OK ? heads_compare(x, e) : rc;
}

static enum rc
page_check(struct check *x, uint64_t to, struct err *e)
{
	const struct log_tree tree = {x->s, x->h.channel, x->h.party};
	struct arena *a = arena_create();
	enum rc rc = store_receipts(x->s, a, x->h.channel, x->h.party, x->edge.size, to,
				    &x->receipts, &x->n_receipts, e);

	x->at_receipt = 0;
	for (unsigned i = 0; i < LEVELS; i++)
		x->level[i].n = 0;
	if (rc == RC_OK)
		rc = store_leaves_each(x->s, x->h.channel, x->h.party, x->edge.size, to,
				       on_leaf, x, e);
	if (rc == RC_OK && x->edge.size != to)
		rc = err_set(e, RC_CORRUPT, "event %" PRIu64 " is gone", x->edge.size);
	for (unsigned i = 1; rc == RC_OK && i < LEVELS; i++)
		if (x->level[i].n != 0)
			rc = log_tree_same(&tree, i, x->level[i].first, x->level[i].h,
					   x->level[i].n, e);
	for (size_t i = 0; rc == RC_OK && i < x->n_receipts; i++)
		rc = receipt_check(x, a, &x->receipts[i], e);
	arena_free(a);
	return rc;
}

/* ---- a log ----------------------------------------------------------------------------
 */

static enum rc
head_check(struct check *x, struct err *e)
{
	const struct log_head *h = &x->h;
	struct hash root;
	enum rc rc = RC_OK;

	merkle_root(&x->edge, &root);
	if (!hash_equal(&root, &h->root))
		return err_set(e, RC_CORRUPT,
			       "its %" PRIu64 " events do not give the root that its "
			       "head has",
			       h->size);
	if (h->size != 0) {
		const struct event_claim *claim;
		rc = event_parse(x->a, x->last, x->last_len, &claim, e);
		if (rc != RC_OK || event_claimed(claim)->iat_us != h->last_iat_us ||
		    strcmp(event_claimed(claim)->log, h->origin) != 0)
			return err_set(e, RC_CORRUPT,
				       "its last event is not of the log and time that "
				       "its head says");
	} else if (h->last_iat_us != 0) {
		return err_set(e, RC_CORRUPT, "it has no events, but a last one");
	}
	/* Also without a note: (0, the empty root). */
	if (!x->signed_seen)
		return err_set(e, RC_CORRUPT,
			       "a head of %" PRIu64
			       " events was signed, and it has %" PRIu64,
			       h->signed_size, h->size);
	if (h->signed_size != 0 || h->signed_note[0] != '\0')
		rc = note_check(x, x->a, "the signed head", h->signed_note,
				h->signed_size, &h->signed_root, true, e);
	if (rc == RC_OK && (h->pending_size != 0 || h->pending_note[0] != '\0'))
		rc = note_check(x, x->a, "the pending head", h->pending_note,
				h->pending_size, &h->pending_root, true, e);
	struct hash none;
	hash_bytes("", 0, &none);
	if (rc == RC_OK && h->pending_size == 0 && !hash_equal(&h->pending_root, &none))
		rc = err_set(e, RC_CORRUPT, "nothing is pending, with a root");
	return rc;
}

/* Receipts for more than is here are of an old copy: they are still what was signed. */
static enum rc
rest_check(struct check *x, struct err *e)
{
	const struct log_receipt *r;
	size_t n;
	enum rc rc = store_receipts(x->s, x->a, x->h.channel, x->h.party, x->h.size,
				    INT64_MAX, &r, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = receipt_check(x, x->a, &r[i], e);
	return rc;
}

static enum rc
origin_check(const struct check *x, const struct channel_row *c,
	     const struct identity_log *writer, struct err *e)
{
	const char *want =
		arena_printf(x->a, "%s/c/%s/e", writer->entry[0]->org, c->name);

	if (strncmp(x->h.origin, want, strlen(want)) != 0)
		return err_set(e, RC_CORRUPT,
			       "its name is not that of its writer and "
			       "channel");
	return RC_OK;
}

/* A long one says how far it is, and ends when the process is to end. */
static enum rc
go_on(struct check *x, struct err *e)
{
	int64_t now_us = clock_mono_us();
	sigset_t waits;

	sigemptyset(&waits);
	(void)sigpending(&waits);
	if (sigismember(&waits, SIGTERM) == 1 || sigismember(&waits, SIGINT) == 1)
		return err_set(e, RC_UNAVAILABLE,
			       "stopped while it compared the log %s with its hashes",
			       x->h.origin);
	if (now_us - x->told_us < PROGRESS_US)
		return RC_OK;
	x->told_us = now_us;
	log_line(LOG_INFO, "log.check", "log=%s events=%" PRIu64 " of=%" PRIu64,
		 x->h.origin, x->edge.size, x->h.size);
	return RC_OK;
}

static enum rc
check_one(struct check *x, const struct channel_row *c, enum party party, struct err *e)
{
	const char *hex = NULL;
	char want[HASH_HEX_LEN + 1];
	struct hash digest;
	int64_t above = 0;
	enum rc rc = store_head(x->s, x->a, c->channel, party, &x->h, e);

	if (rc != RC_OK)
		return rc == RC_NOT_FOUND ? err_set(e, RC_CORRUPT, "its head is gone")
					  : rc;
	hash_bytes(x->h.origin, strlen(x->h.origin), &digest);
	rc = store_text(x->s, x->a, &SQL_HEAD_HEX,
			(struct db_param[]){DB_P_INT(c->channel), DB_P_INT(party)}, &hex,
			e);
	if (rc == RC_OK && (hex == NULL || strcmp(hex, hash_hex(&digest, want)) != 0))
		rc = err_set(e, RC_CORRUPT, "its name is not that of its hash");
	if (rc == RC_OK)
		rc = origin_check(x, c, x->writer, e);
	if (rc == RC_OK)
		rc = store_int(x->s, &SQL_RECEIPT_NTH,
			       (struct db_param[]){DB_P_INT(c->channel), DB_P_INT(party),
						   DB_P_INT(SIGNATURES_MAX)},
			       0, &above, e);
	x->verify_above = (uint64_t)above;
	if (rc == RC_OK)
		rc = heads_compare(x, e);
	while (rc == RC_OK && x->edge.size < x->h.size) {
		uint64_t left = x->h.size - x->edge.size;
		rc = page_check(x, x->edge.size + (left < PAGE ? left : PAGE), e);
		if (rc == RC_OK)
			rc = go_on(x, e);
	}
	if (rc == RC_OK)
		rc = head_check(x, e);
	return rc == RC_OK ? rest_check(x, e) : rc;
}

/* ---- a channel ------------------------------------------------------------------------
 */

static enum party
party_of_peer(const struct channel_row *c)
{
	return c->own_party == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* Whose keys everything else is verified with. */
static enum rc
parties_check(struct store *s, struct arena *a, const struct channel_row *c,
	      struct identity_log *peer, struct err *e)
{
	const struct channel_offer *offer;
	const struct identity *id;
	struct err why = ERR_INIT;
	enum rc rc = store_identity_log(s, a, c->peer_org, peer, &why);

	if (rc != RC_OK || peer->n == 0)
		return err_set(e, RC_CORRUPT, "the keys of its other side: %s",
			       rc == RC_OK ? "they are gone" : why.text);
	rc = introduction_parse(a, c->introduction, strlen(c->introduction), &id, &offer,
				&why);
	if (rc != RC_OK)
		return err_set(e, RC_CORRUPT, "its introduction: %s", why.text);
	if (strcmp(id->org, c->peer_org) != 0 || strcmp(offer->channel, c->name) != 0 ||
	    !hash_equal(&offer->policy_sha256, &c->policy_sha256) ||
	    peer->entry[0]->role != party_of_peer(c))
		return err_set(e, RC_CORRUPT, "its introduction is that of another");
	return RC_OK;
}

static enum rc
channel_check(struct store *s, struct arena *a, const struct identity_log *own,
	      const struct channel_row *c, struct err *e)
{
	struct identity_log *peer = ARENA_NEW(a, struct identity_log);
	enum rc rc = parties_check(s, a, c, peer, e);

	if (rc != RC_OK)
		err_prefix(e, "channel %s", c->name);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct check *x = ARENA_NEW(a, struct check);
		bool ours = (enum party)p == c->own_party;
		x->s = s;
		x->a = a;
		x->writer = ours ? own : peer;
		x->cosigner = ours ? peer : own;
		x->told_us = clock_mono_us();
		rc = check_one(x, c, (enum party)p, e);
		if (rc == RC_CORRUPT)
			err_prefix(e, "log %s/c/%s", x->writer->entry[0]->org, c->name);
	}
	return rc;
}

enum rc
log_check(struct store *s, const struct identity_log *own, const struct channel_row *c,
	  struct err *e)
{
	struct arena *a = arena_create();
	struct err found = ERR_INIT;
	enum rc rc = channel_check(s, a, own, c, &found);

	if (rc == RC_CORRUPT)
		err_rule(e, rc, "protocol 6",
			 "the store is damaged: %s. Nothing is signed for %s. Stop the "
			 "node, put back the newest copy of the store that is whole, "
			 "leave the file marks, start: the rest comes from %s",
			 found.text, c->peer_org, c->peer_org);
	else if (rc != RC_OK)
		err_set(e, rc, "%s", found.text);
	arena_free(a);
	return rc;
}

/* ---- what is of no one channel ----------------------------------------------------- */

#define MEND                                                                             \
	"Put back the newest copy of the store that is whole and leave the file marks: " \
	"the rest comes from the peers"

struct policies {
	struct store *s;
	struct arena *a;
};

static enum rc
on_policy(void *arg, const struct db_row *row, struct err *e)
{
	const struct policies *x = arg;
	const struct db_driver *drv = x->s->drv;
	const char *name = store_col_text(x->s, x->a, row, 1);
	const struct policy *p;
	struct err why = ERR_INIT;
	size_t len, text_len;
	const uint8_t *digest = drv->col_blob(row, 0, &len);
	const char *text = drv->col_text(row, 3, &text_len);
	enum rc rc = policy_parse(x->a, text, text_len, &p, &why);

	if (rc == RC_OK && len == HASH_LEN &&
	    memcmp(p->sha256.b, digest, HASH_LEN) == 0 && strcmp(p->name, name) == 0 &&
	    p->version == (uint64_t)drv->col_int(row, 2))
		return RC_OK;
	return err_set(e, RC_CORRUPT,
		       "the store is damaged: the text of the policy %s is not what was "
		       "stored. " MEND,
		       name);
}

enum rc
log_check_store(struct store *s, struct err *e)
{
	struct policies x = {s, arena_create()};
	int64_t stray = 0;
	enum rc rc = store_run(s, &SQL_POLICY_ALL, NULL, on_policy, &x, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_RECEIPT_STRAY, NULL, 0, &stray, e);
	if (rc == RC_OK && stray != 0)
		rc = err_set(e, RC_CORRUPT,
			     "the store is damaged: %" PRId64
			     " receipts are of no log. " MEND,
			     stray);
	arena_free(x.a);
	return rc;
}
