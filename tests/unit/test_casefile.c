/*
 * The life of a case: the table's laws and each crossing.
 */
#include "unit/casefile_gen.h"

/* ---- the table --------------------------------------------------------------------- */

static void
tokens_are_those_of_the_events(void **state)
{
	(void)state;
	for (int a = 0; a < ACT_COUNT; a++)
		assert_int_equal(case_act_of(case_act_type((enum case_act)a)), a);
	assert_int_equal(case_act_of("order.draft"), ACT_COUNT);
	assert_string_equal(case_state_token(CASE_RECEIVED), "received");
}

/* Each side does what is its own: nobody answers, or decides, for the other. */
static void
parties_keep_to_their_acts(void **state)
{
	static const enum case_act of_authority[] = {ACT_SEND, ACT_REMIND, ACT_WARN,
						     ACT_ANSWER, ACT_TRANSFER};
	static const enum case_act of_platform[] = {ACT_ACCEPT, ACT_REFUSE, ACT_DECIDE,
						    ACT_ASK, ACT_REVERSE};
	enum case_state next;

	(void)state;
	for (int s = 0; s < CASE_STATE_COUNT; s++)
		for (int i = 0; i < 5; i++) {
			enum case_state from = (enum case_state)s;

			assert_int_equal(
				casefile_next(from, of_authority[i], PLAT, &next),
				RC_CONFLICT);
			assert_int_equal(next, from);
			assert_int_equal(casefile_next(from, of_platform[i], AUTH, &next),
					 RC_CONFLICT);
		}
}

/* Only a decision, its reversal or a reopening leaves CLOSED; nothing leads back to NONE.
 */
static void
closed_holds(void **state)
{
	enum case_state next;

	(void)state;
	for (int a = 0; a < ACT_COUNT; a++)
		for (int p = 0; p < PARTY_COUNT; p++) {
			enum case_act act = (enum case_act)a;
			enum rc rc =
				casefile_next(CASE_CLOSED, act, (enum party)p, &next);

			if (rc == RC_OK && act != ACT_DECIDE && act != ACT_REOPEN &&
			    act != ACT_REVERSE)
				assert_int_equal(next, CASE_CLOSED);
			for (int s = CASE_SENT; s < CASE_STATE_COUNT; s++) {
				rc = casefile_next((enum case_state)s, act, (enum party)p,
						   &next);
				assert_int_not_equal(next, CASE_NONE);
				if (rc != RC_OK)
					assert_int_equal(next, s);
			}
		}
}

/* What may be started is allowed; what only crosses may not be started. */
static void
may_is_stricter_than_next(void **state)
{
	enum case_state next;

	(void)state;
	for (int s = 0; s < CASE_STATE_COUNT; s++)
		for (int a = 0; a < ACT_COUNT; a++)
			for (int p = 0; p < PARTY_COUNT; p++)
				if (casefile_may((enum case_state)s, (enum case_act)a,
						 (enum party)p))
					assert_int_equal(casefile_next((enum case_state)s,
								       (enum case_act)a,
								       (enum party)p,
								       &next),
							 RC_OK);
	assert_false(casefile_may(CASE_CLOSED, ACT_ACCEPT, PLAT));
	assert_false(casefile_may(CASE_CLOSED, ACT_REMIND, AUTH));
	assert_false(casefile_may(CASE_REFUSED, ACT_WARN, AUTH));
	assert_false(casefile_may(CASE_CLOSED, ACT_CLOSE, AUTH));
	assert_false(casefile_may(CASE_SENT, ACT_REMIND, AUTH));
	assert_false(casefile_may(CASE_NONE, ACT_POST, PLAT));
	assert_true(casefile_may(CASE_CLOSED, ACT_REOPEN, PLAT));
	assert_true(casefile_may(CASE_RECEIVED, ACT_ACCEPT, PLAT));
	assert_true(casefile_may(CASE_CLOSED, ACT_POST, AUTH));
}

/* ---- single histories -------------------------------------------------------------- */

static void
ordinary_life(void **state)
{
	struct case_event h[] = {
		ev(AUTH, 3, 0, 100, ACT_SEND),	 receipt(4, 0, 102, 3, 101),
		ev(PLAT, 0, 4, 110, ACT_ACCEPT), ev(PLAT, 1, 5, 111, ACT_POST),
		ev(AUTH, 5, 2, 112, ACT_READ),	 ev(PLAT, 2, 6, 115, ACT_DECIDE),
		ev(PLAT, 3, 6, 116, ACT_DECIDE), ev(AUTH, 6, 4, 120, ACT_CLOSE),
	};
	struct casefile c, inc = {0};

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_true(casefile_can_append(&inc, &h[i]));
		assert_true(casefile_apply(&inc, &h[i]));
	}
	fold_copy(h, 8, &c);
	assert_true(same(&c, &inc));
	assert_int_equal(c.state, CASE_CLOSED);
	assert_int_equal(c.send_seq, 3);
	assert_int_equal(c.sent_us, 100 * S);
	assert_int_equal(c.receipt_us, 101 * S);
	assert_int_equal(c.accepted_us, 110 * S);
	assert_int_equal(c.decided_us, 116 * S);
	assert_int_equal(c.closed_us, 120 * S);
	assert_int_equal(c.voided, 0);
	assert_int_equal(c.reopened, 0);
}

/* An answer may give one deadline only (protocol 4). */
static void
first_receipt_counts(void **state)
{
	struct case_event h[] = {
		ev(AUTH, 0, 0, 90, ACT_POST), /* void: there is no case yet */
		receipt(1, 0, 91, 0, 91),     /* of a part */
		ev(AUTH, 2, 0, 100, ACT_SEND), receipt(3, 0, 101, 1, 99), /* of a part */
		receipt(4, 0, 103, 2, 102),    receipt(5, 0, 104, 2, 95),
		receipt(6, 0, 105, 5, 104),
	};
	struct casefile c;

	(void)state;
	fold_copy(h, 4, &c);
	assert_int_equal(c.state, CASE_SENT);
	assert_int_equal(c.receipt_us, 0);
	fold_copy(h, 7, &c);
	assert_int_equal(c.state, CASE_RECEIVED);
	assert_int_equal(c.receipt_us, 102 * S);
	assert_int_equal(c.voided, 1);
}

/* A receipt is for what is below it in the log, and has a time. */
static void
impossible_receipts_are_voided(void **state)
{
	struct case_event h[] = {ev(AUTH, 0, 0, 100, ACT_SEND),
				 receipt(1, 0, 101, 1, 101), receipt(2, 0, 101, 0, 0),
				 receipt(3, 0, 101, 0, -5)};
	struct casefile c;

	(void)state;
	fold_copy(h, 4, &c);
	assert_int_equal(c.state, CASE_SENT);
	assert_int_equal(c.voided, 3);
}

static void
platform_receipts_start_no_clock(void **state)
{
	struct case_event h[] = {ev(AUTH, 0, 0, 100, ACT_SEND),
				 ev(PLAT, 0, 1, 101, ACT_POST),
				 ev(PLAT, 1, 1, 102, ACT_RECEIPT)};
	struct casefile c;

	(void)state;
	h[2].receipt_us = 102 * S;
	fold_copy(h, 3, &c);
	assert_int_equal(c.state, CASE_SENT);
	assert_int_equal(c.receipt_us, 0);
	assert_int_equal(c.voided, 0);
}

static void
rungs_take_their_receipts(void **state)
{
	struct case_event h[] = {
		ev(AUTH, 0, 0, 100, ACT_SEND),	 receipt(1, 0, 101, 0, 100),
		ev(AUTH, 2, 0, 130, ACT_REMIND), warn(3, 0, 140, 1),
		receipt(4, 0, 141, 2, 131),	 receipt(5, 0, 142, 2, 133),
		receipt(6, 0, 143, 3, 142),
	};
	struct casefile c;

	(void)state;
	fold_copy(h, 7, &c);
	assert_int_equal(c.n_rungs, 2);
	assert_int_equal(c.rungs[0].seq, 2);
	assert_int_equal(c.rungs[0].level, 0);
	assert_int_equal(c.rungs[0].receipt_us, 131 * S);
	assert_int_equal(c.rungs[1].level, 1);
	assert_int_equal(c.rungs[1].receipt_us, 142 * S);
	assert_int_equal(c.receipt_us, 100 * S);
}

static void
rungs_are_bounded(void **state)
{
	struct case_event h[CASE_LADDER_MAX + 4];
	struct casefile c;
	size_t n = 0;

	(void)state;
	h[n++] = ev(AUTH, 0, 0, 100, ACT_SEND);
	h[n++] = receipt(1, 0, 101, 0, 101);
	while (n < CASE_LADDER_MAX + 4) {
		h[n] = warn(n, 0, (int64_t)(100 + n), 1);
		n++;
	}
	fold_copy(h, n, &c);
	assert_int_equal(c.n_rungs, CASE_LADDER_MAX);
	assert_int_equal(c.voided, 2);
}

/* ---- crossings: both orders of the clocks ------------------------------------------ */

/* Fold with the platform's event `before_s` or after the authority's; the rest is given.
 */
static void
cross(const struct case_event *common, size_t n, struct case_event x, struct case_event y,
      struct casefile ret[2])
{
	for (int i = 0; i < 2; i++) {
		struct case_event h[64];

		memcpy(h, common, n * sizeof(*common));
		x.iat_us = 1000 * S;
		y.iat_us = (i == 0 ? 999 : 1001) * S;
		h[n] = x;
		h[n + 1] = y;
		casefile_fold(h, n + 2, &ret[i]);
	}
}

static const struct case_event received[] = {
	{.from = AUTH, .seq = 0, .iat_us = 100 * S, .act = ACT_SEND},
	{.from = AUTH,
	 .seq = 1,
	 .iat_us = 101 * S,
	 .act = ACT_RECEIPT,
	 .receipt_us = 101 * S},
};
static const struct case_event accepted[] = {
	{.from = AUTH, .seq = 0, .iat_us = 100 * S, .act = ACT_SEND},
	{.from = AUTH,
	 .seq = 1,
	 .iat_us = 101 * S,
	 .act = ACT_RECEIPT,
	 .receipt_us = 101 * S},
	{.from = PLAT, .seq = 0, .ack_size = 2, .iat_us = 102 * S, .act = ACT_ACCEPT},
};

static void
decision_crosses_close(void **state)
{
	struct casefile c[2];

	(void)state;
	cross(accepted, 3, ev(AUTH, 2, 1, 0, ACT_CLOSE), ev(PLAT, 1, 2, 0, ACT_DECIDE),
	      c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_ACCEPTED);
		assert_int_equal(c[i].reopened, 1);
		assert_int_equal(c[i].closed_us, 0);
		assert_int_equal(c[i].voided, 0);
		assert_true(c[i].decided_us != 0);
	}
	/* A close that has seen the decision closes. */
	cross(accepted, 3, ev(AUTH, 2, 2, 0, ACT_CLOSE), ev(PLAT, 1, 2, 0, ACT_DECIDE),
	      c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_CLOSED);
		assert_int_equal(c[i].reopened, 0);
	}
}

static void
accept_crosses_adoption(void **state)
{
	struct case_event r = receipt(1, 0, 0, 0, 101);
	struct casefile c[2];

	(void)state;
	cross(received, 1, r, ev(PLAT, 0, 1, 0, ACT_ACCEPT), c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_ACCEPTED);
		assert_int_equal(c[i].receipt_us, 101 * S);
		assert_int_equal(c[i].voided, 0);
	}
	cross(received, 1, r, ev(PLAT, 0, 1, 0, ACT_REFUSE), c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_REFUSED);
		assert_int_equal(c[i].receipt_us, 101 * S);
	}
}

/* A rung that crosses any act of the platform is kept; the act stands. */
static void
rungs_cross_everything(void **state)
{
	static const struct {
		enum case_act act;
		enum case_state then;
	} acts[] = {{ACT_ACCEPT, CASE_ACCEPTED},
		    {ACT_REFUSE, CASE_REFUSED},
		    {ACT_DECIDE, CASE_ACCEPTED},
		    {ACT_POST, CASE_RECEIVED}};
	struct casefile c[2];

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct case_event rung =
			i < 4 ? ev(AUTH, 2, 0, 0, ACT_REMIND) : warn(2, 0, 0, 1);

		cross(received, 2, rung, ev(PLAT, 0, 2, 0, acts[i % 4].act), c);
		for (int j = 0; j < 2; j++) {
			assert_int_equal(c[j].state, acts[i % 4].then);
			assert_int_equal(c[j].n_rungs, 1);
			assert_int_equal(c[j].voided, 0);
		}
	}
	cross(accepted, 3, warn(2, 1, 0, 1), ev(PLAT, 1, 2, 0, ACT_CLOSE), c);
	for (int j = 0; j < 2; j++) {
		assert_int_equal(c[j].state, CASE_CLOSED);
		assert_int_equal(c[j].n_rungs, 1);
		assert_int_equal(c[j].voided, 0);
	}
}

/* A withdrawal crosses an answer: closed either way, the answer is on the record, and a
 * reopening goes back to what the facts say. */
static void
answers_cross_withdrawal(void **state)
{
	struct casefile c[2];

	(void)state;
	cross(received, 2, ev(AUTH, 2, 0, 0, ACT_CLOSE), ev(PLAT, 0, 2, 0, ACT_ACCEPT),
	      c);
	for (int i = 0; i < 2; i++) {
		struct case_event again = ev(AUTH, 3, 1, 2000, ACT_REOPEN);

		assert_int_equal(c[i].state, CASE_CLOSED);
		assert_true(c[i].accepted_us != 0);
		assert_int_equal(c[i].voided, 0);
		assert_true(casefile_apply(&c[i], &again));
		assert_int_equal(c[i].state, CASE_ACCEPTED);
		assert_int_equal(c[i].reopened, 1);
	}
	cross(received, 2, ev(AUTH, 2, 0, 0, ACT_CLOSE), ev(PLAT, 0, 2, 0, ACT_REFUSE),
	      c);
	for (int i = 0; i < 2; i++) {
		struct case_event again = ev(PLAT, 1, 3, 2000, ACT_REOPEN);

		assert_int_equal(c[i].state, CASE_CLOSED);
		assert_true(casefile_apply(&c[i], &again));
		assert_int_equal(c[i].state, CASE_REFUSED);
	}
	cross(received, 2, ev(AUTH, 2, 0, 0, ACT_CLOSE), ev(PLAT, 0, 2, 0, ACT_POST), c);
	for (int i = 0; i < 2; i++) {
		struct case_event again = ev(PLAT, 1, 3, 2000, ACT_REOPEN);

		assert_true(casefile_apply(&c[i], &again));
		assert_int_equal(c[i].state, CASE_RECEIVED);
	}
}

static void
both_close_both_reopen(void **state)
{
	struct case_event h[5];
	struct casefile c[2];

	(void)state;
	cross(accepted, 3, ev(AUTH, 2, 1, 0, ACT_CLOSE), ev(PLAT, 1, 2, 0, ACT_CLOSE), c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_CLOSED);
		assert_int_equal(c[i].voided, 0);
	}
	memcpy(h, accepted, sizeof(accepted));
	h[3] = ev(AUTH, 2, 1, 900, ACT_CLOSE);
	cross(h, 4, ev(AUTH, 3, 1, 0, ACT_REOPEN), ev(PLAT, 1, 3, 0, ACT_REOPEN), c);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(c[i].state, CASE_ACCEPTED);
		assert_int_equal(c[i].reopened, 1);
		assert_int_equal(c[i].voided, 0);
	}
}

static void
second_send_is_voided(void **state)
{
	struct case_event h[] = {ev(AUTH, 0, 0, 100, ACT_SEND),
				 ev(AUTH, 1, 0, 105, ACT_SEND)};
	struct casefile c;

	(void)state;
	fold_copy(h, 2, &c);
	assert_int_equal(c.voided, 1);
	assert_int_equal(c.send_seq, 0);
	assert_int_equal(c.sent_us, 100 * S);
}

static void
refusal_may_be_reversed(void **state)
{
	struct case_event h[] = {received[0], received[1],
				 ev(PLAT, 0, 2, 110, ACT_REFUSE),
				 ev(PLAT, 1, 2, 120, ACT_ACCEPT)};
	struct casefile c;

	(void)state;
	fold_copy(h, 4, &c);
	assert_int_equal(c.state, CASE_ACCEPTED);
	assert_int_equal(c.refused_us, 0);
	/* but an accepted case is answered item by item */
	h[2].act = ACT_ACCEPT;
	h[3].act = ACT_REFUSE;
	fold_copy(h, 4, &c);
	assert_int_equal(c.state, CASE_ACCEPTED);
	assert_int_equal(c.voided, 1);
}

/* Causes go before effects, whatever the clocks say. */
static void
causal_order_beats_clocks(void **state)
{
	struct case_event h[] = {
		ev(PLAT, 0, 2, 10, ACT_ACCEPT), /* an hour behind */
		ev(AUTH, 1, 0, 3601, ACT_RECEIPT),
		ev(AUTH, 0, 0, 3600, ACT_SEND),
	};
	struct casefile c;

	(void)state;
	h[1].receipt_us = 3601 * S;
	fold_copy(h, 3, &c);
	assert_int_equal(c.state, CASE_ACCEPTED);
	assert_int_equal(c.voided, 0);
}

/* An answer is not earlier than what its log has before it, whatever it is dated; one
 * that is dated later counts as dated. */
static void
no_answer_is_dated_back(void **state)
{
	static const struct {
		int64_t iat, floor, want;
	} rows[] = {{100, 0, 100}, {100, 50, 100}, {100, 100, 100}, {100, 900, 900}};
	static const enum case_act acts[] = {ACT_ACCEPT, ACT_REFUSE, ACT_DECIDE};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < 3; k++) {
			struct casefile c = {0};
			const struct case_event send = {
				.from = AUTH, .act = ACT_SEND, .iat_us = 10};
			const struct case_event answer = {.from = PLAT,
							  .act = acts[k],
							  .iat_us = rows[i].iat,
							  .floor_us = rows[i].floor};
			assert_true(casefile_apply(&c, &send));
			assert_true(casefile_apply(&c, &answer));
			assert_int_equal(acts[k] == ACT_ACCEPT	 ? c.accepted_us
					 : acts[k] == ACT_REFUSE ? c.refused_us
								 : c.decided_us,
					 rows[i].want);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_those_of_the_events),
		cmocka_unit_test(parties_keep_to_their_acts),
		cmocka_unit_test(closed_holds),
		cmocka_unit_test(may_is_stricter_than_next),
		cmocka_unit_test(ordinary_life),
		cmocka_unit_test(first_receipt_counts),
		cmocka_unit_test(impossible_receipts_are_voided),
		cmocka_unit_test(platform_receipts_start_no_clock),
		cmocka_unit_test(rungs_take_their_receipts),
		cmocka_unit_test(rungs_are_bounded),
		cmocka_unit_test(decision_crosses_close),
		cmocka_unit_test(accept_crosses_adoption),
		cmocka_unit_test(rungs_cross_everything),
		cmocka_unit_test(answers_cross_withdrawal),
		cmocka_unit_test(both_close_both_reopen),
		cmocka_unit_test(second_send_is_voided),
		cmocka_unit_test(refusal_may_be_reversed),
		cmocka_unit_test(causal_order_beats_clocks),
		cmocka_unit_test(no_answer_is_dated_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
