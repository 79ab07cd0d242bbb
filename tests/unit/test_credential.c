/*
 * What proves who somebody is, by itself: codes by time, scopes, passwords.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "service/person.h"

static const uint8_t rfc_secret[] = "12345678901234567890";

/* RFC 6238, appendix B, the rows of SHA-1: eight digits there, the last six of them here.
 */
static void
totp_rfc6238(void **state)
{
	static const struct {
		int64_t s;
		uint32_t code;
	} rows[] = {
		{59, 287082},	    {1111111109, 81804},  {1111111111, 50471},
		{1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(totp_code(rfc_secret, TOTP_LEN,
					   totp_step_of(rows[i].s * CLOCK_US_PER_S)),
				 rows[i].code);
}

/* RFC 4226, appendix D. */
static void
hotp_rfc4226(void **state)
{
	static const uint32_t codes[] = {755224, 287082, 359152, 969429, 338314,
					 254676, 287922, 162583, 399871, 520489};

	(void)state;
	for (int64_t i = 0; i < 10; i++)
		assert_int_equal(totp_code(rfc_secret, TOTP_LEN, i), codes[i]);
}

/* One step to either side, later than the newest one used, six digits and nothing else.
 */
static void
totp_window(void **state)
{
	const int64_t now_us = INT64_C(150) * CLOCK_US_PER_S; /* step 5 */

	(void)state;
	assert_int_equal(totp_match(rfc_secret, "254676", now_us, -1), 5);
	assert_int_equal(totp_match(rfc_secret, "338314", now_us, -1), 4);
	assert_int_equal(totp_match(rfc_secret, "287922", now_us, -1), 6);
	assert_int_equal(totp_match(rfc_secret, "969429", now_us, -1), -1);
	assert_int_equal(totp_match(rfc_secret, "162583", now_us, -1), -1);
	assert_int_equal(totp_match(rfc_secret, "254676", now_us, 5), -1);
	assert_int_equal(totp_match(rfc_secret, "338314", now_us, 5), -1);
	assert_int_equal(totp_match(rfc_secret, "287922", now_us, 5), 6);
	static const char *const bad[] = {"",	    "25467",  "2546760", " 254676",
					  "+54676", "25467x", "000000",	 "-54676"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(totp_match(rfc_secret, bad[i], now_us, -1), -1);
}

static void
totp_roles(void **state)
{
	struct err e = ERR_INIT;
	unsigned mask;

	(void)state;
	assert_int_equal(totp_roles_parse("", &mask, &e), RC_OK);
	assert_int_equal(mask, 0);
	assert_int_equal(totp_roles_parse("admin, approver", &mask, &e), RC_OK);
	assert_int_equal(mask, ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_APPROVER));
	assert_int_equal(totp_roles_parse("admin officer,", &mask, &e), RC_OK);
	assert_int_equal(mask, ROLE_BIT(ROLE_ADMIN) | ROLE_BIT(ROLE_OFFICER));
	assert_int_equal(totp_roles_parse("admins", &mask, &e), RC_INVALID);
	assert_non_null(strstr(e.text, "\"admins\""));
	assert_int_equal(totp_roles_parse("admin;officer", &mask, &e), RC_INVALID);
}

static void
scopes(void **state)
{
	static const struct {
		const char *scopes, *wanted;
		bool allow;
	} rows[] = {
		{"*", "cases:read", true},
		{"*", "cases:write", true},
		{"*:read", "cases:read", true},
		{"*:read", "cases:write", false},
		{"*:write", "cases:write", true},
		{"*:write", "cases:read", false},
		{"cases:read", "cases:read", true},
		{"cases:read", "cases:write", false},
		{"cases:read", "orders:read", false},
		{"cases:write", "cases:read", false},
		{"cases:read orders:write", "orders:write", true},
		{"cases:read orders:write", "orders:read", false},
		{"case:read", "cases:read", false},
		{"cases:rea", "cases:read", false},
		{"cases:reads", "cases:read", false},
		{"", "cases:read", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (scopes_allow(rows[i].scopes, rows[i].wanted) != rows[i].allow)
			fail_msg("\"%s\" for %s", rows[i].scopes, rows[i].wanted);
}

/* A token gives at most what it has. */
static void
scopes_inside(void **state)
{
	static const struct {
		const char *inner, *outer;
		bool within;
	} rows[] = {
		{"cases:read", "*", true},
		{"*", "*", true},
		{"*", "*:read *:write", false},
		{"*:read", "*", true},
		{"*:read", "cases:read", false},
		{"cases:read", "*:read", true},
		{"cases:read cases:write", "*:read", false},
		{"cases:read", "cases:read orders:read", true},
		{"cases:read tokens:write", "cases:read", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (scopes_within(rows[i].inner, rows[i].outer) != rows[i].within)
			fail_msg("\"%s\" within \"%s\"", rows[i].inner, rows[i].outer);
}

static enum rc
parsed(struct arena *a, const char *json, const char **ret, struct err *e)
{
	json_t *list = json_loads(json, JSON_DECODE_ANY, NULL);
	assert_non_null(list);
	enum rc rc = scopes_parse(a, list, ret, e);
	json_decref(list);
	return rc;
}

static void
scopes_given(void **state)
{
	static const char *const bad[] = {"[]",
					  "\"*\"",
					  "[1]",
					  "[\"\"]",
					  "[\"cases\"]",
					  "[\"cases:\"]",
					  "[\"cases:delete\"]",
					  "[\"nothing:read\"]",
					  "[\"*:\"]",
					  "[\"* \"]",
					  "[\"login:write\"]",
					  "[\"cases:read \"]",
					  "{}"};
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	const char *text;

	(void)state;
	assert_int_equal(scopes_parse(a, NULL, &text, &e), RC_OK);
	assert_string_equal(text, "*");
	assert_int_equal(
		parsed(a, "[\"orders:read\",\"cases:read\",\"orders:read\"]", &text, &e),
		RC_OK);
	assert_string_equal(text, "cases:read orders:read");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (parsed(a, bad[i], &text, &e) != RC_INVALID)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(parsed(a, "[\"case:read\"]", &text, &e), RC_INVALID);
	assert_non_null(strstr(e.text, " cases "));
	arena_free(a);
}

static void
passwords(void **state)
{
	static const struct {
		const char *password;
		bool ok;
	} rows[] = {
		{"korek:kuda:baterai", true},
		{"tujuh gajah minum kopi", true},
		{"\xe6\xad\xa3\xe7\xa2\xba\xe9\xa6\xac\xe9\x9b\xbb\xe6\xb1\xa0\xe9\x87"
		 "\x98"
		 "\xe5\xa4\xa9\xe5\x9c\xb0\xe4\xba\xba\xe5\x92\x8c\xe9\xa2\xa8\xe6\x9c"
		 "\x88",
		 true}, /* twelve characters of another script */
		{"korek:kuda:", false},
		{"\xe6\xad\xa3\xe7\xa2\xba\xe9\xa6\xac\xe9\x9b\xbb\xe6\xb1\xa0", false},
		{"aaaaaaaaaaaaaaaa", false},
		{"abababababababab", false},
		{"kopikopikopikopi", false},
		{"123456789012", false},
		{"abcdefghijklmnop", false},
		{"ponmlkjihgfedcba", false},
		{"PasswordPassword1", false},
		{"password-indonesia", false},
		{"Qwertyuiop123456", false},
		{"kominfo.example1", false},
		{"rina-rina-kominfo", false},
		{"RinaKominfo2026!", false},
		{"rina minum kopi tubruk", true},
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum rc rc =
			password_check("kominfo.example", "rina", rows[i].password, &e);
		if (rc != (rows[i].ok ? RC_OK : RC_INVALID))
			fail_msg("\"%s\": %s", rows[i].password, rc_token(rc));
	}
	char most[PASSWORD_CHARS_MAX + 2];
	for (size_t i = 0; i < sizeof(most); i++)
		most[i] = "kudalompat, "[(i * i + i / 12) % 12];
	most[PASSWORD_CHARS_MAX + 1] = '\0';
	assert_int_equal(password_check("a.example", "rina", most, &e), RC_TOO_LARGE);
	most[PASSWORD_CHARS_MAX] = '\0';
	assert_int_equal(password_check("a.example", "rina", most, &e), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(totp_rfc6238), cmocka_unit_test(hotp_rfc4226),
		cmocka_unit_test(totp_window),	cmocka_unit_test(totp_roles),
		cmocka_unit_test(scopes),	cmocka_unit_test(scopes_inside),
		cmocka_unit_test(scopes_given), cmocka_unit_test(passwords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
