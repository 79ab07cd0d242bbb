#include "peer/request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/head.h"
#include "base/log.h"
#include "peer/gunzip.h"
#include "service/tls_session.h"

struct peer_request *
request_open(struct peer_server *s, struct MHD_Connection *mhd)
{
	struct arena *a = arena_create();
	struct peer_request *r = ARENA_NEW(a, struct peer_request);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	r->a = a;
	r->peer = -1;
	r->conn = info->socket_context;
	r->nd = s->nd;
	return r;
}

void
request_close(struct peer_server *s, struct peer_request *r, bool completed)
{
	if (!completed && !r->answered)
		log_line(LOG_WARN, "peer.broken",
			 "peer=%" PRId64 " call=%s bytes=%zu rule=\"protocol 5\" "
			 "reason=\"the request was cut short\"",
			 r->peer, r->route == NULL ? "-" : r->route->name, r->body.len);
	if (r->conn != NULL)
		conns_allow(&s->conns, r->conn, PEER_IDLE_S * CLOCK_US_PER_S);
	atomic_fetch_sub(&s->bodies, r->reserved);
	buf_free(&r->body);
	arena_free(r->a);
}

/* ---- answers ----------------------------------------------------------------------- */

static enum MHD_Result
answer_send(struct MHD_Connection *mhd, struct peer_request *r,
	    const struct peer_answer *answer)
{
	char seconds[16], now[32];
	int64_t now_s;
	/* The arena outlives the response: on_completed() comes after its last byte. */
	struct MHD_Response *response = MHD_create_response_from_buffer(
		answer->len, answer->body, MHD_RESPMEM_PERSISTENT);

	if (response == NULL)
		return MHD_NO;
	snprintf(seconds, sizeof(seconds), "%d", PEER_RETRY_AFTER_S);
	enum MHD_Result ok = MHD_add_response_header(
		response, MHD_HTTP_HEADER_CONTENT_TYPE,
		answer->type == NULL ? "text/plain; charset=utf-8" : answer->type);
	if (ok == MHD_YES && (answer->status == MHD_HTTP_TOO_MANY_REQUESTS ||
			      answer->status == MHD_HTTP_SERVICE_UNAVAILABLE))
		ok = MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER,
					     seconds);
	if (ok == MHD_YES && r->ends)
		ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
					     "close");
	if (ok == MHD_YES && r->peer >= 0 && exchange_own_time(r->nd, &now_s)) {
		snprintf(now, sizeof(now), "%" PRId64, now_s);
		ok = MHD_add_response_header(response, EXCHANGE_TIME_FIELD, now);
	}
	if (ok == MHD_YES && answer->field != NULL)
		ok = MHD_add_response_header(response, answer->field, answer->value);
	if (ok == MHD_YES)
		ok = MHD_queue_response(mhd, answer->status, response);
	MHD_destroy_response(response);
	r->answered = ok == MHD_YES;
	return ok;
}

static enum MHD_Result
refuse(struct MHD_Connection *mhd, struct peer_request *r, enum rc rc,
       const struct peer_answer *given, const struct err *e)
{
	struct peer_answer answer = *given;
	bool ours = peer_refusal_put(r->a, rc, e, &answer);

	log_line(ours ? LOG_ERROR : LOG_WARN, "peer.refused",
		 "peer=%" PRId64 " call=%s status=%u outcome=%s rule=\"%s\"%s%s", r->peer,
		 r->route == NULL ? "-" : r->route->name, answer.status, rc_token(rc),
		 e->rule, ours ? " reason=" : "", ours ? e->text : "");
	if (r->route != NULL)
		exchange_refused(r->nd, r->peer, r->route->name, rc, e);
	return answer_send(mhd, r, &answer);
}

/* ---- the head ---------------------------------------------------------------------- */

static enum rc
authenticate(struct peer_server *s, struct MHD_Connection *mhd, struct peer_request *r,
	     struct err *e)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	struct hash spki;
	enum rc rc = tls_check(info->tls_session, clock_now_us(), &spki, e);

	return rc == RC_OK ? exchange_peer_of_key(s->nd, &spki, &r->peer, e) : rc;
}

static enum rc
check_encoding(struct MHD_Connection *mhd, struct peer_request *r, struct err *e)
{
	const char *encoding = MHD_lookup_connection_value(
		mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_ENCODING);

	if (encoding == NULL || strcasecmp(encoding, "identity") == 0)
		return RC_OK;
	r->gzip = strcasecmp(encoding, "gzip") == 0;
	if (!r->gzip || !r->route->gzip)
		return err_rule(e, RC_UNSUPPORTED, "protocol 5",
				"Content-Encoding: %s is not understood here", encoding);
	return RC_OK;
}

/* What time the peer says it is. */
static void
hear_time(struct peer_server *s, struct MHD_Connection *mhd, const struct peer_request *r)
{
	const char *text =
		MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, EXCHANGE_TIME_FIELD);
	uint64_t time_s;

	if (text != NULL &&
	    decimal_parse(text, strlen(text), INT64_MAX, &time_s) == RC_OK)
		exchange_peer_time(s->nd, r->peer, (int64_t)time_s);
}

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
	 const char *value, size_t value_len)
{
	(void)kind;
	head_field(cls, name, name_len, value, value_len);
	return MHD_YES;
}

/* A head that has one reading; else nothing that follows it can be believed. */
static enum rc
guard(struct MHD_Connection *mhd, struct peer_request *r, struct err *e)
{
	static const char *const once[] = {
		MHD_HTTP_HEADER_CONTENT_TYPE,  MHD_HTTP_HEADER_CONTENT_ENCODING,
		MHD_HTTP_HEADER_CONTENT_RANGE, "Content-Digest",
		EXCHANGE_TIME_FIELD,	       NULL};
	struct head h = {.fields_max = PEER_FIELDS_MAX,
			 .buffer = PEER_CONNECTION_BUFFER,
			 .once = once};
	struct head_body body;

	MHD_get_connection_values_n(mhd, MHD_HEADER_KIND, on_field, &h);
	enum rc rc = head_check(&h, &body, e);
	r->ends = rc != RC_OK;
	r->declared = body.length;
	return rc;
}

/* Room is promised before a byte is read: by Content-Length, else for the largest. */
static enum rc
reserve(struct peer_server *s, struct peer_request *r, struct err *e)
{
	uint64_t len = r->declared == UINT64_MAX ? r->route->body_max : r->declared;

	if (len > r->route->body_max)
		return err_rule(e, RC_TOO_LARGE, "protocol 5",
				"a body of %s has at most %zu bytes", r->route->name,
				r->route->body_max);
	if (r->gzip)
		len += r->route->body_max;
	if (atomic_fetch_add(&s->bodies, len) + len > PEER_BODIES_MAX) {
		atomic_fetch_sub(&s->bodies, len);
		return err_rule(e, RC_RETRY, "protocol 5", "too much is under way here");
	}
	r->reserved = len;
	r->body.max = r->route->body_max;
	return RC_OK;
}

enum MHD_Result
request_begin(struct peer_server *s, struct MHD_Connection *mhd, struct peer_request *r,
	      const char *url, const char *method)
{
	struct peer_answer answer = {0};
	struct err e = ERR_INIT, known = ERR_INIT;
	enum rc who = authenticate(s, mhd, r, &known);
	enum rc rc = who == RC_DENIED ? RC_OK : who;

	/* Before the path, but for a call that anyone may make. */
	r->anyone = who == RC_DENIED && peer_route_is_for_anyone(url, method);
	if (who == RC_DENIED && !r->anyone)
		rc = who;
	if (rc != RC_OK)
		e = known;
	if (rc == RC_OK)
		rc = guard(mhd, r, &e);
	if (rc == RC_OK && who == RC_OK)
		hear_time(s, mhd, r);
	if (rc == RC_OK)
		rc = peer_route_find(r, url, method, &answer, &e);
	r->range = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND,
					       MHD_HTTP_HEADER_CONTENT_RANGE);
	r->digest = MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, "Content-Digest");
	if (rc == RC_OK)
		rc = check_encoding(mhd, r, &e);
	if (rc == RC_OK)
		rc = reserve(s, r, &e);
	if (rc != RC_OK)
		return refuse(mhd, r, rc, &answer, &e);
	if (r->conn != NULL)
		conns_allow(&s->conns, r->conn, s->request_us);
	return MHD_YES;
}

/* ---- the body ---------------------------------------------------------------------- */

enum MHD_Result
request_take(struct peer_server *s, struct peer_request *r, const char *data, size_t len)
{
	(void)s;
	if (r->answered)
		return MHD_YES; /* refused; what was on its way is dropped */
	buf_put(&r->body, data, len);
	if (buf_ok(&r->body))
		return MHD_YES;
	r->answered = true;
	log_line(LOG_WARN, "peer.refused",
		 "peer=%" PRId64 " call=%s status=%d outcome=%s rule=\"protocol 5\"",
		 r->peer, r->route->name, MHD_HTTP_CONTENT_TOO_LARGE,
		 rc_token(RC_TOO_LARGE));
	return MHD_NO;
}

static enum rc
unpack(struct peer_request *r, struct err *e)
{
	struct buf plain = BUF_INIT(r->route->body_max);

	if (!r->gzip)
		return RC_OK;
	enum rc rc = gunzip(buf_str(&r->body), r->body.len, &plain, e);
	buf_free(&r->body);
	r->body = plain;
	return rc;
}

enum MHD_Result
request_finish(struct peer_server *s, struct MHD_Connection *mhd, struct peer_request *r)
{
	struct peer_answer answer = {0};
	struct err e = ERR_INIT;

	if (r->answered)
		return MHD_YES;
	assert(r->route != NULL && (r->peer >= 0 || r->anyone));
	enum rc rc = unpack(r, &e);
	if (rc == RC_OK)
		rc = r->route->handler(s->nd, r, &answer, &e);
	if (rc != RC_OK)
		return refuse(mhd, r, rc, &answer, &e);
	exchange_taken(s->nd, r->peer, r->route->name);
	if (answer.status == 0)
		answer.status = MHD_HTTP_OK;
	return answer_send(mhd, r, &answer);
}
