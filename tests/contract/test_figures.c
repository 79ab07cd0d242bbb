/*
 * The figures from two nodes: the same where the logs are, also after a rebuild.
 */
#include "node_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static json_t *
figures(struct fix *f, enum party p, json_t *in)
{
	return fix_must(f, p, NULL, "GET", "/v1/statistics", in);
}

static int64_t
figure(const json_t *r, const char *group, const char *member)
{
	const json_t *v = json_object_get(
		json_object_get(json_object_get(r, "total"), group), member);

	if (!json_is_integer(v))
		fail_msg("there is no %s.%s", group, member);
	return json_integer_value(v);
}

static void
same_on_both(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *one = fix_send(&f, "F-1", "a.example", 3);
	const char *two = fix_send(&f, "F-2", "b.example", 2);
	fix_settle(&f);
	fix_clock_add(20 * FIX_S);
	fix_act(&f, PLATFORM, one, "accept", NULL);
	fix_act(&f, PLATFORM, two, "refuse", json_pack("{s:s}", "reason", "Not ours."));
	fix_clock_add(10 * FIX_S);
	fix_act(&f, PLATFORM, one, "decide",
		json_pack("{s:[i, i], s:s}", "items", 0, 1, "outcome", "removed"));
	fix_act(&f, PLATFORM, one, "decide",
		json_pack("{s:[i], s:s, s:s}", "items", 2, "outcome", "kept", "reason",
			  "Lawful."));
	const char *late = fix_send(&f, "F-3", "c.example", 1);
	fix_make_overdue(&f, late);
	json_t *r = figures(&f, AUTHORITY, NULL);
	assert_true(json_equal(r, figures(&f, PLATFORM, NULL)));
	assert_int_equal(figure(r, "notices", "sent"), 3);
	assert_int_equal(figure(r, "notices", "received"), 3);
	assert_int_equal(figure(r, "notices", "reminders"), 1);
	assert_int_equal(figure(r, "notices", "warnings"), 1);
	assert_int_equal(figure(r, "items", "submitted"), 6);
	assert_int_equal(figure(r, "items", "decided"), 3);
	assert_int_equal(figure(r, "items", "refused"), 2);
	assert_int_equal(figure(r, "by_category", "other"), 6);
	assert_int_equal(figure(r, "outcomes", "removed"), 2);
	assert_int_equal(figure(r, "outcomes", "kept"), 1);
	assert_int_equal(figure(r, "acceptance", "on_time"), 2);
	assert_int_equal(figure(r, "acceptance", "missed"), 1);
	assert_int_equal(figure(r, "decision", "on_time"), 1);
	assert_int_equal(figure(r, "decision", "missed"), 1);
	/* (1 kept + 2 refused) of (3 decided + 2 refused) */
	assert_int_equal(figure(r, "errors", "items_not_followed_permille"), 600);
	/* The counts of outcomes are those of the items, also after a change of mind. */
	fix_act(&f, PLATFORM, one, "reverse",
		json_pack("{s:[i], s:s, s:s}", "items", 2, "outcome", "removed", "reason",
			  "On second thought."));
	assert_int_equal(figure(figures(&f, PLATFORM, NULL), "eu_tco", "reinstated"), 0);
	/* What was taken and is kept after all, that is put back. */
	fix_act(&f, PLATFORM, one, "reverse",
		json_pack("{s:[i, i], s:s, s:s}", "items", 0, 2, "outcome", "kept",
			  "reason", "A parody."));
	fix_act(&f, PLATFORM, one, "reverse",
		json_pack("{s:[i, i], s:s, s:s}", "items", 0, 2, "outcome", "removed",
			  "reason", "A third thought."));
	for (int p = 0; p < PARTY_COUNT; p++) {
		fix_settle(&f);
		assert_int_equal(
			fix_query(
				&f, (enum party)p,
				"SELECT count(*) FROM (SELECT casefile, outcome, "
				"coalesce(ground, '') AS g, count(*) AS n FROM v_item "
				"WHERE "
				"outcome IS NOT NULL GROUP BY 1, 2, 3 EXCEPT SELECT "
				"casefile, outcome, ground, n FROM v_case_outcome) AS t"),
			0);
		r = figures(&f, (enum party)p, NULL);
		assert_int_equal(figure(r, "outcomes", "removed"), 3);
		assert_int_equal(figure(r, "platform", "reversals"), 3);
		assert_int_equal(figure(r, "eu_tco", "reinstated"), 2);
		assert_int_equal(figure(r, "authority", "reversals"), 0);
	}
	r = figures(&f, AUTHORITY, NULL);
	/* Named by both heads, and the same after a rebuild. */
	assert_int_equal(json_array_size(json_object_get(r, "logs")), 2);
	fix_rebuilt_equal(&f, AUTHORITY);
	fix_reopen(&f, AUTHORITY);
	assert_true(json_equal(r, figures(&f, AUTHORITY, NULL)));
	/* What moves a log moves the figures: nothing is kept too long. */
	fix_act(&f, PLATFORM, late, "accept", NULL);
	fix_settle(&f);
	assert_int_equal(figure(figures(&f, AUTHORITY, NULL), "acceptance", "late"), 1);
	assert_int_equal(figure(figures(&f, PLATFORM, NULL), "acceptance", "missed"), 0);
	/* Nothing of a person, and no content. */
	char *text = json_dumps(r, JSON_COMPACT);
	assert_null(strstr(text, "a.example"));
	assert_null(strstr(text, "\"p-"));
	assert_null(strstr(text, "://"));
	free(text);
	fix_close(&f);
}

/* Months stand side by side and add up to the total. */
static void
months(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_send(&f, "M-1", "a.example", 1);
	fix_clock_add(INT64_C(40) * 86400 * FIX_S);
	fix_send(&f, "M-2", "b.example", 2);
	json_t *r = figures(&f, AUTHORITY, json_pack("{s:s}", "each", "month"));
	json_t *periods = json_object_get(r, "periods"), *p;
	int64_t sent = 0;
	size_t i, with = 0;
	assert_int_equal(json_array_size(periods), 12);
	json_array_foreach (periods, i, p) {
		int64_t n = json_integer_value(
			json_object_get(json_object_get(p, "notices"), "sent"));
		sent += n;
		with += n != 0;
	}
	assert_int_equal(sent, 2);
	assert_int_equal(with, 2);
	assert_int_equal(figure(r, "notices", "sent"), 2);
	const char *last = fix_text(json_array_get(periods, 11), "period");
	r = figures(&f, AUTHORITY, json_pack("{s:s, s:s}", "from", last, "to", last));
	assert_int_equal(figure(r, "notices", "sent"), 1);
	assert_int_equal(figure(r, "items", "submitted"), 2);
	static const struct {
		const char *from, *to, *says;
		enum rc rc;
	} bad[] = {
		{"2017-7", "2017-08", "\"from\" must be a month", RC_INVALID},
		{"2017-13", "2018-01", "\"from\" must be a month", RC_INVALID},
		{"2017-00", "2018-01", "\"from\" must be a month", RC_INVALID},
		{"2017-07-01", "2018-01", "from", RC_TOO_LARGE},
		{"2017-08", "2017-07", "\"from\" is after", RC_INVALID},
		{"1990-01", "2017-07", "at most 240 months", RC_TOO_LARGE},
	};
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		fix_refused(&f, AUTHORITY, NULL, "GET", "/v1/statistics",
			    json_pack("{s:s, s:s}", "from", bad[i].from, "to", bad[i].to),
			    bad[i].rc, bad[i].says);
	fix_refused(&f, AUTHORITY, NULL, "GET", "/v1/statistics",
		    json_pack("{s:s}", "each", "day"), RC_INVALID, "month");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_on_both),
		cmocka_unit_test(months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
