/*
 * The fold of orders: the draft, and what an order still needs.  What is done with one is
 * in view_order_act.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/guard.h"
#include "core/ipnet.h"
#include "core/target.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct get {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n;
};

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
	o->emergency = drv->col_int(row, 8) != 0;
	o->owners_open = (uint64_t)drv->col_int(row, 9);
	if (!order_state_find(o->state, &o->life))
		return err_set(e, RC_CORRUPT, "the store holds an order that is %s",
			       o->state);
	return ijson_parse(g->a, store_col_text(g->s, g->a, row, 5),
			   strlen(store_col_text(g->s, g->a, row, 5)), &o->guards, e);
}

static void
token_remove(json_t *list, const json_t *token)
{
	for (size_t k = json_array_size(list); k > 0; k--)
		if (json_equal(json_array_get(list, k - 1), token))
			json_array_remove(list, k - 1);
}

static enum rc
on_act(void *arg, const struct db_row *row, struct err *e)
{
	struct get *g = arg;
	struct order_row *o = g->out;
	const char *type =
		arena_printf(g->a, "order.%s", store_col_text(g->s, g->a, row, 0));
	enum order_act act;
	json_t *done;
	size_t i;
	const json_t *token;

	if (!order_act_find(type, &act))
		return err_set(e, RC_CORRUPT, "the store holds an act %s", type);
	/* No act is taken of one hand more. */
	if (o->n_hands < ORDER_HANDS_MAX)
		((const char **)(uintptr_t)o->hands)[o->n_hands++] =
			store_col_text(g->s, g->a, row, 1);
	o->approvals += act == ORDER_ACT_APPROVE;
	if (act != ORDER_ACT_OVERRIDE)
		return RC_OK;
	const char *guards = store_col_text(g->s, g->a, row, 2);
	enum rc rc = ijson_parse(g->a, guards, strlen(guards), &done, e);
	if (rc != RC_OK)
		return rc;
	json_array_foreach (done, i, token) {
		token_remove(o->guards, token);
		json_array_append_new(o->overridden, json_deep_copy(token));
	}
	return RC_OK;
}

static void
release_json(void *p)
{
	json_decref(p);
}

enum rc
view_order_get(struct store *s, struct arena *a, const char *id, struct order_row *ret,
	       struct err *e)
{
	struct get g = {.s = s, .a = a, .out = ret};
	const char **hands = arena_array(a, ORDER_HANDS_MAX, sizeof(*hands));

	*ret = (struct order_row){.overridden = json_array()};
	arena_defer(a, release_json, ret->overridden);
	enum rc rc = store_run(s, &SQL_V_ORDER_GET, (struct db_param[]){DB_P_TEXT(id)},
			       on_order, &g, e);
	if (rc == RC_OK && g.n == 0)
		return err_set(e, RC_NOT_FOUND, "there is no order %s", id);
	if (rc != RC_OK)
		return rc;
	hands[0] = ret->drafter;
	ret->hands = hands;
	ret->n_hands = 1;
	rc = store_run(s, &SQL_V_ORDER_ACTS, (struct db_param[]){DB_P_TEXT(id)}, on_act,
		       &g, e);
	/* Met by a record for every name, not only by an override. */
	json_t *owner = json_string(guard_code_token(GUARD_CODE_OWNER));
	if (ret->owners_open == 0)
		token_remove(ret->guards, owner);
	json_decref(owner);
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
	json_array_foreach (json_object_get(f->ev->body, "territories"), i, v)
		if (rc == RC_OK)
			rc = store_run(
				f->s, &SQL_V_ORDER_TERRITORY_INSERT,
				(struct db_param[]){DB_P_TEXT(id),
						    DB_P_TEXT(json_string_value(v))},
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

/* An address or a network in the one form that it has. */
static void
address_check(struct fold *f, size_t i, const char *name, bool wildcard)
{
	struct err ignored = ERR_INIT;
	struct ipnet net;

	if (wildcard || ipnet_parse(name, strlen(name), &net, &ignored) != RC_OK ||
	    strcmp(ipnet_text(f->a, &net), name) != 0 || net.prefix == 0)
		fold_void(f, "names[%zu] is an address, not in its normal form", i);
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
		if (ipnet_is_meant(name, strlen(name)))
			address_check(f, i, name, wildcard);
		else if (name_normalise(f->a, name, strlen(name), &normal, &why) !=
				 RC_OK ||
			 guard_rpz_name(name, wildcard, NULL, &why) != RC_OK)
			fold_void(f, "names[%zu]: %s", i, why.text);
		else if (strcmp(name, normal) != 0)
			fold_void(f, "names[%zu] is not in its normal form", i);
		else if (strchr(name, '.') == NULL)
			fold_void(f, "names[%zu] is one label: a public suffix", i);
	}
}

/* The texts that are disclosed beside the draft; NULL where erased or not given. */
struct draft_texts {
	const char *text, *reasons, *legal_basis, *proportionality, *collateral,
		*emergency_reason, *previous;
	char *contact_called, *findings; /* JSON, malloced */
};

static enum rc
texts_read(struct fold *f, struct draft_texts *t, struct err *e)
{
	const struct {
		const char *name, **into;
	} texts[] = {
		{"text", &t->text},
		{"reasons", &t->reasons},
		{"legal_basis", &t->legal_basis},
		{"proportionality", &t->proportionality},
		{"collateral", &t->collateral},
		{"emergency_reason", &t->emergency_reason},
	};
	json_t *findings = json_array();
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		rc = fold_disclosed(f, texts[i].name, texts[i].into, e);
	for (size_t i = 0; rc == RC_OK && i < f->ev->n_sd; i++) {
		const char *name;
		json_t *value;
		rc = fold_disclosed_named(f, i, &name, &value, e);
		if (rc != RC_OK || name == NULL)
			continue;
		if (strcmp(name, "finding") == 0)
			json_array_append(findings, value);
		else if (strcmp(name, "contact_called") == 0 && t->contact_called == NULL)
			t->contact_called = json_dumps(
				value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
	}
	t->findings = json_dumps(findings, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(findings);
	if (t->findings == NULL)
		abort();
	return rc;
}

/* "landing page.example" */
static const char *
draft_action(struct fold *f)
{
	const char *landing = fold_text(f, "landing");

	return landing == NULL ? fold_text(f, "action")
			       : arena_printf(f->a, "landing %s", landing);
}

static enum rc
draft_insert(struct fold *f, const char *id, const struct draft_texts *t,
	     const struct hash *policy, struct err *e)
{
	const char *source = fold_text(f, "source");
	char *guards = json_dumps(json_object_get(f->ev->body, "guards"), JSON_COMPACT);
	const json_t *held = json_object_get(f->ev->body, "lists");
	char *lists = held == NULL ? NULL : json_dumps(held, JSON_COMPACT);

	if (guards == NULL || (held != NULL && lists == NULL))
		abort();
	enum rc rc = store_run(
		f->s, &SQL_V_ORDER_INSERT,
		(struct db_param[]){
			DB_P_TEXT(id),
			DB_P_INT(f->channel),
			DB_P_INT(f->ev->seq),
			DB_P_TEXT(draft_action(f)),
			DB_P_TEXT(t->text),
			DB_P_TEXT(fold_text(f, "text")),
			DB_P_TEXT(t->reasons),
			DB_P_TEXT(t->legal_basis),
			DB_P_INT(fold_int(f, "approvals")),
			DB_P_TEXT(guards),
			DB_P_TEXT(f->ev->by),
			DB_P_INT(f->ev->iat_us),
			DB_P_INT(fold_int(f, "ends")),
			DB_P_INT(fold_int(f, "review")),
			DB_P_INT(json_is_true(json_object_get(f->ev->body, "emergency"))),
			DB_P_TEXT(t->proportionality),
			DB_P_TEXT(t->collateral),
			DB_P_TEXT(t->emergency_reason),
			DB_P_TEXT(t->contact_called),
			DB_P_TEXT(t->findings),
			DB_P_TEXT(t->previous),
			DB_P_TEXT(source == NULL ? "person" : source),
			DB_P_TEXT(lists),
			DB_P_BLOB(policy->b, HASH_LEN),
		},
		NULL, NULL, e);
	free(guards);
	free(lists);
	return rc == RC_OK ? names_insert(f, id, e) : rc;
}

/* An order that this one replaces is of the same channel. */
static enum rc
previous_check(struct fold *f, const char *previous, struct err *e)
{
	struct err ignored = ERR_INIT;
	struct order_row old;

	if (previous == NULL)
		return RC_OK;
	enum rc rc = view_order_get(f->s, f->a, previous, &old, &ignored);
	if (rc != RC_OK && rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", ignored.text);
	if (rc == RC_NOT_FOUND || old.channel != f->channel)
		fold_void(f, "there is no order %s that it could replace", previous);
	return RC_OK;
}

enum rc
fold_order_draft(struct fold *f, struct err *e)
{
	const char *id = fold_text(f, "order");
	struct draft_texts t = {.previous = fold_text(f, "previous")};
	struct err ignored = ERR_INIT;
	char hex[HASH_HEX_LEN + 1];
	struct order_row old;
	struct hash h, policy;
	enum rc rc = view_order_get(f->s, f->a, id, &old, &ignored);

	if (rc == RC_OK)
		fold_void(f, "there is an order of that id already");
	else if (rc != RC_NOT_FOUND)
		return err_set(e, rc, "%s", ignored.text);
	names_check(f);
	rc = previous_check(f, t.previous, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_order_rules(f, &policy, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = texts_read(f, &t, e);
	if (rc == RC_OK && t.text != NULL) {
		hash_bytes(t.text, strlen(t.text), &h);
		if (strcmp(hash_hex(&h, hex), fold_text(f, "text")) != 0)
			fold_void(f, "the disclosed text is not the one whose hash is in "
				     "the order");
	}
	if (rc == RC_OK && f->void_why == NULL)
		rc = draft_insert(f, id, &t, &policy, e);
	free(t.contact_called);
	free(t.findings);
	return rc;
}
