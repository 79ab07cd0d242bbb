#include "peer_fixture.h"

#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/crypto.h"

enum { DAY_S = 86400, VALID_DAYS = 30, NS_PER_US = 1000 };

bool
fixture_sleep(struct node *nd, int64_t until_us)
{
	struct timespec until = {.tv_sec = (time_t)(until_us / CLOCK_US_PER_S),
				 .tv_nsec =
					 (long)(until_us % CLOCK_US_PER_S) * NS_PER_US};

	return pthread_cond_timedwait(&nd->changed, &nd->mu, &until) == 0;
}

void
side_init(struct side *s, enum dates dates)
{
	static const int64_t from_days[] = {
		[DATES_GOOD] = 0, [DATES_EXPIRED] = -400, [DATES_FUTURE] = 400};
	struct err e = ERR_INIT;

	crypto_start();
	memset(s, 0, sizeof(*s));
	fake_node_init(&s->node);
	snprintf(s->dir, sizeof(s->dir), "/tmp/saluran-peer-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	if (tls_create(s->dir, "ministry.example",
		       clock_now_us() + from_days[dates] * DAY_S * CLOCK_US_PER_S,
		       VALID_DAYS, &e) != RC_OK ||
	    tls_spki(s->dir, &s->pin, &e) != RC_OK)
		fail_msg("%s", e.text);
	snprintf(s->url, sizeof(s->url), "https://127.0.0.1:1");
}

void
side_serve(struct side *s, uint16_t port)
{
	struct err e = ERR_INIT;
	char url[sizeof(s->url)];

	if (peer_server_start(&s->node, "127.0.0.1", port, s->dir, &s->server, &e) !=
	    RC_OK)
		fail_msg("%s", e.text);
	snprintf(url, sizeof(url), "https://127.0.0.1:%u",
		 (unsigned)peer_server_port(s->server));
	/* Who pushes to it while it is away reads it; the port is the same then. */
	if (strcmp(url, s->url) != 0)
		memcpy(s->url, url, sizeof(url));
}

void
side_push(struct side *s)
{
	struct err e = ERR_INIT;

	if (peer_push_start(&s->node, s->dir, &s->push, &e) != RC_OK)
		fail_msg("%s", e.text);
}

void
side_free(struct side *s)
{
	static const char *const files[] = {TLS_KEY_FILE, TLS_CERT_FILE};

	fake_node_stop(&s->node);
	peer_push_stop(s->push);
	peer_server_stop(s->server);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[128];
		snprintf(path, sizeof(path), "%s/%s", s->dir, files[i]);
		unlink(path);
	}
	rmdir(s->dir);
	fake_node_free(&s->node);
}

void
introduce(struct side *to, const struct side *whom, int64_t id)
{
	pthread_mutex_lock(&to->node.mu);
	assert_true(to->node.n_peers < FAKE_PEERS_MAX);
	to->node.peers[to->node.n_peers++] =
		(struct exchange_peer){.id = id,
				       .org = "x.example",
				       .url = whom->url,
				       .tls_spki = {whom->pin},
				       .n_tls_spki = 1};
	pthread_mutex_unlock(&to->node.mu);
}

/* ---- the client that behaves ------------------------------------------------------- */

struct transfer {
	const struct ask *how;
	struct got *got;
};

static size_t
on_read(char *out, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t left = t->how->len - t->got->sent;
	size_t len = size * n < left ? size * n : left;

	if (t->how->body == NULL)
		memset(out, 0, len);
	else
		memcpy(out, (const char *)t->how->body + t->got->sent, len);
	t->got->sent += len;
	return len;
}

static size_t
on_write(char *data, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = sizeof(t->got->body) - 1 - t->got->len;
	size_t len = size * n < room ? size * n : room;

	memcpy(t->got->body + t->got->len, data, len);
	t->got->len += len;
	return size * n;
}

static void
keep_header(CURL *c, const char *name, char *out, size_t max)
{
	struct curl_header *header;

	out[0] = '\0';
	if (curl_easy_header(c, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
		snprintf(out, max, "%s", header->value);
}

static struct curl_slist *
headers_of(const struct ask *how)
{
	struct curl_slist *headers =
		curl_slist_append(NULL, how->blunt ? "Expect:" : "X-Test: 1");
	char line[128];

	if (how->encoding != NULL) {
		snprintf(line, sizeof(line), "Content-Encoding: %s", how->encoding);
		headers = curl_slist_append(headers, line);
	}
	if (how->chunked)
		headers = curl_slist_append(headers, "Transfer-Encoding: chunked");
	return headers;
}

void
ask(const struct side *who, const struct side *whom, const struct ask *how,
    struct got *ret)
{
	char url[512], cert[128], key[128];
	CURL *c = curl_easy_init();
	struct curl_slist *headers = headers_of(how);
	struct transfer t = {how, ret};

	memset(ret, 0, sizeof(*ret));
	snprintf(url, sizeof(url), "%s%s", whom->url, how->path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)FIXTURE_WAIT_S);
	if (who != NULL) {
		snprintf(cert, sizeof(cert), "%s/%s", who->dir, TLS_CERT_FILE);
		snprintf(key, sizeof(key), "%s/%s", who->dir, TLS_KEY_FILE);
		curl_easy_setopt(c, CURLOPT_SSLCERT, cert);
		curl_easy_setopt(c, CURLOPT_SSLKEY, key);
	}
	if (strcmp(how->method, "POST") == 0) {
		curl_easy_setopt(c, CURLOPT_POST, 1L);
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
				 how->chunked ? (curl_off_t)-1 : (curl_off_t)how->len);
		curl_easy_setopt(c, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(c, CURLOPT_READDATA, &t);
	} else {
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, how->method);
	}
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &t);
	ret->code = (int)curl_easy_perform(c);
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &ret->status);
	keep_header(c, "Content-Type", ret->type, sizeof(ret->type));
	keep_header(c, "Retry-After", ret->retry_after, sizeof(ret->retry_after));
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
}

/* ---- the client that may do anything ----------------------------------------------- */

int
raw_connect(const struct side *whom)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(peer_server_port(whom->server)),
				 .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct timeval patience = {.tv_sec = FIXTURE_WAIT_S};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

void
raw_open(struct raw *r, const struct side *who, const struct side *whom)
{
	char cert[128], key[128];
	int code;

	r->fd = raw_connect(whom);
	assert_int_equal(gnutls_certificate_allocate_credentials(&r->cred), 0);
	if (who != NULL) {
		snprintf(cert, sizeof(cert), "%s/%s", who->dir, TLS_CERT_FILE);
		snprintf(key, sizeof(key), "%s/%s", who->dir, TLS_KEY_FILE);
		assert_int_equal(gnutls_certificate_set_x509_key_file(
					 r->cred, cert, key, GNUTLS_X509_FMT_PEM),
				 0);
	}
	gnutls_init(&r->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL | GNUTLS_FORCE_CLIENT_CERT);
	gnutls_set_default_priority(r->tls);
	gnutls_credentials_set(r->tls, GNUTLS_CRD_CERTIFICATE, r->cred);
	gnutls_transport_set_int(r->tls, r->fd);
	do
		code = gnutls_handshake(r->tls);
	while (code < 0 && !gnutls_error_is_fatal(code));
	assert_int_equal(code, 0);
}

void
raw_send(struct raw *r, const void *p, size_t len)
{
	const char *at = p;

	while (len > 0) {
		ssize_t n = gnutls_record_send(r->tls, at, len);
		if (n <= 0)
			return; /* the other side may have had enough: tests look at it */
		at += n;
		len -= (size_t)n;
	}
}

size_t
raw_read_all(struct raw *r, char *out, size_t max)
{
	size_t len = 0;

	while (len < max - 1) {
		ssize_t n = gnutls_record_recv(r->tls, out + len, max - 1 - len);
		if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
			break;
		if (n > 0)
			len += (size_t)n;
	}
	out[len] = '\0';
	return len;
}

void
raw_close(struct raw *r)
{
	gnutls_deinit(r->tls);
	gnutls_certificate_free_credentials(r->cred);
	close(r->fd);
}
