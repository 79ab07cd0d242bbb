#include "http/api.h"

#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "core/event.h"
#include "service/service.h"

struct http_api {
	struct node *nd;
	struct MHD_Daemon *mhd;
	char *path;
};

/* One request, from its first header to its answer. */
struct request {
	struct arena *a;
	const struct service_route *route;
	json_t *in; /* words of path and query */
	struct buf body;
	struct err e;
	enum rc rc; /* a refusal before the body is read */
	int64_t start_us;
};

static void
release_json(void *p)
{
	json_decref(p);
}

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	json_t *in = cls;

	(void)kind;
	json_object_set_new(in, key, json_string(value == NULL ? "" : value));
	return MHD_YES;
}

static struct request *
request_create(struct MHD_Connection *c, const char *url, const char *method)
{
	struct arena *a = arena_create();
	struct request *r = ARENA_NEW(a, struct request);

	r->a = a;
	r->start_us = clock_mono_us();
	r->in = json_object();
	arena_defer(a, release_json, r->in);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, on_query, r->in);
	r->rc = service_route_find(method, url, r->in, &r->route, &r->e);
	r->body = (struct buf)BUF_INIT(r->rc == RC_OK ? r->route->body_max : 0);
	return r;
}

static void
on_done(void *cls, struct MHD_Connection *c, void **state,
	enum MHD_RequestTerminationCode code)
{
	struct request *r = *state;

	(void)cls;
	(void)c;
	(void)code;
	if (r == NULL)
		return;
	buf_free(&r->body);
	arena_free(r->a);
	*state = NULL;
}

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const void *p,
       size_t len)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)p, MHD_RESPMEM_MUST_COPY);

	if (resp == NULL)
		return MHD_NO;
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	enum MHD_Result ret = MHD_queue_response(c, status, resp);
	MHD_destroy_response(resp);
	return ret;
}

static enum MHD_Result
answer_json(struct MHD_Connection *c, unsigned status, const char *type, json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);
	enum MHD_Result ret = MHD_NO;

	if (text != NULL)
		ret = answer(c, status, type, text, strlen(text));
	free(text);
	return ret;
}

/* RFC 9457, beside what the reply has to show. */
static enum MHD_Result
answer_problem(struct MHD_Connection *c, enum rc rc, const struct err *e, json_t *shown)
{
	json_t *p = shown == NULL ? json_object() : json_copy(shown);

	json_object_set_new(p, "status", json_integer(rc_http_status(rc)));
	json_object_set_new(p, "title", json_string(rc_token(rc)));
	json_object_set_new(p, "detail", json_string(e->text));
	if (e->rule[0] != '\0')
		json_object_set_new(p, "rule", json_string(e->rule));
	enum MHD_Result ret = answer_json(c, (unsigned)rc_http_status(rc),
					  "application/problem+json", p);
	json_decref(p);
	return ret;
}

static enum rc
body_read(struct request *r, struct err *e)
{
	json_error_t why;
	const char *name;
	json_t *v;

	if (r->body.len == 0)
		return RC_OK;
	json_t *body =
		json_loadb(buf_str(&r->body), r->body.len, JSON_REJECT_DUPLICATES, &why);
	if (body == NULL)
		return err_set(e, RC_INVALID,
			       "the body is no JSON: line %d, column %d: %s", why.line,
			       why.column, why.text);
	arena_defer(r->a, release_json, body);
	if (!json_is_object(body))
		return err_set(e, RC_INVALID, "the body must be a JSON object");
	json_object_foreach (body, name, v) {
		if (json_object_get(r->in, name) != NULL)
			return err_set(e, RC_INVALID,
				       "\"%s\" stands in the path and the body", name);
		json_object_set(r->in, name, v);
	}
	return RC_OK;
}

static enum rc
who_asks(struct http_api *h, struct request *r, struct MHD_Connection *c,
	 const struct actor **ret, struct err *e)
{
	static const char scheme[] = "Bearer ";
	const char *auth = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						       MHD_HTTP_HEADER_AUTHORIZATION);

	*ret = NULL;
	if (r->route->roles == ROLES_NOBODY_NEEDED || auth == NULL)
		return RC_OK;
	if (strncasecmp(auth, scheme, sizeof(scheme) - 1) != 0)
		return err_set(
			e, RC_UNAUTHENTICATED,
			"the Authorization header must be \"Bearer <credential>\"");
	return actor_authenticate(h->nd, r->a, auth + sizeof(scheme) - 1, ret, e);
}

static enum MHD_Result
request_run(struct http_api *h, struct request *r, struct MHD_Connection *c)
{
	const struct actor *who;
	struct reply out = {0};
	enum MHD_Result ret;
	enum rc rc = r->rc;

	if (rc == RC_OK && !buf_ok(&r->body))
		rc = err_set(&r->e, RC_TOO_LARGE, "the body is larger than %zu bytes",
			     r->route->body_max);
	if (rc == RC_OK)
		rc = who_asks(h, r, c, &who, &r->e);
	if (rc == RC_OK)
		rc = body_read(r, &r->e);
	if (rc == RC_OK)
		rc = service_run(h->nd, r->a, r->route, who, r->in, &out, &r->e);
	if (rc != RC_OK)
		ret = answer_problem(c, rc, &r->e, out.json);
	else if (out.bytes != NULL)
		ret = answer(c, MHD_HTTP_OK, "application/octet-stream", out.bytes,
			     out.len);
	else
		ret = answer_json(c, MHD_HTTP_OK, "application/json", out.json);
	log_line(rc == RC_OK ? LOG_DEBUG : LOG_INFO, "api.request",
		 "method=%s route=%s rc=%s us=%" PRId64,
		 r->route == NULL ? "?" : r->route->method,
		 r->route == NULL ? "?" : r->route->path, rc_token(rc),
		 clock_mono_us() - r->start_us);
	return ret;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *data, size_t *len, void **state)
{
	struct http_api *h = cls;
	struct request *r = *state;

	(void)version;
	if (r == NULL) {
		*state = request_create(c, url, method);
		return MHD_YES;
	}
	if (*len != 0) {
		/* Past the limit the bytes are read and forgotten: the answer says so. */
		buf_put(&r->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return request_run(h, r, c);
}

static enum rc
socket_listen(const char *path, int *ret, struct err *e)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	*ret = -1;
	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(
			e, RC_INVALID,
			"%s is longer than a socket's path may be (%zu bytes): choose a "
			"shorter directory",
			path, sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "make a socket");
	mode_t old = umask(0177);
	int bound = bind(fd, (const struct sockaddr *)&addr, sizeof(addr));
	umask(old);
	if (bound < 0 || listen(fd, SOMAXCONN) < 0) {
		enum rc rc = err_sys(e, "listen on %s", path);
		close(fd);
		return rc;
	}
	*ret = fd;
	return RC_OK;
}

enum rc
http_api_start(struct node *nd, const char *socket_path, struct http_api **ret,
	       struct err *e)
{
	struct http_api *h = calloc(1, sizeof(*h));
	int fd;
	enum rc rc;

	if (h == NULL)
		abort();
	h->nd = nd;
	h->path = strdup(socket_path);
	rc = socket_listen(socket_path, &fd, e);
	if (rc != RC_OK)
		goto out;
	h->mhd = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			MHD_USE_POLL | MHD_USE_ITC,
		0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_done, NULL, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)API_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)API_TIMEOUT_S, MHD_OPTION_END);
	if (h->mhd == NULL) {
		close(fd);
		rc = err_set(e, RC_IO, "cannot start the API's server");
		goto out;
	}
	*ret = h;
	h = NULL;
out:
	http_api_stop(h);
	return rc;
}

void
http_api_stop(struct http_api *h)
{
	if (h == NULL)
		return;
	if (h->mhd != NULL) {
		MHD_stop_daemon(h->mhd);
		unlink(h->path);
	}
	free(h->path);
	free(h);
}
