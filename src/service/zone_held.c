/*
 * What the last gate holds is looked at again: people mend the list that a guard reads,
 * or raise a limit, and an order that nothing is found against any more goes out, which
 * is told.  What is found now is what is shown, and what a person accepts or refuses.
 */
#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/order_int.h"
#include "service/tick.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	HELD_LOOK_S = 60,
	LET_OUT_TOLD_S = 86400,
};

struct held {
	const char *order;
	int64_t held_us;
};

static enum rc
on_held(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct held *h = store_list_next(l, sizeof(*h));

	(void)e;
	h->order = store_col_text(l->s, l->a, row, 0);
	h->held_us = l->s->drv->col_int(row, 1);
	return RC_OK;
}

const char *
zone_let_out_key(struct arena *a, const char *order)
{
	return arena_printf(a, "zone-let-out/%s", order);
}

static enum rc
let_out(struct writer *w, const struct held *h, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	struct order_row o;
	enum rc rc = view_order_get(w->s, w->a, h->order, &o, e);

	if (rc != RC_OK || o.life != ORDER_IN_FORCE)
		return rc;
	rc = zone_publish_order(w, h->order, e);
	log_line(LOG_INFO, "zone.let_out", "order=%s", h->order);
	return rc == RC_OK
		       ? alarm_raise(
				 w, zone_let_out_key(w->a, h->order), "zone_let_out",
				 h->order,
				 arena_printf(
					 w->a,
					 "this order is in the zones now: what the "
					 "last gate kept it out for since %s is found "
					 "no more, because a list was mended, a limit "
					 "raised, or fewer names came within the "
					 "last day; lift it if that was not meant",
					 clock_format(h->held_us, when)),
				 w->now_us, e)
		       : rc;
}

static enum rc
work_again(struct writer *w, void *arg, struct err *e)
{
	const struct held *h = arg;
	bool held = true;
	enum rc rc = zone_gate(w, h->order, ZONE_GATE_AGAIN, &held, e);

	return rc == RC_OK && !held ? let_out(w, h, e) : rc;
}

static enum rc
on_key(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

static enum rc
work_told(struct writer *w, void *arg, struct err *e)
{
	const struct store_list *l = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < l->n; i++)
		rc = alarm_clear(w, ((const char *const *)l->rows)[i], e);
	return rc;
}

/* Each in a job of its own: one that cannot be looked at holds up no other. */
static enum rc
held_look(struct node *nd, const struct store_list *held, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < held->n; i++) {
		struct held h = ((const struct held *)held->rows)[i];
		struct err why = ERR_INIT;
		enum rc one = writer_run(nd, work_again, &h, &why);
		if (tick_node_unwell(one))
			rc = err_set(e, one, "%s", why.text);
		else if (one != RC_OK)
			log_line(LOG_ERROR, "zone.held", "order=%s why=%s", h.order,
				 why.text);
	}
	return rc;
}

enum rc
tick_zone_held(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	(void)next_us; /* the watch comes by every second anyhow */
	if (now_us < nd->held_look_us &&
	    nd->held_look_us - now_us <= HELD_LOOK_S * CLOCK_US_PER_S)
		return RC_OK;
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list held = {.s = s, .a = a}, told = held;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ZONE_HELD_DUE, NULL, on_held, &held, e);
	if (rc == RC_OK)
		rc = store_run(
			s, &SQL_ALARM_OLDER,
			(struct db_param[]){
				DB_P_TEXT("zone_let_out"),
				DB_P_INT(now_us - LET_OUT_TOLD_S * CLOCK_US_PER_S)},
			on_key, &told, e);
	if (rc == RC_OK)
		rc = store_run(
			s, &SQL_ALARM_OLDER,
			(struct db_param[]){
				DB_P_TEXT("zone_ahead"),
				DB_P_INT(now_us - LET_OUT_TOLD_S * CLOCK_US_PER_S)},
			on_key, &told, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		rc = held_look(nd, &held, e);
	if (rc == RC_OK && told.n != 0)
		rc = writer_run(nd, work_told, &told, e);
	if (rc == RC_OK)
		nd->held_look_us = now_us + HELD_LOOK_S * CLOCK_US_PER_S;
	arena_free(a);
	return rc;
}
