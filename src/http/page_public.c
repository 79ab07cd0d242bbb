/*
 * The public side without a script: "/register", all orders that took effect, with their
 * reasons and what became of them, with what can be taken along.
 */
#include <stdlib.h>
#include <string.h>

#include "http/page.h"

enum { REGISTER_ROWS = 20, REGISTER_CSV_ROWS = 200 };

/* ---- the register ------------------------------------------------------------------ */

static const struct column register_columns[] = {
	{TEXT_COL_ORDER, false},  {TEXT_COL_NAMES, false}, {TEXT_COL_STATUS, false},
	{TEXT_COL_REASON, false}, {TEXT_COL_SINCE, false}, {TEXT_COL_UNTIL, false},
};

static void
names_put(struct page *p, const json_t *names, size_t most)
{
	const json_t *o;
	size_t i;

	html_open(p->h, "ul");
	json_array_foreach (names, i, o) {
		if (i == most)
			break;
		html_open(p->h, "li");
		part_name(p, j_text(o, "name"), j_bool(o, "wildcard"));
		if (j_time(o, "lifted") != 0) {
			html_text(p->h, " ");
			part_chip(p, LOOK_DONE, T(p, NAME_LIFTED));
		}
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
	if (json_array_size(names) > most)
		html_leaf(p->h, "p", "meta",
			  COUNT(p, MORE_NAMES, (int64_t)(json_array_size(names) - most)));
}

static int64_t
end_of(const json_t *o)
{
	return j_time(o, "ended") != 0 ? j_time(o, "ended") : j_time(o, "ends");
}

static void
entry_row(struct page *p, const json_t *o)
{
	enum { NAMES_IN_ROW = 3 };
	const struct column *c = register_columns;
	const char *ref = j_text(o, "ref");

	row_open(p);
	cell_open(p, c);
	part_link(p, page_link(p, arena_printf(p->a, "/register/%s", ref), NULL), ref);
	cell_close(p);
	cell_open(p, ++c);
	names_put(p, json_object_get(o, "names"), NAMES_IN_ROW);
	cell_close(p);
	cell_open(p, ++c);
	order_chip(p, j_text(o, "state"));
	cell_close(p);
	cell_open(p, ++c);
	part_outside(p, j_text(o, "reasons"), T(p, NOT_GIVEN));
	cell_close(p);
	cell_open(p, ++c);
	part_time(p, j_time(o, "in_force"));
	cell_close(p);
	cell_open(p, ++c);
	part_time(p, end_of(o));
	cell_close(p);
	row_close(p);
}

static enum rc
register_list(struct page *p, struct err *e)
{
	json_t *in = json_pack("{s:i}", "limit", (int)REGISTER_ROWS), *out, *o;
	const char *after = page_query(p, "after");
	const json_t *entries;
	size_t i;

	if (after != NULL)
		json_object_set_new(in, "after", json_string(after));
	enum rc rc = page_ask(p, "/v1/register", in, &out, e);
	if (rc != RC_OK)
		return rc;
	entries = json_object_get(out, "entries");
	page_begin(p, NULL, T(p, REGISTER_TITLE), "/register");
	html_leaf(p->h, "p", "lead", T(p, REGISTER_LEAD));
	html_open(p->h, "p");
	html_attr(p->h, "class", "meta");
	html_text(p->h, T(p, DATA_AS_OF));
	html_text(p->h, " ");
	part_time(p, p->now_us);
	html_close(p->h, "p");
	html_open(p->h, "p");
	part_link(p, LINK(p, "/register.csv", "after", after), T(p, REGISTER_CSV));
	html_text(p->h, " · ");
	part_link(p, page_link(p, "/register/logs", NULL), T(p, LOGS_TITLE));
	html_close(p->h, "p");
	if (json_array_size(entries) == 0)
		html_leaf(p->h, "p", "empty", T(p, REGISTER_EMPTY));
	else
		table_open(p, T(p, ORDERS_CAPTION), register_columns,
			   sizeof(register_columns) / sizeof(register_columns[0]));
	json_array_foreach (entries, i, o)
		entry_row(p, o);
	if (json_array_size(entries) != 0)
		table_close(p);
	part_pager(p, after == NULL ? NULL : page_link(p, "/register", NULL),
		   j_text(out, "next") == NULL
			   ? NULL
			   : LINK(p, "/register", "after", j_text(out, "next")));
	page_end(p);
	return RC_OK;
}

static void
measured_put(struct page *p, const json_t *m)
{
	fact_open(p, T(p, REGISTER_MEASURED));
	if (!json_is_object(m))
		html_leaf(p->h, "span", "none", T(p, REGISTER_NOT_MEASURED));
	else {
		html_text(p->h,
			  FILL(p, REGISTER_MEASURED_AS, NUMBER(p, j_int(m, "blocked")),
			       NUMBER(p, j_int(m, "free")),
			       NUMBER(p, j_int(m, "resolvers"))));
		html_text(p->h, " ");
		part_time(p, j_time(m, "at"));
	}
	fact_close(p);
}

static void
objections_put(struct page *p, const json_t *o)
{
	const json_t *all = json_object_get(o, "objections"), *one;
	size_t i;

	part_heading(p, "objections", T(p, NAV_OBJECTIONS));
	if (json_array_size(all) == 0)
		html_leaf(p->h, "p", "empty", T(p, NO_OBJECTIONS));
	html_open(p->h, "ul");
	html_attr(p->h, "class", "matches");
	json_array_foreach (all, i, one) {
		html_open(p->h, "li");
		html_open(p->h, "dl");
		html_attr(p->h, "class", "facts");
		fact_time(p, T(p, OBJECTION_RECEIVED), j_time(one, "received"));
		fact_time(p, T(p, ANSWERED_AT), j_time(one, "answered"));
		fact_text(p, T(p, RULING), word_ruling(p, j_text(one, "ruling")));
		fact_outside(p, T(p, REASON), j_text(one, "reason"));
		html_close(p->h, "dl");
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}

/* What is not published, and why. */
static void
withheld_put(struct page *p)
{
	struct html *h = p->h;

	part_heading(p, "withheld", T(p, WITHHELD));
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	fact_text(p, T(p, WITHHELD_PEOPLE), T(p, WITHHELD_PEOPLE_WHY));
	fact_text(p, T(p, WITHHELD_CONTENT), T(p, WITHHELD_CONTENT_WHY));
	fact_text(p, T(p, WITHHELD_REMOVED), T(p, WITHHELD_REMOVED_WHY));
	html_close(h, "dl");
}

static void
cited_put(struct page *p, const json_t *o)
{
	const json_t *cited = json_object_get(o, "cited"), *row;
	size_t i;

	fact_open(p, T(p, CITES));
	html_text(p->h, NUMBER(p, j_int(o, "cases")));
	json_array_foreach (cited, i, row) {
		html_text(p->h, i == 0 ? ": " : ", ");
		html_text(p->h, word_category(p, j_text(row, "category")));
		html_text(p->h, " ");
		html_text(p->h, NUMBER(p, j_int(row, "items")));
	}
	fact_close(p);
}

static void
lifts_put(struct page *p, const json_t *lifts)
{
	const json_t *one;
	size_t i;

	if (json_array_size(lifts) == 0)
		return;
	part_heading(p, "lifts", T(p, LETTER_LIFT));
	html_open(p->h, "ul");
	json_array_foreach (lifts, i, one) {
		html_open(p->h, "li");
		html_text(p->h, word_act(p, j_text(one, "act")));
		html_text(p->h, ", ");
		part_time(p, j_time(one, "at"));
		html_text(p->h, ": ");
		part_outside(p, j_text(one, "reason"), T(p, NOT_GIVEN));
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}

/* What can be taken along: the proof, letters, and where the log is. */
static void
downloads_put(struct page *p, const json_t *o)
{
	const char *at = arena_printf(p->a, "/register/%s", j_text(o, "ref"));
	const char *letter = arena_printf(p->a, "%s/letter", at);
	struct html *h = p->h;

	part_heading(p, "proof", T(p, PROOF));
	html_open(h, "ul");
	html_open(h, "li");
	part_link(p, page_link(p, arena_printf(p->a, "%s/proof", at), NULL),
		  T(p, PROOF_DOWNLOAD));
	html_close(h, "li");
	html_open(h, "li");
	part_link(p, page_link(p, "/register/logs", NULL), T(p, LOGS_TITLE));
	html_close(h, "li");
	html_open(h, "li");
	part_link(p, LINK(p, letter, "kind", "block"), T(p, LETTER_OF_BLOCK));
	html_close(h, "li");
	if (json_array_size(json_object_get(o, "lifts")) != 0) {
		html_open(h, "li");
		part_link(p, LINK(p, letter, "kind", "lift"), T(p, LETTER_OF_LIFT));
		html_close(h, "li");
	}
	html_close(h, "ul");
	html_leaf(h, "p", "meta", FILL(p, REGISTER_PROOF, j_text(o, "ref")));
}

static enum rc
register_entry(struct page *p, struct err *e)
{
	struct html *h = p->h;
	json_t *o;
	enum rc rc = page_ask(p, "/v1/register/{ref}", json_pack("{s:s}", "ref", p->word),
			      &o, e);

	if (rc != RC_OK)
		return rc;
	page_begin(p, T(p, REGISTER_TITLE), j_text(o, "ref"), "/register");
	html_open(h, "p");
	html_attr(h, "class", "chips");
	order_chip(p, j_text(o, "state"));
	if (j_bool(o, "emergency"))
		part_chip(p, LOOK_BAD, T(p, EMERGENCY));
	html_close(h, "p");
	part_heading(p, "names", T(p, COL_NAMES));
	names_put(p, json_object_get(o, "names"), SIZE_MAX);
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	fact_outside(p, T(p, REASONS), j_text(o, "reasons"));
	fact_outside(p, T(p, LEGAL_BASIS), j_text(o, "legal_basis"));
	fact_text(p, T(p, ACTION), word_action(p, j_text(o, "action")));
	fact_time(p, T(p, IN_FORCE_SINCE), j_time(o, "in_force"));
	fact_time(p, T(p, REVIEW_AT), j_time(o, "review"));
	fact_time(p, T(p, ENDS_AT), j_time(o, "ends"));
	fact_time(p, T(p, ENDED_AT), j_time(o, "ended"));
	measured_put(p, json_object_get(o, "measured"));
	cited_put(p, o);
	html_close(h, "dl");
	html_open(h, "p");
	part_link(p, LINK(p, "/object", "ref", j_text(o, "ref")), T(p, OBJECT_TITLE));
	html_close(h, "p");
	lifts_put(p, json_object_get(o, "lifts"));
	objections_put(p, o);
	downloads_put(p, o);
	withheld_put(p);
	page_end(p);
	return RC_OK;
}

enum rc
page_register_csv(struct page *p, struct err *e)
{
	json_t *in = json_pack("{s:s, s:i, s:s*}", "format", "csv", "limit",
			       (int)REGISTER_CSV_ROWS, "after", page_query(p, "after"));

	return page_bytes(p, "/v1/register", in, e);
}

enum rc
page_register_proof(struct page *p, struct err *e)
{
	json_t *proof;
	enum rc rc = page_ask(p, "/v1/register/{ref}/proof",
			      json_pack("{s:s}", "ref", p->word), &proof, e);

	if (rc != RC_OK)
		return rc;
	char *text = json_dumps(proof, JSON_INDENT(1));
	if (text == NULL)
		return err_set(e, RC_TOO_LARGE, "the proof is too large");
	p->len = strlen(text);
	p->bytes = arena_copy(p->a, text, p->len);
	p->type = "application/json";
	p->file = arena_printf(p->a, "%s.proof.json", j_text(proof, "ref"));
	free(text);
	return RC_OK;
}

enum rc
page_register(struct page *p, struct err *e)
{
	return p->word == NULL ? register_list(p, e) : register_entry(p, e);
}
