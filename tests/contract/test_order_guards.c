/*
 * Every guard of an order in both directions: found when its cause is there and not when
 * not; refused to everybody, or held until a third person overrides it.
 */
#include "node_fixture.h"
#include "service/node_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* Tested within 1,000 s, a contact called, at most 4 names a day, emergencies of 300 s.
 */
static void
open_strict(struct fix *f)
{
	json_t *p = json_loads(fix_policy, 0, NULL), *o = json_object_get(p, "order");

	json_object_set_new(o, "tested_within_s", json_integer(1000));
	json_object_set_new(o, "contact_called", json_true());
	json_object_set_new(o, "delta_max", json_integer(4));
	json_object_set_new(o, "emergency_max_s", json_integer(300));
	json_object_set_new(o, "max_duration_s", json_integer(400000));
	char *text = json_dumps(p, JSON_COMPACT);
	fix_open_policy(f, text);
	free(text);
	json_decref(p);
}

static void
channel_test(struct fix *f)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
			     "/v1/channel/tests", NULL);
	const char *test =
		fix_text(json_array_get(json_object_get(r, "tests"), 0), "test");

	fix_settle(f);
	fix_must(f, PLATFORM, f->n[PLATFORM].agent, "POST",
		 arena_printf(f->a, "/v1/channel/tests/%s/ack", test), NULL);
	fix_settle(f);
}

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 1);

	fix_make_overdue(f, c);
	return c;
}

/* Everything that the strict policy asks for. */
static json_t *
order_in(const char *names, const char *casefile)
{
	json_t *in = fix_order(names, casefile);
	char when[CLOCK_TEXT_LEN];

	json_object_set_new(in, "contact_called",
			    json_pack("{s:s, s:s, s:s}", "who", "the platform's desk",
				      "when", clock_format(clock_now_us() - FIX_S, when),
				      "outcome", "nobody picked up"));
	return in;
}

static json_t *
check(struct fix *f, json_t *order)
{
	static const char *const of_draft[] = {
		"reasons",    "legal_basis", "proportionality",
		"collateral", "ends",	     "emergency_reason"};

	for (size_t i = 0; i < sizeof(of_draft) / sizeof(of_draft[0]); i++)
		json_object_del(order, of_draft[i]);
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders/check",
			order);
}

static const json_t *
finding(const json_t *reply, const char *guard)
{
	const json_t *v, *hit = NULL;
	size_t i;

	json_array_foreach (json_object_get(reply, "findings"), i, v)
		if (strcmp(fix_text(v, "guard"), guard) == 0) {
			assert_true(json_is_object(json_object_get(v, "evidence")));
			assert_true(strlen(fix_text(v, "text")) > 10);
			hit = v;
		}
	return hit;
}

static bool
needed(const json_t *reply, const char *guard)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(reply, "overrides_needed"), i, v)
		if (strcmp(json_string_value(v), guard) == 0)
			return true;
	return false;
}

static void
assert_found(const json_t *reply, const char *guard, const char *level)
{
	const json_t *v = finding(reply, guard);

	if ((v != NULL) != (level != NULL))
		fail_msg("the guard %s is%s found", guard, v == NULL ? " not" : "");
	if (v != NULL)
		assert_string_equal(fix_text(v, "level"), level);
}

static json_t *
draft(struct fix *f, json_t *in)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
}

static const char *
path(struct fix *f, const json_t *d, const char *act)
{
	return arena_printf(f->a, "/v1/orders/%s/%s", fix_text(d, "order"), act);
}

static json_t *
text_of(const json_t *d)
{
	return json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
}

static void
approved(struct fix *f, const json_t *d)
{
	const struct fix_node *n = &f->n[AUTHORITY];

	fix_must(f, AUTHORITY, n->approver, "POST", path(f, d, "approve"), text_of(d));
	json_t *r = fix_must(f, AUTHORITY, n->approver2, "POST", path(f, d, "approve"),
			     text_of(d));
	assert_string_equal(fix_text(r, "state"), "in_force");
}

static json_t *
override_in(const json_t *d, const char *guard)
{
	return json_pack("{s:s, s:[s], s:s}", "text_sha256", fix_text(d, "text_sha256"),
			 "guards", guard, "reason", "Looked at, and right.");
}

/* A third person, by a role, with a reason, and then not an approver of it. */
static void
overridden(struct fix *f, const json_t *d, const char *guard)
{
	const struct fix_node *n = &f->n[AUTHORITY];

	fix_refused(f, AUTHORITY, n->officer, "POST", path(f, d, "override"),
		    override_in(d, guard), RC_DENIED, "approver");
	json_t *bare = override_in(d, guard);
	json_object_del(bare, "reason");
	fix_refused(f, AUTHORITY, n->approver3, "POST", path(f, d, "override"), bare,
		    RC_INVALID, "reason");
	fix_must(f, AUTHORITY, n->approver3, "POST", path(f, d, "override"),
		 override_in(d, guard));
	fix_refused(f, AUTHORITY, n->approver3, "POST", path(f, d, "approve"), text_of(d),
		    RC_CONFLICT, "has a hand");
	fix_refused(f, AUTHORITY, n->approver3, "POST", path(f, d, "override"),
		    override_in(d, guard), RC_CONFLICT, "has a hand");
}

static void
lift(struct fix *f, const json_t *d)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", path(f, d, "lift"),
		 json_pack("{s:s}", "reason", "They answered."));
}

/* ---- in the names ------------------------------------------------------------------ */

static void
guards_of_names(void **state)
{
	static const struct {
		const char *names, *guard, *level;
		bool there;
	} rows[] = {
		{"[\"co.id\"]", "public_suffix", "refuse", true},
		{"[\"bad.co.id\"]", "public_suffix", "refuse", false},
		{"[\"github.io\"]", "private_suffix", "override", true},
		{"[\"bad.github.io\"]", "private_suffix", "override", false},
		{"[\"x.iana.org\"]", "protected", "refuse", true},
		{"[\"*.IANA.org\"]", "protected", "refuse", true},
		{"[\"xiana.org\"]", "protected", "refuse", false},
		{"[\"authority.example\"]", "own_name", "refuse", true},
		{"[\"*.authority.example.\"]", "own_name", "refuse", true},
		{"[\"bad.authority.example\"]", "own_name", "refuse", false},
		{"[\"203.0.113.7\"]", "address", "refuse", true},
		{"[\"2001:db8::7\"]", "address", "refuse", true},
		{"[\"203.0.113.0/24\"]", "address", "refuse", true},
		{"[\"ip.bad.example\"]", "address", "refuse", false},
		{"[\"T.Me\"]", "whole_service", "override", true},
		{"[\"*.telegram.org\"]", "whole_service", "override", true},
		{"[\"me.bad.example\"]", "whole_service", "override", false},
		{"[\"*.bad.example\"]", "wildcard", "note", true},
		{"[\"bad.example\"]", "wildcard", "note", false},
		{"[\"other.example\"]", "no_items", "note", true},
		{"[\"bad.example\"]", "no_items", "note", false},
		{"[\"\\u0430pple.example\"]", "lookalike", "note", true},
		{"[\"apple.example\"]", "lookalike", "note", false},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "N-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool refuse = strcmp(rows[i].level, "refuse") == 0;
		json_t *r = check(&f, fix_order(rows[i].names, c));
		assert_found(r, rows[i].guard, rows[i].there ? rows[i].level : NULL);
		assert_int_equal(needed(r, rows[i].guard),
				 rows[i].there && strcmp(rows[i].level, "override") == 0);
		if (!refuse || !rows[i].there)
			continue;
		assert_true(json_is_true(json_object_get(r, "refused")));
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
			    fix_order(rows[i].names, c), RC_DENIED, "");
	}
	/* What is refused has no override, whoever asks. */
	json_t *d = draft(&f, fix_order("[\"t.me\"]", c));
	static const char *const never[] = {"public_suffix", "protected", "own_name",
					    "address", "grounds"};
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
			    path(&f, d, "override"), override_in(d, never[i]), RC_DENIED,
			    "nobody overrides");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
		    path(&f, d, "override"), override_in(d, "no_such_guard"), RC_INVALID,
		    "is no guard");
	fix_close(&f);
}

/* Held for a third person, one guard at a time, each by its cause. */
static void
guards_that_hold(void **state)
{
	static const struct {
		const char *names, *guard, *source;
	} rows[] = {
		{"[\"github.io\"]", "private_suffix", "person"},
		{"[\"t.me\"]", "whole_service", "person"},
		{"[\"bad.example\"]", "feed", "feed"},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "H-1");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *in = fix_order(rows[i].names, c);
		json_object_set_new(in, "source", json_string(rows[i].source));
		json_t *d = draft(&f, in);
		assert_found(d, rows[i].guard, "override");
		assert_int_equal(json_array_size(json_object_get(d, "overrides_needed")),
				 1);
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
			    path(&f, d, "approve"), text_of(d), RC_CONFLICT,
			    rows[i].guard);
		overridden(&f, d, rows[i].guard);
		approved(&f, d);
		lift(&f, d);
	}
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- in what the node knows -----------------------------------------------------------
 */

static void
grounds(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *young = fix_send(&f, "G-1", "bad.example", 3);
	json_t *r = check(&f, fix_order("[\"bad.example\"]", young));
	assert_found(r, "grounds", "refuse");
	const json_t *g = json_array_get(json_object_get(r, "grounds"), 0);
	assert_true(json_is_false(json_object_get(g, "ground")));
	assert_int_equal(fix_int(g, "open"), 3);
	assert_non_null(strstr(fix_text(g, "why"), "never receipted"));
	const char *old = overdue_case(&f, "G-2");
	r = check(&f, fix_order("[\"bad.example\"]", old));
	assert_found(r, "grounds", NULL);
	g = json_array_get(json_object_get(r, "grounds"), 0);
	assert_true(json_is_true(json_object_get(g, "ground")));
	assert_int_equal(fix_int(g, "steps"), 2);
	assert_true(json_is_false(json_object_get(r, "refused")));
	json_t *d = draft(&f, fix_order("[\"bad.example\"]", old));
	assert_non_null(strstr(fix_text(d, "text"), "1 of 1 items open, due "));
	fix_close(&f);
}

static void
tested_and_called(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	json_t *r = check(&f, fix_order("[\"bad.example\"]", overdue_case(&f, "T-0")));
	assert_found(r, "channel_test", NULL); /* fix_policy does not ask */
	assert_found(r, "contact_called", NULL);
	fix_close(&f);
	open_strict(&f);
	const char *c = overdue_case(&f, "T-1");
	json_t *d = draft(&f, order_in("[\"bad.example\"]", c));
	assert_found(d, "channel_test", "override");
	assert_found(d, "contact_called", NULL);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		    path(&f, d, "approve"), text_of(d), RC_CONFLICT, "channel_test");
	overridden(&f, d, "channel_test");
	approved(&f, d);
	lift(&f, d);
	channel_test(&f);
	assert_found(check(&f, order_in("[\"bad.example\"]", c)), "channel_test", NULL);
	fix_clock_add(1001 * FIX_S);
	assert_found(check(&f, order_in("[\"bad.example\"]", c)), "channel_test",
		     "override");
	channel_test(&f);
	json_t *in = order_in("[\"bad.example\"]", c);
	json_object_del(in, "contact_called");
	d = draft(&f, in);
	assert_found(d, "channel_test", NULL);
	assert_found(d, "contact_called", "override");
	assert_null(strstr(fix_text(d, "text"), "Called:"));
	overridden(&f, d, "contact_called");
	approved(&f, d);
	d = draft(&f, order_in("[\"ok.example\"]", c));
	assert_int_equal(json_array_size(json_object_get(d, "overrides_needed")), 0);
	assert_non_null(strstr(fix_text(d, "text"), "Called:\n  the platform's desk\n"));
	/* A call that is still to come is none. */
	in = order_in("[\"bad.example\"]", c);
	char when[CLOCK_TEXT_LEN];
	json_object_set_new(json_object_get(in, "contact_called"), "when",
			    json_string(clock_format(clock_now_us() + 60 * FIX_S, when)));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders", in,
		    RC_INVALID, "past");
	fix_close(&f);
}

/* More names in a day than the policy has are held; a lift never is. */
static void
delta(void **state)
{
	struct fix f;

	(void)state;
	open_strict(&f);
	const char *c = overdue_case(&f, "D-1");
	channel_test(&f);
	json_t *one = draft(&f, order_in("[\"a.example\", \"b.example\"]", c));
	json_t *two = draft(&f, order_in("[\"c.example\", \"*.d.example\"]", c));
	json_t *three = draft(&f, order_in("[\"e.example\"]", c));
	assert_found(one, "delta", NULL);
	assert_found(three, "delta", NULL); /* nothing had changed when it was drafted */
	approved(&f, one);
	approved(&f, two);
	/* Looked at again when it counts. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		    path(&f, three, "approve"), text_of(three), RC_CONFLICT, "held: 4");
	json_t *later = draft(&f, order_in("[\"f.example\"]", c));
	assert_found(later, "delta", "override");
	assert_true(needed(later, "delta"));
	overridden(&f, three, "delta");
	approved(&f, three);
	/* Lifts count as change, and are never held. */
	lift(&f, one);
	lift(&f, two);
	lift(&f, three);
	const json_t *v = finding(check(&f, order_in("[\"f.example\"]", c)), "delta");
	assert_int_equal(fix_int(json_object_get(v, "evidence"), "changed"), 10);
	fix_clock_add(86401 * FIX_S);
	channel_test(&f);
	assert_found(check(&f, order_in("[\"f.example\"]", c)), "delta", NULL);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

static void
owner_told_or_not(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = overdue_case(&f, "W-1");
	json_t *in = fix_order("[\"bad.example\", \"worse.example\"]", c);
	json_object_del(in, "owner");
	json_t *d = draft(&f, in);
	assert_true(needed(d, "owner"));
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, d, "approve"),
		    text_of(d), RC_CONFLICT, "owner");
	json_t *said =
		json_pack("{s:b, s:s, s:s, s:[s]}", "told", true, "channel", "email",
			  "text", "Wrote to the registrant.", "names", "Bad.example");
	fix_must(&f, AUTHORITY, n->officer, "POST", path(&f, d, "owner"), said);
	/* One of two names is not enough. */
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, d, "approve"),
		    text_of(d), RC_CONFLICT, "owner");
	fix_refused(&f, AUTHORITY, n->officer, "POST", path(&f, d, "owner"),
		    json_pack("{s:b, s:s, s:s, s:[s]}", "told", false, "channel", "phone",
			      "text", "No answer.", "names", "other.example"),
		    RC_CONFLICT, "does not name other.example");
	json_t *r = fix_must(&f, AUTHORITY, n->approver2, "POST", path(&f, d, "owner"),
			     json_pack("{s:b, s:s, s:s}", "told", false, "channel",
				       "phone", "text", "No answer."));
	assert_int_equal(json_array_size(json_object_get(r, "overrides_needed")), 0);
	/* Telling the owner is no hand in the order. */
	approved(&f, d);
	json_t *shown =
		fix_must(&f, AUTHORITY, n->auditor, "GET",
			 arena_printf(f.a, "/v1/orders/%s", fix_text(d, "order")), NULL);
	const json_t *name = json_array_get(json_object_get(shown, "names"), 1);
	assert_string_equal(fix_text(name, "owner_channel"), "phone");
	assert_true(json_is_false(json_object_get(name, "owner_told")));
	/* Or a third person overrides it, and the record stays a task. */
	in = fix_order("[\"third.example\"]", c);
	json_object_del(in, "owner");
	d = draft(&f, in);
	overridden(&f, d, "owner");
	approved(&f, d);
	shown = fix_must(&f, AUTHORITY, n->auditor, "GET",
			 arena_printf(f.a, "/v1/orders/%s", fix_text(d, "order")), NULL);
	const json_t *task = json_array_get(json_object_get(shown, "tasks"), 0);
	assert_string_equal(fix_text(task, "task"), "owner");
	fix_must(&f, AUTHORITY, n->officer, "POST", path(&f, d, "owner"),
		 json_pack("{s:b, s:s, s:s}", "told", true, "channel", "letter", "text",
			   "Sent."));
	shown = fix_must(&f, AUTHORITY, n->auditor, "GET",
			 arena_printf(f.a, "/v1/orders/%s", fix_text(d, "order")), NULL);
	assert_int_equal(json_array_size(json_object_get(shown, "tasks")), 0);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- emergency ------------------------------------------------------------------------
 */

static json_t *
emergency_in(const char *names)
{
	json_t *in = fix_order(names, NULL);

	json_object_del(in, "ends");
	json_object_del(in, "owner");
	json_object_set_new(in, "emergency", json_true());
	json_object_set_new(in, "emergency_reason", json_string("It is live now."));
	return in;
}

static void
emergency(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;
	char when[CLOCK_TEXT_LEN];

	(void)state;
	open_strict(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	/* It replaces what cannot be had in time, and nothing else. */
	json_t *r = check(&f, emergency_in("[\"bad.example\"]"));
	static const char *const replaced[] = {"grounds", "channel_test",
					       "contact_called", "owner"};
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++)
		assert_found(r, replaced[i], NULL);
	assert_found(r, "emergency", "note");
	assert_found(r, "emergency_again", NULL);
	assert_true(needed(check(&f, emergency_in("[\"t.me\"]")), "whole_service"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", "/v1/orders",
		    emergency_in("[\"co.id\"]"), RC_DENIED, "public suffix");
	/* Its reason is asked for, and without being one it has no reason. */
	json_t *in = emergency_in("[\"bad.example\"]");
	json_object_del(in, "emergency_reason");
	fix_refused(&f, AUTHORITY, n->officer, "POST", "/v1/orders", in, RC_INVALID,
		    "emergency_reason");
	in = emergency_in("[\"bad.example\"]");
	json_object_del(in, "emergency");
	fix_refused(&f, AUTHORITY, n->officer, "POST", "/v1/orders", in, RC_INVALID, "");
	in = emergency_in("[\"bad.example\"]");
	json_object_set_new(
		in, "ends",
		json_string(clock_format(clock_now_us() + 400 * FIX_S, when)));
	fix_refused(&f, AUTHORITY, n->officer, "POST", "/v1/orders", in, RC_INVALID,
		    "for an emergency");
	json_t *d = draft(&f, emergency_in("[\"bad.example\"]"));
	assert_non_null(strstr(fix_text(d, "text"), "Why it cannot wait:\n  It is live"));
	fix_refused(&f, AUTHORITY, n->officer, "POST", path(&f, d, "approve"), text_of(d),
		    RC_DENIED, "approver");
	approved(&f, d);
	fix_clock_add(301 * FIX_S);
	fix_ok(service_tick(n->nd, FIX_S, &wait_us, &e), &e, "tick");
	json_t *shown =
		fix_must(&f, AUTHORITY, n->auditor, "GET",
			 arena_printf(f.a, "/v1/orders/%s", fix_text(d, "order")), NULL);
	assert_string_equal(fix_text(shown, "state"), "expired");
	assert_true(json_is_true(json_object_get(shown, "emergency")));
	/* It is not renewed behind anybody's back. */
	json_t *again = draft(&f, emergency_in("[\"bad.example\"]"));
	assert_found(again, "emergency_again", "override");
	fix_refused(&f, AUTHORITY, n->approver, "POST", path(&f, again, "approve"),
		    text_of(again), RC_CONFLICT, "emergency_again");
	overridden(&f, again, "emergency_again");
	approved(&f, again);
	/* An order that is fully reasoned takes over without a gap. */
	const char *c = overdue_case(&f, "E-1");
	channel_test(&f);
	in = order_in("[\"bad.example\"]", c);
	json_object_set_new(in, "previous", json_string(fix_text(again, "order")));
	json_t *full = draft(&f, in);
	assert_found(full, "emergency", NULL);
	approved(&f, full);
	fix_clock_add(301 * FIX_S);
	fix_ok(service_tick(n->nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 1);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* ---- what the text must say -----------------------------------------------------------
 */

static void
texts_asked_for(void **state)
{
	static const char *const texts[] = {"reasons", "legal_basis", "proportionality",
					    "collateral", "ends"};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "X-1");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *in = fix_order("[\"bad.example\"]", c);
		json_object_del(in, texts[i]);
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders",
			    in, RC_INVALID, texts[i]);
	}
	json_t *d = draft(&f, fix_order("[\"*.bad.example\"]", c));
	const char *text = fix_text(d, "text");
	static const char *const said[] = {
		"bad.example and every name below it",
		"Nobody answered.",
		"UU 19/2016",
		"These names only.",
		"No other site is on them.",
		"Ends: ",
		"Review: ",
		"Approvals needed, by others than the drafter: 2"};
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		assert_non_null(strstr(text, said[i]));
	fix_close(&f);
}

/* The order as this side shows it. */
static json_t *
order_of(struct fix *f, enum party p, const json_t *draft)
{
	return fix_must(f, p, f->n[p].admin, "GET",
			arena_printf(f->a, "/v1/orders/%s", fix_text(draft, "order")),
			NULL);
}

static size_t
lists_here(const json_t *order)
{
	size_t i, n = 0;
	const json_t *v;

	json_array_foreach (json_object_get(order, "lists"), i, v)
		n += json_is_true(json_object_get(v, "here"));
	return n;
}

/* Whoever has the lists that a draft names finds the same; what other lists find beside
 * is shown as theirs, and changes nothing. */
static void
lists_are_named(void **state)
{
	static const struct guard_service other[] = {{"bad.example", "Invented"}};
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f, "N-1");
	json_t *d = draft(&f, fix_order("[\"t.me\", \"bad.example\"]", c));
	fix_settle(&f);
	assert_int_equal(json_array_size(json_object_get(d, "lists")), GUARD_LIST_COUNT);
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *o = order_of(&f, (enum party)p, d);
		assert_int_equal(lists_here(o), GUARD_LIST_COUNT);
		assert_int_equal(json_array_size(json_object_get(o, "unsaid")), 0);
		assert_non_null(strstr(fix_text(o, "text"), "Public Suffix List: "));
		fix_rebuilt_equal(&f, (enum party)p);
	}
	struct guard_lists *lists = &f.n[PLATFORM].nd->lists;
	lists->services = other;
	lists->n_services = 1;
	lists->digest[GUARD_LIST_SERVICES].b[0] ^= 1;
	json_t *o = order_of(&f, PLATFORM, d);
	assert_int_equal(lists_here(o), GUARD_LIST_COUNT - 1);
	const json_t *unsaid = json_object_get(o, "unsaid");
	assert_int_equal(json_array_size(unsaid), 1);
	assert_string_equal(fix_text(json_array_get(unsaid, 0), "name"), "bad.example");
	assert_string_equal(fix_text(json_array_get(unsaid, 0), "guard"),
			    "whole_service");
	assert_string_equal(fix_text(o, "state"), "draft");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guards_of_names), cmocka_unit_test(guards_that_hold),
		cmocka_unit_test(grounds),	   cmocka_unit_test(tested_and_called),
		cmocka_unit_test(delta),	   cmocka_unit_test(owner_told_or_not),
		cmocka_unit_test(emergency),	   cmocka_unit_test(texts_asked_for),
		cmocka_unit_test(lists_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
