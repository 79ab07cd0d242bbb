#include "http/api_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "http/api_listen.h"
#include "http/fields.h"
#include "http/metrics.h"
#include "service/idem.h"

enum { LOG_TEXT_MAX = 240 };

#define STREAM_PATH "/v1/events/stream"
/* Forward secrecy and authenticated ciphers alone. */
#define API_TLS_PRIORITIES                                                               \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:-DHE-RSA:-AES-128-CBC:"         \
	"-AES-256-CBC:-SHA1"

static void
release_json(void *p)
{
	json_decref(p);
}

static struct request *
request_create(struct api_listener *l, struct MHD_Connection *c)
{
	struct arena *a = arena_create();
	struct request *r = ARENA_NEW(a, struct request);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	r->a = a;
	r->l = l;
	r->c = c;
	r->conn = info == NULL ? NULL : info->socket_context;
	r->start_us = clock_mono_us();
	r->in = json_object();
	arena_defer(a, release_json, r->in);
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
	if (r->conn != NULL)
		conns_allow(&r->l->conns, r->conn, API_IDLE_S * CLOCK_US_PER_S);
	atomic_fetch_sub(&r->l->h->bodies, r->reserved);
	transfer_close(r);
	buf_free(&r->body);
	arena_free(r->a);
	*state = NULL;
}

/* ---- the body ---------------------------------------------------------------------- */

/* Brackets within brackets, outside of texts: what recurses is bounded before the parser
 * sees it. */
static bool
depth_ok(const char *s, size_t len)
{
	bool in_text = false;
	int depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (in_text) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				in_text = false;
		} else if (s[i] == '"') {
			in_text = true;
		} else if (s[i] == '[' || s[i] == '{') {
			if (++depth > API_JSON_DEPTH_MAX)
				return false;
		} else if (s[i] == ']' || s[i] == '}') {
			depth--;
		}
	}
	return true;
}

static enum rc
body_read(struct request *r, struct err *e)
{
	json_error_t why;
	const char *name;
	json_t *v;

	if (r->body.len == 0)
		return RC_OK;
	if (!depth_ok(buf_str(&r->body), r->body.len))
		return err_set(e, RC_INVALID,
			       "the body has more than %d brackets within each other",
			       (int)API_JSON_DEPTH_MAX);
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
				       "\"%s\" stands in the body, and also in the "
				       "path, the query or If-Match",
				       name);
		json_object_set(r->in, name, v);
	}
	return RC_OK;
}

/* ---- the use case ------------------------------------------------------------------ */

static enum MHD_Result
run_metrics(struct request *r)
{
	struct http_api *h = r->l->h;
	struct buf b = BUF_INIT(API_METRICS_MAX);
	struct reply out = {0};
	enum MHD_Result ret;
	enum rc rc = service_run(h->nd, r->a, r->route, r->who, r->in, &out, &r->e);

	if (rc != RC_OK)
		return answer_problem(r, rc, NULL);
	metrics_put(h->metrics, out.json, atomic_load(&h->n_streams), &b);
	ret = answer_bytes(r, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8",
			   buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

/* A login must know where it comes from. */
static const struct actor *
asker(const struct request *r)
{
	return r->who != NULL ? r->who
			      : actor_stranger(r->a, r->l->local ? NULL : r->address);
}

static const char *
bytes_type(const struct reply *out)
{
	return out->type == NULL ? "application/octet-stream" : out->type;
}

static enum MHD_Result
run_once(struct request *r)
{
	struct reply out = {0};
	enum rc rc =
		service_run(r->l->h->nd, r->a, r->route, asker(r), r->in, &out, &r->e);

	if (rc != RC_OK)
		return answer_problem(r, rc, out.json);
	if (out.download != NULL)
		return transfer_answer(r, out.download);
	r->file = out.file;
	if (out.bytes != NULL)
		return answer_bytes(r, MHD_HTTP_OK, bytes_type(&out), out.bytes, out.len);
	return answer_json(r, out.json);
}

/* With an Idempotency-Key: the answer is kept with what it answers for, in one commit. */
static enum MHD_Result
run_keyed(struct request *r)
{
	const struct idem_request q = {
		.who = r->who == NULL ? r->address : actor_pseudonym(r->who),
		.key = r->key,
		.method = r->route->method,
		.path = r->route->path,
		.in = r->in,
	};
	struct reply out = {0};
	const char *before = NULL;
	struct idem *x = NULL;
	enum MHD_Result ret;
	enum rc rc = idem_begin(r->l->h->nd, r->a, &q, &x, &before, &r->e);

	if (x == NULL)
		rc = service_run_not(r->l->h->nd, r->a, r->route, asker(r), r->in, rc,
				     &out, &r->e);
	if (rc == RC_OK && before != NULL)
		return answer_bytes(r, MHD_HTTP_OK, "application/json", before,
				    strlen(before));
	if (rc != RC_OK)
		return answer_problem(r, rc, out.json);
	rc = service_run(r->l->h->nd, r->a, r->route, asker(r), r->in, &out, &r->e);
	char *text = rc == RC_OK && out.json != NULL ? json_dumps(out.json, JSON_COMPACT)
						     : NULL;
	enum rc kept = idem_end(x, text, rc == RC_OK ? &r->e : NULL);
	if (rc == RC_OK)
		rc = kept;
	if (rc != RC_OK)
		ret = answer_problem(r, rc, out.json);
	else if (text == NULL)
		ret = answer_bytes(r, MHD_HTTP_OK, bytes_type(&out), out.bytes, out.len);
	else
		ret = answer_bytes(r, MHD_HTTP_OK, "application/json", text,
				   strlen(text));
	free(text);
	return ret;
}

static enum MHD_Result
request_run(struct request *r)
{
	if (r->rc == RC_OK && r->upload != NULL)
		return transfer_end(r);
	if (r->rc == RC_OK && r->web != NULL)
		return console_answer(r, r->web);
	if (r->page != NULL)
		return public_answer(r);
	if (r->rc == RC_OK && !buf_ok(&r->body))
		r->rc = err_set(&r->e, RC_TOO_LARGE, "the body is larger than %zu bytes",
				r->route->body_max);
	if (r->rc == RC_OK)
		r->rc = body_read(r, &r->e);
	if (r->rc != RC_OK)
		return answer_problem(r, r->rc, r->shown);
	if (r->metrics)
		return run_metrics(r);
	if (strcmp(r->route->path, STREAM_PATH) == 0)
		return stream_start(r);
	return r->key != NULL && service_route_keyed(r->route) ? run_keyed(r)
							       : run_once(r);
}

/* ---- callbacks of libmicrohttpd ---------------------------------------------------- */

/* A refusal is given at once when nothing more is worth reading; a short body is read and
 * forgotten first, because a connection that is closed over unread bytes is reset, and
 * the client then may not see why. */
static enum MHD_Result
request_begin(struct request *r, const char *url, const char *method)
{
	r->rc = head_judge(r, url, method, &r->e);
	if (r->rc == RC_OK && r->route != NULL &&
	    strcmp(r->route->method, MHD_HTTP_METHOD_PUT) == 0)
		r->rc = transfer_begin(r);
	if (r->conn != NULL)
		conns_allow(&r->l->conns, r->conn, API_REQUEST_S * CLOCK_US_PER_S);
	if (r->rc == RC_OK || (r->page != NULL && !r->has_body))
		return MHD_YES;
	bool asks = request_field(r, MHD_HTTP_HEADER_EXPECT) != NULL;
	bool long_body = !r->chunked && r->declared > API_DRAIN_MAX;
	if (!r->ends && !asks && !long_body)
		return MHD_YES;
	r->ends = r->ends || r->has_body;
	return answer_problem(r, r->rc, r->shown);
}

static enum MHD_Result
request_take(struct request *r, const char *data, size_t len)
{
	if (r->upload != NULL && r->rc == RC_OK && transfer_take(r, data, len))
		return MHD_YES;
	if (r->upload == NULL)
		buf_put(&r->body, data, len);
	if (r->upload == NULL && buf_ok(&r->body) && r->rc == RC_OK)
		return MHD_YES;
	/* Past a limit, or refused: counted in `declared` until the line is cut. */
	r->ends = true;
	if (r->chunked)
		r->declared = 0;
	r->chunked = false;
	r->declared += len;
	return r->declared > 2 * API_DRAIN_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *data, size_t *len, void **state)
{
	struct request *r = *state;

	(void)version;
	if (r == NULL) {
		r = *state = request_create(cls, c);
		return request_begin(r, url, method);
	}
	if (r->answered) {
		*len = 0;
		return MHD_YES;
	}
	if (*len != 0) {
		size_t n = *len;
		*len = 0;
		return request_take(r, data, n);
	}
	return request_run(r);
}

/* Nothing is decoded here: fields.c does, and refuses what has two readings. */
static size_t
on_unescape(void *cls, struct MHD_Connection *c, char *s)
{
	(void)cls;
	(void)c;
	return strlen(s);
}

static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
	      enum MHD_ConnectionNotificationCode what)
{
	struct api_listener *l = cls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		conns_close(&l->conns, *context);
		*context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = conns_open(&l->conns, info->connect_fd, API_HEAD_S * CLOCK_US_PER_S);
	if (*context == NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

PRINTF(2, 0)
static void
on_log(void *cls, const char *fmt, va_list ap)
{
	char text[LOG_TEXT_MAX];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_line(LOG_DEBUG, "api.http", "reason=\"%s\"", text);
}

/* ---- start and stop ---------------------------------------------------------------- */

static enum rc
listener_start(struct http_api *h, struct api_listener *l, int fd, unsigned most,
	       unsigned most_of_address, struct err *e)
{
	const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
			       MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
			       MHD_USE_ITC | MHD_USE_ERROR_LOG |
			       (l->local ? 0U : (unsigned)MHD_USE_TLS);
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_KEY, 0, h->key},
		{MHD_OPTION_HTTPS_MEM_CERT, 0, h->cert},
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)API_TLS_PRIORITIES},
		{MHD_OPTION_END, 0, NULL},
	};
	enum rc rc = conns_start(&l->conns, most, e);

	l->h = h;
	if (rc != RC_OK)
		return rc;
	l->watched = true;
	l->mhd = MHD_start_daemon(
		flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_log,
		NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_done,
		NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, l,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
		MHD_OPTION_CONNECTION_LIMIT, most, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		most_of_address, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)API_IDLE_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)API_CONNECTION_BUFFER,
		MHD_OPTION_ARRAY, l->local ? &tls[3] : tls, MHD_OPTION_END);
	if (l->mhd == NULL)
		return err_set(e, RC_IO, "cannot start the API's server: see the log");
	return RC_OK;
}

enum rc
http_api_start(struct node *nd, const char *socket_path, struct http_api **ret,
	       struct err *e)
{
	struct http_api *h = calloc(1, sizeof(*h));
	sigset_t all, before;
	int fd = -1;
	enum rc rc;

	if (h == NULL)
		abort();
	h->nd = nd;
	h->path = strdup(socket_path);
	h->local.local = true;
	h->metrics = metrics_create();
	rate_start(&h->rate);
	pthread_mutex_init(&h->streams_mu, NULL);
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = api_listen_local(socket_path, &fd, e);
	if (rc == RC_OK) {
		rc = listener_start(h, &h->local, fd, API_LOCAL_MAX, 0, e);
		if (rc != RC_OK)
			close(fd);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == RC_OK) {
		*ret = h;
		return rc;
	}
	http_api_stop(h);
	return rc;
}

enum rc
http_api_https(struct http_api *h, const char *host, uint16_t port, struct err *e)
{
	const struct settings *conf = node_config(h->nd);
	sigset_t all, before;
	int fd = -1;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	enum rc rc = api_listen_files(node_dir(h->nd), settings_text(conf, "api.tls_key"),
				      settings_text(conf, "api.tls_cert"), &h->key,
				      &h->cert, e);
	if (rc == RC_OK)
		rc = listen_tcp(&(struct listen_at){.host = host, .port = port}, &fd,
				&h->port, e);
	if (rc == RC_OK) {
		rc = listener_start(
			h, &h->tls, fd, (unsigned)settings_int(conf, "api.connections"),
			(unsigned)settings_int(conf, "api.connections_of_one"), e);
		if (rc != RC_OK)
			close(fd);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

uint16_t
http_api_port(const struct http_api *h)
{
	return h->port;
}

static void
listener_stop(struct api_listener *l)
{
	if (l->mhd != NULL)
		MHD_stop_daemon(l->mhd);
	if (l->watched)
		conns_stop(&l->conns);
}

void
http_api_stop(struct http_api *h)
{
	if (h == NULL)
		return;
	atomic_store(&h->stopping, true);
	listener_stop(&h->tls);
	listener_stop(&h->local);
	if (h->local.mhd != NULL)
		unlink(h->path);
	rate_stop(&h->rate);
	pthread_mutex_destroy(&h->streams_mu);
	metrics_free(h->metrics);
	api_listen_wipe(h->key);
	free(h->cert);
	free(h->path);
	free(h);
}
