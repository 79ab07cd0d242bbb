/*
 * The zone that orders make.
 *
 * Its serial is a function of the log: one more than before or the second of the event
 * that changed it, whichever is larger; a rebuild gives the same.
 */
#include "base/clock.h"
#include "core/ipnet.h"
#include "store/store_sql.h"
#include "store/view_int.h"

enum rc
view_zone_serial(struct store *s, uint32_t *ret, struct err *e)
{
	int64_t serial;
	enum rc rc = store_int(s, &SQL_V_ZONE_SERIAL, NULL, 1, &serial, e);

	*ret = (uint32_t)serial;
	return rc;
}

static enum rc
on_name(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct held_name *n = store_list_next(l, sizeof(*n));

	(void)e;
	n->name = store_col_text(l->s, l->a, row, 0);
	n->wildcard = l->s->drv->col_int(row, 1) != 0;
	return RC_OK;
}

enum rc
fold_order_names(struct fold *f, const char *order, struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = f->s, .a = f->a};
	return store_run(f->s, &SQL_V_ORDER_NAMES_HELD,
			 (struct db_param[]){DB_P_TEXT(order)}, on_name, ret, e);
}

static enum rc
next_serial(struct fold *f, uint32_t *ret, struct err *e)
{
	uint32_t now;
	enum rc rc = view_zone_serial(f->s, &now, e);
	uint64_t by_time = (uint64_t)(f->ev->iat_us / CLOCK_US_PER_S);

	*ret = by_time > now && by_time <= INT32_MAX ? (uint32_t)by_time : now + 1;
	return rc;
}

/* A change of the zone in the making. */
struct zone_step {
	const char *order, *action, *name;
	bool present;
	uint32_t serial;
	bool changed;
};

/* One owner appears with, or goes with, this order.  Several orders may hold one owner:
 * it changes in the zone with the first and the last of them. */
static enum rc
owner_change(struct fold *f, struct zone_step *z, const char *owner, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(owner), DB_P_TEXT(z->order),
				       DB_P_TEXT(z->name), DB_P_TEXT(z->action),
				       DB_P_INT(z->serial)};
	int64_t holders;
	enum rc rc = RC_OK;

	if (!z->present)
		rc = store_run(f->s, &SQL_V_ZONE_DELETE, key, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_int(f->s, &SQL_V_ZONE_HOLDERS, key, 0, &holders, e);
	if (rc == RC_OK && z->present)
		rc = store_run(f->s, &SQL_V_ZONE_INSERT, key, NULL, NULL, e);
	if (rc != RC_OK || holders != 0)
		return rc;
	z->changed = true;
	return store_run(f->s, &SQL_V_ZONE_CHANGE_INSERT,
			 (struct db_param[]){
				 DB_P_INT(z->serial),
				 DB_P_TEXT(owner),
				 DB_P_INT(z->present),
				 DB_P_TEXT(z->action),
				 DB_P_TEXT(z->order),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

/* "t.me" is an owner as it is; an address has a form of its own. */
static enum rc
name_change(struct fold *f, struct zone_step *z, const struct held_name *held,
	    struct err *e)
{
	const char *owner = ipnet_owner_of(f->a, held->name);

	z->name = held->name;
	enum rc rc = owner_change(f, z, owner, e);
	if (rc == RC_OK && held->wildcard)
		rc = owner_change(f, z, arena_printf(f->a, "*.%s", held->name), e);
	return rc;
}

enum rc
fold_zone_change(struct fold *f, const char *order, const struct store_list *names,
		 bool present, uint32_t *ret, struct err *e)
{
	struct zone_step z = {.order = order, .present = present};
	uint32_t now;
	enum rc rc = store_text(f->s, f->a, &SQL_V_ORDER_ACTION,
				(struct db_param[]){DB_P_TEXT(order)}, &z.action, e);

	if (rc == RC_OK)
		rc = view_zone_serial(f->s, &now, e);
	if (rc == RC_OK)
		rc = next_serial(f, &z.serial, e);
	for (size_t i = 0; rc == RC_OK && i < names->n; i++)
		rc = name_change(f, &z, (const struct held_name *)names->rows + i, e);
	if (rc == RC_OK)
		*ret = z.changed ? z.serial : now;
	return rc;
}
