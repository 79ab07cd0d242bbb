/*
 * Every command: its help has an example of itself, and its JSON moves no cursor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { WORDS_MAX = 4, NAME_MAX_LEN = 60 };

static const struct cli_command serve = {
	.name = "serve", .words = "", .doc = "d", .example = "saluran serve"};

/* What is printed on standard output; for free(). */
static char *
printed(int argc, char **argv, int *ret_code)
{
	FILE *before = stdout;
	char *text = NULL;
	size_t len;

	stdout = open_memstream(&text, &len);
	assert_non_null(stdout);
	*ret_code = cli_run(argc, argv, &serve);
	fclose(stdout);
	stdout = before;
	return text;
}

/* A line of the example that is this command, with a word or an option, or its end,
 * behind the name. */
static bool
example_is_own(const struct cli_command *c)
{
	const char *at = c->example;
	size_t len = strlen(c->name);

	while ((at = strstr(at, "saluran ")) != NULL) {
		at += strlen("saluran ");
		if (strncmp(at, c->name, len) == 0 &&
		    (at[len] == ' ' || at[len] == '\n' || at[len] == '\0'))
			return true;
	}
	return false;
}

/* Each option that the example gives is one of the command. */
static void
example_options(const struct cli_command *c)
{
	static const char *const common[] = {"dir", "as", "json", "help"};

	for (const char *at = c->example; (at = strstr(at, " --")) != NULL;) {
		at += 3;
		size_t len = strcspn(at, " =\n");
		bool known = false;
		for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
			known |= strlen(common[i]) == len &&
				 strncmp(common[i], at, len) == 0;
		for (const struct cli_option *o = c->options;
		     o != NULL && o->name != NULL; o++)
			known |= strlen(o->name) == len && strncmp(o->name, at, len) == 0;
		if (!known)
			fail_msg("%s: its example has --%.*s", c->name, (int)len, at);
	}
}

static void
help_of(const struct cli_command *c)
{
	char name[NAME_MAX_LEN], program[] = "saluran", help[] = "--help";
	char *argv[WORDS_MAX] = {program};
	int argc = 1, code;

	assert_true(strlen(c->name) < sizeof(name));
	memcpy(name, c->name, strlen(c->name) + 1);
	char *space = strchr(name, ' ');
	argv[argc++] = name;
	if (space != NULL) {
		*space = '\0';
		argv[argc++] = space + 1;
	}
	argv[argc++] = help;
	char *text = printed(argc, argv, &code);
	assert_int_equal(code, EXIT_SUCCESS);
	if (strstr(text, "--json") == NULL || strstr(text, "\nexample:\n") == NULL ||
	    strstr(text, "\nexit codes: 0 done") == NULL ||
	    strstr(text, c->example) == NULL)
		fail_msg("%s --help: %s", c->name, text);
	free(text);
}

static void
every_command(void **state)
{
	size_t n = 0;

	(void)state;
	for (size_t f = 0; cli_families[f] != NULL; f++)
		for (const struct cli_command *c = cli_families[f]; c->name != NULL;
		     c++, n++) {
			if (!example_is_own(c))
				fail_msg("%s: its example is of another command: %s",
					 c->name, c->example);
			if (strchr(c->example, '\n') == NULL)
				example_options(c);
			help_of(c);
		}
	assert_true(n > 100);
}

static void
json_moves_no_cursor(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	json_t *j = json_pack("{s:s}", "a\xc2\x9b",
			      /* NOLINTNEXTLINE(misc-misleading-bidirectional) */
			      "\x1b[2J\x7f\xc2\x9b"
			      "31m \xe2\x80\xae\xe2\x81\xa6\xd8\x9c "
			      "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");

	(void)state;
	assert_non_null(to);
	cli_json_print(j, JSON_COMPACT, to);
	fclose(to);
	assert_string_equal(text, "{\"a\\u009B\":\"\\u001B[2J\\u007F\\u009B"
				  "31m \\u202E\\u2066\\u061C "
				  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}\n");
	/* It is the same to who reads it. */
	json_t *again = json_loads(text, 0, NULL);
	assert_true(json_equal(j, again));
	json_decref(again);
	json_decref(j);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command),
		cmocka_unit_test(json_moves_no_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
