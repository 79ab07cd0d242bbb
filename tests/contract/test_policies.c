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

/* Another, with longer times, where two items must be confirmed. */
static void
adopt_other(struct fix *f)
{
	json_t *p = json_loads(fix_policy, 0, NULL), *cls;
	size_t i;

	json_object_set_new(p, "name", json_string("other"));
	json_object_set_new(p, "decide", json_pack("{s:i}", "confirm_above", 1));
	json_array_foreach (json_object_get(p, "classes"), i, cls)
		json_object_set_new(cls, "decide_s", json_integer(9000));
	char *text = json_dumps(p, 0);
	for (int party = 0; party < PARTY_COUNT; party++) {
		adopt(f, (enum party)party, text);
		fix_settle(f);
	}
	assert_string_equal(in_effect(f, PLATFORM), "other");
	free(text);
	json_decref(p);
}

/* What people are shown of a case, in letters and in a preview, is of its own policy, as
 * is what may be done with it. */
static void
shown_is_of_its_own(void **state)
{
	struct fix f;
	const char *due[2];

	(void)state;
	fix_open(&f);
	fix_must(&f, PLATFORM, f.n[PLATFORM].officer, "POST", "/v1/templates",
		 json_pack("{s:s, s:s, s:s}", "name", "due", "kind", "message", "text",
			   "{decide_due}"));
	const char *c = fix_send(&f, "P-1", "t.example", 2);
	fix_settle(&f);
	for (int i = 0; i < 2; i++) {
		if (i != 0)
			adopt_other(&f);
		json_t *r = fix_must(&f, PLATFORM, f.n[PLATFORM].officer, "POST",
				     "/v1/templates/due/render",
				     json_pack("{s:s}", "case", c));
		due[i] = fix_text(r, "text");
		r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
			     arena_printf(f.a, "/v1/cases/%s/decide/preview", c),
			     json_pack("{s:s}", "outcome", "removed"));
		assert_true(json_is_null(json_object_get(r, "confirm")));
	}
	assert_string_equal(due[0], due[1]);
	assert_string_not_equal(due[0], "{decide_due}");
	fix_close(&f);
}

/* Drafted and approved by two. */
static const char *
ordered(struct fix *f, const char *reference, const char *names)
{
	const char *c = fix_send(f, reference, "bad.example", 2);

	fix_make_overdue(f, c);
	const json_t *r = fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST",
				   "/v1/orders", fix_order(names, c));
	const char *approvers[] = {f->n[AUTHORITY].approver, f->n[AUTHORITY].approver2};
	for (size_t i = 0; i < 2; i++)
		fix_must(
			f, AUTHORITY, approvers[i], "POST",
			arena_printf(f->a, "/v1/orders/%s/approve", fix_text(r, "order")),
			json_pack("{s:s}", "text_sha256", fix_text(r, "text_sha256")));
	return fix_text(r, "order");
}

/* What the register says of an order's policy is that of its draft, whatever was adopted
 * since. */
static void
register_has_the_orders_own(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *text = changed(&f, "\"name\":\"test\"", "\"name\":\"other\"");
	const char *orders[] = {ordered(&f, "R-1", "[\"bad.example\"]"), NULL};
	adopt(&f, AUTHORITY, text);
	fix_settle(&f);
	adopt(&f, PLATFORM, text);
	fix_settle(&f);
	orders[1] = ordered(&f, "R-2", "[\"worse.example\"]");
	fix_settle(&f);
	const json_t *r = fix_must(&f, AUTHORITY, NULL, "GET", "/v1/register", NULL);
	const json_t *rows = json_object_get(r, "entries");
	assert_int_equal(json_array_size(rows), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *row = json_array_get(rows, 1 - i);
		const char *want = i == 0 ? "test" : "other";
		assert_string_equal(fix_text(row, "order"), orders[i]);
		assert_string_equal(fix_text(row, "policy"), want);
		r = fix_must(&f, AUTHORITY, NULL, "GET",
			     arena_printf(f.a, "/v1/register/%s", fix_text(row, "ref")),
			     NULL);
		assert_string_equal(fix_text(r, "policy"), want);
	}
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_rebuilt_equal(&f, (enum party)p);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_effect_when_both_have_signed),
		cmocka_unit_test(what_is_not_adopted),
		cmocka_unit_test(fields_are_erased),
		cmocka_unit_test(days_and_columns),
		cmocka_unit_test(shown_is_of_its_own),
		cmocka_unit_test(register_has_the_orders_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
