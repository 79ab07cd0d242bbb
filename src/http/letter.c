#include "http/letter.h"

#include <inttypes.h>

#include "core/qr.h"
#include "http/web.h"

#define RECORD_FORM "saluran-record v1"

const char *
letter_record(struct page *p, const struct letter *l)
{
	return arena_printf(p->a, RECORD_FORM "\n%s\n%" PRId64 "\n%s", l->log, l->seq,
			    l->leaf);
}

/* ---- the head ---------------------------------------------------------------------- */

static void
link_put(struct page *p, const char *rel, const char *file)
{
	html_open(p->h, "link");
	html_attr(p->h, "rel", rel);
	html_attr(
		p->h, "href",
		web_path(p->a, settings_text(node_config(p->nd), "http.web_dir"), file));
}

static void
head_put(struct page *p, const struct letter *l)
{
	struct html *h = p->h;
	static const struct {
		const char *name, *content;
	} metas[] = {
		{"viewport", "width=device-width, initial-scale=1"},
		{"color-scheme", "light"},
		{"robots", "noindex"},
	};

	html_open(h, "head");
	html_open(h, "meta");
	html_attr(h, "charset", "utf-8");
	html_leaf(h, "title", NULL, arena_printf(p->a, "%s %s", l->title, l->number));
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		html_open(h, "meta");
		html_attr(h, "name", metas[i].name);
		html_attr(h, "content", metas[i].content);
	}
	link_put(p, "stylesheet", "letter.css");
	link_put(p, "icon", "icon.svg");
	html_close(h, "head");
}

/* What stands on the screen only. */
static void
screen_put(struct page *p, const struct letter *l)
{
	struct html *h = p->h;

	html_open(h, "nav");
	html_attr(h, "class", "screen");
	html_attr(h, "aria-label", T(p, LETTER_NAV));
	part_link(p, l->back, l->back_to);
	html_text(h, " · ");
	html_text(h, T(p, LETTER_PRINT));
	html_close(h, "nav");
}

void
letter_begin(struct page *p, const struct letter *l)
{
	const struct identity *own = node_identity(p->nd);
	struct html *h = p->h;

	html_open(h, "html");
	html_attr(h, "lang", lang_code(p->lang));
	head_put(p, l);
	html_open(h, "body");
	screen_put(p, l);
	/* On paper its foot is that of each sheet. */
	html_open(h, "div");
	html_attr(h, "class", "sheet");
	html_open(h, "main");
	if (l->test)
		html_leaf(h, "p", "test", T(p, LETTER_TEST));
	html_open(h, "p");
	html_attr(h, "class", "from");
	html_leaf(h, "bdi", NULL, own->name);
	html_text(h, " · ");
	html_leaf(h, "bdi", NULL, own->org);
	html_close(h, "p");
	html_leaf(h, "h1", NULL, l->title);
	html_open(h, "dl");
	html_attr(h, "class", "facts");
	fact_text(p, T(p, LETTER_NUMBER), l->number);
	fact_time(p, T(p, COL_TIME), l->at_us);
	if (l->to != NULL)
		fact_outside(p, T(p, LETTER_TO), l->to);
	html_close(h, "dl");
}

/* ---- the end ----------------------------------------------------------------------- */

static void
code_put(struct page *p, const struct letter *l)
{
	struct err none = ERR_INIT;
	struct html *h = p->h;
	struct qr qr;

	if (qr_make(p->a, l->proof, &qr, &none) != RC_OK)
		return;
	html_open(h, "svg");
	html_attr(h, "class", "qr");
	html_attr(h, "viewBox", arena_printf(p->a, "0 0 %u %u", qr.size, qr.size));
	html_attr(h, "role", "img");
	html_attr(h, "aria-label", T(p, LETTER_QR));
	html_open(h, "path");
	html_attr(h, "d", qr.path);
	html_close(h, "path");
	html_close(h, "svg");
}

static void
proof_put(struct page *p, const struct letter *l)
{
	struct html *h = p->h;

	html_open(h, "section");
	html_attr(h, "class", "proof");
	html_leaf(h, "h2", NULL, T(p, PROOF));
	code_put(p, l);
	html_open(h, "div");
	html_open(h, "dl");
	fact_outside(p, T(p, COL_LOG), l->log);
	fact_text(p, T(p, LETTER_ENTRY), NUMBER(p, l->seq));
	fact_open(p, T(p, LETTER_HASH));
	html_leaf(h, "code", "hash", l->leaf);
	fact_close(p);
	html_close(h, "dl");
	html_leaf(h, "p", NULL, l->check);
	html_close(h, "div");
	html_close(h, "section");
}

void
letter_end(struct page *p, const struct letter *l)
{
	struct html *h = p->h;

	proof_put(p, l);
	html_close(h, "main");
	html_open(h, "footer");
	html_open(h, "p");
	html_leaf(h, "bdi", NULL, l->number);
	html_text(h, " · ");
	html_text(h, T(p, LETTER_HASH));
	html_text(h, " ");
	html_leaf(h, "code", NULL, l->leaf);
	html_close(h, "p");
	html_close(h, "footer");
	html_close(h, "div");
	html_close(h, "body");
	html_close(h, "html");
}

/* ---- parts ------------------------------------------------------------------------- */

void
letter_text(struct page *p, const char *heading, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	html_leaf(p->h, "h2", NULL, heading);
	html_open(p->h, "p");
	html_attr(p->h, "class", "said");
	html_leaf(p->h, "bdi", NULL, text);
	html_close(p->h, "p");
}

void
letter_names(struct page *p, const json_t *names)
{
	const json_t *one;
	size_t i;

	html_open(p->h, "ul");
	html_attr(p->h, "class", "names");
	json_array_foreach (names, i, one) {
		html_open(p->h, "li");
		part_name(p, j_text(one, "name"), j_bool(one, "wildcard"));
		if (j_time(one, "lifted") != 0) {
			html_text(p->h, " – ");
			html_text(p->h, T(p, NAME_LIFTED));
			html_text(p->h, " ");
			part_time(p, j_time(one, "lifted"));
		}
		html_close(p->h, "li");
	}
	html_close(p->h, "ul");
}
