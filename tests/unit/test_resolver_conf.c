#include "service/resolver_conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define SECRET "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I="

static const char *const kinds[] = {"unbound",	     "bind", "powerdns",
				    "knot-resolver", "nsd",  "knot"};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const struct resolver_zone pair[] = {
	{"hot.rpz.test", "today"},
	{"base.rpz.test", "before today"},
};

static struct resolver_conf_in
asked(const char *kind, bool key)
{
	return (struct resolver_conf_in){
		.kind = kind,
		.org = "kominfo.example",
		.own_address = "192.0.2.53",
		.own_port = 5353,
		.address = "198.51.100.7",
		.port = 7453,
		.tsig_name = key ? "isp.rpz.test" : NULL,
		.tsig_secret = key ? SECRET : NULL,
		.resolver_port = RESOLVER_PORT,
		.relay_port = RELAY_PORT,
		.zones = pair,
		.n_zones = 2,
	};
}

/* All files of a configuration in one text. */
static const char *
texts(struct arena *a, const struct resolver_conf_in *in, json_t **ret)
{
	const char *all = "";
	struct err e = ERR_INIT;
	size_t i;
	json_t *f;

	assert_int_equal(resolver_conf(a, in, ret, &e), RC_OK);
	json_array_foreach (json_object_get(*ret, "files"), i, f)
		all = arena_printf(a, "%s%s", all,
				   json_string_value(json_object_get(f, "text")));
	return all;
}

static size_t
count(const char *text, const char *word)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, word)) != NULL; s++)
		n++;
	return n;
}

/* Each kind, with a key and without: nothing is left to fill in, the hot zone stands
 * before the base, the node is named, and the secret is there exactly when there is a
 * key.
 */
static void
every_kind(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2 * (size_t)KINDS; i++) {
		struct arena *a = arena_create();
		bool key = i % 2 == 1;
		const struct resolver_conf_in in = asked(kinds[i / 2], key);
		json_t *c, *f;
		size_t k;
		const char *all = texts(a, &in, &c);
		const char *hot = strstr(all, pair[0].origin),
			   *base = strstr(all, pair[1].origin);
		assert_non_null(hot);
		assert_true(base != NULL && hot < base);
		assert_non_null(strstr(all, "198.51.100.7"));
		assert_non_null(strstr(all, "7453"));
		assert_null(strstr(all, "{zone}"));
		assert_null(strstr(all, "\n%"));
		assert_int_equal(strstr(all, SECRET) != NULL, key);
		assert_int_equal(strstr(all, "isp.rpz.test") != NULL, key);
		json_array_foreach (json_object_get(c, "files"), k, f) {
			assert_int_equal(json_string_value(json_object_get(f, "path"))[0],
					 '/');
			assert_true(json_is_string(json_object_get(f, "how")));
		}
		assert_true(json_array_size(json_object_get(c, "then")) > 0);
		json_decref(c);
		arena_free(a);
	}
}

/* Unbound has no TSIG: a key is for NSD beside it, which then feeds Unbound. */
static void
unbound_by_relay(void **state)
{
	struct arena *a = arena_create();
	struct resolver_conf_in in = asked("unbound", true);
	json_t *c;
	const char *all = texts(a, &in, &c);

	(void)state;
	assert_int_equal(json_array_size(json_object_get(c, "files")), 2);
	assert_int_equal(count(all, "request-xfr: 198.51.100.7@7453 isp.rpz.test"), 2);
	assert_int_equal(count(all, "primary: 127.0.0.1@5399"), 2);
	json_decref(c);
	in = asked("unbound", false);
	all = texts(a, &in, &c);
	assert_int_equal(json_array_size(json_object_get(c, "files")), 1);
	assert_int_equal(count(all, "primary: 198.51.100.7@7453"), 2);
	json_decref(c);
	arena_free(a);
}

/* A copy on disk lets the rules hold from the first answer on; who says where is obeyed.
 */
static void
files_of_copies(void **state)
{
	struct arena *a = arena_create();
	struct resolver_conf_in in = asked("unbound", false);
	json_t *c;
	const char *all = texts(a, &in, &c);

	(void)state;
	assert_non_null(strstr(all, "\"/var/lib/unbound/hot.rpz.test.zone\""));
	assert_int_equal(count(all, "zonefile:"), 2);
	json_decref(c);
	in.state_dir = "/srv/dns";
	all = texts(a, &in, &c);
	assert_non_null(strstr(all, "\"/srv/dns/hot.rpz.test.zone\""));
	assert_null(strstr(all, "/var/lib"));
	json_decref(c);
	arena_free(a);
}

/* Who can say why says it, and where to look it up where the authority names that; text
 * and key are as they were otherwise. */
static void
why(void **state)
{
	static const char *const says[] = {"powerdns", "knot-resolver"};
	static const char lookup[] = "https://register.test/lookup";

	(void)state;
	for (size_t i = 0; i < (size_t)KINDS; i++) {
		struct arena *a = arena_create();
		struct resolver_conf_in in = asked(kinds[i], true);
		json_t *c;
		bool can =
			strcmp(kinds[i], says[0]) == 0 || strcmp(kinds[i], says[1]) == 0;
		const char *all = texts(a, &in, &c);
		assert_int_equal(strstr(all, "order of kominfo.example") != NULL, can);
		assert_null(strstr(all, lookup));
		assert_null(strstr(all, "?name="));
		json_decref(c);
		in.lookup = lookup;
		all = texts(a, &in, &c);
		assert_int_equal(strstr(all, "order of kominfo.example: "
					     "https://register.test/lookup") != NULL,
				 can);
		assert_int_equal(strstr(all, "?name=") != NULL,
				 strcmp(kinds[i], says[1]) == 0);
		assert_non_null(strstr(all, "isp.rpz.test"));
		json_decref(c);
		arena_free(a);
	}
}

static void
addresses_of_six(void **state)
{
	struct arena *a = arena_create();
	struct resolver_conf_in in = asked("powerdns", false);
	json_t *c;

	(void)state;
	in.address = "2001:db8::7";
	assert_non_null(strstr(texts(a, &in, &c), "rpzPrimary(\"[2001:db8::7]:7453\""));
	json_decref(c);
	arena_free(a);
}

static void
unknown_kinds(void **state)
{
	static const char *const wrong[] = {"", "dnsmasq", "Unbound", "unbound ",
					    "services"};
	struct arena *a = arena_create();

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct resolver_conf_in in = asked(wrong[i], false);
		struct err e = ERR_INIT;
		json_t *c;
		assert_false(resolver_kind_known(wrong[i]));
		assert_int_equal(resolver_conf(a, &in, &c, &e), RC_INVALID);
		assert_null(c);
		assert_non_null(strstr(e.text, resolver_kinds()));
	}
	arena_free(a);
}

/* The orders' numbers are fetched and said by those who can, where they may have them. */
static void
numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < (size_t)KINDS; i++) {
		struct arena *a = arena_create();
		struct resolver_conf_in in = asked(kinds[i], true);
		json_t *c;
		bool can = resolver_kind_says_why(kinds[i]);
		in.lookup = "https://register.test/lookup";
		in.registered = "https://register.test/register";
		assert_int_equal(count(texts(a, &in, &c), "_why."), 0);
		json_decref(c);
		in.why = can;
		const char *all = texts(a, &in, &c);
		assert_int_equal(strstr(all, "_why.hot.rpz.test") != NULL, can);
		assert_int_equal(strstr(all, "_why.base.rpz.test") != NULL, can);
		assert_int_equal(strstr(all, "https://register.test/register/") != NULL,
				 can);
		json_decref(c);
		arena_free(a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind),	   cmocka_unit_test(unbound_by_relay),
		cmocka_unit_test(files_of_copies), cmocka_unit_test(addresses_of_six),
		cmocka_unit_test(unknown_kinds),   cmocka_unit_test(why),
		cmocka_unit_test(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
