/*
 * clock_guard - whether the clock of this node can be believed, and what waits when not.
 *
 * A daemon compares the system's clock with the time that passes, with what its own store
 * has last seen, and with what peers say.  While the clock is in doubt people see an
 * alarm; what it would do by a date that may be wrong does not happen (adr 0048).
 *
 * Without clock_guard_start() the clock is always believed: for commands and tests.
 */
#ifndef SALURAN_SERVICE_CLOCK_GUARD_H
#define SALURAN_SERVICE_CLOCK_GUARD_H

#include "service/node_int.h"

enum clock_state {
	CLOCK_SURE,
	CLOCK_STEPPED, /* it jumped; the node goes on by the time that passes */
	CLOCK_BEHIND,  /* at the start, before what the store has seen; likewise */
	CLOCK_GAP,     /* at the start, far after it: a long pause, or a clock ahead */
	CLOCK_STATES
};

struct clock_guard;

/* At the start of a daemon, before anything is written. */
enum rc clock_guard_start(struct node *nd, struct err *e) MUST_CHECK;
void clock_guard_stop(struct node *nd);

enum clock_state clock_guard_state(struct node *nd);
const char *clock_state_token(enum clock_state state);
/* May what hangs on a date be done?  Also when the doubt has lasted for a day: nothing
 * stays blocked for ever because of it. */
bool clock_guard_dates(struct node *nd);
/* RC_UNAVAILABLE unless clock_guard_dates(): with what is to be done. */
enum rc clock_guard_check(struct node *nd, struct err *e) MUST_CHECK;
/* Does the peer have to be asked what time it is? */
bool clock_guard_asks(struct node *nd, int64_t peer);
/* {state, seconds (by how much the system's clock is ahead of what the node goes by, or
 * after a gap of what the store last saw)}, a new reference. */
json_t *clock_guard_json(struct node *nd);

#endif
