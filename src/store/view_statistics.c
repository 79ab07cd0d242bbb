/*
 * What the register and the statistics count of a case, kept by the folds of what changes
 * it, so that nobody reads its items to count them.
 */
#include "store/store_sql.h"
#include "store/view_int.h"

/* With its manifest a batch is whole: its items are counted once. */
enum rc
fold_notice_send_tally(struct fold *f, struct err *e)
{
	enum rc rc = fold_notice_send(f, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	return store_run(f->s, &SQL_V_CASE_TALLY_INSERT,
			 (struct db_param[]){DB_P_TEXT(f->ev->casefile)}, NULL, NULL, e);
}

/* Add to the counts what items lo to hi of the event's case now are, `sign` times. */
static enum rc
outcomes_add(struct fold *f, int64_t lo, int64_t hi, int sign, struct err *e)
{
	return store_run(f->s, &SQL_V_CASE_OUTCOME_ADD,
			 (struct db_param[]){DB_P_TEXT(f->ev->casefile), DB_P_INT(lo),
					     DB_P_INT(hi), DB_P_INT(sign)},
			 NULL, NULL, e);
}

/* Only items of the event change: what lies between them is taken off and put back. */
enum rc
fold_item_decide_count(struct fold *f, struct err *e)
{
	const json_t *items = json_object_get(f->ev->body, "items"), *v;
	int64_t lo = INT64_MAX, hi = -1;
	size_t i;

	json_array_foreach (items, i, v) {
		int64_t item = json_integer_value(v);
		lo = item < lo ? item : lo;
		hi = item > hi ? item : hi;
	}
	enum rc rc = outcomes_add(f, lo, hi, -1, e);
	if (rc == RC_OK)
		rc = fold_item_decide(f, e);
	return rc == RC_OK ? outcomes_add(f, lo, hi, 1, e) : rc;
}
