/*
 * What a peer sends us: a pending checkpoint, then the entries below it, then our
 * receipt.
 *
 * Signatures, chaining and proofs are checked on the caller's thread (exchange_check.c);
 * the writer stores what was verified if the log still stands where it stood.  The
 * receipt is made only after that is durable, and is itself stored before it is given out
 * (protocol 4).
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "service/alarm.h"
#include "service/exchange.h"
#include "service/exchange_check.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

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
exchange_note_of_peer(struct store *s, struct arena *a, int64_t peer, const char *origin,
		      const struct note *note, const char **ret, struct err *e)
{
	const struct identity *id;
	struct note_key key;
	bool verified[1];
	enum rc rc = peer_identity(s, a, peer, &id, e);

	if (rc == RC_OK)
		rc = identity_log_key(id, origin, &key, e);
	if (rc == RC_OK)
		rc = note_verify(note, &key, 1, verified, NULL, e);
	*ret = rc == RC_OK ? note_alone(a, note, &key) : NULL;
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
	const struct note *note;
	struct pend p = {0};
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
		rc = exchange_note_of_peer(s, a, p.head.channel, p.cp.origin, note,
					   &p.note, e);
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
	if (rc == RC_OK && p.cp.size != p.head.pending_size)
		rc = writer_run(nd, work_pend, &p, e);
	if (rc == RC_OK)
		rc = exchange_peer_is_back(nd, s, peer, e);
out:
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/* What was here when it was looked at may have been too old since. */
static enum rc
blobs_name(struct store *s, int64_t channel, const struct event *ev, struct err *e)
{
	enum rc rc = upload_blobs_present(s, channel, ev, e);

	for (size_t i = 0; rc == RC_OK && i < ev->n_blobs; i++)
		rc = store_run(s, &SQL_EVIDENCE_FILE_NAME,
			       (struct db_param[]){DB_P_INT(channel),
						   DB_P_BLOB(ev->blobs[i].b, HASH_LEN)},
			       NULL, NULL, e);
	return rc;
}

/* Do the events name heads of our log as they were? */
static enum rc
acks_compare(struct store *s, struct upload *u, const struct log_head *own, struct err *e)
{
	uint64_t last = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < u->n && !u->ack_differs; i++) {
		const struct event *ev = u->events[i];
		struct hash here;
		if (ev->ack.size == last || ev->ack.size > own->size ||
		    strcmp(ev->ack.log, own->origin) != 0)
			continue;
		last = ev->ack.size;
		rc = recovery_root(s, u->head.channel, own->party, last, &here, e);
		u->acks = true;
		u->ack_differs = rc == RC_OK && !hash_equal(&here, &ev->ack.root);
		u->ack_seq = ev->seq;
		u->ack_size = last;
	}
	return rc;
}

/* Who acknowledges more than there is has what we lost (protocol 6): it is asked, and
 * nothing of ours is signed meanwhile.  Who names another head than ours is asked, too:
 * what it shows is the proof of two histories, or there is none.  The events themselves
 * are taken. */
static enum rc
acked_look(struct node *nd, struct store *s, struct arena *a, struct upload *u,
	   struct err *e)
{
	const struct exchange_peer *them;
	struct channel_row c;
	struct log_head own;
	enum rc rc = channel_by_id(s, a, u->head.channel, &c, e);

	if (rc == RC_OK)
		rc = store_head(s, a, u->head.channel, c.own_party, &own, e);
	if (rc == RC_OK)
		rc = acks_compare(s, u, &own, e);
	if (rc != RC_OK || (u->acked <= own.size && !u->ack_differs))
		return rc;
	rc = exchange_peer_get(s, a, &c, &them, e);
	if (rc == RC_OK && u->acked > own.size)
		recovery_suspect(nd, &c, exchange_is_called(them), u->acked, own.size);
	else if (rc == RC_OK && exchange_is_called(them))
		exchange_push_doubted(nd, c.channel);
	return rc;
}

/* What people are told of that: until a later event of theirs names a head of ours. */
static enum rc
acks_tell(struct writer *w, const struct upload *u, struct err *e)
{
	struct channel_row c;
	enum rc rc = channel_by_id(w->s, w->a, u->head.channel, &c, e);

	if (rc != RC_OK)
		return rc;
	const char *key = arena_printf(w->a, "ack/%s", c.peer_org);
	if (!u->ack_differs)
		return alarm_clear(w, key, e);
	return alarm_raise(
		w, key, "ack", c.peer_org,
		arena_printf(w->a,
			     "event %" PRIu64 " of %s says that the first %" PRIu64
			     " entries of our log are others than they are: there "
			     "are two histories of it, or what they signed is "
			     "false. They are asked what they have",
			     u->ack_seq, c.peer_org, u->ack_size),
		w->now_us, e);
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
	if (rc == RC_OK && u->acks)
		rc = acks_tell(w, u, e);
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

/* The mark of receipts was lost: it is that of the newest one that is stored, which the
 * signer gives again, at its time.  `old` of size 0: none was given. */
static enum rc
mark_again(struct node *nd, struct arena *a, const char *origin,
	   const struct note_key *key, const struct log_receipt *old, struct err *e)
{
	const struct checkpoint c = {
		.origin = origin, .size = old->size, .root = old->root};
	const struct merkle_proof none = {0};
	const char *line;
	enum rc rc = signer_mark_begin(nd->signer, origin, e);

	return rc == RC_OK && old->size != 0
		       ? signer_cosign(nd->signer, a, key->name, old->time_s, &c, &none,
				       &line, e)
		       : rc;
}

/* Our cosignature over the pending checkpoint, all of whose entries are stored. */
static enum rc
receipt_make(struct node *nd, struct store *s, struct arena *a, struct upload *u,
	     struct exchange_answer *ret, struct err *e)
{
	struct log_tree tree = {
		.s = s, .channel = u->head.channel, .party = u->head.party};
	struct merkle_proof proof = {0};
	struct log_receipt old = {0};
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
	rc = identity_receipt_key(nd->id, &key, e);
	if (rc == RC_OK)
		rc = signer_mark(nd->signer, u->pending.origin, &mark, &mark_root, e);
	if (rc == RC_NOT_FOUND) {
		mark = old.size;
		rc = mark_again(nd, a, u->pending.origin, &key, &old, e);
	}
	if (rc == RC_OK && mark != 0 && mark < u->pending.size)
		rc = merkle_prove_consistency(mark, u->pending.size, log_tree_get, &tree,
					      &proof, e);
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
	if (req->n_packages == 0 && req->start != req->end)
		return err_rule(e, RC_INVALID, "protocol 1",
				"the body has no whole package");
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
		rc = upload_check(nd, s, a, req, u, e);
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
