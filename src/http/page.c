#include "http/page.h"
#include "http/web.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "http/inner.h"
#include "http/sentence.h"

enum { LINK_BYTES_MAX = 16 << 10 };

/* ---- data -------------------------------------------------------------------------- */

static void
release_json(void *p)
{
	json_decref(p);
}

/* By the row itself: a word from outside never becomes part of a path. */
static enum rc
route_reply(struct page *p, const char *method, const char *path, json_t *in,
	    struct reply *ret, struct err *e)
{
	const struct service_route *r = NULL;

	arena_defer(p->a, release_json, in);
	for (size_t i = 0; i < service_routes_n && r == NULL; i++)
		if (strcmp(service_routes[i].method, method) == 0 &&
		    strcmp(service_routes[i].path, path) == 0)
			r = &service_routes[i];
	assert(r != NULL);
	return service_run(p->nd, p->a, r, p->who, in, ret, e);
}

static enum rc
route_run(struct page *p, const char *method, const char *path, json_t *in, json_t **ret,
	  struct err *e)
{
	struct reply out = {0};
	enum rc rc = route_reply(p, method, path, in, &out, e);

	*ret = out.json;
	return rc;
}

enum rc
page_bytes(struct page *p, const char *path, json_t *in, struct err *e)
{
	struct reply out = {0};
	enum rc rc = route_reply(p, "GET", path, in, &out, e);

	if (rc != RC_OK)
		return rc;
	p->bytes = out.bytes;
	p->len = out.len;
	p->type = out.type == NULL ? "application/octet-stream" : out.type;
	p->file = out.file;
	return RC_OK;
}

enum rc
page_ask(struct page *p, const char *path, json_t *in, json_t **ret, struct err *e)
{
	return route_run(p, "GET", path, in, ret, e);
}

enum rc
page_post(struct page *p, const char *path, json_t *in, json_t **ret, struct err *e)
{
	return route_run(p, "POST", path, in, ret, e);
}

const char *
page_form(const struct page *p, const char *name)
{
	return json_string_value(json_object_get(p->form, name));
}

const char *
page_query(const struct page *p, const char *name)
{
	return json_string_value(json_object_get(p->query, name));
}

const char *
j_text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

int64_t
j_int(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

bool
j_bool(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

int64_t
j_time(const json_t *o, const char *name)
{
	const char *s = j_text(o, name);
	int64_t us = 0;

	return s != NULL && clock_parse(s, strlen(s), &us) == RC_OK ? us : 0;
}

/* ---- links ------------------------------------------------------------------------- */

/* RFC 3986, section 2.3; '/' besides, in a path. */
static void
encoded_put(struct buf *b, const char *s, bool path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *s != '\0'; s++)
		if (strchr(plain, *s) != NULL || (path && *s == '/'))
			buf_putc(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned)(unsigned char)*s);
}

static void
pair_put(struct buf *b, const char *name, const char *value)
{
	buf_putc(b, strchr(buf_str(b), '?') == NULL ? '?' : '&');
	encoded_put(b, name, false);
	buf_putc(b, '=');
	encoded_put(b, value, false);
}

/* Two slashes at its beginning would make it another server's. */
static void
path_put(struct buf *b, const char *path)
{
	buf_putc(b, '/');
	encoded_put(b, path + strspn(path, "/"), true);
}

static const char *
link_take(struct page *p, struct buf *b)
{
	const char *ret = buf_ok(b) ? arena_strndup(p->a, buf_str(b), b->len) : "/";

	buf_free(b);
	return ret;
}

const char *
page_link(struct page *p, const char *path, const char *const words[])
{
	struct buf b = BUF_INIT(LINK_BYTES_MAX);

	buf_puts(&b, p->base == NULL ? "" : p->base);
	path_put(&b, path);
	for (size_t i = 0; words != NULL && words[i] != NULL; i += 2)
		if (words[i + 1] != NULL)
			pair_put(&b, words[i], words[i + 1]);
	if (p->lang_asked)
		pair_put(&b, "lang", lang_code(p->lang));
	return link_take(p, &b);
}

const char *
page_public_url(struct page *p)
{
	const char *url = settings_text(node_config(p->nd), "public.url");
	size_t len = strlen(url);

	while (len != 0 && url[len - 1] == '/')
		len--;
	return len == 0 ? NULL : arena_strndup(p->a, url, len);
}

/* This page, with its query; in this language, -1: as it is. */
static const char *
link_again(struct page *p, int l)
{
	struct buf b = BUF_INIT(LINK_BYTES_MAX);
	const char *name;
	json_t *value;

	path_put(&b, p->path);
	json_object_foreach (p->query, name, value)
		pair_put(&b, name, json_string_value(value));
	if (l >= 0)
		pair_put(&b, "lang", lang_code((enum lang)l));
	return link_take(p, &b);
}

const char *
page_here(struct page *p)
{
	return link_again(p, p->lang_asked ? (int)p->lang : -1);
}

void
page_lang_kept(struct page *p)
{
	if (!p->lang_asked)
		return;
	html_open(p->h, "input");
	html_attr(p->h, "type", "hidden");
	html_attr(p->h, "name", "lang");
	html_attr(p->h, "value", lang_code(p->lang));
}

/* ---- the frame --------------------------------------------------------------------- */

static const char *
page_file(struct page *p, const char *name)
{
	return web_path(p->a, settings_text(node_config(p->nd), "http.web_dir"), name);
}

static void
head_put(struct page *p, const char *title)
{
	struct html *h = p->h;
	static const struct {
		const char *name, *content;
	} metas[] = {
		{"viewport", "width=device-width, initial-scale=1"},
		{"color-scheme", "light dark"},
		{"robots", "noindex"},
	};

	html_open(h, "head");
	html_open(h, "meta");
	html_attr(h, "charset", "utf-8");
	html_leaf(h, "title", NULL, arena_printf(p->a, "%s · Saluran", title));
	for (size_t i = 0; i < sizeof(metas) / sizeof(metas[0]); i++) {
		html_open(h, "meta");
		html_attr(h, "name", metas[i].name);
		html_attr(h, "content", metas[i].content);
	}
	html_open(h, "link");
	html_attr(h, "rel", "stylesheet");
	html_attr(h, "href", page_file(p, "style.css"));
	html_open(h, "link");
	html_attr(h, "rel", "icon");
	html_attr(h, "type", "image/svg+xml");
	html_attr(h, "href", page_file(p, "icon.svg"));
	html_close(h, "head");
}

static void
switch_put(struct page *p)
{
	struct html *h = p->h;

	html_open(h, "nav");
	html_attr(h, "class", "languages");
	html_attr(h, "aria-label", T(p, LANGUAGE));
	for (int i = 0; i < LANG_COUNT; i++) {
		const enum lang l = (enum lang)i;
		html_open(h, "a");
		html_attr(h, "href", link_again(p, i));
		html_attr(h, "hreflang", lang_code(l));
		html_attr(h, "lang", lang_code(l));
		if (l == p->lang)
			html_attr(h, "aria-current", "true");
		html_text(h, lang_text(l, TEXT_LANGUAGE_NAME));
		html_close(h, "a");
	}
	html_close(h, "nav");
}

static void
header_put(struct page *p, const char *section)
{
	const struct identity *own = node_identity(p->nd);
	struct html *h = p->h;
	const struct {
		const char *path, *text;
		bool open;
	} entries[] = {
		{"/", T(p, NAV_CASES), false},
		{"/orders", T(p, NAV_ORDERS), false},
		{"/lookup", T(p, NAV_LOOKUP), true},
		{"/register", T(p, NAV_REGISTER), true},
		{"/object", T(p, OBJECT_TITLE), true},
		{"/transparency", T(p, FIGURES_TITLE), true},
	};

	html_open(h, "header");
	html_open(h, "div");
	html_attr(h, "class", "bar");
	html_open(h, "p");
	html_attr(h, "class", "whose");
	html_leaf(h, "strong", "mark", "Saluran");
	html_text(h, " ");
	html_leaf(h, "bdi", NULL, own->name);
	html_text(h, " ");
	html_leaf(h, "span", "role", word_party(p, party_name(own->role)));
	html_close(h, "p");
	page_logout_put(p);
	switch_put(p);
	html_close(h, "div");
	/* Paths of another's host are not ours. */
	if (p->foreign != NULL) {
		html_close(h, "header");
		return;
	}
	html_open(h, "nav");
	html_attr(h, "class", "sections");
	html_attr(h, "aria-label", T(p, NAV));
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		if (!entries[i].open && !p->known)
			continue;
		html_open(h, "a");
		html_attr(h, "href", page_link(p, entries[i].path, NULL));
		if (strcmp(section, entries[i].path) == 0)
			html_attr(h, "aria-current",
				  strcmp(p->path, section) == 0 ? "page" : "true");
		html_text(h, entries[i].text);
		html_close(h, "a");
	}
	html_close(h, "nav");
	html_close(h, "header");
}

void
page_begin(struct page *p, const char *kicker, const char *title, const char *section)
{
	struct html *h = p->h;

	html_open(h, "html");
	html_attr(h, "lang", lang_code(p->lang));
	head_put(p, title);
	html_open(h, "body");
	html_open(h, "a");
	html_attr(h, "class", "skip");
	html_attr(h, "href", "#content");
	html_text(h, T(p, SKIP));
	html_close(h, "a");
	header_put(p, section);
	html_open(h, "main");
	html_attr(h, "id", "content");
	html_attr(h, "tabindex", "-1");
	if (kicker != NULL)
		html_leaf(h, "p", "kicker", kicker);
	html_open(h, "h1");
	if (strlen(title) > PAGE_TITLE_BYTES)
		html_attr(h, "class", "long");
	html_attr(h, "dir", "auto");
	html_text(h, title);
	html_close(h, "h1");
}

void
page_end(struct page *p)
{
	struct html *h = p->h;

	html_close(h, "main");
	html_open(h, "footer");
	html_open(h, "p");
	html_text(h, T(p, DATA_AS_OF));
	html_text(h, " ");
	part_time(p, p->now_us);
	if (p->known) {
		html_text(h, ". ");
		html_text(h, T(p, READ_ONLY));
	}
	html_close(h, "p");
	html_close(h, "footer");
	html_close(h, "body");
	html_close(h, "html");
}

void
page_error(struct page *p, enum rc rc, struct err *e)
{
	struct inner inner;

	rc = inner_hide(rc, e, p->path, &inner);

	const bool missing = rc == RC_NOT_FOUND;
	struct html *h = html_create(p->a);

	p->h = h;
	p->base = NULL;
	p->bytes = NULL;
	p->status = (unsigned)rc_http_status(rc);
	page_begin(p, NULL, missing ? T(p, ERROR_MISSING) : T(p, ERROR_OTHER), "");
	html_leaf(h, "p", NULL,
		  missing ? T(p, ERROR_MISSING_HOW) : T(p, ERROR_OTHER_HOW));
	if (e->text[0] != '\0')
		sentence_put(p, T(p, ERROR_DETAIL), e->text);
	html_open(h, "p");
	if (p->known)
		part_link(p, page_link(p, "/", NULL), T(p, BACK_TO_CASES));
	else if (p->foreign == NULL)
		part_link(p, page_link(p, "/lookup", NULL), T(p, LOOKUP_TITLE));
	html_close(h, "p");
	page_end(p);
}
