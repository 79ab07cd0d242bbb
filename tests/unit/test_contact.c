/*
 * Who is called now: hours in any offset, weeks that wrap, roles and orders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/contact.h"

#define US CLOCK_US_PER_S

static int64_t
at(const char *text)
{
	int64_t us;

	if (clock_parse(text, strlen(text), &us) != RC_OK)
		fail_msg("%s is no time", text);
	return us;
}

static struct contact_hours
hours(const char *json)
{
	json_t *j = json_loads(json, 0, NULL);
	struct contact_hours h;
	struct err e = ERR_INIT;

	assert_non_null(j);
	if (contact_hours_read(j, &h, &e) != RC_OK)
		fail_msg("%s: %s", json, e.text);
	json_decref(j);
	return h;
}

#define OFFICE                                                                           \
	"{\"offset\":\"+07:00\",\"week\":["                                              \
	"{\"day\":\"mon\",\"from\":\"08:00\",\"to\":\"17:00\"},"                         \
	"{\"day\":\"fri\",\"from\":\"08:00\",\"to\":\"11:30\"},"                         \
	"{\"day\":\"fri\",\"from\":\"13:00\",\"to\":\"17:00\"}]}"

/* 14 July 2017 was a Friday: 11:00 in Jakarta is 04:00 UTC. */
static void
opens(void **state)
{
	static const struct {
		const char *hours, *at, *opens;
	} rows[] = {
		{OFFICE, "2017-07-14T04:00:00Z", "2017-07-14T04:00:00Z"},
		{OFFICE, "2017-07-14T04:29:59Z", "2017-07-14T04:29:59Z"},
		{OFFICE, "2017-07-14T04:30:00Z", "2017-07-14T06:00:00Z"},
		{OFFICE, "2017-07-14T10:00:00Z", "2017-07-17T01:00:00Z"},
		{OFFICE, "2017-07-17T00:59:59Z", "2017-07-17T01:00:00Z"},
		/* Monday in Jakarta while it is Sunday in UTC. */
		{"{\"offset\":\"+07:00\",\"week\":[{\"day\":\"mon\",\"from\":\"00:00\","
		 "\"to\":\"01:00\"}]}",
		 "2017-07-16T17:30:00Z", "2017-07-16T17:30:00Z"},
		/* Only once a week, and that was a second ago. */
		{"{\"offset\":\"-05:30\",\"week\":[{\"day\":\"thu\",\"from\":\"00:00\","
		 "\"to\":\"00:01\"}]}",
		 "1970-01-01T05:31:00Z", "1970-01-08T05:30:00Z"},
		{"{\"offset\":\"+00:00\",\"week\":[{\"day\":\"wed\",\"from\":\"23:00\","
		 "\"to\":\"24:00\"}]}",
		 "1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z"},
		{"{\"offset\":\"+00:00\",\"week\":[{\"day\":\"wed\",\"from\":\"23:00\","
		 "\"to\":\"24:00\"}]}",
		 "1970-01-01T00:00:00Z", "1970-01-07T23:00:00Z"},
		{"null", "2017-07-14T04:00:00Z", "2017-07-14T04:00:00Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct contact_hours h = {0};
		if (strcmp(rows[i].hours, "null") != 0)
			h = hours(rows[i].hours);
		char got[CLOCK_TEXT_LEN];
		int64_t us = contact_opens_us(&h, at(rows[i].at));
		if (us != at(rows[i].opens))
			fail_msg("row %zu: opens %s", i, clock_format(us, got));
		assert_int_equal(contact_open(&h, at(rows[i].at)),
				 at(rows[i].at) == at(rows[i].opens));
	}
}

/* Whatever the hours: within a week, never before now, and open when it says so. */
static void
opens_laws(void **state)
{
	const struct contact_hours h = hours(OFFICE);

	(void)state;
	for (int64_t s = 0; s < 8 * 86400; s += 613) {
		int64_t now = at("2017-07-10T00:00:00Z") + s * US;
		int64_t us = contact_opens_us(&h, now);
		assert_true(us >= now && us <= now + 7 * 86400 * US);
		assert_true(contact_open(&h, us));
		if (us > now)
			assert_false(contact_open(&h, us - 1));
	}
}

static void
bad_hours(void **state)
{
	static const struct {
		const char *json, *says;
	} rows[] = {
		{"{}", "hours.offset"},
		{"{\"offset\":\"07:00\",\"week\":[]}", "hours.offset"},
		{"{\"offset\":\"+15:00\",\"week\":[]}", "hours.offset"},
		{"{\"offset\":\"+07:60\",\"week\":[]}", "hours.offset"},
		{"{\"offset\":\"+07:00\",\"week\":[]}", "hours.week"},
		{"{\"offset\":\"+07:00\",\"week\":[{\"day\":\"sen\",\"from\":\"08:00\","
		 "\"to\":\"17:00\"}]}",
		 "week[0].day"},
		{"{\"offset\":\"+07:00\",\"week\":[{\"day\":\"mon\",\"from\":\"17:00\","
		 "\"to\":\"08:00\"}]}",
		 "two spans"},
		{"{\"offset\":\"+07:00\",\"week\":[{\"day\":\"mon\",\"from\":\"08:00\","
		 "\"to\":\"24:01\"}]}",
		 "two spans"},
		{"{\"offset\":\"+07:00\",\"week\":[{\"day\":\"mon\",\"from\":\"08:00\","
		 "\"to\":\"09:00\",\"x\":1}]}",
		 "nothing else"},
		{"[]", "hours.offset"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *j = json_loads(rows[i].json, 0, NULL);
		struct contact_hours h;
		struct err e = ERR_INIT;
		assert_int_equal(contact_hours_read(j, &h, &e), RC_INVALID);
		if (strstr(e.text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, e.text);
		json_decref(j);
	}
}

/* As people write them, as an event has them, and back. */
static void
hours_round(void **state)
{
	const struct contact_hours h = hours(OFFICE);
	struct contact_hours again;
	json_t *event = contact_hours_event(&h), *shown = contact_hours_shown(&h);
	json_t *given = json_loads(OFFICE, 0, NULL);

	(void)state;
	contact_hours_of_event(event, &again);
	assert_memory_equal(&h, &again, sizeof(h));
	assert_true(json_equal(shown, given));
	json_decref(event);
	json_decref(shown);
	json_decref(given);
}

static void
duty(void **state)
{
	const struct contact_hours office = hours(OFFICE);
	struct contact_entry c[] = {
		{.role = "escalation", .order = 0},
		{.role = "deputy", .order = 2},
		{.role = "contact", .order = 5, .hours = office},
		{.role = "deputy", .order = 1},
		{.role = "contact", .order = 1, .hours = office},
	};
	size_t order[5];

	(void)state;
	contact_duty(c, 5, at("2017-07-14T04:00:00Z"), order);
	const size_t by_day[] = {4, 2, 3, 1, 0};
	assert_memory_equal(order, by_day, sizeof(order));
	contact_duty(c, 5, at("2017-07-14T20:00:00Z"), order);
	const size_t by_night[] = {3, 1, 0, 4, 2};
	assert_memory_equal(order, by_night, sizeof(order));
	assert_true(c[3].open && !c[4].open);
	assert_int_equal(c[4].opens_us, at("2017-07-17T01:00:00Z"));
	contact_duty(c, 0, 0, order);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opens),     cmocka_unit_test(opens_laws),
		cmocka_unit_test(bad_hours), cmocka_unit_test(hours_round),
		cmocka_unit_test(duty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
