/*
 * The fold of receipts that start clocks, of orders, and of the zone they make.
 *
 * An order is in force when every guard that asks for it was overridden by a third person
 * and as many others as its policy wants have approved the hash of the exact text.
 * The zone's serial is a function of the log: one more than before or the second of
 * the event that changed it, whichever is larger; a rebuild gives the same.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/guard.h"
#include "core/target.h"
#include "store/store_sql.h"
#include "store/view_int.h"

enum { ORDER_HANDS_MAX = 64 };

struct get {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n;
};

/* The cosignature that a receipt.adopt quotes is the receipt key's of the other party. */
static enum rc
adopt_verify(struct fold *f, const struct log_head *own, const struct hash *root,
	     struct err *e)
{
	struct checkpoint c = {.origin = own->origin,
			       .size = (uint64_t)fold_int(f, "size"),
			       .root = *root};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), line = BUF_INIT(NOTE_TEXT_MAX);
	struct err why = ERR_INIT;
	struct note_key key;
	uint64_t time_s = 0;
	enum rc rc = view_receipt_key(
		f->s, f->a, f->channel,
		f->from == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY, &key, e);

	if (rc != RC_OK)
		goto out;
	checkpoint_put(&text, &c);
	buf_printf(&line, "— %s %s\n", key.name, fold_text(f, "sig"));
	rc = note_line_verify(buf_str(&line), line.len, &key, buf_str(&text), text.len,
			      &time_s, &why);
	if (rc != RC_OK)
		fold_void(f, "the receipt it adopts does not verify: %s", why.text);
	else if (time_s != (uint64_t)fold_int(f, "time"))
		fold_void(f, "the time it states is not that of the receipt");
	rc = RC_OK;
out:
	buf_free(&text);
	buf_free(&line);
	return rc;
}

struct clock_row {
	uint64_t seq;
	const char *casefile;
};

static enum rc
on_clock(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct clock_row *c = store_list_next(l, sizeof(*c));

	(void)e;
	c->seq = (uint64_t)l->s->drv->col_int(row, 0);
	c->casefile = store_col_text(l->s, l->a, row, 1);
	return RC_OK;
}

enum rc
fold_receipt_adopt(struct fold *f, struct err *e)
{
	const char *root_hex = fold_text(f, "root");
	struct store_list clocks = {.s = f->s, .a = f->a};
	struct log_head own;
	struct hash root;
	enum rc rc = store_head(f->s, f->a, f->channel, f->from, &own, e);

	if (rc != RC_OK)
		return rc;
	if (strcmp(fold_text(f, "log"), own.origin) != 0)
		fold_void(f, "a party adopts receipts for its own log only");
	else if (hash_parse_hex(root_hex, strlen(root_hex), &root) != RC_OK)
		fold_void(f, "root is no SHA-256");
	else
		rc = adopt_verify(f, &own, &root, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	const struct db_param covered[] = {DB_P_INT(f->channel), DB_P_INT(f->from),
					   DB_P_INT(fold_int(f, "size"))};
	rc = store_run(f->s, &SQL_V_CLOCK_COVERED, covered, on_clock, &clocks, e);
	for (size_t i = 0; rc == RC_OK && i < clocks.n; i++) {
		const struct clock_row *c = (const struct clock_row *)clocks.rows + i;
		rc = fold_case_receipt(f, c->casefile, c->seq,
				       fold_int(f, "time") * CLOCK_US_PER_S, e);
	}
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_CLOCK_ADOPT, covered, NULL, NULL, e);
	return rc;
}

static enum rc
on_order(void *arg, const struct db_row *row, struct err *e)
{
	struct get *g = arg;
	const struct db_driver *drv = g->s->drv;
	struct order_row *o = g->out;

	g->n++;
	o->id = store_col_text(g->s, g->a, row, 0);
	o->channel = drv->col_int(row, 1);
	o->state = store_col_text(g->s, g->a, row, 2);
	o->text_sha256 = store_col_text(g->s, g->a, row, 3);
	o->approvals_needed = (uint64_t)drv->col_int(row, 4);
	o->drafter = store_col_text(g->s, g->a, row, 6);
	o->ends_us = drv->col_int(row, 7);
	return ijson_parse(g->a, store_col_text(g->s, g->a, row, 5),
			   strlen(store_col_text(g->s, g->a, row, 5)), &o->guards, e);
}

static enum rc
on_act(void *arg, const struct db_row *row, struct err *e)
{
	struct get *g = arg;
	struct order_row *o = g->out;
	const char *act = store_col_text(g->s, g->a, row, 0);
	json_t *done;

	if (o->n_hands < ORDER_HANDS_MAX)
		((const char **)(uintptr_t)o->hands)[o->n_hands++] =
			store_col_text(g->s, g->a, row, 1);
	if (strcmp(act, "approve") == 0)
		o->approvals++;
	if (strcmp(act, "override") != 0)
		return RC_OK;
	const char *guards = store_col_text(g->s, g->a, row, 2);
	enum rc rc = ijson_parse(g->a, guards, strlen(guards), &done, e);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < json_array_size(done); i++)
		for (size_t k = json_array_size(o->guards); k > 0; k--)
			if (json_equal(json_array_get(o->guards, k - 1),
				       json_array_get(done, i)))
				json_array_remove(o->guards, k - 1);
	return RC_OK;
}

enum rc
view_order_get(struct store *s, struct arena *a, const char *id, struct order_row *ret,
	       struct err *e)
{
	struct get g = {.s = s, .a = a, .out = ret};
	const char **hands = arena_array(a, ORDER_HANDS_MAX, sizeof(*hands));

	*ret = (struct order_row){0};
	enum rc rc = store_run(s, &SQL_V_ORDER_GET, (struct db_param[]){DB_P_TEXT(id)},
			       on_order, &g, e);
	if (rc == RC_OK && g.n == 0)
		return err_set(e, RC_NOT_FOUND, "there is no order %s", id);
	if (rc != RC_OK)
		return rc;
	hands[0] = ret->drafter;
	ret->hands = hands;
	ret->n_hands = 1;
	return store_run(s, &SQL_V_ORDER_ACTS, (struct db_param[]){DB_P_TEXT(id)}, on_act,
			 &g, e);
}

enum rc
view_zone_serial(struct store *s, uint32_t *ret, struct err *e)
{
	int64_t serial;
	enum rc rc = store_int(s, &SQL_V_ZONE_SERIAL, NULL, 1, &serial, e);

	*ret = (uint32_t)serial;
	return rc;
}

static enum rc
names_insert(struct fold *f, const char *id, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(f->ev->body, "names"), i, v)
		if (rc == RC_OK)
			rc = store_run(f->s, &SQL_V_ORDER_NAME_INSERT,
				       (struct db_param[]){
					       DB_P_TEXT(id),
					       DB_P_TEXT(json_string_value(
						       json_object_get(v, "name"))),
					       DB_P_INT(json_is_true(
						       json_object_get(v, "wildcard"))),
				       },
				       NULL, NULL, e);
	json_array_foreach (json_object_get(f->ev->body, "cites"), i, v)
		if (rc == RC_OK)
			rc = store_run(
				f->s, &SQL_V_ORDER_CITE_INSERT,
				(struct db_param[]){DB_P_TEXT(id),
						    DB_P_TEXT(json_string_value(v))},
				NULL, NULL, e);
	return rc;
}

/* Names as a zone has them.  One that says its wildcard twice, in the text and by the
 * flag, would stand for one owner twice. */
static void
names_check(struct fold *f)
{
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(f->ev->body, "names"), i, v) {
		const char *name = json_string_value(json_object_get(v, "name"));
		bool wildcard = json_is_true(json_object_get(v, "wildcard"));
		struct err why = ERR_INIT;
		const char *normal;
		if (name_normalise(f->a, name, strlen(name), &normal, &why) != RC_OK ||
		    guard_rpz_name(name, wildcard, NULL, &why) != RC_OK)
			fold_void(f, "names[%zu]: %s", i, why.text);
		else if (strcmp(name, normal) != 0)
			fold_void(f, "names[%zu] is not in its normal form", i);
	}
}

enum rc
fold_order_draft(struct fold *f, struct err *e)
{
	const char *id = fold_text(f, "order"), *text, *reasons, *basis;
	struct order_row old;
	struct hash h;
	char hex[HASH_HEX_LEN + 1];
	struct err ignored = ERR_INIT;
	enum rc rc = view_order_get(f->s, f->a, id, &old, &ignored);

	if (rc == RC_OK)
		fold_void(f, "there is an order of that id already");
	else if (rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", ignored.text);
	names_check(f);
	if (f->void_why != NULL)
		return RC_OK;
	rc = fold_disclosed(f, "text", &text, e);
	if (rc == RC_OK)
		rc = fold_disclosed(f, "reasons", &reasons, e);
	if (rc == RC_OK)
		rc = fold_disclosed(f, "legal_basis", &basis, e);
	if (rc != RC_OK)
		return rc;
	hash_bytes(text == NULL ? "" : text, text == NULL ? 0 : strlen(text), &h);
	if (text != NULL && strcmp(hash_hex(&h, hex), fold_text(f, "text")) != 0) {
		fold_void(f,
			  "the disclosed text is not the one whose hash is in the order");
		return RC_OK;
	}
	char *guards = json_dumps(json_object_get(f->ev->body, "guards"), JSON_COMPACT);
	if (guards == NULL)
		abort();
	rc = store_run(
		f->s, &SQL_V_ORDER_INSERT,
		(struct db_param[]){
			DB_P_TEXT(id),
			DB_P_INT(f->channel),
			DB_P_INT(f->ev->seq),
			DB_P_TEXT(fold_text(f, "action")),
			DB_P_TEXT(text),
			DB_P_TEXT(fold_text(f, "text")),
			DB_P_TEXT(reasons),
			DB_P_TEXT(basis),
			DB_P_INT(fold_int(f, "approvals")),
			DB_P_TEXT(guards),
			DB_P_TEXT(f->ev->by),
			DB_P_INT(f->ev->iat_us),
			DB_P_INT(fold_int(f, "ends")),
			DB_P_INT(fold_int(f, "review")),
			DB_P_INT(json_is_true(json_object_get(f->ev->body, "emergency"))),
		},
		NULL, NULL, e);
	free(guards);
	return rc == RC_OK ? names_insert(f, id, e) : rc;
}

static bool
has_hand(const struct order_row *o, const char *who)
{
	for (size_t i = 0; i < o->n_hands; i++)
		if (strcmp(o->hands[i], who) == 0)
			return true;
	return false;
}

/* The order that an override or approval is for, or void. */
static enum rc
order_to_sign(struct fold *f, struct order_row *o, struct err *e)
{
	enum rc rc = view_order_get(f->s, f->a, fold_text(f, "order"), o, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && o->channel != f->channel)) {
		fold_void(f, "there is no such order");
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	if (strcmp(o->state, "draft") != 0)
		fold_void(f, "the order is %s", o->state);
	else if (strcmp(o->text_sha256, fold_text(f, "text")) != 0)
		fold_void(f, "another text was signed than the order has");
	else if (f->ev->iat_us >= o->ends_us)
		fold_void(f, "the order's end is past: draft a new one");
	else if (has_hand(o, f->ev->by))
		fold_void(f, "this person has a hand in the order already");
	return RC_OK;
}

static enum rc
act_insert(struct fold *f, const char *act, const char *reason, struct err *e)
{
	char *guards = json_dumps(json_object_get(f->ev->body, "guards"),
				  JSON_COMPACT | JSON_ENCODE_ANY);
	enum rc rc = store_run(f->s, &SQL_V_ORDER_ACT_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(fold_text(f, "order")),
				       DB_P_INT(f->ev->seq),
				       DB_P_TEXT(act),
				       DB_P_TEXT(f->ev->by),
				       DB_P_TEXT(guards == NULL ? "[]" : guards),
				       DB_P_TEXT(reason),
				       DB_P_INT(f->ev->iat_us),
			       },
			       NULL, NULL, e);

	free(guards);
	return rc;
}

enum rc
fold_order_override(struct fold *f, struct err *e)
{
	struct order_row o;
	const char *reason;
	enum rc rc = order_to_sign(f, &o, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_disclosed(f, "reason", &reason, e);
	return rc == RC_OK ? act_insert(f, "override", reason, e) : rc;
}

struct held_name {
	const char *name;
	bool wildcard;
};

static enum rc
on_name(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct held_name *n = store_list_next(l, sizeof(*n));

	(void)e;
	n->name = store_col_text(l->s, l->a, row, 0);
	n->wildcard = l->s->drv->col_int(row, 1) != 0;
	return RC_OK;
}

static enum rc
next_serial(struct fold *f, uint32_t *ret, struct err *e)
{
	uint32_t now;
	enum rc rc = view_zone_serial(f->s, &now, e);
	uint64_t by_time = (uint64_t)(f->ev->iat_us / CLOCK_US_PER_S);

	*ret = by_time > now && by_time <= INT32_MAX ? (uint32_t)by_time : now + 1;
	return rc;
}

/* One owner appears with, or goes with, this order.  Several orders may hold one owner:
 * it changes in the zone with the first and the last of them. */
static enum rc
owner_change(struct fold *f, const char *order, const char *action, const char *owner,
	     bool present, uint32_t serial, bool *changed, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(owner), DB_P_TEXT(order),
				       DB_P_TEXT(action), DB_P_INT(serial)};
	int64_t holders;
	enum rc rc = RC_OK;

	if (!present)
		rc = store_run(f->s, &SQL_V_ZONE_DELETE, key, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_int(f->s, &SQL_V_ZONE_HOLDERS, key, 0, &holders, e);
	if (rc == RC_OK && present)
		rc = store_run(f->s, &SQL_V_ZONE_INSERT, key, NULL, NULL, e);
	if (rc != RC_OK || holders != 0)
		return rc;
	*changed = true;
	return store_run(f->s, &SQL_V_ZONE_CHANGE_INSERT,
			 (struct db_param[]){
				 DB_P_INT(serial),
				 DB_P_TEXT(owner),
				 DB_P_INT(present),
				 DB_P_TEXT(action),
				 DB_P_TEXT(order),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

/* All of `names` appear or go; *ret is the serial from which that is so. */
static enum rc
zone_change(struct fold *f, const char *order, const struct store_list *names,
	    bool present, uint32_t *ret, struct err *e)
{
	const char *action;
	bool changed = false;
	uint32_t now, serial;
	enum rc rc = store_text(f->s, f->a, &SQL_V_ORDER_ACTION,
				(struct db_param[]){DB_P_TEXT(order)}, &action, e);

	if (rc == RC_OK)
		rc = view_zone_serial(f->s, &now, e);
	if (rc == RC_OK)
		rc = next_serial(f, &serial, e);
	for (size_t i = 0; rc == RC_OK && i < names->n; i++) {
		const struct held_name *held = (const struct held_name *)names->rows + i;
		const char *name = held->name;
		rc = owner_change(f, order, action, name, present, serial, &changed, e);
		if (rc == RC_OK && held->wildcard)
			rc = owner_change(f, order, action,
					  arena_printf(f->a, "*.%s", name), present,
					  serial, &changed, e);
	}
	if (rc == RC_OK)
		*ret = changed ? serial : now;
	return rc;
}

enum rc
fold_order_approve(struct fold *f, struct err *e)
{
	struct order_row o;
	struct store_list names = {.s = f->s, .a = f->a};
	uint32_t serial;
	enum rc rc = order_to_sign(f, &o, e);

	if (rc == RC_OK && f->void_why == NULL && json_array_size(o.guards) != 0)
		fold_void(f, "%zu guards of the order are not yet overridden",
			  json_array_size(o.guards));
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = act_insert(f, "approve", NULL, e);
	if (rc != RC_OK || o.approvals + 1 < o.approvals_needed)
		return rc;
	rc = store_run(f->s, &SQL_V_ORDER_NAMES_HELD,
		       (struct db_param[]){DB_P_TEXT(o.id)}, on_name, &names, e);
	if (rc == RC_OK)
		rc = zone_change(f, o.id, &names, true, &serial, e);
	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_ORDER_IN_FORCE,
			       (struct db_param[]){DB_P_TEXT(o.id),
						   DB_P_INT(f->ev->iat_us),
						   DB_P_INT(serial)},
			       NULL, NULL, e);
	return rc;
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

/* Some or all names of an order go; with the last one it ends as `state`. */
static enum rc
order_end(struct fold *f, const struct order_row *o, const json_t *asked,
	  const char *state, struct err *e)
{
	struct store_list held = {.s = f->s, .a = f->a}, going = {.s = f->s, .a = f->a};
	uint32_t serial;
	enum rc rc = store_run(f->s, &SQL_V_ORDER_NAMES_HELD,
			       (struct db_param[]){DB_P_TEXT(o->id)}, on_name, &held, e);

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
		rc = zone_change(f, o->id, &going, false, &serial, e);
	const struct held_name *names = going.rows;
	for (size_t i = 0; rc == RC_OK && i < going.n; i++)
		rc = store_run(f->s, &SQL_V_ORDER_NAME_LIFT,
			       (struct db_param[]){DB_P_TEXT(o->id),
						   DB_P_TEXT(names[i].name),
						   DB_P_INT(f->ev->iat_us)},
			       NULL, NULL, e);
	if (rc == RC_OK && going.n == held.n)
		rc = store_run(f->s, &SQL_V_ORDER_END,
			       (struct db_param[]){DB_P_TEXT(o->id), DB_P_TEXT(state),
						   DB_P_INT(f->ev->iat_us),
						   DB_P_INT(serial)},
			       NULL, NULL, e);
	return rc;
}

/* The order in force that a lift or expiry is for, or void. */
static enum rc
order_in_force(struct fold *f, struct order_row *o, struct err *e)
{
	enum rc rc = view_order_get(f->s, f->a, fold_text(f, "order"), o, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && o->channel != f->channel)) {
		fold_void(f, "there is no such order");
		return RC_OK;
	}
	if (rc == RC_OK && strcmp(o->state, "in_force") != 0)
		fold_void(f, "the order is %s, not in force", o->state);
	return rc;
}

enum rc
fold_order_lift(struct fold *f, struct err *e)
{
	struct order_row o;
	const char *reason;
	enum rc rc = order_in_force(f, &o, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = order_end(f, &o, json_object_get(f->ev->body, "names"), "lifted", e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_disclosed(f, "reason", &reason, e);
	return rc == RC_OK ? act_insert(f, "lift", reason, e) : rc;
}

enum rc
fold_order_expire(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_in_force(f, &o, e);

	if (rc == RC_OK && f->void_why == NULL && f->ev->iat_us < o.ends_us)
		fold_void(f, "the order has not ended yet");
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = order_end(f, &o, NULL, "expired", e);
	return rc == RC_OK && f->void_why == NULL ? act_insert(f, "expire", NULL, e) : rc;
}
