#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "core/guard.h"
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

/* ---- drafts ------------------------------------------------------------------------ */

/* Must the guard be overridden, or met, before anybody approves? */
static bool
asks_for(const struct event *draft, enum guard_code code)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(draft->body, "guards"), i, v)
		if (strcmp(json_string_value(v), guard_code_token(code)) == 0)
			return true;
	return false;
}

static bool
is_set(const struct event *draft, const char *member)
{
	return json_is_true(json_object_get(draft->body, member));
}

static const char *
times_problem(const struct policy_order *p, const struct event *draft)
{
	int64_t ends = json_integer_value(json_object_get(draft->body, "ends"));
	int64_t review = json_integer_value(json_object_get(draft->body, "review"));
	bool emergency = is_set(draft, "emergency");
	int64_t most = p->max_duration_us;

	if (emergency && p->emergency_max_us < most)
		most = p->emergency_max_us;
	if (ends <= draft->iat_us)
		return "it ends before it was drafted";
	if (ends - draft->iat_us > most)
		return emergency ? "it ends after the policy's maximum for an emergency"
				 : "it ends after the policy's maximum";
	if (review <= draft->iat_us || review > ends)
		return "its review must lie before its end";
	return NULL;
}

/* Guards that the draft must ask for: what they found, and what was found. */
static const char *
guards_problem(struct arena *a, const struct policy_order *p, const struct event *draft,
	       const struct order_facts *x)
{
	const char *source = json_string_value(json_object_get(draft->body, "source"));
	size_t names = json_array_size(json_object_get(draft->body, "names"));
	bool emergency = is_set(draft, "emergency");
	const struct {
		enum guard_code code;
		bool asked;
	} rows[] = {
		{GUARD_CODE_OWNER, !emergency},
		{GUARD_CODE_CONTACT_CALLED,
		 !emergency && p->contact_called && !is_set(draft, "called")},
		{GUARD_CODE_CHANNEL_TEST,
		 !emergency && p->tested_within_us != 0 &&
			 x->tested_us < draft->iat_us - p->tested_within_us},
		{GUARD_CODE_EMERGENCY_AGAIN, emergency && x->again},
		{GUARD_CODE_DELTA, x->changed + names > p->delta_max},
		{GUARD_CODE_FEED, source != NULL && strcmp(source, "feed") == 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].asked && !asks_for(draft, rows[i].code))
			return arena_printf(a,
					    "its guards leave out %s, which the policy "
					    "asks for",
					    guard_code_token(rows[i].code));
	return NULL;
}

const char *
order_draft_problem(struct arena *a, const struct policy *p, const struct event *draft,
		    const struct order_facts *facts)
{
	const struct policy_order *o = &p->order;
	size_t names = json_array_size(json_object_get(draft->body, "names"));
	size_t cites = json_array_size(json_object_get(draft->body, "cites"));
	int64_t approvals = json_integer_value(json_object_get(draft->body, "approvals"));

	if (p->test)
		return arena_printf(a,
				    "the channel is a TEST, under the policy %s: nothing "
				    "on it becomes an order",
				    p->name);
	if (approvals < (int64_t)o->approvals)
		return arena_printf(a, "it asks for fewer approvals than the policy's %u",
				    o->approvals);
	if (names > o->max_names)
		return arena_printf(a, "it has %zu names, the policy allows %" PRIu32,
				    names, o->max_names);
	if (cites == 0 && !is_set(draft, "emergency"))
		return "it cites no case and is no emergency";
	const char *why = times_problem(o, draft);
	return why != NULL ? why : guards_problem(a, o, draft, facts);
}
