/*
 * Events with a time that cannot be: shown with by how much, with effect all the same,
 * and the same after a rebuild.  Our own services write none.
 */
#include "foe.h"

#include <string.h>

#define NODE	  PARTY_PLATFORM
#define AUTHORITY PARTY_AUTHORITY

#define CASE_1 "01980000-0000-7000-8000-000000000001"

static void
rebuilt(struct fix *f, enum party p)
{
	json_t *r = fix_must(f, p, f->n[p].admin, "POST", "/v1/rebuild", NULL);

	assert_true(json_is_true(json_object_get(r, "equal")));
}

static json_t *
dated(struct fix *f, enum party p, const char *casefile)
{
	json_t *r = fix_must(f, p, f->n[p].admin, "GET",
			     arena_printf(f->a, "/v1/cases/%s/deadline", casefile), NULL);

	return json_object_get(r, "dated");
}

/* What the timeline of `p` says of an event in the log of `of`, or NULL. */
static const char *
shown_of(struct fix *f, enum party p, enum party of, const char *casefile, uint64_t seq)
{
	json_t *c = fix_must(f, p, f->n[p].admin, "GET",
			     arena_printf(f->a, "/v1/cases/%s", casefile), NULL);
	size_t i;
	const json_t *ev;

	json_array_foreach (json_object_get(c, "timeline"), i, ev)
		if (fix_int(ev, "seq") == (int64_t)seq &&
		    strcmp(fix_text(ev, "party"), party_name(of)) == 0)
			return fix_text(ev, "dated");
	fail_msg("event %d is not shown", (int)seq);
	return NULL;
}

static const char *
shown(struct fix *f, enum party p, const char *casefile, uint64_t seq)
{
	return shown_of(f, p, AUTHORITY, casefile, seq);
}

static void
dated_back(void **state)
{
	struct fix f;
	struct foe x;
	struct err e = ERR_INIT;

	(void)state;
	fix_open_one(&f, NODE);
	foe_open(&x, &f, 1);
	foe_notice(&x, CASE_1, 2);
	const struct foe_event good = {.type = "message.post",
				       .casefile = CASE_1,
				       .by = "p-1",
				       .texts = {{"text", "\"now\""}}};
	uint64_t first = foe_append(&x, &good);
	struct foe_event back = good;
	back.iat_us = x.now_us - 3600 * FIX_S;
	uint64_t second = foe_append(&x, &back);
	uint64_t third = foe_append(&x, &good);
	fix_ok(foe_send(&x, &e), &e, "messages");
	assert_null(shown(&f, NODE, CASE_1, first));
	assert_non_null(
		strstr(shown(&f, NODE, CASE_1, second), "before what its author had"));
	assert_null(shown(&f, NODE, CASE_1, third));
	assert_int_equal(json_array_size(dated(&f, NODE, CASE_1)), 1);
	/* It has its effect. */
	assert_int_equal(fix_query(&f, NODE, "SELECT count(*) FROM v_message"), 3);
	rebuilt(&f, NODE);
	foe_close(&x);
	fix_close(&f);
}

/* Whatever our clock does, what we write is in order; a clock that is far ahead is seen
 * by the receipt. */
static void
our_own(void **state)
{
	struct fix f;

	(void)state;
	fix_open(&f);
	const char *c = fix_send(&f, "A-1", "t.example", 2);
	fix_clock_add(-7200 * FIX_S);
	fix_act(&f, AUTHORITY, c, "say", json_pack("{s:s}", "text", "Earlier?"));
	fix_settle(&f);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_int_equal(fix_query(&f, (enum party)p,
					   "SELECT count(*) FROM v_event WHERE "
					   "behind_us <> 0"),
				 0);
		/* Sent at what the clock said before it was set back. */
		const json_t *list = dated(&f, (enum party)p, c);
		assert_int_equal(json_array_size(list), 1);
		assert_non_null(strstr(fix_text(json_array_get(list, 0), "dated"),
				       "after its receipt"));
		rebuilt(&f, (enum party)p);
	}
	fix_same_case(&f, c);
	fix_close(&f);
}

/* The seq of the newest event of the platform. */
static uint64_t
newest(struct fix *f)
{
	return (uint64_t)fix_query(f, NODE,
				   "SELECT max(seq) FROM v_event WHERE party = 1");
}

/* A platform that was silent answers with a date before its own receipt of the notice:
 * its `ack` says that it had that, and its answer counts from there. */
static void
before_its_own_receipt(void **state)
{
	static const struct {
		int64_t back_s;
		bool is_flagged;
	} rows[] = {{0, false}, {200, false}, {7200, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fix f;
		fix_open(&f);
		fix_settle(&f);
		fix_clock_add(86400 * FIX_S);
		const char *c = fix_send(&f, "A-1", "t.example", 2);
		fix_settle(&f);
		int64_t receipt_us = fix_query(&f, NODE, "SELECT receipt_us FROM v_case");
		fix_clock_add(-rows[i].back_s * FIX_S);
		fix_act(&f, NODE, c, "accept", NULL);
		fix_settle(&f);
		for (int p = 0; p < PARTY_COUNT; p++) {
			const char *told =
				shown_of(&f, (enum party)p, NODE, c, newest(&f));
			assert_int_equal(told != NULL, rows[i].is_flagged);
			if (told != NULL)
				assert_non_null(
					strstr(told, "before what its author had"));
			assert_int_equal(fix_query(&f, (enum party)p,
						   "SELECT accepted_us FROM v_case") ==
						 receipt_us - 300 * FIX_S,
					 rows[i].is_flagged);
			rebuilt(&f, (enum party)p);
		}
		fix_same_case(&f, c);
		fix_close(&f);
	}
}

/* Nor can it pretend that it had seen nothing since: what it received meanwhile says that
 * the other side did not have the answer.  An answer that was held up is shown so too. */
static void
not_there_yet(void **state)
{
	static const struct {
		int64_t after_s;
		bool is_flagged;
	} rows[] = {{200, false}, {86400, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fix f;
		fix_open(&f);
		const char *c = fix_send(&f, "A-1", "t.example", 2);
		fix_settle(&f);
		fix_act(&f, NODE, c, "accept", NULL);
		fix_clock_add(rows[i].after_s * FIX_S);
		fix_act(&f, AUTHORITY, c, "remind", NULL);
		while (fix_carry(&f, AUTHORITY, CUT_NOTHING))
			continue;
		uint64_t seq = newest(&f);
		assert_int_equal(shown_of(&f, NODE, NODE, c, seq) != NULL,
				 rows[i].is_flagged);
		fix_settle(&f);
		fix_act(&f, NODE, c, "say", json_pack("{s:s}", "text", "Sorry."));
		fix_settle(&f);
		assert_null(shown_of(&f, AUTHORITY, NODE, c, newest(&f)));
		for (int p = 0; p < PARTY_COUNT; p++) {
			const char *told = shown_of(&f, (enum party)p, NODE, c, seq);
			assert_int_equal(told != NULL, rows[i].is_flagged);
			if (told != NULL)
				assert_non_null(strstr(told, "did not have it"));
			assert_int_equal(json_array_size(dated(&f, (enum party)p, c)),
					 rows[i].is_flagged ? 1 : 0);
			rebuilt(&f, (enum party)p);
		}
		fix_same_case(&f, c);
		/* A receipt of the other side is stronger than what it says later. */
		fix_query(&f, AUTHORITY,
			  arena_printf(f.a,
				       "INSERT INTO v_adopted SELECT channel, 1, 99, "
				       "%d, v_event.iat_us, 0, 0, 0 FROM v_event WHERE "
				       "party = 1 AND seq = %d RETURNING 1",
				       (int)seq + 1, (int)seq));
		assert_null(shown_of(&f, AUTHORITY, NODE, c, seq));
		assert_int_equal(json_array_size(dated(&f, AUTHORITY, c)), 0);
		fix_close(&f);
	}
}

/* A platform that said nothing for days, no receipt either, and then has an answer that
 * is dated in time: nothing bounds that from below, so both times are told.  One that was
 * cut off is told of in the same words. */
static void
silent_for_days(void **state)
{
	static const struct {
		int64_t answered_s, carried_s; /* after the notice; its limit is 100 s */
		bool is_told;
	} rows[] = {{50, 60, false},
		    {50, 380, false},
		    {50, 86400, true},
		    {150, 86400, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fix f;
		fix_open(&f);
		const char *c = fix_send(&f, "A-1", "t.example", 2);
		fix_settle(&f);
		fix_clock_add(rows[i].answered_s * FIX_S);
		fix_act(&f, NODE, c, "accept", NULL);
		uint64_t seq = newest(&f);
		fix_clock_add((rows[i].carried_s - rows[i].answered_s) * FIX_S);
		fix_settle(&f);
		for (int p = 0; p < PARTY_COUNT; p++) {
			const char *told = shown_of(&f, (enum party)p, NODE, c, seq);
			const json_t *all = dated(&f, (enum party)p, c);
			assert_int_equal(told != NULL, rows[i].is_told);
			assert_int_equal(json_array_size(all), rows[i].is_told ? 1 : 0);
			if (told != NULL) {
				assert_non_null(strstr(told, "its author's clock alone"));
				assert_string_equal(
					told, fix_text(json_array_get(all, 0), "dated"));
			}
			const json_t *r = fix_must(
				&f, (enum party)p, f.n[p].admin, "GET",
				arena_printf(f.a, "/v1/cases/%s/deadline", c), NULL);
			const json_t *answers = json_object_get(r, "answers");
			assert_int_equal(json_array_size(answers), 1);
			const json_t *one = json_array_get(answers, 0);
			assert_string_equal(fix_text(one, "type"), "case.accept");
			assert_true(strcmp(fix_text(one, "received"),
					   fix_text(one, "at")) > 0);
			rebuilt(&f, (enum party)p);
		}
		fix_same_case(&f, c);
		fix_close(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dated_back),
		cmocka_unit_test(our_own),
		cmocka_unit_test(before_its_own_receipt),
		cmocka_unit_test(not_there_yet),
		cmocka_unit_test(silent_for_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
