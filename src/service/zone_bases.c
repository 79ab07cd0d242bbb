/*
 * Who still needs what in the hot zone.  A resolver that could not fetch the base for
 * days answers from an old one, in which names are blocked that were lifted since.  The
 * hot zone, listed before it, goes on letting these go while anybody is known to hold
 * such a base; a copy that is void by the zone's own rules is held by nobody.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/operator.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

static int64_t
expire_us(const struct node *nd)
{
	return settings_int(nd->config, "rpz.expire_s") * CLOCK_US_PER_S;
}

static enum rc
on_holder(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct zone_holder *h = store_list_next(l, sizeof(*h));

	(void)e;
	h->operator_name = store_col_text(l->s, l->a, row, 0);
	h->address = store_col_text(l->s, l->a, row, 1);
	h->serial = (uint32_t)l->s->drv->col_int(row, 2);
	h->at_us = l->s->drv->col_int(row, 3);
	return RC_OK;
}

enum rc
zone_base_holders(struct node *nd, struct store *s, struct arena *a,
		  const struct zone_head *z, int64_t now_us, struct store_list *ret,
		  struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_ZONE_BASE_HOLDERS,
			       (struct db_param[]){
				       DB_P_TEXT(z->name),
				       DB_P_TEXT(zone_part_origin(a, z, ZONE_PART_BASE)),
				       DB_P_INT(now_us - expire_us(nd)),
				       DB_P_INT(now_us),
			       },
			       on_holder, ret, e);
	struct zone_holder *h = ret->rows;

	for (size_t i = 0; i < ret->n; i++)
		h[i].until_us = h[i].at_us + expire_us(nd);
	return rc;
}

enum rc
zone_base_keep(struct writer *w, const struct zone_head *z, uint32_t *ret, struct err *e)
{
	struct store_list l;
	enum rc rc = zone_base_holders(w->nd, w->s, w->a, z, w->now_us, &l, e);
	const struct zone_holder *oldest = l.rows;

	*ret = z->base_serial;
	if (rc == RC_OK && l.n != 0 && oldest->serial < *ret)
		*ret = oldest->serial;
	/* What was let go of does not come back. */
	if (*ret < z->kept_serial)
		*ret = z->kept_serial;
	return rc;
}

struct watched {
	const struct zone_head *z;
	const char *key;
	const struct zone_holder *oldest; /* NULL: nobody keeps it */
	int64_t now_us;
};

static enum rc
work_watched(struct writer *w, void *arg, struct err *e)
{
	const struct watched *x = arg;

	if (x->oldest == NULL)
		return alarm_clear(w, x->key, e);
	return alarm_raise(
		w, x->key, "zone_base", x->oldest->operator_name,
		arena_printf(
			w->a,
			"%.*s has the zone %.*s as it was at serial %" PRIu32
			", two folds ago or more, and fetches no newer base: for its "
			"sake the hot zone keeps what changed since; help it to "
			"fetch the base, or remove it (saluran zone list, saluran "
			"operator show %.*s)",
			OPERATOR_NAME_MAX, x->oldest->operator_name, ZONE_NAME_MAX,
			x->z->name, x->oldest->serial, OPERATOR_NAME_MAX,
			x->oldest->operator_name),
		x->now_us, e);
}

enum rc
zone_base_watch(struct node *nd, struct store *s, struct arena *a,
		const struct zone_head *z, int64_t now_us, struct err *e)
{
	struct watched x = {.z = z,
			    .key = arena_printf(a, "zone-base/%s", z->name),
			    .now_us = now_us};
	const struct db_param key[] = {DB_P_TEXT(x.key)};
	const char *told = NULL;
	struct store_list l;
	enum rc rc = zone_base_holders(nd, s, a, z, now_us, &l, e);

	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_ALARM_SUBJECT, key, &told, e);
	if (rc != RC_OK)
		return rc;
	if (l.n != 0 && ((const struct zone_holder *)l.rows)->serial < z->last_serial)
		x.oldest = l.rows;
	if (x.oldest == NULL ? told == NULL
			     : told != NULL && strcmp(told, x.oldest->operator_name) == 0)
		return RC_OK;
	return writer_run(nd, work_watched, &x, e);
}

enum rc
zone_holders_json(struct node *nd, struct store *s, struct arena *a,
		  const struct zone_head *z, int64_t now_us, json_t **ret, struct err *e)
{
	struct store_list l;
	enum rc rc = zone_base_holders(nd, s, a, z, now_us, &l, e);

	*ret = json_array();
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct zone_holder *h = (const struct zone_holder *)l.rows + i;
		if (h->serial < z->base_serial)
			json_array_append_new(
				*ret, json_pack("{s:s, s:s, s:I, s:o, s:o}", "operator",
						h->operator_name, "address", h->address,
						"serial", (json_int_t)h->serial, "at",
						json_time(h->at_us), "until",
						json_time(h->until_us)));
	}
	return rc;
}
