/*
 * NOTIFY (RFC 1996): after each change every operator is told, again and again with
 * growing pauses, until it acknowledges.  What does not get through is made good by the
 * operator's own refresh.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpz/internal.h"

enum { NOTIFY_TRIES_OF_RECV = 8 };

struct notice {
	const struct rpz_peer *peer;
	int fd; /* connected UDP; -1: this one is settled */
	uint16_t id;
	int attempts;
	int64_t next_us; /* when to send (again) */
	uint8_t mac[RPZ_MAC_BYTES];
	size_t mac_len;
};

struct round {
	struct rpz *r;
	struct rpz_snapshot *snapshot;
	struct rpz_peers *peers;
	struct notice *notice;
	struct pollfd *poll; /* stop, changed, then one for each notice */
	size_t n;
};

static void
notice_settle(struct round *o, struct notice *t, const char *result)
{
	log_line(LOG_INFO, "rpz.notify", "serial=%u attempts=%d result=%s",
		 o->snapshot->serial, t->attempts, result);
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

static bool
is_any(const struct sockaddr_storage *ss)
{
	static const struct rpz_addr any4 = {{[10] = 0xff, [11] = 0xff}}, any6;
	struct rpz_addr a = rpz_addr_of(ss);

	return memcmp(&a, &any4, sizeof(a)) == 0 || memcmp(&a, &any6, sizeof(a)) == 0;
}

/* From the address that we serve on, since operators list it; connected, so that only
 * the operator can answer and a closed port is known at once. */
static int
socket_connect(const struct rpz *r, const struct rpz_peer *p)
{
	struct sockaddr_storage to, from = r->bound;
	socklen_t len = rpz_addr_socket(&p->addr, p->notify_port, &to);
	int fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (from.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&from)->sin6_port = 0;
	else
		((struct sockaddr_in *)&from)->sin_port = 0;
	if ((from.ss_family == to.ss_family && !is_any(&from) &&
	     bind(fd, (struct sockaddr *)&from, r->bound_len) < 0) ||
	    connect(fd, (struct sockaddr *)&to, len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static size_t
notice_encode(struct round *o, struct notice *t, uint8_t wire[RPZ_REPLY_BYTES])
{
	knot_pkt_t *pkt = knot_pkt_new(wire, RPZ_REPLY_BYTES, NULL);
	size_t len = 0;

	if (pkt == NULL)
		abort();
	knot_pkt_clear(pkt);
	knot_wire_set_id(wire, t->id);
	knot_wire_set_opcode(wire, KNOT_OPCODE_NOTIFY);
	knot_wire_set_aa(wire);
	if (knot_pkt_put_question(pkt, o->r->origin, KNOT_CLASS_IN, KNOT_RRTYPE_SOA) ==
		    KNOT_EOK &&
	    rpz_put_record(pkt, o->r->origin, KNOT_RRTYPE_SOA, o->snapshot->ttl_s,
			   o->snapshot->soa, o->snapshot->soa_len) == KNOT_EOK)
		len = pkt->size;
	knot_pkt_free(pkt);
	if (len > 0 && t->peer->has_key) {
		t->mac_len = sizeof(t->mac);
		if (knot_tsig_sign(wire, &len, RPZ_REPLY_BYTES, NULL, 0, t->mac,
				   &t->mac_len, &t->peer->key, 0, 0) != KNOT_EOK)
			len = 0;
	}
	return len;
}

static void
notice_send(struct round *o, struct notice *t)
{
	uint8_t wire[RPZ_REPLY_BYTES];
	int64_t pause_ms = RPZ_NOTIFY_FIRST_MS;
	size_t len;

	if (t->attempts >= RPZ_NOTIFY_ATTEMPTS_MAX) {
		notice_settle(o, t, "no_answer");
		return;
	}
	for (int i = 0; i < t->attempts && pause_ms < RPZ_NOTIFY_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > RPZ_NOTIFY_PAUSE_MAX_MS)
		pause_ms = RPZ_NOTIFY_PAUSE_MAX_MS;
	t->attempts++;
	t->next_us = clock_mono_us() + pause_ms * 1000;
	len = notice_encode(o, t, wire);
	if (len == 0)
		notice_settle(o, t, "cannot_be_signed");
	else
		(void)!send(t->fd, wire, len,
			    MSG_NOSIGNAL); /* failed: the next one may not */
}

/*
 * An acknowledgement of this notice?  An unsigned one counts even where a key is set
 * (PowerDNS sends such); the price of a forged one, by somebody who guesses id and port,
 * is that we stop repeating ourselves.  A signed one must be in order.
 */
static bool
is_acknowledged(struct round *o, struct notice *t, uint8_t *wire, size_t len)
{
	knot_pkt_t *pkt = knot_pkt_new(wire, (uint16_t)len, NULL);
	bool ok;

	if (pkt == NULL)
		abort();
	ok = knot_pkt_parse(pkt, 0) == KNOT_EOK && knot_wire_get_qr(wire) &&
	     knot_wire_get_id(wire) == t->id &&
	     knot_wire_get_opcode(wire) == KNOT_OPCODE_NOTIFY &&
	     knot_wire_get_rcode(wire) == KNOT_RCODE_NOERROR &&
	     (pkt->qname_size == 0 ||
	      knot_dname_is_equal(knot_pkt_qname(pkt), o->r->origin));
	if (ok && pkt->tsig_rr != NULL)
		ok = t->peer->has_key &&
		     knot_tsig_rdata_alg(pkt->tsig_rr) == t->peer->key.algorithm &&
		     knot_tsig_client_check(pkt->tsig_rr, wire, pkt->size, t->mac,
					    t->mac_len, &t->peer->key, 0) == KNOT_EOK;
	knot_pkt_free(pkt);
	return ok;
}

static void
notice_receive(struct round *o, struct notice *t)
{
	uint8_t wire[RPZ_QUERY_BYTES_MAX];

	/* Bounded: a flood must not keep the others from being told. */
	for (int i = 0; i < NOTIFY_TRIES_OF_RECV && t->fd >= 0; i++) {
		ssize_t n = recv(t->fd, wire, sizeof(wire), 0);

		if (n < 0)
			return; /* nothing there, or a closed port: it may open */
		if (n >= KNOT_WIRE_HEADER_SIZE && is_acknowledged(o, t, wire, (size_t)n))
			notice_settle(o, t, "acknowledged");
	}
}

static void
round_end(struct round *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->notice[i].fd >= 0)
			close(o->notice[i].fd);
	free(o->notice);
	free(o->poll);
	rpz_peers_put(o->r, o->peers);
	rpz_snapshot_put(o->r, o->snapshot);
	*o = (struct round){.r = o->r};
}

/* What there is to tell now; what was still being told is superseded by it. */
static void
round_begin(struct round *o)
{
	round_end(o);
	if (rpz_peers_get(o->r, &o->peers) != RC_OK ||
	    rpz_snapshot_get(o->r, &o->snapshot) != RC_OK)
		return; /* logged where it failed */
	o->notice = calloc(o->peers->n + 1, sizeof(*o->notice));
	o->poll = calloc(2 + o->peers->n, sizeof(*o->poll));
	if (o->notice == NULL || o->poll == NULL)
		abort();
	for (size_t i = 0; i < o->peers->n; i++) {
		const struct rpz_peer *p = &o->peers->peer[i];
		struct notice *t = &o->notice[o->n];

		if (p->notify_port == 0 || !p->has_addr)
			continue;
		*t = (struct notice){.peer = p, .fd = socket_connect(o->r, p)};
		/* Not predictable, since it is what an answer is known by. */
		if (t->fd < 0 || getrandom(&t->id, sizeof(t->id), 0) != sizeof(t->id)) {
			log_line(LOG_WARN, "rpz.notify", "serial=%u errno=%d",
				 o->snapshot->serial, errno);
			if (t->fd >= 0)
				close(t->fd);
			continue;
		}
		o->n++;
	}
}

/* Send what is due; the time until the next is due, -1 when all are settled. */
static int64_t
round_send(struct round *o)
{
	int64_t now_us = clock_mono_us(), next_us = INT64_MAX;

	for (size_t i = 0; i < o->n; i++) {
		struct notice *t = &o->notice[i];

		if (t->fd >= 0 && t->next_us <= now_us)
			notice_send(o, t);
		if (t->fd >= 0 && t->next_us < next_us)
			next_us = t->next_us;
	}
	if (next_us == INT64_MAX)
		return -1;
	return next_us <= now_us ? 0 : (next_us - now_us) / 1000 + 1;
}

/* False: the server stops. */
static bool
round_wait(struct round *o, int64_t timeout_ms, bool *changed)
{
	struct pollfd fixed[2], *p = o->poll == NULL ? fixed : o->poll;

	p[0] = (struct pollfd){.fd = o->r->stop_fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = o->r->notify_fd, .events = POLLIN};
	for (size_t i = 0; i < o->n; i++) /* poll() passes over an fd of -1 */
		p[2 + i] = (struct pollfd){.fd = o->notice[i].fd, .events = POLLIN};
	if (poll(p, 2 + o->n, (int)timeout_ms) < 0)
		return errno == EINTR;
	for (size_t i = 0; i < o->n; i++)
		if (p[2 + i].revents != 0)
			notice_receive(o, &o->notice[i]);
	*changed = p[1].revents != 0;
	return p[0].revents == 0;
}

void *
rpz_notify_main(void *arg)
{
	struct round o = {.r = arg};
	bool changed = false;
	eventfd_t count;

	while (round_wait(&o, round_send(&o), &changed)) {
		if (!changed)
			continue;
		(void)eventfd_read(o.r->notify_fd, &count);
		changed = false;
		round_begin(&o);
	}
	round_end(&o);
	return NULL;
}
