/*
 * What we send to a peer, and what others may read: our log's checkpoint, tiles and
 * proofs.
 *
 * The schedule of retries is in the store: for ever, exponential from 1 s to 5 min with
 * full jitter; a restart does not forget since when a peer has been silent.
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/exchange.h"
#include "service/node_int.h"
#include "store/store_sql.h"

enum {
	RETRY_FIRST_US = 1000000,
	RETRY_MAX_US = 300 * 1000000,
	RETRY_SHIFT_MAX = 9,
	PUSH_ENTRIES_MAX = MIRROR_PACKAGE * MIRROR_PACKAGES_MAX,
	PUSH_BYTES_MAX = 12 << 20, /* of entries; the limit of a body is 16 MiB */
	ADOPT_SIG_MAX = 200,
};

struct delivery {
	struct store *s;
	struct arena *a;
	int64_t attempts, next_us, failed_us;
	uint64_t peer_size, peer_next;
};

static enum rc
on_delivery(void *arg, const struct db_row *row, struct err *e)
{
	struct delivery *d = arg;

	(void)e;
	d->attempts = d->s->drv->col_int(row, 0);
	d->next_us = d->s->drv->col_int(row, 1);
	d->failed_us = d->s->drv->col_int(row, 2);
	d->peer_size = (uint64_t)d->s->drv->col_int(row, 3);
	d->peer_next = (uint64_t)d->s->drv->col_int(row, 4);
	return RC_OK;
}

static enum rc
delivery_get(struct store *s, int64_t channel, struct delivery *ret, struct err *e)
{
	*ret = (struct delivery){.s = s};
	return store_run(s, &SQL_DELIVERY_GET, (struct db_param[]){DB_P_INT(channel)},
			 on_delivery, ret, e);
}

static enum rc
delivery_put(struct store *s, int64_t channel, const struct delivery *d,
	     const char *reason, struct err *e)
{
	return store_run(s, &SQL_DELIVERY_PUT,
			 (struct db_param[]){DB_P_INT(channel), DB_P_INT(d->attempts),
					     DB_P_INT(d->next_us), DB_P_INT(d->failed_us),
					     DB_P_TEXT(reason), DB_P_INT(d->peer_size),
					     DB_P_INT(d->peer_next)},
			 NULL, NULL, e);
}

static enum rc
identity_of_peer(struct store *s, struct arena *a, const struct channel_row *c,
		 const struct identity **ret, struct err *e)
{
	const char *wire;
	enum rc rc = store_text(s, a, &SQL_IDENTITY_GET,
				(struct db_param[]){DB_P_TEXT(c->peer_org)}, &wire, e);

	*ret = NULL;
	if (rc != RC_OK || wire == NULL)
		return rc;
	return identity_parse(a, wire, strlen(wire), NULL, ret, e);
}

static void
peer_fill(const struct channel_row *c, const struct identity *id,
	  struct exchange_peer *ret)
{
	*ret = (struct exchange_peer){.id = c->channel,
				      .org = id->org,
				      .url = id->url,
				      .n_tls_spki = id->n_tls_spki};
	memcpy(ret->tls_spki, id->tls_spki, sizeof(ret->tls_spki));
}

enum rc
exchange_peers(struct node *nd, struct arena *a, const struct exchange_peer **ret,
	       size_t *ret_n, struct err *e)
{
	const struct channel_row *rows;
	struct exchange_peer *peers = NULL;
	struct store *s;
	size_t n = 0, found = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_channels(s, a, &rows, &n, e);
	if (rc == RC_OK)
		peers = arena_array(a, n, sizeof(*peers));
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct identity *id = NULL;
		rc = identity_of_peer(s, a, &rows[i], &id, e);
		if (rc == RC_OK && id != NULL)
			peer_fill(&rows[i], id, &peers[found++]);
	}
	reader_put(nd, s);
	*ret = peers;
	*ret_n = found;
	return rc;
}

enum rc
exchange_peer_of_key(struct node *nd, const struct hash *spki, int64_t *ret_peer,
		     struct err *e)
{
	struct arena *a = arena_create();
	const struct exchange_peer *peers = NULL;
	size_t n = 0;
	enum rc rc = exchange_peers(nd, a, &peers, &n, e);

	if (rc == RC_OK)
		rc = err_rule(e, RC_DENIED, "protocol 5",
			      "the TLS key is that of no introduced peer");
	for (size_t i = 0; rc == RC_DENIED && i < n; i++)
		for (size_t k = 0; k < peers[i].n_tls_spki; k++)
			if (hash_equal(&peers[i].tls_spki[k], spki)) {
				*ret_peer = peers[i].id;
				rc = RC_OK;
			}
	arena_free(a);
	return rc;
}

/* What of `leaves` goes into one upload, cut at multiples of 256, with its proofs. */
static enum rc
packages_make(struct store *s, struct arena *a, const struct log_head *h, uint64_t from,
	      uint64_t to, struct mirror_entries *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct mirror_package *packages =
		arena_array(a, MIRROR_PACKAGES_MAX, sizeof(*packages));
	struct log_leaf *leaves;
	size_t bytes = 0;
	enum rc rc = store_leaves(s, a, h->channel, h->party, from, to, &leaves, e);

	for (uint64_t at = from; rc == RC_OK && at < to;) {
		struct mirror_package *p = &packages[ret->n_packages];
		uint64_t floor = at / MIRROR_PACKAGE * MIRROR_PACKAGE;
		uint64_t end = floor + MIRROR_PACKAGE < to ? floor + MIRROR_PACKAGE : to;
		struct mirror_entry *entries = arena_array(a, end - at, sizeof(*entries));
		struct merkle_proof proof;
		p->start = at;
		p->entries = entries;
		p->n_entries = end - at;
		for (uint64_t i = at; i < end; i++) {
			entries[i - at] = (struct mirror_entry){
				.data = (const uint8_t *)leaves[i - from].jws,
				.len = leaves[i - from].jws_len};
			bytes += leaves[i - from].jws_len + 2;
		}
		if (ret->n_packages != 0 && bytes > PUSH_BYTES_MAX)
			break;
		rc = merkle_prove_subtree(floor, end, h->size, log_tree_get, &tree,
					  &proof, e);
		if (rc == RC_OK && proof.n > MIRROR_PROOF_MAX)
			rc = err_set(e, RC_CORRUPT, "a proof of %zu hashes", proof.n);
		if (rc == RC_OK) {
			memcpy(p->proof, proof.h, proof.n * sizeof(proof.h[0]));
			p->n_proof = proof.n;
			ret->n_packages++;
		}
		at = end;
	}
	ret->packages = packages;
	return rc;
}

/* The disclosures that the entries name and that are not erased. */
static enum rc
disclosures_make(struct store *s, struct arena *a, struct exchange_push *push,
		 struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_DISCLOSURES_MAX);
	enum rc rc = RC_OK;

	for (size_t k = 0; rc == RC_OK && k < push->entries.n_packages; k++) {
		const struct mirror_package *p = &push->entries.packages[k];
		for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
			const struct event_claim *claim;
			const char *text;
			rc = event_parse(a, (const char *)p->entries[i].data,
					 p->entries[i].len, &claim, e);
			const struct event *ev =
				rc == RC_OK ? event_trusted(claim) : NULL;
			for (size_t d = 0; rc == RC_OK && d < ev->n_sd; d++) {
				rc = store_disclosure_get(s, a, &ev->sd[d], &text, e);
				if (rc != RC_OK || text == NULL)
					continue;
				if (b.len != 0)
					buf_putc(&b, '\n');
				buf_puts(&b, text);
			}
		}
	}
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE,
			     "the disclosures of one upload are too large");
	if (rc == RC_OK && b.len != 0) {
		push->disclosures = arena_strndup(a, buf_str(&b), b.len);
		push->disclosures_len = b.len;
	}
	buf_free(&b);
	return rc;
}

static enum rc
push_make(struct node *nd, struct store *s, struct arena *a, int64_t peer,
	  struct exchange_push *ret, int64_t *ret_wait_us, struct err *e)
{
	const struct identity *id = NULL;
	struct channel_row c;
	struct delivery d;
	struct log_receipt last = {0};
	struct log_head h;
	struct merkle_proof proof = {0};
	struct err none = ERR_INIT;
	int64_t now_us = clock_now_us();
	enum rc rc = channel_by_id(s, a, peer, &c, e);

	if (rc == RC_OK)
		rc = identity_of_peer(s, a, &c, &id, e);
	if (rc == RC_OK && id == NULL)
		return err_set(e, RC_NOT_FOUND, "%s is not introduced yet", c.peer_org);
	if (rc == RC_OK)
		rc = delivery_get(s, peer, &d, e);
	if (rc != RC_OK)
		return rc;
	/* A start is a reason to try at once, whatever the schedule says: a peer that
	 * waits to hear from us does not wait out our pause too. */
	if (d.next_us > now_us && nd->called[peer]) {
		*ret_wait_us = d.next_us - now_us;
		return err_set(e, RC_RETRY, "a retry is due later");
	}
	nd->called[peer] = true;
	/* No receipt yet is no failure; an unknown peer was. */
	rc = store_receipt_last(s, a, peer, c.own_party, &last, &none);
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		rc = store_head(s, a, peer, c.own_party, &h, e);
	if (rc != RC_OK)
		return rc;
	bool greet = h.size == last.size;
	if (greet && (h.size == 0 || nd->greeted[peer]))
		return err_set(e, RC_NOT_FOUND, "everything is receipted");
	rc = node_checkpoint(nd, s, a, peer, &h, &ret->checkpoint.note, e);
	if (rc != RC_OK)
		return rc;
	struct exchange_peer *p = ARENA_NEW(a, struct exchange_peer);
	peer_fill(&c, id, p);
	ret->peer = p;
	ret->checkpoint.note_len = strlen(ret->checkpoint.note);
	ret->checkpoint.old = d.peer_size < h.size ? d.peer_size : h.size;
	struct log_tree tree = {.s = s, .channel = h.channel, .party = h.party};
	if (ret->checkpoint.old != 0 && ret->checkpoint.old < h.size)
		rc = merkle_prove_consistency(ret->checkpoint.old, h.size, log_tree_get,
					      &tree, &proof, e);
	memcpy(ret->checkpoint.proof, proof.h, sizeof(ret->checkpoint.proof));
	ret->checkpoint.n_proof = proof.n;
	ret->entries.origin = h.origin;
	uint64_t from =
		d.peer_next > last.size && d.peer_next < h.size ? d.peer_next : last.size;
	uint64_t to = (from + PUSH_ENTRIES_MAX) / MIRROR_PACKAGE * MIRROR_PACKAGE;
	ret->entries.start = from;
	ret->entries.end = h.size;
	if (rc != RC_OK || greet)
		return rc;
	if (rc == RC_OK)
		rc = packages_make(s, a, &h, from, to < h.size ? to : h.size,
				   &ret->entries, e);
	return rc == RC_OK ? disclosures_make(s, a, ret, e) : rc;
}

enum rc
exchange_push_next(struct node *nd, int64_t peer, struct arena *a,
		   struct exchange_push *ret, int64_t *ret_wait_us, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	*ret = (struct exchange_push){0};
	*ret_wait_us = 0;
	if (rc != RC_OK)
		return rc;
	/* Noted before the look: a commit after it ends the wait that may follow. */
	if (peer >= 0 && peer <= NODE_CHANNELS_MAX)
		nd->push_seen[peer] = node_commits(nd);
	/* One reading transaction: head, leaves and nodes are of one moment. */
	rc = s->drv->begin(s->db, false, e);
	if (rc == RC_OK)
		rc = push_make(nd, s, a, peer, ret, ret_wait_us, e);
	s->drv->rollback(s->db);
	reader_put(nd, s);
	return rc;
}

struct outcome {
	int64_t peer;
	uint64_t pending, next;
	const char *why;
	const struct exchange_push *push;
	struct checkpoint cp;
	uint64_t time_s;
	const char *line, *sig;
};

static enum rc
work_resync(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	struct delivery d;
	enum rc rc = delivery_get(w->s, o->peer, &d, e);

	d.peer_size = o->pending;
	if (o->next != EXCHANGE_UNKNOWN)
		d.peer_next = o->next;
	d.next_us = 0;
	return rc == RC_OK ? delivery_put(w->s, o->peer, &d, "", e) : rc;
}

enum rc
exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending, uint64_t next,
		     struct err *e)
{
	struct outcome o = {.peer = peer, .pending = pending, .next = next};
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct channel_row c;
	struct log_head h;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &c, e);
	if (rc == RC_OK)
		rc = store_head(s, a, peer, c.own_party, &h, e);
	if (rc == RC_OK && pending > h.size)
		rc = err_rule(e, RC_CORRUPT, "protocol 6",
			      "the peer has %" PRIu64 " events of ours, we have %" PRIu64
			      ": this node lost some",
			      pending, h.size);
	if (rc == RC_OK)
		rc = writer_run(nd, work_resync, &o, e);
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

static enum rc
work_reached(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	struct delivery d;
	enum rc rc = delivery_get(w->s, o->peer, &d, e);

	d.attempts = d.next_us = d.failed_us = 0;
	return rc == RC_OK ? delivery_put(w->s, o->peer, &d, "", e) : rc;
}

enum rc
exchange_push_greeted(struct node *nd, int64_t peer, struct err *e)
{
	struct outcome o = {.peer = peer};

	nd->greeted[peer] = true;
	return writer_run(nd, work_reached, &o, e);
}

enum rc
exchange_peer_is_back(struct node *nd, struct store *s, int64_t peer, struct err *e)
{
	struct outcome o = {.peer = peer};
	struct delivery d;
	enum rc rc = delivery_get(s, peer, &d, e);

	if (rc != RC_OK || d.next_us == 0 || atomic_load(&nd->push_answered[peer]))
		return rc;
	return writer_run(nd, work_reached, &o, e);
}

static enum rc
work_failed(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	struct delivery d;
	enum rc rc = delivery_get(w->s, o->peer, &d, e);

	if (rc != RC_OK)
		return rc;
	int64_t shift = d.attempts < RETRY_SHIFT_MAX ? d.attempts : RETRY_SHIFT_MAX;
	int64_t longest = (int64_t)RETRY_FIRST_US << shift;
	if (longest > RETRY_MAX_US)
		longest = RETRY_MAX_US;
	d.attempts++;
	d.next_us = w->now_us + 1 + (int64_t)randombytes_uniform((uint32_t)longest);
	if (d.failed_us == 0)
		d.failed_us = w->now_us;
	return delivery_put(w->s, o->peer, &d, o->why, e);
}

enum rc
exchange_push_failed(struct node *nd, int64_t peer, bool answered, const char *why,
		     struct err *e)
{
	struct outcome o = {.peer = peer, .why = why};

	atomic_store(&nd->push_answered[peer], answered);
	return writer_run(nd, work_failed, &o, e);
}

/* Receipts that start a clock are adopted in our log (protocol 4). */
static enum rc
receipt_adopt(struct writer *w, const struct outcome *o, struct err *e)
{
	char hex[HASH_HEX_LEN + 1];
	struct channel_row c;
	int64_t waiting;
	enum rc rc = channel_by_id(w->s, w->a, o->peer, &c, e);

	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_V_CLOCK_WAITING,
			       (struct db_param[]){DB_P_INT(o->peer),
						   DB_P_INT(c.own_party),
						   DB_P_INT(o->cp.size)},
			       0, &waiting, e);
	if (rc != RC_OK || waiting == 0)
		return rc;
	return append_event(
		w,
		&(struct append){
			.channel = o->peer,
			.type = "receipt.adopt",
			.by = "node",
			.body = json_pack("{s:s, s:I, s:s, s:I, s:s}", "log",
					  o->cp.origin, "size", (json_int_t)o->cp.size,
					  "root", hash_hex(&o->cp.root, hex), "time",
					  (json_int_t)o->time_s, "sig", o->sig),
		},
		NULL, e);
}

static enum rc
work_done(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	const struct log_receipt r = {.size = o->cp.size,
				      .root = o->cp.root,
				      .time_s = o->time_s,
				      .note = o->push->checkpoint.note,
				      .line = o->line};
	struct delivery d = {.s = w->s, .peer_size = o->cp.size, .peer_next = o->cp.size};
	struct channel_row c;
	int64_t there;
	enum rc rc = channel_by_id(w->s, w->a, o->peer, &c, e);

	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_RECEIPT_EXISTS,
			       (struct db_param[]){DB_P_INT(o->peer),
						   DB_P_INT(c.own_party),
						   DB_P_INT(o->cp.size)},
			       0, &there, e);
	if (rc == RC_OK && there == 0)
		rc = store_receipt_insert(w->s, o->peer, c.own_party, &r, w->now_us, e);
	if (rc == RC_OK)
		rc = delivery_put(w->s, o->peer, &d, "", e);
	if (rc == RC_OK && there == 0)
		rc = receipt_adopt(w, o, e);
	return rc;
}

/* The peer's receipt line over the checkpoint that we pushed. */
static enum rc
receipt_verify(struct node *nd, struct arena *a, struct outcome *o, const char *lines,
	       size_t len, struct err *e)
{
	const struct identity *id;
	const struct note *note;
	struct channel_row c;
	struct note_key key;
	struct store *s = NULL;
	bool verified[1];
	size_t text_len;
	const char *whole =
		arena_printf(a, "%s%.*s", o->push->checkpoint.note, (int)len, lines);
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, o->peer, &c, e);
	if (rc == RC_OK)
		rc = identity_of_peer(s, a, &c, &id, e);
	reader_put(nd, s);
	if (rc == RC_OK && id == NULL)
		rc = err_set(e, RC_NOT_FOUND, "%s is not introduced", c.peer_org);
	if (rc == RC_OK)
		rc = identity_receipt_key(id, &key, e);
	if (rc == RC_OK)
		rc = note_parse(a, whole, strlen(whole), &note, e);
	if (rc == RC_OK)
		rc = note_verify(note, &key, 1, verified, &o->time_s, e);
	if (rc != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 4",
				"the peer answered without a valid receipt");
	const char *text = note_text(note, &text_len);
	rc = checkpoint_parse(a, text, text_len, &o->cp, e);
	o->line = note_line_of(a, note, &key);
	/* "— <name> <base64>" LF: the event keeps the last word. */
	const char *space = o->line == NULL ? NULL : strrchr(o->line, ' ');
	if (rc == RC_OK && (space == NULL || strlen(space) > ADOPT_SIG_MAX))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 4", "no receipt line");
	if (rc == RC_OK)
		o->sig = arena_strndup(a, space + 1, strcspn(space + 1, "\n"));
	return rc;
}

enum rc
exchange_push_done(struct node *nd, int64_t peer, const struct exchange_push *push,
		   const char *lines, size_t len, struct err *e)
{
	enum { LINES_MAX = 16384 };
	struct outcome o = {.peer = peer, .push = push};
	struct arena *a = arena_create();
	enum rc rc = len > LINES_MAX ? err_rule(e, RC_UNPROCESSABLE, "protocol 4",
						"the receipt is too long")
				     : receipt_verify(nd, a, &o, lines, len, e);

	if (rc == RC_OK)
		rc = writer_run(nd, work_done, &o, e);
	if (rc == RC_OK)
		nd->greeted[peer] = true;
	arena_free(a);
	return rc;
}

bool
exchange_push_wait(struct node *nd, int64_t peer, int64_t timeout_us)
{
	uint64_t seen = peer >= 0 && peer <= NODE_CHANNELS_MAX ? nd->push_seen[peer]
							       : node_commits(nd);

	return node_wait(nd, seen, timeout_us);
}
