/*
 * deadline - when something is owed: one pure function of a policy and a case's events.
 *
 * The time limit of the class is counted from the receipt of the notice, in the working
 * hours of the class's calendar, and not while the clock stands still.  Only times that
 * the other side has signed count: the receipt of the notice by the platform, of a
 * question by the authority, of the answer by the platform.  So nobody can move a
 * deadline by setting a clock back.
 *
 *   pause      from when the question (or an inability, where the policy says so) reached
 *              the authority until the answer reached the platform; all of them together
 *              at most policy.pause.max_us.  What was overdue before stays overdue.
 *   minimum    at least so long after the receipt, at any hour, pauses left out
 *   transfer   to another class: the later of the new limit from the notice's receipt,
 *              and the earlier of the old deadline and the new limit from the transfer's
 *              receipt; nothing is changed that had passed when the transfer was received
 *
 * Laws (tests/unit/test_deadline_laws.c): a longer limit never gives an earlier deadline,
 * nor does a pause; nothing depends on "now" or on the order of arrival.  A later receipt
 * never gives an earlier deadline where the limit is a length of time.  Where it is by
 * days, both receipts of one day have the same last day, and what a pause took from a day
 * is given back from the receipt on: so there it holds as long as no pause began before
 * the later receipt.  One that did rests on a wrong clock, as a question or an inability
 * is about a notice that was received.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_DEADLINE_H
#define SALURAN_CORE_DEADLINE_H

#include "core/casefile.h"

enum deadline_kind { DEADLINE_ACCEPT, DEADLINE_DECIDE };

enum { DEADLINE_STEPS_MAX = 96 /* of a trace; further gaps are left out */ };

/* One step of how a deadline came about. */
struct deadline_step {
	const char *what; /* "receipt", "limit", "closed", "pause", ... */
	int64_t at_us;	  /* when it applies */
	int64_t until_us; /* end of a gap, else 0 */
	bool has_event;	  /* it rests on the event below */
	enum party party; /* in whose log it is */
	uint64_t seq;
	const char *text; /* a sentence for people */
};

struct deadline_trace {
	struct arena *a; /* owns the texts */
	struct deadline_step steps[DEADLINE_STEPS_MAX];
	size_t n;
};

/*
 * 0 without a receipt.  `cls` is the class of the notice.  INT64_MAX is "never", which
 * hostile times can reach.  `t` may be NULL; else it is told each step, by the same code.
 */
int64_t deadline_of(const struct policy *p, const struct policy_class *cls,
		    const struct casefile *c, enum deadline_kind k,
		    struct deadline_trace *t);

/* Does an answer hold the clock up whose deadline is `due_us`?  Since when, and until
 * when at the latest; both 0 when none does. */
void deadline_paused(const struct policy *p, const struct casefile *c, int64_t due_us,
		     int64_t *ret_since_us, int64_t *ret_until_us);

/* The class whose limits hold, after the transfers that were receipted. */
const struct policy_class *deadline_class(const struct policy *p,
					  const struct policy_class *cls,
					  const struct casefile *c);

#endif
