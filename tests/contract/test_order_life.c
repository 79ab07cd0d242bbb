/*
 * The life of an order on a node: each act in each state by each hand, the way back to a
 * new draft, staged lifts, reviews, and what people are told in time.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/order.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 1);

	fix_make_overdue(f, c);
	return c;
}

static json_t *
draft(struct fix *f, const char *names, const char *casefile)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			fix_order(names, casefile));
}

static const char *
path(struct fix *f, const json_t *d, const char *act)
{
	return arena_printf(f->a, "/v1/orders/%s%s%s", fix_text(d, "order"),
			    act == NULL ? "" : "/", act == NULL ? "" : act);
}

static json_t *
text_of(const json_t *d)
{
	return json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
}

static json_t *
reason(void)
{
	return json_pack("{s:s}", "reason", "As agreed.");
}

static json_t *
must(struct fix *f, const char *who, const json_t *d, const char *act, json_t *in)
{
	return fix_must(f, AUTHORITY, who, "POST", path(f, d, act), in);
}

static json_t *
shown(struct fix *f, const json_t *d)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", path(f, d, NULL),
			NULL);
}

static json_t *
in_force(struct fix *f, const char *names, const char *casefile)
{
	json_t *d = draft(f, names, casefile);

	must(f, f->n[AUTHORITY].approver, d, "approve", text_of(d));
	must(f, f->n[AUTHORITY].approver2, d, "approve", text_of(d));
	return d;
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static void
assert_zone(struct fix *f, const char *owners)
{
	assert_string_equal(fix_zone_owners(f, AUTHORITY), owners);
}

/* ---- every act in every state ------------------------------------------------------ */

static json_t *
order_in_state(struct fix *f, enum order_state s, const char *casefile)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	const char *names = arena_printf(f->a, "[\"%s.example\"]", order_state_token(s));
	json_t *d, *in;

	if (s == ORDER_DRAFT || s == ORDER_RETURNED || s == ORDER_WITHDRAWN)
		d = draft(f, "[\"draft.example\"]", casefile);
	else if (s == ORDER_IN_FORCE)
		d = in_force(f, "[\"force.example\"]", casefile);
	else
		d = in_force(f, names, casefile);
	switch (s) {
	case ORDER_RETURNED:
		in = text_of(d);
		json_object_set_new(in, "reason", json_string("Narrower."));
		must(f, n->approver, d, "return", in);
		break;
	case ORDER_WITHDRAWN:
		must(f, n->officer, d, "withdraw", NULL);
		break;
	case ORDER_LIFTED:
		must(f, n->officer, d, "lift", reason());
		break;
	case ORDER_EXPIRED:
		fix_clock_add(501 * FIX_S);
		tick(f);
		break;
	case ORDER_DRAFT:
	case ORDER_IN_FORCE:
	case ORDER_STATE_COUNT:
		break;
	}
	assert_string_equal(fix_text(shown(f, d), "state"), order_state_token(s));
	return d;
}

/* The request of an act that is allowed by all but the order's state. */
static json_t *
act_in(struct fix *f, enum order_act act, const json_t *d)
{
	json_t *in = text_of(d), *o = shown(f, d);
	char when[CLOCK_TEXT_LEN];
	const char *name =
		fix_text(json_array_get(json_object_get(o, "names"), 0), "name");

	json_object_set_new(in, "reason", json_string("As agreed."));
	switch (act) {
	case ORDER_ACT_OVERRIDE:
		json_object_set_new(in, "guards", json_pack("[s]", "delta"));
		return in;
	case ORDER_ACT_RETURN:
		return in;
	case ORDER_ACT_APPROVE:
		json_object_del(in, "reason");
		return in;
	case ORDER_ACT_WITHDRAW:
	case ORDER_ACT_LIFT:
		json_object_del(in, "text_sha256");
		return in;
	case ORDER_ACT_OWNER:
		json_decref(in);
		return json_pack("{s:b, s:s, s:s}", "told", true, "channel", "email",
				 "text", "Told.");
	case ORDER_ACT_REVIEW:
		json_object_del(in, "text_sha256");
		json_object_set_new(in, "outcome", json_string("kept"));
		return in;
	case ORDER_ACT_PLAN:
		json_object_del(in, "text_sha256");
		json_object_set_new(
			in, "stages",
			json_pack("[{s:s, s:[s]}]", "at",
				  clock_format(clock_now_us() + 60 * FIX_S, when),
				  "names", name));
		return in;
	case ORDER_ACT_EXPIRE:
	case ORDER_ACT_REVIEW_LIFT:
	case ORDER_ACT_COUNT:
		break;
	}
	json_decref(in);
	return NULL;
}

/* What the node lets people do is what the table says, in every state. */
static void
acts_by_state(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	for (int act = 0; act < ORDER_ACT_COUNT; act++) {
		const char *c = overdue_case(&f, arena_printf(f.a, "A-%d", act));
		if (act == ORDER_ACT_EXPIRE || act == ORDER_ACT_REVIEW_LIFT)
			continue; /* by the node; and in a test of its own */
		for (int s = 0; s < ORDER_STATE_COUNT; s++) {
			json_t *d = order_in_state(&f, (enum order_state)s, c);
			json_t *in = act_in(&f, (enum order_act)act, d);
			bool officer =
				act == ORDER_ACT_WITHDRAW || act == ORDER_ACT_OWNER;
			const char *who = officer ? n->officer : n->approver3;
			if (order_may((enum order_state)s, (enum order_act)act))
				must(&f, who, d, order_act_token((enum order_act)act),
				     in);
			else
				fix_refused(
					&f, AUTHORITY, who, "POST",
					path(&f, d, order_act_token((enum order_act)act)),
					in, RC_CONFLICT, "");
			if (s == ORDER_IN_FORCE && act != ORDER_ACT_LIFT)
				must(&f, n->officer, d, "lift", reason());
		}
	}
	assert_zone(&f, "");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- draft, return, draft again -------------------------------------------------------
 */

static void
return_and_redraft(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "R-1");
	json_t *first = draft(&f, "[\"*.bad.example\"]", c);
	must(&f, n->approver, first, "approve", text_of(first));
	/* Not by the drafter, whose way is to withdraw; not of another text; not without
	 * a reason. */
	json_t *in = text_of(first);
	fix_refused(&f, AUTHORITY, n->approver2, "POST", path(&f, first, "return"),
		    json_deep_copy(in), RC_INVALID, "reason");
	json_object_set_new(in, "reason", json_string("Only the host itself."));
	fix_refused(&f, AUTHORITY, n->officer, "POST", path(&f, first, "return"),
		    json_deep_copy(in), RC_DENIED, "approver");
	fix_refused(&f, AUTHORITY, n->approver2, "POST", path(&f, first, "withdraw"),
		    NULL, RC_DENIED, "officer");
	/* Who approved may return it too: until it is in force a mind may change. */
	must(&f, n->approver, first, "return", in);
	fix_refused(&f, AUTHORITY, n->approver2, "POST", path(&f, first, "approve"),
		    text_of(first), RC_CONFLICT, "returned");
	in = fix_order("[\"bad.example\"]", c);
	json_object_set_new(in, "previous", json_string(fix_text(first, "order")));
	json_t *second = fix_must(&f, AUTHORITY, n->officer, "POST", "/v1/orders", in);
	/* The old text is not the new one's, whoever signs. */
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, second, "approve"),
		    text_of(first), RC_CONFLICT, "another text");
	json_t *o = shown(&f, second);
	const json_t *before = json_object_get(o, "previous_draft"), *line;
	assert_string_equal(fix_text(before, "state"), "returned");
	assert_string_equal(fix_text(before, "returned"), "Only the host itself.");
	assert_string_equal(fix_text(before, "text"), fix_text(first, "text"));
	size_t i, gone = 0, came = 0;
	json_array_foreach (json_object_get(before, "changes"), i, line) {
		gone += strcmp(fix_text(line, "is"), "gone") == 0 &&
			strcmp(fix_text(line, "line"),
			       "- bad.example and every name below it") == 0;
		came += strcmp(fix_text(line, "is"), "new") == 0 &&
			strcmp(fix_text(line, "line"), "- bad.example") == 0;
		assert_string_not_equal(fix_text(line, "line"), "Nobody answered.");
	}
	assert_int_equal(gone, 1);
	assert_int_equal(came, 1);
	const json_t *later =
		json_array_get(json_object_get(shown(&f, first), "replaced_by"), 0);
	assert_string_equal(fix_text(later, "order"), fix_text(second, "order"));
	/* A draft of nowhere replaces nothing. */
	in = fix_order("[\"bad.example\"]", c);
	json_object_set_new(in, "previous",
			    json_string("01890a5d-ac96-774b-bcce-b302099a8057"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", "/v1/orders", in, RC_CONFLICT,
		    "there is no order");
	/* What never took effect is in no public answer. */
	json_t *seen = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/lookup",
				json_pack("{s:s}", "name", "bad.example"));
	assert_int_equal(json_array_size(json_object_get(seen, "orders")), 0);
	json_t *list = fix_must(&f, AUTHORITY, n->auditor, "GET", "/v1/orders",
				json_pack("{s:s}", "state", "returned"));
	assert_int_equal(json_array_size(json_object_get(list, "orders")), 1);
	fix_refused(&f, AUTHORITY, n->auditor, "GET", "/v1/orders",
		    json_pack("{s:s}", "state", "burnt"), RC_INVALID, "never");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- two approvers at once, and one person twice --------------------------------------
 */

struct approval {
	struct node *nd;
	const char *credential, *path, *text;
	pthread_barrier_t *start;
	enum rc rc;
};

static void *
approve_thread(void *arg)
{
	struct approval *x = arg;
	struct arena *a = arena_create();
	json_t *in = json_pack("{s:s}", "text_sha256", x->text);
	const struct service_route *r;
	const struct actor *who;
	struct reply out;
	struct err e = ERR_INIT;

	x->rc = actor_authenticate(x->nd, a, x->credential, &who, &e);
	if (x->rc == RC_OK)
		x->rc = service_route_find("POST", x->path, in, &r, &e);
	pthread_barrier_wait(x->start);
	if (x->rc == RC_OK)
		x->rc = service_run(x->nd, a, r, who, in, &out, &e);
	json_decref(in);
	arena_free(a);
	return NULL;
}

static void
both_at_once(struct approval x[2])
{
	pthread_barrier_t start;
	pthread_t t[2];

	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	for (int i = 0; i < 2; i++) {
		x[i].start = &start;
		assert_int_equal(pthread_create(&t[i], NULL, approve_thread, &x[i]), 0);
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);
	pthread_barrier_destroy(&start);
}

static void
approvers_at_once(void **state)
{
	enum { ROUNDS = 8 };
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "T-1");
	for (int i = 0; i < ROUNDS; i++) {
		bool same = i % 2 == 1;
		json_t *d = draft(&f, arena_printf(f.a, "[\"n%d.example\"]", i), c);
		struct approval x[2] = {{.nd = n->nd, .credential = n->approver},
					{.nd = n->nd, .credential = n->approver2}};
		for (int k = 0; k < 2; k++) {
			x[k].path = path(&f, d, "approve");
			x[k].text = fix_text(d, "text_sha256");
		}
		if (same)
			x[1].credential = n->approver;
		both_at_once(x);
		/* Two people: in force.  One person twice: once counts. */
		assert_int_equal((x[0].rc == RC_OK) + (x[1].rc == RC_OK), same ? 1 : 2);
		assert_string_equal(fix_text(shown(&f, d), "state"),
				    same ? "draft" : "in_force");
		assert_int_equal(fix_int(shown(&f, d), "approvals"), same ? 1 : 2);
	}
	/* The log knows pseudonyms only; that one person has one is the directory's. */
	fix_refused(&f, AUTHORITY, n->admin, "POST", "/v1/persons",
		    json_pack("{s:s, s:s}", "name", "budi", "role", "approver"),
		    RC_CONFLICT, "");
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* ---- staged lifts ---------------------------------------------------------------------
 */

static json_t *
plan_in(int64_t at1_us, const char *names1, int64_t at2_us, const char *names2)
{
	char one[CLOCK_TEXT_LEN], two[CLOCK_TEXT_LEN];
	json_t *in =
		json_pack("{s:s, s:[{s:s}, {s:s}]}", "reason", "Agreed.", "stages", "at",
			  clock_format(at1_us, one), "at", clock_format(at2_us, two));
	json_t *stages = json_object_get(in, "stages");

	json_object_set_new(json_array_get(stages, 0), "names",
			    json_loads(names1, 0, NULL));
	json_object_set_new(json_array_get(stages, 1), "names",
			    json_loads(names2, 0, NULL));
	return in;
}

static void
staged_lift(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "P-1");
	json_t *d = in_force(&f, "[\"a.example\", \"b.example\", \"*.c.example\"]", c);
	int64_t now = clock_now_us();
	const char *to = path(&f, d, "plan");
	/* A plan only ever lifts, and earlier. */
	fix_refused(&f, AUTHORITY, n->officer, "POST", to,
		    plan_in(now + 60 * FIX_S, "[\"a.example\"]", now + 501 * FIX_S,
			    "[\"b.example\"]"),
		    RC_CONFLICT, "not after the order's end");
	fix_refused(&f, AUTHORITY, n->officer, "POST", to,
		    plan_in(now - FIX_S, "[\"a.example\"]", now + 60 * FIX_S,
			    "[\"b.example\"]"),
		    RC_CONFLICT, "after now");
	fix_refused(&f, AUTHORITY, n->officer, "POST", to,
		    plan_in(now + 60 * FIX_S, "[\"x.example\"]", now + 70 * FIX_S,
			    "[\"b.example\"]"),
		    RC_CONFLICT, "does not hold x.example");
	fix_refused(&f, AUTHORITY, n->officer, "POST", to,
		    plan_in(now + 60 * FIX_S, "[\"a.example\"]", now + 60 * FIX_S,
			    "[\"b.example\"]"),
		    RC_CONFLICT, "not after the one before");
	json_t *in = plan_in(now + 60 * FIX_S, "[\"a.example\"]", now + 70 * FIX_S,
			     "[\"b.example\"]");
	json_object_set_new(json_array_get(json_object_get(in, "stages"), 0), "operators",
			    json_pack("[s]", "nusanet"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", to, in, RC_NOT_FOUND,
		    "no operator nusanet");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "POST", to,
		    plan_in(now + 60 * FIX_S, "[\"a.example\"]", now + 120 * FIX_S,
			    "[\"b.example\"]"),
		    RC_DENIED, "");
	must(&f, n->officer, d, "plan",
	     plan_in(now + 10 * FIX_S, "[\"c.example\"]", now + 120 * FIX_S,
		     "[\"b.example\"]"));
	/* The newer plan is the one: what only the older had waits for nothing. */
	must(&f, n->officer, d, "plan",
	     plan_in(now + 60 * FIX_S, "[\"C.example\"]", now + 120 * FIX_S,
		     "[\"a.example\"]"));
	const json_t *b = json_array_get(json_object_get(shown(&f, d), "names"), 1);
	assert_string_equal(fix_text(b, "name"), "b.example");
	assert_true(json_is_null(json_object_get(b, "stage")));
	fix_clock_add(20 * FIX_S);
	tick(&f);
	assert_zone(&f, "*.c.example a.example b.example c.example");
	fix_clock_add(41 * FIX_S);
	tick(&f);
	tick(&f);
	assert_zone(&f, "a.example b.example");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.lift"), 1);
	json_t *o = shown(&f, d);
	assert_string_equal(fix_text(o, "state"), "in_force");
	assert_true(json_is_string(json_object_get(
		json_array_get(json_object_get(o, "names"), 0), "stage")));
	/* A plain lift waits for no stage. */
	must(&f, n->approver, d, "lift", reason());
	assert_zone(&f, "");
	fix_clock_add(100 * FIX_S);
	tick(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.lift"), 2);
	/* The last stage ends an order. */
	d = in_force(&f, "[\"a.example\", \"b.example\"]", c);
	now = clock_now_us();
	must(&f, n->officer, d, "plan",
	     plan_in(now + 10 * FIX_S, "[\"a.example\"]", now + 20 * FIX_S,
		     "[\"b.example\"]"));
	fix_clock_add(21 * FIX_S);
	tick(&f);
	assert_string_equal(fix_text(shown(&f, d), "state"), "lifted");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- reviews --------------------------------------------------------------------------
 */

static const json_t *
act_named(const json_t *o, const char *act)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "acts"), i, v)
		if (strcmp(fix_text(v, "act"), act) == 0)
			return v;
	fail_msg("the order has no %s", act);
	return NULL;
}

static json_t *
review_in(const char *outcome, int64_t lift)
{
	json_t *in = json_pack("{s:s, s:s}", "outcome", outcome, "reason", "Looked at.");

	if (lift >= 0)
		json_object_set_new(in, "lift", json_integer(lift));
	return in;
}

static bool
has_task(const json_t *o, const char *task)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(o, "tasks"), i, v)
		if (strcmp(fix_text(v, "task"), task) == 0)
			return true;
	return false;
}

static void
lifts_are_reviewed(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "V-1");
	json_t *d = in_force(&f, "[\"bad.example\"]", c);
	must(&f, n->officer, d, "lift", reason());
	assert_zone(&f, ""); /* at once: the review is owed, not waited for */
	json_t *o = shown(&f, d);
	const json_t *lift = act_named(o, "lift");
	assert_string_equal(fix_text(lift, "reviewed"), "owed");
	assert_true(has_task(o, "review_lift"));
	int64_t seq = fix_int(lift, "seq");
	const char *to = path(&f, d, "review");
	fix_refused(&f, AUTHORITY, n->officer, "POST", to, review_in("right", seq),
		    RC_CONFLICT, "somebody else than who lifted");
	fix_refused(&f, AUTHORITY, n->approver, "POST", to, review_in("kept", seq),
		    RC_CONFLICT, "right or wrong");
	fix_refused(&f, AUTHORITY, n->approver, "POST", to, review_in("right", seq + 1),
		    RC_CONFLICT, "no lift or plan");
	fix_refused(&f, AUTHORITY, n->approver, "POST", to, review_in("kept", -1),
		    RC_CONFLICT, "takes no review");
	must(&f, n->approver, d, "review", review_in("right", seq));
	o = shown(&f, d);
	assert_string_equal(fix_text(act_named(o, "lift"), "reviewed"), "right");
	assert_false(has_task(o, "review_lift"));
	fix_refused(&f, AUTHORITY, n->approver2, "POST", to, review_in("wrong", seq),
		    RC_CONFLICT, "reviewed already");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static int64_t
alarms(struct fix *f, const char *kind)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/alarms",
			     NULL);
	const json_t *v;
	int64_t count = 0;
	size_t i;

	json_array_foreach (json_object_get(r, "alarms"), i, v)
		count += strcmp(fix_text(v, "kind"), kind) == 0 &&
			 json_is_null(json_object_get(v, "cleared"));
	return count;
}

static void
told_in_time(void **state)
{
	struct fix f;

	(void)state;
	json_t *p = json_loads(fix_policy, 0, NULL);
	json_object_set_new(json_object_get(p, "order"), "notice_before_end_s",
			    json_integer(100));
	char *text = json_dumps(p, 0);
	fix_open_policy(&f, text);
	free(text);
	json_decref(p);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "U-1");
	json_t *d = in_force(&f, "[\"bad.example\"]", c);
	json_t *lifted = in_force(&f, "[\"worse.example\"]", c);
	tick(&f);
	assert_int_equal(alarms(&f, "order_review") + alarms(&f, "order_ends"), 0);
	must(&f, n->officer, lifted, "lift", reason());
	/* Half-way of 500 s: the review; of a lifted order there is nothing to say. */
	fix_clock_add(251 * FIX_S);
	tick(&f);
	tick(&f);
	assert_int_equal(alarms(&f, "order_review"), 1);
	assert_int_equal(alarms(&f, "order_ends"), 0);
	assert_true(has_task(shown(&f, d), "review"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", path(&f, d, "review"),
		    review_in("kept", -1), RC_CONFLICT, "who drafted");
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, d, "review"),
		    review_in("right", -1), RC_CONFLICT, "kept or lifted");
	char when[CLOCK_TEXT_LEN];
	json_t *in = review_in("kept", -1);
	json_object_set_new(
		in, "next",
		json_string(clock_format(clock_now_us() + 900 * FIX_S, when)));
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, d, "review"), in,
		    RC_CONFLICT, "before the order's end");
	in = review_in("kept", -1);
	json_object_set_new(in, "next",
			    json_string(clock_format(clock_now_us() + 50 * FIX_S, when)));
	must(&f, n->approver, d, "review", in);
	assert_int_equal(alarms(&f, "order_review"), 0);
	assert_false(has_task(shown(&f, d), "review"));
	fix_clock_add(51 * FIX_S);
	tick(&f);
	assert_int_equal(alarms(&f, "order_review"), 1);
	must(&f, n->approver, d, "review", review_in("kept", -1));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "message.post"), 0);
	fix_clock_add(100 * FIX_S);
	tick(&f);
	tick(&f);
	assert_int_equal(alarms(&f, "order_ends"), 1);
	/* The other side hears of it too, once. */
	fix_settle(&f);
	assert_int_equal(fix_events(&f, PLATFORM, AUTHORITY, "message.post"), 1);
	const json_t *told =
		json_array_get(json_object_get(fix_case(&f, PLATFORM, c), "messages"), 0);
	assert_string_equal(fix_text(told, "author"), "node");
	assert_non_null(strstr(fix_text(told, "text"), "ends by itself on"));
	assert_int_equal(alarms(&f, "order_review"), 0);
	fix_clock_add(101 * FIX_S);
	tick(&f);
	assert_int_equal(alarms(&f, "order_ends"), 0);
	assert_string_equal(fix_text(shown(&f, d), "state"), "expired");
	/* A review may be the lift. */
	d = in_force(&f, "[\"bad.example\"]", c);
	must(&f, n->approver3, d, "review", review_in("lifted", -1));
	assert_string_equal(fix_text(shown(&f, d), "state"), "lifted");
	assert_zone(&f, "");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(acts_by_state),
		cmocka_unit_test(return_and_redraft),
		cmocka_unit_test(approvers_at_once),
		cmocka_unit_test(staged_lift),
		cmocka_unit_test(lifts_are_reviewed),
		cmocka_unit_test(told_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
