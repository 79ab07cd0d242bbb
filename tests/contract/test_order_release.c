/*
 * A node whose log takes nothing lets go all the same: the names leave the zones, nothing
 * is signed, and the log has the lift when it takes events again, also when that is by
 * another copy of the store.
 */
#include "node_fixture.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "service/recovery.h"

#define AUTHORITY PARTY_AUTHORITY
#define MAIN	  "rpz.saluran"

enum { CHANNEL = 1 };

static void
freeze(struct fix *f)
{
	recovery_set(f->n[AUTHORITY].nd, CHANNEL, LOG_HALTED, "the store is an old copy");
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static const char *
overdue_case(struct fix *f)
{
	const char *c = fix_send(f, "R-1", "bad.example", 2);

	fix_make_overdue(f, c);
	return c;
}

static json_t *
drafted(struct fix *f, const char *names, const char *casefile)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			fix_order(names, casefile));
}

static const char *
approved(struct fix *f, const char *names, const char *casefile)
{
	json_t *r = drafted(f, names, casefile);
	const char *const approvers[] = {f->n[AUTHORITY].approver,
					 f->n[AUTHORITY].approver2};

	for (size_t i = 0; i < 2; i++)
		fix_must(
			f, AUTHORITY, approvers[i], "POST",
			arena_printf(f->a, "/v1/orders/%s/approve", fix_text(r, "order")),
			json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return fix_text(r, "order");
}

static json_t *
lift(struct fix *f, const char *order, json_t *more)
{
	json_object_set_new(more, "reason", json_string("They answered."));
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
			arena_printf(f->a, "/v1/orders/%s/lift", order), more);
}

static json_t *
order_of(struct fix *f, const char *order)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET",
			arena_printf(f->a, "/v1/orders/%s", order), NULL);
}

static size_t
waiting(struct fix *f, const char *order)
{
	return json_array_size(json_object_get(order_of(f, order), "lifts_waiting"));
}

static int64_t
alarms_of(struct fix *f, const char *kind)
{
	return fix_query(f, AUTHORITY,
			 arena_printf(f->a,
				      "SELECT count(*) FROM alarm WHERE kind = '%s' AND "
				      "cleared_us = 0",
				      kind));
}

static int64_t
alarms(struct fix *f)
{
	return alarms_of(f, "lift_waits");
}

static bool
has_file(struct fix *f)
{
	return access(arena_printf(f->a, "%s/lifts.waiting", f->n[AUTHORITY].dir),
		      F_OK) == 0;
}

static int64_t
lifts(struct fix *f)
{
	return fix_events(f, AUTHORITY, AUTHORITY, "order.lift");
}

/* At once, without a signature; and on record later, by whoever did it. */
static void
frozen_lifts(void **state)
{
	struct fix f;
	uint32_t before, after;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f);
	const char *order = approved(&f, "[\"bad.example\", \"*.worse.example\"]", c);
	json_t *draft = drafted(&f, "[\"new.example\"]", c);
	fix_zone(&f, AUTHORITY, NULL, &before);
	freeze(&f);
	/* Nothing comes. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST",
		    arena_printf(f.a, "/v1/orders/%s/approve", fix_text(draft, "order")),
		    json_pack("{s:s}", "text_sha256", fix_text(draft, "text_sha256")),
		    RC_FROZEN, "old copy");
	fix_refused(
		&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		arena_printf(f.a, "/v1/orders/%s/lift", order),
		json_pack("{s:s, s:[s]}", "reason", "Because.", "names", "other.example"),
		RC_CONFLICT, "does not hold other.example");
	/* One name of it goes, then the rest. */
	json_t *r = lift(&f, order, json_pack("{s:[s]}", "names", "bad.example"));
	assert_true(json_is_false(json_object_get(r, "on_record")));
	assert_string_equal(fix_text(r, "state"), "in_force");
	assert_string_equal(fix_zone_owners(&f, AUTHORITY),
			    "*.worse.example worse.example");
	fix_zone(&f, AUTHORITY, NULL, &after);
	assert_true(after > before);
	assert_int_equal(fix_int(r, "serial"), after);
	assert_string_equal(
		fix_text(fix_zone(&f, AUTHORITY, "hot." MAIN, NULL), "bad.example"),
		"passthru");
	lift(&f, order, json_object());
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	assert_int_equal(waiting(&f, order), 2);
	assert_int_equal(alarms(&f), 1);
	assert_int_equal(lifts(&f), 0);
	tick(&f);
	assert_int_equal(lifts(&f), 0);
	assert_true(has_file(&f));
	/* What was published stays so through a rebuild. */
	fix_rebuilt_equal(&f, AUTHORITY);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	/* The log takes events again. */
	fix_reopen(&f, AUTHORITY);
	tick(&f);
	assert_string_equal(fix_text(order_of(&f, order), "state"), "lifted");
	assert_int_equal(waiting(&f, order), 0);
	assert_int_equal(alarms(&f), 0);
	assert_false(has_file(&f));
	const json_t *acts = json_object_get(order_of(&f, order), "acts");
	const json_t *last = json_array_get(acts, json_array_size(acts) - 1);
	assert_string_equal(fix_text(last, "act"), "lift");
	assert_non_null(strstr(fix_text(last, "reason"), "They answered."));
	assert_non_null(strstr(fix_text(last, "reason"), "the log took nothing"));
	assert_string_not_equal(fix_text(last, "author"), "node");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

/* Another copy of the store, in which the names are blocked, takes them out by the file
 * beside it; what that copy has lifted already is not lifted twice. */
static void
another_copy(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f);
	const char *order = approved(&f, "[\"bad.example\", \"worse.example\"]", c);
	freeze(&f);
	lift(&f, order, json_object());
	recovery_set(f.n[AUTHORITY].nd, CHANNEL, LOG_OPEN, "it is whole");
	fix_query(&f, AUTHORITY, "DELETE FROM order_release RETURNING 1");
	fix_query(&f, AUTHORITY,
		  arena_printf(f.a,
			       "INSERT INTO zone_row VALUES ('main', 0, 'example.bad', "
			       "'nxdomain', '%s'), ('main', 0, 'example.worse', "
			       "'nxdomain', '%s') RETURNING 1",
			       order, order));
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "bad.example worse.example");
	json_t *r = lift(&f, order, json_pack("{s:[s]}", "names", "worse.example"));
	assert_null(json_object_get(r, "on_record"));
	assert_true(has_file(&f));
	fix_reopen(&f, AUTHORITY);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "");
	tick(&f);
	assert_string_equal(fix_text(order_of(&f, order), "state"), "lifted");
	assert_int_equal(lifts(&f), 2);
	assert_false(has_file(&f));
	/* A line that nobody can read keeps no node from its start. */
	FILE *out =
		fopen(arena_printf(f.a, "%s/lifts.waiting", f.n[AUTHORITY].dir), "we");
	assert_non_null(out);
	fputs("{\"order\": 1}\nnot json\n", out);
	assert_int_equal(fclose(out), 0);
	fix_reopen(&f, AUTHORITY);
	tick(&f);
	assert_int_equal(lifts(&f), 2);
	fix_close(&f);
}

/* A plan that people have signed takes effect too, and its stages are on record later, as
 * the node's. */
static void
frozen_stages(void **state)
{
	struct fix f;
	char when[CLOCK_TEXT_LEN], later[CLOCK_TEXT_LEN];

	(void)state;
	fix_open(&f);
	const char *c = overdue_case(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/zones",
		 json_pack("{s:s, s:s}", "name", "pilot", "origin", "pilot.example"));
	const char *order = approved(&f, "[\"bad.example\", \"worse.example\"]", c);
	clock_format(clock_now_us() + 50 * FIX_S, when);
	clock_format(clock_now_us() + 51 * FIX_S, later);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		 arena_printf(f.a, "/v1/orders/%s/plan", order),
		 json_pack("{s:s, s:[{s:s, s:[s]}, {s:s, s:[s], s:[s]}]}", "reason",
			   "As agreed.", "stages", "at", when, "names", "bad.example",
			   "at", later, "zones", "pilot", "names", "worse.example"));
	freeze(&f);
	fix_clock_add(52 * FIX_S);
	for (int i = 0; i < 3; i++)
		tick(&f);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "worse.example");
	assert_int_equal(json_object_size(fix_zone(&f, AUTHORITY, "pilot.example", NULL)),
			 0);
	assert_int_equal(waiting(&f, order), 2);
	assert_int_equal(lifts(&f), 0);
	fix_reopen(&f, AUTHORITY);
	tick(&f);
	tick(&f);
	assert_int_equal(lifts(&f), 2);
	assert_int_equal(waiting(&f, order), 0);
	assert_string_equal(fix_zone_owners(&f, AUTHORITY), "worse.example");
	assert_false(has_file(&f));
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_clock_reset();
	fix_close(&f);
}

/* The store does not know what was lifted since it was copied: its zones are given to
 * nobody, people are told, and a lift says so, until one of them has decided. */
static void
old_copy(void **state)
{
	struct fix f;
	const struct zone_origin *zones;
	size_t n;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	struct node *nd = f.n[AUTHORITY].nd;
	const char *c = overdue_case(&f), *admin = f.n[AUTHORITY].admin;
	const char *order = approved(&f, "[\"bad.example\"]", c);
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zone/resume",
		    json_pack("{s:s}", "reason", "Because."), RC_CONFLICT, "no old copy");
	freeze(&f);
	nd->old_copy[CHANNEL] = true;
	tick(&f);
	assert_int_equal(alarms_of(&f, "zone_old"), 1);
	assert_int_equal(service_zones(nd, f.a, &zones, &n, &e), RC_UNAVAILABLE);
	assert_non_null(strstr(e.text, "old copy"));
	json_t *r = lift(&f, order, json_object());
	assert_true(json_is_false(json_object_get(r, "given_out")));
	assert_int_equal(service_zones(nd, f.a, &zones, &n, &e), RC_UNAVAILABLE);
	r = fix_must(&f, AUTHORITY, admin, "GET", "/v1/zones", NULL);
	assert_true(json_is_false(json_object_get(r, "given_out")));
	/* Not by who may lift, and not without a reason. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/zone/resume",
		    json_pack("{s:s}", "reason", "Because."), RC_DENIED, "");
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zone/resume", json_object(),
		    RC_INVALID, "reason");
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/zone/resume",
		 json_pack("{s:s}", "reason", "Looked at all of them."));
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/zone/resume",
		    json_pack("{s:s}", "reason", "Again."), RC_CONFLICT, "already");
	tick(&f);
	assert_int_equal(alarms_of(&f, "zone_old"), 0);
	fix_ok(service_zones(nd, f.a, &zones, &n, &e), &e, "zones");
	assert_true(n > 0);
	r = fix_must(&f, AUTHORITY, admin, "GET", "/v1/zones", NULL);
	assert_true(json_is_true(json_object_get(r, "given_out")));
	/* The newest store has it that nothing was decided. */
	fix_reopen(&f, AUTHORITY);
	nd = f.n[AUTHORITY].nd;
	tick(&f);
	nd->old_copy[CHANNEL] = true;
	assert_int_equal(service_zones(nd, f.a, &zones, &n, &e), RC_UNAVAILABLE);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frozen_lifts),
		cmocka_unit_test(another_copy),
		cmocka_unit_test(frozen_stages),
		cmocka_unit_test(old_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
