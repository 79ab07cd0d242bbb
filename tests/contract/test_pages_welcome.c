/* The page of a one-time link, from a real node: used once, refused with why. */
#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "http/pages.h"
#include "pages_fetch.h"
#include "pages_node.h"

#define PASSWORD "satu+kalimat+panjang+%26+%C3%A9"

static struct pages_node node;

static int
start(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	pages_node_open(&node, "Uji");
	must(http_pages_start(node.nd, "127.0.0.1", 0, &fetch_from, &e), &e,
	     "http_pages_start");
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	http_pages_stop(fetch_from);
	pages_node_close(&node);
	return 0;
}

/* For an officer. */
static const char *
link_of(void)
{
	json_t *r = pages_call(node.a, node.nd, node.admin, "POST",
			       "/v1/persons/rina/link", json_object());

	return arena_strdup(node.a, json_string_value(json_object_get(r, "link")));
}

static const char *
form(const char *link, const char *password, const char *again)
{
	return arena_printf(node.a, "link=%s&password=%s&again=%s", link, password,
			    again);
}

static void
post(const char *form_text, const char *const more[], long status, const char *text)
{
	struct got g;

	request_with("POST", "/welcome?lang=en", more, form_text, &g);
	if (g.status != status || !has(&g, text))
		fail_msg("status %ld, not %ld, or no \"%s\" in:\n%s", g.status, status,
			 text, buf_str(&g.body));
	assert_null(strstr(buf_str(&g.head), "Set-Cookie"));
	got_free(&g);
}

static int64_t
sessions(void)
{
	json_t *r = pages_call(node.a, node.nd, node.admin, "GET", "/v1/sessions",
			       json_pack("{s:s}", "person", "rina"));

	return (int64_t)json_array_size(json_object_get(r, "sessions"));
}

static void
a_link_is_used_once(void **state)
{
	const struct actor *who;
	struct err e = ERR_INIT;
	const char *link = link_of();

	(void)state;
	EXPECT("/welcome?lang=en", 200, "<form method=\"post\"", "One-time link");
	EXPECT(arena_printf(node.a, "/welcome?lang=en&link=%s", link), 200,
	       "For rina, officer on this node.", "type=\"password\"",
	       "autocomplete=\"new-password\"");
	/* The link alone, typed into the first form. */
	post(arena_printf(node.a, "link=%s", link), NULL, 200, "For rina");
	post(form(link, PASSWORD, "another+one+entirely"), NULL, 400, "differ");
	post(form(link, "short", "short"), NULL, 400, "at least 12");
	post(form(link, PASSWORD, PASSWORD), NULL, 200, "rina has a password now");
	/* Nobody is left logged in by it. */
	assert_int_equal(sessions(), 0);
	must(actor_authenticate(node.nd, node.a, "rina:satu kalimat panjang & \xc3\xa9",
				&who, &e),
	     &e, "the new password");
	/* Used up, before and after something is typed; and so is one that never was. */
	EXPECT(arena_printf(node.a, "/welcome?lang=en&link=%s", link), 401,
	       "This link cannot be used", "was used, has expired or was replaced");
	post(form(link, PASSWORD, PASSWORD), NULL, 401, "was used");
	post(form("x", PASSWORD, PASSWORD), NULL, 400, "is no link");
}

static void
a_link_ends(void **state)
{
	const char *link = link_of();

	(void)state;
	(void)link_of(); /* another one replaces it */
	EXPECT(arena_printf(node.a, "/welcome?lang=id&link=%s", link), 401,
	       "Tautan ini tidak dapat dipakai");
}

static void
other_sites_cannot_post(void **state)
{
	static const struct {
		const char *line;
		bool ours;
	} rows[] = {
		{"Origin: https://evil.example", false},
		{"Origin: null", false},
		{"Origin: http://127.0.0.1", false}, /* another port */
		{"Sec-Fetch-Site: cross-site", false},
		{"Sec-Fetch-Site: same-site", false},
		{"Sec-Fetch-Site: none", false},
		{"Sec-Fetch-Site: same-origin", true},
	};
	const char *link = link_of();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		post(form(link, "short", "short"),
		     (const char *const[]){rows[i].line, NULL}, rows[i].ours ? 400 : 403,
		     rows[i].ours ? "at least 12" : "Another site");
	post(form(link, "short", "short"),
	     (const char *const[]){arena_printf(node.a, "Origin: http://127.0.0.1:%u",
						(unsigned)http_pages_port(fetch_from)),
				   NULL},
	     400, "at least 12");
	post(form(link, PASSWORD, PASSWORD),
	     (const char *const[]){"Host: evil.example", NULL}, 421, "this machine");
	EXPECT(arena_printf(node.a, "/welcome?lang=en&link=%s", link), 200, "For rina");
}

static void
forms_that_are_none(void **state)
{
	static const char *const json[] = {"Content-Type: application/json", NULL};
	enum { LARGE = 17000 };
	char *large = arena_alloc(node.a, LARGE + 1);
	struct got g;

	(void)state;
	memset(large, 'a', LARGE);
	large[LARGE] = '\0';
	post("link=a&link=b", NULL, 400, "cannot be read");
	post("=a", NULL, 400, "cannot be read");
	post("link=%FF", NULL, 400, "cannot be read");
	post("link=a%00b", NULL, 400, "cannot be read");
	post(large, NULL, 413, "too large");
	post("{}", json, 415, "urlencoded");
	post("", NULL, 200, "One-time link");
	request_with("POST", "/lookup", NULL, "name=a.example", &g);
	assert_int_equal(g.status, 405);
	got_free(&g);
	request_with("DELETE", "/welcome", NULL, "link=a", &g);
	assert_int_equal(g.status, 405);
	assert_non_null(strstr(buf_str(&g.head), "Allow: GET, HEAD, POST\r\n"));
	got_free(&g);
	/* What is typed is shown nowhere. */
	request_with("POST", "/welcome", NULL, "link=%3Cscript%3E&password=geheim", &g);
	assert_int_equal(g.status, 400);
	assert_false(has(&g, "<script>") || has(&g, "geheim"));
	got_free(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_used_once),
		cmocka_unit_test(a_link_ends),
		cmocka_unit_test(other_sites_cannot_post),
		cmocka_unit_test(forms_that_are_none),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
