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
	policy_votes_count(v, n);
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

/* Decades of changes: each is proposed, matched, and closes what was open before it. */
static void
for_ever(void **state)
{
	enum { CHANGES = 1000 };
	static struct policy_vote v[2 * CHANGES];
	const uint64_t seen[PARTY_COUNT] = {CHANGES, CHANGES};
	struct hash opening = named('o');

	(void)state;
	for (uint64_t i = 0; i < CHANGES; i++) {
		struct hash h = named((char)('a' + i % 3));
		v[2 * i] = (struct policy_vote){
			.from = A, .seq = i, .ack_size = i, .sha256 = h};
		v[2 * i + 1] = (struct policy_vote){
			.from = P, .seq = i, .ack_size = i + 1, .sha256 = h};
	}
	policy_votes_count(v, 2 * (size_t)CHANGES);
	for (size_t i = 0; i < 2 * (size_t)CHANGES; i++)
		assert_int_equal(v[i].nth, i / 6 + 1);
	assert_int_equal(policy_in_effect(v, 2 * (size_t)CHANGES, seen, &opening)->b[0],
			 'a' + (CHANGES - 1) % 3);
}

/* A side that goes on alone is not heard after POLICY_OPEN_MAX, until one is matched as
 * far as it has seen. */
static void
open_ones_have_a_limit(void **state)
{
	enum { VOTES = POLICY_OPEN_MAX + 3 };
	struct policy_vote v[VOTES];
	const uint64_t seen[PARTY_COUNT] = {VOTES, 9};
	struct hash opening = named('o');
	size_t n = 0;

	(void)state;
	for (; n <= POLICY_OPEN_MAX; n++)
		v[n] = (struct policy_vote){
			.from = A, .seq = n, .sha256 = named((char)(1 + n))};
	/* The first is matched; the next has not seen it, the last has. */
	v[n++] = (struct policy_vote){
		.from = P, .seq = 0, .ack_size = POLICY_OPEN_MAX + 1, .sha256 = named(2)};
	v[n] = (struct policy_vote){
		.from = A, .seq = n, .ack_size = 1, .sha256 = named('z')};
	n++;
	policy_votes_count(v, n);
	for (size_t i = 0; i < POLICY_OPEN_MAX; i++)
		assert_int_equal(v[i].nth, 1);
	assert_int_equal(v[POLICY_OPEN_MAX].nth, 0);
	assert_int_equal(v[n - 1].nth, 1);
	assert_int_equal(policy_in_effect(v, n, seen, &opening)->b[0], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_must_adopt),
		cmocka_unit_test(as_far_as_seen),
		cmocka_unit_test(going_back_needs_both_again),
		cmocka_unit_test(for_ever),
		cmocka_unit_test(open_ones_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
