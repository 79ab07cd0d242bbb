/*
 * Those who measure: a prober that is silent, controls that fail, answers that are forged
 * on the way are told as alarms, and the alarms end by themselves.
 */
#include "probe_fixture.h"

static void
tick(struct world *w)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(w->f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

/* What stands of that kind; NULL: nothing. */
static const char *
alarm_of(struct world *w, const char *kind)
{
	json_t *r = call(&w->f, w->f.n[AUTHORITY].auditor, "GET", "/v1/alarms", NULL);
	const json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "alarms"), i, v)
		if (strcmp(fix_text(v, "kind"), kind) == 0)
			return fix_text(v, "text");
	return NULL;
}

static void
stands(struct world *w, const char *kind, const char *want)
{
	tick(w);
	const char *text = alarm_of(w, kind);
	if (want == NULL && text != NULL)
		fail_msg("%s stands: %s", kind, text);
	if (want != NULL && (text == NULL || strstr(text, want) == NULL))
		fail_msg("%s: %s, not \"%s\"", kind, text == NULL ? "nothing" : text,
			 want);
}

static void
ask_isp_a(struct world *w)
{
	call(&w->f, w->f.n[AUTHORITY].admin, "POST", "/v1/operators/isp-a/probe",
	     json_pack("{s:[s]}", "resolvers", "192.0.2.53"));
}

/* The end of a round of the prober in Jakarta. */
static json_t *
report(struct world *w, json_t *results, json_t *controls)
{
	char when[CLOCK_TEXT_LEN];

	fix_clock_add(FIX_S);
	return call(&w->f, w->f.n[AUTHORITY].officer, "POST", "/v1/probes/results",
		    json_pack("{s:s, s:o, s:s, s:o*}", "vantage", "jakarta", "results",
			      results, "round", clock_format(clock_now_us(), when),
			      "controls", controls));
}

/* Who reported once is waited for, as long as anybody is to be asked. */
static void
a_silent_prober_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	ask_isp_a(&w);
	tick(&w);
	/* Who never reported is not known. */
	fix_clock_add(600 * FIX_S);
	stands(&w, "probe_silent", NULL);
	report(&w, json_array(), NULL);
	fix_clock_add(170 * FIX_S);
	stands(&w, "probe_silent", NULL);
	fix_clock_add(20 * FIX_S);
	stands(&w, "probe_silent", "jakarta");
	json_t *r = call(&w.f, w.f.n[AUTHORITY].auditor, "GET", "/v1/probes", NULL);
	const json_t *v = json_array_get(json_object_get(r, "vantages"), 0);
	assert_true(json_is_true(json_object_get(v, "silent")));
	/* A report without results is a sign of life. */
	report(&w, json_array(), NULL);
	fix_clock_add(11 * FIX_S);
	stands(&w, "probe_silent", NULL);
	/* When nobody is asked, nobody has to report. */
	call(&w.f, w.f.n[AUTHORITY].admin, "POST", "/v1/operators/isp-a/probe",
	     json_pack("{s:[]}", "resolvers"));
	tick(&w);
	fix_clock_add(3600 * FIX_S);
	stands(&w, "probe_silent", NULL);
	ask_isp_a(&w);
	fix_clock_add(170 * FIX_S);
	stands(&w, "probe_silent", NULL);
	fix_clock_add(20 * FIX_S);
	stands(&w, "probe_silent", "jakarta");
	/* One that is not coming back is let go. */
	const char *path = "/v1/probes/vantages/jakarta/remove";
	fix_refused(&w.f, AUTHORITY, w.f.n[AUTHORITY].officer, "POST", path, NULL,
		    RC_DENIED, "admin");
	call(&w.f, w.f.n[AUTHORITY].admin, "POST", path, NULL);
	assert_null(alarm_of(&w, "probe_silent"));
	fix_refused(&w.f, AUTHORITY, w.f.n[AUTHORITY].admin, "POST", path, NULL,
		    RC_NOT_FOUND, "jakarta");
	fix_clock_add(600 * FIX_S);
	stands(&w, "probe_silent", NULL);
	close_world(&w);
}

static json_t *
control(const char *resolver, bool answered)
{
	return json_pack("{s:s, s:b}", "resolver", resolver, "answered", answered);
}

static void
a_control_that_fails_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	ask_isp_a(&w);
	report(&w, json_array(),
	       json_pack("[o, o]", control("198.51.100.1#53", true),
			 control("198.51.100.2#53", true)));
	stands(&w, "probe_control", NULL);
	fix_clock_add(11 * FIX_S);
	report(&w, json_array(),
	       json_pack("[o, o]", control("198.51.100.1#53", true),
			 control("198.51.100.2#53", false)));
	stands(&w, "probe_control",
	       "1 of 2 control resolvers gave jakarta no answer at all, "
	       "198.51.100.2#53 first: the others");
	/* In the middle of a round nothing is said of them. */
	fix_clock_add(11 * FIX_S);
	report(&w, json_array(), NULL);
	stands(&w, "probe_control", "1 of 2");
	fix_clock_add(11 * FIX_S);
	report(&w, json_array(), json_pack("[o]", control("198.51.100.1#53", false)));
	stands(&w, "probe_control",
	       "1 of 1 control resolvers gave jakarta no answer at all, "
	       "198.51.100.1#53 first: that is an outage");
	fix_clock_add(11 * FIX_S);
	report(&w, json_array(), json_pack("[o]", control("198.51.100.1#53", true)));
	stands(&w, "probe_control", NULL);
#define REFUSED(controls, why)                                                           \
	fix_refused(&w.f, AUTHORITY, w.f.n[AUTHORITY].officer, "POST",                   \
		    "/v1/probes/results",                                                \
		    json_pack("{s:s, s:[], s:o}", "vantage", "jakarta", "results",       \
			      "controls", controls),                                     \
		    RC_INVALID, why)
	REFUSED(json_string("x"), "up to 8");
	REFUSED(json_pack("[s]", "x"), "controls[0]");
	REFUSED(json_pack("[{s:s}]", "resolver", "x"), "controls[0]");
	REFUSED(json_pack("[{s:b}]", "answered", 1), "resolver");
#undef REFUSED
	close_world(&w);
}

static void
tampering_is_told(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	ask_isp_a(&w);
	tick(&w);
	bring(&w, result(&w, "bad.example", "blocked", "nxdomain"));
	fix_clock_add(11 * FIX_S);
	stands(&w, "probe_tampered", NULL);
	bring(&w, result(&w, "bad.example", "blocked", "tampered"));
	fix_clock_add(11 * FIX_S);
	stands(&w, "probe_tampered",
	       "answers of 1 resolver, isp-a at " RESOLVER " first");
	/* Over when the same is answered as it should be. */
	bring(&w, result(&w, "bad.example", "blocked", "nxdomain"));
	fix_clock_add(11 * FIX_S);
	stands(&w, "probe_tampered", NULL);
	/* Or not asked for any more. */
	bring(&w, result(&w, "bad.example", "blocked", "tampered"));
	fix_clock_add(11 * FIX_S);
	stands(&w, "probe_tampered", "jakarta");
	fix_clock_add(3601 * FIX_S);
	stands(&w, "probe_tampered", NULL);
	close_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_silent_prober_is_told),
		cmocka_unit_test(a_control_that_fails_is_told),
		cmocka_unit_test(tampering_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
