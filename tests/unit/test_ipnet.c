/*
 * Addresses and networks: one text and one owner for each, what lies in what, and what no
 * order names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/ipnet.h"

static struct ipnet
net(const char *text)
{
	struct err e = ERR_INIT;
	struct ipnet n;

	if (ipnet_parse(text, strlen(text), &n, &e) != RC_OK)
		fail_msg("%s: %s", text, e.text);
	return n;
}

static void
one_text_and_owner(void **state)
{
	static const struct {
		const char *given, *text, *owner;
	} rows[] = {
		{"203.0.113.7", "203.0.113.7", "32.7.113.0.203.rpz-ip"},
		{"203.0.113.7/32", "203.0.113.7", "32.7.113.0.203.rpz-ip"},
		{"203.0.113.0/24", "203.0.113.0/24", "24.0.113.0.203.rpz-ip"},
		{"203.0.113.128/25", "203.0.113.128/25", "25.128.113.0.203.rpz-ip"},
		{"[2001:DB8::1]", "2001:db8::1", "128.1.zz.db8.2001.rpz-ip"},
		{"2001:db8:0:0::/64", "2001:db8::/64", "64.zz.db8.2001.rpz-ip"},
		{"2001:db8::/40", "2001:db8::/40", "40.zz.db8.2001.rpz-ip"},
	};
	struct arena *a = arena_create();
	struct err e = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ipnet n = net(rows[i].given), back;
		const char *name;
		assert_string_equal(ipnet_text(a, &n), rows[i].text);
		assert_string_equal(ipnet_owner(a, &n), rows[i].owner);
		assert_string_equal(ipnet_owner_of(a, rows[i].text), rows[i].owner);
		assert_int_equal(ipnet_of_owner(a, rows[i].owner, &back, &e), RC_OK);
		assert_string_equal(ipnet_text(a, &back), rows[i].text);
		assert_int_equal(ipnet_or_name(a, rows[i].given, &name, &e), RC_OK);
		assert_string_equal(name, rows[i].text);
	}
	const char *name;
	assert_int_equal(ipnet_or_name(a, "T.Me.", &name, &e), RC_OK);
	assert_string_equal(name, "t.me");
	assert_string_equal(ipnet_owner_of(a, "t.me"), "t.me");
	arena_free(a);
}

static void
refused(void **state)
{
	static const struct {
		const char *given;
		bool meant; /* it is an address that is written wrongly, not a name */
	} rows[] = {
		{"203.0.113.7/24", true},
		{"203.0.113.0/33", true},
		{"203.0.113.0/024", true},
		{"203.0.113.0/", true},
		{"203.0.113.0/x", true},
		{"2001:db8::/129", true},
		{"2001:db8::1/64", true},
		{"t.me", false},
		{"203.0.113", false},
		{"203.0.113.256", false},
		{"", false},
		{"[]", false},
		{"/24", false},
	};
	struct err e = ERR_INIT;
	struct ipnet n;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *s = rows[i].given;
		assert_int_equal(ipnet_parse(s, strlen(s), &n, &e), RC_INVALID);
		assert_int_equal(ipnet_is_meant(s, strlen(s)), rows[i].meant);
	}
}

static void
what_lies_in_what(void **state)
{
	static const struct {
		const char *x, *y;
		bool has, overlap;
	} rows[] = {
		{"203.0.113.0/24", "203.0.113.7", true, true},
		{"203.0.113.7", "203.0.113.0/24", false, true},
		{"203.0.113.0/25", "203.0.113.128/25", false, false},
		{"203.0.113.7", "203.0.113.7", true, true},
		{"203.0.113.7", "203.0.113.8", false, false},
		{"2001:db8::/32", "2001:db8:1::/48", true, true},
		{"2001:db8::/32", "203.0.113.7", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ipnet x = net(rows[i].x), y = net(rows[i].y);
		assert_int_equal(ipnet_has(&x, &y), rows[i].has);
		assert_int_equal(ipnet_overlap(&x, &y), rows[i].overlap);
		assert_int_equal(ipnet_overlap(&y, &x), rows[i].overlap);
	}
	struct ipnet around = net("203.0.113.199");
	around = ipnet_around(&around, 25);
	struct ipnet want = net("203.0.113.128/25");
	assert_true(ipnet_has(&around, &want) && ipnet_has(&want, &around));
}

static void
special(void **state)
{
	static const struct {
		const char *net;
		bool special;
	} rows[] = {
		{"10.1.2.3", true},	   {"11.0.0.1", false},
		{"127.0.0.1", true},	   {"172.15.255.255", false},
		{"172.16.0.0/24", true},   {"172.32.0.1", false},
		{"192.168.7.0/24", true},  {"100.64.0.1", true},
		{"100.128.0.1", false},	   {"169.254.1.1", true},
		{"224.0.0.1", true},	   {"255.255.255.255", true},
		{"0.0.0.0", true},	   {"203.0.113.0/24", false},
		{"8.0.0.0/6", true},	   {"::1", true},
		{"::ffff:10.0.0.1", true}, {"fe80::1", true},
		{"fd00::1", true},	   {"ff02::1", true},
		{"2001:db8::1", false},	   {"2001::1", true},
		{"2002:a00::/24", true},   {"2606:4700::1", false},
		{"2620:fe::/48", false},   {"4000::1", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ipnet n = net(rows[i].net);
		if ((ipnet_special(&n) != NULL) != rows[i].special)
			fail_msg("%s is %s", rows[i].net,
				 rows[i].special ? "special" : "not special");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_text_and_owner),
		cmocka_unit_test(refused),
		cmocka_unit_test(what_lies_in_what),
		cmocka_unit_test(special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
