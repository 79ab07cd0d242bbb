/*
 * NOTIFY (RFC 1996): after each change of a zone every operator that may have it is told,
 * again and again with growing pauses, until it acknowledges.  What does not get through
 * is made good by the operator's own refresh.
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

enum {
	IDS = 65536,
	RECEIVED_AT_ONCE = 256, /* a flood must not keep the others from being told */
	FAMILIES = 2,
	NOTICES_FIRST = 64,
};

/* A zone and what operators are told of it. */
struct told {
	struct rpz_zone *zone;
	struct rpz_mark mark;
};

struct notice {
	const struct rpz_peer *peer;
	const struct rpz_peer_target *target;
	size_t zone_at; /* in `told` */
	bool settled;
	const char *answer; /* that is none: a token as in struct rpz_notified, or NULL */
	uint16_t id;	    /* of no other notice under way */
	int attempts;
	int64_t next_us;	    /* when to send (again) */
	const knot_tsig_key_t *key; /* NULL: unsigned */
	uint8_t mac[RPZ_MAC_BYTES];
	size_t mac_len;
};

struct notifier {
	struct rpz *r;
	int fd[FAMILIES]; /* IPv4, IPv6; -1: not to be had */
	struct rpz_zones *zones;
	struct rpz_peers *peers;
	struct told *told; /* one for each of `zones` */
	struct notice *notice;
	size_t cap; /* of `notice` */
	size_t n;
	int64_t again_us;    /* when the source is asked again though nobody woke us */
	uint32_t by_id[IDS]; /* number of the notice, from 1 */
};

/* ---- sockets ----------------------------------------------------------------------- */

static bool
is_any(const struct sockaddr_storage *ss)
{
	static const struct rpz_addr any4 = {{[10] = 0xff, [11] = 0xff}}, any6;
	struct rpz_addr a = rpz_addr_of(ss);

	return memcmp(&a, &any4, sizeof(a)) == 0 || memcmp(&a, &any6, sizeof(a)) == 0;
}

/* From the address that we serve on, since operators list it. */
static int
socket_open(const struct rpz *r, sa_family_t family)
{
	struct sockaddr_storage from = r->bound;
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (from.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&from)->sin6_port = 0;
	else
		((struct sockaddr_in *)&from)->sin_port = 0;
	if (fd >= 0 && from.ss_family == family && !is_any(&from) &&
	    bind(fd, (struct sockaddr *)&from, r->bound_len) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		log_line(LOG_WARN, "rpz.notify", "family=%d errno=%d", family, errno);
	return fd;
}

/* ---- one notice -------------------------------------------------------------------- */

static void
notice_tell(struct notifier *o, const struct notice *t, const char *result, bool over)
{
	const struct told *told = &o->told[t->zone_at];
	bool good = strcmp(result, "acknowledged") == 0;

	log_line(good ? LOG_INFO : LOG_WARN, "rpz.notify",
		 "operator=%s zone=%s serial=%u attempts=%d result=%s over=%s",
		 t->peer->name, told->zone->origin_text, told->mark.serial, t->attempts,
		 result, over ? "yes" : "no");
	rpz_report_notified(o->r, t->peer, told->zone, &t->target->addr,
			    &(struct rpz_notified){.port = t->target->port,
						   .serial = told->mark.serial,
						   .attempts = (unsigned)t->attempts,
						   .over = over,
						   .result = result});
}

static void
notice_settle(struct notifier *o, struct notice *t, const char *result)
{
	notice_tell(o, t, result, true);
	t->settled = true;
	o->by_id[t->id] = 0;
}

/* Not what we hoped for.  It is sent again all the same: whoever mends its configuration
 * meanwhile is told.  But who takes the hot zone and the base is not asked again and
 * again to take the whole one, which it has not: its log would be full of it. */
static void
notice_answered(struct notifier *o, struct notice *t, const char *answer)
{
	if ((strcmp(answer, "notauth") == 0 || strcmp(answer, "refused") == 0) &&
	    rpz_report_takes_others(o->r, t->peer, o->zones, o->told[t->zone_at].zone)) {
		notice_settle(o, t, answer);
		return;
	}
	if (t->answer == NULL || strcmp(t->answer, answer) != 0)
		notice_tell(o, t, answer, false);
	t->answer = answer;
}

static size_t
notice_encode(struct notifier *o, struct notice *t, uint8_t wire[RPZ_REPLY_BYTES])
{
	uint8_t record[RPZ_RECORD_BYTES_MAX];
	size_t record_len = rpz_record_of_soa(&o->told[t->zone_at].mark, record);
	const struct told *told = &o->told[t->zone_at];
	size_t name = knot_dname_size(told->zone->origin), len = KNOT_WIRE_HEADER_SIZE;

	memset(wire, 0, len);
	knot_wire_set_id(wire, t->id);
	knot_wire_set_opcode(wire, KNOT_OPCODE_NOTIFY);
	knot_wire_set_aa(wire);
	knot_wire_set_qdcount(wire, 1);
	knot_wire_set_ancount(wire, 1);
	memcpy(wire + len, told->zone->origin, name);
	knot_wire_write_u16(wire + len + name, KNOT_RRTYPE_SOA);
	knot_wire_write_u16(wire + len + name + 2, KNOT_CLASS_IN);
	len += name + 4;
	/* 12 bytes of header, a question of 204 and a SOA of 252 at most: it fits. */
	memcpy(wire + len, record, record_len);
	len += record_len;
	t->mac_len = sizeof(t->mac);
	if (t->key != NULL && knot_tsig_sign(wire, &len, RPZ_REPLY_BYTES, NULL, 0, t->mac,
					     &t->mac_len, t->key, 0, 0) != KNOT_EOK)
		return 0;
	return len;
}

static void
notice_send(struct notifier *o, struct notice *t)
{
	uint8_t wire[RPZ_REPLY_BYTES];
	struct sockaddr_storage to;
	socklen_t to_len = rpz_addr_socket(&t->target->addr, t->target->port, &to);
	int fd = o->fd[to.ss_family == AF_INET6];
	int64_t pause_ms = RPZ_NOTIFY_FIRST_MS;
	size_t len;

	if (t->attempts >= RPZ_NOTIFY_ATTEMPTS_MAX) {
		notice_settle(o, t, t->answer != NULL ? t->answer : "no_answer");
		return;
	}
	for (int i = 0; i < t->attempts && pause_ms < RPZ_NOTIFY_PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (pause_ms > RPZ_NOTIFY_PAUSE_MAX_MS)
		pause_ms = RPZ_NOTIFY_PAUSE_MAX_MS;
	t->attempts++;
	t->next_us = clock_mono_us() + pause_ms * 1000;
	len = notice_encode(o, t, wire);
	if (len == 0 || fd < 0)
		notice_settle(o, t, "not_sent");
	else /* failed: the next one may not */
		(void)!sendto(fd, wire, len, MSG_NOSIGNAL, (struct sockaddr *)&to,
			      to_len);
}

/* Why somebody does not take a NOTIFY. */
static const char *
rcode_word(const knot_pkt_t *pkt)
{
	uint16_t error = pkt->tsig_rr == NULL ? 0 : knot_tsig_rdata_error(pkt->tsig_rr);

	switch (knot_wire_get_rcode(pkt->wire)) {
	case KNOT_RCODE_REFUSED:
		return "refused";
	case KNOT_RCODE_NOTAUTH:
		return error == KNOT_RCODE_BADKEY    ? "badkey"
		       : error == KNOT_RCODE_BADSIG  ? "badsig"
		       : error == KNOT_RCODE_BADTIME ? "badtime"
						     : "notauth";
	case KNOT_RCODE_FORMERR:
		return "formerr";
	case KNOT_RCODE_SERVFAIL:
		return "servfail";
	case KNOT_RCODE_NOTIMPL:
		return "notimp";
	default:
		return "error";
	}
}

/*
 * NULL: this is no answer to the notice.  "acknowledged": unsigned counts even where a
 * key is set (PowerDNS sends such); the price of a forged one, by somebody who guesses id
 * and port, is that we stop repeating ourselves.  A signed one must be in order.
 */
static const char *
answer_word(const struct notifier *o, const struct notice *t, const knot_pkt_t *pkt)
{
	const struct rpz_zone *z = o->told[t->zone_at].zone;

	if (knot_wire_get_opcode(pkt->wire) != KNOT_OPCODE_NOTIFY)
		return NULL;
	if (pkt->qname_size != 0 && !knot_dname_is_equal(knot_pkt_qname(pkt), z->origin))
		return NULL;
	if (knot_wire_get_rcode(pkt->wire) != KNOT_RCODE_NOERROR)
		return rcode_word(pkt);
	if (pkt->tsig_rr == NULL ||
	    (t->key != NULL && knot_tsig_rdata_alg(pkt->tsig_rr) == t->key->algorithm &&
	     knot_tsig_client_check(pkt->tsig_rr, pkt->wire, pkt->size, t->mac,
				    t->mac_len, t->key, 0) == KNOT_EOK))
		return "acknowledged";
	return "bad_answer";
}

/* The notice that this is an answer to, by id and by where it was sent; or NULL. */
static struct notice *
notice_find(struct notifier *o, const uint8_t *wire, const struct sockaddr_storage *ss)
{
	struct rpz_addr from = rpz_addr_of(ss);
	in_port_t port = 0;
	uint32_t i = o->by_id[knot_wire_get_id(wire)];
	struct notice *t = i == 0 ? NULL : &o->notice[i - 1];

	if (ss->ss_family == AF_INET6)
		memcpy(&port, &((const struct sockaddr_in6 *)ss)->sin6_port,
		       sizeof(port));
	else if (ss->ss_family == AF_INET)
		memcpy(&port, &((const struct sockaddr_in *)ss)->sin_port, sizeof(port));
	if (t == NULL || !knot_wire_get_qr(wire) || ntohs(port) != t->target->port ||
	    memcmp(&from, &t->target->addr, sizeof(from)) != 0)
		return NULL;
	return t;
}

static void
answers_receive(struct notifier *o, int fd)
{
	uint8_t wire[RPZ_QUERY_BYTES_MAX];

	for (int i = 0; i < RECEIVED_AT_ONCE; i++) {
		struct sockaddr_storage ss = {0};
		socklen_t ss_len = sizeof(ss);
		struct notice *t;
		knot_pkt_t *pkt;
		ssize_t n = recvfrom(fd, wire, sizeof(wire), 0, (struct sockaddr *)&ss,
				     &ss_len);

		if (n < 0)
			return;
		if (n < KNOT_WIRE_HEADER_SIZE || (t = notice_find(o, wire, &ss)) == NULL)
			continue;
		pkt = knot_pkt_new(wire, (uint16_t)n, NULL);
		if (pkt == NULL)
			abort();
		const char *word = knot_pkt_parse(pkt, 0) != KNOT_EOK
					   ? NULL
					   : answer_word(o, t, pkt);
		if (word != NULL && strcmp(word, "acknowledged") == 0)
			notice_settle(o, t, word);
		else if (word != NULL)
			notice_answered(o, t, word);
		knot_pkt_free(pkt);
	}
}

/* ---- all of them ------------------------------------------------------------------- */

/* Not predictable, since it is what an answer is known by. */
static uint16_t
id_choose(const struct notifier *o)
{
	uint16_t id;

	do
		if (getrandom(&id, sizeof(id), 0) != sizeof(id))
			abort();
	while (o->by_id[id] != 0);
	return id;
}

static void
notice_add(struct notifier *o, const struct notice *t)
{
	if (o->n == o->cap) {
		/* Made for the largest number at once, it would cost more than the rest
		 * of a change. */
		size_t cap = o->cap == 0 ? NOTICES_FIRST : 2 * o->cap;
		struct notice *grown = realloc(o->notice, cap * sizeof(*grown));

		if (grown == NULL)
			abort();
		o->notice = grown;
		o->cap = cap;
	}
	o->notice[o->n] = *t;
	o->by_id[t->id] = (uint32_t)++o->n;
}

static void
zone_announce(struct notifier *o, size_t zone_at)
{
	const struct rpz_zone *z = o->told[zone_at].zone;

	assert(o->peers != NULL);
	for (size_t i = 0; i < o->peers->n; i++) {
		const struct rpz_peer *p = &o->peers->peer[i];
		const knot_tsig_key_t *key =
			p->n_keys == 0 ? NULL : &p->key[rpz_report_key(o->r, p, z)];

		if (!rpz_peer_may_have(p, z->origin))
			continue;
		for (size_t k = 0; k < p->n_targets; k++) {
			if (o->n == RPZ_NOTICES_MAX) {
				log_line(LOG_ERROR, "rpz.notify",
					 "problem=too_many_at_once at_most=%d",
					 RPZ_NOTICES_MAX);
				return;
			}
			notice_add(o, &(struct notice){.peer = p,
						       .target = &p->target[k],
						       .zone_at = zone_at,
						       .key = key,
						       .id = id_choose(o)});
		}
	}
}

static const struct told *
told_before(const struct told *told, size_t n, const struct rpz_zone *z)
{
	for (size_t i = 0; i < n; i++)
		if (told[i].zone == z)
			return &told[i];
	return NULL;
}

/* Nearly every operator has the serial from before, and will ask for this difference. */
static void
difference_prepare(struct rpz *r, const struct told *was, const struct told *is)
{
	struct rpz_stream *s;

	if (rpz_serial_newer(is->mark.serial, was->mark.serial) &&
	    rpz_zone_diff(r, is->zone, was->mark.serial, &is->mark, &s) == RC_OK)
		rpz_stream_put(s);
}

/* What was under way for zones and operators that did not change goes on. */
static void
notices_carry(struct notifier *o, const struct notice *old, size_t n,
	      const struct told *was, const bool *announced)
{
	for (size_t i = 0; i < n; i++) {
		struct notice t = old[i];
		const struct told *is =
			told_before(o->told, o->zones->n, was[t.zone_at].zone);

		if (t.settled || is == NULL || announced[is - o->told])
			continue;
		t.zone_at = (size_t)(is - o->told);
		notice_add(o, &t);
	}
}

static void *
table(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);

	if (p == NULL)
		abort();
	return p;
}

/* There may be something to tell: of zones with a new serial, and of all zones if the
 * operators changed.  What was still being told of them is superseded. */
static void
notifier_update(struct notifier *o)
{
	struct notifier old = {.zones = o->zones,
			       .peers = o->peers,
			       .told = o->told,
			       .notice = o->notice,
			       .n = o->n};
	size_t n_before = old.zones != NULL ? old.zones->n : 0;
	struct rpz_zones *zones;
	struct rpz_peers *peers = NULL;
	bool *announced;
	bool known = rpz_zones_get(o->r, &zones) == RC_OK &&
		     rpz_peers_get(o->r, &peers) == RC_OK;

	/* A lift must not wait for the resolvers' next refresh because the source failed
	 * just when it was told. */
	o->again_us = rpz_refresh_is_owed(o->r)
			      ? clock_mono_us() + RPZ_SOURCE_PAUSE_S * CLOCK_US_PER_S
			      : INT64_MAX;
	if (!known) {
		rpz_zones_put(zones); /* logged where it failed */
		return;
	}
	o->zones = zones;
	o->peers = peers;
	o->n = 0;
	o->told = table(zones->n, sizeof(*o->told));
	o->notice = NULL;
	o->cap = 0;
	announced = table(zones->n, sizeof(*announced));
	memset(o->by_id, 0, sizeof(o->by_id));
	for (size_t i = 0; i < zones->n; i++) {
		const struct told *was = told_before(old.told, n_before, zones->zone[i]);

		o->told[i] = (struct told){zones->zone[i],
					   rpz_zone_mark(o->r, zones->zone[i])};
		announced[i] = peers != old.peers || was == NULL ||
			       was->mark.serial != o->told[i].mark.serial;
		if (was != NULL && was->mark.serial != o->told[i].mark.serial)
			difference_prepare(o->r, was, &o->told[i]);
	}
	notices_carry(o, old.notice, old.n, old.told, announced);
	for (size_t i = 0; i < zones->n; i++)
		if (announced[i])
			zone_announce(o, i);
	free(announced);
	free(old.notice);
	free(old.told);
	rpz_zones_put(old.zones);
	rpz_peers_put(old.peers);
}

/* Send what is due; the time until there is more to do, -1 when all is settled. */
static int64_t
notices_send(struct notifier *o)
{
	int64_t now_us = clock_mono_us(), next_us = o->again_us;

	for (size_t i = 0; i < o->n; i++) {
		struct notice *t = &o->notice[i];

		if (!t->settled && t->next_us <= now_us)
			notice_send(o, t);
		if (!t->settled && t->next_us < next_us)
			next_us = t->next_us;
	}
	if (next_us == INT64_MAX)
		return -1;
	return next_us <= now_us ? 0 : (next_us - now_us) / 1000 + 1;
}

/* False: the server stops. */
static bool
notifier_wait(struct notifier *o, int64_t timeout_ms, bool *changed)
{
	struct pollfd p[] = {
		{.fd = o->r->stop_fd, .events = POLLIN},
		{.fd = o->r->notify_fd, .events = POLLIN},
		{.fd = o->fd[0], .events = POLLIN}, /* poll() passes over -1 */
		{.fd = o->fd[1], .events = POLLIN},
	};

	if (poll(p, sizeof(p) / sizeof(*p), (int)timeout_ms) < 0)
		return errno == EINTR;
	for (size_t i = 0; i < FAMILIES; i++)
		if (p[2 + i].revents != 0)
			answers_receive(o, o->fd[i]);
	*changed = p[1].revents != 0;
	return p[0].revents == 0;
}

void *
rpz_notify_main(void *arg)
{
	struct notifier *o = table(1, sizeof(*o));
	bool changed = false;
	eventfd_t count;

	o->r = arg;
	o->again_us = INT64_MAX;
	o->fd[0] = socket_open(o->r, AF_INET);
	o->fd[1] = socket_open(o->r, AF_INET6);
	while (notifier_wait(o, notices_send(o), &changed)) {
		if (!changed && clock_mono_us() < o->again_us)
			continue;
		(void)eventfd_read(o->r->notify_fd, &count);
		changed = false;
		notifier_update(o);
	}
	for (size_t i = 0; i < FAMILIES; i++)
		if (o->fd[i] >= 0)
			close(o->fd[i]);
	free(o->notice);
	free(o->told);
	rpz_zones_put(o->zones);
	rpz_peers_put(o->peers);
	free(o);
	return NULL;
}
