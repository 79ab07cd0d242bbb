/* A secret opens under its key, in its place, and in no other way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/crypto.h"
#include "core/seal.h"

static const uint8_t key[SEAL_KEY_LEN] = {1}, other_key[SEAL_KEY_LEN] = {2};
static const struct seal_place here = {"person.totp", "gita"};

static void
round_trip(void **state)
{
	static const size_t lengths[] = {0, 1, 20, SEAL_SECRET_MAX};
	uint8_t secret[SEAL_SECRET_MAX];
	struct arena *a = arena_create();

	(void)state;
	memset(secret, 'x', sizeof(secret));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		const size_t len = lengths[i];
		const uint8_t *p = seal_bytes(a, key, here, secret, len),
			      *again = seal_bytes(a, key, here, secret, len), *got;
		size_t got_len;
		assert_memory_not_equal(p, again, len + SEAL_OVER);
		assert_int_equal(
			seal_open_bytes(a, key, here, p, len + SEAL_OVER, &got, &got_len),
			RC_OK);
		assert_int_equal(got_len, len);
		assert_memory_equal(got, secret, len);
	}
	arena_free(a);
}

static void
as_text(void **state)
{
	static const char *const bad[] = {"", "whsec_abc", SEAL_TEXT_PREFIX,
					  SEAL_TEXT_PREFIX "QUJD",
					  SEAL_TEXT_PREFIX "not base64"};
	struct arena *a = arena_create();
	const char *text = seal_text(a, key, here, "whsec_secret"), *got;

	(void)state;
	assert_true(seal_is_text(text));
	assert_null(strstr(text, "whsec"));
	assert_int_equal(seal_open_text(a, key, here, text, &got), RC_OK);
	assert_string_equal(got, "whsec_secret");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(seal_open_text(a, key, here, bad[i], &got), RC_CORRUPT);
	arena_free(a);
}

static void
elsewhere(void **state)
{
	static const struct seal_place places[] = {
		{"person.totp", "sari"},    {"person.totp", "gita2"}, {"person.totp", ""},
		{"webhook.secret", "gita"}, {"person.totpg", "ita"},  {"", "person.totp"},
	};
	struct arena *a = arena_create();
	const uint8_t *p = seal_bytes(a, key, here, "0123456789", 10), *got;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_int_equal(
			seal_open_bytes(a, key, places[i], p, 10 + SEAL_OVER, &got, &len),
			RC_CORRUPT);
	assert_int_equal(
		seal_open_bytes(a, other_key, here, p, 10 + SEAL_OVER, &got, &len),
		RC_CORRUPT);
	arena_free(a);
}

static void
each_flipped_bit_is_noticed(void **state)
{
	enum { LEN = 10 + SEAL_OVER };
	struct arena *a = arena_create();
	const uint8_t *p = seal_bytes(a, key, here, "0123456789", 10), *got;
	size_t len;

	(void)state;
	for (size_t i = 0; i < (size_t)LEN * 8; i++) {
		uint8_t *x = arena_copy(a, p, LEN);
		x[i / 8] ^= (uint8_t)(1U << i % 8);
		assert_int_equal(seal_open_bytes(a, key, here, x, LEN, &got, &len),
				 RC_CORRUPT);
	}
	for (size_t n = 0; n < LEN; n++)
		assert_int_equal(seal_open_bytes(a, key, here, p, n, &got, &len),
				 RC_CORRUPT);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(as_text),
		cmocka_unit_test(elsewhere),
		cmocka_unit_test(each_flipped_bit_is_noticed),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
