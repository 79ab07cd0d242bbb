/*
 * Probes in a node: what is to be asked, which results become events and which only say
 * when they were seen, who may bring them, and that a rebuild gives the same.
 */
#include "probe_fixture.h"

static int64_t
events(struct world *w)
{
	return fix_events(&w->f, AUTHORITY, AUTHORITY, "dns.measured");
}

/* Bring one, and so many events are there after it. */
static void
brings(struct world *w, const char *owner, const char *expected, const char *verdict,
       int64_t want)
{
	bring(w, result(w, owner, expected, verdict));
	if (events(w) != want)
		fail_msg("%s %s %s: %" PRId64 " events, not %" PRId64, owner, expected,
			 verdict, events(w), want);
}

static const json_t *
row_of(json_t *r, const char *owner)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "measured"), i, v)
		if (strcmp(fix_text(v, "owner"), owner) == 0)
			return v;
	fail_msg("no row for %s", owner);
	return NULL;
}

static json_t *
measured(struct world *w)
{
	return call(&w->f, w->f.n[AUTHORITY].auditor, "GET",
		    arena_printf(w->f.a, "/v1/orders/%s/measured", w->order), NULL);
}

static void
lift(struct world *w)
{
	call(&w->f, w->f.n[AUTHORITY].officer, "POST",
	     arena_printf(w->f.a, "/v1/orders/%s/lift", w->order),
	     json_pack("{s:s}", "reason", "They answered."));
}

/* In force; its id.  `in` is stolen. */
static const char *
ordered(struct world *w, json_t *in)
{
	struct fix *f = &w->f;
	json_t *d = call(f, f->n[AUTHORITY].officer, "POST", "/v1/orders", in);
	const char *path =
		arena_printf(f->a, "/v1/orders/%s/approve", fix_text(d, "order"));
	json_t *text = json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
	call(f, f->n[AUTHORITY].approver, "POST", path, json_deep_copy(text));
	call(f, f->n[AUTHORITY].approver2, "POST", path, text);
	return fix_text(d, "order");
}

static const char *
another(struct world *w, const char *names, const char *territory)
{
	json_t *in = fix_order(names, w->casefile);

	if (territory != NULL)
		json_object_set_new(in, "territories", json_pack("[s]", territory));
	return ordered(w, in);
}

/* An operator with one resolver. */
static void
operator_add(struct world *w, const char *name, const char *zone, const char *layout)
{
	struct fix *f = &w->f;
	const char *admin = f->n[AUTHORITY].admin;

	call(f, admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s, s:s, s:s}", "name", name, "address", "192.0.2.54",
		       "zone", zone, "layout", layout));
	call(f, admin, "POST", arena_printf(f->a, "/v1/operators/%s/probe", name),
	     json_pack("{s:[s]}", "resolvers", "192.0.2.54"));
}

/* "bad.example blocked, ..." of one zone, in the order of the work; `order`: its names
 * alone, NULL: all. */
static void
expects(struct world *w, const char *order, const char *zone, const char *want)
{
	json_t *r = call(&w->f, w->f.n[AUTHORITY].officer, "GET", "/v1/probes/work",
			 order == NULL ? NULL : json_pack("{s:s}", "order", order));
	const char *got = "";
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "names"), i, v)
		if (strcmp(fix_text(v, "zone"), zone) == 0)
			got = arena_printf(w->f.a, "%s%s%s %s", got,
					   got[0] == '\0' ? "" : ", ",
					   fix_text(v, "owner"), fix_text(v, "expected"));
	assert_string_equal(got, want);
}

static const char *
canary_of(struct world *w, const char *operator_name)
{
	json_t *r =
		call(&w->f, w->f.n[AUTHORITY].officer, "GET", "/v1/probes/work", NULL);
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "resolvers"), i, v)
		if (strcmp(fix_text(v, "operator"), operator_name) == 0)
			return fix_text(v, "canary");
	return NULL;
}

/* What is due by now is done. */
static void
tick(struct world *w)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int i = 0; i < 10; i++) {
		fix_clock_add(20 * FIX_S);
		fix_ok(service_tick(w->f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e,
		       "tick");
	}
}

/* ---- tests ------------------------------------------------------------------------- */

static void
work_is_what_orders_hold(void **state)
{
	struct world w;
	size_t i;
	const json_t *v;

	(void)state;
	open_world(&w);
	struct fix *f = &w.f;
	const char *officer = f->n[AUTHORITY].officer, *admin = f->n[AUTHORITY].admin;
	/* Nobody is asked whose resolver was not named, and then for no names. */
	json_t *r = call(f, officer, "GET", "/v1/probes/work", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "resolvers")), 0);
	assert_int_equal(json_array_size(json_object_get(r, "names")), 0);

	const char *path = "/v1/operators/isp-a/probe";
	fix_refused(f, AUTHORITY, admin, "POST", path,
		    json_pack("{s:[s]}", "resolvers", "dns.example"), RC_INVALID,
		    "no IPv4 or IPv6");
	fix_refused(f, AUTHORITY, admin, "POST", path,
		    json_pack("{s:s}", "resolvers", "192.0.2.53"), RC_INVALID, "list");
	fix_refused(f, AUTHORITY, admin, "POST", "/v1/operators/isp-b/probe",
		    json_pack("{s:[s]}", "resolvers", "192.0.2.53"), RC_NOT_FOUND,
		    "isp-b");
	fix_refused(f, AUTHORITY, officer, "POST", path,
		    json_pack("{s:[s]}", "resolvers", "192.0.2.53"), RC_DENIED, "admin");
	call(f, admin, "POST", path,
	     json_pack("{s:[s, s]}", "resolvers", "192.0.2.53,udp,tcp",
		       "[2001:db8::53]:5300,dot@dns.example"));

	r = call(f, officer, "GET", "/v1/probes/work", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "resolvers")), 2);
	json_array_foreach (json_object_get(r, "names"), i, v) {
		assert_string_equal(fix_text(v, "expected"), "blocked");
		assert_true(fix_int(v, "serial") > 1);
		assert_string_equal(json_string_value(json_array_get(
					    json_object_get(v, "orders"), 0)),
				    w.order);
	}
	assert_int_equal(i, 3); /* bad.example, worse.example, *.worse.example */
	lift(&w);
	r = call(f, officer, "GET", "/v1/probes/work", NULL);
	json_array_foreach (json_object_get(r, "names"), i, v)
		assert_string_equal(fix_text(v, "expected"), "free");
	assert_int_equal(i, 3);
	/* A lift of long ago is asked for while anybody is waited for, and no longer. */
	tick(&w);
	fix_clock_add(INT64_C(8) * 86400 * FIX_S);
	r = call(f, officer, "GET", "/v1/probes/work", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "names")), 3);
	call(f, f->n[AUTHORITY].approver, "POST",
	     arena_printf(f->a, "/v1/orders/%s/waive", w.order),
	     json_pack("{s:s, s:s}", "operator", "isp-a", "reason", "It was sold."));
	tick(&w);
	r = call(f, officer, "GET", "/v1/probes/work", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "names")), 0);
	/* Nor is anybody asked who is no operator any more, or wants no more questions.
	 */
	r = call(f, officer, "GET", "/v1/probes", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "resolvers")), 2);
	call(f, admin, "POST", "/v1/operators/isp-a/remove", NULL);
	r = call(f, officer, "GET", "/v1/probes", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "resolvers")), 0);
	call(f, admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s}", "name", "isp-a", "address", "192.0.2.53"));
	call(f, admin, "POST", path, json_pack("{s:[]}", "resolvers"));
	r = call(f, officer, "GET", "/v1/probes", NULL);
	assert_int_equal(json_array_size(json_object_get(r, "resolvers")), 0);
	close_world(&w);
}

/* Who takes which zone is asked for its names, as they are in it. */
static void
each_is_asked_for_its_zone(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	struct fix *f = &w.f;
	const char *admin = f->n[AUTHORITY].admin, *officer = f->n[AUTHORITY].officer;
	call(f, admin, "POST", "/v1/zones",
	     json_pack("{s:s, s:s}", "name", "pilot", "origin", "pilot.example"));
	call(f, admin, "POST", "/v1/zones",
	     json_pack("{s:s, s:s, s:s}", "name", "jakarta", "origin", "jakarta.example",
		       "territory", "id-jk"));
	call(f, admin, "POST", "/v1/operators/isp-a/probe",
	     json_pack("{s:[s]}", "resolvers", "192.0.2.53"));
	/* Of a zone that nobody takes nothing is asked. */
	expects(&w, NULL, "pilot", "");
	operator_add(&w, "isp-p", "pilot", "whole");
#define ALL_BLOCKED "bad.example blocked, worse.example blocked, *.worse.example blocked"
	expects(&w, NULL, "main", ALL_BLOCKED);
	expects(&w, NULL, "pilot", ALL_BLOCKED);
	expects(&w, NULL, "jakarta", "");

	/* What holds in a territory is asked there alone. */
	another(&w, "[\"only.example\"]", "id-jk");
	operator_add(&w, "isp-j", "jakarta", "pair");
	expects(&w, NULL, "main", ALL_BLOCKED);
	expects(&w, NULL, "jakarta", "only.example blocked, " ALL_BLOCKED);

	/* Lifted for one zone: free there, and held in the others. */
	const char *sub = another(&w, "[\"sub.worse.example\"]", NULL);
	call(f, officer, "POST", arena_printf(f->a, "/v1/orders/%s/lift", w.order),
	     json_pack("{s:s, s:[s], s:[s]}", "reason", "First here.", "zones", "pilot",
		       "names", "worse.example"));
	expects(&w, NULL, "main", "sub.worse.example blocked, " ALL_BLOCKED);
	expects(&w, NULL, "pilot",
		"worse.example free, *.worse.example free, sub.worse.example blocked, "
		"bad.example blocked");
	/* Whatever a wildcard goes on covering cannot be free. */
	call(f, officer, "POST", arena_printf(f->a, "/v1/orders/%s/lift", sub),
	     json_pack("{s:s}", "reason", "They answered."));
	expects(&w, NULL, "main", ALL_BLOCKED);
	expects(&w, NULL, "pilot",
		"sub.worse.example free, worse.example free, *.worse.example free, "
		"bad.example blocked");
	/* One order's alone. */
	expects(&w, sub, "pilot", "sub.worse.example free");
	expects(&w, sub, "main", "");
	expects(&w, w.order, "pilot",
		"bad.example blocked, worse.example free, *.worse.example free");
	fix_refused(f, AUTHORITY, officer, "GET", "/v1/probes/work",
		    json_pack("{s:s}", "order", "01890a5d-ac96-774b-bcce-b302099a8057"),
		    RC_NOT_FOUND, "no order");
	close_world(&w);
}

/* To which page a name is led is said with it, also when it is no longer. */
static void
pages_are_told(void **state)
{
	struct world w;
	size_t i;
	const json_t *v;

	(void)state;
	open_world(&w);
	struct fix *f = &w.f;
	const char *officer = f->n[AUTHORITY].officer;
	call(f, f->n[AUTHORITY].admin, "POST", "/v1/operators/isp-a/probe",
	     json_pack("{s:[s]}", "resolvers", "192.0.2.53"));
	json_t *in = fix_order("[\"led.example\"]", w.casefile);
	json_object_set_new(in, "action", json_string("landing"));
	json_object_set_new(in, "landing", json_string("page.example"));
	const char *order = ordered(&w, in);
	for (int lifted = 0; lifted < 2; lifted++) {
		json_t *r = call(f, officer, "GET", "/v1/probes/work", NULL);
		json_array_foreach (json_object_get(r, "names"), i, v) {
			const char *page =
				json_string_value(json_object_get(v, "landing"));
			if (strcmp(fix_text(v, "owner"), "led.example") != 0) {
				assert_null(page);
				continue;
			}
			assert_string_equal(page, "page.example");
			assert_string_equal(fix_text(v, "expected"),
					    lifted ? "free" : "blocked");
		}
		assert_int_equal(i, 4);
		if (!lifted)
			call(f, officer, "POST",
			     arena_printf(f->a, "/v1/orders/%s/lift", order),
			     json_pack("{s:s}", "reason", "They answered."));
	}
	close_world(&w);
}

/* The canary is that of the zone which is listed first: it says whose serial it is. */
static void
the_canary_is_the_zones(void **state)
{
	struct world w;
	struct node *nd;

	(void)state;
	open_world(&w);
	nd = w.f.n[AUTHORITY].nd;
	operator_add(&w, "isp-whole", "main", "whole");
	operator_add(&w, "isp-pair", "main", "pair");
	operator_add(&w, "isp-all", "main", "all");
	assert_string_equal(canary_of(&w, "isp-whole"), MAIN "._saluran-serial");
	assert_string_equal(canary_of(&w, "isp-pair"), "hot." MAIN "._saluran-serial");
	/* Of whoever may have all of them, it is seen what is fetched. */
	assert_string_equal(canary_of(&w, "isp-all"), "hot." MAIN "._saluran-serial");
	fix_pulled(nd, "isp-all", MAIN, 7, "axfr");
	assert_string_equal(canary_of(&w, "isp-all"), MAIN "._saluran-serial");
	fix_pulled(nd, "isp-all", "hot." MAIN, 7, "axfr");
	assert_string_equal(canary_of(&w, "isp-all"), "hot." MAIN "._saluran-serial");
	close_world(&w);
}

static void
only_news_is_signed(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	/* The first is news, the same again is not. */
	brings(&w, "bad.example", "blocked", "open", 1);
	brings(&w, "bad.example", "blocked", "open", 1);
	/* Blocked at last: at once. */
	brings(&w, "bad.example", "blocked", "nxdomain", 2);
	/* An outage is news when a second question confirms it. */
	brings(&w, "bad.example", "blocked", "down", 2);
	brings(&w, "bad.example", "blocked", "nxdomain", 2);
	brings(&w, "bad.example", "blocked", "down", 2);
	brings(&w, "bad.example", "blocked", "down", 3);
	brings(&w, "bad.example", "blocked", "down", 3);
	brings(&w, "bad.example", "blocked", "nxdomain", 4);
	/* Two that take turns are no news each time. */
	brings(&w, "bad.example", "blocked", "open", 4);
	brings(&w, "bad.example", "blocked", "nxdomain", 4);
	brings(&w, "*.worse.example", "blocked", "nxdomain", 5);
	lift(&w);
	/* What is expected is new. */
	brings(&w, "bad.example", "free", "nxdomain", 6);
	brings(&w, "bad.example", "free", "cached", 6);
	brings(&w, "bad.example", "free", "lifted", 7);
	brings(&w, "bad.example", "free", "lifted", 7);

	json_t *r = measured(&w);
	const json_t *row = row_of(r, "bad.example");
	assert_string_equal(fix_text(row, "verdict"), "lifted");
	assert_string_equal(fix_text(row, "means"), "free");
	assert_int_equal(fix_int(row, "canary"), 8);
	assert_true(json_is_string(json_object_get(row, "first_free")));
	assert_true(json_is_string(json_object_get(row, "first_blocked")));
	assert_string_equal(fix_text(row, "vantage"), "jakarta");
	/* Seen later than signed. */
	assert_true(strcmp(fix_text(row, "seen"), fix_text(row, "at")) > 0);
	const json_t *sum = json_object_get(r, "summary");
	assert_int_equal(fix_int(sum, "resolvers"), 1);
	assert_int_equal(fix_int(sum, "free"), 0); /* the wildcard is not */
	assert_int_equal(fix_int(sum, "blocked"), 0);
	/* The whole result is what was signed. */
	json_t *kept = call(
		&w.f, w.f.n[AUTHORITY].auditor, "GET",
		arena_printf(w.f.a, "/v1/probes/results/%s", fix_text(row, "digest")),
		NULL);
	assert_string_equal(fix_text(json_object_get(kept, "result"), "verdict"),
			    "lifted");
	fix_refused(&w.f, AUTHORITY, w.f.n[AUTHORITY].auditor, "GET",
		    "/v1/probes/results/00", NULL, RC_INVALID, "64 hex");
	close_world(&w);
}

/* The platform has the same view of it, and the register counts it. */
static void
both_sides_know(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	brings(&w, "bad.example", "blocked", "nxdomain", 1);
	brings(&w, "worse.example", "blocked", "nxdomain", 2);
	brings(&w, "*.worse.example", "blocked", "nxdomain", 3);
	fix_settle(&w.f);
	assert_int_equal(fix_query(&w.f, PLATFORM, "SELECT count(*) FROM v_measured"), 3);
	json_t *r = call(&w.f, NULL, "GET",
			 arena_printf(w.f.a, "/v1/register/%s", w.order), NULL);
	const json_t *m = json_object_get(r, "measured");
	assert_int_equal(fix_int(m, "resolvers"), 1);
	assert_int_equal(fix_int(m, "blocked"), 1);
	assert_int_equal(fix_int(m, "free"), 0);
	close_world(&w);
}

static void
refused(struct world *w, json_t *one, enum rc rc, const char *why)
{
	fix_refused(
		&w->f, AUTHORITY, w->f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
		json_pack("{s:s, s:[o]}", "vantage", "jakarta", "results", one), rc, why);
}

static json_t *
with(json_t *one, const char *member, json_t *value)
{
	json_object_set_new(one, member, value);
	return one;
}

static void
what_is_not_so_is_refused(void **state)
{
	struct world w;
	const char *bad = "bad.example";

	(void)state;
	open_world(&w);
	struct fix *f = &w.f;
#define GOOD result(&w, bad, "blocked", "nxdomain")
	refused(&w, with(GOOD, "verdict", json_string("fine")), RC_INVALID, "verdict");
	refused(&w, with(GOOD, "expected", json_string("open")), RC_INVALID, "expected");
	refused(&w, with(GOOD, "transport", json_string("quic")), RC_INVALID,
		"transport");
	refused(&w, with(GOOD, "at", json_string("now")), RC_INVALID, "time");
	refused(&w, with(GOOD, "at", json_string("2099-01-01T00:00:00Z")), RC_INVALID,
		"ahead");
	refused(&w, with(GOOD, "orders", json_array()), RC_INVALID, "orders");
	refused(&w, with(GOOD, "serial", json_integer(-1)), RC_INVALID, "serial");
	refused(&w, with(GOOD, "canary_serial", json_string("x")), RC_INVALID, "canary");
	char *large = arena_alloc(f->a, 20000);
	memset(large, 'x', 19999);
	refused(&w, with(GOOD, "asked", json_string(large)), RC_TOO_LARGE, "16384");
	refused(&w, json_string("x"), RC_INVALID, "results[0]");
	/* About nothing: left out, said, and the others taken. */
	json_t *r = bring(&w, with(GOOD, "owner", json_string("other.example")));
	assert_int_equal(fix_int(r, "skipped"), 1);
	r = bring(&w, with(GOOD, "owner", json_string("*.bad.example")));
	assert_int_equal(fix_int(r, "skipped"), 1);
	r = bring(&w, with(GOOD, "operator", json_string("isp-z")));
	assert_int_equal(fix_int(r, "skipped"), 1);
	assert_int_equal(events(&w), 0);

	/* This node's own vantage is nobody else's, nor is it anybody's business. */
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/probes/results",
		    json_pack("{s:s, s:[o]}", "vantage", "local", "results", GOOD),
		    RC_DENIED, "own vantage");
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/probes/results",
		    json_pack("{s:s, s:[o]}", "vantage", "A B", "results", GOOD),
		    RC_INVALID, "vantage");
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].auditor, "POST", "/v1/probes/results",
		    json_pack("{s:s, s:[o]}", "vantage", "jakarta", "results", GOOD),
		    RC_DENIED, "officer");
#undef GOOD
	/* A token of these scopes opens nothing else. */
	json_t *t = call(f, f->n[AUTHORITY].officer, "POST", "/v1/tokens",
			 json_pack("{s:s, s:[s, s]}", "name", "prober", "scopes",
				   "probes:read", "probes:write"));
	const char *token = fix_text(t, "credential");
	call(f, token, "GET", "/v1/probes/work", NULL);
	fix_refused(f, AUTHORITY, token, "GET", "/v1/cases", NULL, RC_DENIED,
		    "cases:read");
	close_world(&w);
}

/* More than one event holds, in as few as can be. */
static void
many_at_once(void **state)
{
	enum { MANY = 200 };
	struct world w;

	(void)state;
	open_world(&w);
	json_t *list = json_array();
	for (int i = 0; i < MANY; i++)
		json_array_append_new(
			list,
			with(result(&w, "bad.example", "blocked", "nxdomain"), "resolver",
			     json_string(arena_printf(w.f.a, "192.0.2.%d#53", i))));
	fix_clock_add(FIX_S);
	json_t *r = call(&w.f, w.f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
			 json_pack("{s:s, s:o}", "vantage", "jakarta", "results", list));
	assert_int_equal(fix_int(r, "changed"), MANY);
	assert_int_equal(fix_int(r, "events"), 2);
	assert_int_equal(events(&w), 2);
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(work_is_what_orders_hold),
		cmocka_unit_test(each_is_asked_for_its_zone),
		cmocka_unit_test(pages_are_told),
		cmocka_unit_test(the_canary_is_the_zones),
		cmocka_unit_test(only_news_is_signed),
		cmocka_unit_test(both_sides_know),
		cmocka_unit_test(what_is_not_so_is_refused),
		cmocka_unit_test(many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
