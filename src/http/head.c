/*
 * What is judged of a request before a byte of its body is read: where it goes, whether
 * it may be that long, who asks, and how often.
 */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "http/api_int.h"
#include "http/fields.h"
#include "http/page_serve.h"

#define LIFT_PATH "/v1/orders/{order}/lift"

const char *
request_field(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->c, MHD_HEADER_KIND, name);
}

struct query {
	struct request *r;
	unsigned n;
	enum rc rc;
};

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct query *q = cls;
	const char *k, *v;

	(void)kind;
	if (q->rc != RC_OK)
		return MHD_NO;
	q->rc = field_query(q->r->a, key, &k, &q->r->e);
	if (q->rc == RC_OK)
		q->rc = field_query(q->r->a, value == NULL ? "" : value, &v, &q->r->e);
	if (q->rc == RC_OK && ++q->n > API_QUERY_MAX)
		q->rc = err_set(&q->r->e, RC_INVALID,
				"a query has at most %d words, each once",
				(int)API_QUERY_MAX);
	if (q->rc == RC_OK && json_object_get(q->r->in, k) != NULL)
		q->rc = err_set(&q->r->e, RC_INVALID, "\"%s\" stands twice in the query",
				k);
	if (q->rc == RC_OK)
		json_object_set_new(q->r->in, k, json_string(v));
	return q->rc == RC_OK ? MHD_YES : MHD_NO;
}

/* The methods that a path has, for Allow. */
static const char *
methods_of(struct request *r, const char *path)
{
	static const char *const known[] = {"GET", "POST", "PUT", "DELETE"};
	const char *text = "";
	const struct service_route *route;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (service_route_find(known[i], path, NULL, &route, NULL) == RC_OK)
			text = arena_printf(r->a, "%s%s%s%s", text,
					    text[0] == '\0' ? "" : ", ", known[i],
					    i == 0 ? ", HEAD" : "");
	return text;
}

/* What a browser loads is no route: a file of it is not counted, as it comes from memory,
 * and nobody is asked who they are. */
static bool
find_web(struct request *r, const char *url, const char *method)
{
	r->head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (r->l->local || (!r->head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) ||
	    !console_has(url) || r->has_body)
		return false;
	r->web = arena_strdup(r->a, url);
	return true;
}

static bool
is_frame(const struct request *r)
{
	return r->web != NULL && !console_is_file(r->web) && strcmp(r->web, "/") != 0;
}

static enum rc
find_route(struct request *r, const char *url, const char *method, struct err *e)
{
	struct query q = {.r = r, .rc = RC_OK};
	const char *path;
	enum rc rc = field_path(r->a, url, &path, e);

	if (rc != RC_OK)
		return rc;
	r->metrics = strcmp(path, "/metrics") == 0;
	if (r->metrics)
		path = "/v1/metrics";
	r->head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	rc = service_route_find(r->head ? MHD_HTTP_METHOD_GET : method, path, r->in,
				&r->route, e);
	if (rc == RC_UNSUPPORTED) {
		r->status = MHD_HTTP_METHOD_NOT_ALLOWED;
		r->allow = methods_of(r, path);
	}
	if (rc != RC_OK)
		return rc;
	MHD_get_connection_values(r->c, MHD_GET_ARGUMENT_KIND, on_query, &q);
	return q.rc;
}

static enum rc
judge_body(struct request *r, struct err *e)
{
	const char *type = request_field(r, MHD_HTTP_HEADER_CONTENT_TYPE);

	if (!r->has_body)
		return RC_OK;
	if (strcmp(r->route->method, MHD_HTTP_METHOD_GET) == 0) {
		r->ends = true;
		return err_rule(e, RC_INVALID, "RFC 9110, 9.3.1", "a GET has no body");
	}
	if (!r->chunked && r->declared > r->route->body_max) {
		r->ends = true;
		return err_set(e, RC_TOO_LARGE, "the body is larger than %zu bytes",
			       r->route->body_max);
	}
	if (request_field(r, MHD_HTTP_HEADER_CONTENT_ENCODING) != NULL)
		return err_set(e, RC_UNSUPPORTED, "no Content-Encoding is understood");
	/* Taken as it comes, never as a whole. */
	if (strcmp(r->route->method, MHD_HTTP_METHOD_PUT) == 0)
		return RC_OK;
	if (type == NULL || !field_is_json(type))
		return err_set(e, RC_UNSUPPORTED,
			       "a body is JSON, and says so: Content-Type: "
			       "application/json");
	/* Room is promised before a byte is read. */
	size_t len = r->chunked ? r->route->body_max : (size_t)r->declared;
	if (atomic_fetch_add(&r->l->h->bodies, len) + len > API_BODIES_MAX) {
		atomic_fetch_sub(&r->l->h->bodies, len);
		return err_set(e, RC_RETRY, "too much is under way here; try again");
	}
	r->reserved = len;
	r->body.max = r->route->body_max;
	return RC_OK;
}

static void
address_get(struct request *r)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
	socklen_t len = sizeof(struct sockaddr_in);

	memcpy(r->address, "local", sizeof("local"));
	if (r->l->local || sa == NULL)
		return;
	if (sa->sa_family == AF_INET6)
		len = sizeof(struct sockaddr_in6);
	if (getnameinfo(sa, len, r->address, sizeof(r->address), NULL, 0,
			NI_NUMERICHOST) != 0)
		memcpy(r->address, "?", sizeof("?"));
}

static enum rc
limited(struct request *r, enum rate_kind kind, const char *who, const char *setting,
	unsigned cost, struct err *e)
{
	int64_t per_minute = settings_int(node_config(r->l->h->nd), setting);

	rate_take(&r->l->h->rate, kind, who, per_minute, cost, r->start_us, &r->rate);
	if (r->rate.ok)
		return RC_OK;
	return err_set(e, RC_LIMIT,
		       "more than %lld requests a minute: try again in %lld s",
		       (long long)per_minute, (long long)r->rate.wait_s);
}

static enum rc
who_asks(struct request *r, struct err *e)
{
	static const char scheme[] = "Bearer ";
	const char *auth = request_field(r, MHD_HTTP_HEADER_AUTHORIZATION);
	bool by_cookie = false;

	if (auth == NULL) {
		enum rc rc = cookie_who(r, &by_cookie, e);
		if (rc != RC_OK || by_cookie)
			return rc;
		return err_set(e, RC_UNAUTHENTICATED,
			       "say who you are: Authorization: Bearer and your "
			       "credential (the command line: --as FILE or "
			       "SALURAN_CREDENTIAL)");
	}
	if (strncasecmp(auth, scheme, sizeof(scheme) - 1) != 0)
		return err_set(
			e, RC_UNAUTHENTICATED,
			"the Authorization header must be \"Bearer <credential>\"");
	return actor_authenticate_at(r->l->h->nd, r->a, auth + sizeof(scheme) - 1,
				     r->l->local ? NULL : r->address, &r->who, e);
}

/* By the local socket everybody is this machine's, and nobody is counted. */
static enum rc
judge_who(struct request *r, bool open, bool counted, const char *open_rate,
	  struct err *e)
{
	struct rate_answer failed;
	enum rc rc = RC_OK;

	if (counted && !open)
		rc = limited(r, RATE_FAILED, r->address, "api.rate_failed", 0, e);
	if (rc == RC_OK)
		r->rate.limit = 0;
	if (rc == RC_OK && !open)
		rc = who_asks(r, e);
	if (rc == RC_UNAUTHENTICATED && counted)
		rate_take(&r->l->h->rate, RATE_FAILED, r->address,
			  settings_int(node_config(r->l->h->nd), "api.rate_failed"), 1,
			  r->start_us, &failed);
	if (rc == RC_OK && counted && r->who == NULL)
		rc = limited(r, RATE_PUBLIC, r->address, open_rate, 1, e);
	else if (rc == RC_OK && counted)
		rc = limited(r, RATE_CREDENTIAL, actor_pseudonym(r->who), "api.rate", 1,
			     e);
	return rc;
}

/* A lift is never held back: lifting is easier than blocking. */
static enum rc
judge_route(struct request *r, struct err *e)
{
	return judge_who(r, r->route->roles == ROLES_NOBODY_NEEDED,
			 !r->l->local && strcmp(r->route->path, LIFT_PATH) != 0,
			 "api.rate_public", e);
}

/* Without a credential a page says itself how one logs in; with a wrong one, too. */
static enum rc
judge_page(struct request *r, struct err *e)
{
	const bool open = page_route_open(r->page);
	enum rc rc = open ? RC_OK : cookie_site_check(r, e);

	if (rc == RC_OK)
		rc = judge_who(r, open, true, "http.rate_public", e);
	return rc == RC_UNAUTHENTICATED ? RC_OK : rc;
}

/* If-Match says the version that the client has seen, as the member does.  Asking for
 * something under a condition is of no use: there is If-None-Match. */
static enum rc
judge_condition(struct request *r, struct err *e)
{
	const char *value = request_field(r, MHD_HTTP_HEADER_IF_MATCH), *version;

	if (value == NULL || strcmp(r->route->method, MHD_HTTP_METHOD_GET) == 0)
		return RC_OK;
	enum rc rc = field_if_match(r->a, value, &version, e);
	if (rc != RC_OK || version == NULL)
		return rc;
	if (json_object_get(r->in, "version") != NULL)
		return err_set(e, RC_INVALID,
			       "\"version\" stands in the query and in If-Match");
	json_object_set_new(r->in, "version", json_string(version));
	return RC_OK;
}

enum rc
head_still(struct request *r, struct err *e)
{
	return r->route->roles == ROLES_NOBODY_NEEDED ? RC_OK : who_asks(r, e);
}

/* Another host's name: a page that says whether that is blocked, and what that page
 * loads. */
static enum rc
judge_foreign(struct request *r, const char *url, const char *method, const char *host,
	      struct err *e)
{
	if (console_is_file(url) && find_web(r, url, method))
		return RC_OK;
	if (public_lands(r, url, method, host))
		return judge_page(r, e);
	r->status = MHD_HTTP_MISDIRECTED_REQUEST;
	return err_rule(e, RC_INVALID, "RFC 9110, 15.5.20",
			"this is not the host of the Host field: see the setting "
			"api.hosts");
}

/* The console's page is everybody's; who asks for it by a session finds there what the
 * first screen would ask for next. */
static void
judge_frame(struct request *r)
{
	struct query q = {.r = r, .rc = RC_OK};
	const struct service_route *me;
	struct err e = {0};

	if (!is_frame(r) || request_field(r, MHD_HTTP_HEADER_COOKIE) == NULL ||
	    request_field(r, MHD_HTTP_HEADER_AUTHORIZATION) != NULL ||
	    service_route_find(MHD_HTTP_METHOD_GET, "/v1/me", r->in, &me, &e) != RC_OK)
		return;
	MHD_get_connection_values(r->c, MHD_GET_ARGUMENT_KIND, on_query, &q);
	r->route = me;
	if (q.rc != RC_OK || cookie_site_check(r, &e) != RC_OK ||
	    judge_who(r, false, true, "api.rate_public", &e) != RC_OK)
		r->who = NULL;
	r->route = NULL;
	r->rate.limit = 0;
}

enum rc
head_judge(struct request *r, const char *url, const char *method, struct err *e)
{
	const char *hosts = settings_text(node_config(r->l->h->nd), "api.hosts");
	const char *host = request_field(r, MHD_HTTP_HEADER_HOST), *key;
	enum rc rc;

	address_get(r);
	rc = guard_head(r, e);
	if (rc != RC_OK) {
		r->ends = true;
		return rc;
	}
	if (!r->l->local && !field_host_listed(host, hosts))
		return judge_foreign(r, url, method, host, e);
	if (find_web(r, url, method)) {
		judge_frame(r);
		return RC_OK;
	}
	if (public_takes(r, url, method, &rc, e))
		return rc == RC_OK ? judge_page(r, e) : rc;
	rc = find_route(r, url, method, e);
	if (rc == RC_OK)
		rc = cookie_site_check(r, e);
	if (rc == RC_OK)
		rc = judge_route(r, e);
	if (rc == RC_OK)
		rc = judge_body(r, e);
	if (rc == RC_OK)
		rc = judge_condition(r, e);
	key = request_field(r, "Idempotency-Key");
	if (rc == RC_OK && key != NULL && strcmp(method, MHD_HTTP_METHOD_POST) == 0)
		rc = field_key(r->a, key, &r->key, e);
	return rc;
}
