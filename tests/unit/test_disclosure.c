/*
 * Disclosures: RFC 9901's own vector, every naughty string there and back, and the forms
 * that are refused.
 */
#include "unit/file_read.h"

#include "base/enc.h"
#include "core/event.h"

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	crypto_start();
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

/* RFC 9901, section 5.1, the claim given_name. */
static void
rfc9901_vector(void **state)
{
	static const char text[] =
		"WyIyR0xDNDJzS1F2ZUNmR2ZyeU5STjl3IiwgImdpdmVuX25hbWUiLCAiSm9obiJd";
	struct err e = ERR_INIT;
	const char *name;
	json_t *value;
	struct hash h;

	(void)state;
	assert_int_equal(
		event_disclosure_parse(a, text, sizeof(text) - 1, &name, &value, &e),
		RC_OK);
	assert_string_equal(name, "given_name");
	assert_string_equal(json_string_value(value), "John");
	hash_bytes(text, sizeof(text) - 1, &h);
	assert_string_equal(b64url_arena(a, h.b, HASH_LEN),
			    "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4");
}

/* There and back, twice with another salt. */
static void
assert_round_trip(json_t *value)
{
	const char *text, *again, *name;
	struct hash h, h2, want;
	struct err e = ERR_INIT;
	json_t *back;

	if (event_disclosure_make(a, "reason", value, &text, &h, &e) != RC_OK)
		fail_msg("%s", e.text);
	hash_bytes(text, strlen(text), &want);
	assert_true(hash_equal(&h, &want));
	assert_int_equal(event_disclosure_parse(a, text, strlen(text), &name, &back, &e),
			 RC_OK);
	assert_string_equal(name, "reason");
	assert_true(json_equal(value, back));
	assert_int_equal(event_disclosure_make(a, "reason", value, &again, &h2, &e),
			 RC_OK);
	assert_false(hash_equal(&h, &h2));
}

static bool
has_noncharacter(const char *s)
{
	static const char *const sequences[] = {"\xef\xbf\xbe", "\xef\xbf\xbf"};

	return strstr(s, sequences[0]) != NULL || strstr(s, sequences[1]) != NULL;
}

/* Each is sent as it is, or refused to its author, in words, before it is sent. */
static void
naughty_strings(void **state)
{
	size_t len, i, refused = 0;
	const char *text = file_read(a, "SALURAN_TEST_DATA", "blns/blns.json", &len);
	json_t *list = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *value;

	(void)state;
	assert_true(json_array_size(list) > 500);
	json_array_foreach (list, i, value) {
		struct err e = ERR_INIT;
		const char *made;
		struct hash h;

		if (!has_noncharacter(json_string_value(value))) {
			assert_round_trip(value);
			continue;
		}
		assert_int_equal(event_disclosure_make(a, "reason", value, &made, &h, &e),
				 RC_INVALID);
		assert_non_null(strstr(e.text, "reason cannot be sent"));
		assert_non_null(strstr(e.text, "noncharacter"));
		refused++;
	}
	json_decref(list);
	assert_in_range(refused, 1, 3);
}

static void
any_value(void **state)
{
	static const char *const values[] = {
		"null", "true", "-7", "{}", "[]", "{\"a\":[1,{\"b\":\"c\"}]}", "\"\""};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct err e = ERR_INIT;
		json_t *v;

		assert_int_equal(ijson_parse(a, values[i], strlen(values[i]), &v, &e),
				 RC_OK);
		assert_round_trip(v);
	}
}

static void
largest(void **state)
{
	char *fill = arena_alloc(a, EVENT_DISCLOSURE_MAX + 1);
	/* 3 bytes of JSON for 4 of text; ["<22>","reason","..."] has 38 of its own. */
	const size_t most = EVENT_DISCLOSURE_MAX / 4 * 3 - 38;

	(void)state;
	memset(fill, 'x', EVENT_DISCLOSURE_MAX);
	for (size_t over = 0; over < 2; over++) {
		json_t *v = json_stringn(fill, most + over);
		const char *text;
		struct hash h;
		struct err e = ERR_INIT;

		enum rc rc = event_disclosure_make(a, "reason", v, &text, &h, &e);
		assert_int_equal(rc, over == 0 ? RC_OK : RC_TOO_LARGE);
		if (rc == RC_OK)
			assert_int_equal(strlen(text), EVENT_DISCLOSURE_MAX);
		json_decref(v);
	}
}

static void
values_that_cannot_be_sent(void **state)
{
	json_t *values[] = {json_real(1.5), json_integer(9007199254740992),
			    json_string("\xef\xbf\xbf")};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct err e = ERR_INIT;
		const char *text;
		struct hash h;

		assert_int_equal(event_disclosure_make(a, "n", values[i], &text, &h, &e),
				 RC_INVALID);
		assert_non_null(strstr(e.text, "n cannot be sent"));
		json_decref(values[i]);
	}
}

#define SALT "\"2GLC42sKQveCfGfryNRN9w\""

static void
refused_forms(void **state)
{
	static const struct {
		const char *json, *phrase;
	} bad[] = {
		{"[" SALT ",\"a\"]", "must be ["},
		{"[" SALT ",\"a\",1,2]", "must be ["},
		{"[" SALT ",7,1]", "must be ["},
		{"[7,\"a\",1]", "must be ["},
		{"{\"a\":1}", "must be ["},
		{"[\"\",\"a\",1]", "salt"},
		{"[\"2GLC42sKQveCfGfryNRN9\",\"a\",1]", "salt"},
		{"[\"2GLC42sKQveCfGfryNRN9wAA\",\"a\",1]", "salt"},
		{"[\"2GLC42sKQveCfGfryNRN9x\",\"a\",1]", "salt"},
		{"[\"2GLC42sKQveCfGfryNRN9+\",\"a\",1]", "salt"},
		{"[" SALT ",\"\",1]", "cannot have this name"},
		{"[" SALT ",\"_sd\",1]", "cannot have this name"},
		{"[" SALT ",\"...\",1]", "cannot have this name"},
		{"[" SALT ",\"a\",1.5]", "only integers"},
		{"[" SALT ",\"a\",1", "not JSON"},
	};
	struct err e = ERR_INIT;
	const char *name;
	json_t *value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *text = b64url_arena(a, bad[i].json, strlen(bad[i].json));

		e = (struct err)ERR_INIT;
		assert_int_equal(
			event_disclosure_parse(a, text, strlen(text), &name, &value, &e),
			RC_UNPROCESSABLE);
		if (strstr(e.text, bad[i].phrase) == NULL)
			fail_msg("%s: %s", bad[i].json, e.text);
		assert_string_equal(e.rule, "protocol 2");
	}
	assert_int_equal(event_disclosure_parse(a, "WyI=", 4, &name, &value, &e),
			 RC_UNPROCESSABLE);
	char *big = arena_alloc(a, EVENT_DISCLOSURE_MAX + 2);
	memset(big, 'A', EVENT_DISCLOSURE_MAX + 1);
	assert_int_equal(event_disclosure_parse(a, big, EVENT_DISCLOSURE_MAX + 1, &name,
						&value, &e),
			 RC_TOO_LARGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc9901_vector),
		cmocka_unit_test(naughty_strings),
		cmocka_unit_test(any_value),
		cmocka_unit_test(largest),
		cmocka_unit_test(values_that_cannot_be_sent),
		cmocka_unit_test(refused_forms),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
