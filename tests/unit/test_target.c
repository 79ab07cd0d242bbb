#include "data_file.h"

#include <jansson.h>
#include <string.h>

#include "core/target.h"

/* Where we refuse what the WHATWG data accepts, each with its reason; there is no other
 * kind of deviation. */
#define NUL_REASON    "targets are text, and text here holds no NUL byte"
#define SYMBOL_REASON "libidn2 is IDNA 2008, which has no symbols: xn-- form asked for"
#define HYPHEN_REASON "libidn2 holds the hyphen rules (CheckHyphens) for encoded labels"
#define LENGTH_REASON "DNS has no label above 63 bytes (VerifyDnsLength)"
#define NEWER_REASON  "mapped only since Unicode 15.1, newer than libidn2's tables"

#define REFUSED(input, reason)                                                           \
	{                                                                                \
		input, sizeof(input) - 1, reason                                         \
	}

struct deviation {
	const char *input;
	size_t len;
	const char *reason;
};

static const struct deviation url_deviations[] = {
	REFUSED("http://example.org/test?a#b\0c", NUL_REASON),
	REFUSED("https://x/\0y", NUL_REASON),
	REFUSED("https://x/?\0y", NUL_REASON),
	REFUSED("https://x/?#\0y", NUL_REASON),
	REFUSED("https://%e2%98%83", SYMBOL_REASON),
};

/* Names of toascii.json, as hosts of a URL. */
static const struct deviation host_deviations[] = {
	REFUSED("a\u2020--", HYPHEN_REASON),
	REFUSED("-\u2020", HYPHEN_REASON),
	REFUSED("x01234567890123456789012345678901234567890123456789012345678901\u2020",
		LENGTH_REASON),
	REFUSED("www.lookout\u2027net", SYMBOL_REASON),
	REFUSED("look\u180eout.net", NEWER_REASON),
	REFUSED("look\u206bout.net", NEWER_REASON),
	REFUSED("\u2665.net", SYMBOL_REASON),
	REFUSED("\u04c0.com", NEWER_REASON),
	REFUSED("\U0002f868.com", NEWER_REASON),
	REFUSED("\u2183.com", NEWER_REASON),
};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* jansson refuses lone surrogates, which stand for bytes that are not UTF-8; U+FFFD is
 * what a browser would make of them. */
static void
replace_lone_surrogates(char *s)
{
	for (char *p = s; (p = strstr(p, "\\u")) != NULL;) {
		unsigned long v =
			strtoul((char[]){p[2], p[3], p[4], p[5], '\0'}, NULL, 16);
		unsigned long next = 0;
		if (v < 0xd800 || v > 0xdfff) {
			p += 6;
			continue;
		}
		if (p[6] == '\\' && p[7] == 'u')
			next = strtoul((char[]){p[8], p[9], p[10], p[11], '\0'}, NULL,
				       16);
		if (v < 0xdc00 && next >= 0xdc00 && next <= 0xdfff) {
			p += 12;
			continue;
		}
		memcpy(p, "\\uFFFD", 6);
		p += 6;
	}
}

static json_t *
load(struct arena *a, const char *name)
{
	size_t len;
	json_error_t why;
	char *s = data_file(a, name, &len);

	replace_lone_surrogates(s);
	json_t *j = json_loadb(s, len, JSON_ALLOW_NUL, &why);
	if (j == NULL)
		fail_msg("%s: line %d: %s", name, why.line, why.text);
	return j;
}

/* http and https, no base: what a list can hold. */
static bool
is_web(const char *s, size_t len)
{
	char head[7] = "";
	size_t n = 0;

	for (size_t i = 0; i < len && n < 6; i++)
		if (s[i] != '\t' && s[i] != '\n' && s[i] != '\r' &&
		    (n > 0 || (unsigned char)s[i] > 0x20))
			head[n++] = s[i];
	return strncasecmp(head, "http:", 5) == 0 || strncasecmp(head, "https:", 6) == 0;
}

/* 0 when `ours` is what is wanted, or refused as listed; NULL is refused.  A listed
 * deviation that is none any more counts as wrong: the list stays true. */
static int
differs(json_t *in, const char *ours, const char *want, const struct deviation *list,
	size_t n)
{
	bool listed = false;

	for (size_t i = 0; i < n; i++)
		listed = listed ||
			 (list[i].len == json_string_length(in) &&
			  memcmp(list[i].input, json_string_value(in), list[i].len) == 0);
	if (listed && want != NULL && ours == NULL)
		return 0;
	if (!listed &&
	    (ours == want || (ours != NULL && want != NULL && strcmp(ours, want) == 0)))
		return 0;
	print_error("%s%s\n\twant %s\n\tgot  %s\n", listed ? "listed: " : "",
		    json_string_value(in), want != NULL ? want : "refused",
		    ours != NULL ? ours : "refused");
	return 1;
}

static void
urls_conform_to_whatwg(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	json_t *tests = load(a, "whatwg-url/urltestdata.json"), *t;
	size_t i, n = 0;
	int wrong = 0;

	json_array_foreach (tests, i, t) {
		json_t *in = json_object_get(t, "input");
		if (in == NULL || json_is_string(json_object_get(t, "base")) ||
		    !is_web(json_string_value(in), json_string_length(in)))
			continue;
		struct target got;
		struct err e = ERR_INIT;
		enum rc rc = target_parse(a, json_string_value(in),
					  json_string_length(in), &got, &e);
		n++;
		assert_true(rc == RC_OK || e.text[0] != '\0');
		wrong += differs(in, rc == RC_OK ? got.normal : NULL,
				 json_string_value(json_object_get(t, "href")),
				 url_deviations, COUNT(url_deviations));
	}
	assert_true(n > 250);
	assert_int_equal(wrong, 0);
	json_decref(tests);
	arena_free(a);
}

static void
hosts_conform_to_whatwg(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	json_t *tests = load(a, "whatwg-url/toascii.json"), *t;
	size_t i;
	int wrong = 0;

	json_array_foreach (tests, i, t) {
		json_t *in = json_object_get(t, "input");
		const char *want = json_string_value(json_object_get(t, "output"));
		struct target got;
		if (in == NULL)
			continue;
		const char *url = arena_printf(a, "https://%s/x", json_string_value(in));
		enum rc rc = target_parse(a, url, strlen(url), &got, NULL);
		const char *host = NULL;
		if (rc == RC_OK)
			host = arena_strndup(a, got.normal + 8, strlen(got.normal) - 10);
		wrong += differs(in, host, want, host_deviations, COUNT(host_deviations));
	}
	assert_int_equal(wrong, 0);
	json_decref(tests);
	arena_free(a);
}

static const struct row {
	const char *given;
	enum target_kind kind;
	const char *normal, *host;
} rows[] = {
	{" https://Example.COM/a \n", TARGET_URL, "https://example.com/a", "example.com"},
	{"https://example.com.:443/x", TARGET_URL, "https://example.com./x",
	 "example.com"},
	{"http://b\u00fccher.example/\u00fc", TARGET_URL,
	 "http://xn--bcher-kva.example/%C3%BC", "xn--bcher-kva.example"},
	{"http://foo_bar.example.com/", TARGET_URL, "http://foo_bar.example.com/",
	 "foo_bar.example.com"},
	{"http://0x7f.1/", TARGET_URL, "http://127.0.0.1/", NULL},
	{"http://[2001:DB8::0:1]/", TARGET_URL, "http://[2001:db8::1]/", NULL},
	{"https://telegram.org", TARGET_URL, "https://telegram.org/", "telegram.org"},
	{"https://t.me:8443/durov", TARGET_URL, "https://t.me:8443/durov", "t.me"},
	{"http://a..b/", TARGET_URL, "http://a..b/", NULL},
	{"Example.COM.", TARGET_DOMAIN, "example.com", "example.com"},
	{"t.me", TARGET_DOMAIN, "t.me", "t.me"},
	{"www.t.me", TARGET_DOMAIN, "www.t.me", "www.t.me"},
	{"b\u00fccher\u3002example", TARGET_DOMAIN, "xn--bcher-kva.example",
	 "xn--bcher-kva.example"},
	{"192.0.2.1", TARGET_IP, "192.0.2.1", NULL},
	{"2001:DB8:0:0:1:0:0:1", TARGET_IP, "2001:db8::1:0:0:1", NULL},
	{"[2001:db8::]", TARGET_IP, "2001:db8::", NULL},
	{"::", TARGET_IP, "::", NULL},
	{"::1", TARGET_IP, "::1", NULL},
	{"2001:db8:0:1:1:1:1:1", TARGET_IP, "2001:db8:0:1:1:1:1:1", NULL},
	{"::ffff:c000:201", TARGET_IP, "::ffff:192.0.2.1", NULL},
	{"0:0:0:0:0:ffff:0:0", TARGET_IP, "::ffff:0.0.0.0", NULL},
	{"::192.0.2.1", TARGET_IP, "::c000:201", NULL},
	{"SHA256: E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
	 TARGET_SHA256,
	 "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", NULL},
	{"pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22",
	 TARGET_PDQ,
	 "pdq:f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22", NULL},
	{"text:  two\r\n words\t here ", TARGET_TEXT, "text:two words here", NULL},
	{"text:https://t.me/gif", TARGET_TEXT, "text:https://t.me/gif", NULL},
};

static void
every_kind_has_one_normal_form(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct err e = ERR_INIT;
		struct target t, again;
		struct hash h;
		if (target_parse(a, r->given, strlen(r->given), &t, &e) != RC_OK)
			fail_msg("%s: %s", r->given, e.text);
		assert_string_equal(t.normal, r->normal);
		assert_string_equal(target_kind_token(t.kind),
				    target_kind_token(r->kind));
		if (r->host == NULL)
			assert_null(t.host);
		else
			assert_string_equal(t.host, r->host);
		hash_bytes(t.normal, strlen(t.normal), &h);
		assert_true(hash_equal(&h, &t.nf));
		assert_int_equal(
			target_parse(a, t.normal, strlen(t.normal), &again, NULL), RC_OK);
		assert_int_equal(again.kind, t.kind);
		assert_string_equal(again.normal, t.normal);
	}
	arena_free(a);
}

/* The middle column is what the message must say: how to mend it. */
static const struct {
	const char *given, *says;
} refused[] = {
	{"", "empty"},
	{" \t\n", "empty"},
	{"hello", "no known kind"},
	{"hello world.example", "no known kind"},
	{"http//contoh", "\"://\""},
	{"example.com/page", "https://"},
	{"ftp://example.com/", "only http, https and tg"},
	{"*.example.com", "without \"*.\""},
	{"@durov_channel", "t.me/durov_channel"},
	{"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	 "sha256: or pdq:"},
	{"sha256:e3b0", "64 hex digits"},
	{"sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	 "64 hex"},
	{"pdq:", "64 hex digits"},
	{"text: ", "nothing"},
	{"com.", "single label"},
	{"256.1.1.1", "number"},
	{"1.2.3", "number"},
	{"192.0.2.0/24", "no scheme"},
	{"fe80::1%eth0", "no known kind"},
	{"-x.example", "hyphen"},
	{"a..example", "empty part"},
	{"foo_bar.example", "letters, digits"},
	{"https://", "host is empty"},
	{"https://exa mple.com/", "cannot hold"},
	{"https://example.com:99999/", "65535"},
	{"https://example.com:8o/", "port"},
	{"https://i\u2764.example/", "xn--"},
	{"\xff\xfe", "UTF-8 at byte 1"},
	{"https://example.com/\xc0\xaf", "UTF-8 at byte 21"},
};

static void
links_that_are_no_targets_have_a_host(void **state)
{
	static const struct {
		const char *given, *host;
	} links[] = {
		{"https://t.me/a", "t.me"},
		{"T.me/a", "t.me"},
		{"https://t.me/durov/42", "t.me"},
		{"contoh.example", "contoh.example"},
		{"https://web.telegram.org/#x", "web.telegram.org"},
		{"http://192.0.2.1/x", NULL},
		{"192.0.2.1", NULL},
	};
	struct arena *a = arena_create();
	const char *host;

	(void)state;
	for (size_t i = 0; i < COUNT(links); i++) {
		assert_int_equal(target_host(a, links[i].given, strlen(links[i].given),
					     &host, NULL),
				 RC_OK);
		if (links[i].host == NULL)
			assert_null(host);
		else
			assert_string_equal(host, links[i].host);
	}
	struct err e = ERR_INIT;
	assert_int_equal(target_host(a, "no link", 7, &host, &e), RC_INVALID);
	assert_non_null(strstr(e.text, "no known kind"));
	assert_int_equal(target_host(a, "https://x/\0y", 12, &host, NULL), RC_INVALID);
	arena_free(a);
}

static void
refusals_say_how_to_mend(void **state)
{
	(void)state;
	struct arena *a = arena_create();

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct target t;
		struct err e = ERR_INIT;
		assert_int_equal(target_parse(a, refused[i].given,
					      strlen(refused[i].given), &t, &e),
				 RC_INVALID);
		if (strstr(e.text, refused[i].says) == NULL)
			fail_msg("%s: \"%s\" does not say \"%s\"", refused[i].given,
				 e.text, refused[i].says);
	}
	struct target t;
	assert_int_equal(target_parse(a, "https://x/\0y", 12, &t, NULL), RC_INVALID);
	arena_free(a);
}

static void
length_has_a_limit_before_and_after(void **state)
{
	(void)state;
	struct arena *a = arena_create();
	char s[TARGET_MAX + 1];
	struct target t;

	memset(s, 'a', sizeof(s));
	memcpy(s, "https://x/", 10);
	assert_int_equal(target_parse(a, s, TARGET_MAX, &t, NULL), RC_OK);
	assert_int_equal(target_parse(a, s, TARGET_MAX + 1, &t, NULL), RC_TOO_LARGE);
	memset(s + 10, ' ', TARGET_MAX - 11);
	assert_int_equal(target_parse(a, s, TARGET_MAX, &t, NULL), RC_TOO_LARGE);
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_conform_to_whatwg),
		cmocka_unit_test(hosts_conform_to_whatwg),
		cmocka_unit_test(every_kind_has_one_normal_form),
		cmocka_unit_test(links_that_are_no_targets_have_a_host),
		cmocka_unit_test(refusals_say_how_to_mend),
		cmocka_unit_test(length_has_a_limit_before_and_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
