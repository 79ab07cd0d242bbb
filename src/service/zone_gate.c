/*
 * The last gate: between an order that people approved and the zone.
 *
 * The guards were asked when the order was drafted; lists, zone and clock may have moved
 * since.  What they find now, and nobody overrode, keeps the order out of every zone,
 * with an alarm, until a person decides: an override by somebody without a hand in the
 * order lets it out, a lift ends it, and so does what mends that which was found
 * (zone_held.c).  A lift passes the gate always.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/order_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { GATE_FINDINGS_TOLD = 16 /* of one order, in the record of the hold */ };

static const char *
held_key(struct arena *a, const char *order)
{
	return arena_printf(a, "zone-held/%s", order);
}

static enum rc
hold_end(struct writer *w, const char *order, const char *outcome, struct err *e)
{
	enum rc rc = store_run(w->s, &SQL_ZONE_HELD_END,
			       (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(outcome),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);

	if (rc == RC_OK)
		rc = alarm_clear(w, zone_let_out_key(w->a, order), e);
	return rc == RC_OK ? alarm_clear(w, held_key(w->a, order), e) : rc;
}

struct look {
	struct writer *w;
	const struct order_row *o;
	json_t *guards, *findings; /* owned */
	json_t *names;		   /* owned: [{name, wildcard}] */
	const struct policy *p;	   /* of the channel, now */
};

static bool
is_overridden(const struct look *l, const char *guard)
{
	size_t i;
	const json_t *v;

	json_array_foreach (l->o->overridden, i, v)
		if (strcmp(json_string_value(v), guard) == 0)
			return true;
	return false;
}

static void
find(struct look *l, const char *guard, const char *name, const char *text)
{
	bool told = false;
	size_t i;
	const json_t *v;

	json_array_foreach (l->guards, i, v)
		told |= strcmp(json_string_value(v), guard) == 0;
	if (!told)
		json_array_append_new(l->guards, json_string(guard));
	if (json_array_size(l->findings) < GATE_FINDINGS_TOLD)
		json_array_append_new(l->findings,
				      json_pack("{s:s, s:s?, s:s}", "guard", guard,
						"name", name, "text", text));
}

static enum rc
policy_look(struct look *l, struct err *e)
{
	struct channel_row ch;
	enum rc rc = channel_by_id(l->w->s, l->w->a, l->o->channel, &ch, e);

	return rc == RC_OK ? policy_of_channel(l->w->s, l->w->a, &ch, &l->p, e) : rc;
}

/* Suffixes, protected and own names, services: as the lists are now. */
static enum rc
names_look(struct look *l, struct err *e)
{
	struct guard_lists lists = l->w->nd->lists;
	size_t n = json_array_size(l->names), n_found = 0, i;
	struct guard_name *names = arena_array(l->w->a, n + 1, sizeof(*names));
	const struct guard_finding *found;
	struct err ignored = ERR_INIT;
	const json_t *v;

	json_array_foreach (l->names, i, v) {
		names[i].name = json_string_value(json_object_get(v, "name"));
		names[i].wildcard = json_is_true(json_object_get(v, "wildcard"));
		names[i].address = ipnet_parse(names[i].name, strlen(names[i].name),
					       &names[i].net, &ignored) == RC_OK;
	}
	/* What was cited does not change. */
	order_address_rules(l->w->a, l->p, true, &lists.addresses);
	lists.zone = settings_text(l->w->nd->config, "rpz.zone");
	enum rc rc = order_own_names(l->w->nd, l->w->s, l->w->a, &lists, e);
	if (rc == RC_OK)
		rc = guard_check(l->w->a, &lists, names, n, &found, &n_found, e);
	for (i = 0; rc == RC_OK && i < n_found; i++) {
		const char *guard = guard_code_token(found[i].code);
		if (guard_code_level(found[i].code) != GUARD_NOTE &&
		    !is_overridden(l, guard))
			find(l, guard, found[i].name, found[i].text);
	}
	return rc;
}

/* What a resolver would refuse, in the longest of the zones' names. */
static enum rc
rows_look(struct look *l, struct err *e)
{
	struct store_list heads;
	size_t i;
	const json_t *v;
	enum rc rc = zone_heads(l->w->s, l->w->a, &heads, e);

	json_array_foreach (l->names, i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		const char *owner = ipnet_owner_of(l->w->a, name);
		struct err why = ERR_INIT;
		enum rpzrow_trigger trigger;
		if (json_is_true(json_object_get(v, "wildcard")))
			owner = arena_printf(l->w->a, "*.%s", name);
		const struct rpzrow row = {.owner = owner, .act = RPZROW_NXDOMAIN};
		for (size_t k = 0; rc == RC_OK && k < heads.n; k++)
			if (rpzrow_check(&row,
					 zone_part_origin(
						 l->w->a,
						 (const struct zone_head *)heads.rows + k,
						 ZONE_PART_BASE),
					 &trigger, &why) != RC_OK) {
				find(l, "row", name, arena_strdup(l->w->a, why.text));
				break;
			}
	}
	return rc;
}

static enum rc
delta_look(struct look *l, struct err *e)
{
	const char *guard = guard_code_token(GUARD_CODE_DELTA);
	struct store_list over = {.n = 0};
	enum rc rc = RC_OK;

	if (!is_overridden(l, guard))
		rc = zone_delta_over(l->w, l->o->id, l->names, l->p, &over, e);
	for (size_t i = 0; rc == RC_OK && i < over.n; i++)
		find(l, guard, NULL, ((const char *const *)over.rows)[i]);
	return rc;
}

/* What it was held for and what is found now is the same: nothing is to be told. */
static enum rc
is_told(struct look *l, bool *ret, struct err *e)
{
	json_t *row = NULL;
	enum rc rc = store_row(l->w->s, &SQL_ZONE_HELD_GET,
			       (struct db_param[]){DB_P_TEXT(l->o->id)},
			       "guards:j findings:j", &row, e);

	*ret = rc == RC_OK &&
	       json_equal(json_object_get(row, "guards"), l->guards) == 1 &&
	       json_equal(json_object_get(row, "findings"), l->findings) == 1;
	json_decref(row);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc
hold(struct look *l, struct err *e)
{
	char *guards = json_dumps(l->guards, JSON_COMPACT);
	char *findings = json_dumps(l->findings, JSON_COMPACT);
	const char *order = l->o->id;
	bool told = false;

	if (guards == NULL || findings == NULL)
		abort();
	enum rc rc = is_told(l, &told, e);
	if (rc == RC_OK && !told)
		rc = store_run(l->w->s, &SQL_ZONE_HELD_PUT,
			       (struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(guards),
						   DB_P_TEXT(findings),
						   DB_P_INT(l->w->now_us)},
			       NULL, NULL, e);
	free(guards);
	free(findings);
	if (rc == RC_OK && !told)
		rc = alarm_raise(
			l->w, held_key(l->w->a, order), "zone_held", order,
			arena_printf(l->w->a,
				     "the last gate keeps an approved order out of the "
				     "zones: %.80s; the old serial stays until a person "
				     "accepts or refuses it (saluran zone)",
				     json_string_value(json_array_get(l->guards, 0))),
			l->w->now_us, e);
	return rc;
}

enum rc
zone_gate(struct writer *w, const char *order, enum zone_gate_why why, bool *ret_held,
	  struct err *e)
{
	bool comes = why == ZONE_GATE_COMES;
	struct order_row o;
	struct look l = {.w = w, .o = &o};
	const char *guards = NULL;
	int64_t published = 0;
	const struct db_param key[] = {DB_P_TEXT(order)};
	enum rc rc = view_order_get(w->s, w->a, order, &o, e);

	*ret_held = false;
	if (rc == RC_OK && o.life != ORDER_IN_FORCE)
		return hold_end(w, order, "ended", e);
	/* What is out is out.  A lift of a part lets at most the rest of a held one go.
	 */
	if (rc == RC_OK && !comes)
		rc = store_text(w->s, w->a, &SQL_ZONE_HELD_GET, key, &guards, e);
	if (rc == RC_OK && comes)
		rc = store_int(w->s, &SQL_ZONE_PUBLISHED, key, 0, &published, e);
	if (rc != RC_OK || published != 0 || (!comes && guards == NULL))
		return rc;
	l.guards = json_array();
	l.findings = json_array();
	l.names = json_array();
	rc = policy_look(&l, e);
	if (rc == RC_OK)
		rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD, key, "name:s wildcard:b",
				l.names, e);
	if (rc == RC_OK)
		rc = names_look(&l, e);
	if (rc == RC_OK)
		rc = rows_look(&l, e);
	if (rc == RC_OK)
		rc = delta_look(&l, e);
	*ret_held = json_array_size(l.guards) != 0;
	if (rc == RC_OK)
		rc = *ret_held ? hold(&l, e)
			       : hold_end(w, order,
					  why == ZONE_GATE_AGAIN ? "passed" : "accepted",
					  e);
	json_decref(l.guards);
	json_decref(l.findings);
	json_decref(l.names);
	return rc;
}
