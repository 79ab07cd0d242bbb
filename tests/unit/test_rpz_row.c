/*
 * Rows of a response policy zone: what each resolver is known to refuse is refused, with
 * its rule, and what they take is taken.
 */
#include <string.h>

#include "unit/file_read.h"

#include "core/rpz_row.h"

#define ORIGIN "rpz.example"

/* ---- one row ----------------------------------------------------------------------- */

static void
rows_one_by_one(void **state)
{
	static const struct {
		const char *line, *says; /* NULL: accepted */
		enum rpzrow_trigger trigger;
	} rows[] = {
		{"t.me 10 IN CNAME .", NULL, RPZROW_NAME},
		{"t.me CNAME .", NULL, RPZROW_NAME},
		{"*.t.me CNAME *.", NULL, RPZROW_WILDCARD},
		{"T.ME CNAME rpz-passthru.", NULL, RPZROW_NAME},
		{"_dmarc.x-1.example CNAME rpz-tcp-only.", NULL, RPZROW_NAME},
		{"x.example CNAME page.example.", NULL, RPZROW_NAME},
		{"x.example A 203.0.113.1", NULL, RPZROW_NAME},
		{"x.example AAAA 2001:db8::1", NULL, RPZROW_NAME},
		{"x.example TXT \"order 42\"", NULL, RPZROW_NAME},
		{"32.66.113.0.203.rpz-ip CNAME .", NULL, RPZROW_IP},
		{"24.0.113.0.203.rpz-ip CNAME .", NULL, RPZROW_IP},
		{"128.1.zz.db8.2001.rpz-ip CNAME .", NULL, RPZROW_IP},
		{"32.zz.db8.2001.rpz-ip CNAME .", NULL, RPZROW_IP},
		{"32.222.186.190.92.rpz-client-ip CNAME rpz-drop.", NULL,
		 RPZROW_CLIENT_IP},
		{"32.1.2.0.192.rpz-nsip CNAME .", NULL, RPZROW_NSIP},
		{"ns.example.rpz-nsdname CNAME .", NULL, RPZROW_NSDNAME},
		{"t.me. CNAME .", "trailing dot", 0},
		{"t..me CNAME .", "an empty label", 0},
		{".t.me CNAME .", "an empty label", 0},
		{"* CNAME .", "every name there is", 0},
		{"a.*.example CNAME .", "stands alone at the front", 0},
		{"*a.example CNAME .", "stands alone at the front", 0},
		{"*.*.example CNAME .", "stands alone at the front", 0},
		{"a\\.b.example CNAME .", "letters, digits", 0},
		{"@ CNAME .", "letters, digits", 0},
		{"b\xc3\xbc.example CNAME .", "letters, digits", 0},
		{"203.0.113.7 CNAME .", "an address, not a name", 0},
		{"222.186.190.92.rpz-client-ip CNAME rpz-drop.", "prefix length", 0},
		{"66.113.0.203.rpz-ip CNAME .", "prefix length", 0},
		{"33.66.113.0.203.rpz-ip CNAME .", "1 to 32", 0},
		{"0.0.0.0.0.rpz-ip CNAME .", "1 to 32", 0},
		{"24.66.113.0.203.rpz-ip CNAME .", "no bit is set", 0},
		{"32.066.113.0.203.rpz-ip CNAME .", "prefix length", 0},
		{"32.256.113.0.203.rpz-ip CNAME .", "prefix length", 0},
		{"129.1.zz.db8.2001.rpz-ip CNAME .", "1 to 128", 0},
		{"128.1.0.0.0.0.0.db8.2001.rpz-ip CNAME .",
		 "write it as 128.1.zz.db8.2001.rpz-ip", 0},
		{"128.1.zz.0.db8.2001.rpz-ip CNAME .",
		 "write it as 128.1.zz.db8.2001.rpz-ip", 0},
		{"128.1.zz.2.zz.2001.rpz-ip CNAME .", "prefix length", 0},
		{"rpz-ip CNAME .", "prefix length", 0},
		{"rpz-nsdname CNAME .", "the name is missing", 0},
		{"32.1.2.3.4.rpz-other CNAME .", "no kind of trigger", 0},
		{"x.example CNAME page", "with its dot", 0},
		{"x.example CNAME page.", "no host", 0},
		{"x.example CNAME *.page.example.", "no host", 0},
		{"x.example CNAME x.example.", "to itself", 0},
		{"x.example CNAME y.rpz-ip.", "no host", 0},
		{"x.example A 2001:db8::1", "other family", 0},
		{"x.example AAAA 203.0.113.1", "other family", 0},
		{"x.example A localhost", "no address", 0},
		{"x.example MX 10 mail.example.", "behind the owner stand", 0},
		{"x.example CNAME . .", "behind the owner stand", 0},
		{"x.example TXT order", "behind the owner stand", 0},
		{"x.example", "behind the owner stand", 0},
		{"", "empty", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		enum rpzrow_trigger trigger = RPZROW_NAME;
		struct rpzrow r;
		enum rc rc = rpzrow_read(a, rows[i].line, strlen(rows[i].line), &r, &e);
		if (rc == RC_OK)
			rc = rpzrow_check(&r, ORIGIN, &trigger, &e);
		if ((rows[i].says == NULL) != (rc == RC_OK) ||
		    (rc != RC_OK && strstr(e.text, rows[i].says) == NULL) ||
		    (rc == RC_OK && trigger != rows[i].trigger))
			fail_msg("%s: %s: %s", rows[i].line, rc_token(rc), e.text);
		arena_free(a);
	}
}

/* Labels of 63, an owner of exactly 255 bytes with its zone, and one more of each. */
static void
lengths(void **state)
{
	struct arena *a = arena_create();
	char label[RPZROW_LABEL_MAX + 2] = {0};
	struct err e = ERR_INIT;
	enum rpzrow_trigger trigger;

	(void)state;
	memset(label, 'a', RPZROW_LABEL_MAX);
	struct rpzrow r = {arena_printf(a, "%s.example", label), RPZROW_NXDOMAIN, NULL};
	assert_int_equal(rpzrow_check(&r, ORIGIN, &trigger, &e), RC_OK);
	label[RPZROW_LABEL_MAX] = 'a';
	r.owner = arena_printf(a, "%s.example", label);
	assert_int_equal(rpzrow_check(&r, ORIGIN, &trigger, &e), RC_INVALID);
	assert_non_null(strstr(e.text, "64 characters"));

	/* Three labels of 63 with their dots are 192; the zone takes 12 and the root 1.
	 */
	label[RPZROW_LABEL_MAX] = '\0';
	for (int more = 0; more < 2; more++) {
		r.owner = arena_printf(a, "%s.%s.%s.%.*s", label, label, label, 49 + more,
				       label);
		enum rc rc = rpzrow_check(&r, ORIGIN, &trigger, &e);
		assert_int_equal(rc, more == 0 ? RC_OK : RC_INVALID);
	}
	assert_non_null(strstr(e.text, "256 bytes with the zone"));
	/* What fits below a short origin does not below a long one. */
	assert_int_equal(rpzrow_check(&r, "rpz", &trigger, &e), RC_OK);
	arena_free(a);
}

/* ---- addresses --------------------------------------------------------------------- */

static void
addresses(void **state)
{
	static const struct {
		const char *address;
		int prefix;
		const char *owner; /* NULL: refused */
	} rows[] = {
		{"203.0.113.66", -1, "32.66.113.0.203.rpz-ip"},
		{"203.0.113.0", 24, "24.0.113.0.203.rpz-ip"},
		{"2001:db8::1", -1, "128.1.zz.db8.2001.rpz-ip"},
		{"2001:DB8:0:0:0:0:0:1", -1, "128.1.zz.db8.2001.rpz-ip"},
		{"2001:db8::", 32, "32.zz.db8.2001.rpz-ip"},
		{"1:0:0:2:0:0:0:3", -1, "128.3.zz.2.0.0.1.rpz-ip"},
		{"1:0:2:0:3:0:4:0", -1, "128.0.4.0.3.0.2.0.1.rpz-ip"},
		{"1:2:3:4:5:6:7:8", -1, "128.8.7.6.5.4.3.2.1.rpz-ip"},
		{"203.0.113.66", 24, NULL},
		{"203.0.113.66", 33, NULL},
		{"2001:db8::1", 32, NULL},
		{"203.0.113", -1, NULL},
		{"203.0.113.066", -1, NULL},
		{"t.me", -1, NULL},
		{"", -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		const char *owner = NULL, *address, *again;
		int prefix;
		enum rc rc =
			rpzrow_ip_owner(a, rows[i].address, rows[i].prefix, &owner, &e);
		assert_int_equal(rc == RC_OK, rows[i].owner != NULL);
		if (rc == RC_OK) {
			assert_string_equal(owner, rows[i].owner);
			assert_int_equal(rpzrow_ip_read(a, owner, &address, &prefix, &e),
					 RC_OK);
			assert_int_equal(rpzrow_ip_owner(a, address, prefix, &again, &e),
					 RC_OK);
			assert_string_equal(again, owner);
		}
		arena_free(a);
	}
}

/* ---- actions of orders ------------------------------------------------------------- */

static void
actions(void **state)
{
	static const char *const good[] = {"nxdomain", "nodata", "passthru",
					   "landing page.example"};
	static const char *const bad[] = {"",	      "NXDOMAIN",   "landing",
					  "landing ", "nxdomain x", "block"};
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	enum rpzrow_act act;
	const char *data;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(rpzrow_act_read(a, good[i], &act, &data, &e), RC_OK);
		assert_string_equal(rpzrow_act_text(a, act, data), good[i]);
		assert_true(rpzrow_act_rank(act) > 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rpzrow_act_read(a, bad[i], &act, &data, &e), RC_INVALID);
	assert_true(rpzrow_act_rank(RPZROW_NXDOMAIN) > rpzrow_act_rank(RPZROW_NODATA));
	assert_true(rpzrow_act_rank(RPZROW_NODATA) > rpzrow_act_rank(RPZROW_LANDING));
	assert_true(rpzrow_act_rank(RPZROW_LANDING) > rpzrow_act_rank(RPZROW_PASSTHRU));
	assert_int_equal(rpzrow_act_rank(RPZROW_DROP), 0);
	arena_free(a);
}

/* ---- whole zones ------------------------------------------------------------------- */

static enum rc
zone_of(const char *text, size_t len, const char *origin, size_t *ret_row, struct err *e)
{
	static struct rpzrow rows[64];
	struct arena *a = arena_create();
	size_t n = 0;
	enum rc rc = RC_OK;

	for (const char *at = text, *end = text + len; rc == RC_OK && at < end;) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t line = stop == NULL ? (size_t)(end - at) : (size_t)(stop - at);
		if (line != 0 && strchr("$@ ", at[0]) == NULL)
			rc = rpzrow_read(a, at, line, &rows[n++], e);
		at += line + 1;
	}
	assert_true(rc != RC_OK || n != 0);
	if (rc == RC_OK)
		rc = rpzrow_zone_check(rows, n, origin, ret_row, e);
	arena_free(a);
	return rc;
}

/* Every zone of the public reports: what a resolver refuses, we refuse, in its row. */
static void
known_failures(void **state)
{
	static const struct {
		const char *file, *says; /* NULL: all resolvers take it */
		const char *origin;	 /* NULL: ORIGIN */
	} zones[] = {
		{"case_dup.rpz", "one name in two cases", NULL},
		{"clientip_no_prefix_pdns9032.rpz", "prefix length", NULL},
		{"clientip_ok.rpz", NULL, NULL},
		{"dup_owner.rpz", "is there twice", NULL},
		{"overlong_253_unbound-adguard95.rpz", "bytes with the zone", NULL},
		{"overlong_wild_hagezi6246.rpz", "bytes with the zone",
		 "rpz.saluran.example"},
		{"overlong_wild_hagezi6246.rpz", NULL, "rpz.short.example"},
		{"trailing_dot_energized529.rpz", "trailing dot", NULL},
		{"trailing_dot_unbound754.rpz", "trailing dot", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct arena *a = arena_create();
		struct err e = ERR_INIT;
		size_t len, row = 0;
		const char *path =
			arena_printf(a, "rpz-known-failures/%s", zones[i].file);
		const char *text = file_read(a, "SALURAN_TEST_DATA", path, &len);
		enum rc rc = zone_of(text, len,
				     zones[i].origin == NULL ? ORIGIN : zones[i].origin,
				     &row, &e);
		if ((zones[i].says == NULL) != (rc == RC_OK) ||
		    (rc != RC_OK && (strstr(e.text, zones[i].says) == NULL || row != 1 ||
				     strcmp(e.rule, "rpz row") != 0)))
			fail_msg("%s: %s in row %zu: %s", zones[i].file, rc_token(rc),
				 row, e.text);
		arena_free(a);
	}
}

static void
local_data_of_several_types(void **state)
{
	static const struct {
		const char *zone;
		bool good;
	} zones[] = {
		{"x A 203.0.113.1\nx AAAA 2001:db8::1\nx TXT \"why\"\n", true},
		{"x A 203.0.113.1\nx A 203.0.113.2\n", true},
		{"x A 203.0.113.1\nx A 203.0.113.1\n", false},
		{"x A 203.0.113.1\nX AAAA 2001:db8::1\n", false},
		{"x A 203.0.113.1\nx CNAME .\n", false},
		{"x CNAME .\n*.x CNAME .\n", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct err e = ERR_INIT;
		size_t row;
		assert_int_equal(zone_of(zones[i].zone, strlen(zones[i].zone), ORIGIN,
					 &row, &e) == RC_OK,
				 zones[i].good);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_one_by_one),
		cmocka_unit_test(lengths),
		cmocka_unit_test(addresses),
		cmocka_unit_test(actions),
		cmocka_unit_test(known_failures),
		cmocka_unit_test(local_data_of_several_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
