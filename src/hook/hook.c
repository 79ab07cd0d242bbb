#include "hook/hook.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/fault.h"
#include "base/log.h"
#include "core/webhook.h"
#include "service/webhook.h"

enum { UUID_LEN = 36 };

/* Between two looks when nothing is committed. */
#define HOOK_WAIT_US (30 * CLOCK_US_PER_S)

struct hook_worker {
	struct hook *h;
	pthread_t thread;
	bool started;
	char busy[UUID_LEN + 1]; /* the webhook that it sends to, under mu */
	uint64_t seen;
	bool refused; /* the address that was found is private */
	size_t answer_len;
	int64_t retry_after_s;
};

struct hook {
	struct node *nd;
	pthread_mutex_t mu;
	atomic_bool stopping;
	bool private_allowed;
	const char *ca;
	struct hook_worker workers[HOOK_THREADS];
};

/* ---- one request ------------------------------------------------------------------- */

static curl_socket_t
on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct hook_worker *k = arg;
	const struct sockaddr_in *four = (const void *)&to->addr;
	const struct sockaddr_in6 *six = (const void *)&to->addr;
	bool private = true;

	(void)purpose;
	if (to->family == AF_INET)
	private = webhook_address_private((const uint8_t *)&four->sin_addr, 4);
	else if (to->family == AF_INET6) private =
		webhook_address_private((const uint8_t *)&six->sin6_addr, 16);
	if (private && !k->h->private_allowed) {
		k->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* The answer's body says nothing to us; past the limit the line is cut. */
static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct hook_worker *k = arg;

	(void)data;
	k->answer_len += size * n;
	return k->answer_len <= HOOK_ANSWER_MAX ? size * n : 0;
}

static int
on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct hook_worker *k = arg;

	(void)a, (void)b, (void)c, (void)d;
	return atomic_load(&k->h->stopping) ? 1 : 0;
}

static bool
options_set(struct hook_worker *k, CURL *c, const struct webhook_message *m,
	    struct curl_slist *headers)
{
	bool ok = true;

#define SET(option, value) ok = curl_easy_setopt(c, (option), (value)) == CURLE_OK && ok
	SET(CURLOPT_URL, m->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)HOOK_CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, (long)HOOK_REQUEST_MS);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
	SET(CURLOPT_OPENSOCKETDATA, k);
	SET(CURLOPT_HTTPHEADER, headers);
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)m->len);
	SET(CURLOPT_POSTFIELDS, m->body);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, k);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, k);
	if (k->h->ca[0] != '\0')
		SET(CURLOPT_CAINFO, k->h->ca);
#undef SET
	return ok;
}

static struct curl_slist *
headers_of(struct arena *a, const struct webhook_message *m)
{
	const char *const lines[] = {
		"Content-Type: application/json",
		"User-Agent: Saluran-Webhook/1",
		"Expect:",
		arena_printf(a, "webhook-id: %s", m->id),
		arena_printf(a, "webhook-timestamp: %" PRId64, m->time_s),
		arena_printf(a, "webhook-signature: %s", m->signature),
	};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct curl_slist *more = curl_slist_append(list, lines[i]);
		if (more == NULL)
			abort();
		list = more;
	}
	return list;
}

/* *ret_status 0: there was no answer, and *ret_reason says why. */
static void
post(struct hook_worker *k, struct arena *a, const struct webhook_message *m,
     unsigned *ret_status, const char **ret_reason)
{
	CURL *c = curl_easy_init();
	struct curl_slist *headers = headers_of(a, m);
	curl_off_t retry_after = 0;
	long status = 0;

	*ret_status = 0;
	k->refused = false;
	k->answer_len = 0;
	if (c == NULL || !options_set(k, c, m, headers)) {
		*ret_reason = "libcurl lacks memory";
	} else {
		CURLcode code = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
		if (k->refused)
			*ret_reason = "its address is of a private network: see the "
				      "setting webhook.private";
		else if (code != CURLE_OK)
			*ret_reason = curl_easy_strerror(code);
		else
			*ret_reason = status >= 200 && status < 300
					      ? ""
					      : arena_printf(a, "answered %ld", status);
		if (code == CURLE_OK)
			*ret_status = (unsigned)status;
		if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK)
			k->retry_after_s = retry_after;
	}
	curl_slist_free_all(headers);
	curl_easy_cleanup(c);
}

/* ---- the workers ------------------------------------------------------------------- */

/* Take one that nobody else sends to. */
static bool
take(struct hook_worker *k, const char *webhook)
{
	bool free = strlen(webhook) == UUID_LEN;

	pthread_mutex_lock(&k->h->mu);
	for (size_t i = 0; i < HOOK_THREADS; i++)
		free = free && strcmp(k->h->workers[i].busy, webhook) != 0;
	if (free)
		memcpy(k->busy, webhook, UUID_LEN + 1);
	pthread_mutex_unlock(&k->h->mu);
	return free;
}

static void
release(struct hook_worker *k)
{
	pthread_mutex_lock(&k->h->mu);
	k->busy[0] = '\0';
	pthread_mutex_unlock(&k->h->mu);
}

/* One message to this webhook.  True: there may be another. */
static bool
hand_over(struct hook_worker *k, struct arena *a, const char *webhook)
{
	struct webhook_message m = {.webhook = NULL};
	struct err e = ERR_INIT, why = ERR_INIT;
	const char *reason = "";
	unsigned status = 0;
	enum rc rc = webhook_next(k->h->nd, a, webhook, &m, &why);

	if (rc == RC_NOT_FOUND)
		return false;
	/* One that cannot be made holds up all behind it: people must see why. */
	bool made = rc == RC_OK;
	if (made || m.id != NULL) {
		int64_t start_us = clock_mono_us();
		k->retry_after_s = 0;
		fault_point("hook.send.before");
		if (made)
			post(k, a, &m, &status, &reason);
		else
			reason = why.text;
		fault_point("hook.send.after");
		if (atomic_load(&k->h->stopping) && status == 0)
			return false; /* cut off by us: it never was an attempt */
		rc = webhook_done(k->h->nd, &m, status, reason,
				  clock_mono_us() - start_us, k->retry_after_s, &e);
		log_line(LOG_INFO, "hook.sent",
			 "webhook=%s message=%s status=%u attempt=%" PRId64, webhook,
			 m.id, status, m.attempt);
		if (rc == RC_OK)
			return status >= 200 && status < 300;
	}
	log_line(LOG_ERROR, "hook.failed", "webhook=%s rc=%s", webhook, rc_token(rc));
	return false;
}

/* All that is due and free; how long until more may be. */
static int64_t
work_once(struct hook_worker *k)
{
	struct arena *a = arena_create();
	const char *due[WEBHOOK_MAX];
	struct err e = ERR_INIT;
	int64_t wait_us = HOOK_WAIT_US;
	size_t n = 0;

	k->seen = node_commits(k->h->nd);
	if (webhook_due(k->h->nd, a, HOOK_WAIT_US, due, &n, &wait_us, &e) != RC_OK)
		log_line(LOG_ERROR, "hook.due", "why=%s", e.text);
	for (size_t i = 0; i < n && !atomic_load(&k->h->stopping); i++) {
		if (!take(k, due[i]))
			continue;
		bool more = true;
		while (more && !atomic_load(&k->h->stopping)) {
			struct arena *one = arena_create();
			more = hand_over(k, one, due[i]);
			arena_free(one);
		}
		release(k);
	}
	arena_free(a);
	return wait_us;
}

static void *
worker_main(void *arg)
{
	struct hook_worker *k = arg;
	bool goes_on = true;

	while (goes_on) {
		int64_t wait_us = work_once(k);
		goes_on = node_wait(k->h->nd, k->seen, wait_us);
	}
	return NULL;
}

enum rc
hook_start(struct node *nd, struct hook **ret, struct err *e)
{
	const struct settings *conf = node_config(nd);
	struct hook *h = calloc(1, sizeof(*h));
	sigset_t all, before;
	enum rc rc = RC_OK;

	if (h == NULL)
		abort();
	*ret = NULL;
	h->nd = nd;
	h->private_allowed = settings_bool(conf, "webhook.private");
	h->ca = settings_text(conf, "webhook.ca");
	pthread_mutex_init(&h->mu, NULL);
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; rc == RC_OK && i < HOOK_THREADS; i++) {
		struct hook_worker *k = &h->workers[i];
		k->h = h;
		k->started = pthread_create(&k->thread, NULL, worker_main, k) == 0;
		if (!k->started)
			rc = err_set(e, RC_IO, "cannot start a thread for webhooks");
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == RC_OK)
		*ret = h;
	else
		hook_stop(h);
	return rc;
}

void
hook_stop(struct hook *h)
{
	if (h == NULL)
		return;
	atomic_store(&h->stopping, true);
	node_stop(h->nd);
	for (size_t i = 0; i < HOOK_THREADS; i++)
		if (h->workers[i].started)
			pthread_join(h->workers[i].thread, NULL);
	pthread_mutex_destroy(&h->mu);
	free(h);
}
