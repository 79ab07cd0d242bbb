#include "peer/push_peer.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "peer/push.h"

enum {
	PUSH_STUCK_MAX =
		8, /* answers in a row that tell where to go on, without progress */
	PUSH_QUOTE_MAX = 200, /* bytes of a refusal that people are shown */

	HTTP_OK = 200,
	HTTP_ACCEPTED = 202,
	HTTP_NO_CONTENT = 204,
	HTTP_NOT_FOUND = 404,
	HTTP_CONFLICT = 409,
	HTTP_UNPROCESSABLE = 422,
	HTTP_LOCKED = 423,
};

/* Whom a pull asks. */
struct fetching {
	struct push_peer *p;
	const struct exchange_peer *peer;
};

/* ---- one round --------------------------------------------------------------------- */

/* "the peer refused add-entries (422): protocol 2: ..." */
static enum rc
refused(const char *call, const struct push_reply *r, struct err *e)
{
	size_t line = strcspn(r->body, "\r\n");

	err_set(e, RC_UNAVAILABLE, "the peer refused %s (%ld)%s%.*s", call, r->status,
		line == 0 ? "" : ": ",
		(int)(line < PUSH_QUOTE_MAX ? line : PUSH_QUOTE_MAX), r->body);
	e->retry_after_s = r->retry_after_s;
	return RC_UNAVAILABLE;
}

/* The peer shows another key than it had, or signs with one.  It cannot call a node that
 * fetches to say so: its entries, which prove themselves, are fetched. */
static void
identity_fetch(struct push_peer *p, const struct exchange_peer *peer, enum rc rc)
{
	struct push_reply reply = {0};
	struct err e = ERR_INIT;

	if (rc != RC_DENIED || exchange_pull_every_us(p->nd) == 0)
		return;
	rc = push_http_ask(p->http, peer, "identity", &reply, &e);
	if (rc == RC_OK && reply.status == HTTP_OK)
		rc = exchange_add_identity(p->nd, reply.body, reply.len, &e);
	else if (rc == RC_OK)
		rc = refused("identity", &reply, &e);
	if (rc != RC_OK)
		log_line(LOG_WARN, "peer.identity",
			 "peer=%" PRId64 " outcome=%s reason=%s", p->peer, rc_token(rc),
			 e.text);
}

/* Before and after the peer has it: each is a place to crash at. */
static enum rc
post(struct push_peer *p, const struct exchange_push *push, const char *call,
     const void *body, size_t len, struct push_reply *ret, struct err *e)
{
	fault_point("push.send.before");
	enum rc rc = push_http_post(p->http, push->peer, call, body, len, ret, e);
	p->answered = rc == RC_OK;
	p->locked = rc == RC_OK && ret->status == HTTP_LOCKED;
	fault_point("push.send.after");
	return rc;
}

/* A peer that sends us from here to there, again and again, is treated as one that is
 * down. */
static enum rc
resync(struct push_peer *p, uint64_t pending, uint64_t next, struct err *e)
{
	if (next != EXCHANGE_UNKNOWN && next > pending)
		next = pending;
	bool progress = next != EXCHANGE_UNKNOWN && next > p->next;

	if (progress)
		p->next = next;
	p->stuck = progress ? 0 : p->stuck + 1;
	if (p->stuck > PUSH_STUCK_MAX) {
		p->stuck = 0;
		p->next = 0; /* one that lost some gets it again */
		return err_set(e, RC_UNAVAILABLE,
			       "the peer does not say twice the same where to go on");
	}
	return exchange_push_resync(p->nd, p->peer, pending, next, e);
}

/* *ret_on: the entries may follow; else the round is over. */
static enum rc
send_checkpoint(struct push_peer *p, const struct exchange_push *push, bool *ret_on,
		struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_BODY_MAX);
	struct push_reply reply = {0};
	uint64_t size;
	enum rc rc;

	*ret_on = false;
	mirror_checkpoint_put(&b, &push->checkpoint);
	rc = post(p, push, "add-checkpoint", buf_str(&b), b.len, &reply, e);
	if (rc != RC_OK)
		goto out;
	if (reply.status == HTTP_OK)
		*ret_on = true;
	else if (reply.status == HTTP_CONFLICT &&
		 mirror_size_parse(reply.body, reply.len, &size) == RC_OK)
		rc = resync(p, size, EXCHANGE_UNKNOWN, e);
	else {
		if (reply.status == HTTP_UNPROCESSABLE || reply.status == HTTP_LOCKED)
			exchange_push_doubted(p->nd, p->peer);
		rc = refused("add-checkpoint", &reply, e);
	}
out:
	buf_free(&b);
	return rc;
}

static void
ticket_keep(struct push_peer *p, const struct mirror_info *info)
{
	p->ticket_len = info->ticket_len;
	p->ticket_size = info->pending_size;
	if (info->ticket_len != 0)
		memcpy(p->ticket, info->ticket, info->ticket_len);
}

static enum rc
send_entries(struct push_peer *p, struct arena *a, const struct exchange_push *push,
	     struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_BODY_MAX);
	struct mirror_entries entries = push->entries;
	struct push_reply reply = {0};
	struct mirror_info info;
	enum rc rc;

	if (p->ticket_len != 0 && p->ticket_size == entries.end) {
		entries.ticket = p->ticket;
		entries.ticket_len = p->ticket_len;
	}
	mirror_entries_put(&b, &entries);
	p->ticket_len = 0; /* of one use */
	if (!buf_ok(&b)) {
		rc = err_set(e, RC_TOO_LARGE, "an upload has more than %d bytes",
			     EXCHANGE_BODY_MAX);
		goto out;
	}
	rc = post(p, push, "add-entries", buf_str(&b), b.len, &reply, e);
	if (rc != RC_OK)
		goto out;
	if (reply.status == HTTP_OK) {
		rc = exchange_push_done(p->nd, p->peer, push, reply.body, reply.len, e);
		p->stuck = 0;
	} else if ((reply.status == HTTP_ACCEPTED || reply.status == HTTP_CONFLICT) &&
		   mirror_info_parse(a, reply.body, reply.len, &info, e) == RC_OK) {
		ticket_keep(p, &info);
		rc = resync(p, info.pending_size, info.next_entry, e);
	} else {
		rc = refused("add-entries", &reply, e);
	}
out:
	buf_free(&b);
	return rc;
}

/* A body at a time, each in memory of its own. */
static enum rc
send_disclosures(struct push_peer *p, const struct exchange_push *push, struct err *e)
{
	struct exchange_cursor at = {0};
	struct arena *a = arena_create();
	enum rc rc = RC_OK;

	for (size_t len = 1; rc == RC_OK && len != 0; arena_reset(a)) {
		struct push_reply reply = {0};
		const char *body;
		rc = exchange_push_disclosures(p->nd, push, &at, a, &body, &len, e);
		if (rc != RC_OK || len == 0)
			break;
		rc = post(p, push, "disclosures", body, len, &reply, e);
		if (rc == RC_OK && reply.status != HTTP_OK)
			rc = refused("disclosures", &reply, e);
	}
	arena_free(a);
	return rc;
}

static enum rc
send_all(struct push_peer *p, struct arena *a, const struct exchange_push *push,
	 struct err *e)
{
	bool on = true;
	enum rc rc = send_disclosures(p, push, e);

	if (rc == RC_OK)
		rc = send_checkpoint(p, push, &on, e);
	if (rc == RC_OK && on && push->greeting)
		rc = exchange_push_greeted(p->nd, p->peer, e);
	else if (rc == RC_OK && on)
		rc = send_entries(p, a, push, e);
	return rc;
}

/* ---- what is to be done ------------------------------------------------------------ */

static enum push_then
trouble(const struct push_peer *p, const char *step, enum rc rc, const struct err *e)
{
	log_line(LOG_ERROR, "peer.push", "peer=%" PRId64 " step=%s outcome=%s reason=%s",
		 p->peer, step, rc_token(rc), e->text);
	return PUSH_PAUSE;
}

/* No event is to be sent: a piece of a file may be.  Nothing goes to a peer whose log
 * waits for a retry. */
static enum push_then
idle_round(struct push_peer *p, struct arena *a, bool reachable, int64_t *most_us)
{
	struct err e = ERR_INIT;
	int64_t wait_us = 0;
	enum rc rc = RC_NOT_FOUND;

	if (reachable)
		rc = push_blob_round(&p->blob, p->nd, p->peer, p->http, p->stop, a,
				     &wait_us, &e);
	if (rc == RC_OK)
		return PUSH_AGAIN;
	if (rc != RC_NOT_FOUND && rc != RC_RETRY)
		return trouble(p, "blob", rc, &e);
	if (rc == RC_RETRY && wait_us < *most_us)
		*most_us = wait_us;
	return PUSH_WAIT;
}

/* ---- a log that is fetched --------------------------------------------------------- */

static enum rc
fetch(void *arg, const char *call, struct arena *a, const uint8_t **ret, size_t *ret_len,
      struct err *e)
{
	struct fetching *f = arg;
	struct push_reply reply = {0};
	enum rc rc = push_http_get(f->p->http, f->peer, call, &reply, e);

	f->p->answered = rc == RC_OK;
	if (rc == RC_OK && reply.status == HTTP_NOT_FOUND)
		return err_set(e, RC_NOT_FOUND, "the peer has no %s", call);
	if (rc == RC_OK && reply.status != HTTP_OK)
		return refused(call, &reply, e);
	if (rc != RC_OK)
		return rc;
	*ret = (const uint8_t *)arena_strndup(a, reply.body, reply.len);
	*ret_len = reply.len;
	return RC_OK;
}

/* A node that came back from before the fork of its log does not know why the peer takes
 * nothing; the peer has told the one that wrote the other branch. */
static void
fraud_fetch(struct push_peer *p, const struct exchange_peer *peer, struct arena *a)
{
	struct fetching f = {.p = p, .peer = peer};
	const struct exchange_fetch how = {.get = fetch, .arg = &f};

	if (!p->locked)
		return;
	p->locked = false;
	exchange_fraud_fetch(p->nd, p->peer, &how, a);
}

/* For a node that the peer cannot call.  A failure is tried again the next time: it is no
 * failure to deliver. */
static bool
pull_round(struct push_peer *p, struct arena *a, int64_t *most_us)
{
	int64_t every_us = exchange_pull_every_us(p->nd), now_us = clock_mono_us();
	struct fetching f = {.p = p};
	const struct exchange_fetch how = {.get = fetch, .arg = &f};
	struct exchange_pulled got = {0};
	struct push_reply reply = {0};
	struct err e = ERR_INIT;

	if (every_us == 0)
		return false;
	if (p->pulled_us != 0 && now_us - p->pulled_us < every_us) {
		if (every_us - (now_us - p->pulled_us) < *most_us)
			*most_us = every_us - (now_us - p->pulled_us);
		return false;
	}
	p->pulled_us = now_us;
	enum rc rc = exchange_peer_of(p->nd, p->peer, a, &f.peer, &e);
	if (rc == RC_OK)
		rc = exchange_pull(p->nd, p->peer, &how, a, &got, &e);
	if (rc == RC_OK && got.receipt != NULL)
		rc = push_http_post(p->http, f.peer, "receipts", got.receipt,
				    strlen(got.receipt), &reply, &e);
	if (rc == RC_OK && got.receipt != NULL) {
		if (reply.status == HTTP_NO_CONTENT)
			exchange_pull_told(p->nd, p->peer, got.size);
		else
			rc = refused("receipts", &reply, &e);
	}
	if (rc != RC_OK)
		log_line(LOG_WARN, "peer.pull", "peer=%" PRId64 " outcome=%s reason=%s",
			 p->peer, rc_token(rc), e.text);
	if (f.peer != NULL)
		identity_fetch(p, f.peer, rc);
	if (rc == RC_OK && got.more)
		p->pulled_us = 0;
	return rc == RC_OK && got.more;
}

/* Before anything of our log is sent, and while some of it is brought back. */
static enum rc
ask(struct push_peer *p, struct arena *a, const struct exchange_question *q,
    struct err *e)
{
	struct push_reply reply = {0};
	enum rc rc;

	fault_point("ask.before");
	if (q->kind == EXCHANGE_TELL_IDENTITY)
		rc = push_http_tell(p->http, q->peer, q->call, q->body, &reply, e);
	else if (q->body != NULL)
		rc = push_http_post(p->http, q->peer, q->call, q->body, strlen(q->body),
				    &reply, e);
	else
		rc = push_http_get(p->http, q->peer, q->call, &reply, e);
	p->answered = rc == RC_OK;
	p->locked = rc == RC_OK && reply.status == HTTP_LOCKED;
	fault_point("ask.after");
	if (rc != RC_OK)
		return rc;
	if (reply.status == (q->kind == EXCHANGE_TELL_FRAUD ? HTTP_ACCEPTED : HTTP_OK))
		return exchange_ask_done(p->nd, p->peer, a, q, reply.body, reply.len, e);
	if ((reply.status == HTTP_NOT_FOUND && q->kind == EXCHANGE_ASK_HELD) ||
	    (reply.status == HTTP_UNPROCESSABLE && q->kind == EXCHANGE_TELL_FRAUD))
		return exchange_ask_unknown(p->nd, p->peer, q, e);
	return refused(q->call, &reply, e);
}

/* It did not go: the schedule has it.  What was cut off by our own stop is no fault of
 * the peer. */
static enum push_then
failed(const struct push_peer *p, const char *step, enum rc rc, const struct err *e)
{
	struct err again = ERR_INIT;

	if (atomic_load(p->stop))
		return PUSH_AGAIN;
	log_line(LOG_WARN, "peer.push", "peer=%" PRId64 " step=%s outcome=%s rule=\"%s\"",
		 p->peer, step, rc_token(rc), e->rule);
	rc = exchange_push_failed(p->nd, p->peer, p->answered, e, &again);
	return rc == RC_OK ? PUSH_AGAIN : trouble(p, "failed", rc, &again);
}

/* True: a question was asked, or is to wait. */
static bool
ask_round(struct push_peer *p, struct arena *a, enum push_then *ret, int64_t *most_us)
{
	struct exchange_question q;
	struct err e = ERR_INIT;
	int64_t wait_us = 0;
	enum rc rc = exchange_ask_next(p->nd, p->peer, a, &q, &wait_us, &e);

	if (rc == RC_NOT_FOUND)
		return false;
	*ret = PUSH_AGAIN;
	if (rc == RC_RETRY) {
		*ret = PUSH_WAIT;
		if (wait_us < *most_us)
			*most_us = wait_us;
	} else if (rc != RC_OK) {
		*ret = trouble(p, "ask", rc, &e);
	} else if ((rc = ask(p, a, &q, &e)) != RC_OK) {
		*ret = failed(p, "ask", rc, &e);
		identity_fetch(p, q.peer, rc);
		fraud_fetch(p, q.peer, a);
	}
	return true;
}

enum push_then
push_peer_round(struct push_peer *p, struct arena *a, int64_t *ret_most_us)
{
	struct exchange_push push = {0};
	struct err e = ERR_INIT;
	enum push_then then;
	int64_t wait_us = 0;

	*ret_most_us = PUSH_WAIT_S * CLOCK_US_PER_S;
	if (ask_round(p, a, &then, ret_most_us))
		return then;
	enum rc rc = exchange_push_next(p->nd, p->peer, a, &push, &wait_us, &e);
	if (rc == RC_NOT_FOUND || rc == RC_RETRY) {
		if (pull_round(p, a, ret_most_us))
			return PUSH_AGAIN;
		if (rc == RC_RETRY && wait_us < *ret_most_us)
			*ret_most_us = wait_us;
		return idle_round(p, a, rc == RC_NOT_FOUND, ret_most_us);
	}
	if (rc != RC_OK)
		return trouble(p, "next", rc, &e);
	rc = send_all(p, a, &push, &e);
	if (rc == RC_OK)
		return PUSH_AGAIN;
	then = failed(p, "send", rc, &e);
	identity_fetch(p, push.peer, rc);
	fraud_fetch(p, push.peer, a);
	return then;
}

void
push_peer_init(struct push_peer *p, struct node *nd, int64_t peer, struct push_http *http,
	       const atomic_bool *stop)
{
	*p = (struct push_peer){.nd = nd, .peer = peer, .http = http, .stop = stop};
	push_blob_init(&p->blob);
}

void
push_peer_free(struct push_peer *p)
{
	push_blob_free(&p->blob);
}
