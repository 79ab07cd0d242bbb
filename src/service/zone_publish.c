/*
 * What is published follows what is in force, in the transaction of the event that
 * changed it.
 *
 * A name that comes is looked at by the last gate first, and stays out while a person has
 * not decided.  A name that goes, goes: but only if an event says so.  Rows that vanish
 * without one, because a view was damaged or made anew by another program, stay as they
 * are until a person has looked.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/ipnet.h"
#include "service/alarm.h"
#include "service/order_release.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { KEPT_NAMED = 5 /* rows that no order holds: named in the alarm */ };

/* ---- serials ----------------------------------------------------------------------- */

enum rc
zone_serial_next(struct writer *w, uint32_t *ret, struct err *e)
{
	uint64_t by_time = (uint64_t)(w->now_us / CLOCK_US_PER_S);
	uint32_t of_log = 0;
	int64_t counter = 0;
	enum rc rc = store_int(w->s, &SQL_ZONE_COUNTER, NULL, 0, &counter, e);

	if (rc == RC_OK)
		rc = view_zone_serial(w->s, &of_log, e);
	uint64_t next = (uint64_t)counter + 1;
	if (next <= of_log)
		next = of_log; /* the serial that the order has in the log */
	else if (by_time > next && by_time <= INT32_MAX)
		next = by_time; /* a copy that was restored is behind its resolvers */
	if (next <= atomic_load(&w->nd->zone_given))
		next = (uint64_t)atomic_load(&w->nd->zone_given) + 1;
	*ret = (uint32_t)next;
	return rc;
}

/* ---- rows -----------------------------------------------------------------------------
 */

struct row_now {
	struct store *s;
	struct arena *a;
	const char *action, *order; /* NULL: none */
};

static enum rc
on_row_now(void *arg, const struct db_row *row, struct err *e)
{
	struct row_now *r = arg;

	(void)e;
	r->action = store_col_text(r->s, r->a, row, 0);
	r->order = store_col_text(r->s, r->a, row, 1);
	return RC_OK;
}

static enum rc
row_get(struct publish *p, enum zone_layer layer, const char *key, struct row_now *ret,
	struct err *e)
{
	*ret = (struct row_now){.s = p->w->s, .a = p->w->a};
	return store_run(p->w->s, &SQL_ZONE_ROW_GET,
			 (struct db_param[]){DB_P_TEXT(p->z->name), DB_P_INT(layer),
					     DB_P_TEXT(key)},
			 on_row_now, ret, e);
}

static bool
same_text(const char *x, const char *y)
{
	return x == NULL || y == NULL ? x == y : strcmp(x, y) == 0;
}

enum rc
publish_row(struct publish *p, enum zone_layer layer, const char *key, const char *action,
	    const char *order, struct err *e)
{
	const struct db_param row[] = {DB_P_TEXT(p->z->name), DB_P_INT(layer),
				       DB_P_TEXT(key), DB_P_TEXT(action),
				       DB_P_TEXT(order)};
	int64_t *n = layer == ZONE_LAYER_HOT ? &p->z->n_hot : &p->z->n_rows;
	struct row_now now;
	enum rc rc = row_get(p, layer, key, &now, e);

	if (rc != RC_OK ||
	    (same_text(now.action, action) && same_text(now.order, order)) ||
	    (now.action == NULL && action == NULL))
		return rc;
	rc = store_run(p->w->s, action == NULL ? &SQL_ZONE_ROW_DELETE : &SQL_ZONE_ROW_PUT,
		       row, NULL, NULL, e);
	if (rc != RC_OK || same_text(now.action, action))
		return rc;
	*n += (action != NULL) - (now.action != NULL);
	if (layer == ZONE_LAYER_HOT)
		p->hot_changed = true;
	else
		p->whole_changed = true;
	if (p->fresh)
		return RC_OK;
	return store_run(p->w->s, &SQL_ZONE_CHANGE_PUT,
			 (struct db_param[]){
				 DB_P_TEXT(p->z->name),
				 DB_P_INT(layer),
				 DB_P_INT(p->serial),
				 DB_P_TEXT(key),
				 DB_P_TEXT(now.action),
				 DB_P_TEXT(action),
				 DB_P_TEXT(order != NULL ? order : now.order),
				 DB_P_INT(p->w->now_us),
			 },
			 NULL, NULL, e);
}

/* ---- what is in force -----------------------------------------------------------------
 */

struct holders {
	struct store *s;
	struct arena *a;
	const char *action, *order;
	unsigned rank;
};

/* Of several orders on one name the one that takes most away holds. */
static enum rc
on_holder(void *arg, const struct db_row *row, struct err *e)
{
	struct holders *h = arg;
	const char *action = store_col_text(h->s, h->a, row, 0), *data;
	enum rpzrow_act act;
	enum rc rc = rpzrow_act_read(h->a, action, &act, &data, e);

	if (rc == RC_OK && rpzrow_act_rank(act) > h->rank) {
		h->rank = rpzrow_act_rank(act);
		h->action = action;
		h->order = store_col_text(h->s, h->a, row, 1);
	}
	return rc;
}

static enum rc
in_force(struct publish *p, const char *owner, struct holders *ret, struct err *e)
{
	*ret = (struct holders){.s = p->w->s, .a = p->w->a};
	return store_run(
		p->w->s, &SQL_ZONE_HOLDERS,
		(struct db_param[]){
			DB_P_TEXT(owner), DB_P_TEXT(p->z->name),
			DB_P_TEXT(p->z->territory == NULL ? "" : p->z->territory),
			DB_P_INT(p->w->now_us)},
		on_holder, ret, e);
}

/* ---- one order ------------------------------------------------------------------------
 */

static enum rc
on_order_name(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const char *name = store_col_text(l->s, l->a, row, 0);
	const char *owner = ipnet_owner_of(l->a, name);

	(void)e;
	*(const char **)store_list_next(l, sizeof(owner)) = owner;
	if (l->s->drv->col_int(row, 1) != 0)
		*(const char **)store_list_next(l, sizeof(owner)) =
			arena_printf(l->a, "*.%s", name);
	return RC_OK;
}

static enum rc
order_owners(struct writer *w, const char *order, struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = w->s, .a = w->a};
	return store_run(w->s, &SQL_ZONE_ORDER_NAMES,
			 (struct db_param[]){DB_P_TEXT(order)}, on_order_name, ret, e);
}

enum rc
publish_head(struct publish *p, struct err *e)
{
	struct zone_head *z = p->z;

	if (p->whole_changed)
		z->serial = p->serial;
	if (p->hot_changed)
		z->hot_serial = p->serial;
	if (p->whole_changed || p->hot_changed)
		z->changed_us = p->w->now_us;
	return store_run(
		p->w->s, &SQL_ZONE_PUT,
		(struct db_param[]){DB_P_TEXT(z->name), DB_P_INT(z->serial),
				    DB_P_INT(z->hot_serial), DB_P_INT(z->base_serial),
				    DB_P_INT(z->kept_serial), DB_P_INT(z->since_serial),
				    DB_P_INT(z->hot_since), DB_P_INT(z->log_serial),
				    DB_P_INT(z->ttl_s), DB_P_INT(z->n_rows),
				    DB_P_INT(z->n_hot), DB_P_INT(z->folded_us),
				    DB_P_INT(z->changed_us), DB_P_INT(z->last_serial)},
		NULL, NULL, e);
}

/* Every owner of the list is in the zone what the orders in force say of it. */
static enum rc
owners_publish(struct publish *p, const struct store_list *owners, struct err *e)
{
	const char *const *rows = owners->rows;
	bool *changed = arena_array(p->w->a, owners->n + 1, sizeof(*changed));
	const char **had = arena_array(p->w->a, owners->n + 1, sizeof(*had));
	const char *order = p->order;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < owners->n; i++) {
		struct holders h;
		struct row_now now;
		bool before = p->whole_changed;
		p->whole_changed = false;
		rc = row_get(p, ZONE_LAYER_WHOLE, zone_key(p->w->a, rows[i]), &now, e);
		had[i] = now.order;
		if (rc == RC_OK)
			rc = in_force(p, rows[i], &h, e);
		if (rc == RC_OK)
			rc = publish_row(p, ZONE_LAYER_WHOLE, zone_key(p->w->a, rows[i]),
					 h.action, h.order, e);
		changed[i] = p->whole_changed;
		p->whole_changed |= before;
	}
	/* The hot zone answers from the whole one as it is after all of them.  Where no
	 * order is at work, what goes is let go in the name of the one that it was of. */
	for (size_t i = 0; rc == RC_OK && i < owners->n; i++) {
		p->order = order != NULL ? order : had[i];
		if (changed[i] && !p->fresh)
			rc = publish_hot(p, zone_key(p->w->a, rows[i]), e);
	}
	p->order = order;
	return rc;
}

enum rc
zone_publish_order(struct writer *w, const char *order, struct err *e)
{
	struct store_list heads, owners;
	uint32_t serial = 0, of_log = 0;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	if (rc == RC_OK)
		rc = order_owners(w, order, &owners, e);
	if (rc == RC_OK)
		rc = zone_serial_next(w, &serial, e);
	if (rc == RC_OK)
		rc = view_zone_serial(w->s, &of_log, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct zone_head *z = (struct zone_head *)heads.rows + i;
		struct publish p = {.w = w, .z = z, .serial = serial, .order = order};
		rc = owners_publish(&p, &owners, e);
		z->log_serial = of_log;
		if (rc == RC_OK)
			rc = publish_head(&p, e);
	}
	return rc;
}

enum rc
zone_follow(struct writer *w, const char *type, const json_t *body, struct err *e)
{
	const char *order = json_string_value(json_object_get(body, "order"));
	bool comes =
		strcmp(type, "order.approve") == 0 || strcmp(type, "order.override") == 0;
	bool goes = strcmp(type, "order.lift") == 0 || strcmp(type, "order.expire") == 0;
	struct order_row row;
	bool held;

	if (!comes && !goes)
		return RC_OK;
	enum rc rc = view_order_get(w->s, w->a, order, &row, e);
	if (rc != RC_OK || (comes && row.life != ORDER_IN_FORCE))
		return rc;
	rc = zone_gate(w, order, comes ? ZONE_GATE_COMES : ZONE_GATE_GOES, &held, e);
	return rc == RC_OK ? zone_publish_order(w, order, e) : rc;
}

/* ---- all of it ------------------------------------------------------------------------
 */

static enum rc
on_text(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* Does an event say that this order let the owner go? */
static enum rc
is_explained(struct publish *p, const char *owner, bool *ret, struct err *e)
{
	struct row_now now;
	int64_t ended = 0;
	enum rc rc = row_get(p, ZONE_LAYER_WHOLE, zone_key(p->w->a, owner), &now, e);

	if (rc == RC_OK && now.action != NULL)
		rc = store_int(
			p->w->s, &SQL_ZONE_ROW_ENDED,
			(struct db_param[]){DB_P_TEXT(now.order), DB_P_INT(p->w->now_us)},
			0, &ended, e);
	*ret = now.action == NULL || ended != 0;
	return rc;
}

static const char *
shrunk_key(struct publish *p)
{
	return arena_printf(p->w->a, "zone-shrunk/%s", p->z->name);
}

/* Rows that stay though no order holds them; the first of them by name. */
struct kept_rows {
	int64_t n;
	const char *names;
};

static void
kept_add(struct publish *p, struct kept_rows *k, const char *owner)
{
	k->n++;
	if (k->n <= KEPT_NAMED)
		k->names = k->n == 1 ? owner
				     : arena_printf(p->w->a, "%s, %s", k->names, owner);
}

static enum rc
shrunk_tell(struct publish *p, const struct kept_rows *k, struct err *e)
{
	if (k->n == 0)
		return alarm_clear(p->w, shrunk_key(p), e);
	const char *names =
		arena_printf(p->w->a, "%s%s", k->names, k->n > KEPT_NAMED ? ", ..." : "");
	return alarm_raise(
		p->w, shrunk_key(p), "zone_shrunk", p->z->name,
		arena_printf(p->w->a,
			     "no order in force holds %" PRId64
			     " of the rows of the zone "
			     "%s (%s), and no lift or end of theirs is on record: they "
			     "stay as they are until a person has looked at the store, "
			     "and takes them out (saluran zone shrink)",
			     k->n, p->z->origin, names),
		p->w->now_us, e);
}

/* Rows that no order in force holds any more. */
static enum rc
leftovers_publish(struct publish *p, bool accepted, struct err *e)
{
	struct store_list keys = {.s = p->w->s, .a = p->w->a};
	struct store_list going = {.s = p->w->s, .a = p->w->a};
	struct kept_rows kept = {0};
	enum rc rc = store_run(
		p->w->s, &SQL_ZONE_ROW_ALL,
		(struct db_param[]){DB_P_TEXT(p->z->name), DB_P_INT(ZONE_LAYER_WHOLE)},
		on_text, &keys, e);

	for (size_t i = 0; rc == RC_OK && i < keys.n; i++) {
		const char *owner =
			zone_owner(p->w->a, ((const char *const *)keys.rows)[i]);
		struct holders h;
		bool explained = false;
		rc = in_force(p, owner, &h, e);
		if (rc == RC_OK && h.action == NULL)
			rc = is_explained(p, owner, &explained, e);
		if (rc != RC_OK || h.action != NULL)
			continue;
		if (explained || accepted)
			*(const char **)store_list_next(&going, sizeof(owner)) = owner;
		else
			kept_add(p, &kept, owner);
	}
	if (rc == RC_OK)
		rc = owners_publish(p, &going, e);
	return rc == RC_OK ? shrunk_tell(p, &kept, e) : rc;
}

enum rc
zone_level(struct publish *p, bool accepted, struct err *e)
{
	struct store_list owners = {.s = p->w->s, .a = p->w->a};
	enum rc rc = zone_serial_next(p->w, &p->serial, e);

	if (rc == RC_OK)
		rc = store_run(p->w->s, &SQL_ZONE_OWNER_ALL, NULL, on_text, &owners, e);
	if (rc == RC_OK)
		rc = owners_publish(p, &owners, e);
	if (rc == RC_OK && !p->fresh)
		rc = leftovers_publish(p, accepted, e);
	if (rc == RC_OK)
		rc = view_zone_serial(p->w->s, &p->z->log_serial, e);
	if (rc == RC_OK && p->fresh && p->whole_changed) {
		p->z->hot_serial = p->z->base_serial = p->serial;
		p->z->last_serial = p->z->kept_serial = p->serial;
		p->z->since_serial = p->z->hot_since = p->serial;
	}
	return rc == RC_OK ? publish_head(p, e) : rc;
}

enum rc
zone_make(struct writer *w, const char *name, const char *origin, const char *territory,
	  struct err *e)
{
	struct zone_head z = {.name = name, .origin = origin, .territory = territory};
	struct publish p = {.w = w, .z = &z, .fresh = true};
	enum rc rc = zone_serial_next(w, &z.serial, e);

	if (rc == RC_OK)
		rc = zone_ttl(w->s, w->a, &z.ttl_s, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ZONE_INSERT,
			       (struct db_param[]){DB_P_TEXT(name), DB_P_TEXT(origin),
						   DB_P_TEXT(territory),
						   DB_P_INT(z.serial), DB_P_INT(z.ttl_s),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	z.hot_serial = z.base_serial = z.last_serial = z.kept_serial = z.since_serial =
		z.hot_since = z.serial;
	z.folded_us = w->now_us;
	return rc == RC_OK ? zone_level(&p, false, e) : rc;
}

enum rc
zone_open(struct writer *w, bool look, struct err *e)
{
	const char *origin = settings_text(w->nd->config, "rpz.zone");
	struct store_list heads;
	uint32_t of_log;
	bool released = false;
	enum rc rc = order_releases_read(w, &released, e);

	if (rc == RC_OK)
		rc = zone_heads(w->s, w->a, &heads, e);
	if (rc == RC_OK && heads.n == 0)
		return zone_make(w, ZONE_MAIN, origin, NULL, e);
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_ZONE_ORIGIN,
			(struct db_param[]){DB_P_TEXT(ZONE_MAIN), DB_P_TEXT(origin)},
			NULL, NULL, e);
	if (rc == RC_OK)
		rc = view_zone_serial(w->s, &of_log, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct publish p = {.w = w, .z = (struct zone_head *)heads.rows + i};
		if (look || released || p.z->log_serial != of_log)
			rc = zone_level(&p, false, e);
	}
	return rc;
}

static enum rc
work_open(struct writer *w, void *arg, struct err *e)
{
	enum rc rc = zone_given_open(w, e);

	return rc == RC_OK ? zone_open(w, *(const bool *)arg, e) : rc;
}

enum rc
zone_start(struct node *nd, struct err *e)
{
	bool look = false;

	return nd->id->role == PARTY_AUTHORITY ? writer_run(nd, work_open, &look, e)
					       : RC_OK;
}

static enum rc
transact_open(struct store *s, void *arg, struct err *e)
{
	(void)s;
	return zone_open(arg, true, e);
}

enum rc
zone_rebuilt(struct writer *w, struct err *e)
{
	if (w->nd->id->role != PARTY_AUTHORITY)
		return RC_OK;
	arena_reset(w->a);
	return store_transact(w->s, transact_open, w, e);
}

static enum rc
work_past(struct writer *w, void *arg, struct err *e)
{
	struct store_list orders = {.s = w->s, .a = w->a};
	enum rc rc = store_run(w->s, &SQL_ZONE_PAST,
			       (struct db_param[]){DB_P_INT(*(const int64_t *)arg)},
			       on_text, &orders, e);

	for (size_t i = 0; rc == RC_OK && i < orders.n; i++)
		rc = zone_publish_order(w, ((const char *const *)orders.rows)[i], e);
	return rc;
}

/* An end date does not hang on a log that takes events: what is past it leaves the zones,
 * also when no order.expire can be written. */
enum rc
tick_zone_past(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	const char *order = NULL;
	enum rc rc = reader_get(nd, &s, e);

	(void)next_us; /* order.expiry wakes for the same moment */
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_ZONE_PAST,
				(struct db_param[]){DB_P_INT(now_us)}, &order, e);
	reader_put(nd, s);
	if (rc == RC_OK && order != NULL)
		rc = writer_run(nd, work_past, &now_us, e);
	arena_free(a);
	return rc;
}
