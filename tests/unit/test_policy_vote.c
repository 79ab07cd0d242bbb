/*
 * Which policy is in effect: what both have adopted, and each adoption needs one of its
 * own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy_vote.h"

#define A PARTY_AUTHORITY
#define P PARTY_PLATFORM

static struct hash
named(char c)
{
	struct hash h;

	memset(h.b, c, sizeof(h.b));
	return h;
}

/* "A1x P2y": by whom, at which seq, what; seen counts of both; what is in effect. */
static void
effect(const char *votes, uint64_t seen_a, uint64_t seen_p, char want)
{
	const uint64_t seen[PARTY_COUNT] = {[A] = seen_a, [P] = seen_p};
	struct policy_vote v[8];
	struct hash opening = named('o'), is;
	size_t n = 0;

	for (const char *s = votes; *s != '\0'; s += s[3] == ' ' ? 4 : 3)
		v[n++] = (struct policy_vote){.from = s[0] == 'A' ? A : P,
					      .seq = (uint64_t)(s[1] - '0'),
					      .sha256 = named(s[2])};
	is = *policy_in_effect(v, n, seen, &opening);
	if (is.b[0] != (uint8_t)want)
		fail_msg("%s: %c where %c is due", votes, is.b[0], want);
}

static void
both_must_adopt(void **state)
{
	(void)state;
	effect("", 9, 9, 'o');
	effect("A1x", 9, 9, 'o');
	effect("P1x", 9, 9, 'o');
	effect("A1x P1x", 9, 9, 'x');
	effect("A1x P1y", 9, 9, 'o');
}

/* Only what the author had seen counts. */
static void
as_far_as_seen(void **state)
{
	(void)state;
	effect("A1x P5x", 1, 9, 'o');
	effect("A1x P5x", 2, 5, 'o');
	effect("A1x P5x", 2, 6, 'x');
}

static void
going_back_needs_both_again(void **state)
{
	(void)state;
	effect("A1x A2y P1x P2y", 9, 9, 'y');
	effect("A1x A2y A3x P1x P2y", 9, 9, 'y');
	effect("A1x A2y A3x P1x P2y P3x", 9, 9, 'x');
	/* The newest is not matched: the one before holds. */
	effect("A1x A2y P1x", 9, 9, 'x');
	effect("A1x A2o P1x", 9, 9, 'x');
	effect("A1x A2o P1x P2o", 9, 9, 'o');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_must_adopt),
		cmocka_unit_test(as_far_as_seen),
		cmocka_unit_test(going_back_needs_both_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
