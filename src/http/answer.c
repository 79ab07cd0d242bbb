/*
 * What goes back: JSON, problems (RFC 9457), bytes; with the headers that every answer
 * has, an entity-tag for what was read, and the limits that were counted.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/api_int.h"
#include "http/fields.h"
#include "http/inner.h"
#include "http/metrics.h"
#include "http/web.h"

/* An API serves no page: nothing may load, embed or guess at what it answers. */
static const struct {
	const char *name, *value;
} headers[] = {
	{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
};

static bool
header_number(struct request *r, struct MHD_Response *resp, const char *name, int64_t n)
{
	return MHD_add_response_header(resp, name, arena_printf(r->a, "%" PRId64, n)) ==
	       MHD_YES;
}

/* draft-ietf-httpapi-ratelimit-headers */
static bool
header_rate(struct request *r, struct MHD_Response *resp)
{
	const struct rate_answer *x = &r->rate;
	bool ok = true;

	if (r->rc == RC_LIMIT)
		ok = header_number(r, resp, MHD_HTTP_HEADER_RETRY_AFTER,
				   r->e.retry_after_s != 0 ? r->e.retry_after_s
				   : x->wait_s != 0	   ? x->wait_s
							   : 1);
	if (x->limit == 0)
		return ok;
	return ok &&
	       MHD_add_response_header(resp, "RateLimit-Policy",
				       arena_printf(r->a, "\"minute\";q=%" PRId64 ";w=60",
						    x->limit)) == MHD_YES &&
	       MHD_add_response_header(resp, "RateLimit",
				       arena_printf(r->a,
						    "\"minute\";r=%" PRId64 ";t=%" PRId64,
						    x->left, x->reset_s)) == MHD_YES;
}

static bool
headers_of_all(struct request *r, struct MHD_Response *resp)
{
	bool ok = true;

	if (!r->l->local)
		ok = ok && MHD_add_response_header(
				   resp, "Strict-Transport-Security",
				   "max-age=31536000; includeSubDomains") == MHD_YES;
	if (r->allow != NULL)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_ALLOW,
						   r->allow) == MHD_YES;
	if (r->rc == RC_UNAUTHENTICATED)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
						   "Bearer") == MHD_YES;
	if (r->rc == RC_RETRY || r->rc == RC_UNAVAILABLE)
		ok = ok && header_number(r, resp, MHD_HTTP_HEADER_RETRY_AFTER, 1);
	if (r->set_cookie != NULL)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_SET_COOKIE,
						   r->set_cookie) == MHD_YES;
	if (r->ends)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_CONNECTION,
						   "close") == MHD_YES;
	return ok && header_rate(r, resp);
}

bool
answer_headers(struct request *r, struct MHD_Response *resp)
{
	bool ok = true;

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		ok = ok && MHD_add_response_header(resp, headers[i].name,
						   headers[i].value) == MHD_YES;
	return ok && headers_of_all(r, resp);
}

bool
answer_page_headers(struct request *r, struct MHD_Response *resp)
{
	return web_headers(resp) && headers_of_all(r, resp);
}

void
answer_counted(struct request *r, unsigned status)
{
	const int64_t us = clock_mono_us() - r->start_us;

	r->answered = true;
	metrics_request(r->l->h->metrics, r->route, status, us);
	log_line(status < MHD_HTTP_BAD_REQUEST ? LOG_DEBUG : LOG_INFO, "api.request",
		 "method=%s route=%s status=%u rc=%s us=%" PRId64,
		 r->route == NULL ? "?" : r->route->method,
		 r->route == NULL ? "?" : r->route->path, status, rc_token(r->rc), us);
}

/* No browser and no proxy keeps what somebody was shown; a program keeps the tag with
 * what it does with the answer.  What is public may lie anywhere, and is asked for again
 * each time: a name may be free by now. */
static const char *
cache_control(const struct request *r, const char *etag)
{
	return etag != NULL && service_route_public(r->route) ? "public, no-cache"
							      : "no-store";
}

static enum MHD_Result
answer(struct request *r, unsigned status, const char *type, const char *etag,
       const void *p, size_t len)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)p, MHD_RESPMEM_MUST_COPY);
	bool ok = resp != NULL;

	if (!ok)
		return MHD_NO;
	ok = answer_headers(r, resp) &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL,
				     cache_control(r, etag)) == MHD_YES;
	if (len != 0)
		ok = ok &&
		     MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type) ==
			     MHD_YES &&
		     MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
					     field_disposition(r->a, r->file)) == MHD_YES;
	if (etag != NULL)
		ok = ok &&
		     MHD_add_response_header(resp, MHD_HTTP_HEADER_ETAG, etag) == MHD_YES;
	/* An answer without its headers is not given. */
	enum MHD_Result ret = ok ? MHD_queue_response(r->c, status, resp) : MHD_NO;
	MHD_destroy_response(resp);
	answer_counted(r, status);
	return ret;
}

enum MHD_Result
answer_bytes(struct request *r, unsigned status, const char *type, const void *p,
	     size_t len)
{
	const char *seen = request_field(r, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char etag[FIELD_ETAG_MAX + 1];

	if (status != MHD_HTTP_OK || r->route == NULL ||
	    strcmp(r->route->method, MHD_HTTP_METHOD_GET) != 0)
		return answer(r, status, type, NULL, p, len);
	field_etag_make(p, len, r->version, etag);
	if (seen != NULL && field_etag_matches(seen, etag))
		return answer(r, MHD_HTTP_NOT_MODIFIED, type, etag, "", 0);
	return answer(r, status, type, etag, p, len);
}

enum MHD_Result
answer_json(struct request *r, json_t *j)
{
	r->set_cookie = cookie_take(r, j);
	r->version = json_string_value(json_object_get(j, "version"));
	char *text = json_dumps(j, JSON_COMPACT);
	enum MHD_Result ret = MHD_NO;

	if (text != NULL)
		ret = answer_bytes(r, MHD_HTTP_OK, "application/json", text,
				   strlen(text));
	free(text);
	return ret;
}

enum MHD_Result
answer_problem(struct request *r, enum rc rc, json_t *shown)
{
	json_t *p = shown == NULL ? json_object() : json_copy(shown);
	struct inner inner;

	rc = inner_hide(rc, &r->e, r->route == NULL ? "?" : r->route->path, &inner);
	unsigned status = r->status != 0 ? r->status : (unsigned)rc_http_status(rc);
	enum MHD_Result ret = MHD_NO;

	r->rc = rc;
	json_object_set_new(p, "status", json_integer(status));
	json_object_set_new(p, "title", json_string(rc_token(rc)));
	json_object_set_new(p, "detail", json_string(r->e.text));
	if (inner.hidden)
		json_object_set_new(
			p, "instance",
			json_string(arena_printf(r->a, "urn:uuid:%s", inner.reference)));
	if (r->e.rule[0] != '\0')
		json_object_set_new(p, "rule", json_string(r->e.rule));
	char *text = json_dumps(p, JSON_COMPACT);
	if (text != NULL)
		ret = answer(r, status, "application/problem+json", NULL, text,
			     strlen(text));
	free(text);
	json_decref(p);
	return ret;
}
