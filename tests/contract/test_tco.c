/*
 * Regulation (EU) 2021/784 as the policy eu-tco has it: the removal order, dates that are
 * told, and the forms of its annexes.
 */
#include "node_fixture.h"

#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static json_t *
removal_order(struct fix *f, const char *reference)
{
	static const char *const codes[] = {"issuing_state",
					    "authority_name",
					    "authority_representative",
					    "authority_address",
					    "authority_contacts",
					    "file_number",
					    "addressee",
					    "addressee_representative",
					    "contact_point",
					    "order_reference",
					    "establishment_state",
					    "feedback_contacts",
					    "redress_body",
					    "redress_deadline",
					    "redress_law"};
	json_t *in = json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "csv",
			       "target,category\nhttps://t.example/1,incites\n",
			       "reference", reference, "subject", "Order", "legal_basis",
			       "Art. 3", "fields", "non_disclosure", "no", "cross_border",
			       "no", "authority_type", "judge");

	(void)f;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		json_object_set_new(json_object_get(in, "fields"), codes[i],
				    json_string("given"));
	return in;
}

/* Regulation (EU) 2021/784: the fields, twelve hours of information, one hour. */
static void
a_removal_order(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, "eu-tco");
	const char *officer = f.n[AUTHORITY].officer;
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices",
		    removal_order(&f, "T-1"), RC_CONFLICT,
		    "it has not received the policy yet");
	fix_settle(&f);
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices",
		    removal_order(&f, "T-1"), RC_CONFLICT, "it may be sent from");
	fix_clock_add(12 * 3600 * FIX_S + 5 * FIX_S);
	json_t *in = removal_order(&f, "T-1");
	json_object_del(json_object_get(in, "fields"), "redress_law");
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices", in, RC_INVALID,
		    "fields.redress_law");
	in = removal_order(&f, "T-1");
	json_object_set_new(json_object_get(in, "fields"), "cross_border",
			    json_string("perhaps"));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices", in, RC_INVALID,
		    "cross_border must be one of: yes, no");
	in = removal_order(&f, "T-1");
	json_object_set_new(json_object_get(in, "fields"), "colour", json_string("red"));
	fix_refused(&f, AUTHORITY, officer, "POST", "/v1/notices", in, RC_INVALID,
		    "fields.colour");
	in = removal_order(&f, "T-1");
	const char *c = fix_text(fix_must(&f, AUTHORITY, officer, "POST", "/v1/notices",
					  json_deep_copy(in)),
				 "case");
	fix_settle(&f);
	assert_int_equal(fix_query(&f, PLATFORM,
				   arena_printf(f.a,
						"select (decide_due_us - receipt_us) / "
						"1000000 from v_case where casefile = "
						"'%s'",
						c)),
			 3600);
	/* What the notice says and the policy asks is shown on both sides. */
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *seen = fix_case(&f, (enum party)p, c);
		json_t *rules = json_object_get(seen, "policy");
		assert_true(json_equal(json_object_get(seen, "fields"),
				       json_object_get(in, "fields")));
		assert_int_equal(fix_int(rules, "scrutiny_s"), 72 * 3600);
		assert_int_equal(fix_int(rules, "preserve_s"), 184 * 24 * 3600);
		assert_int_equal(fix_int(json_object_get(rules, "statistics"), "month"),
				 3);
	}
	json_decref(in);
	fix_close(&f);
}

/* ---- duties with a date ---------------------------------------------------------------
 */

static void
ticked(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int p = 0; p < PARTY_COUNT; p++)
		fix_ok(service_tick(f->n[p].nd, FIX_S, &wait_us, &e), &e, "tick");
}

/* The alarm that stands of that kind, NULL: none. */
static const char *
standing(struct fix *f, enum party p, const char *kind)
{
	return fix_query_text(f, p,
			      arena_printf(f->a,
					   "SELECT max(body) FROM alarm WHERE kind = "
					   "'%s' AND cleared_us = 0",
					   kind));
}

static void
tells(struct fix *f, const char *kind, const char *want)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *is = standing(f, (enum party)p, kind);
		if (want == NULL ? is != NULL : is == NULL || strstr(is, want) == NULL)
			fail_msg("the %s has the alarm \"%s\"", party_name((enum party)p),
				 is == NULL ? "(none)" : is);
	}
}

static const char *
sent_order(struct fix *f, const char *reference, const char *cross_border)
{
	json_t *in = removal_order(f, reference);

	json_object_set_new(json_object_get(in, "fields"), "cross_border",
			    json_string(cross_border));
	return fix_text(fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
				 "/v1/notices", in),
			"case");
}

/* 72 hours from the receipt of an order that crosses a border: told when a third of them
 * is left, told when they are over, until somebody records what was decided. */
static void
scrutiny_is_told(void **state)
{
	enum { HOUR = 3600 };
	struct fix f;

	(void)state;
	fix_open_policy(&f, "eu-tco");
	fix_settle(&f);
	fix_clock_add(13 * HOUR * FIX_S);
	sent_order(&f, "T-1", "no");
	const char *c = sent_order(&f, "T-2", "yes");
	fix_settle(&f);
	fix_clock_add(47 * HOUR * FIX_S);
	ticked(&f);
	tells(&f, "scrutiny", NULL);
	fix_clock_add(2 * HOUR * FIX_S);
	ticked(&f);
	tells(&f, "scrutiny", " ends 20");
	tells(&f, "scrutiny", c);
	static const char n[] = "SELECT count(*) FROM alarm WHERE kind = 'scrutiny'";
	assert_int_equal(fix_query(&f, AUTHORITY, n), 1);
	fix_clock_add(24 * HOUR * FIX_S);
	ticked(&f);
	tells(&f, "scrutiny", " ended 20");
	const char *path = arena_printf(f.a, "/v1/duties/scrutiny.%s/done", c);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "POST", path, NULL, RC_DENIED,
		    "needs");
	for (int p = 0; p < PARTY_COUNT; p++) {
		const char *who = p == AUTHORITY ? f.n[p].officer : f.n[p].agent;
		fix_must(&f, (enum party)p, who, "POST", path,
			 json_pack("{s:s}", "note", "No infringement."));
		fix_refused(&f, (enum party)p, who, "POST", path, NULL, RC_CONFLICT,
			    "already");
		json_t *duty = json_array_get(
			json_object_get(fix_must(&f, (enum party)p, who, "GET",
						 "/v1/duties", NULL),
					"duties"),
			0);
		assert_string_equal(fix_text(duty, "note"), "No infringement.");
		assert_string_equal(fix_text(duty, "subject"), c);
		assert_non_null(fix_text(duty, "done"));
	}
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    "/v1/duties/scrutiny.none/done", NULL, RC_NOT_FOUND, "duty list");
	/* A rebuild looks again, and finds it done. */
	fix_rebuilt_equal(&f, AUTHORITY);
	ticked(&f);
	tells(&f, "scrutiny", NULL);
	fix_close(&f);
}

static int
year_in(const char *time)
{
	return (int)strtol(time, NULL, 10);
}

/* Forward to that day; where it is past in `year`, nothing. */
static void
clock_to(struct fix *f, int year, const char *month_day)
{
	const char *text = arena_printf(f->a, "%d-%sT12:00:00Z", year, month_day);
	int64_t us;

	assert_int_equal(clock_parse(text, strlen(text), &us), RC_OK);
	if (us > clock_now_us())
		fix_clock_add(us - clock_now_us());
}

/* By 31 March for the year before, told from 1 March on, not for a year without a
 * channel, and until somebody says that they are handed over. */
static void
figures_are_told(void **state)
{
	enum { DAY = 86400 };
	char now[CLOCK_TEXT_LEN];
	struct fix f;

	(void)state;
	fix_open_policy(&f, "eu-tco");
	fix_settle(&f);
	clock_format(clock_now_us(), now);
	int year = year_in(now);
	clock_to(&f, year, "03-20");
	ticked(&f);
	tells(&f, "statistics", NULL); /* of the year before the channel */
	clock_to(&f, year + 1, "02-20");
	ticked(&f);
	tells(&f, "statistics", NULL);
	clock_to(&f, year + 1, "03-20");
	ticked(&f);
	tells(&f, "statistics",
	      arena_printf(f.a, "of %d are due by %d-03-31", year, year + 1));
	clock_to(&f, year + 1, "04-02");
	ticked(&f);
	tells(&f, "statistics", "were due by");
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_must(&f, (enum party)p, f.n[p].admin, "POST",
			 arena_printf(f.a, "/v1/duties/statistics.%d/done", year), NULL);
	tells(&f, "statistics", NULL);
	fix_clock_add((int64_t)DAY * FIX_S);
	ticked(&f);
	tells(&f, "statistics", NULL);
	fix_close(&f);
}

/* ---- forms ------------------------------------------------------------------------- */

static json_t *
form(struct fix *f, enum party p, const char *c, int annex, json_t *values)
{
	return fix_must(f, p, p == AUTHORITY ? f->n[p].auditor : f->n[p].agent, "POST",
			arena_printf(f->a, "/v1/cases/%s/form", c),
			json_pack("{s:i, s:o*}", "annex", annex, "values", values));
}

/* `missing` is exactly these words, "" for none, and the form says whether it is whole.
 */
static void
misses(struct fix *f, const json_t *r, const char *want)
{
	const char *got = "";
	size_t i;
	json_t *word;

	json_array_foreach (json_object_get(r, "missing"), i, word)
		got = arena_printf(f->a, "%s%s%s", got, i == 0 ? "" : " ",
				   json_string_value(word));
	assert_string_equal(got, want);
	assert_int_equal(json_is_true(json_object_get(r, "complete")), want[0] == '\0');
}

static void
says(const json_t *r, const char *want)
{
	if (strstr(fix_text(r, "text"), want) == NULL)
		fail_msg("the form lacks \"%s\":\n%s", want, fix_text(r, "text"));
}

static json_t *
signatory(void)
{
	return json_pack("{s:s, s:s}", "signatory", "M. Rossi", "addressee_reference",
			 "TCO-7");
}

/* Annex I from the notice alone; II and III from the answers, and from who signs. */
static void
annexes(void **state)
{
	static const char who[] = "addressee_reference signatory";
	struct fix f;

	(void)state;
	fix_open_policy(&f, "eu-tco");
	fix_settle(&f);
	fix_clock_add(13 * 3600 * FIX_S);
	json_t *in = removal_order(&f, "T-1");
	json_object_set_new(in, "csv",
			    json_string("target,category,description\n"
					"https://t.example/1,incites,Praises it\n"
					"https://t.example/2,threat,\n"
					"https://t.example/3,threat,\n"));
	json_object_set_new(json_object_get(in, "fields"), "file_number",
			    json_string("17 {braces} 2022"));
	const char *c = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
					  "/v1/notices", in),
				 "case");
	misses(&f, form(&f, AUTHORITY, c, 2, NULL),
	       "addressee_reference received measures signatory measure");
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *r = form(&f, (enum party)p, c, 1, NULL);
		misses(&f, r, "");
		says(r, "[x] (a) incites");
		says(r, "[ ] (b) solicits");
		says(r, "[x] (e) constitutes");
		says(r, "[x] judge, court");
		says(r, "1. https://t.example/1");
		says(r, "1. Praises it");
		says(r, "17 {braces} 2022");
		says(r, "[ ] A copy of this order is sent");
	}
	fix_act(&f, PLATFORM, c, "accept", NULL);
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s}", "items", "0", "outcome", "removed"));
	json_t *r = form(&f, PLATFORM, c, 2, NULL);
	misses(&f, r, who);
	says(r, "(MISSING: signatory)");
	r = form(&f, PLATFORM, c, 2, signatory());
	misses(&f, r, "");
	says(r, "[x] The terrorist content has been removed.");
	says(r, "[ ] Access to the terrorist content has been disabled");
	says(r, "1. https://t.example/1: removed, 20");
	says(r, "M. Rossi");
	/* In one state only: that is not all of them. */
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s, s:[s], s:s, s:s}", "items", "1", "outcome",
			  "restricted", "territories", "DE", "reason", "There.", "until",
			  "2099-01-01T00:00:00Z"));
	r = form(&f, PLATFORM, c, 2, signatory());
	says(r, "[ ] Access to the terrorist content has been disabled");
	says(r, "2. https://t.example/2: restricted in DE, 20");
	/* And what cannot be done: nothing says so yet. */
	misses(&f, form(&f, PLATFORM, c, 3, signatory()),
	       "impossible explanation clarification ground");
	fix_act(&f, PLATFORM, c, "decide",
		json_pack("{s:s, s:s, s:s, s:s}", "items", "2", "outcome", "impossible",
			  "ground", "insufficient_information", "reason",
			  "Which of the three posts?"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		r = form(&f, (enum party)p, c, 3, signatory());
		misses(&f, r, "");
		says(r, "[x] not enough information");
		says(r, "[ ] manifest errors");
		says(r, "3. Which of the three posts?");
	}
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
		     arena_printf(f.a, "/v1/cases/%s/form", c),
		     json_pack("{s:i, s:s}", "annex", 1, "language", "id"));
	misses(&f, r, "");
	says(r, "PERINTAH PENGHAPUSAN");
	fix_close(&f);
}

/* Sent across a border it needs the copy to the other state's authority. */
static void
annex_of_a_cross_border_order(void **state)
{
	struct fix f;

	(void)state;
	fix_open_policy(&f, "eu-tco");
	fix_settle(&f);
	fix_clock_add(13 * 3600 * FIX_S);
	for (int copy = 0; copy < 2; copy++) {
		json_t *in = removal_order(&f, copy == 0 ? "T-1" : "T-2");
		json_t *fields = json_object_get(in, "fields");
		json_object_set_new(fields, "cross_border", json_string("yes"));
		if (copy == 1)
			json_object_set_new(fields, "copy_sent", json_string("yes"));
		if (copy == 1)
			json_object_set_new(fields, "review_authority_contacts",
					    json_string("contact@example.ie"));
		const char *c = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer,
						  "POST", "/v1/notices", in),
					 "case");
		misses(&f, form(&f, AUTHORITY, c, 1, NULL),
		       copy == 1 ? "" : "review_authority_contacts copy_sent");
	}
	fix_close(&f);
}

static void
forms_refused(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 1);
	const char *path = arena_printf(f.a, "/v1/cases/%s/form", c),
		   *officer = f.n[AUTHORITY].officer;
	fix_refused(&f, AUTHORITY, officer, "POST", path, json_pack("{s:i}", "annex", 1),
		    RC_NOT_FOUND, "has no form 1");
	fix_refused(&f, AUTHORITY, officer, "POST", path, NULL, RC_INVALID, "annex");
	fix_refused(&f, AUTHORITY, officer, "POST", path, json_pack("{s:i}", "annex", 4),
		    RC_INVALID, "annex");
	fix_refused(&f, AUTHORITY, officer, "POST", path,
		    json_pack("{s:i, s:s}", "annex", 1, "language", "fr"), RC_INVALID,
		    "language");
	fix_refused(&f, AUTHORITY, officer, "POST", path,
		    json_pack("{s:i, s:{s:i}}", "annex", 1, "values", "signatory", 1),
		    RC_INVALID, "signatory");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_removal_order),
		cmocka_unit_test(scrutiny_is_told),
		cmocka_unit_test(figures_are_told),
		cmocka_unit_test(annexes),
		cmocka_unit_test(annex_of_a_cross_border_order),
		cmocka_unit_test(forms_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
