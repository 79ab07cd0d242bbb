/*
 * Every call on the database fails once: nothing is ever half done, nothing twice, and
 * the node goes on.  With SALURAN_EVERY=1 in every way that it can fail, else in the
 * first.  On a PostgreSQL server one way is that the connection is cut, and without
 * SALURAN_EVERY one call of every SERVER_STEP fails, of small notices.
 */
#include "db_faults.h"
#include "node_fixture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { CALLS_MAX = 5000, FEWEST = 15, REBUILD_EVERY = 40, SERVER_STEP = 13 };

/* RC_UNAVAILABLE: the connection is cut before the call.  A full disk is to a push what
 * any other failure is. */
static const enum rc kinds[] = {RC_UNAVAILABLE, RC_IO, RC_RETRY, RC_FULL};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), KINDS_OF_PUSH = KINDS - 1 };

static bool
on_server(void)
{
	return getenv("SALURAN_TEST_POSTGRESQL") != NULL;
}

static bool
every(void)
{
	return getenv("SALURAN_EVERY") != NULL;
}

/* Of the first `all` kinds, those that there are and that this run is for. */
static void
each_kind(void (*test)(enum rc kind), int all)
{
	const int first = on_server() ? 0 : 1;

	for (int i = first; i < (every() ? all : first + 1); i++)
		test(kinds[i]);
}

/* How many calls on is the next one that fails? */
static int
step(void)
{
	return on_server() && !every() ? SERVER_STEP : 1;
}

static void
arm(const char *node, int n, enum rc kind)
{
	if (kind == RC_UNAVAILABLE)
		faults_cut(node, n);
	else
		faults_arm(node, n, kind);
}

static json_t *
notice(const char *csv, const char *reference)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference", reference,
			 "subject", "Konten", "legal_basis", "UU");
}

/* A notice of two parts is there whole, or not at all. */
static void
send_faults(enum rc kind)
{
	enum { ITEMS = 201 };
	struct fix f;
	int64_t cases = 0;

	fix_open(&f);
	const char *csv = fix_csv(&f, "t.example", ITEMS);
	bool fired = true;
	int n;
	for (n = 1; fired; n += step()) {
		struct err e = ERR_INIT;
		const char *before = fix_rows(&f, AUTHORITY);
		const char *reference = arena_printf(f.a, "F-%d", n);
		assert_true(n < CALLS_MAX);
		arm("authority", n, kind);
		enum rc rc = fix_call(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				      "/v1/notices", notice(csv, reference), NULL, &e);
		fired = faults_disarm();
		if (rc != RC_OK && rc != kind)
			fail_msg("call %d: %s where %s is due: %s", n, rc_token(rc),
				 rc_token(kind), e.text);
		if (rc != RC_OK)
			assert_string_equal(fix_rows(&f, AUTHORITY), before);
		cases += rc == RC_OK;
		assert_int_equal(
			fix_query(
				&f, AUTHORITY,
				arena_printf(
					f.a,
					"SELECT count(*) FROM v_case WHERE manifest <> 0 "
					"AND items = %d",
					ITEMS)),
			cases);
		assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_case"),
				 cases);
	}
	assert_true(n > FEWEST); /* there was something that could fail */
	fix_settle(&f);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM v_case WHERE manifest <> 0"),
			 cases);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

/* A large notice that is interrupted anywhere goes on where it stood when the same is
 * sent again, and is one case, once. */
static void
large_goes_on(void **state)
{
	enum { ITEMS = 5401, STEP = 2600, REFUSED = 5399 }; /* more than a slice */
	struct fix f;
	int cases = 0, halves = 0, half_at = 0;
	bool fired = true;

	(void)state;
	if (on_server() && !every()) /* long */
		return;
	fix_open(&f);
	const char *csv = fix_csv(&f, "t.example", ITEMS);
	for (int n = STEP; fired; n += STEP) {
		const char *reference = arena_printf(f.a, "L-%d", n);
		struct err e = ERR_INIT;
		json_t *r;
		faults_arm("authority", n, RC_IO);
		enum rc rc = fix_call(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				      "/v1/notices", notice(csv, reference), NULL, &e);
		fired = faults_disarm();
		assert_int_equal(rc, fired ? RC_IO : RC_OK);
		if (strstr(e.text, "goes on there") != NULL) {
			halves++;
			half_at = n;
		}
		/* Another list under that reference is refused, half done or not. */
		if (strstr(e.text, "goes on there") != NULL)
			fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				    "/v1/notices",
				    notice(fix_csv(&f, "u.example", REFUSED), reference),
				    RC_CONFLICT, "another batch");
		fix_settle(&f); /* what is recorded may be delivered before the rest */
		r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
			     notice(csv, reference));
		assert_int_equal(fix_int(r, "items"), ITEMS);
		assert_int_equal(json_is_true(json_object_get(r, "again")), !fired);
		cases++;
		assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM v_case"),
				 cases);
	}
	assert_true(halves > 1);
	fix_settle(&f);
	assert_int_equal(
		fix_query(&f, PLATFORM,
			  arena_printf(
				  f.a,
				  "SELECT count(*) FROM v_case WHERE manifest <> 0 AND "
				  "items = %d AND receipt_us <> 0",
				  ITEMS)),
		cases);
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM v_event WHERE void IS NOT NULL"),
			 0);
	/* A day later it has lapsed: it is not gone on with, and another one is sent. */
	struct err e = ERR_INIT;
	faults_arm("authority", half_at, RC_IO);
	assert_int_equal(fix_call(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
				  "/v1/notices", notice(csv, "L"), NULL, &e),
			 RC_IO);
	(void)faults_disarm();
	assert_non_null(strstr(e.text, "goes on there"));
	fix_clock_add(86401 * FIX_S);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
		    notice(csv, "L"), RC_CONFLICT, "has lapsed");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST", "/v1/notices",
		 notice(csv, "L again"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		json_t *r = fix_must(&f, (enum party)p, f.n[p].auditor, "GET",
				     "/v1/cases", json_pack("{s:s}", "state", "none"));
		const json_t *c = json_array_get(json_object_get(r, "cases"), 0);
		assert_true(json_is_true(
			json_object_get(json_object_get(c, "incomplete"), "lapsed")));
	}
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
send(void **state)
{
	(void)state;
	each_kind(send_faults, KINDS);
}

/* A decision in several statements. */
static void
decide_faults(enum rc kind)
{
	struct fix f;
	bool fired = true;
	int n;

	fix_open(&f);
	const char *c = fix_send(&f, "D-1", "t.example", 3);
	fix_settle(&f);
	const char *path = arena_printf(f.a, "/v1/cases/%s/decide", c);
	for (n = 1; fired; n += step()) {
		struct err e = ERR_INIT;
		const char *before = fix_rows(&f, PLATFORM);
		assert_true(n < CALLS_MAX);
		arm("platform", n, kind);
		enum rc rc = fix_call(&f, PLATFORM, f.n[PLATFORM].agent, "POST", path,
				      json_pack("{s:[i, i], s:s, s:s}", "items", 0, 1,
						"outcome", "kept", "reason",
						arena_printf(f.a, "no %d", n)),
				      NULL, &e);
		fired = faults_disarm();
		if (rc != RC_OK) {
			assert_int_equal(rc, kind);
			assert_string_equal(fix_rows(&f, PLATFORM), before);
		} else if (fired) {
			/* It hit the access record, which is written again by itself. */
			c = fix_send(&f, arena_printf(f.a, "D-1-%d", n), "t.example", 3);
			fix_settle(&f);
			path = arena_printf(f.a, "/v1/cases/%s/decide", c);
		}
	}
	assert_true(n > FEWEST);
	fix_settle(&f);
	fix_same_case(&f, c);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
decide(void **state)
{
	(void)state;
	each_kind(decide_faults, KINDS);
}

/* A push in which one side's database fails once arrives with the next one, once. */
static void
carry_faults(enum party p, const char *where, enum rc kind)
{
	struct fix f;
	bool fired = true;
	int n;

	fix_open(&f);
	fix_settle(&f);
	const char *c = NULL;
	for (n = 1; fired; n += step()) {
		struct exchange_push push;
		struct err e = ERR_INIT;
		assert_true(n < CALLS_MAX);
		c = fix_send(&f, arena_printf(f.a, "C-%d", n), "t.example", 2);
		arm(where, n, kind);
		enum rc rc = fix_carry_try(&f, p, CUT_NOTHING, &e);
		fired = faults_disarm();
		/* Of a receipt that could not be stored the next look tells. */
		enum rc told = fix_push(&f, p, &push, &e);
		if (rc == RC_OK && told != RC_NOT_FOUND)
			rc = told;
		if (rc != RC_OK && rc != kind)
			fail_msg("call %d: %s where %s is due: %s", n, rc_token(rc),
				 rc_token(kind), e.text);
		fix_settle(&f);
		fix_same_case(&f, c);
		assert_string_equal(fix_text(fix_case(&f, AUTHORITY, c), "state"),
				    "received");
		if (n % REBUILD_EVERY == 0)
			fix_rebuilt_equal(&f, PLATFORM);
	}
	assert_true(n > FEWEST);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM log_receipt WHERE party = 0"),
			 fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM log_receipt WHERE party = 0"));
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PLATFORM);
	fix_close(&f);
}

static void
receive_faults(enum rc kind)
{
	carry_faults(AUTHORITY, "platform", kind);
}

static void
push_faults(enum rc kind)
{
	carry_faults(AUTHORITY, "authority", kind);
}

static void
receive(void **state)
{
	(void)state;
	each_kind(receive_faults, KINDS_OF_PUSH);
}

static void
push(void **state)
{
	(void)state;
	each_kind(push_faults, KINDS_OF_PUSH);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(send),	  cmocka_unit_test(large_goes_on),
		cmocka_unit_test(decide), cmocka_unit_test(receive),
		cmocka_unit_test(push),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
