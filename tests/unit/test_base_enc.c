#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/enc.h"

/* RFC 4648, section 10. */
static const struct {
	const char *plain, *b64, *b64url, *hex;
} vectors[] = {
	{"", "", "", ""},
	{"f", "Zg==", "Zg", "66"},
	{"fo", "Zm8=", "Zm8", "666f"},
	{"foo", "Zm9v", "Zm9v", "666f6f"},
	{"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
	{"\xff\xef\xbe", "/+++", "_---", "ffefbe"},
};

static void
encoders_follow_rfc_4648(void **state)
{
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const char *p = vectors[i].plain;
		size_t len = strlen(p);
		struct buf b = BUF_INIT(64);
		char hex[32];

		assert_string_equal(b64_arena(a, p, len), vectors[i].b64);
		assert_string_equal(b64url_arena(a, p, len), vectors[i].b64url);
		hex_encode((const uint8_t *)p, len, hex);
		assert_string_equal(hex, vectors[i].hex);
		b64_put(&b, p, len);
		b64url_put(&b, p, len);
		assert_true(buf_ok(&b));
		assert_int_equal(b.len,
				 strlen(vectors[i].b64) + strlen(vectors[i].b64url));
		buf_free(&b);
	}
	arena_free(a);
}

/* The n-th byte of a pattern that has every byte value. */
static uint8_t
pattern(size_t n)
{
	return (uint8_t)(n * 167 + 13);
}

static void
every_length_comes_back(void **state)
{
	(void)state;
	for (size_t len = 0; len < 600; len++) {
		struct arena *a = arena_create();
		uint8_t *plain = arena_alloc(a, len + 1), *back;
		size_t back_len;

		for (size_t i = 0; i < len; i++)
			plain[i] = pattern(i);
		const char *std = b64_arena(a, plain, len);
		const char *url = b64url_arena(a, plain, len);
		char *hex = arena_alloc(a, 2 * len + 1);
		hex_encode(plain, len, hex);

		assert_int_equal(strlen(std), (len + 2) / 3 * 4);
		assert_int_equal(b64_decode(a, std, strlen(std), &back, &back_len),
				 RC_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, plain, len);
		assert_int_equal(b64url_decode(a, url, strlen(url), &back, &back_len),
				 RC_OK);
		assert_int_equal(back_len, len);
		assert_memory_equal(back, plain, len);
		back = arena_alloc(a, len + 1);
		assert_int_equal(hex_decode(hex, 2 * len, back, len), RC_OK);
		assert_memory_equal(back, plain, len);
		arena_free(a);
	}
}

static void
b64_refuses_what_its_encoder_does_not_write(void **state)
{
	static const char *const bad[] = {
		"Z",	    "Zg",	"Zg=",	   "Zg===",  "=",      "==",   "===",
		"====",	    "Zm9",	"Zm9v=",   "Zm9v==", "Z===",   "Zh==", "Zm9=",
		"Zm9v\n",   "Zm 9",	" Zg=",	   "Zg=\n",  "_---",   "Z=g=", "=Zg=",
		"Zg==Zg==", "Zm9v====", "Zm9\x80", "Zf==",   "Zm8=\n",
	};
	struct arena *a = arena_create();
	uint8_t *ret;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (b64_decode(a, bad[i], strlen(bad[i]), &ret, &len) != RC_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
	assert_int_equal(b64_decode(a, "Zm9\0", 4, &ret, &len), RC_INVALID);
	arena_free(a);
}

static void
b64url_refuses_what_its_encoder_does_not_write(void **state)
{
	static const char *const bad[] = {
		"Z",	"Zg==", "Zm8=", "Zh",	 "Zm9",	     "/+++",	     "Zm9v\n",
		"Zm 9", " Zg",	"Zg\n", "Zm9vY", "Zm9vYmF/", "Zm9v\xc3\xa9", "Zf",
	};
	struct arena *a = arena_create();
	uint8_t *ret;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (b64url_decode(a, bad[i], strlen(bad[i]), &ret, &len) != RC_INVALID)
			fail_msg("accepted: \"%s\"", bad[i]);
	assert_int_equal(b64url_decode(a, "Zm\0v", 4, &ret, &len), RC_INVALID);
	arena_free(a);
}

/* All texts of four characters from an alphabet that has every kind of trouble: what is
 * accepted is what the encoder writes. */
static void
four_characters_have_one_encoding(void **state)
{
	static const char alphabet[] = "AQgwB9/+-_= \n\xff";
	enum { N = sizeof(alphabet) };
	int accepted = 0;

	(void)state;
	for (int n = 0; n < N * N * N * N; n++) {
		struct arena *a = arena_create();
		char text[5] = {alphabet[n % N], alphabet[n / N % N],
				alphabet[n / N / N % N], alphabet[n / N / N / N], '\0'};
		uint8_t *ret;
		size_t len;

		if (b64_decode(a, text, 4, &ret, &len) == RC_OK) {
			assert_string_equal(b64_arena(a, ret, len), text);
			accepted++;
		}
		if (b64url_decode(a, text, 4, &ret, &len) == RC_OK) {
			assert_string_equal(b64url_arena(a, ret, len), text);
			accepted++;
		}
		arena_free(a);
	}
	/* Not vacuous: each alphabet has eight digits here. */
	assert_true(accepted > 2 * 8 * 8 * 8 * 8);
}

static void
hex_refuses_other_lengths_and_digits(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} bad[] = {
		{"00", 0}, {"00", 2}, {"0", 0},	 {"000", 1}, {"0g", 1}, {"AB", 1},
		{"aB", 1}, {" 0", 1}, {"0x", 1}, {"-1", 1},  {"", 1},	{"00\n", 1},
	};
	uint8_t out[4];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (hex_decode(bad[i].text, strlen(bad[i].text), out, bad[i].len) !=
		    RC_INVALID)
			fail_msg("accepted: \"%s\"", bad[i].text);
	for (int c = 0; c < 256; c++) {
		char text[2] = {'0', (char)c};
		bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		assert_int_equal(hex_decode(text, 2, out, 1), digit ? RC_OK : RC_INVALID);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoders_follow_rfc_4648),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(b64_refuses_what_its_encoder_does_not_write),
		cmocka_unit_test(b64url_refuses_what_its_encoder_does_not_write),
		cmocka_unit_test(four_characters_have_one_encoding),
		cmocka_unit_test(hex_refuses_other_lengths_and_digits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
