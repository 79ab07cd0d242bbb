/*
 * push_peer - what goes to one peer, a round at a time: a question about our own log, an
 * upload, or a piece of a file (protocol 5).
 *
 * No thread and no sleep of its own: push.c gives each peer a thread, and a test may go
 * through any order of rounds and answers.
 */
#ifndef SALURAN_PEER_PUSH_PEER_H
#define SALURAN_PEER_PUSH_PEER_H

#include <stdatomic.h>

#include "peer/push_blob.h"
#include "peer/push_http.h"

struct push_peer {
	struct node *nd;
	int64_t peer;
	struct push_http *http;
	const atomic_bool *stop; /* what fails from then on is no fault of the peer */
	struct push_blob blob;
	bool answered; /* the last request was, if only by a refusal */
	bool locked;   /* that refusal was 423: the peer holds the channel for frozen */
	unsigned stuck;
	uint64_t next; /* the highest entry that the peer asked for */
	/* What a mirror gave with 202 or 409, for the next upload to that size: it knows
	 * by it where it stands.  Nothing of it is read here. */
	uint8_t ticket[MIRROR_TICKET_MAX];
	size_t ticket_len;
	uint64_t ticket_size;
	int64_t pulled_us; /* when it was last asked for its log, by clock_mono_us() */
};

/* `http` stays the caller's. */
void push_peer_init(struct push_peer *p, struct node *nd, int64_t peer,
		    struct push_http *http, const atomic_bool *stop);
void push_peer_free(struct push_peer *p);

enum push_then {
	PUSH_AGAIN, /* at once */
	PUSH_WAIT,  /* until exchange_push_wait() of *ret_most_us is over */
	PUSH_PAUSE, /* an error of our own, which is logged: after a moment */
};

/* One round; outcomes of the peer's making are in the schedule of retries.  `a` is reset
 * by the caller between two rounds. */
enum push_then push_peer_round(struct push_peer *p, struct arena *a,
			       int64_t *ret_most_us);

#endif
