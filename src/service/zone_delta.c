/*
 * How much an order changes in a day, zone by zone: names that come into a zone, where
 * the order stands in it, and rows that come into its hot zone, which every resolver
 * loads at once.  A wildcard brings with it every row below it.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "core/ipnet.h"
#include "service/order_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

struct counted {
	int64_t came;		 /* within a day */
	int64_t names, hot_rows; /* that the order brings */
};

static enum rc
row_stands(struct writer *w, const struct zone_head *z, enum zone_layer layer,
	   const char *key, bool *ret, struct err *e)
{
	int64_t n = 0;
	enum rc rc = store_int(
		w->s, &SQL_ZONE_ROW_STANDS,
		(struct db_param[]){DB_P_TEXT(z->name), DB_P_INT(layer), DB_P_TEXT(key)},
		0, &n, e);

	*ret = n != 0;
	return rc;
}

/* What a name adds to the hot zone: itself, its wildcard, and what stands below that. */
static enum rc
name_count(struct writer *w, const struct zone_head *z, const char *name, bool wildcard,
	   struct counted *c, struct err *e)
{
	const char *key = zone_key(w->a, ipnet_owner_of(w->a, name));
	bool whole = false, hot = false;
	int64_t below = 0;
	enum rc rc = row_stands(w, z, ZONE_LAYER_WHOLE, key, &whole, e);

	if (rc == RC_OK)
		rc = row_stands(w, z, ZONE_LAYER_HOT, key, &hot, e);
	c->names += !whole;
	c->hot_rows += !hot;
	if (rc == RC_OK && wildcard)
		rc = store_int(
			w->s, &SQL_ZONE_BELOW_COUNT,
			(struct db_param[]){DB_P_TEXT(z->name),
					    DB_P_TEXT(arena_printf(w->a, "%s.", key)),
					    DB_P_TEXT(arena_printf(w->a, "%s/", key))},
			0, &below, e);
	c->hot_rows += wildcard + below;
	return rc;
}

static enum rc
zone_count(struct writer *w, const struct zone_head *z, const json_t *names,
	   struct counted *ret, struct err *e)
{
	size_t i;
	const json_t *v;
	enum rc rc = store_int(w->s, &SQL_ZONE_CAME,
			       (struct db_param[]){DB_P_TEXT(z->name),
						   DB_P_INT(w->now_us - ORDER_DAY_US)},
			       0, &ret->came, e);

	json_array_foreach (names, i, v)
		if (rc == RC_OK)
			rc = name_count(
				w, z, json_string_value(json_object_get(v, "name")),
				json_is_true(json_object_get(v, "wildcard")), ret, e);
	return rc;
}

static void
found(struct store_list *l, const char *text)
{
	*(const char **)store_list_next(l, sizeof(text)) = text;
}

static enum rc
zone_look(struct writer *w, const struct zone_head *z, const json_t *names,
	  const struct policy *p, struct store_list *into, struct err *e)
{
	struct counted c = {0};
	int64_t most = p->order.delta_max;
	enum rc rc = zone_count(w, z, names, &c, e);

	if (rc == RC_OK && c.came + c.names > most)
		found(into,
		      arena_printf(w->a,
				   "%" PRId64 " names came into the zone %s within a day "
				   "and this order has %" PRId64
				   " more; the policy %s lets %" PRId64 " through",
				   c.came, z->origin, c.names, p->name, most));
	/* Names under an order's own wildcard are two rows each. */
	if (rc == RC_OK && c.hot_rows > 2 * most)
		found(into,
		      arena_printf(w->a,
				   "this order brings %" PRId64 " rows into " ZONE_HOT
				   ".%s, with those below its "
				   "wildcards, which every resolver loads at once; the "
				   "policy %s lets %" PRId64 " names through",
				   c.hot_rows, z->origin, p->name, most));
	return rc;
}

enum rc
zone_delta_over(struct writer *w, const char *order, const json_t *names,
		const struct policy *p, struct store_list *ret, struct err *e)
{
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	*ret = (struct store_list){.s = w->s, .a = w->a};
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		int64_t stands = 0;
		rc = store_int(
			w->s, &SQL_ZONE_ORDER_STANDS,
			(struct db_param[]){
				DB_P_TEXT(order),
				DB_P_TEXT(z->territory == NULL ? "" : z->territory)},
			0, &stands, e);
		if (rc == RC_OK && stands != 0)
			rc = zone_look(w, z, names, p, ret, e);
	}
	return rc;
}
