/* Parts of which pages are made. */
#include <string.h>

#include "base/clock.h"
#include "core/target.h"
#include "http/page.h"

enum { FACT_SHORT_BYTES = 100 /* more takes the whole width */ };

static const char *const classes[] = {
#define X(name, class) class,
	LOOK_TABLE(X)
#undef X
};

/* On a grid of 16, drawn as lines of the text's colour. */
static const char *const drawings[] = {
	[LOOK_WAITING] = "M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11z",
	[LOOK_SENT] = "M2.5 8h11M9 3.5L13.5 8L9 12.5",
	[LOOK_RUNNING] =
		"M8 2.5a5.5 5.5 0 1 1 0 11a5.5 5.5 0 1 1 0-11zM8 2.5v11M5.5 3.3v9.4",
	[LOOK_DONE] = "M2.5 8.5L6.5 12.5L13.5 4",
	[LOOK_SOON] = "M8 2L14.5 13.5H1.5zM8 6.2v3.6M8 11.3v.7",
	[LOOK_REFUSED] = "M3.5 3.5l9 9M12.5 3.5l-9 9",
	[LOOK_BAD] = "M8 2v8M8 12.5v1.5",
	[LOOK_BLOCKED] = "M3.5 3.5h9v9h-9z",
	[LOOK_UNKNOWN] = "M5 5.5a3 3 0 1 1 4.5 2.6Q8 9 8 10.5M8 12.7v.8",
};

void
part_chip(struct page *p, enum look look, const char *word)
{
	struct html *h = p->h;

	html_open(h, "span");
	html_attr(h, "class", arena_printf(p->a, "chip %s", classes[look]));
	html_open(h, "svg");
	html_attr(h, "viewBox", "0 0 16 16");
	html_attr(h, "aria-hidden", "true");
	html_attr(h, "focusable", "false");
	html_open(h, "path");
	html_attr(h, "d", drawings[look]);
	html_close(h, "path");
	html_close(h, "svg");
	html_text(h, word);
	html_close(h, "span");
}

void
part_heading(struct page *p, const char *id, const char *text)
{
	html_open(p->h, "h2");
	if (id != NULL)
		html_attr(p->h, "id", id);
	html_text(p->h, text);
	html_close(p->h, "h2");
}

void
part_link(struct page *p, const char *href, const char *text)
{
	/* Where nobody has said how this node is reached, there is nothing to lead to. */
	if (p->foreign != NULL && p->base == NULL) {
		html_text(p->h, text);
		return;
	}
	html_open(p->h, "a");
	html_attr(p->h, "href", href);
	html_text(p->h, text);
	html_close(p->h, "a");
}

static void
dash(struct page *p)
{
	html_leaf(p->h, "span", "none", "–");
}

void
part_time(struct page *p, int64_t us)
{
	char when[CLOCK_TEXT_LEN];

	if (us == 0) {
		dash(p);
		return;
	}
	html_open(p->h, "time");
	html_attr(p->h, "datetime", clock_format(us, when));
	html_text(p->h, lang_time(p->a, p->lang, us));
	html_close(p->h, "time");
}

void
part_outside(struct page *p, const char *text, const char *none)
{
	if (text == NULL || text[0] == '\0')
		html_leaf(p->h, "span", "none", none);
	else
		html_leaf(p->h, "bdi", NULL, text);
}

void
part_name(struct page *p, const char *name, bool wildcard)
{
	const char *looks = name_unicode(p->a, name);

	html_open(p->h, "code");
	html_leaf(p->h, "bdi", NULL,
		  arena_printf(p->a, "%s%s", wildcard ? "*." : "", name));
	html_close(p->h, "code");
	if (looks == NULL)
		return;
	html_text(p->h, " ");
	html_open(p->h, "span");
	html_attr(p->h, "class", "looks");
	html_text(p->h, T(p, NAME_LOOKS));
	html_text(p->h, " ");
	html_leaf(p->h, "bdi", NULL, looks);
	html_close(p->h, "span");
	if (!name_mixes_scripts(looks))
		return;
	html_text(p->h, " ");
	part_chip(p, LOOK_SOON, T(p, NAME_MIXED));
}

void
part_pager(struct page *p, const char *first, const char *next)
{
	if (first == NULL && next == NULL)
		return;
	html_open(p->h, "nav");
	html_attr(p->h, "class", "pager");
	html_attr(p->h, "aria-label", T(p, PAGES));
	if (first != NULL)
		part_link(p, first, T(p, FIRST_PAGE));
	if (next != NULL)
		part_link(p, next, T(p, NEXT_PAGE));
	html_close(p->h, "nav");
}

/* ---- facts ------------------------------------------------------------------------- */

static void
fact_fill(struct page *p, const char *name)
{
	html_leaf(p->h, "dt", NULL, name);
	html_open(p->h, "dd");
}

void
fact_open(struct page *p, const char *name)
{
	html_open(p->h, "div");
	fact_fill(p, name);
}

void
fact_close(struct page *p)
{
	html_close(p->h, "dd");
	html_close(p->h, "div");
}

void
fact_text(struct page *p, const char *name, const char *text)
{
	fact_open(p, name);
	if (text == NULL)
		dash(p);
	else
		html_text(p->h, text);
	fact_close(p);
}

void
fact_outside(struct page *p, const char *name, const char *text)
{
	html_open(p->h, "div");
	if (text != NULL && strlen(text) > FACT_SHORT_BYTES)
		html_attr(p->h, "class", "wide");
	fact_fill(p, name);
	part_outside(p, text, T(p, NOT_GIVEN));
	fact_close(p);
}

void
fact_code(struct page *p, const char *name, const char *text)
{
	fact_open(p, name);
	html_leaf(p->h, "code", NULL, text);
	fact_close(p);
}

void
fact_time(struct page *p, const char *name, int64_t us)
{
	fact_open(p, name);
	part_time(p, us);
	fact_close(p);
}

/* ---- tables ------------------------------------------------------------------------ */

void
table_open(struct page *p, const char *caption, const struct column *columns, size_t n)
{
	struct html *h = p->h;

	html_open(h, "table");
	html_attr(h, "role", "table");
	html_leaf(h, "caption", NULL, caption);
	html_open(h, "thead");
	html_attr(h, "role", "rowgroup");
	html_open(h, "tr");
	html_attr(h, "role", "row");
	for (size_t i = 0; i < n; i++) {
		html_open(h, "th");
		html_attr(h, "role", "columnheader");
		html_attr(h, "scope", "col");
		if (columns[i].number)
			html_attr(h, "class", "number");
		html_text(h, lang_text(p->lang, columns[i].key));
		html_close(h, "th");
	}
	html_close(h, "tr");
	html_close(h, "thead");
	html_open(h, "tbody");
	html_attr(h, "role", "rowgroup");
}

void
table_close(struct page *p)
{
	html_close(p->h, "tbody");
	html_close(p->h, "table");
}

void
row_open(struct page *p)
{
	html_open(p->h, "tr");
	html_attr(p->h, "role", "row");
}

void
row_close(struct page *p)
{
	html_close(p->h, "tr");
}

void
cell_open(struct page *p, const struct column *c)
{
	html_open(p->h, "td");
	html_attr(p->h, "role", "cell");
	html_attr(p->h, "data-label", lang_text(p->lang, c->key));
	if (c->number)
		html_attr(p->h, "class", "number");
	/* One child, so that a card can set it beside its label. */
	html_open(p->h, "div");
}

void
cell_close(struct page *p)
{
	html_close(p->h, "div");
	html_close(p->h, "td");
}

void
cell_text(struct page *p, const struct column *c, const char *text)
{
	cell_open(p, c);
	if (text == NULL)
		dash(p);
	else
		html_text(p->h, text);
	cell_close(p);
}

void
cell_number(struct page *p, const struct column *c, int64_t n)
{
	cell_text(p, c, NUMBER(p, n));
}
