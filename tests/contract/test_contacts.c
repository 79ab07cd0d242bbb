/*
 * Contacts of both sides, and channel tests that a person answers or misses.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM
#define DAY	  (86400 * FIX_S)

static json_t *
directory(const char *contacts)
{
	json_error_t why;
	json_t *list = json_loads(contacts, 0, &why);

	if (list == NULL)
		fail_msg("%s: %s", contacts, why.text);
	return json_pack("{s:o}", "contacts", list);
}

static void
tick(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[p].nd, 3600 * FIX_S, &wait_us, &e), &e, "tick");
}

static json_t *
side(struct fix *f, enum party p, const char *whose)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/contacts", NULL);

	return json_object_get(json_array_get(json_object_get(r, "channels"), 0), whose);
}

static const json_t *
first_alarm(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/alarms", NULL), *v;
	size_t i;

	json_array_foreach (json_object_get(r, "alarms"), i, v)
		if (strcmp(fix_text(v, "kind"), "delivery") != 0)
			return v;
	return NULL;
}

static const char *
test_send(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].officer, "POST", "/v1/channel/tests", NULL);

	return fix_text(json_array_get(json_object_get(r, "tests"), 0), "test");
}

static const char *
ack_path(struct fix *f, const char *test)
{
	return arena_printf(f->a, "/v1/channel/tests/%s/ack", test);
}

static const char *
test_state(struct fix *f, enum party p, const char *test)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/channel/tests", NULL);
	json_t *v;
	size_t i;

	json_array_foreach (json_object_get(r, "tests"), i, v)
		if (strcmp(fix_text(v, "test"), test) == 0)
			return fix_text(v, "state");
	fail_msg("test %s is not shown", test);
	return NULL;
}

static bool
tested(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].auditor, "GET", "/v1/channel/tests", NULL);
	json_t *c = json_array_get(json_object_get(r, "channels"), 0);

	return json_is_string(json_object_get(c, "last_acked"));
}

static void
rebuilt(struct fix *f)
{
	fix_settle(f);
	fix_rebuilt_equal(f, AUTHORITY);
	fix_rebuilt_equal(f, PLATFORM);
}

/* ---- tests ------------------------------------------------------------------------- */

static void
published(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[PLATFORM].admin;
	assert_true(json_is_null(json_object_get(side(&f, PLATFORM, "ours"), "version")));
	assert_true(json_is_null(json_object_get(side(&f, PLATFORM, "ours"), "now")));
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST", "/v1/contacts",
		    directory("[]"), RC_DENIED, "needs one of");
	fix_must(&f, PLATFORM, admin, "POST", "/v1/contacts",
		 directory("[{\"name\":\"Deputy\",\"reach\":\"+62 21 501\",\"role\":"
			   "\"deputy\"},{\"name\":\"Duty desk\",\"reach\":"
			   "\"desk@platform.example\",\"languages\":[\"id\",\"en\"],"
			   "\"note\":\"Ask for the shift.\"}]"));
	assert_true(
		json_is_null(json_object_get(side(&f, AUTHORITY, "theirs"), "version")));
	fix_settle(&f);
	const json_t *theirs = side(&f, AUTHORITY, "theirs");
	assert_int_equal(fix_int(theirs, "version"), 1);
	assert_string_equal(fix_text(json_object_get(theirs, "now"), "name"),
			    "Duty desk");
	assert_string_equal(fix_text(json_object_get(theirs, "now"), "note"),
			    "Ask for the shift.");
	assert_string_equal(fix_text(json_object_get(theirs, "next"), "name"), "Deputy");
	/* A new directory replaces the old one. */
	fix_must(&f, PLATFORM, admin, "POST", "/v1/contacts",
		 directory("[{\"name\":\"Night desk\",\"reach\":\"+62 21 502\"}]"));
	fix_settle(&f);
	theirs = side(&f, AUTHORITY, "theirs");
	assert_int_equal(fix_int(theirs, "version"), 2);
	assert_int_equal(json_array_size(json_object_get(theirs, "contacts")), 1);
	assert_string_equal(fix_text(json_object_get(theirs, "now"), "reach"),
			    "+62 21 502");
	assert_true(json_is_null(json_object_get(theirs, "next")));
	rebuilt(&f);
	fix_close(&f);
}

/* Names stand in disclosures only: what is signed for ever has none. */
static void
names_are_disclosed(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/contacts",
		 directory("[{\"name\":\"Siti\",\"reach\":\"siti@x.example\"}]"));
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM v_contact WHERE name = 'Siti'"),
			 1);
	const char *jws = fix_query_text(
		&f, AUTHORITY,
		"SELECT e.jws FROM log_event e JOIN v_event v ON v.channel = e.channel "
		"AND v.party = e.party AND v.seq = e.seq WHERE v.type = 'contact.set'");
	assert_non_null(jws);
	/* base64url of "Siti" at each of the three offsets that it can have. */
	assert_null(strstr(jws, "U2l0a"));
	assert_null(strstr(jws, "NpdG"));
	assert_null(strstr(jws, "TaXRp"));
	fix_close(&f);
}

static void
refused_directories(void **state)
{
	static const struct {
		const char *contacts, *says;
	} rows[] = {
		{"{}", "must list"},
		{"[1]", "contacts[0]"},
		{"[{\"reach\":\"+62\"}]", "\"name\" is missing"},
		{"[{\"name\":\"a\"}]", "\"reach\" is missing"},
		{"[{\"name\":\"a\\u001b[2J\",\"reach\":\"b\"}]", "control character"},
		{"[{\"name\":\"a\",\"reach\":\"b\",\"role\":\"boss\"}]", "escalation"},
		{"[{\"name\":\"a\",\"reach\":\"b\",\"order\":100}]", "order"},
		{"[{\"name\":\"a\",\"reach\":\"b\",\"languages\":[\"ID!\"]}]",
		 "languages[0]"},
		{"[{\"name\":\"a\",\"reach\":\"b\",\"hours\":{}}]", "hours.offset"},
		{"[{\"name\":\"a\",\"reach\":\"b\",\"phone\":\"c\"}]", "phone"},
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/contacts",
			    directory(rows[i].contacts), RC_INVALID, rows[i].says);
	assert_int_equal(fix_events(&f, AUTHORITY, AUTHORITY, "contact.set"), 0);
	fix_close(&f);
}

static void
test_answered(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *test = test_send(&f, AUTHORITY);
	assert_string_equal(test_state(&f, AUTHORITY, test), "waiting");
	/* Nobody answers for the other side, nor what has not come. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", ack_path(&f, test),
		    NULL, RC_NOT_FOUND, "no test");
	fix_refused(&f, PLATFORM, f.n[PLATFORM].agent, "POST", ack_path(&f, test), NULL,
		    RC_NOT_FOUND, "no test");
	fix_settle(&f);
	fix_refused(&f, PLATFORM, f.n[PLATFORM].auditor, "POST", ack_path(&f, test), NULL,
		    RC_DENIED, "needs one of");
	json_t *r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST",
			     ack_path(&f, test), NULL);
	assert_true(json_is_false(json_object_get(r, "again")));
	assert_false(tested(&f, AUTHORITY));
	r = fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", ack_path(&f, test), NULL);
	assert_true(json_is_true(json_object_get(r, "again")));
	fix_settle(&f);
	assert_int_equal(fix_events(&f, AUTHORITY, PLATFORM, "channel.test.ack"), 1);
	assert_string_equal(test_state(&f, AUTHORITY, test), "acked");
	assert_true(tested(&f, AUTHORITY));
	/* The platform's own way to the authority is another question. */
	assert_false(tested(&f, PLATFORM));
	rebuilt(&f);
	fix_close(&f);
}

/* By the policy each side asks by itself; what nobody answers becomes an alarm on both,
 * and an answer clears it. */
static void
test_by_itself(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		tick(&f, (enum party)p);
		assert_int_equal(
			fix_events(&f, (enum party)p, (enum party)p, "channel.test"), 0);
	}
	fix_clock_add(7 * DAY + FIX_S);
	for (int p = 0; p < PARTY_COUNT; p++)
		for (int twice = 0; twice < 2; twice++) {
			tick(&f, (enum party)p);
			assert_int_equal(fix_events(&f, (enum party)p, (enum party)p,
						    "channel.test"),
					 1);
		}
	fix_settle(&f);
	const char *test = fix_query_text(
		&f, AUTHORITY, "SELECT test FROM v_channel_test WHERE party = 0");
	assert_null(first_alarm(&f, AUTHORITY));
	const char *back = fix_query_text(
		&f, AUTHORITY, "SELECT test FROM v_channel_test WHERE party = 1");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", ack_path(&f, back), NULL);
	fix_settle(&f);
	fix_clock_add(DAY + FIX_S);
	tick(&f, AUTHORITY);
	tick(&f, PLATFORM);
	assert_string_equal(fix_text(first_alarm(&f, AUTHORITY), "subject"), test);
	assert_non_null(strstr(fix_text(first_alarm(&f, AUTHORITY), "text"),
			       "no person of platform.example"));
	assert_non_null(strstr(fix_text(first_alarm(&f, PLATFORM), "text"),
			       "saluran channel ack"));
	assert_string_equal(test_state(&f, AUTHORITY, test), "missed");
	fix_must(&f, PLATFORM, f.n[PLATFORM].agent, "POST", ack_path(&f, test), NULL);
	fix_settle(&f);
	tick(&f, AUTHORITY);
	tick(&f, PLATFORM);
	assert_null(first_alarm(&f, AUTHORITY));
	assert_null(first_alarm(&f, PLATFORM));
	assert_string_equal(test_state(&f, AUTHORITY, test), "late");
	rebuilt(&f);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published),
		cmocka_unit_test(names_are_disclosed),
		cmocka_unit_test(refused_directories),
		cmocka_unit_test(test_answered),
		cmocka_unit_test(test_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
