/* Questions over UDP: a pool of sockets on random ports, batches, forged answers. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probe/engine_int.h"

enum {
	PORT_LOW = 1024,
	PORT_TRIES = 32,
	SOCKET_BUFFER = 4 << 20,
	ID_TRIES = 64,
	READS_MAX = 16, /* batches of one socket before others have their turn */
};

static uint64_t
address_hash(const union probe_socket *s)
{
	const uint8_t *p = (const uint8_t *)&s->in6.sin6_addr;
	size_t len = sizeof(s->in6.sin6_addr);
	uint64_t h = UINT64_C(1469598103934665603);

	if (s->any.sa_family == AF_INET) {
		p = (const uint8_t *)&s->in.sin_addr;
		len = sizeof(s->in.sin_addr);
	}
	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	h = (h ^ s->in.sin_port) * UINT64_C(1099511628211); /* the same place in both */
	return h ^ h >> 32;
}

static bool
address_equal(const union probe_socket *a, const union probe_socket *b)
{
	if (a->any.sa_family != b->any.sa_family || a->in.sin_port != b->in.sin_port)
		return false;
	return a->any.sa_family == AF_INET
		       ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
		       : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr,
				sizeof(a->in6.sin6_addr)) == 0;
}

/* A port that nobody can foresee; where it is taken, one of the system's choice. */
static enum rc
port_bind(struct probe_engine *g, int fd, bool ipv6, struct err *e)
{
	union probe_socket s;

	for (int i = 0; i <= PORT_TRIES; i++) {
		uint16_t port = (uint16_t)(PORT_LOW + probe_engine_random(g) %
							      (UINT16_MAX - PORT_LOW));
		memset(&s, 0, sizeof(s));
		s.any.sa_family = ipv6 ? AF_INET6 : AF_INET;
		s.in.sin_port = i == PORT_TRIES ? 0 : htons(port);
		if (bind(fd, &s.any, ipv6 ? sizeof(s.in6) : sizeof(s.in)) == 0)
			return RC_OK;
		if (errno != EADDRINUSE && errno != EACCES)
			break;
	}
	return err_sys(e, "bind a UDP socket");
}

static enum rc
socket_open(struct probe_engine *g, bool ipv6, struct usock **ret, struct err *e)
{
	struct usock *s = calloc(1, sizeof(*s));
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = s};
	int one = 1, size = SOCKET_BUFFER;

	if (s == NULL)
		abort();
	s->owner = calloc(IDS, sizeof(*s->owner));
	if (s->owner == NULL)
		abort();
	s->ipv6 = ipv6;
	*ret = s;
	s->fd = socket(ipv6 ? AF_INET6 : AF_INET,
		       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0)
		return err_sys(e, "a UDP socket");
	if (ipv6)
		setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	enum rc rc = port_bind(g, s->fd, ipv6, e);
	if (rc == RC_OK && epoll_ctl(g->epoll, EPOLL_CTL_ADD, s->fd, &ev) < 0)
		rc = err_sys(e, "epoll");
	return rc;
}

enum rc
probe_udp_open(struct probe_engine *g, bool ipv6, struct err *e)
{
	enum rc rc = RC_OK;

	for (unsigned i = 0; i < BATCH; i++) {
		g->in_iov[i] = (struct iovec){g->in[i], PROBE_MESSAGE_MAX};
		g->in_msgs[i].msg_hdr.msg_iov = &g->in_iov[i];
		g->in_msgs[i].msg_hdr.msg_iovlen = 1;
		g->in_msgs[i].msg_hdr.msg_name = &g->in_from[i];
	}
	for (size_t i = 0; rc == RC_OK && i < SOCKETS; i++)
		rc = socket_open(g, ipv6, &g->socks[(ipv6 ? SOCKETS : 0) + i], e);
	for (uint32_t i = 0; i < g->n_targets; i++) {
		struct tstate *ts = &g->targets[i];
		const union probe_socket *s = &ts->t->addr[PROBE_UDP];
		if ((s->any.sa_family == AF_INET6) != ipv6)
			continue;
		uint32_t *slot = &g->hash[address_hash(s) & g->hash_mask];
		ts->hash_next = *slot;
		*slot = i + 1;
	}
	return rc;
}

void
probe_udp_close(struct probe_engine *g)
{
	for (size_t i = 0; i < 2 * SOCKETS; i++) {
		struct usock *s = g->socks[i];
		if (s == NULL)
			continue;
		if (s->fd >= 0)
			close(s->fd);
		free(s->owner);
		free(s);
	}
}

static void
socket_flush(struct probe_engine *g, struct usock *s)
{
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	unsigned at = 0;

	memset(msgs, 0, s->n_out * sizeof(msgs[0]));
	for (unsigned i = 0; i < s->n_out; i++) {
		const struct probe_target *t = s->out_to[i]->t;
		iov[i] = (struct iovec){s->out[i], s->out_len[i]};
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
		/* sendmmsg() reads it; the type has no const. */
		memcpy(&msgs[i].msg_hdr.msg_name, &(const void *){&t->addr[PROBE_UDP]},
		       sizeof(void *));
		msgs[i].msg_hdr.msg_namelen = t->addr_len;
	}
	while (at < s->n_out) {
		int n = sendmmsg(s->fd, msgs + at, s->n_out - at, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
			break;
		/* One that cannot be sent (no route, a firewall) stays unanswered. */
		at += n < 0 ? 1 : (unsigned)n;
		g->sent += n < 0 ? 0 : (unsigned)n;
	}
	for (unsigned i = at; at != 0 && i < s->n_out; i++) {
		memcpy(s->out[i - at], s->out[i], s->out_len[i]);
		s->out_len[i - at] = s->out_len[i];
		s->out_to[i - at] = s->out_to[i];
	}
	s->n_out -= at;
}

void
probe_udp_flush(struct probe_engine *g)
{
	if (!g->dirty)
		return;
	g->dirty = false;
	for (size_t i = 0; i < 2 * SOCKETS; i++) {
		struct usock *s = g->socks[i];
		if (s == NULL || s->n_out == 0)
			continue;
		socket_flush(g, s);
		g->dirty |= s->n_out != 0;
	}
}

static uint16_t
id_take(struct probe_engine *g, struct usock *s, uint32_t index)
{
	uint16_t id = (uint16_t)probe_engine_random(g);

	for (unsigned i = 0; s->owner[id] != 0; i++)
		id = i < ID_TRIES ? (uint16_t)probe_engine_random(g) : (uint16_t)(id + 1);
	s->owner[id] = index;
	s->used[id / 8] = (uint8_t)(s->used[id / 8] | 1U << id % 8);
	return id;
}

void
probe_udp_send(struct probe_engine *g, struct ask *k)
{
	bool ipv6 = k->ts->t->addr[PROBE_UDP].any.sa_family == AF_INET6;
	uint8_t at = (uint8_t)((ipv6 ? SOCKETS : 0) + g->turn);
	struct usock *s = g->socks[at];

	if (s->n_out == BATCH)
		socket_flush(g, s);
	if (k->tries == 0) {
		k->sent_us = clock_now_us();
		k->next_of = k->ts->asks;
		if (k->next_of != NULL)
			k->next_of->prev_of = k;
		k->ts->asks = k;
	}
	k->socks[k->tries] = at;
	k->ids[k->tries] = id_take(g, s, k->index);
	k->sent_mono_us[k->tries] = g->now_us;
	/* When the system takes no more, this try is as one that was lost. */
	if (s->n_out < BATCH) {
		s->out_len[s->n_out] = probe_query_put(k->in.question, k->ids[k->tries],
						       s->out[s->n_out]);
		s->out_to[s->n_out++] = k->ts;
	}
	k->tries++;
	g->dirty = true;
	probe_engine_list_put(g, k, LIST_UDP, g->now_us + g->limits.timeout_us);
}

void
probe_udp_forget(struct probe_engine *g, struct ask *k)
{
	for (unsigned i = 0; i < k->tries; i++)
		g->socks[k->socks[i]]->owner[k->ids[i]] = 0;
	if (k->prev_of != NULL)
		k->prev_of->next_of = k->next_of;
	else
		k->ts->asks = k->next_of;
	if (k->next_of != NULL)
		k->next_of->prev_of = k->prev_of;
}

void
probe_udp_expired(struct probe_engine *g, struct ask *k)
{
	if (k->tries < g->limits.tries)
		probe_udp_send(g, k);
	else
		probe_engine_finish(g, k,
				    k->broken ? PROBE_GOT_BROKEN : PROBE_GOT_SILENCE);
}

/* Nobody asked with that id.  Does it come from a resolver that is being asked just this?
 * Then somebody guesses at ids. */
static void
stray(struct probe_engine *g, const struct usock *s, const union probe_socket *from,
      const uint8_t *p, size_t len)
{
	uint16_t id = knot_wire_read_u16(p);

	if ((s->used[id / 8] & 1U << id % 8) != 0)
		return; /* a late answer to a question of ours */
	for (uint32_t i = g->hash[address_hash(from) & g->hash_mask]; i != 0;
	     i = g->targets[i - 1].hash_next) {
		struct tstate *ts = &g->targets[i - 1];
		if (!address_equal(&ts->t->addr[PROBE_UDP], from))
			continue;
		for (struct ask *k = ts->asks; k != NULL; k = k->next_of)
			if (probe_answer_match(k->in.question, id, p, len) == PROBE_MATCH)
				k->forged = true;
	}
}

static void
take_another(struct ask *k, const uint8_t *p, size_t len)
{
	struct probe_answer other;

	if (len == k->len && memcmp(p + 2, k->wire + 2, len - 2) == 0)
		return; /* the network doubled it */
	if (probe_answer_read(k->in.question, p, len, &other, NULL) != RC_OK ||
	    probe_answer_differs(&other, &k->answer))
		k->forged = true;
}

static void
take(struct probe_engine *g, struct usock *s, const union probe_socket *from,
     const uint8_t *p, size_t len)
{
	uint16_t id = knot_wire_read_u16(p);
	uint32_t index = s->owner[id];

	if (index == 0) {
		stray(g, s, from, p, len);
		return;
	}
	struct ask *k = g->asks[index - 1];
	if (!address_equal(&k->ts->t->addr[PROBE_UDP], from))
		return; /* not whom we asked */
	switch (probe_answer_match(k->in.question, id, p, len)) {
	case PROBE_MATCH:
		break;
	case PROBE_MATCH_ID:
		k->forged = true;
		return;
	case PROBE_MATCH_QUESTION:
	case PROBE_MATCH_NOT:
		k->broken = true;
		k->why = "what came is no answer to the question";
		return;
	}
	if (k->answered) {
		take_another(k, p, len);
		return;
	}
	/* What cannot be read ends no waiting: the answer may still come. */
	if (!probe_engine_keep(k, p, len))
		return;
	for (unsigned i = 0; i < k->tries; i++)
		if (g->socks[k->socks[i]] == s && k->ids[i] == id)
			k->rtt_us = g->now_us - k->sent_mono_us[i];
	probe_engine_answered(g, k);
	if (g->limits.linger_us == 0)
		probe_engine_finish(
			g, k, k->answer.truncated ? PROBE_GOT_TRUNCATED : k->answer.got);
	else
		probe_engine_list_put(g, k, LIST_LINGER, g->now_us + g->limits.linger_us);
}

void
probe_udp_read(struct probe_engine *g, struct usock *s)
{
	for (unsigned round = 0; round < READS_MAX; round++) {
		for (unsigned i = 0; i < BATCH; i++)
			g->in_msgs[i].msg_hdr.msg_namelen = sizeof(g->in_from[i]);
		int n = recvmmsg(s->fd, g->in_msgs, BATCH, MSG_DONTWAIT, NULL);
		if (n <= 0)
			return;
		for (int i = 0; i < n; i++)
			if (g->in_msgs[i].msg_len >= KNOT_WIRE_HEADER_SIZE)
				take(g, s, &g->in_from[i], g->in[i],
				     g->in_msgs[i].msg_len);
		if (n < BATCH)
			return;
	}
}
