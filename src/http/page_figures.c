/*
 * "/transparency": the figures of both sides by month, each with what it means, drawn and
 * as a table; and all of them as CSV.
 *
 * What was not measured is a gap, and never 0: a median of nothing, a share of nothing,
 * a month before the first event or after the newest.
 */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "http/chart.h"
#include "http/page.h"

#define FIGURES_PATH "/transparency"
#define CSV_PATH     "/transparency.csv"

enum { MONTH_CHARS = 7, FIGURE_MONTHS_MAX = 60 };

/* One side's figures of the whole period. */
struct figure {
	const char *path; /* in the answer of /v1/statistics */
	enum chart_unit unit;
	enum text_key name, means;
};

static const struct figure of_authority[] = {
	{"notices.sent", CHART_COUNT, TEXT_FIG_NOTICES, TEXT_FIG_NOTICES_MEANS},
	{"items.submitted", CHART_COUNT, TEXT_FIG_ITEMS, TEXT_FIG_ITEMS_MEANS},
	{"errors.items_not_followed_permille", CHART_PERMILLE, TEXT_FIG_NOT_FOLLOWED,
	 TEXT_FIG_NOT_FOLLOWED_MEANS},
	{"authority.reversals", CHART_COUNT, TEXT_FIG_REVERSALS,
	 TEXT_FIG_REVERSALS_MEANS},
	{"authority.disputes_lost", CHART_COUNT, TEXT_FIG_DISPUTES_LOST,
	 TEXT_FIG_DISPUTES_LOST_MEANS},
	{"orders.in_force", CHART_COUNT, TEXT_FIG_ORDERS, TEXT_FIG_ORDERS_MEANS},
	{"orders.emergency", CHART_COUNT, TEXT_FIG_EMERGENCY, TEXT_FIG_EMERGENCY_MEANS},
	{"orders.lifted", CHART_COUNT, TEXT_FIG_LIFTED, TEXT_FIG_LIFTED_MEANS},
	{"errors.orders_wrong_permille", CHART_PERMILLE, TEXT_FIG_WRONG,
	 TEXT_FIG_WRONG_MEANS},
	{"seconds.order_force_to_zone.median", CHART_SECONDS, TEXT_FIG_FORCE_TO_ZONE,
	 TEXT_FIG_FORCE_TO_ZONE_MEANS},
	{"seconds.lift_to_zone.median", CHART_SECONDS, TEXT_FIG_LIFT_TO_ZONE,
	 TEXT_FIG_LIFT_TO_ZONE_MEANS},
	{"objections.objection", CHART_COUNT, TEXT_FIG_OBJECTIONS,
	 TEXT_FIG_OBJECTIONS_MEANS},
	{"objections.upheld", CHART_COUNT, TEXT_FIG_UPHELD, TEXT_FIG_UPHELD_MEANS},
	{"objections.ruling.on_time_permille", CHART_PERMILLE, TEXT_FIG_RULED_ON_TIME,
	 TEXT_FIG_RULED_ON_TIME_MEANS},
};

static const struct figure of_platform[] = {
	{"notices.received", CHART_COUNT, TEXT_FIG_RECEIVED, TEXT_FIG_RECEIVED_MEANS},
	{"seconds.receipt.median", CHART_SECONDS, TEXT_FIG_RECEIPT,
	 TEXT_FIG_RECEIPT_MEANS},
	{"seconds.acceptance.median", CHART_SECONDS, TEXT_FIG_ACCEPTANCE,
	 TEXT_FIG_ACCEPTANCE_MEANS},
	{"seconds.decision.median", CHART_SECONDS, TEXT_FIG_DECISION,
	 TEXT_FIG_DECISION_MEANS},
	{"decision.on_time_permille", CHART_PERMILLE, TEXT_FIG_ON_TIME,
	 TEXT_FIG_ON_TIME_MEANS},
	{"items.decided", CHART_COUNT, TEXT_FIG_DECIDED, TEXT_FIG_DECIDED_MEANS},
	{"items.open", CHART_COUNT, TEXT_FIG_OPEN, TEXT_FIG_OPEN_MEANS},
	{"items.refused", CHART_COUNT, TEXT_FIG_REFUSED, TEXT_FIG_REFUSED_MEANS},
	{"outcomes.kept", CHART_COUNT, TEXT_FIG_KEPT, TEXT_FIG_KEPT_MEANS},
	{"platform.reversals", CHART_COUNT, TEXT_FIG_REVERSALS, TEXT_FIG_REVERSALS_MEANS},
	{"platform.disputes_lost", CHART_COUNT, TEXT_FIG_DISPUTES_LOST,
	 TEXT_FIG_DISPUTES_LOST_MEANS},
};

/* By month. */
static const struct drawn {
	const char *id;
	enum text_key title;
	bool line;
	enum chart_unit unit;
	struct {
		const char *path; /* NULL: there is no second one */
		enum text_key name;
	} series[CHART_SERIES_MAX];
} charts[] = {
	{"items",
	 TEXT_CHART_ITEMS,
	 false,
	 CHART_COUNT,
	 {{"items.submitted", TEXT_FIG_ITEMS}, {"items.decided", TEXT_FIG_DECIDED}}},
	{"speed",
	 TEXT_CHART_SPEED,
	 true,
	 CHART_SECONDS,
	 {{"seconds.acceptance.median", TEXT_FIG_ACCEPTANCE},
	  {"seconds.decision.median", TEXT_FIG_DECISION}}},
	{"on-time",
	 TEXT_CHART_ON_TIME,
	 true,
	 CHART_PERMILLE,
	 {{"acceptance.on_time_permille", TEXT_FIG_ACCEPTED_ON_TIME},
	  {"decision.on_time_permille", TEXT_FIG_ON_TIME}}},
	{"errors",
	 TEXT_CHART_ERRORS,
	 true,
	 CHART_PERMILLE,
	 {{"errors.items_not_followed_permille", TEXT_FIG_NOT_FOLLOWED},
	  {"errors.orders_wrong_permille", TEXT_FIG_WRONG}}},
	{"reversals",
	 TEXT_CHART_REVERSALS,
	 false,
	 CHART_COUNT,
	 {{"authority.reversals", TEXT_STATS_AUTHORITY},
	  {"platform.reversals", TEXT_STATS_PLATFORM}}},
	{"orders",
	 TEXT_CHART_ORDERS,
	 false,
	 CHART_COUNT,
	 {{"orders.in_force", TEXT_FIG_ORDERS}, {"orders.lifted", TEXT_FIG_LIFTED}}},
	{"effect",
	 TEXT_CHART_EFFECT,
	 true,
	 CHART_SECONDS,
	 {{"seconds.order_force_to_zone.median", TEXT_FIG_FORCE_TO_ZONE},
	  {"seconds.lift_to_zone.median", TEXT_FIG_LIFT_TO_ZONE}}},
	{"objections",
	 TEXT_CHART_OBJECTIONS,
	 false,
	 CHART_COUNT,
	 {{"objections.objection", TEXT_FIG_OBJECTIONS},
	  {"objections.upheld", TEXT_FIG_UPHELD}}},
};

/* ---- data -------------------------------------------------------------------------- */

/* "a.b.c" of an answer.  A token that nobody counted is 0 of what was; null is a gap. */
static int64_t
value_at(struct page *p, const json_t *figures, const char *path)
{
	const json_t *at = figures;

	while (at != NULL && *path != '\0') {
		const size_t len = strcspn(path, ".");
		if (!json_is_object(at))
			return CHART_GAP;
		at = json_object_get(at, arena_strndup(p->a, path, len));
		path += len + (path[len] == '.');
	}
	if (at == NULL)
		return 0;
	return json_is_integer(at) ? json_integer_value(at) : CHART_GAP;
}

static const char *
month_at(struct page *p, int64_t us)
{
	char when[CLOCK_TEXT_LEN];

	return arena_strndup(p->a, clock_format(us, when), MONTH_CHARS);
}

/* The months of the answer, and the same figure of each. */
struct months {
	size_t n;
	const char **names;
	const json_t **figures; /* NULL: before the first event, or after the newest */
};

static void
months_read(struct page *p, const json_t *all, struct months *ret)
{
	const json_t *rows = json_object_get(all, "periods"), *row;
	const char *first = NULL, *last = NULL;
	size_t i;

	ret->n = json_array_size(rows);
	ret->names = arena_array(p->a, ret->n + 1, sizeof(*ret->names));
	ret->figures = arena_array(p->a, ret->n + 1, sizeof(json_t *));
	if (j_time(all, "since") != 0)
		first = month_at(p, j_time(all, "since"));
	if (j_time(all, "as_of") != 0)
		last = month_at(p, j_time(all, "as_of"));
	json_array_foreach (rows, i, row) {
		const char *name = j_text(row, "period");
		const bool known = first != NULL && last != NULL &&
				   strcmp(name, first) >= 0 && strcmp(name, last) <= 0;
		ret->names[i] = name;
		ret->figures[i] = known ? row : NULL;
	}
}

static json_t *
period_of(struct page *p)
{
	static const char *const words[] = {"from", "to"};
	json_t *in = json_object();

	for (size_t i = 0; i < 2; i++) {
		const char *given = page_query(p, words[i]);
		if (given != NULL && given[0] != '\0')
			json_object_set_new(in, words[i], json_string(given));
	}
	return in;
}

/* ---- drawing ----------------------------------------------------------------------- */

static void
month_field(struct page *p, const char *name, const char *label, const char *value)
{
	struct html *h = p->h;

	html_open(h, "label");
	html_attr(h, "for", name);
	html_text(h, label);
	html_close(h, "label");
	html_open(h, "input");
	html_attr(h, "id", name);
	html_attr(h, "name", name);
	html_attr(h, "type", "text");
	html_attr(h, "inputmode", "numeric");
	html_attr(h, "autocomplete", "off");
	html_attr(h, "pattern", "[0-9]{4}-[0-9]{2}");
	html_attr(h, "maxlength", "7");
	html_attr(h, "value", value);
}

static void
form_put(struct page *p, const char *from, const char *to)
{
	struct html *h = p->h;

	html_open(h, "form");
	html_attr(h, "method", "get");
	html_attr(h, "action", FIGURES_PATH);
	html_attr(h, "class", "period");
	month_field(p, "from", T(p, PERIOD_FROM_MONTH), from);
	month_field(p, "to", T(p, PERIOD_TO_MONTH), to);
	page_lang_kept(p);
	html_open(h, "button");
	html_attr(h, "type", "submit");
	html_text(h, T(p, TRACK_SHOW));
	html_close(h, "button");
	html_close(h, "form");
}

static void
side_put(struct page *p, const char *title, const struct figure *rows, size_t n,
	 const json_t *total)
{
	static const struct column columns[] = {{TEXT_COL_FIGURE, false},
						{TEXT_COL_VALUE, true},
						{TEXT_COL_MEANS, false}};

	table_open(p, title, columns, 3);
	for (size_t i = 0; i < n; i++) {
		row_open(p);
		cell_text(p, &columns[0], lang_text(p->lang, rows[i].name));
		cell_text(p, &columns[1],
			  chart_value(p, rows[i].unit, value_at(p, total, rows[i].path)));
		cell_text(p, &columns[2], lang_text(p->lang, rows[i].means));
		row_close(p);
	}
	table_close(p);
}

static void
drawn_put(struct page *p, const struct drawn *d, const struct months *m)
{
	struct chart c = {.id = d->id,
			  .title = lang_text(p->lang, d->title),
			  .line = d->line,
			  .unit = d->unit,
			  .n = m->n,
			  .months = m->names};

	for (size_t s = 0; s < CHART_SERIES_MAX && d->series[s].path != NULL; s++) {
		int64_t *values = arena_array(p->a, m->n + 1, sizeof(*values));
		for (size_t i = 0; i < m->n; i++)
			values[i] = m->figures[i] == NULL ? CHART_GAP
							  : value_at(p, m->figures[i],
								     d->series[s].path);
		c.names[s] = lang_text(p->lang, d->series[s].name);
		c.values[s] = values;
		c.n_series = s + 1;
	}
	part_heading(p, d->id, c.title);
	chart_put(p, &c);
}

/* Whoever has these logs gets the same figures. */
static void
logs_put(struct page *p, const json_t *logs)
{
	static const struct column columns[] = {
		{TEXT_COL_LOG, false}, {TEXT_COL_SIZE, true}, {TEXT_COL_ROOT, false}};
	const json_t *one;
	size_t i;

	part_heading(p, "logs", T(p, FIGURES_LOGS));
	html_leaf(p->h, "p", NULL, T(p, FIGURES_LOGS_WHY));
	if (json_array_size(logs) == 0)
		return;
	table_open(p, T(p, FIGURES_LOGS), columns, 3);
	json_array_foreach (logs, i, one) {
		row_open(p);
		cell_text(p, &columns[0], j_text(one, "origin"));
		cell_number(p, &columns[1], j_int(one, "size"));
		cell_open(p, &columns[2]);
		html_leaf(p->h, "code", "hash", j_text(one, "root"));
		cell_close(p);
		row_close(p);
	}
	table_close(p);
}

static void
until_put(struct page *p, const json_t *all, const struct months *m)
{
	struct html *h = p->h;

	html_open(h, "p");
	html_attr(h, "class", "meta");
	if (m->n != 0) {
		html_text(h, FILL(p, FIGURES_PERIOD, chart_month(p, m->names[0]),
				  chart_month(p, m->names[m->n - 1])));
		html_text(h, " ");
	}
	if (j_time(all, "as_of") == 0) {
		html_text(h, T(p, FIGURES_NONE));
	} else {
		html_text(h, T(p, FIGURES_UNTIL));
		html_text(h, " ");
		part_time(p, j_time(all, "as_of"));
	}
	html_close(h, "p");
}

static enum rc
ask(struct page *p, json_t **ret, struct err *e)
{
	json_t *in = period_of(p);

	json_object_set_new(in, "each", json_string("month"));
	enum rc rc = page_ask(p, "/v1/statistics", in, ret, e);
	if (rc == RC_OK &&
	    json_array_size(json_object_get(*ret, "periods")) > FIGURE_MONTHS_MAX)
		rc = err_set(e, RC_TOO_LARGE,
			     "at most %d months are drawn at once; the CSV has more",
			     FIGURE_MONTHS_MAX);
	return rc;
}

enum rc
page_figures(struct page *p, struct err *e)
{
	struct months m;
	json_t *all;
	enum rc rc = ask(p, &all, e);

	if (rc != RC_OK)
		return rc;
	months_read(p, all, &m);
	const json_t *total = json_object_get(all, "total");
	const char *from = m.n == 0 ? NULL : m.names[0],
		   *to = m.n == 0 ? NULL : m.names[m.n - 1];
	page_begin(p, NULL, T(p, FIGURES_TITLE), FIGURES_PATH);
	html_leaf(p->h, "p", "lead", T(p, FIGURES_LEAD));
	until_put(p, all, &m);
	form_put(p, from == NULL ? "" : from, to == NULL ? "" : to);
	html_open(p->h, "p");
	part_link(p, LINK(p, CSV_PATH, "from", from, "to", to), T(p, FIGURES_CSV));
	html_close(p->h, "p");
	part_heading(p, "authority", T(p, STATS_AUTHORITY));
	side_put(p, T(p, STATS_AUTHORITY), of_authority,
		 sizeof(of_authority) / sizeof(of_authority[0]), total);
	part_heading(p, "platform", T(p, STATS_PLATFORM));
	side_put(p, T(p, STATS_PLATFORM), of_platform,
		 sizeof(of_platform) / sizeof(of_platform[0]), total);
	html_leaf(p->h, "p", "meta", T(p, CHART_GAPS));
	for (size_t i = 0; m.n != 0 && i < sizeof(charts) / sizeof(charts[0]); i++)
		drawn_put(p, &charts[i], &m);
	logs_put(p, json_object_get(all, "logs"));
	page_end(p);
	return RC_OK;
}

enum rc
page_figures_csv(struct page *p, struct err *e)
{
	json_t *in = period_of(p);

	json_object_set_new(in, "each", json_string("month"));
	json_object_set_new(in, "format", json_string("csv"));
	return page_bytes(p, "/v1/statistics", in, e);
}
