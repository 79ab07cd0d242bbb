/*
 * casefile - the life of a case as a fold of the two logs' events.
 *
 * Both nodes fold the same events in the same order and so see the same case
 * (protocol 2, "Two logs, one case"): causal order by `ack`, concurrent events by
 * (iat, log).  Nothing here depends on "now" or on the order of arrival.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_CASEFILE_H
#define SALURAN_CORE_CASEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/event.h"
#include "core/identity.h"
#include "core/policy.h"

/* X(NAME, token) */
#define CASE_STATE_TABLE(X)                                                              \
	X(NONE, "none")		/* no manifest yet: parts only */                        \
	X(SENT, "sent")		/* in the authority's log, no receipt adopted */         \
	X(RECEIVED, "received") /* receipted: the clock runs */                          \
	X(ACCEPTED, "accepted") /* a person has it */                                    \
	X(REFUSED, "refused")                                                            \
	X(CLOSED, "closed")

enum case_state {
#define X(name, token) CASE_##name,
	CASE_STATE_TABLE(X)
#undef X
		CASE_STATE_COUNT
};

/* Events that a case's fold looks at.  X(NAME, event type) */
#define CASE_ACT_TABLE(X)                                                                \
	X(SEND, "notice.send")                                                           \
	X(RECEIPT, "receipt.adopt") /* one that covers an event of this case */          \
	X(ACCEPT, "case.accept")                                                         \
	X(REFUSE, "case.refuse")                                                         \
	X(DECIDE, "item.decide")                                                         \
	X(REMIND, "case.remind")                                                         \
	X(WARN, "case.warn")                                                             \
	X(POST, "message.post")                                                          \
	X(READ, "message.read")                                                          \
	X(CLOSE, "case.close")                                                           \
	X(REOPEN, "case.reopen")                                                         \
	X(ASK, "clarify.ask")                                                            \
	X(ANSWER, "clarify.answer")                                                      \
	X(TRANSFER, "case.transfer")                                                     \
	X(REVERSE, "item.reverse")                                                       \
	X(DISPUTE, "dispute.open")                                                       \
	X(REPLY, "dispute.answer")                                                       \
	X(RULE, "dispute.rule")

enum case_act {
#define X(name, token) ACT_##name,
	CASE_ACT_TABLE(X)
#undef X
		ACT_COUNT
};

const char *case_state_token(enum case_state s);
const char *case_act_type(enum case_act a);
/* The act of an event type, or ACT_COUNT for a type that the fold ignores. */
enum case_act case_act_of(const char *type);

/* One event as the fold sees it. */
struct case_event {
	enum party from; /* whose log */
	uint64_t seq;
	uint64_t ack_size; /* leaves of the other party's log that its author had */
	int64_t iat_us;
	/* What stands before it in its log shows that it is not earlier than that,
	 * whatever its author's clock says; 0: nothing is known. */
	int64_t floor_us;
	enum case_act act;
	/* ACT_WARN: 1 and up; ACT_TRANSFER: the class, an index into the policy's;
	 * ACT_DECIDE, ACT_REVERSE: 1 for an inability that may end, else 0. */
	unsigned level;
	/* ACT_RECEIPT: the latest event of this case, in the log of `from`, that was
	 * receipted. A receipt is for everything below a size, so what is earlier is
	 * covered too.  ACT_ANSWER: the question, in the log of the other. */
	uint64_t covers_seq;
	int64_t receipt_us; /* ACT_RECEIPT: the peer's time of the cosignature */
};

enum {
	CASE_LADDER_MAX = POLICY_LADDER_MAX,
	CASE_PAUSES_MAX = 16,	/* questions of a case, and inabilities */
	CASE_TRANSFERS_MAX = 8, /* to another class */
};

/* How far the clocks of two nodes may be apart (protocol 11). */
#define CASE_SKEW_US (INT64_C(300) * 1000000)

/* A rung of the ladder that was taken. */
struct case_rung {
	uint64_t seq;	/* of the remind or warn event, in the authority's log */
	unsigned level; /* 0: reminder */
	int64_t iat_us;
	int64_t receipt_us; /* 0: not receipted, so it does not count */
};

/* A question of the platform, or its inability: what may pause the clock. */
struct case_pause {
	uint64_t seq;	 /* of the question or decision, in the platform's log */
	bool impossible; /* a decision; else a question */
	int64_t iat_us;
	int64_t receipt_us; /* when it reached the authority; 0: not proven */
	bool answered;
	uint64_t answer_seq; /* in the authority's log, valid when answered */
	int64_t answer_iat_us;
	int64_t answer_receipt_us; /* when that reached the platform; 0: not proven */
};

/* A move to another class of time limits. */
struct case_transfer {
	uint64_t seq; /* in the authority's log */
	unsigned to;  /* an index into the policy's classes */
	int64_t iat_us;
	int64_t receipt_us; /* 0: not receipted, so it does not count */
};

/* What is known of a case.  Plain data: compared and stored as it is. */
struct casefile {
	enum case_state state;
	uint64_t send_seq;
	int64_t sent_us;
	int64_t receipt_us; /* 0: never receipted */
	/* iat of the event, or what its log had before it, if that is later; 0: not */
	int64_t accepted_us, refused_us, closed_us;
	int64_t decided_us;   /* likewise of the latest item.decide; 0: none */
	uint64_t decided_seq; /* its seq, valid where decided_us is */
	uint32_t n_rungs;
	struct case_rung rungs[CASE_LADDER_MAX];
	uint32_t n_pauses;
	struct case_pause pauses[CASE_PAUSES_MAX];
	uint32_t n_transfers;
	struct case_transfer transfers[CASE_TRANSFERS_MAX];
	uint32_t reopened; /* how often */
	uint32_t voided;   /* events that have no effect: kept and shown */
	/* where an incremental fold stands; see casefile_can_append() */
	uint64_t last_seq[PARTY_COUNT]; /* valid where n_events[] > 0 */
	int64_t max_iat_us[PARTY_COUNT];
	uint64_t max_ack[PARTY_COUNT]; /* the largest ack_size among its events */
	uint64_t n_events[PARTY_COUNT];
};

/*
 * The next state, or RC_CONFLICT when the table has no row (*ret is then `from`).
 * ACT_REOPEN gives CASE_ACCEPTED here; in a case that was never accepted the fold goes
 * back to what its facts say (refused, received or sent).
 */
enum rc casefile_next(enum case_state from, enum case_act act, enum party by,
		      enum case_state *ret) MUST_CHECK;

/* May `by` start this act, seeing the case in this state?  Stricter than the fold: it
 * leaves out the rows that exist only because two acts can cross on their way (accepting
 * a case that was just closed).  Services ask this before they append. */
bool casefile_may(enum case_state from, enum case_act act, enum party by);

/* Apply one event after all before it.  Never fails: what no row allows is voided, and so
 * are a rung past CASE_LADDER_MAX, a question or transfer past its limit, an answer to
 * what is no open question, and a receipt for what is not before it or without a time.
 * Returns false when it was voided. */
bool casefile_apply(struct casefile *c, const struct case_event *ev);

/*
 * An event of a type that case_act_of() knows, as the fold sees it.  `p` is the policy
 * of the case.  Returns NULL, or why it is void whatever came before.  For ACT_RECEIPT
 * the caller fills in covers_seq and receipt_us.
 */
const char *casefile_event_of(const struct event *ev, enum party from,
			      const struct policy *p, struct case_event *ret);

/*
 * True when `ev` sorts after everything already folded, so that casefile_apply() gives
 * what casefile_fold() over all would.  Always true where an event arrives that has seen
 * all others; false also where it might be true: then fold again.
 */
bool casefile_can_append(const struct casefile *c, const struct case_event *ev);

/*
 * Sort `ev` into the one order of both nodes (in place), given each log's events in any
 * order, then fold them all into a zeroed *ret.
 *
 * The order is a merge of the two logs, each by seq.  The head of one is ready when the
 * events of the other below its ack_size are out.  If both or (under hostile acks) none
 * are ready, the smaller (iat, party) goes first.
 */
void casefile_fold(struct case_event *ev, size_t n, struct casefile *ret);
/* The same, and whether `one` among them (NULL: none) has effect there: others may gain
 * or lose theirs by it, so their number does not tell. */
bool casefile_fold_with(struct case_event *ev, size_t n, const struct case_event *one,
			struct casefile *ret);

/* Deadlines of a case: 0 where no clock runs (no receipt, or the thing is done). */
struct case_due {
	int64_t accept_us; /* owed: case.accept or case.refuse */
	int64_t decide_us; /* owed: a decision on every open item */
	int64_t step_us;   /* when the next rung may be taken; 0: none or not yet known */
	int step;	   /* the next rung, an index into policy->ladder, or -1 */
	unsigned taken;	   /* rungs that count: in order, not early, receipted */
	bool pending; /* a rung was taken and waits for its receipt: it blocks `step` */
	int64_t first_us; /* the earliest of what is still owed, 0: nothing */
	/* An answer is owed by the authority: the clock stands still since, and at the
	 * latest until.  0: it runs.  The deadlines above are those of that latest; they
	 * come nearer with the answer. */
	int64_t paused_us, paused_until_us;
};

/*
 * Pure function of policy, class of the notice, and fold (open_items: what is owed a
 * decision; an inability that may end is owed one too where the policy pauses for it).
 *
 *   accept, decide: deadline_of() of core/deadline.h, while neither accepted nor refused,
 *                   and while items are open, unless refused or closed
 *   step 0 = first + ladder[0].after_us   first: the earlier of the two still owed
 *   step k = receipt of rung k - 1 + ladder[k].after_us, and not before `first`
 *
 * Rung k counts when it has ladder[k]'s level, follows rung k - 1, was not taken before
 * its time, and is receipted, by the platform's clock not before its time less
 * CASE_SKEW_US: so nobody climbs a ladder at once by setting a clock forward.  The time
 * of rung 0 is here that of the accept deadline, which no later act of the platform (a
 * backdated acceptance) can move.
 */
void casefile_due(const struct policy *p, const struct policy_class *cls,
		  const struct casefile *c, uint64_t open_items, struct case_due *ret);

/*
 * May an order cite this case?  Receipted, past its deadline at `now_us` with open items,
 * and the policy's rungs taken and receipted.  RC_CONFLICT says in words which of these
 * is missing ("never receipted: what could not be delivered is only one side's claim").
 */
enum rc casefile_grounds(const struct policy *p, const struct policy_class *cls,
			 const struct casefile *c, uint64_t open_items, int64_t now_us,
			 struct err *e) MUST_CHECK;

#endif
