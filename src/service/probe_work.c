/*
 * What is to be asked: whom, for which names, beside which names and resolvers that tell
 * a block from an outage; and the resolvers of an operator, which an admin names.
 */
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/probe_target.h"
#include "service/probe.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	DAY_S = 86400,
	OPERATOR_MAX = 40,
};

/* Texts of a setting, separated by blanks. */
static json_t *
words_json(const char *text)
{
	json_t *list = json_array();

	while (*text != '\0') {
		size_t lead = strspn(text, " \t"), len = strcspn(text + lead, " \t");
		if (len != 0)
			json_array_append_new(list, json_stringn(text + lead, len));
		text += lead + len;
	}
	return list;
}

/* ---- names ------------------------------------------------------------------------- */

struct names {
	struct store *s;
	struct arena *a;
	json_t *list, *seen; /* by owner */
	size_t max;
	bool lifted;
	const char *last; /* owner */
	size_t rows;
};

static void
name_put(struct names *n, const char *owner, const char *order, int64_t serial,
	 int64_t at_us)
{
	if (json_object_get(n->seen, owner) != NULL || json_array_size(n->list) >= n->max)
		return;
	json_t *orders = json_array();
	if (order != NULL)
		json_array_append_new(orders, json_string(order));
	json_object_set_new(n->seen, owner, json_true());
	json_array_append_new(n->list,
			      json_pack("{s:s, s:o, s:s, s:I, s:o}", "owner", owner,
					"orders", orders, "expected",
					n->lifted ? "free" : "blocked", "serial",
					(json_int_t)serial, "since", json_time(at_us)));
}

static enum rc
on_lifted(void *arg, const struct db_row *row, struct err *e)
{
	struct names *n = arg;

	(void)e;
	name_put(n, store_col_text(n->s, n->a, row, 0),
		 store_col_text(n->s, n->a, row, 1), n->s->drv->col_int(row, 2),
		 n->s->drv->col_int(row, 3));
	return RC_OK;
}

static enum rc
on_blocked(void *arg, const struct db_row *row, struct err *e)
{
	struct names *n = arg;

	(void)e;
	name_put(n, store_col_text(n->s, n->a, row, 0), NULL, n->s->drv->col_int(row, 1),
		 n->s->drv->col_int(row, 2));
	return RC_OK;
}

static enum rc
on_rest(void *arg, const struct db_row *row, struct err *e)
{
	struct names *n = arg;

	(void)e;
	n->rows++;
	n->last = store_col_text(n->s, n->a, row, 0);
	name_put(n, n->last, NULL, n->s->drv->col_int(row, 1), 0);
	return RC_OK;
}

static enum rc
on_order(void *arg, const struct db_row *row, struct err *e)
{
	struct names *n = arg;

	(void)e;
	json_array_append_new(n->list, json_string(store_col_text(n->s, n->a, row, 0)));
	return RC_OK;
}

/* The orders that hold each name that is blocked. */
static enum rc
orders_fill(const struct names *n, struct err *e)
{
	enum rc rc = RC_OK;
	json_t *name;
	size_t i;

	json_array_foreach (n->list, i, name) {
		struct names one = {
			.s = n->s, .a = n->a, .list = json_object_get(name, "orders")};
		if (rc == RC_OK && json_array_size(one.list) == 0)
			rc = store_run(n->s, &SQL_PROBE_ORDERS,
				       (struct db_param[]){DB_P_TEXT(json_string_value(
					       json_object_get(name, "owner")))},
				       on_order, &one, e);
	}
	return rc;
}

/* All that were lifted lately; half of what is left for the newest in the zone; then the
 * others, in turn from round to round. */
static enum rc
names_read(struct node *nd, struct names *n, const char *from, const char **ret_next,
	   struct err *e)
{
	int64_t days = settings_int(nd->config, "probe.lifted_days");
	int64_t since_us = clock_now_us() - days * DAY_S * CLOCK_US_PER_S;
	size_t all = n->max;

	n->lifted = true;
	enum rc rc = store_run(n->s, &SQL_PROBE_LIFTED,
			       (struct db_param[]){DB_P_INT(since_us), DB_P_INT(all)},
			       on_lifted, n, e);
	n->lifted = false;
	n->max = json_array_size(n->list) + (all - json_array_size(n->list) + 1) / 2;
	if (rc == RC_OK)
		rc = store_run(n->s, &SQL_PROBE_BLOCKED,
			       (struct db_param[]){DB_P_INT(n->max)}, on_blocked, n, e);
	n->max = all;
	if (rc == RC_OK)
		rc = store_run(n->s, &SQL_PROBE_REST,
			       (struct db_param[]){DB_P_TEXT(from), DB_P_INT(all)},
			       on_rest, n, e);
	if (rc == RC_OK)
		rc = orders_fill(n, e);
	*ret_next = n->rows == all ? n->last : "";
	return rc;
}

/* ---- resolvers --------------------------------------------------------------------- */

static enum rc
on_resolver(void *arg, const struct db_row *row, struct err *e)
{
	struct names *n = arg;
	const char *canary = n->last;

	(void)e;
	json_array_append_new(
		n->list, json_pack("{s:s, s:s, s:s}", "operator",
				   store_col_text(n->s, n->a, row, 0), "resolver",
				   store_col_text(n->s, n->a, row, 1), "canary", canary));
	return RC_OK;
}

static json_t *
limits_json(const struct settings *c)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:b}", "per_s",
			 (json_int_t)settings_int(c, "probe.per_s"), "jitter_percent",
			 (json_int_t)settings_int(c, "probe.jitter_percent"), "tries",
			 (json_int_t)settings_int(c, "probe.tries"), "timeout_ms",
			 (json_int_t)settings_int(c, "probe.timeout_ms"), "siblings",
			 settings_bool(c, "probe.siblings"));
}

static void
release_json(void *p)
{
	json_decref(p);
}

enum rc
service_probe_work(struct node *nd, struct arena *a, const char *from, json_t **ret,
		   struct err *e)
{
	const struct settings *c = nd->config;
	const char *zone = settings_text(c, "rpz.zone"), *next = "";
	struct names resolvers = {.a = a, .list = json_array(), .last = PROBE_CANARY};
	struct names names = {.a = a,
			      .list = json_array(),
			      .seen = json_object(),
			      .max = (size_t)settings_int(c, "probe.names")};
	struct store *s = NULL;
	uint32_t serial = 0;
	enum rc rc = reader_snapshot(nd, &s, e);

	resolvers.s = names.s = s;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_PROBE_RESOLVER_LIST, NULL, on_resolver, &resolvers,
			       e);
	if (rc == RC_OK && json_array_size(resolvers.list) != 0)
		rc = names_read(nd, &names, from, &next, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	reader_put(nd, s);
	json_decref(names.seen);
	*ret = json_pack("{s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:[s, s, s], s:s}",
			 "every_s", (json_int_t)settings_int(c, "probe.every_s"),
			 "serial", (json_int_t)serial, "limits", limits_json(c),
			 "resolvers", resolvers.list, "names", names.list, "never",
			 settings_text(c, "probe.never"), "controls",
			 words_json(settings_text(c, "probe.controls")), "landing",
			 words_json(settings_text(c, "probe.landing")), "zones", zone,
			 arena_printf(a, "hot.%s", zone),
			 arena_printf(a, "base.%s", zone), "next", next);
	arena_defer(a, release_json, *ret);
	return rc;
}

/*
 * in: from? (the `next` of the work before)
 * out: serial (of the zone), every_s, limits {per_s, jitter_percent, tries, timeout_ms,
 * siblings}, resolvers [{operator, resolver, canary}], names [{owner, orders, expected,
 * serial, since}], never, controls [], landing [], zones [], next
 */
enum rc
service_probes_work(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *from = NULL;
	json_t *work = NULL;
	enum rc rc = in_only(in, "from", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "from", false, EVENT_DNS_OWNER_MAX, &from, e);
	if (rc == RC_OK)
		rc = service_probe_work(nd, a, from == NULL ? "" : from, &work, e);
	if (rc == RC_OK)
		reply_json(a, out, json_incref(work));
	return rc;
}

/* ---- whom -------------------------------------------------------------------------- */

struct resolvers_job {
	const char *operator_name;
	const json_t *list;
};

static enum rc
work_resolvers(struct writer *w, void *arg, struct err *e)
{
	const struct resolvers_job *j = arg;
	const struct db_param key[] = {DB_P_TEXT(j->operator_name)};
	int64_t n = 0;
	size_t i;
	const json_t *v;
	enum rc rc = store_int(w->s, &SQL_PROBE_OPERATOR, key, 0, &n, e);

	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no operator %s",
			     j->operator_name);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PROBE_RESOLVER_DROP, key, NULL, NULL, e);
	json_array_foreach (j->list, i, v)
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_PROBE_RESOLVER_PUT,
				       (struct db_param[]){
					       DB_P_TEXT(j->operator_name), DB_P_INT(i),
					       DB_P_TEXT(json_string_value(v))},
				       NULL, NULL, e);
	return rc;
}

/*
 * in: operator, resolvers [] (as core/probe_target.h has them; all there are, [] for
 *     none: it is asked no more)
 * out: operator, resolvers
 */
enum rc
service_operator_probe(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct resolvers_job j = {0};
	struct probe_target t;
	size_t i;
	const json_t *v;
	enum rc rc = in_only(in, "operator resolvers", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_MAX, &j.operator_name, e);
	j.list = json_object_get(in, "resolvers");
	if (rc == RC_OK &&
	    (!json_is_array(j.list) || json_array_size(j.list) > PROBE_RESOLVERS_MAX))
		rc = err_set(e, RC_INVALID,
			     "\"resolvers\" must list up to %d resolvers, as "
			     "\"192.0.2.53,udp,tcp\"",
			     PROBE_RESOLVERS_MAX);
	json_array_foreach (j.list, i, v) {
		const char *text = json_string_value(v);
		if (rc == RC_OK &&
		    (text == NULL || strlen(text) != json_string_length(v)))
			rc = err_set(e, RC_INVALID, "a resolver must be a text");
		if (rc == RC_OK)
			rc = probe_target_parse(a, text, &t, e);
	}
	if (rc == RC_OK)
		rc = writer_run(nd, work_resolvers, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:O}", "operator", j.operator_name,
				     "resolvers", j.list));
	return rc;
}
