/*
 * Lifts that are for some zones only: an operator, or a group of them, is freed first and
 * the others follow.  And what is looked at after a lift until nobody is waited for.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/matrix.h"
#include "service/operator.h"
#include "service/order_release.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum {
	ZONE_STAGES_MAX = 256, /* names and zones that plans lift in one job */
	STILL_AFTER_S =
		900, /* a lift has taken effect everywhere by then, or it is told */
	STILL_LOOK_S = 300,
	STILL_ORDERS_MAX = 64, /* that are looked at in one round */
};

/* ---- which zones ----------------------------------------------------------------------
 * ------------------------------------------------------------------------ */

static bool
list_has(const json_t *list, const char *text)
{
	size_t i;
	const json_t *v;

	json_array_foreach (list, i, v)
		if (strcmp(json_string_value(v), text) == 0)
			return true;
	return false;
}

static enum rc
texts_check(const json_t *list, const char *member, struct err *e)
{
	size_t i;
	const json_t *v;

	if (list == NULL)
		return RC_OK;
	if (!json_is_array(list) || json_array_size(list) == 0 ||
	    json_array_size(list) > EVENT_ORDER_ZONES_MAX)
		return err_set(e, RC_INVALID, "\"%s\" must be a list of 1 to %d names",
			       member, EVENT_ORDER_ZONES_MAX);
	json_array_foreach (list, i, v)
		if (!json_is_string(v))
			return err_set(e, RC_INVALID, "%s[%zu] is no text", member, i);
	return RC_OK;
}

/* Zones by their operators: whoever has such a zone must be among them. */
static enum rc
zones_of_operators(struct store *s, struct arena *a, const json_t *operators,
		   json_t *into, struct err *e)
{
	struct store_list rows;
	struct operator_row one;
	size_t i;
	const json_t *v;
	enum rc rc = operator_rows(s, a, &rows, e);

	json_array_foreach (operators, i, v) {
		if (rc == RC_OK)
			rc = operator_row_get(s, a, json_string_value(v), &one, e);
		if (rc == RC_OK && !list_has(into, one.zone))
			json_array_append_new(into, json_string(one.zone));
	}
	for (size_t k = 0; rc == RC_OK && k < rows.n; k++) {
		const struct operator_row *o = (const struct operator_row *)rows.rows + k;
		if (list_has(into, o->zone) && !list_has(operators, o->name))
			rc = err_set(
				e, RC_CONFLICT,
				"%s has the zone %s as well: name it too, or give the "
				"others a zone of their own (saluran operator move)",
				o->name, o->zone);
	}
	return rc;
}

static enum rc
zones_known(struct store *s, struct arena *a, const json_t *zones, struct err *e)
{
	struct store_list heads;
	size_t i;
	const json_t *v;
	enum rc rc = zone_heads(s, a, &heads, e);

	json_array_foreach (zones, i, v) {
		bool known = false;
		for (size_t k = 0; rc == RC_OK && k < heads.n; k++)
			known |= strcmp(((const struct zone_head *)heads.rows)[k].name,
					json_string_value(v)) == 0;
		if (rc == RC_OK && !known)
			rc = err_set(e, RC_NOT_FOUND, "there is no zone %s",
				     json_string_value(v));
	}
	return rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

enum rc
order_read_zones(struct node *nd, struct arena *a, const json_t *in, json_t **ret,
		 struct err *e)
{
	const json_t *zones = json_object_get(in, "zones");
	const json_t *operators = json_object_get(in, "operators");
	struct store *s = NULL;
	enum rc rc = texts_check(zones, "zones", e);

	*ret = NULL;
	if (rc == RC_OK)
		rc = texts_check(operators, "operators", e);
	if (rc != RC_OK || (zones == NULL && operators == NULL))
		return rc;
	if (zones != NULL && operators != NULL)
		return err_set(e, RC_INVALID, "give \"zones\" or \"operators\"");
	*ret = zones != NULL ? json_copy((json_t *)(uintptr_t)zones) : json_array();
	arena_defer(a, release_json, *ret);
	rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = zones != NULL ? zones_known(s, a, zones, e)
				   : zones_of_operators(s, a, operators, *ret, e);
	reader_put(nd, s);
	return rc;
}

enum rc
order_names_all(struct node *nd, struct arena *a, const char *order, json_t **ret,
		struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	size_t i;
	json_t *row;
	enum rc rc = reader_get(nd, &s, e);

	*ret = json_array();
	arena_defer(a, release_json, *ret);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(order)},
				"name:s wildcard:b", rows, e);
	reader_put(nd, s);
	json_array_foreach (rows, i, row)
		json_array_append(*ret, json_object_get(row, "name"));
	json_decref(rows);
	if (rc == RC_OK && json_array_size(*ret) == 0)
		rc = err_set(e, RC_CONFLICT, "the order holds no names now");
	return rc;
}

/* ---- stages ---------------------------------------------------------------------------
 * ------------------------------------------------------------------------------ */

struct zone_stage {
	const char *order, *name, *zone;
	int64_t channel, plan, at_us;
};

static enum rc
on_stage(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct zone_stage *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->order = store_col_text(l->s, l->a, row, 0);
	x->channel = drv->col_int(row, 1);
	x->plan = drv->col_int(row, 2);
	x->at_us = drv->col_int(row, 3);
	x->zone = store_col_text(l->s, l->a, row, 4);
	x->name = store_col_text(l->s, l->a, row, 5);
	return RC_OK;
}

static bool
same_stage(const struct zone_stage *x, const struct zone_stage *y)
{
	return strcmp(x->order, y->order) == 0 && x->plan == y->plan &&
	       x->at_us == y->at_us && strcmp(x->zone, y->zone) == 0;
}

struct zone_lift {
	const struct zone_stage *first;
	size_t n;
};

static enum rc
work_zone_stage(struct writer *w, void *arg, struct err *e)
{
	const struct zone_lift *l = arg;
	const struct zone_stage *x = l->first;
	char when[CLOCK_TEXT_LEN];
	json_t *names = json_array();
	struct view_disclosed sd = {
		"reason",
		json_string(arena_printf(w->a, "the stage of %s of its plan, for %s",
					 clock_format(x->at_us, when), x->zone))};

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(names, json_string(x[i].name));
	return append_event(
		w,
		&(struct append){
			.channel = x->channel,
			.type = "order.lift",
			.by = "node",
			.body = json_pack("{s:s, s:o, s:[s], s:I}", "order", x->order,
					  "names", names, "zones", x->zone, "plan",
					  (json_int_t)x->plan),
			.disclosures = &sd,
			.n_disclosures = 1,
		},
		NULL, e);
}

/* Stages for some zones whose time has come; one order holds up no other. */
enum rc
tick_order_zone_stages(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct store_list l = {.a = a};
	enum rc rc = reader_get(nd, &s, e);

	l.s = s;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_ZONE_STAGES,
			       (struct db_param[]){DB_P_INT(ZONE_STAGES_MAX)}, on_stage,
			       &l, e);
	reader_put(nd, s);
	const struct zone_stage *rows = l.rows;
	for (size_t i = 0, n; rc == RC_OK && i < l.n; i += n) {
		struct err why = ERR_INIT;
		for (n = 1; i + n < l.n && same_stage(&rows[i], &rows[i + n]);)
			n++;
		if (rows[i].at_us > now_us) {
			*next_us = rows[i].at_us;
			break;
		}
		struct zone_lift lift = {&rows[i], n};
		enum rc one = writer_run(nd, work_zone_stage, &lift, &why);
		if (one == RC_FROZEN)
			one = order_release_stages(nd, rows[i].order, now_us, &why);
		if (tick_node_unwell(one))
			rc = err_set(e, one, "%s", why.text);
		else if (one != RC_OK)
			log_line(LOG_ERROR, "order.zone_stage", "order=%s why=%s",
				 rows[i].order, why.text);
	}
	arena_free(a);
	return rc;
}

/* ---- after the lift -------------------------------------------------------------------
 * ------------------------------------------------------------------------ */

struct still {
	const char *order, *slowest;
	json_int_t waiting, blocked;
};

static enum rc
work_still(struct writer *w, void *arg, struct err *e)
{
	const struct still *x = arg;
	const char *key = arena_printf(w->a, "still-blocked/%s", x->order);

	if (x->blocked == 0)
		return alarm_clear(w, key, e);
	return alarm_raise(w, key, "still_blocked", x->order,
			   arena_printf(w->a,
					"the order was lifted and %" JSON_INTEGER_FORMAT
					" operators still block names of it, %s the "
					"slowest: remind them (saluran order matrix)",
					x->blocked, x->slowest),
			   w->now_us, e);
}

/* How many operators were measured to block after the lift. */
static void
still_count(const json_t *m, struct still *x)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(m, "operators"), i, v) {
		const json_t *seen = json_object_get(v, "measured");
		if (!json_is_true(json_object_get(v, "lifted")) ||
		    !json_is_true(json_object_get(v, "waits")) ||
		    json_integer_value(json_object_get(seen, "blocked")) == 0)
			continue;
		if (x->blocked++ == 0)
			x->slowest = json_string_value(json_object_get(v, "operator"));
	}
}

static enum rc
still_look(struct node *nd, struct store *s, struct arena *a, const char *order,
	   int64_t now_us, struct err *e)
{
	struct still x = {.order = order};
	json_t *m = NULL;
	int64_t stands = 0;
	enum rc rc = order_matrix(s, a, order, NULL, now_us, &m, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_ALARM_STANDS,
			       (struct db_param[]){DB_P_TEXT(
				       arena_printf(a, "still-blocked/%s", order))},
			       0, &stands, e);
	if (rc == RC_OK)
		still_count(m, &x);
	if (rc == RC_OK && (x.blocked != 0 || stands != 0))
		rc = writer_run(nd, work_still, &x, e);
	json_decref(m);
	return rc;
}

static enum rc
on_order(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* What is measured to be blocked a while after its lift is told, until it is free. */
enum rc
tick_still_blocked(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	(void)next_us;
	if (now_us < nd->still_look_us &&
	    nd->still_look_us - now_us <= STILL_LOOK_S * CLOCK_US_PER_S)
		return RC_OK;
	nd->still_look_us = now_us + STILL_LOOK_S * CLOCK_US_PER_S;
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list orders = {.s = s, .a = a};
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_STILL_BLOCKED,
			       (struct db_param[]){
				       DB_P_INT(now_us - STILL_AFTER_S * CLOCK_US_PER_S),
				       DB_P_INT(STILL_ORDERS_MAX)},
			       on_order, &orders, e);
	for (size_t i = 0; rc == RC_OK && i < orders.n; i++)
		rc = still_look(nd, s, a, ((const char *const *)orders.rows)[i], now_us,
				e);
	reader_put(nd, s);
	arena_free(a);
	return rc;
}
