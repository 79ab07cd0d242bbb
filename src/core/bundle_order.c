/*
 * The orders that cite the case: whose hands are on them, and on what text.
 */
#include <inttypes.h>
#include <string.h>

#include "core/bundle_int.h"

struct ordering {
	struct bundle *b;
	struct bundle_order *o;
	json_t *open; /* guards still to be overridden: a set; as long as the arena */
	size_t names_left; /* that the order still holds */
	const char **held; /* names; NULL where lifted */
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

/* Did this person put a hand to the order before? */
static bool
has_hand(const struct bundle_order *o, const char *by)
{
	if (strcmp(o->draft->ev->by, by) == 0)
		return true;
	for (size_t i = 0; i < o->n_acts; i++)
		if (o->acts[i].event->void_why == NULL &&
		    strcmp(o->acts[i].event->ev->by, by) == 0)
			return true;
	return false;
}

/* Why an override or approval does not count, or NULL. */
static const char *
signing_problem(const struct ordering *g, const struct event *ev)
{
	const struct bundle_order *o = g->o;

	if (strcmp(o->state, "draft") != 0)
		return "the order is no draft any more";
	if (strcmp(bundle_body_text(ev, "text"),
		   bundle_body_text(o->draft->ev, "text")) != 0)
		return "another text was signed than the order has";
	if (has_hand(o, ev->by))
		return "this person has a hand in the order already";
	return NULL;
}

static const char *
override_take(struct ordering *g, const struct event *ev)
{
	const char *why = signing_problem(g, ev);
	size_t i;
	const json_t *v;

	if (why != NULL)
		return why;
	json_array_foreach (json_object_get(ev->body, "guards"), i, v)
		json_object_del(g->open, json_string_value(v));
	g->o->guards_open = json_object_size(g->open);
	return NULL;
}

static const char *
approve_take(struct ordering *g, const struct event *ev)
{
	struct bundle_order *o = g->o;
	const char *why = signing_problem(g, ev);

	if (why == NULL && o->guards_open != 0)
		why = "guards of the order are not yet overridden";
	if (why != NULL)
		return why;
	o->approvals++;
	if (o->approvals >= o->approvals_asked) {
		o->state = "in_force";
		o->in_force_us = ev->iat_us;
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

static const char *
end_take(struct ordering *g, const struct event *ev, const char *state)
{
	const json_t *asked = json_object_get(ev->body, "names");
	bool some = false;

	if (strcmp(g->o->state, "in_force") != 0)
		return "the order is not in force";
	for (size_t i = 0; i < g->n_held; i++)
		if (g->held[i] != NULL && is_asked(asked, g->held[i])) {
			g->held[i] = NULL;
			g->names_left--;
			some = true;
		}
	if (!some)
		return "the order holds none of these names";
	if (g->names_left == 0) {
		g->o->state = state;
		g->o->ended_us = ev->iat_us;
	}
	return NULL;
}

static void
act_take(struct ordering *g, struct bundle_event *be)
{
	const struct event *ev = be->ev;
	struct bundle_order *o = g->o;
	const char *why = be->void_why;

	if (why != NULL)
		;
	else if (strcmp(ev->type, "order.override") == 0)
		why = override_take(g, ev);
	else if (strcmp(ev->type, "order.approve") == 0)
		why = approve_take(g, ev);
	else if (strcmp(ev->type, "order.lift") == 0)
		why = end_take(g, ev, "lifted");
	else if (ev->iat_us < bundle_body_int(o->draft->ev, "ends"))
		why = "the order has not ended yet";
	else
		why = end_take(g, ev, "expired");
	be->void_why = why;
	o->acts[o->n_acts++] = (struct bundle_act){
		.event = be, .reason = bundle_disclosed(g->b, ev, "reason")};
}

/* Did the case give grounds, by the policy, to someone who saw what the drafter had? */
static void
grounds_find(struct bundle *b, struct bundle_order *o)
{
	const struct event *ev = o->draft->ev;
	uint64_t seen[PARTY_COUNT];
	struct bundle_case then;
	struct err why = ERR_INIT;

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
	const char *id = bundle_body_text(be->ev, "order");

	return be->ev->seq > o->draft->ev->seq && id != NULL && strcmp(id, o->id) == 0 &&
	       strncmp(be->ev->type, "order.", 6) == 0 &&
	       strcmp(be->ev->type, "order.draft") != 0;
}

static void
order_fold(struct bundle *b, struct bundle_event *draft, struct bundle_order *o)
{
	const struct bundle_side *s = &b->side[PARTY_AUTHORITY];
	const json_t *names = json_object_get(draft->ev->body, "names"), *name;
	struct ordering g = {.b = b, .o = o};
	size_t i;

	*o = (struct bundle_order){
		.id = bundle_body_text(draft->ev, "order"),
		.draft = draft,
		.state = "draft",
		.approvals_asked = (uint64_t)bundle_body_int(draft->ev, "approvals"),
		.n_cites = json_array_size(json_object_get(draft->ev->body, "cites")),
	};
	for (i = 0; i < s->n_ev; i++)
		o->n_acts += is_act_of(s->ev[i], o);
	o->acts = arena_array(b->a, o->n_acts + 1, sizeof(*o->acts));
	o->n_acts = 0;
	g.open = set_of(b, json_object_get(draft->ev->body, "guards"));
	o->guards_asked = o->guards_open = json_object_size(g.open);
	g.held = arena_array(b->a, json_array_size(names) + 1, sizeof(*g.held));
	json_array_foreach (names, i, name)
		g.held[g.n_held++] = json_string_value(json_object_get(name, "name"));
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
			return NULL;
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
