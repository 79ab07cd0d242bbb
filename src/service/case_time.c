/*
 * What is told of the times of a case's events: when the other side first signed that it
 * had one, and what its author's clock says that the logs do not bear out.
 *
 * Nobody can show that an answer was not written when its author says: who gave no
 * receipt meanwhile is bound from below by nothing (docs/adr/0046).  So whoever reads a
 * deadline is told both times, and where they lie on two sides of it.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/deadline.h"
#include "service/cases.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { TIMELINE_MAX = 1000 /* events of a case that are told of */ };

/* When the case had to be answered; 0: no clock runs, or it is not whole. */
struct answer_due {
	int64_t accept_us, decide_us;
};

static enum rc
answer_due(struct store *s, struct arena *a, const struct case_row *c,
	   struct answer_due *ret, struct err *e)
{
	const struct policy_class *cls;
	const struct policy *p;

	*ret = (struct answer_due){0};
	if (!c->manifest)
		return RC_OK;
	enum rc rc = policy_of_case(s, a, c, &p, &cls, e);
	if (rc != RC_OK)
		return rc;
	ret->accept_us = deadline_of(p, cls, &c->fold, DEADLINE_ACCEPT, NULL);
	ret->decide_us = deadline_of(p, cls, &c->fold, DEADLINE_DECIDE, NULL);
	return RC_OK;
}

static bool
is_first_answer(const char *type)
{
	return strcmp(type, "case.accept") == 0 || strcmp(type, "case.refuse") == 0;
}

/* 0: an event that answers to no deadline. */
static int64_t
due_of(const struct answer_due *due, const char *type)
{
	if (is_first_answer(type))
		return due->accept_us;
	return strcmp(type, "item.decide") == 0 ? due->decide_us : 0;
}

/* What is to be said of an event's time, by numbers of a row (us), or NULL. */
static const char *
clock_text(struct arena *a, const json_t *row)
{
	int64_t behind_us = json_integer_value(json_object_get(row, "behind_us"));
	int64_t ahead_us = json_integer_value(json_object_get(row, "ahead_us"));
	int64_t late_us = json_integer_value(json_object_get(row, "late_us"));
	int64_t lacked_us = json_integer_value(json_object_get(row, "lacked_us"));
	char at[CLOCK_TEXT_LEN];

	if (behind_us != 0)
		return arena_printf(a,
				    "dated %" PRId64 ".%06" PRId64
				    " s before what its author had: it counts from there",
				    behind_us / CLOCK_US_PER_S,
				    behind_us % CLOCK_US_PER_S);
	if (ahead_us != 0)
		return arena_printf(a,
				    "dated %" PRId64
				    " s after its receipt by the other side: deadlines "
				    "count from the receipt",
				    ahead_us / CLOCK_US_PER_S);
	if (late_us == 0)
		return NULL;
	return arena_printf(a,
			    "dated %" PRId64
			    " s before %s, when the other side said that it did not have "
			    "it, which its author's node has signed for: only its "
			    "author's clock says that it is older",
			    late_us / CLOCK_US_PER_S, clock_format(lacked_us, at));
}

/* An answer that is dated in time, while the receipt of it was not; or NULL. */
static const char *
unproven_text(struct arena *a, int64_t at_us, int64_t got_us, int64_t due_us)
{
	char at[CLOCK_TEXT_LEN], got[CLOCK_TEXT_LEN], due[CLOCK_TEXT_LEN];

	if (due_us == 0 || at_us > due_us || got_us == 0 ||
	    got_us - CASE_SKEW_US <= due_us)
		return NULL;
	return arena_printf(a,
			    "dated %s and first receipted %s: between them was its "
			    "deadline, %s, and that it was in time is said by its "
			    "author's clock alone",
			    clock_format(at_us, at), clock_format(got_us, got),
			    clock_format(due_us, due));
}

/* `dated` of a row, and the party's name; the numbers of which it is made go. */
static void
dated_put(struct arena *a, const struct answer_due *due, json_t *row)
{
	static const char *const numbers[] = {"behind_us", "ahead_us", "late_us",
					      "lacked_us", "iat_us",   "got_us"};
	int64_t party = json_integer_value(json_object_get(row, "party"));
	bool is_void = json_is_string(json_object_get(row, "void"));
	int64_t at_us = json_integer_value(json_object_get(row, "iat_us")) +
			json_integer_value(json_object_get(row, "behind_us"));
	const char *text = clock_text(a, row), *unproven = NULL;

	if (party == PARTY_PLATFORM && !is_void)
		unproven = unproven_text(
			a, at_us, json_integer_value(json_object_get(row, "got_us")),
			due_of(due, json_string_value(json_object_get(row, "type"))));
	if (text != NULL && unproven != NULL)
		text = arena_printf(a, "%s; %s", text, unproven);
	else if (text == NULL)
		text = unproven;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		json_object_del(row, numbers[i]);
	json_object_set_new(row, "dated", text == NULL ? json_null() : json_string(text));
	json_object_set_new(row, "party", json_string(party_name((enum party)party)));
}

enum rc
case_timeline(struct store *s, struct arena *a, const struct case_row *c, json_t *into,
	      struct err *e)
{
	struct answer_due due;
	size_t i;
	json_t *ev;
	enum rc rc = answer_due(s, a, c, &due, e);

	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_CASE_TIMELINE,
			(struct db_param[]){DB_P_TEXT(c->casefile),
					    DB_P_INT(TIMELINE_MAX),
					    DB_P_INT(CASE_SKEW_US)},
			"party:i seq:i type:s at:t iat_us:i author:s void:s behind_us:i "
			"ahead_us:i late_us:i lacked_us:i got_us:i",
			into, e);
	json_array_foreach (into, i, ev) {
		int64_t got_us = json_integer_value(json_object_get(ev, "got_us"));

		if (rc == RC_OK)
			rc = case_act_text(
				s, a, c->channel,
				(enum party)json_integer_value(
					json_object_get(ev, "party")),
				(uint64_t)json_integer_value(json_object_get(ev, "seq")),
				json_string_value(json_object_get(ev, "type")), ev, e);
		json_object_set_new(ev, "received", json_time(got_us));
		json_object_set_new(ev, "level",
				    json_string(got_us != 0 ? "received" : "appended"));
		dated_put(a, &due, ev);
	}
	return rc;
}

enum rc
case_dated(struct store *s, struct arena *a, const struct case_row *c, json_t *into,
	   struct err *e)
{
	struct answer_due due;
	size_t i;
	json_t *row;
	enum rc rc = answer_due(s, a, c, &due, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_CASE_DATED,
				(struct db_param[]){
					DB_P_TEXT(c->casefile), DB_P_INT(TIMELINE_MAX),
					DB_P_INT(CASE_SKEW_US), DB_P_INT(due.accept_us),
					DB_P_INT(due.decide_us)},
				"party:i seq:i type:s at:t iat_us:i void:s behind_us:i "
				"ahead_us:i late_us:i lacked_us:i got_us:i",
				into, e);
	json_array_foreach (into, i, row) {
		dated_put(a, &due, row);
		json_object_del(row, "void");
	}
	return rc;
}

enum rc
case_answers(struct store *s, const struct case_row *c, json_t *into, struct err *e)
{
	size_t i;
	json_t *row;
	enum rc rc = store_rows(s, &SQL_CASE_ANSWERS,
				(struct db_param[]){DB_P_TEXT(c->casefile),
						    DB_P_INT(c->fold.decided_seq)},
				"seq:i type:s at:t received:t", into, e);

	json_array_foreach (into, i, row)
		json_object_set_new(row, "party",
				    json_string(party_name(PARTY_PLATFORM)));
	return rc;
}
