#include <assert.h>
#include <string.h>

#include "core/order.h"

static const char *const states[ORDER_STATE_COUNT] = {
#define X(name, token) [ORDER_##name] = token,
	ORDER_STATE_TABLE(X)
#undef X
};

static const struct {
	const char *token;
	enum order_hand hand;
} acts[ORDER_ACT_COUNT] = {
#define X(name, token, hand) [ORDER_ACT_##name] = {token, ORDER_HAND_##hand},
	ORDER_ACT_TABLE(X)
#undef X
};

#define IN(s) (1u << ORDER_##s)

/* In which states an act is allowed.  The owner is told, and what was done is reviewed,
 * also after the end. */
static const unsigned allowed[ORDER_ACT_COUNT] = {
	/* In force: what the zones' last gate holds back. */
	[ORDER_ACT_OVERRIDE] = IN(DRAFT) | IN(IN_FORCE),
	[ORDER_ACT_APPROVE] = IN(DRAFT),
	[ORDER_ACT_RETURN] = IN(DRAFT),
	[ORDER_ACT_WITHDRAW] = IN(DRAFT),
	[ORDER_ACT_OWNER] = IN(DRAFT) | IN(IN_FORCE) | IN(LIFTED) | IN(EXPIRED),
	[ORDER_ACT_REVIEW] = IN(IN_FORCE),
	[ORDER_ACT_REVIEW_LIFT] = IN(IN_FORCE) | IN(LIFTED) | IN(EXPIRED),
	[ORDER_ACT_PLAN] = IN(IN_FORCE),
	[ORDER_ACT_LIFT] = IN(IN_FORCE),
	[ORDER_ACT_EXPIRE] = IN(IN_FORCE),
};

const char *
order_state_token(enum order_state s)
{
	assert((unsigned)s < ORDER_STATE_COUNT);
	return states[s];
}

const char *
order_act_token(enum order_act a)
{
	assert((unsigned)a < ORDER_ACT_COUNT);
	return acts[a].token;
}

enum order_hand
order_act_hand(enum order_act a)
{
	assert((unsigned)a < ORDER_ACT_COUNT);
	return acts[a].hand;
}

bool
order_state_find(const char *token, enum order_state *ret)
{
	for (int i = 0; i < ORDER_STATE_COUNT; i++)
		if (strcmp(states[i], token) == 0) {
			*ret = (enum order_state)i;
			return true;
		}
	return false;
}

bool
order_act_find(const char *type, enum order_act *ret)
{
	static const char family[] = "order.";

	if (strncmp(type, family, sizeof(family) - 1) != 0)
		return false;
	for (int i = 0; i < ORDER_ACT_COUNT; i++)
		if (strcmp(acts[i].token, type + sizeof(family) - 1) == 0) {
			*ret = (enum order_act)i;
			return true;
		}
	return false;
}

bool
order_may(enum order_state s, enum order_act a)
{
	assert((unsigned)s < ORDER_STATE_COUNT && (unsigned)a < ORDER_ACT_COUNT);
	return (allowed[a] & 1u << s) != 0;
}

bool
order_act_is_hand(enum order_act a)
{
	return a == ORDER_ACT_OVERRIDE || a == ORDER_ACT_APPROVE;
}

const char *
order_hand_problem(enum order_act a, const struct order_hands *hands, const char *by)
{
	bool drafted = strcmp(hands->by[0], by) == 0, has = false;

	for (size_t i = 0; i < hands->n; i++)
		has |= strcmp(hands->by[i], by) == 0;
	switch (order_act_hand(a)) {
	case ORDER_HAND_ANY:
		return NULL;
	case ORDER_HAND_NEW:
		if (has)
			return "this person has a hand in the order already";
		return hands->n >= ORDER_HANDS_MAX
			       ? "more people have a hand in the order than it can have"
			       : NULL;
	case ORDER_HAND_OTHER:
		return drafted ? "that is for somebody else than who drafted the order"
			       : NULL;
	case ORDER_HAND_DRAFTER:
		return drafted ? NULL
			       : "only who drafted an order withdraws it; an approver "
				 "returns it";
	}
	return NULL;
}
