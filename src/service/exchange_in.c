/*
 * What a peer sends us: a pending checkpoint, then the entries below it, then our
 * receipt.
 *
 * Signatures, chaining and proofs are checked on the caller's thread; the writer stores
 * what was verified if the log still stands where it stood.  The receipt is made only
 * after that is durable, and is itself stored before it is given out (protocol 4).
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "service/evidence.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

/* Of one upload, read outside the writer. */
enum { DISCLOSED_BYTES_MAX = 32 << 20 };

/* A verified upload on its way to the writer. */
struct upload {
	struct log_head head; /* as it was when we looked */
	struct signed_claim *claims;
	size_t n_claims;
	const struct event **events; /* the claims whose signature was checked */
	size_t n_events;
	/* Of each event, or NULL: the fold looks for them. */
	const struct disclosure **disclosed;
	uint64_t erasures; /* before they were read */
	size_t n;
	struct merkle_edge edge; /* after them */
	struct hash root;
	struct checkpoint pending;
	struct peer_keys keys;
	const char *receipt_line;
	uint64_t receipt_time_s;
	struct brought *brought;  /* disclosures that came for it */
	uint64_t disclosed_bytes; /* of the store's that the new events name */
	uint64_t rest_bytes;	/* of `brought` that they do not name, now in the store */
	const char *own_origin; /* of our log to them */
	uint64_t acked;		/* how much of that the events say they have */
};

/* The newest entry: what comes now is signed with its log key. */
static enum rc
peer_identity(struct store *s, struct arena *a, int64_t channel,
	      const struct identity **ret, struct err *e)
{
	struct channel_row c;
	enum rc rc = channel_by_id(s, a, channel, &c, e);

	if (rc == RC_OK)
		rc = exchange_identity(s, a, &c, ret, e);
	if (rc == RC_OK && *ret == NULL)
		rc = err_rule(e, RC_DENIED, "protocol 5", "%s is not introduced here",
			      c.peer_org);
	return rc;
}

enum rc
exchange_head_of_peer(struct store *s, struct arena *a, int64_t peer, const char *origin,
		      struct log_head *ret, struct err *e)
{
	struct channel_row c;
	enum rc rc = store_head_by_origin(s, a, origin, ret, e);

	if (rc == RC_NOT_FOUND)
		return err_rule(e, RC_NOT_FOUND, "protocol 1", "unknown origin %s",
				origin);
	if (rc == RC_OK)
		rc = channel_by_id(s, a, ret->channel, &c, e);
	if (rc == RC_OK && (ret->channel != peer || ret->party == c.own_party))
		rc = err_rule(e, RC_DENIED, "protocol 5", "%s is not your log", origin);
	return rc;
}

struct pend {
	struct log_head head;
	struct checkpoint cp;
	const char *note;
};

static enum rc
work_pend(struct writer *w, void *arg, struct err *e)
{
	const struct pend *p = arg;
	struct log_head now;
	enum rc rc = store_head(w->s, w->a, p->head.channel, p->head.party, &now, e);

	if (rc == RC_OK && now.pending_size != p->head.pending_size)
		rc = err_set(e, RC_RETRY, "another upload moved the pending checkpoint");
	return rc == RC_OK ? store_head_set_pending(w->s, &now, p->cp.size, &p->cp.root,
						    p->note, e)
			   : rc;
}

enum rc
exchange_add_checkpoint(struct node *nd, int64_t peer,
			const struct mirror_checkpoint *req, uint64_t *ret_size,
			struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	const struct identity *id;
	const struct note *note;
	struct note_key key;
	struct pend p = {0};
	bool verified[1];
	size_t text_len;
	enum rc rc = note_parse(a, req->note, req->note_len, &note, e);

	if (rc != RC_OK)
		goto out;
	const char *text = note_text(note, &text_len);
	rc = checkpoint_parse(a, text, text_len, &p.cp, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = exchange_head_of_peer(s, a, peer, p.cp.origin, &p.head, e);
	if (rc == RC_OK)
		rc = channel_whole(nd, p.head.channel, e);
	if (rc == RC_OK)
		rc = peer_identity(s, a, p.head.channel, &id, e);
	if (rc == RC_OK)
		rc = identity_log_key(id, p.cp.origin, &key, e);
	if (rc == RC_OK)
		rc = note_verify(note, &key, 1, verified, NULL, e);
	if (rc == RC_OK)
		rc = exchange_fraud_look(nd, s, a, &p.head, &p.cp, req, e);
	if (rc == RC_OK)
		rc = channel_takes(nd, peer, e);
	if (rc != RC_OK)
		goto out;
	if (req->old > p.cp.size) {
		rc = err_rule(e, RC_INVALID, "protocol 1", "old is larger than the size");
		goto out;
	}
	*ret_size = p.head.pending_size;
	if (req->old != p.head.pending_size) {
		rc = err_rule(e, RC_CONFLICT, "protocol 1",
			      "old is %" PRIu64 ", stored are %" PRIu64, req->old,
			      p.head.pending_size);
		goto out;
	}
	rc = merkle_verify_consistency(req->old, &p.head.pending_root, p.cp.size,
				       &p.cp.root, req->proof, req->n_proof, e);
	if (rc == RC_OK && p.cp.size != p.head.pending_size) {
		p.note = arena_strndup(a, req->note, req->note_len);
		rc = writer_run(nd, work_pend, &p, e);
	}
	if (rc == RC_OK)
		rc = exchange_peer_is_back(nd, s, peer, e);
out:
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/* The disclosures of one event, which must be here: what the fold needs of them is read
 * outside the writer, as far as DISCLOSED_BYTES_MAX goes. */
static enum rc
disclosures_present(struct store *s, struct arena *a, const struct event *ev,
		    struct upload *u, const struct disclosure **ret, struct err *e)
{
	struct disclosure *d = arena_array(a, ev->n_sd, sizeof(*d));
	bool all = u->disclosed_bytes < DISCLOSED_BYTES_MAX;

	for (size_t i = 0; i < ev->n_sd; i++) {
		const struct brought_row *brought = brought_find(u->brought, &ev->sd[i]);
		struct err why = ERR_INIT;
		const char *text;
		if (brought != NULL) {
			d[i] = brought->said;
			continue;
		}
		enum rc rc = store_disclosure_get(s, a, &ev->sd[i], &text, &why);
		if (rc == RC_NOT_FOUND)
			return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
					"disclosure %zu of event %" PRIu64
					" did not come before it",
					i, ev->seq);
		if (rc == RC_OK && text != NULL && all)
			rc = event_disclosure_read(a, text, strlen(text), &d[i], &why);
		if (rc != RC_OK)
			return err_set(e, rc, "%s", why.text);
		u->disclosed_bytes += text == NULL ? 0 : strlen(text);
	}
	*ret = all ? d : NULL;
	return RC_OK;
}

/* Files come before the event that names them; a tombstone stands for an erased one. */
static enum rc
blobs_present(struct store *s, int64_t channel, const struct event *ev, struct err *e)
{
	for (size_t i = 0; i < ev->n_blobs; i++) {
		struct file_row row;
		enum rc rc = evidence_file_get(s, channel, &ev->blobs[i], &row, e);
		if (rc == RC_NOT_FOUND || (rc == RC_OK && row.state == FILE_PART))
			return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
					"blob %zu of event %" PRIu64
					" did not come before it",
					i, ev->seq);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* What was here when it was looked at may have been too old since. */
static enum rc
blobs_name(struct store *s, int64_t channel, const struct event *ev, struct err *e)
{
	enum rc rc = blobs_present(s, channel, ev, e);

	for (size_t i = 0; rc == RC_OK && i < ev->n_blobs; i++)
		rc = store_run(s, &SQL_EVIDENCE_FILE_NAME,
			       (struct db_param[]){DB_P_INT(channel),
						   DB_P_BLOB(ev->blobs[i].b, HASH_LEN)},
			       NULL, NULL, e);
	return rc;
}

/* The signatures of the claims so far. */
static enum rc
signed_so_far(const struct node *nd, struct upload *u, struct err *e)
{
	size_t from = u->n_events;

	u->n_events = u->n_claims;
	return exchange_signed_check(nd, u->claims + from, u->n_claims - from,
				     u->events + from, e);
}

/* Tier 1 of one entry that continues the log at `seq`, but for its signature.  *prev, the
 * leaf before it, becomes its own. */
static enum rc
entry_check(struct node *nd, struct store *s, struct arena *a, struct upload *u,
	    uint64_t seq, const struct mirror_entry *entry, struct hash *prev,
	    struct err *e)
{
	const struct log_head *h = &u->head;
	struct signed_claim *c = &u->claims[u->n_claims];
	enum rc rc = event_parse(a, (const char *)entry->data, entry->len, &c->claim, e);

	if (rc != RC_OK)
		return rc;
	const struct event *said = event_claimed(c->claim);
	if (strcmp(said->log, h->origin) != 0 || said->seq != seq)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"event says %s %" PRIu64 " but lies at %s %" PRIu64,
				said->log, said->seq, h->origin, seq);
	/* New keys are taken from a log that is signed up to there. */
	if (identity_is_rekey(said, h->party))
		rc = signed_so_far(nd, u, e);
	if (rc == RC_OK)
		rc = peer_keys_for(&u->keys, said, &c->key, e);
	if (rc != RC_OK)
		return rc;
	u->n_claims++;
	if (seq != 0 && (!said->has_prev || !hash_equal(&said->prev, prev)))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"prev of event %" PRIu64 " is not the leaf before it",
				seq);
	*prev = said->leaf;
	rc = disclosures_present(s, a, said, u, &u->disclosed[u->n], e);
	return rc == RC_OK ? blobs_present(s, h->channel, said, e) : rc;
}

/* The hash of the subtree [floor256(start), start + n) from stored leaves and new ones.
 */
static enum rc
package_root(struct store *s, const struct log_head *h, const struct mirror_package *p,
	     struct hash *ret, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct merkle_edge edge = {0};
	enum rc rc = RC_OK;

	/* The lower levels of the whole tree's edge are the edge of this subtree. */
	if (p->start % MIRROR_PACKAGE != 0)
		rc = merkle_edge_load(p->start, log_tree_get, &tree, &edge, e);
	edge.size %= MIRROR_PACKAGE;
	for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
		struct hash leaf;
		merkle_leaf(p->entries[i].data, p->entries[i].len, &leaf);
		rc = merkle_append(&edge, &leaf, NULL, NULL, e);
	}
	if (rc == RC_OK)
		merkle_root(&edge, ret);
	return rc;
}

/* Entries that we have must be the same bytes: (log, seq) is the idempotency key. */
static enum rc
entry_same(struct store *s, struct arena *a, const struct log_head *h, uint64_t seq,
	   const struct mirror_entry *entry, struct err *e)
{
	struct log_leaf *have;
	enum rc rc = store_leaves(s, a, h->channel, h->party, seq, seq + 1, &have, e);

	if (rc == RC_OK && (have[0].jws_len != entry->len ||
			    memcmp(have[0].jws, entry->data, entry->len) != 0))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 2",
			      "event %" PRIu64
			      " was received with other bytes: this is fraud",
			      seq);
	return rc;
}

/* Entries that are not of the pending head: is one of them a second event with the number
 * of one that is here (protocol 7)? */
static enum rc
second_look(struct store *s, struct arena *a, const struct upload *u,
	    const struct mirror_package *p, struct err *e)
{
	const struct log_head *h = &u->head;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < p->n_entries && p->start + i < h->size;
	     i++) {
		const struct mirror_entry *other = &p->entries[i];
		struct log_leaf *have;
		rc = store_leaves(s, a, h->channel, h->party, p->start + i,
				  p->start + i + 1, &have, e);
		if (rc == RC_OK && (have[0].jws_len != other->len ||
				    memcmp(have[0].jws, other->data, other->len) != 0))
			return exchange_fraud_event(u->keys.nd, s, a, h, &have[0], other,
						    e);
	}
	return rc;
}

static void
acked_note(struct upload *u)
{
	for (size_t i = 0; i < u->n; i++) {
		const struct event_head *ack = &u->events[i]->ack;
		if (strcmp(ack->log, u->own_origin) == 0 && ack->size > u->acked)
			u->acked = ack->size;
	}
}

/* Who acknowledges more than there is has what we lost (protocol 6): it is asked, and
 * nothing of ours is signed meanwhile.  The events themselves are taken. */
static enum rc
acked_look(struct node *nd, struct store *s, struct arena *a, const struct upload *u,
	   struct err *e)
{
	const struct exchange_peer *them;
	struct channel_row c;
	struct log_head own;
	enum rc rc = channel_by_id(s, a, u->head.channel, &c, e);

	if (rc == RC_OK)
		rc = store_head(s, a, u->head.channel, c.own_party, &own, e);
	if (rc != RC_OK || u->acked <= own.size)
		return rc;
	rc = exchange_peer_get(s, a, &c, &them, e);
	if (rc == RC_OK)
		recovery_suspect(nd, &c, exchange_is_called(them), u->acked, own.size);
	return rc;
}

static enum rc
entries_check(struct node *nd, struct store *s, struct arena *a,
	      const struct mirror_package *p, struct hash *prev, struct upload *u,
	      struct err *e)
{
	const struct log_head *h = &u->head;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < p->n_entries; i++) {
		uint64_t seq = p->start + i;
		if (seq < h->size) {
			rc = entry_same(s, a, h, seq, &p->entries[i], e);
			continue;
		}
		rc = entry_check(nd, s, a, u, seq, &p->entries[i], prev, e);
		if (rc == RC_OK)
			rc = merkle_append(&u->edge, prev, NULL, NULL, e);
		if (rc == RC_OK)
			u->n++;
	}
	return rc;
}

/* All signatures; of what is wrong with an upload that which comes first is said. */
static enum rc
signed_check(const struct node *nd, struct upload *u, enum rc others, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = signed_so_far(nd, u, &why);

	if (rc == RC_OK)
		return others;
	*e = why;
	return rc;
}

static enum rc
packages_check(struct node *nd, struct store *s, struct arena *a,
	       const struct mirror_entries *req, struct upload *u, struct err *e)
{
	const struct log_head *h = &u->head;
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct hash prev = {0};
	struct err none = ERR_INIT;
	size_t cap = 0;
	enum rc rc = merkle_edge_load(h->size, log_tree_get, &tree, &u->edge, e);

	if (rc == RC_OK && h->size != 0)
		rc = log_tree_get(&tree, 0, h->size - 1, &prev, e);
	for (size_t k = 0; k < req->n_packages; k++)
		cap += req->packages[k].n_entries;
	u->claims = arena_array(a, cap, sizeof(*u->claims));
	u->events = arena_array(a, cap, sizeof(const struct event *));
	u->disclosed = arena_array(a, cap, sizeof(const struct disclosure *));
	for (size_t k = 0; rc == RC_OK && k < req->n_packages; k++) {
		const struct mirror_package *p = &req->packages[k];
		struct hash root;
		if (p->start > h->size + u->n)
			rc = err_rule(e, RC_CONFLICT, "protocol 1",
				      "entries are missing");
		else
			rc = package_root(s, h, p, &root, e);
		if (rc == RC_OK)
			rc = merkle_verify_subtree(
				p->start / MIRROR_PACKAGE * MIRROR_PACKAGE,
				p->start + p->n_entries, &root, u->pending.size,
				&u->pending.root, p->proof, p->n_proof, e);
		enum rc look = RC_OK;
		if (rc == RC_UNPROCESSABLE)
			look = second_look(s, a, u, p, &none);
		if (look != RC_OK)
			return err_set(e, look, "%s", none.text);
		if (rc == RC_OK)
			rc = entries_check(nd, s, a, p, &prev, u, e);
	}
	merkle_root(&u->edge, &u->root);
	rc = signed_check(nd, u, rc, e);
	if (rc == RC_OK)
		acked_note(u);
	return rc;
}

/* What an event discloses is its own: erasing it must not take what another one says. */
static enum rc
disclosures_name(struct writer *w, struct upload *u, const struct event *ev,
		 struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < ev->n_sd; i++) {
		struct brought_row *brought = brought_find(u->brought, &ev->sd[i]);
		if (brought == NULL) {
			rc = store_disclosure_name(w->s, &ev->sd[i], e);
		} else {
			rc = store_disclosure_take(w->s, &ev->sd[i], brought->text,
						   brought->len, w->now_us, e);
			brought->named = true;
		}
		if (rc != RC_OK)
			err_prefix(e, "disclosure %zu of event %" PRIu64, i, ev->seq);
	}
	return rc;
}

static enum rc
work_store(struct writer *w, void *arg, struct err *e)
{
	struct upload *u = arg;
	struct log_tree tree = {
		.s = w->s, .channel = u->head.channel, .party = u->head.party};
	int64_t last_iat_us = u->head.last_iat_us;
	/* What was erased since must not come into the views. */
	bool same = u->erasures == atomic_load(&w->nd->erasures);
	struct merkle_edge edge;
	enum rc rc = merkle_edge_load(u->head.size, log_tree_get, &tree, &edge, e);

	/* The fold of the event that brings them asks for them. */
	if (rc == RC_OK)
		rc = peer_keys_store(w, &u->keys, e);
	for (size_t i = 0; rc == RC_OK && i < u->n; i++) {
		const struct event *ev = u->events[i];
		struct log_leaf leaf = {
			.jws = ev->jws, .jws_len = ev->jws_len, .leaf = ev->leaf};
		/* Each has its own: feeds go on from the last one that they gave out. */
		rc = store_leaf_insert(w->s, u->head.channel, u->head.party, ev->seq,
				       &leaf, writer_stored_us(w), e);
		w->now_us++;
		if (rc == RC_OK)
			rc = merkle_append(&edge, &ev->leaf, log_tree_put, &tree, e);
		if (rc == RC_OK)
			rc = blobs_name(w->s, u->head.channel, ev, e);
		if (rc == RC_OK)
			rc = disclosures_name(w, u, ev, e);
		if (rc == RC_OK)
			rc = view_apply(w->v, w->a, u->head.channel, u->head.party, ev,
					same ? u->disclosed[i] : NULL, NULL, e);
		last_iat_us = ev->iat_us;
	}
	if (rc == RC_OK)
		rc = brought_store_rest(w, u->brought, &u->rest_bytes, e);
	if (rc == RC_OK)
		rc = store_head_advance(w->s, &u->head, u->head.size + u->n, &u->root,
					last_iat_us, e);
	if (rc == RC_OK && u->head.size + u->n == u->head.pending_size)
		rc = store_head_set_signed(w->s, &u->head, e);
	return rc;
}

static enum rc
work_receipt(struct writer *w, void *arg, struct err *e)
{
	const struct upload *u = arg;
	const struct log_receipt r = {.size = u->pending.size,
				      .root = u->pending.root,
				      .time_s = u->receipt_time_s,
				      .note = u->head.pending_note,
				      .line = u->receipt_line};

	return store_receipt_insert(w->s, u->head.channel, u->head.party, &r, w->now_us,
				    e);
}

/* Our cosignature over the pending checkpoint, all of whose entries are stored. */
static enum rc
receipt_make(struct node *nd, struct store *s, struct arena *a, struct upload *u,
	     struct exchange_answer *ret, struct err *e)
{
	struct log_tree tree = {
		.s = s, .channel = u->head.channel, .party = u->head.party};
	struct merkle_proof proof = {0};
	struct log_receipt old;
	struct hash mark_root;
	uint64_t mark = 0;
	struct note_key key;
	struct err none = ERR_INIT;
	enum rc rc =
		store_receipt_last(s, a, u->head.channel, u->head.party, &old, &none);

	if (rc == RC_OK && old.size == u->pending.size) {
		ret->cosignature = old.line;
		return RC_OK;
	}
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", none.text);
	rc = signer_mark(nd->signer, u->pending.origin, &mark, &mark_root, &none);
	if (rc == RC_OK && mark != 0 && mark < u->pending.size)
		rc = merkle_prove_consistency(mark, u->pending.size, log_tree_get, &tree,
					      &proof, e);
	else if (rc == RC_NOT_FOUND)
		rc = RC_OK;
	if (rc == RC_OK)
		rc = identity_receipt_key(nd->id, &key, e);
	u->receipt_time_s = (uint64_t)(clock_now_us() / CLOCK_US_PER_S);
	fault_point("receipt.before");
	if (rc == RC_OK)
		rc = signer_cosign(nd->signer, a, key.name, u->receipt_time_s,
				   &u->pending, &proof, &u->receipt_line, e);
	fault_point("receipt.after");
	if (rc != RC_OK)
		return rc;
	/* Asked again after a crash, the signer gives the bytes of the first time. */
	struct buf text = BUF_INIT(NOTE_TEXT_MAX);
	checkpoint_put(&text, &u->pending);
	rc = note_line_verify(u->receipt_line, strlen(u->receipt_line), &key,
			      buf_str(&text), text.len, &u->receipt_time_s, e);
	buf_free(&text);
	if (rc == RC_OK)
		rc = writer_run(nd, work_receipt, u, e);
	if (rc == RC_OK || rc == RC_CONFLICT) /* CONFLICT: a retry beside us stored it */
		ret->cosignature = u->receipt_line;
	return rc == RC_CONFLICT ? RC_OK : rc;
}

/* One upload under way a log; a peer writes one in its channel. */
static bool
upload_enter(struct node *nd, int64_t peer, struct upload *u)
{
	pthread_mutex_lock(&nd->mu);
	bool free_to_go = !nd->uploading[peer];
	nd->uploading[peer] = true;
	u->brought = free_to_go ? nd->brought[peer] : NULL;
	pthread_mutex_unlock(&nd->mu);
	return free_to_go;
}

/* What the stored events name is no longer unreferenced.  What waited for them is theirs,
 * or comes again. */
static void
upload_leave(struct node *nd, int64_t peer, struct upload *u, bool stored)
{
	uint64_t *bytes = &nd->unreferenced_bytes[peer];

	pthread_mutex_lock(&nd->mu);
	nd->uploading[peer] = false;
	nd->brought[peer] = NULL;
	nd->brought_bytes -= brought_bytes(u->brought);
	if (stored) {
		*bytes -= u->disclosed_bytes < *bytes ? u->disclosed_bytes : *bytes;
		*bytes += u->rest_bytes;
	}
	pthread_mutex_unlock(&nd->mu);
	brought_free(u->brought);
}

static enum rc
upload_take(struct node *nd, struct store *s, struct arena *a,
	    const struct mirror_entries *req, struct upload *u,
	    struct exchange_answer *ret, struct err *e)
{
	struct log_head own = {0};

	ret->info = (struct mirror_info){.pending_size = u->head.pending_size,
					 .next_entry = u->head.size};
	if (u->head.pending_size == 0)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 1", "nothing is pending");
	if (req->end != u->head.pending_size || req->start > u->head.size)
		return err_rule(e, RC_CONFLICT, "protocol 1",
				"pending are %" PRIu64 ", the next entry is %" PRIu64,
				u->head.pending_size, u->head.size);
	u->pending = (struct checkpoint){.origin = u->head.origin,
					 .size = u->head.pending_size,
					 .root = u->head.pending_root};
	u->erasures = atomic_load(&nd->erasures);
	enum rc rc = peer_keys_load(nd, s, a, &u->head, &u->keys, e);
	if (rc == RC_OK)
		rc = store_head(s, a, u->head.channel, party_other(u->head.party), &own,
				e);
	u->own_origin = own.origin;
	if (rc == RC_OK)
		rc = packages_check(nd, s, a, req, u, e);
	if (rc == RC_OK)
		rc = acked_look(nd, s, a, u, e);
	if (rc != RC_OK)
		return rc;
	uint64_t size = u->head.size + u->n;
	if (size == u->pending.size && !hash_equal(&u->root, &u->pending.root))
		return err_rule(e, RC_UNPROCESSABLE, "protocol 4",
				"the entries do not give the root of the checkpoint");
	if (u->n != 0)
		rc = writer_run(nd, work_store, u, e);
	ret->info.next_entry = size;
	ret->partial = size < u->pending.size;
	return rc;
}

enum rc
exchange_add_entries(struct node *nd, int64_t peer, const struct mirror_entries *req,
		     struct arena *a, struct exchange_answer *ret, struct err *e)
{
	struct upload u = {0};
	struct store *s = NULL;
	enum rc rc;

	*ret = (struct exchange_answer){0};
	if (!upload_enter(nd, peer, &u))
		return err_rule(e, RC_LIMIT, "protocol 5",
				"another upload to this log is under way");
	rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = exchange_head_of_peer(s, a, peer, req->origin, &u.head, e);
	if (rc == RC_OK)
		rc = channel_whole(nd, peer, e);
	if (rc == RC_OK)
		rc = channel_takes(nd, peer, e);
	if (rc == RC_OK)
		rc = upload_take(nd, s, a, req, &u, ret, e);
	if (rc == RC_OK && !ret->partial)
		rc = receipt_make(nd, s, a, &u, ret, e);
	reader_put(nd, s);
	upload_leave(nd, peer, &u, rc == RC_OK);
	return rc;
}
