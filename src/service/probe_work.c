/*
 * What is to be asked: whom, for which names, beside which names and resolvers that tell
 * a block from an outage; and the resolvers of an operator, which an admin names.
 */
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/probe_target.h"
#include "service/probe_int.h"
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

/* ---- resolvers --------------------------------------------------------------------- */

struct audience {
	struct store *s;
	struct arena *a;
	const struct store_list *heads;
	json_t *list;  /* [{operator, resolver, zone, canary}] */
	json_t *zones; /* by name: that somebody takes it */
};

/* The canary of the zone that its operator lists first. */
static const char *
canary_of(struct arena *a, const struct zone_head *z, const char *layout, bool holds_hot,
	  bool holds_whole)
{
	bool whole = strcmp(layout, "whole") == 0 ||
		     (strcmp(layout, "pair") != 0 && holds_whole && !holds_hot);
	const char *name = rpzrow_canary(
		a, zone_part_origin(a, z, whole ? ZONE_PART_WHOLE : ZONE_PART_HOT));

	return name != NULL ? name : RPZROW_CANARY;
}

static enum rc
on_resolver(void *arg, const struct db_row *row, struct err *e)
{
	struct audience *x = arg;
	const struct db_driver *drv = x->s->drv;
	const char *zone = store_col_text(x->s, x->a, row, 2);
	const struct zone_head *z = NULL;

	for (size_t i = 0; i < x->heads->n; i++) {
		const struct zone_head *one =
			(const struct zone_head *)x->heads->rows + i;
		if (strcmp(one->name, zone) == 0)
			z = one;
	}
	if (z == NULL)
		return err_set(e, RC_CORRUPT, "there is no zone %s", zone);
	json_object_set_new(x->zones, zone, json_true());
	json_array_append_new(
		x->list,
		json_pack("{s:s, s:s, s:s, s:s}", "operator",
			  store_col_text(x->s, x->a, row, 0), "resolver",
			  store_col_text(x->s, x->a, row, 1), "zone", zone, "canary",
			  canary_of(x->a, z, store_col_text(x->s, x->a, row, 3),
				    drv->col_int(row, 4) != 0,
				    drv->col_int(row, 5) != 0)));
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

/* The names of each zone that somebody takes, and under which names it is served. */
static enum rc
zones_put(struct audience *x, struct probe_names *names, json_t *origins, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->heads->n; i++) {
		const struct zone_head *z = (const struct zone_head *)x->heads->rows + i;
		/* For one order also the main zone, which others may be asked for. */
		if (json_object_get(x->zones, z->name) == NULL &&
		    (names->order == NULL || strcmp(z->name, ZONE_MAIN) != 0))
			continue;
		for (int part = ZONE_PART_WHOLE; part <= ZONE_PART_BASE; part++)
			json_array_append_new(origins,
					      json_string(zone_part_origin(
						      x->a, z, (enum zone_part)part)));
		rc = probe_names_read(names, z, e);
	}
	return rc;
}

enum rc
service_probe_work(struct node *nd, struct arena *a, const struct probe_ask_for *what,
		   json_t **ret, struct err *e)
{
	const struct settings *c = nd->config;
	int64_t days = settings_int(c, "probe.lifted_days"), serial = 0;
	int64_t every_s = settings_int(c, "probe.every_s");
	json_t *origins = json_array();
	struct store_list heads = {.n = 0};
	struct audience x = {
		.a = a, .heads = &heads, .list = json_array(), .zones = json_object()};
	struct probe_names names = {.a = a,
				    .order = what->order,
				    .from = what->from == NULL ? "" : what->from,
				    .next = "",
				    .since_us = clock_now_us() -
						days * DAY_S * CLOCK_US_PER_S,
				    .each = (size_t)settings_int(c, "probe.names"),
				    .list = json_array()};
	struct store *s = NULL;
	enum rc rc = reader_snapshot(nd, &s, e);

	x.s = names.s = s;
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	if (rc == RC_OK)
		rc = store_run(s, &SQL_PROBE_AUDIENCE, NULL, on_resolver, &x, e);
	if (rc == RC_OK)
		rc = zones_put(&x, &names, origins, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ZONE_COUNTER, NULL, 0, &serial, e);
	reader_put(nd, s);
	json_decref(x.zones);
	*ret = json_pack("{s:I, s:I, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:s}", "every_s",
			 (json_int_t)(every_s == 0 ? PROBE_EVERY_S : every_s), "serial",
			 (json_int_t)serial, "limits", limits_json(c), "resolvers",
			 x.list, "names", names.list, "never",
			 settings_text(c, "probe.never"), "controls",
			 words_json(settings_text(c, "probe.controls")), "landing",
			 words_json(settings_text(c, "probe.landing")), "zones", origins,
			 "next", names.next);
	arena_defer(a, release_json, *ret);
	return rc;
}

/*
 * in: from? (the `next` of the work before), order? (its names only, all of them)
 * out: serial (the newest of any zone), every_s, limits {per_s, jitter_percent, tries,
 * timeout_ms, siblings}, resolvers [{operator, resolver, zone, canary}], names [{zone,
 * owner, orders, expected, serial, since}], never, controls [], landing [], zones []
 * (origins), next
 */
enum rc
service_probes_work(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct probe_ask_for what = {.from = NULL};
	json_t *work = NULL;
	int64_t channel = -1;
	struct store *s = NULL;
	enum rc rc = in_only(in, "from order", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "from", false, EVENT_DNS_OWNER_MAX, &what.from, e);
	if (rc == RC_OK && json_object_get(in, "order") != NULL)
		rc = in_uuid(in, "order", &what.order, e);
	if (rc == RC_OK && what.order != NULL) {
		rc = reader_get(nd, &s, e);
		if (rc == RC_OK)
			rc = store_int(s, &SQL_PROBE_ORDER_CHANNEL,
				       (struct db_param[]){DB_P_TEXT(what.order)}, -1,
				       &channel, e);
		reader_put(nd, s);
		if (rc == RC_OK && channel < 0)
			rc = err_set(e, RC_NOT_FOUND, "there is no order %s", what.order);
	}
	if (rc == RC_OK)
		rc = service_probe_work(nd, a, &what, &work, e);
	if (rc == RC_OK)
		reply_json(a, out, json_incref(work));
	return rc;
}

/* ---- whom -------------------------------------------------------------------------- */

struct resolvers_job {
	const char *operator_name, *by, *reason;
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
		rc = probe_resolvers_retire(
			w,
			&(struct probe_retire){.operator_name = j->operator_name,
					       .by = j->by,
					       .reason = j->reason},
			j->list, e);
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
 *     none: it is asked no more), reason? (why those that are not among them are retired)
 * out: operator, resolvers
 */
enum rc
service_operator_probe(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct resolvers_job j = {.by = actor_pseudonym(who)};
	struct probe_target t;
	size_t i;
	const json_t *v;
	enum rc rc = in_only(in, "operator resolvers reason", e);

	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_MAX, &j.operator_name, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, PROBE_REASON_MAX, &j.reason, e);
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
