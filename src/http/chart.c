#include "http/chart.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

/* In units of the drawing. */
enum {
	WIDTH = 360,
	HEIGHT = 190,
	LEFT = 52, /* room for the scale's words */
	RIGHT = 8,
	TOP = 10,
	GROUND = 158, /* of the value 0 */
	DOT = 5,
	LABELS_MAX = 6, /* months that are named */
	STEPS = 2,	/* of the scale above 0 */
	POINTS_MAX = 16 << 10,
	DECIMALS = 10, /* a coordinate has one */
};

static const char *const classes[CHART_SERIES_MAX] = {"first", "second"};

/* ---- words ------------------------------------------------------------------------- */

static const char *
permille_text(struct page *p, int64_t v)
{
	const char *point = p->lang == LANG_ID ? "," : ".";

	return v % 10 == 0 ? arena_printf(p->a, "%" PRId64 " %%", v / 10)
			   : arena_printf(p->a, "%" PRId64 "%s%" PRId64 " %%", v / 10,
					  point, v % 10);
}

const char *
chart_value(struct page *p, enum chart_unit unit, int64_t v)
{
	if (v == CHART_GAP)
		return T(p, NO_DATA);
	if (unit == CHART_PERMILLE)
		return permille_text(p, v);
	return unit == CHART_SECONDS ? lang_span(p->a, p->lang, v * CLOCK_US_PER_S)
				     : lang_number(p->a, p->lang, v);
}

static const char *
month_word(struct page *p, const char *month)
{
	const char *words = T(p, MONTHS);

	for (long n = strtol(month + 5, NULL, 10); n > 1; n--)
		words += strcspn(words, " ") + 1;
	return arena_strndup(p->a, words, strcspn(words, " "));
}

const char *
chart_month(struct page *p, const char *month)
{
	return arena_printf(p->a, "%s %.4s", month_word(p, month), month);
}

/* ---- drawing ----------------------------------------------------------------------- */

static int64_t
largest(const struct chart *c)
{
	int64_t most = 0;

	for (size_t s = 0; s < c->n_series; s++)
		for (size_t i = 0; i < c->n; i++)
			if (c->values[s][i] > most)
				most = c->values[s][i];
	return most;
}

/* The end of the scale: no smaller, and easily halved. */
static int64_t
scale_end(enum chart_unit unit, int64_t most)
{
	static const int64_t spans[] = {60,    600,   3600,   7200,   14400,
					43200, 86400, 172800, 604800, 2592000};
	int64_t end = STEPS;

	if (unit == CHART_PERMILLE)
		return 1000;
	for (size_t i = 0; unit == CHART_SECONDS && i < sizeof(spans) / sizeof(spans[0]);
	     i++)
		if (most <= spans[i])
			return spans[i];
	for (int64_t ten = 1; end < most; ten *= 10)
		for (int64_t k = STEPS; k <= 10 && end < most; k += k == 2 ? 2 : 6)
			end = k * ten;
	return end;
}

struct canvas {
	struct page *p;
	const struct chart *c;
	int64_t end;	     /* of the scale */
	int64_t month_width; /* in tenths */
};

/* A coordinate of tenths. */
static const char *
at(const struct canvas *k, int64_t tenths)
{
	return arena_printf(k->p->a, "%" PRId64 ".%" PRId64, tenths / DECIMALS,
			    tenths % DECIMALS);
}

static void
attr_at(const struct canvas *k, const char *name, int64_t tenths)
{
	html_attr(k->p->h, name, at(k, tenths));
}

static int64_t
y_of(const struct canvas *k, int64_t value)
{
	return GROUND * DECIMALS -
	       (int64_t)((double)value * (GROUND - TOP) * DECIMALS / (double)k->end);
}

static int64_t
x_of(const struct canvas *k, size_t month)
{
	return LEFT * DECIMALS + (int64_t)month * k->month_width;
}

static void
line_draw(const struct canvas *k, const char *class, int64_t x1, int64_t y1, int64_t x2,
	  int64_t y2)
{
	html_open(k->p->h, "line");
	html_attr(k->p->h, "class", class);
	attr_at(k, "x1", x1);
	attr_at(k, "y1", y1);
	attr_at(k, "x2", x2);
	attr_at(k, "y2", y2);
	html_close(k->p->h, "line");
}

static void
box_draw(const struct canvas *k, const char *class, int64_t x, int64_t y, int64_t width,
	 int64_t height)
{
	html_open(k->p->h, "rect");
	html_attr(k->p->h, "class", class);
	attr_at(k, "x", x);
	attr_at(k, "y", y);
	attr_at(k, "width", width);
	attr_at(k, "height", height);
	html_close(k->p->h, "rect");
}

static void
words_draw(const struct canvas *k, const char *anchor, int64_t x, int64_t y,
	   const char *words)
{
	html_open(k->p->h, "text");
	html_attr(k->p->h, "text-anchor", anchor);
	attr_at(k, "x", x);
	attr_at(k, "y", y);
	html_text(k->p->h, words);
	html_close(k->p->h, "text");
}

static bool
begins_year(const struct chart *c, size_t month)
{
	return month < c->n && strcmp(c->months[month] + 4, "-01") == 0;
}

static void
axes_draw(const struct canvas *k)
{
	const size_t every = (k->c->n + LABELS_MAX - 1) / LABELS_MAX;
	const int64_t right = (WIDTH - RIGHT) * DECIMALS;

	for (int i = 0; i <= STEPS; i++) {
		const int64_t value = k->end * i / STEPS, y = y_of(k, value);
		line_draw(k, i == 0 ? "ground" : "grid", LEFT * DECIMALS, y, right, y);
		words_draw(k, "end", (LEFT - 6) * DECIMALS, y + 4 * DECIMALS,
			   chart_value(k->p, k->c->unit, value));
	}
	for (size_t i = 0; i < k->c->n; i++) {
		const int64_t middle = x_of(k, i) + k->month_width / 2;
		const bool year =
			begins_year(k->c, i) ||
			(i == 0 && !begins_year(k->c, 1) && !begins_year(k->c, 2));
		if (i % every == 0)
			words_draw(k, "middle", middle, (GROUND + 14) * DECIMALS,
				   month_word(k->p, k->c->months[i]));
		if (year)
			words_draw(k, "middle", middle, (GROUND + 28) * DECIMALS,
				   arena_strndup(k->p->a, k->c->months[i], 4));
	}
}

static void
bars_draw(const struct canvas *k, size_t series)
{
	const int64_t pad = k->month_width / 8,
		      width = (k->month_width - 2 * pad) / (int64_t)k->c->n_series;

	for (size_t i = 0; i < k->c->n; i++) {
		const int64_t value = k->c->values[series][i];
		if (value == CHART_GAP)
			continue;
		const int64_t x = x_of(k, i) + pad + (int64_t)series * width,
			      y = y_of(k, value);
		/* A 0 was measured: it has a mark, a gap has none. */
		if (value == 0)
			box_draw(k, classes[series], x, (GROUND - 1) * DECIMALS, width,
				 DECIMALS);
		else
			box_draw(k, classes[series], x, y, width, GROUND * DECIMALS - y);
	}
}

/* Runs of months that were measured; the line never goes over a gap. */
static void
runs_draw(const struct canvas *k, size_t series)
{
	struct buf points = BUF_INIT(POINTS_MAX);
	struct html *h = k->p->h;

	for (size_t i = 0; i <= k->c->n; i++) {
		const int64_t value = i == k->c->n ? CHART_GAP : k->c->values[series][i];
		if (value != CHART_GAP) {
			const int64_t x = x_of(k, i) + k->month_width / 2,
				      y = y_of(k, value);
			buf_printf(&points, "%s%s,%s", points.len == 0 ? "" : " ",
				   at(k, x), at(k, y));
			box_draw(k, classes[series], x - DOT * DECIMALS / 2,
				 y - DOT * DECIMALS / 2, DOT * DECIMALS, DOT * DECIMALS);
		} else if (points.len != 0) {
			html_open(h, "polyline");
			html_attr(h, "class", classes[series]);
			html_attr(h, "points", buf_str(&points));
			html_close(h, "polyline");
			buf_reset(&points);
		}
	}
	buf_free(&points);
}

static void
drawing_put(struct page *p, const struct chart *c)
{
	const struct canvas k = {.p = p,
				 .c = c,
				 .end = scale_end(c->unit, largest(c)),
				 .month_width = (WIDTH - LEFT - RIGHT) * DECIMALS /
						(int64_t)c->n};
	struct html *h = p->h;

	html_open(h, "svg");
	html_attr(h, "class", c->line ? "chart line" : "chart");
	html_attr(h, "viewBox", arena_printf(p->a, "0 0 %d %d", WIDTH, HEIGHT));
	html_attr(h, "role", "img");
	html_attr(h, "aria-label", FILL(p, CHART_OF, c->title));
	axes_draw(&k);
	for (size_t s = 0; s < c->n_series; s++)
		if (c->line)
			runs_draw(&k, s);
		else
			bars_draw(&k, s);
	html_close(h, "svg");
}

/* ---- beside it --------------------------------------------------------------------- */

static void
legend_put(struct page *p, const struct chart *c)
{
	struct html *h = p->h;

	if (c->n_series == 1)
		return;
	html_open(h, "ul");
	html_attr(h, "class", "legend");
	for (size_t s = 0; s < c->n_series; s++) {
		html_open(h, "li");
		html_open(h, "svg");
		html_attr(h, "class", "key");
		html_attr(h, "viewBox", "0 0 16 16");
		html_attr(h, "aria-hidden", "true");
		html_attr(h, "focusable", "false");
		html_open(h, "rect");
		html_attr(h, "class", classes[s]);
		html_attr(h, "x", "1");
		html_attr(h, "y", "1");
		html_attr(h, "width", "14");
		html_attr(h, "height", "14");
		html_close(h, "rect");
		html_close(h, "svg");
		html_text(h, c->names[s]);
		html_close(h, "li");
	}
	html_close(h, "ul");
}

static void
cell_put(struct page *p, const char *label, const char *text, bool number)
{
	html_open(p->h, "td");
	html_attr(p->h, "role", "cell");
	html_attr(p->h, "data-label", label);
	if (number)
		html_attr(p->h, "class", "number");
	html_leaf(p->h, "div", NULL, text);
	html_close(p->h, "td");
}

static void
head_put(struct page *p, const char *text, bool number)
{
	html_open(p->h, "th");
	html_attr(p->h, "role", "columnheader");
	html_attr(p->h, "scope", "col");
	if (number)
		html_attr(p->h, "class", "number");
	html_text(p->h, text);
	html_close(p->h, "th");
}

static void
values_put(struct page *p, const struct chart *c)
{
	struct html *h = p->h;

	html_open(h, "table");
	html_attr(h, "role", "table");
	html_leaf(h, "caption", NULL, FILL(p, CHART_TABLE, c->title));
	html_open(h, "thead");
	html_attr(h, "role", "rowgroup");
	row_open(p);
	head_put(p, T(p, COL_MONTH), false);
	for (size_t s = 0; s < c->n_series; s++)
		head_put(p, c->names[s], true);
	row_close(p);
	html_close(h, "thead");
	html_open(h, "tbody");
	html_attr(h, "role", "rowgroup");
	for (size_t i = 0; i < c->n; i++) {
		row_open(p);
		cell_put(p, T(p, COL_MONTH), chart_month(p, c->months[i]), false);
		for (size_t s = 0; s < c->n_series; s++)
			cell_put(p, c->names[s], chart_value(p, c->unit, c->values[s][i]),
				 true);
		row_close(p);
	}
	table_close(p);
}

void
chart_put(struct page *p, const struct chart *c)
{
	struct html *h = p->h;

	html_open(h, "div");
	html_attr(h, "class", "charted");
	html_open(h, "figure");
	html_leaf(h, "figcaption", NULL, c->title);
	drawing_put(p, c);
	legend_put(p, c);
	html_close(h, "figure");
	values_put(p, c);
	html_close(h, "div");
}
