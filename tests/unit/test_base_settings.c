#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/settings.h"

static const struct setting_def defs[] = {
	{"listen", SETTING_ADDRESS, 1, 0, "127.0.0.1:8080", NULL,
	 "Where people connect."},
	{"notify", SETTING_ADDRESS, 0, 0, "", NULL, "Where notices go."},
	{"workers", SETTING_INT, 1, 64, "4", "threads", "How many requests run at once."},
	{"offset", SETTING_INT, 0, 0, "-3", NULL, "Any number."},
	{"tls", SETTING_BOOL, 0, 0, "yes", NULL, "Whether to encrypt."},
	{"node", SETTING_TEXT, 2, 8, "local", NULL,
	 "The name of this node, which others see. It is long enough to be broken into "
	 "two "
	 "lines of comment."},
	{"store", SETTING_PATH, 0, 0, "/var/lib/x", NULL, "Where the store is."},
};
enum { DEFS = sizeof(defs) / sizeof(defs[0]) };

static enum rc
parse(struct arena *a, const char *text, struct settings **s, struct err *e)
{
	return settings_parse(a, defs, DEFS, "x.conf", text, strlen(text), s, e);
}

static void
defaults_hold_without_a_file(void **state)
{
	struct arena *a = arena_create();
	struct settings *s;
	struct err e = ERR_INIT;
	const char *host;
	uint16_t port;

	(void)state;
	assert_int_equal(settings_load(a, defs, DEFS, NULL, &s, &e), RC_OK);
	assert_int_equal(settings_int(s, "workers"), 4);
	assert_int_equal(settings_int(s, "offset"), -3);
	assert_true(settings_bool(s, "tls"));
	assert_string_equal(settings_text(s, "node"), "local");
	assert_string_equal(settings_text(s, "store"), "/var/lib/x");
	assert_true(settings_address(s, "listen", &host, &port));
	assert_string_equal(host, "127.0.0.1");
	assert_int_equal(port, 8080);
	assert_false(settings_address(s, "notify", &host, &port));
	assert_string_equal(settings_text(s, "notify"), "");
	arena_free(a);
}

static void
a_file_overrides_and_the_command_line_overrides_it(void **state)
{
	struct arena *a = arena_create();
	struct settings *s;
	struct err e = ERR_INIT;
	const char *host;
	uint16_t port;

	(void)state;
	assert_int_equal(
		parse(a,
		      "# all of it\r\n\n \t\nworkers=64\n  tls =  no # because\n"
		      "node = a#b c\t\nlisten = [::1]:65535\nnotify = host.test:1",
		      &s, &e),
		RC_OK);
	assert_int_equal(settings_int(s, "workers"), 64);
	assert_false(settings_bool(s, "tls"));
	assert_string_equal(settings_text(s, "node"), "a#b c");
	assert_true(settings_address(s, "listen", &host, &port));
	assert_string_equal(host, "::1");
	assert_int_equal(port, 65535);
	assert_int_equal(settings_set(s, "workers", "7", &e), RC_OK);
	assert_int_equal(settings_int(s, "workers"), 7);
	assert_int_equal(settings_set(s, "workers", "65", &e), RC_INVALID);
	assert_int_equal(settings_set(s, "worker", "6", &e), RC_INVALID);
	assert_int_equal(settings_int(s, "workers"), 7);
	arena_free(a);
}

/* Every refusal names file and line, and what is wrong. */
static void
bad_lines_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *text, *place, *says;
	} cases[] = {
		{"tls = no\nwrokers = 3\n", "x.conf:2: ", "did you mean \"workers\"?"},
		{"completely_else = 3", "x.conf:1: ", "there is no setting"},
		{"tls", "x.conf:1: ", "name = value"},
		{"= 3", "x.conf:1: ", "there is no setting"},
		{"tls = no\n\ntls = yes", "x.conf:3: ", "already in line 1"},
		{"tls = no\n\ntls = no", "x.conf:3: ", "already in line 1"},
		{"tls = maybe", "x.conf:1: ", "neither yes nor no"},
		{"tls =", "x.conf:1: ", "neither yes nor no"},
		{"workers = 0", "x.conf:1: ", "1 to 64 threads"},
		{"workers = 65", "x.conf:1: ", "1 to 64 threads"},
		{"workers = 4k", "x.conf:1: ", "not a whole number"},
		{"workers = 04", "x.conf:1: ", "not a whole number"},
		{"workers = +4", "x.conf:1: ", "not a whole number"},
		{"workers = 0x4", "x.conf:1: ", "not a whole number"},
		{"workers = ", "x.conf:1: ", "not a whole number"},
		{"offset = -0", "x.conf:1: ", "not a whole number"},
		{"offset = -", "x.conf:1: ", "not a whole number"},
		{"offset = 9223372036854775808", "x.conf:1: ", "not a whole number"},
		{"offset = -9223372036854775809", "x.conf:1: ", "not a whole number"},
		{"node = x", "x.conf:1: ", "2 to 8"},
		{"node = 123456789", "x.conf:1: ", "2 to 8"},
		{"node = a\001b", "x.conf:1: ", "control character"},
		{"store = # nothing", "x.conf:1: ", "give a path"},
		{"listen = ", "x.conf:1: ", "not host:port"},
		{"listen = 8080", "x.conf:1: ", "not host:port"},
		{"listen = :8080", "x.conf:1: ", "not host:port"},
		{"listen = []:80", "x.conf:1: ", "not host:port"},
		{"listen = ::1:80", "x.conf:1: ", "not host:port"},
		{"listen = a b:80", "x.conf:1: ", "not host:port"},
		{"listen = host:", "x.conf:1: ", "not host:port"},
		{"listen = host:0", "x.conf:1: ", "1 to 65535"},
		{"listen = host:65536", "x.conf:1: ", "1 to 65535"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena *a = arena_create();
		struct settings *s;
		struct err e = ERR_INIT;
		enum rc rc = parse(a, cases[i].text, &s, &e);
		if (rc != RC_INVALID || strstr(e.text, cases[i].says) == NULL ||
		    strncmp(e.text, cases[i].place, strlen(cases[i].place)) != 0)
			fail_msg("%s: %s, \"%s\"", cases[i].text, rc_token(rc), e.text);
		arena_free(a);
	}
}

static void
the_whole_range_of_numbers_can_be_written(void **state)
{
	struct arena *a = arena_create();
	struct settings *s;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(parse(a, "offset = 9223372036854775807", &s, &e), RC_OK);
	assert_true(settings_int(s, "offset") == INT64_MAX);
	assert_int_equal(parse(a, "offset = -9223372036854775808", &s, &e), RC_OK);
	assert_true(settings_int(s, "offset") == INT64_MIN);
	assert_int_equal(parse(a, "offset = 0", &s, &e), RC_OK);
	assert_int_equal(settings_int(s, "offset"), 0);
	arena_free(a);
}

static void
what_must_be_set_is_asked_for(void **state)
{
	static const struct setting_def must[] = {
		{"key", SETTING_TEXT, 1, 0, NULL, NULL, "The key of the node."},
	};
	struct arena *a = arena_create();
	struct settings *s;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(settings_load(a, must, 1, NULL, &s, &e), RC_INVALID);
	assert_non_null(strstr(e.text, "key must be set: The key of the node."));
	assert_int_equal(settings_parse(a, must, 1, "x", "key = \n", 7, &s, &e),
			 RC_INVALID);
	assert_int_equal(settings_parse(a, must, 1, "x", "key=\0z\n", 7, &s, &e),
			 RC_INVALID);
	assert_int_equal(settings_parse(a, must, 1, "x", "key=z\n", 6, &s, &e), RC_OK);
	arena_free(a);
}

/* The documented file, with its defaults uncommented, is accepted and changes nothing. */
static void
the_documented_file_is_the_defaults(void **state)
{
	struct arena *a = arena_create();
	struct buf doc = BUF_INIT(65536), active = BUF_INIT(65536);
	struct settings *s, *plain;
	struct err e = ERR_INIT;

	(void)state;
	settings_doc_put(defs, DEFS, &doc);
	assert_true(buf_ok(&doc));
	assert_non_null(
		strstr(buf_str(&doc), "# whole number, 1 to 64 (threads)\n#workers = 4"));
	for (const char *p = buf_str(&doc); *p != '\0'; p += strcspn(p, "\n") + 1) {
		size_t len = strcspn(p, "\n");
		assert_true(len <= 78);
		if (len > 1 && p[0] == '#' && p[1] != ' ')
			buf_put(&active, p + 1, len);
	}
	assert_int_equal(parse(a, buf_str(&doc), &s, &e), RC_OK);
	assert_int_equal(parse(a, buf_str(&active), &s, &e), RC_OK);
	assert_int_equal(settings_load(a, defs, DEFS, NULL, &plain, &e), RC_OK);
	assert_int_equal(settings_int(s, "offset"), settings_int(plain, "offset"));
	assert_string_equal(settings_text(s, "node"), settings_text(plain, "node"));
	assert_string_equal(settings_text(s, "listen"), settings_text(plain, "listen"));
	buf_free(&doc);
	buf_free(&active);
	arena_free(a);
}

static void
files_are_read_up_to_a_limit(void **state)
{
	char path[] = "/tmp/saluran-settings-XXXXXX";
	struct arena *a = arena_create();
	struct settings *s;
	struct err e = ERR_INIT;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "workers = 9\n", 12), 12);
	assert_int_equal(settings_load(a, defs, DEFS, path, &s, &e), RC_OK);
	assert_int_equal(settings_int(s, "workers"), 9);
	assert_int_equal(ftruncate(fd, SETTINGS_FILE_MAX_BYTES + 1), 0);
	assert_int_equal(settings_load(a, defs, DEFS, path, &s, &e), RC_TOO_LARGE);
	close(fd);
	unlink(path);
	assert_int_equal(settings_load(a, defs, DEFS, path, &s, &e), RC_NOT_FOUND);
	assert_non_null(strstr(e.text, path));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold_without_a_file),
		cmocka_unit_test(a_file_overrides_and_the_command_line_overrides_it),
		cmocka_unit_test(bad_lines_are_refused_with_their_place),
		cmocka_unit_test(the_whole_range_of_numbers_can_be_written),
		cmocka_unit_test(what_must_be_set_is_asked_for),
		cmocka_unit_test(the_documented_file_is_the_defaults),
		cmocka_unit_test(files_are_read_up_to_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
