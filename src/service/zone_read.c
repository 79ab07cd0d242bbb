/*
 * The zones as the DNS server asks for them: where each stands, all rows of one, what
 * differs between two serials.
 */
#include <stdlib.h>
#include <string.h>

#include "core/ipnet.h"
#include "service/register.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { ZONE_TTL_DEFAULT_S = 10 /* without a channel; the floor of a lift */ };

const char *
zone_key(struct arena *a, const char *owner)
{
	size_t len = strlen(owner), at = 0;
	char *key = arena_alloc(a, len + 1);

	for (size_t end = len; end != 0;) {
		size_t from = end;
		while (from != 0 && owner[from - 1] != '.')
			from--;
		memcpy(key + at, owner + from, end - from);
		at += end - from;
		if (from == 0)
			break;
		key[at++] = '.';
		end = from - 1;
	}
	key[at] = '\0';
	return key;
}

enum rc
zone_ttl(struct store *s, struct arena *a, uint32_t *ret, struct err *e)
{
	const struct channel_row *rows;
	size_t n;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	*ret = ZONE_TTL_DEFAULT_S;
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		const struct policy *p;
		rc = policy_of_channel(s, a, &rows[i], &p, e);
		if (rc == RC_OK && (i == 0 || p->order.ttl_s < *ret))
			*ret = p->order.ttl_s;
	}
	return rc;
}

static enum rc
on_head(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct zone_head *z = store_list_next(l, sizeof(*z));
	unsigned col = 0;

	(void)e;
	z->name = store_col_text(l->s, l->a, row, col++);
	z->origin = store_col_text(l->s, l->a, row, col++);
	z->territory = store_col_text(l->s, l->a, row, col++);
	z->serial = (uint32_t)drv->col_int(row, col++);
	z->hot_serial = (uint32_t)drv->col_int(row, col++);
	z->base_serial = (uint32_t)drv->col_int(row, col++);
	z->kept_serial = (uint32_t)drv->col_int(row, col++);
	z->since_serial = (uint32_t)drv->col_int(row, col++);
	z->hot_since = (uint32_t)drv->col_int(row, col++);
	z->log_serial = (uint32_t)drv->col_int(row, col++);
	z->ttl_s = (uint32_t)drv->col_int(row, col++);
	z->n_rows = drv->col_int(row, col++);
	z->n_hot = drv->col_int(row, col++);
	z->folded_us = drv->col_int(row, col++);
	z->changed_us = drv->col_int(row, col++);
	z->last_serial = (uint32_t)drv->col_int(row, col++);
	return RC_OK;
}

enum rc
zone_heads(struct store *s, struct arena *a, struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	return store_run(s, &SQL_ZONE_LIST, NULL, on_head, ret, e);
}

const char *
zone_part_origin(struct arena *a, const struct zone_head *z, enum zone_part part)
{
	switch (part) {
	case ZONE_PART_WHOLE:
		return z->origin;
	case ZONE_PART_HOT:
		return arena_printf(a, ZONE_HOT ".%s", z->origin);
	case ZONE_PART_BASE:
		return arena_printf(a, ZONE_BASE ".%s", z->origin);
	case ZONE_PART_WHY_WHOLE:
		return arena_printf(a, ZONE_WHY ".%s", z->origin);
	case ZONE_PART_WHY_HOT:
		return arena_printf(a, ZONE_WHY "." ZONE_HOT ".%s", z->origin);
	case ZONE_PART_WHY_BASE:
		return arena_printf(a, ZONE_WHY "." ZONE_BASE ".%s", z->origin);
	case ZONE_PART_COUNT:
		break;
	}
	return z->origin;
}

bool
zone_part_is_why(enum zone_part part)
{
	return part >= ZONE_PART_WHY_WHOLE;
}

bool
zone_origin_is_why(const char *origin)
{
	return strncmp(origin, ZONE_WHY ".", sizeof(ZONE_WHY)) == 0;
}

static enum zone_layer
part_layer(enum zone_part part)
{
	return part == ZONE_PART_HOT || part == ZONE_PART_WHY_HOT ? ZONE_LAYER_HOT
								  : ZONE_LAYER_WHOLE;
}

uint32_t
zone_part_serial(const struct zone_head *z, enum zone_part part)
{
	if (part == ZONE_PART_BASE || part == ZONE_PART_WHY_BASE)
		return z->base_serial;
	return part_layer(part) == ZONE_LAYER_HOT ? z->hot_serial : z->serial;
}

enum rc
zone_by_origin(struct store *s, struct arena *a, const char *origin,
	       struct zone_head *ret, enum zone_part *ret_part, struct err *e)
{
	struct store_list l;
	enum rc rc = zone_heads(s, a, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct zone_head *z = (const struct zone_head *)l.rows + i;
		for (int part = ZONE_PART_WHOLE; part < ZONE_PART_COUNT; part++)
			if (strcmp(zone_part_origin(a, z, (enum zone_part)part),
				   origin) == 0) {
				*ret = *z;
				*ret_part = (enum zone_part)part;
				return RC_OK;
			}
	}
	return rc != RC_OK ? rc
			   : err_set(e, RC_NOT_FOUND, "this node has no zone %s", origin);
}

/* ---- differences ------------------------------------------------------------------- */

static enum rc
on_delta(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const char *owner = store_col_text(l->s, l->a, row, 0);
	struct zone_delta *last =
		l->n == 0 ? NULL : (struct zone_delta *)l->rows + l->n - 1;

	(void)e;
	if (last == NULL || strcmp(last->owner, owner) != 0) {
		last = store_list_next(l, sizeof(*last));
		last->owner = owner;
		last->old = store_col_text(l->s, l->a, row, 1);
	}
	last->new = store_col_text(l->s, l->a, row, 2);
	last->order = store_col_text(l->s, l->a, row, 3);
	return RC_OK;
}

static bool
delta_same(const struct zone_delta *d)
{
	return d->old == NULL || d->new == NULL ? d->old == d->new
						: strcmp(d->old, d->new) == 0;
}

enum rc
zone_deltas(struct store *s, struct arena *a, const char *zone, enum zone_layer layer,
	    uint32_t from, uint32_t to, struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	enum rc rc = store_run(s, &SQL_ZONE_CHANGE_RANGE,
			       (struct db_param[]){DB_P_TEXT(zone), DB_P_INT(layer),
						   DB_P_INT(from), DB_P_INT(to)},
			       on_delta, ret, e);
	struct zone_delta *d = ret->rows;
	size_t n = 0;

	/* What came and went again is no difference. */
	for (size_t i = 0; i < ret->n; i++)
		if (!delta_same(&d[i]))
			d[n++] = d[i];
	ret->n = n;
	return rc;
}

static enum rc
serial_known(struct store *s, const struct zone_head *z, enum zone_part part,
	     uint32_t serial, struct err *e)
{
	bool hot = part == ZONE_PART_HOT;
	uint32_t since = hot ? z->hot_since : z->since_serial;
	int64_t known = 0;
	enum rc rc = RC_OK;

	if (serial == since || serial == zone_part_serial(z, part))
		return RC_OK;
	if (serial > since && serial < zone_part_serial(z, part))
		rc = store_int(s, &SQL_ZONE_CHANGE_KNOWN,
			       (struct db_param[]){
				       DB_P_TEXT(z->name),
				       DB_P_INT(hot ? ZONE_LAYER_HOT : ZONE_LAYER_WHOLE),
				       DB_P_INT(serial)},
			       0, &known, e);
	return rc == RC_OK && known == 0
		       ? err_set(e, RC_NOT_FOUND, "%s never had serial %u", z->origin,
				 serial)
		       : rc;
}

static enum rc
row_give(struct arena *a, const char *key, const char *action, zone_on_row *fn, void *arg,
	 bool added, struct err *e)
{
	struct rpzrow row = {.owner = zone_owner(a, key)};
	enum rpzrow_act act;
	enum rc rc = rpzrow_act_read(a, action, &act, &row.data, e);

	row.act = act;
	return rc == RC_OK ? fn(arg, &row, added, e) : rc;
}

/* A difference while it is read: the changes of one owner stand together. */
struct telling {
	struct store *s;
	struct arena *a; /* of that owner */
	struct zone_delta d;
	zone_on_row *fn;
	void *arg;
};

static enum rc
tell(struct telling *t, struct err *e)
{
	const struct zone_delta *d = &t->d;
	enum rc rc = RC_OK;

	if (d->owner == NULL || delta_same(d))
		return rc;
	if (d->old != NULL)
		rc = row_give(t->a, d->owner, d->old, t->fn, t->arg, false, e);
	if (rc == RC_OK && d->new != NULL)
		rc = row_give(t->a, d->owner, d->new, t->fn, t->arg, true, e);
	return rc;
}

static enum rc
on_telling(void *arg, const struct db_row *row, struct err *e)
{
	struct telling *t = arg;
	size_t len;
	const char *owner = t->s->drv->col_text(row, 0, &len);

	if (t->d.owner == NULL || strcmp(t->d.owner, owner) != 0) {
		enum rc rc = tell(t, e);
		if (rc != RC_OK)
			return rc;
		arena_reset(t->a);
		t->d = (struct zone_delta){
			.owner = arena_strdup(t->a, owner),
			.old = store_col_text(t->s, t->a, row, 1),
		};
	}
	t->d.new = store_col_text(t->s, t->a, row, 2);
	return RC_OK;
}

enum rc
service_zone_changes(struct node *nd, const char *origin, uint32_t from, uint32_t to,
		     zone_on_row *fn, void *arg, struct err *e)
{
	struct telling t = {.a = arena_create(), .fn = fn, .arg = arg};
	struct arena *a = arena_create();
	enum zone_part part;
	struct zone_head z;
	enum rc rc = reader_snapshot(nd, &t.s, e);

	if (rc == RC_OK)
		rc = zone_by_origin(t.s, a, origin, &z, &part, e);
	if (rc == RC_OK && zone_part_is_why(part))
		rc = err_set(e, RC_NOT_FOUND, "of %s no differences are kept", origin);
	if (rc == RC_OK)
		rc = serial_known(t.s, &z, part, from, e);
	if (rc == RC_OK)
		rc = serial_known(t.s, &z, part, to, e);
	if (rc == RC_OK)
		rc = store_run(t.s, &SQL_ZONE_CHANGE_RANGE,
			       (struct db_param[]){DB_P_TEXT(z.name),
						   DB_P_INT(part_layer(part)),
						   DB_P_INT(from), DB_P_INT(to)},
			       on_telling, &t, e);
	if (rc == RC_OK)
		rc = tell(&t, e);
	reader_put(nd, t.s);
	arena_free(a);
	arena_free(t.a);
	return rc;
}

/* ---- all rows ---------------------------------------------------------------------- */

/* Rows as they are now, but for owners that changed since: those as they were. */
struct giving {
	struct store *s;
	struct arena *a; /* of one row */
	const struct zone_delta *since;
	size_t n_since, at;
	const char *origin;
	zone_on_row *fn;
	void *arg;
	int64_t n;
};

static enum rc
give_since(struct giving *g, const char *below, struct err *e)
{
	enum rc rc = RC_OK;

	for (; rc == RC_OK && g->at < g->n_since; g->at++) {
		const struct zone_delta *d = &g->since[g->at];
		if (below != NULL && strcmp(d->owner, below) >= 0)
			break;
		if (d->old == NULL)
			continue;
		g->n++;
		rc = row_give(g->a, d->owner, d->old, g->fn, g->arg, true, e);
	}
	return rc;
}

static enum rc
on_give(void *arg, const struct db_row *row, struct err *e)
{
	struct giving *g = arg;

	arena_reset(g->a);
	const char *key = store_col_text(g->s, g->a, row, 0);
	enum rc rc = give_since(g, key, e);
	if (rc != RC_OK)
		return rc;
	if (g->at < g->n_since && strcmp(g->since[g->at].owner, key) == 0)
		return RC_OK; /* it comes with the others that changed */
	g->n++;
	return row_give(g->a, key, store_col_text(g->s, g->a, row, 1), g->fn, g->arg,
			true, e);
}

/* An order's number, as a row of its own beside the zone that has the order's. */
static enum rc
on_why(void *arg, const struct db_row *row, struct err *e)
{
	struct giving *g = arg;
	const struct db_driver *drv = g->s->drv;
	enum rpzrow_trigger trigger;
	struct err too_long = ERR_INIT;

	arena_reset(g->a);
	const char *key = store_col_text(g->s, g->a, row, 0);
	const char *owner = zone_owner(g->a, key);
	struct rpzrow why = {
		.owner = arena_printf(g->a, "%s." RPZROW_ORDER, owner),
		.act = RPZROW_TXT,
		.data = register_ref(g->a, drv->col_int(row, 1), drv->col_int(row, 2)),
	};
	if (ipnet_is_key(key) ||
	    rpzrow_check(&why, g->origin, &trigger, &too_long) != RC_OK)
		return RC_OK; /* the block holds without it */
	return g->fn(g->arg, &why, true, e);
}

static void
origin_fill(struct zone_origin *ret, const struct zone_head *z, enum zone_part part,
	    const char *origin)
{
	*ret = (struct zone_origin){
		.origin = origin,
		.serial = zone_part_serial(z, part),
		.ttl_s = z->ttl_s,
	};
}

enum rc
service_zone_rows(struct node *nd, const char *origin, struct zone_origin *ret,
		  zone_on_row *fn, void *arg, struct err *e)
{
	struct giving g = {.a = arena_create(), .origin = origin, .fn = fn, .arg = arg};
	struct arena *a = arena_create();
	struct store_list since = {.n = 0};
	enum zone_part part = ZONE_PART_WHOLE;
	struct zone_head z;
	enum rc rc = reader_snapshot(nd, &g.s, e);

	if (rc == RC_OK)
		rc = zone_by_origin(g.s, a, origin, &z, &part, e);
	if (rc == RC_OK)
		origin_fill(ret, &z, part, origin);
	if (rc == RC_OK && part == ZONE_PART_BASE)
		rc = zone_deltas(g.s, a, z.name, ZONE_LAYER_WHOLE, z.base_serial,
				 z.serial, &since, e);
	g.since = since.rows;
	g.n_since = since.n;
	if (rc == RC_OK)
		rc = store_run(g.s,
			       zone_part_is_why(part) ? &SQL_ZONE_ROW_WHY
						      : &SQL_ZONE_ROW_ALL,
			       (struct db_param[]){DB_P_TEXT(z.name),
						   DB_P_INT(part_layer(part))},
			       zone_part_is_why(part) ? on_why : on_give, &g, e);
	if (rc == RC_OK)
		rc = give_since(&g, NULL, e);
	reader_put(nd, g.s);
	arena_free(a);
	arena_free(g.a);
	if (rc == RC_OK)
		zone_given_note(nd, ret->serial);
	return rc;
}

enum rc
service_zones(struct node *nd, struct arena *a, const struct zone_origin **ret,
	      size_t *ret_n, struct err *e)
{
	struct store *s = NULL;
	struct store_list l = {.n = 0};
	bool held = false;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = zone_old_held(nd, s, &held, e);
	if (rc == RC_OK && held)
		rc = err_set(e, RC_UNAVAILABLE,
			     "the store is an old copy: its zones are given to nobody "
			     "until a person has looked (saluran alarms)");
	if (rc == RC_OK)
		rc = zone_heads(s, a, &l, e);
	reader_put(nd, s);
	struct zone_origin *out = arena_array(a, ZONE_PART_COUNT * l.n + 1, sizeof(*out));
	*ret_n = 0;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct zone_head *z = (const struct zone_head *)l.rows + i;
		for (int part = ZONE_PART_WHOLE; part < ZONE_PART_COUNT; part++)
			origin_fill(&out[(*ret_n)++], z, (enum zone_part)part,
				    zone_part_origin(a, z, (enum zone_part)part));
		zone_given_note(nd,
				z->hot_serial > z->serial ? z->hot_serial : z->serial);
	}
	*ret = out;
	return rc;
}
