/*
 * GET /v1/events/stream: the feed as text/event-stream (HTML, section 9.2).
 *
 * Each stream has its connection's thread, which sleeps until something is committed.
 * Nothing is buffered for a client but one page: whoever reads too slowly is cut off by
 * the connection's timeout, and goes on from Last-Event-ID.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/api_int.h"
#include "http/fields.h"

enum {
	STREAM_PAGE = 200,   /* events read at one time */
	STREAM_BEAT_S = 15,  /* a comment, so that both sides notice a dead line */
	STREAM_JUDGE_S = 60, /* are the credentials still good? */
	STREAM_STALL_S = 60, /* without taking a byte */
	STREAM_TEXT_MAX = 1 << 20,
	STREAM_BLOCK = 16 << 10,
	STREAM_RETRY_MS = 2000,
	STREAM_RETRY_OVER_MS = 60000, /* for one that gave way to a newer one */
};

struct stream {
	struct stream *next; /* of those under way, under h->streams_mu */
	const char *who;     /* pseudonym */
	struct http_api *h;
	struct api_listener *l;
	struct conn *conn;
	struct request *r; /* outlives this */
	const struct service_route *route;
	int64_t judged_us; /* when the credentials were */
	json_t *filter;
	int64_t after;
	uint64_t seen;
	struct buf out;
	size_t sent; /* of out */
	bool first, told;
	_Atomic bool over; /* it gave way */
};

/* ---- how many are under way, in all and of one ------------------------------------- */

/* A page that is loaded anew leaves a stream whose line is cut, which is noticed at the
 * next beat only: so the oldest of a person's gives way to the newest.  *at is the oldest
 * of one person; h->streams_mu is held. */
static void
stream_give_way(struct http_api *h, struct stream **at)
{
	struct stream *oldest = *at;

	*at = oldest->next;
	atomic_fetch_sub(&h->n_streams, 1);
	atomic_store(&oldest->over, true);
	node_wake(h->nd);
}

static enum rc
stream_enter(struct stream *s, struct err *e)
{
	struct http_api *h = s->h;
	const int64_t most = settings_int(node_config(h->nd), "api.streams_of_one");
	struct stream **oldest = NULL;
	int64_t own = 0;

	pthread_mutex_lock(&h->streams_mu);
	for (struct stream **at = &h->streams; *at != NULL; at = &(*at)->next)
		if (strcmp((*at)->who, s->who) == 0) {
			oldest = at;
			own++;
		}
	if (oldest != NULL && own >= most)
		stream_give_way(h, oldest);
	bool room = atomic_load(&h->n_streams) < API_STREAMS_MAX;
	if (room) {
		s->next = h->streams;
		h->streams = s;
		atomic_fetch_add(&h->n_streams, 1);
	}
	pthread_mutex_unlock(&h->streams_mu);
	if (room)
		return RC_OK;
	enum rc rc = err_set(e, RC_LIMIT, "%d event streams are open already",
			     API_STREAMS_MAX);
	/* A line that was cut is noticed at the next beat. */
	if (e != NULL)
		e->retry_after_s = STREAM_BEAT_S;
	return rc;
}

static void
stream_leave(struct stream *s)
{
	struct http_api *h = s->h;

	pthread_mutex_lock(&h->streams_mu);
	for (struct stream **at = &h->streams; *at != NULL; at = &(*at)->next)
		if (*at == s) {
			*at = s->next;
			atomic_fetch_sub(&h->n_streams, 1);
			break;
		}
	pthread_mutex_unlock(&h->streams_mu);
}

/* ---- what it says ------------------------------------------------------------------ */

static void
stream_free(void *cls)
{
	struct stream *s = cls;

	stream_leave(s);
	json_decref(s->filter);
	buf_free(&s->out);
	free(s);
}

/* One event: its id, its type, and the row of GET /v1/events as data. */
static void
put_event(struct stream *s, const json_t *ev)
{
	char *text = json_dumps(ev, JSON_COMPACT);
	int64_t id = json_integer_value(json_object_get(ev, "id"));

	if (text == NULL)
		return;
	buf_printf(&s->out, "id: %" PRId64 "\nevent: %s\ndata: %s\n\n", id,
		   json_string_value(json_object_get(ev, "type")), text);
	free(text);
}

/* The next page of the feed into s->out.  False: it cannot be read. */
static bool
stream_fill(struct stream *s)
{
	struct arena *a = arena_create();
	json_t *in = json_deep_copy(s->filter), *ev;
	struct reply out = {0};
	struct err e = ERR_INIT;
	size_t i;

	json_object_set_new(in, "after", json_integer(s->after));
	json_object_set_new(in, "limit", json_integer(STREAM_PAGE));
	s->seen = node_commits(s->h->nd);
	enum rc rc = RC_OK;
	if (clock_mono_us() - s->judged_us > STREAM_JUDGE_S * CLOCK_US_PER_S) {
		s->judged_us = clock_mono_us();
		rc = head_still(s->r, &e);
	}
	if (rc == RC_OK)
		rc = service_run_on(s->h->nd, a, s->route, s->r->who, in, "events", &out,
				    &e);
	if (rc == RC_OK) {
		json_array_foreach (json_object_get(out.json, "events"), i, ev)
			put_event(s, ev);
		s->after = json_integer_value(json_object_get(out.json, "next"));
		if (json_is_true(json_object_get(out.json, "more")))
			s->seen = 0;
	}
	json_decref(in);
	arena_free(a);
	return rc == RC_OK;
}

/* The last that it says, so that many streams do not drive each other out for ever. */
static ssize_t
stream_over(struct stream *s, char *into, size_t max)
{
	if (s->told)
		return MHD_CONTENT_READER_END_OF_STREAM;
	s->told = true;
	int n = snprintf(into, max, "retry: %d\n\n", (int)STREAM_RETRY_OVER_MS);
	return n > 0 && (size_t)n < max ? n : MHD_CONTENT_READER_END_OF_STREAM;
}

static ssize_t
stream_read(void *cls, uint64_t at, char *into, size_t max)
{
	struct stream *s = cls;

	(void)at;
	if (s->sent == s->out.len) {
		buf_reset(&s->out);
		s->sent = 0;
		if (!s->first && s->seen != 0 &&
		    !node_wait_unless(s->h->nd, s->seen, STREAM_BEAT_S * CLOCK_US_PER_S,
				      &s->over))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (atomic_load(&s->over))
			return stream_over(s, into, max);
		if (s->first)
			buf_printf(&s->out, "retry: %d\n\n", (int)STREAM_RETRY_MS);
		s->first = false;
		if (atomic_load(&s->h->stopping) || !stream_fill(s))
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (s->out.len == 0)
			buf_puts(&s->out, ":\n\n");
	}
	if (s->conn != NULL)
		conns_allow(&s->l->conns, s->conn, STREAM_STALL_S * CLOCK_US_PER_S);
	size_t n = s->out.len - s->sent < max ? s->out.len - s->sent : max;
	memcpy(into, buf_str(&s->out) + s->sent, n);
	s->sent += n;
	return (ssize_t)n;
}

/* Where to begin: Last-Event-ID, else `after`, else now. */
static enum rc
stream_from(struct request *r, struct stream *s, struct err *e)
{
	const char *last = request_field(r, "Last-Event-ID");
	const json_t *after = json_object_get(r->in, "after");
	struct reply out = {0};
	enum rc rc = RC_OK;

	if (last == NULL)
		last = json_string_value(after);
	if (last != NULL)
		rc = field_event_id(last, &s->after, e);
	s->filter = json_copy(r->in);
	json_object_del(s->filter, "after");
	if (rc != RC_OK)
		return rc;
	/* The filter is judged now, with the answer's status still to be chosen. */
	json_t *in = json_deep_copy(s->filter);
	json_object_set_new(in, "limit", json_integer(1));
	if (last != NULL)
		json_object_set_new(in, "after", json_integer(s->after));
	rc = service_run(r->l->h->nd, r->a, r->route, r->who, in, &out, e);
	if (rc == RC_OK && last == NULL)
		s->after = json_integer_value(json_object_get(out.json, "newest"));
	json_decref(in);
	return rc;
}

enum MHD_Result
stream_start(struct request *r)
{
	struct http_api *h = r->l->h;
	struct stream *s = calloc(1, sizeof(*s));
	struct MHD_Response *resp;
	enum MHD_Result ret = MHD_NO;

	if (s == NULL)
		abort();
	*s = (struct stream){.who = actor_pseudonym(r->who),
			     .h = h,
			     .l = r->l,
			     .conn = r->conn,
			     .route = r->route,
			     .r = r,
			     .judged_us = r->start_us,
			     .out = BUF_INIT(STREAM_TEXT_MAX),
			     .first = true};
	enum rc rc = stream_enter(s, &r->e);
	if (rc == RC_OK)
		rc = stream_from(r, s, &r->e);
	if (rc != RC_OK || r->head) {
		stream_free(s);
		return rc != RC_OK
			       ? answer_problem(r, rc, NULL)
			       : answer_bytes(r, MHD_HTTP_OK, "text/event-stream", "", 0);
	}
	resp = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
						 stream_read, s, stream_free);
	if (resp == NULL) {
		stream_free(s);
		return MHD_NO;
	}
	if (answer_headers(r, resp) &&
	    MHD_add_response_header(resp, MHD_HTTP_HEADER_CONTENT_TYPE,
				    "text/event-stream") == MHD_YES &&
	    MHD_add_response_header(resp, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") ==
		    MHD_YES)
		ret = MHD_queue_response(r->c, MHD_HTTP_OK, resp);
	MHD_destroy_response(resp);
	answer_counted(r, MHD_HTTP_OK);
	return ret;
}
