/* The pages as a browser gets them, from a real node. */
#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "http/pages.h"
#include "http/web.h"
#include "pages_fetch.h"
#include "pages_node.h"

#define EVIL "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;"

static struct {
	struct pages_node node;
	const char *evil_case, *plain_case;
} t;

static const char *
path_of(const char *prefix, const char *id)
{
	return arena_printf(t.node.a, "%s%s", prefix, id);
}

/* ---- a node with something to show ------------------------------------------------- */

static int
start(void **state)
{
	struct err e = ERR_INIT;
	struct buf csv = BUF_INIT(BYTES_MAX);

	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	pages_node_open(&t.node, "Kementerian <Contoh> & \"Uji\"");
	fetch_as = t.node.officer;
	must(http_pages_start(t.node.nd, "127.0.0.1", 0, &fetch_from, &e), &e,
	     "http_pages_start");
	t.evil_case = pages_node_send(&t.node, "evil", EVIL, EVIL,
				      "target,category,description\n"
				      "https://contoh.example/<b>,gambling,"
				      "\""
				      "<script>alert(1)</script>"
				      "\"\n",
				      true);
	buf_puts(&csv, "target,category\n");
	for (int i = 0; i < 250; i++)
		buf_printf(&csv, "https://contoh.example/%d,fraud\n", i);
	t.plain_case = pages_node_send(&t.node, "plain", "Permintaan biasa", "Pasal 40",
				       buf_str(&csv), false);
	buf_free(&csv);
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	http_pages_stop(fetch_from);
	pages_node_close(&t.node);
	return 0;
}

/* ---- laws -------------------------------------------------------------------------- */

static void
headers_are_on_every_answer(void **state)
{
	static const char *const paths[] = {
		"/",	    "/orders",	      "/lookup",    "/lookup?name=x.example",
		"/nothing", "/a/x/style.css", "/a/nothing", "/case/x"};
	static const char *const wanted[] = {
		"Content-Security-Policy: default-src 'none'; script-src 'self'; "
		"style-src 'self'; "
		"img-src 'self'; connect-src 'self'; form-action 'self'; base-uri "
		"'none'; "
		"frame-ancestors 'none'; require-trusted-types-for 'script'; "
		"trusted-types "
		"'none'\r\n",
		"X-Content-Type-Options: nosniff\r\n",
		"Referrer-Policy: no-referrer\r\n",
		"Cache-Control: no-store\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (int head = 0; head < 2; head++) {
			struct got g;
			request(head ? "HEAD" : "GET", paths[i], NULL, &g);
			for (size_t k = 0; k < sizeof(wanted) / sizeof(wanted[0]); k++)
				if (strstr(buf_str(&g.head), wanted[k]) == NULL)
					fail_msg("%s lacks %s", paths[i], wanted[k]);
			assert_true(head ? g.body.len == 0 : g.body.len != 0);
			got_free(&g);
		}
}

static void
nothing_comes_unescaped(void **state)
{
	const char *const paths[] = {
		"/",
		path_of("/case/", t.evil_case),
		"/lookup?name=%3Cscript%3Ealert(1)%3C/script%3E%22%27",
		"/?x=%3Cscript%3E%22%27&state=sent",
		"/%3Cscript%3E%22%27",
		"/case/%3Cscript%3E%22%27",
		"/?after=%3Cscript%3E",
		"/?lang=%3Cscript%3E",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct got g;
		request("GET", paths[i], NULL, &g);
		assert_false(has(&g, "<script"));
		assert_false(has(&g, "<img"));
		assert_false(has(&g, "<Contoh>"));
		assert_false(has(&g, " style="));
		assert_false(has(&g, " onerror=alert(2)>"));
		assert_true(has(&g, "Kementerian &lt;Contoh&gt; &amp; &quot;Uji&quot;"));
		got_free(&g);
	}
	EXPECT(path_of("/case/", t.evil_case), 200,
	       "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&lt;img src=x");
}

static void
undelivered_is_shown_as_such(void **state)
{
	(void)state;
	EXPECT("/?lang=en", 200, "Undelivered", "platform.example",
	       "251 items = 0 decided + 251 undecided", "entries undelivered",
	       path_of("/case/", t.plain_case));
	EXPECT(path_of(path_of("/case/", t.plain_case), "?lang=en"), 200, "Undelivered",
	       "submitted 250 = accepted 0 + refused 0 + duplicate 0 + waiting 250",
	       "accepted 0 = decided 0 + open 0", "none yet: no deadline runs",
	       "Appended");
}

static void
never_just_delivered(void **state)
{
	struct got g;

	(void)state;
	request("GET", path_of(path_of("/case/", t.plain_case), "?lang=en"), NULL, &g);
	assert_false(has(&g, ">Delivered<"));
	assert_false(has(&g, "Received at"));
	got_free(&g);
}

static void
items_come_in_pages(void **state)
{
	const char *path = path_of("/case/", t.plain_case);
	struct got g;

	(void)state;
	request("GET", path, NULL, &g);
	assert_true(has(&g, "https://contoh.example/99<"));
	assert_false(has(&g, "https://contoh.example/100<"));
	assert_true(has(&g, "?after=99#items\""));
	got_free(&g);
	request("GET", path_of(path, "?after=99"), NULL, &g);
	assert_false(has(&g, "https://contoh.example/99<"));
	assert_true(has(&g, "https://contoh.example/100<"));
	assert_true(has(&g, "?after=199#items\""));
	got_free(&g);
	request("GET", path_of(path, "?after=199"), NULL, &g);
	assert_true(has(&g, "https://contoh.example/249<"));
	assert_true(has(&g, "Halaman pertama"));
	assert_false(has(&g, "Halaman berikutnya"));
	got_free(&g);
}

static void
filters_and_cursors(void **state)
{
	(void)state;
	EXPECT("/?state=sent&lang=en", 200, "Permintaan biasa");
	EXPECT("/?state=closed&lang=en", 200, "No case has this status.",
	       "Clear the filter");
	EXPECT("/?state=nonsense&lang=en", 400, "This page cannot be shown");
	EXPECT("/?after=nonsense&lang=en", 400, "This page cannot be shown");
	EXPECT("/orders?lang=en", 200, "There are no orders");
}

static void
languages(void **state)
{
	static const struct {
		const char *path, *accept, *lang;
	} rows[] = {
		{"/", "Accept-Language:", "id"},
		{"/", "Accept-Language: en", "en"},
		{"/", "Accept-Language: en-GB;q=0.8, id;q=0.7", "en"},
		{"/", "Accept-Language: en;q=0.3, id-ID;q=0.7", "id"},
		{"/", "Accept-Language: de, fr;q=0.9, en;q=0.1", "en"},
		{"/", "Accept-Language: de, *", "id"},
		{"/", "Accept-Language: english", "id"},
		{"/", "Accept-Language: en;q=0", "id"},
		{"/?lang=id", "Accept-Language: en", "id"},
		{"/?lang=en", "Accept-Language: id", "en"},
		{"/?lang=de", "Accept-Language: en", "en"},
		{"/nothing?lang=en", "Accept-Language: id", "en"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g;
		request("GET", rows[i].path, (const char *const[]){rows[i].accept, NULL},
			&g);
		if (!has(&g, path_of(path_of("<html lang=\"", rows[i].lang), "\"")))
			fail_msg("%s with %s is not in %s", rows[i].path, rows[i].accept,
				 rows[i].lang);
		got_free(&g);
	}
}

static void
the_switch_keeps_the_page(void **state)
{
	(void)state;
	EXPECT("/?state=sent&after=&lang=en", 400,
	       "href=\"/?state=sent&amp;after=&amp;lang=id\"");
	EXPECT("/lookup?name=a%26b%3D%C3%A9&lang=en", 400,
	       "href=\"/lookup?name=a%26b%3D%C3%A9&amp;lang=id\"");
	EXPECT(path_of(path_of("/case/", t.plain_case), "?after=99"), 200,
	       path_of(path_of("href=\"/case/", t.plain_case),
		       "?after=99&amp;lang=en\""));
	/* What was asked for goes along with every link, and only then. */
	EXPECT("/?lang=en", 200, "href=\"/orders?lang=en\"");
	EXPECT("/", 200, "href=\"/orders\"");
	EXPECT("//evil.example/?lang=en", 404, "href=\"/evil.example/?lang=id\"");
}

static void
times_are_in_the_readers_zone(void **state)
{
	struct got g;

	(void)state;
	request("GET", "/?lang=id", NULL, &g);
	assert_true(has(&g, " WIB</time>") && !has(&g, " UTC</time>"));
	got_free(&g);
	request("GET", "/?lang=en", NULL, &g);
	assert_true(has(&g, " UTC</time>") && !has(&g, " WIB</time>"));
	got_free(&g);
}

static void
lookup(void **state)
{
	(void)state;
	EXPECT("/lookup?lang=en", 200, "<form method=\"get\" action=\"/lookup\"");
	EXPECT("/lookup?name=&lang=en", 200, "<form");
	EXPECT("/lookup?name=Contoh.Example.&lang=en", 200, "contoh.example",
	       "No order in force here", "does not mean that the name is not blocked",
	       "No order on this node, in force or past, names it.");
	EXPECT("/lookup?name=https://contoh.example/a%3Fb&lang=en", 200,
	       "<code><bdi>contoh.example</bdi></code>");
	EXPECT("/lookup?name=not+a+name&lang=en", 400, "value=\"not a name\"",
	       "This is not a name that can be looked up.");
	EXPECT("/lookup?name=%FF%FE&lang=id", 400, "Ini bukan nama yang dapat dicari.");
}

static void
unknown_paths(void **state)
{
	static const char *const paths[] = {
		"/nothing",
		"/case/",
		"/case/x",
		"/order/x",
		"/orders/x",
		"/case/../etc/passwd",
		"/CASE/x",
		"/lookup/",
		"/index.html",
		"/order/019f0000-0000-7000-8000-000000000000",
		"/case/019f0000-0000-7000-8000-000000000000",
		"/v1/status",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		EXPECT(path_of(paths[i], "?lang=en"), 404, "There is no such page",
		       "To the cases");
	/* A word never leads to another route of the service. */
	EXPECT(path_of(path_of("/case/", t.plain_case), "%2Fitems?lang=en"), 404,
	       "There is no such page");
}

static void
only_for_reading(void **state)
{
	static const char *const methods[] = {"POST",  "PUT",	  "DELETE",
					      "PATCH", "OPTIONS", "TRACE"};

	(void)state;
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		struct got g;
		request(methods[i], "/", NULL, &g);
		assert_int_equal(g.status, 405);
		assert_non_null(strstr(buf_str(&g.head), "Allow: GET, HEAD\r\n"));
		got_free(&g);
	}
}

static void
only_for_this_machine(void **state)
{
	static const struct {
		const char *line;
		long status;
	} rows[] = {
		{"Host: localhost", 200},
		{"Host: LOCALHOST:8080", 200},
		{"Host: 127.0.0.1:1", 200},
		{"Host: 127.8.9.10", 200},
		{"Host: [::1]:7480", 200},
		{"Host: [::1]", 200},
		{"Host: evil.example", 421},
		{"Host: localhost.evil.example", 421},
		{"Host: 127.0.0.1.evil.example", 421},
		{"Host: evil.example:7480", 421},
		{"Host: 10.0.0.1", 421},
		{"Host: 0.0.0.0", 421},
		{"Host: [::]", 421},
		{"Host: [::1]x", 421},
		{"Host: ::1", 421},
		{"Host: localhost:", 421},
		{"Host: localhost:x", 421},
		{"Host: localhost:99999", 421},
		{"Host: localhost@evil.example", 421},
		{"Host: 2130706433", 421},
		{"Host;", 421},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g;
		request("GET", "/", (const char *const[]){rows[i].line, NULL}, &g);
		if (g.status != rows[i].status)
			fail_msg("%s: %ld", rows[i].line, g.status);
		if (g.status != 200)
			assert_false(has(&g, "Kementerian"));
		got_free(&g);
	}
}

static void
only_on_loopback(void **state)
{
	static const struct {
		const char *host;
		enum rc rc;
		const char *why;
	} rows[] = {
		{"0.0.0.0", RC_DENIED, "loopback"},
		{"::", RC_DENIED, "loopback"},
		{"192.0.2.1", RC_DENIED, "loopback"},
		{"2001:db8::1", RC_DENIED, "loopback"},
		{"", RC_DENIED, "loopback"},
		{NULL, RC_DENIED, "loopback"},
		{"saluran.example", RC_INVALID, "no numeric address"},
		{"localhost", RC_OK, ""},
		{"127.0.0.2", RC_OK, ""},
	};
	struct http_pages *w;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		enum rc rc = http_pages_start(t.node.nd, rows[i].host, 0, &w, &e);
		assert_int_equal(rc, rows[i].rc);
		assert_non_null(strstr(e.text, rows[i].why));
		http_pages_stop(w);
	}
}

static void
a_port_in_use_is_told(void **state)
{
	struct http_pages *w;
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(http_pages_start(t.node.nd, "127.0.0.1",
					  http_pages_port(fetch_from), &w, &e),
			 RC_CONFLICT);
	assert_non_null(strstr(e.text, "is in use"));
	assert_non_null(strstr(e.text, "another port"));
	assert_null(w);
}

static void
assets_are_whole(void **state)
{
	struct got g;

	(void)state;
	struct arena *a = arena_create();
	const char *path = web_path(a, "", "style.css");
	request("GET", arena_printf(a, "/a/0%s", path + strlen("/a/")), NULL, &g);
	assert_int_equal(g.status, 404);
	got_free(&g);
	request("GET", path, NULL, &g);
	assert_int_equal(g.status, 200);
	assert_non_null(strstr(buf_str(&g.head), "immutable"));
	assert_non_null(
		strstr(buf_str(&g.head), "Content-Type: text/css; charset=utf-8\r\n"));
	FILE *f = fopen(arena_printf(a, "%s/web/style.css", getenv("SALURAN_SOURCE")),
			"re");
	assert_non_null(f);
	char *file = arena_alloc(a, BYTES_MAX);
	size_t len = fread(file, 1, BYTES_MAX, f);
	fclose(f);
	assert_int_equal(len, g.body.len);
	assert_memory_equal(file, buf_str(&g.body), len);
	arena_free(a);
	got_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_on_every_answer),
		cmocka_unit_test(nothing_comes_unescaped),
		cmocka_unit_test(undelivered_is_shown_as_such),
		cmocka_unit_test(never_just_delivered),
		cmocka_unit_test(items_come_in_pages),
		cmocka_unit_test(filters_and_cursors),
		cmocka_unit_test(languages),
		cmocka_unit_test(the_switch_keeps_the_page),
		cmocka_unit_test(times_are_in_the_readers_zone),
		cmocka_unit_test(lookup),
		cmocka_unit_test(unknown_paths),
		cmocka_unit_test(only_for_reading),
		cmocka_unit_test(only_for_this_machine),
		cmocka_unit_test(only_on_loopback),
		cmocka_unit_test(a_port_in_use_is_told),
		cmocka_unit_test(assets_are_whole),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
