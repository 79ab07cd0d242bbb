/* Questions over TCP and DoT: one connection a resolver and transport, shared. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/engine_int.h"

enum {
	OUT_MAX = 1 << 20,
	READS_MAX = 16, /* of one connection before others have their turn */
};

static void start_waiting(struct probe_engine *g);

static void
ask_link(struct conn *c, struct ask *k)
{
	k->conn = c;
	k->prev_of = NULL;
	k->next_of = c->asks;
	if (k->next_of != NULL)
		k->next_of->prev_of = k;
	c->asks = k;
}

static void
ask_unlink(struct ask *k)
{
	if (k->conn == NULL)
		return;
	if (k->prev_of != NULL)
		k->prev_of->next_of = k->next_of;
	else
		k->conn->asks = k->next_of;
	if (k->next_of != NULL)
		k->next_of->prev_of = k->prev_of;
	k->prev_of = k->next_of = NULL;
	k->conn = NULL;
}

static void
conn_free(struct probe_engine *g, struct conn *c)
{
	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		g->conns = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	g->n_conns--;
	if (c->ts->conn[c->via] == c)
		c->ts->conn[c->via] = NULL;
	if (c->tls != NULL)
		gnutls_deinit(c->tls);
	if (c->fd >= 0)
		close(c->fd);
	buf_free(&c->out);
	c->tls = NULL;
	c->fd = -1;
	/* An event that came with others may still name it. */
	c->prev = NULL;
	c->next = g->gone;
	g->gone = c;
}

void
probe_stream_bury(struct probe_engine *g)
{
	while (g->gone != NULL) {
		struct conn *c = g->gone;
		g->gone = c->next;
		free(c);
	}
}

/* Once more over a new connection, or that was it. */
static void
ask_failed(struct probe_engine *g, struct ask *k, const char *why)
{
	k->why = why;
	ask_unlink(k);
	if (k->tries < STREAM_TRIES)
		probe_engine_list_put(g, k, LIST_WAITING, INT64_MAX);
	else
		probe_engine_finish(g, k, PROBE_GOT_BROKEN);
}

static void
conn_fail(struct probe_engine *g, struct conn *c, const char *why)
{
	c->ts->conn[c->via] = NULL;
	while (c->asks != NULL)
		ask_failed(g, c->asks, why);
	conn_free(g, c);
	start_waiting(g);
}

static const char *
why_of(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return "the connection was refused";
	case ECONNRESET:
	case EPIPE:
		return "the connection was reset";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "there is no way to it";
	case ETIMEDOUT:
		return "no connection in time";
	default:
		return "the connection failed";
	}
}

static void
conn_watch(struct probe_engine *g, struct conn *c)
{
	bool write = c->state == CONN_CONNECTING || c->want_write ||
		     (c->state == CONN_OPEN && c->out_at < c->out.len);
	struct epoll_event ev = {
		.events = EPOLLIN | (write ? (uint32_t)EPOLLOUT : 0U),
		.data.ptr = c,
	};

	/* It fails only for what is not there. */
	(void)epoll_ctl(g->epoll, EPOLL_CTL_MOD, c->fd, &ev);
}

static struct conn *
conn_open(struct probe_engine *g, struct tstate *ts, enum probe_via via,
	  const char **ret_why)
{
	struct conn *c = calloc(1, sizeof(*c));
	const union probe_socket *to = &ts->t->addr[via];
	struct epoll_event ev = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
	int one = 1;

	if (c == NULL)
		abort();
	c->ts = ts;
	c->via = via;
	c->out.max = OUT_MAX;
	c->next = g->conns;
	if (c->next != NULL)
		c->next->prev = c;
	g->conns = c;
	g->n_conns++;
	c->fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	*ret_why = "no socket is left";
	if (c->fd < 0 || epoll_ctl(g->epoll, EPOLL_CTL_ADD, c->fd, &ev) < 0)
		goto fail;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(c->fd, &to->any, ts->t->addr_len) < 0 && errno != EINPROGRESS) {
		*ret_why = why_of(errno);
		goto fail;
	}
	*ret_why = "TLS cannot begin";
	if (via == PROBE_DOT && probe_tls_begin(c, g->cred) != RC_OK)
		goto fail;
	ts->conn[via] = c;
	return c;
fail:
	conn_free(g, c);
	return NULL;
}

static bool
id_is_free(const struct conn *c, uint16_t id)
{
	for (const struct ask *k = c->asks; k != NULL; k = k->next_of)
		if (k->ids[0] == id)
			return false;
	return true;
}

static void
ask_put(struct probe_engine *g, struct conn *c, struct ask *k)
{
	uint8_t wire[PROBE_QUERY_MAX];
	uint16_t id = (uint16_t)probe_engine_random(g);

	while (!id_is_free(c, id))
		id = (uint16_t)probe_engine_random(g);
	k->ids[0] = id;
	if (k->tries == 0)
		k->sent_us = clock_now_us();
	k->sent_mono_us[0] = g->now_us;
	k->tries++;
	size_t len = probe_query_put(k->in.question, id, wire);
	buf_put_u16be(&c->out, (uint16_t)len);
	buf_put(&c->out, wire, len);
	ask_link(c, k);
	g->sent++;
	probe_engine_list_put(g, k, LIST_STREAM, g->now_us + g->limits.stream_us);
	conn_watch(g, c);
}

/* A connection that nobody uses, to make room for one that somebody wants. */
static bool
room_make(struct probe_engine *g)
{
	for (struct conn *c = g->conns;
	     g->n_conns >= g->limits.connections && c != NULL;) {
		struct conn *next = c->next;
		if (c->asks == NULL)
			conn_free(g, c);
		c = next;
	}
	return g->n_conns < g->limits.connections;
}

void
probe_stream_start(struct probe_engine *g, struct ask *k)
{
	struct conn *c = k->ts->conn[k->in.via];
	const char *why = NULL;

	if (c == NULL && !room_make(g)) {
		probe_engine_list_put(g, k, LIST_WAITING, INT64_MAX);
		return;
	}
	if (c == NULL)
		c = conn_open(g, k->ts, k->in.via, &why);
	if (c != NULL) {
		ask_put(g, c, k);
		return;
	}
	k->why = why;
	if (k->tries == 0) {
		k->sent_us = clock_now_us();
		k->sent_mono_us[0] = g->now_us;
	}
	k->tries++;
	probe_engine_finish(g, k, PROBE_GOT_BROKEN);
}

static void
start_waiting(struct probe_engine *g)
{
	struct ask *k = g->lists[LIST_WAITING].first, *last = g->lists[LIST_WAITING].last;

	while (k != NULL && (g->n_conns < g->limits.connections || room_make(g) ||
			     k->ts->conn[k->in.via] != NULL)) {
		struct ask *next = k == last ? NULL : k->next;
		probe_engine_list_drop(g, k);
		probe_stream_start(g, k);
		k = next;
	}
}

void
probe_stream_forget(struct probe_engine *g, struct ask *k)
{
	(void)g;
	ask_unlink(k);
}

void
probe_stream_expired(struct probe_engine *g, struct ask *k)
{
	struct conn *c = k->conn;
	bool open = c != NULL && c->state == CONN_OPEN;

	k->why = open ? "no answer in time" : "no connection in time";
	probe_engine_finish(g, k, open ? PROBE_GOT_SILENCE : PROBE_GOT_BROKEN);
	/* Others on it wait as long for themselves; one that never opened goes. */
	if (c != NULL && !open && c->asks == NULL) {
		conn_free(g, c);
		start_waiting(g);
	}
}

void
probe_stream_close_all(struct probe_engine *g)
{
	while (g->conns != NULL) {
		while (g->conns->asks != NULL)
			ask_unlink(g->conns->asks);
		conn_free(g, g->conns);
	}
	probe_stream_bury(g);
}

/* ---- bytes ------------------------------------------------------------------------- */

static ssize_t
bytes_out(struct conn *c, const char *p, size_t len)
{
	if (c->tls == NULL) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);
		return n < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : n;
	}
	ssize_t n = gnutls_record_send(c->tls, p, len);
	return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? 0 : n;
}

/* 0: nothing now; -1: the end of it. */
static ssize_t
bytes_in(struct conn *c, uint8_t *p, size_t len)
{
	ssize_t n;

	if (c->tls == NULL) {
		n = recv(c->fd, p, len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return 0;
		return n <= 0 ? -1 : n;
	}
	n = gnutls_record_recv(c->tls, p, len);
	if (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED)
		return 0;
	return n <= 0 ? -1 : n;
}

static struct ask *
ask_of(struct conn *c, uint16_t id)
{
	for (struct ask *k = c->asks; k != NULL; k = k->next_of)
		if (k->ids[0] == id)
			return k;
	return NULL;
}

static void
message_take(struct probe_engine *g, struct conn *c, const uint8_t *p, size_t len)
{
	struct ask *k;

	if (len < KNOT_WIRE_HEADER_SIZE)
		return;
	k = ask_of(c, knot_wire_read_u16(p));
	if (k == NULL)
		return; /* nobody waits for it: given up on, or never asked */
	if (probe_answer_match(k->in.question, k->ids[0], p, len) != PROBE_MATCH ||
	    !probe_engine_keep(k, p, len)) {
		k->why = "what came is no answer to the question";
		probe_engine_finish(g, k, PROBE_GOT_BROKEN);
		return;
	}
	k->rtt_us = g->now_us - k->sent_mono_us[0];
	k->ts->open--;
	probe_engine_finish(g, k, k->answer.truncated ? PROBE_GOT_BROKEN : k->answer.got);
}

/* False: it ended.  One that never stops sending has its turn and no more; what TLS has
 * read ahead is read out, since no event tells of it. */
static bool
conn_read(struct probe_engine *g, struct conn *c)
{
	ssize_t n = 0;

	for (unsigned round = 0;
	     round < READS_MAX ||
	     (c->tls != NULL && gnutls_record_check_pending(c->tls) != 0);
	     round++) {
		n = bytes_in(c, c->in + c->in_len, sizeof(c->in) - c->in_len);
		if (n <= 0)
			break;
		size_t at = 0;
		c->in_len += (size_t)n;
		while (c->in_len - at >= FRAME) {
			size_t len = knot_wire_read_u16(c->in + at);
			if (c->in_len - at - FRAME < len)
				break;
			message_take(g, c, c->in + at + FRAME, len);
			at += FRAME + len;
		}
		memmove(c->in, c->in + at, c->in_len - at);
		c->in_len -= at;
	}
	return n >= 0;
}

static bool
conn_write(struct conn *c)
{
	while (c->out_at < c->out.len) {
		ssize_t n = bytes_out(c, buf_str(&c->out) + c->out_at,
				      c->out.len - c->out_at);
		if (n < 0)
			return false;
		if (n == 0)
			return true;
		c->out_at += (size_t)n;
	}
	buf_reset(&c->out);
	c->out_at = 0;
	return true;
}

/* RC_RETRY: not open yet. */
static enum rc
conn_advance(struct conn *c, const char **ret_why)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (c->state == CONN_CONNECTING) {
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err != 0) {
			*ret_why = why_of(err);
			return RC_IO;
		}
		c->state = c->via == PROBE_DOT ? CONN_HANDSHAKE : CONN_OPEN;
	}
	if (c->state == CONN_HANDSHAKE) {
		enum rc rc = probe_tls_handshake(c, ret_why);
		if (rc != RC_OK)
			return rc;
		c->want_write = false;
		c->state = CONN_OPEN;
	}
	return RC_OK;
}

void
probe_stream_event(struct probe_engine *g, struct conn *c, uint32_t events)
{
	const char *why = "the connection was closed";

	if (c->fd < 0)
		return;
	if (c->state == CONN_CONNECTING &&
	    (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0)
		return;
	enum rc rc = conn_advance(c, &why);
	if (rc == RC_OK && !conn_write(c))
		rc = RC_IO;
	if (rc == RC_OK && !conn_read(g, c))
		rc = RC_IO;
	if (rc == RC_IO)
		conn_fail(g, c, why);
	else
		conn_watch(g, c);
}
