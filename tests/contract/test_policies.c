/*
 * Policies between two nodes: adopted by both, in effect for what is sent from then on;
 * and what a policy asks of a notice.
 */
#include "node_fixture.h"

#include <string.h>

#include "core/bundle.h"
#include "core/policy.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

/* fix_policy with its first `was` replaced. */
static const char *
changed(struct fix *f, const char *was, const char *is)
{
	const char *at = strstr(fix_policy, was);

	assert_non_null(at);
	return arena_printf(f->a, "%.*s%s%s", (int)(at - fix_policy), fix_policy, is,
			    at + strlen(was));
}

static json_t *
adopt(struct fix *f, enum party p, const char *policy)
{
	return fix_must(f, p, f->n[p].admin, "POST", "/v1/policies",
			json_pack("{s:s}", "policy", policy));
}

static const char *
in_effect(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/policies", NULL);
	json_t *ch = json_array_get(json_object_get(r, "channels"), 0);

	return fix_text(json_object_get(ch, "in_effect"), "name");
}

static const char *
policy_of(struct fix *f, enum party p, const char *c)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET",
			     arena_printf(f->a, "/v1/cases/%s/deadline", c), NULL);

	return fix_text(json_object_get(r, "policy"), "name");
}

static void
verified(struct fix *f, enum party p, const char *c, const char *policy)
{
	struct node *nd = f->n[p].nd;
	json_t *in = json_object();
	const struct service_route *r;
	const struct actor *who;
	struct bundle_report report;
	struct reply out;
	struct err e = ERR_INIT;

	fix_ok(actor_authenticate(nd, f->a, f->n[p].auditor, &who, &e), &e, "who");
	fix_ok(service_route_find("GET", arena_printf(f->a, "/v1/cases/%s/bundle", c), in,
				  &r, &e),
	       &e, "route");
	fix_ok(service_run(nd, f->a, r, who, in, &out, &e), &e, "bundle");
	json_decref(in);
	fix_ok(bundle_verify(f->a, out.bytes, out.len, NULL, &report, &e), &e, "verify");
	assert_string_equal(report.policy->name, policy);
	assert_true(report.casework.manifest);
	for (int i = 0; i < PARTY_COUNT; i++)
		assert_true(report.party[i].open_agrees);
	for (size_t i = 0; i < report.n_events; i++)
		if (report.events[i].void_why != NULL)
			fail_msg("%s is void: %s", report.events[i].ev->type,
				 report.events[i].void_why);
}

static void
in_effect_when_both_have_signed(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *text = changed(&f, "\"name\":\"test\"", "\"name\":\"other\"");
	const char *before = fix_send(&f, "P-1", "t.example", 1);
	fix_settle(&f);
	json_t *r = adopt(&f, AUTHORITY, text);
	const char *sha256 = fix_text(r, "sha256");
	assert_true(json_is_false(json_object_get(r, "in_effect")));
	assert_true(json_is_true(json_object_get(adopt(&f, AUTHORITY, text), "again")));
	fix_settle(&f);
	assert_string_equal(in_effect(&f, AUTHORITY), "test");
	assert_string_equal(in_effect(&f, PLATFORM), "test");
	const char *between = fix_send(&f, "P-2", "t.example", 1);
	/* The text came with the other side's adoption: its digest is enough. */
	r = adopt(&f, PLATFORM, sha256);
	assert_true(json_is_true(json_object_get(r, "in_effect")));
	/* Not until the authority has seen it. */
	const char *unseen = fix_send(&f, "P-3", "t.example", 1);
	fix_settle(&f);
	assert_string_equal(in_effect(&f, AUTHORITY), "other");
	const char *after = fix_send(&f, "P-4", "t.example", 1);
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_string_equal(policy_of(&f, (enum party)p, before), "test");
		assert_string_equal(policy_of(&f, (enum party)p, between), "test");
		assert_string_equal(policy_of(&f, (enum party)p, unseen), "test");
		assert_string_equal(policy_of(&f, (enum party)p, after), "other");
		fix_rebuilt_equal(&f, (enum party)p);
		verified(&f, (enum party)p, before, "test");
		verified(&f, (enum party)p, after, "other");
	}
	assert_int_equal(fix_query(&f, PLATFORM,
				   "select count(*) from v_event where void is not null"),
			 0);
	fix_close(&f);
}

static void
what_is_not_adopted(void **state)
{
	static const struct {
		const char *was, *is, *says;
	} rows[] = {
		{"\"ttl_s\":10", "\"ttl_s\":1", "order.ttl_s"},
		{"\"source\"",
		 "\"valid_from\":\"2017-02-01T00:00:00Z\",\"valid_until\":"
		 "\"2017-01-01T00:00:00Z\",\"source\"",
		 "valid_until: the policy ends before it starts"},
		{"\"source\"",
		 "\"calendars\":[{\"code\":\"x\",\"offset_s\":0,\"week\":[]}],\"source\"",
		 "calendars[0].week"},
		{"{", "{{", "not JSON"},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/policies",
			    json_pack("{s:s}", "policy",
				      changed(&f, rows[i].was, rows[i].is)),
			    RC_INVALID, rows[i].says);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/policies",
		    json_pack("{s:s}", "policy", "id-1999"), RC_NOT_FOUND, "built-in");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/policies",
		    json_pack("{s:s}", "policy",
			      changed(&f, "\"source\"",
				      "\"valid_until\":\"2017-01-01T00:00:00Z\","
				      "\"source\"")),
		    RC_CONFLICT, "the policy is over");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/policies",
		    json_pack("{s:s}", "policy", "id-2020"), RC_DENIED, "admin");
	json_t *r = fix_must(&f, PLATFORM, f.n[PLATFORM].admin, "POST", "/v1/policies",
			     json_pack("{s:s, s:b}", "policy", "eu-dsa", "check", 1));
	assert_true(json_is_false(json_object_get(r, "adopted")));
	assert_int_equal(fix_events(&f, PLATFORM, PLATFORM, "policy.adopt"), 0);
	fix_close(&f);
}

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

/* They are erased with the rest; of a notice without them there are none. */
static void
fields_are_erased(void **state)
{
	struct fix f;
	json_t *p = json_loads(fix_policy, 0, NULL);

	(void)state;
	json_object_set_new(p, "fields",
			    json_pack("[{s:s, s:{s:s, s:s}, s:s, s:b}]", "code",
				      "file_number", "name", "en", "N", "id", "N", "on",
				      "notice", "required", 0));
	char *text = json_dumps(p, 0);
	fix_open_policy(&f, text);
	free(text);
	json_decref(p);
	json_t *in = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s}}", "csv",
			       fix_csv(&f, "t.example", 1), "reference", "F-1", "subject",
			       "S", "legal_basis", "L", "letter", "To whom", "fields",
			       "file_number", "17/2017");
	const char *c = fix_text(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
					  "/v1/notices", in),
				 "case");
	const char *without = fix_send(&f, "F-2", "t.example", 1);
	fix_settle(&f);
	for (int k = 0; k < PARTY_COUNT; k++) {
		json_t *seen = fix_case(&f, (enum party)k, c);
		assert_string_equal(
			fix_text(json_object_get(seen, "fields"), "file_number"),
			"17/2017");
		assert_string_equal(fix_text(seen, "letter"), "To whom");
		seen = fix_case(&f, (enum party)k, without);
		assert_true(json_is_null(json_object_get(seen, "fields")));
		assert_int_equal(fix_int(json_object_get(seen, "policy"), "preserve_s"),
				 0);
		assert_true(json_is_null(
			json_object_get(json_object_get(seen, "policy"), "statistics")));
	}
	fix_act(&f, AUTHORITY, c, "close",
		json_pack("{s:b, s:s}", "withdraw", 1, "reason", "Sent in error."));
	fix_settle(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		 arena_printf(f.a, "/v1/cases/%s/erase", c),
		 json_pack("{s:s, s:s}", "what", "texts", "reason", "Asked for."));
	json_t *after = fix_case(&f, AUTHORITY, c);
	assert_true(json_is_null(json_object_get(after, "fields")));
	assert_true(json_is_null(json_object_get(after, "letter")));
	fix_close(&f);
}

/* A day on which nothing is sent but what is urgent; a column that every item needs. */
static void
days_and_columns(void **state)
{
	static const char limits[] =
		"\"classes\":[{\"code\":\"normal\",\"calendar\":\"x\",\"accept_s\":100,"
		"\"decide_s\":100},{\"code\":\"urgent\",\"accept_s\":10,";
	static const char from[] =
		"\"classes\":[{\"code\":\"normal\",\"accept_s\":100,"
		"\"decide_s\":100},{\"code\":\"urgent\",\"accept_s\":10,";
	struct fix f;
	char today[CLOCK_TEXT_LEN], tomorrow[CLOCK_TEXT_LEN];

	(void)state;
	struct arena *a = arena_create();
	/* The test may run over midnight. */
	clock_format(clock_now_us(), today);
	clock_format(clock_now_us() + 24 * 3600 * FIX_S, tomorrow);
	char *text =
		arena_printf(a,
			     "\"calendars\":[{\"code\":\"x\",\"offset_s\":0,\"week\":["
			     "{\"day\":\"mon\",\"from\":\"00:00\",\"to\":\"24:00\"}],"
			     "\"no_send\":[\"%.10s\",\"%.10s\"]}],\"fields\":[{\"code\":"
			     "\"description\","
			     "\"name\":{\"en\":\"D\",\"id\":\"D\"},\"on\":\"item\"}],%s",
			     today, tomorrow, limits);
	f.a = a;
	const char *policy = changed(&f, from, text);
	fix_open_policy(&f, policy);
	json_t *in = json_pack("{s:s, s:s, s:s, s:s}", "csv", fix_csv(&f, "t.example", 2),
			       "reference", "N-1", "subject", "S", "legal_basis", "L");
	json_t *urgent = json_deep_copy(in), *bare = json_deep_copy(in);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices", in,
		    RC_CONFLICT, "sends nothing on this day but what is urgent");
	json_object_set_new(urgent, "urgent", json_true());
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices", urgent);
	json_object_set_new(bare, "csv",
			    json_string("target,category\nhttps://t.example/1,other\n"));
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices", bare,
		    RC_INVALID, "1 of 1 rows have problems");
	fix_clock_add(48 * 3600 * FIX_S);
	fix_send(&f, "N-2", "t.example", 1);
	fix_close(&f);
	arena_free(a);
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
		cmocka_unit_test(in_effect_when_both_have_signed),
		cmocka_unit_test(what_is_not_adopted),
		cmocka_unit_test(a_removal_order),
		cmocka_unit_test(fields_are_erased),
		cmocka_unit_test(annexes),
		cmocka_unit_test(annex_of_a_cross_border_order),
		cmocka_unit_test(forms_refused),
		cmocka_unit_test(days_and_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
