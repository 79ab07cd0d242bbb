/*
 * What operators lack: orders whose rows came into a zone or left it are looked at again
 * and again, until nobody is waited for.  What is missing where is kept for reminder.c;
 * an order that ended and was measured free everywhere is closed, on record.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/event_type.h"
#include "service/matrix.h"
#include "service/operator_talk.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum {
	LOOK_PAUSE_US = 1000000, /* between two rounds, however many commits there are */
	LOOK_SOON_S = 10,	 /* in the first minutes, when a lift takes effect */
	SOON_S = 300,
	LOOK_EVERY_S = 60,
	LOOK_SLOW_S = 600,	  /* after a day */
	LOOK_BACK_S = 30 * 86400, /* what changed before the node's start */
	ORDERS_AT_ONCE = 32,
	DAY_S = 86400,
};

struct waiting {
	const char *order;
	int64_t since_us, next_us;
	json_t *matrix; /* as it was read */
};

struct round {
	struct waiting *rows;
	size_t n;
	int64_t now_us;
};

/* ---- what changed ---------------------------------------------------------------------
 */

static enum rc
on_waiting(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct waiting *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->order = store_col_text(l->s, l->a, row, 0);
	x->since_us = l->s->drv->col_int(row, 1);
	return RC_OK;
}

static enum rc
work_seen(struct writer *w, void *arg, struct err *e)
{
	const struct store_list *l = arg;
	const struct waiting *x = l->rows;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < l->n; i++)
		rc = store_run(
			w->s, &SQL_ORDER_WAIT_PUT,
			(struct db_param[]){
				DB_P_TEXT(x[i].order), DB_P_INT(x[i].since_us),
				DB_P_INT(x[i].since_us + LOOK_SOON_S * CLOCK_US_PER_S)},
			NULL, NULL, e);
	return rc;
}

/* Orders whose rows changed since the last look are looked at. */
static enum rc
changes_see(struct node *nd, struct arena *a, int64_t now_us, struct err *e)
{
	int64_t after_us = nd->lack_seen_us != 0 ? nd->lack_seen_us
						 : now_us - LOOK_BACK_S * CLOCK_US_PER_S;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list changed = {.s = s, .a = a};

	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_WAIT_NEW,
			       (struct db_param[]){DB_P_INT(after_us)}, on_waiting,
			       &changed, e);
	reader_put(nd, s);
	if (rc == RC_OK && changed.n != 0)
		rc = writer_run(nd, work_seen, &changed, e);
	const struct waiting *x = changed.rows;
	for (size_t i = 0; rc == RC_OK && i < changed.n; i++)
		if (x[i].since_us > after_us)
			after_us = x[i].since_us;
	if (rc == RC_OK)
		nd->lack_seen_us = after_us;
	return rc;
}

/* ---- one order ------------------------------------------------------------------------
 */

static const char *
text_of(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

static int64_t
time_of(const json_t *o, const char *member)
{
	const char *text = text_of(o, member);
	int64_t us = 0;

	if (text == NULL || clock_parse(text, strlen(text), &us) != RC_OK)
		return 0;
	return us;
}

static enum rc
lack_put(struct writer *w, const char *order, const json_t *row, struct err *e)
{
	const char *name = text_of(row, "operator"), *lacks = text_of(row, "lacks");

	if (lacks == NULL)
		return store_run(w->s, &SQL_OPERATOR_LACK_DELETE,
				 (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(name)},
				 NULL, NULL, e);
	return store_run(
		w->s, &SQL_OPERATOR_LACK_PUT,
		(struct db_param[]){
			DB_P_TEXT(order), DB_P_TEXT(name),
			DB_P_TEXT(text_of(row, "expected")),
			DB_P_INT(json_integer_value(json_object_get(row, "serial"))),
			DB_P_TEXT(lacks), DB_P_INT(time_of(row, "since")),
			DB_P_INT(time_of(row, "due"))},
		NULL, NULL, e);
}

/* Every operator that had it was measured free, or given up with a reason. */
static enum rc
order_close(struct writer *w, const struct waiting *x, struct err *e)
{
	const json_t *rows = json_object_get(x->matrix, "operators"), *v;
	json_int_t serial = 0, measured = 0, waived = 0;
	struct order_row o;
	size_t i;
	enum rc rc = view_order_get(w->s, w->a, x->order, &o, e);

	json_array_foreach (rows, i, v) {
		json_int_t own = json_integer_value(json_object_get(v, "serial"));
		if (own == 0 || json_is_true(json_object_get(v, "covered")))
			continue;
		serial = own > serial ? own : serial;
		if (json_is_object(json_object_get(v, "waived")))
			waived++;
		else
			measured++;
	}
	if (rc != RC_OK || measured + waived == 0 || serial == 0 ||
	    json_is_object(json_object_get(x->matrix, "closed")))
		return rc;
	return append_event(
		w,
		&(struct append){
			.channel = o.channel,
			.type = "dns.normalised",
			.by = EVENT_BY_NODE,
			.body = json_pack("{s:s, s:I, s:I, s:I}", "order", x->order,
					  "serial", serial, "measured", measured,
					  "waived", waived),
		},
		NULL, e);
}

static enum rc
order_settle(struct writer *w, const struct waiting *x, int64_t now_us, struct err *e)
{
	const json_t *rows = json_object_get(x->matrix, "operators"), *v;
	bool waits = false;
	size_t i;
	enum rc rc = RC_OK;

	json_array_foreach (rows, i, v) {
		waits |= json_is_true(json_object_get(v, "waits"));
		if (rc == RC_OK)
			rc = lack_put(w, x->order, v, e);
	}
	if (rc != RC_OK)
		return rc;
	if (waits) {
		int64_t age_s = (now_us - x->since_us) / CLOCK_US_PER_S;
		int64_t every_s = age_s < SOON_S  ? LOOK_SOON_S
				  : age_s < DAY_S ? LOOK_EVERY_S
						  : LOOK_SLOW_S;
		return store_run(
			w->s, &SQL_ORDER_WAIT_MOVE,
			(struct db_param[]){DB_P_TEXT(x->order), DB_P_INT(x->since_us),
					    DB_P_INT(now_us + every_s * CLOCK_US_PER_S)},
			NULL, NULL, e);
	}
	if (json_is_true(json_object_get(x->matrix, "normalised")))
		rc = order_close(w, x, e);
	return rc == RC_OK ? store_run(w->s, &SQL_ORDER_WAIT_DELETE,
				       (struct db_param[]){DB_P_TEXT(x->order),
							   DB_P_INT(x->since_us)},
				       NULL, NULL, e)
			   : rc;
}

static enum rc
work_settle(struct writer *w, void *arg, struct err *e)
{
	const struct round *r = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < r->n; i++)
		if (r->rows[i].matrix != NULL)
			rc = order_settle(w, &r->rows[i], r->now_us, e);
	return rc;
}

static enum rc
matrices_read(struct store *s, struct arena *a, struct round *r, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < r->n; i++) {
		struct err why = ERR_INIT;
		struct waiting *x = &r->rows[i];
		rc = order_matrix(s, a, x->order, NULL, r->now_us, &x->matrix, &why);
		if (tick_node_unwell(rc))
			return err_set(e, rc, "%s", why.text);
		/* One order keeps no other from what is due. */
		if (rc != RC_OK) {
			log_line(LOG_ERROR, "operator.lack", "order=%s why=%s", x->order,
				 why.text);
			x->matrix = json_object();
			rc = RC_OK;
		}
	}
	return rc;
}

/* Orders that are due to be looked at; *ret_next_us: when the next one is. */
static enum rc
orders_look(struct node *nd, struct arena *a, int64_t now_us, int64_t *ret_next_us,
	    struct err *e)
{
	struct store *s = NULL;
	enum rc rc = reader_snapshot(nd, &s, e);
	struct store_list due = {.s = s, .a = a};
	struct round r = {.now_us = now_us};

	if (rc == RC_OK)
		rc = store_run(
			s, &SQL_ORDER_WAIT_DUE,
			(struct db_param[]){DB_P_INT(now_us), DB_P_INT(ORDERS_AT_ONCE)},
			on_waiting, &due, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ORDER_WAIT_NEXT,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, ret_next_us, e);
	r.rows = due.rows;
	r.n = due.n;
	if (rc == RC_OK)
		rc = matrices_read(s, a, &r, e);
	reader_put(nd, s);
	if (rc == RC_OK && r.n != 0)
		rc = writer_run(nd, work_settle, &r, e);
	for (size_t i = 0; i < r.n; i++)
		json_decref(r.rows[i].matrix);
	if (rc == RC_OK && r.n == ORDERS_AT_ONCE)
		*ret_next_us = now_us + LOOK_PAUSE_US;
	return rc;
}

/* A node without operators waits for nobody. */
static enum rc
operators_any(struct node *nd, bool *ret, struct err *e)
{
	struct store *s = NULL;
	int64_t n = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_ANY, NULL, 0, &n, e);
	reader_put(nd, s);
	*ret = n != 0;
	return rc;
}

static int64_t
sooner(int64_t x_us, int64_t y_us)
{
	return x_us == 0 || (y_us != 0 && y_us < x_us) ? y_us : x_us;
}

enum rc
tick_operators(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	int64_t orders_us = 0, reminders_us = 0;
	bool any = false;
	enum rc rc = operators_any(nd, &any, e);

	if (rc != RC_OK || !any)
		return rc;
	*next_us = nd->lack_look_us;
	/* A clock that was set back does not put it off. */
	if (nd->lack_look_us > now_us && nd->lack_look_us - now_us <= LOOK_PAUSE_US)
		return RC_OK;
	nd->lack_look_us = now_us + LOOK_PAUSE_US;
	struct arena *a = arena_create();
	rc = changes_see(nd, a, now_us, e);
	if (rc == RC_OK)
		rc = orders_look(nd, a, now_us, &orders_us, e);
	if (rc == RC_OK)
		rc = reminders_prepare(nd, now_us, &reminders_us, e);
	arena_free(a);
	int64_t at_us = sooner(orders_us, reminders_us);
	*next_us = at_us == 0 ? TICK_NEVER_US : at_us;
	return rc;
}
