/*
 * Disclosures that a peer brought before the event that names them.
 *
 * They wait in memory, read once, and come into the store together with that event, in
 * one commit: a receipt is given only after it.  What does not fit, or comes while an
 * upload is under way, is stored at once.  What is lost on the way, by our end or because
 * an upload was refused, the peer sends again with its next try (protocol 5).
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "service/exchange.h"
#include "service/exchange_int.h"
#include "store/store_sql.h"

/* Of disclosures without an event, since our start, that a peer may have in the store:
 * the most that one package of 256 events can name is not above it. */
#define UNREFERENCED_BYTES_MAX (UINT64_C(1) << 32)

/* Of all peers in memory: twice that, as they are kept decoded too. */
enum { BROUGHT_BYTES_MAX = 8 << 20 };

/* What one body brought. */
struct brought {
	struct brought *next;
	struct arena *a;
	struct brought_row *rows; /* by digest */
	size_t n, bytes;
};

/* The lines of a body, one after the other. */
struct lines {
	const char *at, *end;
	const char *line;
	size_t len;
};

static bool
lines_next(struct lines *l)
{
	if (l->at >= l->end)
		return false;
	const char *stop = memchr(l->at, '\n', (size_t)(l->end - l->at));
	l->line = l->at;
	l->len = (size_t)((stop == NULL ? l->end : stop) - l->at);
	l->at = stop == NULL ? l->end : stop + 1;
	return true;
}

static enum rc
line_read(struct arena *a, const struct lines *l, uint64_t number,
	  struct brought_row *ret, struct err *e)
{
	if (l->len > EVENT_DISCLOSURE_MAX)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"disclosure %" PRIu64 " is longer than %d bytes", number,
				EVENT_DISCLOSURE_MAX);
	if (l->len < EVENT_DISCLOSURE_MIN)
		return err_rule(e, RC_UNPROCESSABLE, "protocol 2",
				"disclosure %" PRIu64 " is shorter than %d bytes", number,
				EVENT_DISCLOSURE_MIN);
	ret->text = l->line;
	ret->len = l->len;
	return event_disclosure_read(a, l->line, l->len, &ret->said, e);
}

static int
by_digest(const void *x, const void *y)
{
	return memcmp(x, y, HASH_LEN);
}

/* Each is looked at; NULL `into`: that is all. */
static enum rc
body_read(const char *text, size_t len, struct brought *into, struct err *e)
{
	struct lines l = {.at = text, .end = text + len};
	struct arena *a = into == NULL ? arena_create() : into->a;
	struct brought_row row = {0};
	uint64_t number = 0;
	enum rc rc = RC_OK;

	while (rc == RC_OK && lines_next(&l)) {
		rc = line_read(a, &l, ++number, &row, e);
		if (rc != RC_OK || into == NULL) {
			if (into == NULL)
				arena_reset(a);
			continue;
		}
		hash_bytes(row.text, row.len, &row.digest);
		into->rows[into->n++] = row;
	}
	if (into == NULL)
		arena_free(a);
	else
		qsort(into->rows, into->n, sizeof(*into->rows), by_digest);
	return rc;
}

/* Rows for the lines before the first that is too short: it is refused there, so a body
 * of nothing but LF gets no rows. */
static struct brought *
brought_create(const char *text, size_t len, const char **ret_text)
{
	struct arena *a = arena_create();
	struct brought *h = ARENA_NEW(a, struct brought);
	struct lines l;
	size_t n = 0;

	h->a = a;
	h->bytes = len;
	*ret_text = arena_strndup(a, text, len);
	l = (struct lines){.at = *ret_text, .end = *ret_text + len};
	while (lines_next(&l) && l.len >= EVENT_DISCLOSURE_MIN)
		n++;
	h->rows = arena_array(a, n, sizeof(*h->rows));
	return h;
}

void
brought_free(struct brought *h)
{
	while (h != NULL) {
		struct brought *next = h->next;
		arena_free(h->a);
		h = next;
	}
}

size_t
brought_bytes(const struct brought *h)
{
	size_t sum = 0;

	for (; h != NULL; h = h->next)
		sum += h->bytes;
	return sum;
}

struct brought_row *
brought_find(struct brought *h, const struct hash *digest)
{
	struct brought_row *row = NULL;

	for (; row == NULL && h != NULL; h = h->next)
		row = bsearch(digest, h->rows, h->n, sizeof(*h->rows), by_digest);
	return row;
}

/* Room for a body in memory: false while an upload looks at what is there. */
static bool
room_take(struct node *nd, int64_t peer, size_t len)
{
	pthread_mutex_lock(&nd->mu);
	bool fits = !nd->uploading[peer] && nd->brought_bytes + len <= BROUGHT_BYTES_MAX;
	if (fits)
		nd->brought_bytes += len;
	pthread_mutex_unlock(&nd->mu);
	return fits;
}

static void
room_give(struct node *nd, size_t len)
{
	pthread_mutex_lock(&nd->mu);
	nd->brought_bytes -= len;
	pthread_mutex_unlock(&nd->mu);
}

/* False: an upload has begun since. */
static bool
brought_add(struct node *nd, int64_t peer, struct brought *h)
{
	pthread_mutex_lock(&nd->mu);
	bool may = !nd->uploading[peer];
	if (may) {
		h->next = nd->brought[peer];
		nd->brought[peer] = h;
	}
	pthread_mutex_unlock(&nd->mu);
	return may;
}

struct body {
	const char *text;
	size_t len;
	uint64_t new_bytes; /* out */
};

static enum rc
work_disclose(struct writer *w, void *arg, struct err *e)
{
	struct body *b = arg;
	struct lines l = {.at = b->text, .end = b->text + b->len};
	enum rc rc = RC_OK;

	b->new_bytes = 0;
	while (rc == RC_OK && lines_next(&l)) {
		struct hash h;
		hash_bytes(l.line, l.len, &h);
		rc = store_disclosure_put(w->s, &h, l.line, l.len, false, w->now_us, e);
		if (rc == RC_OK && w->s->drv->changes(w->s->db) == 1)
			b->new_bytes += l.len;
	}
	return rc;
}

enum rc
brought_store_rest(struct writer *w, const struct brought *h, uint64_t *ret_bytes,
		   struct err *e)
{
	enum rc rc = RC_OK;

	*ret_bytes = 0;
	for (; h != NULL; h = h->next)
		for (size_t i = 0; rc == RC_OK && i < h->n; i++) {
			const struct brought_row *r = &h->rows[i];
			if (r->named)
				continue;
			rc = store_disclosure_put(w->s, &r->digest, r->text, r->len,
						  false, w->now_us, e);
			if (rc == RC_OK && w->s->drv->changes(w->s->db) == 1)
				*ret_bytes += r->len;
		}
	return rc;
}

/* A peer may fill our disk only with what its events name. */
static enum rc
unreferenced_may(struct node *nd, int64_t peer, size_t len, struct err *e)
{
	pthread_mutex_lock(&nd->mu);
	bool fits = nd->unreferenced_bytes[peer] + len <= UNREFERENCED_BYTES_MAX;
	pthread_mutex_unlock(&nd->mu);
	return fits ? RC_OK
		    : err_rule(e, RC_FULL, "protocol 2",
			       "more than %" PRIu64
			       " bytes of disclosures that no event names yet: send the "
			       "events first",
			       UNREFERENCED_BYTES_MAX);
}

static enum rc
body_store(struct node *nd, int64_t peer, const char *text, size_t len, struct err *e)
{
	struct body b = {.text = text, .len = len};
	enum rc rc = writer_run(nd, work_disclose, &b, e);

	if (rc == RC_OK) {
		pthread_mutex_lock(&nd->mu);
		nd->unreferenced_bytes[peer] += b.new_bytes;
		pthread_mutex_unlock(&nd->mu);
	}
	return rc;
}

enum rc
exchange_add_disclosures(struct node *nd, int64_t peer, const char *text, size_t len,
			 struct err *e)
{
	enum rc rc = channel_whole(nd, peer, e);

	if (rc == RC_OK)
		rc = channel_takes(nd, peer, e);
	if (rc == RC_OK)
		rc = unreferenced_may(nd, peer, len, e);
	if (rc != RC_OK)
		return rc;
	if (!room_take(nd, peer, len)) {
		rc = body_read(text, len, NULL, e);
		return rc == RC_OK ? body_store(nd, peer, text, len, e) : rc;
	}
	const char *kept;
	struct brought *h = brought_create(text, len, &kept);
	rc = body_read(kept, len, h, e);
	if (rc == RC_OK && brought_add(nd, peer, h))
		return RC_OK;
	room_give(nd, len);
	brought_free(h);
	return rc == RC_OK ? body_store(nd, peer, text, len, e) : rc;
}
