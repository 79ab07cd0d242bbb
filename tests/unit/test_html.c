#include "data_file.h"

#include <jansson.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http/html.h"

static const char *
finish(struct html *h, size_t *ret_len)
{
	const char *page = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(html_finish(h, &page, ret_len, &e), RC_OK);
	return page;
}

static const char *
page_of(struct arena *a, const char *text)
{
	struct html *h = html_create(a);
	size_t len;

	html_open(h, "p");
	html_attr(h, "class", text);
	html_text(h, text);
	html_close(h, "p");
	return finish(h, &len);
}

static void
escapes(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"},
		{"a\tb\nc", "a\tb\nc"},
		{"a\rb", "a&#13;b"},
		{"\x01\x1f\x7f", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc2\x80\xc2\x9f\xc2\xa0", "\xef\xbf\xbd\xef\xbf\xbd\xc2\xa0"},
		{"\xff<\xc3", "\xef\xbf\xbd&lt;\xef\xbf\xbd"},
		{"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"}, /* an overlong '<' */
		{"\xe2\x82\xac", "\xe2\x82\xac"},
	};
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(page_of(a, rows[i].in),
				    arena_printf(a, "<p class=\"%s\">%s</p>", rows[i].out,
						 rows[i].out));
	arena_free(a);
}

static void
builds(void **state)
{
	struct arena *a = arena_create();
	struct html *h = html_create(a);
	size_t len;

	(void)state;
	html_open(h, "html");
	html_attr(h, "lang", "id");
	html_open(h, "body");
	html_open(h, "br");
	html_leaf(h, "code", "x", "y");
	html_open(h, "pre");
	html_text(h, "\nfirst line is empty");
	html_close(h, "pre");
	html_open(h, "a");
	html_attr(h, "href", "/case/1?after=%3C&lang=id");
	html_close(h, "a");
	html_close(h, "body");
	html_close(h, "html");
	assert_string_equal(
		finish(h, &len),
		"<!DOCTYPE html>\n<html lang=\"id\"><body><br><code class=\"x\">y"
		"</code><pre>\n\nfirst line is empty</pre>"
		"<a href=\"/case/1?after=%3C&amp;lang=id\"></a></body></html>");
	arena_free(a);
}

/* The naughty strings, as text and as value: none of their markup is markup afterwards.
 */
static void
naughty_strings_are_inert(void **state)
{
	struct arena *a = arena_create();
	size_t len, i;
	const char *json = data_file(a, "blns/blns.json", &len);
	json_t *all = json_loadb(json, len, JSON_ALLOW_NUL, NULL), *s;

	(void)state;
	assert_non_null(all);
	assert_true(json_array_size(all) > 400);
	json_array_foreach (all, i, s) {
		const char *page = page_of(a, json_string_value(s));
		const char *value = strchr(page, '"') + 1;
		const char *end = strchr(value, '"');
		const char *text = end + 2;
		assert_true(strncmp(page, "<p class=\"", 10) == 0);
		assert_true(end[1] == '>');
		/* Value and text are escaped alike, and hold nothing that opens anything.
		 */
		assert_true(strncmp(value, text, (size_t)(end - value)) == 0);
		assert_string_equal(text + (end - value), "</p>");
		for (const char *c = value; c < end; c++)
			assert_true(strchr("<>\"'\r", *c) == NULL);
	}
	json_decref(all);
	arena_free(a);
}

static void
too_large_is_told(void **state)
{
	enum { CHUNK = 1 << 20 };
	struct arena *a = arena_create();
	struct html *h = html_create(a);
	char *chunk = arena_alloc(a, CHUNK + 1);
	struct err e = ERR_INIT;
	const char *page;
	size_t len;

	(void)state;
	memset(chunk, 'x', CHUNK);
	html_open(h, "p");
	for (int i = 0; i <= HTML_BYTES_MAX / CHUNK; i++)
		html_text(h, chunk);
	html_close(h, "p");
	assert_int_equal(html_finish(h, &page, &len, &e), RC_TOO_LARGE);
	arena_free(a);
}

/* ---- bugs are caught before a byte leaves ------------------------------------------ */

static void
bug_script(struct html *h)
{
	html_open(h, "script");
}

static void
bug_handler(struct html *h)
{
	html_open(h, "p");
	html_attr(h, "onclick", "x");
}

static void
bug_style(struct html *h)
{
	html_open(h, "p");
	html_attr(h, "style", "x");
}

static void
bug_late_attribute(struct html *h)
{
	html_open(h, "p");
	html_text(h, "x");
	html_attr(h, "class", "x");
}

static void
bug_wrong_end(struct html *h)
{
	html_open(h, "p");
	html_open(h, "bdi");
	html_close(h, "p");
}

static void
bug_unclosed(struct html *h)
{
	const char *page;
	size_t len;
	struct err e;

	html_open(h, "p");
	if (html_finish(h, &page, &len, &e) != RC_OK)
		_exit(1);
}

static void
link_to(struct html *h, const char *href)
{
	html_open(h, "a");
	html_attr(h, "href", href);
}

static void
bug_scheme(struct html *h)
{
	link_to(h, "javascript:alert(1)");
}

static void
bug_other_server(struct html *h)
{
	link_to(h, "//evil.example/");
}

static void
bug_backslash(struct html *h)
{
	link_to(h, "/\\evil.example/");
}

static void
bug_tab(struct html *h)
{
	link_to(h, "/\t/evil.example/");
}

static void
bugs_are_asserted(void **state)
{
	static void (*const bugs[])(struct html *) = {
		bug_script,    bug_handler,  bug_style,	 bug_late_attribute,
		bug_wrong_end, bug_unclosed, bug_scheme, bug_other_server,
		bug_backslash, bug_tab,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bugs) / sizeof(bugs[0]); i++) {
		int status;
		pid_t child = fork();
		if (child == 0) {
			fclose(stderr);
			bugs[i](html_create(arena_create()));
			_exit(0);
		}
		assert_true(waitpid(child, &status, 0) == child);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("bug %zu was not caught", i);
	}
}

/* ---- another reader than ours gets the same text back ------------------------------ */

static const char reader[] =
	"import html.parser, json, os, sys\n"
	"class Reader(html.parser.HTMLParser):\n"
	"    def __init__(self):\n"
	"        super().__init__()\n"
	"        self.found = []\n"
	"    def handle_starttag(self, tag, attrs):\n"
	"        if tag == 'p':\n"
	"            self.found.append([dict(attrs)['class'], ''])\n"
	"        elif tag != 'html':\n"
	"            sys.exit('markup: ' + tag)\n"
	"    def handle_data(self, data):\n"
	"        if self.found or data != '\\n':\n"
	"            self.found[-1][1] += data\n"
	"    def handle_comment(self, data):\n"
	"        sys.exit('a comment')\n"
	"    def handle_pi(self, data):\n"
	"        sys.exit('an instruction')\n"
	"def shown(s):\n"
	"    return ''.join('\\ufffd' if (c < ' ' and c not in '\\t\\n\\r') or\n"
	"                   '\\x7f' <= c <= '\\x9f' else c for c in s)\n"
	"r = Reader()\n"
	"r.feed(open(sys.argv[1], encoding='utf-8', newline='').read())\n"
	"r.close()\n"
	"path = os.environ['SALURAN_TEST_DATA'] + '/blns/blns.json'\n"
	"want = [shown(s) for s in json.load(open(path, encoding='utf-8'))]\n"
	"if len(want) < 400 or r.found != [[s, s] for s in want]:\n"
	"    sys.exit('another text came back')\n";

static void
python_reads_the_same(void **state)
{
	struct arena *a = arena_create();
	struct html *h = html_create(a);
	char path[] = "/tmp/saluran-html-XXXXXX";
	size_t len, i, page_len;
	const char *json = data_file(a, "blns/blns.json", &len);
	json_t *all = json_loadb(json, len, JSON_ALLOW_NUL, NULL), *s;
	int status, fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	html_open(h, "html");
	json_array_foreach (all, i, s) {
		html_open(h, "p");
		html_attr(h, "class", json_string_value(s));
		html_text(h, json_string_value(s));
		html_close(h, "p");
	}
	html_close(h, "html");
	const char *page = finish(h, &page_len);
	assert_int_equal(write(fd, page, page_len), (ssize_t)page_len);
	close(fd);
	pid_t child = fork();
	if (child == 0) {
		execl("/usr/bin/python3", "python3", "-c", reader, path, (char *)NULL);
		_exit(127);
	}
	assert_true(waitpid(child, &status, 0) == child);
	assert_int_equal(status, 0);
	unlink(path);
	json_decref(all);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(builds),
		cmocka_unit_test(naughty_strings_are_inert),
		cmocka_unit_test(too_large_is_told),
		cmocka_unit_test(bugs_are_asserted),
		cmocka_unit_test(python_reads_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
