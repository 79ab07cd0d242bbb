#include "peer/push.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "peer/push_blob.h"
#include "service/exchange.h"

enum {
	PUSH_PAUSE_S = 1, /* after an error of our own */
	PUSH_STUCK_MAX =
		8, /* answers in a row that tell where to go on, without progress */
	PUSH_QUOTE_MAX = 200, /* bytes of a refusal that people are shown */

	HTTP_OK = 200,
	HTTP_ACCEPTED = 202,
	HTTP_NOT_FOUND = 404,
	HTTP_CONFLICT = 409,
};

struct pusher {
	struct peer_push *all;
	int64_t peer;
	pthread_t thread;
	struct push_http *http;
	struct push_blob blob;
	bool answered; /* the last request was, if only by a refusal */
	unsigned stuck;
	uint64_t next; /* the highest entry that the peer asked for */
	struct pusher *older;
};

struct peer_push {
	struct node *nd;
	const char *tls_dir;
	struct arena *a; /* of the supervisor, and of the start and stop around it */
	pthread_t supervisor;
	atomic_bool stop;
	struct pusher *pushers; /* the supervisor's */

	pthread_mutex_t mu;
	pthread_cond_t changed;
	bool kicked; /* under mu */
};

/* ---- one round */

/* "the peer refused add-entries (422): protocol 2: ..." */
static enum rc
refused(const char *call, const struct push_reply *r, struct err *e)
{
	size_t line = strcspn(r->body, "\r\n");

	return err_set(e, RC_UNAVAILABLE, "the peer refused %s (%ld)%s%.*s", call,
		       r->status, line == 0 ? "" : ": ",
		       (int)(line < PUSH_QUOTE_MAX ? line : PUSH_QUOTE_MAX), r->body);
}

/* Before and after the peer has it: each is a place to crash at. */
static enum rc
post(struct pusher *p, const struct exchange_push *push, const char *call,
     const void *body, size_t len, struct push_reply *ret, struct err *e)
{
	fault_point("push.send.before");
	enum rc rc = push_http_post(p->http, push->peer, call, body, len, ret, e);
	p->answered = rc == RC_OK;
	fault_point("push.send.after");
	return rc;
}

/* A peer that sends us from here to there, again and again, is treated as one that is
 * down. */
static enum rc
resync(struct pusher *p, uint64_t pending, uint64_t next, struct err *e)
{
	bool progress = next != EXCHANGE_UNKNOWN && next > p->next;

	if (progress)
		p->next = next;
	p->stuck = progress ? 0 : p->stuck + 1;
	if (p->stuck > PUSH_STUCK_MAX) {
		p->stuck = 0;
		return err_set(e, RC_UNAVAILABLE,
			       "the peer does not say twice the same where to go on");
	}
	return exchange_push_resync(p->all->nd, p->peer, pending, next, e);
}

/* *ret_on: the entries may follow; else the round is over. */
static enum rc
send_checkpoint(struct pusher *p, const struct exchange_push *push, bool *ret_on,
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
	else
		rc = refused("add-checkpoint", &reply, e);
out:
	buf_free(&b);
	return rc;
}

static enum rc
send_entries(struct pusher *p, struct arena *a, const struct exchange_push *push,
	     struct err *e)
{
	struct buf b = BUF_INIT(EXCHANGE_BODY_MAX);
	struct push_reply reply = {0};
	struct mirror_info info;
	enum rc rc;

	mirror_entries_put(&b, &push->entries);
	if (!buf_ok(&b)) {
		rc = err_set(e, RC_TOO_LARGE, "an upload has more than %d bytes",
			     EXCHANGE_BODY_MAX);
		goto out;
	}
	rc = post(p, push, "add-entries", buf_str(&b), b.len, &reply, e);
	if (rc != RC_OK)
		goto out;
	if (reply.status == HTTP_OK) {
		rc = exchange_push_done(p->all->nd, p->peer, push, reply.body, reply.len,
					e);
		p->stuck = 0;
	} else if ((reply.status == HTTP_ACCEPTED || reply.status == HTTP_CONFLICT) &&
		   mirror_info_parse(a, reply.body, reply.len, &info, e) == RC_OK) {
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
send_disclosures(struct pusher *p, const struct exchange_push *push, struct err *e)
{
	struct exchange_cursor at = {0};
	struct arena *a = arena_create();
	enum rc rc = RC_OK;

	for (size_t len = 1; rc == RC_OK && len != 0; arena_reset(a)) {
		struct push_reply reply = {0};
		const char *body;
		rc = exchange_push_disclosures(p->all->nd, push, &at, a, &body, &len, e);
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
send_all(struct pusher *p, struct arena *a, const struct exchange_push *push,
	 struct err *e)
{
	bool on = true;
	enum rc rc = send_disclosures(p, push, e);

	if (rc == RC_OK)
		rc = send_checkpoint(p, push, &on, e);
	if (rc == RC_OK && on && push->entries.n_packages == 0)
		rc = exchange_push_greeted(p->all->nd, p->peer, e);
	else if (rc == RC_OK && on)
		rc = send_entries(p, a, push, e);
	return rc;
}

/* ---- threads */

/* Until kicked, stopped, or the time is over (0: never). */
static void
supervisor_sleep(struct peer_push *all, int64_t max_s)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)max_s;
	pthread_mutex_lock(&all->mu);
	for (int code = 0; code == 0 && !all->kicked && !atomic_load(&all->stop);)
		code = max_s == 0
			       ? pthread_cond_wait(&all->changed, &all->mu)
			       : pthread_cond_timedwait(&all->changed, &all->mu, &until);
	all->kicked = false;
	pthread_mutex_unlock(&all->mu);
}

/* After an error of our own, without asking the service, which may be what is broken. */
static void
pusher_pause(struct peer_push *all)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += PUSH_PAUSE_S;
	pthread_mutex_lock(&all->mu);
	for (int code = 0; code == 0 && !atomic_load(&all->stop);)
		code = pthread_cond_timedwait(&all->changed, &all->mu, &until);
	pthread_mutex_unlock(&all->mu);
}

static void
trouble(struct pusher *p, const char *step, enum rc rc, const struct err *e)
{
	log_line(LOG_ERROR, "peer.push", "peer=%" PRId64 " step=%s outcome=%s reason=%s",
		 p->peer, step, rc_token(rc), e->text);
	pusher_pause(p->all);
}

/* No event is to be sent: a piece of a file may be.  Nothing goes to a peer whose log
 * waits for a retry. */
static bool
idle_round(struct pusher *p, struct arena *a, bool reachable, int64_t most_us)
{
	struct node *nd = p->all->nd;
	struct err e = ERR_INIT;
	int64_t wait_us = 0;
	enum rc rc = RC_NOT_FOUND;

	if (reachable)
		rc = push_blob_round(&p->blob, nd, p->peer, p->http, &p->all->stop, a,
				     &wait_us, &e);
	if (rc == RC_OK)
		return true;
	if (rc != RC_NOT_FOUND && rc != RC_RETRY)
		trouble(p, "blob", rc, &e);
	if (rc == RC_RETRY && wait_us < most_us)
		most_us = wait_us;
	return exchange_push_wait(nd, p->peer, most_us);
}

/* Before anything of our log is sent, and while some of it is brought back. */
static enum rc
ask(struct pusher *p, struct arena *a, const struct exchange_question *q, struct err *e)
{
	struct push_reply reply = {0};
	enum rc rc;

	fault_point("ask.before");
	if (q->body != NULL)
		rc = push_http_post(p->http, q->peer, q->call, q->body, strlen(q->body),
				    &reply, e);
	else
		rc = push_http_get(p->http, q->peer, q->call, &reply, e);
	p->answered = rc == RC_OK;
	fault_point("ask.after");
	if (rc != RC_OK)
		return rc;
	if (reply.status == HTTP_OK)
		return exchange_ask_done(p->all->nd, p->peer, a, q, reply.body, reply.len,
					 e);
	if (reply.status == HTTP_NOT_FOUND && q->kind == EXCHANGE_ASK_HELD)
		return exchange_ask_unknown(p->all->nd, p->peer, e);
	return refused(q->call, &reply, e);
}

/* It did not go: the schedule has it.  What was cut off by our own stop is no fault of
 * the peer. */
static void
failed(struct pusher *p, const char *step, enum rc rc, const struct err *e)
{
	struct err again = ERR_INIT;

	if (atomic_load(&p->all->stop))
		return;
	log_line(LOG_WARN, "peer.push", "peer=%" PRId64 " step=%s outcome=%s rule=\"%s\"",
		 p->peer, step, rc_token(rc), e->rule);
	rc = exchange_push_failed(p->all->nd, p->peer, p->answered, e->text, &again);
	if (rc != RC_OK)
		trouble(p, "failed", rc, &again);
}

/* True: a question was asked, or is to wait; *ret_on: the node does not stop. */
static bool
ask_round(struct pusher *p, struct arena *a, bool *ret_on)
{
	struct node *nd = p->all->nd;
	struct exchange_question q;
	struct err e = ERR_INIT;
	int64_t wait_us = 0;
	enum rc rc = exchange_ask_next(nd, p->peer, a, &q, &wait_us, &e);

	*ret_on = true;
	if (rc == RC_NOT_FOUND)
		return false;
	if (rc == RC_RETRY)
		*ret_on = exchange_push_wait(nd, p->peer,
					     wait_us < PUSH_WAIT_S * CLOCK_US_PER_S
						     ? wait_us
						     : PUSH_WAIT_S * CLOCK_US_PER_S);
	else if (rc != RC_OK)
		trouble(p, "ask", rc, &e);
	else if ((rc = ask(p, a, &q, &e)) != RC_OK)
		failed(p, "ask", rc, &e);
	return true;
}

/* false: the node stops. */
static bool
push_round(struct pusher *p, struct arena *a)
{
	struct node *nd = p->all->nd;
	struct exchange_push push = {0};
	struct err e = ERR_INIT;
	int64_t most_us = PUSH_WAIT_S * CLOCK_US_PER_S, wait_us = 0;
	bool on;

	if (ask_round(p, a, &on))
		return on;
	enum rc rc = exchange_push_next(nd, p->peer, a, &push, &wait_us, &e);
	if (rc == RC_NOT_FOUND || rc == RC_RETRY) {
		if (rc == RC_RETRY && wait_us < most_us)
			most_us = wait_us;
		return idle_round(p, a, rc == RC_NOT_FOUND, most_us);
	}
	if (rc != RC_OK) {
		trouble(p, "next", rc, &e);
		return true;
	}
	rc = send_all(p, a, &push, &e);
	if (rc != RC_OK)
		failed(p, "send", rc, &e);
	return true;
}

static void *
pusher_thread(void *arg)
{
	struct pusher *p = arg;
	struct arena *a = arena_create();

	while (!atomic_load(&p->all->stop) && push_round(p, a))
		arena_reset(a);
	arena_free(a);
	return NULL;
}

static enum rc
pusher_start(struct peer_push *all, int64_t peer, struct err *e)
{
	struct pusher *p = ARENA_NEW(all->a, struct pusher);
	enum rc rc;

	p->all = all;
	p->peer = peer;
	push_blob_init(&p->blob);
	rc = push_http_open(all->nd, all->tls_dir, &all->stop, &p->http, e);
	if (rc != RC_OK)
		return rc;
	errno = pthread_create(&p->thread, NULL, pusher_thread, p);
	if (errno != 0) {
		rc = err_sys(e, "start a thread");
		push_http_close(p->http);
		return rc;
	}
	p->older = all->pushers;
	all->pushers = p;
	return RC_OK;
}

static bool
has_pusher(const struct peer_push *all, int64_t peer)
{
	for (const struct pusher *p = all->pushers; p != NULL; p = p->older)
		if (p->peer == peer)
			return true;
	return false;
}

static void *
supervisor_thread(void *arg)
{
	struct peer_push *all = arg;
	struct arena *a = arena_create();

	while (!atomic_load(&all->stop)) {
		const struct exchange_peer *peers;
		struct err e = ERR_INIT;
		size_t n = 0;
		enum rc rc = exchange_peers(all->nd, a, &peers, &n, &e);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			if (!has_pusher(all, peers[i].id))
				rc = pusher_start(all, peers[i].id, &e);
		if (rc != RC_OK)
			log_line(LOG_ERROR, "peer.push",
				 "step=peers outcome=%s reason=%s", rc_token(rc), e.text);
		arena_reset(a);
		supervisor_sleep(all, rc == RC_OK ? 0 : PUSH_PAUSE_S);
	}
	arena_free(a);
	return NULL;
}

static void
push_free(struct peer_push *p)
{
	pthread_cond_destroy(&p->changed);
	pthread_mutex_destroy(&p->mu);
	arena_free(p->a);
	free(p);
	curl_global_cleanup();
}

enum rc
peer_push_start(struct node *nd, const char *tls_dir, struct peer_push **ret,
		struct err *e)
{
	struct peer_push *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;
	sigset_t all, before;

	if (p == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	p->nd = nd;
	p->a = arena_create();
	p->tls_dir = arena_strdup(p->a, tls_dir);
	atomic_init(&p->stop, false);
	pthread_mutex_init(&p->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals are for the main thread; a peer that hangs up must not end us. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errno = pthread_create(&p->supervisor, NULL, supervisor_thread, p);
	int code = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	*ret = p;
	if (code == 0)
		return RC_OK;
	*ret = NULL;
	push_free(p);
	errno = code;
	return err_sys(e, "start a thread");
}

void
peer_push_kick(struct peer_push *p)
{
	pthread_mutex_lock(&p->mu);
	p->kicked = true;
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->mu);
}

void
peer_push_stop(struct peer_push *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->mu);
	atomic_store(&p->stop, true);
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->mu);
	pthread_join(p->supervisor, NULL);
	for (struct pusher *q = p->pushers; q != NULL; q = q->older) {
		pthread_join(q->thread, NULL);
		push_http_close(q->http);
		push_blob_free(&q->blob);
	}
	push_free(p);
}
