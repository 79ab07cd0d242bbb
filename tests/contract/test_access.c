/*
 * The access record: everything is on it, nothing can be taken out unseen; and what a
 * token's scopes open.
 */
#include "node_fixture.h"

#include <string.h>

#include "base/clock.h"
#include "service/person.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { DAY_S = 86400, KEEP_DAYS = 730 };

static json_t *
record(struct fix *f, json_t *in)
{
	return json_object_get(
		fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/access", in),
		"access");
}

/* A job of the writer: what was recorded before it is written with it. */
static void
written(struct fix *f, enum party p)
{
	fix_refused(f, p, f->n[p].admin, "POST", "/v1/tokens/t-none/revoke", NULL,
		    RC_NOT_FOUND, "no token");
}

static void
sql(struct fix *f, const char *text)
{
	fix_exec(f, AUTHORITY, text);
}

/* Who, what, which object, how it ended; refusals too, and the reading of the record. */
static void
everything(void **state)
{
	struct fix f;
	const struct actor *officer = NULL;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 1);
	fix_case(&f, AUTHORITY, c);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", "/v1/persons", NULL,
		    RC_DENIED, "officer");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].officer, "POST",
		    arena_printf(f.a, "/v1/cases/%s/close", c), NULL, RC_CONFLICT, "");
	written(&f, AUTHORITY);
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a,
					    f.n[AUTHORITY].officer, &officer, &e),
			 RC_OK);

	json_t *rows = record(&f, json_pack("{s:s}", "object", c));
	assert_int_equal(json_array_size(rows), 3);
	json_t *row = json_array_get(rows, 2); /* the oldest: it was sent */
	assert_string_equal(fix_text(row, "route"), "/v1/notices");
	assert_string_equal(fix_text(row, "method"), "POST");
	assert_string_equal(fix_text(row, "who"), actor_pseudonym(officer));
	assert_string_equal(fix_text(row, "name"), "rina");
	assert_string_equal(fix_text(row, "outcome"), "ok");
	assert_string_equal(fix_text(row, "address"), "local");
	assert_int_equal(fix_text(row, "via")[0], 't');
	row = json_array_get(rows, 1);
	assert_string_equal(fix_text(row, "route"), "/v1/cases/{case}");
	assert_string_equal(fix_text(row, "name"), "eka");
	assert_string_equal(fix_text(json_array_get(rows, 0), "outcome"), "conflict");

	rows = record(&f, json_pack("{s:s, s:i}", "person", "rina", "limit", 2));
	assert_int_equal(json_array_size(rows), 2);
	row = json_array_get(rows, 1);
	assert_string_equal(fix_text(row, "route"), "/v1/persons");
	assert_string_equal(fix_text(row, "outcome"), "denied");
	/* Reading it is itself recorded. */
	written(&f, AUTHORITY);
	rows = record(&f, json_pack("{s:s}", "person", "eka"));
	assert_string_equal(fix_text(json_array_get(rows, 0), "route"), "/v1/access");
	/* No name and no content: what was asked for is not in it. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM access WHERE who IN ('rina', "
				   "'eka') OR object LIKE '%t.example%'"),
			 0);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/access",
		    json_pack("{s:s}", "person", "nobody"), RC_NOT_FOUND, "no person");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET", "/v1/access",
		    json_pack("{s:s}", "since", "yesterday"), RC_INVALID, "since");
	fix_close(&f);
}

/* Who looks a name up is nobody's business. */
static void
public_is_not(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	int64_t before = fix_query(&f, AUTHORITY, "SELECT count(*) FROM access");
	fix_must(&f, AUTHORITY, NULL, "GET", "/v1/lookup",
		 json_pack("{s:s}", "name", "t.example"));
	written(&f, AUTHORITY);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT count(*) FROM access"),
			 before + 1); /* of the written() before */
	fix_close(&f);
}

/* Pages from the newest on, and from a time on. */
static void
pages(void **state)
{
	enum { N = 25 };
	struct fix f;
	int64_t seen = 0, last = INT64_MAX, before = -1;
	char since[CLOCK_TEXT_LEN];

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	fix_clock_add(60 * FIX_S);
	clock_format(clock_now_us(), since);
	for (int i = 0; i < N; i++)
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].approver, "GET", "/v1/cases",
			 NULL);
	written(&f, AUTHORITY);
	do {
		json_t *in = json_pack("{s:s, s:s, s:i}", "person", "budi", "since",
				       since, "limit", 10);
		if (before >= 0)
			json_object_set_new(in, "before", json_integer(before));
		json_t *r = fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor, "GET",
				     "/v1/access", in);
		json_t *row;
		size_t i;
		json_array_foreach (json_object_get(r, "access"), i, row) {
			assert_true(fix_int(row, "seq") < last);
			last = fix_int(row, "seq");
			seen++;
		}
		before = json_object_get(r, "next") == NULL ? -1 : fix_int(r, "next");
	} while (before >= 0);
	assert_int_equal(seen, N);
	fix_clock_add(60 * FIX_S);
	clock_format(clock_now_us(), since);
	assert_int_equal(json_array_size(record(&f, json_pack("{s:s, s:s}", "person",
							      "budi", "since", since))),
			 0);
	fix_close(&f);
}

static json_t *
check(struct fix *f, const char *digest)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].auditor, "GET", "/v1/access/check",
			json_pack("{s:s*}", "digest", digest));
}

static bool
whole(struct fix *f)
{
	return json_is_true(json_object_get(check(f, NULL), "whole"));
}

/* Changed, taken out, put in, cut off, put in another order: each shows. */
static void
tampering(void **state)
{
	static const char *const acts[] = {
		"UPDATE access SET who = 'p-0000000000000000' WHERE seq = 4",
		"UPDATE access SET outcome = 'ok' WHERE seq = (SELECT min(seq) FROM "
		"access WHERE outcome <> 'ok')",
		"UPDATE access SET at_us = at_us + 1 WHERE seq = 2",
		"DELETE FROM access WHERE seq = 5",
		"DELETE FROM access WHERE seq = (SELECT max(seq) FROM access)",
		"DELETE FROM access WHERE seq = 0",
		"DELETE FROM access",
		"UPDATE access SET seq = -1 WHERE seq = 3; UPDATE access SET seq = 3 "
		"WHERE "
		"seq = 4; UPDATE access SET seq = 4 WHERE seq = -1",
		"INSERT INTO access SELECT (SELECT seq FROM access_head), at_us, who, "
		"via, "
		"address, method, route, object, outcome, digest FROM access WHERE seq = "
		"1",
		"UPDATE access_head SET seq = seq - 1",
	};
	struct fix f;

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	assert_true(whole(&f));
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		written(&f, AUTHORITY);
		sql(&f, "CREATE TABLE kept AS SELECT * FROM access; CREATE TABLE "
			"kept_head AS SELECT * FROM access_head");
		sql(&f, acts[i]);
		if (whole(&f))
			fail_msg("unseen: %s", acts[i]);
		/* Back as it was; the check that found it is not written yet. */
		sql(&f, "DELETE FROM access; INSERT INTO access SELECT * FROM kept; DROP "
			"TABLE kept; DELETE FROM access_head; INSERT INTO access_head "
			"SELECT * FROM kept_head; DROP TABLE kept_head");
		assert_true(whole(&f));
	}
	fix_close(&f);
}

/* Whoever can write the whole record anew is found out by a digest noted elsewhere. */
static void
noted(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	json_t *status = json_object_get(fix_must(&f, AUTHORITY, f.n[AUTHORITY].auditor,
						  "GET", "/v1/status", NULL),
					 "access");
	const char *digest = fix_text(status, "digest");
	assert_int_equal(strlen(digest), HASH_HEX_LEN);
	written(&f, AUTHORITY);
	assert_true(json_is_true(json_object_get(check(&f, digest), "noted")));
	char *other = arena_strdup(f.a, digest);
	other[0] = other[0] == '0' ? '1' : '0';
	json_t *r = check(&f, other);
	assert_true(json_is_true(json_object_get(r, "whole")));
	assert_true(json_is_false(json_object_get(r, "noted")));
	fix_close(&f);
}

/* A stream that reads on is on record when it shows something, and not for each beat. */
static void
reads_on(void **state)
{
	static const char rows[] =
		"SELECT count(*) FROM access WHERE route = '/v1/events'";
	struct fix f;

	(void)state;
	fix_open(&f);
	const int64_t newest = fix_int(fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer,
						"GET", "/v1/events", NULL),
				       "newest");
	for (int from_start = 0; from_start < 2; from_start++) {
		const struct actor *who;
		const struct service_route *route;
		struct reply out;
		struct err e = ERR_INIT;
		json_t *in = json_object();
		written(&f, AUTHORITY);
		int64_t before = fix_query(&f, AUTHORITY, rows);
		fix_ok(actor_authenticate(f.n[AUTHORITY].nd, f.a, f.n[AUTHORITY].officer,
					  &who, &e),
		       &e, "authenticate");
		fix_ok(service_route_find("GET", "/v1/events", in, &route, &e), &e,
		       "route");
		json_object_set_new(in, "after", json_integer(from_start ? 0 : newest));
		fix_ok(service_run_on(f.n[AUTHORITY].nd, f.a, route, who, in, "events",
				      &out, &e),
		       &e, "read on");
		json_decref(in);
		bool shown = json_array_size(json_object_get(out.json, "events")) != 0;
		assert_int_equal(shown, from_start);
		written(&f, AUTHORITY);
		assert_int_equal(fix_query(&f, AUTHORITY, rows) - before, from_start);
	}
	fix_close(&f);
}

/* What is past its retention goes, in order, and the rest is still whole. */
static void
retention(void **state)
{
	struct fix f;
	struct err e = ERR_INIT;
	int64_t wait_us;

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	int64_t old = fix_query(&f, AUTHORITY, "SELECT count(*) FROM access");
	fix_clock_add((int64_t)KEEP_DAYS * DAY_S * FIX_S / 2);
	written(&f, AUTHORITY);
	fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	assert_true(fix_query(&f, AUTHORITY, "SELECT count(*) FROM access") >= old);
	fix_clock_add((int64_t)KEEP_DAYS * DAY_S * FIX_S / 2 + FIX_S);
	written(&f, AUTHORITY);
	do {
		fix_ok(service_tick(f.n[AUTHORITY].nd, FIX_S, &wait_us, &e), &e, "tick");
	} while (wait_us == 0);
	assert_int_equal(fix_query(&f, AUTHORITY, "SELECT min(seq) FROM access"),
			 fix_query(&f, AUTHORITY, "SELECT kept_from FROM access_head"));
	assert_true(fix_query(&f, AUTHORITY, "SELECT min(seq) FROM access") >= old - 1);
	assert_true(fix_query(&f, AUTHORITY, "SELECT count(*) FROM access") > 0);
	assert_true(whole(&f));
	sql(&f, "DELETE FROM access WHERE seq = (SELECT min(seq) FROM access)");
	assert_false(whole(&f));
	fix_close(&f);
}

/* The node's own starts and stops; a crash is a start without the stop before it.  The
 * edges are stopped in between, while the writer has nothing to do. */
static void
starts(void **state)
{
	enum { EDGES_US = 50000 };
	struct fix f;

	(void)state;
	fix_open(&f);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", "/v1/cases", NULL);
	written(&f, AUTHORITY);
	node_stop(f.n[AUTHORITY].nd);
	for (int64_t from = clock_mono_us(); clock_mono_us() < from + EDGES_US;)
		continue;
	fix_reopen(&f, AUTHORITY); /* what waited is written by the stop */
	written(&f, AUTHORITY);
	json_t *rows = record(&f, json_pack("{s:s}", "person", "node"));
	assert_int_equal(json_array_size(rows), 3);
	assert_string_equal(fix_text(json_array_get(rows, 0), "route"), "start");
	assert_string_equal(fix_text(json_array_get(rows, 1), "route"), "stop");
	assert_string_equal(fix_text(json_array_get(rows, 2), "route"), "start");
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM access WHERE route = "
				   "'/v1/cases'"),
			 1);
	assert_true(whole(&f));
	fix_close(&f);
}

/* Nothing is shown that cannot be recorded; and nothing is lost meanwhile. */
static void
no_room(void **state)
{
	enum { MOST = 20000 };
	struct fix f;
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;
	int n = 0;

	(void)state;
	fix_open(&f);
	written(&f, AUTHORITY);
	int64_t before = fix_query(&f, AUTHORITY, "SELECT seq FROM access_head");
	struct fix_lock *lock = fix_store_lock(&f, AUTHORITY);
	while (rc == RC_OK && n < MOST) {
		rc = fix_call(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", "/v1/me",
			      NULL, NULL, &e);
		n += rc == RC_OK;
	}
	assert_int_equal(rc, RC_UNAVAILABLE);
	assert_non_null(strstr(e.text, "access record"));
	fix_store_unlock(lock);
	written(&f, AUTHORITY);
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].officer, "GET", "/v1/me", NULL);
	written(&f, AUTHORITY);
	/* The two of written() but for the last, and the one after. */
	assert_true(fix_query(&f, AUTHORITY, "SELECT seq FROM access_head") >=
		    before + n + 2);
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM access WHERE route = '/v1/me'"),
			 n + 1);
	assert_true(whole(&f));
	fix_close(&f);
}

/* ---- scopes ------------------------------------------------------------------------ */

static const char *
path_fill(struct fix *f, const char *pattern)
{
	const char *open = strchr(pattern, '{');

	if (open == NULL)
		return pattern;
	return arena_printf(f->a, "%.*snobody%s", (int)(open - pattern), pattern,
			    strchr(open, '}') + 1);
}

static enum role
role_of(const struct service_route *r)
{
	int i = 0;

	while ((r->roles & ROLE_BIT(i)) == 0)
		i++;
	return (enum role)i;
}

/* A token with one scope, or with every other one. */
static const char *
token_with(struct fix *f, enum party p, const char *credential, const char *scope,
	   bool every_other, const char **ret_id)
{
	json_t *scopes = json_array();

	if (!every_other)
		json_array_append_new(scopes, json_string(scope));
	for (size_t i = 0; every_other && i < service_routes_n; i++) {
		const char *one = scope_of(f->a, &service_routes[i]);
		size_t k;
		json_t *v;
		bool there = strcmp(one, scope) == 0 ||
			     service_routes[i].roles == ROLES_NOBODY_NEEDED;
		json_array_foreach (scopes, k, v)
			there = there || strcmp(json_string_value(v), one) == 0;
		if (!there)
			json_array_append_new(scopes, json_string(one));
	}
	json_t *r = fix_must(f, p, credential, "POST", "/v1/tokens",
			     json_pack("{s:s, s:o}", "name", "test", "scopes", scopes));
	*ret_id = fix_text(r, "id");
	return fix_text(r, "credential");
}

/* Each route opens to its scope and to no other, whatever the role allows. */
static void
every_route(void **state)
{
	struct fix f;
	const char *person[PARTY_COUNT][ROLE_COUNT], *id[2];

	(void)state;
	fix_open(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		for (int r = 0; r < ROLE_COUNT; r++)
			person[p][r] = fix_text(
				fix_must(&f, (enum party)p, f.n[p].admin, "POST",
					 "/v1/persons",
					 json_pack("{s:s, s:s}", "name",
						   arena_printf(f.a, "role%d", r), "role",
						   role_token((enum role)r))),
				"credential");
	for (size_t i = 0; i < service_routes_n; i++) {
		const struct service_route *route = &service_routes[i];
		if (route->roles == ROLES_NOBODY_NEEDED)
			continue;
		enum party p = route->party < 0 ? AUTHORITY : (enum party)route->party;
		const char *who = person[p][role_of(route)];
		const char *scope = scope_of(f.a, route);
		const char *only = token_with(&f, p, who, scope, false, &id[0]);
		const char *others = token_with(&f, p, who, scope, true, &id[1]);
		struct err e = ERR_INIT;
		/* An unknown member, so that nothing comes of what is allowed. */
		enum rc rc =
			fix_call(&f, p, only, route->method, path_fill(&f, route->path),
				 json_pack("{s:i}", "nonsense", 1), NULL, &e);
		if (rc != RC_INVALID || strstr(e.text, "unknown member") == NULL)
			fail_msg("%s %s with %s: %s \"%s\"", route->method, route->path,
				 scope, rc_token(rc), e.text);
		rc = fix_call(&f, p, others, route->method, path_fill(&f, route->path),
			      json_pack("{s:i}", "nonsense", 1), NULL, &e);
		if (rc != RC_DENIED ||
		    strstr(e.text, arena_printf(f.a, "this needs %s", scope)) == NULL)
			fail_msg("%s %s without %s: %s \"%s\"", route->method,
				 route->path, scope, rc_token(rc), e.text);
		for (int k = 0; k < 2; k++)
			fix_must(&f, p, who, "POST",
				 arena_printf(f.a, "/v1/tokens/%s/revoke", id[k]), NULL);
	}
	fix_close(&f);
}

/* A token is never more than its person, nor than what made it, nor longer than it says.
 */
static void
tokens(void **state)
{
	struct fix f;
	const char *id;
	struct err e = ERR_INIT;

	(void)state;
	fix_open(&f);
	const char *rina = f.n[AUTHORITY].officer;
	const char *makes = token_with(&f, AUTHORITY, rina, "tokens:write", false, &id);
	fix_refused(&f, AUTHORITY, makes, "POST", "/v1/tokens",
		    json_pack("{s:s}", "name", "all"), RC_DENIED, "more than it has");
	fix_refused(&f, AUTHORITY, makes, "POST", "/v1/tokens",
		    json_pack("{s:s, s:[s]}", "name", "more", "scopes", "cases:read"),
		    RC_DENIED, "more than it has");
	json_t *shown = NULL;
	assert_int_equal(
		fix_call(&f, AUTHORITY, makes, "GET", "/v1/cases", NULL, &shown, &e),
		RC_DENIED);
	assert_string_equal(fix_text(shown, "scope"), "cases:read");
	fix_must(&f, AUTHORITY, makes, "POST", "/v1/tokens",
		 json_pack("{s:s, s:[s]}", "name", "same", "scopes", "tokens:write"));
	/* The role is asked for as well. */
	const char *persons =
		token_with(&f, AUTHORITY, rina, "persons:write", false, &id);
	fix_refused(&f, AUTHORITY, persons, "POST", "/v1/persons", NULL, RC_DENIED,
		    "rina is officer");
	/* Revoked by its owner or an admin, by nobody else. */
	const char *path = arena_printf(f.a, "/v1/tokens/%s/revoke", id);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "POST", path, NULL,
		    RC_NOT_FOUND, "no token");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", path, NULL);
	const struct actor *who;
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a, persons, &who, &e),
			 RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", path, NULL, RC_NOT_FOUND,
		    "no token");
	/* Until it expires. */
	char expires[CLOCK_TEXT_LEN];
	clock_format(clock_now_us() + 100 * FIX_S, expires);
	const char *brief = fix_text(
		fix_must(&f, AUTHORITY, rina, "POST", "/v1/tokens",
			 json_pack("{s:s, s:s}", "name", "brief", "expires", expires)),
		"credential");
	fix_must(&f, AUTHORITY, brief, "GET", "/v1/me", NULL);
	fix_clock_add(101 * FIX_S);
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a, brief, &who, &e),
			 RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, rina, "POST", "/v1/tokens",
		    json_pack("{s:s, s:s}", "name", "past", "expires", expires),
		    RC_INVALID, "has passed");
	fix_refused(&f, AUTHORITY, rina, "POST", "/v1/tokens",
		    json_pack("{s:s, s:s}", "name", "first", "expires",
			      "1970-01-01T00:00:00Z"),
		    RC_INVALID, "has passed");
	/* Who has a token that may little, and sets a first password with it, would log
	 * in and may everything. */
	const char *mine = token_with(&f, AUTHORITY, rina, "me:write", false, &id);
	fix_refused(&f, AUTHORITY, mine, "POST", "/v1/me/password",
		    json_pack("{s:s}", "password", "lima ekor kuda nil"), RC_DENIED,
		    "first password");
	fix_must(&f, AUTHORITY, rina, "POST", "/v1/me/password",
		 json_pack("{s:s}", "password", "lima ekor kuda nil"));
	fix_must(&f, AUTHORITY, mine, "POST", "/v1/me/password",
		 json_pack("{s:s, s:s}", "password", "enam ekor kuda nil", "old",
			   "lima ekor kuda nil"));
	/* Others' tokens are for an admin to see. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].approver, "GET", "/v1/tokens",
		    json_pack("{s:s}", "person", "rina"), RC_DENIED, "admin");
	json_t *list = json_object_get(fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin,
						"GET", "/v1/tokens",
						json_pack("{s:s}", "person", "rina")),
				       "tokens");
	assert_int_equal(json_array_size(list), 6);
	assert_true(json_is_string(
		json_object_get(json_array_get(list, 0), "used"))); /* the credential */
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything), cmocka_unit_test(public_is_not),
		cmocka_unit_test(pages),      cmocka_unit_test(tampering),
		cmocka_unit_test(noted),      cmocka_unit_test(reads_on),
		cmocka_unit_test(retention),  cmocka_unit_test(starts),
		cmocka_unit_test(no_room),    cmocka_unit_test(every_route),
		cmocka_unit_test(tokens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
