/*
 * "/case/{case}": all that is known of one case.
 */
#include <string.h>

#include "http/page.h"

/* What service_case() gives at most; there the timeline is cut. */
enum { TIMELINE_MAX = 1000 };

static void
summary_put(struct page *p, const json_t *c)
{
	const json_t *next = json_object_get(c, "next_step");

	html_open(p->h, "p");
	html_attr(p->h, "class", "chips");
	case_chips(p, c);
	if (j_bool(c, "urgent")) {
		html_text(p->h, " ");
		part_chip(p, LOOK_SOON, T(p, URGENT));
	}
	html_close(p->h, "p");
	html_open(p->h, "dl");
	html_attr(p->h, "class", "facts");
	fact_text(p, T(p, CASE_REF), j_text(c, "ref"));
	fact_code(p, T(p, CASE_ID), j_text(c, "case"));
	fact_outside(p, T(p, COL_PEER), j_text(c, "peer"));
	fact_outside(p, T(p, LEGAL_BASIS), j_text(c, "legal_basis"));
	fact_text(p, T(p, CLASS), word_class(p, j_text(c, "class")));
	fact_outside(p, T(p, AUTHOR), j_text(c, "author"));
	fact_time(p, T(p, SENT_AT), j_time(c, "sent"));
	fact_open(p, T(p, NOTICE_RECEIPT));
	if (j_time(c, "receipt") == 0)
		html_text(p->h, T(p, NO_RECEIPT));
	else
		part_time(p, j_time(c, "receipt"));
	fact_close(p);
	fact_time(p, T(p, ACCEPT_DUE), j_time(c, "accept_due"));
	fact_time(p, T(p, DECIDE_DUE), j_time(c, "decide_due"));
	fact_time(p, T(p, ACCEPTED_AT), j_time(c, "accepted"));
	if (j_time(c, "refused") != 0)
		fact_time(p, T(p, REFUSED_AT), j_time(c, "refused"));
	fact_time(p, T(p, CLOSED_AT), j_time(c, "closed"));
	if (json_is_object(next)) {
		fact_open(p, T(p, NEXT_STEP));
		html_text(p->h, word_rung(p, next));
		html_text(p->h, ", ");
		if (j_bool(next, "waits_for_receipt")) {
			html_text(p->h, T(p, AFTER_RECEIPT));
		} else {
			html_text(p->h, T(p, NOT_BEFORE));
			html_text(p->h, " ");
			part_time(p, j_time(next, "not_before"));
		}
		fact_close(p);
	}
	html_close(p->h, "dl");
}

/* What stands further down, behind a hundred items. */
static void
contents_put(struct page *p)
{
	static const struct {
		const char *href;
		enum text_key key;
	} rows[] = {
		{"#items", TEXT_ITEMS},	      {"#conversation", TEXT_CONVERSATION},
		{"#timeline", TEXT_TIMELINE}, {"#ladder", TEXT_LADDER},
		{"#receipts", TEXT_RECEIPTS}, {"#orders", TEXT_ORDERS_CITING},
	};

	html_open(p->h, "nav");
	html_attr(p->h, "class", "contents");
	html_attr(p->h, "aria-label", T(p, CONTENTS));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		part_link(p, rows[i].href, lang_text(p->lang, rows[i].key));
	html_close(p->h, "nav");
}

/* Conservation, as an equation that anybody can do again. */
static void
counts_put(struct page *p, const json_t *n)
{
	part_heading(p, "counts", T(p, COUNTS));
	html_open(p->h, "ul");
	html_attr(p->h, "class", "sums");
	html_leaf(p->h, "li", NULL,
		  FILL(p, SUM_SUBMITTED, NUMBER(p, j_int(n, "submitted")),
		       NUMBER(p, j_int(n, "accepted")), NUMBER(p, j_int(n, "refused")),
		       NUMBER(p, j_int(n, "duplicate")), NUMBER(p, j_int(n, "waiting"))));
	html_leaf(p->h, "li", NULL,
		  FILL(p, SUM_ACCEPTED, NUMBER(p, j_int(n, "accepted")),
		       NUMBER(p, j_int(n, "decided")), NUMBER(p, j_int(n, "open"))));
	html_close(p->h, "ul");
}

static void
item_row(struct page *p, const json_t *it, const struct column *columns)
{
	const char *given = j_text(it, "given"), *normal = j_text(it, "normal"),
		   *ground = j_text(it, "ground"), *reason = j_text(it, "reason"),
		   *description = j_text(it, "description");
	struct html *h = p->h;

	row_open(p);
	cell_number(p, &columns[0], j_int(it, "i"));
	cell_open(p, &columns[1]);
	html_open(h, "code");
	part_outside(p, given, T(p, ERASED));
	html_close(h, "code");
	if (given != NULL && normal != NULL && strcmp(given, normal) != 0) {
		html_open(h, "span");
		html_attr(h, "class", "under");
		html_open(h, "code");
		html_text(h, "=\xc2\xa0");
		html_leaf(h, "bdi", NULL, normal);
		html_close(h, "code");
		html_close(h, "span");
	}
	if (description != NULL && description[0] != '\0') {
		html_open(h, "span");
		html_attr(h, "class", "under");
		html_leaf(h, "bdi", NULL, description);
		html_close(h, "span");
	}
	cell_close(p);
	cell_text(p, &columns[2], word_category(p, j_text(it, "category")));
	cell_open(p, &columns[3]);
	outcome_chip(p, j_text(it, "outcome"));
	cell_close(p);
	cell_open(p, &columns[4]);
	if (ground != NULL && ground[0] != '\0')
		html_leaf(h, "strong", NULL, word_ground(p, ground));
	if (ground != NULL && ground[0] != '\0' && reason != NULL)
		html_text(h, ": ");
	if (reason != NULL || ground == NULL)
		part_outside(p, reason, "–");
	cell_close(p);
	cell_open(p, &columns[5]);
	part_time(p, j_time(it, "decided"));
	cell_close(p);
	row_close(p);
}

static void
items_put(struct page *p, const json_t *reply)
{
	static const struct column columns[] = {
		{TEXT_COL_NUMBER, true},    {TEXT_COL_TARGET, false},
		{TEXT_COL_CATEGORY, false}, {TEXT_COL_OUTCOME, false},
		{TEXT_COL_REASON, false},   {TEXT_COL_DECIDED_AT, false},
	};
	const json_t *items = json_object_get(reply, "items"), *it,
		     *next = json_object_get(reply, "next");
	size_t i;

	part_heading(p, "items", T(p, ITEMS));
	if (json_array_size(items) == 0) {
		html_leaf(p->h, "p", "empty", T(p, NO_ITEMS));
	} else {
		table_open(p, T(p, ITEMS_CAPTION), columns,
			   sizeof(columns) / sizeof(columns[0]));
		json_array_foreach (items, i, it)
			item_row(p, it, columns);
		table_close(p);
	}
	const char *more = NULL;
	if (json_is_integer(next))
		more = LINK(p, p->path, "after",
			    arena_printf(p->a, "%" JSON_INTEGER_FORMAT,
					 json_integer_value(next)));
	part_pager(p,
		   page_query(p, "after") == NULL
			   ? NULL
			   : arena_printf(p->a, "%s#items", page_link(p, p->path, NULL)),
		   more == NULL ? NULL : arena_printf(p->a, "%s#items", more));
}

static void
messages_put(struct page *p, const json_t *messages)
{
	struct html *h = p->h;
	const json_t *m;
	size_t i;

	part_heading(p, "conversation", T(p, CONVERSATION));
	if (json_array_size(messages) == 0) {
		html_leaf(h, "p", "empty", T(p, NO_MESSAGES));
		return;
	}
	html_open(h, "ol");
	html_attr(h, "class", "messages");
	json_array_foreach (messages, i, m) {
		html_open(h, "li");
		html_attr(h, "class",
			  strcmp(j_text(m, "party"), "authority") == 0
				  ? "message of-authority"
				  : "message of-platform");
		html_open(h, "p");
		html_attr(h, "class", "meta");
		html_leaf(h, "strong", NULL, word_party(p, j_text(m, "party")));
		html_text(h, " · ");
		part_outside(p, j_text(m, "author"), "–");
		html_text(h, " · ");
		part_time(p, j_time(m, "at"));
		html_close(h, "p");
		html_open(h, "p");
		html_attr(h, "class", "said");
		html_attr(h, "dir", "auto");
		if (j_text(m, "text") == NULL)
			html_leaf(h, "span", "none", T(p, ERASED));
		else
			html_text(h, j_text(m, "text"));
		html_close(h, "p");
		html_open(h, "p");
		html_attr(h, "class", "meta");
		if (j_time(m, "read") == 0) {
			html_text(h, T(p, NOT_READ));
		} else {
			html_text(h, T(p, READ_AT));
			html_text(h, " ");
			part_time(p, j_time(m, "read"));
		}
		html_close(h, "p");
		html_close(h, "li");
	}
	html_close(h, "ol");
}

/* The level of an event is a fact with its proof: appended, or receipted at a time.  No
 * event is ever just "delivered". */
static void
level_put(struct page *p, const json_t *ev)
{
	if (j_time(ev, "received") == 0) {
		part_chip(p, LOOK_SENT, T(p, LEVEL_APPENDED));
		return;
	}
	part_chip(p, LOOK_DONE, T(p, LEVEL_RECEIVED));
	html_text(p->h, " ");
	part_time(p, j_time(ev, "received"));
}

static void
timeline_put(struct page *p, const json_t *timeline)
{
	static const struct column columns[] = {
		{TEXT_COL_TIME, false},	 {TEXT_COL_EVENT, false},
		{TEXT_COL_PARTY, false}, {TEXT_COL_AUTHOR, false},
		{TEXT_COL_ENTRY, true},	 {TEXT_COL_LEVEL, false},
	};
	struct html *h = p->h;
	const json_t *ev;
	size_t i;

	part_heading(p, "timeline", T(p, TIMELINE));
	table_open(p, T(p, TIMELINE_CAPTION), columns,
		   sizeof(columns) / sizeof(columns[0]));
	json_array_foreach (timeline, i, ev) {
		row_open(p);
		cell_open(p, &columns[0]);
		part_time(p, j_time(ev, "at"));
		cell_close(p);
		cell_open(p, &columns[1]);
		html_text(h, word_event(p, j_text(ev, "type")));
		html_text(h, " ");
		html_leaf(h, "code", "under", j_text(ev, "type"));
		if (j_text(ev, "void") != NULL) {
			html_open(h, "span");
			html_attr(h, "class", "under");
			part_chip(p, LOOK_BAD, T(p, EVENT_VOID));
			html_text(h, " ");
			html_open(h, "bdi");
			html_attr(h, "lang", "en");
			html_text(h, j_text(ev, "void"));
			html_close(h, "bdi");
			html_close(h, "span");
		}
		cell_close(p);
		cell_text(p, &columns[2], word_party(p, j_text(ev, "party")));
		cell_open(p, &columns[3]);
		part_outside(p, j_text(ev, "author"), "–");
		cell_close(p);
		cell_number(p, &columns[4], j_int(ev, "seq"));
		cell_open(p, &columns[5]);
		level_put(p, ev);
		cell_close(p);
		row_close(p);
	}
	table_close(p);
	if (json_array_size(timeline) >= TIMELINE_MAX)
		html_leaf(h, "p", "empty", COUNT(p, TIMELINE_CUT, TIMELINE_MAX));
}

static void
ladder_put(struct page *p, const json_t *ladder)
{
	static const struct column columns[] = {
		{TEXT_COL_STEP, false},
		{TEXT_COL_TIME, false},
		{TEXT_COL_RECEIPT, false},
	};
	const json_t *rung;
	size_t i;

	part_heading(p, "ladder", T(p, LADDER));
	if (json_array_size(ladder) == 0) {
		html_leaf(p->h, "p", "empty", T(p, NO_LADDER));
		return;
	}
	table_open(p, T(p, LADDER_CAPTION), columns,
		   sizeof(columns) / sizeof(columns[0]));
	json_array_foreach (ladder, i, rung) {
		row_open(p);
		cell_text(p, &columns[0], word_rung(p, rung));
		cell_open(p, &columns[1]);
		part_time(p, j_time(rung, "at"));
		cell_close(p);
		cell_open(p, &columns[2]);
		if (j_time(rung, "received") == 0)
			part_chip(p, LOOK_BAD, T(p, STEP_NOT_RECEIPTED));
		else
			part_time(p, j_time(rung, "received"));
		cell_close(p);
		row_close(p);
	}
	table_close(p);
}

/* One receipt covers all entries of a log below a size: those of this case that bear the
 * same time came with the same one. */
static void
receipts_put(struct page *p, const json_t *timeline)
{
	const json_t *ev, *other;
	size_t i, k, shown = 0;

	part_heading(p, "receipts", T(p, RECEIPTS));
	html_open(p->h, "ul");
	json_array_foreach (timeline, i, ev) {
		const char *at = j_text(ev, "received");
		int64_t n = 0;
		bool told = at == NULL;
		json_array_foreach (timeline, k, other) {
			if (at == NULL || j_text(other, "received") == NULL ||
			    strcmp(j_text(other, "received"), at) != 0 ||
			    strcmp(j_text(other, "party"), j_text(ev, "party")) != 0)
				continue;
			told |= k < i;
			n++;
		}
		if (told)
			continue;
		html_open(p->h, "li");
		part_time(p, j_time(ev, "received"));
		html_text(p->h, ": ");
		html_text(p->h, lang_count(p->a, p->lang, TEXT_RECEIPT_COVERS, n,
					   word_party(p, j_text(ev, "party"))));
		html_close(p->h, "li");
		shown++;
	}
	if (shown == 0)
		html_leaf(p->h, "li", "none", T(p, NO_RECEIPTS));
	html_close(p->h, "ul");
}

static void
orders_put(struct page *p, const json_t *orders)
{
	const json_t *o;
	size_t i;

	part_heading(p, "orders", T(p, ORDERS_CITING));
	if (json_array_size(orders) == 0) {
		html_leaf(p->h, "p", "empty", T(p, NO_ORDERS_CITING));
		return;
	}
	html_open(p->h, "ul");
	json_array_foreach (orders, i, o) {
		const char *id = j_text(o, "order");
		html_open(p->h, "li");
		part_link(p, page_link(p, arena_printf(p->a, "/order/%s", id), NULL), id);
		html_text(p->h, " ");
		order_chip(p, j_text(o, "state"));
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}

enum rc
page_case(struct page *p, struct err *e)
{
	const char *after = page_query(p, "after"), *subject;
	json_t *c, *items,
		*in = json_pack("{s:s, s:i}", "case", p->word, "limit", (int)PAGE_ITEMS);
	int64_t from = -1;
	enum rc rc;

	if (after != NULL) {
		/* The service wants a number; one that is none is the first page. */
		json_t *n = json_loads(after, JSON_DECODE_ANY, NULL);
		if (json_is_integer(n) && json_integer_value(n) >= 0)
			from = json_integer_value(n);
		json_decref(n);
	}
	json_object_set_new(in, "after", json_integer(from));
	rc = page_ask(p, "/v1/cases/{case}/items", in, &items, e);
	if (rc == RC_OK)
		rc = page_ask(p, "/v1/cases/{case}", json_pack("{s:s}", "case", p->word),
			      &c, e);
	if (rc != RC_OK)
		return rc;
	subject = j_text(c, "subject");
	page_begin(p, T(p, CASE), subject == NULL ? T(p, NO_SUBJECT) : subject, "/");
	summary_put(p, c);
	contents_put(p);
	counts_put(p, json_object_get(c, "counts"));
	items_put(p, items);
	messages_put(p, json_object_get(c, "messages"));
	timeline_put(p, json_object_get(c, "timeline"));
	ladder_put(p, json_object_get(c, "ladder"));
	receipts_put(p, json_object_get(c, "timeline"));
	orders_put(p, json_object_get(c, "orders"));
	page_end(p);
	return RC_OK;
}
