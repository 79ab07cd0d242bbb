/*
 * Who holds the closing of an order back: every name at every resolver that is asked, and
 * nobody who is asked no more; by whom that was said stands with what was measured.
 */
#include "probe_fixture.h"

static const char *const owners[] = {"bad.example", "worse.example", "*.worse.example"};
enum { OWNERS = sizeof(owners) / sizeof(owners[0]) };

static void
asks(struct world *w, const char *one, const char *two, const char *reason)
{
	struct fix *f = &w->f;
	json_t *list = json_array();

	if (one != NULL)
		json_array_append_new(list, json_string(one));
	if (two != NULL)
		json_array_append_new(list, json_string(two));
	call(f, f->n[AUTHORITY].admin, "POST", "/v1/operators/isp-a/probe",
	     json_pack("{s:o, s:s*}", "resolvers", list, "reason", reason));
}

static void
report(struct world *w, const char *vantage, const char *resolver, const char *owner,
       const char *expected, const char *verdict)
{
	json_t *one = result(w, owner, expected, verdict);

	json_object_set_new(one, "resolver", json_string(resolver));
	fix_clock_add(FIX_S);
	char when[CLOCK_TEXT_LEN];
	json_object_set_new(one, "at", json_string(clock_format(clock_now_us(), when)));
	json_t *r = call(&w->f, w->f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
			 json_pack("{s:s, s:[o]}", "vantage", vantage, "results", one));
	assert_int_equal(fix_int(r, "skipped"), 0);
}

static void
report_all(struct world *w, const char *resolver, const char *expected,
	   const char *verdict)
{
	for (size_t i = 0; i < OWNERS; i++)
		report(w, "jakarta", resolver, owners[i], expected, verdict);
}

static void
lift(struct world *w, const char *order)
{
	call(&w->f, w->f.n[AUTHORITY].officer, "POST",
	     arena_printf(w->f.a, "/v1/orders/%s/lift", order),
	     json_pack("{s:s}", "reason", "They answered."));
}

static json_t *
matrix(struct world *w, const char *order)
{
	return call(&w->f, w->f.n[AUTHORITY].auditor, "GET",
		    arena_printf(w->f.a, "/v1/orders/%s/matrix", order), NULL);
}

static const json_t *
row_of(struct world *w, const char *order, const char *operator_name)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(matrix(w, order), "operators"), i, v)
		if (strcmp(fix_text(v, "operator"), operator_name) == 0)
			return v;
	fail_msg("no operator %s", operator_name);
	return NULL;
}

static const json_t *
seen(struct world *w)
{
	return json_object_get(row_of(w, w->order, "isp-a"), "measured");
}

/* Of one resolver by itself; NULL: it is not among those that are asked. */
static const char *
state_at(struct world *w, const char *resolver)
{
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(seen(w), "resolvers"), i, v)
		if (strcmp(fix_text(v, "resolver"), resolver) == 0)
			return fix_text(v, "state");
	return NULL;
}

/* How often the order was closed by now. */
static int64_t
closed(struct world *w)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int i = 0; i < 8; i++) {
		fix_clock_add(20 * FIX_S);
		fix_ok(service_tick(w->f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e,
		       "tick");
	}
	return fix_events(&w->f, AUTHORITY, AUTHORITY, "dns.normalised");
}

static const json_t *
retired_of(struct world *w, const char *resolver, const char *vantage)
{
	json_t *r = call(&w->f, w->f.n[AUTHORITY].auditor, "GET",
			 arena_printf(w->f.a, "/v1/orders/%s/measured", w->order), NULL);
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "measured"), i, v)
		if (strcmp(fix_text(v, "resolver"), resolver) == 0 &&
		    strcmp(fix_text(v, "vantage"), vantage) == 0)
			return json_object_get(v, "retired");
	fail_msg("nothing was measured at %s from %s", resolver, vantage);
	return NULL;
}

/* ---- tests ------------------------------------------------------------------------- */

#define OLD "192.0.2.54#53"

static void
a_resolver_that_is_gone(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", "192.0.2.54", NULL);
	report_all(&w, RESOLVER, "blocked", "nxdomain");
	report_all(&w, OLD, "blocked", "nxdomain");
	assert_string_equal(fix_text(seen(&w), "state"), "blocked");
	lift(&w, w.order);
	assert_string_equal(state_at(&w, OLD), "unknown");
	report_all(&w, RESOLVER, "free", "lifted");
	assert_string_equal(state_at(&w, RESOLVER), "free");
	assert_string_equal(state_at(&w, OLD), "unknown");
	/* It was switched off in between: what it did before the lift tells nothing of
	 * it, and it is waited for. */
	assert_string_equal(fix_text(seen(&w), "state"), "unknown");
	assert_int_equal(closed(&w), 0);
	assert_true(json_is_null(retired_of(&w, OLD, "jakarta")));

	asks(&w, "192.0.2.53", NULL, "It was sold.");
	assert_int_equal(fix_events(&w.f, AUTHORITY, AUTHORITY, "dns.retired"), 1);
	const json_t *why = retired_of(&w, OLD, "jakarta");
	assert_string_equal(fix_text(why, "reason"), "It was sold.");
	assert_true(json_is_string(json_object_get(why, "at")));
	assert_true(json_is_string(json_object_get(why, "by")));
	assert_true(json_is_null(retired_of(&w, RESOLVER, "jakarta")));
	assert_string_equal(fix_text(seen(&w), "state"), "free");
	assert_int_equal(fix_int(seen(&w), "retired"), OWNERS);
	assert_string_equal(state_at(&w, RESOLVER), "free");
	assert_null(state_at(&w, OLD));
	/* The register counts it no more. */
	json_t *r = call(&w.f, NULL, "GET",
			 arena_printf(w.f.a, "/v1/register/%s", w.order), NULL);
	assert_int_equal(fix_int(json_object_get(r, "measured"), "resolvers"), 1);
	assert_int_equal(closed(&w), 1);
	/* The other side reads it in the log. */
	fix_settle(&w.f);
	assert_int_equal(fix_query(&w.f, PLATFORM, "SELECT count(*) FROM v_retired"), 1);
	close_world(&w);
}

/* It is asked again, and does what it did: then it holds back again. */
static void
one_that_comes_back(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", "192.0.2.54", NULL);
	report_all(&w, OLD, "blocked", "nxdomain");
	lift(&w, w.order);
	report_all(&w, RESOLVER, "free", "lifted");
	report_all(&w, OLD, "free", "nxdomain");
	asks(&w, "192.0.2.53", NULL, NULL);
	assert_string_equal(fix_text(seen(&w), "state"), "free");
	asks(&w, "192.0.2.53", "192.0.2.54", NULL);
	/* Not measured since is not free. */
	assert_string_equal(fix_text(seen(&w), "state"), "unknown");
	assert_int_equal(fix_int(seen(&w), "missing"), OWNERS);
	report_all(&w, OLD, "free", "nxdomain");
	assert_string_equal(fix_text(seen(&w), "state"), "partly");
	assert_int_equal(closed(&w), 0);
	/* With nobody left that was measured free, nobody says that it is. */
	asks(&w, NULL, NULL, NULL);
	assert_int_equal(fix_int(seen(&w), "free"), OWNERS);
	report_all(&w, OLD, "free", "lifted");
	assert_int_equal(closed(&w), 1);
	close_world(&w);
}

/* The same, as a file for a spreadsheet. */
static void
as_a_file(void **state)
{
	struct world w;
	struct err e = ERR_INIT;
	const struct actor *who;
	const struct service_route *r;
	struct reply out = {0};
	json_t *in = json_pack("{s:s}", "format", "csv");

	(void)state;
	open_world(&w);
	struct node *nd = w.f.n[AUTHORITY].nd;
	const char *path = arena_printf(w.f.a, "/v1/orders/%s/matrix", w.order);
	asks(&w, "192.0.2.53", NULL, NULL);
	report_all(&w, RESOLVER, "blocked", "nxdomain");
	fix_ok(actor_authenticate(nd, w.f.a, w.f.n[AUTHORITY].auditor, &who, &e), &e,
	       "who");
	fix_ok(service_route_find("GET", path, in, &r, &e), &e, path);
	fix_ok(service_run(nd, w.f.a, r, who, in, &out, &e), &e, path);
	json_decref(in);
	assert_null(out.json);
	assert_string_equal(out.file, "matrix.csv");
	const char *text =
		arena_printf(w.f.a, "%.*s", (int)out.len, (const char *)out.bytes);
	assert_ptr_equal(strstr(text, "\"operator\",\"zone\",\"expected\",\"serial\","),
			 text);
	assert_non_null(strstr(text, "\r\n\"isp-a\",\"main\",\"blocked\",\""));
	assert_non_null(strstr(text, ",\"blocked\",\"20")); /* measured, and when */
	fix_refused(&w.f, AUTHORITY, w.f.n[AUTHORITY].auditor, "GET", path,
		    json_pack("{s:s}", "format", "xml"), RC_INVALID, "json or csv");
	close_world(&w);
}

static void
all_that_are_gone(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.54", NULL, NULL);
	report_all(&w, OLD, "blocked", "nxdomain");
	lift(&w, w.order);
	asks(&w, NULL, NULL, NULL);
	assert_string_equal(fix_text(seen(&w), "state"), "none");
	assert_int_equal(closed(&w), 0);
	close_world(&w);
}

static void
a_vantage_that_is_gone(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", NULL, NULL);
	report_all(&w, RESOLVER, "blocked", "nxdomain");
	report(&w, "medan", RESOLVER, "bad.example", "blocked", "nxdomain");
	lift(&w, w.order);
	report_all(&w, RESOLVER, "free", "lifted");
	assert_string_equal(fix_text(seen(&w), "state"), "unknown");
	report(&w, "medan", RESOLVER, "bad.example", "free", "nxdomain");
	assert_string_equal(fix_text(seen(&w), "state"), "partly");
	assert_int_equal(closed(&w), 0);
	call(&w.f, w.f.n[AUTHORITY].admin, "POST", "/v1/probes/vantages/medan/remove",
	     json_pack("{s:s}", "reason", "The machine was returned."));
	assert_string_equal(fix_text(retired_of(&w, RESOLVER, "medan"), "reason"),
			    "The machine was returned.");
	assert_true(json_is_null(retired_of(&w, RESOLVER, "jakarta")));
	assert_string_equal(fix_text(seen(&w), "state"), "free");
	assert_int_equal(closed(&w), 1);
	close_world(&w);
}

/* One name of three measured is not the order. */
static void
a_name_not_measured(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", NULL, NULL);
	lift(&w, w.order);
	report(&w, "jakarta", RESOLVER, owners[0], "free", "lifted");
	assert_string_equal(fix_text(seen(&w), "state"), "unknown");
	assert_int_equal(fix_int(seen(&w), "missing"), OWNERS - 1);
	assert_string_equal(state_at(&w, RESOLVER), "unknown");
	assert_int_equal(closed(&w), 0);
	report(&w, "jakarta", RESOLVER, owners[1], "free", "lifted");
	report(&w, "jakarta", RESOLVER, owners[2], "free", "lifted");
	assert_string_equal(fix_text(seen(&w), "state"), "free");
	assert_int_equal(closed(&w), 1);
	close_world(&w);
}

/* What another order holds still is blocked, and no business of this one. */
static void
a_name_that_others_hold(void **state)
{
	struct world w;
	struct fix *f = &w.f;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", NULL, NULL);
	json_t *d = call(f, f->n[AUTHORITY].officer, "POST", "/v1/orders",
			 fix_order("[\"bad.example\"]", w.casefile));
	const char *path =
		arena_printf(f->a, "/v1/orders/%s/approve", fix_text(d, "order"));
	json_t *text = json_pack("{s:s}", "text_sha256", fix_text(d, "text_sha256"));
	call(f, f->n[AUTHORITY].approver, "POST", path, json_deep_copy(text));
	call(f, f->n[AUTHORITY].approver2, "POST", path, text);
	report_all(&w, RESOLVER, "blocked", "nxdomain");
	lift(&w, w.order);
	report(&w, "jakarta", RESOLVER, owners[1], "free", "lifted");
	report(&w, "jakarta", RESOLVER, owners[2], "free", "lifted");
	assert_string_equal(fix_text(seen(&w), "state"), "free");
	assert_int_equal(closed(&w), 1);
	close_world(&w);
}

/* Some names lifted: those that stay blocked are not what the lift waits for. */
static void
a_lift_in_part(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", NULL, NULL);
	report_all(&w, RESOLVER, "blocked", "nxdomain");
	call(&w.f, w.f.n[AUTHORITY].officer, "POST",
	     arena_printf(w.f.a, "/v1/orders/%s/lift", w.order),
	     json_pack("{s:s, s:[s]}", "reason", "In part.", "names", "bad.example"));
	report(&w, "jakarta", RESOLVER, "bad.example", "free", "lifted");
	const json_t *row = row_of(&w, w.order, "isp-a");
	assert_string_equal(fix_text(row, "expected"), "free");
	assert_string_equal(fix_text(json_object_get(row, "measured"), "state"), "free");
	assert_false(json_is_true(json_object_get(row, "waits")));
	close_world(&w);
}

/* Who came after the lift never had the block. */
static void
one_that_came_later(void **state)
{
	struct world w;
	struct fix *f = &w.f;

	(void)state;
	open_world(&w);
	asks(&w, "192.0.2.53", NULL, NULL);
	lift(&w, w.order);
	report_all(&w, RESOLVER, "free", "lifted");
	fix_clock_add(FIX_S);
	call(f, f->n[AUTHORITY].admin, "POST", "/v1/operators",
	     json_pack("{s:s, s:s}", "name", "isp-b", "address", "192.0.2.60"));
	assert_string_equal(fix_text(row_of(&w, w.order, "isp-b"), "expected"),
			    "nothing");
	assert_int_equal(closed(&w), 1);
	/* But if it is measured to block, it is waited for. */
	json_t *one = result(&w, "bad.example", "free", "nxdomain");
	json_object_set_new(one, "operator", json_string("isp-b"));
	bring(&w, one);
	assert_true(json_is_true(json_object_get(row_of(&w, w.order, "isp-b"), "waits")));
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_resolver_that_is_gone),
		cmocka_unit_test(one_that_comes_back),
		cmocka_unit_test(as_a_file),
		cmocka_unit_test(all_that_are_gone),
		cmocka_unit_test(a_vantage_that_is_gone),
		cmocka_unit_test(a_name_not_measured),
		cmocka_unit_test(a_name_that_others_hold),
		cmocka_unit_test(a_lift_in_part),
		cmocka_unit_test(one_that_came_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
