#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/uuid.h"

#define DAY_US (86400 * CLOCK_US_PER_S)

static void
known_instants(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} cases[] = {
		{"1970-01-01T00:00:00.000000Z", 0},
		{"1969-12-31T23:59:59.999999Z", -1},
		{"2017-07-14T04:00:00.000000Z", INT64_C(1500004800000000)},
		{"2000-02-29T12:00:00.500000Z", INT64_C(951825600500000)},
		{"2038-01-19T03:14:08.000001Z", INT64_C(2147483648000001)},
		{"0000-01-01T00:00:00.000000Z", INT64_C(-62167219200000000)},
		{"0999-12-31T23:59:59.000000Z", INT64_C(-30610224001000000)},
		{"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
	};
	char text[CLOCK_TEXT_LEN];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(clock_format(cases[i].us, text), cases[i].text);
		assert_int_equal(clock_parse(cases[i].text, strlen(cases[i].text), &us),
				 RC_OK);
		assert_true(us == cases[i].us);
	}
}

static void
instants_without_a_text_form(void **state)
{
	static const int64_t out[] = {INT64_MIN, INT64_MIN + 1,
				      INT64_C(-62167219200000001),
				      INT64_C(253402300800000000), INT64_MAX};
	char text[CLOCK_TEXT_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
		assert_string_equal(clock_format(out[i], text), "?");
}

/* Every day of ten thousand years, at a different time of the day each. */
static void
every_day_comes_back_in_order(void **state)
{
	const int64_t first = INT64_C(-62167219200000000),
		      last = INT64_C(253402300800000000);
	char text[CLOCK_TEXT_LEN], before[CLOCK_TEXT_LEN] = "";
	int64_t days = 0, us;

	(void)state;
	for (int64_t t = first; t < last; t += DAY_US, days++) {
		int64_t at = t + days * 7919 * 1000003 % DAY_US;
		clock_format(at, text);
		assert_int_equal(clock_parse(text, strlen(text), &us), RC_OK);
		assert_true(us == at);
		assert_true(strcmp(before, text) < 0);
		memcpy(before, text, sizeof(before));
	}
	/* 10000 years with 97 leap days in each 400. */
	assert_int_equal(days, 10000 * 365 + 25 * 97);
}

static void
leap_days(void **state)
{
	static const struct {
		const char *text;
		enum rc rc;
	} cases[] = {
		{"2000-02-29T00:00:00Z", RC_OK},
		{"1900-02-29T00:00:00Z", RC_INVALID},
		{"2004-02-29T00:00:00Z", RC_OK},
		{"2001-02-29T00:00:00Z", RC_INVALID},
		{"2100-02-29T00:00:00Z", RC_INVALID},
		{"2400-02-29T00:00:00Z", RC_OK},
		{"2000-02-30T00:00:00Z", RC_INVALID},
		{"0000-02-29T00:00:00Z", RC_OK},
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (clock_parse(cases[i].text, strlen(cases[i].text), &us) != cases[i].rc)
			fail_msg("%s", cases[i].text);
}

/* RFC 3339, section 4.2: local time less the offset is UTC. */
static void
offsets_and_fractions(void **state)
{
	static const struct {
		const char *text, *utc;
	} cases[] = {
		{"2026-03-01T07:00:00+07:00", "2026-03-01T00:00:00.000000Z"},
		{"2026-02-28T20:30:00-03:30", "2026-03-01T00:00:00.000000Z"},
		{"2026-03-01T00:00:00+00:00", "2026-03-01T00:00:00.000000Z"},
		{"2026-03-01T00:00:00-00:00", "2026-03-01T00:00:00.000000Z"},
		{"2024-03-01T06:59:59.25+07:00", "2024-02-29T23:59:59.250000Z"},
		{"2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100000Z"},
		{"2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00.000001Z"},
		{"2026-01-01t00:00:00z", "2026-01-01T00:00:00.000000Z"},
		{"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"},
		{"2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00.000000Z"},
	};
	char text[CLOCK_TEXT_LEN];
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(clock_parse(cases[i].text, strlen(cases[i].text), &us),
				 RC_OK);
		assert_string_equal(clock_format(us, text), cases[i].utc);
	}
}

static void
other_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2026",
		"2026-01-01",
		"2026-01-01T00:00:00",
		"2026-01-01 00:00:00Z",
		"2026-01-01T00:00Z",
		"2026-1-01T00:00:00Z",
		"26-01-01T00:00:00Z",
		"+026-01-01T00:00:00Z",
		"2026-00-01T00:00:00Z",
		"2026-13-01T00:00:00Z",
		"2026-01-00T00:00:00Z",
		"2026-01-32T00:00:00Z",
		"2026-04-31T00:00:00Z",
		"2026-01-01T24:00:00Z",
		"2026-01-01T00:60:00Z",
		"2016-12-31T23:59:60Z",
		"2026-01-01T00:00:00.Z",
		"2026-01-01T00:00:00.1234567Z",
		"2026-01-01T00:00:00,5Z",
		"2026-01-01T00:00:00+7:00",
		"2026-01-01T00:00:00+0700",
		"2026-01-01T00:00:00+24:00",
		"2026-01-01T00:00:00+07:60",
		"2026-01-01T00:00:00+07",
		"2026-01-01T00:00:00ZZ",
		"2026-01-01T00:00:00Z ",
		" 2026-01-01T00:00:00Z",
		"2026-01-01T00:00:00+07:00Z",
		"2026\r01-01T00:00:00Z",
	};
	int64_t us;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (clock_parse(bad[i], strlen(bad[i]), &us) != RC_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
	/* The length is what counts, not a NUL. */
	assert_int_equal(clock_parse("2026-01-01T00:00:00Z", 19, &us), RC_INVALID);
	assert_int_equal(clock_parse("2026-01-01T00:00:00Z\0", 21, &us), RC_INVALID);
}

static void
time_goes_on(void **state)
{
	int64_t mono = clock_mono_us(), now = clock_now_us();

	(void)state;
	assert_true(now > INT64_C(1500000000000000));
	assert_true(clock_mono_us() >= mono);
}

static void
uuids_are_valid_different_and_ordered_by_millisecond(void **state)
{
	const int64_t us = INT64_C(1500004800123456);
	char text[UUID_TEXT_LEN + 1], other[UUID_TEXT_LEN + 1];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uuid7_make(us + i * 1000, text);
		assert_int_equal(strlen(text), UUID_TEXT_LEN);
		assert_true(uuid7_valid(text, UUID_TEXT_LEN));
		uuid7_make(us + i * 1000, other);
		assert_string_not_equal(text, other);
		assert_int_equal(memcmp(text, other, 13), 0);
		uuid7_make(us + i * 1000 + 1000, other);
		assert_true(memcmp(text, other, 13) < 0);
	}
	/* RFC 9562, appendix A.6: the instant of its example. */
	uuid7_make(INT64_C(1645557742000999), text);
	assert_int_equal(uuid7_ms(text), INT64_C(1645557742000));
	assert_memory_equal(text, "017f22e2-79b0-7", 15);
}

static void
other_uuids_are_refused(void **state)
{
	static const char good[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	char text[UUID_TEXT_LEN + 1];

	(void)state;
	assert_true(uuid7_valid(good, UUID_TEXT_LEN));
	assert_false(uuid7_valid(good, UUID_TEXT_LEN - 1));
	assert_false(uuid7_valid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f0", 37));
	assert_false(uuid7_valid("", 0));
	/* Each position takes what it takes, and nothing else. */
	for (size_t at = 0; at < UUID_TEXT_LEN; at++)
		for (int c = 0; c < 256; c++) {
			bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
			bool expect =
				at == 14   ? c == '7'
				: at == 19 ? c == '8' || c == '9' || c == 'a' || c == 'b'
				: good[at] == '-' ? c == '-'
						  : hex;
			memcpy(text, good, sizeof(text));
			text[at] = (char)c;
			if (uuid7_valid(text, UUID_TEXT_LEN) != expect)
				fail_msg("position %zu, byte %d", at, c);
		}
}

#define AHEAD_US (INT64_C(86400) * CLOCK_US_PER_S)

/* How far the clock is ahead with `text` in its file; NULL: there is no file. */
static int64_t
ahead_with(const char *path, const char *text)
{
	unlink(path);
	if (text != NULL) {
		FILE *f = fopen(path, "w");
		assert_non_null(f);
		fputs(text, f);
		fclose(f);
	}
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	return clock_now_us() - ((int64_t)ts.tv_sec * CLOCK_US_PER_S + ts.tv_nsec / 1000);
}

/* Only a build for tests listens to the file; what is no number says nothing. */
static void
a_clock_that_tests_move(void **state)
{
	static const struct {
		const char *text;
		bool moves;
	} cases[] = {
		{"86400000000", true},
		{"86400000000\n", true},
		{NULL, false},
		{"", false},
		{"\n", false},
		{"-86400000000", false},
		{"86400000000 ", false},
		{"86400000000\n\n", false},
		{"0x1", false},
		{"0000000000000000086400000000", false},
		{"86400000000000000000", false},
	};
	char dir[] = "/tmp/saluran-clock-XXXXXX", path[sizeof(dir) + 8];
	bool tests = false;

	(void)state;
#ifdef SALURAN_FAULTS
	tests = true;
#endif
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/ahead", dir);
	setenv("SALURAN_CLOCK_FILE", path, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t ahead = ahead_with(path, cases[i].text);
		if ((ahead >= AHEAD_US / 2) != (tests && cases[i].moves))
			fail_msg("'%s': ahead by %lld", cases[i].text, (long long)ahead);
	}
	unsetenv("SALURAN_CLOCK_FILE");
	assert_true(ahead_with(path, "86400000000") < AHEAD_US / 2);
	unlink(path);
	rmdir(dir);
}

#ifdef SALURAN_FAULTS
static int64_t
hours_off(const char *path, const char *text)
{
	const int64_t hour_us = 3600 * CLOCK_US_PER_S;
	int64_t off = ahead_with(path, text);

	return (off + (off < 0 ? -hour_us / 2 : hour_us / 2)) / hour_us;
}
#endif

/* A clock that is believed goes on by the time that passes, wherever the system's jumps.
 */
static void
a_jump_is_not_followed(void **state)
{
#ifdef SALURAN_FAULTS
	char dir[] = "/tmp/saluran-clock-XXXXXX", path[sizeof(dir) + 8];
	int64_t wall, boot, offset;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/moved", dir);
	assert_false(clock_believed(&offset));
	setenv("SALURAN_CLOCK_FILE", path, 1);
	/* Not believed yet, it says whatever the system's clock says. */
	assert_int_equal(hours_off(path, "0 -72000000000"), -20);
	assert_int_equal(hours_off(path, "0 72000000000\n"), 20);
	assert_int_equal(hours_off(path, "0 0"), 0);
	clock_read(&wall, &boot);
	clock_believe(wall - boot);
	assert_int_equal(hours_off(path, "0 72000000000"), 0);
	assert_int_equal(hours_off(path, "0 -31536000000000"), 0);
	/* Time passes all the same, and the system's clock may come back to it. */
	assert_int_equal(hours_off(path, "36000000000 -31536000000000"), 10);
	assert_int_equal(hours_off(path, "36000000000 0"), 10);
	/* Small corrections are followed, one after the other: 4 hours in all. */
	for (int s = 0; s <= 4 * 3600; s += 240) {
		char text[64];
		snprintf(text, sizeof(text), "0 %lld",
			 (long long)s * (long long)CLOCK_US_PER_S);
		int64_t off = ahead_with(path, text) / CLOCK_US_PER_S;
		if (off < s - 1 || off > s + 1)
			fail_msg("after %d s: %lld", s, (long long)off);
	}
	assert_int_equal(hours_off(path, "0 0"), 4);
	clock_read(&wall, &boot);
	clock_believe(wall - boot);
	assert_int_equal(hours_off(path, "0 0"), 0);
	unsetenv("SALURAN_CLOCK_FILE");
	unlink(path);
	rmdir(dir);
#else
	int64_t wall, boot, offset;

	(void)state;
	clock_read(&wall, &boot);
	clock_believe(wall - boot - 3600 * CLOCK_US_PER_S);
	int64_t late = wall - clock_now_us();
	assert_true(late > 3590 * CLOCK_US_PER_S && late <= 3600 * CLOCK_US_PER_S);
	assert_true(clock_believed(&offset));
	clock_believe(wall - boot);
#endif
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_instants),
		cmocka_unit_test(instants_without_a_text_form),
		cmocka_unit_test(every_day_comes_back_in_order),
		cmocka_unit_test(leap_days),
		cmocka_unit_test(offsets_and_fractions),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(time_goes_on),
		cmocka_unit_test(a_clock_that_tests_move),
		cmocka_unit_test(a_jump_is_not_followed),
		cmocka_unit_test(uuids_are_valid_different_and_ordered_by_millisecond),
		cmocka_unit_test(other_uuids_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
