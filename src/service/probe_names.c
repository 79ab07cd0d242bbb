/*
 * Which names are asked for: of one zone, those that went from it lately and must be
 * free, those that came last, and the others in turn from round to round.
 *
 * What is published counts, not what the log says is in force: an order that the last
 * gate holds, or that was lifted for this zone alone, is not expected there.
 */
#include <string.h>

#include "core/ipnet.h"
#include "service/probe_int.h"
#include "service/use.h"
#include "store/store_sql.h"

/* A row of the zone, or one that went from it. */
struct row {
	const char *key; /* its owner, from the root on */
	const char *action, *order;
	int64_t serial, at_us;
	const char *was; /* the action, of what went: the last */
};

static enum rc
on_row(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct row *r = store_list_next(l, sizeof(*r));

	(void)e;
	r->key = store_col_text(l->s, l->a, row, 0);
	r->action = store_col_text(l->s, l->a, row, 1);
	r->order = store_col_text(l->s, l->a, row, 2);
	r->serial = l->s->drv->col_int(row, 3);
	r->at_us = l->s->drv->col_int(row, 4);
	r->was = store_col_text(l->s, l->a, row, 5);
	return RC_OK;
}

/* The page that an action leads to, or NULL. */
static const char *
page_of(const char *action)
{
	static const char leads[] = "landing ";

	return action != NULL && strncmp(action, leads, sizeof(leads) - 1) == 0
		       ? action + sizeof(leads) - 1
		       : NULL;
}

/* ---- one zone ---------------------------------------------------------------------- */

struct filling {
	struct probe_names *n;
	const struct zone_head *z;
	json_t *seen; /* by key */
	size_t count, max;
};

struct holders {
	struct store *s;
	struct arena *a;
	json_t *orders;
	int64_t serial; /* the least, 0: none */
};

static enum rc
on_holder(void *arg, const struct db_row *row, struct err *e)
{
	struct holders *h = arg;
	int64_t serial = h->s->drv->col_int(row, 1);

	(void)e;
	json_array_append_new(h->orders, json_string(store_col_text(h->s, h->a, row, 0)));
	if (h->serial == 0 || serial < h->serial)
		h->serial = serial;
	return RC_OK;
}

struct said {
	struct store *s;
	struct arena *a;
	const char *action; /* NULL: there is no such row */
};

static enum rc
on_said(void *arg, const struct db_row *row, struct err *e)
{
	struct said *r = arg;

	(void)e;
	r->action = store_col_text(r->s, r->a, row, 0);
	return RC_OK;
}

/* What the zone says of an owner itself. */
static enum rc
zone_says(const struct filling *f, const char *key, const char **ret, struct err *e)
{
	struct said said = {.s = f->n->s, .a = f->n->a};
	enum rc rc =
		store_run(said.s, &SQL_ZONE_ROW_GET,
			  (struct db_param[]){DB_P_TEXT(f->z->name),
					      DB_P_INT(ZONE_LAYER_WHOLE), DB_P_TEXT(key)},
			  on_said, &said, e);

	*ret = said.action;
	return rc;
}

/* Is a network around it in the zone? */
static enum rc
is_within(const struct filling *f, const struct ipnet *net, bool *ret, struct err *e)
{
	struct arena *a = f->n->a;
	const char *action = NULL;
	enum rc rc = RC_OK;

	for (int prefix = net->prefix - 1; rc == RC_OK && action == NULL && prefix >= 0;
	     prefix--) {
		struct ipnet around = ipnet_around(net, prefix);
		rc = zone_says(f, zone_key(a, ipnet_owner(a, &around)), &action, e);
	}
	*ret = action != NULL;
	return rc;
}

/* Is a wildcard above it in the zone?  Then it is blocked by that one, whatever became of
 * its own row. */
static enum rc
is_covered(const struct filling *f, const char *key, const struct ipnet *net, bool *ret,
	   struct err *e)
{
	struct arena *a = f->n->a;
	char *at = arena_strdup(a, key);
	const char *action = NULL;
	enum rc rc = RC_OK;

	if (net != NULL)
		return is_within(f, net, ret, e);
	for (char *dot;
	     rc == RC_OK && action == NULL && (dot = strrchr(at, '.')) != NULL;) {
		*dot = '\0';
		const char *above = arena_printf(a, "%s.*", at);
		if (strcmp(above, key) != 0)
			rc = zone_says(f, above, &action, e);
	}
	*ret = action != NULL;
	return rc;
}

/* The orders that hold an owner; a row that nobody holds any more stays until a person
 * has looked, and is the last one's. */
static enum rc
holders_read(const struct filling *f, const struct row *r, const char *owner,
	     struct holders *ret, struct err *e)
{
	const struct probe_names *n = f->n;
	enum rc rc = RC_OK;

	*ret = (struct holders){.s = n->s, .a = n->a, .orders = json_array()};
	if (r->action[0] != '\0')
		rc = store_run(n->s, &SQL_PROBE_HOLDERS,
			       (struct db_param[]){DB_P_TEXT(owner),
						   DB_P_TEXT(f->z->name),
						   DB_P_TEXT(f->z->territory == NULL
								     ? ""
								     : f->z->territory)},
			       on_holder, ret, e);
	if (json_array_size(ret->orders) == 0)
		json_array_append_new(ret->orders, json_string(r->order));
	return rc;
}

/* What an order calls the row of this owner, and the network if it is one.  NULL: nobody
 * orders such a row. */
static const char *
name_of(struct arena *a, const char *key, struct ipnet *net, bool *ret_is_net)
{
	struct err ignored = ERR_INIT;

	*ret_is_net = ipnet_is_key(key);
	if (!*ret_is_net)
		return strncmp(key, "rpz-", strlen("rpz-")) == 0 ? NULL
								 : zone_owner(a, key);
	return ipnet_of_owner(a, zone_owner(a, key), net, &ignored) == RC_OK
		       ? ipnet_text(a, net)
		       : NULL;
}

/* By what an address is measured: a name that is answered by it, if somebody knows one
 * that no row of the zone is about; else the canary, which tells the serial. */
static enum rc
stead_put(const struct filling *f, const struct ipnet *net, json_t *out, struct err *e)
{
	struct arena *a = f->n->a;
	const char *name, *own = NULL;
	bool covered = false;
	enum rc rc = probe_witness_of(f->n->s, a, ipnet_text(a, net), &name, e);

	if (rc == RC_OK && name != NULL)
		rc = zone_says(f, zone_key(a, name), &own, e);
	if (rc == RC_OK && name != NULL)
		rc = is_covered(f, zone_key(a, name), NULL, &covered, e);
	if (rc != RC_OK)
		return rc;
	bool known = name != NULL && own == NULL && !covered;
	json_object_set_new(out, "by", json_string(known ? "name" : "serial"));
	if (known) {
		json_object_set_new(out, "ask", json_string(name));
		json_object_set_new(out, "type", json_string(net->v6 ? "AAAA" : "A"));
	}
	return RC_OK;
}

/* A name that is to be as the row says; one that was put already stays as it is. */
static enum rc
put(struct filling *f, const struct row *r, struct err *e)
{
	struct probe_names *n = f->n;
	bool lifted = r->action[0] == '\0', covered = false, is_net;
	struct ipnet net;
	struct holders h;
	const char *name = name_of(n->a, r->key, &net, &is_net);
	enum rc rc = RC_OK;

	if (name == NULL || json_object_get(f->seen, r->key) != NULL ||
	    f->count >= f->max || json_array_size(n->list) >= PROBE_WORK_NAMES_MAX)
		return RC_OK;
	if (lifted)
		rc = is_covered(f, r->key, is_net ? &net : NULL, &covered, e);
	if (rc != RC_OK || covered)
		return rc;
	rc = holders_read(f, r, zone_owner(n->a, r->key), &h, e);
	bool let_pass = lifted || strcmp(r->action, "passthru") == 0;
	json_object_set_new(f->seen, r->key, json_true());
	f->count++;
	json_t *out = json_pack("{s:s, s:s, s:o, s:s, s:I, s:o, s:s*}", "zone",
				f->z->name, "owner", name, "orders", h.orders, "expected",
				let_pass ? "free" : "blocked", "serial",
				(json_int_t)(r->serial != 0 ? r->serial : h.serial),
				"since", json_time(r->at_us), "landing", page_of(r->was));
	if (rc == RC_OK && is_net)
		rc = stead_put(f, &net, out, e);
	json_array_append_new(n->list, out);
	return rc;
}

static enum rc
put_all(struct filling *f, const struct sql *q, const struct db_param *params,
	struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = f->n->s, .a = f->n->a};
	enum rc rc = store_run(f->n->s, q, params, on_row, ret, e);

	for (size_t i = 0; rc == RC_OK && i < ret->n; i++)
		rc = put(f, (const struct row *)ret->rows + i, e);
	return rc;
}

/* The rows of all zones go on from one place: that of the zone which got least far. */
static void
next_move(struct probe_names *n, const struct store_list *rest)
{
	if (rest->n < n->each)
		return; /* to its end */
	const char *last = ((const struct row *)rest->rows)[rest->n - 1].key;
	if (n->next[0] == '\0' || strcmp(last, n->next) < 0)
		n->next = last;
}

/* All that were lifted lately, or are still waited for; half of what is left for the
 * newest in the zone; then the others. */
static enum rc
zone_read(struct filling *f, struct err *e)
{
	struct probe_names *n = f->n;
	const char *zone = f->z->name;
	struct store_list rows;

	f->max = n->each;
	enum rc rc = put_all(f, &SQL_PROBE_LIFTED,
			     (struct db_param[]){DB_P_TEXT(zone), DB_P_INT(n->since_us),
						 DB_P_INT(n->each)},
			     &rows, e);
	if (rc == RC_OK)
		rc = put_all(f, &SQL_PROBE_WAITED,
			     (struct db_param[]){DB_P_TEXT(zone), DB_P_INT(n->each)},
			     &rows, e);
	f->max = f->count + (n->each - f->count + 1) / 2;
	if (rc == RC_OK)
		rc = put_all(f, &SQL_PROBE_NEW,
			     (struct db_param[]){DB_P_TEXT(zone), DB_P_INT(f->max)},
			     &rows, e);
	f->max = n->each;
	if (rc == RC_OK)
		rc = put_all(f, &SQL_PROBE_REST,
			     (struct db_param[]){DB_P_TEXT(zone), DB_P_TEXT(n->from),
						 DB_P_INT(n->each)},
			     &rows, e);
	if (rc == RC_OK)
		next_move(n, &rows);
	return rc;
}

/* ---- one order --------------------------------------------------------------------- */

struct order_name {
	const char *name;
	bool wildcard;
};

static enum rc
on_order_name(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct order_name *n = store_list_next(l, sizeof(*n));

	(void)e;
	n->name = store_col_text(l->s, l->a, row, 0);
	n->wildcard = l->s->drv->col_int(row, 1) != 0;
	return RC_OK;
}

/* The last change of each of the order's rows. */
struct changes {
	struct store_list list; /* struct row */
	json_t *last;		/* by key: its place in the list */
};

static enum rc
on_change(void *arg, const struct db_row *row, struct err *e)
{
	struct changes *c = arg;
	const struct db_driver *drv = c->list.s->drv;
	struct row *r = store_list_next(&c->list, sizeof(*r));

	(void)e;
	r->key = store_col_text(c->list.s, c->list.a, row, 4);
	r->serial = drv->col_int(row, 0);
	r->at_us = drv->col_int(row, 3);
	r->was = store_col_text(c->list.s, c->list.a, row, 1);
	json_object_set_new(c->last, r->key, json_integer((json_int_t)c->list.n - 1));
	return RC_OK;
}

/* What the zone says now of an owner of the order's; nothing, if it never held it. */
static enum rc
order_owner(struct filling *f, const char *owner, const struct changes *c, struct err *e)
{
	const char *key = zone_key(f->n->a, owner), *action;
	const json_t *at = json_object_get(c->last, key);
	struct row r = {.key = key, .action = "", .order = f->n->order};
	enum rc rc = zone_says(f, key, &action, e);

	if (rc != RC_OK || (action == NULL && at == NULL))
		return rc;
	if (at != NULL) {
		const struct row *last =
			(const struct row *)c->list.rows + (size_t)json_integer_value(at);
		r.serial = last->serial;
		r.at_us = last->at_us;
		r.was = last->was;
	}
	if (action != NULL)
		r.action = r.was = action;
	return put(f, &r, e);
}

static enum rc
order_read(struct filling *f, struct err *e)
{
	struct probe_names *n = f->n;
	const struct db_param of[] = {DB_P_TEXT(n->order), DB_P_TEXT(f->z->name)};
	struct store_list names = {.s = n->s, .a = n->a};
	struct changes c = {.list = {.s = n->s, .a = n->a}, .last = json_object()};
	enum rc rc = store_run(n->s, &SQL_ZONE_ORDER_NAMES, of, on_order_name, &names, e);

	f->max = PROBE_WORK_NAMES_MAX;
	if (rc == RC_OK)
		rc = store_run(n->s, &SQL_ZONE_CHANGE_OF, of, on_change, &c, e);
	for (size_t i = 0; rc == RC_OK && i < names.n; i++) {
		const struct order_name *o = (const struct order_name *)names.rows + i;
		rc = order_owner(f, ipnet_owner_of(n->a, o->name), &c, e);
		if (rc == RC_OK && o->wildcard)
			rc = order_owner(f, arena_printf(n->a, "*.%s", o->name), &c, e);
	}
	json_decref(c.last);
	return rc;
}

enum rc
probe_names_read(struct probe_names *n, const struct zone_head *z, struct err *e)
{
	struct filling f = {.n = n, .z = z, .seen = json_object()};
	enum rc rc = n->order != NULL ? order_read(&f, e) : zone_read(&f, e);

	json_decref(f.seen);
	return rc;
}
