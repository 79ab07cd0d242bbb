/*
 * What becomes of the zones while nobody acts: the fold in quiet hours, an order whose
 * end has come and whose log takes nothing, rows that nobody holds, and what people are
 * told.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/zone_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"
#define HOUR	  (3600 * FIX_S)
#define DAY	  (24 * HOUR)

enum { DELTA = 60, QUIET_FROM = 18 /* the default of rpz.fold_from */ };

static const char policy[] =
	"{\"name\":\"test\",\"version\":1,\"title\":{\"en\":\"Test\",\"id\":\"Uji\"},"
	"\"source\":\"Invented.\",\"classes\":["
	"{\"code\":\"normal\",\"accept_s\":100,\"decide_s\":100},"
	"{\"code\":\"urgent\",\"accept_s\":10,\"decide_s\":20}],"
	"\"categories\":[{\"code\":\"terrorism\",\"name\":{\"en\":\"Terrorism\","
	"\"id\":\"Terorisme\"},\"class\":\"urgent\"},{\"code\":\"other\",\"name\":"
	"{\"en\":\"Other\",\"id\":\"Lainnya\"},\"class\":\"normal\"}],"
	"\"ladder\":[{\"act\":\"remind\",\"after_s\":10},"
	"{\"act\":\"warn\",\"level\":1,\"after_s\":10}],"
	"\"order\":{\"approvals\":1,\"ladder_steps\":2,\"max_duration_s\":1000000,"
	"\"max_names\":60,\"ttl_s\":10,\"delta_max\":60}}\n";

static const char *
start(struct fix *f)
{
	fix_open_policy(f, policy);
	const char *c = fix_send(f, "W-1", "bad.example", 2);
	fix_make_overdue(f, c);
	return c;
}

static json_t *
draft(struct fix *f, const char *names, const char *casefile, int64_t for_us)
{
	json_t *in = fix_order(names, casefile);
	char when[CLOCK_TEXT_LEN];

	json_object_set_new(in, "ends",
			    json_string(clock_format(clock_now_us() + for_us, when)));
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
}

static const char *
block(struct fix *f, const char *names, const char *casefile, int64_t for_us)
{
	json_t *r = draft(f, names, casefile, for_us);

	fix_must(f, AUTHORITY, f->n[AUTHORITY].approver, "POST",
		 arena_printf(f->a, "/v1/orders/%s/approve", fix_text(r, "order")),
		 json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return fix_text(r, "order");
}

static void
lift_in(struct fix *f, const char *order, json_t *more)
{
	json_object_set_new(more, "reason", json_string("They answered."));
	fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
		 arena_printf(f->a, "/v1/orders/%s/lift", order), more);
}

static void
lift(struct fix *f, const char *order)
{
	lift_in(f, order, json_object());
}

/* Names n from "NN.example" on. */
static const char *
names_from(struct fix *f, int from, int n)
{
	const char *text = "[";

	for (int i = from; i < from + n; i++)
		text = arena_printf(f->a, "%s%s\"n%d.example\"", text,
				    i == from ? "" : ", ", i);
	return arena_printf(f->a, "%s]", text);
}

static enum rc
tick(struct fix *f, struct err *e)
{
	int64_t wait_us;

	return service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, e);
}

static void
must_tick(struct fix *f)
{
	struct err e = ERR_INIT;

	fix_ok(tick(f, &e), &e, "tick");
}

static int64_t
alarms(struct fix *f, const char *kind)
{
	return fix_query(f, AUTHORITY,
			 arena_printf(f->a,
				      "SELECT count(*) FROM alarm WHERE kind = '%s' AND "
				      "cleared_us = 0",
				      kind));
}

static int64_t
base_serial(struct fix *f)
{
	return fix_query(f, AUTHORITY,
			 "SELECT base_serial FROM zone WHERE name = 'main'");
}

/* To the next time that the clock in UTC shows so many hours and minutes. */
static void
clock_to(int hours, int minutes)
{
	int64_t at = hours * HOUR + minutes * 60 * FIX_S;
	int64_t ahead = at - clock_now_us() % DAY;

	fix_clock_add(ahead > 0 ? ahead : ahead + DAY);
}

/* Once a night, in the hours for it, and not before. */
static void
quiet_hours(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	clock_to(QUIET_FROM - 1, 0);
	must_tick(&f);
	block(&f, "[\"a.example\"]", c, 3 * DAY);
	clock_to(QUIET_FROM - 1, 58);
	int64_t before = base_serial(&f);
	must_tick(&f);
	assert_int_equal(base_serial(&f), before);
	clock_to(QUIET_FROM, 2);
	must_tick(&f);
	int64_t first = base_serial(&f);
	assert_true(first > before);
	/* What comes the same night waits for the next one. */
	block(&f, "[\"b.example\"]", c, 3 * DAY);
	clock_to(QUIET_FROM + 1, 0);
	must_tick(&f);
	assert_int_equal(base_serial(&f), first);
	/* A node that was down through the hours does not fold by day. */
	clock_to(QUIET_FROM + 5, 0);
	fix_clock_add(DAY);
	must_tick(&f);
	assert_int_equal(base_serial(&f), first);
	clock_to(QUIET_FROM, 30);
	must_tick(&f);
	assert_true(base_serial(&f) > first);
	fix_clock_reset();
	fix_close(&f);
}

/* A hot zone that has grown too large is folded at any hour. */
static void
large_hot_zone(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	const char *conf = arena_printf(f.a, "%s/saluran.conf", f.n[AUTHORITY].dir);
	FILE *out = fopen(conf, "ae");
	assert_non_null(out);
	fputs("rpz.hot_rows = 100\n", out);
	assert_int_equal(fclose(out), 0);
	fix_reopen(&f, AUTHORITY);
	clock_to(3, 0);
	must_tick(&f);
	int64_t before = base_serial(&f);
	block(&f, names_from(&f, 0, DELTA), c, 3 * DAY);
	fix_clock_add(DAY + 120 * FIX_S);
	clock_to(3, 0);
	must_tick(&f);
	assert_int_equal(base_serial(&f), before);
	block(&f, names_from(&f, DELTA, DELTA), c, DAY);
	fix_clock_add(120 * FIX_S);
	must_tick(&f);
	assert_true(base_serial(&f) > before);
	fix_clock_reset();
	fix_close(&f);
}

/* ---- operators with an old base -------------------------------------------------------
 * ------------------------------------------------------------- */

static void
operator_add(struct fix *f, const char *name, bool tsig)
{
	fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s, s:b, s:s}", "name", name, "address", "192.0.2.53",
			   "tsig", tsig, "layout", "pair"));
}

/* Something changes, and the night after it is folded. */
static void
fold_a_change(struct fix *f, const char *casefile, int number)
{
	int64_t before = base_serial(f);

	block(f, names_from(f, number, 1), casefile, 3 * DAY);
	clock_to(QUIET_FROM, 30);
	must_tick(f);
	assert_true(base_serial(f) > before);
}

static bool
hot_lets_go(struct fix *f, const char *name)
{
	const json_t *says =
		json_object_get(fix_zone(f, AUTHORITY, "hot." MAIN, NULL), name);

	return says != NULL && strcmp(json_string_value(says), "passthru") == 0;
}

static const json_t *
behind(struct fix *f, size_t i)
{
	json_t *r =
		fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/zones", NULL);
	const json_t *main = json_array_get(json_object_get(r, "zones"), 0);

	return json_array_get(json_object_get(main, "behind"), i);
}

/* A name that was lifted stays free for a resolver that has had no base for days: the hot
 * zone lets it go while the resolver's old base, in which it is blocked, is good. */
static void
old_base(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	operator_add(&f, "isp-slow", false);
	operator_add(&f, "isp-quick", false);
	clock_to(QUIET_FROM, 30);
	const char *order = block(&f, "[\"a.example\"]", c, 9 * DAY);
	must_tick(&f);
	int64_t old = base_serial(&f);
	fix_pulled(nd, "isp-slow", "base." MAIN, (uint32_t)old, "axfr");
	fix_pulled(nd, "isp-quick", "base." MAIN, (uint32_t)old, "axfr");
	lift(&f, order);
	assert_true(hot_lets_go(&f, "a.example"));
	for (int i = 0; i < 3; i++) {
		fold_a_change(&f, c, i);
		fix_pulled(nd, "isp-quick", "base." MAIN, (uint32_t)base_serial(&f),
			   "ixfr");
		assert_true(hot_lets_go(&f, "a.example"));
		/* Who missed one night holds nothing up. */
		assert_int_equal(alarms(&f, "zone_base"), i == 0 ? 0 : 1);
	}
	assert_string_equal(fix_text(behind(&f, 0), "operator"), "isp-slow");
	assert_string_equal(fix_text(behind(&f, 0), "address"), "192.0.2.53");
	assert_int_equal(fix_int(behind(&f, 0), "serial"), old);
	assert_null(behind(&f, 1));
	/* Neither a new start nor views made anew move that. */
	fix_reopen(&f, AUTHORITY);
	nd = f.n[AUTHORITY].nd;
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_true(hot_lets_go(&f, "a.example"));
	/* It fetches the base at last: the next fold lets go. */
	fix_pulled(nd, "isp-slow", "base." MAIN, (uint32_t)base_serial(&f), "axfr");
	must_tick(&f);
	fix_clock_add(61 * FIX_S);
	must_tick(&f);
	assert_int_equal(alarms(&f, "zone_base"), 0);
	fold_a_change(&f, c, 3);
	assert_false(hot_lets_go(&f, "a.example"));
	fix_clock_reset();
	fix_close(&f);
}

/* Nothing is kept for whoever may not fetch any more, has the whole zone, or whose copy
 * is void because nothing was heard of it for as long as the zone says; but for one that
 * only asks and does not get it, it is. */
static void
old_base_of_nobody(void **state)
{
	enum { REMOVED, REVOKED, WHOLE, SILENT, ASKING, HOW_MANY };
	for (int how = 0; how < HOW_MANY; how++) {
		struct fix f;
		(void)state;
		const char *c = start(&f);
		struct node *nd = f.n[AUTHORITY].nd;
		const char *admin = f.n[AUTHORITY].admin;
		operator_add(&f, "isp-slow", true);
		clock_to(QUIET_FROM, 30);
		const char *order = block(&f, "[\"a.example\"]", c, 11 * DAY);
		must_tick(&f);
		fix_pulled(nd, "isp-slow", "base." MAIN, (uint32_t)base_serial(&f),
			   "axfr");
		lift(&f, order);
		fold_a_change(&f, c, 0);
		if (how == REMOVED)
			fix_must(&f, AUTHORITY, admin, "POST",
				 "/v1/operators/isp-slow/remove",
				 json_pack("{s:s}", "reason", "It is closed."));
		else if (how == REVOKED)
			fix_must(&f, AUTHORITY, admin, "POST",
				 "/v1/operators/isp-slow/revoke", NULL);
		else if (how == WHOLE)
			fix_must(&f, AUTHORITY, admin, "POST",
				 "/v1/operators/isp-slow/move",
				 json_pack("{s:s}", "layout", "whole"));
		else
			fix_clock_add(6 * DAY); /* of the seven of rpz.expire_s */
		if (how == ASKING)
			fix_pulled(nd, "isp-slow", "base." MAIN, 0, "held");
		fold_a_change(&f, c, 1);
		fold_a_change(&f, c, 2);
		assert_int_equal(hot_lets_go(&f, "a.example"), how == ASKING);
		assert_int_equal(alarms(&f, "zone_base"), how == ASKING);
		assert_int_equal(behind(&f, 0) != NULL, how == ASKING);
		fix_clock_reset();
		fix_close(&f);
	}
}

/* An end date does not hang on a log that takes events. */
static void
ended_without_event(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	const char *c = start(&f);
	const char *order = block(&f, "[\"a.example\"]", c, HOUR);
	block(&f, "[\"b.example\"]", c, DAY);
	fix_query(
		&f, AUTHORITY,
		arena_printf(f.a,
			     "UPDATE v_order SET channel = 2 WHERE id = '%s' RETURNING 1",
			     order));
	fix_clock_add(HOUR - 60 * FIX_S);
	(void)!tick(&f, &e);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 2);
	fix_clock_add(120 * FIX_S);
	assert_int_not_equal(tick(&f, &e), RC_OK);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_zone"), 2);
	const json_t *rows = fix_zone(&f, AUTHORITY, NULL, NULL);
	assert_int_equal(json_object_size(rows), 1);
	assert_non_null(json_object_get(rows, "b.example"));
	/* In the hot zone it is let go as by a lift. */
	assert_string_equal(
		fix_text(fix_zone(&f, AUTHORITY, "hot." MAIN, NULL), "a.example"),
		"passthru");
	fix_clock_reset();
	fix_close(&f);
}

/* Rows that no order holds stay, with an alarm, until a person has looked at exactly this
 * zone. */
static void
shrink(void **state)
{
	struct fix f;
	uint32_t serial;

	(void)state;
	const char *c = start(&f);
	block(&f, "[\"a.example\"]", c, DAY);
	const char *admin = f.n[AUTHORITY].admin;
	fix_query(&f, AUTHORITY,
		  "INSERT INTO zone_row (zone, layer, owner, action, order_id) VALUES "
		  "('main', 0, 'example.ghost', 'nxdomain', "
		  "'01980000-0000-7000-8000-000000000001') RETURNING 1");
	fix_query(&f, AUTHORITY, "UPDATE zone SET n_rows = n_rows + 1 RETURNING 1");
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/rebuild", NULL);
	assert_non_null(
		json_object_get(fix_zone(&f, AUTHORITY, NULL, &serial), "ghost.example"));
	assert_int_equal(alarms(&f, "zone_shrunk"), 1);
	assert_non_null(strstr(fix_query_text(&f, AUTHORITY,
					      "SELECT body FROM alarm WHERE kind = "
					      "'zone_shrunk'"),
			       "1 of the rows of the zone rpz.saluran (ghost.example),"));
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zone/shrink",
		    json_pack("{s:s}", "zone", "main"), RC_INVALID, "serial");
	fix_refused(
		&f, AUTHORITY, admin, "POST", "/v1/zone/shrink",
		json_pack("{s:s, s:I}", "zone", "other", "serial", (json_int_t)serial),
		RC_NOT_FOUND, "no zone other");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", "/v1/zone/shrink",
		    json_pack("{s:s, s:I}", "zone", "main", "serial", (json_int_t)serial),
		    RC_DENIED, "admin");
	/* It moves on between the look and the word. */
	block(&f, "[\"b.example\"]", c, DAY);
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zone/shrink",
		    json_pack("{s:s, s:I}", "zone", "main", "serial", (json_int_t)serial),
		    RC_CONFLICT, "moved on");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, &serial)), 3);
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zone/shrink",
		 json_pack("{s:s, s:I}", "zone", "main", "serial", (json_int_t)serial));
	uint32_t after;
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, &after)), 2);
	assert_true(after > serial);
	assert_int_equal(alarms(&f, "zone_shrunk"), 0);
	fix_close(&f);
}

/* Many lifts in a day, and a zone that has become empty, are told, and never held. */
static void
many_lifts(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	must_tick(&f);
	assert_int_equal(alarms(&f, "zone_empty"), 0); /* it never had anything */
	const char *one = block(&f, names_from(&f, 0, DELTA), c, 9 * DAY);
	fix_clock_add(DAY + 60 * FIX_S);
	const char *two = block(&f, names_from(&f, DELTA, 2), c, 9 * DAY);
	must_tick(&f);
	lift(&f, one);
	must_tick(&f);
	assert_int_equal(alarms(&f, "zone_lifts"), 0); /* as many as may */
	assert_int_equal(alarms(&f, "zone_empty"), 0);
	lift(&f, two);
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 0);
	must_tick(&f);
	assert_int_equal(alarms(&f, "zone_lifts"), 1);
	assert_int_equal(alarms(&f, "zone_empty"), 1);
	fix_clock_add(DAY + 120 * FIX_S);
	must_tick(&f);
	assert_int_equal(alarms(&f, "zone_lifts"), 0);
	assert_int_equal(alarms(&f, "zone_empty"), 0);
	fix_clock_reset();
	fix_close(&f);
}

/* ---- after a lift ---------------------------------------------------------------------
 */

static void
measured(struct fix *f, const char *order, const char *means)
{
	fix_query(
		f, AUTHORITY,
		arena_printf(f->a,
			     "INSERT INTO v_measured VALUES ('%s', 'a.example', "
			     "'isp-one', '192.0.2.53#53', 'local', 1, 1, 'udp', 'free', "
			     "1, 1, 'x', '%s', 1, 1, 1, 0, 'x') "
			     "ON CONFLICT (order_id, owner, operator, resolver, vantage) "
			     "DO UPDATE SET means = excluded.means RETURNING 1",
			     order, means));
}

/* A quarter of an hour after a lift, what is measured to be blocked is told, until it is
 * free. */
static void
still_blocked(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s}", "name", "isp-one", "address", "192.0.2.53"));
	const char *order = block(&f, "[\"a.example\"]", c, DAY);
	lift(&f, order);
	measured(&f, order, "blocked");
	fix_clock_add(14 * 60 * FIX_S);
	must_tick(&f);
	assert_int_equal(alarms(&f, "still_blocked"), 0);
	fix_clock_add(6 * 60 * FIX_S);
	must_tick(&f);
	assert_int_equal(alarms(&f, "still_blocked"), 1);
	assert_non_null(strstr(fix_query_text(&f, AUTHORITY,
					      "SELECT body FROM alarm WHERE kind = "
					      "'still_blocked'"),
			       "isp-one"));
	measured(&f, order, "free");
	fix_clock_add(6 * 60 * FIX_S);
	must_tick(&f);
	assert_int_equal(alarms(&f, "still_blocked"), 0);
	fix_clock_reset();
	fix_close(&f);
}

/* ---- zones and territories ------------------------------------------------------------
 */

static bool
says(const json_t *r, const char *guard, const char *text)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "findings"), i, v)
		if (strcmp(fix_text(v, "guard"), guard) == 0)
			return strstr(fix_text(v, "text"), text) != NULL;
	return false;
}

static json_t *
draft_for(struct fix *f, const char *name, const char *territory, const char *casefile)
{
	json_t *in = fix_order(arena_printf(f->a, "[\"%s\"]", name), casefile);

	json_object_set_new(in, "territories", json_pack("[s]", territory));
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
}

/* An order for a territory that nobody takes says so before anybody signs. */
static void
territory_without_operator(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	const char *admin = f.n[AUTHORITY].admin;
	assert_true(says(draft_for(&f, "a.example", "id-jk", c), "territory",
			 "no zone for id-jk"));
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s, s:s}", "name", "jakarta", "origin", "jk.example",
			   "territory", "id-jk"));
	assert_true(says(draft_for(&f, "b.example", "id-jk", c), "territory",
			 "no operator has the zone for id-jk"));
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/operators",
		 json_pack("{s:s, s:s, s:s}", "name", "isp-one", "address", "192.0.2.53",
			   "zone", "jakarta"));
	assert_false(says(draft_for(&f, "c.example", "id-jk", c), "territory", ""));
	assert_true(says(draft_for(&f, "d.example", "id-ba", c), "territory", "id-ba"));
	fix_close(&f);
}

/* What is lifted in a zone is not lifted there again; in another it is. */
static void
lifted_in_a_zone_twice(void **state)
{
	struct fix f;

	(void)state;
	const char *c = start(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s}", "name", "pilot", "origin", "pilot.example"));
	const char *order = block(&f, "[\"a.example\", \"b.example\"]", c, DAY);
	lift_in(&f, order,
		json_pack("{s:[s], s:[s]}", "names", "a.example", "zones", "pilot"));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 1);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/orders/%s/lift", order),
		    json_pack("{s:[s], s:[s], s:s}", "names", "a.example", "zones",
			      "pilot", "reason", "Again."),
		    RC_CONFLICT, "none of these names");
	lift_in(&f, order,
		json_pack("{s:[s], s:[s]}", "names", "a.example", "zones", "main"));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, NULL, NULL)), 1);
	lift_in(&f, order,
		json_pack("{s:[s, s], s:[s]}", "names", "a.example", "b.example", "zones",
			  "pilot"));
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 0);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_hours),
		cmocka_unit_test(large_hot_zone),
		cmocka_unit_test(old_base),
		cmocka_unit_test(old_base_of_nobody),
		cmocka_unit_test(ended_without_event),
		cmocka_unit_test(shrink),
		cmocka_unit_test(many_lifts),
		cmocka_unit_test(still_blocked),
		cmocka_unit_test(territory_without_operator),
		cmocka_unit_test(lifted_in_a_zone_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
