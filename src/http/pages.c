#include "http/pages_int.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/head.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/text.h"
#include "http/page_serve.h"
#include "http/web.h"

enum { HOST_HEADER_MAX = 300 };

/* ---- answers ----------------------------------------------------------------------- */

/* `field`, `value`: one more header, or NULL. */
static enum MHD_Result
answer_with(struct MHD_Connection *c, unsigned status, const char *type,
	    const char *cache, const char *data, size_t len, const char *field,
	    const char *value)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)data, MHD_RESPMEM_MUST_COPY);
	bool ok = resp != NULL;

	if (!ok)
		return MHD_NO;
	ok = web_headers(resp) &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, cache) ==
		     MHD_YES &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
	if (field != NULL)
		ok = ok && MHD_add_response_header(resp, field, value) == MHD_YES;
	enum MHD_Result ret = ok ? MHD_queue_response(c, status, resp) : MHD_NO;
	MHD_destroy_response(resp);
	return ret;
}

static enum MHD_Result
answer_plain(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer_with(c, status, "text/plain; charset=utf-8", "no-store", text,
			   strlen(text), NULL, NULL);
}

/* A page without its headers is not shown. */
static enum MHD_Result
answer_drawn(struct MHD_Connection *c, struct page *p)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		p->len, (void *)(uintptr_t)p->bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ret = MHD_NO;

	if (resp == NULL)
		return MHD_NO;
	if (web_headers(resp) && page_headers(p, resp))
		ret = MHD_queue_response(c, p->status, resp);
	MHD_destroy_response(resp);
	return ret;
}

static enum MHD_Result
answer_asset(struct http_pages *w, struct MHD_Connection *c, const char *path)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct web_file f;
	enum rc rc = web_find(a, settings_text(node_config(w->nd), "http.web_dir"), path,
			      false, &f, &e);
	enum MHD_Result ret =
		rc == RC_OK
			? answer_with(c, MHD_HTTP_OK, f.type,
				      f.forever ? "public, max-age=31536000, immutable"
						: "no-cache",
				      f.p, f.len, NULL, NULL)
			: answer_plain(c, MHD_HTTP_NOT_FOUND, "there is no such file\n");

	arena_free(a);
	return ret;
}

/* ---- who asks for whom ------------------------------------------------------------- */

struct host_seen {
	unsigned n;
	const char *value;
};

static enum MHD_Result
on_header(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct host_seen *seen = cls;

	(void)kind;
	if (strcasecmp(key, MHD_HTTP_HEADER_HOST) == 0) {
		seen->n++;
		seen->value = value;
	}
	return MHD_YES;
}

/* The host of the one Host header, without its port; NULL: there is none that can be
 * read. */
static const char *
host_of(struct MHD_Connection *c, struct arena *a)
{
	struct host_seen seen = {0};
	uint64_t port;

	MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, &seen);
	if (seen.n != 1 || seen.value == NULL || strlen(seen.value) >= HOST_HEADER_MAX)
		return NULL;
	char *host = arena_strdup(a, seen.value);
	char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
	char *colon = strchr(bracket == NULL ? host : bracket, ':');
	if (colon != NULL) {
		if (decimal_parse(colon + 1, strlen(colon + 1), UINT16_MAX, &port) !=
		    RC_OK)
			return NULL;
		*colon = '\0';
	}
	text_make_printable(host);
	return host;
}

/* This machine by number or as "localhost", at any port: a tunnel may end at another
 * one. */
static bool
host_is_local(struct arena *a, const char *host)
{
	const size_t len = strlen(host);

	if (host[0] != '[')
		return strcasecmp(host, "localhost") == 0 ||
		       listen_text_is_loopback(host);
	return host[len - 1] == ']' && strchr(host, ':') != NULL &&
	       listen_text_is_loopback(arena_strndup(a, host + 1, len - 2));
}

static const char *
address_of(struct MHD_Connection *c, struct arena *a)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info == NULL ? NULL : info->client_addr;
	char text[INET6_ADDRSTRLEN] = "?";

	if (sa != NULL && sa->sa_family == AF_INET)
		inet_ntop(AF_INET,
			  &((const struct sockaddr_in *)(const void *)sa)->sin_addr, text,
			  sizeof(text));
	else if (sa != NULL && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6,
			  &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
			  text, sizeof(text));
	return arena_strdup(a, text);
}

/* ---- pages ------------------------------------------------------------------------- */

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	page_take(cls, key, value == NULL ? "" : value);
	return MHD_YES;
}

/* 405: what the page can be asked with. */
static enum MHD_Result
answer_method(struct MHD_Connection *c, const char *url)
{
	static const char reads[] = "This page is for reading: GET and HEAD.\n",
			  posts[] = "This page has a form: GET, HEAD and POST.\n";
	struct arena *a = arena_create();
	const char *word;
	const struct page_route *r = page_route_find(a, url, &word);
	bool form = r != NULL && r->posts;
	const char *text = form ? posts : reads;

	arena_free(a);
	return answer_with(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain; charset=utf-8",
			   "no-store", text, strlen(text), MHD_HTTP_HEADER_ALLOW,
			   form ? "GET, HEAD, POST" : "GET, HEAD");
}

/* ---- how much somebody may ask for ------------------------------------------------- */

/* Take one token of `who`; RC_LIMIT and when to try again. */
static enum rc
admit(struct http_pages *w, struct page *p, enum rate_kind kind, const char *who,
      const char *setting, unsigned cost, struct err *e)
{
	int64_t per_minute = settings_int(node_config(w->nd), setting);
	struct rate_answer rate;

	rate_take(&w->rate, kind, who, per_minute, cost, p->now_us, &rate);
	if (rate.ok)
		return RC_OK;
	p->retry_s = rate.wait_s;
	return err_set(e, RC_LIMIT,
		       "more than %lld requests a minute: try again in %lld s",
		       (long long)per_minute, (long long)rate.wait_s);
}

static enum rc
page_admit_any(struct http_pages *w, struct page *p, struct err *e)
{
	p->who = actor_stranger(p->a, p->address);
	return admit(w, p, RATE_PUBLIC, p->address, "http.rate_public", 1, e);
}

/* Who reads, and whether it is too much.  A credential that opens nothing costs more than
 * a page, so that nobody tries many. */
static enum rc
page_admit(struct http_pages *w, struct MHD_Connection *c, struct page *p, struct err *e)
{
	const char *authorization = MHD_lookup_connection_value(
		c, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	const char *cookies =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE);
	struct err none = ERR_INIT;
	enum rc rc = RC_OK;

	p->who = actor_stranger(p->a, p->address);
	if (authorization != NULL)
		rc = admit(w, p, RATE_FAILED, p->address, "api.rate_failed", 0, e);
	if (rc == RC_OK)
		rc = page_who(p, authorization, cookies, e);
	if (rc == RC_UNAUTHENTICATED &&
	    admit(w, p, RATE_FAILED, p->address, "api.rate_failed", 1, &none) != RC_OK)
		p->retry_s = 0; /* the next one is told */
	if (rc == RC_OK && p->known)
		rc = admit(w, p, RATE_CREDENTIAL, actor_pseudonym(p->who), "http.rate", 1,
			   e);
	else if (rc == RC_OK)
		rc = admit(w, p, RATE_PUBLIC, p->address, "http.rate_public", 1, e);
	return rc;
}

/* `foreign`: the host it was asked of when that is not this machine, else NULL. */
static enum MHD_Result
answer_page(struct http_pages *w, struct MHD_Connection *c, const char *url, json_t *form,
	    const char *foreign)
{
	struct arena *a = arena_create();
	char *path = arena_strdup(a, url);
	struct err e = ERR_INIT;
	struct page p;

	page_open(&p, w->nd, a,
		  MHD_lookup_connection_value(c, MHD_HEADER_KIND,
					      MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
	text_make_printable(path);
	p.path = path;
	p.form = form;
	p.port = w->port;
	p.address = address_of(c, a);
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, on_query, &p);
	const struct page_route *r =
		foreign == NULL ? page_route_find(a, path, &p.word) : &page_route_landing;
	p.foreign = foreign;
	enum rc rc =
		foreign == NULL ? page_admit(w, c, &p, &e) : page_admit_any(w, &p, &e);
	page_make(&p, r, rc, &e);
	enum MHD_Result ret = answer_drawn(c, &p);
	arena_free(a);
	return ret;
}

/* ---- forms ------------------------------------------------------------------------- */

/* What is posted, while it comes. */
struct posted {
	struct buf body;
	bool refused; /* its head has two readings: nothing of it is believed */
};

static struct posted *
posted_new(void)
{
	struct posted *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->body = (struct buf)BUF_INIT(PAGE_FORM_MAX);
	return p;
}

void
pages_on_completed(void *cls, struct MHD_Connection *c, void **state,
		   enum MHD_RequestTerminationCode why)
{
	struct posted *p = *state;

	(void)why;
	if (p == NULL)
		return;
	pages_allow(cls, c, PAGES_TIMEOUT_S);
	/* Passwords come this way. */
	if (p->body.data != NULL)
		explicit_bzero(p->body.data, p->body.cap);
	buf_free(&p->body);
	free(p);
	*state = NULL;
}

/* A browser says from where a form came: only a page of this node may post.  What says
 * nothing is no browser. */
static bool
origin_is_ours(struct MHD_Connection *c)
{
	const char *site =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Sec-Fetch-Site");
	const char *origin =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN);
	const char *host =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
	static const char scheme[] = "http://";

	if (site != NULL && strcmp(site, "same-origin") != 0)
		return false;
	/* Under our Referrer-Policy a browser says "null" of our own forms, too. */
	if (site != NULL && origin != NULL && strcmp(origin, "null") == 0)
		return true;
	return origin == NULL || (strncmp(origin, scheme, sizeof(scheme) - 1) == 0 &&
				  strcasecmp(origin + sizeof(scheme) - 1, host) == 0);
}

static enum MHD_Result
answer_form(struct http_pages *w, struct MHD_Connection *c, const char *url,
	    const struct posted *posted)
{
	struct arena *a = arena_create();
	const char *word, *type = MHD_lookup_connection_value(
				  c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	const struct page_route *r = page_route_find(a, url, &word);
	enum MHD_Result ret;
	json_t *form;

	if (r == NULL || !r->posts)
		ret = answer_method(c, url);
	else if (!origin_is_ours(c))
		ret = answer_plain(c, MHD_HTTP_FORBIDDEN,
				   "Another site sent this form: nothing was done.\n");
	else if (type == NULL ||
		 strncasecmp(type, PAGE_FORM_TYPE, sizeof(PAGE_FORM_TYPE) - 1) != 0)
		ret = answer_plain(c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
				   "A form is " PAGE_FORM_TYPE ".\n");
	else if (!buf_ok(&posted->body))
		ret = answer_plain(c, MHD_HTTP_CONTENT_TOO_LARGE,
				   "The form is too large.\n");
	else if ((form = page_form_read(a, buf_str(&posted->body), posted->body.len)) ==
		 NULL)
		ret = answer_plain(c, MHD_HTTP_BAD_REQUEST,
				   "The form cannot be read: a name twice, or what "
				   "is no UTF-8.\n");
	else
		ret = answer_page(w, c, url, form, NULL);
	arena_free(a);
	return ret;
}

static enum MHD_Result
on_field(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_len,
	 const char *value, size_t value_len)
{
	(void)kind;
	head_field(cls, name, name_len, value, value_len);
	return MHD_YES;
}

/* A head that has one reading: the pages may stand behind an operator's web server. */
static enum MHD_Result
begin(struct http_pages *w, struct MHD_Connection *c, struct posted *posted)
{
	static const char *const once[] = {MHD_HTTP_HEADER_CONTENT_TYPE,
					   MHD_HTTP_HEADER_AUTHORIZATION,
					   MHD_HTTP_HEADER_COOKIE,
					   MHD_HTTP_HEADER_ORIGIN,
					   "Sec-Fetch-Site",
					   NULL};
	struct head h = {.fields_max = PAGES_FIELDS_MAX,
			 .buffer = PAGES_CONNECTION_BUFFER,
			 .once = once};
	struct head_body body;
	struct err e = ERR_INIT;

	pages_allow(w, c, PAGES_REQUEST_S);
	MHD_get_connection_values_n(c, MHD_HEADER_KIND, on_field, &h);
	enum rc rc = head_check(&h, &body, &e);
	if (rc == RC_OK && body.length != UINT64_MAX && body.length > PAGE_FORM_MAX)
		rc = err_set(&e, RC_TOO_LARGE, "The form is too large.");
	if (rc == RC_OK)
		return MHD_YES;
	posted->refused = true;
	log_line(LOG_INFO, "pages.refused", "outcome=%s rule=\"%s\"", rc_token(rc),
		 e.rule);
	return answer_with(c, (unsigned)rc_http_status(rc), "text/plain; charset=utf-8",
			   "no-store", e.text, strlen(e.text), MHD_HTTP_HEADER_CONNECTION,
			   "close");
}

enum MHD_Result
pages_on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
		 const char *version, const char *data, size_t *len, void **state)
{
	static const char assets_at[] = "/a/";
	struct posted *posted = *state;

	(void)version;
	/* The first call has the head alone, and comes before a body is sent. */
	if (posted == NULL) {
		*state = posted = posted_new();
		return begin(cls, c, posted);
	}
	if (posted->refused) {
		*len = 0;
		return MHD_YES;
	}
	if (*len != 0) {
		buf_put(&posted->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	struct arena *a = arena_create();
	const char *host = host_of(c, a);
	const bool reads = strcmp(method, MHD_HTTP_METHOD_GET) == 0 ||
			   strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	const bool file = reads && strncmp(url, assets_at, sizeof(assets_at) - 1) == 0;
	enum MHD_Result ret;
	if (host == NULL || (!reads && !host_is_local(a, host)))
		ret = answer_plain(c, MHD_HTTP_MISDIRECTED_REQUEST,
				   "These pages are for this machine alone: open them as "
				   "http://localhost or http://127.0.0.1 with their "
				   "port.\n");
	else if (file)
		ret = answer_asset(cls, c, url + sizeof(assets_at) - 1);
	else if (strcmp(method, MHD_HTTP_METHOD_POST) == 0)
		ret = answer_form(cls, c, url, posted);
	else if (!reads)
		ret = answer_method(c, url);
	else
		ret = answer_page(cls, c, url, NULL,
				  host_is_local(a, host) ? NULL : host);
	arena_free(a);
	return ret;
}
