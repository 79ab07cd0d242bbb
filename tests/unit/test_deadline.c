/*
 * The clocks of a case: what is owed, when the next rung may be taken, what an order may
 * cite.
 */
#include "unit/casefile_gen.h"

static const struct policy demo = {
	.name = "test",
	.version = 1,
	.classes = {{.code = "normal", .accept_us = 20 * S, .decide_us = 30 * S}},
	.n_classes = 1,
	.ladder = {{.after_us = 10 * S},
		   {.warn = true, .level = 1, .after_us = 10 * S},
		   {.warn = true, .level = 2, .after_us = 10 * S}},
	.n_ladder = 3,
	.order = {.approvals = 2, .ladder_steps = 3},
};
#define CLS (&demo.classes[0])

/* ---- clocks ------------------------------------------------------------------------ */

static void
no_receipt_no_clock(void **state)
{
	struct casefile c = {.state = CASE_ACCEPTED, .sent_us = S, .accepted_us = 2 * S};
	struct case_due due;
	struct err e;

	(void)state;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.first_us, 0);
	assert_int_equal(due.step, -1);
	assert_int_equal(casefile_grounds(&demo, CLS, &c, 5, INT64_MAX, &e), RC_CONFLICT);
	assert_non_null(strstr(e.text, "only one side's claim"));
}

static void
clocks_stop_when_answered(void **state)
{
	struct casefile c = {.state = CASE_RECEIVED, .sent_us = S, .receipt_us = 100 * S};
	struct case_due due;

	(void)state;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.accept_us, 120 * S);
	assert_int_equal(due.decide_us, 130 * S);
	assert_int_equal(due.first_us, 120 * S);
	assert_int_equal(due.step, 0);
	assert_int_equal(due.step_us, 130 * S);

	c.state = CASE_ACCEPTED;
	c.accepted_us = 110 * S;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.accept_us, 0);
	assert_int_equal(due.first_us, 130 * S);
	assert_int_equal(due.step_us, 140 * S);

	casefile_due(&demo, CLS, &c, 0, &due);
	assert_int_equal(due.first_us, 0);
	assert_int_equal(due.step, -1);
	c.state = CASE_CLOSED;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.first_us, 0);
	c.state = CASE_REFUSED;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.first_us, 0);
}

static void
rung_waits_for_receipt(void **state)
{
	struct casefile c = {.state = CASE_RECEIVED,
			     .sent_us = S,
			     .receipt_us = 100 * S,
			     .n_rungs = 1,
			     .rungs = {{.seq = 5, .iat_us = 131 * S}}};
	struct case_due due;

	(void)state;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_true(due.pending);
	assert_int_equal(due.taken, 0);
	assert_int_equal(due.step, 1);
	assert_int_equal(due.step_us, 0);
	c.rungs[0].receipt_us = 135 * S;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_false(due.pending);
	assert_int_equal(due.taken, 1);
	assert_int_equal(due.step, 1);
	assert_int_equal(due.step_us, 145 * S);
}

/* A rung taken before its time, or out of order, is shown but does not count. */
static void
early_rungs_do_not_count(void **state)
{
	struct casefile c = {
		.state = CASE_RECEIVED,
		.sent_us = S,
		.receipt_us = 100 * S,
		.n_rungs = 2,
		.rungs = {{.seq = 5, .iat_us = 129 * S, .receipt_us = 129 * S},
			  {.seq = 6,
			   .level = 2,
			   .iat_us = 200 * S,
			   .receipt_us = 200 * S}}};
	struct case_due due;

	(void)state;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.taken, 0);
	assert_int_equal(due.step, 0);
}

/* A clock that is set forward takes no step early: the receipt says when it was there. */
static void
dated_forward_rungs_do_not_count(void **state)
{
	static const int64_t limit = 20 * S, day = 86400 * S;
	struct policy p = demo;
	struct casefile c = {.state = CASE_RECEIVED, .sent_us = S, .receipt_us = 100 * S};
	struct case_due due;
	int64_t from = 100 * S + limit + day;

	(void)state;
	p.ladder[0].after_us = day;
	c.n_rungs = 1;
	c.rungs[0] = (struct case_rung){.seq = 5, .iat_us = from, .receipt_us = 101 * S};
	casefile_due(&p, &p.classes[0], &c, 5, &due);
	assert_int_equal(due.taken, 0);
	assert_int_equal(due.step_us, from);
	/* As far as clocks may be apart. */
	c.rungs[0].receipt_us = from - CASE_SKEW_US - 1;
	casefile_due(&p, &p.classes[0], &c, 5, &due);
	assert_int_equal(due.taken, 0);
	c.rungs[0].receipt_us = from - CASE_SKEW_US;
	casefile_due(&p, &p.classes[0], &c, 5, &due);
	assert_int_equal(due.taken, 1);
}

static void
grounds_say_what_is_missing(void **state)
{
	static const struct {
		enum case_state state;
		uint64_t open;
		int64_t now_s;
		const char *says;
	} rows[] = {
		{CASE_REFUSED, 5, 900, "refused"},
		{CASE_CLOSED, 5, 900, "closed"},
		{CASE_RECEIVED, 0, 900, "every item"},
		{CASE_RECEIVED, 5, 119, "still has time"},
		{CASE_RECEIVED, 5, 900,
		 "2 of 3 steps are taken and receipted: the warning 2 "
		 "waits for its receipt"},
	};
	struct casefile c = {.sent_us = S, .receipt_us = 100 * S, .n_rungs = 3};
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		c.rungs[i] = (struct case_rung){.seq = 5 + i,
						.level = i,
						.iat_us = (131 + 20 * i) * S,
						.receipt_us = (132 + 20 * i) * S};
	c.rungs[2].receipt_us = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c.state = rows[i].state;
		assert_int_equal(casefile_grounds(&demo, CLS, &c, rows[i].open,
						  rows[i].now_s * S, &e),
				 RC_CONFLICT);
		assert_non_null(strstr(e.text, rows[i].says));
	}
	c.state = CASE_RECEIVED;
	c.n_rungs = 1;
	assert_int_equal(casefile_grounds(&demo, CLS, &c, 5, 900 * S, &e), RC_CONFLICT);
	assert_non_null(strstr(e.text,
			       "1 of 3 steps are taken and receipted: next is the "
			       "warning 1, from 1970-01-01T00:02:22"));
	c.n_rungs = 3;
	c.rungs[2].receipt_us = 172 * S;
	assert_int_equal(casefile_grounds(&demo, CLS, &c, 5, 900 * S, &e), RC_OK);
}

static struct casefile
random_case(uint64_t *s)
{
	struct case_event h[HISTORY_MAX];
	struct casefile c;

	do {
		size_t n = hostile_history(s, h);

		for (size_t i = 0; i < n; i++) {
			h[i].iat_us *= S * 3;
			h[i].receipt_us *= S * 3;
		}
		casefile_fold(h, n, &c);
	} while (c.receipt_us == 0);
	return c;
}

/* A step that the clock offers counts once it is taken then and receipted; waiting longer
 * never loses grounds; more time for the platform never makes anything due earlier. */
static void
clocks_are_monotone(void **state)
{
	uint64_t s = 2685821657736338717u;
	struct case_due due, next;
	struct err e;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct casefile c = random_case(&s);
		struct policy_class longer = *CLS;
		int64_t now = (int64_t)rnd(&s, 400) * S;

		casefile_due(&demo, CLS, &c, 3, &due);
		assert_true(due.step_us == 0 || due.step_us >= due.first_us);
		assert_true(due.first_us == 0 || due.first_us > c.receipt_us);
		longer.accept_us += (int64_t)rnd(&s, 5) * S;
		longer.decide_us += 5 * S;
		casefile_due(&demo, &longer, &c, 3, &next);
		assert_true(next.first_us >= due.first_us);
		assert_true(next.taken <= due.taken);
		if (casefile_grounds(&demo, CLS, &c, 3, now, &e) == RC_OK) {
			assert_int_equal(casefile_grounds(&demo, CLS, &c, 9, now + S, &e),
					 RC_OK);
			assert_true(due.taken >= demo.order.ladder_steps);
		}
		if (due.step < 0 || due.step_us == 0 || c.n_rungs == CASE_LADDER_MAX)
			continue;
		c.rungs[c.n_rungs++] =
			(struct case_rung){.level = demo.ladder[due.step].level,
					   .iat_us = due.step_us,
					   .receipt_us = due.step_us + 1};
		casefile_due(&demo, CLS, &c, 3, &next);
		assert_int_equal(next.taken, due.taken + 1);
	}
}

/* The platform cannot undo a rung by saying later that it had accepted in time. */
static void
backdated_acceptance_undoes_no_rung(void **state)
{
	struct casefile c = {
		.state = CASE_RECEIVED,
		.sent_us = S,
		.receipt_us = 100 * S,
		.n_rungs = 1,
		.rungs = {{.seq = 2, .iat_us = 130 * S, .receipt_us = 130 * S}}};
	struct case_event late = ev(PLAT, 0, 3, 101, ACT_ACCEPT);
	struct case_due due;

	(void)state;
	casefile_apply(&c, &late);
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.taken, 1);
}

static void
hostile_times_saturate(void **state)
{
	struct casefile c = {
		.state = CASE_RECEIVED, .sent_us = S, .receipt_us = INT64_MAX - 1};
	struct case_due due;

	(void)state;
	casefile_due(&demo, CLS, &c, 5, &due);
	assert_int_equal(due.first_us, INT64_MAX);
	assert_int_equal(due.step_us, INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_receipt_no_clock),
		cmocka_unit_test(clocks_stop_when_answered),
		cmocka_unit_test(rung_waits_for_receipt),
		cmocka_unit_test(early_rungs_do_not_count),
		cmocka_unit_test(dated_forward_rungs_do_not_count),
		cmocka_unit_test(grounds_say_what_is_missing),
		cmocka_unit_test(clocks_are_monotone),
		cmocka_unit_test(backdated_acceptance_undoes_no_rung),
		cmocka_unit_test(hostile_times_saturate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
