/*
 * Codes of objections, and what of a text may be published.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/objection.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

static void
codes(void **state)
{
	const uint8_t zero[OBJECTION_CODE_BYTES] = {0};
	uint8_t ones[OBJECTION_CODE_BYTES], one_bit[OBJECTION_CODE_BYTES] = {0};
	struct hash x, y;

	(void)state;
	memset(ones, 0xff, sizeof(ones));
	assert_string_equal(objection_code_make(a, zero),
			    "0000-0000-0000-0000-0000-0000");
	assert_string_equal(objection_code_make(a, ones),
			    "zzzz-zzzz-zzzz-zzzz-zzzz-zzzz");
	/* Every bit counts. */
	assert_true(objection_code_hash(objection_code_make(a, zero), &x));
	for (size_t i = 0; i < OBJECTION_CODE_BYTES * 8; i++) {
		memset(one_bit, 0, sizeof(one_bit));
		one_bit[i / 8] = (uint8_t)(1 << i % 8);
		assert_true(objection_code_hash(objection_code_make(a, one_bit), &y));
		assert_false(hash_equal(&x, &y));
	}
	assert_true(objection_code_hash("0123-4567-89ab-cdef-ghjk-mnpq", &x));
	assert_true(objection_code_hash(" 01234567 89ABCDEF GHJKMNPQ ", &y));
	assert_true(hash_equal(&x, &y));
	static const char *const bad[] = {
		"",
		"0123-4567-89ab-cdef-ghjk-mnp",
		"0123-4567-89ab-cdef-ghjk-mnpqr",
		"0123-4567-89ab-cdef-ghjk-mnpi",
		"0123-4567-89ab-cdef-ghjk-mn/q",
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(objection_code_hash(bad[i], &x));
}

static void
published(void **state)
{
	static const struct {
		const char *text, *shown;
	} rows[] = {
		{"", ""},
		{"UU 19/2016, Pasal 40 ayat (2b).", "UU 19/2016, Pasal 40 ayat (2b)."},
		{"84/HM/KOMINFO/07/2017", "84/HM/KOMINFO/07/2017"},
		{"t.me and web.telegram.org carry it.",
		 "t.me and web.telegram.org carry it."},
		{"on 2017-07-14T04:00:00Z, 14 July 2017",
		 "on 2017-07-14T04:00:00Z, 14 July 2017"},
		{"see https://t.me/x/1, then", "see [removed], then"},
		{"(https://t.me/x)", "[removed])"},
		{"t.me/joinchat/abc!", "[removed]!"},
		{"tg://resolve?domain=x", "[removed]"},
		{"mail rina@kominfo.example.", "mail [removed]."},
		{"user @rina did", "user [removed] did"},
		{"call +62 812 3456 7890 now", "call [removed] now"},
		{"call 0812-3456-7890.", "call [removed]."},
		{"NIK 3174012345678901", "NIK [removed]"},
		{"a\n\n b", "a\n\n b"},
		{"0 of 7 steps", "0 of 7 steps"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(public_text(a, rows[i].text), rows[i].shown);
	assert_null(public_text(a, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes),
		cmocka_unit_test(published),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
