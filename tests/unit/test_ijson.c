/*
 * Strict I-JSON over the whole of JSONTestSuite, and over each rule of ours.
 */
#include "unit/file_read.h"

#include <dirent.h>

#include "core/event.h"

#define SUITE "jsontestsuite/test_parsing"

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

/* Good JSON that is no I-JSON of protocol 2. */
static const struct {
	const char *name, *phrase;
} beyond[] = {
	/* numbers with a fraction or an exponent: readers differ in what they round */
	{"y_number.json", "only integers"},
	{"y_number_0e+1.json", "only integers"},
	{"y_number_0e1.json", "only integers"},
	{"y_number_double_close_to_zero.json", "only integers"},
	{"y_number_int_with_exp.json", "only integers"},
	{"y_number_real_capital_e.json", "only integers"},
	{"y_number_real_capital_e_neg_exp.json", "only integers"},
	{"y_number_real_capital_e_pos_exp.json", "only integers"},
	{"y_number_real_exponent.json", "only integers"},
	{"y_number_real_fraction_exponent.json", "only integers"},
	{"y_number_real_neg_exp.json", "only integers"},
	{"y_number_real_pos_exponent.json", "only integers"},
	{"y_number_simple_real.json", "only integers"},
	{"y_object_extreme_numbers.json", "only integers"},
	{"y_structure_lonely_negative_real.json", "only integers"},
	/* a second way to write 0 */
	{"y_number_minus_zero.json", "-0"},
	{"y_number_negative_zero.json", "-0"},
	/* RFC 7493, 2.3: no duplicate names */
	{"y_object_duplicated_key.json", "duplicate"},
	{"y_object_duplicated_key_and_value.json", "duplicate"},
	/* RFC 7493, 2.1: no noncharacters */
	{"y_string_escaped_noncharacter.json", "noncharacter U+FFFF"},
	{"y_string_last_surrogates_1_and_2.json", "noncharacter U+10FFFF"},
	{"y_string_nonCharacterInUTF-8_U+10FFFF.json", "noncharacter U+10FFFF"},
	{"y_string_nonCharacterInUTF-8_U+FFFF.json", "noncharacter U+FFFF"},
	{"y_string_unicode_U+10FFFE_nonchar.json", "noncharacter U+10FFFE"},
	{"y_string_unicode_U+1FFFE_nonchar.json", "noncharacter U+1FFFE"},
	{"y_string_unicode_U+FDD0_nonchar.json", "noncharacter U+FDD0"},
	{"y_string_unicode_U+FFFE_nonchar.json", "noncharacter U+FFFE"},
	/* a C string would end there: two readings of one text */
	{"y_object_escaped_null_in_key.json", "U+0000"},
	{"y_string_null_escape.json", "U+0000"},
};

enum { BEYOND_COUNT = sizeof(beyond) / sizeof(beyond[0]) };

static const char *
beyond_phrase(const char *name)
{
	for (size_t i = 0; i < BEYOND_COUNT; i++)
		if (strcmp(beyond[i].name, name) == 0)
			return beyond[i].phrase;
	return NULL;
}

/* i_ files may be either for a JSON parser; each of them breaks a rule of ours. */
static bool
holds(const char *name, enum rc rc, const struct err *e)
{
	const char *phrase = beyond_phrase(name);

	if (phrase != NULL)
		return rc == RC_UNPROCESSABLE && strstr(e->text, phrase) != NULL;
	if (name[0] == 'y')
		return rc == RC_OK;
	return rc == RC_UNPROCESSABLE && strcmp(e->rule, "protocol 2") == 0;
}

static void
json_test_suite(void **state)
{
	const char *path = path_of(a, "SALURAN_TEST_DATA", SUITE);
	DIR *d = opendir(path);
	int count[3] = {0}, bad = 0;

	(void)state;
	if (d == NULL)
		fail_msg("%s cannot be read: is the test data there?", path);
	for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
		const char *name = entry->d_name, *kind = strchr("yni", name[0]);
		struct err e = ERR_INIT;
		json_t *v;
		size_t len;

		if (kind == NULL || name[1] != '_')
			continue;
		const char *text = file_read(a, "SALURAN_TEST_DATA",
					     arena_printf(a, SUITE "/%s", name), &len);
		enum rc rc = ijson_parse(a, text, len, &v, &e);
		if (ijson_check(a, text, len, &e) != rc) {
			print_error("%s: otherwise without a tree\n", name);
			bad++;
		}
		count["yni"[0] == *kind ? 0 : *kind == 'n' ? 1 : 2]++;
		if (!holds(name, rc, &e)) {
			print_error("%s: %s %s\n", name, rc_token(rc), e.text);
			bad++;
		}
	}
	closedir(d);
	assert_int_equal(bad, 0);
	assert_int_equal(count[0], 95);
	assert_int_equal(count[1], 188);
	assert_int_equal(count[2], 35);
}

/* clang-format off */
static const struct {
	const char *text, *phrase; /* phrase NULL: accepted */
} own[] = {
	{"9007199254740991", NULL},
	{"-9007199254740991", NULL},
	{"9007199254740992", "beyond 2^53 - 1"},
	{"-9007199254740992", "beyond 2^53 - 1"},
	{"18446744073709551617", "beyond 2^53 - 1"},
	{"99999999999999999999999999999999999999999", "beyond 2^53 - 1"},
	{"0", NULL},
	{"-0", "-0 is not written"},
	{"00", "leading zero"},
	{"-01", "leading zero"},
	{"1.0", "only integers"},
	{"1e3", "only integers"},
	{"1E3", "only integers"},
	{"-", "a sign without digits"},
	{"+1", "not JSON"},
	{"[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", NULL},
	{"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "nested deeper than 16"},
	{"[{\"a\":{},\"b\":[[]]},{}]", NULL},
	{"]", "not JSON"},
	{"[1]]", "not JSON"},
	{"[1] [2]", "not JSON"},
	{"{\"a\":1,\"a\":1}", "duplicate"},
	{"{\"a\":1,\"\\u0061\":1}", "duplicate"},
	{"{\"a\":{\"b\":1,\"b\":1}}", "duplicate"},
	{"{\"a\":1,\"A\":1}", NULL},
	{"\"\\ud83d\\ude00\"", NULL},
	{"\"\\ud83d\"", "surrogate"},
	{"\"\\ud83d\\u0041\"", "surrogate"},
	{"\"\\ud83dxxxxxx\"", "surrogate"},
	{"\"\\ude00\\ud83d\"", "surrogate"},
	{"\"\\ude00\"", "surrogate"},
	{"\"\xed\xa0\xbd\xed\xb8\x80\"", "not UTF-8"},
	{"\"\xc0\x80\"", "not UTF-8"},
	{"\"\xe0\x9f\xbf\"", "not UTF-8"},
	{"\"\xf0\x8f\xbf\xbf\"", "not UTF-8"},
	{"\"\xf4\x90\x80\x80\"", "not UTF-8"},
	{"\"\xc3", "not UTF-8"},
	{"\"\x80\"", "not UTF-8"},
	{"\"\xef\xb7\x8f\xef\xb7\xb0\"", NULL}, /* U+FDCF, U+FDF0: beside the block */
	{"\"\xef\xb7\x90\"", "noncharacter U+FDD0"},
	{"\"\xef\xb7\xaf\"", "noncharacter U+FDEF"},
	{"\"\\uFDEF\"", "noncharacter U+FDEF"},
	{"\"\xef\xbf\xbd\"", NULL}, /* U+FFFD */
	{"\"\xef\xbf\xbe\"", "noncharacter U+FFFE"},
	{"\"\\ud83f\\udfff\"", "noncharacter U+1FFFF"},
	{"\"\\ud83f\\udffd\"", NULL},
	{"\"\\u0000\"", "U+0000"},
	{"\"\\u000g\"", "four hex digits"},
	{"\"\\u12\"", "four hex digits"},
	{"\"\\x41\"", "unknown escape"},
	{"\"\\", "unknown escape"},
	{"\"a\tb\"", "control character"},
	{"\"a", "without its end"},
	{"\xef\xbb\xbf{}", "not JSON"},
	{"{}\f", "not JSON"},
	{"NaN", "not JSON"},
	{"nul", "not JSON"},
	{"'a'", "not JSON"},
	{"[1,]", "not JSON"},
	{"/**/1", "not JSON"},
	{"", "not JSON"},
	{" ", "not JSON"},
};
/* clang-format on */

static void
each_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		struct err e = ERR_INIT;
		json_t *v;
		enum rc rc = ijson_parse(a, own[i].text, strlen(own[i].text), &v, &e);

		assert_int_equal(ijson_check(a, own[i].text, strlen(own[i].text), &e),
				 rc);
		if (own[i].phrase == NULL ? rc != RC_OK
					  : rc != RC_UNPROCESSABLE ||
						    strstr(e.text, own[i].phrase) == NULL)
			fail_msg("%s: %s, \"%s\"", own[i].text, rc_token(rc), e.text);
	}
}

static void
nul_bytes_and_cuts(void **state)
{
	static const char text[] = "{\"a\":[1,\"\xc3\xa9\\ud83d\\ude00\",true]}";
	struct err e = ERR_INIT;
	json_t *v;

	(void)state;
	assert_int_equal(ijson_parse(a, "1\0", 2, &v, &e), RC_UNPROCESSABLE);
	assert_int_equal(ijson_parse(a, "\"\0\"", 3, &v, &e), RC_UNPROCESSABLE);
	assert_int_equal(ijson_parse(a, text, sizeof(text) - 1, &v, &e), RC_OK);
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		/* A copy of exactly that size, so that a read past it is seen. */
		char *cut = malloc(len == 0 ? 1 : len);

		assert_non_null(cut);
		memcpy(cut, text, len);
		assert_int_equal(ijson_parse(a, cut, len, &v, &e), RC_UNPROCESSABLE);
		free(cut);
	}
}

/* Of an object with more names than are kept in mind without a tree. */
static void
many_members(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err e = ERR_INIT;

	(void)state;
	for (int n = 0; n < 60; n++) {
		buf_reset(&b);
		buf_puts(&b, "{");
		for (int i = 0; i <= n; i++)
			buf_printf(&b, "%s\"m%d\":[{\"x\":%d}]", i == 0 ? "" : ",", i, i);
		buf_puts(&b, "}");
		assert_int_equal(ijson_check(a, buf_str(&b), b.len, &e), RC_OK);
		b.len--;
		buf_printf(&b, ",\"m\\u003%d\":0}", n < 10 ? n : 0);
		assert_int_equal(ijson_check(a, buf_str(&b), b.len, &e),
				 RC_UNPROCESSABLE);
		assert_non_null(strstr(e.text, "duplicate"));
	}
	buf_free(&b);
}

static bool
text_is(struct ijson_text t, const char *want)
{
	return want == NULL ? t.s == NULL
			    : t.s != NULL && t.len == strlen(want) &&
				      memcmp(t.s, want, t.len) == 0;
}

static void
texts_of_an_object(void **state)
{
	static const char *const names[] = {"a", "b", "c\"", "none"};
	static const struct {
		const char *json, *want[4];
	} rows[] = {
		{"{\"a\":\"x\",\"b\":\"\",\"c\\u0022\":\"y\"}", {"x", "", "y", NULL}},
		{" { \"b\" : \"\\u00e9\\ud83d\\ude00\\n\\/\" } ",
		 {NULL, "\xc3\xa9\xf0\x9f\x98\x80\n/", NULL, NULL}},
		{"{\"a\":1,\"b\":[\"x\"],\"z\":{\"a\":\"x\"},\"none\":null}",
		 {NULL, NULL, NULL, NULL}},
		{"{}", {NULL, NULL, NULL, NULL}},
		{"[\"a\"]", {NULL, NULL, NULL, NULL}},
		{"\"a\"", {NULL, NULL, NULL, NULL}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ijson_text got[4];
		struct err e = ERR_INIT;
		assert_int_equal(ijson_texts(a, rows[i].json, strlen(rows[i].json), names,
					     4, got, &e),
				 RC_OK);
		for (int k = 0; k < 4; k++)
			if (!text_is(got[k], rows[i].want[k]))
				fail_msg("%s: %s", rows[i].json, names[k]);
	}
}

static void
elements_of_an_array(void **state)
{
	static const char text[] = " [ \"\\u0061\" , {\"a\":[1, 2]},-7 ,\"x\"] ";
	struct ijson_text el[3];
	struct err e = ERR_INIT;
	size_t n;

	(void)state;
	assert_int_equal(ijson_elements(a, text, sizeof(text) - 1, 3, el, &n, &e), RC_OK);
	assert_int_equal(n, 4);
	assert_true(text_is(el[0], "\"\\u0061\""));
	assert_true(text_is(el[1], "{\"a\":[1, 2]}"));
	assert_true(text_is(el[2], "-7"));
	assert_true(text_is(ijson_text_of(a, el[0]), "a"));
	assert_true(text_is(ijson_text_of(a, el[1]), NULL));
	assert_int_equal(ijson_elements(a, "[]", 2, 3, el, &n, &e), RC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(ijson_elements(a, "{\"a\":1}", 7, 3, el, &n, &e), RC_OK);
	assert_int_equal(n, 0);
	for (size_t len = 0; len < sizeof(text) - 2; len++)
		assert_int_equal(ijson_elements(a, text, len, 3, el, &n, &e),
				 RC_UNPROCESSABLE);
}

/* What is written is read as the same, and is what jansson writes. */
static void
written(void **state)
{
	static const char *const rows[] = {
		"{}",
		"[]",
		"\"\"",
		"-7",
		"9007199254740991",
		"true",
		"false",
		"null",
		"{\"b\":[1,{\"a\":\"x\"},null],\"a\":\"\\\"\\\\\"}",
		"[\"\xc3\xa9\xf0\x9f\x98\x80\",\"a/b\"]",
	};
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf b = BUF_INIT(1000);
		json_t *v;
		assert_int_equal(ijson_parse(a, rows[i], strlen(rows[i]), &v, &e), RC_OK);
		ijson_put(&b, v);
		assert_true(buf_ok(&b));
		assert_string_equal(buf_str(&b), rows[i]);
		buf_free(&b);
	}
	for (int c = 1; c < 0x20; c++) {
		const char text[] = {(char)c, '\0'};
		json_t *v = json_string(text), *again;
		struct buf b = BUF_INIT(1000);
		ijson_put(&b, v);
		assert_int_equal(ijson_parse(a, buf_str(&b), b.len, &again, &e), RC_OK);
		assert_true(json_equal(v, again));
		json_decref(v);
		buf_free(&b);
	}
	json_t *real = json_real(1.5);
	struct buf b = BUF_INIT(1000);
	ijson_put(&b, real);
	assert_int_equal(ijson_check(a, buf_str(&b), b.len, &e), RC_UNPROCESSABLE);
	json_decref(real);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written),
		cmocka_unit_test(json_test_suite),
		cmocka_unit_test(each_rule),
		cmocka_unit_test(nul_bytes_and_cuts),
		cmocka_unit_test(many_members),
		cmocka_unit_test(texts_of_an_object),
		cmocka_unit_test(elements_of_an_array),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
