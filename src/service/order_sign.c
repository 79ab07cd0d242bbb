/*
 * What is done with a drafted order: overrides and approvals of its exact text, the lift
 * by one person at once, and its end by itself.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/target.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { EXPIRE_MAX = 64 /* orders that end in one job */ };

struct signing {
	const char *order, *text_sha256, *reason, *by, *type;
	json_t *guards; /* override */
	json_t *names;	/* lift: NULL for all */
	struct order_row row;
};

static enum rc
signing_append(struct writer *w, struct signing *g, json_t *body, struct err *e)
{
	struct view_disclosed sd = {"reason", NULL};

	if (g->reason != NULL)
		sd.value = json_string(g->reason);
	return append_event(w,
			    &(struct append){
				    .channel = g->row.channel,
				    .type = g->type,
				    .by = g->by,
				    .body = body,
				    .disclosures = &sd,
				    .n_disclosures = g->reason == NULL ? 0 : 1,
			    },
			    NULL, e);
}

/* What was overdue when the order was drafted may have been answered since. */
static enum rc
grounds_stand(struct writer *w, const struct signing *g, struct err *e)
{
	json_t *cites = json_array();
	struct channel_row ch;
	const struct policy *p;
	size_t i;
	const json_t *cite;
	enum rc rc = channel_by_id(w->s, w->a, g->row.channel, &ch, e);

	if (rc == RC_OK)
		rc = policy_of_channel(w->s, w->a, &ch, &p, e);
	if (rc == RC_OK)
		rc = store_rows(w->s, &SQL_ORDER_CITES,
				(struct db_param[]){DB_P_TEXT(g->order)},
				"case:s subject:s", cites, e);
	json_array_foreach (cites, i, cite)
		if (rc == RC_OK)
			rc = order_ground(
				w->s, w->a, p, g->row.channel,
				json_string_value(json_object_get(cite, "case")),
				w->now_us, e);
	json_decref(cites);
	return rc;
}

/* A name that the order does not hold is a slip that would leave another one blocked. */
static enum rc
names_held(struct writer *w, const struct signing *g, struct err *e)
{
	json_t *held = json_array();
	size_t i, k;
	const json_t *name, *row;
	enum rc rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(g->order)},
				"name:s wildcard:b", held, e);

	json_array_foreach (g->names, i, name) {
		bool found = false;
		json_array_foreach (held, k, row)
			found |= json_equal(json_object_get(row, "name"), name) == 1;
		if (rc == RC_OK && !found)
			rc = err_set(e, RC_CONFLICT,
				     "nothing is lifted: the order does not hold %s now",
				     json_string_value(name));
	}
	json_decref(held);
	return rc;
}

static enum rc
work_sign(struct writer *w, void *arg, struct err *e)
{
	struct signing *g = arg;
	enum rc rc = view_order_get(w->s, w->a, g->order, &g->row, e);

	if (rc == RC_OK && strcmp(g->type, "order.approve") == 0)
		rc = grounds_stand(w, g, e);
	if (rc == RC_OK && g->names != NULL)
		rc = names_held(w, g, e);
	if (rc != RC_OK)
		return rc;
	json_t *body = json_pack("{s:s}", "order", g->order);
	if (g->text_sha256 != NULL)
		json_object_set_new(body, "text", json_string(g->text_sha256));
	if (g->guards != NULL)
		json_object_set(body, "guards", g->guards);
	if (g->names != NULL)
		json_object_set(body, "names", g->names);
	rc = signing_append(w, g, body, e);
	return rc == RC_OK ? view_order_get(w->s, w->a, g->order, &g->row, e) : rc;
}

static enum rc
sign_reply(struct node *nd, struct arena *a, struct signing *g, struct reply *out,
	   struct err *e)
{
	struct store *s = NULL;
	struct order_row row;
	uint32_t serial = 0;
	enum rc rc = writer_run(nd, work_sign, g, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = view_order_get(s, a, g->order, &row, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I, s:I, s:O, s:I}", "order", g->order,
				     "state", row.state, "approvals",
				     (json_int_t)row.approvals, "approvals_needed",
				     (json_int_t)row.approvals_needed, "overrides_needed",
				     row.guards, "serial", (json_int_t)serial));
	return rc;
}

/* in: order, text_sha256, guards ([token]), reason  out: order, state, approvals, ... */
enum rc
service_order_override(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.override"};
	enum rc rc = in_only(in, "order text_sha256 guards reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "text_sha256", true, HASH_HEX_LEN, &g.text_sha256, e);
	if (rc == RC_OK)
		rc = in_text(in, "reason", true, ORDER_TEXT_MAX, &g.reason, e);
	g.guards = json_object_get(in, "guards");
	if (rc == RC_OK && (!json_is_array(g.guards) || json_array_size(g.guards) == 0))
		rc = err_set(e, RC_INVALID,
			     "\"guards\" must name the guards to override");
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

/* in: order, text_sha256 (of the text that was read)  out: as of override */
enum rc
service_order_approve(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.approve"};
	enum rc rc = in_only(in, "order text_sha256", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "text_sha256", true, HASH_HEX_LEN, &g.text_sha256, e);
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

/* In their normal form; NULL when absent. */
static enum rc
lift_names(struct arena *a, json_t *in, json_t **ret, struct err *e)
{
	const json_t *names = json_object_get(in, "names"), *v;
	size_t i;

	*ret = NULL;
	if (names == NULL || json_is_null(names))
		return RC_OK;
	if (!json_is_array(names) || json_array_size(names) == 0 ||
	    json_array_size(names) > EVENT_ORDER_NAMES_MAX)
		return err_set(
			e, RC_INVALID,
			"\"names\" must list 1 to %d names, or be left out to lift "
			"them all",
			EVENT_ORDER_NAMES_MAX);
	*ret = json_array();
	arena_defer(a, release_json, *ret);
	json_array_foreach (names, i, v) {
		const char *given = json_string_value(v), *name;
		enum rc rc = given == NULL
				     ? err_set(e, RC_INVALID, "it is no text")
				     : name_normalise(a, given, strlen(given), &name, e);
		if (rc != RC_OK) {
			err_prefix(e, "names[%zu]", i);
			return rc;
		}
		json_array_append_new(*ret, json_string(name));
	}
	return RC_OK;
}

/* in: order, reason, names? (all when absent)  out: as of override
 * RC_CONFLICT: the order is not in force, or does not hold one of them. */
enum rc
service_order_lift(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.lift"};
	enum rc rc = in_only(in, "order reason names", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "reason", true, ORDER_TEXT_MAX, &g.reason, e);
	if (rc == RC_OK)
		rc = lift_names(a, in, &g.names, e);
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

struct expiry {
	int64_t now_us, next_us;
	struct {
		char id[UUID_TEXT_LEN + 1];
		int64_t channel;
	} due[EXPIRE_MAX];
	size_t n;
	struct store *s;
};

static enum rc
on_ending(void *arg, const struct db_row *row, struct err *e)
{
	struct expiry *x = arg;
	size_t len;

	(void)e;
	int64_t ends = x->s->drv->col_int(row, 2);
	if (ends > x->now_us) {
		if (x->next_us == 0)
			x->next_us = ends;
		return RC_OK;
	}
	const char *id = x->s->drv->col_text(row, 0, &len);
	if (x->n < sizeof(x->due) / sizeof(x->due[0]) && len == UUID_TEXT_LEN) {
		memcpy(x->due[x->n].id, id, UUID_TEXT_LEN + 1);
		x->due[x->n++].channel = x->s->drv->col_int(row, 1);
	}
	return RC_OK;
}

static enum rc
work_expire(struct writer *w, void *arg, struct err *e)
{
	const struct expiry *x = arg;
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < x->n; i++) {
		struct order_row row;
		rc = view_order_get(w->s, w->a, x->due[i].id, &row, e);
		/* A lift may have come first. */
		if (rc == RC_OK && strcmp(row.state, "in_force") == 0)
			rc = append_event(
				w,
				&(struct append){
					.channel = x->due[i].channel,
					.type = "order.expire",
					.by = "node",
					.body = json_pack("{s:s}", "order", x->due[i].id),
				},
				NULL, e);
	}
	return rc;
}

/* Orders whose end has come expire. */
enum rc
tick_order_expiry(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct expiry x = {.now_us = now_us};
	enum rc rc = reader_get(nd, &x.s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_run(x.s, &SQL_ORDER_ENDING, NULL, on_ending, &x, e);
	reader_put(nd, x.s);
	if (rc == RC_OK && x.n != 0)
		rc = writer_run(nd, work_expire, &x, e);
	if (rc == RC_OK && x.n == EXPIRE_MAX)
		*next_us = now_us; /* there may be more of them */
	else if (x.next_us != 0)
		*next_us = x.next_us;
	return rc;
}
