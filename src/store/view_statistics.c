/*
 * What the register and the statistics count of a case, kept by the folds of what changes
 * it, so that nobody reads its items to count them.
 */
#include <stdlib.h>

#include "store/store_sql.h"
#include "store/view_int.h"

/* Add to the counts what items lo to hi of the event's case now are, `sign` times. */
static enum rc
outcomes_add(struct fold *f, int64_t lo, int64_t hi, int sign, struct err *e)
{
	return store_run(f->s, &SQL_V_CASE_OUTCOME_ADD,
			 (struct db_param[]){DB_P_TEXT(f->ev->casefile), DB_P_INT(lo),
					     DB_P_INT(hi), DB_P_INT(sign)},
			 NULL, NULL, e);
}

static int
compare_items(const void *x, const void *y)
{
	int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;

	return (a > b) - (a < b);
}

/* The same for the items of the event, ascending, and no more than a few beside each:
 * what lies between near ones is taken off and put back with them. */
static enum rc
near_outcomes_add(struct fold *f, const int64_t *items, size_t n, int sign, struct err *e)
{
	enum { NEAR = 16 };
	enum rc rc = RC_OK;
	size_t first = 0;

	for (size_t i = 1; rc == RC_OK && i <= n; i++)
		if (i == n || items[i] - items[i - 1] > NEAR) {
			rc = outcomes_add(f, items[first], items[i - 1], sign, e);
			first = i;
		}
	return rc;
}

enum rc
fold_item_decide_count(struct fold *f, struct err *e)
{
	const json_t *list = json_object_get(f->ev->body, "items");
	size_t n = json_array_size(list);
	int64_t *items = arena_array(f->a, n, sizeof(*items));

	for (size_t i = 0; i < n; i++)
		items[i] = json_integer_value(json_array_get(list, i));
	qsort(items, n, sizeof(*items), compare_items);
	enum rc rc = near_outcomes_add(f, items, n, -1, e);
	if (rc == RC_OK)
		rc = fold_item_decide(f, e);
	return rc == RC_OK ? near_outcomes_add(f, items, n, 1, e) : rc;
}
