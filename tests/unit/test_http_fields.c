/* What a request's head may hold, and that nothing in it has two meanings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/head.h"
#include "http/fields.h"
#include "http/rate.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void
paths(void **state)
{
	static const struct {
		const char *raw, *want; /* NULL: refused */
	} rows[] = {
		{"/", "/"},
		{"/v1/cases", "/v1/cases"},
		{"/v1/operators/caf%C3%A9", "/v1/operators/caf\xc3\xa9"},
		{"/v1/operators/a%20b", "/v1/operators/a b"},
		{"", NULL},
		{"v1", NULL},
		{"//", NULL},
		{"/v1//cases", NULL},
		{"/v1/", NULL},
		{"/v1/.", NULL},
		{"/v1/../x", NULL},
		{"/v1/%2e%2e/x", NULL},
		{"/v1/%2E./x", NULL},
		{"/v1/a%2fb", NULL},
		{"/v1/a%5cb", NULL},
		{"/v1/a\\b", NULL},
		{"/v1/a%00b", NULL},
		{"/v1/a%0d%0ab", NULL},
		{"/v1/a%7f", NULL},
		{"/v1/a%", NULL},
		{"/v1/a%4", NULL},
		{"/v1/a%zz", NULL},
		{"/v1/a%ff", NULL},
		{"/v1/%c0%af", NULL},
		{"http://x/v1", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got;
		struct err e = ERR_INIT;
		enum rc rc = field_path(a, rows[i].raw, &got, &e);
		if (rows[i].want == NULL) {
			assert_int_equal(rc, RC_INVALID);
			assert_true(e.rule[0] != '\0');
		} else {
			assert_int_equal(rc, RC_OK);
			assert_string_equal(got, rows[i].want);
		}
	}
	/* Once decoded, a percent sign is a percent sign. */
	const char *once;
	assert_int_equal(field_path(a, "/v1/%252e%252e", &once, NULL), RC_OK);
	assert_string_equal(once, "/v1/%2e%2e");
}

static void
keys(void **state)
{
	char longest[FIELD_KEY_MAX + 2];
	const char *got;

	(void)state;
	assert_int_equal(field_key(a, "\"8e03978e-40d5\"", &got, NULL), RC_OK);
	assert_string_equal(got, "8e03978e-40d5");
	assert_int_equal(field_key(a, "8e03978e-40d5", &got, NULL), RC_OK);
	assert_string_equal(got, "8e03978e-40d5");
	memset(longest, 'k', sizeof(longest));
	longest[FIELD_KEY_MAX] = '\0';
	assert_int_equal(field_key(a, longest, &got, NULL), RC_OK);
	longest[FIELD_KEY_MAX] = 'k';
	longest[FIELD_KEY_MAX + 1] = '\0';
	assert_int_equal(field_key(a, longest, &got, NULL), RC_INVALID);
	static const char *const bad[] = {"",	    "\"\"", "\"",      "a b",
					  "\"a\"b", "a\\b", "\"a",     "a\"",
					  "a\tb",   "\x7f", "\xc3\xa9"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(field_key(a, bad[i], &got, NULL), RC_INVALID);
}

static void
event_ids(void **state)
{
	int64_t id;

	(void)state;
	assert_int_equal(field_event_id("0", &id, NULL), RC_OK);
	assert_int_equal(field_event_id("9223372036854775807", &id, NULL), RC_OK);
	assert_true(id == INT64_MAX);
	static const char *const bad[] = {
		"", "-1", "01", "+1", " 1", "1 ", "1.0", "9223372036854775808", "x"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(field_event_id(bad[i], &id, NULL), RC_INVALID);
}

static void
cookies(void **state)
{
	const char *got;

	(void)state;
	assert_int_equal(field_cookie(a, "x=1; s=abc; y=2", "s", &got, NULL), RC_OK);
	assert_string_equal(got, "abc");
	assert_int_equal(field_cookie(a, "s=", "s", &got, NULL), RC_OK);
	assert_string_equal(got, "");
	assert_int_equal(field_cookie(a, "ss=1; S=2", "s", &got, NULL), RC_OK);
	assert_null(got);
	/* Fixation by a second cookie of the same name. */
	assert_int_equal(field_cookie(a, "s=1; s=2", "s", &got, NULL), RC_INVALID);
	assert_int_equal(field_cookie(a, "s", "s", &got, NULL), RC_INVALID);
	assert_int_equal(field_cookie(a, "s=a,b", "s", &got, NULL), RC_INVALID);
	assert_int_equal(field_cookie(a, "s=\"a\"", "s", &got, NULL), RC_INVALID);
}

static void
etags(void **state)
{
	char etag[FIELD_ETAG_MAX + 1], other[FIELD_ETAG_MAX + 1];
	const char *list;

	(void)state;
	field_etag_make("a", 1, NULL, etag);
	field_etag_make("b", 1, NULL, other);
	assert_int_equal(strlen(etag), FIELD_ETAG_LEN);
	assert_string_not_equal(etag, other);
	assert_true(field_etag_matches(etag, etag));
	assert_true(field_etag_matches("*", etag));
	list = arena_printf(a, "%s , W/%s", other, etag);
	assert_true(field_etag_matches(list, etag));
	assert_false(field_etag_matches(other, etag));
	assert_false(field_etag_matches("", etag));
	assert_false(field_etag_matches("\"unfinished", etag));
	assert_false(field_etag_matches(arena_printf(a, "x %s", etag), etag));
	assert_false(field_etag_matches(arena_printf(a, "%s %s", other, etag), etag));
}

/* The tag of what has a version brings it back; what could be read otherwise does not. */
static void
conditions(void **state)
{
	char etag[FIELD_ETAG_MAX + 1], longest[FIELD_VERSION_MAX + 2];
	const char *got;

	(void)state;
	field_etag_make("a", 1, "1.2.3", etag);
	assert_int_equal(strlen(etag), FIELD_ETAG_LEN + sizeof("1.2.3:") - 1);
	assert_true(field_etag_matches(etag, etag));
	assert_int_equal(field_if_match(a, etag, &got, NULL), RC_OK);
	assert_string_equal(got, "1.2.3");
	assert_int_equal(field_if_match(a, "\"1.2.3\"", &got, NULL), RC_OK);
	assert_string_equal(got, "1.2.3");
	assert_int_equal(field_if_match(a, "*", &got, NULL), RC_OK);
	assert_null(got);
	static const char *const bad[] = {
		"",	   "1.2.3",	   "\"",      "\"\"",	      "\":x\"",
		"\"1",	   "1\"",	   "W/\"1\"", "\"1\", \"2\"", "\"1\" ",
		"\"1 2\"", "\"\xc3\xa9\"", "**",      "\"1\"2"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(field_if_match(a, bad[i], &got, NULL), RC_INVALID);
	memset(longest, '1', sizeof(longest));
	longest[FIELD_VERSION_MAX] = '\0';
	field_etag_make("a", 1, longest, etag);
	assert_int_equal(strlen(etag), FIELD_ETAG_MAX);
	assert_int_equal(field_if_match(a, etag, &got, NULL), RC_OK);
	assert_string_equal(got, longest);
	longest[FIELD_VERSION_MAX] = '1';
	longest[FIELD_VERSION_MAX + 1] = '\0';
	field_etag_make("a", 1, longest, etag);
	assert_int_equal(strlen(etag), FIELD_ETAG_LEN);
	field_etag_make("a", 1, "a\"b", etag);
	assert_int_equal(strlen(etag), FIELD_ETAG_LEN);
}

/* A name from outside is text for the eye, and nothing else. */
static void
file_names(void **state)
{
	static const struct {
		const char *name, *want; /* NULL: without a name */
	} rows[] = {
		{"case-1_2.tar", "case-1_2.tar"},
		{"a b.txt", "a%20b.txt"},
		{"../../etc/passwd", "_._.._etc_passwd"},
		{".bashrc", "_bashrc"},
		{"C:\\x", "C__x"},
		{"a\"; filename=b", "a%22%3B%20filename%3Db"},
		{"a\r\nSet-Cookie: x", "a__Set-Cookie_%20x"},
		{"caf\xc3\xa9", "caf%C3%A9"},
		{"x\xe2\x80\xae"
		 "gpj.exe\xe2\x80\xac",
		 "x_gpj.exe_"},
		{"\xf0\x9f\x98\x80", "%F0%9F%98%80"},
		{"%2e%2e", "%252e%252e"},
		{"\xff", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
			field_disposition(a, rows[i].name),
			rows[i].want == NULL
				? "attachment"
				: arena_printf(a, "attachment; filename*=UTF-8''%s",
					       rows[i].want));
}

static void
types_and_hosts(void **state)
{
	(void)state;
	assert_true(field_is_json("application/json"));
	assert_true(field_is_json("Application/JSON; charset=UTF-8"));
	assert_false(field_is_json("application/json; charset=utf-16"));
	assert_false(field_is_json("application/jsonp"));
	assert_false(field_is_json("text/plain"));
	assert_false(field_is_json("application/x-www-form-urlencoded"));
	assert_true(field_host_valid("a.example"));
	assert_true(field_host_valid("a.example:443"));
	assert_true(field_host_valid("[::1]:8443"));
	assert_false(field_host_valid(""));
	assert_false(field_host_valid("a.example:"));
	assert_false(field_host_valid("a.example:65536"));
	assert_false(field_host_valid("a.example/x"));
	assert_false(field_host_valid("u@a.example"));
	assert_false(field_host_valid("[::1"));
	assert_true(field_host_listed("A.example:1", "b.example, a.example"));
	assert_false(field_host_listed("c.example", "b.example, a.example"));
	assert_false(field_host_listed("a.exampl", "a.example"));
	assert_true(field_host_listed("any.example", ""));
}

static void
names_and_values(void **state)
{
	(void)state;
	assert_true(head_name_valid("X-Request-Id"));
	assert_false(head_name_valid(""));
	assert_false(head_name_valid("Content-Length "));
	assert_false(head_name_valid("a:b"));
	assert_false(head_name_valid("a\x80"));
	assert_true(head_value_valid("a b\tc \xc3\xa9"));
	assert_false(head_value_valid("a\rb"));
	assert_false(head_value_valid("a\nb"));
	assert_false(head_value_valid("a\x7f"));
}

/* A bucket gives what it holds, then what time brings; others are not touched by it. */
static void
buckets(void **state)
{
	enum { A_MINUTE = 6, S = 1000000 };
	static struct rate r;
	struct rate_answer got;
	int64_t now_us = 1000 * (int64_t)S;

	(void)state;
	rate_start(&r);
	for (int i = 0; i < A_MINUTE; i++) {
		rate_take(&r, RATE_PUBLIC, "1.2.3.4", A_MINUTE, 1, now_us, &got);
		assert_true(got.ok);
		assert_int_equal(got.left, A_MINUTE - 1 - i);
	}
	rate_take(&r, RATE_PUBLIC, "1.2.3.4", A_MINUTE, 1, now_us, &got);
	assert_false(got.ok);
	assert_in_range(got.wait_s, 1, 11);
	rate_take(&r, RATE_PUBLIC, "1.2.3.5", A_MINUTE, 1, now_us, &got);
	assert_true(got.ok);
	rate_take(&r, RATE_CREDENTIAL, "1.2.3.4", A_MINUTE, 1, now_us, &got);
	assert_true(got.ok);
	now_us += 11 * (int64_t)S;
	rate_take(&r, RATE_PUBLIC, "1.2.3.4", A_MINUTE, 0, now_us, &got);
	assert_true(got.ok);
	rate_take(&r, RATE_PUBLIC, "1.2.3.4", A_MINUTE, 1, now_us, &got);
	assert_true(got.ok);
	rate_take(&r, RATE_PUBLIC, "1.2.3.4", A_MINUTE, 1, now_us, &got);
	assert_false(got.ok);
	/* More addresses than the table has room for: all are served, none for nothing.
	 */
	for (int i = 0; i < 3 * RATE_ROWS * RATE_WAYS; i++) {
		rate_take(&r, RATE_PUBLIC, arena_printf(a, "a%d", i), A_MINUTE, 1, now_us,
			  &got);
		assert_true(got.ok);
	}
	rate_stop(&r);
}

static void
packed_or_not(void **state)
{
	static const char *const takes[] = {
		"gzip",	   "GZIP", "br, gzip", "gzip;q=0.8", "deflate , gzip ; q=1",
		"gzip;x=y"};
	static const char *const refuses[] = {
		"",	 "br",	  "gzip;q=0",	   "gzip;q=0.000",
		"xgzip", "gzip2", "gzip; q=0, br", "*"};

	(void)state;
	for (size_t i = 0; i < sizeof(takes) / sizeof(takes[0]); i++)
		assert_true(field_takes_gzip(takes[i]));
	for (size_t i = 0; i < sizeof(refuses) / sizeof(refuses[0]); i++)
		assert_false(field_takes_gzip(refuses[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths),
		cmocka_unit_test(packed_or_not),
		cmocka_unit_test(keys),
		cmocka_unit_test(event_ids),
		cmocka_unit_test(cookies),
		cmocka_unit_test(etags),
		cmocka_unit_test(conditions),
		cmocka_unit_test(file_names),
		cmocka_unit_test(types_and_hosts),
		cmocka_unit_test(names_and_values),
		cmocka_unit_test(buckets),
	};

	return cmocka_run_group_tests_name("http_fields", tests, setup, teardown);
}
