/*
 * Bodies and answers that do not fit memory: files of evidence on their way in (PUT) and
 * out (GET), piece by piece (service/stream.h).
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "http/api_int.h"
#include "http/fields.h"
#include "service/stream.h"

enum { TRANSFER_BLOCK = 65536 };

/* A file takes as long as it takes; a connection without bytes is cut. */
static void
go_on(struct request *r)
{
	if (r->conn != NULL)
		conns_allow(&r->l->conns, r->conn, API_REQUEST_S * CLOCK_US_PER_S);
}

enum rc
transfer_begin(struct request *r)
{
	struct reply out = {0};
	enum rc rc = service_run(r->l->h->nd, r->a, r->route, r->who, r->in, &out, &r->e);

	r->upload = out.upload;
	r->shown = out.json;
	return rc;
}

bool
transfer_take(struct request *r, const char *data, size_t len)
{
	r->rc = upload_take(r->upload, data, len, &r->e);
	go_on(r);
	return r->rc == RC_OK;
}

enum MHD_Result
transfer_end(struct request *r)
{
	struct reply out = {0};
	enum rc rc = upload_reply(r->upload, r->a, &out, &r->e);

	return rc == RC_OK ? answer_json(r, out.json) : answer_problem(r, rc, NULL);
}

void
transfer_close(struct request *r)
{
	upload_close(r->upload);
	r->upload = NULL;
}

struct sending {
	struct download *d;
	struct request *r;
};

static ssize_t
on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct sending *s = cls;
	struct err e = ERR_INIT;
	size_t n;

	(void)pos;
	enum rc rc = download_read(s->d, (uint8_t *)buf, max, &n, &e);
	go_on(s->r);
	if (rc != RC_OK) {
		log_line(LOG_ERROR, "api.download", "rc=%s rule=\"%s\"", rc_token(rc),
			 e.rule);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

static void
on_free(void *cls)
{
	struct sending *s = cls;

	download_close(s->d);
	free(s);
}

enum MHD_Result
transfer_answer(struct request *r, struct download *d)
{
	struct sending *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	*s = (struct sending){.d = d, .r = r};
	struct MHD_Response *resp = MHD_create_response_from_callback(
		(uint64_t)download_len(d), TRANSFER_BLOCK, on_read, s, on_free);
	if (resp == NULL) {
		on_free(s);
		return MHD_NO;
	}
	bool ok = answer_headers(r, resp) &&
		  MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL,
					  "no-store") == MHD_YES &&
		  MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE,
					  download_type(d)) == MHD_YES &&
		  MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_DISPOSITION,
					  field_disposition(r->a, download_name(d))) ==
			  MHD_YES;
	enum MHD_Result ret = ok ? MHD_queue_response(r->c, MHD_HTTP_OK, resp) : MHD_NO;
	MHD_destroy_response(resp);
	answer_counted(r, MHD_HTTP_OK);
	return ret;
}
