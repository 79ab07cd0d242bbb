/*
 * push - sends what the peers have not receipted yet, for ever (protocol 5).
 *
 * One thread and one kept-alive connection a peer, and one thread that watches for new
 * peers.  The schedule of retries is the service's; a pusher only asks, sends and
 * reports.
 */
#ifndef SALURAN_PEER_PUSH_H
#define SALURAN_PEER_PUSH_H

#include "base/err.h"
#include "service/node.h"

struct peer_push;

/*
 * `tls_dir` holds the files of tls_create(); they are read at each connection.
 * RC_IO: no thread to be had.
 */
enum rc peer_push_start(struct node *nd, const char *tls_dir, struct peer_push **ret,
			struct err *e) MUST_CHECK;

/* The peers may have changed.  Any thread; returns at once. */
void peer_push_kick(struct peer_push *p);

/*
 * Aborts requests under way and joins all threads; NULL allowed.  Call after the node was
 * told to stop, which ends the waits in exchange_push_wait(); otherwise this takes up to
 * PUSH_WAIT_S.
 */
void peer_push_stop(struct peer_push *p);

enum { PUSH_WAIT_S = 5 };

#endif
