/*
 * What a browser loads over HTTPS before it asks the API: the console's frame, and files.
 *
 * The frame says nothing of this node to a stranger.  To who is logged in it brings what
 * the first screen would ask the API for next: the same answers, with the session's
 * rights, on the same access record, without the way there and back.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "http/api_int.h"
#include "http/fields.h"
#include "http/web.h"

#define CONSOLE_PATH "/console"
#define FILES_PATH   "/a/"
#define CASES	     "/v1/cases"
#define CASES_LIMIT  "25" /* BEGINNING of web/console/early.js */

enum { ANSWERS_MAX = 1 << 20 /* bytes of what is in the frame */ };

static const char *
folder(const struct request *r)
{
	return settings_text(node_config(r->l->h->nd), "http.web_dir");
}

bool
console_is_file(const char *path)
{
	return strncmp(path, FILES_PATH, sizeof(FILES_PATH) - 1) == 0;
}

bool
console_has(const char *path)
{
	const size_t len = sizeof(CONSOLE_PATH) - 1;

	return strcmp(path, "/") == 0 || console_is_file(path) ||
	       (strncmp(path, CONSOLE_PATH, len) == 0 &&
		(path[len] == '\0' || path[len] == '/'));
}

static enum MHD_Result
queue(struct request *r, unsigned status, const char *header, const char *value,
      const struct web_file *f)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		f->len, (void *)(uintptr_t)f->p,
		f->forever ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY);
	bool ok = resp != NULL;

	if (!ok)
		return MHD_NO;
	ok = answer_page_headers(r, resp) &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL,
				     f->forever ? "public, max-age=31536000, immutable"
				     : r->who != NULL ? "no-store"
						      : "no-cache") == MHD_YES &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, f->type) ==
		     MHD_YES;
	if (header != NULL)
		ok = ok && MHD_add_response_header(resp, header, value) == MHD_YES;
	if (f->gzip)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_ENCODING,
						   "gzip") == MHD_YES;
	enum MHD_Result ret = ok ? MHD_queue_response(r->c, status, resp) : MHD_NO;
	MHD_destroy_response(resp);
	answer_counted(r, status);
	return ret;
}

/* ---- the answers in the frame ------------------------------------------------------ */

/* What the service answers to GET `path`, as JSON in which no '<' ends the element around
 * it; what it refuses is left out, and asked for by the console. */
static void
put_answer(struct request *r, struct buf *b, const char *path, json_t *in)
{
	const struct service_route *route;
	struct reply out = {0};
	struct err e = {0};

	if (service_route_find(MHD_HTTP_METHOD_GET, path, in, &route, &e) != RC_OK ||
	    service_run(r->l->h->nd, r->a, route, r->who, in, &out, &e) != RC_OK ||
	    out.json == NULL)
		return;
	char *text = json_dumps(out.json, JSON_COMPACT);
	if (text == NULL)
		return;
	buf_printf(b, "%s\"%s\":", b->len == 0 ? "" : ",", path);
	for (const char *s = text; *s != '\0';) {
		size_t n = strcspn(s, "<");
		buf_put(b, s, n);
		s += n;
		if (*s == '<') {
			buf_puts(b, "\\u003c");
			s++;
		}
	}
	free(text);
}

/* Where each role begins, as HOMES of web/console/early.js. */
static bool
begins_with_cases(struct request *r)
{
	const char *path = r->web + sizeof(CONSOLE_PATH) - 1;
	enum role role = actor_role(r->who);

	if (*path == '/')
		path++;
	if (*path != '\0')
		return strcmp(path, "cases") == 0 && role != ROLE_OPERATOR;
	return role == ROLE_OFFICER || role == ROLE_AGENT || role == ROLE_LEAD;
}

/* "", or {"date": …, "answers": {path: answer}}. */
static const char *
answers(struct request *r)
{
	struct buf b = BUF_INIT(ANSWERS_MAX);
	char date[CLOCK_TEXT_LEN];
	const char *text = "";

	if (r->who == NULL)
		return "";
	json_t *nothing = json_object();
	json_object_del(r->in, "lang");
	put_answer(r, &b, "/v1/me", nothing);
	put_answer(r, &b, "/v1/status", nothing);
	json_decref(nothing);
	if (begins_with_cases(r)) {
		json_object_set_new(r->in, "limit", json_string(CASES_LIMIT));
		put_answer(r, &b, CASES, r->in);
	}
	if (buf_ok(&b) && b.len > 0)
		text = arena_printf(r->a, "{\"date\":\"%s\",\"answers\":{%s}}",
				    clock_format(clock_now_us(), date), buf_str(&b));
	buf_free(&b);
	return text;
}

static enum MHD_Result
frame(struct request *r)
{
	enum lang lang =
		lang_preferred(request_field(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
	const char *html = web_frame(r->a, folder(r), lang, answers(r));
	struct web_file f = {
		.type = "text/html; charset=utf-8", .p = html, .len = strlen(html)};

	if (!web_has_console(folder(r))) {
		r->rc = err_set(&r->e, RC_NOT_FOUND,
				"this program was built without the console: run "
				"tools/web_parts.sh in its source and build again; the "
				"API and the command line do all that it does");
		return answer_problem(r, r->rc, NULL);
	}
	return queue(r, MHD_HTTP_OK, MHD_HTTP_HEADER_VARY,
		     MHD_HTTP_HEADER_ACCEPT_LANGUAGE, &f);
}

enum MHD_Result
console_answer(struct request *r, const char *path)
{
	static const struct web_file nothing = {.type = "text/plain", .p = ""};
	const char *takes = request_field(r, MHD_HTTP_HEADER_ACCEPT_ENCODING);
	struct web_file f;

	if (strcmp(path, "/") == 0)
		return queue(r, MHD_HTTP_SEE_OTHER, MHD_HTTP_HEADER_LOCATION,
			     CONSOLE_PATH, &nothing);
	if (!console_is_file(path))
		return frame(r);
	r->rc = web_find(r->a, folder(r), path + sizeof(FILES_PATH) - 1,
			 takes != NULL && field_takes_gzip(takes), &f, &r->e);
	if (r->rc != RC_OK)
		return answer_problem(r, r->rc, NULL);
	return queue(r, MHD_HTTP_OK, MHD_HTTP_HEADER_VARY,
		     MHD_HTTP_HEADER_ACCEPT_ENCODING, &f);
}
