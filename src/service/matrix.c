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

#include "base/buf.h"
#include "base/clock.h"
#include "core/batch.h"
#include "service/matrix_seen.h"
#include "service/operator.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { CSV_MAX = 4 << 20 /* bytes */ };

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

enum rc
order_serial_newest(struct store *s, const char *order, const char *zone, uint32_t *ret,
		    struct err *e)
{
	struct order_serials x;
	enum rc rc = serials_get(s, order, zone, &x, e);

	*ret = x.off > x.on ? x.off : x.on;
	return rc;
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
	const struct policy *policy;
	struct matrix_sight sight;
	json_t *rows;
	int64_t now_us;
	json_int_t waiting;
	const char *slowest;
	unsigned slowest_lacks;
	json_int_t slowest_pulled;
	bool ended;
};

/* What is missing of a change at an operator, NULL: nothing that it could do.  That a
 * server fetched a block is enough while nobody measured otherwise; of a lift its
 * operator says that it took effect, or it is measured. */
static const char *
lacking(bool pulled, bool applied, bool lifted, const json_t *seen)
{
	bool contrary = json_integer_value(
				json_object_get(seen, lifted ? "blocked" : "free")) != 0;

	if (!pulled)
		return "pulled";
	if (contrary)
		return "measured";
	return lifted && !applied ? "applied" : NULL;
}

/* {times, at, by, channel, lacks, answered}; null: never. */
static enum rc
reminded_get(struct store *s, const char *order, const char *operator_name, json_t **ret,
	     struct err *e)
{
	const struct db_param of[] = {DB_P_TEXT(order), DB_P_TEXT(operator_name)};
	json_t *last = NULL, *counts = NULL;
	enum rc rc =
		store_row(s, &SQL_REMINDED_OF, of, "times:i at:t answered:t", &counts, e);

	if (rc == RC_OK && json_integer_value(json_object_get(counts, "times")) != 0)
		rc = store_row(s, &SQL_REMINDED_LAST, of,
			       "step:i channel:s by:s at:t lacks:s", &last, e);
	if (rc == RC_OK && last != NULL) {
		json_object_set(last, "times", json_object_get(counts, "times"));
		json_object_set(last, "answered", json_object_get(counts, "answered"));
	}
	json_decref(counts);
	*ret = last != NULL ? last : json_null();
	return rc;
}

/* One operator's row in the making. */
struct cell {
	const struct operator_row *op;
	struct order_serials x;
	json_t *operator_, *waived, *reminded, *seen;
	bool lifted, waits;
	bool covered; /* its names went, and other rows go on covering them */
	json_int_t want, pulled, claimed;
	const char *pulled_at;
};

static enum rc
cell_read(struct matrix *m, struct cell *c, struct err *e)
{
	const struct operator_row *op = c->op;
	enum rc rc = serials_get(m->s, m->o->id, op->zone, &c->x, e);

	if (rc == RC_OK)
		rc = operator_json(m->s, m->a, op, m->now_us, &c->operator_, e);
	if (rc == RC_OK)
		rc = waived_get(m->s, m->o->id, op->name, &c->waived, e);
	if (rc == RC_OK)
		rc = reminded_get(m->s, m->o->id, op->name, &c->reminded, e);
	if (rc != RC_OK)
		return rc;
	c->lifted = c->x.off > c->x.on;
	c->want = c->lifted ? c->x.off : c->x.on;
	pulled_newest(json_object_get(c->operator_, "pulled"), &c->pulled, &c->pulled_at);
	c->claimed = json_integer_value(
		json_object_get(json_object_get(c->operator_, "applied"), "serial"));
	const struct matrix_at at = {op->name, op->zone, c->lifted};
	size_t expected;
	rc = matrix_seen(m->s, m->a, &m->sight, &at, &c->seen, &expected, e);
	if (rc != RC_OK)
		return rc;
	c->covered = c->lifted && expected == 0;
	/* Who came after the lift never had the block, unless it was measured to. */
	if (c->lifted && op->added_us > c->x.off_us && text_is(c->seen, "state", "none"))
		c->want = 0;
	c->waits = c->want != 0 && !c->covered && json_is_null(c->waived) &&
		   !text_is(c->seen, "state", c->lifted ? "free" : "blocked");
	return RC_OK;
}

static json_t *
cell_json(const struct matrix *m, const struct cell *c)
{
	bool pulled = c->want != 0 && c->pulled >= c->want;
	bool applied = c->want != 0 && c->claimed >= c->want;
	/* Who came after the change has it from then on. */
	int64_t since_us = c->lifted ? c->x.off_us : c->x.on_us;
	if (since_us != 0 && since_us < c->op->added_us)
		since_us = c->op->added_us;
	int64_t within_us = c->lifted ? m->policy->order.operator_lift_us
				      : m->policy->order.operator_block_us;
	const char *lacks =
		c->waits ? lacking(pulled, applied, c->lifted, c->seen) : NULL;

	return json_pack(
		"{s:s, s:s, s:s, s:b, s:I, s:I, s:s?, s:b, s:I, s:O?, s:b, s:O, s:O, "
		"s:b, s:o, s:o, s:s?, s:O, s:b}",
		"operator", c->op->name, "zone", c->op->zone, "expected",
		c->want == 0 ? "nothing"
		: c->lifted  ? "free"
			     : "blocked",
		"lifted", c->lifted, "serial", c->want, "pulled_serial", c->pulled,
		"pulled_at", c->pulled_at, "pulled", pulled, "applied_serial", c->claimed,
		"applied_at",
		json_object_get(json_object_get(c->operator_, "applied"), "at"),
		"applied", applied, "measured", c->seen, "waived", c->waived, "waits",
		c->waits, "since", json_time(since_us), "due",
		json_time(since_us == 0 ? 0 : since_us + within_us), "lacks", lacks,
		"reminded", c->reminded, "covered", c->covered);
}

/* The slowest lacks the most, and of those that lack the same holds the oldest. */
static void
slowest_note(struct matrix *m, const struct cell *c)
{
	static const char *const most[] = {"pulled", "measured", "applied"};
	enum { MOST = sizeof(most) / sizeof(most[0]) };
	const json_t *row = json_array_get(m->rows, json_array_size(m->rows) - 1);
	unsigned lacks = MOST;

	for (unsigned i = 0; i < MOST; i++)
		if (text_is(row, "lacks", most[i]))
			lacks = i;
	if (!c->waits || (m->slowest != NULL &&
			  (lacks > m->slowest_lacks || (lacks == m->slowest_lacks &&
							c->pulled >= m->slowest_pulled))))
		return;
	m->slowest = c->op->name;
	m->slowest_lacks = lacks;
	m->slowest_pulled = c->pulled;
}

static enum rc
operator_put(struct matrix *m, const struct operator_row *op, struct err *e)
{
	struct cell c = {.op = op};
	enum rc rc = cell_read(m, &c, e);

	if (rc == RC_OK) {
		m->waiting += c.waits && c.lifted;
		json_array_append_new(m->rows, cell_json(m, &c));
		slowest_note(m, &c);
	}
	json_decref(c.operator_);
	json_decref(c.waived);
	json_decref(c.reminded);
	json_decref(c.seen);
	return rc;
}

static enum rc
policy_get(struct matrix *m, struct err *e)
{
	struct channel_row ch;
	enum rc rc = channel_by_id(m->s, m->a, m->o->channel, &ch, e);

	return rc == RC_OK ? policy_of_channel(m->s, m->a, &ch, &m->policy, e) : rc;
}

/* {serial, measured, waived, at}; null: it is not over everywhere yet. */
static enum rc
normalised_get(struct store *s, const char *order, json_t **ret, struct err *e)
{
	enum rc rc =
		store_row(s, &SQL_NORMALISED_GET, (struct db_param[]){DB_P_TEXT(order)},
			  "serial:i measured:i waived:i at:t", ret, e);

	if (rc != RC_NOT_FOUND)
		return rc;
	*ret = json_null();
	return RC_OK;
}

enum rc
order_matrix(struct store *s, struct arena *a, const char *order, const char *only,
	     int64_t now_us, json_t **ret, struct err *e)
{
	struct order_row o;
	struct matrix m = {
		.s = s, .a = a, .o = &o, .rows = json_array(), .now_us = now_us};
	struct store_list ops = {.n = 0};
	json_t *closed = NULL;
	uint32_t ttl_s = 0;
	enum rc rc = view_order_get(s, a, order, &o, e);

	if (rc == RC_OK)
		rc = policy_get(&m, e);
	if (rc == RC_OK)
		rc = matrix_sight_read(s, a, order, &m.sight, e);
	if (rc == RC_OK)
		rc = operator_rows(s, a, &ops, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	for (size_t i = 0; rc == RC_OK && i < ops.n; i++) {
		const struct operator_row *op = (const struct operator_row *)ops.rows + i;
		if (only == NULL || strcmp(op->name, only) == 0)
			rc = operator_put(&m, op, e);
	}
	if (rc == RC_OK)
		rc = normalised_get(s, order, &closed, e);
	m.ended = rc == RC_OK && (o.life == ORDER_LIFTED || o.life == ORDER_EXPIRED);
	if (rc == RC_OK)
		*ret = json_pack("{s:s, s:s, s:O, s:I, s:b, s:O, s:s?, s:I, s:s}",
				 "order", order, "state", o.state, "operators", m.rows,
				 "waiting", m.waiting, "normalised",
				 m.ended && m.waiting == 0, "closed", closed, "slowest",
				 m.slowest, "floor_s", (json_int_t)ttl_s, "note",
				 "A resolver's cache keeps a policy answer for its TTL, "
				 "the floor of "
				 "any lift; caches behind it may keep it longer.");
	json_decref(closed);
	matrix_sight_drop(&m.sight);
	json_decref(m.rows);
	return rc;
}

/* What an operator's row is worth as text: numbers as they are, no time as nothing. */
static const char *
cell_text(struct arena *a, const json_t *v)
{
	if (json_is_integer(v))
		return arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	return json_is_string(v) ? json_string_value(v) : "";
}

static enum rc
matrix_csv(struct arena *a, const json_t *m, struct reply *out, struct err *e)
{
	static const char *const columns[] = {
		"operator",	 "zone",      "expected",	"serial",
		"pulled_serial", "pulled_at", "applied_serial", "applied_at"};
	const size_t n = sizeof(columns) / sizeof(columns[0]);
	struct buf b = BUF_INIT(CSV_MAX);
	const json_t *row;
	size_t i;

	for (i = 0; i < n; i++)
		csv_cell_put(&b, columns[i], false);
	csv_cell_put(&b, "measured", false);
	csv_cell_put(&b, "measured_at", false);
	csv_cell_put(&b, "waits", true);
	json_array_foreach (json_object_get(m, "operators"), i, row) {
		const json_t *seen = json_object_get(row, "measured");
		for (size_t k = 0; k < n; k++)
			csv_cell_put(&b, cell_text(a, json_object_get(row, columns[k])),
				     false);
		csv_cell_put(&b, cell_text(a, json_object_get(seen, "state")), false);
		csv_cell_put(&b, cell_text(a, json_object_get(seen, "at")), false);
		csv_cell_put(&b,
			     json_is_true(json_object_get(row, "waits")) ? "yes" : "no",
			     true);
	}
	return reply_csv(a, out, &b, "matrix.csv", e);
}

/* in: order, format? (json, csv)  out: order, state, operators [...], waiting,
 * normalised, closed, slowest, floor_s, note; or a CSV of the operators */
enum rc
service_order_matrix(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct store *s = NULL;
	const char *order;
	bool csv;
	json_t *m = NULL;
	enum rc rc = in_only(in, "order format", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = in_csv(in, &csv, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = order_matrix(s, a, order, NULL, clock_now_us(), &m, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out, m);
	return rc == RC_OK && csv ? matrix_csv(a, m, out, e) : rc;
}
