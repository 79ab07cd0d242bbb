#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/rc.h"
#include "base/text.h"

/* A token is one outcome, and a status or exit code fits what it says. */
static void
outcomes_are_distinct_and_fit(void **state)
{
	(void)state;
	for (int i = 0; i < RC_COUNT; i++) {
		enum rc rc = (enum rc)i;
		assert_int_equal(rc_from_token(rc_token(rc)), rc);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(rc_token(rc), rc_token((enum rc)k));
		for (const char *p = rc_token(rc); *p != '\0'; p++)
			assert_true((*p >= 'a' && *p <= 'z') || *p == '_');
		if (rc == RC_OK) {
			assert_int_equal(rc_http_status(rc), 200);
			assert_int_equal(rc_exit_code(rc), 0);
		} else {
			assert_in_range(rc_http_status(rc), 400, 599);
			assert_in_range(rc_exit_code(rc), EXIT_USAGE + 1, 125);
		}
	}
	assert_int_equal(rc_from_token("of a newer node"), RC_IO);
	assert_int_equal(rc_from_token(""), RC_IO);
	assert_int_equal(rc_from_token("OK"), RC_IO);
}

static void
errors_hold_text_and_rule(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, RC_CONFLICT, "%s is %d", "x", 3), RC_CONFLICT);
	assert_string_equal(e.text, "x is 3");
	assert_string_equal(e.rule, "");
	assert_int_equal(err_rule(&e, RC_INVALID, "protocol 2", "seq %d", 4), RC_INVALID);
	assert_string_equal(e.rule, "protocol 2");
	assert_string_equal(e.text, "protocol 2: seq 4");
	err_prefix(&e, "line %d", 9);
	assert_string_equal(e.text, "line 9: protocol 2: seq 4");
	assert_string_equal(e.rule, "protocol 2");
	/* A later error does not keep the rule of an earlier one. */
	assert_int_equal(err_set(&e, RC_IO, "gone"), RC_IO);
	assert_string_equal(e.rule, "");
	assert_int_equal(err_set(NULL, RC_IO, "x"), RC_IO);
	assert_int_equal(err_rule(NULL, RC_IO, "r", "x"), RC_IO);
	err_prefix(NULL, "x");
}

static void
hostile_text_becomes_printable(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(err_set(&e, RC_INVALID, "a\x1b[31m\n\x7f z\xc3\xa9"),
			 RC_INVALID);
	assert_string_equal(e.text, "a?[31m?? z\xc3\xa9");
	assert_int_equal(err_rule(&e, RC_INVALID, "r\n", "b\t"), RC_INVALID);
	assert_string_equal(e.text, "r?: b?");
	assert_string_equal(e.rule, "r?");
	err_prefix(&e, "\x01");
	assert_string_equal(e.text, "?: r?: b?");
	char lines[] = "\ta\x1b[2J\r\n\xc2\x9bz\xff\x7f";
	text_make_lines_printable(lines);
	assert_string_equal(lines, "\ta?[2J?\n??z??");
}

/* C1 controls (U+0080 to U+009F) move a terminal's cursor as ESC does; and a text that is
 * cut, or hostile, is UTF-8 none the less, because it goes into JSON. */
static void
texts_are_utf8_without_controls(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"\xc2\x9b"
		 "31m",
		 "??31m"},
		{"\xc2\xa0", "\xc2\xa0"},
		{"\xff\xfe", "??"},
		{"a\xc3", "a?"},
		{"\xe2\x82", "??"},
		{"\xe2\x82\xac", "\xe2\x82\xac"},
		{"\xc0\xaf", "??"},
		{"\xed\xa0\x80", "???"},
		{"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
		{"\xf4\x90\x80\x80", "????"},
		/* What turns text around, and its neighbours. */
		/* NOLINTNEXTLINE(misc-misleading-bidirectional) */
		{"exe\xe2\x80\xae"
		 "fdp",
		 "exe???fdp"},
		{"\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa", "??????\xe2\x81\xaa"},
		{"\xe2\x80\x8d\xe2\x80\x8e", "\xe2\x80\x8d???"},
		{"\xd8\x9b\xd8\x9c", "\xd8\x9b??"},
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(err_set(&e, RC_INVALID, "%s", cases[i].in), RC_INVALID);
		assert_string_equal(e.text, cases[i].out);
	}
	/* Cut in the middle of a character, at every offset. */
	for (int pad = 0; pad < 4; pad++) {
		char text[ERR_TEXT_MAX + 8];
		for (size_t at = (size_t)pad; at + 4 < sizeof(text); at += 4)
			memcpy(text + at, "\xf0\x9f\x98\x80", 5);
		memset(text, 'a', (size_t)pad);
		assert_int_equal(err_set(&e, RC_INVALID, "%s", text), RC_INVALID);
		size_t len = strlen(e.text), tail = (len - (size_t)pad) % 4;
		for (size_t k = len - tail; k < len; k++)
			assert_int_equal(e.text[k], '?');
	}
}

static void
long_texts_are_cut(void **state)
{
	struct err e = ERR_INIT;
	char big[2000];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(err_set(&e, RC_IO, "%s", big), RC_IO);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	assert_int_equal(err_rule(&e, RC_IO, big, "%s", big), RC_IO);
	assert_int_equal(strlen(e.rule), ERR_RULE_MAX - 1);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
	err_prefix(&e, "%s", big);
	assert_int_equal(strlen(e.text), ERR_TEXT_MAX - 1);
}

static void
system_errors_map_to_outcomes(void **state)
{
	static const struct {
		int number;
		enum rc rc;
	} cases[] = {
		{ENOSPC, RC_FULL},  {EDQUOT, RC_FULL},	{EACCES, RC_DENIED},
		{EPERM, RC_DENIED}, {EROFS, RC_DENIED}, {ENOENT, RC_NOT_FOUND},
		{EIO, RC_IO},	    {EBADF, RC_IO},
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char expect[200];
		errno = cases[i].number;
		assert_int_equal(err_sys(&e, "open %s", "x"), cases[i].rc);
		snprintf(expect, sizeof(expect), "open x: %s", strerror(cases[i].number));
		assert_string_equal(e.text, expect);
		errno = cases[i].number;
		assert_int_equal(err_sys(NULL, "open %s", "x"), cases[i].rc);
	}
}

/* What log_line() writes to standard error. */
static char *
captured(enum log_level level, const char *text, char *line, size_t size)
{
	int ends[2], saved = dup(STDERR_FILENO);

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	log_line(level, "test.id", "text=%s n=%d", text, 7);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	close(saved);
	close(ends[1]);
	ssize_t got = read(ends[0], line, size - 1);
	close(ends[0]);
	assert_true(got >= 0);
	line[got] = '\0';
	return line;
}

static void
a_log_line_is_one_line(void **state)
{
	char line[4096], big[3000];

	(void)state;
	captured(LOG_INFO, "a\nb\x1b", line, sizeof(line));
	assert_non_null(strstr(line, "Z info test.id text=a?b? n=7\n"));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	captured(LOG_ERROR, big, line, sizeof(line));
	assert_int_equal(strcspn(line, "\n"), strlen(line) - 1);
	assert_true(strlen(line) <= 1024);
	assert_string_equal(captured(LOG_DEBUG, "quiet", line, sizeof(line)), "");
	log_set_level(LOG_DEBUG);
	assert_non_null(strstr(captured(LOG_DEBUG, "loud", line, sizeof(line)), "debug"));
	log_set_level(LOG_ERROR);
	assert_string_equal(captured(LOG_WARN, "quiet", line, sizeof(line)), "");
	log_set_level(LOG_INFO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_are_distinct_and_fit),
		cmocka_unit_test(errors_hold_text_and_rule),
		cmocka_unit_test(hostile_text_becomes_printable),
		cmocka_unit_test(texts_are_utf8_without_controls),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(system_errors_map_to_outcomes),
		cmocka_unit_test(a_log_line_is_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
