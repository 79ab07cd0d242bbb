/*
 * Letters of an order: the block, and the lift.  "/register/REF/letter" is for everybody
 * and names nobody; "/letter/order/ORDER" is for people of the node, with the exact text
 * and whose hands it went through.
 */
#include <string.h>

#include "core/event.h"
#include "core/merkle.h"
#include "http/letter.h"

/* The event that a letter is of: the last approval, or the last lift or expiry. */
static bool
event_is(const char *type, bool lift)
{
	return lift ? strcmp(type, "order.lift") == 0 || strcmp(type, "order.expire") == 0
		    : strcmp(type, "order.approve") == 0;
}

static enum rc
record_find(struct page *p, struct letter *l, bool lift, struct err *e)
{
	json_t *proof;
	const json_t *row;
	size_t i;
	enum rc rc = page_ask(p, "/v1/register/{ref}/proof",
			      json_pack("{s:s}", "ref", l->number), &proof, e);

	json_array_foreach (json_object_get(proof, "events"), i, row) {
		const struct event_claim *claim;
		const char *jws = j_text(row, "jws");
		char hex[HASH_HEX_LEN + 1];
		struct hash leaf;
		if (rc == RC_OK)
			rc = event_parse(p->a, jws, strlen(jws), &claim, e);
		if (rc != RC_OK || !event_is(event_trusted(claim)->type, lift))
			continue;
		merkle_leaf(jws, strlen(jws), &leaf);
		l->leaf = arena_strdup(p->a, hash_hex(&leaf, hex));
		l->seq = j_int(row, "seq");
		l->log = j_text(proof, "origin");
		l->at_us = event_trusted(claim)->iat_us;
	}
	if (rc == RC_OK && l->leaf == NULL)
		rc = err_set(e, RC_NOT_FOUND, "%s has not been lifted, nor has it ended",
			     l->number);
	return rc;
}

/* Where the public finds it; without public.url the code has the record itself. */
static void
proof_say(struct page *p, struct letter *l)
{
	const char *url = page_public_url(p);

	if (url != NULL) {
		l->proof = arena_printf(p->a, "%s/register/%s", url, l->number);
		l->check = FILL(p, LETTER_CHECK_URL, l->proof);
	} else {
		l->proof = letter_record(p, l);
		l->check = FILL(p, LETTER_CHECK_REGISTER, l->number);
	}
}

/* ---- what is said ------------------------------------------------------------------ */

static void
facts_put(struct page *p, const json_t *o)
{
	html_open(p->h, "dl");
	html_attr(p->h, "class", "facts");
	fact_text(p, T(p, ACTION), word_action(p, j_text(o, "action")));
	fact_time(p, T(p, IN_FORCE_SINCE), j_time(o, "in_force"));
	fact_time(p, T(p, REVIEW_AT), j_time(o, "review"));
	fact_time(p, T(p, ENDS_AT), j_time(o, "ends"));
	if (j_time(o, "ended") != 0)
		fact_time(p, T(p, ENDED_AT), j_time(o, "ended"));
	if (j_bool(o, "emergency"))
		fact_text(p, T(p, EMERGENCY), T(p, LETTER_EMERGENCY));
	html_close(p->h, "dl");
}

static void
lifts_put(struct page *p, const json_t *o)
{
	const json_t *lifts = json_object_get(o, "lifts"), *one;
	size_t i;

	json_array_foreach (lifts, i, one) {
		html_open(p->h, "p");
		html_text(p->h, word_act(p, j_text(one, "act")));
		html_text(p->h, ", ");
		part_time(p, j_time(one, "at"));
		html_text(p->h, ": ");
		part_outside(p, j_text(one, "reason"), T(p, NOT_GIVEN));
		html_close(p->h, "p");
	}
}

static void
measured_put(struct page *p, const json_t *m)
{
	html_open(p->h, "p");
	html_text(p->h, T(p, REGISTER_MEASURED));
	html_text(p->h, ": ");
	if (json_is_object(m)) {
		html_text(p->h,
			  FILL(p, REGISTER_MEASURED_AS, NUMBER(p, j_int(m, "blocked")),
			       NUMBER(p, j_int(m, "free")),
			       NUMBER(p, j_int(m, "resolvers"))));
		html_text(p->h, ", ");
		part_time(p, j_time(m, "at"));
	} else {
		html_text(p->h, T(p, REGISTER_NOT_MEASURED));
	}
	html_close(p->h, "p");
}

static void
said_put(struct page *p, const json_t *o, bool lift)
{
	html_leaf(p->h, "p", NULL,
		  lift ? T(p, LETTER_LIFT_SAYS) : T(p, LETTER_BLOCK_SAYS));
	facts_put(p, o);
	html_leaf(p->h, "h2", NULL, T(p, COL_NAMES));
	letter_names(p, json_object_get(o, "names"));
	if (lift) {
		html_leaf(p->h, "h2", NULL, T(p, LETTER_WHY_LIFTED));
		lifts_put(p, o);
		measured_put(p, json_object_get(o, "measured"));
	}
	letter_text(p, T(p, REASONS), j_text(o, "reasons"));
	letter_text(p, T(p, LEGAL_BASIS), j_text(o, "legal_basis"));
	html_leaf(p->h, "h2", NULL, T(p, OBJECT_TITLE));
	html_leaf(p->h, "p", NULL, FILL(p, LETTER_OBJECT, j_text(o, "ref")));
}

/* ---- for people of the node -------------------------------------------------------- */

static void
hands_put(struct page *p, const json_t *o)
{
	static const struct column columns[] = {
		{TEXT_COL_ACT, false}, {TEXT_COL_AUTHOR, false}, {TEXT_COL_TIME, false}};
	const json_t *act;
	size_t i;

	html_leaf(p->h, "h2", NULL, T(p, HANDS));
	table_open(p, T(p, HANDS_CAPTION), columns, 3);
	row_open(p);
	cell_text(p, &columns[0], T(p, ACT_DRAFT));
	cell_text(p, &columns[1], j_text(o, "drafter"));
	cell_open(p, &columns[2]);
	part_time(p, j_time(o, "drafted"));
	cell_close(p);
	row_close(p);
	json_array_foreach (json_object_get(o, "acts"), i, act) {
		row_open(p);
		cell_text(p, &columns[0], word_act(p, j_text(act, "act")));
		cell_text(p, &columns[1], j_text(act, "author"));
		cell_open(p, &columns[2]);
		part_time(p, j_time(act, "at"));
		cell_close(p);
		row_close(p);
	}
	table_close(p);
}

static void
exact_put(struct page *p, const json_t *o)
{
	const char *text = j_text(o, "text");

	html_leaf(p->h, "h2", NULL, T(p, EXACT_TEXT));
	if (text == NULL) {
		html_leaf(p->h, "p", NULL, T(p, ERASED));
	} else {
		html_open(p->h, "pre");
		html_attr(p->h, "dir", "auto");
		html_text(p->h, text);
		html_close(p->h, "pre");
	}
	html_open(p->h, "p");
	html_text(p->h, T(p, SHA256_OF_TEXT));
	html_text(p->h, " ");
	html_leaf(p->h, "code", "hash", j_text(o, "text_sha256"));
	html_close(p->h, "p");
}

/* ---- the letters ------------------------------------------------------------------- */

static enum rc
kind_read(struct page *p, bool *ret_lift, struct err *e)
{
	const char *kind = page_query(p, "kind");

	*ret_lift = kind != NULL && strcmp(kind, "lift") == 0;
	return kind == NULL || *ret_lift || strcmp(kind, "block") == 0
		       ? RC_OK
		       : err_set(e, RC_INVALID, "\"kind\" is block or lift");
}

/* `order`: what people of the node see of it, or NULL. */
static enum rc
letter_put(struct page *p, const json_t *entry, const json_t *order, const char *back,
	   struct err *e)
{
	struct letter l = {.number = j_text(entry, "ref"), .back = back};
	bool lift;
	enum rc rc = kind_read(p, &lift, e);

	if (rc == RC_OK)
		rc = record_find(p, &l, lift, e);
	if (rc != RC_OK)
		return rc;
	l.title = lift ? T(p, LETTER_LIFT) : T(p, BLOCK_ORDER);
	l.back_to = order == NULL ? T(p, REGISTER_TITLE) : T(p, LETTER_BACK);
	proof_say(p, &l);
	letter_begin(p, &l);
	said_put(p, entry, lift);
	if (order != NULL) {
		hands_put(p, order);
		if (!lift)
			exact_put(p, order);
	}
	letter_end(p, &l);
	return RC_OK;
}

enum rc
page_register_letter(struct page *p, struct err *e)
{
	json_t *entry;
	enum rc rc = page_ask(p, "/v1/register/{ref}", json_pack("{s:s}", "ref", p->word),
			      &entry, e);

	if (rc != RC_OK)
		return rc;
	return letter_put(
		p, entry, NULL,
		page_link(p, arena_printf(p->a, "/register/%s", j_text(entry, "ref")),
			  NULL),
		e);
}

enum rc
page_letter_order(struct page *p, struct err *e)
{
	json_t *order, *entry;
	enum rc rc = page_ask(p, "/v1/orders/{order}",
			      json_pack("{s:s}", "order", p->word), &order, e);

	if (rc == RC_OK)
		rc = page_ask(p, "/v1/register/{ref}", json_pack("{s:s}", "ref", p->word),
			      &entry, e);
	if (rc != RC_OK)
		return rc;
	return letter_put(
		p, entry, order,
		page_link(p,
			  arena_printf(p->a, "%s/order/%s", p->https ? "/console" : "",
				       j_text(order, "order")),
			  NULL),
		e);
}
