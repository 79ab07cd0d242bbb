/*
 * pages_fetch - ask the pages as a browser does, and look at what comes.
 */
#ifndef SALURAN_TESTS_PAGES_FETCH_H
#define SALURAN_TESTS_PAGES_FETCH_H

#include <curl/curl.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "http/pages.h"

enum { BYTES_MAX = 8 << 20 };

static struct http_pages *fetch_from;
static const char *fetch_as; /* a credential; NULL: as nobody */

struct got {
	long status;
	struct buf head, body;
};

static inline size_t
on_bytes(char *p, size_t size, size_t n, void *arg)
{
	buf_put(arg, p, size * n);
	return size * n;
}

/* `more`: header lines, NULL at their end; `form`: what is posted, or NULL.  The body
 * that comes is NUL-terminated. */
static inline void
request_with(const char *method, const char *path, const char *const more[],
	     const char *form, struct got *g)
{
	CURL *c = curl_easy_init();
	struct curl_slist *lines = NULL;
	struct arena *a = arena_create();

	*g = (struct got){.head = BUF_INIT(BYTES_MAX), .body = BUF_INIT(BYTES_MAX)};
	for (size_t i = 0; more != NULL && more[i] != NULL; i++)
		lines = curl_slist_append(lines, more[i]);
	if (fetch_as != NULL)
		lines = curl_slist_append(
			lines, arena_printf(a, "Authorization: Bearer %s", fetch_as));
	curl_easy_setopt(c, CURLOPT_URL,
			 arena_printf(a, "http://127.0.0.1:%u%s",
				      (unsigned)http_pages_port(fetch_from), path));
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, lines);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_bytes);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &g->head);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &g->body);
	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	else
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method);
	if (form != NULL)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, form);
	CURLcode code = curl_easy_perform(c);
	if (code != CURLE_OK)
		fail_msg("%s %s: %s", method, path, curl_easy_strerror(code));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &g->status);
	curl_slist_free_all(lines);
	curl_easy_cleanup(c);
	arena_free(a);
}

static inline void
request(const char *method, const char *path, const char *const more[], struct got *g)
{
	request_with(method, path, more, NULL, g);
}

static inline void
got_free(struct got *g)
{
	buf_free(&g->head);
	buf_free(&g->body);
}

static inline bool
has(const struct got *g, const char *text)
{
	return strstr(buf_str(&g->body), text) != NULL;
}

static inline void
expect(const char *path, long status, const char *const texts[])
{
	struct got g;

	request("GET", path, NULL, &g);
	if (g.status != status)
		fail_msg("%s: status %ld, not %ld", path, g.status, status);
	for (size_t i = 0; texts[i] != NULL; i++)
		if (!has(&g, texts[i]))
			fail_msg("%s: lacks \"%s\"", path, texts[i]);
	got_free(&g);
}
#define EXPECT(path, status, ...)                                                        \
	expect((path), (status), (const char *const[]){__VA_ARGS__, NULL})

#endif
