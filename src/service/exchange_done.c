/*
 * What came of a push: the receipt, or where the peer stands, or a failure and its retry.
 *
 * The schedule of retries is in the store: for ever, exponential from 1 s to 5 min with
 * full jitter; a restart does not forget since when a peer has been silent.
 */
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/casefile.h"
#include "core/members.h"
#include "service/alarm.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/outbox.h"
#include "service/recovery.h"
#include "store/store_sql.h"

#define RECEIPT_TIME_MAX_S (IJSON_INT_MAX / 1000000) /* of receipt.adopt */
#define NO_RECEIPT	   "the peer answered without a valid receipt"

enum {
	RETRY_FIRST_US = 1000000,
	RETRY_SHIFT_MAX = 9,
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

enum rc
exchange_delivery_get(struct store *s, int64_t channel, struct delivery *ret,
		      struct err *e)
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

enum rc
exchange_delivery_rewind(struct store *s, int64_t channel, uint64_t size, struct err *e)
{
	struct delivery d;
	enum rc rc = exchange_delivery_get(s, channel, &d, e);

	d.peer_size = d.peer_next = size;
	d.next_us = 0;
	return rc == RC_OK ? delivery_put(s, channel, &d, "", e) : rc;
}

struct outcome {
	int64_t peer;
	uint64_t pending, next;
	const struct err *why;
	struct arena *a; /* of a receipt */
	const char *note;
	struct checkpoint cp;
	uint64_t time_s;
	const char *line;
};

static enum rc
work_resync(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	struct delivery d;
	enum rc rc = exchange_delivery_get(w->s, o->peer, &d, e);

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
		recovery_suspect(nd, &c, true, pending, h.size);
	if (rc == RC_OK && pending > h.size)
		rc = err_rule(e, RC_CORRUPT, "protocol 6",
			      "the peer has %" PRIu64 " events of ours, we have %" PRIu64
			      ": this node lost some",
			      pending, h.size);
	atomic_store(&nd->receipted[peer], 0);
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
	enum rc rc = exchange_delivery_get(w->s, o->peer, &d, e);

	d.attempts = d.next_us = d.failed_us = 0;
	if (rc == RC_OK)
		rc = delivery_put(w->s, o->peer, &d, "", e);
	return rc == RC_OK
		       ? store_run(w->s, &SQL_EVIDENCE_OUT_HURRY,
				   (struct db_param[]){DB_P_INT(o->peer)}, NULL, NULL, e)
		       : rc;
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
	enum rc rc = exchange_delivery_get(s, peer, &d, e);

	int64_t late = 0;
	if (rc == RC_OK)
		rc = store_int(
			s, &SQL_EVIDENCE_OUT_LATE,
			(struct db_param[]){DB_P_INT(peer), DB_P_INT(clock_now_us())}, 0,
			&late, e);
	/* Files wait by a schedule of their own. */
	if (rc != RC_OK || (d.next_us == 0 && late == 0) ||
	    (d.next_us != 0 && atomic_load(&nd->push_answered[peer])))
		return rc;
	return writer_run(nd, work_reached, &o, e);
}

static enum rc
work_hurry(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	const struct db_param channel[] = {DB_P_INT(o->peer)};
	enum rc rc = store_run(w->s, &SQL_DELIVERY_HURRY, channel, NULL, NULL, e);

	return rc == RC_OK
		       ? store_run(w->s, &SQL_EVIDENCE_OUT_HURRY, channel, NULL, NULL, e)
		       : rc;
}

enum rc
exchange_push_hurry(struct node *nd, int64_t peer, struct err *e)
{
	struct outcome o = {.peer = peer};

	return writer_run(nd, work_hurry, &o, e);
}

int64_t
exchange_retry_us(int64_t longest_us, const struct err *why)
{
	int64_t wait_us = 1 + (int64_t)randombytes_uniform((uint32_t)longest_us);

	if (why->retry_after_s >= EXCHANGE_RETRY_MAX_US / CLOCK_US_PER_S)
		return EXCHANGE_RETRY_MAX_US;
	return wait_us < why->retry_after_s * CLOCK_US_PER_S
		       ? why->retry_after_s * CLOCK_US_PER_S
		       : wait_us;
}

static enum rc
work_failed(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	struct delivery d;
	enum rc rc = exchange_delivery_get(w->s, o->peer, &d, e);

	if (rc != RC_OK)
		return rc;
	int64_t shift = d.attempts < RETRY_SHIFT_MAX ? d.attempts : RETRY_SHIFT_MAX;
	int64_t longest = (int64_t)RETRY_FIRST_US << shift;
	if (longest > EXCHANGE_RETRY_MAX_US)
		longest = EXCHANGE_RETRY_MAX_US;
	d.attempts++;
	d.next_us = w->now_us + exchange_retry_us(longest, o->why);
	if (d.failed_us == 0)
		d.failed_us = w->now_us;
	return delivery_put(w->s, o->peer, &d, o->why->text, e);
}

enum rc
exchange_push_failed(struct node *nd, int64_t peer, bool answered, const struct err *why,
		     struct err *e)
{
	struct outcome o = {.peer = peer, .why = why};

	atomic_store(&nd->push_answered[peer], answered);
	/* A peer that lost our newest keys refuses what is signed with them. */
	atomic_store(&nd->identity_told[peer], false);
	atomic_store(&nd->receipted[peer], 0);
	return writer_run(nd, work_failed, &o, e);
}

/* Deadlines run from the peer's own time of its receipts: people must see when its clock
 * is ahead (protocol 11).  One that is behind may be of an answer that was lost. */
static enum rc
skew_tell(struct writer *w, const struct outcome *o, const struct channel_row *c,
	  struct err *e)
{
	const char *key = arena_printf(w->a, "clock/%s", c->peer_org);
	uint64_t now_s = (uint64_t)(clock_now_us() / CLOCK_US_PER_S);

	if (o->time_s <= now_s + CASE_SKEW_US / CLOCK_US_PER_S)
		return alarm_clear(w, key, e);
	return alarm_raise(w, key, "clock", c->peer_org,
			   arena_printf(w->a,
					"the clock of %s is %" PRIu64
					" s ahead of ours by its receipt, from which "
					"deadlines run: ask them, and keep what they "
					"signed",
					c->peer_org, o->time_s - now_s),
			   w->now_us, e);
}

static enum rc
work_done(struct writer *w, void *arg, struct err *e)
{
	const struct outcome *o = arg;
	const struct log_receipt r = {.size = o->cp.size,
				      .root = o->cp.root,
				      .time_s = o->time_s,
				      .note = o->note,
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
		rc = exchange_adopt(w, &c, e);
	return rc == RC_OK && there == 0 ? skew_tell(w, o, &c, e) : rc;
}

/* Deadlines run from it, and an event keeps it (receipt.adopt). */
static enum rc
receipt_time_check(const struct outcome *o, struct err *e)
{
	if (o->time_s >= 1 && o->time_s <= RECEIPT_TIME_MAX_S)
		return RC_OK;
	return err_rule(e, RC_UNPROCESSABLE, "protocol 4",
			"a receipt of the time %" PRIu64 ", which no clock shows",
			o->time_s);
}

/* The peer's receipt line over the checkpoint that we pushed. */
static enum rc
receipt_verify(struct node *nd, struct arena *a, struct outcome *o, const char *lines,
	       size_t len, struct err *e)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	struct channel_row c;
	struct store *s = NULL;
	const struct note *note;
	size_t text_len;
	const char *whole = arena_printf(a, "%s%.*s", o->note, (int)len, lines);
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = channel_by_id(s, a, o->peer, &c, e);
	if (rc == RC_OK)
		rc = store_identity_of_party(s, a, o->peer, party_other(c.own_party), ids,
					     e);
	reader_put(nd, s);
	if (rc == RC_OK && ids->n == 0)
		rc = err_set(e, RC_NOT_FOUND, "%s is not introduced", c.peer_org);
	if (rc != RC_OK)
		return rc; /* our trouble, not the peer's */
	if (note_parse(a, whole, strlen(whole), &note, e) != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 4", NO_RECEIPT);
	const char *text = note_text(note, &text_len);
	rc = checkpoint_parse(a, text, text_len, &o->cp, e);
	if (rc == RC_OK && identity_log_cosigned(a, ids, note, o->cp.size, &o->line,
						 &o->time_s, e) != RC_OK)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 4", NO_RECEIPT);
	if (rc == RC_OK)
		rc = receipt_time_check(o, e);
	return rc;
}

/* A receipt on its way into the store. */
static void
after_done(struct node *nd, void *arg, enum rc rc, const struct err *e)
{
	struct outcome *o = arg;

	if (rc == RC_OK) {
		outbox_drop(nd, o->peer, o->cp.size);
	} else {
		/* The peer has it, and gives it again. */
		atomic_store(&nd->receipted[o->peer], 0);
		atomic_store(&nd->receipt_rc[o->peer], (int)rc);
		log_line(LOG_ERROR, "exchange.receipt",
			 "peer=%" PRId64 " outcome=%s reason=%s", o->peer, rc_token(rc),
			 e->text);
	}
	arena_free(o->a);
}

enum rc
exchange_push_done(struct node *nd, int64_t peer, const struct exchange_push *push,
		   const char *lines, size_t len, struct err *e)
{
	enum { LINES_MAX = 16384 };
	struct arena *a = arena_create();
	struct outcome *o = ARENA_NEW(a, struct outcome);

	*o = (struct outcome){.a = a,
			      .peer = peer,
			      .note = arena_strndup(a, push->checkpoint.note,
						    push->checkpoint.note_len)};
	enum rc rc = len > LINES_MAX ? err_rule(e, RC_UNPROCESSABLE, "protocol 4",
						"the receipt is too long")
				     : receipt_verify(nd, a, o, lines, len, e);
	if (rc != RC_OK) {
		arena_free(a);
		return rc;
	}
	nd->greeted[peer] = true;
	atomic_store(&nd->receipted[peer], o->cp.size);
	writer_post(nd, work_done, o, after_done);
	return RC_OK;
}

/* Our log of that origin, to this peer. */
static enum rc
own_log(struct store *s, struct arena *a, int64_t peer, const char *origin,
	struct channel_row *c, struct log_head *ret, struct err *e)
{
	enum rc rc = store_head_by_origin(s, a, origin, ret, e);

	if (rc == RC_NOT_FOUND)
		return err_rule(e, RC_NOT_FOUND, "protocol 1", "unknown origin %s",
				origin);
	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, c, e);
	if (rc == RC_OK && (ret->channel != peer || ret->party != c->own_party))
		rc = err_rule(e, RC_DENIED, "protocol 5",
			      "%s is not the log that is written for you", origin);
	return rc;
}

/* The head must be one of the log as it is here, under our own signature; *ret_head: it,
 * without the lines of others. */
static enum rc
own_head_check(struct node *nd, struct store *s, struct arena *a,
	       const struct channel_row *c, const struct log_head *own,
	       const struct note *note, const struct checkpoint *cp,
	       const char **ret_head, struct err *e)
{
	struct identity_log *ids = ARENA_NEW(a, struct identity_log);
	struct hash here;
	enum rc rc = store_identity_of_party(s, a, c->channel, c->own_party, ids, e);

	if (rc == RC_OK &&
	    identity_log_head_verify(a, ids, note, cp, ret_head, e) != RC_OK)
		return RC_UNPROCESSABLE;
	if (rc == RC_OK && cp->size > own->size) {
		recovery_suspect(nd, c, false, cp->size, own->size);
		return err_rule(e, RC_UNPROCESSABLE, "protocol 6",
				"this node has %" PRIu64 " events and lost some",
				own->size);
	}
	if (rc == RC_OK)
		rc = recovery_root(s, c->channel, c->own_party, cp->size, &here, e);
	if (rc == RC_OK && !hash_equal(&here, &cp->root))
		rc = err_rule(e, RC_UNPROCESSABLE, "protocol 7",
			      "the log has another root at %" PRIu64, cp->size);
	return rc;
}

/* What a receipt says that came by itself: `o` as receipt_verify() makes it. */
static enum rc
receipt_brought(struct node *nd, struct store *s, struct arena *a, struct outcome *o,
		const char *body, size_t len, struct err *e)
{
	const struct note *note;
	struct checkpoint cp;
	struct channel_row c;
	struct log_head own;
	const char *head;
	size_t text_len;

	if (note_parse(a, body, len, &note, e) != RC_OK)
		return RC_UNPROCESSABLE;
	const char *text = note_text(note, &text_len);
	if (checkpoint_parse(a, text, text_len, &cp, e) != RC_OK)
		return RC_UNPROCESSABLE;
	enum rc rc = own_log(s, a, o->peer, cp.origin, &c, &own, e);
	if (rc == RC_OK)
		rc = own_head_check(nd, s, a, &c, &own, note, &cp, &head, e);
	if (rc != RC_OK)
		return rc;
	o->note = arena_strndup(a, body, len);
	rc = receipt_verify(nd, a, o, "", 0, e);
	o->note = head;
	return rc;
}

enum rc
exchange_take_receipt(struct node *nd, int64_t peer, const char *body, size_t len,
		      struct err *e)
{
	struct arena *a = arena_create();
	struct outcome *o = ARENA_NEW(a, struct outcome);
	struct log_receipt last = {0};
	struct err none = ERR_INIT;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	*o = (struct outcome){.a = a, .peer = peer};
	if (rc == RC_OK)
		rc = channel_whole(nd, peer, e);
	if (rc == RC_OK)
		rc = receipt_brought(nd, s, a, o, body, len, e);
	struct channel_row c;
	if (rc == RC_OK)
		rc = channel_by_id(s, a, peer, &c, e);
	if (rc == RC_OK) {
		rc = store_receipt_last(s, a, peer, c.own_party, &last, &none);
		if (rc == RC_NOT_FOUND)
			rc = RC_OK;
		else if (rc != RC_OK)
			*e = none;
	}
	reader_put(nd, s);
	/* An older one changes nothing. */
	if (rc == RC_OK && o->cp.size > last.size)
		rc = writer_run(nd, work_done, o, e);
	if (rc == RC_OK)
		outbox_drop(nd, peer, o->cp.size);
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
