/*
 * What an admin does about a person who may have lost something: lock and unlock, end
 * sessions, and who did it last.  And what anybody may bring to be checked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "people_fixture.h"

#define AUTHORITY PARTY_AUTHORITY

static json_t *
person(struct fix *f, const char *name)
{
	json_t *r = people_admin(f, "GET", "/v1/persons", NULL), *p;
	size_t i;

	json_array_foreach (json_object_get(r, "persons"), i, p)
		if (strcmp(fix_text(p, "name"), name) == 0)
			return p;
	fail_msg("there is no person %s", name);
	return NULL;
}

static void
locked_and_unlocked(void **state)
{
	struct fix f;
	json_t *r;

	(void)state;
	people_open(&f);
	const char *session = people_session(&f, "gita", people_good);
	json_t *made = people_must(&f, session, "POST", "/v1/tokens",
				   json_pack("{s:s}", "name", "board"));
	const char *token = fix_text(made, "credential");
	assert_true(people_lives(&f, session));
	fix_must(&f, AUTHORITY, token, "GET", "/v1/me", NULL);
	r = people_admin(&f, "POST", "/v1/persons/gita/lock", NULL);
	assert_true(json_is_true(json_object_get(r, "locked")));
	assert_false(people_lives(&f, session));
	assert_int_equal(people_login(&f, "gita", people_good, &r), RC_UNAUTHENTICATED);
	fix_refused(&f, AUTHORITY, token, "GET", "/v1/me", NULL, RC_UNAUTHENTICATED, "");
	r = person(&f, "gita");
	assert_true(json_is_true(json_object_get(r, "locked")));
	assert_true(json_is_false(json_object_get(r, "active")));
	assert_string_equal(fix_text(r, "changed_by"), "admin");
	assert_string_equal(fix_text(r, "added_by"), "admin");

	r = people_admin(&f, "POST", "/v1/persons/gita/unlock", NULL);
	assert_true(json_is_false(json_object_get(r, "locked")));
	assert_false(people_lives(&f, session)); /* it ended */
	fix_must(&f, AUTHORITY, token, "GET", "/v1/me", NULL);
	people_session(&f, "gita", people_good);
	people_session(&f, "gita", people_good);
	assert_int_equal(fix_int(person(&f, "gita"), "sessions"), 2);
	r = people_admin(&f, "POST", "/v1/persons/gita/end", NULL);
	assert_int_equal(fix_int(r, "ended"), 2);
	assert_int_equal(fix_int(person(&f, "gita"), "sessions"), 0);

	/* One who is locked can be withdrawn, and is then unlocked by nobody. */
	people_admin(&f, "POST", "/v1/persons/gita/lock", NULL);
	people_admin(&f, "POST", "/v1/persons/gita/withdraw", NULL);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST",
		    "/v1/persons/gita/unlock", json_object(), RC_NOT_FOUND,
		    "is not locked");
	fix_close(&f);
}

static void
who_may_not(void **state)
{
	static const struct {
		const char *who, *path;
		enum rc rc;
		const char *why;
	} rows[] = {
		{"admin", "/v1/persons/admin/lock", RC_CONFLICT,
		 "nobody locks themselves"},
		{"admin", "/v1/persons/nobody/lock", RC_NOT_FOUND, "nobody"},
		{"admin", "/v1/persons/nobody/end", RC_NOT_FOUND, "nobody"},
		{"admin", "/v1/persons/gita/unlock", RC_NOT_FOUND, "is not locked"},
		{"gita", "/v1/persons/admin/lock", RC_DENIED, "admin"},
		{"gita", "/v1/persons/admin/end", RC_DENIED, "admin"},
	};
	struct fix f;

	(void)state;
	people_open(&f);
	const char *gita = arena_printf(f.a, "gita:%s", people_good);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fix_refused(&f, AUTHORITY,
			    strcmp(rows[i].who, "gita") == 0 ? gita
							     : f.n[AUTHORITY].admin,
			    "POST", rows[i].path, json_object(), rows[i].rc, rows[i].why);
	fix_close(&f);
}

/* ---- what is brought to be checked ------------------------------------------------- */

static json_t *
checked(struct fix *f, const void *p, size_t len)
{
	struct buf b = BUF_INIT(1 << 20);

	b64_put(&b, p, len);
	json_t *in = json_pack("{s:s}", "file", buf_str(&b));
	buf_free(&b);
	return people_admin(f, "POST", "/v1/verify", in);
}

static void
a_bundle_and_what_is_none(void **state)
{
	static uint8_t sample[1 << 20];
	struct fix f;
	json_t *r;

	(void)state;
	people_open(&f);
	FILE *file = fopen(arena_printf(f.a, "%s/tests/bundle/claimed.bundle",
					getenv("SALURAN_SOURCE")),
			   "rb");
	assert_non_null(file);
	size_t len = fread(sample, 1, sizeof(sample), file);
	fclose(file);
	assert_in_range(len, 1024, sizeof(sample) - 1);
	r = checked(&f, sample, len);
	assert_true(json_is_true(json_object_get(r, "ok")));
	assert_string_equal(fix_text(r, "kind"), "bundle");
	assert_int_equal(json_array_size(json_object_get(r, "steps")), 14);
	assert_int_equal(fix_int(r, "events_total"),
			 json_array_size(json_object_get(r, "events")));
	/* One letter of a member's content. */
	sample[600] ^= 1;
	r = checked(&f, sample, len);
	assert_true(json_is_false(json_object_get(r, "ok")));
	assert_string_equal(fix_text(r, "step"), "members");
	r = checked(&f, "nothing of the kind", 19);
	assert_string_equal(fix_text(r, "step"), "container");
	r = checked(&f, "{\"ref\": 1}", 10);
	assert_string_equal(fix_text(r, "kind"), "proof");
	assert_string_equal(fix_text(r, "step"), "proof");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/verify",
		    json_pack("{s:s}", "file", "%%"), RC_INVALID, "base64");
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/verify",
		    json_object(), RC_INVALID, "missing");
	fix_close(&f);
}

static void
qr_codes(void **state)
{
	static char text[1002];
	struct fix f;

	(void)state;
	people_open(&f);
	json_t *r = people_admin(&f, "POST", "/v1/qr",
				 json_pack("{s:s}", "text", "lusab-babad"));
	/* Version 1 has 21 modules; the finder's first row is seven of them. */
	assert_int_equal(fix_int(r, "size"), 21 + 8);
	assert_memory_equal(fix_text(r, "path"), "M4 4h7v1h-7z", 12);
	memset(text, 'a', 1001);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/qr",
		    json_pack("{s:s}", "text", text), RC_TOO_LARGE, "1000");
	text[1000] = '\0';
	r = people_admin(&f, "POST", "/v1/qr", json_pack("{s:s}", "text", text));
	assert_in_range(fix_int(r, "size"), 100, 200);
	fix_refused(&f, AUTHORITY, f.n[AUTHORITY].admin, "POST", "/v1/qr",
		    json_pack("{s:s}", "text", ""), RC_INVALID, "empty");
	fix_close(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locked_and_unlocked),
		cmocka_unit_test(who_may_not),
		cmocka_unit_test(a_bundle_and_what_is_none),
		cmocka_unit_test(qr_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
