/*
 * People: credentials, what each role may, and that nobody acts as somebody else.
 */
#include "node_fixture.h"

#include <stdlib.h>
#include <string.h>

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

static enum rc
enter(struct fix *f, enum party p, const char *credential, const struct actor **ret)
{
	struct err e = ERR_INIT;
	enum rc rc = actor_authenticate(f->n[p].nd, f->a, credential, ret, &e);

	/* It does not say which part was wrong. */
	if (rc == RC_UNAUTHENTICATED)
		assert_non_null(strstr(e.text, "this credential opens nothing here"));
	return rc;
}

static void
credentials(void **state)
{
	struct fix f;
	const struct actor *who = NULL;

	(void)state;
	fix_open(&f);
	const char *good = f.n[AUTHORITY].officer;
	assert_int_equal(enter(&f, AUTHORITY, good, &who), RC_OK);
	assert_string_equal(actor_name(who), "rina");
	assert_int_equal(actor_role(who), ROLE_OFFICER);
	assert_string_not_equal(actor_pseudonym(who), actor_name(who));
	assert_int_equal(enter(&f, AUTHORITY, arena_printf(f.a, "%s \n", good), &who),
			 RC_OK);
	char *flipped = arena_strdup(f.a, good);
	size_t last = strlen(flipped) - 5;
	flipped[last] = flipped[last] == 'A' ? 'B' : 'A';
	const char *const bad[] = {
		"",
		":",
		"saluran-credential-v1:",
		"saluran-credential-v1: ",
		"saluran-credential-v1",
		"rina:",
		"rina",
		"rina:rina",
		":secret",
		"admin:",
		flipped,
		arena_strndup(f.a, good, strlen(good) - 1),
		arena_printf(f.a, "%sA", good),
		arena_printf(f.a, " %s", good),
		arena_printf(f.a, "X%s", good),
		good + strlen("saluran-credential-v1:"),
		f.n[PLATFORM].officer, /* the same name, on another node */
		f.n[PLATFORM].admin,
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (enter(&f, AUTHORITY, bad[i], &who) != RC_UNAUTHENTICATED)
			fail_msg("credential %zu is taken: \"%s\"", i, bad[i]);
	fix_close(&f);
}

static void
passwords(void **state)
{
	struct fix f;
	const struct actor *who = NULL;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	json_t *r = fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons",
			     json_pack("{s:s, s:s, s:s}", "name", "gita", "role",
				       "approver", "password", "korek:kuda:baterai"));
	assert_true(json_is_null(json_object_get(r, "credential")));
	assert_int_equal(enter(&f, AUTHORITY, "gita:korek:kuda:baterai", &who), RC_OK);
	assert_string_equal(actor_name(who), "gita");
	static const char *const bad[] = {"gita:korek:kuda:bateraj",
					  "gita:",
					  "gita:korek",
					  "Gita:korek:kuda:baterai",
					  "gita: korek:kuda:baterai",
					  "nobody:korek:kuda:baterai"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(enter(&f, AUTHORITY, bad[i], &who), RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/persons",
		    json_pack("{s:s, s:s, s:s}", "name", "hadi", "role", "officer",
			      "password", "short"),
		    RC_INVALID, "at least 12");
	/* Neither the password nor a token is anywhere in the store. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   "SELECT count(*) FROM person WHERE password LIKE "
				   "'%kuda%'"),
			 0);
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons/gita/withdraw", NULL);
	assert_int_equal(enter(&f, AUTHORITY, "gita:korek:kuda:baterai", &who),
			 RC_UNAUTHENTICATED);
	fix_close(&f);
}

static void
withdrawn(void **state)
{
	struct fix f;
	const struct actor *who = NULL;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons/rina/withdraw", NULL);
	assert_int_equal(enter(&f, AUTHORITY, f.n[AUTHORITY].officer, &who),
			 RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/persons/rina/withdraw", NULL,
		    RC_NOT_FOUND, "no active person");
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/persons/nobody/withdraw", NULL,
		    RC_NOT_FOUND, "no active person");
	/* A name is one person's for ever: what they did stays theirs. */
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/persons",
		    json_pack("{s:s, s:s}", "name", "rina", "role", "approver"),
		    RC_CONFLICT, "already");
	fix_close(&f);
}

static void
last_admin(void **state)
{
	struct fix f;
	const struct actor *who = NULL;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	fix_refused(&f, AUTHORITY, admin, "POST", "/v1/persons/admin/withdraw", NULL,
		    RC_CONFLICT, "last admin");
	assert_int_equal(enter(&f, AUTHORITY, admin, &who), RC_OK);
	const char *second = fix_text(
		fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "admin2", "role", "admin")),
		"credential");
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons/admin/withdraw", NULL);
	assert_int_equal(enter(&f, AUTHORITY, admin, &who), RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, second, "POST", "/v1/persons/admin2/withdraw", NULL,
		    RC_CONFLICT, "last admin");
	fix_close(&f);
}

static void
bad_persons(void **state)
{
	static const struct {
		const char *name, *role;
	} rows[] = {
		{"", "officer"},
		{"Rina", "officer"},
		{"a b", "officer"},
		{".a", "officer"},
		{"a:b", "officer"},
		{"../x", "officer"},
		{"x\n", "officer"},
		{"\xc3\xa9", "officer"},
		{"sari", "root"},
		{"sari", ""},
		{"sari", "Officer"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "officer"},
	};
	struct fix f;

	(void)state;
	fix_open_one(&f, AUTHORITY);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct err e = ERR_INIT;
		enum rc rc = fix_call(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
				      "/v1/persons",
				      json_pack("{s:s, s:s}", "name", rows[i].name,
						"role", rows[i].role),
				      NULL, &e);
		if (rc != RC_INVALID && rc != RC_TOO_LARGE)
			fail_msg("\"%s\" as %s: %s", rows[i].name, rows[i].role,
				 rc_token(rc));
	}
	fix_close(&f);
}

/* ---- routes ------------------------------------------------------------------------ */

/* The path with something plausible in its braces. */
static const char *
path_fill(struct fix *f, const char *pattern)
{
	const char *open = strchr(pattern, '{');

	if (open == NULL)
		return pattern;
	const char *close = strchr(open, '}');
	const char *word =
		strncmp(open, "{case}", 6) == 0 || strncmp(open, "{order}", 7) == 0
			? "01980000-0000-7000-8000-000000000001"
			: "nobody";
	return arena_printf(f->a, "%.*s%s%s", (int)(open - pattern), pattern, word,
			    close + 1);
}

/* The refusal lists the roles of the table, and no other. */
static bool
shows_roles(const json_t *shown, unsigned roles)
{
	const json_t *list = json_object_get(shown, "roles"), *v;
	unsigned seen = 0;
	size_t i;

	json_array_foreach (list, i, v)
		for (int r = 0; r < ROLE_COUNT; r++)
			if (strcmp(json_string_value(v), role_token((enum role)r)) == 0)
				seen |= ROLE_BIT(r);
	return seen == roles;
}

/* For each role and route: refused by its role exactly where the table says so. */
static void
roles(void **state)
{
	struct fix f;
	const char *credential[PARTY_COUNT][ROLE_COUNT];

	(void)state;
	fix_open(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		for (int r = 0; r < ROLE_COUNT; r++)
			credential[p][r] = fix_text(
				fix_must(&f, (enum party)p, f.n[p].admin, "POST",
					 "/v1/persons",
					 json_pack("{s:s, s:s}", "name",
						   arena_printf(f.a, "role%d", r), "role",
						   role_token((enum role)r))),
				"credential");
	for (size_t i = 0; i < service_routes_n; i++) {
		const struct service_route *route = &service_routes[i];
		const char *path = path_fill(&f, route->path);
		for (int p = 0; p < PARTY_COUNT; p++) {
			struct err e = ERR_INIT;
			enum rc rc = fix_call(&f, (enum party)p, NULL, route->method,
					      path, NULL, NULL, &e);
			bool open = route->roles == ROLES_NOBODY_NEEDED;
			if ((rc == RC_UNAUTHENTICATED) == open)
				fail_msg("%s %s without a credential: %s", route->method,
					 path, rc_token(rc));
			for (int r = 0; r < ROLE_COUNT; r++) {
				bool may = (open || (route->roles & ROLE_BIT(r)) != 0) &&
					   (route->party < 0 || route->party == p);
				json_t *shown = NULL;
				e = (struct err)ERR_INIT;
				rc = fix_call(&f, (enum party)p, credential[p][r],
					      route->method, path, NULL, &shown, &e);
				if (rc == RC_DENIED && !open &&
				    (route->roles & ROLE_BIT(r)) == 0 &&
				    !shows_roles(shown, route->roles))
					fail_msg("%s %s: %s", route->method, path,
						 e.text);
				/* The role lets an operator's person in; whose they are
				 * is asked next, and nobody has said so. */
				if (may && r == ROLE_OPERATOR &&
				    strstr(e.text, "speak for no operator") != NULL)
					continue;
				if ((rc == RC_DENIED) == may || rc == RC_UNAUTHENTICATED)
					fail_msg("%s %s on the %s as %s: %s \"%s\"",
						 route->method, path,
						 party_name((enum party)p),
						 role_token((enum role)r), rc_token(rc),
						 e.text);
			}
		}
	}
	/* Nothing of it did anything, but for the one request that needs no words. */
	assert_int_equal(
		fix_query(&f, AUTHORITY,
			  "SELECT count(*) FROM v_event WHERE type <> 'channel.test'"),
		1);
	fix_close(&f);
}

/* No request names who acts: not one route knows such a member, in a good request too. */
static void
nobody_else(void **state)
{
	static const char *const names[] = {"by",      "author",    "as",
					    "actor",   "on_behalf", "who",
					    "drafter", "pseudonym"};
	struct fix f;

	(void)state;
	fix_open(&f);
	for (size_t i = 0; i < service_routes_n; i++) {
		const struct service_route *route = &service_routes[i];
		enum party p = route->party < 0 ? AUTHORITY : (enum party)route->party;
		const char *who = f.n[p].admin;
		if ((route->roles & ROLE_BIT(ROLE_OFFICER)) != 0)
			who = f.n[p].officer;
		else if ((route->roles & ROLE_BIT(ROLE_APPROVER)) != 0)
			who = f.n[p].approver;
		else if ((route->roles & ROLE_BIT(ROLE_AGENT)) != 0)
			who = f.n[p].agent;
		for (size_t k = 0; k < sizeof(names) / sizeof(names[0]); k++) {
			struct err e = ERR_INIT;
			enum rc rc = fix_call(
				&f, p, who, route->method, path_fill(&f, route->path),
				json_pack("{s:s}", names[k], "rina"), NULL, &e);
			if (rc != RC_INVALID || strstr(e.text, "unknown member") == NULL)
				fail_msg("%s %s with \"%s\": %s \"%s\"", route->method,
					 route->path, names[k], rc_token(rc), e.text);
		}
	}
	/* What is recorded is the pseudonym of the credential, and no name. */
	const struct actor *officer = NULL;
	assert_int_equal(enter(&f, AUTHORITY, f.n[AUTHORITY].officer, &officer), RC_OK);
	const char *c = fix_send(&f, "W-1", "t.example", 1);
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "I am budi"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_int_equal(
			fix_query(&f, (enum party)p,
				  arena_printf(f.a,
					       "SELECT count(*) FROM v_event WHERE "
					       "casefile = '%s' AND author <> '%s'",
					       c, actor_pseudonym(officer))),
			0);
		assert_string_equal(
			fix_query_text(&f, (enum party)p, "SELECT author FROM v_message"),
			actor_pseudonym(officer));
	}
	assert_int_equal(fix_query(&f, PLATFORM,
				   "SELECT count(*) FROM v_event WHERE author = 'rina'"),
			 0);
	fix_close(&f);
}

/* The row of `name` among the colleagues that `who` reads; NULL: none. */
static const json_t *
colleague(struct fix *f, enum party p, const char *who, const char *name)
{
	const json_t *rows = json_object_get(
		fix_must(f, p, who, "GET", "/v1/colleagues", NULL), "colleagues");

	for (size_t i = 0; i < json_array_size(rows); i++)
		if (strcmp(fix_text(json_array_get(rows, i), "name"), name) == 0)
			return json_array_get(rows, i);
	return NULL;
}

/* Colleagues read whose pseudonym is whose, also of one who left; somebody of a DNS
 * operator is no colleague, and the other side reads only its own. */
static void
colleagues(void **state)
{
	struct fix f;
	const struct actor *officer = NULL;

	(void)state;
	fix_open(&f);
	const char *by = f.n[AUTHORITY].approver;
	assert_int_equal(enter(&f, AUTHORITY, f.n[AUTHORITY].officer, &officer), RC_OK);
	const char *oki = fix_text(
		fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/persons",
			 json_pack("{s:s, s:s}", "name", "oki", "role", "operator")),
		"credential");
	fix_refused(&f, AUTHORITY, oki, "GET", "/v1/colleagues", NULL, RC_DENIED,
		    "oki is operator");
	fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/persons/oki/withdraw",
		 NULL);
	const json_t *rina = colleague(&f, AUTHORITY, by, "rina");
	assert_non_null(rina);
	assert_string_equal(fix_text(rina, "pseudonym"), actor_pseudonym(officer));
	assert_string_equal(fix_text(rina, "role"), "officer");
	assert_true(json_is_true(json_object_get(rina, "active")));
	assert_true(json_is_false(
		json_object_get(colleague(&f, AUTHORITY, by, "oki"), "active")));
	/* The other side's directory is its own. */
	rina = colleague(&f, PLATFORM, f.n[PLATFORM].agent, "rina");
	assert_true(rina == NULL ||
		    strcmp(fix_text(rina, "pseudonym"), actor_pseudonym(officer)) != 0);
	fix_close(&f);
}

/* A word of the path wins: a body cannot point the request elsewhere. */
static void
path_wins(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *admin = f.n[AUTHORITY].admin;
	fix_must(&f, AUTHORITY, admin, "POST", "/v1/persons/rina/withdraw",
		 json_pack("{s:s}", "person", "budi"));
	const struct actor *who = NULL;
	assert_int_equal(enter(&f, AUTHORITY, f.n[AUTHORITY].officer, &who),
			 RC_UNAUTHENTICATED);
	assert_int_equal(enter(&f, AUTHORITY, f.n[AUTHORITY].approver, &who), RC_OK);
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(credentials), cmocka_unit_test(passwords),
		cmocka_unit_test(withdrawn),   cmocka_unit_test(last_admin),
		cmocka_unit_test(bad_persons), cmocka_unit_test(roles),
		cmocka_unit_test(nobody_else), cmocka_unit_test(colleagues),
		cmocka_unit_test(path_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
