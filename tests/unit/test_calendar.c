/*
 * Calendars: what works when, over changes of the offset, and what is refused.
 */
#include "unit/file_read.h"

#include "base/clock.h"
#include "core/calendar.h"

#define H   (3600 * CLOCK_US_PER_S)
#define DAY (24 * H)

static int64_t
at(const char *text)
{
	int64_t us;

	assert_int_equal(clock_parse(text, strlen(text), &us), RC_OK);
	return us;
}

static struct calendar
made(struct arena *a, const char *json)
{
	struct err e = ERR_INIT;
	struct docread d = {.a = a, .e = &e};
	struct calendar c;
	json_t *o = docread_open(&d, json, strlen(json), 1 << 20);

	calendar_read(&d, o, "calendars[0]", &c);
	if (d.rc != RC_OK)
		fail_msg("%s", e.text);
	return c;
}

#define EVERY_DAY                                                                        \
	"\"week\":[{\"day\":\"mon\",\"from\":\"00:00\",\"to\":\"24:00\"},"               \
	"{\"day\":\"tue\",\"from\":\"00:00\",\"to\":\"24:00\"},"                         \
	"{\"day\":\"wed\",\"from\":\"00:00\",\"to\":\"24:00\"},"                         \
	"{\"day\":\"thu\",\"from\":\"00:00\",\"to\":\"24:00\"},"                         \
	"{\"day\":\"fri\",\"from\":\"00:00\",\"to\":\"24:00\"},"                         \
	"{\"day\":\"sat\",\"from\":\"00:00\",\"to\":\"24:00\"},"                         \
	"{\"day\":\"sun\",\"from\":\"00:00\",\"to\":\"24:00\"}]"
#define OFFICE                                                                           \
	"\"week\":[{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"12:00\"},"               \
	"{\"day\":\"mon\",\"from\":\"13:00\",\"to\":\"16:00\"},"                         \
	"{\"day\":\"tue\",\"from\":\"08:00\",\"to\":\"16:00\"}]"

static void
holds(const struct calendar *c, const char *t, const char *from, const char *to)
{
	struct span s = calendar_span(c, at(t));
	char x[CLOCK_TEXT_LEN], y[CLOCK_TEXT_LEN];

	if (s.from_us != at(from) || s.to_us != at(to))
		fail_msg("%s: %s to %s, wanted %s to %s", t, clock_format(s.from_us, x),
			 clock_format(s.to_us, y), from, to);
}

/* 14 July 2017 was a Friday, 17 August 2017 a Thursday. */
static void
office_hours(void **state)
{
	struct arena *a = arena_create();
	struct calendar c = made(a, "{\"code\":\"x\",\"offset_s\":25200," OFFICE
				    ",\"holidays\":[\"2017-07-17\"],"
				    "\"no_send\":[\"2017-08-17\"]}");

	(void)state;
	/* Monday the 17th is a holiday: Friday leads to Tuesday, 08:00 of UTC+7. */
	holds(&c, "2017-07-14T04:00:00Z", "2017-07-18T01:00:00Z", "2017-07-18T09:00:00Z");
	holds(&c, "2017-07-18T08:59:59Z", "2017-07-18T08:59:59Z", "2017-07-18T09:00:00Z");
	holds(&c, "2017-07-18T09:00:00Z", "2017-07-24T01:00:00Z", "2017-07-24T05:00:00Z");
	holds(&c, "2017-07-24T05:00:00Z", "2017-07-24T06:00:00Z", "2017-07-24T09:00:00Z");
	assert_true(calendar_is_no_send(&c, at("2017-08-16T17:00:00Z")));
	assert_true(calendar_is_no_send(&c, at("2017-08-17T16:59:59Z")));
	assert_false(calendar_is_no_send(&c, at("2017-08-16T16:59:59Z")));
	assert_false(calendar_is_no_send(&c, at("2017-08-17T17:00:00Z")));
	arena_free(a);
}

static void
days_end(void **state)
{
	static const struct {
		const char *from;
		int64_t days;
		const char *end;
	} rows[] = {
		/* Monday in office hours: the same day; after them: Tuesday. */
		{"2017-07-24T02:00:00Z", 0, "2017-07-24T09:00:00Z"},
		{"2017-07-24T05:30:00Z", 0, "2017-07-24T09:00:00Z"},
		{"2017-07-24T09:00:00Z", 0, "2017-07-25T09:00:00Z"},
		{"2017-07-24T02:00:00Z", 1, "2017-07-25T09:00:00Z"},
		{"2017-07-24T02:00:00Z", 2, "2017-07-31T09:00:00Z"},
		{"2017-07-20T02:00:00Z", 0, "2017-07-24T09:00:00Z"},
	};
	struct arena *a = arena_create();
	struct calendar c = made(a, "{\"code\":\"x\",\"offset_s\":25200," OFFICE "}");
	struct calendar all =
		made(a, "{\"code\":\"x\",\"offset_s\":25200," EVERY_DAY "}");

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(calendar_days_end(&c, at(rows[i].from), rows[i].days),
				 at(rows[i].end));
	/* The same calendar day in UTC+7, to its last microsecond. */
	assert_int_equal(calendar_days_end(&all, at("2017-08-10T16:59:59.999999Z"), 0),
			 at("2017-08-10T17:00:00Z"));
	assert_int_equal(calendar_days_end(&all, at("2017-08-10T17:00:00Z"), 0),
			 at("2017-08-11T17:00:00Z"));
	arena_free(a);
}

/* Berlin, 2021: 28 March an hour is left out, 31 October one comes twice.  Both Sundays
 * work from 00:00 to 06:00 of civil time. */
static void
changes_of_the_offset(void **state)
{
	struct arena *a = arena_create();
	struct calendar c = made(
		a, "{\"code\":\"x\",\"offsets\":["
		   "{\"from\":\"2020-10-25T01:00:00Z\",\"offset_s\":3600},"
		   "{\"from\":\"2021-03-28T01:00:00Z\",\"offset_s\":7200},"
		   "{\"from\":\"2021-10-31T01:00:00Z\",\"offset_s\":3600}],"
		   "\"week\":[{\"day\":\"sun\",\"from\":\"00:00\",\"to\":\"06:00\"}]}");

	(void)state;
	/* Five hours in March: 23:00 to 01:00 UTC, then 03:00 to 06:00 of the new time.
	 */
	holds(&c, "2021-03-27T00:00:00Z", "2021-03-27T23:00:00Z", "2021-03-28T01:00:00Z");
	holds(&c, "2021-03-28T01:00:00Z", "2021-03-28T01:00:00Z", "2021-03-28T04:00:00Z");
	/* Seven in October. */
	holds(&c, "2021-10-30T00:00:00Z", "2021-10-30T22:00:00Z", "2021-10-31T01:00:00Z");
	holds(&c, "2021-10-31T01:00:00Z", "2021-10-31T01:00:00Z", "2021-10-31T05:00:00Z");
	assert_int_equal(calendar_days_end(&c, at("2021-03-27T23:30:00Z"), 0),
			 at("2021-03-28T04:00:00Z"));
	assert_int_equal(calendar_days_end(&c, at("2021-10-30T22:00:00Z"), 0),
			 at("2021-10-31T05:00:00Z"));
	/* Before the first change its offset holds too; days before 1970 are days. */
	assert_int_equal(calendar_day(&c, -1 - H), -1);
	assert_int_equal(calendar_day(&c, -H), 0);
	assert_int_equal(calendar_day(&c, at("2019-12-31T22:59:59Z")) + 1,
			 calendar_day(&c, at("2019-12-31T23:00:00Z")));
	arena_free(a);
}

/* Spans ascend, never overlap, lie in the week, and come back when asked for again. */
static void
spans_are_whole(void **state)
{
	struct arena *a = arena_create();
	struct calendar c =
		made(a, "{\"code\":\"x\",\"offsets\":["
			"{\"from\":\"2017-01-01T00:00:00Z\",\"offset_s\":-50400},"
			"{\"from\":\"2017-03-05T10:30:00Z\",\"offset_s\":50400},"
			"{\"from\":\"2017-03-06T10:30:00Z\",\"offset_s\":-7}]," OFFICE
			",\"holidays\":[\"2017-03-07\",\"2017-03-13\"]}");
	int64_t t = at("2016-12-01T00:00:00Z");

	(void)state;
	for (int i = 0; i < 400; i++) {
		struct span s = calendar_span(&c, t), in;

		assert_true(s.from_us >= t && s.to_us > s.from_us);
		assert_true(calendar_works(&c, calendar_day(&c, s.from_us)));
		in = calendar_span(&c, s.from_us + (s.to_us - s.from_us) / 2);
		assert_int_equal(in.from_us, s.from_us + (s.to_us - s.from_us) / 2);
		assert_int_equal(in.to_us, s.to_us);
		t = s.to_us;
	}
	assert_true(t > at("2019-01-01T00:00:00Z"));
	/* The end of time is no endless loop. */
	assert_int_equal(calendar_span(&c, INT64_MAX - 5).from_us, INT64_MAX);
	assert_int_equal(calendar_days_end(&c, INT64_MAX - 5, 3), INT64_MAX);
	arena_free(a);
}

static void
dates(void **state)
{
	static const char *const bad[] = {"2017-02-29", "2017-13-01", "2017-1-01",
					  "17-01-01",	"",	      "2017-01-01Z"};
	int64_t day;

	(void)state;
	assert_int_equal(calendar_date_parse("1970-01-02", 10, &day), RC_OK);
	assert_int_equal(day, 1);
	assert_int_equal(calendar_date_parse("1969-12-31", 10, &day), RC_OK);
	assert_int_equal(day, -1);
	assert_int_equal(calendar_date_parse("2020-02-29", 10, &day), RC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(calendar_date_parse(bad[i], strlen(bad[i]), &day),
				 RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(office_hours),
		cmocka_unit_test(days_end),
		cmocka_unit_test(changes_of_the_offset),
		cmocka_unit_test(spans_are_whole),
		cmocka_unit_test(dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
