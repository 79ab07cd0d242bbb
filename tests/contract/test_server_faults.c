/*
 * What a PostgreSQL server answers when it cannot do a thing, in the middle of an act of
 * a node and at its commit: nothing is half done, what may be tried again is tried again
 * by the node itself, and people are told the rest.  The server itself raises the errors.
 */
#include "node_fixture.h"

#include <string.h>

#include "postgres_fixture.h"

#define AUTHORITY PARTY_AUTHORITY

#define TERMINATED "" /* the server ends the connection */

/* Where the act is when it happens. */
static const struct {
	const char *table, *trigger;
	bool commit;
} places[] = {
	{"log_event", "CREATE TRIGGER fail BEFORE INSERT ON log_event", false},
	{"v_case", "CREATE TRIGGER fail BEFORE INSERT ON v_case", false},
	{"log_head", "CREATE TRIGGER fail BEFORE UPDATE ON log_head", false},
	{"log_event at the commit",
	 "CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON log_event DEFERRABLE INITIALLY "
	 "DEFERRED",
	 true},
};

static const struct {
	const char *state; /* SQLSTATE */
	enum rc rc, at_commit;
	const char *says;
} errors[] = {
	{"53100", RC_FULL, RC_FULL, "no space is left"},
	{"53200", RC_UNAVAILABLE, RC_UNAVAILABLE, ""},
	{"58030", RC_IO, RC_IO, ""},
	{"XX001", RC_CORRUPT, RC_CORRUPT, "restore the database"},
	/* Nothing was done, and it may be tried again: the node does. */
	{"40001", RC_OK, RC_OK, ""},
	{"40P01", RC_OK, RC_OK, ""},
	{"55P03", RC_OK, RC_OK, ""},
	{"57014", RC_OK, RC_OK, ""},
	/* Whether a commit was one is asked of the next connection. */
	{TERMINATED, RC_UNAVAILABLE, RC_OK, "the server cannot be reached"},
};

/* The next `times` of the trigger fail; a sequence counts on when all else is undone. */
static void
fail_set(struct fix *f, const char *trigger, const char *state, int times)
{
	const char *raise =
		state[0] == '\0'
			? "PERFORM pg_terminate_backend(pg_backend_pid());"
			: arena_printf(f->a,
				       "RAISE EXCEPTION 'made to fail' USING ERRCODE = "
				       "'%s';",
				       state);

	fix_exec(f, AUTHORITY,
		 arena_printf(f->a,
			      "CREATE SEQUENCE fails;"
			      "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
			      " $$ BEGIN IF nextval('fails') <= %d THEN %s END IF;"
			      " RETURN NEW; END $$;"
			      "%s FOR EACH ROW EXECUTE FUNCTION fail()",
			      times, raise, trigger));
}

static void
fail_unset(struct fix *f)
{
	if (fix_query(f, AUTHORITY, "SELECT last_value FROM fails") == 0)
		fail_msg("nothing was made to fail");
	fix_exec(f, AUTHORITY, "DROP FUNCTION fail() CASCADE; DROP SEQUENCE fails");
}

static enum rc
send(struct fix *f, int n, struct err *e)
{
	return fix_call(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
			json_pack("{s:s, s:s, s:s, s:s}", "csv",
				  fix_csv(f, "t.example", 2), "reference",
				  arena_printf(f->a, "F-%d", n), "subject", "Konten",
				  "legal_basis", "UU 19/2016 pasal 40"),
			NULL, e);
}

static int64_t
cases(struct fix *f)
{
	return fix_query(f, AUTHORITY, "SELECT count(*) FROM v_case");
}

static void
each_error_at_each_place(void **state)
{
	struct fix f;
	int n = 0;

	(void)state;
	fix_open(&f);
	for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++)
		for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
			struct err e = ERR_INIT;
			const char *before = fix_rows(&f, AUTHORITY);
			int64_t there = cases(&f);
			enum rc want =
				places[p].commit ? errors[i].at_commit : errors[i].rc;
			fail_set(&f, places[p].trigger, errors[i].state, 1);
			enum rc rc = send(&f, n, &e);
			if (rc != want)
				fail_msg("%s at %s: %s \"%s\" where %s is due",
					 errors[i].state, places[p].table, rc_token(rc),
					 e.text, rc_token(want));
			if (rc != RC_OK) {
				assert_non_null(strstr(e.text, errors[i].says));
				assert_string_equal(fix_rows(&f, AUTHORITY), before);
				/* The same once more is done, and once. */
				fix_ok(send(&f, n, &e), &e, "again");
			}
			assert_int_equal(cases(&f), there + 1);
			fail_unset(&f);
			n++;
		}
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, "SELECT count(*) FROM v_case"), n);
	fix_close(&f);
}

/* What may be tried again is not tried for ever, and then people are told. */
static void
not_for_ever(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	fail_set(&f, places[0].trigger, "40001", 1000);
	assert_int_equal(send(&f, 1, &e), RC_RETRY);
	assert_non_null(strstr(e.text, "try again"));
	assert_int_equal(cases(&f), 0);
	int64_t tried = fix_query(&f, AUTHORITY, "SELECT last_value FROM fails");
	assert_true(tried > 1 && tried < 100);
	fail_unset(&f);
	fix_ok(send(&f, 1, &e), &e, "then");
	assert_int_equal(cases(&f), 1);
	fix_close(&f);
}

/* A lock that somebody else holds, as who dumps or maintains a database does. */
static void
a_lock_is_waited_for(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *before = fix_rows(&f, AUTHORITY);
	void *lock = postgres_lock(f.n[AUTHORITY].store, "log_event");
	assert_int_equal(send(&f, 1, &e), RC_RETRY);
	assert_non_null(strstr(e.text, "try again"));
	postgres_unlock(lock);
	assert_string_equal(fix_rows(&f, AUTHORITY), before);
	fix_ok(send(&f, 1, &e), &e, "then");
	fix_settle(&f);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_close(&f);
}

/* ---- a server that becomes older ------------------------------------------------------
 */

static void
ask_all(struct fix *f)
{
	struct err e = ERR_INIT;
	struct exchange_question q;
	const char *text = NULL;
	int64_t wait_us;

	while (exchange_ask_next(f->n[AUTHORITY].nd, FIX_PEER, f->a, &q, &wait_us, &e) ==
		       RC_OK &&
	       q.kind == EXCHANGE_ASK_HELD) {
		fix_ok(exchange_held(f->n[PARTY_PLATFORM].nd, FIX_PEER, q.body,
				     strlen(q.body), f->a, &text, &e),
		       &e, "held");
		fix_ok(exchange_ask_done(f->n[AUTHORITY].nd, FIX_PEER, f->a, &q, text,
					 strlen(text), &e),
		       &e, "answer");
	}
}

/* A copy is put back under a node that runs, on the same server: no connection tells of
 * it, but the head of the log does.  What was recorded since and never delivered is
 * gone; no other event gets its place before the peer has said that it does not have it.
 */
static void
a_copy_put_back_is_noticed(void **state)
{
	struct err e = ERR_INIT;
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_ok(send(&f, 1, &e), &e, "first");
	fix_settle(&f);
	const char *uri = f.n[AUTHORITY].store;
	const char *kept = arena_printf(f.a, "%s_kept", postgres_schema(uri));
	postgres_keep(uri, kept);
	fix_ok(send(&f, 2, &e), &e, "second");
	postgres_cut("authority");
	postgres_put_back(uri, kept);
	const char *old = fix_rows(&f, AUTHORITY);

	assert_int_equal(send(&f, 3, &e), RC_UNAVAILABLE);
	assert_non_null(strstr(e.text, "the store became older"));
	assert_true(node_replaced(f.n[AUTHORITY].nd));
	assert_int_equal(send(&f, 3, &e), RC_UNAVAILABLE);
	assert_string_equal(fix_rows(&f, AUTHORITY), old);
	/* Started again it knows how far it was, and asks. */
	fix_reopen(&f, AUTHORITY);
	assert_int_equal(send(&f, 3, &e), RC_FROZEN);
	assert_non_null(strstr(e.text, "it is an old copy"));
	assert_string_equal(fix_rows(&f, AUTHORITY), old);
	ask_all(&f);
	fix_ok(send(&f, 3, &e), &e, "third");
	fix_settle(&f);
	assert_int_equal(cases(&f), 2);
	assert_int_equal(fix_query(&f, PARTY_PLATFORM, "SELECT count(*) FROM v_case"), 2);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_rebuilt_equal(&f, PARTY_PLATFORM);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_error_at_each_place),
		cmocka_unit_test(not_for_ever),
		cmocka_unit_test(a_lock_is_waited_for),
		cmocka_unit_test(a_copy_put_back_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
