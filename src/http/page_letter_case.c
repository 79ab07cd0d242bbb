/*
 * "/letter/case/CASE": a notice, a removal order or a warning as a letter, for people of
 * the node.  ?kind=notice, removal, warning; ?level=1 to 3 of a warning.
 */
#include <stdlib.h>
#include <string.h>

#include "http/letter.h"

enum {
	ITEMS_PAGE = 1000,
	ITEMS_MAX = 10000, /* of one letter: some 400 sheets */
	LEVEL_MAX = 3,
};

enum kind { KIND_NOTICE, KIND_REMOVAL, KIND_WARNING };

struct asked {
	enum kind kind;
	int64_t level;	  /* of a warning */
	const char *text; /* what was written with it, or NULL */
};

static enum rc
asked_read(struct page *p, struct asked *q, struct err *e)
{
	static const char *const kinds[] = {"notice", "removal", "warning"};
	const char *kind = page_query(p, "kind"), *level = page_query(p, "level");
	size_t i = 0;

	*q = (struct asked){.kind = KIND_NOTICE, .level = 1};
	while (kind != NULL && i < sizeof(kinds) / sizeof(kinds[0]) &&
	       strcmp(kinds[i], kind) != 0)
		i++;
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return err_set(e, RC_INVALID, "\"kind\" is notice, removal or warning");
	q->kind = (enum kind)i;
	if (level != NULL &&
	    (level[0] < '1' || level[0] > '0' + LEVEL_MAX || level[1] != '\0'))
		return err_set(e, RC_INVALID, "\"level\" is 1 to %d", LEVEL_MAX);
	if (level != NULL)
		q->level = level[0] - '0';
	return RC_OK;
}

/* ---- which event it is ------------------------------------------------------------- */

/* When the warning of that level was sent; 0: it was not. */
static int64_t
warned_at(const json_t *c, int64_t level)
{
	const json_t *rung;
	size_t i;

	json_array_foreach (json_object_get(c, "ladder"), i, rung)
		if (j_int(rung, "level") == level)
			return j_time(rung, "at");
	return 0;
}

static const json_t *
event_find(const json_t *c, const struct asked *q)
{
	const char *type = q->kind == KIND_WARNING ? "case.warn" : "notice.send";
	const int64_t at_us = q->kind == KIND_WARNING ? warned_at(c, q->level) : 0;
	const json_t *ev;
	size_t i;

	json_array_foreach (json_object_get(c, "timeline"), i, ev)
		if (strcmp(j_text(ev, "type"), type) == 0 &&
		    json_is_null(json_object_get(ev, "void")) &&
		    (q->kind != KIND_WARNING || j_time(ev, "at") == at_us))
			return ev;
	return NULL;
}

static enum rc
record_find(struct page *p, const json_t *c, struct asked *q, struct letter *l,
	    struct err *e)
{
	const json_t *ev = event_find(c, q);
	json_t *record;

	if (ev == NULL && q->kind == KIND_WARNING)
		return err_set(e, RC_NOT_FOUND, "no warning %d was sent in this case",
			       (int)q->level);
	if (ev == NULL)
		return err_set(e, RC_NOT_FOUND, "the notice is not whole yet");
	q->text = j_text(ev, "text");
	enum rc rc = page_ask(p, "/v1/cases/{case}/record",
			      json_pack("{s:s, s:s, s:I}", "case", p->word, "party",
					j_text(ev, "party"), "seq", j_int(ev, "seq")),
			      &record, e);
	if (rc != RC_OK)
		return rc;
	l->leaf = j_text(record, "leaf");
	l->seq = j_int(record, "seq");
	l->log = j_text(record, "log");
	l->at_us = j_time(record, "at");
	l->proof = letter_record(p, l);
	l->check = T(p, LETTER_CHECK_BUNDLE);
	return RC_OK;
}

/* ---- what is said ------------------------------------------------------------------ */

static void
facts_put(struct page *p, const json_t *c)
{
	const json_t *policy = json_object_get(c, "policy");

	html_open(p->h, "dl");
	html_attr(p->h, "class", "facts");
	fact_outside(p, T(p, COL_SUBJECT), j_text(c, "subject"));
	fact_outside(p, T(p, LEGAL_BASIS), j_text(c, "legal_basis"));
	fact_text(p, T(p, CLASS), word_class(p, j_text(c, "class")));
	if (j_bool(c, "urgent"))
		fact_text(p, T(p, URGENT), T(p, LETTER_URGENT));
	if (json_is_object(policy))
		fact_text(p, T(p, LETTER_POLICY),
			  arena_printf(p->a, "%s, %s", j_text(policy, "name"),
				       NUMBER(p, j_int(policy, "version"))));
	fact_time(p, T(p, SENT_AT), j_time(c, "sent"));
	fact_time(p, T(p, NOTICE_RECEIPT), j_time(c, "receipt"));
	fact_time(p, T(p, ACCEPT_DUE), j_time(c, "accept_due"));
	fact_time(p, T(p, DECIDE_DUE), j_time(c, "decide_due"));
	fact_text(p, T(p, COL_ITEMS), NUMBER(p, j_int(c, "items")));
	html_close(p->h, "dl");
}

/* What a formal order says beside the items; codes are those of the policy. */
static void
fields_put(struct page *p, const json_t *fields)
{
	const char *code;
	const json_t *value;

	if (json_object_size(fields) == 0)
		return;
	html_leaf(p->h, "h2", NULL, T(p, LETTER_FIELDS));
	html_open(p->h, "dl");
	html_attr(p->h, "class", "facts");
	json_object_foreach ((json_t *)(uintptr_t)fields, code, value)
		fact_outside(p, code, json_string_value(value));
	html_close(p->h, "dl");
}

static const struct column item_columns[] = {{TEXT_COL_NUMBER, true},
					     {TEXT_COL_TARGET, false},
					     {TEXT_COL_CATEGORY, false},
					     {TEXT_COL_DESCRIPTION, false}};

static void
item_put(struct page *p, const json_t *item)
{
	row_open(p);
	cell_number(p, &item_columns[0], j_int(item, "i") + 1);
	cell_open(p, &item_columns[1]);
	html_open(p->h, "code");
	html_leaf(p->h, "bdi", NULL, j_text(item, "given"));
	html_close(p->h, "code");
	cell_close(p);
	cell_text(p, &item_columns[2], word_category(p, j_text(item, "category")));
	cell_open(p, &item_columns[3]);
	part_outside(p, j_text(item, "description"), "–");
	cell_close(p);
	row_close(p);
}

/* `outcome`: only these, or NULL. */
static enum rc
items_put(struct page *p, const char *id, const char *outcome, struct err *e)
{
	int64_t after = -1, shown = 0;
	bool more = true;

	html_leaf(p->h, "h2", NULL, T(p, COL_ITEMS));
	table_open(p, outcome == NULL ? T(p, LETTER_ITEMS) : T(p, LETTER_OPEN_ITEMS),
		   item_columns, sizeof(item_columns) / sizeof(item_columns[0]));
	while (more && shown < ITEMS_MAX) {
		json_t *in = json_pack("{s:s, s:i, s:s*}", "case", id, "limit",
				       (int)ITEMS_PAGE, "outcome", outcome),
		       *page;
		const json_t *item;
		size_t i;
		if (after >= 0)
			json_object_set_new(in, "after", json_integer(after));
		enum rc rc = page_ask(p, "/v1/cases/{case}/items", in, &page, e);
		if (rc != RC_OK)
			return rc;
		json_array_foreach (json_object_get(page, "items"), i, item) {
			item_put(p, item);
			shown++;
		}
		more = json_is_integer(json_object_get(page, "next"));
		after = j_int(page, "next");
	}
	table_close(p);
	if (more)
		html_leaf(p->h, "p", NULL, FILL(p, LETTER_MORE, NUMBER(p, ITEMS_MAX)));
	return RC_OK;
}

/* Up to the warning that the letter is. */
static void
ladder_put(struct page *p, const json_t *c, int64_t level)
{
	static const struct column columns[] = {
		{TEXT_COL_ACT, false}, {TEXT_SENT_AT, false}, {TEXT_COL_RECEIPT, false}};
	const json_t *rung;
	size_t i;

	html_leaf(p->h, "h2", NULL, T(p, LETTER_LADDER));
	table_open(p, T(p, LETTER_LADDER), columns, 3);
	json_array_foreach (json_object_get(c, "ladder"), i, rung) {
		if (j_int(rung, "level") > level)
			break;
		row_open(p);
		cell_text(p, &columns[0], word_rung(p, rung));
		cell_open(p, &columns[1]);
		part_time(p, j_time(rung, "at"));
		cell_close(p);
		cell_open(p, &columns[2]);
		part_time(p, j_time(rung, "received"));
		cell_close(p);
		row_close(p);
	}
	table_close(p);
}

/* The form that the law prescribes, where the policy has one. */
static void
form_put(struct page *p, const char *id)
{
	struct err none = ERR_INIT;
	json_t *form;

	if (page_post(p, "/v1/cases/{case}/form",
		      json_pack("{s:s, s:i, s:s}", "case", id, "annex", 1, "language",
				lang_code(p->lang)),
		      &form, &none) != RC_OK)
		return;
	html_leaf(p->h, "h2", NULL, T(p, LETTER_FORM));
	html_open(p->h, "pre");
	html_text(p->h, j_text(form, "text"));
	html_close(p->h, "pre");
}

static enum rc
said_put(struct page *p, const json_t *c, const struct asked *q, struct err *e)
{
	const char *id = j_text(c, "case");
	const enum text_key says[] = {[KIND_NOTICE] = TEXT_LETTER_NOTICE_SAYS,
				      [KIND_REMOVAL] = TEXT_LETTER_REMOVAL_SAYS,
				      [KIND_WARNING] = TEXT_LETTER_WARNING_SAYS};

	html_leaf(p->h, "p", NULL, lang_text(p->lang, says[q->kind]));
	facts_put(p, c);
	if (q->kind == KIND_WARNING) {
		letter_text(p, T(p, LETTER_WORDS), q->text);
		ladder_put(p, c, q->level);
		return items_put(p, id, "open", e);
	}
	letter_text(p, T(p, LETTER_WORDS), j_text(c, "letter"));
	if (q->kind == KIND_REMOVAL) {
		fields_put(p, json_object_get(c, "fields"));
		form_put(p, id);
	}
	return items_put(p, id, NULL, e);
}

static const char *
title_of(struct page *p, const struct asked *q)
{
	if (q->kind == KIND_WARNING)
		return FILL(p, LETTER_WARNING, NUMBER(p, q->level));
	return q->kind == KIND_REMOVAL ? T(p, LETTER_REMOVAL) : T(p, LETTER_NOTICE);
}

enum rc
page_letter_case(struct page *p, struct err *e)
{
	struct letter l = {0};
	struct asked q;
	json_t *c;
	enum rc rc = asked_read(p, &q, e);

	if (rc == RC_OK)
		rc = page_ask(p, "/v1/cases/{case}", json_pack("{s:s}", "case", p->word),
			      &c, e);
	if (rc != RC_OK)
		return rc;
	l.number = j_text(c, "ref") == NULL
			   ? p->word
			   : arena_printf(p->a, "%s (%s)", j_text(c, "ref"), p->word);
	l.title = title_of(p, &q);
	l.to = node_identity(p->nd)->role == PARTY_AUTHORITY ? j_text(c, "peer")
							     : node_identity(p->nd)->org;
	l.test = j_bool(c, "test");
	l.back = page_link(
		p, arena_printf(p->a, "%s/case/%s", p->https ? "/console" : "", p->word),
		NULL);
	l.back_to = T(p, LETTER_BACK);
	rc = record_find(p, c, &q, &l, e);
	if (rc != RC_OK)
		return rc;
	letter_begin(p, &l);
	rc = said_put(p, c, &q, e);
	if (rc != RC_OK)
		return rc;
	letter_end(p, &l);
	return RC_OK;
}
