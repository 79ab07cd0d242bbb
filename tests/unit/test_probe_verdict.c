/*
 * Verdicts: each row of what tells a block, a lift and an outage apart, and beside it the
 * case that is one step away and must not be taken for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/probe_verdict.h"

#define A4(a, b, c, d)                                                                   \
	{                                                                                \
		{                                                                        \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d             \
		}                                                                        \
	}

static const struct probe_address real[] = {A4(198, 51, 100, 7)};
static const struct probe_address beside[] = {A4(198, 51, 100, 9)};
static const struct probe_address other[] = {A4(203, 0, 113, 5)};
static const struct probe_address inside[] = {A4(10, 1, 2, 3)};
static const struct probe_address landing[] = {A4(192, 0, 2, 80)};
static const struct probe_address real6[] = {{{0x20, 1, 0xd, 0xb8, 0, 1}}};
static const struct probe_address beside6[] = {{{0x20, 1, 0xd, 0xb8, 0, 1, 9}}};
static const struct probe_address other6[] = {{{0x20, 1, 0xd, 0xb8, 0, 2}}};

/* clang-format off */
#define DATA(x)	 {.got = PROBE_GOT_DATA, .addresses = (x), .n_addresses = 1, .ttl_s = 60}
#define NX	 {.got = PROBE_GOT_NXDOMAIN, .ttl_s = 10}
#define NX_SOA	 {.got = PROBE_GOT_NXDOMAIN, .policy_soa = true, .ttl_s = 10}
#define NODATA	 {.got = PROBE_GOT_NODATA, .ttl_s = 10}
#define NODATA_SOA {.got = PROBE_GOT_NODATA, .policy_soa = true, .ttl_s = 10}
#define SILENCE	 {.got = PROBE_GOT_SILENCE}
#define BROKEN	 {.got = PROBE_GOT_BROKEN}
#define SERVFAIL {.got = PROBE_GOT_SERVFAIL}
#define REFUSED	 {.got = PROBE_GOT_REFUSED}
#define TC	 {.got = PROBE_GOT_TRUNCATED}
#define DATA_TC	 {.got = PROBE_GOT_DATA, .by_tcp = true, .addresses = real, .n_addresses = 1}

/* Of the resolver: UDP only; never blocked and canary answer. */
#define HERE(...) .here = {[PROBE_UDP] = __VA_ARGS__}, .tries = 1
#define UP	 .never = DATA(real), .canary = {.got = PROBE_GOT_DATA}
#define CONTROL(...) .control = __VA_ARGS__
#define FREE	 .expect_free = true, .serial = 20
#define HOLDS	 .canary_serial = 20
#define BEHIND	 .canary_serial = 19
#define LANDING	 .landing = landing, .n_landing = 1

static const struct row {
	const char *what;
	enum probe_verdict want;
	struct probe_facts f;
} rows[] = {
	/* blocked, NXDOMAIN: and the same where the name does not exist at all */
	{"nxdomain", PROBE_NXDOMAIN, {HERE(NX), UP, CONTROL(DATA(real))}},
	{"nxdomain, control has other types", PROBE_NXDOMAIN, {HERE(NX), UP, CONTROL(NODATA)}},
	{"a dead name", PROBE_DEAD, {HERE(NX), UP, CONTROL(NX)}},
	{"our SOA in it, a dead name", PROBE_NXDOMAIN, {HERE(NX_SOA), UP, CONTROL(NX)}},
	{"our SOA in it, no control", PROBE_NXDOMAIN, {HERE(NX_SOA), UP}},
	{"nxdomain, no control", PROBE_UNKNOWN, {HERE(NX), UP}},
	{"nxdomain, control down", PROBE_UNKNOWN, {HERE(NX), UP, CONTROL(SILENCE)}},
	{"nxdomain, control fails", PROBE_UNKNOWN, {HERE(NX), UP, CONTROL(SERVFAIL)}},

	/* landing: and the same address undeclared, or where the name truly is there */
	{"landing", PROBE_LANDING, {HERE(DATA(landing)), UP, CONTROL(DATA(real)), LANDING}},
	{"landing, not declared", PROBE_DIFFERS, {HERE(DATA(landing)), UP, CONTROL(DATA(real))}},
	{"the name is at that address", PROBE_OPEN,
		{HERE(DATA(landing)), UP, CONTROL(DATA(landing)), LANDING}},
	{"landing, no control", PROBE_LANDING, {HERE(DATA(landing)), UP, LANDING}},
	{"landing, a dead name", PROBE_LANDING, {HERE(DATA(landing)), UP, CONTROL(NX), LANDING}},

	/* NODATA */
	{"nodata", PROBE_NODATA, {HERE(NODATA), UP, CONTROL(DATA(real))}},
	{"no such record anywhere", PROBE_DEAD, {HERE(NODATA), UP, CONTROL(NODATA)}},
	{"our SOA in it, no such record", PROBE_NODATA, {HERE(NODATA_SOA), UP, CONTROL(NODATA)}},
	{"nodata, no control", PROBE_UNKNOWN, {HERE(NODATA), UP}},
	{"nodata, control says no name", PROBE_DIFFERS, {HERE(NODATA), UP, CONTROL(NX)}},

	/* drop: and an outage, a loss, a dead server */
	{"drop", PROBE_DROP,
		{.here = {SILENCE}, .tries = 3, UP, CONTROL(DATA(real))}},
	{"drop, only the canary answers", PROBE_DROP,
		{.here = {SILENCE}, .tries = 3, .canary = DATA(real), .never = SILENCE, CONTROL(DATA(real))}},
	{"two tries", PROBE_UNKNOWN, {.here = {SILENCE}, .tries = 2, UP, CONTROL(DATA(real))}},
	{"down", PROBE_DOWN,
		{.here = {SILENCE}, .tries = 3, .never = SILENCE, .canary = SILENCE, CONTROL(DATA(real))}},
	{"down, nothing else was asked", PROBE_DOWN, {.here = {SILENCE}, .tries = 3, CONTROL(DATA(real))}},
	{"silent everywhere", PROBE_DEAD, {.here = {SILENCE}, .tries = 3, UP, CONTROL(SILENCE)}},
	{"silent here, fails there", PROBE_DEAD, {.here = {SILENCE}, .tries = 3, UP, CONTROL(SERVFAIL)}},
	{"silent, no such name", PROBE_DEAD, {.here = {SILENCE}, .tries = 3, UP, CONTROL(NX)}},
	{"silent, no control", PROBE_UNKNOWN, {.here = {SILENCE}, .tries = 3, UP}},
	{"silent, others refused", PROBE_UNKNOWN,
		{.here = {SILENCE}, .tries = 3, .never = REFUSED, .canary = REFUSED, CONTROL(DATA(real))}},
	{"no connection", PROBE_DOWN, {.here = {[PROBE_TCP] = BROKEN}, CONTROL(DATA(real))}},
	{"drop over TCP", PROBE_DROP, {.here = {[PROBE_TCP] = BROKEN}, UP, CONTROL(DATA(real))}},

	/* tcp-only: and where everybody must come by TCP */
	{"tcp only", PROBE_TCP_ONLY, {.here = {TC, DATA(real)}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"a large answer", PROBE_OPEN,
		{.here = {TC, DATA(real)}, .tries = 1, UP,
		 CONTROL(DATA_TC)}},
	{"TC, and TCP is silent", PROBE_UNKNOWN,
		{.here = {TC, SILENCE}, .tries = 1, UP, CONTROL(DATA(real))}},

	/* lifted: and what is not shown to be */
	{"lifted", PROBE_LIFTED, {HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, HOLDS}},
	{"lifted, a later serial", PROBE_LIFTED,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, .canary_serial = 400}},
	{"lifted, past the turn of serials", PROBE_LIFTED,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), .expect_free = true, .serial = UINT32_MAX,
		 .canary_serial = 3}},
	{"free, an older serial", PROBE_OPEN, {HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, BEHIND}},
	{"free, no canary", PROBE_OPEN, {HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE}},
	{"a network's other machine", PROBE_LIFTED,
		{HERE(DATA(beside)), UP, CONTROL(DATA(real)), FREE, HOLDS}},
	{"another network", PROBE_DIFFERS, {HERE(DATA(other)), UP, CONTROL(DATA(real)), FREE, HOLDS}},
	{"the same canonical name", PROBE_LIFTED,
		{HERE({.got = PROBE_GOT_DATA, .data = 7, .addresses = other, .n_addresses = 1}), UP,
		 CONTROL({.got = PROBE_GOT_DATA, .data = 7, .addresses = real, .n_addresses = 1}), FREE, HOLDS}},
	{"another canonical name", PROBE_DIFFERS,
		{HERE({.got = PROBE_GOT_DATA, .data = 8}), UP, CONTROL({.got = PROBE_GOT_DATA, .data = 7}),
		 FREE, HOLDS}},
	{"IPv6", PROBE_LIFTED, {HERE(DATA(beside6)), UP, CONTROL(DATA(real6)), FREE, HOLDS}},
	{"IPv6, another network", PROBE_DIFFERS, {HERE(DATA(other6)), UP, CONTROL(DATA(real6)), FREE, HOLDS}},
	{"a dead name, lifted", PROBE_LIFTED, {HERE(NX), UP, CONTROL(NX), FREE, HOLDS}},
	{"a dead name, an older serial", PROBE_DEAD, {HERE(NX), UP, CONTROL(NX), FREE, BEHIND}},
	{"the name is free, below it is not", PROBE_NXDOMAIN,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, HOLDS, .wildcard = true, .sibling = NX_SOA}},
	{"below it lands", PROBE_LANDING,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, HOLDS, LANDING, .wildcard = true,
		 .sibling = DATA(landing)}},
	{"below it there is nothing", PROBE_LIFTED,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), FREE, HOLDS, .wildcard = true, .sibling = NX}},
	{"still blocked", PROBE_NXDOMAIN, {HERE(NX), UP, CONTROL(DATA(real)), FREE, BEHIND}},
	{"not blocked yet", PROBE_OPEN, {HERE(DATA(real)), UP, CONTROL(DATA(real)), .serial = 20, BEHIND}},
	{"not blocked, though it has it", PROBE_OPEN,
		{HERE(DATA(real)), UP, CONTROL(DATA(real)), .serial = 20, HOLDS}},

	/* lifted, cached: a TTL that falls with the time, and one that does not */
	{"cached", PROBE_CACHED,
		{HERE(NX), UP, CONTROL(DATA(real)), FREE, HOLDS, .ttl_before_s = 15, .ttl_before_ago_us = 5000000}},
	{"cached, an older canary", PROBE_CACHED,
		{HERE(NX), UP, CONTROL(DATA(real)), FREE, BEHIND, .ttl_before_s = 15, .ttl_before_ago_us = 5000000}},
	{"cached, landing", PROBE_CACHED,
		{HERE({.got = PROBE_GOT_DATA, .addresses = landing, .n_addresses = 1, .ttl_s = 10}), UP,
		 CONTROL(DATA(real)), FREE, HOLDS, LANDING, .ttl_before_s = 15, .ttl_before_ago_us = 5000000}},
	{"made anew each time", PROBE_NXDOMAIN,
		{HERE(NX), UP, CONTROL(DATA(real)), FREE, HOLDS, .ttl_before_s = 10, .ttl_before_ago_us = 5000000}},
	{"falls, but not as time goes", PROBE_NXDOMAIN,
		{HERE(NX), UP, CONTROL(DATA(real)), FREE, HOLDS, .ttl_before_s = 60, .ttl_before_ago_us = 5000000}},
	{"falls, and is in force", PROBE_NXDOMAIN,
		{HERE(NX), UP, CONTROL(DATA(real)), .serial = 20, HOLDS, .ttl_before_s = 15,
		 .ttl_before_ago_us = 5000000}},

	/* refused, servfail */
	{"refused", PROBE_REFUSED, {HERE(REFUSED), UP, CONTROL(DATA(real))}},
	{"servfail", PROBE_SERVFAIL, {HERE(SERVFAIL), UP, CONTROL(DATA(real))}},
	{"servfail everywhere", PROBE_DEAD, {HERE(SERVFAIL), UP, CONTROL(SERVFAIL)}},
	{"another RCODE", PROBE_UNKNOWN, {HERE({.got = PROBE_GOT_OTHER}), UP, CONTROL(DATA(real))}},
	{"not asked", PROBE_UNKNOWN, {UP, CONTROL(DATA(real))}},

	/* tampering: and transports that agree, or of which one is silent */
	{"forged", PROBE_TAMPERED,
		{HERE({.got = PROBE_GOT_NXDOMAIN, .forged = true}), UP, CONTROL(DATA(real))}},
	{"impossible", PROBE_TAMPERED,
		{HERE({.got = PROBE_GOT_NXDOMAIN, .impossible = true}), UP, CONTROL(DATA(real))}},
	{"transports differ", PROBE_TAMPERED, {.here = {NX, DATA(real)}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"transports agree", PROBE_NXDOMAIN, {.here = {NX, NX, NX}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"one transport is not there", PROBE_NXDOMAIN,
		{.here = {NX, NX, BROKEN}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"one transport fails", PROBE_NXDOMAIN, {.here = {NX, SERVFAIL}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"one lands", PROBE_TAMPERED,
		{.here = {DATA(landing), DATA(real)}, .tries = 1, UP, CONTROL(DATA(real)), LANDING}},
	{"one has an inner address", PROBE_TAMPERED,
		{.here = {DATA(inside), DATA(real)}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"a service of many machines", PROBE_OPEN,
		{.here = {DATA(other), DATA(real)}, .tries = 1, UP, CONTROL(DATA(real))}},
	{"lost on the way over UDP", PROBE_TAMPERED,
		{.here = {SILENCE, DATA(real)}, .tries = 3, UP, CONTROL(DATA(real))}},
	{"lost twice over UDP", PROBE_OPEN, {.here = {SILENCE, DATA(real)}, .tries = 2, UP, CONTROL(DATA(real))}},
	{"forged canary", PROBE_TAMPERED,
		{HERE(NX), .never = DATA(real), .canary = {.got = PROBE_GOT_DATA, .forged = true},
		 CONTROL(DATA(real))}},
	{"data for a dead name", PROBE_DIFFERS, {HERE(DATA(other)), UP, CONTROL(NX)}},
	{"data, no control", PROBE_UNKNOWN, {HERE(DATA(real)), UP}},
};
/* clang-format on */

static void
every_row(void **state)
{
	bool seen[PROBE_VERDICT_COUNT] = {false};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *why = NULL;
		enum probe_verdict v = probe_judge(&rows[i].f, &why);
		if (v != rows[i].want)
			fail_msg("%s: %s (%s), not %s", rows[i].what,
				 probe_verdict_token(v), why,
				 probe_verdict_token(rows[i].want));
		assert_non_null(why);
		assert_true(why[0] != '\0');
		seen[v] = true;
	}
	for (size_t v = 0; v < PROBE_VERDICT_COUNT; v++)
		if (!seen[v] && !probe_verdict_by_serial((enum probe_verdict)v))
			fail_msg("no row for %s",
				 probe_verdict_token((enum probe_verdict)v));
}

/* Whatever was seen: without one answer from the resolver nothing is called blocked or
 * free, and without the serial nothing is called lifted. */
static void
laws(void **state)
{
	enum { KINDS = PROBE_GOT_OTHER + 1, BITS = 64 };

	(void)state;
	for (int here = 0; here < KINDS; here++)
		for (int control = 0; control < KINDS; control++)
			for (int never = 0; never < KINDS; never++)
				for (int bits = 0; bits < BITS; bits++) {
					struct probe_facts f = {
						.here = {{.got = (enum probe_got)here,
							  .policy_soa = (bits & 1) != 0,
							  .ttl_s = (bits & 2) ? 5 : 60,
							  .addresses = real,
							  .n_addresses = 1}},
						.control = {.got = (enum probe_got)
								    control,
							    .addresses = real,
							    .n_addresses = 1},
						.never = {.got = (enum probe_got)never},
						.canary = {.got = (enum probe_got)never},
						.expect_free = (bits & 4) != 0,
						.serial = 20,
						.canary_serial = (bits & 8) ? 20 : 0,
						.tries = (bits & 16) ? 3 : 1,
						.wildcard = (bits & 32) != 0,
					};
					enum probe_verdict v = probe_judge(&f, NULL);
					bool up = never >= PROBE_GOT_DATA &&
						  never <= PROBE_GOT_NXDOMAIN;
					bool spoke = here >= PROBE_GOT_DATA;
					if (!up && !spoke)
						assert_int_equal(probe_verdict_means(v),
								 PROBE_MEANS_UNKNOWN);
					if (v == PROBE_LIFTED) {
						assert_true(f.expect_free);
						assert_int_equal(f.canary_serial, 20);
						assert_int_equal(here, control);
					}
					if (v == PROBE_CACHED)
						fail_msg("a cache without a TTL");
				}
}

static void
words(void **state)
{
	enum probe_verdict v;
	enum probe_via via;

	(void)state;
	for (size_t i = 0; i < PROBE_VERDICT_COUNT; i++) {
		const char *token = probe_verdict_token((enum probe_verdict)i);
		assert_true(probe_verdict_find(token, &v));
		assert_int_equal(v, i);
		assert_string_equal(probe_verdict_words[i], token);
	}
	assert_null(probe_verdict_words[PROBE_VERDICT_COUNT]);
	assert_false(probe_verdict_find("blocked", &v));
	assert_true(probe_via_find("dot", 3, &via));
	assert_int_equal(via, PROBE_DOT);
	assert_false(probe_via_find("dots", 4, &via));
}

static void
serials(void **state)
{
	(void)state;
	assert_true(probe_serial_reached(5, 5));
	assert_true(probe_serial_reached(6, 5));
	assert_false(probe_serial_reached(4, 5));
	assert_true(probe_serial_reached(1, UINT32_MAX));
	assert_false(probe_serial_reached(UINT32_MAX, 1));
}

/* The row of an address, of which the canary alone tells: it never says "blocked". */
static void
by_serial_alone(void **state)
{
	/* clang-format off */
	static const struct row serial_rows[] = {
		{"holds the lift", PROBE_ROW_GONE, {FREE, HOLDS, UP}},
		{"behind the lift", PROBE_UNKNOWN, {FREE, BEHIND, UP}},
		{"holds the order", PROBE_ROW_HELD, {.serial = 20, HOLDS, UP}},
		{"behind the order", PROBE_UNKNOWN, {.serial = 20, BEHIND, UP}},
		{"past the wrap", PROBE_ROW_GONE,
			{.expect_free = true, .serial = 4294967290U, .canary_serial = 3, UP}},
		{"no serial", PROBE_UNKNOWN, {FREE, UP}},
		{"since when is not known", PROBE_UNKNOWN, {.expect_free = true, HOLDS, UP}},
		{"silent", PROBE_DOWN, {FREE, .never = SILENCE, .canary = SILENCE}},
		{"the canary alone is silent", PROBE_UNKNOWN, {FREE, .never = DATA(real), .canary = SILENCE}},
		{"a forged canary", PROBE_TAMPERED,
			{FREE, HOLDS, .never = DATA(real), .canary = {.got = PROBE_GOT_DATA, .forged = true}}},
	};
	/* clang-format on */

	(void)state;
	for (size_t i = 0; i < sizeof(serial_rows) / sizeof(serial_rows[0]); i++) {
		const struct row *r = &serial_rows[i];
		const char *why = NULL;
		enum probe_verdict got = probe_judge_serial(&r->f, &why);
		if (got != r->want || why == NULL)
			fail_msg("%s: %s", r->what, probe_verdict_token(got));
		assert_int_not_equal(probe_verdict_means(got), PROBE_MEANS_BLOCKED);
	}
	assert_true(probe_verdict_by_serial(PROBE_ROW_GONE));
	assert_true(probe_verdict_by_serial(PROBE_ROW_HELD));
	assert_false(probe_verdict_by_serial(PROBE_LIFTED));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_serial_alone),
		cmocka_unit_test(every_row),
		cmocka_unit_test(laws),
		cmocka_unit_test(words),
		cmocka_unit_test(serials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
