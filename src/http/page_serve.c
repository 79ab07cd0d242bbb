#include "http/page_serve.h"

#include <assert.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/fields.h"

#define TYPE_HTML "text/html; charset=utf-8"

static const struct page_route routes[] = {
	{"/", page_cases, PAGE_LOCAL, false},
	{"/case/{}", page_case, PAGE_LOCAL, false},
	{"/orders", page_orders, PAGE_LOCAL, false},
	{"/order/{}", page_order, PAGE_LOCAL, false},
	{"/welcome", page_welcome, PAGE_OWN, true},
	{"/login", page_login, PAGE_OWN, true},
	{"/logout", page_logout, PAGE_OWN, true},
	{"/blocked", page_blocked, PAGE_PUBLIC, false},
	{"/lookup", page_lookup, PAGE_PUBLIC, false},
	{"/register", page_register, PAGE_PUBLIC, false},
	{"/register.csv", page_register_csv, PAGE_PUBLIC, false},
	{"/register/logs", page_logs, PAGE_PUBLIC, false},
	{"/register/{}", page_register, PAGE_PUBLIC, false},
	{"/register/{}/proof", page_register_proof, PAGE_PUBLIC, false},
	{"/register/{}/letter", page_register_letter, PAGE_PUBLIC, false},
	{"/tlog/{*}", page_tlog, PAGE_PUBLIC, false},
	{"/transparency", page_figures, PAGE_PUBLIC, false},
	{"/transparency.csv", page_figures_csv, PAGE_PUBLIC, false},
	{"/letter/case/{}", page_letter_case, PAGE_STAFF, false},
	{"/letter/order/{}", page_letter_order, PAGE_STAFF, false},
	{"/object", page_object, PAGE_PUBLIC, true},
	{"/objection", page_objection, PAGE_PUBLIC, false},
	{"/objection/{}", page_objection, PAGE_PUBLIC, false},
};

const struct page_route page_route_landing = {"?", page_landing, PAGE_PUBLIC, false};

/* "{}": one word, "{*}": all that follows; copied. */
static bool
route_matches(struct arena *a, const char *pattern, const char *path,
	      const char **ret_word)
{
	*ret_word = NULL;
	while (*pattern != '\0' && *path != '\0') {
		if (strcmp(pattern, "{*}") == 0) {
			*ret_word = path;
			return true;
		}
		if (strncmp(pattern, "{}", 2) == 0) {
			const size_t len = strcspn(path, "/");
			if (len == 0)
				return false;
			*ret_word = arena_strndup(a, path, len);
			pattern += 2;
			path += len;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *pattern == *path;
}

const struct page_route *
page_route_find(struct arena *a, const char *path, const char **ret_word)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (route_matches(a, routes[i].path, path, ret_word))
			return &routes[i];
	*ret_word = NULL;
	return NULL;
}

bool
page_route_open(const struct page_route *r)
{
	return r->whom == PAGE_OWN || r->whom == PAGE_PUBLIC;
}

/* ---- what is asked ----------------------------------------------------------------- */

static void
release_json(void *p)
{
	json_decref(p);
}

void
page_open(struct page *p, struct node *nd, struct arena *a, const char *accept)
{
	*p = (struct page){.nd = nd,
			   .a = a,
			   .h = html_create(a),
			   .lang = lang_preferred(accept),
			   .query = json_object(),
			   .now_us = clock_now_us(),
			   .status = MHD_HTTP_OK};
	arena_defer(a, release_json, p->query);
}

void
page_take(struct page *p, const char *name, const char *value)
{
	char *k = arena_strdup(p->a, name);
	char *v = arena_strdup(p->a, value);

	text_make_printable(k);
	text_make_printable(v);
	if (strcmp(k, "lang") != 0)
		json_object_set_new(p->query, k, json_string(v));
	else if (lang_of_code(v, &p->lang))
		p->lang_asked = true;
}

/* One name or value, decoded; NULL: it is no text. */
static const char *
form_word(struct arena *a, const char *s, size_t len)
{
	char *text = arena_strndup(a, s, len);
	size_t bad_at;

	for (char *at = text; *at != '\0'; at++)
		if (*at == '+')
			*at = ' ';
	size_t n = MHD_http_unescape(text);
	return n == strlen(text) && utf8_valid(text, n, &bad_at) ? text : NULL;
}

json_t *
page_form_read(struct arena *a, const char *s, size_t len)
{
	json_t *form = json_object();

	arena_defer(a, release_json, form);
	if (memchr(s, '\0', len) != NULL)
		return NULL;
	while (*s != '\0') {
		const size_t all = strcspn(s, "&"), eq = strcspn(s, "=&");
		const char *name = form_word(a, s, eq),
			   *value = eq >= all ? ""
					      : form_word(a, s + eq + 1, all - eq - 1);
		if (name == NULL || value == NULL || name[0] == '\0' ||
		    json_object_get(form, name) != NULL)
			return NULL;
		json_object_set_new(form, name, json_string(value));
		s += all + (s[all] == '&');
	}
	return form;
}

/* ---- what is answered -------------------------------------------------------------- */

static void
page_finish(struct page *p, struct err *e)
{
	const char *html;

	if (p->bytes != NULL)
		return;
	if (p->see_other != NULL) {
		p->h = html_create(p->a);
		p->status = MHD_HTTP_SEE_OTHER;
	}
	enum rc rc = html_finish(p->h, &html, &p->len, e);
	if (rc != RC_OK) {
		page_error(p, rc, e);
		rc = html_finish(p->h, &html, &p->len, e);
		assert(rc == RC_OK);
	}
	p->bytes = html;
	p->type = TYPE_HTML;
}

void
page_make(struct page *p, const struct page_route *r, enum rc rc, struct err *e)
{
	if (rc == RC_OK && r == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is nothing at %s", p->path);
	else if (rc == RC_OK && !p->known && !page_route_open(r))
		page_login_first(p);
	else if (rc == RC_OK)
		rc = r->fn(p, e);
	/* What is no id of a case or an order leads nowhere. */
	if (rc == RC_INVALID && p->word != NULL)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		page_error(p, rc, e);
	page_finish(p, e);
	log_line(p->status == MHD_HTTP_OK ? LOG_DEBUG : LOG_INFO, "pages.request",
		 "route=%s status=%u us=%" PRId64, r == NULL ? "?" : r->path, p->status,
		 clock_now_us() - p->now_us);
}

bool
page_headers(struct page *p, struct MHD_Response *resp)
{
	const struct {
		const char *name, *value;
	} rows[] = {
		{MHD_HTTP_HEADER_CONTENT_TYPE, p->type},
		{MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
		{MHD_HTTP_HEADER_CONTENT_LANGUAGE, lang_code(p->lang)},
		{MHD_HTTP_HEADER_SET_COOKIE, p->set_cookie},
		{MHD_HTTP_HEADER_LINK,
		 p->blocked_by == NULL
			 ? NULL
			 : arena_printf(p->a, "<%s>; rel=\"blocked-by\"", p->blocked_by)},
		{MHD_HTTP_HEADER_LOCATION, p->see_other},
		{MHD_HTTP_HEADER_RETRY_AFTER,
		 p->retry_s == 0 ? NULL : arena_printf(p->a, "%" PRId64, p->retry_s)},
		{MHD_HTTP_HEADER_CONTENT_DISPOSITION,
		 p->file == NULL ? NULL : field_disposition(p->a, p->file)},
	};
	bool ok = true;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok = ok && (rows[i].value == NULL ||
			    MHD_add_response_header(resp, rows[i].name, rows[i].value) ==
				    MHD_YES);
	return ok;
}
