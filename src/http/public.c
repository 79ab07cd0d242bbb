/*
 * The public pages over HTTPS, and the letters that people of the node print from the
 * console.
 *
 * Public pages take no notice of who is logged in: they are the same for everybody, and
 * may be asked for from any other site.  A form is taken from a page of ours alone.
 */
#include <string.h>
#include <strings.h>

#include "http/api_int.h"
#include "http/fields.h"
#include "http/page_serve.h"
#include "http/web.h"

#define RULE	   "cross-site request"
#define API_PREFIX "/v1/"

static bool
over_https(const struct page_route *route)
{
	return route->whom == PAGE_PUBLIC || route->whom == PAGE_STAFF;
}

static enum rc
judge_form(struct request *r, struct err *e)
{
	const char *type = request_field(r, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (!cookie_from_here(r))
		return err_rule(
			e, RC_DENIED, RULE,
			"a page of another site sent this form: nothing was done");
	if (type == NULL ||
	    strncasecmp(type, PAGE_FORM_TYPE, sizeof(PAGE_FORM_TYPE) - 1) != 0)
		return err_set(e, RC_UNSUPPORTED, "a form is %s", PAGE_FORM_TYPE);
	if (!r->chunked && r->declared > PAGE_FORM_MAX)
		return err_set(e, RC_TOO_LARGE, "the form is larger than %d bytes",
			       PAGE_FORM_MAX);
	r->body.max = PAGE_FORM_MAX;
	return RC_OK;
}

bool
public_takes(struct request *r, const char *url, const char *method, enum rc *ret,
	     struct err *e)
{
	const bool post = strcmp(method, MHD_HTTP_METHOD_POST) == 0;
	const bool read = r->head || strcmp(method, MHD_HTTP_METHOD_GET) == 0;
	const struct page_route *route;
	const char *path;

	if (r->l->local || (!read && !post) || (read && r->has_body) ||
	    field_path(r->a, url, &path, e) != RC_OK)
		return false;
	route = page_route_find(r->a, path, &r->page_word);
	if (route == NULL || !over_https(route) || (post && !route->posts))
		return false;
	r->page = route;
	r->page_path = path;
	*ret = post ? judge_form(r, e) : RC_OK;
	return true;
}

bool
public_lands(struct request *r, const char *url, const char *method, const char *host)
{
	const size_t len = host == NULL ? 0 : strcspn(host, ":");

	r->head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (len == 0 || r->has_body || host[0] == '[' ||
	    (!r->head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) ||
	    strncmp(url, API_PREFIX, sizeof(API_PREFIX) - 1) == 0)
		return false;
	r->page = &page_route_landing;
	r->page_path = arena_strdup(r->a, url);
	r->page_host = arena_strndup(r->a, host, len);
	return true;
}

struct asked {
	struct page *p;
	struct err *e;
	unsigned n;
	enum rc rc;
};

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct asked *q = cls;
	const char *k, *v;

	(void)kind;
	q->rc = field_query(q->p->a, key, &k, q->e);
	if (q->rc == RC_OK)
		q->rc = field_query(q->p->a, value == NULL ? "" : value, &v, q->e);
	if (q->rc == RC_OK && ++q->n > API_QUERY_MAX)
		q->rc = err_set(q->e, RC_INVALID, "a query has at most %d words",
				(int)API_QUERY_MAX);
	if (q->rc != RC_OK)
		return MHD_NO;
	page_take(q->p, k, v);
	return MHD_YES;
}

static enum rc
judge(struct request *r, struct page *p)
{
	struct asked q = {.p = p, .e = &r->e, .rc = RC_OK};

	if (r->rc != RC_OK)
		return r->rc;
	MHD_get_connection_values(r->c, MHD_GET_ARGUMENT_KIND, on_query, &q);
	if (q.rc != RC_OK)
		return q.rc;
	if (!buf_ok(&r->body))
		return err_set(&r->e, RC_TOO_LARGE, "the form is larger than %d bytes",
			       PAGE_FORM_MAX);
	if (r->body.max == 0)
		return RC_OK;
	p->form = page_form_read(r->a, buf_str(&r->body), r->body.len);
	return p->form != NULL
		       ? RC_OK
		       : err_set(&r->e, RC_INVALID,
				 "the form cannot be read: a name twice, or what is no "
				 "UTF-8");
}

enum MHD_Result
public_answer(struct request *r)
{
	struct page p;

	page_open(&p, r->l->h->nd, r->a,
		  request_field(r, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
	p.https = true;
	p.path = r->page_path;
	p.word = r->page_word;
	p.foreign = r->page_host;
	p.address = r->address;
	p.known = r->who != NULL;
	p.who = p.known ? r->who : actor_stranger(r->a, r->address);
	r->rc = judge(r, &p);
	if (r->rc == RC_LIMIT)
		p.retry_s = r->rate.wait_s;
	page_make(&p, r->page, r->rc, &r->e);
	r->rate.limit = 0;
	r->rc = RC_OK;
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		p.len, (void *)(uintptr_t)p.bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ret = MHD_NO;
	if (resp == NULL)
		return MHD_NO;
	if (answer_page_headers(r, resp) && page_headers(&p, resp))
		ret = MHD_queue_response(r->c, p.status, resp);
	MHD_destroy_response(resp);
	answer_counted(r, p.status);
	return ret;
}
