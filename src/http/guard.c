/*
 * The head of a request as libmicrohttpd has it, judged by base/head.h.  Its own strict
 * level adds a check of Host alone, without saying why; so it is left as it is.
 */
#include "base/head.h"

#include "http/api_int.h"

static const char *const once[] = {
	MHD_HTTP_HEADER_CONTENT_TYPE, MHD_HTTP_HEADER_AUTHORIZATION, "Idempotency-Key",
	MHD_HTTP_HEADER_COOKIE,	      MHD_HTTP_HEADER_IF_MATCH,	     NULL,
};

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
	 const char *value, size_t value_len)
{
	(void)kind;
	head_field(cls, name, name_len, value, value_len);
	return MHD_YES;
}

enum rc
guard_head(struct request *r, struct err *e)
{
	struct head h = {.fields_max = API_FIELDS_MAX,
			 .buffer = API_CONNECTION_BUFFER,
			 .once = once};
	struct head_body body;

	MHD_get_connection_values_n(r->c, MHD_HEADER_KIND, on_field, &h);
	enum rc rc = head_check(&h, &body, e);
	if (rc != RC_OK)
		return rc;
	r->chunked = body.chunked;
	r->declared = body.length;
	r->has_body = body.length != 0;
	return RC_OK;
}
