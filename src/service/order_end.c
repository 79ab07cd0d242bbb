/*
 * The end of an order: the lift by one person at once, the lift in stages, the end by
 * itself, and what people are told before it.  A lift waits for nobody.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/order_release.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum {
	EXPIRE_MAX = 64, /* orders that end in one job */
	DUE_MAX = 64,	 /* orders of which people are told at one time */
};

/* ---- what people are told ---------------------------------------------------------- */

static const char *
due_key(struct arena *a, const char *kind, const char *order)
{
	return arena_printf(a, "order-%s/%s", kind, order);
}

struct times {
	struct store *s;
	int64_t ends_us, review_us, reviewed_us;
};

static enum rc
on_times(void *arg, const struct db_row *row, struct err *e)
{
	struct times *t = arg;

	(void)e;
	t->ends_us = t->s->drv->col_int(row, 0);
	t->review_us = t->s->drv->col_int(row, 1);
	t->reviewed_us = t->s->drv->col_int(row, 2);
	return RC_OK;
}

static enum rc
due_put(struct writer *w, const char *order, const char *kind, int64_t at_us,
	struct err *e)
{
	return store_run(
		w->s, &SQL_ORDER_DUE_PUT,
		(struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(kind), DB_P_INT(at_us)},
		NULL, NULL, e);
}

static enum rc
due_delete(struct writer *w, const char *order, const char *kind, struct err *e)
{
	return store_run(w->s, &SQL_ORDER_DUE_DELETE,
			 (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(kind)}, NULL,
			 NULL, e);
}

enum rc
order_due_set(struct writer *w, const char *order, struct err *e)
{
	struct times t = {.s = w->s};
	struct order_row row;
	struct channel_row ch;
	const struct policy *p;
	enum rc rc = view_order_get(w->s, w->a, order, &row, e);

	if (rc == RC_OK)
		rc = channel_by_id(w->s, w->a, row.channel, &ch, e);
	if (rc == RC_OK)
		rc = policy_of_channel(w->s, w->a, &ch, &p, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ORDER_TIMES,
			       (struct db_param[]){DB_P_TEXT(order)}, on_times, &t, e);
	if (rc == RC_OK)
		rc = due_put(w, order, "end", t.ends_us - p->order.notice_before_end_us,
			     e);
	if (rc == RC_OK)
		rc = alarm_clear(w, due_key(w->a, "review", order), e);
	if (rc == RC_OK && t.reviewed_us < t.review_us)
		rc = due_put(w, order, "review", t.review_us, e);
	else if (rc == RC_OK)
		rc = due_delete(w, order, "review", e);
	return rc;
}

enum rc
order_due_clear(struct writer *w, const char *order, struct err *e)
{
	static const char *const kinds[] = {"end", "review"};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		rc = due_delete(w, order, kinds[i], e);
		if (rc == RC_OK)
			rc = alarm_clear(w, due_key(w->a, kinds[i], order), e);
	}
	return rc;
}

/* When the whole order has ended, nothing is due of it any more. */
static enum rc
due_end(struct writer *w, const char *order, struct err *e)
{
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, order, &row, e);

	return rc == RC_OK && row.life != ORDER_IN_FORCE ? order_due_clear(w, order, e)
							 : rc;
}

struct due {
	char order[UUID_TEXT_LEN + 1];
	bool end;
};
struct telling {
	struct store *s;
	int64_t now_us, next_us;
	struct due due[DUE_MAX];
	size_t n;
};

static enum rc
on_due(void *arg, const struct db_row *row, struct err *e)
{
	struct telling *t = arg;
	size_t len;

	(void)e;
	if (t->next_us != TICK_NEVER_US)
		return RC_OK;
	int64_t at_us = t->s->drv->col_int(row, 2);
	if (at_us > t->now_us) {
		t->next_us = at_us;
		return RC_OK;
	}
	struct due *d = &t->due[t->n];
	const char *id = t->s->drv->col_text(row, 0, &len);
	if (len != UUID_TEXT_LEN)
		return RC_OK;
	memcpy(d->order, id, UUID_TEXT_LEN + 1);
	d->end = strcmp(t->s->drv->col_text(row, 1, &len), "end") == 0;
	t->n++;
	return RC_OK;
}

/* The other side hears of the end beforehand, too: in the first case that the order
 * cites, as a message of the node.  An emergency order without cases is told at home. */
static enum rc
tell_peer(struct writer *w, const struct order_row *o, struct err *e)
{
	json_t *cites = json_array();
	char when[CLOCK_TEXT_LEN];
	enum rc rc =
		store_rows(w->s, &SQL_ORDER_CITES, (struct db_param[]){DB_P_TEXT(o->id)},
			   "case:s subject:s", cites, e);

	if (rc == RC_OK && json_array_size(cites) != 0) {
		struct view_disclosed sd = {
			"text",
			json_string(arena_printf(
				w->a,
				"Order %s, which cites this case, ends by itself on %s "
				"unless it is lifted before.",
				o->id, clock_format(o->ends_us, when)))};
		rc = append_event(w,
				  &(struct append){
					  .channel = o->channel,
					  .type = "message.post",
					  .casefile = json_string_value(json_object_get(
						  json_array_get(cites, 0), "case")),
					  .by = "node",
					  .disclosures = &sd,
					  .n_disclosures = 1,
				  },
				  NULL, e);
	}
	json_decref(cites);
	return rc;
}

static enum rc
tell(struct writer *w, const struct due *d, bool peer, int64_t now_us, struct err *e)
{
	const char *kind = d->end ? "end" : "review";
	char when[CLOCK_TEXT_LEN];
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, d->order, &row, e);

	if (rc == RC_OK && row.life == ORDER_IN_FORCE)
		rc = alarm_raise(
			w, due_key(w->a, kind, d->order),
			d->end ? "order_ends" : "order_review", d->order,
			d->end ? arena_printf(
					 w->a,
					 "the order ends by itself on %s: draft "
					 "another in time if it must go on, or let it "
					 "end",
					 clock_format(row.ends_us, when))
			       : "the order is to be reviewed by somebody who did not "
				 "draft it: kept, or lifted",
			now_us, e);
	if (rc == RC_OK && row.life == ORDER_IN_FORCE && d->end && peer)
		rc = tell_peer(w, &row, e);
	return rc == RC_OK ? due_delete(w, d->order, kind, e) : rc;
}

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	return tell(w, arg, true, w->now_us, e);
}

static enum rc
work_tell_home(struct writer *w, void *arg, struct err *e)
{
	return tell(w, arg, false, w->now_us, e);
}

/* Each on its own: people at home are told also when the other side cannot be. */
static enum rc
due_tell(struct node *nd, struct due *d, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = writer_run(nd, work_tell, d, &why);

	if (rc == RC_OK)
		return rc;
	if (tick_node_unwell(rc))
		return err_set(e, rc, "%s", why.text);
	log_line(LOG_ERROR, "order.end_untold", "order=%s why=%s", d->order, why.text);
	return writer_run(nd, work_tell_home, d, e);
}

/* An order that ends soon, or whose review is due, is told as an alarm, and the end to
 * the other side as a message. */
enum rc
tick_order_due(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct telling t = {.now_us = now_us, .next_us = TICK_NEVER_US};
	enum rc rc = reader_get(nd, &t.s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_run(t.s, &SQL_ORDER_DUE_LIST, (struct db_param[]){DB_P_INT(DUE_MAX)},
		       on_due, &t, e);
	reader_put(nd, t.s);
	for (size_t i = 0; rc == RC_OK && i < t.n; i++)
		rc = due_tell(nd, &t.due[i], e);
	*next_us = t.n == DUE_MAX ? now_us : t.next_us;
	return rc;
}

/* ---- the lift ---------------------------------------------------------------------- */

struct lift {
	const char *order, *reason, *by;
	json_t *names;		    /* NULL for all */
	json_t *zones;		    /* NULL for all */
	json_t *stages;		    /* of a plan, else NULL */
	struct order_state_now now; /* out */
};

static enum rc
work_lift(struct writer *w, void *arg, struct err *e)
{
	struct lift *l = arg;
	struct view_disclosed sd = {"reason", NULL};
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, l->order, &row, e);

	if (rc == RC_OK && l->names != NULL)
		rc = order_names_held(w, l->order, l->names, e);
	if (rc != RC_OK)
		return rc;
	sd.value = json_string(l->reason);
	rc = append_event(w,
			  &(struct append){
				  .channel = row.channel,
				  .type = l->stages == NULL ? "order.lift" : "order.plan",
				  .by = l->by,
				  .body = json_pack("{s:s, s:O*, s:O*, s:O*}", "order",
						    l->order, "names", l->names, "stages",
						    l->stages, "zones", l->zones),
				  .disclosures = &sd,
				  .n_disclosures = 1,
			  },
			  &l->now.seq, e);
	if (rc == RC_OK)
		rc = due_end(w, l->order, e);
	return rc == RC_OK ? order_state_take(w, l->order, &l->now, e) : rc;
}

/* in: order, reason, names? (all when absent), zones? | operators? (all when absent)
 * out: as of override; on_record false: the log takes nothing now, and the names have
 * left the zones all the same; given_out false: which are given to nobody, as the store
 * is an old copy.  RC_CONFLICT: the order is not in force, or does not hold one of them,
 * or another operator has one of these operators' zones. */
enum rc
service_order_lift(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct lift l = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "order reason names zones operators", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &l.order, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &l.reason, e);
	if (rc == RC_OK)
		rc = order_read_names(a, json_object_get(in, "names"), &l.names, e);
	if (rc == RC_OK)
		rc = order_read_zones(nd, a, in, &l.zones, e);
	if (rc == RC_OK && l.zones != NULL && l.names == NULL)
		rc = order_names_all(nd, a, l.order, &l.names, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_lift, &l, e);
	/* What must not sign can still let go. */
	if (rc == RC_FROZEN) {
		struct order_release r = {.order = l.order,
					  .by = l.by,
					  .reason = l.reason,
					  .names = l.names,
					  .zones = l.zones};
		json_decref(l.now.guards);
		rc = order_release(nd, &r, e);
		l.now = r.now;
	}
	return order_state_reply(a, l.order, rc, &l.now, out);
}

static enum rc
stage_read(struct node *nd, struct arena *a, const char *order, json_t *in, json_t **ret,
	   struct err *e)
{
	json_t *names = NULL, *zones = NULL;
	const char *at = NULL;
	int64_t at_us = 0;
	enum rc rc = json_is_object(in) ? in_only(in, "at names zones operators", e)
					: err_set(e, RC_INVALID, "it must be an object");

	if (rc == RC_OK)
		rc = in_text(in, "at", true, CLOCK_TEXT_LEN, &at, e);
	if (rc == RC_OK && clock_parse(at, strlen(at), &at_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"at\" is no time: write it as 2017-08-10T00:00:00Z");
	if (rc == RC_OK)
		rc = order_read_names(a, json_object_get(in, "names"), &names, e);
	if (rc == RC_OK)
		rc = order_read_zones(nd, a, in, &zones, e);
	if (rc == RC_OK && names == NULL && zones == NULL)
		rc = err_set(e, RC_INVALID,
			     "\"names\" is missing, or \"zones\" or \"operators\"");
	if (rc == RC_OK && names == NULL)
		rc = order_names_all(nd, a, order, &names, e);
	if (rc == RC_OK)
		*ret = json_pack("{s:I, s:O, s:O*}", "at", (json_int_t)at_us, "names",
				 names, "zones", zones);
	return rc;
}

static enum rc
stages_read(struct node *nd, struct arena *a, const char *order, json_t *in, json_t *into,
	    struct err *e)
{
	json_t *stages = json_object_get(in, "stages"), *v, *stage = NULL;
	size_t i;

	if (!json_is_array(stages) || json_array_size(stages) == 0 ||
	    json_array_size(stages) > EVENT_ORDER_STAGES_MAX)
		return err_set(
			e, RC_INVALID,
			"\"stages\" must list 1 to %d stages, each with \"at\" and "
			"\"names\"",
			EVENT_ORDER_STAGES_MAX);
	json_array_foreach (stages, i, v) {
		enum rc rc = stage_read(nd, a, order, v, &stage, e);
		if (rc != RC_OK) {
			err_prefix(e, "stages[%zu]", i);
			return rc;
		}
		json_array_append_new(into, stage);
	}
	return RC_OK;
}

/*
 * in: order, reason, stages [{at, names?, zones? | operators?}], in the order of their
 * times out: as of override Each stage lifts its names at its time; a plan takes the
 * place of the one before, and a lift that of any plan.  RC_CONFLICT: a stage after the
 * order's end, or a name that it does not hold, or an operator who shares its zone with
 * others.
 */
enum rc
service_order_plan(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct lift l = {.by = actor_pseudonym(who), .stages = json_array()};
	enum rc rc = in_only(in, "order reason stages", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &l.order, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &l.reason, e);
	if (rc == RC_OK)
		rc = stages_read(nd, a, l.order, in, l.stages, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_lift, &l, e);
	json_decref(l.stages);
	return order_state_reply(a, l.order, rc, &l.now, out);
}

/* ---- by itself --------------------------------------------------------------------- */

struct ending {
	const char *order;
	int64_t channel, ends_us;
};

static enum rc
on_ending(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct ending *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->order = store_col_text(l->s, l->a, row, 0);
	x->channel = l->s->drv->col_int(row, 1);
	x->ends_us = l->s->drv->col_int(row, 2);
	return RC_OK;
}

struct expiry {
	const struct ending *rows;
	size_t n;
};

static enum rc
work_expire(struct writer *w, void *arg, struct err *e)
{
	const struct expiry *x = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->n; i++) {
		struct order_row row;
		rc = view_order_get(w->s, w->a, x->rows[i].order, &row, e);
		/* A lift may have come first. */
		if (rc == RC_OK && row.life == ORDER_IN_FORCE)
			rc = append_event(w,
					  &(struct append){
						  .channel = x->rows[i].channel,
						  .type = "order.expire",
						  .by = "node",
						  .body = json_pack("{s:s}", "order",
								    x->rows[i].order),
					  },
					  NULL, e);
		if (rc == RC_OK)
			rc = due_end(w, x->rows[i].order, e);
	}
	return rc;
}

/* All in one job; where one of them cannot end, each in its own: nothing stays blocked
 * because of another order.  *e is of the first that failed. */
static enum rc
expire_all(struct node *nd, const struct ending *rows, size_t n, struct err *e)
{
	struct expiry all = {rows, n};
	struct err why = ERR_INIT;
	enum rc first = writer_run(nd, work_expire, &all, &why);

	if (first == RC_OK || tick_node_unwell(first))
		return first == RC_OK ? RC_OK : err_set(e, first, "%s", why.text);
	first = RC_OK;
	for (size_t i = 0; i < n; i++) {
		struct expiry one = {&rows[i], 1};
		enum rc rc = writer_run(nd, work_expire, &one, &why);
		if (rc != RC_OK && first == RC_OK)
			first = err_set(e, rc, "order %s cannot end: %s", rows[i].order,
					why.text);
	}
	return first;
}

/* Orders whose end has come expire. */
enum rc
tick_order_expiry(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct ending last = {.order = "", .ends_us = INT64_MIN};
	struct store *s = NULL;
	int64_t ends_us = 0;
	size_t n = EXPIRE_MAX;
	enum rc failed = RC_OK, rc = reader_get(nd, &s, e);

	while (rc == RC_OK && n == EXPIRE_MAX) {
		struct store_list l = {.s = s, .a = a};
		rc = store_run(
			s, &SQL_ORDER_ENDING,
			(struct db_param[]){DB_P_INT(now_us), DB_P_INT(last.ends_us),
					    DB_P_TEXT(last.order), DB_P_INT(EXPIRE_MAX)},
			on_ending, &l, e);
		const struct ending *rows = l.rows;
		n = l.n;
		if (rc != RC_OK || n == 0)
			break;
		last = rows[n - 1];
		enum rc one = expire_all(nd, rows, n, e);
		failed = failed == RC_OK ? one : failed;
	}
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ORDER_NEXT_END,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, &ends_us, e);
	reader_put(nd, s);
	if (ends_us != 0)
		*next_us = ends_us;
	arena_free(a);
	return rc == RC_OK ? failed : rc;
}

struct staged_name {
	const char *order, *name;
	int64_t channel, plan, at_us;
};

static enum rc
on_stage(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct staged_name *n = store_list_next(l, sizeof(*n));

	(void)e;
	n->order = store_col_text(l->s, l->a, row, 0);
	n->channel = drv->col_int(row, 1);
	n->plan = drv->col_int(row, 2);
	n->name = store_col_text(l->s, l->a, row, 3);
	n->at_us = drv->col_int(row, 4);
	return RC_OK;
}

static bool
same_stage(const struct staged_name *x, const struct staged_name *y)
{
	return strcmp(x->order, y->order) == 0 && x->plan == y->plan &&
	       x->at_us == y->at_us;
}

static enum rc
stage_lift(struct writer *w, const struct staged_name *n, size_t count, struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	json_t *names = json_array();
	struct view_disclosed sd = {
		"reason", json_string(arena_printf(w->a, "the stage of %s of its plan",
						   clock_format(n->at_us, when)))};

	for (size_t i = 0; i < count; i++)
		json_array_append_new(names, json_string(n[i].name));
	enum rc rc = append_event(
		w,
		&(struct append){
			.channel = n->channel,
			.type = "order.lift",
			.by = "node",
			.body = json_pack("{s:s, s:o, s:I}", "order", n->order, "names",
					  names, "plan", (json_int_t)n->plan),
			.disclosures = &sd,
			.n_disclosures = 1,
		},
		NULL, e);
	return rc == RC_OK ? due_end(w, n->order, e) : rc;
}

struct stages {
	int64_t now_us;
	const char *order;
};

/* What is due of the order is read again here: a plain lift may have come between. */
static enum rc
work_stages(struct writer *w, void *arg, struct err *e)
{
	const struct stages *x = arg;
	struct store_list l = {.s = w->s, .a = w->a};
	enum rc rc =
		store_run(w->s, &SQL_ORDER_STAGES_OF,
			  (struct db_param[]){DB_P_TEXT(x->order), DB_P_INT(x->now_us)},
			  on_stage, &l, e);
	const struct staged_name *rows = l.rows;

	for (size_t i = 0; rc == RC_OK && i < l.n;) {
		size_t count = 1;
		while (i + count < l.n && same_stage(&rows[i], &rows[i + count]))
			count++;
		rc = stage_lift(w, &rows[i], count, e);
		i += count;
	}
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

/* Stages of plans whose time has come lift their names, those of each order on their
 * own. */
enum rc
tick_order_stages(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	struct store_list l = {.a = a};
	const struct db_param now[] = {DB_P_INT(now_us)};
	int64_t at_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	l.s = s;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ORDER_STAGES, now, on_order, &l, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ORDER_NEXT_STAGE, now, 0, &at_us, e);
	reader_put(nd, s);
	if (at_us != 0)
		*next_us = at_us;
	for (size_t i = 0; i < l.n; i++) {
		struct stages x = {now_us, ((const char *const *)l.rows)[i]};
		struct err why = ERR_INIT;
		enum rc one = writer_run(nd, work_stages, &x, &why);
		if (one == RC_FROZEN)
			one = order_release_stages(nd, x.order, now_us, &why);
		if (one != RC_OK && rc == RC_OK)
			rc = err_set(e, one, "order %s: %s", x.order, why.text);
	}
	arena_free(a);
	return rc;
}
