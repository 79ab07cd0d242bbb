#include "peer/push.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "peer/push_peer.h"
#include "service/exchange.h"

enum { PUSH_PAUSE_S = 1 /* after an error of our own */ };

struct pusher {
	struct peer_push *all;
	pthread_t thread;
	struct push_http *http;
	struct push_peer peer;
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

/* ---- threads ----------------------------------------------------------------------- */

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

static void *
pusher_thread(void *arg)
{
	struct pusher *p = arg;
	struct arena *a = arena_create();

	bool on = true;
	while (on && !atomic_load(&p->all->stop)) {
		int64_t most_us;
		enum push_then then = push_peer_round(&p->peer, a, &most_us);
		if (then == PUSH_WAIT)
			on = exchange_push_wait(p->peer.nd, p->peer.peer, most_us);
		else if (then == PUSH_PAUSE)
			pusher_pause(p->all);
		arena_reset(a);
	}
	arena_free(a);
	return NULL;
}

static enum rc
pusher_start(struct peer_push *all, int64_t peer, struct err *e)
{
	struct pusher *p = ARENA_NEW(all->a, struct pusher);
	enum rc rc;

	p->all = all;
	rc = push_http_open(all->nd, all->tls_dir, &all->stop, &p->http, e);
	if (rc != RC_OK)
		return rc;
	push_peer_init(&p->peer, all->nd, peer, p->http, &all->stop);
	errno = pthread_create(&p->thread, NULL, pusher_thread, p);
	if (errno != 0) {
		rc = err_sys(e, "start a thread");
		push_peer_free(&p->peer);
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
		if (p->peer.peer == peer)
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
}

enum rc
peer_push_start(struct node *nd, const char *tls_dir, struct peer_push **ret,
		struct err *e)
{
	struct peer_push *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;
	sigset_t all, before;

	if (p == NULL)
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
		push_peer_free(&q->peer);
	}
	push_free(p);
}
