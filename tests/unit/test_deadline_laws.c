/*
 * Laws of the one deadline function, over random policies and histories; and cases worked
 * out by hand.
 */
#include "unit/casefile_gen.h"

#include "base/clock.h"
#include "core/deadline.h"

#define H (3600 * S)

/* Monday to Friday, 08:00 to 12:00 and 13:00 to 17:00; 1970-01-05 is a Monday. */
static const struct calendar_hours office_week[] = {
	{0, 8 * 3600, 12 * 3600},  {0, 13 * 3600, 17 * 3600}, {1, 8 * 3600, 12 * 3600},
	{1, 13 * 3600, 17 * 3600}, {2, 8 * 3600, 12 * 3600},  {2, 13 * 3600, 17 * 3600},
	{3, 8 * 3600, 12 * 3600},  {3, 13 * 3600, 17 * 3600}, {4, 8 * 3600, 12 * 3600},
	{4, 13 * 3600, 17 * 3600},
};
static const int64_t office_holidays[] = {6, 13, 14, 15};
static const struct calendar_offset office_offsets[] = {
	{INT64_MIN, 0}, {8 * 24 * H, 3600}, {20 * 24 * H, -3600}};
static const struct calendar office = {
	.code = "office",
	.offsets = office_offsets,
	.n_offsets = 3,
	.week = office_week,
	.n_week = 10,
	.holidays = office_holidays,
	.n_holidays = 4,
};
#define MONDAY (4 * 24 * H)

static struct policy
policy_of(int64_t accept_us, int64_t decide_us, const struct calendar *c)
{
	struct policy p = {.name = "test",
			   .version = 1,
			   .classes = {{.code = "normal",
					.accept_us = accept_us,
					.decide_us = decide_us,
					.calendar = c},
				       {.code = "other",
					.accept_us = accept_us / 2 + 1,
					.decide_us = decide_us / 2 + 1}},
			   .n_classes = 2,
			   .pause = {true, true, 3 * H}};

	return p;
}

static int64_t
decide_due(const struct policy *p, const struct casefile *c)
{
	return deadline_of(p, &p->classes[0], c, DEADLINE_DECIDE, NULL);
}

static struct casefile
received_at(int64_t us)
{
	return (struct casefile){
		.state = CASE_ACCEPTED, .sent_us = 1, .accepted_us = 1, .receipt_us = us};
}

static void
ask(struct casefile *c, int64_t reached_us, int64_t answered_us)
{
	c->pauses[c->n_pauses] = (struct case_pause){.seq = c->n_pauses,
						     .iat_us = 1,
						     .receipt_us = reached_us,
						     .answered = answered_us != 0,
						     .answer_iat_us = 1,
						     .answer_receipt_us = answered_us};
	c->n_pauses++;
}

static void
transfer(struct casefile *c, unsigned to, int64_t receipt_us)
{
	c->transfers[c->n_transfers++] =
		(struct case_transfer){.to = to, .iat_us = 1, .receipt_us = receipt_us};
}

/* ---- by hand ----------------------------------------------------------------------- */

static void
plain_time(void **state)
{
	struct policy p = policy_of(H, 2 * H, NULL);
	struct casefile c = received_at(10 * H);

	(void)state;
	assert_int_equal(decide_due(&p, &c), 12 * H);
	assert_int_equal(deadline_of(&p, &p.classes[0], &c, DEADLINE_ACCEPT, NULL),
			 11 * H);
	p.classes[0].minimum_us = 5 * H;
	assert_int_equal(decide_due(&p, &c), 15 * H);
	c.receipt_us = 0;
	assert_int_equal(decide_due(&p, &c), 0);
	c.receipt_us = INT64_MAX - 5;
	assert_int_equal(decide_due(&p, &c), INT64_MAX);
}

static void
working_time(void **state)
{
	struct policy p = policy_of(H, 10 * H, &office);
	struct casefile c = received_at(MONDAY + 11 * H);

	(void)state;
	/* 1 h before noon, 4 after, 4 on Tuesday? Tuesday (day 5) works; day 6 does not.
	 */
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 14 * H);
	p.classes[0].decide_us = 14 * H;
	/* One more hour than Monday's and Tuesday's: Thursday, as day 6 is a holiday;
	 * from day 8 on civil time is an hour ahead, but this is day 7. */
	assert_int_equal(decide_due(&p, &c), MONDAY + 3 * 24 * H + 9 * H);
	c.receipt_us = MONDAY + 17 * H;
	p.classes[0].decide_us = 1;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 8 * H + 1);
}

static void
a_question_pauses(void **state)
{
	struct policy p = policy_of(H, 4 * H, NULL);
	struct casefile c = received_at(10 * H);

	(void)state;
	ask(&c, 12 * H, 13 * H);
	assert_int_equal(decide_due(&p, &c), 15 * H);
	/* Not answered: as long as it may be, three hours. */
	c.pauses[0].answered = false;
	c.pauses[0].answer_receipt_us = 0;
	assert_int_equal(decide_due(&p, &c), 17 * H);
	/* An answer that did not arrive ends nothing. */
	c.pauses[0].answered = true;
	assert_int_equal(decide_due(&p, &c), 17 * H);
	/* A question that did not arrive pauses nothing. */
	c.pauses[0].receipt_us = 0;
	assert_int_equal(decide_due(&p, &c), 14 * H);
	/* One that came after the deadline undoes nothing; nor one at that moment. */
	c.pauses[0].receipt_us = 14 * H;
	assert_int_equal(decide_due(&p, &c), 14 * H);
	c.pauses[0].receipt_us = 14 * H - 1;
	assert_int_equal(decide_due(&p, &c), 17 * H);
	/* Nor where the policy has no pause. */
	p.pause.clarify = false;
	assert_int_equal(decide_due(&p, &c), 14 * H);
	c.pauses[0].impossible = true;
	assert_int_equal(decide_due(&p, &c), 17 * H);
	p.pause.impossible = false;
	assert_int_equal(decide_due(&p, &c), 14 * H);
}

/* Questions without end stretch a case by pause.max and no more, in any number. */
static void
pauses_are_bounded_together(void **state)
{
	struct policy p = policy_of(H, 4 * H, NULL);
	struct casefile c = received_at(10 * H);

	(void)state;
	for (int i = 0; i < CASE_PAUSES_MAX; i++)
		ask(&c, 11 * H + i * H / 4, 0);
	assert_int_equal(decide_due(&p, &c), 17 * H);
	c = received_at(10 * H);
	ask(&c, 11 * H, 13 * H);
	ask(&c, 12 * H, 13 * H + H / 2);
	ask(&c, 14 * H, 0);
	/* 2.5 h of the first two, which overlap, and half an hour of the third. */
	assert_int_equal(decide_due(&p, &c), 17 * H);
	p.pause.max_us = 100 * H;
	assert_int_equal(decide_due(&p, &c),
			 10 * H + 4 * H + 2 * H + H / 2 + 97 * H + H / 2);
	/* Backdated before the notice: counted from its receipt at the earliest. */
	c = received_at(10 * H);
	ask(&c, 5 * H, 11 * H);
	assert_int_equal(decide_due(&p, &c), 15 * H);
}

static void
pause_in_closed_hours(void **state)
{
	struct policy p = policy_of(H, 8 * H, &office);
	struct casefile c = received_at(MONDAY + 13 * H);

	(void)state;
	p.pause.max_us = 24 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 12 * H);
	ask(&c, MONDAY + 18 * H, MONDAY + 23 * H);
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 12 * H);
	c.pauses[0].answer_receipt_us = MONDAY + 24 * H + 9 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 14 * H);
}

static void
same_day(void **state)
{
	struct policy p = policy_of(24 * H, 24 * H, &office);
	struct casefile c = received_at(MONDAY + 15 * H);

	(void)state;
	p.classes[0].by_days = true;
	assert_int_equal(decide_due(&p, &c), MONDAY + 17 * H);
	ask(&c, MONDAY + 16 * H, MONDAY + 18 * H);
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 9 * H);
	c.n_pauses = 0;
	p.classes[0].minimum_us = 4 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 19 * H);
}

/* By days, a pause that began before the receipt counts from the receipt on, and the last
 * day stays: what is left of it is less for the later receipt.  See deadline.h. */
static void
same_day_paused_before(void **state)
{
	struct policy p = policy_of(24 * H, 24 * H, &office);
	struct casefile c = received_at(MONDAY + 10 * H);

	(void)state;
	p.pause.max_us = 24 * H;
	p.classes[0].by_days = true;
	ask(&c, MONDAY + 9 * H, MONDAY + 16 * H);
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 14 * H);
	c.receipt_us = MONDAY + 15 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 9 * H);
	/* Not so where it began after both. */
	c.pauses[0].receipt_us = MONDAY + 15 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 9 * H);
	c.receipt_us = MONDAY + 10 * H;
	assert_int_equal(decide_due(&p, &c), MONDAY + 24 * H + 9 * H);
}

static void
transfers(void **state)
{
	struct policy p = policy_of(8 * H, 8 * H, NULL);
	struct casefile c = received_at(10 * H);

	(void)state;
	p.classes[1].decide_us = 2 * H;
	/* Not received: nothing changes. */
	transfer(&c, 1, 0);
	assert_int_equal(decide_due(&p, &c), 18 * H);
	/* To less time: never less than the new limit from when it was received... */
	c.transfers[0].receipt_us = 13 * H;
	assert_int_equal(decide_due(&p, &c), 15 * H);
	c.transfers[0].receipt_us = 10 * H;
	assert_int_equal(decide_due(&p, &c), 12 * H);
	/* ... and never more than before. */
	c.transfers[0].receipt_us = 17 * H;
	assert_int_equal(decide_due(&p, &c), 18 * H);
	/* What had passed stands, also when the new class gives more. */
	c.transfers[0].receipt_us = 18 * H;
	p.classes[1].decide_us = 50 * H;
	assert_int_equal(decide_due(&p, &c), 18 * H);
	c.transfers[0].receipt_us = 18 * H - 1;
	assert_int_equal(decide_due(&p, &c), 60 * H);
	assert_ptr_equal(deadline_class(&p, &p.classes[0], &c), &p.classes[1]);
	/* A class that the policy does not have, from a hostile store, is none. */
	c.transfers[0].to = 7;
	assert_int_equal(decide_due(&p, &c), 18 * H);
}

/* ---- laws -------------------------------------------------------------------------- */

static struct policy
random_policy(uint64_t *s)
{
	const struct calendar *c = rnd(s, 2) ? &office : NULL;
	int64_t accept = 1 + (int64_t)rnd(s, 40) * H / 2;
	struct policy p = policy_of(accept, accept + (int64_t)rnd(s, 40) * H / 2, c);

	p.pause.max_us = (int64_t)rnd(s, 30) * H;
	p.pause.clarify = rnd(s, 4) != 0;
	p.classes[1].calendar = rnd(s, 2) ? &office : NULL;
	p.classes[1].decide_us = 1 + (int64_t)rnd(s, 60) * H / 2;
	p.classes[1].accept_us = p.classes[1].decide_us;
	for (int i = 0; i < 2; i++)
		p.classes[i].minimum_us = (int64_t)rnd(s, 3) * 5 * H;
	if (c != NULL && rnd(s, 2)) {
		p.classes[0].by_days = true;
		p.classes[0].accept_days = (int64_t)rnd(s, 3);
		p.classes[0].decide_days = p.classes[0].accept_days + (int64_t)rnd(s, 5);
	}
	return p;
}

static struct casefile
random_times(uint64_t *s)
{
	struct casefile c = received_at(MONDAY + (int64_t)rnd(s, 14 * 48) * H / 2);

	for (uint64_t n = rnd(s, 4); n > 0; n--) {
		int64_t from = MONDAY + (int64_t)rnd(s, 16 * 48) * H / 2;

		ask(&c, from, rnd(s, 3) ? from + (int64_t)rnd(s, 100) * H / 2 : 0);
		c.pauses[c.n_pauses - 1].impossible = rnd(s, 3) == 0;
	}
	for (uint64_t n = rnd(s, 3); n > 0; n--)
		transfer(&c, (unsigned)rnd(s, 2), MONDAY + (int64_t)rnd(s, 700) * H / 2);
	return c;
}

/* Where the law of the later receipt does not speak: a limit by days, and a pause that
 * began before the receipt. */
static bool
paused_before(const struct policy *p, const struct casefile *c)
{
	bool before = false;

	for (uint32_t i = 0; i < c->n_pauses; i++)
		before |= c->pauses[i].receipt_us < c->receipt_us;
	return before && p->classes[0].by_days;
}

static void
laws_hold(void **state)
{
	uint64_t s = 88172645463325252u;
	unsigned moved = 0, by_days = 0, left_out = 0;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		struct policy p = random_policy(&s), longer = p;
		struct casefile c = random_times(&s), d = c;
		int64_t due = decide_due(&p, &c);

		assert_true(due > c.receipt_us);
		assert_int_equal(decide_due(&p, &c), due);
		/* A later receipt, never an earlier deadline. */
		d.receipt_us += (int64_t)rnd(&s, 40) * H / 4;
		if (!paused_before(&p, &d)) {
			assert_true(decide_due(&p, &d) >= due);
			by_days += p.classes[0].by_days && c.n_pauses != 0 &&
				   d.receipt_us > c.receipt_us;
		} else {
			left_out++;
		}
		/* A longer limit, a longer minimum, longer pauses: neither. */
		longer.classes[0].decide_us += (int64_t)rnd(&s, 20) * H / 4;
		longer.classes[0].decide_days += (int64_t)rnd(&s, 3);
		longer.classes[0].minimum_us += (int64_t)rnd(&s, 20) * H / 4;
		assert_true(decide_due(&longer, &c) >= due || c.n_transfers != 0);
		longer = p;
		longer.pause.max_us += (int64_t)rnd(&s, 20) * H;
		if (c.n_transfers == 0)
			assert_true(decide_due(&longer, &c) >= due);
		/* A pause shortens nothing, and stretches by its maximum at most (in
		 * time that always counts). */
		d = c;
		d.n_pauses = 0;
		if (c.n_transfers == 0) {
			int64_t without = decide_due(&p, &d);

			assert_true(due >= without);
			moved += due > without;
			if (p.classes[0].calendar == NULL)
				assert_true(due <= without + p.pause.max_us);
		}
		/* Nor is there less of it for accepting than for deciding. */
		if (c.n_transfers == 0)
			assert_true(deadline_of(&p, &p.classes[0], &c, DEADLINE_ACCEPT,
						NULL) <= due);
	}
	assert_true(moved > 1000);
	assert_true(by_days > 300 && left_out > 300);
}

/* What stood overdue when a question or a transfer was received stays as it was. */
static void
overdue_stands(void **state)
{
	uint64_t s = 2685821657736338717u;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		struct policy p = random_policy(&s);
		struct casefile c = random_times(&s);
		int64_t due = decide_due(&p, &c);
		int64_t later = due + (int64_t)rnd(&s, 100) * H;

		for (uint32_t i = 0; i < c.n_transfers; i++)
			later = later > c.transfers[i].receipt_us
					? later
					: c.transfers[i].receipt_us;
		ask(&c, later, 0);
		if (c.n_transfers == 0)
			assert_int_equal(decide_due(&p, &c), due);
		c.n_pauses--;
		transfer(&c, (unsigned)rnd(&s, 2), later);
		assert_int_equal(decide_due(&p, &c), due);
	}
}

/* The trace is told by the same code: same result, its last step is it. */
static void
the_trace_agrees(void **state)
{
	uint64_t s = 1181783497276652981u;
	struct arena *a = arena_create();

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct policy p = random_policy(&s);
		struct casefile c = random_times(&s);
		struct deadline_trace t = {.a = a};
		int64_t due = deadline_of(&p, &p.classes[0], &c, DEADLINE_DECIDE, &t);

		assert_int_equal(due, decide_due(&p, &c));
		assert_true(t.n >= 3 && t.n <= DEADLINE_STEPS_MAX);
		assert_string_equal(t.steps[0].what, "receipt");
		assert_string_equal(t.steps[t.n - 1].what, "result");
		assert_int_equal(t.steps[t.n - 1].at_us, due);
		for (size_t i = 0; i < t.n; i++)
			assert_true(t.steps[i].text[0] != '\0');
		arena_reset(a);
	}
	arena_free(a);
}

/* Both nodes, whatever came when: the deadlines hang on the fold alone. */
static void
any_order_of_arrival(void **state)
{
	uint64_t s = 12345678910111213u;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct case_event h[HISTORY_MAX];
		struct policy p = random_policy(&s);
		struct casefile x, y;
		struct case_due dx, dy;
		size_t n = hostile_history(&s, h);

		for (size_t i = 0; i < n; i++) {
			h[i].iat_us *= H;
			h[i].receipt_us *= H;
		}
		casefile_fold(h, n, &x);
		for (size_t i = n - 1; i > 0; i--) {
			size_t j = rnd(&s, i + 1);
			struct case_event t = h[i];

			h[i] = h[j];
			h[j] = t;
		}
		casefile_fold(h, n, &y);
		casefile_due(&p, &p.classes[0], &x, 3, &dx);
		casefile_due(&p, &p.classes[0], &y, 3, &dy);
		assert_int_equal(dx.accept_us, dy.accept_us);
		assert_int_equal(dx.decide_us, dy.decide_us);
		assert_int_equal(dx.step_us, dy.step_us);
		assert_int_equal(dx.paused_until_us, dy.paused_until_us);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_time),
		cmocka_unit_test(working_time),
		cmocka_unit_test(a_question_pauses),
		cmocka_unit_test(pauses_are_bounded_together),
		cmocka_unit_test(pause_in_closed_hours),
		cmocka_unit_test(same_day),
		cmocka_unit_test(same_day_paused_before),
		cmocka_unit_test(transfers),
		cmocka_unit_test(laws_hold),
		cmocka_unit_test(overdue_stands),
		cmocka_unit_test(the_trace_agrees),
		cmocka_unit_test(any_order_of_arrival),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
