/*
 * "/orders" and "/order/{order}": who blocks what, why, since when, until when.
 */
#include <string.h>

#include "core/crypto.h"
#include "http/page.h"

enum { NAMES_IN_LIST = 3 };

static void
name_put(struct page *p, const json_t *n)
{
	html_open(p->h, "code");
	html_leaf(p->h, "bdi", NULL, j_text(n, "name"));
	html_close(p->h, "code");
	if (j_bool(n, "wildcard")) {
		html_text(p->h, " ");
		html_text(p->h, T(p, AND_BELOW));
	}
}

/* Each with the time of its lift. */
static void
names_put(struct page *p, const json_t *names)
{
	const json_t *n;
	size_t i;

	html_open(p->h, "ul");
	json_array_foreach (names, i, n) {
		html_open(p->h, "li");
		name_put(p, n);
		if (j_time(n, "lifted") != 0) {
			html_text(p->h, " ");
			part_chip(p, LOOK_DONE, T(p, NAME_LIFTED));
			html_text(p->h, " ");
			part_time(p, j_time(n, "lifted"));
		}
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}

/* The first few; of an order in force also which of them are free already. */
static void
names_put_short(struct page *p, const json_t *names, bool in_force)
{
	const size_t n_names = json_array_size(names);
	const json_t *n;
	size_t i;

	html_open(p->h, "ul");
	json_array_foreach (names, i, n) {
		if (i == NAMES_IN_LIST)
			break;
		html_open(p->h, "li");
		name_put(p, n);
		if (in_force && j_time(n, "lifted") != 0) {
			html_text(p->h, " ");
			part_chip(p, LOOK_DONE, T(p, NAME_LIFTED));
		}
		html_close(p->h, "li");
	}
	if (n_names > NAMES_IN_LIST)
		html_leaf(p->h, "li", "none",
			  COUNT(p, MORE_NAMES, (int64_t)(n_names - NAMES_IN_LIST)));
	html_close(p->h, "ul");
}

static void
chips_put(struct page *p, const json_t *o)
{
	order_chip(p, j_text(o, "state"));
	if (j_bool(o, "emergency")) {
		html_text(p->h, " ");
		part_chip(p, LOOK_SOON, T(p, EMERGENCY));
	}
}

static void
order_row(struct page *p, const json_t *o, const struct column *columns)
{
	const char *id = j_text(o, "order");

	row_open(p);
	cell_open(p, &columns[0]);
	html_open(p->h, "a");
	html_attr(p->h, "href", page_link(p, arena_printf(p->a, "/order/%s", id), NULL));
	html_leaf(p->h, "code", NULL, id);
	html_close(p->h, "a");
	cell_close(p);
	cell_open(p, &columns[1]);
	names_put_short(p, json_object_get(o, "names"),
			strcmp(j_text(o, "state"), "in_force") == 0);
	cell_close(p);
	cell_open(p, &columns[2]);
	chips_put(p, o);
	cell_close(p);
	cell_open(p, &columns[3]);
	part_time(p, j_time(o, "in_force"));
	cell_close(p);
	cell_open(p, &columns[4]);
	part_time(p, j_time(o, "ends"));
	cell_close(p);
	cell_open(p, &columns[5]);
	part_time(p, j_time(o, "ended"));
	cell_close(p);
	row_close(p);
}

enum rc
page_orders(struct page *p, struct err *e)
{
	static const struct column columns[] = {
		{TEXT_COL_ORDER, false},  {TEXT_COL_NAMES, false},
		{TEXT_COL_STATUS, false}, {TEXT_COL_SINCE, false},
		{TEXT_COL_UNTIL, false},  {TEXT_COL_ENDED, false},
	};
	const char *after = page_query(p, "after"), *next;
	json_t *reply, *in = json_pack("{s:i}", "limit", (int)PAGE_ORDERS);
	const json_t *orders, *o;
	size_t i;

	if (after != NULL)
		json_object_set_new(in, "after", json_string(after));
	enum rc rc = page_ask(p, "/v1/orders", in, &reply, e);
	if (rc != RC_OK)
		return rc;
	orders = json_object_get(reply, "orders");
	next = j_text(reply, "next");
	page_begin(p, NULL, T(p, ORDERS_TITLE), "/orders");
	html_leaf(p->h, "p", "lead", T(p, ORDERS_LEAD));
	if (json_array_size(orders) == 0) {
		html_leaf(p->h, "p", "empty",
			  after == NULL ? T(p, NO_ORDERS) : T(p, NO_MORE_ORDERS));
	} else {
		table_open(p, T(p, ORDERS_CAPTION), columns,
			   sizeof(columns) / sizeof(columns[0]));
		json_array_foreach (orders, i, o)
			order_row(p, o, columns);
		table_close(p);
	}
	part_pager(p, after == NULL ? NULL : page_link(p, "/orders", NULL),
		   next == NULL ? NULL : LINK(p, "/orders", "after", next));
	page_end(p);
	return RC_OK;
}

/* ---- one order --------------------------------------------------------------------- */

static void
serial_put(struct page *p, const char *name, int64_t serial)
{
	fact_text(p, name,
		  serial == 0 ? NULL : arena_printf(p->a, "%lld", (long long)serial));
}

static void
facts_put(struct page *p, const json_t *o)
{
	html_open(p->h, "p");
	html_attr(p->h, "class", "chips");
	chips_put(p, o);
	html_close(p->h, "p");
	html_open(p->h, "dl");
	html_attr(p->h, "class", "facts");
	fact_outside(p, T(p, COL_PEER), j_text(o, "peer"));
	fact_outside(p, T(p, LEGAL_BASIS), j_text(o, "legal_basis"));
	fact_outside(p, T(p, REASONS), j_text(o, "reasons"));
	fact_text(p, T(p, ACTION), word_action(p, j_text(o, "action")));
	fact_time(p, T(p, IN_FORCE_SINCE), j_time(o, "in_force"));
	fact_time(p, T(p, ENDS_AT), j_time(o, "ends"));
	fact_time(p, T(p, REVIEW_AT), j_time(o, "review"));
	if (j_time(o, "ended") != 0)
		fact_time(p, T(p, ENDED_AT), j_time(o, "ended"));
	serial_put(p, T(p, SERIAL_ON), j_int(o, "serial_on"));
	if (j_int(o, "serial_off") != 0)
		serial_put(p, T(p, SERIAL_OFF), j_int(o, "serial_off"));
	html_close(p->h, "dl");
}

static const char *
guards_text(struct page *p, const json_t *guards)
{
	const char *text = NULL;
	const json_t *g;
	size_t i;

	json_array_foreach (guards, i, g) {
		const char *word = word_guard(p, json_string_value(g));
		text = text == NULL ? word : arena_printf(p->a, "%s, %s", text, word);
	}
	return text;
}

static void
hand_put(struct page *p, const struct column *columns, const char *act,
	 const json_t *author, int64_t at_us, const char *guards, const char *reason)
{
	row_open(p);
	cell_text(p, &columns[0], act);
	cell_open(p, &columns[1]);
	part_outside(p, json_string_value(author), "–");
	cell_close(p);
	cell_open(p, &columns[2]);
	part_time(p, at_us);
	cell_close(p);
	cell_open(p, &columns[3]);
	if (guards != NULL)
		html_leaf(p->h, "strong", NULL, guards);
	if (guards != NULL && reason != NULL)
		html_text(p->h, ": ");
	if (reason != NULL || guards == NULL)
		part_outside(p, reason, "–");
	cell_close(p);
	row_close(p);
}

static void
hands_put(struct page *p, const json_t *o)
{
	static const struct column columns[] = {
		{TEXT_COL_ACT, false},
		{TEXT_COL_AUTHOR, false},
		{TEXT_COL_TIME, false},
		{TEXT_COL_REASON, false},
	};
	const json_t *acts = json_object_get(o, "acts"), *act;
	const char *overrides = guards_text(p, json_object_get(o, "guards"));
	int64_t approvals = 0;
	size_t i;

	json_array_foreach (acts, i, act)
		approvals += strcmp(j_text(act, "act"), "approve") == 0;
	html_leaf(p->h, "h2", NULL, T(p, HANDS));
	html_leaf(p->h, "p", NULL,
		  FILL(p, APPROVALS, NUMBER(p, approvals),
		       NUMBER(p, j_int(o, "approvals_needed"))));
	if (overrides != NULL)
		html_leaf(p->h, "p", NULL, FILL(p, OVERRIDES_NEEDED, overrides));
	table_open(p, T(p, HANDS_CAPTION), columns, sizeof(columns) / sizeof(columns[0]));
	hand_put(p, columns, T(p, ACT_DRAFT), json_object_get(o, "drafter"),
		 j_time(o, "drafted"), NULL, NULL);
	json_array_foreach (acts, i, act)
		hand_put(p, columns, word_act(p, j_text(act, "act")),
			 json_object_get(act, "author"), j_time(act, "at"),
			 guards_text(p, json_object_get(act, "guards")),
			 j_text(act, "reason"));
	table_close(p);
}

/* The text that was signed, to the byte, and whether it still has the hash that was. */
static void
text_put(struct page *p, const json_t *o)
{
	const char *text = j_text(o, "text"), *signed_hash = j_text(o, "text_sha256");
	char hex[HASH_HEX_LEN + 1];
	struct hash hash;

	html_leaf(p->h, "h2", NULL, T(p, EXACT_TEXT));
	if (text != NULL) {
		html_open(p->h, "pre");
		html_attr(p->h, "class", "exact");
		html_attr(p->h, "dir", "auto");
		html_text(p->h, text);
		html_close(p->h, "pre");
	}
	html_open(p->h, "p");
	html_text(p->h, T(p, SHA256_OF_TEXT));
	html_text(p->h, " ");
	html_leaf(p->h, "code", "hash", signed_hash);
	html_close(p->h, "p");
	html_open(p->h, "p");
	if (text == NULL) {
		part_chip(p, LOOK_UNKNOWN, T(p, ERASED));
	} else {
		hash_bytes(text, strlen(text), &hash);
		if (strcmp(hash_hex(&hash, hex), signed_hash) == 0)
			part_chip(p, LOOK_DONE, T(p, HASH_AGREES));
		else
			part_chip(p, LOOK_BAD, T(p, HASH_DIFFERS));
	}
	html_close(p->h, "p");
}

static void
cites_put(struct page *p, const json_t *cites)
{
	const json_t *c;
	size_t i;

	html_leaf(p->h, "h2", NULL, T(p, CITES));
	if (json_array_size(cites) == 0) {
		html_leaf(p->h, "p", "empty", T(p, NO_CITES));
		return;
	}
	html_open(p->h, "ul");
	json_array_foreach (cites, i, c) {
		const char *id = j_text(c, "case");
		html_open(p->h, "li");
		html_open(p->h, "a");
		html_attr(p->h, "href",
			  page_link(p, arena_printf(p->a, "/case/%s", id), NULL));
		part_outside(p, j_text(c, "subject"), T(p, NO_SUBJECT));
		html_close(p->h, "a");
		html_text(p->h, " ");
		html_leaf(p->h, "span", "id", id);
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}

enum rc
page_order(struct page *p, struct err *e)
{
	json_t *o;
	enum rc rc = page_ask(p, "/v1/orders/{order}",
			      json_pack("{s:s}", "order", p->word), &o, e);

	if (rc != RC_OK)
		return rc;
	page_begin(p, T(p, BLOCK_ORDER), j_text(o, "order"), "/orders");
	facts_put(p, o);
	html_leaf(p->h, "h2", NULL, T(p, COL_NAMES));
	names_put(p, json_object_get(o, "names"));
	text_put(p, o);
	hands_put(p, o);
	cites_put(p, json_object_get(o, "cites"));
	page_end(p);
	return RC_OK;
}
