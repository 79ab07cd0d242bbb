/* Who reads the pages: people of the node alone, and what they read is recorded. */
#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "http/pages.h"
#include "pages_fetch.h"
#include "pages_node.h"

#define GOOD  "name=gita&password=correct+horse+battery+staple+9"
#define WRONG "name=gita&password=wrong+wrong+wrong"

enum { COMMITS_MAX = 20, COMMIT_WAIT_US = 1000000 };

static struct {
	struct pages_node node;
	const char *secret_case;
} t;

static int
start(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	pages_node_open(&t.node, "Uji");
	pages_call(t.node.a, t.node.nd, t.node.admin, "POST", "/v1/persons",
		   json_pack("{s:s, s:s, s:s}", "name", "gita", "role", "officer",
			     "password", "correct horse battery staple 9"));
	t.secret_case = pages_node_send(
		&t.node, "r", "Perihal rahasia", "Pasal 40",
		"target,category\nhttps://contoh.example/1,fraud\n", false);
	must(http_pages_start(t.node.nd, "127.0.0.1", 0, &fetch_from, &e), &e,
	     "http_pages_start");
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

static const char *
case_path(void)
{
	return arena_printf(t.node.a, "/case/%s", t.secret_case);
}

/* The status of a GET with this header line, and whether the case's subject is in it. */
static long
get(const char *path, const char *line, bool *ret_shown)
{
	const char *more[] = {line, NULL};
	struct got g;

	request("GET", path, more, &g);
	*ret_shown = has(&g, "Perihal rahasia");
	long status = g.status;
	got_free(&g);
	return status;
}

static void
refused(const char *path, const char *line, long status)
{
	bool shown;
	const long got = get(path, line, &shown);

	if (got != status || shown)
		fail_msg("%s with %s: status %ld, not %ld, or it is shown", path,
			 line == NULL ? "nothing" : line, got, status);
}

/* The value of a field of the head, NULL: it has none. */
static const char *
field(const struct got *g, const char *name)
{
	const char *at = strstr(buf_str(&g->head), name);

	return at == NULL ? NULL
			  : arena_strndup(t.node.a, at + strlen(name),
					  strcspn(at + strlen(name), "\r\n"));
}

/* Logs in as `text` says; the cookie as a browser sends it back. */
static const char *
login(const char *text, const char *want_to)
{
	struct got g;

	request_with("POST", "/login", NULL, text, &g);
	if (g.status != 303)
		fail_msg("a login: %ld\n%s", g.status, buf_str(&g.body));
	const char *cookie = field(&g, "Set-Cookie: "), *to = field(&g, "Location: ");
	assert_non_null(cookie);
	assert_non_null(strstr(cookie, "; HttpOnly"));
	assert_non_null(strstr(cookie, "; SameSite=Strict"));
	assert_string_equal(to, want_to);
	got_free(&g);
	return arena_printf(t.node.a, "Cookie: %.*s", (int)strcspn(cookie, ";"), cookie);
}

/* ---- tests ------------------------------------------------------------------------- */

static void
strangers_see_what_is_public(void **state)
{
	(void)state;
	refused("/", NULL, 401);
	refused("/orders", NULL, 401);
	refused(case_path(), NULL, 401);
	refused("/order/x", NULL, 401);
	refused("/", "Authorization: Bearer saluran-credential-v1:x", 401);
	refused("/", "Authorization: Basic Z2l0YTp4", 401);
	refused("/", "Cookie: saluran-1=x", 401);
	refused("/nothing", NULL, 404);
	EXPECT("/lookup?lang=en", 200, "<h1");
	EXPECT("/login?lang=en", 200, "action=\"/login?lang=en\"",
	       "autocomplete=\"current-password\"");
	/* Logging in leads back. */
	EXPECT("/?state=sent", 401, "name=\"to\" value=\"/?state=sent\"");
}

static void
people_and_programs_see_all(void **state)
{
	bool shown;

	(void)state;
	const char *bearer =
		arena_printf(t.node.a, "Authorization: Bearer %s", t.node.officer);
	assert_int_equal(get(case_path(), bearer, &shown), 200);
	assert_true(shown);
	const char *cookie = login(GOOD "&to=%2F%3Fstate%3Dsent", "/?state=sent");
	assert_int_equal(get(case_path(), cookie, &shown), 200);
	assert_true(shown);
	assert_int_equal(get("/", cookie, &shown), 200);
	/* Another node of the machine has its own cookie. */
	refused("/", arena_printf(t.node.a, "Cookie: saluran-1%s", strchr(cookie, '=')),
		401);
}

static int64_t
recorded(const char *route, const char *name)
{
	json_t *r = pages_call(t.node.a, t.node.nd, t.node.admin, "GET", "/v1/access",
			       json_pack("{s:i}", "limit", 1000)),
	       *row;
	int64_t n = 0;
	size_t i;

	json_array_foreach (json_object_get(r, "access"), i, row) {
		const char *who = json_string_value(json_object_get(row, "name"));
		const char *what = json_string_value(json_object_get(row, "route"));
		n += who != NULL && strcmp(who, name) == 0 && strstr(what, route) != NULL;
	}
	return n;
}

static void
reading_is_recorded(void **state)
{
	bool shown;

	(void)state;
	const char *cookie = login(GOOD, "/");
	const int64_t before = recorded("/v1/cases/{case}", "gita");
	assert_int_equal(get(case_path(), cookie, &shown), 200);
	/* A page asks for the items and for the case; the record is written soon after.
	 */
	for (int i = 0; i < COMMITS_MAX; i++) {
		const uint64_t seen = node_commits(t.node.nd);
		if (recorded("/v1/cases/{case}", "gita") >= before + 2)
			break;
		node_wait(t.node.nd, seen, COMMIT_WAIT_US);
	}
	assert_true(recorded("/v1/cases/{case}", "gita") >= before + 2);
}

static void
wrong_words(void **state)
{
	struct got g;

	(void)state;
	request_with("POST", "/login?lang=en", NULL, WRONG "&to=%2Forders", &g);
	assert_int_equal(g.status, 401);
	assert_true(has(&g, "This did not log you in."));
	assert_true(has(&g, "value=\"/orders\""));
	assert_null(field(&g, "Set-Cookie: "));
	got_free(&g);
}

static void
nobody_is_led_elsewhere(void **state)
{
	(void)state;
	login(GOOD "&to=%2F%2Fevil.example%2F", "/");
	login(GOOD "&to=https%3A%2F%2Fevil.example%2F", "/");
	login(GOOD "&to=%2F%5Cevil.example", "/");
	login(GOOD "&to=%2Fx%0D%0AX%3A+y", "/");
	login(GOOD "&to=%2Forders", "/orders");
}

static void
other_sites_log_nobody_in(void **state)
{
	static const struct {
		const char *more[3];
		long status;
	} rows[] = {
		{{"Origin: http://evil.example", NULL}, 403},
		{{"Origin: null", NULL}, 403},
		{{"Sec-Fetch-Site: cross-site", NULL}, 403},
		{{"Sec-Fetch-Site: same-site", "Origin: null", NULL}, 403},
		{{"Sec-Fetch-Site: same-origin", "Origin: http://evil.example", NULL},
		 403},
		{{"Sec-Fetch-Site: same-origin", "Origin: null", NULL}, 303},
		{{"Sec-Fetch-Site: same-origin", NULL}, 303},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got g;
		request_with("POST", "/login", rows[i].more, GOOD, &g);
		if (g.status != rows[i].status)
			fail_msg("row %zu: %ld", i, g.status);
		got_free(&g);
	}
}

static void
logout_ends_it(void **state)
{
	bool shown;
	struct got g;

	(void)state;
	const char *cookie = login(GOOD, "/");
	const char *more[] = {cookie, NULL};
	assert_int_equal(get("/logout", cookie, &shown), 404);
	assert_int_equal(get("/", cookie, &shown), 200);
	request_with("POST", "/logout", more, "", &g);
	assert_int_equal(g.status, 303);
	assert_non_null(strstr(field(&g, "Set-Cookie: "), "Max-Age=0"));
	got_free(&g);
	refused("/", cookie, 401);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strangers_see_what_is_public),
		cmocka_unit_test(people_and_programs_see_all),
		cmocka_unit_test(reading_is_recorded),
		cmocka_unit_test(wrong_words),
		cmocka_unit_test(nobody_is_led_elsewhere),
		cmocka_unit_test(other_sites_log_nobody_in),
		cmocka_unit_test(logout_ends_it),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
