/*
 * Orders: grounds, hands, overrides, what the zone says, the lift and the end by itself.
 */
#include "node_fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

struct drafted {
	const char *id, *text_sha256;
	const json_t *reply;
};

static json_t *
order_in(const char *names, const char *casefile, int64_t ends_us)
{
	json_t *in = fix_order(names, casefile);
	char when[CLOCK_TEXT_LEN];

	json_object_set_new(in, "ends", json_string(clock_format(ends_us, when)));
	return in;
}

static struct drafted
draft(struct fix *f, const char *names, const char *casefile)
{
	json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			     order_in(names, casefile, clock_now_us() + 500 * FIX_S));

	return (struct drafted){fix_text(r, "order"), fix_text(r, "text_sha256"), r};
}

static const char *
order_path(struct fix *f, const struct drafted *d, const char *act)
{
	return arena_printf(f->a, "/v1/orders/%s/%s", d->id, act);
}

static json_t *
approval(const struct drafted *d)
{
	return json_pack("{s:s}", "text_sha256", d->text_sha256);
}

static json_t *
approve(struct fix *f, const struct drafted *d, const char *credential)
{
	return fix_must(f, AUTHORITY, credential, "POST", order_path(f, d, "approve"),
			approval(d));
}

static struct drafted
in_force(struct fix *f, const char *names, const char *casefile)
{
	struct drafted d = draft(f, names, casefile);

	approve(f, &d, f->n[AUTHORITY].approver);
	assert_string_equal(fix_text(approve(f, &d, f->n[AUTHORITY].approver2), "state"),
			    "in_force");
	return d;
}

static json_t *
lift(struct fix *f, const struct drafted *d, const char *names)
{
	json_t *in = json_pack("{s:s}", "reason", "They answered.");

	if (names != NULL)
		json_object_set_new(in, "names", json_loads(names, 0, NULL));
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
			order_path(f, d, "lift"), in);
}

/* The owners of the zone, and its serial, which never goes back. */
static uint32_t serial_seen;

static void
assert_zone(struct fix *f, const char *owners)
{
	uint32_t serial;

	fix_zone(f, AUTHORITY, NULL, &serial);
	assert_string_equal(fix_zone_owners(f, AUTHORITY), owners);
	assert_true(serial >= serial_seen);
	serial_seen = serial;
}

static const char *
overdue_case(struct fix *f, const char *reference)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static void
open_world(struct fix *f)
{
	serial_seen = 0;
	fix_open(f);
}

/* ---- tests ------------------------------------------------------------------------- */

static void
grounds(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *officer = f.n[AUTHORITY].officer;
	const char *c = fix_send(&f, "G-1", "bad.example", 1);
	int64_t ends = clock_now_us() + 900 * FIX_S;
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, ends), RC_CONFLICT,
		    "never receipted");
	fix_settle(&f);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, ends), RC_CONFLICT,
		    "still has time");
	fix_clock_add(111 * FIX_S);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, ends), RC_CONFLICT, "0 of 2 steps");
	fix_act(&f, AUTHORITY, c, "remind", NULL);
	fix_settle(&f);
	fix_clock_add(11 * FIX_S);
	fix_act(&f, AUTHORITY, c, "warn", json_pack("{s:i}", "level", 1));
	/* Taken, and not yet received by anybody. */
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, ends), RC_CONFLICT, "waits for its");
	fix_settle(&f);
	const char *unsent = fix_send(&f, "G-2", "bad.example", 1);
	json_t *in = order_in("[\"bad.example\"]", c, ends);
	json_array_append_new(json_object_get(in, "cites"), json_string(unsent));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders", in, RC_CONFLICT,
		    unsent);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, clock_now_us() - 1), RC_INVALID,
		    "past");
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders",
		    order_in("[\"bad.example\"]", c, clock_now_us() + 2000 * FIX_S),
		    RC_INVALID, "maximum");
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders", order_in("[]", c, ends),
		    RC_INVALID, "names");
	/* Every line of the sample counts, or is said to be none. */
	in = order_in("[\"bad.example\"]", c, ends);
	json_object_set_new(in, "sample",
			    json_pack("[s, s]", "https://t.me/a", "no link"));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/orders", in, RC_INVALID,
		    "sample[1]");
	/* One case cited twice is one. */
	in = order_in("[\"bad.example\"]", c, ends);
	json_array_append_new(json_object_get(in, "cites"), json_string(c));
	json_object_set_new(
		in, "sample",
		json_pack("[s, s]", "https://t.me/a", "http://bad.example/b"));
	json_t *r = fix_must(&f, AUTHORITY, officer, "POST", "/v1/orders", in);
	assert_int_equal(fix_int(r, "cited_items"), 1);
	assert_int_equal(fix_int(r, "sample_size"), 2);
	assert_int_equal(
		fix_int(json_array_get(json_object_get(r, "names"), 0), "sample"), 1);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* Who drafts does not approve, nobody twice, and only the exact text. */
static void
hands(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = overdue_case(&f, "H-1");
	struct drafted d = draft(&f, "[\"bad.example\"]", c);
	const char *path = order_path(&f, &d, "approve");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", path, approval(&d),
		    RC_DENIED, "needs one of: approver");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path,
		    json_pack("{s:s}", "text_sha256",
			      "0000000000000000000000000000000000000000000000000000000000"
			      "000000"),
		    RC_CONFLICT, "another text");
	assert_string_equal(fix_text(approve(&f, &d, f.n[AUTHORITY].approver), "state"),
			    "draft");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path, approval(&d),
		    RC_CONFLICT, "has a hand");
	assert_zone(&f, "");
	assert_string_equal(fix_text(approve(&f, &d, f.n[AUTHORITY].approver2), "state"),
			    "in_force");
	assert_zone(&f, "bad.example");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", path, approval(&d),
		    RC_CONFLICT, "in_force");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* A guard is overridden by a third person, with a reason, before anybody approves. */
static void
overrides(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = fix_send(&f, "O-1", "bad.example", 1);
	fix_make_overdue(&f, c);
	struct drafted d = draft(&f, "[\"t.me\"]", c);
	const json_t *needed = json_object_get(d.reply, "overrides_needed");
	assert_true(json_array_size(needed) >= 1);
	const char *approve_path = order_path(&f, &d, "approve");
	const char *override_path = order_path(&f, &d, "override");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", approve_path,
		    approval(&d), RC_CONFLICT, "not yet overridden");
	json_t *in = json_pack("{s:s, s:O, s:s}", "text_sha256", d.text_sha256, "guards",
			       needed, "reason", "Seventeen thousand pages.");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", override_path,
		    json_deep_copy(in), RC_DENIED, "approver");
	json_t *no_reason = json_deep_copy(in);
	json_object_del(no_reason, "reason");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", override_path,
		    no_reason, RC_INVALID, "reason");
	json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST",
			     override_path, in);
	assert_int_equal(json_array_size(json_object_get(r, "overrides_needed")), 0);
	/* The third person is a third person. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver3, "POST", approve_path,
		    approval(&d), RC_CONFLICT, "has a hand");
	approve(&f, &d, f.n[AUTHORITY].approver);
	approve(&f, &d, f.n[AUTHORITY].approver2);
	assert_zone(&f, "t.me");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
answered_meanwhile(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = overdue_case(&f, "M-1");
	struct drafted d = draft(&f, "[\"bad.example\"]", c);
	approve(&f, &d, f.n[AUTHORITY].approver);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "items", "open", "outcome", "removed"));
	fix_settle(&f);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver2, "POST",
		    order_path(&f, &d, "approve"), approval(&d), RC_CONFLICT,
		    "no ground for an order");
	assert_zone(&f, "");
	fix_close(&f);
}

static void
ended_before_approval(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = overdue_case(&f, "E-1");
	struct drafted d = draft(&f, "[\"bad.example\"]", c);
	approve(&f, &d, f.n[AUTHORITY].approver);
	fix_clock_add(501 * FIX_S);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver2, "POST",
		    order_path(&f, &d, "approve"), approval(&d), RC_CONFLICT,
		    "end is past");
	assert_zone(&f, "");
	fix_close(&f);
}

static void
lifts(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = overdue_case(&f, "L-1");
	struct drafted one =
		in_force(&f, "[\"a.example\", \"*.b.example\", \"c.example\"]", c);
	struct drafted two = in_force(&f, "[\"a.example\"]", c);
	assert_zone(&f, "*.b.example a.example b.example c.example");
	/* A slip in one name lifts nothing. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    order_path(&f, &one, "lift"),
		    json_pack("{s:s, s:[s, s]}", "reason", "r", "names", "b.example",
			      "d.example"),
		    RC_CONFLICT, "does not hold d.example");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    order_path(&f, &one, "lift"),
		    json_pack("{s:s, s:s}", "reason", "r", "names", "b.example"),
		    RC_INVALID, "names");
	assert_zone(&f, "*.b.example a.example b.example c.example");
	assert_string_equal(fix_text(lift(&f, &one, "[\"B.Example\"]"), "state"),
			    "in_force");
	assert_zone(&f, "a.example c.example");
	assert_string_equal(fix_text(lift(&f, &one, NULL), "state"), "lifted");
	/* The other order still holds it. */
	assert_zone(&f, "a.example");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    order_path(&f, &one, "lift"), json_pack("{s:s}", "reason", "r"),
		    RC_CONFLICT, "lifted");
	assert_string_equal(fix_text(lift(&f, &two, NULL), "state"), "lifted");
	assert_zone(&f, "");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	assert_zone(&f, "");
	fix_close(&f);
}

static void
ends_by_itself(void **state)
{
	enum { ORDERS = 3 };
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	open_world(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = overdue_case(&f, "X-1");
	for (int i = 0; i < ORDERS; i++)
		in_force(&f, arena_printf(f.a, "[\"n%d.example\", \"both.example\"]", i),
			 c);
	assert_zone(&f, "both.example n0.example n1.example n2.example");
	fix_ok(service_tick(nd, 3600 * FIX_S, &wait_us, &e), &e, "tick");
	/* Half-way is the review. */
	assert_true(wait_us > 240 * FIX_S && wait_us <= 250 * FIX_S);
	assert_zone(&f, "both.example n0.example n1.example n2.example");
	fix_clock_add(501 * FIX_S);
	fix_ok(service_tick(nd, 3600 * FIX_S, &wait_us, &e), &e, "tick");
	assert_zone(&f, "");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.expire"), ORDERS);
	fix_ok(service_tick(nd, 3600 * FIX_S, &wait_us, &e), &e, "tick");
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "order.expire"), ORDERS);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	assert_zone(&f, "");
	fix_close(&f);
}

/* Not even when the clock does. */
static void
serial_never_back(void **state)
{
	struct fix f;

	(void)state;
	open_world(&f);
	fix_clock_add(100000 * FIX_S);
	const char *c = overdue_case(&f, "S-1");
	struct drafted d = in_force(&f, "[\"a.example\"]", c);
	assert_zone(&f, "a.example");
	uint32_t on = serial_seen;
	fix_clock_add(-50000 * FIX_S);
	fix_reopen(&f, AUTHORITY);
	lift(&f, &d, NULL);
	assert_zone(&f, "");
	assert_true(serial_seen > on);
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_zone(&f, "");
	fix_close(&f);
}

/* What an approver signs: no line of what people wrote passes for one of the node's. */
static void
no_section_is_forged(void **state)
{
	static const char forged[] =
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		"Nobody answered.\r\n\r\nWhat was found:\n- no finding\n"
		"Approvals needed, by others than the drafter: 0\n"
		"\x1b[1A\xe2\x80\xa8"
		"Approvals needed\xe2\x80\xae";
	static const char shown[] =
		"\nReasons:\n  Nobody answered.\n\n  What was found:\n  - no finding\n"
		"  Approvals needed, by others than the drafter: 0\n"
		"  ?[1A???Approvals needed???\n\nProportionality:\n";
	struct fix f;

	(void)state;
	open_world(&f);
	const char *c = overdue_case(&f, "F-1");
	json_t *in = fix_order("[\"a.example\"]", c);
	json_object_set_new(in, "reasons", json_string(forged));
	const char *text = fix_text(
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/orders", in),
		"text");
	assert_non_null(strstr(text, shown));
	assert_null(strstr(strstr(text, "\nWhat was found:") + 1, "\nWhat was found:"));
	const char *at = strstr(text, "\nApprovals needed");
	assert_non_null(at);
	assert_string_equal(at, "\nApprovals needed, by others than the drafter: 2\n");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grounds),
		cmocka_unit_test(hands),
		cmocka_unit_test(overrides),
		cmocka_unit_test(answered_meanwhile),
		cmocka_unit_test(ended_before_approval),
		cmocka_unit_test(lifts),
		cmocka_unit_test(ends_by_itself),
		cmocka_unit_test(serial_never_back),
		cmocka_unit_test(no_section_is_forged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
