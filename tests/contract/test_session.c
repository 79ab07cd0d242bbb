/*
 * Sessions: what a login gives, and how it ends.
 */
#include "people_fixture.h"

#include <string.h>

#define AUTHORITY PARTY_AUTHORITY

enum { IDLE_S = 1800, MAX_S = 43200 };

static void
login_and_out(void **state)
{
	struct fix f;
	const struct actor *who;
	json_t *r;
	struct err e;

	(void)state;
	people_open(&f);
	assert_int_equal(people_login(&f, "gita", people_good, &r), RC_OK);
	const char *session = fix_text(r, "session"), *csrf = fix_text(r, "csrf");
	assert_string_equal(fix_text(r, "role"), "officer");
	assert_string_equal(fix_text(r, "totp"), "none");
	assert_int_equal(people_enter(&f, session, &who), RC_OK);
	assert_string_equal(actor_name(who), "gita");
	assert_int_equal(actor_role(who), ROLE_OFFICER);
	/* The same secret as a bearer's. */
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a, session, &who, &e),
			 RC_OK);

	json_t *me = people_must(&f, session, "GET", "/v1/me", NULL);
	assert_string_equal(fix_text(me, "via"), "session");
	assert_string_equal(fix_text(me, "csrf"), csrf);
	/* Neither secret is in the store. */
	assert_int_equal(fix_query(&f, AUTHORITY,
				   arena_printf(f.a,
						"SELECT count(*) FROM session WHERE id = "
						"'%s' OR sha256 = '%s'",
						session, session)),
			 0);
	people_must(&f, session, "POST", "/v1/logout", NULL);
	assert_false(people_lives(&f, session));
	/* A token has no end of that kind. */
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/logout", NULL,
		    RC_CONFLICT, "token");
	fix_close(&f);
}

/* Another session's token, none, and half of it are no proof. */
static void
csrf(void **state)
{
	struct fix f;
	const struct actor *who, *by_token;
	json_t *r, *r2;
	struct err e = ERR_INIT;

	(void)state;
	people_open(&f);
	assert_int_equal(people_login(&f, "gita", people_good, &r), RC_OK);
	assert_int_equal(people_login(&f, "gita", people_good, &r2), RC_OK);
	assert_int_equal(people_enter(&f, fix_text(r, "session"), &who), RC_OK);
	const char *right = fix_text(r, "csrf");
	assert_int_equal(actor_csrf_check(who, right, &e), RC_OK);
	assert_string_not_equal(right, fix_text(r2, "csrf"));
	assert_int_equal(actor_csrf_check(who, fix_text(r2, "csrf"), &e), RC_DENIED);
	assert_int_equal(actor_csrf_check(who, NULL, &e), RC_DENIED);
	assert_int_equal(actor_csrf_check(who, "", &e), RC_DENIED);
	assert_int_equal(
		actor_csrf_check(who, arena_strndup(f.a, right, strlen(right) / 2), &e),
		RC_DENIED);
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a, f.n[AUTHORITY].admin,
					    &by_token, &e),
			 RC_OK);
	assert_int_equal(actor_csrf_check(by_token, right, &e), RC_DENIED);
	fix_close(&f);
}

static void
bad_sessions(void **state)
{
	struct fix f;

	(void)state;
	people_open(&f);
	const char *session = people_session(&f, "gita", people_good);
	char *flipped = arena_strdup(f.a, session);
	size_t at = strlen(flipped) - 5;
	flipped[at] = flipped[at] == 'A' ? 'B' : 'A';
	const char *const bad[] = {"",
				   "saluran-session-v1:",
				   flipped,
				   session + 1,
				   session + strlen("saluran-session-v1:"),
				   arena_printf(f.a, "%sA", session),
				   arena_strndup(f.a, session, strlen(session) - 1),
				   f.n[AUTHORITY].admin};
	assert_true(people_lives(&f, session));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (people_lives(&f, bad[i]))
			fail_msg("session %zu is taken: \"%s\"", i, bad[i]);
	fix_close(&f);
}

/* What came before a login opens nothing after it. */
static void
fixation(void **state)
{
	struct fix f;
	const struct actor *who;
	json_t *r;
	struct err e;

	(void)state;
	people_open(&f);
	const char *before = people_session(&f, "gita", people_good);
	assert_int_equal(people_enter(&f, before, &who), RC_OK);
	assert_int_equal(people_ask(&f, who, "POST", "/v1/login",
				    json_pack("{s:s, s:s}", "name", "gita", "password",
					      people_good),
				    &r, &e),
			 RC_OK);
	const char *after = fix_text(r, "session");
	assert_string_not_equal(before, after);
	assert_false(people_lives(&f, before));
	assert_true(people_lives(&f, after));

	/* Another password: every session goes, the one that asked gets a new secret. */
	const char *second = people_session(&f, "gita", people_good);
	r = people_must(
		&f, after, "POST", "/v1/me/password",
		json_pack("{s:s, s:s}", "password", people_good2, "old", people_good));
	assert_false(people_lives(&f, after));
	assert_false(people_lives(&f, second));
	assert_true(people_lives(&f, fix_text(r, "session")));
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_UNAUTHENTICATED);
	assert_int_equal(people_login(&f, "gita", people_good2, NULL), RC_OK);

	/* Another role: the sessions of the old one are over. */
	people_admin(&f, "POST", "/v1/persons/gita/role",
		     json_pack("{s:s}", "role", "auditor"));
	assert_false(people_lives(&f, fix_text(r, "session")));
	assert_int_equal(people_enter(&f, people_session(&f, "gita", people_good2), &who),
			 RC_OK);
	assert_int_equal(actor_role(who), ROLE_AUDITOR);
	fix_close(&f);
}

static void
password_change(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/password",
				   json_pack("{s:s}", "password", people_good2), NULL,
				   &e),
			 RC_INVALID);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/password",
				   json_pack("{s:s, s:s}", "password", people_good2,
					     "old", "not this one at all"),
				   NULL, &e),
			 RC_DENIED);
	assert_int_equal(people_in(&f, s, "POST", "/v1/me/password",
				   json_pack("{s:s, s:s}", "password", "short", "old",
					     people_good),
				   NULL, &e),
			 RC_INVALID);
	assert_true(people_lives(&f, s));
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_OK);
	fix_close(&f);
}

/* Every request is on the record with the next group, and so keeps its session alive. */
static void
record_written(struct fix *f)
{
	fix_refused(f, AUTHORITY, f->n[AUTHORITY].admin, "POST",
		    "/v1/tokens/t-none/revoke", NULL, RC_NOT_FOUND, "no token");
}

/* As an admin sees it in the list of people, and monitoring in the figures. */
static int64_t
sessions_counted(struct fix *f)
{
	const json_t *all = json_object_get(people_admin(f, "GET", "/v1/persons", NULL),
					    "persons"),
		     *row;
	int64_t n = -1;
	size_t i;

	json_array_foreach (all, i, row)
		if (strcmp(fix_text(row, "name"), "gita") == 0)
			n = fix_int(row, "sessions");
	assert_int_equal(fix_int(people_admin(f, "GET", "/v1/metrics", NULL), "sessions"),
			 n);
	return n;
}

static void
expiry(void **state)
{
	struct fix f;

	(void)state;
	people_open(&f);
	const char *idle = people_session(&f, "gita", people_good);
	fix_clock_add((IDLE_S - 1) * FIX_S);
	assert_int_equal(sessions_counted(&f), 1);
	assert_true(people_lives(&f, idle));
	fix_clock_add(2 * FIX_S);
	assert_int_equal(sessions_counted(&f), 0);
	assert_false(people_lives(&f, idle));

	/* One that is used lives on, but not for ever. */
	const char *used = people_session(&f, "gita", people_good);
	for (int s = 0; s + IDLE_S / 2 < MAX_S; s += IDLE_S / 2) {
		people_must(&f, used, "GET", "/v1/me", NULL);
		record_written(&f);
		fix_clock_add(IDLE_S / 2 * FIX_S);
	}
	assert_true(people_lives(&f, used));
	fix_clock_add(IDLE_S / 2 * FIX_S);
	assert_false(people_lives(&f, used));
	fix_close(&f);
}

static void
withdrawn(void **state)
{
	struct fix f;
	json_t *r;

	(void)state;
	people_open(&f);
	const char *s = people_session(&f, "gita", people_good);
	r = people_must(&f, s, "POST", "/v1/tokens",
			json_pack("{s:s}", "name", "script"));
	const char *token = fix_text(r, "credential");
	r = people_admin(&f, "POST", "/v1/persons/gita/link", NULL);
	const char *link = fix_text(r, "link");
	people_admin(&f, "POST", "/v1/persons/gita/withdraw", NULL);
	assert_false(people_lives(&f, s));
	const struct actor *who;
	struct err e = ERR_INIT;
	assert_int_equal(actor_authenticate(f.n[AUTHORITY].nd, f.a, token, &who, &e),
			 RC_UNAUTHENTICATED);
	assert_int_equal(people_login(&f, "gita", people_good, NULL), RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, NULL, "POST", "/v1/welcome",
		    json_pack("{s:s, s:s}", "token", link, "password", people_good2),
		    RC_UNAUTHENTICATED, "this link was used");
	fix_close(&f);
}

static size_t
session_count(struct fix *f, const char *session, const char *query)
{
	return json_array_size(json_object_get(
		people_must(f, session, "GET", "/v1/sessions",
			    query == NULL ? NULL : json_pack("{s:s}", "person", query)),
		"sessions"));
}

static void
own_sessions(void **state)
{
	struct fix f;
	struct err e;

	(void)state;
	people_open(&f);
	people_admin(&f, "POST", "/v1/persons",
		     json_pack("{s:s, s:s, s:s}", "name", "hadi", "role", "agent",
			       "password", people_good2));
	const char *one = people_session(&f, "gita", people_good),
		   *two = people_session(&f, "gita", people_good);
	const char *hadi = people_session(&f, "hadi", people_good2);
	assert_int_equal(session_count(&f, one, NULL), 2);
	const char *id = fix_text(people_must(&f, two, "GET", "/v1/me", NULL), "id");
	assert_int_equal(people_in(&f, hadi, "GET", "/v1/sessions",
				   json_pack("{s:s}", "person", "gita"), NULL, &e),
			 RC_DENIED);
	const char *path = arena_printf(f.a, "/v1/sessions/%s/revoke", id);
	assert_int_equal(people_in(&f, hadi, "POST", path, NULL, NULL, &e), RC_NOT_FOUND);
	assert_true(people_lives(&f, two));
	people_must(&f, one, "POST", path, NULL);
	assert_false(people_lives(&f, two));
	assert_true(people_lives(&f, one));
	/* An admin sees and ends those of others. */
	json_t *all = fix_must(&f, AUTHORITY, f.n[AUTHORITY].admin, "GET", "/v1/sessions",
			       json_pack("{s:s}", "person", "hadi"));
	const char *hadis =
		fix_text(json_array_get(json_object_get(all, "sessions"), 0), "id");
	people_admin(&f, "POST", arena_printf(f.a, "/v1/sessions/%s/revoke", hadis),
		     NULL);
	assert_false(people_lives(&f, hadi));
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(login_and_out),   cmocka_unit_test(csrf),
		cmocka_unit_test(bad_sessions),	   cmocka_unit_test(fixation),
		cmocka_unit_test(password_change), cmocka_unit_test(expiry),
		cmocka_unit_test(withdrawn),	   cmocka_unit_test(own_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
