#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "core/target.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const struct {
	const char *given, *normal; /* NULL: refused */
} names[] = {
	{"Example.COM", "example.com"},
	{"example.com.", "example.com"},
	{"com", "com"},
	{"flora-1.web.telegram.org", "flora-1.web.telegram.org"},
	{"r3---sn-abc.example", "r3---sn-abc.example"},
	{"b\u00fccher.example", "xn--bcher-kva.example"},
	{"BU\u0308CHER.example", "xn--bcher-kva.example"},
	{"xn--bcher-kva.example", "xn--bcher-kva.example"},
	{"fa\u00df.example", "xn--fa-hia.example"},
	{"\u1e9e.example", "xn--zca.example"},
	{"b\u00fccher\uff0eexample\u3002", "xn--bcher-kva.example"},
	{"xn--i-7iq.ws", "xn--i-7iq.ws"},
	{"1.example", "1.example"},
	{"", NULL},
	{".", NULL},
	{"..", NULL},
	{"example..com", NULL},
	{".example.com", NULL},
	{"example.com..", NULL},
	{"foo_bar.example", NULL},
	{"*.example", NULL},
	{"exa mple.com", NULL},
	{" example.com", NULL},
	{"-a.example", NULL},
	{"a-.example", NULL},
	{"xn--0.example", NULL},
	{"xn--.example", NULL},
	{"xn--abc-.example", NULL},
	{"example.123", NULL},
	{"127.0.0.1", NULL},
	{"\u2665.example", NULL},
	{"a\u200db.example", NULL},
	{"\xff.example", NULL},
	{"a\xc2.example", NULL},
};

static void
names_become_lower_case_a_labels(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(names); i++) {
		const char *got = NULL, *again;
		struct err e = ERR_INIT;
		enum rc rc = name_normalise(a, names[i].given, strlen(names[i].given),
					    &got, &e);
		if ((rc == RC_OK) != (names[i].normal != NULL))
			fail_msg("%s: %s", names[i].given, rc == RC_OK ? got : e.text);
		if (rc != RC_OK) {
			assert_int_equal(rc, RC_INVALID);
			assert_true(e.text[0] != '\0');
			continue;
		}
		assert_string_equal(got, names[i].normal);
		assert_int_equal(name_normalise(a, got, strlen(got), &again, NULL),
				 RC_OK);
		assert_string_equal(again, got);
	}
	const char *got;
	assert_int_equal(name_normalise(a, "a\0b.example", 11, &got, NULL), RC_INVALID);
	arena_free(a);
}

static void
lengths_are_those_of_dns(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	char s[256];
	const char *got;

	memset(s, 'a', sizeof(s));
	assert_int_equal(name_normalise(a, s, 63, &got, NULL), RC_OK);
	assert_int_equal(name_normalise(a, s, 64, &got, NULL), RC_INVALID);
	for (size_t i = 1; i < sizeof(s); i += 2)
		s[i] = '.';
	assert_int_equal(name_normalise(a, s, 253, &got, NULL), RC_OK);
	assert_int_equal(name_normalise(a, s, 255, &got, NULL), RC_INVALID);
	arena_free(a);
}

/*
 * toascii.json is WHATWG's lenient rule.  Ours may only refuse more, never map to another
 * name, and what it refuses breaks one of the rules that a DNS name has here: STD 3
 * (letters, digits, inner hyphens), no empty label, DNS lengths, an A-label that decodes,
 * or libidn2's IDNA 2008 (test_target lists those names one by one).
 */
static const char *const refused_by_idna[] = {
	"a\u2020--",
	"-\u2020",
	"www.lookout\u2027net",
	"look\u180eout.net",
	"look\u206bout.net",
	"\u2665.net",
	"\u04c0.com",
	"\U0002f868.com",
	"\u2183.com",
	"x01234567890123456789012345678901234567890123456789012345678901\u2020",
	/* ASCII, taken as it is by WHATWG; as an A-label it does not decode. */
	"xn--0.com",
};

static bool
breaks_dns_rules(const char *name)
{
	size_t n = strlen(name), label;

	if (n > 253)
		return true;
	for (const char *p = name;; p += label + 1) {
		label = strcspn(p, ".");
		if (label == 0 || label > 63 || p[0] == '-' || p[label - 1] == '-' ||
		    strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789-") < label)
			return true;
		if (p[label] == '\0')
			return false;
	}
}

static void
toascii_is_followed_or_refused(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	size_t len, i, n = 0;
	char *text = data_file(a, "whatwg-url/toascii.json", &len);
	json_t *tests = json_loadb(text, len, 0, NULL), *t;

	assert_non_null(tests);
	json_array_foreach (tests, i, t) {
		const char *in = json_string_value(json_object_get(t, "input"));
		const char *want = json_string_value(json_object_get(t, "output"));
		const char *got;
		bool listed = false;
		if (in == NULL)
			continue;
		n++;
		for (size_t j = 0; j < COUNT(refused_by_idna); j++)
			listed = listed || strcmp(in, refused_by_idna[j]) == 0;
		enum rc rc = name_normalise(a, in, strlen(in), &got, NULL);
		if (rc == RC_OK && (want == NULL || listed || strcmp(got, want) != 0))
			fail_msg("%s: want %s, got %s", in,
				 want != NULL ? want : "refused", got);
		if (rc != RC_OK && want != NULL && !listed && !breaks_dns_rules(want))
			fail_msg("%s: want %s, refused without a listed reason", in,
				 want);
	}
	assert_true(n > 80);
	json_decref(tests);
	arena_free(a);
}

static void
within_holds_label_by_label(void **state)
{
	(void)state;
	assert_true(name_is_within("t.me", "t.me"));
	assert_true(name_is_within("a.t.me", "t.me"));
	assert_true(name_is_within("b.a.t.me", "t.me"));
	assert_false(name_is_within("at.me", "t.me"));
	assert_false(name_is_within("t.me", "a.t.me"));
	assert_false(name_is_within("me", "t.me"));
	assert_false(name_is_within("t.me", ""));
}

/* What DNS has is shown as people see it, and what could be taken for another is told. */
static void
names_that_look_alike(void **state)
{
	static const struct {
		const char *name, *looks;
		bool mixed;
	} rows[] = {
		{"apple.example", NULL, false},
		{"xn--bcher-kva.example", "b\u00fccher.example", false},
		{"xn--pple-43d.example", "\u0430pple.example", true},
		{"www.xn--e1afmkfd.example",
		 "www.\u043f\u0440\u0438\u043c\u0435\u0440.example", false},
		{"xn--0.example", NULL, false},
	};
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *looks = name_unicode(a, rows[i].name);
		if (rows[i].looks == NULL) {
			assert_null(looks);
			continue;
		}
		assert_string_equal(looks, rows[i].looks);
		assert_int_equal(name_mixes_scripts(looks), rows[i].mixed);
	}
	assert_false(name_mixes_scripts("a\xff"));
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_lower_case_a_labels),
		cmocka_unit_test(names_that_look_alike),
		cmocka_unit_test(lengths_are_those_of_dns),
		cmocka_unit_test(toascii_is_followed_or_refused),
		cmocka_unit_test(within_holds_label_by_label),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
