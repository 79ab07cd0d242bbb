/* A prober on another machine: work and results go over the node's API. */
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "probe/prober.h"

enum {
	ANSWER_MAX = 64 << 20,
	CALL_TIMEOUT_S = 60,
	STATUS_OK = 200,
};

struct remote {
	struct prober_remote r;
	CURL *h;
	int64_t round_us; /* of the last full round since the start */
};

static size_t
on_data(char *p, size_t size, size_t n, void *arg)
{
	struct buf *b = arg;

	buf_put(b, p, size * n);
	return buf_ok(b) ? size * n : 0;
}

static void
handle_set(const struct remote *m, CURL *h, struct buf *answer)
{
	curl_easy_reset(h);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)CALL_TIMEOUT_S);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	if (m->r.ca != NULL)
		curl_easy_setopt(h, CURLOPT_CAINFO, m->r.ca);
	if (m->r.pin != NULL) {
		/* The key itself is known: whose certificate it stands in does not
		 * matter. */
		curl_easy_setopt(h, CURLOPT_PINNEDPUBLICKEY, m->r.pin);
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

/* *ret is new. */
static enum rc
call(struct remote *m, const char *path, const char *body, json_t **ret, struct err *e)
{
	struct buf answer = BUF_INIT(ANSWER_MAX);
	struct arena *a = arena_create();
	struct curl_slist *headers = curl_slist_append(
		NULL, arena_printf(a, "Authorization: Bearer %s", m->r.credential));
	long status = 0;
	enum rc rc = RC_OK;

	headers = curl_slist_append(headers, "Content-Type: application/json");
	headers = curl_slist_append(headers, "Expect:");
	handle_set(m, m->h, &answer);
	curl_easy_setopt(m->h, CURLOPT_URL, arena_printf(a, "%s%s", m->r.url, path));
	curl_easy_setopt(m->h, CURLOPT_HTTPHEADER, headers);
	if (body != NULL) {
		curl_easy_setopt(m->h, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)strlen(body));
		curl_easy_setopt(m->h, CURLOPT_POSTFIELDS, body);
	}
	CURLcode code = curl_easy_perform(m->h);
	curl_easy_getinfo(m->h, CURLINFO_RESPONSE_CODE, &status);
	*ret = code == CURLE_OK ? json_loadb(buf_str(&answer), answer.len, 0, NULL)
				: NULL;
	if (code != CURLE_OK) {
		rc = err_set(e, RC_UNAVAILABLE, "%s: %s", m->r.url,
			     curl_easy_strerror(code));
	} else if (status != STATUS_OK) {
		const char *detail = json_string_value(json_object_get(*ret, "detail"));
		rc = err_set(e, RC_DENIED, "%s answered %ld: %s", m->r.url, status,
			     detail == NULL ? "?" : detail);
	} else if (*ret == NULL) {
		rc = err_set(e, RC_IO, "%s: the answer is no JSON", m->r.url);
	}
	if (rc != RC_OK) {
		json_decref(*ret);
		*ret = NULL;
	}
	curl_slist_free_all(headers);
	buf_free(&answer);
	arena_free(a);
	return rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

static enum rc
remote_work(void *arg, struct arena *a, const char *from, json_t **ret, struct err *e)
{
	struct remote *m = arg;
	char *escaped = curl_easy_escape(m->h, from, 0);
	const char *path = *from == '\0' || escaped == NULL
				   ? "/v1/probes/work"
				   : arena_printf(a, "/v1/probes/work?from=%s", escaped);
	enum rc rc = call(m, path, NULL, ret, e);

	curl_free(escaped);
	if (rc == RC_OK)
		arena_defer(a, release_json, *ret);
	return rc;
}

static enum rc
remote_take(void *arg, const struct probe_report *r, struct err *e)
{
	struct remote *m = arg;
	char when[CLOCK_TEXT_LEN];
	json_t *in =
		json_pack("{s:s, s:O}", "vantage", m->r.vantage, "results", r->results);
	json_t *answer = NULL;

	if (r->round_us != 0)
		json_object_set_new(in, "round",
				    json_string(clock_format(r->round_us, when)));
	if (r->controls != NULL)
		json_object_set_new(in, "controls",
				    json_copy((json_t *)(uintptr_t)r->controls));
	char *body = json_dumps(in, JSON_COMPACT);
	json_decref(in);
	if (body == NULL)
		abort();
	enum rc rc = call(m, "/v1/probes/results", body, &answer, e);
	free(body);
	json_decref(answer);
	return rc;
}

/* It keeps nothing on its machine: after a start it begins at once. */
static enum rc
remote_last(void *arg, int64_t *ret_us, struct err *e)
{
	const struct remote *m = arg;

	(void)e;
	*ret_us = m->round_us;
	return RC_OK;
}

static void
remote_free(void *arg)
{
	struct remote *m = arg;

	curl_easy_cleanup(m->h);
	free(m);
}

enum rc
prober_of_remote(const struct prober_remote *r, struct prober_source *ret, struct err *e)
{
	if (strncmp(r->url, "https://", strlen("https://")) != 0)
		return err_set(e, RC_INVALID,
			       "--node must be the https:// URL of the node's API");
	struct remote *m = calloc(1, sizeof(*m));
	if (m == NULL)
		abort();
	m->r = *r;
	m->h = curl_easy_init();
	if (m->h == NULL)
		abort();
	*ret = (struct prober_source){.work = remote_work,
				      .take = remote_take,
				      .last = remote_last,
				      .free = remote_free};
	ret->arg = m;
	return RC_OK;
}
