/*
 * order - the life of an order as a table: which act is allowed in which state, and by
 * whose hand.
 *
 * The fold of the views, the fold of an evidence bundle and the services ask here, so
 * that none of them can differ.  Pure.
 */
#ifndef SALURAN_CORE_ORDER_H
#define SALURAN_CORE_ORDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/event.h"
#include "core/policy.h"

/* X(NAME, token) */
#define ORDER_STATE_TABLE(X)                                                             \
	X(DRAFT, "draft")                                                                \
	X(RETURNED, "returned")	  /* by an approver, with reasons: the end of it */      \
	X(WITHDRAWN, "withdrawn") /* by its drafter: the end of it */                    \
	X(IN_FORCE, "in_force")                                                          \
	X(LIFTED, "lifted")                                                              \
	X(EXPIRED, "expired")

enum order_state {
#define X(name, token) ORDER_##name,
	ORDER_STATE_TABLE(X)
#undef X
		ORDER_STATE_COUNT
};

/* X(NAME, word after "order." in the event's type, whose hand) */
#define ORDER_ACT_TABLE(X)                                                               \
	X(OVERRIDE, "override", NEW)                                                     \
	X(APPROVE, "approve", NEW)                                                       \
	X(RETURN, "return", OTHER)                                                       \
	X(WITHDRAW, "withdraw", DRAFTER)                                                 \
	X(OWNER, "owner", ANY)                                                           \
	X(REVIEW, "review", OTHER)                                                       \
	X(REVIEW_LIFT, "review", ANY) /* but not who lifted */                           \
	X(PLAN, "plan", ANY)                                                             \
	X(LIFT, "lift", ANY)                                                             \
	X(EXPIRE, "expire", ANY)

enum order_act {
#define X(name, token, hand) ORDER_ACT_##name,
	ORDER_ACT_TABLE(X)
#undef X
		ORDER_ACT_COUNT
};

enum order_hand {
	ORDER_HAND_ANY,
	ORDER_HAND_NEW,	    /* nobody who drafted, overrode or approved it */
	ORDER_HAND_OTHER,   /* not who drafted it */
	ORDER_HAND_DRAFTER, /* only who drafted it */
};

const char *order_state_token(enum order_state s);
const char *order_act_token(enum order_act a);
enum order_hand order_act_hand(enum order_act a);

/* False: no such token. */
bool order_state_find(const char *token, enum order_state *ret);
/* Of an event's type, "order.approve".  False: none, as of "order.draft". */
bool order_act_find(const char *type, enum order_act *ret);

bool order_may(enum order_state s, enum order_act a);

enum { ORDER_HANDS_MAX = 64 /* who drafted among them */ };

/* Hands in an order: who drafted, then who overrode and approved. */
struct order_hands {
	const char *const *by;
	size_t n;
};
/* Does this act by this person put a hand into it? */
bool order_act_is_hand(enum order_act a);
/* Why `by` may not do this, or NULL. */
const char *order_hand_problem(enum order_act a, const struct order_hands *hands,
			       const char *by);

/*
 * What the policy asks of a draft (product.md, "Guards on an order").  Whoever drafts is
 * stricter: lists of names differ from node to node, so what they find is looked at there
 * and shown.  What follows from signed events alone is the same everywhere, and a draft
 * that does not fit it is void.
 */
struct order_facts {
	int64_t tested_us; /* the last channel test that was acknowledged; 0: none */
	uint64_t changed;  /* names of the channel that came or went within a day */
	bool again;	   /* a name was in an emergency order lately */
};
/* What a bundle, which has not all of the log, knows. */
#define ORDER_FACTS_UNKNOWN ((struct order_facts){.tested_us = INT64_MAX})
#define ORDER_DAY_US	    (INT64_C(86400) * 1000000)

/* `draft`: an order.draft that event_type_check() has passed.  NULL, or why it is void.
 */
const char *order_draft_problem(struct arena *a, const struct policy *p,
				const struct event *draft,
				const struct order_facts *facts);

#endif
