/*
 * A peer has said, under its signature, what it has of our log: is it one history with
 * what the store and the signer have, and what lacks here (protocol 6)?
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

/* Of one answer. */
struct judging {
	struct node *nd;
	struct store *s;
	struct arena *a;
	struct channel_row c;
	const struct identity *id; /* the peer's */
	const struct held *held;
	const char *wire;
	const uint8_t *key; /* that signed it */
	struct log_head own;
	uint64_t receipted;
	struct recovery_marks m;
	struct checkpoint whole, pending;
	struct recovery r; /* what is to be kept */
};

static enum rc
word_read(struct judging *j, const char *wire, const char *nonce, struct err *e)
{
	enum rc rc = RC_UNPROCESSABLE;

	j->wire = wire;
	for (size_t i = 0; rc == RC_UNPROCESSABLE && i < j->id->n_event_keys; i++) {
		j->key = j->id->event_keys[i];
		rc = held_parse(j->a, wire, strlen(wire), j->key, &j->held, e);
	}
	if (rc == RC_OK && (strcmp(j->held->org, j->c.peer_org) != 0 ||
			    strcmp(j->held->log, j->own.origin) != 0 ||
			    strcmp(j->held->nonce, nonce) != 0))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 6",
			      "the peer answered another question");
	return rc;
}

/* A head of our log that the peer has: it must bear our signature. */
static enum rc
own_note(const struct judging *j, const char *text, struct checkpoint *ret, struct err *e)
{
	struct note_key keys[IDENTITY_ENTRIES_MAX];
	bool verified[IDENTITY_ENTRIES_MAX];
	const struct note *note;
	size_t len;

	hash_bytes("", 0, &ret->root);
	ret->origin = j->own.origin;
	ret->size = 0;
	if (text[0] == '\0')
		return RC_OK;
	enum rc rc = note_parse(j->a, text, strlen(text), &note, e);
	if (rc == RC_OK)
		rc = identity_log_log_keys(j->nd->ids, j->own.origin, keys, e);
	if (rc == RC_OK)
		rc = note_verify(note, keys, j->nd->ids->n, verified, NULL, e);
	if (rc != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				"the peer shows a head of our log that we did not sign");
	text = note_text(note, &len);
	return checkpoint_parse(j->a, text, len, ret, e);
}

static enum rc
judging_load(struct judging *j, int64_t peer, const char *wire, const char *nonce,
	     struct err *e)
{
	struct err none = ERR_INIT;
	struct log_receipt receipt = {0};
	enum rc rc = channel_by_id(j->s, j->a, peer, &j->c, e);

	if (rc == RC_OK)
		rc = exchange_identity(j->s, j->a, &j->c, &j->id, e);
	if (rc == RC_OK && j->id == NULL)
		rc = err_set(e, RC_NOT_FOUND, "%s is not introduced", j->c.peer_org);
	if (rc == RC_OK)
		rc = store_head(j->s, j->a, peer, j->c.own_party, &j->own, e);
	/* The log may be open and grow meanwhile: a head is signed once it is durable, so
	 * a mark that was read before the head is not above it.  Read after it, the mark
	 * might be, and would go back below a head that has left. */
	if (rc == RC_OK)
		rc = recovery_marks(j->nd, j->a, j->own.origin, &j->m, e);
	if (rc == RC_OK)
		rc = store_head(j->s, j->a, peer, j->c.own_party, &j->own, e);
	if (rc == RC_OK)
		rc = word_read(j, wire, nonce, e);
	if (rc == RC_OK)
		rc = own_note(j, j->held->whole, &j->whole, e);
	if (rc == RC_OK)
		rc = own_note(j, j->held->pending, &j->pending, e);
	if (rc == RC_OK)
		rc = recovery_get(j->s, j->a, peer, &j->r, e);
	if (rc != RC_OK)
		return rc;
	rc = store_receipt_last(j->s, j->a, peer, j->c.own_party, &receipt, &none);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", none.text);
	j->receipted = receipt.size;
	return RC_OK;
}

/* Is this head one of our log as the store has it? */
static enum rc
is_ours(struct judging *j, uint64_t size, const struct hash *root, bool *ret,
	struct err *e)
{
	struct hash local;
	enum rc rc = RC_OK;

	*ret = size <= j->own.size;
	if (*ret)
		rc = recovery_root(j->s, j->c.channel, j->c.own_party, size, &local, e);
	*ret = *ret && rc == RC_OK && hash_equal(&local, root);
	return rc;
}

static enum rc
work_keep(struct writer *w, void *arg, struct err *e)
{
	struct recovery *r = arg;
	const struct db_param of_channel[] = {DB_P_INT(r->channel)};
	struct recovery before;
	enum rc rc = recovery_get(w->s, w->a, r->channel, &before, e);

	/* Of another head, what came is not the way to this one. */
	if (rc == RC_OK && before.since_us != 0 && before.base != r->base)
		rc = store_run(w->s, &SQL_REGAIN_EVENT_CLEAR, of_channel, NULL, NULL, e);
	r->since_us = before.since_us != 0 ? before.since_us : w->now_us;
	return rc == RC_OK ? recovery_put(w->s, r, e) : rc;
}

static enum rc
halt(struct judging *j, const char *why, struct err *e)
{
	j->r.phase = RECOVERY_HALT;
	j->r.root = j->pending.root;
	j->r.size = j->pending.size;
	j->r.word = j->wire;
	recovery_set(j->nd, j->c.channel, LOG_HALTED, "%s", why);
	return writer_run(j->nd, work_keep, &j->r, e);
}

/* The peer has more than we, or other than what we have not delivered: it comes back,
 * from behind the last receipt on. */
static enum rc
pull(struct judging *j, struct err *e)
{
	uint64_t base = j->receipted < j->own.size ? j->receipted : j->own.size;

	if (j->held->stored < j->pending.size)
		return halt(
			j,
			arena_printf(
				j->a,
				"this node signed a head of %" PRIu64
				" events for %s, which has only %" PRIu64
				" of them, and the store has %" PRIu64
				": the others are lost unless another copy of the store "
				"has them. Put that back, or begin a new epoch "
				"(docs/operating.md)",
				j->pending.size, j->c.peer_org, j->held->stored,
				j->own.size),
			e);
	if (j->r.since_us == 0 || j->r.base != base || j->r.phase != RECOVERY_PULL) {
		j->r.said_seq = base;
		j->r.said_n = 0;
		j->r.needs = 0;
	}
	j->r.phase = RECOVERY_PULL;
	j->r.base = base;
	j->r.size = j->pending.size;
	j->r.root = j->pending.root;
	j->r.word = j->wire;
	enum rc rc = writer_run(j->nd, work_keep, &j->r, e);
	atomic_store(&j->nd->old_copy[j->c.channel], true);
	if (rc == RC_OK)
		recovery_set(j->nd, j->c.channel, LOG_PULLS,
			     "%s has %" PRIu64 " events of ours and this store had "
			     "%" PRIu64 ": they are being brought back. Until then "
			     "nothing enters the log",
			     j->c.peer_org, j->pending.size, j->own.size);
	return rc;
}

static enum rc
work_word(struct writer *w, void *arg, struct err *e)
{
	const struct judging *j = arg;
	const struct db_param of_channel[] = {DB_P_INT(j->c.channel)};
	enum rc rc =
		store_run(w->s, &SQL_REGAIN_WORD_PUT,
			  (struct db_param[]){DB_P_INT(j->c.channel), DB_P_INT(w->now_us),
					      DB_P_TEXT(j->wire)},
			  NULL, NULL, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_REGAIN_EVENT_CLEAR, of_channel, NULL, NULL, e);
	return rc == RC_OK
		       ? store_run(w->s, &SQL_REGAIN_DELETE, of_channel, NULL, NULL, e)
		       : rc;
}

/* Events of this store that never left it are gone with the newer one: among them may be
 * lifts, which resolvers know and nobody else.  So the zones wait for a person
 * (zone_old.c), also after the next start. */
static enum rc
lost_here(struct judging *j, bool *ret, struct err *e)
{
	struct checkpoint signed_head = {
		.origin = j->own.origin, .size = j->m.size, .root = j->m.root};
	bool has = true;
	int64_t resumed = 0;
	enum rc rc = RC_OK;

	if (j->m.seen != 0)
		rc = is_ours(j, j->m.seen, &j->m.seen_root, &has, e);
	if (rc == RC_OK)
		rc = store_int(j->s, &SQL_ZONE_OLD_GET, NULL, 0, &resumed, e);
	*ret = (!has || j->m.size > j->own.size) && resumed == 0;
	if (rc != RC_OK || !*ret)
		return rc == RC_OK ? recovery_seen(j->nd, &j->own, e) : rc;
	return has ? signer_mark_seen(j->nd->signer, &signed_head, e) : RC_OK;
}

/* The peer has nothing that we lack.  Where the mark is another, what it knows never
 * reached the peer: it goes back by the peer's word, which is kept. */
static enum rc
go_on(struct judging *j, struct err *e)
{
	struct checkpoint here = {
		.origin = j->own.origin, .size = j->own.size, .root = j->own.root};
	bool agrees = false, lost = false;
	enum rc rc = RC_OK;

	if (j->m.marked)
		rc = is_ours(j, j->m.size, &j->m.root, &agrees, e);
	if (rc == RC_OK)
		rc = lost_here(j, &lost, e);
	if (rc == RC_OK && (!agrees || j->r.since_us != 0))
		rc = writer_run(j->nd, work_word, j, e);
	if (rc == RC_OK && !agrees)
		rc = signer_mark_back(j->nd->signer, &here, j->wire, j->key, e);
	if (rc != RC_OK)
		return rc;
	recovery_set(j->nd, j->c.channel, LOG_OPEN,
		     "%s has nothing of the log that is not here", j->c.peer_org);
	atomic_store(&j->nd->old_copy[j->c.channel], lost);
	return RC_OK;
}

/* Two heads under our own key, of which one was made elsewhere: we tell it ourselves. */
static enum rc
own_two(struct judging *j, struct err *e)
{
	const struct checkpoint mark = {
		.origin = j->own.origin, .size = j->m.size, .root = j->m.root};
	enum rc rc = RC_OK;

	if (j->m.marked && mark.size != 0)
		rc = exchange_fraud_own(j->nd, j->s, j->a, &j->own, &j->whole,
					j->held->whole, &mark, e);
	if (rc == RC_OK && j->m.marked && mark.size != 0)
		rc = exchange_fraud_own(j->nd, j->s, j->a, &j->own, &j->pending,
					j->held->pending, &mark, e);
	return rc;
}

static enum rc
judge(struct judging *j, struct err *e)
{
	bool whole_ours, pending_ours;
	enum rc rc = is_ours(j, j->whole.size, &j->whole.root, &whole_ours, e);

	if (rc == RC_OK)
		rc = is_ours(j, j->pending.size, &j->pending.root, &pending_ours, e);
	if (rc != RC_OK)
		return rc;
	/* A recovery whose views were not made before the crash is brought to its end. */
	if (whole_ours && pending_ours && j->r.since_us != 0 &&
	    j->r.phase == RECOVERY_ADOPTED) {
		recovery_set(j->nd, j->c.channel, LOG_PULLS,
			     "the events for %s are back; what people see is made anew "
			     "of them",
			     j->c.peer_org);
		return RC_OK;
	}
	if (whole_ours && pending_ours)
		return go_on(j, e);
	rc = own_two(j, e);
	if (rc != RC_OK)
		return rc;
	if (j->pending.size <= j->receipted)
		return halt(j,
			    arena_printf(j->a,
					 "%s shows a head of our log, of %" PRIu64
					 " events, that is not the beginning of what "
					 "this store has and it has receipted: there are "
					 "two histories (docs/operating.md)",
					 j->c.peer_org, j->pending.size),
			    e);
	return pull(j, e);
}

enum rc
recovery_held(struct node *nd, int64_t peer, struct arena *a, const char *nonce,
	      const char *wire, struct err *e)
{
	struct judging j = {.nd = nd, .a = a};
	enum rc rc = reader_get(nd, &j.s, e);

	if (rc == RC_OK)
		rc = judging_load(&j, peer, wire, nonce, e);
	if (rc == RC_OK)
		rc = judge(&j, e);
	reader_put(nd, j.s);
	if (rc != RC_OK)
		return rc;
	recovery_shown(nd, peer);
	nd->asked_us[peer] = clock_mono_us();
	atomic_store(&nd->asked[peer], true);
	node_wake(nd);
	return RC_OK;
}
