#include "peer/push_http.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/enc.h"
#include "service/tls.h"
#include "service/tls_session.h"

enum {
	PUSH_CONNECT_MS = 10000,
	PUSH_REQUEST_MS = 120000, /* the server's PEER_REQUEST_S */
	PUSH_ANSWER_MAX = 65536,  /* bytes of an answer's body */
	PUSH_SEND_BUFFER = 524288,
	PUSH_PINS_MAX = 1024, /* bytes of "sha256//..." of all pins */
	PUSH_URL_MAX = 2048,
};

struct push_http {
	struct node *nd;
	CURL *curl;
	int64_t time_s; /* that the last answer says; -1: none */
	const atomic_bool *stop;
	struct buf answer, url, pins;
	struct err refused; /* by on_connected(): why */
	bool anyone;	    /* whoever answers there: its key is not compared */
};

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct push_http *h = arg;

	buf_put(&h->answer, data, size * n);
	return buf_ok(&h->answer) ? size * n : 0;
}

/* A line of an answer's head. */
static size_t
on_field(char *line, size_t size, size_t n, void *arg)
{
	static const char name[] = EXCHANGE_TIME_FIELD ":";
	struct push_http *h = arg;
	size_t len = size * n, at = sizeof(name) - 1;
	uint64_t s;

	if (len < at || strncasecmp(line, name, at) != 0)
		return len;
	while (at < len && line[at] == ' ')
		at++;
	size_t end = len;
	while (end > at && (line[end - 1] == '\r' || line[end - 1] == '\n'))
		end--;
	if (decimal_parse(line + at, end - at, INT64_MAX, &s) == RC_OK)
		h->time_s = (int64_t)s;
	return len;
}

static int
on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct push_http *h = arg;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(h->stop) ? 1 : 0;
}

/* Before each request, on a new or a kept connection.  The pin was compared by libcurl,
 * which with VERIFYPEER off looks at no date. */
static int
on_connected(void *arg, char *to, char *from, int to_port, int from_port)
{
	struct push_http *h = arg;
	struct curl_tlssessioninfo *tls = NULL;
	struct hash spki;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (curl_easy_getinfo(h->curl, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK ||
	    tls == NULL || tls->backend != CURLSSLBACKEND_GNUTLS ||
	    tls->internals == NULL) {
		err_set(&h->refused, RC_DENIED, "libcurl does not show the TLS session");
		return CURL_PREREQFUNC_ABORT;
	}
	if (tls_check(tls->internals, clock_now_us(), &spki, &h->refused) != RC_OK) {
		err_prefix(&h->refused, "the peer is refused");
		return CURL_PREREQFUNC_ABORT;
	}
	return CURL_PREREQFUNC_OK;
}

/* Options that stay; all of them are known to libcurl 7.88, so failing is a lack of
 * memory. */
static bool
options_set(struct push_http *h, const char *cert, const char *key)
{
	CURL *c = h->curl;
	bool ok = true;

#define SET(option, value) ok = curl_easy_setopt(c, (option), (value)) == CURLE_OK && ok
	SET(CURLOPT_PROTOCOLS_STR, "https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	/* Pins instead of names and authorities, which are therefore not loaded. */
	SET(CURLOPT_SSL_VERIFYPEER, 0L);
	SET(CURLOPT_SSL_VERIFYHOST, 0L);
	SET(CURLOPT_CAINFO, NULL);
	SET(CURLOPT_CAPATH, NULL);
	SET(CURLOPT_SSLCERT, cert);
	SET(CURLOPT_SSLKEY, key);
	/* A resumed session shows no certificate. */
	SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
	SET(CURLOPT_PREREQFUNCTION, on_connected);
	SET(CURLOPT_PREREQDATA, h);
	/* No proxy from the environment: it would see whom we talk to. */
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)PUSH_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)PUSH_REQUEST_MS);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)PUSH_SEND_BUFFER);
	SET(CURLOPT_HEADERFUNCTION, on_field);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, h);
#undef SET
	return ok;
}

enum rc
push_http_open(struct node *nd, const char *tls_dir, const atomic_bool *stop,
	       struct push_http **ret, struct err *e)
{
	struct push_http *h = calloc(1, sizeof(*h));
	struct buf cert = BUF_INIT(PUSH_URL_MAX), key = BUF_INIT(PUSH_URL_MAX);
	enum rc rc = RC_OK;

	if (h == NULL)
		abort();
	h->nd = nd;
	h->stop = stop;
	h->answer.max = PUSH_ANSWER_MAX;
	h->url.max = PUSH_URL_MAX;
	h->pins.max = PUSH_PINS_MAX;
	h->curl = curl_easy_init();
	buf_printf(&cert, "%s/%s", tls_dir, TLS_CERT_FILE);
	buf_printf(&key, "%s/%s", tls_dir, TLS_KEY_FILE);
	if (h->curl == NULL || !buf_ok(&cert) || !buf_ok(&key) ||
	    !options_set(h, buf_str(&cert), buf_str(&key))) {
		rc = err_set(e, RC_IO, "set up HTTPS with the key in %s", tls_dir);
		push_http_close(h);
		h = NULL;
	}
	buf_free(&key);
	buf_free(&cert);
	*ret = h;
	return rc;
}

void
push_http_close(struct push_http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	buf_free(&h->answer);
	buf_free(&h->url);
	buf_free(&h->pins);
	free(h);
}

/* Without a pin anybody would do; so without a pin, nobody does. */
static enum rc
aim(struct push_http *h, const struct exchange_peer *peer, const char *call,
    struct err *e)
{
	size_t len = strlen(peer->url);

	if (strncasecmp(peer->url, "https://", strlen("https://")) != 0)
		return err_set(e, RC_DENIED,
			       "the peer's URL does not begin with https://");
	if (peer->n_tls_spki == 0)
		return err_set(e, RC_DENIED, "the peer was introduced without a TLS key");
	while (len > 0 && peer->url[len - 1] == '/')
		len--;
	buf_reset(&h->url);
	buf_put(&h->url, peer->url, len);
	buf_printf(&h->url, "/peer/v1/%s", call);
	buf_reset(&h->pins);
	for (size_t i = 0; i < peer->n_tls_spki; i++) {
		buf_puts(&h->pins, i == 0 ? "sha256//" : ";sha256//");
		b64_put(&h->pins, peer->tls_spki[i].b, HASH_LEN);
	}
	if (!buf_ok(&h->url) || !buf_ok(&h->pins) ||
	    curl_easy_setopt(h->curl, CURLOPT_URL, buf_str(&h->url)) != CURLE_OK ||
	    curl_easy_setopt(h->curl, CURLOPT_PINNEDPUBLICKEY, buf_str(&h->pins)) !=
		    CURLE_OK)
		return err_set(e, RC_DENIED, "the peer's URL is too long");
	return RC_OK;
}

/* What went wrong, for a person who looks why nothing arrives. */
static const struct {
	CURLcode code;
	const char *text;
} reasons[] = {
	{CURLE_COULDNT_CONNECT, "the peer cannot be reached"},
	{CURLE_COULDNT_RESOLVE_HOST, "the peer's host name is not found"},
	{CURLE_OPERATION_TIMEDOUT, "the peer did not answer in time"},
	{CURLE_SSL_CONNECT_ERROR, "the TLS handshake with the peer failed"},
	{CURLE_SSL_CERTPROBLEM, "our own TLS key cannot be read"},
	{CURLE_SEND_ERROR, "the connection broke off"},
	{CURLE_RECV_ERROR, "the connection broke off"},
	{CURLE_GOT_NOTHING, "the connection broke off"},
	{CURLE_PARTIAL_FILE, "the connection broke off"},
	{CURLE_WRITE_ERROR, "the peer's answer is too long"},
	{CURLE_ABORTED_BY_CALLBACK, "this node is stopping"},
};

static enum rc
explain(struct push_http *h, CURLcode code, struct err *e)
{
	long os_errno = 0;

	curl_easy_getinfo(h->curl, CURLINFO_OS_ERRNO, &os_errno);
	if (code == CURLE_ABORTED_BY_CALLBACK && h->refused.text[0] != '\0') {
		*e = h->refused;
		return RC_DENIED;
	}
	if (code == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
		return err_rule(e, RC_DENIED, "protocol 5",
				"the peer's TLS key is not the one introduced");
	if (code == CURLE_COULDNT_CONNECT && os_errno == ECONNREFUSED)
		return err_set(e, RC_UNAVAILABLE, "connection refused");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code)
			return err_set(e, RC_UNAVAILABLE, "%s", reasons[i].text);
	return err_set(e, RC_UNAVAILABLE, "%s", curl_easy_strerror(code));
}

/* One field more; *list is NULL when there is no memory. */
static void
field_add(struct curl_slist **list, const char *field)
{
	struct curl_slist *more = *list == NULL ? NULL : curl_slist_append(*list, field);

	if (more == NULL)
		curl_slist_free_all(*list);
	*list = more;
}

/* With the fields, which are stolen; NULL: there was no memory for them. */
static enum rc
perform(struct push_http *h, const struct exchange_peer *peer, struct curl_slist *fields,
	struct push_reply *ret, struct err *e)
{
	char text[sizeof(EXCHANGE_TIME_FIELD) + 32];
	int64_t now_s;
	curl_off_t retry_after_s = 0;

	if (exchange_own_time(h->nd, &now_s)) {
		snprintf(text, sizeof(text), EXCHANGE_TIME_FIELD ": %" PRId64, now_s);
		field_add(&fields, text);
	}
	if (fields == NULL ||
	    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, fields) != CURLE_OK) {
		curl_slist_free_all(fields);
		return err_set(e, RC_IO, "no memory for a request");
	}
	buf_reset(&h->answer);
	h->refused = (struct err)ERR_INIT;
	h->time_s = -1;
	/* libcurl itself asks with "Expect: 100-continue" before it sends a body over 1
	 * MiB: a refusal then arrives, where otherwise the connection may be reset under
	 * it. */
	CURLcode code = curl_easy_perform(h->curl);
	curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(fields);
	if (code != CURLE_OK)
		return explain(h, code, e);
	curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	ret->retry_after_s = retry_after_s > 0 ? retry_after_s : 0;
	ret->body = buf_str(&h->answer);
	ret->len = h->answer.len;
	if (h->time_s >= 0 && !h->anyone)
		exchange_peer_time(h->nd, peer->id, h->time_s);
	return RC_OK;
}

static struct curl_slist *
fields_begin(void)
{
	return curl_slist_append(NULL, "Content-Type: application/octet-stream");
}

enum rc
push_http_post(struct push_http *h, const struct exchange_peer *peer, const char *call,
	       const void *body, size_t len, struct push_reply *ret, struct err *e)
{
	enum rc rc = aim(h, peer, call, e);

	if (rc != RC_OK)
		return rc;
	curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	return perform(h, peer, fields_begin(), ret, e);
}

/* Whoever answers there; on a connection of its own. */
static enum rc
perform_with_anyone(struct push_http *h, const struct exchange_peer *peer,
		    struct push_reply *ret, struct err *e)
{
	curl_easy_setopt(h->curl, CURLOPT_PINNEDPUBLICKEY, NULL);
	curl_easy_setopt(h->curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(h->curl, CURLOPT_FORBID_REUSE, 1L);
	h->anyone = true;
	enum rc rc = perform(h, peer, fields_begin(), ret, e);
	h->anyone = false;
	curl_easy_setopt(h->curl, CURLOPT_FRESH_CONNECT, 0L);
	curl_easy_setopt(h->curl, CURLOPT_FORBID_REUSE, 0L);
	return rc;
}

enum rc
push_http_tell(struct push_http *h, const struct exchange_peer *peer, const char *call,
	       const char *body, struct push_reply *ret, struct err *e)
{
	enum rc rc = aim(h, peer, call, e);

	if (rc != RC_OK)
		return rc;
	curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body);
	return perform_with_anyone(h, peer, ret, e);
}

static enum rc
get(struct push_http *h, const struct exchange_peer *peer, const char *call, bool anyone,
    struct push_reply *ret, struct err *e)
{
	enum rc rc = aim(h, peer, call, e);

	if (rc != RC_OK)
		return rc;
	curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	h->answer.max = EXCHANGE_ANSWER_MAX;
	rc = anyone ? perform_with_anyone(h, peer, ret, e)
		    : perform(h, peer, fields_begin(), ret, e);
	h->answer.max = PUSH_ANSWER_MAX;
	return rc;
}

enum rc
push_http_ask(struct push_http *h, const struct exchange_peer *peer, const char *call,
	      struct push_reply *ret, struct err *e)
{
	return get(h, peer, call, true, ret, e);
}

enum rc
push_http_get(struct push_http *h, const struct exchange_peer *peer, const char *call,
	      struct push_reply *ret, struct err *e)
{
	return get(h, peer, call, false, ret, e);
}

static struct curl_slist *
fields_of_piece(uint64_t from, uint64_t total, const void *piece, size_t len)
{
	struct buf range = BUF_INIT(PUSH_PINS_MAX), digest = BUF_INIT(PUSH_PINS_MAX);
	struct curl_slist *list = fields_begin();
	struct hash sum;

	hash_bytes(piece, len, &sum);
	buf_printf(&range, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, from,
		   from + len - 1, total);
	buf_puts(&digest, "Content-Digest: sha-256=:");
	b64_put(&digest, sum.b, HASH_LEN);
	buf_putc(&digest, ':');
	field_add(&list, buf_str(&range));
	field_add(&list, buf_str(&digest));
	buf_free(&range);
	buf_free(&digest);
	return list;
}

enum rc
push_http_put_piece(struct push_http *h, const struct exchange_peer *peer,
		    const struct hash *sha256, uint64_t from, uint64_t total,
		    const void *piece, size_t len, struct push_reply *ret, struct err *e)
{
	char call[sizeof("blob/") + HASH_HEX_LEN] = "blob/";
	enum rc rc;

	hash_hex(sha256, call + strlen(call));
	rc = aim(h, peer, call, e);
	if (rc != RC_OK)
		return rc;
	curl_easy_setopt(h->curl, CURLOPT_POST, 1L);
	curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, "PUT");
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, piece);
	rc = perform(h, peer, fields_of_piece(from, total, piece, len), ret, e);
	curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, NULL);
	return rc;
}
