/*
 * The zones as people see them: what is published, and what differs.
 */
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/target.h"
#include "service/operator.h"
#include "store/store_sql.h"

enum { ZONE_DIFF_MAX = 16 << 20 /* bytes of a difference as text */ };

enum rc
service_edge_state(struct node *nd, struct edge_state *ret, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_ZONE_STATE, NULL, 0, &ret->zones, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_STATE, NULL, 0, &ret->operators, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_PEER_COUNT, NULL, 0, &ret->peers, e);
	reader_put(nd, s);
	return rc;
}

/* out: zone, serial, ttl_s, rows [{owner, action, order, since_serial}], operators [...]
 */
enum rc
service_zone_show(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *operators = json_array();
	struct store *s = NULL;
	uint32_t serial = 0, ttl_s = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:o, s:o}", "zone",
					 settings_text(nd->config, "rpz.zone"), "rows",
					 rows, "operators", operators));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ZONE_SHOW, NULL,
				"owner:s action:s order:s since_serial:i", rows, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_OPERATOR_SHOW, NULL,
				"name:s address:s notify_port:i tsig:s pulled_serial:i "
				"pulled:t",
				operators, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	reader_put(nd, s);
	json_object_set_new(o, "serial", json_integer(serial));
	json_object_set_new(o, "ttl_s", json_integer(ttl_s));
	return rc;
}

/* ---- zones
 * ------------------------------------------------------------------------------ */

/* out: zones [{name, origin, territory, serial, hot, hot_serial, base, base_serial, rows,
 * hot_rows, ttl_s, folded, changed}], held [{order, guards, findings, held}] */
enum rc
service_zone_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *zones = json_array(), *held = json_array();
	struct store *s = NULL;
	struct store_list heads = {.n = 0};
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o, s:o}", "zones", zones, "held", held));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		json_array_append_new(
			zones,
			json_pack("{s:s, s:s, s:s?, s:I, s:s, s:I, s:s, s:I, s:I, s:I, "
				  "s:I, s:o, s:o}",
				  "name", z->name, "origin", z->origin, "territory",
				  z->territory, "serial", (json_int_t)z->serial, "hot",
				  zone_part_origin(a, z, ZONE_PART_HOT), "hot_serial",
				  (json_int_t)z->hot_serial, "base",
				  zone_part_origin(a, z, ZONE_PART_BASE), "base_serial",
				  (json_int_t)z->base_serial, "rows",
				  (json_int_t)z->n_rows, "hot_rows", (json_int_t)z->n_hot,
				  "ttl_s", (json_int_t)z->ttl_s, "folded",
				  json_time(z->folded_us), "changed",
				  json_time(z->changed_us)));
	}
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ZONE_HELD_LIST, NULL,
				"order:s guards:j findings:j held:t", held, e);
	reader_put(nd, s);
	return rc;
}

struct zone_adding {
	const char *name, *origin, *territory;
};

static enum rc
work_zone_add(struct writer *w, void *arg, struct err *e)
{
	const struct zone_adding *z = arg;
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	if (rc == RC_OK && heads.n >= ZONES_MAX)
		return err_set(e, RC_LIMIT, "a node has at most %d zones", ZONES_MAX);
	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *old = (const struct zone_head *)heads.rows + i;
		if (name_is_within(z->origin, old->origin) ||
		    name_is_within(old->origin, z->origin) ||
		    strcmp(old->origin, z->origin) == 0 ||
		    strcmp(old->name, z->name) == 0)
			return err_set(e, RC_CONFLICT,
				       "there is a zone %s, %s, already: names of zones "
				       "do not lie within each other",
				       old->name, old->origin);
	}
	if (rc == RC_OK)
		rc = zone_make(w, z->name, z->origin, z->territory, e);
	return rc;
}

/* in: name, origin, territory? (orders for it stand there beside those for everywhere)
 * out: name, origin */
enum rc
service_zone_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct zone_adding z = {.name = NULL};
	enum rc rc = in_only(in, "name origin territory", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "name", true, ZONE_NAME_MAX, &z.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "origin", true, RPZROW_NAME_MAX / 2, &z.origin, e);
	if (rc == RC_OK)
		rc = in_text(in, "territory", false, EVENT_TERRITORY_MAX, &z.territory,
			     e);
	if (rc == RC_OK && !operator_name_valid(z.name))
		rc = err_set(e, RC_INVALID, "a zone's name is a-z, 0-9 and '-'");
	if (rc == RC_OK && z.territory != NULL && !operator_name_valid(z.territory))
		rc = err_set(e, RC_INVALID,
			     "\"territory\" is a code in lower case, as id-jk");
	if (rc == RC_OK)
		rc = guard_rpz_name(z.origin, false, NULL, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_zone_add, &z, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "name", z.name, "origin", z.origin));
	return rc;
}

/* ---- what the last gate holds
 * ------------------------------------------------------------ */

/* The guards that hold an order, as JSON text; NULL: none does. */
static enum rc
held_guards(struct node *nd, struct arena *a, const char *order, json_t **ret,
	    struct err *e)
{
	const char *text = NULL;
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_ZONE_HELD_GET,
				(struct db_param[]){DB_P_TEXT(order)}, &text, e);
	reader_put(nd, s);
	if (rc == RC_OK && text == NULL)
		rc = err_set(e, RC_CONFLICT, "the last gate does not hold that order");
	return rc == RC_OK ? ijson_parse(a, text, strlen(text), ret, e) : rc;
}

/*
 * in: order, text_sha256 (of the text that was read), reason  out: as of override
 * Whoever accepts overrides the guards that hold it, and has no hand in the order yet.
 * RC_CONFLICT: it is not held.  RC_DENIED: a guard that nobody overrides: refuse it, or
 * mend the list that the guard reads.
 */
enum rc
service_zone_accept(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *order;
	json_t *guards;
	enum rc rc = in_only(in, "order text_sha256 reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = held_guards(nd, a, order, &guards, e);
	if (rc != RC_OK)
		return rc;
	json_t *act = json_copy(in);
	json_object_set(act, "guards", guards);
	rc = service_order_override(nd, a, who, act, out, e);
	json_decref(act);
	return rc;
}

/* in: order, reason  out: as of lift: what is refused never takes effect */
enum rc
service_zone_refuse(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *order;
	json_t *guards;
	enum rc rc = in_only(in, "order reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = held_guards(nd, a, order, &guards, e);
	return rc == RC_OK ? service_order_lift(nd, a, who, in, out, e) : rc;
}

static enum rc
work_level(struct writer *w, void *arg, struct err *e)
{
	const char *name = arg;
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct publish p = {.w = w, .z = (struct zone_head *)heads.rows + i};
		if (strcmp(p.z->name, name) == 0)
			return zone_level(&p, true, e);
	}
	return rc == RC_OK ? err_set(e, RC_NOT_FOUND, "there is no zone %s", name) : rc;
}

/* in: zone (its name)  out: zone
 * Rows that nobody let go, and that no order in force holds, go after all. */
enum rc
service_zone_shrink(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *name;
	enum rc rc = in_only(in, "zone", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "zone", true, ZONE_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_level, (void *)(uintptr_t)name, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "zone", name));
	return rc;
}

/* ---- differences
 * --------------------------------------------------------------------------- */

struct diffing {
	struct arena *a;
	json_t *removed, *added;
	struct buf *rpz;
	uint32_t ttl_s;
};

static enum rc
on_diff(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	struct diffing *d = arg;

	json_array_append_new(added ? d->added : d->removed,
			      json_pack("{s:s, s:s}", "owner", row->owner, "action",
					rpzrow_act_text(d->a, row->act, row->data)));
	buf_puts(d->rpz, added ? "+ " : "- ");
	rpzrow_put(d->rpz, row, d->ttl_s);
	return buf_ok(d->rpz)
		       ? RC_OK
		       : err_set(e, RC_TOO_LARGE,
				 "more than %d bytes differ: ask from a newer serial, or "
				 "transfer the zone",
				 ZONE_DIFF_MAX);
}

/* in: zone? (an origin; the main zone), from? (a serial; the base's), to? (now)
 * out: zone, from, to, removed [{owner, action}], added, rpz (as text) */
enum rc
service_zone_diff(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct buf rpz = BUF_INIT(ZONE_DIFF_MAX);
	struct diffing d = {a, json_array(), json_array(), &rpz, 0};
	const char *origin = NULL;
	struct store *s = NULL;
	enum zone_part part;
	struct zone_head z;
	int64_t from = 0, to = 0;
	enum rc rc = in_only(in, "zone from to", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "zone", false, RPZROW_NAME_MAX, &origin, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (origin == NULL)
		origin = settings_text(nd->config, "rpz.zone");
	if (rc == RC_OK)
		rc = zone_by_origin(s, a, origin, &z, &part, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		rc = in_int(in, "from", 0, UINT32_MAX, z.base_serial, &from, e);
	if (rc == RC_OK)
		rc = in_int(in, "to", 0, UINT32_MAX, zone_part_serial(&z, part), &to, e);
	d.ttl_s = rc == RC_OK ? z.ttl_s : 0;
	if (rc == RC_OK)
		rc = service_zone_changes(nd, origin, (uint32_t)from, (uint32_t)to,
					  on_diff, &d, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I, s:O, s:O, s:s}", "zone", origin,
				     "from", (json_int_t)from, "to", (json_int_t)to,
				     "removed", d.removed, "added", d.added, "rpz",
				     buf_str(&rpz)));
	json_decref(d.removed);
	json_decref(d.added);
	buf_free(&rpz);
	return rc;
}
