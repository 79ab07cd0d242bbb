/*
 * The figures, computed by hand: 4 notices, 2 orders, objections and disputes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/statistics.h"

#define S     CLOCK_US_PER_S
#define AS_OF (1000 * S)

static struct arena *a;

static int
setup(void **state)
{
	(void)state;
	a = arena_create();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(a);
	return 0;
}

/* The member at a path with dots. */
static const json_t *
at(const json_t *j, const char *path)
{
	const char *key = path;

	for (;;) {
		size_t len = strcspn(key, ".");
		j = json_object_get(j, arena_strndup(a, key, len));
		if (j == NULL)
			fail_msg("there is no %s", path);
		if (key[len] == '\0')
			return j;
		key += len + 1;
	}
}

static void
assert_figures(const json_t *j, const char *const *rows)
{
	for (; rows[0] != NULL; rows += 2) {
		char *got = json_dumps(at(j, rows[0]), JSON_COMPACT | JSON_ENCODE_ANY);
		if (strcmp(got, rows[1]) != 0)
			fail_msg("%s is %s, by hand it is %s", rows[0], got, rows[1]);
		free(got);
	}
}

/*      sent receipt accepted refused decided  accept due decide due items decided
 * 1       1      11       21       0      31        111        211      3       3
 * 2       2      22       0      142       0        122        222      2       0
 * 3       3      13      113       0     413        103        403      4       4
 * 4       4       0        0       0       0          0          0      5       0
 * 5       5      15       25       0       0        115       1115      6       2
 */
static const struct stat_case cases[] = {
	{1 * S, 11 * S, 21 * S, 0, 31 * S, 111 * S, 211 * S, 3, 3, 0, 0, 0},
	{2 * S, 22 * S, 0, 142 * S, 0, 122 * S, 222 * S, 2, 0, 0, 0, 0},
	{3 * S, 13 * S, 113 * S, 0, 413 * S, 103 * S, 403 * S, 4, 4, 1, 2, 1},
	{4 * S, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0},
	{5 * S, 15 * S, 25 * S, 0, 35 * S, 115 * S, 1115 * S, 6, 2, 1, 0, 0},
};

static void
fill(struct statistics *st, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		statistics_case(st, &cases[i]);
	if (from != 0)
		return;
	statistics_count(st->categories, "terrorism", 20);
	statistics_count(st->outcomes, "removed", 6);
	statistics_count(st->outcomes, "kept", 2);
	statistics_count(st->outcomes, "impossible", 1);
	statistics_count(st->inability, "manifest_error", 1);
	statistics_order(st, &(struct stat_order){.drafted_us = 100 * S,
						  .in_force_us = 160 * S,
						  .zone_us = 162 * S,
						  .emergency = true,
						  .lifted = true});
	statistics_order(st, &(struct stat_order){.drafted_us = 100 * S,
						  .in_force_us = 200 * S,
						  .zone_us = 200 * S});
	st->orders_wrong = 1;
	statistics_lift(st, 300 * S, 303 * S);
	statistics_objection(st, &(struct stat_objection){.received_us = 200 * S,
							  .answered_us = 250 * S,
							  .ruled_us = 300 * S,
							  .answer_due_us = 260 * S,
							  .rule_due_us = 290 * S,
							  .ruling = "upheld"});
	/* Ruled on without an answer before: that answers it. */
	statistics_objection(st, &(struct stat_objection){.normalise = true,
							  .received_us = 200 * S,
							  .ruled_us = 220 * S,
							  .answer_due_us = 260 * S,
							  .rule_due_us = 290 * S,
							  .ruling = "rejected"});
	statistics_objection(st, &(struct stat_objection){.received_us = 990 * S,
							  .answer_due_us = 999 * S,
							  .rule_due_us = 1001 * S});
	statistics_dispute(st, &(struct stat_dispute){PARTY_AUTHORITY, "upheld"});
	statistics_dispute(st, &(struct stat_dispute){PARTY_AUTHORITY, "rejected"});
	statistics_dispute(st, &(struct stat_dispute){PARTY_PLATFORM, "partly"});
	statistics_dispute(st, &(struct stat_dispute){PARTY_PLATFORM, NULL});
	st->reversals[PARTY_PLATFORM] = 3;
	st->reinstated = 2;
}

static const char *const by_hand[] = {
	"notices.sent", "5", "notices.received", "4", "notices.refused", "1",
	"notices.reminders", "2", "notices.warnings", "2", "notices.reopened", "1",
	"items.submitted", "20", "items.accepted", "13", "items.refused", "2",
	"items.decided", "9", "items.open", "4",
	/* 1 and 5 in time; 2 (by its refusal) and 3 too late */
	"acceptance.on_time", "2", "acceptance.late", "2", "acceptance.missed", "0",
	"acceptance.on_time_permille", "500",
	/* 1 in time, 3 late, 5 still has time, 2 was refused */
	"decision.on_time", "1", "decision.late", "1", "decision.missed", "0",
	"decision.open", "1", "decision.on_time_permille", "500",
	/* 10, 20, 10, 10 */
	"seconds.receipt.n", "4", "seconds.receipt.median", "10", "seconds.receipt.p90",
	"20",
	/* 10, 120, 100, 10 */
	"seconds.acceptance.median", "10", "seconds.acceptance.p90", "120",
	/* 20, 400 */
	"seconds.decision.n", "2", "seconds.decision.median", "20",
	"seconds.decision.p90", "400",
	/* 60, 100 and 2, 0 */
	"seconds.order_draft_to_force.median", "60", "seconds.order_force_to_zone.p90",
	"2", "seconds.lift_to_zone.median", "3", "seconds.objection_answer.n", "2",
	"seconds.objection_answer.median", "20", "seconds.objection_ruling.p90", "100",
	"authority.disputes_opened", "2", "authority.disputes_won", "1",
	"authority.disputes_lost", "2", "platform.disputes_won", "2",
	"platform.disputes_lost", "1", "platform.reversals", "3", "orders.in_force", "2",
	"orders.lifted", "1", "orders.emergency", "1", "objections.objection", "2",
	"objections.normalise", "1", "objections.upheld", "1",
	"objections.answer.on_time", "2", "objections.answer.missed", "1",
	"objections.ruling.on_time", "1", "objections.ruling.late", "1",
	"objections.ruling.open", "1",
	/* (2 kept + 1 manifest error + 2 refused) of (9 decided + 2 refused) */
	"errors.items_not_followed_permille", "454", "errors.orders_wrong_permille",
	"500", "errors.platform_late_permille", "500", "eu_tco.removal_orders", "5",
	"eu_tco.removed_or_disabled", "6", "eu_tco.complaints", "7", "eu_tco.reinstated",
	"2", NULL};

static void
whole(void **state)
{
	struct statistics st;

	(void)state;
	statistics_open(&st, a, AS_OF);
	fill(&st, 0, 5);
	json_t *j = statistics_json(&st);
	assert_figures(j, by_hand);
	json_decref(j);
}

/* Parts of a period add up to what the whole gives, in any order. */
static void
adds_up(void **state)
{
	(void)state;
	for (size_t cut = 0; cut <= 5; cut++) {
		struct statistics x, y, sum;
		statistics_open(&x, a, AS_OF);
		statistics_open(&y, a, AS_OF);
		statistics_open(&sum, a, 0);
		fill(&x, 0, cut);
		if (cut != 0)
			fill(&y, cut, 5);
		else
			for (size_t i = 0; i < 5; i++)
				statistics_case(&y, &cases[i]);
		statistics_add(&sum, &y);
		statistics_add(&sum, &x);
		json_t *j = statistics_json(&sum);
		assert_figures(j, by_hand);
		json_decref(j);
	}
}

static void
nothing(void **state)
{
	static const char *const rows[] = {"notices.sent",
					   "0",
					   "acceptance.on_time_permille",
					   "null",
					   "seconds.receipt.median",
					   "null",
					   "errors.orders_wrong_permille",
					   "null",
					   NULL};
	struct statistics st;

	(void)state;
	statistics_open(&st, a, 0);
	json_t *j = statistics_json(&st);
	assert_figures(j, rows);
	json_decref(j);
}

static void
percentiles(void **state)
{
	const int64_t v[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

	(void)state;
	assert_int_equal(statistics_percentile(v, 0, 50), -1);
	assert_int_equal(statistics_percentile(v, 1, 50), 1);
	assert_int_equal(statistics_percentile(v, 1, 90), 1);
	assert_int_equal(statistics_percentile(v, 2, 50), 1);
	assert_int_equal(statistics_percentile(v, 10, 50), 5);
	assert_int_equal(statistics_percentile(v, 10, 90), 9);
	assert_int_equal(statistics_percentile(v, 10, 100), 10);
	assert_int_equal(statistics_percentile(v, 10, 0), 1);
}

static void
as_csv(void **state)
{
	struct statistics st;
	struct buf b = BUF_INIT(1 << 16);

	(void)state;
	statistics_open(&st, a, AS_OF);
	fill(&st, 0, 5);
	json_t *j = statistics_json(&st);
	statistics_csv_put(&b, "2017-07", j);
	assert_non_null(strstr(buf_str(&b), "2017-07,by_category.terrorism,20\r\n"));
	assert_non_null(strstr(buf_str(&b), "2017-07,seconds.decision.p90,400\r\n"));
	json_decref(j);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),   cmocka_unit_test(adds_up),
		cmocka_unit_test(nothing), cmocka_unit_test(percentiles),
		cmocka_unit_test(as_csv),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
