/*
 * What people must see of the zones though nothing is wrong with any single event: more
 * lifts in a day than a policy lets names change, a zone that has become empty, and an
 * operator with an old base.  Lifts are never held for it.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/order_int.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { WATCH_LOOK_S = 60 /* how often, when no zone has moved */ };

struct watch {
	const struct zone_head *z;
	int64_t went, most; /* names that went within a day; that a policy lets change */
	int64_t now_us;
};

static enum rc
work_watch(struct writer *w, void *arg, struct err *e)
{
	const struct watch *x = arg;
	const char *many = arena_printf(w->a, "zone-lifts/%s", x->z->name);
	const char *empty = arena_printf(w->a, "zone-empty/%s", x->z->name);
	enum rc rc;

	if (x->went > x->most)
		rc = alarm_raise(w, many, "zone_lifts", x->z->name,
				 arena_printf(w->a,
					      "%" PRId64
					      " names went from the zone %s within a "
					      "day, more than the %" PRId64
					      " that a policy lets change: were "
					      "all of these lifts meant?",
					      x->went, x->z->name, x->most),
				 x->now_us, e);
	else
		rc = alarm_clear(w, many, e);
	if (rc != RC_OK)
		return rc;
	if (x->z->n_rows != 0 || x->went == 0)
		return alarm_clear(w, empty, e);
	return alarm_raise(w, empty, "zone_empty", x->z->name,
			   arena_printf(w->a,
					"the zone %s has become empty: %" PRId64
					" names went from it within a day, and nothing "
					"is blocked by it any more",
					x->z->name, x->went),
			   x->now_us, e);
}

/* The least that any channel's policy lets change in a day. */
static enum rc
delta_most(struct store *s, struct arena *a, int64_t *ret, struct err *e)
{
	const struct channel_row *rows;
	const struct policy *p;
	size_t n;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	*ret = INT64_MAX;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = policy_of_channel(s, a, &rows[i], &p, e);
		if (rc == RC_OK && p->order.delta_max < *ret)
			*ret = p->order.delta_max;
	}
	return rc;
}

static enum rc
zone_watch(struct node *nd, struct store *s, struct arena *a, struct watch *x,
	   struct err *e)
{
	const struct db_param many[] = {
		DB_P_TEXT(arena_printf(a, "zone-lifts/%s", x->z->name))};
	const struct db_param empty[] = {
		DB_P_TEXT(arena_printf(a, "zone-empty/%s", x->z->name))};
	int64_t lifts_told = 0, empty_told = 0;
	enum rc rc = store_int(s, &SQL_ZONE_WENT,
			       (struct db_param[]){DB_P_TEXT(x->z->name),
						   DB_P_INT(x->now_us - ORDER_DAY_US)},
			       0, &x->went, e);

	x->most = INT64_MAX;
	if (rc == RC_OK && x->went != 0)
		rc = delta_most(s, a, &x->most, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ALARM_STANDS, many, 0, &lifts_told, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ALARM_STANDS, empty, 0, &empty_told, e);
	bool is_empty = x->z->n_rows == 0 && x->went != 0;
	if (rc == RC_OK &&
	    ((x->went > x->most) != (lifts_told != 0) || is_empty != (empty_told != 0)))
		rc = writer_run(nd, work_watch, x, e);
	return rc;
}

enum rc
tick_zone_watch(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct store *s = NULL;
	int64_t state = 0;
	enum rc rc = reader_get(nd, &s, e);

	(void)next_us; /* the watch comes by every second anyhow */
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ZONE_STATE, NULL, 0, &state, e);
	bool moved = state != nd->zone_watched_state;
	bool late = now_us < nd->zone_watched_us ||
		    now_us - nd->zone_watched_us > WATCH_LOOK_S * CLOCK_US_PER_S;
	if (rc != RC_OK || (!moved && !late)) {
		reader_put(nd, s);
		return rc;
	}
	struct arena *a = arena_create();
	struct store_list heads = {.n = 0};
	rc = zone_heads(s, a, &heads, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct watch x = {.z = (const struct zone_head *)heads.rows + i,
				  .now_us = now_us};
		rc = zone_watch(nd, s, a, &x, e);
		if (rc == RC_OK)
			rc = zone_base_watch(nd, s, a, x.z, now_us, e);
	}
	reader_put(nd, s);
	arena_free(a);
	if (rc == RC_OK) {
		nd->zone_watched_state = state;
		nd->zone_watched_us = now_us;
	}
	return rc;
}
