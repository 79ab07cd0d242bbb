/*
 * The zones as people see them: what is published, and what differs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/target.h"
#include "service/operator.h"
#include "store/store_sql.h"

enum {
	ZONE_PAGE_DEFAULT = 500,
	ZONE_PAGE_MAX = 1000,
};

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

/* "owner order", as a page ends. */
static enum rc
page_read(struct arena *a, json_t *in, const char **ret_owner, const char **ret_order,
	  int64_t *ret_limit, struct err *e)
{
	const char *after;
	enum rc rc = in_only(in, "after limit", e);

	*ret_owner = *ret_order = "";
	if (rc == RC_OK)
		rc = in_text(in, "after", false, RPZROW_NAME_MAX + 1 + UUID_TEXT_LEN,
			     &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, ZONE_PAGE_MAX, ZONE_PAGE_DEFAULT, ret_limit,
			    e);
	if (rc != RC_OK || after == NULL)
		return rc;
	size_t len = strcspn(after, " ");
	if (len == 0 || strlen(after) != len + 1 + UUID_TEXT_LEN)
		return err_set(e, RC_INVALID, "\"after\" is no cursor of this list");
	*ret_owner = arena_strndup(a, after, len);
	*ret_order = after + len + 1;
	return RC_OK;
}

static json_t *
page_next(const json_t *rows, int64_t limit)
{
	size_t n = json_array_size(rows);
	const json_t *last = json_array_get(rows, n - 1);

	return n == 0 || (int64_t)n < limit
		       ? json_null()
		       : json_sprintf("%s %s",
				      json_string_value(json_object_get(last, "owner")),
				      json_string_value(json_object_get(last, "order")));
}

/* in: after? (the cursor of a page before), limit?
 * out: zone, serial, ttl_s, total (rows of the main zone), rows [{owner, action, order,
 * since_serial}] by owner, next (cursor, or null), operators [...] (of the first page) */
enum rc
service_zone_show(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *operators = json_array();
	const char *owner, *order;
	struct store *s = NULL;
	uint32_t serial = 0, ttl_s = 0;
	int64_t limit = 0, total = 0;
	enum rc rc = page_read(a, in, &owner, &order, &limit, e);

	(void)who;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:o, s:o}", "zone",
					 settings_text(nd->config, "rpz.zone"), "rows",
					 rows, "operators", operators));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_zone_serial(s, &serial, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ZONE_SHOW,
				(struct db_param[]){DB_P_TEXT(owner), DB_P_TEXT(order),
						    DB_P_INT(limit)},
				"owner:s action:s order:s since_serial:i", rows, e);
	if (rc == RC_OK && owner[0] == '\0')
		rc = store_rows(s, &SQL_OPERATOR_SHOW, NULL,
				"name:s address:s notify_port:i tsig:s pulled_serial:i "
				"pulled:t",
				operators, e);
	if (rc == RC_OK)
		rc = zone_ttl(s, a, &ttl_s, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_ZONE_ROWS_OF,
			       (struct db_param[]){DB_P_TEXT(ZONE_MAIN)}, 0, &total, e);
	reader_put(nd, s);
	json_object_set_new(o, "serial", json_integer(serial));
	json_object_set_new(o, "ttl_s", json_integer(ttl_s));
	json_object_set_new(o, "total", json_integer(total));
	json_object_set_new(o, "next", page_next(rows, limit));
	return rc;
}

/* ---- zones ----------------------------------------------------------------------------
 * ------------------------------------------------------------------------------ */

/* What people look at when they decide: the guards and what each found. */
static const char *
held_digest(struct arena *a, const json_t *guards, const json_t *findings)
{
	json_t *both = json_pack("[O, O]", guards, findings);
	char *text = json_dumps(both, JSON_COMPACT | JSON_SORT_KEYS);
	char *hex = arena_alloc(a, HASH_HEX_LEN + 1);
	struct hash h;

	if (text == NULL)
		abort();
	hash_bytes(text, strlen(text), &h);
	free(text);
	json_decref(both);
	return hash_hex(&h, hex);
}

/* out: zones [{name, origin, territory, serial, hot, hot_serial, base, base_serial, rows,
 * hot_rows, ttl_s, kept_serial (what changed since is in the hot zone), behind
 * [{operator, address, serial, at, until}] (with an older base), folded, changed}], held
 * [{order, guards, findings, held, digest}], given_out (false: the store is an old copy)
 */
enum rc
service_zone_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *zones = json_array(), *held = json_array(), *row;
	size_t i;
	struct store *s = NULL;
	struct store_list heads = {.n = 0};
	bool kept_back = false;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_t *o =
		reply_json(a, out, json_pack("{s:o, s:o}", "zones", zones, "held", held));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = zone_old_held(nd, s, &kept_back, e);
	json_object_set_new(o, "given_out", json_boolean(!kept_back));
	if (rc == RC_OK)
		rc = zone_heads(s, a, &heads, e);
	for (i = 0; rc == RC_OK && i < heads.n; i++) {
		const struct zone_head *z = (const struct zone_head *)heads.rows + i;
		json_t *behind;
		rc = zone_holders_json(nd, s, a, z, clock_now_us(), &behind, e);
		json_array_append_new(
			zones,
			json_pack("{s:s, s:s, s:s?, s:I, s:s, s:I, s:s, s:I, s:I, s:I, "
				  "s:I, s:I, s:o, s:o, s:o}",
				  "name", z->name, "origin", z->origin, "territory",
				  z->territory, "serial", (json_int_t)z->serial, "hot",
				  zone_part_origin(a, z, ZONE_PART_HOT), "hot_serial",
				  (json_int_t)z->hot_serial, "base",
				  zone_part_origin(a, z, ZONE_PART_BASE), "base_serial",
				  (json_int_t)z->base_serial, "rows",
				  (json_int_t)z->n_rows, "hot_rows", (json_int_t)z->n_hot,
				  "ttl_s", (json_int_t)z->ttl_s, "kept_serial",
				  (json_int_t)z->kept_serial, "behind", behind, "folded",
				  json_time(z->folded_us), "changed",
				  json_time(z->changed_us)));
	}
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_ZONE_HELD_LIST, NULL,
				"order:s guards:j findings:j held:t", held, e);
	reader_put(nd, s);
	json_array_foreach (held, i, row)
		json_object_set_new(
			row, "digest",
			json_string(held_digest(a, json_object_get(row, "guards"),
						json_object_get(row, "findings"))));
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

/* ---- what the last gate holds ---------------------------------------------------------
 * ------------------------------------------------------------ */

/* The guards that hold an order, if what they found is what was looked at (`digest`,
 * NULL: whatever it is); *ret is new. */
static enum rc
held_guards(struct node *nd, struct arena *a, const char *order, const char *digest,
	    json_t **ret, struct err *e)
{
	struct store *s = NULL;
	json_t *row = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_row(s, &SQL_ZONE_HELD_GET,
			       (struct db_param[]){DB_P_TEXT(order)},
			       "guards:j findings:j", &row, e);
	reader_put(nd, s);
	if (rc == RC_NOT_FOUND)
		return err_set(e, RC_CONFLICT, "the last gate does not hold that order");
	if (rc != RC_OK)
		return rc;
	const char *now = held_digest(a, json_object_get(row, "guards"),
				      json_object_get(row, "findings"));
	if (digest != NULL && strcmp(digest, now) != 0)
		rc = err_set(e, RC_CONFLICT,
			     "what the last gate finds against the order is not what was "
			     "looked at: look again (saluran zone list), its digest is "
			     "%s now",
			     now);
	else
		*ret = json_incref(json_object_get(row, "guards"));
	json_decref(row);
	return rc;
}

/*
 * in: order, text_sha256 (of the text that was read), digest (of what holds it), reason
 * out: as of override
 * Whoever accepts overrides the guards that hold it, and has no hand in the order yet.
 * RC_CONFLICT: it is not held, or by something else than was looked at.  RC_DENIED: a
 * guard that nobody overrides: refuse it, or mend the list that the guard reads.
 */
enum rc
service_zone_accept(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	const char *order, *digest;
	json_t *guards = NULL;
	enum rc rc = in_only(in, "order text_sha256 digest reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = in_text(in, "digest", true, HASH_HEX_LEN, &digest, e);
	if (rc == RC_OK)
		rc = held_guards(nd, a, order, digest, &guards, e);
	if (rc != RC_OK)
		return rc;
	json_t *act = json_copy(in);
	json_object_del(act, "digest");
	json_object_set_new(act, "guards", guards);
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
	json_t *guards = NULL;
	enum rc rc = in_only(in, "order reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = held_guards(nd, a, order, NULL, &guards, e);
	json_decref(guards);
	return rc == RC_OK ? service_order_lift(nd, a, who, in, out, e) : rc;
}

struct shrinking {
	const char *name;
	uint32_t serial; /* that was looked at */
};

static enum rc
work_level(struct writer *w, void *arg, struct err *e)
{
	const struct shrinking *x = arg;
	struct store_list heads;
	enum rc rc = zone_heads(w->s, w->a, &heads, e);

	for (size_t i = 0; rc == RC_OK && i < heads.n; i++) {
		struct publish p = {.w = w, .z = (struct zone_head *)heads.rows + i};
		if (strcmp(p.z->name, x->name) != 0)
			continue;
		if (p.z->serial != x->serial)
			return err_set(
				e, RC_CONFLICT,
				"the zone %s has moved on to serial %u: look again "
				"(saluran zone list)",
				x->name, p.z->serial);
		return zone_level(&p, true, e);
	}
	return rc == RC_OK ? err_set(e, RC_NOT_FOUND, "there is no zone %s", x->name)
			   : rc;
}

/* in: zone (its name), serial (that was looked at)  out: zone
 * Rows that nobody let go, and that no order in force holds, go after all.  RC_CONFLICT:
 * the zone has another serial by now. */
enum rc
service_zone_shrink(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct shrinking x = {.name = NULL};
	int64_t serial = 0;
	enum rc rc = in_only(in, "zone serial", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "zone", true, ZONE_NAME_MAX, &x.name, e);
	if (rc == RC_OK)
		rc = in_int(in, "serial", 1, UINT32_MAX, 0, &serial, e);
	x.serial = (uint32_t)serial;
	if (rc == RC_OK && serial == 0)
		rc = err_set(
			e, RC_INVALID,
			"\"serial\" is missing: that of the zone that you looked at");
	if (rc == RC_OK)
		rc = writer_run(nd, work_level, &x, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "zone", x.name));
	return rc;
}
