/*
 * The network: push_http.h for the pushers, whose requests wait in W.message until the
 * schedule delivers, doubles or loses them; and what a node's server does with one.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "peer/push.h"
#include "peer/server_int.h"
#include "sim/sim.h"

struct push_http {
	struct pusher *p;
	bool failed, refused; /* nothing came; the other's key is not the one */
	long status;
	uint8_t *body;
	size_t len;
};

/* ---- messages -------------------------------------------------------------------------
 */

static void *
copy_of(const void *p, size_t len)
{
	void *to = malloc(len + 1);

	if (to == NULL)
		abort();
	if (len != 0)
		memcpy(to, p, len);
	((char *)to)[len] = '\0';
	return to;
}

static struct message *
message_new(void)
{
	for (int i = 0; i < SIM_MESSAGES; i++)
		if (!W.message[i].used) {
			W.message[i] =
				(struct message){.used = true, .id = ++W.n_messages};
			return &W.message[i];
		}
	return NULL;
}

static void
message_end(struct message *m)
{
	free(m->body);
	*m = (struct message){0};
}

size_t
message_count(void)
{
	size_t n = 0;

	for (int i = 0; i < SIM_MESSAGES; i++)
		n += W.message[i].used;
	return n;
}

/* In the order in which they were sent. */
struct message *
message_any(uint64_t i)
{
	struct message *found = NULL;
	uint64_t below = 0;

	for (uint64_t k = 0; k <= i; k++) {
		found = NULL;
		for (int j = 0; j < SIM_MESSAGES; j++) {
			struct message *m = &W.message[j];
			if (m->used && m->id > below &&
			    (found == NULL || m->id < found->id))
				found = m;
		}
		if (found == NULL)
			return NULL;
		below = found->id;
	}
	return found;
}

/* Whoever waits hears that there is no answer. */
static void
waiter_fail(struct message *m)
{
	if (m->waiter == NULL)
		return;
	m->waiter->http->failed = true;
	m->waiter->asks = false;
	m->waiter = NULL;
}

void
message_lose(struct message *m)
{
	waiter_fail(m);
	W.dropped++;
	message_end(m);
}

void
message_late(struct message *m)
{
	waiter_fail(m);
}

struct message *
message_double(const struct message *m)
{
	struct message *twin = message_new();

	if (twin == NULL)
		return NULL;
	uint64_t id = twin->id;
	*twin = *m;
	twin->id = id;
	twin->waiter = NULL;
	twin->body = copy_of(m->body, m->len);
	return twin;
}

void
messages_of_lose(int node)
{
	for (int i = 0; i < SIM_MESSAGES; i++)
		if (W.message[i].used &&
		    (W.message[i].from == node || W.message[i].to == node))
			message_lose(&W.message[i]);
}

/* ---- of a pusher ----------------------------------------------------------------------
 */

/* `peer` NULL: whoever answers there. */
static enum rc
request(struct push_http *h, const struct exchange_peer *peer, const char *method,
	const char *call, const void *body, size_t len, struct push_reply *ret,
	struct err *e)
{
	struct pusher *p = h->p;
	struct message *m = message_new();

	if (m == NULL || W.cut[p->node->i][p->to]) {
		if (m != NULL)
			message_end(m);
		return err_set(e, RC_UNAVAILABLE, "there is no way to it");
	}
	m->from = p->node->i;
	m->to = p->to;
	m->method = method;
	snprintf(m->path, sizeof(m->path), "/peer/v1/%s", call);
	m->body = copy_of(body, len);
	m->len = len;
	m->waiter = p;
	m->key = p->node->nd->id->tls_spki[0];
	m->anyone = peer == NULL;
	if (peer != NULL) {
		m->n_wanted = peer->n_tls_spki;
		memcpy(m->wanted, peer->tls_spki, sizeof(m->wanted));
	}
	if (W.node[p->to].fetches)
		sim_broken("%s calls %s, which nobody can", p->node->org,
			   W.node[p->to].org);
	/* New keys enter a log right before its head is signed. */
	check_node(p->node);
	if (strcmp(call, "add-checkpoint") == 0)
		check_head(body, len);
	if (W.foe)
		foe_keep(m);
	h->failed = h->refused = false;
	p->asks = true;
	while (p->asks)
		fiber_yield();
	if (h->refused)
		return err_set(e, RC_DENIED, "it shows another key");
	if (h->failed)
		return err_set(e, RC_UNAVAILABLE, "it did not answer");
	*ret = (struct push_reply){
		.status = h->status, .body = (const char *)h->body, .len = h->len};
	return RC_OK;
}

enum rc
push_http_post(struct push_http *h, const struct exchange_peer *peer, const char *call,
	       const void *body, size_t len, struct push_reply *ret, struct err *e)
{
	if (sim_is(MUTANT_KEEPS) && strcmp(call, "receipts") == 0) {
		*ret = (struct push_reply){.status = MHD_HTTP_NO_CONTENT, .body = ""};
		return RC_OK;
	}
	return request(h, peer, "POST", call, body, len, ret, e);
}

enum rc
push_http_tell(struct push_http *h, const struct exchange_peer *peer, const char *call,
	       const char *body, struct push_reply *ret, struct err *e)
{
	(void)peer;
	return request(h, NULL, "POST", call, body, strlen(body), ret, e);
}

enum rc
push_http_ask(struct push_http *h, const struct exchange_peer *peer, const char *call,
	      struct push_reply *ret, struct err *e)
{
	(void)peer;
	if (sim_is(MUTANT_DEAF))
		return err_set(e, RC_UNAVAILABLE, "it is not asked");
	return request(h, NULL, "GET", call, NULL, 0, ret, e);
}

enum rc
push_http_get(struct push_http *h, const struct exchange_peer *peer, const char *call,
	      struct push_reply *ret, struct err *e)
{
	return request(h, peer, "GET", call, NULL, 0, ret, e);
}

enum rc
push_http_put_piece(struct push_http *h, const struct exchange_peer *peer,
		    const struct hash *sha256, uint64_t from, uint64_t total,
		    const void *piece, size_t len, struct push_reply *ret, struct err *e)
{
	(void)h;
	(void)peer;
	(void)sha256;
	(void)from;
	(void)total;
	(void)piece;
	(void)len;
	(void)ret;
	return err_set(e, RC_UNAVAILABLE, "no files are simulated");
}

static void
run_pusher(void *arg)
{
	struct pusher *p = arg;
	struct arena *a = arena_create();

	for (;;) {
		int64_t most_us = CLOCK_US_PER_S;
		enum push_then then = push_peer_round(&p->peer, a, &most_us);
		arena_reset(a);
		p->waits = then != PUSH_AGAIN;
		p->until_us = clock_mono_us() + most_us;
		fiber_yield();
	}
}

void
pushers_start(struct sim_node *n)
{
	for (int i = 0; i < n->n_push; i++) {
		struct pusher *p = &n->push[i];
		if (p->http == NULL)
			p->http = calloc(1, sizeof(*p->http));
		if (p->http == NULL)
			abort();
		p->http->p = p;
		p->asks = p->waits = false;
		push_peer_init(&p->peer, n->nd, p->channel, p->http, &p->stop);
		p->fiber = fiber_create(run_pusher, p);
	}
}

void
pushers_end(struct sim_node *n)
{
	for (int i = 0; i < SIM_MESSAGES; i++) {
		struct message *m = &W.message[i];
		if (m->used && m->waiter != NULL && m->waiter->node == n)
			m->waiter = NULL;
	}
	for (int i = 0; i < n->n_push; i++) {
		fiber_free(n->push[i].fiber);
		n->push[i].fiber = NULL;
	}
}

bool
pusher_ready(const struct pusher *p)
{
	struct node *nd = p->node->nd;

	if (nd == NULL || p->asks)
		return false;
	return !p->waits || p->until_us <= clock_mono_us() ||
	       node_commits(nd) != nd->push_seen[p->channel];
}

void
pusher_step(struct pusher *p)
{
	W.cur = p->node;
	p->waits = false;
	fiber_resume(p->fiber);
	W.cur = NULL;
	if (p->node->dead)
		node_down(p->node, sim_chance(50));
	else
		check_node(p->node);
}

/* ---- of a server ----------------------------------------------------------------------
 */

struct serving {
	struct sim_node *n;
	const struct message *m;
	long status;
	void *body;
	size_t len;
};

/* As request.c does it: who calls is who its key says. */
static void
run_request(void *arg)
{
	struct serving *s = arg;
	const struct message *m = s->m;
	struct arena *a = arena_create();
	struct peer_request *r = ARENA_NEW(a, struct peer_request);
	struct peer_answer answer = {0};
	struct err e = ERR_INIT;

	r->a = a;
	r->nd = s->n->nd;
	enum rc rc = exchange_peer_of_key(r->nd, &m->key, &r->peer, &e);
	if (rc == RC_DENIED && peer_route_is_for_anyone(m->path, m->method))
		rc = RC_OK;
	if (rc == RC_OK)
		rc = peer_route_find(r, arena_strdup(a, m->path), m->method, &answer, &e);
	if (rc == RC_OK) {
		r->body.max = r->route->body_max;
		buf_put(&r->body, m->body, m->len);
		if (!buf_ok(&r->body))
			rc = err_set(&e, RC_TOO_LARGE, "the body is too large");
	}
	if (rc == RC_OK) {
		rc = r->route->handler(r->nd, r, &answer, &e);
	}
	if (rc != RC_OK)
		(void)peer_refusal_put(a, rc, &e, &answer);
	s->status = answer.status == 0 ? MHD_HTTP_OK : (long)answer.status;
	s->body = copy_of(answer.body, answer.len);
	s->len = answer.len;
	buf_free(&r->body);
	arena_free(a);
}

static void
deliver_reply(struct message *m)
{
	struct push_http *h = m->waiter == NULL ? NULL : m->waiter->http;

	if (h != NULL) {
		free(h->body);
		h->body = m->body;
		h->len = m->len;
		h->status = m->status;
		m->body = NULL;
		m->waiter->asks = false;
	}
	message_end(m);
}

/* As libcurl does it: is the server's key one that its caller wants? */
static bool
key_is_wanted(const struct message *m)
{
	const struct identity *id = W.node[m->to].nd->id;

	for (size_t i = 0; i < m->n_wanted; i++)
		if (hash_equal(&m->wanted[i], &id->tls_spki[0]))
			return true;
	return m->anyone;
}

/* A node that fetches asks for ever whether there is something new or a proof that the
 * channel is frozen, and, where the head is signed with a key that it does not know, for
 * that. */
static bool
is_poll(const struct message *m)
{
	const char *last = strrchr(m->path, '/');

	return strcmp(m->method, "GET") == 0 &&
	       (strcmp(last, "/checkpoint") == 0 || strcmp(last, "/fraud") == 0 ||
		strcmp(last, "/identity") == 0);
}

void
message_deliver(struct message *m)
{
	struct sim_node *n = &W.node[m->to];

	if (W.cut[m->from][m->to] || (!m->reply && n->nd == NULL)) {
		message_lose(m);
		return;
	}
	if (!m->reply && !key_is_wanted(m)) {
		sim_trace("  %s shows another key to %s", n->org, W.node[m->from].org);
		if (m->waiter != NULL)
			m->waiter->http->refused = true;
		message_lose(m);
		return;
	}
	W.delivered++;
	W.polls += is_poll(m);
	if (m->reply) {
		if (is_poll(m) && m->status == MHD_HTTP_OK && !W.foe &&
		    strstr(m->path, "/checkpoint") != NULL)
			check_note((const char *)m->body, m->len);
		deliver_reply(m);
		return;
	}
	struct serving s = {.n = n, .m = m};
	bool whole = node_run(n, run_request, &s);
	sim_trace("  %s %s from %s: %s %ld %.*s", n->org, m->path + strlen("/peer/v1/"),
		  W.node[m->from].org, whole ? "answers" : "is killed", s.status,
		  s.status == MHD_HTTP_OK
			  ? 0
			  : (int)strcspn(s.body == NULL ? "" : s.body, "\n"),
		  s.body == NULL ? "" : (char *)s.body);
	if (whole && m->waiter != NULL) {
		free(m->body);
		m->reply = true;
		m->to = m->from;
		m->from = n->i;
		m->body = s.body;
		m->len = s.len;
		m->status = s.status;
		m->id = ++W.n_messages;
	} else {
		free(s.body);
		message_lose(m);
	}
	if (whole)
		check_node(n);
	else
		node_down(n, sim_chance(50));
}
