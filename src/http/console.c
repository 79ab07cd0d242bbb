/*
 * What a browser loads over HTTPS before it asks the API: the console's frame, and files.
 *
 * The frame is the same for everybody and says nothing of this node; what it shows comes
 * through the API, with the session's rights.
 */
#include <string.h>

#include "http/api_int.h"
#include "http/fields.h"
#include "http/web.h"

#define CONSOLE_PATH "/console"
#define FILES_PATH   "/a/"

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

static enum MHD_Result
frame(struct request *r)
{
	enum lang lang =
		lang_preferred(request_field(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
	const char *html = web_frame(r->a, folder(r), lang);
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
