#include "http/pages.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <microhttpd.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "http/page.h"

enum {
	LISTEN_BACKLOG = 64,
	HOST_HEADER_MAX = 300,
	PORT_MAX = 65535,
	FORM_MAX = 16 * 1024, /* bytes of what a form posts */
};

struct http_pages {
	struct node *nd;
	struct MHD_Daemon *mhd;
	uint16_t port;
};

/* The whole of console.md's policy; nothing on a page is from elsewhere. */
static const struct {
	const char *name, *value;
} headers[] = {
	{"Content-Security-Policy",
	 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	 "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "
	 "'none'; "
	 "require-trusted-types-for 'script'; trusted-types 'none'"},
	{"X-Content-Type-Options", "nosniff"},
	{"Referrer-Policy", "no-referrer"},
	{"Cache-Control", "no-store"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
};

/* A path is that of a row, or that of a row which ends in '/' and one word more. */
static const struct page_route {
	const char *path;
	page_fn *fn;
	bool posts; /* has a form that is posted to it */
	bool open;  /* for everybody; else for people of the node */
} routes[] = {
	{"/", page_cases, false, false},	 {"/case/", page_case, false, false},
	{"/orders", page_orders, false, false},	 {"/order/", page_order, false, false},
	{"/blocked", page_blocked, false, true}, {"/lookup", page_lookup, false, true},
	{"/welcome", page_welcome, true, true},	 {"/login", page_login, true, true},
	{"/logout", page_logout, true, true},
};

/* ---- answers */

static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type, const char *data,
       size_t len, const struct page *p)
{
	struct MHD_Response *resp = MHD_create_response_from_buffer(
		len, (void *)(uintptr_t)data, MHD_RESPMEM_MUST_COPY);
	bool ok = resp != NULL;

	if (!ok)
		return MHD_NO;
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		ok = ok && MHD_add_response_header(resp, headers[i].name,
						   headers[i].value) == MHD_YES;
	ok = ok &&
	     MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE, type) == MHD_YES;
	if (p != NULL)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_LANGUAGE,
						   lang_code(p->lang)) == MHD_YES;
	if (p != NULL && p->set_cookie != NULL)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_SET_COOKIE,
						   p->set_cookie) == MHD_YES;
	if (p != NULL && p->blocked_by != NULL)
		ok = ok && MHD_add_response_header(
				   resp, MHD_HTTP_HEADER_LINK,
				   arena_printf(p->a, "<%s>; rel=\"blocked-by\"",
						p->blocked_by)) == MHD_YES;
	if (p != NULL && p->see_other != NULL)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_LOCATION,
						   p->see_other) == MHD_YES;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		ok = ok && MHD_add_response_header(resp, MHD_HTTP_HEADER_ALLOW,
						   "GET, HEAD") == MHD_YES;
	/* A page without its headers is not shown. */
	enum MHD_Result ret = ok ? MHD_queue_response(c, status, resp) : MHD_NO;
	MHD_destroy_response(resp);
	return ret;
}

static enum MHD_Result
answer_plain(struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", text, strlen(text), NULL);
}

static enum MHD_Result
answer_asset(struct MHD_Connection *c, const char *name)
{
	for (size_t i = 0; i < assets_n; i++)
		if (strcmp(assets[i].name, name) == 0)
			return answer(c, MHD_HTTP_OK, assets[i].type, assets[i].data,
				      assets[i].len, NULL);
	return answer_plain(c, MHD_HTTP_NOT_FOUND, "there is no such file\n");
}

/* ---- who asks for whom */

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

static bool
ip4_is_loopback(const char *s)
{
	struct in_addr a;

	return inet_pton(AF_INET, s, &a) == 1 && ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

static bool
ip6_is_loopback(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1 && IN6_IS_ADDR_LOOPBACK(&a);
}

/* One Host header, whose host is this machine by number or as "localhost", at any port:
 * a tunnel may end at another one. */
static bool
host_is_local(struct MHD_Connection *c)
{
	struct host_seen seen = {0};
	char host[HOST_HEADER_MAX];
	uint64_t port;

	MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, &seen);
	if (seen.n != 1 || seen.value == NULL || strlen(seen.value) >= sizeof(host))
		return false;
	memcpy(host, seen.value, strlen(seen.value) + 1);
	char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
	char *colon = strchr(bracket == NULL ? host : bracket, ':');
	if (colon != NULL) {
		if (decimal_parse(colon + 1, strlen(colon + 1), PORT_MAX, &port) != RC_OK)
			return false;
		*colon = '\0';
	}
	if (bracket == NULL)
		return strcasecmp(host, "localhost") == 0 || ip4_is_loopback(host);
	if (bracket[1] != '\0')
		return false;
	*bracket = '\0';
	return ip6_is_loopback(host + 1);
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

/* ---- pages */

static enum MHD_Result
on_query(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct page *p = cls;
	char *k = arena_strdup(p->a, key);
	char *v = arena_strdup(p->a, value == NULL ? "" : value);

	(void)kind;
	text_make_printable(k);
	text_make_printable(v);
	if (strcmp(k, "lang") != 0)
		json_object_set_new(p->query, k, json_string(v));
	else if (lang_of_code(v, &p->lang))
		p->lang_asked = true;
	return MHD_YES;
}

static void
release_json(void *p)
{
	json_decref(p);
}

static const struct page_route *
route_find(const char *path, const char **ret_word)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		size_t len = strlen(routes[i].path);
		bool takes_word = len > 1 && routes[i].path[len - 1] == '/';
		*ret_word = takes_word ? path + len : NULL;
		if (!takes_word && strcmp(routes[i].path, path) == 0)
			return &routes[i];
		if (takes_word && strncmp(routes[i].path, path, len) == 0 &&
		    path[len] != '\0' && strchr(path + len, '/') == NULL)
			return &routes[i];
	}
	return NULL;
}

static enum MHD_Result
answer_page(struct http_pages *w, struct MHD_Connection *c, const char *url, json_t *form)
{
	struct arena *a = arena_create();
	struct page p = {.nd = w->nd,
			 .a = a,
			 .query = json_object(),
			 .form = form,
			 .status = MHD_HTTP_OK};
	char *path = arena_strdup(a, url);
	struct err e = ERR_INIT;
	const char *html;
	size_t len;
	enum rc rc;

	text_make_printable(path);
	arena_defer(a, release_json, p.query);
	p.path = path;
	p.now_us = clock_now_us();
	p.h = html_create(a);
	p.lang = lang_preferred(MHD_lookup_connection_value(
		c, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT_LANGUAGE));
	MHD_get_connection_values(c, MHD_GET_ARGUMENT_KIND, on_query, &p);
	const struct page_route *r = route_find(path, &p.word);
	p.port = w->port;
	p.address = address_of(c, a);
	rc = page_who(
		&p,
		MHD_lookup_connection_value(c, MHD_HEADER_KIND,
					    MHD_HTTP_HEADER_AUTHORIZATION),
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, MHD_HTTP_HEADER_COOKIE),
		&e);
	if (rc == RC_OK && r == NULL)
		rc = err_set(&e, RC_NOT_FOUND, "there is nothing at %s", path);
	else if (rc == RC_OK && !p.known && !r->open)
		page_login_first(&p);
	else if (rc == RC_OK)
		rc = r->fn(&p, &e);
	/* What is no id of a case or an order leads nowhere. */
	if (rc == RC_INVALID && p.word != NULL)
		rc = RC_NOT_FOUND;
	if (rc != RC_OK)
		page_error(&p, rc, &e);
	if (p.see_other != NULL) {
		p.h = html_create(a);
		p.status = MHD_HTTP_SEE_OTHER;
	}
	rc = html_finish(p.h, &html, &len, &e);
	if (rc != RC_OK) {
		page_error(&p, rc, &e);
		rc = html_finish(p.h, &html, &len, &e);
		assert(rc == RC_OK);
	}
	log_line(p.status == MHD_HTTP_OK ? LOG_DEBUG : LOG_INFO, "pages.request",
		 "route=%s status=%u us=%" PRId64, r == NULL ? "?" : r->path, p.status,
		 clock_now_us() - p.now_us);
	enum MHD_Result ret =
		answer(c, p.status, "text/html; charset=utf-8", html, len, &p);
	arena_free(a);
	return ret;
}

/* ---- forms */

/* What is posted, while it comes. */
struct posted {
	struct buf body;
};

static struct posted *
posted_new(void)
{
	struct posted *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->body = (struct buf)BUF_INIT(FORM_MAX);
	return p;
}

static void
on_completed(void *cls, struct MHD_Connection *c, void **state,
	     enum MHD_RequestTerminationCode why)
{
	struct posted *p = *state;

	(void)cls;
	(void)c;
	(void)why;
	if (p == NULL)
		return;
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

/* One name or value, decoded; NULL: it is no text. */
static const char *
form_word(struct arena *a, const char *s, size_t len)
{
	char *text = arena_strndup(a, s, len);
	size_t bad_at;

	for (char *at = text; *at != '\0'; at++)
		if (*at == '+')
			*at = ' ';
	size_t n = MHD_http_unescape(text);
	return n == strlen(text) && utf8_valid(text, n, &bad_at) ? text : NULL;
}

/* "a=b&c=d", each name once.  False: it is none. */
static bool
form_read(struct arena *a, const char *s, json_t *into)
{
	while (*s != '\0') {
		size_t len = strcspn(s, "&"), eq = strcspn(s, "=&");
		const char *name = form_word(a, s, eq),
			   *value = eq >= len ? ""
					      : form_word(a, s + eq + 1, len - eq - 1);
		if (name == NULL || value == NULL || name[0] == '\0' ||
		    json_object_get(into, name) != NULL)
			return false;
		json_object_set_new(into, name, json_string(value));
		s += len + (s[len] == '&');
	}
	return true;
}

static enum MHD_Result
answer_form(struct http_pages *w, struct MHD_Connection *c, const char *url,
	    const struct posted *posted)
{
	static const char form_type[] = "application/x-www-form-urlencoded";
	const char *word, *type = MHD_lookup_connection_value(
				  c, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	const struct page_route *r = route_find(url, &word);

	if (r == NULL || !r->posts)
		return answer_plain(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "These pages are for reading: GET and HEAD.\n");
	if (!origin_is_ours(c))
		return answer_plain(c, MHD_HTTP_FORBIDDEN,
				    "Another site sent this form: nothing was done.\n");
	if (type == NULL || strncasecmp(type, form_type, sizeof(form_type) - 1) != 0)
		return answer_plain(c, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
				    "A form is application/x-www-form-urlencoded.\n");
	if (!buf_ok(&posted->body))
		return answer_plain(c, MHD_HTTP_CONTENT_TOO_LARGE,
				    "The form is too large.\n");
	struct arena *a = arena_create();
	json_t *form = json_object();
	enum MHD_Result ret =
		memchr(buf_str(&posted->body), '\0', posted->body.len) == NULL &&
				form_read(a, buf_str(&posted->body), form)
			? answer_page(w, c, url, form)
			: answer_plain(c, MHD_HTTP_BAD_REQUEST,
				       "The form cannot be read: a name twice, or what "
				       "is no UTF-8.\n");
	json_decref(form);
	arena_free(a);
	return ret;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method,
	   const char *version, const char *data, size_t *len, void **state)
{
	static const char assets_at[] = "/a/";
	struct posted *posted = *state;

	(void)version;
	/* The first call has the head alone, and comes before a body is sent. */
	if (posted == NULL) {
		*state = posted_new();
		return MHD_YES;
	}
	if (*len != 0) {
		buf_put(&posted->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (!host_is_local(c))
		return answer_plain(
			c, MHD_HTTP_MISDIRECTED_REQUEST,
			"These pages are for this machine alone: open them as "
			"http://localhost or http://127.0.0.1 with their port.\n");
	if (strcmp(method, MHD_HTTP_METHOD_POST) == 0)
		return answer_form(cls, c, url, posted);
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_plain(c, MHD_HTTP_METHOD_NOT_ALLOWED,
				    "These pages are for reading: GET and HEAD.\n");
	if (strncmp(url, assets_at, sizeof(assets_at) - 1) == 0)
		return answer_asset(c, url + sizeof(assets_at) - 1);
	return answer_page(cls, c, url, NULL);
}

/* ---- the socket */

static bool
address_is_loopback(const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (getnameinfo(sa,
			sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						  : sizeof(struct sockaddr_in),
			text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return false;
	return ip4_is_loopback(text) || ip6_is_loopback(text);
}

static enum rc
listen_at(const struct addrinfo *at, const char *host, uint16_t port, int *ret_fd,
	  struct err *e)
{
	int on = 1;
	enum rc rc = RC_OK;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "make a socket for the pages");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
		if (errno == EADDRINUSE)
			rc = err_set(
				e, RC_CONFLICT,
				"port %u of %s is in use by another program: stop it, or "
				"set http.listen to another port",
				(unsigned)port, host);
		else
			rc = err_sys(e, "listen for the pages on %s port %u", host,
				     (unsigned)port);
	}
	if (rc != RC_OK)
		close(fd);
	else
		*ret_fd = fd;
	return rc;
}

static enum rc
listen_on(const char *host, uint16_t port, int *ret_fd, struct err *e)
{
	const char *name =
		host != NULL && strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *at = NULL;
	char service[8];
	enum rc rc;

	if (name == NULL || name[0] == '\0')
		return err_set(
			e, RC_DENIED,
			"the pages are not encrypted, so they need a loopback address: "
			"set http.listen to 127.0.0.1:PORT");
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(name, service, &hints, &at) != 0)
		return err_set(
			e, RC_INVALID,
			"%s is no numeric address: set http.listen to 127.0.0.1:PORT",
			name);
	if (address_is_loopback(at->ai_addr))
		rc = listen_at(at, name, port, ret_fd, e);
	else
		rc = err_set(e, RC_DENIED,
			     "%s can be reached from elsewhere, and the pages are not "
			     "encrypted: set http.listen to a loopback address such as "
			     "127.0.0.1:%u",
			     name, (unsigned)port);
	freeaddrinfo(at);
	return rc;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char service[8] = "0";
	uint64_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, NULL, 0, service, sizeof(service),
			NI_NUMERICSERV) != 0 ||
	    decimal_parse(service, strlen(service), PORT_MAX, &port) != RC_OK)
		return 0;
	return (uint16_t)port;
}

enum rc
http_pages_start(struct node *nd, const char *host, uint16_t port,
		 struct http_pages **ret, struct err *e)
{
	struct http_pages *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	int fd = -1;
	enum rc rc;

	*ret = NULL;
	if (w == NULL)
		abort();
	w->nd = nd;
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = listen_on(host, port, &fd, e);
	if (rc != RC_OK)
		goto out;
	w->port = port_of(fd);
	w->mhd = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			MHD_USE_POLL | MHD_USE_ITC,
		0, NULL, NULL, on_request, w, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)PAGES_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PAGES_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PAGES_CONNECTION_BUFFER,
		MHD_OPTION_END);
	if (w->mhd == NULL) {
		rc = err_set(e, RC_IO,
			     "the pages cannot be served: no thread is to be had");
		goto out;
	}
	fd = -1; /* closed by the daemon from here on */
	*ret = w;
	w = NULL;
out:
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (fd >= 0)
		close(fd);
	free(w);
	return rc;
}

uint16_t
http_pages_port(const struct http_pages *w)
{
	return w->port;
}

void
http_pages_stop(struct http_pages *w)
{
	if (w == NULL)
		return;
	MHD_stop_daemon(w->mhd);
	free(w);
}
