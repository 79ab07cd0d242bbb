/* Alarms: raised once, changed, cleared, raised again. */
#include "contract/node_fixture.h"

#include "service/alarm.h"

struct raise {
	const char *text; /* NULL: clear */
	int64_t at_us;
};

static enum rc
work(struct writer *w, void *arg, struct err *e)
{
	const struct raise *r = arg;

	if (r->text == NULL)
		return alarm_clear(w, "test/1", e);
	return alarm_raise(w, "test/1", "test", "x", r->text, r->at_us, e);
}

static void
act(struct fix *f, const char *text, int64_t at_us)
{
	struct raise r = {text, at_us};
	struct err e = ERR_INIT;

	fix_ok(writer_run(f->n[PARTY_AUTHORITY].nd, work, &r, &e), &e, "alarm");
}

static const json_t *
listed(struct fix *f, const char *all, size_t want)
{
	const json_t *answer =
		fix_must(f, PARTY_AUTHORITY, f->n[PARTY_AUTHORITY].admin, "GET",
			 "/v1/alarms", json_pack("{s:s*}", "all", all));
	const json_t *rows = json_object_get(answer, "alarms");

	assert_int_equal(json_array_size(rows), want);
	return json_array_get(rows, 0);
}

static int64_t
standing(struct fix *f)
{
	return fix_int(fix_must(f, PARTY_AUTHORITY, f->n[PARTY_AUTHORITY].admin, "GET",
				"/v1/status", NULL),
		       "alarms");
}

static void
one_life(void **state)
{
	struct fix f;

	(void)state;
	fix_open_one(&f, PARTY_AUTHORITY);
	act(&f, NULL, 0); /* clears nothing */
	listed(&f, NULL, 0);
	act(&f, "first", FIX_S);
	act(&f, "second", 2 * FIX_S);
	const json_t *one = listed(&f, NULL, 1);
	assert_string_equal(fix_text(one, "text"), "second");
	assert_string_equal(fix_text(one, "raised"), "1970-01-01T00:00:01.000000Z");
	assert_int_equal(standing(&f), 1);
	act(&f, NULL, 0);
	assert_int_equal(standing(&f), 0);
	listed(&f, NULL, 0);
	one = listed(&f, "yes", 1);
	assert_false(json_is_null(json_object_get(one, "cleared")));
	fix_refused(&f, PARTY_AUTHORITY, f.n[PARTY_AUTHORITY].admin, "GET", "/v1/alarms",
		    json_pack("{s:s}", "all", "no"), RC_INVALID, "all");
	act(&f, "third", 3 * FIX_S);
	one = listed(&f, NULL, 1);
	assert_string_equal(fix_text(one, "raised"), "1970-01-01T00:00:03.000000Z");
	act(&f, NULL, 0);
	fix_close(&f);
}

/* `n` times what an admin may not, and what the node then sees. */
static void
refuse(struct fix *f, int n)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	for (int i = 0; i < n; i++)
		fix_refused(f, PARTY_AUTHORITY, f->n[PARTY_AUTHORITY].admin, "POST",
			    "/v1/notices", json_object(), RC_DENIED, "needs one of");
	act(f, NULL, 0); /* a commit, with which the record is written */
	fix_clock_add(61 * FIX_S);
	fix_ok(service_tick(f->n[PARTY_AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

static void
refused_often(void **state)
{
	struct fix f;

	(void)state;
	fix_open_one(&f, PARTY_AUTHORITY);
	refuse(&f, 29);
	listed(&f, NULL, 0);
	refuse(&f, 1);
	const json_t *row = listed(&f, NULL, 1);
	assert_string_equal(fix_text(row, "kind"), "refused");
	assert_non_null(strstr(fix_text(row, "text"), "30 times or more"));
	refuse(&f, 1);
	listed(&f, NULL, 1);
	/* An hour later it is past. */
	fix_clock_add(3600 * FIX_S);
	refuse(&f, 1);
	listed(&f, NULL, 0);
	listed(&f, "yes", 1);
	fix_close(&f);
}

static void
tick(struct fix *f)
{
	struct err e = ERR_INIT;
	int64_t wait_us;

	fix_ok(service_tick(f->n[PARTY_AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
}

/* What a peer has not receipted for long: people are told, until it has. */
static void
waits_for_a_receipt(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_settle(&f);
	fix_clock_add(3600 * FIX_S);
	tick(&f); /* nothing waits, however long */
	listed(&f, NULL, 0);
	fix_send(&f, "R-1", "bad.example", 1);
	fix_clock_add(890 * FIX_S);
	tick(&f);
	listed(&f, NULL, 0);
	fix_clock_add(20 * FIX_S);
	tick(&f);
	const json_t *row = listed(&f, NULL, 1);
	assert_string_equal(fix_text(row, "kind"), "delivery");
	assert_string_equal(fix_text(row, "subject"), "platform.example");
	assert_non_null(strstr(fix_text(row, "text"), "more than 15 min"));
	tick(&f);
	listed(&f, NULL, 1);
	fix_settle(&f);
	tick(&f);
	listed(&f, NULL, 0);
	listed(&f, "yes", 1);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_life),
		cmocka_unit_test(refused_often),
		cmocka_unit_test(waits_for_a_receipt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
