/*
 * What came back becomes our log (protocol 6).
 *
 * One transaction: what was recorded on the old copy and never left is set aside, the
 * entries take their places, the root must be that of the head that we signed, and both
 * logs get the order in which they fold.  Then the mark, then the views.  A crash between
 * them leaves a log that is whole and closed; the next start goes on from there.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "service/exchange_int.h"
#include "service/outbox.h"
#include "service/recovery.h"
#include "service/writer_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { PAGE = 256 /* entries at a time: a log is not in memory */ };

struct adopting {
	int64_t channel;
	struct channel_row c;
	struct recovery r;
	struct log_head own; /* as it was */
	struct merkle_edge edge;
	uint64_t cut; /* the first local entry that is another one; own.size: none */
	int64_t last_iat_us, aside_us;
	char origin[NOTE_NAME_MAX + 1];
};

static enum rc
cannot(struct adopting *x, struct err *e, const char *what)
{
	return err_rule(e, RC_FROZEN, "protocol 6",
			"what %s gave back of our log, %" PRIu64
			" events, cannot be adopted: %s. A person must look "
			"(docs/operating.md)",
			x->c.peer_org, x->r.size, what);
}

/* ---- the log --------------------------------------------------------------------------
 */

enum rc
recovery_event(struct arena *a, const struct log_leaf *leaf, const struct event **ret,
	       struct err *e)
{
	const struct event_claim *claim;
	enum rc rc = event_parse(a, leaf->jws, leaf->jws_len, &claim, e);

	if (rc == RC_OK)
		*ret = event_trusted(claim);
	return rc;
}

static enum rc
aside_put(struct writer *w, struct adopting *x, const struct log_leaf *leaf,
	  struct err *e)
{
	const struct event *ev;
	enum rc rc = recovery_event(w->a, leaf, &ev, e);

	if (rc != RC_OK)
		return rc;
	return store_run(w->s, &SQL_REGAIN_ASIDE_PUT,
			 (struct db_param[]){
				 DB_P_INT(x->channel),
				 DB_P_INT(ev->seq),
				 DB_P_BLOB(leaf->leaf.b, HASH_LEN),
				 DB_P_TEXT(ev->type),
				 DB_P_TEXT(ev->by),
				 DB_P_TEXT(ev->casefile),
				 {.type = DB_TEXT, .p = leaf->jws, .len = leaf->jws_len},
				 DB_P_INT(ev->iat_us),
				 DB_P_INT(x->aside_us),
			 },
			 NULL, NULL, e);
}

/* The local entries from x->cut on leave the log. */
static enum rc
set_aside(struct writer *w, struct adopting *x, struct err *e)
{
	enum rc rc = RC_OK;

	for (uint64_t at = x->cut; rc == RC_OK && at < x->own.size; at++) {
		struct log_leaf *leaf;
		rc = store_leaves(w->s, w->a, x->channel, x->own.party, at, at + 1, &leaf,
				  e);
		if (rc == RC_OK)
			rc = aside_put(w, x, leaf, e);
		arena_reset(w->a);
	}
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_EVENT_CUT,
			       (struct db_param[]){DB_P_INT(x->channel),
						   DB_P_INT(x->own.party),
						   DB_P_INT(x->cut)},
			       NULL, NULL, e);
	/* A node of level l and index i covers the entries below (i + 1) << l. */
	for (unsigned level = 1; rc == RC_OK && level < 63; level++)
		rc = store_run(
			w->s, &SQL_NODE_CUT,
			(struct db_param[]){DB_P_INT(x->channel), DB_P_INT(x->own.party),
					    DB_P_INT(level), DB_P_INT(x->cut >> level)},
			NULL, NULL, e);
	return rc;
}

/* Where the staged entries and those of the store differ first. */
static enum rc
find_cut(struct writer *w, struct adopting *x, struct err *e)
{
	enum rc rc = RC_OK;

	for (x->cut = x->r.base; rc == RC_OK && x->cut < x->own.size; x->cut++) {
		struct recovery_entry *came;
		struct log_leaf *have;
		if (x->cut >= x->r.size)
			break;
		rc = store_leaves(w->s, w->a, x->channel, x->own.party, x->cut,
				  x->cut + 1, &have, e);
		if (rc == RC_OK)
			rc = recovery_entries(w->s, w->a, x->channel, x->cut, x->cut + 1,
					      &came, e);
		if (rc == RC_OK && (came->len != have->jws_len ||
				    memcmp(came->jws, have->jws, came->len) != 0))
			break;
	}
	arena_reset(w->a);
	return rc;
}

static enum rc
entries_insert(struct writer *w, struct adopting *x, struct err *e)
{
	struct log_tree tree = {.s = w->s, .channel = x->channel, .party = x->own.party};
	enum rc rc = merkle_edge_load(x->cut, log_tree_get, &tree, &x->edge, e);

	for (uint64_t at = x->cut, to; rc == RC_OK && at < x->r.size; at = to) {
		struct recovery_entry *came;
		to = x->r.size - at > PAGE ? at + PAGE : x->r.size;
		rc = recovery_entries(w->s, w->a, x->channel, at, to, &came, e);
		for (uint64_t i = 0; rc == RC_OK && i < to - at; i++) {
			struct log_leaf leaf = {.jws = came[i].jws,
						.jws_len = came[i].len};
			const struct event *ev;
			merkle_leaf(leaf.jws, leaf.jws_len, &leaf.leaf);
			rc = recovery_event(w->a, &leaf, &ev, e);
			if (rc == RC_OK)
				rc = store_leaf_insert(w->s, x->channel, x->own.party,
						       at + i, &leaf, writer_stored_us(w),
						       e);
			if (rc == RC_OK)
				rc = merkle_append(&x->edge, &leaf.leaf, log_tree_put,
						   &tree, e);
			if (rc == RC_OK)
				x->last_iat_us = ev->iat_us;
		}
		arena_reset(w->a);
	}
	return rc;
}

/* ---- one transaction ------------------------------------------------------------------
 */

/* The peer's receipt for the head, if the word has it. */
static enum rc
receipt_keep(struct writer *w, struct adopting *x, struct err *e)
{
	struct identity_log *own = ARENA_NEW(w->a, struct identity_log);
	const struct identity *id = NULL;
	struct err none = ERR_INIT;
	const struct held *held = NULL;
	const struct note *note;
	struct note_key key;
	struct checkpoint cp;
	bool verified[1];
	size_t len;
	int64_t there = 1;
	struct log_receipt r = {0};
	enum rc rc = exchange_identity(w->s, w->a, &x->c, &id, e);

	if (rc == RC_OK)
		rc = identity_receipt_key(id, &key, e);
	if (rc == RC_OK)
		rc = store_identity_of_party(w->s, w->a, x->channel, x->own.party, own,
					     e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < id->n_event_keys; i++)
		if (held_parse(w->a, x->r.word, strlen(x->r.word), id->event_keys[i],
			       &held, &none) == RC_OK)
			break;
	if (held == NULL || held->whole == NULL || held->whole[0] == '\0' ||
	    note_parse(w->a, held->whole, strlen(held->whole), &note, &none) != RC_OK ||
	    note_verify(note, &key, 1, verified, &r.time_s, &none) != RC_OK)
		return RC_OK; /* it comes again with the next push */
	const char *text = note_text(note, &len);
	rc = checkpoint_parse(w->a, text, len, &cp, e);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_RECEIPT_EXISTS,
			       (struct db_param[]){DB_P_INT(x->channel),
						   DB_P_INT(x->own.party),
						   DB_P_INT(cp.size)},
			       0, &there, e);
	if (rc != RC_OK || there != 0 ||
	    identity_log_head_verify(w->a, own, note, &cp, &r.note, &none) != RC_OK)
		return rc;
	r.size = cp.size;
	r.root = cp.root;
	r.line = note_line_of(w->a, note, &key);
	return store_receipt_insert(w->s, x->channel, x->own.party, &r, w->now_us, e);
}

/* What the signer remembers must be a head of the log as it is now. */
static enum rc
mark_check(struct writer *w, struct adopting *x, struct err *e)
{
	struct err none = ERR_INIT;
	struct hash root, local;
	uint64_t size = 0;
	enum rc rc = signer_mark(w->nd->signer, x->own.origin, &size, &root, &none);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && size > x->r.size))
		return RC_OK; /* it goes back by the peer's word */
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	rc = recovery_root(w->s, x->channel, x->own.party, size, &local, e);
	if (rc == RC_OK && !hash_equal(&local, &root))
		return cannot(x, e,
			      "this node has signed a head of what it recorded itself "
			      "since; there are two histories");
	return rc;
}

static enum rc
adopt_log(struct writer *w, struct adopting *x, struct err *e)
{
	struct hash root;
	enum rc rc = find_cut(w, x, e);

	if (rc == RC_OK && x->cut < x->own.size)
		rc = set_aside(w, x, e);
	if (rc == RC_OK)
		rc = entries_insert(w, x, e);
	if (rc != RC_OK)
		return rc;
	merkle_root(&x->edge, &root);
	if (!hash_equal(&root, &x->r.root))
		return cannot(x, e,
			      "they do not give the root of the head that we signed");
	rc = mark_check(w, x, e);
	if (rc == RC_OK)
		rc = store_head_advance(w->s, &x->own, x->r.size, &root, x->last_iat_us,
					e);
	if (rc == RC_OK)
		rc = receipt_keep(w, x, e);
	if (rc == RC_OK)
		rc = recovery_order(w, x->channel, x->own.party, x->cut, x->r.size, e);
	if (rc == RC_OK)
		rc = exchange_delivery_rewind(w->s, x->channel, x->r.size, e);
	x->r.phase = RECOVERY_ADOPTED;
	return rc == RC_OK ? recovery_put(w->s, &x->r, e) : rc;
}

/* ---- afterwards -----------------------------------------------------------------------
 */

/* The peer's word is kept, so that nobody calls the next head a second history. */
static enum rc
mark_settle(struct writer *w, struct adopting *x, struct err *e)
{
	struct log_tree tree = {.s = w->s, .channel = x->channel, .party = x->own.party};
	struct checkpoint here = {
		.origin = x->own.origin, .size = x->r.size, .root = x->r.root};
	const struct identity *id = NULL;
	struct merkle_proof proof = {0};
	struct err none = ERR_INIT;
	const char *signed_note;
	struct hash root;
	uint64_t mark = 0;
	enum rc rc = signer_mark(w->nd->signer, x->own.origin, &mark, &root, &none);

	if (rc == RC_OK && mark <= here.size) {
		if (mark != 0 && mark < here.size)
			rc = merkle_prove_consistency(mark, here.size, log_tree_get,
						      &tree, &proof, e);
		return rc == RC_OK ? signer_sign_checkpoint(w->nd->signer, w->a, &here,
							    &proof, &signed_note, e)
				   : rc;
	}
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", none.text);
	rc = exchange_identity(w->s, w->a, &x->c, &id, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_REGAIN_WORD_PUT,
			       (struct db_param[]){DB_P_INT(x->channel),
						   DB_P_INT(w->now_us),
						   DB_P_TEXT(x->r.word)},
			       NULL, NULL, e);
	if (rc != RC_OK)
		return rc;
	rc = RC_FROZEN;
	for (size_t i = 0; rc == RC_FROZEN && i < id->n_event_keys; i++)
		rc = signer_mark_back(w->nd->signer, &here, x->r.word, id->event_keys[i],
				      e);
	return rc;
}

/* What our own events that came back say we have erased goes here too. */
static enum rc
erase_own(struct writer *w, struct adopting *x, struct err *e)
{
	enum rc rc = RC_OK;

	for (uint64_t at = x->r.base, to; rc == RC_OK && at < x->r.size; at = to) {
		struct log_leaf *page;
		to = x->r.size - at > PAGE ? at + PAGE : x->r.size;
		rc = store_leaves(w->s, w->a, x->channel, x->own.party, at, to, &page, e);
		for (uint64_t i = 0; rc == RC_OK && i < to - at; i++) {
			const struct event *ev;
			rc = recovery_event(w->a, &page[i], &ev, e);
			if (rc == RC_OK && strcmp(ev->type, "erase.done") == 0)
				rc = erase_again(w, x->channel, x->own.party, ev, e);
		}
		arena_reset(w->a);
	}
	return rc;
}

static enum rc
on_lift(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct recovery_entry *out = store_list_next(l, sizeof(*out));

	(void)e;
	const char *jws = l->s->drv->col_text(row, 0, &out->len);
	out->jws = arena_strndup(l->a, jws, out->len);
	return RC_OK;
}

static const char *
reason_of(struct writer *w, const struct event *ev)
{
	struct err none = ERR_INIT;
	const char *text, *name;
	json_t *value;

	if (ev->n_sd != 0 &&
	    store_disclosure_get(w->s, w->a, &ev->sd[0], &text, &none) == RC_OK &&
	    text != NULL &&
	    event_disclosure_parse(w->a, text, strlen(text), &name, &value, &none) ==
		    RC_OK &&
	    json_is_string(value))
		return json_string_value(value);
	return "lifted on an old copy of the store";
}

/* What people lifted on the old copy stays lifted: nothing is blocked again by it. */
static enum rc
lifts_keep(struct writer *w, struct adopting *x, struct err *e)
{
	struct arena *a = arena_create();
	struct store_list l = {.s = w->s, .a = a};
	enum rc rc = store_run(
		w->s, &SQL_REGAIN_ASIDE_LIFTS,
		(struct db_param[]){DB_P_INT(x->channel), DB_P_INT(x->aside_us)}, on_lift,
		&l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct recovery_entry *one = (struct recovery_entry *)l.rows + i;
		struct log_leaf leaf = {.jws = one->jws, .jws_len = one->len};
		const struct event *ev;
		rc = recovery_event(a, &leaf, &ev, e);
		if (rc == RC_OK)
			rc = order_release_aside(w, ev, reason_of(w, ev), e);
	}
	arena_free(a);
	return rc;
}

static enum rc
settle(struct writer *w, struct adopting *x, struct err *e)
{
	const struct db_param of_channel[] = {DB_P_INT(x->channel)};
	enum rc rc = erase_own(w, x, e);

	if (rc == RC_OK)
		rc = lifts_keep(w, x, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_REGAIN_EVENT_CLEAR, of_channel, NULL, NULL, e);
	return rc == RC_OK
		       ? store_run(w->s, &SQL_REGAIN_DELETE, of_channel, NULL, NULL, e)
		       : rc;
}

static enum rc
in_transaction(struct writer *w, struct adopting *x,
	       enum rc (*step)(struct writer *, struct adopting *, struct err *),
	       struct err *e)
{
	arena_reset(w->a);
	enum rc rc = w->s->drv->begin(w->s->db, true, e);
	if (rc == RC_OK)
		rc = step(w, x, e);
	if (rc == RC_OK)
		rc = w->s->drv->commit(w->s->db, e);
	if (rc != RC_OK)
		w->s->drv->rollback(w->s->db);
	return rc;
}

static enum rc
adopting_load(struct writer *w, struct adopting *x, struct arena *a, struct err *e)
{
	enum rc rc = channel_by_id(w->s, a, x->channel, &x->c, e);

	if (rc == RC_OK)
		rc = recovery_get(w->s, a, x->channel, &x->r, e);
	if (rc == RC_OK)
		rc = store_head(w->s, a, x->channel, x->c.own_party, &x->own, e);
	x->last_iat_us = x->own.last_iat_us;
	x->cut = x->own.size;
	if (rc == RC_OK)
		snprintf(x->origin, sizeof(x->origin), "%s", x->own.origin);
	return rc;
}

/* Nobody knows which serials the lost store gave out. */
static enum rc
zones_anew(struct writer *w, struct adopting *x, struct err *e)
{
	(void)x;
	return zone_renew(w, 0, e);
}

/* Between groups, in transactions of its own. */
static enum rc
work_adopt(struct writer *w, void *arg, struct err *e)
{
	struct adopting *x = arg;
	struct arena *a = arena_create();
	int64_t now_us = clock_now_us();

	w->n_stages = 0;
	w->now_us = now_us > w->now_us ? now_us : w->now_us + 1;
	/* The lifts of a recovery that a crash cut off are found by its time. */
	enum rc rc = adopting_load(w, x, a, e);
	x->aside_us = x->r.since_us;
	outbox_clear(w->nd);
	committed_forget(w->nd, x->channel);
	if (rc == RC_OK && x->r.phase == RECOVERY_PULL) {
		rc = in_transaction(w, x, adopt_log, e);
		fault_point("recovery.adopted");
	}
	if (rc == RC_OK)
		rc = mark_settle(w, x, e);
	if (rc == RC_OK)
		rc = view_rebuild(w->v, e);
	fault_point("recovery.rebuilt");
	if (rc == RC_OK)
		rc = in_transaction(w, x, settle, e);
	if (rc == RC_OK)
		rc = zone_rebuilt(w, e);
	if (rc == RC_OK)
		rc = in_transaction(w, x, zones_anew, e);
	arena_free(a);
	return rc;
}

/* The newest store had more than the peer ever got: among that may be lifts, so the zones
 * wait for a person. */
static enum rc
seen_settle(struct node *nd, const struct adopting *x, bool *ret_lost, struct err *e)
{
	struct arena *a = arena_create();
	struct recovery_marks m;
	struct store *s = NULL;
	int64_t resumed = 0;
	enum rc rc = recovery_marks(nd, a, x->origin, &m, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ZONE_OLD_GET, NULL, 0, &resumed, e);
	reader_put(nd, s);
	arena_free(a);
	*ret_lost = m.seen > x->r.size && resumed == 0;
	if (rc != RC_OK || *ret_lost)
		return rc;
	return recovery_seen(nd,
			     &(struct log_head){.origin = x->origin,
						.size = x->r.size,
						.root = x->r.root},
			     e);
}

enum rc
recovery_adopt(struct node *nd, int64_t channel, struct err *e)
{
	struct adopting x = {.channel = channel};
	struct job j = {.work = work_adopt, .arg = &x, .e = e, .alone = true};
	enum rc rc = job_submit(nd, &j);

	bool lost = false;
	if (rc == RC_OK)
		rc = seen_settle(nd, &x, &lost, e);
	if (rc != RC_OK)
		return rc;
	log_line(LOG_INFO, "recovery.done",
		 "peer=%" PRId64 " size=%" PRIu64 " aside=%" PRIu64, channel, x.r.size,
		 x.cut < x.own.size ? x.own.size - x.cut : 0);
	recovery_set(nd, channel, LOG_OPEN, "the log is whole again");
	atomic_store(&nd->old_copy[channel], lost);
	node_wake(nd);
	return RC_OK;
}
