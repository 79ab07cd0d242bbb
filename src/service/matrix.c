/*
 * What became of an order at each operator: pulled, applied, measured, and who is waited
 * for.
 *
 * Pulled is what the operator's server showed to hold, applied is what somebody claims,
 * measured is what probes saw.  A claim is no measurement, and only a measurement, or a
 * person who says why not, ends the wait after a lift.
 */
#include "service/matrix.h"

#include <string.h>

#include "base/clock.h"
#include "service/measured.h"
#include "service/operator.h"
#include "store/store_sql.h"

/* The serials with which an order came into a zone, and left it. */
struct order_serials {
	struct store *s;
	uint32_t on, off;
	int64_t on_us, off_us;
};

static enum rc
on_change(void *arg, const struct db_row *row, struct err *e)
{
	struct order_serials *x = arg;
	const struct db_driver *drv = x->s->drv;
	uint32_t serial = (uint32_t)drv->col_int(row, 0);

	(void)e;
	if (!drv->col_null(row, 2)) { /* new */
		x->on = serial;
		x->on_us = drv->col_int(row, 3);
	} else {
		x->off = serial;
		x->off_us = drv->col_int(row, 3);
	}
	return RC_OK;
}

static enum rc
serials_get(struct store *s, const char *order, const char *zone,
	    struct order_serials *ret, struct err *e)
{
	*ret = (struct order_serials){.s = s};
	return store_run(s, &SQL_ZONE_CHANGE_OF,
			 (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(zone)},
			 on_change, ret, e);
}

/* The newest serial that the operator holds of any part of its zone, and since when it
 * was heard of. */
static void
pulled_newest(const json_t *pulled, json_int_t *ret_serial, const char **ret_at)
{
	size_t i;
	const json_t *v;

	*ret_serial = 0;
	*ret_at = NULL;
	json_array_foreach (pulled, i, v) {
		json_int_t serial = json_integer_value(json_object_get(v, "serial"));
		if (serial < *ret_serial)
			continue;
		*ret_serial = serial;
		*ret_at = json_string_value(json_object_get(v, "at"));
	}
}

static bool
text_is(const json_t *o, const char *member, const char *is)
{
	const char *text = json_string_value(json_object_get(o, member));

	return text != NULL && strcmp(text, is) == 0;
}

/* {state, resolvers, blocked, free, unknown, at}: free only if every name was measured
 * free at every resolver of the operator, by measurements after the lift. */
static json_t *
measured_json(const json_t *rows, const char *operator_name, bool lifted)
{
	json_int_t blocked = 0, free_n = 0, unknown = 0;
	const char *at = NULL;
	size_t i;
	const json_t *v;

	json_array_foreach (rows, i, v) {
		if (!text_is(v, "operator", operator_name))
			continue;
		const char *when = json_string_value(json_object_get(v, "at"));
		if (at == NULL || (when != NULL && strcmp(when, at) > 0))
			at = when;
		/* Before the lift, "free" tells nothing of it. */
		bool fits = !lifted || text_is(v, "expected", "free");
		if (text_is(v, "means", "blocked"))
			blocked++;
		else if (text_is(v, "means", "free") && fits)
			free_n++;
		else
			unknown++;
	}
	json_int_t n = blocked + free_n + unknown;
	const char *state = n == 0	   ? "none"
			    : blocked == n ? "blocked"
			    : free_n == n  ? "free"
			    : blocked != 0 ? "partly"
					   : "unknown";
	return json_pack("{s:s, s:I, s:I, s:I, s:s?}", "state", state, "blocked", blocked,
			 "free", free_n, "unknown", unknown, "at", at);
}

static enum rc
waived_get(struct store *s, const char *order, const char *operator_name, json_t **ret,
	   struct err *e)
{
	enum rc rc =
		store_row(s, &SQL_WAIVED_GET,
			  (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(operator_name)},
			  "by:s reason:s at:t", ret, e);

	if (rc != RC_NOT_FOUND)
		return rc;
	*ret = json_null();
	return RC_OK;
}

struct matrix {
	struct store *s;
	struct arena *a;
	const struct order_row *o;
	json_t *measured, *rows;
	int64_t now_us;
	json_int_t waiting;
	const char *slowest;
	json_int_t slowest_pulled;
	bool ended;
};

static enum rc
operator_put(struct matrix *m, const struct operator_row *op, struct err *e)
{
	json_t *o = NULL, *waived = NULL;
	struct order_serials x;
	json_int_t pulled;
	const char *pulled_at;
	enum rc rc = serials_get(m->s, m->o->id, op->zone, &x, e);

	if (rc == RC_OK)
		rc = operator_json(m->s, m->a, op, m->now_us, &o, e);
	if (rc == RC_OK)
		rc = waived_get(m->s, m->o->id, op->name, &waived, e);
	if (rc != RC_OK) {
		json_decref(o);
		return rc;
	}
	bool lifted = x.off > x.on;
	json_int_t want = lifted ? x.off : x.on;
	pulled_newest(json_object_get(o, "pulled"), &pulled, &pulled_at);
	const json_t *applied = json_object_get(o, "applied");
	json_int_t claimed = json_integer_value(json_object_get(applied, "serial"));
	json_t *seen = measured_json(m->measured, op->name, lifted);
	bool waits = want != 0 && json_is_null(waived) &&
		     !text_is(seen, "state", lifted ? "free" : "blocked");
	m->waiting += waits && lifted;
	if (waits && (m->slowest == NULL || pulled < m->slowest_pulled)) {
		m->slowest = op->name;
		m->slowest_pulled = pulled;
	}
	json_array_append_new(
		m->rows,
		json_pack("{s:s, s:s, s:s, s:b, s:I, s:I, s:s?, s:b, s:I, s:O?, s:b, "
			  "s:o, s:o, s:b}",
			  "operator", op->name, "zone", op->zone, "expected",
			  want == 0 ? "nothing"
			  : lifted  ? "free"
				    : "blocked",
			  "lifted", lifted, "serial", want, "pulled_serial", pulled,
			  "pulled_at", pulled_at, "pulled", want != 0 && pulled >= want,
			  "applied_serial", claimed, "applied_at",
			  json_object_get(applied, "at"), "applied",
			  want != 0 && claimed >= want, "measured", seen, "waived",
			  waived, "waits", waits));
	json_decref(o);
	return RC_OK;
}

enum rc
order_matrix(struct store *s, struct arena *a, const char *order, int64_t now_us,
	     json_t **ret, struct err *e)
{
	struct order_row o;
	struct matrix m = {.s = s,
			   .a = a,
			   .o = &o,
			   .measured = json_array(),
			   .rows = json_array(),
			   .now_us = now_us};
	struct store_list ops = {.n = 0};
	uint32_t ttl_s = 0;
	enum rc rc = view_order_get(s, a, order, &o, e);

	if (rc == RC_OK)
		rc = measured_of_order(s, order, m.measured, e);
	if (rc == RC_OK)
		rc = operator_rows(s, a, &ops, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	for (size_t i = 0; rc == RC_OK && i < ops.n; i++)
		rc = operator_put(&m, (const struct operator_row *)ops.rows + i, e);
	m.ended = rc == RC_OK && (o.life == ORDER_LIFTED || o.life == ORDER_EXPIRED);
	if (rc == RC_OK)
		*ret = json_pack("{s:s, s:s, s:O, s:I, s:b, s:s?, s:I, s:s}", "order",
				 order, "state", o.state, "operators", m.rows, "waiting",
				 m.waiting, "normalised", m.ended && m.waiting == 0,
				 "slowest", m.slowest, "floor_s", (json_int_t)ttl_s,
				 "note",
				 "A resolver's cache keeps a policy answer for its TTL, "
				 "the floor of "
				 "any lift; caches behind it may keep it longer.");
	json_decref(m.measured);
	json_decref(m.rows);
	return rc;
}

/* in: order  out: order, state, operators [...], waiting, normalised, slowest, floor_s,
 * note */
enum rc
service_order_matrix(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct store *s = NULL;
	const char *order;
	json_t *m = NULL;
	enum rc rc = in_only(in, "order", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = order_matrix(s, a, order, clock_now_us(), &m, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out, m);
	return rc;
}

/* ---- what people say
 * ------------------------------------------------------------------------ */

struct saying {
	const char *operator_name, *order, *reason, *by;
	int64_t serial;
	int64_t channel;
};

/* The channel of the order, else the node's first. */
static enum rc
saying_channel(struct writer *w, struct saying *x, struct err *e)
{
	struct order_row o;
	const struct channel_row *channels;
	size_t n = 0;
	enum rc rc;

	if (x->order != NULL) {
		rc = view_order_get(w->s, w->a, x->order, &o, e);
		x->channel = rc == RC_OK ? o.channel : 0;
		return rc;
	}
	rc = store_channels(w->s, w->a, &channels, &n, e);
	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_CONFLICT,
			     "this node has no channel, and so no order yet");
	if (rc == RC_OK)
		x->channel = channels[0].channel;
	return rc;
}

static enum rc
work_confirm(struct writer *w, void *arg, struct err *e)
{
	struct saying *x = arg;
	struct operator_row op;
	struct order_serials serials;
	int64_t newest = 0;
	enum rc rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);

	if (rc == RC_OK)
		rc = saying_channel(w, x, e);
	if (rc == RC_OK && x->order != NULL) {
		rc = serials_get(w->s, x->order, op.zone, &serials, e);
		x->serial = serials.off > serials.on ? serials.off : serials.on;
		if (rc == RC_OK && x->serial == 0)
			rc = err_set(e, RC_CONFLICT,
				     "the order never stood in the zone of %s", op.name);
	}
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_ZONE_COUNTER, NULL, 0, &newest, e);
	if (rc == RC_OK && x->serial > newest)
		rc = err_set(e, RC_CONFLICT,
			     "no zone of this node had serial %lld yet: the newest is "
			     "%lld",
			     (long long)x->serial, (long long)newest);
	return rc == RC_OK
		       ? append_event(w,
				      &(struct append){
					      .channel = x->channel,
					      .type = "dns.applied",
					      .by = x->by,
					      .body = json_pack("{s:s, s:I}", "operator",
								op.name, "serial",
								(json_int_t)x->serial),
				      },
				      NULL, e)
		       : rc;
}

/* in: operator, serial | order (its newest change)  out: operator, serial
 * A claim of the operator's, on record under the name of who enters it. */
enum rc
service_operator_confirm(struct node *nd, struct arena *a, const struct actor *who,
			 json_t *in, struct reply *out, struct err *e)
{
	struct saying x = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "operator serial order", e);

	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_int(in, "serial", 1, UINT32_MAX, 0, &x.serial, e);
	if (rc == RC_OK && json_object_get(in, "order") != NULL)
		rc = in_uuid(in, "order", &x.order, e);
	if (rc == RC_OK && (x.order == NULL) == (x.serial == 0))
		rc = err_set(e, RC_INVALID, "give \"serial\" or \"order\"");
	if (rc == RC_OK)
		rc = writer_run(nd, work_confirm, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "operator", x.operator_name, "serial",
				     (json_int_t)x.serial));
	return rc;
}

static enum rc
work_waive(struct writer *w, void *arg, struct err *e)
{
	struct saying *x = arg;
	struct view_disclosed sd = {"reason", NULL};
	struct operator_row op;
	enum rc rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);

	if (rc == RC_OK)
		rc = saying_channel(w, x, e);
	if (rc != RC_OK)
		return rc;
	sd.value = json_string(x->reason);
	return append_event(w,
			    &(struct append){
				    .channel = x->channel,
				    .type = "dns.waived",
				    .by = x->by,
				    .body = json_pack("{s:s, s:s}", "order", x->order,
						      "operator", op.name),
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    NULL, e);
}

/* in: order, operator, reason  out: order, operator
 * Nobody waits for this operator after the order's lift any more.  RC_CONFLICT: the order
 * has not ended. */
enum rc
service_order_waive(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct saying x = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "order operator reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &x.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &x.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_waive, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "order", x.order, "operator",
				     x.operator_name));
	return rc;
}
