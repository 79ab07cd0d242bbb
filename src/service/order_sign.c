/*
 * What people do with a drafted order: override a guard, approve or return its exact
 * text, withdraw it, say that the owner was told, review it or its lift.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/clock_guard.h"
#include "service/order_int.h"
#include "store/store_sql.h"

struct signing {
	const char *order, *text_sha256, *reason, *by, *type;
	json_t *body; /* beside order and text; stolen by nobody, NULL: nothing */
	enum rc (*check)(struct writer *w, const struct signing *g, struct err *e);
	bool lift; /* review: the order is lifted by the same act */
	struct order_row row;
	struct order_state_now now; /* out */
};

static enum rc
signing_append(struct writer *w, const struct signing *g, const char *type, json_t *body,
	       uint64_t *ret_seq, struct err *e)
{
	struct view_disclosed sd = {"reason", NULL};

	if (g->reason != NULL)
		sd.value = json_string(g->reason);
	return append_event(w,
			    &(struct append){
				    .channel = g->row.channel,
				    .type = type,
				    .by = g->by,
				    .body = body,
				    .disclosures = &sd,
				    .n_disclosures = g->reason == NULL ? 0 : 1,
			    },
			    ret_seq, e);
}

static enum rc
work_sign(struct writer *w, void *arg, struct err *e)
{
	struct signing *g = arg;
	enum rc rc = view_order_get(w->s, w->a, g->order, &g->row, e);

	if (rc == RC_OK && g->check != NULL)
		rc = g->check(w, g, e);
	if (rc != RC_OK)
		return rc;
	bool was_draft = g->row.life == ORDER_DRAFT;
	json_t *body =
		json_pack("{s:s, s:s*}", "order", g->order, "text", g->text_sha256);
	if (g->body != NULL)
		json_object_update(body, g->body);
	rc = signing_append(w, g, g->type, body, &g->now.seq, e);
	if (rc == RC_OK && g->lift)
		rc = signing_append(w, g, "order.lift",
				    json_pack("{s:s}", "order", g->order), NULL, e);
	if (rc == RC_OK)
		rc = view_order_get(w->s, w->a, g->order, &g->row, e);
	if (rc == RC_OK && was_draft && g->row.life == ORDER_IN_FORCE)
		rc = order_due_set(w, g->order, e);
	else if (rc == RC_OK && strcmp(g->type, "order.review") == 0)
		rc = g->row.life == ORDER_IN_FORCE ? order_due_set(w, g->order, e)
						   : order_due_clear(w, g->order, e);
	return rc == RC_OK ? order_state_take(w, g->order, &g->now, e) : rc;
}

enum rc
order_state_take(struct writer *w, const char *order, struct order_state_now *ret,
		 struct err *e)
{
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, order, &row, e);

	if (rc == RC_OK)
		rc = view_zone_serial(w->s, &ret->serial, e);
	if (rc != RC_OK)
		return rc;
	json_decref(ret->guards);
	ret->guards = json_deep_copy(row.guards);
	ret->life = row.life;
	ret->approvals = row.approvals;
	ret->approvals_needed = row.approvals_needed;
	return RC_OK;
}

enum rc
order_state_reply(struct arena *a, const char *order, enum rc rc,
		  struct order_state_now *now, struct reply *out)
{
	if (rc == RC_OK) {
		json_t *o = reply_json(
			a, out,
			json_pack("{s:s, s:s, s:I, s:I, s:O, s:I}", "order", order,
				  "state", order_state_token(now->life), "approvals",
				  (json_int_t)now->approvals, "approvals_needed",
				  (json_int_t)now->approvals_needed, "overrides_needed",
				  now->guards, "serial", (json_int_t)now->serial));
		if (now->waits)
			json_object_set_new(o, "on_record", json_false());
		else
			json_object_set_new(o, "seq", json_integer((json_int_t)now->seq));
		if (now->held)
			json_object_set_new(o, "given_out", json_false());
	}
	json_decref(now->guards);
	return rc;
}

static enum rc
sign_reply(struct node *nd, struct arena *a, struct signing *g, struct reply *out,
	   struct err *e)
{
	enum rc rc = writer_run(nd, work_sign, g, e);

	return order_state_reply(a, g->order, rc, &g->now, out);
}

/* ---- override ---------------------------------------------------------------------- */

/* Guards are known, and of those that can be overridden. */
static enum rc
guards_check(const json_t *guards, struct err *e)
{
	size_t i;
	const json_t *v;

	if (!json_is_array(guards) || json_array_size(guards) == 0 ||
	    json_array_size(guards) > EVENT_ORDER_GUARDS_MAX)
		return err_set(e, RC_INVALID,
			       "\"guards\" must name the guards to override");
	json_array_foreach (guards, i, v) {
		const char *token = json_string_value(v);
		int code = 0;
		while (token != NULL && code < GUARD_CODE_COUNT &&
		       strcmp(guard_code_token((enum guard_code)code), token) != 0)
			code++;
		if (token == NULL || code == GUARD_CODE_COUNT)
			return err_set(e, RC_INVALID, "guards[%zu] is no guard", i);
		if (guard_code_level((enum guard_code)code) != GUARD_OVERRIDE)
			return err_set(e, RC_DENIED, "nobody overrides the guard %s",
				       token);
	}
	return RC_OK;
}

/* in: order, text_sha256, guards ([token]), reason
 * out: order, state, approvals, ..., seq (of the act in our log) */
enum rc
service_order_override(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.override"};
	json_t *guards = json_object_get(in, "guards");
	enum rc rc = in_only(in, "order text_sha256 guards reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "text_sha256", true, HASH_HEX_LEN, &g.text_sha256, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &g.reason, e);
	if (rc == RC_OK)
		rc = guards_check(guards, e);
	if (rc == RC_OK)
		rc = clock_guard_check(nd, e);
	if (rc != RC_OK)
		return rc;
	g.body = json_pack("{s:O}", "guards", guards);
	rc = sign_reply(nd, a, &g, out, e);
	json_decref(g.body);
	return rc;
}

/* ---- approve ----------------------------------------------------------------------- */

static bool
is_overridden(const struct order_row *o, enum guard_code code)
{
	size_t i;
	const json_t *v;

	json_array_foreach (o->overridden, i, v)
		if (strcmp(json_string_value(v), guard_code_token(code)) == 0)
			return true;
	return false;
}

/* What was overdue when the order was drafted may have been answered since, and the zone
 * may have changed more than the policy lets it in a day. */
static enum rc
approval_stands(struct writer *w, const struct signing *g, struct err *e)
{
	json_t *cites = json_array(), *names = json_array();
	const struct db_param key[] = {DB_P_TEXT(g->order)};
	struct channel_row ch;
	const struct policy *p;
	int64_t changed = 0;
	size_t i;
	const json_t *cite;
	enum rc rc = channel_by_id(w->s, w->a, g->row.channel, &ch, e);

	if (rc == RC_OK)
		rc = policy_of_channel(w->s, w->a, &ch, &p, e);
	if (rc == RC_OK && p->test)
		rc = err_rule(
			e, RC_DENIED, "protocol 13",
			"the channel is a TEST now, under the policy %s: nothing on "
			"it becomes an order",
			p->name);
	if (rc == RC_OK && !g->row.emergency)
		rc = store_rows(w->s, &SQL_ORDER_CITES, key, "case:s subject:s", cites,
				e);
	json_array_foreach (cites, i, cite)
		if (rc == RC_OK)
			rc = order_ground(
				w->s, w->a, p, g->row.channel,
				json_string_value(json_object_get(cite, "case")),
				w->now_us, e);
	if (rc == RC_OK)
		rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD, key, "name:s wildcard:b",
				names, e);
	if (rc == RC_OK)
		rc = order_changed(w->s, g->row.channel, w->now_us, &changed, e);
	if (rc == RC_OK && !is_overridden(&g->row, GUARD_CODE_DELTA) &&
	    changed + (int64_t)json_array_size(names) > p->order.delta_max)
		rc = err_set(
			e, RC_CONFLICT,
			"held: %" PRId64 " names changed within a day and this order "
			"has %zu more, the policy %s allows %" PRIu32
			": a third person overrides the guard delta, or wait",
			changed, json_array_size(names), p->name, p->order.delta_max);
	json_decref(cites);
	json_decref(names);
	return rc;
}

/* order, text_sha256, and a reason where the act has one */
static enum rc
signed_read(json_t *in, struct signing *g, struct err *e)
{
	enum rc rc = in_uuid(in, "order", &g->order, e);

	return rc == RC_OK ? in_text(in, "text_sha256", true, HASH_HEX_LEN,
				     &g->text_sha256, e)
			   : rc;
}

/* in: order, text_sha256 (of the text that was read)  out: as of override */
enum rc
service_order_approve(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who),
			    .type = "order.approve",
			    .check = approval_stands};
	enum rc rc = in_only(in, "order text_sha256", e);

	if (rc == RC_OK)
		rc = signed_read(in, &g, e);
	if (rc == RC_OK)
		rc = clock_guard_check(nd, e);
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

/* ---- return, withdraw -------------------------------------------------------------- */

/* in: order, text_sha256, reason  out: as of override */
enum rc
service_order_return(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.return"};
	enum rc rc = in_only(in, "order text_sha256 reason", e);

	if (rc == RC_OK)
		rc = signed_read(in, &g, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &g.reason, e);
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

/* in: order, reason?  out: as of override */
enum rc
service_order_withdraw(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.withdraw"};
	enum rc rc = in_only(in, "order reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", false, ORDER_TEXT_MAX, &g.reason, e);
	return rc == RC_OK ? sign_reply(nd, a, &g, out, e) : rc;
}

/* ---- the owner --------------------------------------------------------------------- */

/* All names of the order when none is given. */
static enum rc
owner_names(struct writer *w, const struct signing *g, struct err *e)
{
	json_t *rows = json_array(), *names = json_array();
	size_t i;
	json_t *row;
	enum rc rc = RC_OK;

	if (json_object_get(g->body, "names") == NULL) {
		rc = store_rows(
			w->s, &SQL_ORDER_NAMES, (struct db_param[]){DB_P_TEXT(g->order)},
			"name:s wildcard:b lifted:t stage:t owner:t told:b channel:s",
			rows, e);
		json_array_foreach (rows, i, row)
			json_array_append(names, json_object_get(row, "name"));
		json_object_set(g->body, "names", names);
	}
	json_decref(rows);
	json_decref(names);
	return rc;
}

/* in: order, told, channel, text, names? (all when absent)  out: as of override */
enum rc
service_order_owner(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct signing g = {
		.by = actor_pseudonym(who), .type = "order.owner", .check = owner_names};
	struct order_owner owner = {0};
	json_t *names = NULL, *said = json_object();
	enum rc rc = in_only(in, "order told channel text names", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = order_read_names(a, json_object_get(in, "names"), &names, e);
	json_object_set(said, "told", json_object_get(in, "told"));
	json_object_set(said, "channel", json_object_get(in, "channel"));
	json_object_set(said, "text", json_object_get(in, "text"));
	if (rc == RC_OK)
		rc = order_read_owner(said, &owner, e);
	if (rc == RC_OK) {
		g.reason = owner.text;
		g.body = json_pack("{s:b, s:s, s:O*}", "told", owner.told, "channel",
				   owner.channel, "names", names);
		rc = sign_reply(nd, a, &g, out, e);
		json_decref(g.body);
	}
	json_decref(said);
	return rc;
}

/* ---- review ------------------------------------------------------------------------ */

static enum rc
review_read(json_t *in, struct arena *a, struct signing *g, struct err *e)
{
	const char *outcome, *next;
	int64_t seq = -1, next_us = 0;
	enum rc rc = in_text(in, "outcome", true, EVENT_TOKEN_MAX, &outcome, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &g->reason, e);
	if (rc == RC_OK)
		rc = in_int(in, "lift", 0, IJSON_INT_MAX, -1, &seq, e);
	if (rc == RC_OK)
		rc = in_text(in, "next", false, CLOCK_TEXT_LEN, &next, e);
	if (rc == RC_OK && next != NULL &&
	    clock_parse(next, strlen(next), &next_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"next\" is no time: write it as 2017-08-13T00:00:00Z");
	if (rc != RC_OK)
		return rc;
	g->lift = seq < 0 && strcmp(outcome, "lifted") == 0;
	g->body = json_pack("{s:s, s:s}", "of", seq < 0 ? "order" : "lift", "outcome",
			    outcome);
	if (seq >= 0)
		json_object_set_new(g->body, "seq", json_integer(seq));
	if (next_us != 0)
		json_object_set_new(g->body, "next", json_integer(next_us));
	return RC_OK;
}

/*
 * in: order, outcome, reason, lift? (seq of the lift or plan that is reviewed), next?
 *     of an order in force: kept, or lifted, which lifts it; of a lift: right or wrong
 * out: as of override
 */
enum rc
service_order_review(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct signing g = {.by = actor_pseudonym(who), .type = "order.review"};
	enum rc rc = in_only(in, "order outcome reason lift next", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &g.order, e);
	if (rc == RC_OK)
		rc = review_read(in, a, &g, e);
	if (rc == RC_OK)
		rc = sign_reply(nd, a, &g, out, e);
	json_decref(g.body);
	return rc;
}
