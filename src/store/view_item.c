/*
 * The fold of decisions on items, and their reversals.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/event_type.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct outcome {
	struct fold *f;
	const char *outcome, *ground; /* NULL: open */
};

static enum rc
on_outcome(void *arg, const struct db_row *row, struct err *e)
{
	struct outcome *o = arg;

	(void)e;
	o->outcome = store_col_text(o->f->s, o->f->a, row, 0);
	o->ground = store_col_text(o->f->s, o->f->a, row, 1);
	return RC_OK;
}

static enum rc
outcome_get(struct fold *f, const char *casefile, int64_t i, struct outcome *ret,
	    struct err *e)
{
	*ret = (struct outcome){.f = f};
	return store_run(f->s, &SQL_V_ITEM_OUTCOME,
			 (struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(i)},
			 on_outcome, ret, e);
}

/* Was it taken from the public? */
static bool
is_taken(const char *outcome)
{
	return strcmp(outcome, "removed") == 0 || strcmp(outcome, "restricted") == 0 ||
	       strcmp(outcome, "account_suspended") == 0;
}

/* Only what was decided can be reversed.  Decisions are all in one log, so this does not
 * hang on the order of arrival.  *ret_back: how many of them are put back by it. */
static enum rc
all_decided(struct fold *f, const struct case_row *c, const json_t *items,
	    uint64_t *ret_back, struct err *e)
{
	bool kept = strcmp(fold_text(f, "outcome"), "kept") == 0;
	enum rc rc = RC_OK;
	size_t k;
	const json_t *item;

	json_array_foreach (items, k, item) {
		struct outcome o;

		rc = outcome_get(f, c->casefile, json_integer_value(item), &o, e);
		if (rc != RC_OK)
			break;
		if (o.outcome == NULL) {
			fold_void(f,
				  "item %" JSON_INTEGER_FORMAT
				  " is open: there is nothing to reverse",
				  json_integer_value(item));
			break;
		}
		*ret_back += kept && is_taken(o.outcome);
	}
	return rc;
}

/* The first decision on an item makes it decided; a later one replaces it. */
static enum rc
item_put(struct fold *f, struct case_row *c, int64_t i, const char *reason, bool pauses,
	 bool counted, struct err *e)
{
	struct outcome was = {0};
	enum rc rc = RC_OK;

	if (pauses) {
		rc = outcome_get(f, c->casefile, i, &was, e);
		if (rc == RC_OK && was.outcome != NULL && was.ground != NULL &&
		    strcmp(was.outcome, "impossible") == 0 &&
		    strcmp(was.ground, "manifest_error") != 0)
			c->suspended--;
		c->suspended += event_is_inability(f->ev);
	}
	if (rc == RC_OK && !counted)
		rc = store_run(f->s, &SQL_V_ITEM_FIRST,
			       (struct db_param[]){DB_P_TEXT(c->casefile), DB_P_INT(i),
						   DB_P_TEXT(fold_text(f, "outcome"))},
			       NULL, NULL, e);
	if (rc == RC_OK && !counted && f->s->drv->changes(f->s->db) == 1)
		c->decided++;
	if (rc != RC_OK)
		return rc;
	return store_run(f->s, &SQL_V_ITEM_DECIDE,
			 (struct db_param[]){
				 DB_P_TEXT(c->casefile),
				 DB_P_INT(i),
				 DB_P_TEXT(fold_text(f, "outcome")),
				 DB_P_TEXT(fold_text(f, "ground")),
				 DB_P_TEXT(reason),
				 DB_P_INT(f->ev->iat_us),
				 DB_P_INT(f->ev->seq),
			 },
			 NULL, NULL, e);
}

static enum rc
items_put(struct fold *f, struct case_row *c, const char *reason, struct err *e)
{
	/* Of so many it is less to count the open ones of the case before and after. */
	enum { ITEMS_MANY = 500 };
	const json_t *items = json_object_get(f->ev->body, "items"), *item;
	const struct db_param key[] = {DB_P_TEXT(c->casefile)};
	bool many = json_array_size(items) >= ITEMS_MANY;
	int64_t before = 0, after = 0;
	const struct policy *p;
	enum rc rc = view_policy(f->v, &c->policy_sha256, &p, e);
	size_t k;

	if (rc == RC_OK && many)
		rc = store_int(f->s, &SQL_V_ITEM_OPEN_COUNT, key, 0, &before, e);
	json_array_foreach (items, k, item) {
		if (rc != RC_OK)
			break;
		rc = item_put(f, c, json_integer_value(item), reason, p->pause.impossible,
			      many, e);
	}
	if (rc == RC_OK && many)
		rc = store_int(f->s, &SQL_V_ITEM_OPEN_COUNT, key, 0, &after, e);
	c->decided += (uint64_t)(before - after);
	return rc;
}

enum rc
fold_item_decide(struct fold *f, struct err *e)
{
	const char *reason = NULL;
	struct case_row c;
	bool done = false;
	uint64_t back = 0;
	enum rc rc = fold_case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	const char *items = fold_items(f, &c);
	if (f->void_why == NULL && strcmp(f->ev->type, "item.reverse") == 0)
		rc = all_decided(f, &c, json_object_get(f->ev->body, "items"), &back, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	uint64_t before = c.decided;
	rc = fold_case_take(f, &c, &done, e);
	if (rc == RC_OK)
		rc = fold_disclosed(f, "reason", &reason, e);
	if (rc == RC_OK && done)
		rc = items_put(f, &c, reason, e);
	if (rc == RC_OK && done && back != 0)
		rc = store_run(f->s, &SQL_V_REINSTATED_INSERT,
			       (struct db_param[]){DB_P_INT(f->channel),
						   DB_P_INT(f->from),
						   DB_P_INT(f->ev->seq), DB_P_INT(back)},
			       NULL, NULL, e);
	if (rc == RC_OK && c.decided != before)
		rc = store_run(f->s, &SQL_V_CASE_DECIDED_INSERT,
			       (struct db_param[]){DB_P_TEXT(c.casefile),
						   DB_P_INT(f->ev->seq),
						   DB_P_INT(c.decided - before)},
			       NULL, NULL, e);
	if (rc == RC_OK && done && event_is_inability(f->ev))
		rc = fold_clarify_put(f, &c, items, reason, e);
	if (rc == RC_OK && event_is_inability(f->ev))
		rc = store_run(
			f->s, &SQL_V_CLOCK_INSERT,
			(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					    DB_P_INT(f->ev->seq), DB_P_TEXT(c.casefile)},
			NULL, NULL, e);
	return rc == RC_OK ? fold_case_put(f, &c, e) : rc;
}
