/*
 * The fold of what is done with an order: overrides and approvals of its exact text, its
 * return or withdrawal, the owner told, the review, the lift, at once or staged, its end.
 *
 * An order is in force when every guard that asks for it was overridden by a third person
 * or met, and as many others as its policy wants have approved the hash of the text.
 * core/order.h says what is allowed when, and by whose hand.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/guard.h"
#include "store/store_sql.h"
#include "store/view_int.h"

/* The order that the event is about, or void by state or hand. */
static enum rc
order_for(struct fold *f, enum order_act act, struct order_row *o, struct err *e)
{
	enum rc rc = view_order_get(f->s, f->a, fold_text(f, "order"), o, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && o->channel != f->channel)) {
		fold_void(f, "there is no such order");
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	const struct order_hands hands = {o->hands, o->n_hands};
	const char *problem = order_hand_problem(act, &hands, f->ev->by);
	if (!order_may(o->life, act))
		fold_void(f, "the order is %s: it takes no %s", o->state,
			  order_act_token(act));
	else if (problem != NULL)
		fold_void(f, "%s", problem);
	return RC_OK;
}

/* And the text that was signed is the one that it has. */
static enum rc
order_to_sign(struct fold *f, enum order_act act, struct order_row *o, struct err *e)
{
	enum rc rc = order_for(f, act, o, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	if (strcmp(o->text_sha256, fold_text(f, "text")) != 0)
		fold_void(f, "another text was signed than the order has");
	else if (act != ORDER_ACT_RETURN && f->ev->iat_us >= o->ends_us)
		fold_void(f, "the order's end is past: draft a new one");
	return RC_OK;
}

/* `owed`: somebody else must review it afterwards. */
static enum rc
act_insert(struct fold *f, enum order_act act, bool owed, struct err *e)
{
	char *guards = json_dumps(json_object_get(f->ev->body, "guards"),
				  JSON_COMPACT | JSON_ENCODE_ANY);
	char *body = json_dumps(f->ev->body, JSON_COMPACT | JSON_SORT_KEYS);
	const char *reason;

	if (body == NULL)
		abort();
	enum rc rc = fold_disclosed(f, "reason", &reason, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_ORDER_ACT_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(fold_text(f, "order")),
				       DB_P_INT(f->ev->seq),
				       DB_P_TEXT(order_act_token(act)),
				       DB_P_TEXT(f->ev->by),
				       DB_P_TEXT(guards == NULL ? "[]" : guards),
				       DB_P_TEXT(reason),
				       DB_P_INT(f->ev->iat_us),
				       DB_P_TEXT(body),
				       DB_P_TEXT(owed ? "owed" : NULL),
			       },
			       NULL, NULL, e);
	free(guards);
	free(body);
	return rc;
}

enum rc
fold_order_override(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_to_sign(f, ORDER_ACT_OVERRIDE, &o, e);

	return rc == RC_OK && f->void_why == NULL
		       ? act_insert(f, ORDER_ACT_OVERRIDE, false, e)
		       : rc;
}

enum rc
fold_order_approve(struct fold *f, struct err *e)
{
	struct order_row o;
	struct store_list names;
	uint32_t serial;
	enum rc rc = order_to_sign(f, ORDER_ACT_APPROVE, &o, e);

	if (rc == RC_OK && f->void_why == NULL && json_array_size(o.guards) != 0)
		fold_void(f, "%zu guards of the order are not yet overridden: %s first",
			  json_array_size(o.guards),
			  json_string_value(json_array_get(o.guards, 0)));
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_order_names(f, o.id, &names, e);
	if (rc == RC_OK)
		rc = fold_order_still(f, &o, names.n, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = act_insert(f, ORDER_ACT_APPROVE, false, e);
	if (rc != RC_OK || f->void_why != NULL || o.approvals + 1 < o.approvals_needed)
		return rc;
	rc = fold_zone_change(f, o.id, &names, true, &serial, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_ORDER_IN_FORCE,
			       (struct db_param[]){DB_P_TEXT(o.id),
						   DB_P_INT(f->ev->iat_us),
						   DB_P_INT(serial)},
			       NULL, NULL, e);
	return rc;
}

/* A draft that ends without effect. */
static enum rc
draft_end(struct fold *f, enum order_act act, enum order_state to, struct order_row *o,
	  struct err *e)
{
	enum rc rc = act_insert(f, act, false, e);

	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_ORDER_STATE,
			       (struct db_param[]){DB_P_TEXT(o->id),
						   DB_P_TEXT(order_state_token(to)),
						   DB_P_INT(f->ev->iat_us)},
			       NULL, NULL, e);
	return rc;
}

enum rc
fold_order_return(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_to_sign(f, ORDER_ACT_RETURN, &o, e);

	return rc == RC_OK && f->void_why == NULL
		       ? draft_end(f, ORDER_ACT_RETURN, ORDER_RETURNED, &o, e)
		       : rc;
}

enum rc
fold_order_withdraw(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_for(f, ORDER_ACT_WITHDRAW, &o, e);

	return rc == RC_OK && f->void_why == NULL
		       ? draft_end(f, ORDER_ACT_WITHDRAW, ORDER_WITHDRAWN, &o, e)
		       : rc;
}

enum rc
fold_order_owner(struct fold *f, struct err *e)
{
	const json_t *names = json_object_get(f->ev->body, "names"), *v;
	bool told = json_is_true(json_object_get(f->ev->body, "told"));
	struct order_row o;
	size_t i;
	enum rc rc = order_for(f, ORDER_ACT_OWNER, &o, e);

	json_array_foreach (names, i, v) {
		const char *found;
		if (rc != RC_OK || f->void_why != NULL)
			break;
		rc = store_text(f->s, f->a, &SQL_V_ORDER_NAME_OWNER,
				(struct db_param[]){
					DB_P_TEXT(o.id), DB_P_TEXT(json_string_value(v)),
					DB_P_INT(f->ev->iat_us), DB_P_INT(told),
					DB_P_TEXT(fold_text(f, "channel"))},
				&found, e);
		if (rc == RC_OK && found == NULL)
			fold_void(f, "the order does not name %s", json_string_value(v));
	}
	return rc == RC_OK && f->void_why == NULL
		       ? act_insert(f, ORDER_ACT_OWNER, false, e)
		       : rc;
}

struct reviewed {
	struct fold *f;
	const char *author, *state;
};

static enum rc
on_reviewed(void *arg, const struct db_row *row, struct err *e)
{
	struct reviewed *r = arg;

	(void)e;
	r->author = store_col_text(r->f->s, r->f->a, row, 0);
	r->state = store_col_text(r->f->s, r->f->a, row, 1);
	return RC_OK;
}

/* A lift, or a plan of one, is looked at again by somebody else, once. */
static enum rc
review_lift(struct fold *f, const struct order_row *o, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(o->id), DB_P_INT(fold_int(f, "seq")),
				       DB_P_TEXT(fold_text(f, "outcome"))};
	struct reviewed r = {.f = f};
	enum rc rc = store_run(f->s, &SQL_V_ORDER_ACT_GET, key, on_reviewed, &r, e);

	if (rc != RC_OK)
		return rc;
	if (r.author == NULL)
		fold_void(f, "there is no lift or plan of the order at %" PRId64,
			  fold_int(f, "seq"));
	else if (strcmp(r.state, "owed") != 0)
		fold_void(f, "that lift was reviewed already: %s", r.state);
	else if (strcmp(r.author, f->ev->by) == 0)
		fold_void(f, "a lift is reviewed by somebody else than who lifted");
	return f->void_why == NULL
		       ? store_run(f->s, &SQL_V_ORDER_ACT_REVIEW, key, NULL, NULL, e)
		       : RC_OK;
}

static enum rc
review_order(struct fold *f, const struct order_row *o, struct err *e)
{
	int64_t next_us = fold_int(f, "next");

	if (next_us != 0 && (next_us <= f->ev->iat_us || next_us > o->ends_us))
		fold_void(f, "the next review must lie before the order's end");
	if (f->void_why != NULL)
		return RC_OK;
	return store_run(f->s, &SQL_V_ORDER_REVIEWED,
			 (struct db_param[]){DB_P_TEXT(o->id), DB_P_INT(f->ev->iat_us),
					     DB_P_INT(next_us)},
			 NULL, NULL, e);
}

enum rc
fold_order_review(struct fold *f, struct err *e)
{
	bool lift = strcmp(fold_text(f, "of"), "lift") == 0;
	struct order_row o;
	/* Who drafted the order may well judge its lift, made by somebody else. */
	enum rc rc = order_for(f, lift ? ORDER_ACT_REVIEW_LIFT : ORDER_ACT_REVIEW, &o, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = lift ? review_lift(f, &o, e) : review_order(f, &o, e);
	return rc == RC_OK && f->void_why == NULL
		       ? act_insert(f, ORDER_ACT_REVIEW, false, e)
		       : rc;
}

static bool
is_asked(const json_t *asked, const char *name)
{
	size_t i;
	const json_t *v;

	if (asked == NULL)
		return true;
	json_array_foreach (asked, i, v)
		if (strcmp(json_string_value(v), name) == 0)
			return true;
	return false;
}

/* Some or all names of an order go; with the last one it ends as `to`. */
static enum rc
order_end(struct fold *f, const struct order_row *o, const json_t *asked,
	  enum order_state to, struct err *e)
{
	struct store_list held, going = {.s = f->s, .a = f->a};
	uint32_t serial;
	enum rc rc = fold_order_names(f, o->id, &held, e);

	for (size_t i = 0; i < held.n; i++) {
		const struct held_name *n = (const struct held_name *)held.rows + i;
		if (is_asked(asked, n->name))
			*(struct held_name *)store_list_next(&going, sizeof(*n)) = *n;
	}
	if (rc == RC_OK && going.n == 0) {
		fold_void(f, "the order holds none of these names");
		return RC_OK;
	}
	if (rc == RC_OK)
		rc = fold_zone_change(f, o->id, &going, false, &serial, e);
	const struct held_name *names = going.rows;
	for (size_t i = 0; rc == RC_OK && i < going.n; i++)
		rc = store_run(f->s, &SQL_V_ORDER_NAME_LIFT,
			       (struct db_param[]){DB_P_TEXT(o->id),
						   DB_P_TEXT(names[i].name),
						   DB_P_INT(f->ev->iat_us)},
			       NULL, NULL, e);
	if (rc == RC_OK && going.n == held.n)
		rc = store_run(f->s, &SQL_V_ORDER_END,
			       (struct db_param[]){
				       DB_P_TEXT(o->id), DB_P_TEXT(order_state_token(to)),
				       DB_P_INT(f->ev->iat_us), DB_P_INT(serial)},
			       NULL, NULL, e);
	return rc;
}

/* A lift is never held up: only that it lifts something is asked. */
enum rc
fold_order_lift(struct fold *f, struct err *e)
{
	struct order_row o;
	int64_t plans = 0;
	bool by_plan = json_object_get(f->ev->body, "plan") != NULL;
	enum rc rc = order_for(f, ORDER_ACT_LIFT, &o, e);

	if (rc == RC_OK && f->void_why == NULL && by_plan) {
		rc = store_int(f->s, &SQL_V_ORDER_PLAN_GET,
			       (struct db_param[]){DB_P_TEXT(o.id),
						   DB_P_INT(fold_int(f, "plan"))},
			       0, &plans, e);
		if (rc == RC_OK && plans == 0)
			fold_void(f, "there is no such plan of the order");
	}
	const json_t *names = json_object_get(f->ev->body, "names");
	const json_t *zones = json_object_get(f->ev->body, "zones");
	if (rc == RC_OK && f->void_why == NULL && zones != NULL && names == NULL)
		fold_void(f, "a lift for some zones says for which names");
	if (rc == RC_OK && f->void_why == NULL)
		rc = zones != NULL ? fold_zone_lift(f, o.id, names, zones, e)
				   : order_end(f, &o, names, ORDER_LIFTED, e);
	/* What a plan lifts is reviewed with the plan. */
	return rc == RC_OK && f->void_why == NULL
		       ? act_insert(f, ORDER_ACT_LIFT, !by_plan, e)
		       : rc;
}

enum rc
fold_order_expire(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_for(f, ORDER_ACT_EXPIRE, &o, e);

	if (rc == RC_OK && f->void_why == NULL && f->ev->iat_us < o.ends_us)
		fold_void(f, "the order has not ended yet");
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = order_end(f, &o, NULL, ORDER_EXPIRED, e);
	return rc == RC_OK && f->void_why == NULL
		       ? act_insert(f, ORDER_ACT_EXPIRE, false, e)
		       : rc;
}

/* Every stage lies after the event and not after the end; names are held. */
static enum rc
stage_take(struct fold *f, const struct order_row *o, const json_t *stage, struct err *e)
{
	int64_t at_us = json_integer_value(json_object_get(stage, "at"));
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	if (at_us <= f->ev->iat_us || at_us > o->ends_us) {
		fold_void(f, "a stage must lie after now and not after the order's end: "
			     "a plan only ever lifts earlier");
		return RC_OK;
	}
	if (json_object_get(stage, "zones") != NULL)
		return fold_zone_stage(f, o->id, at_us, stage, e);
	json_array_foreach (json_object_get(stage, "names"), i, v) {
		const char *found;
		rc = store_text(f->s, f->a, &SQL_V_ORDER_NAME_PLAN,
				(struct db_param[]){
					DB_P_TEXT(o->id), DB_P_TEXT(json_string_value(v)),
					DB_P_INT(at_us), DB_P_INT(f->ev->seq)},
				&found, e);
		if (rc == RC_OK && found == NULL)
			fold_void(f, "the order does not hold %s", json_string_value(v));
		if (rc != RC_OK || f->void_why != NULL)
			break;
	}
	return rc;
}

/* A new plan takes the place of the one before. */
enum rc
fold_order_plan(struct fold *f, struct err *e)
{
	const json_t *stages = json_object_get(f->ev->body, "stages"), *stage;
	struct order_row o;
	size_t i;
	enum rc rc = order_for(f, ORDER_ACT_PLAN, &o, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = store_run(f->s, &SQL_V_ORDER_NAME_UNPLAN,
			       (struct db_param[]){DB_P_TEXT(o.id)}, NULL, NULL, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = store_run(f->s, &SQL_V_ORDER_STAGE_UNPLAN,
			       (struct db_param[]){DB_P_TEXT(o.id)}, NULL, NULL, e);
	json_array_foreach (stages, i, stage)
		if (rc == RC_OK && f->void_why == NULL)
			rc = stage_take(f, &o, stage, e);
	return rc == RC_OK && f->void_why == NULL ? act_insert(f, ORDER_ACT_PLAN, true, e)
						  : rc;
}
