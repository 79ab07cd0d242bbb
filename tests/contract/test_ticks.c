/*
 * What a node does by itself: one thing that cannot be done holds up no other.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY

static const char *
path(struct fix *f, const char *order, const char *act)
{
	return arena_printf(f->a, "/v1/orders/%s/%s", order, act);
}

static const char *
in_force(struct fix *f, const char *names, const char *casefile)
{
	const struct fix_node *n = &f->n[AUTHORITY];
	json_t *d = fix_must(f, AUTHORITY, n->officer, "POST", "/v1/orders",
			     fix_order(names, casefile));
	const char *hands[] = {n->approver, n->approver2}, *id = fix_text(d, "order");

	for (int i = 0; i < 2; i++)
		fix_must(f, AUTHORITY, hands[i], "POST", path(f, id, "approve"),
			 json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256")));
	return id;
}

static void
plan(struct fix *f, const char *order, const char *name, int64_t at_us)
{
	char at[CLOCK_TEXT_LEN];

	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", path(f, order, "plan"),
		 json_pack("{s:s, s:[{s:s, s:[s]}]}", "reason", "Agreed.", "stages", "at",
			   clock_format(at_us, at), "names", name));
}

static const char *
zone(struct fix *f)
{
	return fix_query_text(f, AUTHORITY,
			      "SELECT group_concat(owner, ' ') FROM (SELECT owner FROM "
			      "v_zone ORDER BY owner) AS t");
}

/* An order with which nothing can be done, because its channel takes nothing: of the
 * others people are told, stages lift, and what has ended ends. */
static void
orders_on_their_own(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = fix_send(&f, "O-1", "bad.example", 1);
	fix_make_overdue(&f, c);
	const char *stuck = in_force(&f, "[\"a.example\", \"b.example\"]", c);
	const char *order = in_force(&f, "[\"c.example\", \"d.example\"]", c);
	plan(&f, stuck, "a.example", clock_now_us() + 60 * FIX_S);
	plan(&f, order, "c.example", clock_now_us() + 60 * FIX_S);
	fix_query(
		&f, AUTHORITY,
		arena_printf(f.a,
			     "UPDATE v_order SET channel = 2 WHERE id = '%s' RETURNING 1",
			     stuck));
	fix_ok(service_tick(nd, FIX_S, &wait_us, &e), &e, "told at home");
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM alarm WHERE kind = 'order_ends'"),
		2);
	fix_clock_add(61 * FIX_S);
	assert_int_not_equal(service_tick(nd, FIX_S, &wait_us, &e), RC_OK);
	assert_string_equal(zone(&f), "a.example b.example d.example");
	fix_clock_add(500 * FIX_S);
	assert_int_not_equal(service_tick(nd, FIX_S, &wait_us, &e), RC_OK);
	assert_non_null(strstr(e.text, stuck));
	assert_string_equal(zone(&f), "a.example b.example");
	fix_close(&f);
}

/* An objection that cannot enter the log keeps out neither those behind it nor whoever
 * objects. */
static void
none_is_kept_out(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const struct fix_node *n = &f.n[AUTHORITY];
	const char *c = fix_send(&f, "S-1", "bad.example", 2);
	fix_make_overdue(&f, c);
	const char *order = in_force(&f, "[\"a.example\"]", c);
	fix_query(
		&f, AUTHORITY,
		"INSERT INTO objection_inbox VALUES ('01980000-0000-7000-8000-"
		"000000000001', 1, '01980000-0000-7000-8000-000000000002', "
		"'objection', 'id', 'x', NULL, 'x', "
		"'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', 1, "
		"2, 3, 0, NULL) RETURNING 1");
	json_t *r = fix_must(&f, AUTHORITY, NULL, "POST", "/v1/objections",
			     json_pack("{s:s, s:s}", "order", order, "text", "Mine."));
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "objection.open"), 1);
	r = fix_must(&f, AUTHORITY, NULL, "GET",
		     arena_printf(f.a, "/v1/objections/%s", fix_text(r, "reference")),
		     NULL);
	assert_string_equal(fix_text(r, "state"), "open");
	r = fix_must(&f, AUTHORITY, n->auditor, "GET", "/v1/objections",
		     json_pack("{s:s}", "state", "queued"));
	assert_int_equal(json_array_size(json_object_get(r, "objections")), 1);
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_on_their_own),
		cmocka_unit_test(none_is_kept_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
