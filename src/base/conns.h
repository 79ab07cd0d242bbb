/*
 * conns - cuts off connections that are late, however busily they send a byte now and
 * then.
 *
 * A listener gives each connection a slot with a deadline, moves the deadline as the
 * connection gets on, and gives the slot back before the socket is closed.  One thread
 * shuts down what is late; the connection's own thread notices and ends.
 *
 * All functions but conns_start() and conns_stop() may be called from any thread.
 */
#ifndef SALURAN_BASE_CONNS_H
#define SALURAN_BASE_CONNS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A connection and when it is cut off. */
struct conn {
	int fd;		  /* -1: free */
	int64_t until_us; /* by clock_mono_us() */
};

struct conns {
	pthread_mutex_t mu;
	pthread_cond_t changed;
	pthread_t thread;
	bool stopping;
	size_t n;
	struct conn *all;
};

/* Room for `n` connections.  RC_IO: no thread is to be had. */
enum rc conns_start(struct conns *c, size_t n, struct err *e) MUST_CHECK;
void conns_stop(struct conns *c);
/* NULL: there are too many. */
struct conn *conns_open(struct conns *c, int fd, int64_t within_us);
void conns_allow(struct conns *c, struct conn *conn, int64_t within_us);
void conns_close(struct conns *c, struct conn *conn); /* NULL allowed */

#endif
