/*
 * "/": the cases by deadline, and how the delivery to each peer stands.
 */
#include <string.h>

#include "base/utf8.h"
#include "http/page.h"

static const char *const states[] = {"none",	 "sent",    "received",
				     "accepted", "refused", "closed"};

/* Every case is in one state: the numbers of the filters add up to that of all. */
static void
filters_put(struct page *p, const json_t *status, const char *chosen)
{
	const json_t *counts = json_object_get(status, "cases");
	int64_t all = 0;

	html_open(p->h, "nav");
	html_attr(p->h, "class", "filters");
	html_attr(p->h, "aria-label", T(p, FILTER));
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		all += j_int(counts, states[i]);
	for (size_t i = 0; i <= sizeof(states) / sizeof(states[0]); i++) {
		const char *state = i == 0 ? NULL : states[i - 1];
		const bool here = state == NULL
					  ? chosen == NULL
					  : chosen != NULL && strcmp(chosen, state) == 0;
		const int64_t n = state == NULL ? all : j_int(counts, state);
		if (n == 0 && !here && state != NULL)
			continue;
		html_open(p->h, "a");
		html_attr(p->h, "href", LINK(p, "/", "state", state));
		if (here)
			html_attr(p->h, "aria-current", "true");
		html_text(p->h, state == NULL ? T(p, ALL) : case_state_word(p, state));
		html_text(p->h, " ");
		html_leaf(p->h, "span", "count", NUMBER(p, n));
		html_close(p->h, "a");
	}
	html_close(p->h, "nav");
}

/* No deadline brings these to the top of the list. */
static void
undelivered_put(struct page *p, const json_t *status)
{
	const int64_t n = j_int(json_object_get(status, "cases"), "sent");

	if (n == 0 || node_identity(p->nd)->role != PARTY_AUTHORITY)
		return;
	html_open(p->h, "p");
	html_attr(p->h, "class", "problem");
	part_link(p, LINK(p, "/", "state", "sent"), COUNT(p, UNDELIVERED_CASES, n));
	html_text(p->h, " ");
	html_text(p->h, T(p, UNDELIVERED_MEANS));
	html_close(p->h, "p");
}

static void
sums_put(struct page *p, const json_t *status)
{
	const int64_t items = j_int(status, "items"), decided = j_int(status, "decided");

	html_open(p->h, "p");
	html_attr(p->h, "class", "sums");
	html_text(p->h, FILL(p, SUM_ITEMS, NUMBER(p, items), NUMBER(p, decided),
			     NUMBER(p, items - decided)));
	html_text(p->h, " · ");
	html_text(p->h, COUNT(p, SUM_OVERDUE, j_int(status, "overdue")));
	html_text(p->h, " · ");
	html_text(p->h, COUNT(p, SUM_IN_FORCE, j_int(status, "orders_in_force")));
	html_close(p->h, "p");
}

/* A subject may be long; the whole is on the case's own page. */
static const char *
shortened(struct page *p, const char *subject)
{
	size_t len = strlen(subject);

	if (len <= PAGE_TITLE_BYTES)
		return subject;
	return arena_printf(p->a, "%.*s…", (int)utf8_cut(subject, len, PAGE_TITLE_BYTES),
			    subject);
}

static void
due_put(struct page *p, const json_t *c)
{
	const int64_t due_us = j_time(c, "due");

	if (due_us == 0 && strcmp(j_text(c, "state"), "sent") == 0) {
		html_leaf(p->h, "span", "none", T(p, NO_DEADLINE));
		return;
	}
	part_time(p, due_us);
	if (due_us == 0)
		return;
	html_open(p->h, "span");
	html_attr(p->h, "class", j_bool(c, "overdue") ? "left late" : "left");
	html_text(p->h,
		  due_us < p->now_us
			  ? FILL(p, LATE_BY, lang_span(p->a, p->lang, p->now_us - due_us))
			  : FILL(p, LEFT, lang_span(p->a, p->lang, due_us - p->now_us)));
	html_close(p->h, "span");
}

static void
case_row(struct page *p, const json_t *c, const struct column *columns)
{
	const char *id = j_text(c, "case"), *subject = j_text(c, "subject");
	const json_t *n = json_object_get(c, "counts");
	const int64_t items = j_int(c, "items"), decided = j_int(n, "decided");
	struct html *h = p->h;

	row_open(p);
	cell_open(p, columns++);
	html_open(h, "a");
	html_attr(h, "href", page_link(p, arena_printf(p->a, "/case/%s", id), NULL));
	html_attr(h, "class", "title");
	html_leaf(h, "bdi", NULL,
		  subject == NULL ? T(p, NO_SUBJECT) : shortened(p, subject));
	html_close(h, "a");
	html_text(h, " ");
	html_leaf(h, "span", "id", j_text(c, "ref") == NULL ? id : j_text(c, "ref"));
	cell_close(p);
	cell_open(p, columns++);
	part_outside(p, j_text(c, "peer"), "–");
	cell_close(p);
	cell_open(p, columns++);
	case_chips(p, c);
	if (j_bool(c, "urgent")) {
		html_text(h, " ");
		part_chip(p, LOOK_SOON, T(p, URGENT));
	}
	cell_close(p);
	cell_open(p, columns++);
	due_put(p, c);
	cell_close(p);
	cell_number(p, columns++, items);
	cell_number(p, columns++, decided);
	cell_number(p, columns++, items - decided);
	row_close(p);
}

static void
cases_put(struct page *p, const json_t *reply, const char *state)
{
	static const struct column columns[] = {
		{TEXT_COL_CASE, false},	    {TEXT_COL_PEER, false},
		{TEXT_COL_STATUS, false},   {TEXT_COL_DUE, false},
		{TEXT_COL_ITEMS, true},	    {TEXT_COL_DECIDED, true},
		{TEXT_COL_UNDECIDED, true},
	};
	const json_t *cases = json_object_get(reply, "cases"), *c;
	const char *next = j_text(reply, "next");
	size_t i;

	if (json_array_size(cases) == 0) {
		html_open(p->h, "p");
		html_attr(p->h, "class", "empty");
		html_text(p->h, page_query(p, "after") != NULL ? T(p, NO_MORE_CASES)
				: state != NULL		       ? T(p, NO_CASES_SO)
							       : T(p, NO_CASES));
		if (state != NULL) {
			html_text(p->h, " ");
			part_link(p, page_link(p, "/", NULL), T(p, CLEAR_FILTER));
		}
		html_close(p->h, "p");
	} else {
		table_open(p, T(p, CASES_CAPTION), columns,
			   sizeof(columns) / sizeof(columns[0]));
		json_array_foreach (cases, i, c)
			case_row(p, c, columns);
		table_close(p);
	}
	part_pager(p,
		   page_query(p, "after") == NULL ? NULL : LINK(p, "/", "state", state),
		   next == NULL ? NULL : LINK(p, "/", "state", state, "after", next));
}

/* How far what we wrote has come: only what is receipted has arrived. */
static void
delivery_put(struct page *p, const json_t *peer, int64_t waiting)
{
	struct html *h = p->h;

	if (!j_bool(peer, "introduced")) {
		part_chip(p, LOOK_UNKNOWN, T(p, PEER_NOT_INTRODUCED));
		return;
	}
	if (waiting == 0)
		part_chip(p, LOOK_DONE, T(p, PEER_ALL_RECEIPTED));
	else
		part_chip(p, LOOK_BAD, COUNT(p, PEER_UNDELIVERED, waiting));
	if (j_time(peer, "failing_since") == 0)
		return;
	html_open(h, "p");
	html_attr(h, "class", "why");
	html_text(h, T(p, PEER_FAILING_SINCE));
	html_text(h, " ");
	part_time(p, j_time(peer, "failing_since"));
	html_text(h, ". ");
	html_text(h, T(p, PEER_NEXT_TRY));
	html_text(h, " ");
	part_time(p, j_time(peer, "next_try"));
	html_text(h, ".");
	if (j_text(peer, "reason") != NULL) {
		html_text(h, " ");
		html_open(h, "bdi");
		html_attr(h, "lang", "en");
		html_attr(h, "class", "raw");
		html_text(h, j_text(peer, "reason"));
		html_close(h, "bdi");
	}
	html_close(h, "p");
}

static void
peers_put(struct page *p, const json_t *peers)
{
	static const struct column columns[] = {
		{TEXT_COL_PEER, false},	    {TEXT_COL_POLICY, false},
		{TEXT_COL_WRITTEN, true},   {TEXT_COL_RECEIPTED, true},
		{TEXT_COL_WAITING, true},   {TEXT_COL_RECEIVED_HERE, true},
		{TEXT_COL_DELIVERY, false},
	};
	const json_t *peer;
	size_t i;

	html_leaf(p->h, "h2", NULL, T(p, PEERS));
	if (json_array_size(peers) == 0) {
		html_leaf(p->h, "p", "empty", T(p, NO_PEERS));
		return;
	}
	table_open(p, T(p, PEERS_CAPTION), columns, sizeof(columns) / sizeof(columns[0]));
	json_array_foreach (peers, i, peer) {
		const int64_t sent = j_int(peer, "sent"), has = j_int(peer, "receipted");
		row_open(p);
		cell_open(p, &columns[0]);
		part_outside(p, j_text(peer, "peer"), "–");
		cell_close(p);
		cell_text(p, &columns[1], j_text(peer, "policy"));
		cell_number(p, &columns[2], sent);
		cell_number(p, &columns[3], has);
		cell_number(p, &columns[4], sent - has);
		cell_number(p, &columns[5], j_int(peer, "received"));
		cell_open(p, &columns[6]);
		delivery_put(p, peer, sent - has);
		cell_close(p);
		row_close(p);
	}
	table_close(p);
}

enum rc
page_cases(struct page *p, struct err *e)
{
	const char *state = page_query(p, "state"), *after = page_query(p, "after");
	json_t *status, *reply, *in = json_pack("{s:i}", "limit", (int)PAGE_ROWS);
	enum rc rc;

	if (state != NULL && state[0] == '\0')
		state = NULL;
	if (state != NULL)
		json_object_set_new(in, "state", json_string(state));
	if (after != NULL)
		json_object_set_new(in, "after", json_string(after));
	rc = page_ask(p, "/v1/cases", in, &reply, e);
	if (rc == RC_OK)
		rc = page_ask(p, "/v1/status", json_object(), &status, e);
	if (rc != RC_OK)
		return rc;
	page_begin(p, NULL, T(p, CASES_TITLE), "/");
	sums_put(p, status);
	undelivered_put(p, status);
	filters_put(p, status, state);
	cases_put(p, reply, state);
	peers_put(p, json_object_get(status, "peers"));
	page_end(p);
	return RC_OK;
}
