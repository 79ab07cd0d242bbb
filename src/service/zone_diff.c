/*
 * What differs, for people: between two serials of a zone, or between the zone as it is
 * and as it would be if an order were approved, or lifted.  In words, and as RPZ.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/ipnet.h"
#include "service/order_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum { ZONE_DIFF_MAX = 16 << 20 /* bytes of a difference as text */ };

/* What an action does to a name. */
static const char *const says[RPZROW_ACT_COUNT] = {
	[RPZROW_NXDOMAIN] = "does not exist",
	[RPZROW_NODATA] = "has no address",
	[RPZROW_PASSTHRU] = "is let go, whatever a zone behind this one says",
	[RPZROW_DROP] = "gets no answer",
	[RPZROW_TCP_ONLY] = "is answered over TCP only",
	[RPZROW_LANDING] = "leads to",
	[RPZROW_A] = "is at",
	[RPZROW_AAAA] = "is at",
	[RPZROW_TXT] = "says",
};

struct diffing {
	struct arena *a;
	json_t *removed, *added, *words;
	struct buf *rpz;
	uint32_t ttl_s;
	struct rpzrow gone; /* that nothing has come for yet; owner NULL: none */
};

static const char *
whom(struct arena *a, const char *owner)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;

	if (ipnet_of_owner(a, owner, &net, &ignored) == RC_OK)
		return arena_printf(a, "what is at %s", ipnet_text(a, &net));
	return strncmp(owner, "*.", 2) == 0
		       ? arena_printf(a, "every name below %s", owner + 2)
		       : owner;
}

static const char *
action_words(struct arena *a, const struct rpzrow *row)
{
	return row->data == NULL ? says[row->act]
				 : arena_printf(a, "%s %s", says[row->act], row->data);
}

static void
word_add(struct diffing *d, const char *text)
{
	json_array_append_new(d->words, json_string(text));
}

/* Nothing came in the place of what went. */
static void
gone_tell(struct diffing *d)
{
	if (d->gone.owner != NULL)
		word_add(d,
			 arena_printf(d->a, "%s: nothing is said of it any more (it %s)",
				      whom(d->a, d->gone.owner),
				      action_words(d->a, &d->gone)));
	d->gone.owner = NULL;
}

static void
row_tell(struct diffing *d, const struct rpzrow *row, bool added)
{
	bool instead = d->gone.owner != NULL && strcmp(d->gone.owner, row->owner) == 0;

	if (!added || !instead)
		gone_tell(d);
	if (!added)
		d->gone = (struct rpzrow){
			.owner = arena_strdup(d->a, row->owner),
			.act = row->act,
			.data = row->data == NULL ? NULL : arena_strdup(d->a, row->data)};
	else if (instead)
		word_add(d, arena_printf(d->a, "%s: %s (before, it %s)",
					 whom(d->a, row->owner), action_words(d->a, row),
					 action_words(d->a, &d->gone)));
	else
		word_add(d, arena_printf(d->a, "%s: %s", whom(d->a, row->owner),
					 action_words(d->a, row)));
	if (added)
		d->gone.owner = NULL;
}

static enum rc
on_diff(void *arg, const struct rpzrow *row, bool added, struct err *e)
{
	struct diffing *d = arg;

	json_array_append_new(added ? d->added : d->removed,
			      json_pack("{s:s, s:s}", "owner", row->owner, "action",
					rpzrow_act_text(d->a, row->act, row->data)));
	row_tell(d, row, added);
	buf_puts(d->rpz, added ? "+ " : "- ");
	rpzrow_put(d->rpz, row, d->ttl_s);
	return buf_ok(d->rpz)
		       ? RC_OK
		       : err_set(e, RC_TOO_LARGE,
				 "more than %d bytes differ: ask from a newer serial, or "
				 "transfer the zone",
				 ZONE_DIFF_MAX);
}

/* ---- an order, before it is approved or lifted ----------------------------------------
 */

struct preview {
	struct store *s;
	struct arena *a;
	const struct zone_head *z;
	const char *order, *action;
	bool comes; /* if it were approved; else: if it were lifted */
	int64_t now_us;
	struct diffing *d;

	/* of one owner */
	const char *best;
	unsigned rank;
};

static enum rc
take_best(struct preview *p, const char *action, struct err *e)
{
	enum rpzrow_act act;
	const char *data;
	enum rc rc = rpzrow_act_read(p->a, action, &act, &data, e);

	if (rc == RC_OK && rpzrow_act_rank(act) > p->rank) {
		p->rank = rpzrow_act_rank(act);
		p->best = action;
	}
	return rc;
}

static enum rc
on_other(void *arg, const struct db_row *row, struct err *e)
{
	struct preview *p = arg;
	const char *order = store_col_text(p->s, p->a, row, 1);

	return strcmp(order, p->order) == 0
		       ? RC_OK
		       : take_best(p, store_col_text(p->s, p->a, row, 0), e);
}

static enum rc
row_diff(struct preview *p, const char *owner, const char *action, bool added,
	 struct err *e)
{
	struct rpzrow row = {.owner = owner};
	enum rc rc = rpzrow_act_read(p->a, action, &row.act, &row.data, e);

	return rc == RC_OK ? on_diff(p->d, &row, added, e) : rc;
}

static enum rc
owner_preview(struct preview *p, const char *owner, struct err *e)
{
	const char *territory = p->z->territory == NULL ? "" : p->z->territory;
	const char *before = NULL;
	enum rc rc = store_text(p->s, p->a, &SQL_ZONE_ROW_GET,
				(struct db_param[]){DB_P_TEXT(p->z->name),
						    DB_P_INT(ZONE_LAYER_WHOLE),
						    DB_P_TEXT(zone_key(p->a, owner))},
				&before, e);

	p->best = NULL;
	p->rank = 0;
	if (rc == RC_OK)
		rc = store_run(
			p->s, &SQL_ZONE_HOLDERS,
			(struct db_param[]){DB_P_TEXT(owner), DB_P_TEXT(p->z->name),
					    DB_P_TEXT(territory), DB_P_INT(p->now_us)},
			on_other, p, e);
	if (rc == RC_OK && p->comes)
		rc = take_best(p, p->action, e);
	if (rc != RC_OK ||
	    (before != NULL && p->best != NULL && strcmp(before, p->best) == 0))
		return rc;
	if (before != NULL)
		rc = row_diff(p, owner, before, false, e);
	return rc == RC_OK && p->best != NULL ? row_diff(p, owner, p->best, true, e) : rc;
}

static enum rc
names_preview(struct preview *p, struct err *e)
{
	json_t *names = json_array();
	size_t i;
	const json_t *v;
	enum rc rc = store_rows(p->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(p->order)},
				"name:s wildcard:b", names, e);

	json_array_foreach (names, i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		if (rc == RC_OK)
			rc = owner_preview(p, ipnet_owner_of(p->a, name), e);
		if (rc == RC_OK && json_is_true(json_object_get(v, "wildcard")))
			rc = owner_preview(p, arena_printf(p->a, "*.%s", name), e);
	}
	json_decref(names);
	return rc;
}

/* A draft, or what the gate holds, would come; what is in force would go. */
static enum rc
order_preview(struct preview *p, const char **ret_if, struct err *e)
{
	const struct db_param key[] = {
		DB_P_TEXT(p->order),
		DB_P_TEXT(p->z->territory == NULL ? "" : p->z->territory)};
	struct order_row o;
	const char *held = NULL;
	int64_t stands = 0;
	enum rc rc = view_order_get(p->s, p->a, p->order, &o, e);

	if (rc == RC_OK && o.life != ORDER_DRAFT && o.life != ORDER_IN_FORCE)
		rc = err_set(e, RC_CONFLICT,
			     "the order is %s: nothing would change by it",
			     order_state_token(o.life));
	if (rc == RC_OK)
		rc = store_text(p->s, p->a, &SQL_V_ORDER_ACTION, key, &p->action, e);
	if (rc == RC_OK)
		rc = store_text(p->s, p->a, &SQL_ZONE_HELD_GET, key, &held, e);
	if (rc == RC_OK)
		rc = store_int(p->s, &SQL_ZONE_ORDER_STANDS, key, 0, &stands, e);
	if (rc != RC_OK)
		return rc;
	p->comes = o.life == ORDER_DRAFT || held != NULL;
	*ret_if = o.life == ORDER_DRAFT ? "approved"
		  : held != NULL	? "accepted"
					: "lifted";
	if (stands != 0)
		return names_preview(p, e);
	word_add(p->d,
		 "the order does not stand in this zone: it is for other territories");
	return RC_OK;
}

/* ---- the route ------------------------------------------------------------------------
 */

static enum rc
preview_read(struct node *nd, const struct zone_head *z, const char *order,
	     struct diffing *d, const char **ret_if, struct err *e)
{
	struct preview p = {
		.a = d->a, .z = z, .order = order, .now_us = clock_now_us(), .d = d};
	enum rc rc = reader_snapshot(nd, &p.s, e);

	if (rc == RC_OK)
		rc = order_preview(&p, ret_if, e);
	reader_put(nd, p.s);
	return rc;
}

static enum rc
head_read(struct node *nd, struct arena *a, json_t *in, const char **ret_origin,
	  struct zone_head *z, enum zone_part *part, struct err *e)
{
	struct store *s = NULL;
	enum rc rc = in_text(in, "zone", false, RPZROW_NAME_MAX, ret_origin, e);

	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (*ret_origin == NULL)
		*ret_origin = settings_text(nd->config, "rpz.zone");
	if (rc == RC_OK)
		rc = zone_by_origin(s, a, *ret_origin, z, part, e);
	reader_put(nd, s);
	return rc;
}

static enum rc
diff_read(struct node *nd, json_t *in, const char *origin, const struct zone_head *z,
	  enum zone_part part, struct diffing *d, int64_t *from, int64_t *to,
	  const char **ret_if, struct err *e)
{
	const char *order;
	enum rc rc = in_int(in, "from", 0, UINT32_MAX, z->base_serial, from, e);

	if (rc == RC_OK)
		rc = in_int(in, "to", 0, UINT32_MAX, zone_part_serial(z, part), to, e);
	if (rc != RC_OK || json_object_get(in, "order") == NULL)
		return rc == RC_OK ? service_zone_changes(nd, origin, (uint32_t)*from,
							  (uint32_t)*to, on_diff, d, e)
				   : rc;
	if (json_object_get(in, "from") != NULL || json_object_get(in, "to") != NULL ||
	    part != ZONE_PART_WHOLE)
		return err_set(
			e, RC_INVALID,
			"\"order\" is compared with a whole zone as it is now: give "
			"no serials, and no " ZONE_HOT ". or " ZONE_BASE ". zone");
	*from = *to;
	rc = in_uuid(in, "order", &order, e);
	return rc == RC_OK ? preview_read(nd, z, order, d, ret_if, e) : rc;
}

/* in: zone? (an origin; the main zone), from? (a serial; the base's), to? (now); or
 * order: what would change if it were approved, or lifted when it is in force
 * out: zone, from, to, if (approved, accepted, lifted; null without an order), removed
 * [{owner, action}], added, words [text], rpz (as text) */
enum rc
service_zone_diff(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct buf rpz = BUF_INIT(ZONE_DIFF_MAX);
	struct diffing d = {.a = a,
			    .removed = json_array(),
			    .added = json_array(),
			    .words = json_array(),
			    .rpz = &rpz};
	const char *origin = NULL, *would = NULL;
	enum zone_part part = ZONE_PART_WHOLE;
	struct zone_head z = {.name = NULL};
	int64_t from = 0, to = 0;
	enum rc rc = in_only(in, "zone from to order", e);

	(void)who;
	if (rc == RC_OK)
		rc = head_read(nd, a, in, &origin, &z, &part, e);
	d.ttl_s = z.ttl_s;
	if (rc == RC_OK)
		rc = diff_read(nd, in, origin, &z, part, &d, &from, &to, &would, e);
	gone_tell(&d);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I, s:s?, s:O, s:O, s:O, s:s}", "zone",
				     origin, "from", (json_int_t)from, "to",
				     (json_int_t)to, "if", would, "removed", d.removed,
				     "added", d.added, "words", d.words, "rpz",
				     buf_str(&rpz)));
	json_decref(d.removed);
	json_decref(d.added);
	json_decref(d.words);
	buf_free(&rpz);
	return rc;
}
