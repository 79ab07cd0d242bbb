#include "probe/engine_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"

enum {
	WAIT_MAX_MS = 200, /* so that a stop is seen */
	US_PER_MS = 1000,
	PERCENT = 100,
};

const struct probe_limits probe_limits_default = {
	.per_s = 10,
	.jitter_percent = 25,
	.window = 16,
	.tries = PROBE_DROP_TRIES,
	.timeout_us = 1500000,
	.stream_us = 5000000,
	.linger_us = 100000,
	.connections = 256,
};

uint32_t
probe_engine_random(struct probe_engine *g)
{
	uint32_t v;

	if (g->noise_at + sizeof(v) > sizeof(g->noise)) {
		/* Up to 256 bytes come whole; more may be cut short by a signal. */
		for (size_t at = 0; at < sizeof(g->noise); at += 256)
			while (getrandom(g->noise + at, 256, 0) != 256)
				continue;
		g->noise_at = 0;
	}
	memcpy(&v, g->noise + g->noise_at, sizeof(v));
	g->noise_at += sizeof(v);
	return v;
}

/* ---- lists of questions ------------------------------------------------------------ */

void
probe_engine_list_drop(struct probe_engine *g, struct ask *k)
{
	struct list_head *l = &g->lists[k->list];

	if (k->list == LIST_NONE)
		return;
	if (k->prev != NULL)
		k->prev->next = k->next;
	else
		l->first = k->next;
	if (k->next != NULL)
		k->next->prev = k->prev;
	else
		l->last = k->prev;
	k->prev = k->next = NULL;
	k->list = LIST_NONE;
}

/* All that wait in one list wait equally long, so its order is that of the deadlines. */
void
probe_engine_list_put(struct probe_engine *g, struct ask *k, enum list to,
		      int64_t deadline_us)
{
	struct list_head *l = &g->lists[to];

	probe_engine_list_drop(g, k);
	k->list = to;
	k->deadline_us = deadline_us;
	k->prev = l->last;
	if (l->last != NULL)
		l->last->next = k;
	else
		l->first = k;
	l->last = k;
}

static struct ask *
ask_take(struct probe_engine *g)
{
	struct ask *k = g->idle;

	if (k != NULL) {
		uint32_t index = k->index;
		g->idle = k->next;
		memset(k, 0, offsetof(struct ask, answer));
		k->index = index;
		return k;
	}
	if (g->n_asks == g->cap_asks) {
		g->cap_asks = g->cap_asks == 0 ? 1024 : 2 * g->cap_asks;
		g->asks = reallocarray(g->asks, g->cap_asks, sizeof(struct ask *));
		if (g->asks == NULL)
			abort();
	}
	k = calloc(1, sizeof(*k));
	if (k == NULL)
		abort();
	g->asks[g->n_asks++] = k;
	k->index = g->n_asks;
	return k;
}

/* ---- resolvers by the time at which they may be asked ------------------------------ */

static void
heap_set(struct probe_engine *g, uint32_t at, struct tstate *ts)
{
	g->heap[at] = ts;
	ts->heap_at = at;
}

static void
heap_up(struct probe_engine *g, uint32_t at)
{
	struct tstate *ts = g->heap[at];

	while (at > 1 && g->heap[at / 2]->next_us > ts->next_us) {
		heap_set(g, at, g->heap[at / 2]);
		at /= 2;
	}
	heap_set(g, at, ts);
}

static void
heap_push(struct probe_engine *g, struct tstate *ts)
{
	if (ts->heap_at != 0)
		return;
	heap_set(g, ++g->n_heap, ts);
	heap_up(g, g->n_heap);
}

static struct tstate *
heap_pop(struct probe_engine *g)
{
	struct tstate *top = g->heap[1], *ts = g->heap[g->n_heap--];
	uint32_t at = 1;

	top->heap_at = 0;
	if (ts == top)
		return top;
	while (2 * at <= g->n_heap) {
		uint32_t child = 2 * at;
		if (child < g->n_heap &&
		    g->heap[child + 1]->next_us < g->heap[child]->next_us)
			child++;
		if (g->heap[child]->next_us >= ts->next_us)
			break;
		heap_set(g, at, g->heap[child]);
		at = child;
	}
	heap_set(g, at, ts);
	return top;
}

/* ---- one question ------------------------------------------------------------------ */

void
probe_engine_answered(struct probe_engine *g, struct ask *k)
{
	k->ts->open--;
	heap_push(g, k->ts);
}

static void
wire_free(struct ask *k)
{
	if (k->wire != k->room)
		free(k->wire);
	k->wire = NULL;
}

bool
probe_engine_keep(struct ask *k, const uint8_t *p, size_t len)
{
	if (probe_answer_read(k->in.question, p, len, &k->answer, NULL) != RC_OK) {
		k->broken = true;
		k->why = "what came is no DNS message";
		return false;
	}
	k->wire = len <= sizeof(k->room) ? k->room : malloc(len);
	if (k->wire == NULL)
		abort();
	memcpy(k->wire, p, len);
	k->len = len;
	k->answered = true;
	return true;
}

void
probe_engine_finish(struct probe_engine *g, struct ask *k, enum probe_got got)
{
	const struct probe_done done = {
		.got = got,
		.answer = k->answered ? &k->answer : NULL,
		.wire = k->wire,
		.len = k->len,
		.sent_us = k->sent_us,
		.sent_mono_us = k->sent_mono_us[0],
		.rtt_us = k->rtt_us,
		.tries = k->tries,
		.forged = k->forged,
		.why = got == PROBE_GOT_BROKEN ? k->why : NULL,
		.tls = k->conn != NULL && k->conn->info.done ? &k->conn->info : NULL,
	};
	struct tstate *ts = k->ts;

	probe_engine_list_drop(g, k);
	g->work->done(g->work->arg, ts->index, &k->in, &done);
	if (k->in.via == PROBE_UDP)
		probe_udp_forget(g, k);
	else
		probe_stream_forget(g, k);
	if (!k->answered)
		ts->open--;
	wire_free(k);
	k->next = g->idle;
	g->idle = k;
	g->under_way--;
	heap_push(g, ts);
}

static int64_t
pause_us(struct probe_engine *g)
{
	int64_t pause = g->limits.per_s == 0 ? 0 : CLOCK_US_PER_S / g->limits.per_s;
	int64_t wide = pause * g->limits.jitter_percent / PERCENT;

	return wide == 0 ? pause
			 : pause - wide +
				   (int64_t)(probe_engine_random(g) % (2 * wide + 1));
}

/* As many questions as leave half of all ids free, each with an id for every try. */
static bool
is_full(const struct probe_engine *g)
{
	uint32_t tries = g->limits.tries == 0 ? 1 : g->limits.tries;

	return g->under_way >= (uint32_t)SOCKETS * IDS / 2 / tries;
}

/* What may be asked now is asked, as much as fits before answers are looked at again. */
static void
start_due(struct probe_engine *g)
{
	/* What goes out together goes out from one socket, and comes back to it. */
	g->turn = probe_engine_random(g) % SOCKETS;
	for (unsigned n = 0; n < STARTS_MAX && !is_full(g) && g->n_heap != 0 &&
			     g->heap[1]->next_us <= g->now_us;
	     n++) {
		struct tstate *ts = heap_pop(g);
		struct probe_ask in = {0};
		int64_t again_us = INT64_MAX;
		if (ts->open >= g->limits.window)
			continue; /* back when one is answered */
		if (!g->work->next(g->work->arg, ts->index, g->now_us, &in, &again_us)) {
			if (again_us != INT64_MAX) {
				ts->next_us =
					again_us > g->now_us ? again_us : g->now_us + 1;
				heap_push(g, ts);
			}
			continue;
		}
		struct ask *k = ask_take(g);
		k->in = in;
		k->ts = ts;
		ts->open++;
		g->under_way++;
		ts->next_us = g->now_us + pause_us(g);
		heap_push(g, ts);
		if (in.via == PROBE_UDP)
			probe_udp_send(g, k);
		else
			probe_stream_start(g, k);
	}
}

static void
expire(struct probe_engine *g)
{
	struct ask *k;

	while ((k = g->lists[LIST_LINGER].first) != NULL && k->deadline_us <= g->now_us)
		probe_engine_finish(
			g, k, k->answer.truncated ? PROBE_GOT_TRUNCATED : k->answer.got);
	while ((k = g->lists[LIST_UDP].first) != NULL && k->deadline_us <= g->now_us)
		probe_udp_expired(g, k);
	while ((k = g->lists[LIST_STREAM].first) != NULL && k->deadline_us <= g->now_us)
		probe_stream_expired(g, k);
}

static int
wait_ms(const struct probe_engine *g)
{
	int64_t until = g->now_us + WAIT_MAX_MS * US_PER_MS;

	if (g->dirty)
		return 1;
	if (g->n_heap != 0 && !is_full(g) && g->heap[1]->next_us < until)
		until = g->heap[1]->next_us;
	for (int i = LIST_UDP; i <= LIST_LINGER; i++)
		if (g->lists[i].first != NULL && g->lists[i].first->deadline_us < until)
			until = g->lists[i].first->deadline_us;
	return until <= g->now_us
		       ? 0
		       : (int)((until - g->now_us + US_PER_MS - 1) / US_PER_MS);
}

static bool
is_socket(const struct probe_engine *g, const void *p)
{
	for (size_t i = 0; i < 2 * SOCKETS; i++)
		if (g->socks[i] == p)
			return true;
	return false;
}

enum rc
probe_engine_run(struct probe_engine *g, const struct probe_work *work,
		 const atomic_bool *stop, struct err *e)
{
	struct epoll_event events[EVENTS];

	g->work = work;
	g->now_us = clock_mono_us();
	for (size_t i = 0; i < g->n_targets; i++) {
		/* Not all at the same moment. */
		g->targets[i].next_us =
			g->now_us +
			(g->limits.per_s == 0
				 ? 0
				 : (int64_t)(probe_engine_random(g) %
					     (CLOCK_US_PER_S / g->limits.per_s + 1)));
		heap_push(g, &g->targets[i]);
	}
	while (g->n_heap != 0 || g->under_way != 0) {
		if (stop != NULL && atomic_load(stop))
			return err_set(e, RC_RETRY, "the probe was stopped");
		start_due(g);
		probe_udp_flush(g);
		if (g->n_heap == 0 && g->under_way == 0)
			break;
		int n = epoll_wait(g->epoll, events, EVENTS, wait_ms(g));
		if (n < 0 && errno != EINTR)
			return err_sys(e, "wait for answers");
		g->now_us = clock_mono_us();
		for (int i = 0; i < n; i++) {
			if (is_socket(g, events[i].data.ptr))
				probe_udp_read(g, events[i].data.ptr);
			else
				probe_stream_event(g, events[i].data.ptr,
						   events[i].events);
		}
		expire(g);
		probe_stream_bury(g);
	}
	return RC_OK;
}

/* ---- the engine -------------------------------------------------------------------- */

static void
hash_make(struct probe_engine *g)
{
	size_t size = 64;

	while (size < 2 * g->n_targets)
		size *= 2;
	g->hash_mask = size - 1;
	g->hash = calloc(size, sizeof(*g->hash));
	if (g->hash == NULL)
		abort();
}

enum rc
probe_engine_create(const struct probe_limits *limits, const struct probe_target *targets,
		    size_t n, struct probe_engine **ret, struct err *e)
{
	struct probe_engine *g = calloc(1, sizeof(*g));
	unsigned via = 0;
	bool families[2] = {false, false};
	enum rc rc = RC_OK;

	if (g == NULL)
		abort();
	g->limits = *limits;
	g->noise_at = sizeof(g->noise);
	g->n_targets = n;
	g->targets = calloc(n + 1, sizeof(*g->targets));
	g->heap = calloc(n + 2, sizeof(struct tstate *));
	if (g->targets == NULL || g->heap == NULL)
		abort();
	hash_make(g);
	for (size_t i = 0; i < n; i++) {
		bool ipv6 = targets[i].addr[PROBE_UDP].any.sa_family == AF_INET6;
		g->targets[i].t = &targets[i];
		g->targets[i].index = (uint32_t)i;
		via |= targets[i].via;
		families[ipv6] = true;
	}
	g->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (g->epoll < 0)
		rc = err_sys(e, "epoll");
	for (int f = 0; rc == RC_OK && f < 2; f++)
		if (families[f])
			rc = probe_udp_open(g, f == 1, e);
	if (rc == RC_OK && (via & 1U << PROBE_DOT) != 0)
		rc = probe_tls_credentials(limits->ca, &g->cred, e);
	if (rc == RC_OK) {
		*ret = g;
		g = NULL;
	}
	probe_engine_free(g);
	return rc;
}

void
probe_engine_free(struct probe_engine *g)
{
	if (g == NULL)
		return;
	probe_stream_close_all(g);
	probe_udp_close(g);
	for (uint32_t i = 0; i < g->n_asks; i++) {
		wire_free(g->asks[i]);
		free(g->asks[i]);
	}
	free(g->asks);
	free(g->targets);
	free(g->heap);
	free(g->hash);
	if (g->cred != NULL)
		gnutls_certificate_free_credentials(g->cred);
	if (g->epoll >= 0)
		close(g->epoll);
	free(g);
}

uint64_t
probe_engine_sent(const struct probe_engine *g)
{
	return g->sent;
}
