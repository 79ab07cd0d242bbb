/*
 * What the pages make of every kind of answer: the service is played here from
 * pages_replies.json, so that an order in force, a damaged text and a failing peer need
 * neither hours nor a second node.
 */
#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "http/pages.h"
#include "pages_fetch.h"
#include "service/service.h"

#define CASE  "019f0000-0000-7000-8000-00000000000c"
#define ORDER "019f0000-0000-7000-8000-0000000000"

/* ---- the service's symbols: all that the pages use of it --------------------------- */

static struct identity own = {
	.org = "authority.example", .name = "Otoritas <Uji>", .role = PARTY_AUTHORITY};

static json_t *all; /* of pages_replies.json */
static struct {
	const char *path, *name;
} replies[8];
static size_t n_replies;
static enum rc fails;

const struct identity *
node_identity(const struct node *nd)
{
	(void)nd;
	return &own;
}

const struct actor *
actor_stranger(struct arena *a, const char *address)
{
	(void)a;
	(void)address;
	return NULL;
}

enum rc
actor_authenticate_at(struct node *nd, struct arena *a, const char *credential,
		      const char *address, const struct actor **ret, struct err *e)
{
	(void)nd;
	(void)a;
	(void)address;
	*ret = NULL;
	return strcmp(credential, "rina") == 0
		       ? RC_OK
		       : err_set(e, RC_UNAUTHENTICATED, "nobody is known by it");
}

enum rc
actor_from_session(struct node *nd, struct arena *a, const char *session,
		   const char *address, const struct actor **ret, struct err *e)
{
	return actor_authenticate_at(nd, a, session, address, ret, e);
}

enum rc
service_route_find(const char *method, const char *path, json_t *in,
		   const struct service_route **ret, struct err *e)
{
	(void)method;
	(void)path;
	(void)in;
	*ret = NULL;
	return err_set(e, RC_UNAVAILABLE, "no route here");
}

const char *
actor_name(const struct actor *who)
{
	(void)who;
	return "rina";
}

const char *
actor_pseudonym(const struct actor *who)
{
	(void)who;
	return "p-rina";
}

/* Settings of the test's own: no page is too many. */
const struct settings *
node_config(const struct node *nd)
{
	static const struct setting_def defs[] = {
		{"http.rate", SETTING_INT, 1, 1000000, "1000000", "", ""},
		{"http.rate_public", SETTING_INT, 1, 1000000, "1000000", "", ""},
		{"api.rate_failed", SETTING_INT, 1, 1000000, "1000000", "", ""},
		{"http.web_dir", SETTING_PATH, 0, 4096, "", "", ""},
		{"public.url", SETTING_TEXT, 0, 100, "https://public.example/", "", ""},
	};
	static struct settings *made;
	static struct arena *a;
	struct err e = ERR_INIT;

	(void)nd;
	if (made == NULL) {
		a = arena_create();
		assert_int_equal(settings_load(a, defs, sizeof(defs) / sizeof(defs[0]),
					       NULL, &made, &e),
				 RC_OK);
	}
	return made;
}

const struct service_route service_routes[] = {
	{.method = "GET", .path = "/v1/status"},
	{.method = "GET", .path = "/v1/cases"},
	{.method = "GET", .path = "/v1/cases/{case}"},
	{.method = "GET", .path = "/v1/cases/{case}/items"},
	{.method = "GET", .path = "/v1/orders"},
	{.method = "GET", .path = "/v1/orders/{order}"},
	{.method = "GET", .path = "/v1/lookup"},
};
const size_t service_routes_n = sizeof(service_routes) / sizeof(service_routes[0]);

static void
release(void *p)
{
	json_decref(p);
}

enum rc
service_run(struct node *nd, struct arena *a, const struct service_route *r,
	    const struct actor *who, json_t *in, struct reply *out, struct err *e)
{
	(void)nd;
	(void)who;
	(void)in;
	*out = (struct reply){0};
	if (fails != RC_OK)
		return err_set(e, fails, "the store is <damaged>");
	for (size_t i = 0; i < n_replies; i++)
		if (strcmp(replies[i].path, r->path) == 0) {
			out->json = json_deep_copy(json_object_get(all, replies[i].name));
			arena_defer(a, release, out->json);
			return RC_OK;
		}
	return err_set(e, RC_NOT_FOUND, "no reply was prepared");
}

static void
prepare(const char *path, const char *name)
{
	assert_non_null(json_object_get(all, name));
	replies[n_replies].path = path;
	replies[n_replies++].name = name;
}

static int
fresh(void **state)
{
	(void)state;
	n_replies = 0;
	fails = RC_OK;
	own.role = PARTY_AUTHORITY;
	return 0;
}

static int
start(void **state)
{
	const char *source = getenv("SALURAN_SOURCE");
	struct arena *a = arena_create();
	struct err e = ERR_INIT;

	(void)state;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	fetch_as = "rina";
	all = json_load_file(arena_printf(a, "%s/tests/contract/pages_replies.json",
					  source == NULL ? "." : source),
			     0, NULL);
	arena_free(a);
	if (all == NULL || http_pages_start((struct node *)&own, "127.0.0.1", 0,
					    &fetch_from, &e) != RC_OK)
		return -1;
	return 0;
}

static int
stop(void **state)
{
	(void)state;
	http_pages_stop(fetch_from);
	json_decref(all);
	return 0;
}

/* The texts come one after another. */
static void
expect_in_order(const char *path, const char *const texts[])
{
	struct got g;

	request("GET", path, NULL, &g);
	const char *at = buf_str(&g.body);
	for (size_t i = 0; texts[i] != NULL; i++) {
		at = strstr(at, texts[i]);
		if (at == NULL) {
			fail_msg("%s: \"%s\" is not there, or too early", path, texts[i]);
			return;
		}
		at += strlen(texts[i]);
	}
	got_free(&g);
}
#define EXPECT_IN_ORDER(path, ...)                                                       \
	expect_in_order((path), (const char *const[]){__VA_ARGS__, NULL})

static void
expect_none(const char *path, const char *text)
{
	struct got g;

	request("GET", path, NULL, &g);
	if (has(&g, text))
		fail_msg("%s: has \"%s\"", path, text);
	got_free(&g);
}

#define CHIP(look, word) "class=\"chip " look "\"><svg", "</svg>" word "</span>"

/* ---- orders ------------------------------------------------------------------------ */

static void
an_order_in_force(void **state)
{
	static const char path[] = "/order/" ORDER "01?lang=en";

	(void)state;
	prepare("/v1/orders/{order}", "order in force");
	EXPECT_IN_ORDER(
		path, CHIP("blocked", "In force"), CHIP("soon", "Emergency"),
		"&lt;script&gt;alert(1)&lt;/script&gt;", "(NXDOMAIN)",
		"14 Jul 2017 04:00:01 UTC", "13 Aug 2017 00:00:00 UTC", "<dd>7</dd>",
		"t.me</bdi></code>", CHIP("done", "Lifted"), "04:00:09 UTC",
		"contoh.example</bdi></code> and every name below it</li>",
		/* The first LF of the text is kept: a reader drops one. */
		"<pre class=\"exact\" dir=\"auto\">\n\nORDER\n  t.me &lt;b&gt;\n</pre>",
		CHIP("done", "The text above has this hash"),
		"1 of 2 approvals by people who did not draft it.",
		"carries a whole service, guard_of_tomorrow", "Drafted", "p-1",
		"Overrode a guard", "p-2", "carries a whole service</strong>: <bdi>&lt;",
		"Approved", "p-3", "/case/" CASE "?lang=en", "(no subject)");
	expect_none(path, "Out of the zone");
	expect_none(path, "<script");
	EXPECT_IN_ORDER("/order/" ORDER "01?lang=id", "Berlaku",
			"14 Jul 2017 11.00.01 WIB", "13 Agu 2017 07.00.00 WIB");
}

static void
a_damaged_text_is_told(void **state)
{
	(void)state;
	prepare("/v1/orders/{order}", "order damaged");
	EXPECT_IN_ORDER("/order/" ORDER "01?lang=en", CHIP("done", "Expired"), "Ended",
			"04:00:08 UTC", "Out of the zone with serial", "<dd>9</dd>",
			CHIP("bad", "The text above does NOT have this hash"));
}

static void
an_erased_text_is_no_proof(void **state)
{
	static const char path[] = "/order/" ORDER "01?lang=en";

	(void)state;
	prepare("/v1/orders/{order}", "order erased");
	EXPECT_IN_ORDER(path, CHIP("waiting", "Draft"), CHIP("unknown", "erased"),
			"It cites no case.");
	expect_none(path, "has this hash");
	expect_none(path, "<pre");
}

static void
the_list_of_orders(void **state)
{
	(void)state;
	prepare("/v1/orders", "orders");
	EXPECT_IN_ORDER("/orders?lang=en", "n0.example", "n2.example", "and 2 more names",
			CHIP("blocked", "In force"), CHIP("waiting", "Draft"),
			CHIP("unknown", "of_tomorrow"),
			"href=\"/orders?after=" ORDER "03&amp;lang=en\">Next page");
	expect_none("/orders?lang=en", "n3.example");
}

/* ---- lookup ------------------------------------------------------------------------ */

static void
every_order_is_listed(void **state)
{
	static const char path[] = "/lookup?lang=en&name=a.contoh.example";

	(void)state;
	prepare("/v1/lookup", "lookup");
	EXPECT_IN_ORDER(path, CHIP("blocked", "Blocked by an order in force"),
			"3 orders name or cover it:",
			/* what blocks it comes first */
			"/order/" ORDER "01", CHIP("blocked", "In force"),
			"Reference in the register", "B-2017-003",
			"&lt;i&gt;kominfo&lt;/i&gt;.example", "&lt;script&gt;", "Pasal 3",
			"04:00:01 UTC", "04:00:50 UTC", "not lifted",
			"contoh.example and every name below it", "To object",
			"/object?ref=B-2017-003", "/register/B-2017-003/proof",
			/* free of an order that goes on for other names */
			"/order/" ORDER "03", CHIP("done", "Lifted"), "bebas sudah",
			"04:00:05 UTC", "/order/" ORDER "04", CHIP("done", "Expired"),
			"lama", "04:00:40 UTC");
	expect_none(path, "This does not mean");
}

/* Who was led here by a blocked name is told so in the status, and by whom; of a name
 * that is not blocked it is the page of /lookup. */
static void
blocked_for_legal_reasons(void **state)
{
	struct got g;

	(void)state;
	prepare("/v1/lookup", "lookup");
	request("GET", "/blocked?lang=en&name=a.contoh.example", NULL, &g);
	assert_int_equal(g.status, 451);
	assert_non_null(strstr(buf_str(&g.head), "/>; rel=\"blocked-by\""));
	assert_true(has(&g, "B-2017-003"));
	got_free(&g);
	request("GET", "/lookup?lang=en&name=a.contoh.example", NULL, &g);
	assert_int_equal(g.status, 200);
	assert_null(strstr(buf_str(&g.head), "blocked-by"));
	got_free(&g);
}

/* A resolver that leads a blocked name to this node: the browser asks for the site's own
 * paths with the site's own name.  All of them say why, links lead to public.url, and
 * nothing of this node is shown to a name that is not blocked. */
static void
lands_under_its_own_name(void **state)
{
	static const char *const host[] = {"Host: a.contoh.example:80",
					   "Accept-Language: en", NULL};
	static const char *const paths[] = {"/", "/login", "/orders", "/register",
					    "/x?y=z"};
	struct got g;

	(void)state;
	prepare("/v1/lookup", "lookup");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		request("GET", paths[i], host, &g);
		assert_int_equal(g.status, 451);
		assert_non_null(strstr(buf_str(&g.head), "/>; rel=\"blocked-by\""));
		assert_null(strstr(buf_str(&g.head), "Set-Cookie"));
		assert_true(has(&g, "This name is blocked"));
		assert_true(has(&g, "https://public.example/object?ref=B-2017-003"));
		assert_true(has(&g, "warn of a certificate"));
		assert_false(has(&g, "href=\"/object"));
		assert_false(has(&g, "<form"));
		got_free(&g);
	}
	request("POST", "/login", host, &g);
	assert_int_equal(g.status, 421);
	got_free(&g);
	n_replies = 0;
	prepare("/v1/lookup", "free");
	request("GET", "/", host, &g);
	assert_int_equal(g.status, 421);
	assert_false(has(&g, "Otoritas"));
	got_free(&g);
}

static void
names_that_look_alike(void **state)
{
	(void)state;
	prepare("/v1/lookup", "alike");
	EXPECT_IN_ORDER("/lookup?lang=en&name=%D0%B0pple.example",
			"<code><bdi>"
			"xn--pple-43d.example</bdi></code>",
			"shown as", "<bdi>\xd0\xb0pple.example</bdi>",
			"Letters of several scripts", "This does not mean");
}

/* ---- cases ------------------------------------------------------------------------- */

static void
the_list_of_cases(void **state)
{
	(void)state;
	prepare("/v1/cases", "cases");
	prepare("/v1/status", "status");
	EXPECT_IN_ORDER("/?lang=en", "1,204 items = 900 decided + 304 undecided",
			"1 case overdue", "2 orders in force", "1 case has no receipt.",
			"All <span class=\"count\">1,244</span>",
			"Closed <span class=\"count\">1,234</span>", "&lt;script&gt;",
			CHIP("waiting", "Waiting"), CHIP("bad", "Overdue"),
			CHIP("soon", "Urgent"), "(no subject)",
			CHIP("bad", "Undelivered"), "no receipt: no deadline runs",
			CHIP("unknown", "Incomplete"), CHIP("refused", "Refused"),
			CHIP("done", "Closed"), CHIP("unknown", "of_tomorrow"),
			"after=5." CASE "&amp;lang=en\">Next page",
			CHIP("bad", "3 entries undelivered"), "Sending has failed since",
			"refused &lt;b&gt;", CHIP("unknown", "Not introduced yet"),
			CHIP("done", "All receipted"));
	EXPECT_IN_ORDER("/?lang=id", "1.204 butir = 900 diputus + 304 belum diputus");
}

/* "sent" tells the platform something else: the notice is in its hands. */
static void
the_platform_has_what_was_sent(void **state)
{
	(void)state;
	own.role = PARTY_PLATFORM;
	prepare("/v1/cases", "cases");
	prepare("/v1/status", "status");
	EXPECT_IN_ORDER("/?lang=en", "platform.example", CHIP("sent", "Sent"));
	expect_none("/?lang=en", ">Undelivered<span");
	expect_none("/?lang=en", "has no receipt");
}

static void
one_case(void **state)
{
	static const char path[] = "/case/" CASE "?lang=en";

	(void)state;
	prepare("/v1/cases/{case}", "case");
	prepare("/v1/cases/{case}/items", "items");
	EXPECT_IN_ORDER(
		path, "&lt;script&gt;", CHIP("bad", "Overdue"), "not given", "kelas-baru",
		"Warning 2, once the step before has its receipt",
		"submitted 5 = accepted 0 + refused 0 + duplicate 0 + waiting 5",
		/* items */
		"HTTPS://Contoh.example/&lt;b&gt;", "https://contoh.example/%3Cb%3E",
		"Gambling", CHIP("done", "Removed"), "erased", "kategori_baru",
		CHIP("waiting", "Undecided"), CHIP("unknown", "Impossible"),
		"Force majeure</strong>: <bdi>banjir", CHIP("refused", "Refused: kept"),
		CHIP("unknown", "outcome_of_tomorrow"),
		/* conversation */
		"<p class=\"said\" dir=\"auto\">", "kanan ke kiri &lt;", "Read <time",
		"erased", "Not marked as read",
		/* timeline */
		"Notice sent", CHIP("done", "Received at"), "04:00:02 UTC",
		"Formal warning", CHIP("bad", "Without effect"), "too early &lt;b&gt;",
		CHIP("sent", "Appended"), "event.of_tomorrow",
		/* ladder */
		"<div>Reminder</div>", "04:00:06 UTC", "<div>Warning 1</div>",
		CHIP("bad", "No receipt: does not count yet"),
		/* receipts: one for each log and time */
		"04:00:02 UTC</time>: covers 1 entry of the log of: Authority",
		"04:00:06 UTC</time>: covers 2 entries of the log of: Authority",
		"04:00:06 UTC</time>: covers 1 entry of the log of: Platform", "</ul>",
		"/order/" ORDER "01", CHIP("blocked", "In force"));
	expect_none(path, "<script");
	expect_none(path, "elivered");
}

/* ---- failures ---------------------------------------------------------------------- */

static void
failures_are_pages(void **state)
{
	static const struct {
		enum rc rc;
		long status;
		bool ours; /* then the log has what happened, and the page does not */
	} rows[] = {{RC_IO, 500, true},	    {RC_CORRUPT, 500, true},
		    {RC_RETRY, 503, false}, {RC_TOO_LARGE, 413, false},
		    {RC_LIMIT, 429, false}, {RC_DENIED, 403, false}};
	static const char *const paths[] = {"/", "/case/" CASE, "/orders",
					    "/order/" CASE};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(paths) / sizeof(paths[0]); k++) {
			fails = rows[i].rc;
			EXPECT(paths[k], rows[i].status,
			       "Halaman ini tidak dapat ditampilkan",
			       rows[i].ours ? "its log has more under the reference"
					    : "the store is &lt;damaged&gt;",
			       "Otoritas &lt;Uji&gt;");
		}
	fails = RC_IO;
	EXPECT("/lookup?name=x.example", 500, "Halaman ini tidak dapat ditampilkan");
	fails = RC_NOT_FOUND;
	EXPECT("/case/" CASE, 404, "Halaman tidak ada");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_order_in_force, fresh),
		cmocka_unit_test_setup(a_damaged_text_is_told, fresh),
		cmocka_unit_test_setup(an_erased_text_is_no_proof, fresh),
		cmocka_unit_test_setup(the_list_of_orders, fresh),
		cmocka_unit_test_setup(every_order_is_listed, fresh),
		cmocka_unit_test_setup(blocked_for_legal_reasons, fresh),
		cmocka_unit_test_setup(lands_under_its_own_name, fresh),
		cmocka_unit_test_setup(names_that_look_alike, fresh),
		cmocka_unit_test_setup(the_list_of_cases, fresh),
		cmocka_unit_test_setup(the_platform_has_what_was_sent, fresh),
		cmocka_unit_test_setup(one_case, fresh),
		cmocka_unit_test_setup(failures_are_pages, fresh),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
