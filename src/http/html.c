#include "http/html.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

enum { EMPTY = 1, KEEPS_LF = 2 };

struct element {
	const char *name;
	unsigned how;
};

static const struct element elements[] = {
	{"a", 0},	   {"article", 0},  {"bdi", 0},
	{"body", 0},	   {"br", EMPTY},   {"button", 0},
	{"caption", 0},	   {"code", 0},	    {"dd", 0},
	{"desc", 0},	   {"details", 0},  {"div", 0},
	{"dl", 0},	   {"dt", 0},	    {"em", 0},
	{"figcaption", 0}, {"figure", 0},   {"footer", 0},
	{"form", 0},	   {"g", 0},	    {"h1", 0},
	{"h2", 0},	   {"h3", 0},	    {"head", 0},
	{"header", 0},	   {"html", 0},	    {"input", EMPTY},
	{"label", 0},	   {"li", 0},	    {"line", 0},
	{"link", EMPTY},   {"main", 0},	    {"meta", EMPTY},
	{"nav", 0},	   {"ol", 0},	    {"p", 0},
	{"path", 0},	   {"polyline", 0}, {"pre", KEEPS_LF},
	{"rect", 0},	   {"section", 0},  {"small", 0},
	{"span", 0},	   {"strong", 0},   {"summary", 0},
	{"svg", 0},	   {"table", 0},    {"tbody", 0},
	{"td", 0},	   {"text", 0},	    {"textarea", KEEPS_LF},
	{"tfoot", 0},	   {"th", 0},	    {"thead", 0},
	{"time", 0},	   {"title", 0},    {"tr", 0},
	{"ul", 0},
};

static const char *const attributes[] = {
	"action",
	"aria-current",
	"aria-describedby",
	"aria-hidden",
	"aria-invalid",
	"aria-label",
	"aria-labelledby",
	"autocapitalize",
	"autocomplete",
	"charset",
	"class",
	"colspan",
	"content",
	"d",
	"data-label",
	"datetime",
	"dir",
	"download",
	"focusable",
	"for",
	"height",
	"href",
	"hreflang",
	"id",
	"inputmode",
	"lang",
	"max",
	"maxlength",
	"media",
	"method",
	"min",
	"name",
	"open",
	"pattern",
	"points",
	"rel",
	"required",
	"role",
	"rows",
	"rx",
	"scope",
	"shape-rendering",
	"spellcheck",
	"tabindex",
	"text-anchor",
	"type",
	"value",
	"viewBox",
	"width",
	"x",
	"x1",
	"x2",
	"y",
	"y1",
	"y2",
};

struct html {
	struct arena *a;
	struct buf out;
	const struct element *open[HTML_DEPTH_MAX];
	size_t depth;
	bool in_tag;	  /* the start tag still takes attributes */
	bool first_lf;	  /* a LF that comes next would be dropped by the reader */
	const char *base; /* that links may begin with, or NULL */
};

static void
release(void *p)
{
	struct html *h = p;

	buf_free(&h->out);
}

struct html *
html_create(struct arena *a)
{
	struct html *h = ARENA_NEW(a, struct html);

	h->a = a;
	h->out = (struct buf)BUF_INIT(HTML_BYTES_MAX);
	arena_defer(a, release, h);
	return h;
}

void
html_base(struct html *h, const char *url)
{
	h->base = url;
}

static const struct element *
element_find(const char *name)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (strcmp(elements[i].name, name) == 0)
			return &elements[i];
	return NULL;
}

static bool
attribute_known(const char *name)
{
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (strcmp(attributes[i], name) == 0)
			return true;
	return false;
}

/* Browsers take "//x", "/\x" and, because they drop TAB and LF, "/<TAB>/x" for another
 * server. */
static bool
link_is_local(const char *s)
{
	if (s[0] != '#' && s[0] != '/')
		return false;
	if (s[0] == '/' && s[1] == '/')
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s >= 0x7f || *s == '\\')
			return false;
	return true;
}

/* Within the base, a path as of this server. */
static bool
link_is_known(const struct html *h, const char *s)
{
	const size_t len = h->base == NULL ? 0 : strlen(h->base);

	return link_is_local(len != 0 && strncmp(s, h->base, len) == 0 ? s + len : s);
}

static void
tag_end(struct html *h)
{
	if (h->in_tag)
		buf_putc(&h->out, '>');
	h->in_tag = false;
}

/* How many bytes stand as they are; 0xc2 may begin a control character. */
static size_t
plain_len(const char *s, size_t len)
{
	size_t n = 0;

	for (; n < len; n++) {
		const unsigned char c = (unsigned char)s[n];
		if (c < ' ' || c == 0x7f || c == 0xc2 || c == '&' || c == '<' ||
		    c == '>' || c == '"' || c == '\'')
			break;
	}
	return n;
}

/* A run of valid UTF-8. */
static void
run_put(struct buf *b, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const size_t plain = plain_len(s + i, len - i);
		buf_put(b, s + i, plain);
		i += plain;
		if (i == len)
			break;
		const unsigned char c = (unsigned char)s[i];
		const unsigned char next = i + 1 < len ? (unsigned char)s[i + 1] : 0;
		if (c == '&')
			buf_puts(b, "&amp;");
		else if (c == '<')
			buf_puts(b, "&lt;");
		else if (c == '>')
			buf_puts(b, "&gt;");
		else if (c == '"')
			buf_puts(b, "&quot;");
		else if (c == '\'')
			buf_puts(b, "&#39;");
		else if (c == '\r') /* readers make a bare one LF */
			buf_puts(b, "&#13;");
		else if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			buf_puts(b, REPLACEMENT);
		else if (c == 0xc2 && next < 0xa0) { /* U+0080 to U+009F */
			buf_puts(b, REPLACEMENT);
			i++;
		} else
			buf_putc(b, (char)c);
	}
}

static void
escaped_put(struct buf *b, const char *s)
{
	size_t len = strlen(s), bad;

	while (!utf8_valid(s, len, &bad)) {
		run_put(b, s, bad);
		buf_puts(b, REPLACEMENT);
		s += bad + 1;
		len -= bad + 1;
	}
	run_put(b, s, len);
}

void
html_open(struct html *h, const char *element)
{
	const struct element *el = element_find(element);

	assert(el != NULL);
	if (h->out.len == 0 && strcmp(element, "html") == 0)
		buf_puts(&h->out, "<!DOCTYPE html>\n");
	tag_end(h);
	buf_putc(&h->out, '<');
	buf_puts(&h->out, el->name);
	h->in_tag = true;
	h->first_lf = (el->how & KEEPS_LF) != 0;
	if ((el->how & EMPTY) != 0)
		return;
	assert(h->depth < HTML_DEPTH_MAX);
	h->open[h->depth++] = el;
}

void
html_attr(struct html *h, const char *name, const char *value)
{
	assert(h->in_tag && attribute_known(name));
	if (strcmp(name, "href") == 0 || strcmp(name, "action") == 0)
		assert(link_is_known(h, value));
	buf_putc(&h->out, ' ');
	buf_puts(&h->out, name);
	buf_puts(&h->out, "=\"");
	escaped_put(&h->out, value);
	buf_putc(&h->out, '"');
}

void
html_text(struct html *h, const char *text)
{
	assert(h->depth != 0);
	if (text[0] == '\0')
		return;
	tag_end(h);
	if (h->first_lf && text[0] == '\n')
		buf_putc(&h->out, '\n');
	h->first_lf = false;
	escaped_put(&h->out, text);
}

void
html_close(struct html *h, const char *element)
{
	assert(h->depth != 0 && strcmp(h->open[h->depth - 1]->name, element) == 0);
	tag_end(h);
	h->first_lf = false;
	h->depth--;
	buf_puts(&h->out, "</");
	buf_puts(&h->out, element);
	buf_putc(&h->out, '>');
}

void
html_leaf(struct html *h, const char *element, const char *class, const char *text)
{
	html_open(h, element);
	if (class != NULL)
		html_attr(h, "class", class);
	html_text(h, text);
	html_close(h, element);
}

enum rc
html_finish(struct html *h, const char **ret, size_t *ret_len, struct err *e)
{
	assert(h->depth == 0);
	tag_end(h);
	if (!buf_ok(&h->out))
		return err_set(e, RC_TOO_LARGE, "the page is larger than %d bytes",
			       HTML_BYTES_MAX);
	*ret = buf_str(&h->out);
	*ret_len = h->out.len;
	return RC_OK;
}
