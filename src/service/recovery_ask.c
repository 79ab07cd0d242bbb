/*
 * What we ask a peer about our own log, and what follows from its answers (protocol 6).
 *
 * The pusher carries one question at a time.  Every answer is durable before the next
 * question, so that a recovery goes on where a crash cut it off.
 */
#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/fault.h"
#include "service/exchange.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

enum {
	WAIT_FOR_PEER_US = 500000, /* while the peer sends its own log again */
	ASK_AGAIN_US = 10000000,   /* in vain: it is asked once more what it has */
};

/* ---- the next question ----------------------------------------------------------------
 */

static enum rc
ask_held(struct node *nd, struct arena *a, const struct log_head *own,
	 const struct log_head *theirs, struct exchange_question *ret)
{
	uint8_t random[HELD_NONCE_LEN / 2];
	struct held_question q = {.log = own->origin, .size = theirs->signed_size};
	char nonce[HELD_NONCE_LEN + 1];

	(void)nd;
	randombytes_buf(random, sizeof(random));
	hex_encode(random, sizeof(random), nonce);
	q.nonce = ret->nonce = arena_strdup(a, nonce);
	ret->kind = EXCHANGE_ASK_HELD;
	ret->call = "held";
	ret->body = held_question_text(a, &q);
	return RC_OK;
}

static const char *
origin_hex(struct arena *a, const char *origin)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	hash_bytes(origin, strlen(origin), &h);
	return arena_strdup(a, hash_hex(&h, hex));
}

/* The bundle with the next entry that is not staged. */
static void
ask_entries(struct arena *a, const struct log_head *own, const struct recovery *r,
	    uint64_t next, struct exchange_question *ret)
{
	struct buf path = BUF_INIT(EXCHANGE_PATH_MAX);
	uint64_t bundle = next / MIRROR_PACKAGE, from = bundle * MIRROR_PACKAGE;
	uint64_t width = r->size - from;

	ret->kind = EXCHANGE_ASK_ENTRIES;
	ret->from = from;
	ret->to = width > MIRROR_PACKAGE ? from + MIRROR_PACKAGE : r->size;
	buf_printf(&path, "%s/tile/", origin_hex(a, own->origin));
	mirror_tile_path_put(&path, true, 0, bundle, (unsigned)(ret->to - from));
	ret->call = arena_strndup(a, buf_str(&path), path.len);
	buf_free(&path);
}

enum rc
recovery_next_said(struct store *s, struct recovery *r, bool *ret_any, struct err *e)
{
	enum rc rc = RC_OK;

	*ret_any = false;
	while (rc == RC_OK && !*ret_any && r->said_seq < r->size) {
		struct arena *a = arena_create();
		const struct event_claim *claim;
		struct recovery_entry *one;
		rc = recovery_entries(s, a, r->channel, r->said_seq, r->said_seq + 1,
				      &one, e);
		if (rc == RC_OK)
			rc = event_parse(a, one->jws, one->len, &claim, e);
		if (rc == RC_OK && r->said_n < event_trusted(claim)->n_sd) {
			*ret_any = true;
		} else if (rc == RC_OK) {
			r->said_seq++;
			r->said_n = 0;
		}
		arena_free(a);
	}
	return rc;
}

static enum rc
ask_of_pull(struct node *nd, struct store *s, struct arena *a, struct recovery *r,
	    const struct log_head *own, const struct log_head *theirs,
	    struct exchange_question *ret, struct err *e)
{
	uint64_t next = 0;
	bool any;
	enum rc rc = recovery_staged(s, r, &next, e);

	if (rc != RC_OK)
		return rc;
	recovery_progress(nd, r->channel, next - r->base, r->size - r->base);
	if (r->phase == RECOVERY_PULL && next < r->size) {
		ask_entries(a, own, r, next, ret);
		return RC_OK;
	}
	rc = r->phase == RECOVERY_PULL ? recovery_next_said(s, r, &any, e) : RC_OK;
	if (rc == RC_OK && r->phase == RECOVERY_PULL && any) {
		ret->kind = EXCHANGE_ASK_DISCLOSURES;
		ret->from = r->said_seq;
		ret->n = r->said_n;
		ret->call =
			arena_printf(a, "%s/disclosures/%" PRIu64 "/%" PRIu64,
				     origin_hex(a, own->origin), r->said_seq, r->said_n);
		return RC_OK;
	}
	/* What our events have seen of the peer's log is needed to fold them. */
	if (rc == RC_OK && theirs->signed_size < r->needs)
		return err_set(e, RC_RETRY,
			       "%" PRIu64 " events of the peer are still to come",
			       r->needs - theirs->signed_size);
	return rc == RC_OK ? err_set(e, RC_NOT_FOUND, "all is here") : rc;
}

/* A failure's schedule holds for questions too, but not right after a start. */
static enum rc
schedule_check(struct node *nd, struct store *s, int64_t peer, int64_t *ret_wait_us,
	       struct err *e)
{
	int64_t now_us = clock_now_us();
	struct delivery d;
	enum rc rc = exchange_delivery_get(s, peer, &d, e);

	if (rc == RC_OK && nd->called[peer] && d.next_us > now_us &&
	    d.next_us - now_us <= EXCHANGE_RETRY_MAX_US) {
		*ret_wait_us = d.next_us - now_us;
		return err_set(e, RC_RETRY, "a retry is due later");
	}
	nd->called[peer] = true;
	return rc;
}

/* What is to be told of equivocation comes first.  RC_NOT_FOUND: nothing. */
static enum rc
ask_told(struct node *nd, struct store *s, struct arena *a, const struct channel_row *c,
	 struct exchange_question *ret, struct err *e)
{
	struct fraud_row *row = ARENA_NEW(a, struct fraud_row);
	enum rc rc = exchange_fraud_next(nd, s, a, c->channel, row, e);

	if (rc == RC_OK) {
		ret->kind = EXCHANGE_TELL_FRAUD;
		ret->call = "fraud";
		ret->body = row->proof;
		ret->fraud = row;
	}
	if (rc != RC_NOT_FOUND)
		return rc;
	rc = exchange_epoch_next(nd, s, a, c, &ret->body, e);
	if (rc == RC_OK) {
		ret->kind = EXCHANGE_TELL_EPOCH;
		ret->call = "epoch";
	}
	return rc;
}

static enum rc
question_make(struct node *nd, struct store *s, struct arena *a, int64_t peer,
	      struct exchange_question *ret, int64_t *ret_wait_us, struct err *e)
{
	enum log_state state = recovery_state(nd, peer);
	struct log_head own, theirs;
	struct channel_row c;
	struct recovery r;
	enum rc rc = channel_by_id(s, a, peer, &c, e);

	if (rc == RC_OK)
		rc = exchange_peer_get(s, a, &c, &ret->peer, e);
	if (rc == RC_OK && !exchange_is_called(ret->peer))
		return err_set(e, RC_NOT_FOUND, "nobody can call the peer");
	if (rc == RC_OK)
		rc = store_head(s, a, peer, c.own_party, &own, e);
	/* While the peer is silent no head is signed: this is what tells an old copy. */
	if (rc == RC_OK && state == LOG_OPEN && !atomic_load(&nd->old_copy[peer]))
		rc = recovery_seen(nd, &own, e);
	if (rc == RC_OK)
		rc = schedule_check(nd, s, peer, ret_wait_us, e);
	if (rc == RC_OK)
		rc = store_head(s, a, peer, party_other(c.own_party), &theirs, e);
	if (rc == RC_OK)
		rc = recovery_get(s, a, peer, &r, e);
	if (rc == RC_OK)
		rc = ask_told(nd, s, a, &c, ret, e);
	if (rc != RC_NOT_FOUND)
		return rc;
	if (atomic_load(&nd->asked[peer]) && (state == LOG_OPEN || state == LOG_HALTED))
		return rc;
	if (!atomic_load(&nd->asked[peer]) || state == LOG_ASKS)
		return ask_held(nd, a, &own, &theirs, ret);
	rc = ask_of_pull(nd, s, a, &r, &own, &theirs, ret, e);
	if (rc == RC_RETRY) {
		*ret_wait_us = WAIT_FOR_PEER_US;
		if (clock_mono_us() - nd->asked_us[peer] > ASK_AGAIN_US)
			return ask_held(nd, a, &own, &theirs, ret);
	}
	return rc;
}

/* Before all else: what follows is signed with the newest keys. */
static enum rc
tell_make(struct node *nd, struct store *s, struct arena *a, int64_t peer,
	  struct exchange_question *ret, int64_t *ret_wait_us, struct err *e)
{
	struct channel_row c;
	enum rc rc = channel_by_id(s, a, peer, &c, e);

	if (rc == RC_OK)
		rc = exchange_peer_get(s, a, &c, &ret->peer, e);
	if (rc == RC_OK && !exchange_is_called(ret->peer))
		return err_set(e, RC_NOT_FOUND, "nobody can call the peer");
	return rc == RC_OK ? schedule_check(nd, s, peer, ret_wait_us, e) : rc;
}

enum rc
exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
		  struct exchange_question *ret, int64_t *ret_wait_us, struct err *e)
{
	struct store *s = NULL;

	assert(peer >= 0 && peer <= NODE_CHANNELS_MAX);
	*ret = (struct exchange_question){.body = NULL};
	*ret_wait_us = 0;
	enum log_state state = recovery_state(nd, peer);
	if (atomic_load(&nd->damaged[peer]))
		return err_set(e, RC_NOT_FOUND, "nothing is to be asked");
	bool tell = exchange_identity_tell(nd, peer, a, ret);
	if (!tell && atomic_load(&nd->asked[peer]) &&
	    !atomic_load(&nd->fraud_untold[peer]) &&
	    (state == LOG_OPEN || state == LOG_HALTED))
		return err_set(e, RC_NOT_FOUND, "nothing is to be asked");
	nd->push_seen[peer] = node_commits(nd);
	enum rc rc = reader_get(nd, &s, e);
	if (rc == RC_OK && tell)
		rc = tell_make(nd, s, a, peer, ret, ret_wait_us, e);
	else if (rc == RC_OK)
		rc = question_make(nd, s, a, peer, ret, ret_wait_us, e);
	reader_put(nd, s);
	if (tell || rc != RC_NOT_FOUND || recovery_state(nd, peer) != LOG_PULLS)
		return rc;
	/* Everything came. */
	fault_point("recovery.adopt.before");
	rc = recovery_adopt(nd, peer, e);
	if (rc == RC_FROZEN) {
		recovery_set(nd, peer, LOG_HALTED, "%s", e->text);
		rc = RC_OK;
	}
	return rc == RC_OK ? err_set(e, RC_NOT_FOUND, "it is adopted") : rc;
}

/* ---- answers --------------------------------------------------------------------------
 */

enum rc
exchange_ask_done(struct node *nd, int64_t peer, struct arena *a,
		  const struct exchange_question *q, const void *body, size_t len,
		  struct err *e)
{
	if (q->kind == EXCHANGE_TELL_IDENTITY) {
		atomic_store(&nd->identity_told[peer], true);
		return RC_OK;
	}
	if (q->kind == EXCHANGE_TELL_FRAUD)
		return exchange_fraud_told(nd, peer, q->fraud, true, e);
	if (q->kind == EXCHANGE_TELL_EPOCH)
		return exchange_epoch_told(nd, peer, a, q->body, body, len, e);
	if (q->kind != EXCHANGE_ASK_HELD)
		return recovery_take(nd, peer, a, q, body, len, e);
	return recovery_held(nd, peer, a, q->nonce,
			     arena_strndup(a, body, len < HELD_MAX ? len : HELD_MAX), e);
}

void
exchange_push_doubted(struct node *nd, int64_t peer)
{
	atomic_store(&nd->asked[peer], false);
}

enum rc
exchange_ask_unknown(struct node *nd, int64_t peer, const struct exchange_question *q,
		     struct err *e)
{
	if (q->kind == EXCHANGE_TELL_FRAUD)
		return exchange_fraud_told(nd, peer, q->fraud, false, e);
	/* That is no word that a mark could go back by. */
	if (recovery_state(nd, peer) != LOG_OPEN)
		return err_set(e, RC_UNAVAILABLE,
			       "the peer does not say what it has of our log");
	atomic_store(&nd->asked[peer], true);
	return RC_OK;
}
