/*
 * Counts of a case, as of what whoever closes it had seen.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/casefile_count.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct listed {
	struct store *s;
	uint64_t duplicate, refused;
};

static enum rc
on_listed(void *arg, const struct db_row *row, struct err *e)
{
	struct listed *l = arg;

	(void)e;
	l->duplicate = (uint64_t)l->s->drv->col_int(row, 0);
	l->refused = (uint64_t)l->s->drv->col_int(row, 1);
	return RC_OK;
}

struct seen {
	struct store_list list;
	uint64_t below[PARTY_COUNT];
};

/* party, seq, covers_seq, ack_size, iat_us, act, level, receipt_us */
static enum rc
on_seen(void *arg, const struct db_row *row, struct err *e)
{
	struct seen *s = arg;
	const struct db_driver *drv = s->list.s->drv;
	enum party from = (enum party)drv->col_int(row, 0);
	uint64_t seq = (uint64_t)drv->col_int(row, 1);

	(void)e;
	if (seq >= s->below[from])
		return RC_OK;
	struct case_event *ev = store_list_next(&s->list, sizeof(*ev));
	*ev = (struct case_event){
		.from = from,
		.seq = seq,
		.covers_seq = (uint64_t)drv->col_int(row, 2),
		.ack_size = (uint64_t)drv->col_int(row, 3),
		.iat_us = drv->col_int(row, 4),
		.act = (enum case_act)drv->col_int(row, 5),
		.level = (unsigned)drv->col_int(row, 6),
		.receipt_us = drv->col_int(row, 7),
		.floor_us = drv->col_int(row, 8),
	};
	return RC_OK;
}

enum rc
view_case_seen(struct store *s, struct arena *a, const struct case_row *c,
	       const uint64_t below[PARTY_COUNT], struct casefile *ret,
	       uint64_t *ret_decided, struct err *e)
{
	struct seen seen = {.list = {.s = s, .a = a}};
	int64_t decided = 0;
	const struct db_param key[] = {DB_P_TEXT(c->casefile)};

	memcpy(seen.below, below, sizeof(seen.below));
	enum rc rc = store_run(s, &SQL_V_CASE_EVENT_OF, key, on_seen, &seen, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_V_CASE_DECIDED_BELOW,
			       (struct db_param[]){DB_P_TEXT(c->casefile),
						   DB_P_INT(below[PARTY_PLATFORM])},
			       0, &decided, e);
	if (rc != RC_OK)
		return rc;
	casefile_fold(seen.list.rows, seen.list.n, ret);
	*ret_decided = (uint64_t)decided;
	return RC_OK;
}

enum rc
view_case_counts(struct store *s, struct arena *a, const struct case_row *c,
		 const uint64_t below[PARTY_COUNT], struct case_counts *ret,
		 struct err *e)
{
	struct listed l = {.s = s};
	struct casefile then;
	uint64_t decided;
	enum rc rc = view_case_seen(s, a, c, below, &then, &decided, e);

	if (rc == RC_OK)
		rc = store_run(s, &SQL_V_CASE_LISTED_GET,
			       (struct db_param[]){DB_P_TEXT(c->casefile)}, on_listed, &l,
			       e);
	if (rc == RC_OK)
		casefile_count(&then, c->items, decided, l.duplicate, l.refused, ret);
	return rc;
}

enum rc
fold_case_close(struct fold *f, struct err *e)
{
	const json_t *counts = json_object_get(f->ev->body, "counts");
	uint64_t below[PARTY_COUNT];
	struct case_counts n;
	struct case_row c;
	bool done;
	enum rc rc = fold_case_of(f, &c, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	below[f->from] = f->ev->seq;
	below[f->from == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY] =
		f->ev->ack.size;
	rc = view_case_counts(f->s, f->a, &c, below, &n, e);
	if (rc != RC_OK)
		return rc;
	if (counts != NULL && !casefile_counts_equal(counts, &n))
		fold_void(f,
			  "the counts are not those of the case as its author saw it: "
			  "submitted %" PRIu64 ", accepted %" PRIu64 ", refused %" PRIu64
			  ", duplicate %" PRIu64 ", decided %" PRIu64 ", open %" PRIu64,
			  n.submitted, n.accepted, n.refused, n.duplicate, n.decided,
			  n.open);
	else if (f->from == PARTY_PLATFORM && n.open != 0)
		fold_void(f, "the platform closes no case with open items");
	return f->void_why == NULL ? fold_case_taken(f, &c, &done, e) : RC_OK;
}
