#include "core/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static const char *
value(void *arg, const char *word)
{
	(void)arg;
	if (strcmp(word, "who") == 0)
		return "Telegram";
	if (strcmp(word, "braces") == 0)
		return "{who} and {{who}} and {";
	if (strcmp(word, "half") == 0)
		return "a}";
	if (strcmp(word, "open") == 0)
		return "{";
	return NULL;
}

/* What is filled in, which places stay, and what is sent in the end. */
static void
fills(void **state)
{
	static const struct {
		const char *text, *filled, *open;
		const char *sent; /* NULL: refused */
	} rows[] = {
		{"Dear {who}.", "Dear Telegram.", "", "Dear Telegram."},
		{"{who}{who}", "TelegramTelegram", "", "TelegramTelegram"},
		{"Until {due_1}.", "Until {due_1}.", "due_1", NULL},
		{"{a} {a} {b}", "{a} {a} {b}", "a b", NULL},
		{"{{who}}", "{{who}}", "", "{who}"},
		{"{{{who}}}", "{{{who}}}", "", "{{who}}"},
		{"{{who}", "{Telegram", "", "{Telegram"},
		{"{braces}", "{{who}} and {{{who}}} and {", "",
		 "{who} and {{who}} and {"},
		/* a value that would be a place with what stands beside it */
		{"{{half}", "{{a}}", "", "{a}"},
		{"{open}a}", "{{a}}", "", "{a}"},
		{"{open}{due}}", "{{due} }", "due", NULL},
		{"{{due}", "{{due}", "due", NULL},
		/* no places */
		{"{\"a\": 1}", "{\"a\": 1}", "", "{\"a\": 1}"},
		{"{}", "{}", "", "{}"},
		{"{Who}", "{Who}", "", "{Who}"},
		{"{1a}", "{1a}", "", "{1a}"},
		{"{who", "{who", "", "{who"},
		{"who}", "who}", "", "who}"},
		{"{w o}", "{w o}", "", "{w o}"},
		{"{", "{", "", "{"},
		{"{{", "{{", "", "{{"},
		/* 40 bytes are a word, 41 are not */
		{"{aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd}",
		 "{aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd}",
		 "aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", NULL},
		{"{aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde}",
		 "{aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde}", "",
		 "{aaaaaaaaaabbbbbbbbbbccccccccccdddddddddde}"},
	};
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *open[4], *sent, *names = "";
		struct err e = ERR_INIT;
		size_t n;
		const char *filled =
			template_fill(a, rows[i].text, value, NULL, open, 4, &n);
		assert_string_equal(filled, rows[i].filled);
		for (size_t k = 0; k < n; k++)
			names = arena_printf(a, "%s%s%s", names, k == 0 ? "" : " ",
					     open[k]);
		assert_string_equal(names, rows[i].open);
		enum rc rc = template_ready(a, "text", filled, &sent, &e);
		assert_int_equal(rc, rows[i].sent == NULL ? RC_INVALID : RC_OK);
		if (rows[i].sent != NULL)
			assert_string_equal(sent, rows[i].sent);
		else
			assert_non_null(strstr(e.text, "\"text\" still has the place {"));
	}
	arena_free(a);
}

/* More open places than there is room to name: none is written past the end. */
static void
many_open(void **state)
{
	struct arena *a = arena_create();
	const char *open[2] = {NULL, NULL};
	size_t n;

	(void)state;
	template_fill(a, "{a}{b}{c}", value, NULL, open, 1, &n);
	assert_int_equal(n, 1);
	assert_string_equal(open[0], "a");
	assert_null(open[1]);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fills),
		cmocka_unit_test(many_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
