/*
 * Laws of the fold over random histories: one order, whatever came when.
 */
#include "unit/casefile_gen.h"

/* Whenever can_append says so, applying at the end equals the fold over all; and the
 * order of arrival is nothing to the fold. */
static void
append_equals_fold(void **state)
{
	uint64_t s = 88172645463325252u, said_yes = 0, said_no = 0;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		struct case_event h[HISTORY_MAX], shuffled[HISTORY_MAX];
		struct casefile before, after, again;
		size_t n = hostile_history(&s, h);

		casefile_fold(h, n - 1, &before);
		/* The last one made is at the end of its log: h[n - 1] was not moved. */
		bool can = casefile_can_append(&before, &h[n - 1]);
		memcpy(shuffled, h, sizeof(*h) * n);
		for (size_t i = n - 1; i > 0; i--) {
			size_t j = rnd(&s, i + 1);
			struct case_event t = shuffled[i];

			shuffled[i] = shuffled[j];
			shuffled[j] = t;
		}
		fold_copy(h, n, &after);
		casefile_fold(shuffled, n, &again);
		assert_true(same(&after, &again));
		said_yes += can;
		said_no += !can;
		if (can) {
			casefile_apply(&before, &h[n - 1]);
			assert_true(same(&before, &after));
		}
	}
	assert_true(said_yes > 1000 && said_no > 1000);
}

/*
 * Two honest nodes with skewed clocks and slow post.  Each starts only what it may, by
 * the state that it sees.  At each, an event that saw all others is appended without
 * folding again; both end with the same case; and nothing is voided: each crossing has
 * its row.
 */
struct twin {
	struct case_event known[HISTORY_MAX];
	size_t n;
	struct casefile c;
};

static void
twin_learn(struct twin *t, struct case_event e, bool saw_all)
{
	bool can = casefile_can_append(&t->c, &e);
	struct casefile all;

	if (saw_all)
		assert_true(can);
	t->known[t->n++] = e;
	fold_copy(t->known, t->n, &all);
	if (can)
		casefile_apply(&t->c, &e);
	else
		t->c = all;
	assert_true(same(&all, &t->c));
	assert_int_equal(all.voided, 0);
}

/* An act that `p` may start; posting is always one but before there is a case. */
static bool
question_find(const struct casefile *c, uint64_t *ret_seq)
{
	for (uint32_t i = 0; i < c->n_pauses; i++)
		if (!c->pauses[i].answered) {
			*ret_seq = c->pauses[i].seq;
			return true;
		}
	return false;
}

/* What the table does not know, and a service asks for. */
static bool
fits(const struct casefile *c, enum case_act act)
{
	uint64_t seq;

	if (act == ACT_REMIND || act == ACT_WARN)
		return c->n_rungs < CASE_LADDER_MAX;
	if (act == ACT_ASK)
		return c->n_pauses < CASE_PAUSES_MAX;
	if (act == ACT_TRANSFER)
		return c->n_transfers < CASE_TRANSFERS_MAX;
	if (act == ACT_REVERSE)
		return c->decided_us != 0;
	return act != ACT_ANSWER || question_find(c, &seq);
}

static struct case_event
honest_event(uint64_t *s, enum party p, uint64_t seq, const struct casefile *c)
{
	struct case_event e;

	do {
		e = random_event(s, p, seq);
		if (c->state == CASE_NONE)
			e.act = ACT_SEND;
	} while (!casefile_may(c->state, e.act, p) ||
		 (e.act == ACT_RECEIPT && seq == 0) || !fits(c, e.act));
	e.level = 1;
	e.receipt_us++;
	e.covers_seq = e.act == ACT_RECEIPT ? rnd(s, seq) : 0;
	if (e.act == ACT_ANSWER)
		assert_true(question_find(c, &e.covers_seq));
	return e;
}

static void
two_nodes_see_one_case(void **state)
{
	uint64_t s = 1181783497276652981u;

	(void)state;
	for (int round = 0; round < 6000; round++) {
		struct twin node[PARTY_COUNT];
		struct case_event logs[PARTY_COUNT][HISTORY_MAX];
		uint64_t len[PARTY_COUNT] = {0, 0}, got[PARTY_COUNT] = {0, 0};
		int64_t skew[PARTY_COUNT] = {0, (int64_t)rnd(&s, 40)};

		memset(node, 0, sizeof(node));
		for (int64_t now = 1; len[AUTH] + len[PLAT] < HISTORY_MAX; now++) {
			enum party p = (enum party)rnd(&s, PARTY_COUNT);
			enum party o = p == AUTH ? PLAT : AUTH;

			while (got[p] < len[o] && rnd(&s, 3) != 0) {
				struct case_event e = logs[o][got[p]++];

				twin_learn(&node[p], e, e.ack_size == len[p]);
			}
			if (p == PLAT && node[p].c.state == CASE_NONE)
				continue;
			struct case_event e = honest_event(&s, p, len[p], &node[p].c);

			e.iat_us = now + skew[p];
			e.ack_size = got[p];
			logs[p][len[p]++] = e;
			twin_learn(&node[p], e, true);
		}
		for (int p = 0; p < PARTY_COUNT; p++)
			while (got[p] < len[1 - p])
				twin_learn(&node[p], logs[1 - p][got[p]++], false);
		assert_true(same(&node[AUTH].c, &node[PLAT].c));
	}
}

/* CLOSED and NONE aside, the state is what the facts say. */
static void
state_agrees_with_facts(void **state)
{
	uint64_t s = 4101842887655102017u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct case_event h[HISTORY_MAX];
		struct casefile c;

		casefile_fold(h, hostile_history(&s, h), &c);
		assert_int_equal(c.state == CASE_NONE, c.sent_us == 0);
		assert_int_equal(c.state == CASE_CLOSED, c.closed_us != 0);
		if (c.state == CASE_ACCEPTED)
			assert_true(c.accepted_us != 0);
		if (c.state == CASE_REFUSED)
			assert_true(c.refused_us != 0 && c.accepted_us == 0);
		if (c.state == CASE_RECEIVED)
			assert_true(c.receipt_us != 0 && c.accepted_us == 0);
		if (c.state == CASE_SENT)
			assert_true(c.receipt_us == 0 && c.accepted_us == 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(append_equals_fold),
		cmocka_unit_test(two_nodes_see_one_case),
		cmocka_unit_test(state_agrees_with_facts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
