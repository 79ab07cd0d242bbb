#include "base/conns.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/clock.h"

enum { NS_PER_US = 1000 };

/* The next deadline, or INT64_MAX; cuts off those whose deadline has come.  A socket that
 * is shut down wakes its thread, which closes it and gives the slot back: the number
 * cannot have been reused, because conns_close() comes before close(). */
static int64_t
cut_late(struct conns *c, int64_t now_us)
{
	int64_t next_us = INT64_MAX;

	for (size_t i = 0; i < c->n; i++) {
		struct conn *conn = &c->all[i];
		if (conn->fd < 0)
			continue;
		if (conn->until_us <= now_us) {
			shutdown(conn->fd, SHUT_RDWR);
			conn->until_us = INT64_MAX;
		}
		if (conn->until_us < next_us)
			next_us = conn->until_us;
	}
	return next_us;
}

static void *
conns_thread(void *arg)
{
	struct conns *c = arg;

	pthread_mutex_lock(&c->mu);
	while (!c->stopping) {
		int64_t next_us = cut_late(c, clock_mono_us());
		if (next_us == INT64_MAX) {
			pthread_cond_wait(&c->changed, &c->mu);
			continue;
		}
		struct timespec until = {
			.tv_sec = (time_t)(next_us / CLOCK_US_PER_S),
			.tv_nsec = (long)(next_us % CLOCK_US_PER_S) * NS_PER_US,
		};
		pthread_cond_timedwait(&c->changed, &c->mu, &until);
	}
	pthread_mutex_unlock(&c->mu);
	return NULL;
}

enum rc
conns_start(struct conns *c, size_t n, struct err *e)
{
	pthread_condattr_t attr;

	c->n = n;
	c->all = calloc(n, sizeof(*c->all));
	if (c->all == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		c->all[i].fd = -1;
	pthread_mutex_init(&c->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &attr);
	pthread_condattr_destroy(&attr);
	c->stopping = false;
	errno = pthread_create(&c->thread, NULL, conns_thread, c);
	if (errno == 0)
		return RC_OK;
	enum rc rc = err_sys(e, "start a thread");
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->mu);
	free(c->all);
	return rc;
}

void
conns_stop(struct conns *c)
{
	pthread_mutex_lock(&c->mu);
	c->stopping = true;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->mu);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->mu);
	free(c->all);
}

struct conn *
conns_open(struct conns *c, int fd, int64_t within_us)
{
	struct conn *conn = NULL;

	pthread_mutex_lock(&c->mu);
	for (size_t i = 0; conn == NULL && i < c->n; i++)
		if (c->all[i].fd < 0)
			conn = &c->all[i];
	if (conn != NULL) {
		conn->fd = fd;
		conn->until_us = clock_mono_us() + within_us;
		pthread_cond_signal(&c->changed);
	}
	pthread_mutex_unlock(&c->mu);
	return conn;
}

void
conns_allow(struct conns *c, struct conn *conn, int64_t within_us)
{
	pthread_mutex_lock(&c->mu);
	int64_t old_us = conn->until_us;
	conn->until_us = clock_mono_us() + within_us;
	/* A later deadline is noticed when the thread wakes for the old one. */
	if (conn->until_us < old_us)
		pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->mu);
}

void
conns_close(struct conns *c, struct conn *conn)
{
	if (conn == NULL)
		return;
	pthread_mutex_lock(&c->mu);
	assert(conn->fd >= 0);
	conn->fd = -1;
	pthread_mutex_unlock(&c->mu);
}
