/*
 * What the policy asks of a draft, from what its author had seen of both logs: whatever a
 * node or a person of the authority did, a draft that leaves out a guard is void on every
 * node alike.  What the lists of names find differs from node to node, and is shown
 * there.
 */
#include <inttypes.h>
#include <string.h>

#include "core/guard.h"
#include "store/store_sql.h"
#include "store/view_int.h"

enum rc
view_order_changed(struct store *s, int64_t channel, int64_t since_us, uint64_t *ret,
		   struct err *e)
{
	int64_t n = 0;
	enum rc rc = store_int(s, &SQL_V_ORDER_CHANGED,
			       (struct db_param[]){DB_P_INT(channel), DB_P_INT(since_us)},
			       0, &n, e);

	*ret = (uint64_t)n;
	return rc;
}

static enum rc
again_find(struct fold *f, const struct policy *p, bool *ret, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	*ret = false;
	if (!json_is_true(json_object_get(f->ev->body, "emergency")))
		return RC_OK;
	json_array_foreach (json_object_get(f->ev->body, "names"), i, v) {
		int64_t n = 0;
		if (rc == RC_OK && !*ret)
			rc = store_int(
				f->s, &SQL_V_ORDER_EMERGENCY,
				(struct db_param[]){DB_P_TEXT(json_string_value(
							    json_object_get(v, "name"))),
						    DB_P_INT(f->ev->iat_us -
							     p->order.max_duration_us),
						    DB_P_INT(f->channel)},
				0, &n, e);
		*ret |= n != 0;
	}
	return rc;
}

static enum rc
facts_find(struct fold *f, const struct policy *p, struct order_facts *ret, struct err *e)
{
	enum rc rc =
		store_int(f->s, &SQL_V_CHANNEL_TEST_LAST,
			  (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					      DB_P_INT(f->ev->ack.size)},
			  0, &ret->tested_us, e);

	if (rc == RC_OK)
		rc = view_order_changed(f->s, f->channel, f->ev->iat_us - ORDER_DAY_US,
					&ret->changed, e);
	return rc == RC_OK ? again_find(f, p, &ret->again, e) : rc;
}

/* Items on which a decision was owed.  Of those decided to be impossible it is not told
 * here which were decided anew: while there is one, they count as owed. */
static uint64_t
owed_then(const struct policy *p, const struct case_row *c, const struct casefile *then,
	  uint64_t decided)
{
	bool impossible = false;

	for (uint32_t i = 0; i < then->n_pauses; i++)
		impossible |= then->pauses[i].impossible;
	return c->items - decided + (p->pause.impossible && impossible ? 1 : 0);
}

/* A cited case gave grounds, by its own policy, to somebody who saw what the drafter had;
 * an emergency waits for none, but cites cases of the channel.
 * One that is a TEST is cited by none. */
static enum rc
cite_check(struct fold *f, const char *casefile, bool emergency, struct err *e)
{
	const uint64_t below[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = f->ev->seq, [PARTY_PLATFORM] = f->ev->ack.size};
	struct err why = ERR_INIT;
	const struct policy *p = NULL;
	struct casefile then;
	struct case_row c;
	uint64_t decided;
	enum rc rc = view_case_get(f->s, f->a, casefile, &c, &why);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && c.channel != f->channel)) {
		fold_void(f, "it cites the case %s, which the channel does not have",
			  casefile);
		return RC_OK;
	}
	if (rc != RC_OK)
		return err_set(e, rc, "%s", why.text);
	if (c.manifest)
		rc = view_policy(f->v, &c.policy_sha256, &p, e);
	if (rc == RC_OK && c.manifest && p->test)
		fold_void(f, "the case %s is a TEST, under the policy %s", casefile,
			  p->name);
	else if (rc == RC_OK && !c.manifest && !emergency)
		fold_void(f, "it cites the case %s, which has no manifest", casefile);
	if (rc != RC_OK || f->void_why != NULL || emergency || p == NULL)
		return rc;
	rc = view_case_seen(f->s, f->a, &c, below, &then, &decided, e);
	if (rc == RC_OK && casefile_grounds(p, policy_class_find(p, c.class_code), &then,
					    owed_then(p, &c, &then, decided),
					    f->ev->iat_us, &why) != RC_OK)
		fold_void(f, "the case %s is no ground for it: %s", casefile, why.text);
	return rc;
}

/* The policy in effect, as the author had seen it. */
static enum rc
policy_seen(struct fold *f, const struct policy **ret, struct err *e)
{
	const uint64_t seen[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = f->ev->seq, [PARTY_PLATFORM] = f->ev->ack.size};
	struct hash now;
	enum rc rc = view_policy_in_effect(f->s, f->a, f->channel, seen, &now, e);

	return rc == RC_OK ? view_policy(f->v, &now, ret, e) : rc;
}

enum rc
fold_order_rules(struct fold *f, struct hash *ret_policy, struct err *e)
{
	bool emergency = json_is_true(json_object_get(f->ev->body, "emergency"));
	struct order_facts facts = {0};
	const struct policy *p = NULL;
	size_t i;
	const json_t *v;
	enum rc rc = policy_seen(f, &p, e);

	if (rc == RC_OK)
		rc = facts_find(f, p, &facts, e);
	if (rc != RC_OK)
		return rc;
	*ret_policy = p->sha256;
	const char *why = order_draft_problem(f->a, p, f->ev, &facts);
	if (why != NULL)
		fold_void(f, "%s", why);
	json_array_foreach (json_object_get(f->ev->body, "cites"), i, v)
		if (rc == RC_OK && f->void_why == NULL)
			rc = cite_check(f, json_string_value(v), emergency, e);
	return rc;
}

static enum rc
on_cite(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const char **cite = store_list_next(l, sizeof(*cite));

	(void)e;
	*cite = store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

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

enum rc
fold_order_still(struct fold *f, const struct order_row *o, size_t names, struct err *e)
{
	struct store_list cites = {.s = f->s, .a = f->a};
	const struct policy *p = NULL;
	uint64_t changed = 0;
	enum rc rc = policy_seen(f, &p, e);

	if (rc == RC_OK)
		rc = view_order_changed(f->s, f->channel, f->ev->iat_us - ORDER_DAY_US,
					&changed, e);
	if (rc == RC_OK && changed + names > p->order.delta_max &&
	    !is_overridden(o, GUARD_CODE_DELTA))
		fold_void(f,
			  "%" PRIu64 " names changed within a day and it has %zu more: "
			  "the guard delta is not overridden",
			  changed, names);
	if (rc == RC_OK && p->test)
		fold_void(f,
			  "the channel is a TEST, under the policy %s: nothing on it "
			  "becomes an order",
			  p->name);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_ORDER_CITES,
			       (struct db_param[]){DB_P_TEXT(o->id)}, on_cite, &cites, e);
	for (size_t i = 0; rc == RC_OK && f->void_why == NULL && i < cites.n; i++)
		rc = cite_check(f, ((const char *const *)cites.rows)[i], o->emergency, e);
	return rc;
}
