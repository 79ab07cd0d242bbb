/*
 * The orders that cite the case: whose hands are on them, and on what text.
 */
#include <inttypes.h>
#include <string.h>

#include "core/bundle_int.h"
#include "core/guard.h"
#include "core/order.h"

struct ordering {
	struct bundle *b;
	struct bundle_order *o;
	enum order_state life;
	json_t *open; /* guards still to be overridden: a set; as long as the arena */
	json_t *ownerless; /* names without a record of their owner, likewise */
	json_t *zoned; /* "zone name" of those that were lifted in one zone, likewise */
	size_t names_left; /* that the order still holds */
	const char **name; /* all of them */
	const char **held; /* the same; NULL where lifted */
	size_t n_held;
};

static void
json_release(void *p)
{
	json_decref(p);
}

static json_t *
set_of(struct bundle *b, const json_t *texts)
{
	json_t *set = json_object();
	size_t i;
	const json_t *v;

	arena_defer(b->a, json_release, set);
	json_array_foreach (texts, i, v)
		json_object_set_new(set, json_string_value(v), json_true());
	return set;
}

/* Why an act does not count by the order's state, its hands or its text, or NULL. */
static const char *
act_problem(struct ordering *g, enum order_act act, const struct event *ev)
{
	const struct bundle_order *o = g->o;
	const char *by[ORDER_HANDS_MAX];
	struct order_hands hands = {by, 0};
	const char *text = bundle_body_text(ev, "text");
	enum order_act had;

	if (o->text_is == BUNDLE_TEXT_DIFFERS)
		return "the order is void";
	if (!order_may(g->life, act))
		return arena_printf(g->b->a, "the order is %s: it takes no %s",
				    order_state_token(g->life), order_act_token(act));
	by[hands.n++] = o->draft->ev->by;
	for (size_t i = 0; i < o->n_acts && hands.n < ORDER_HANDS_MAX; i++)
		if (o->acts[i].event->void_why == NULL &&
		    order_act_find(o->acts[i].event->ev->type, &had) &&
		    order_act_is_hand(had))
			by[hands.n++] = o->acts[i].event->ev->by;
	const char *why = order_hand_problem(act, &hands, ev->by);
	if (why != NULL || text == NULL)
		return why;
	if (strcmp(text, bundle_body_text(o->draft->ev, "text")) != 0)
		return "another text was signed than the order has";
	if (act != ORDER_ACT_RETURN &&
	    ev->iat_us >= bundle_body_int(o->draft->ev, "ends"))
		return "the order's end is past: draft a new one";
	return NULL;
}

static void
guard_meet(struct ordering *g, const char *token)
{
	json_object_del(g->open, token);
	g->o->guards_open = json_object_size(g->open);
}

static const char *
override_take(struct ordering *g, const struct event *ev)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(ev->body, "guards"), i, v)
		guard_meet(g, json_string_value(v));
	return NULL;
}

static const char *
approve_take(struct ordering *g, const struct event *ev)
{
	struct bundle_order *o = g->o;

	if (o->guards_open != 0)
		return "guards of the order are not yet overridden";
	o->approvals++;
	if (o->approvals >= o->approvals_asked) {
		g->life = ORDER_IN_FORCE;
		o->in_force_us = ev->iat_us;
	}
	return NULL;
}

static bool
names_it(const struct ordering *g, const char *name)
{
	for (size_t i = 0; i < g->n_held; i++)
		if (strcmp(g->name[i], name) == 0)
			return true;
	return false;
}

/* That the owner of each name was told, or not reached, meets its guard. */
static const char *
owner_take(struct ordering *g, const struct event *ev)
{
	const json_t *names = json_object_get(ev->body, "names"), *v;
	size_t i;

	json_array_foreach (names, i, v)
		if (!names_it(g, json_string_value(v)))
			return "the order does not have one of these names";
	json_array_foreach (names, i, v)
		json_object_del(g->ownerless, json_string_value(v));
	if (json_object_size(g->ownerless) == 0)
		guard_meet(g, guard_code_token(GUARD_CODE_OWNER));
	return NULL;
}

static bool
holds_it(const struct ordering *g, const char *name)
{
	for (size_t i = 0; i < g->n_held; i++)
		if (g->held[i] != NULL && strcmp(g->held[i], name) == 0)
			return true;
	return false;
}

static const char *
plan_take(struct ordering *g, const struct event *ev)
{
	const json_t *stages = json_object_get(ev->body, "stages"), *stage, *v;
	int64_t ends = bundle_body_int(g->o->draft->ev, "ends");
	size_t i, k;

	json_array_foreach (stages, i, stage) {
		int64_t at = json_integer_value(json_object_get(stage, "at"));
		if (at <= ev->iat_us || at > ends)
			return "a stage must lie after the plan and not after the "
			       "order's end";
		json_array_foreach (json_object_get(stage, "names"), k, v)
			if (!holds_it(g, json_string_value(v)))
				return "the order does not hold one of these names";
	}
	return NULL;
}

/* The lift or plan at this seq of the log, if it counts; NULL: none. */
static const struct event *
lift_at(const struct ordering *g, int64_t seq, bool plan)
{
	for (size_t i = 0; i < g->o->n_acts; i++) {
		const struct bundle_event *be = g->o->acts[i].event;
		bool is_plan = strcmp(be->ev->type, "order.plan") == 0;
		bool is_lift = strcmp(be->ev->type, "order.lift") == 0 &&
			       json_object_get(be->ev->body, "plan") == NULL;
		if ((int64_t)be->ev->seq == seq && be->void_why == NULL &&
		    (is_plan || (is_lift && !plan)))
			return be->ev;
	}
	return NULL;
}

static const char *
review_take(struct ordering *g, const struct event *ev)
{
	int64_t ends = bundle_body_int(g->o->draft->ev, "ends");
	int64_t next = bundle_body_int(ev, "next");

	if (strcmp(bundle_body_text(ev, "of"), "order") == 0)
		return next != 0 && (next <= ev->iat_us || next > ends)
			       ? "the next review must lie before the order's end"
			       : NULL;
	int64_t seq = bundle_body_int(ev, "seq");
	const struct event *lift = lift_at(g, seq, false);
	if (lift == NULL)
		return "there is no lift or plan of the order at that place";
	if (strcmp(lift->by, ev->by) == 0)
		return "a lift is reviewed by somebody else than who lifted";
	for (size_t i = 0; i < g->o->n_acts; i++) {
		const struct bundle_event *be = g->o->acts[i].event;
		if (be->void_why == NULL && strcmp(be->ev->type, "order.review") == 0 &&
		    strcmp(bundle_body_text(be->ev, "of"), "lift") == 0 &&
		    bundle_body_int(be->ev, "seq") == seq)
			return "that lift was reviewed already";
	}
	return NULL;
}

static bool
is_asked(const json_t *names, const char *name)
{
	size_t i;
	const json_t *v;

	if (names == NULL)
		return true;
	json_array_foreach (names, i, v)
		if (strcmp(json_string_value(v), name) == 0)
			return true;
	return false;
}

/* For some zones only: the order holds the names still. */
static const char *
zones_take(struct ordering *g, const struct event *ev)
{
	const json_t *asked = json_object_get(ev->body, "names"), *zone;
	bool some = false;
	size_t k;

	if (asked == NULL)
		return "a lift for some zones says for which names";
	for (size_t i = 0; i < g->n_held; i++)
		json_array_foreach (json_object_get(ev->body, "zones"), k, zone) {
			if (g->held[i] == NULL || !is_asked(asked, g->held[i]))
				continue;
			const char *key = arena_printf(
				g->b->a, "%s %s", json_string_value(zone), g->held[i]);
			some |= json_object_get(g->zoned, key) == NULL;
			json_object_set_new(g->zoned, key, json_true());
		}
	return some ? NULL : "none of these names is held in these zones";
}

static const char *
end_take(struct ordering *g, const struct event *ev, enum order_state to)
{
	const json_t *asked = json_object_get(ev->body, "names");
	bool some = false;

	if (json_object_get(ev->body, "plan") != NULL &&
	    lift_at(g, bundle_body_int(ev, "plan"), true) == NULL)
		return "there is no such plan of the order";
	if (json_object_get(ev->body, "zones") != NULL)
		return zones_take(g, ev);
	for (size_t i = 0; i < g->n_held; i++)
		if (g->held[i] != NULL && is_asked(asked, g->held[i])) {
			some = true;
			g->held[i] = NULL;
			g->names_left--;
		}
	if (!some)
		return "the order holds none of these names";
	if (g->names_left == 0) {
		g->life = to;
		g->o->ended_us = ev->iat_us;
	}
	return NULL;
}

static const char *
draft_end_take(struct ordering *g, const struct event *ev, enum order_state to)
{
	g->life = to;
	g->o->ended_us = ev->iat_us;
	return NULL;
}

/* What an act does, or why it does not. */
static const char *
act_effect(struct ordering *g, enum order_act act, const struct event *ev)
{
	switch (act) {
	case ORDER_ACT_OVERRIDE:
		return override_take(g, ev);
	case ORDER_ACT_APPROVE:
		return approve_take(g, ev);
	case ORDER_ACT_RETURN:
		return draft_end_take(g, ev, ORDER_RETURNED);
	case ORDER_ACT_WITHDRAW:
		return draft_end_take(g, ev, ORDER_WITHDRAWN);
	case ORDER_ACT_OWNER:
		return owner_take(g, ev);
	case ORDER_ACT_REVIEW:
	case ORDER_ACT_REVIEW_LIFT:
		return review_take(g, ev);
	case ORDER_ACT_PLAN:
		return plan_take(g, ev);
	case ORDER_ACT_LIFT:
		return end_take(g, ev, ORDER_LIFTED);
	case ORDER_ACT_EXPIRE:
		return ev->iat_us < bundle_body_int(g->o->draft->ev, "ends")
			       ? "the order has not ended yet"
			       : end_take(g, ev, ORDER_EXPIRED);
	case ORDER_ACT_COUNT:
		break;
	}
	return "it is no act on an order";
}

static void
act_take(struct ordering *g, struct bundle_event *be)
{
	struct bundle_order *o = g->o;
	const char *why = be->void_why, *of;
	enum order_act act;

	if (why == NULL && !order_act_find(be->ev->type, &act))
		why = "it is no act on an order";
	if (why == NULL) {
		of = bundle_body_text(be->ev, "of");
		if (act == ORDER_ACT_REVIEW && of != NULL && strcmp(of, "lift") == 0)
			act = ORDER_ACT_REVIEW_LIFT;
		why = act_problem(g, act, be->ev);
	}
	if (why == NULL)
		why = act_effect(g, act, be->ev);
	be->void_why = why;
	if (o->text_is != BUNDLE_TEXT_DIFFERS)
		o->state = order_state_token(g->life);
	o->acts[o->n_acts++] = (struct bundle_act){
		.event = be, .reason = bundle_disclosed(g->b, be->ev, "reason")};
}

/* Did the case give grounds, by the policy, to someone who saw what the drafter had? */
static void
grounds_find(struct bundle *b, struct bundle_order *o)
{
	const struct event *ev = o->draft->ev;
	uint64_t seen[PARTY_COUNT];
	struct bundle_case then;
	struct err why = ERR_INIT;

	if (o - b->r->orders >= BUNDLE_GROUNDS_MAX ||
	    (size_t)(o - b->r->orders) * b->r->n_events > BUNDLE_GROUNDS_EVENTS) {
		o->grounds_why = "not looked at: too many orders cite the case";
		return;
	}
	seen[PARTY_AUTHORITY] = ev->seq;
	seen[PARTY_PLATFORM] = ev->ack.size;
	bundle_case_at(b, seen, &then);
	if (!then.manifest) {
		o->grounds_why = "no notice of the case is here from before it";
		return;
	}
	o->grounds =
		casefile_grounds(b->r->policy,
				 policy_class_find(b->r->policy, then.class_code),
				 &then.fold, then.items - then.decided + then.suspended,
				 ev->iat_us, &why) == RC_OK;
	if (!o->grounds)
		o->grounds_why = arena_strdup(b->a, why.text);
}

static void
text_compare(struct bundle *b, struct bundle_order *o)
{
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	o->text = bundle_disclosed(b, o->draft->ev, "text");
	o->reasons = bundle_disclosed(b, o->draft->ev, "reasons");
	o->text_is = BUNDLE_TEXT_ABSENT;
	if (o->text == NULL)
		return;
	hash_bytes(o->text, strlen(o->text), &h);
	o->text_is =
		strcmp(hash_hex(&h, hex), bundle_body_text(o->draft->ev, "text")) == 0
			? BUNDLE_TEXT_MATCHES
			: BUNDLE_TEXT_DIFFERS;
}

static bool
is_act_of(const struct bundle_event *be, const struct bundle_order *o)
{
	const char *id;

	if (be->ev->seq <= o->draft->ev->seq || strncmp(be->ev->type, "order.", 6) != 0 ||
	    strcmp(be->ev->type, "order.draft") == 0)
		return false;
	id = bundle_body_text(be->ev, "order");
	return id != NULL && strcmp(id, o->id) == 0;
}

static void
order_fold(struct bundle *b, struct bundle_event *draft, struct bundle_order *o)
{
	const struct bundle_side *s = &b->side[PARTY_AUTHORITY];
	const json_t *names = json_object_get(draft->ev->body, "names"), *name;
	struct ordering g = {.b = b, .o = o, .life = ORDER_DRAFT};
	size_t i;

	*o = (struct bundle_order){
		.id = bundle_body_text(draft->ev, "order"),
		.draft = draft,
		.state = "draft",
		.approvals_asked = (uint64_t)bundle_body_int(draft->ev, "approvals"),
		.emergency = json_is_true(json_object_get(draft->ev->body, "emergency")),
		.n_cites = json_array_size(json_object_get(draft->ev->body, "cites")),
	};
	for (i = 0; i < s->n_ev; i++)
		o->n_acts += is_act_of(s->ev[i], o);
	o->acts = arena_array(b->a, o->n_acts + 1, sizeof(*o->acts));
	o->n_acts = 0;
	g.open = set_of(b, json_object_get(draft->ev->body, "guards"));
	o->guards_asked = o->guards_open = json_object_size(g.open);
	g.ownerless = set_of(b, NULL);
	g.zoned = set_of(b, NULL);
	g.held = arena_array(b->a, json_array_size(names) + 1, sizeof(*g.held));
	g.name = arena_array(b->a, json_array_size(names) + 1, sizeof(*g.name));
	json_array_foreach (names, i, name) {
		const char *text = json_string_value(json_object_get(name, "name"));
		json_object_set_new(g.ownerless, text, json_true());
		g.name[g.n_held] = g.held[g.n_held] = text;
		g.n_held++;
	}
	g.names_left = g.n_held;
	text_compare(b, o);
	if (o->text_is == BUNDLE_TEXT_DIFFERS) {
		o->state = "void";
		draft->void_why =
			"the disclosed text is not the one whose hash was signed";
	}
	grounds_find(b, o);
	for (i = 0; i < s->n_ev; i++)
		if (is_act_of(s->ev[i], o))
			act_take(&g, s->ev[i]);
}

/* Does it fit the policy that was in effect?  What that asks of the rest of the log
 * cannot be told here, and nothing can where the bundle has another policy. */
static const char *
rules_problem(struct bundle *b, const struct event *ev)
{
	const uint64_t seen[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = ev->seq, [PARTY_PLATFORM] = ev->ack.size};
	const struct hash *now =
		policy_in_effect(b->votes, b->n_votes, seen, &b->opening);

	return hash_equal(now, &b->r->policy->sha256)
		       ? order_draft_problem(b->a, b->r->policy, ev, &ORDER_FACTS_UNKNOWN)
		       : NULL;
}

/* Why a draft makes no order of this bundle, or NULL. */
static const char *
draft_problem(struct bundle *b, const struct event *ev)
{
	const json_t *cites = json_object_get(ev->body, "cites"), *v;
	size_t i;

	for (i = 0; i < b->r->n_orders; i++)
		if (strcmp(b->r->orders[i].id, bundle_body_text(ev, "order")) == 0)
			return "there is an order of that id already";
	json_array_foreach (cites, i, v)
		if (strcmp(json_string_value(v), b->r->casefile) == 0)
			return rules_problem(b, ev);
	return "it does not cite this case";
}

/* An override, approval or lift for which no draft is here. */
static void
strays_void(struct bundle *b)
{
	const struct bundle_side *s = &b->side[PARTY_AUTHORITY];

	for (size_t i = 0; i < s->n_ev; i++) {
		bool taken = strncmp(s->ev[i]->ev->type, "order.", 6) != 0 ||
			     strcmp(s->ev[i]->ev->type, "order.draft") == 0;
		for (size_t k = 0; k < b->r->n_orders; k++)
			taken |= is_act_of(s->ev[i], &b->r->orders[k]);
		if (!taken && s->ev[i]->void_why == NULL)
			s->ev[i]->void_why = "there is no such order here before it";
	}
}

enum rc
bundle_orders_fold(struct bundle *b)
{
	const struct bundle_side *s = &b->side[PARTY_AUTHORITY];

	b->r->orders = arena_array(b->a, BUNDLE_ORDERS_MAX, sizeof(*b->r->orders));
	for (size_t i = 0; i < s->n_ev; i++) {
		struct bundle_event *be = s->ev[i];
		if (strcmp(be->ev->type, "order.draft") != 0 || be->void_why != NULL)
			continue;
		be->void_why = draft_problem(b, be->ev);
		if (be->void_why != NULL)
			continue;
		if (b->r->n_orders == BUNDLE_ORDERS_MAX)
			return bundle_fail(b, "more than %d orders cite the case",
					   BUNDLE_ORDERS_MAX);
		order_fold(b, be, &b->r->orders[b->r->n_orders++]);
	}
	strays_void(b);
	return RC_OK;
}
