#include "rpz/rpz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpz/internal.h"

enum { PORT_TRIES = 16, TCP_BACKLOG = 64 };

/* ---- what is served ---- */

/* Under `lock`. */
static bool
is_stale(const struct rpz *r, const struct rpz_age *age, int64_t max_s)
{
	if (age->failed)
		max_s = RPZ_SOURCE_PAUSE_S;
	return age->number != r->wanted ||
	       clock_mono_us() - age->us > max_s * CLOCK_US_PER_S;
}

/* Under `source_lock`: whether to ask now; `age` is then of this asking. */
static bool
refresh_begin(struct rpz *r, struct rpz_age *age, int64_t max_s)
{
	bool stale;

	pthread_mutex_lock(&r->lock);
	stale = is_stale(r, age, max_s);
	if (stale)
		*age = (struct rpz_age){.number = r->wanted, .us = clock_mono_us()};
	pthread_mutex_unlock(&r->lock);
	return stale;
}

static void
refresh_failed(struct rpz *r, struct rpz_age *age, const char *what, enum rc rc,
	       const struct err *e)
{
	pthread_mutex_lock(&r->lock);
	age->failed = true;
	pthread_mutex_unlock(&r->lock);
	log_line(LOG_ERROR, "rpz.source", "asked=%s error=%s text=\"%s\"", what,
		 rc_token(rc), e->text);
}

static void
snapshot_replace(struct rpz *r, struct rpz_snapshot *fresh)
{
	struct rpz_snapshot *old;

	pthread_mutex_lock(&r->lock);
	old = r->snapshot;
	r->snapshot = fresh;
	pthread_mutex_unlock(&r->lock);
	if (old != NULL && !rpz_serial_newer(fresh->serial, old->serial))
		log_line(LOG_WARN, "rpz.serial",
			 "now=%u before=%u problem=not_newer_secondaries_keep_theirs",
			 fresh->serial, old->serial);
	rpz_snapshot_put(r, old);
}

static enum rc
origin_parse(struct rpz *r, const char *origin, struct err *e)
{
	if (knot_dname_from_str(r->origin, origin, sizeof(r->origin)) == NULL ||
	    r->origin[0] == 0 || knot_dname_size(r->origin) > RPZ_ORIGIN_BYTES_MAX)
		return err_set(
			e, RC_INVALID,
			"\"%s\" cannot be the name of a zone: it is empty, malformed or "
			"longer than %d bytes",
			origin, RPZ_ORIGIN_BYTES_MAX);
	knot_dname_to_lower(r->origin);
	r->origin_len = knot_dname_size(r->origin);
	snprintf(r->origin_text, sizeof(r->origin_text), "%s", origin);
	return RC_OK;
}

struct reading {
	struct arena *a;
	struct rpz_row *rows;
	size_t n, cap;
};

static enum rc
on_row(void *arg, const struct rpz_row *row, struct err *e)
{
	struct reading *d = arg;

	if (d->n == RPZ_ROWS_MAX)
		return err_set(e, RC_LIMIT, "the zone has more than %d rows",
			       RPZ_ROWS_MAX);
	if (d->n == d->cap) {
		size_t cap = d->cap == 0 ? 1024 : 2 * d->cap;
		struct rpz_row *grown = arena_array(d->a, cap, sizeof(*grown));

		if (d->n != 0)
			memcpy(grown, d->rows, d->n * sizeof(*grown));
		d->rows = grown;
		d->cap = cap;
	}
	d->rows[d->n++] = (struct rpz_row){
		arena_strdup(d->a, row->owner), row->action,
		row->data != NULL ? arena_strdup(d->a, row->data) : NULL};
	return RC_OK;
}

/* Of the first zone. */
static enum rc
rpz_zone_read(struct rpz *r, struct arena *a, struct rpz_zone **ret, struct err *e)
{
	struct reading d = {.a = a};
	struct rpz_zone *z = ARENA_NEW(a, struct rpz_zone);
	const struct rpz_head *heads;
	size_t n;
	enum rc rc = r->src.zones(r->src.arg, a, &heads, &n, e);

	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no zone");
	if (rc == RC_OK)
		rc = origin_parse(r, heads[0].origin, e);
	if (rc == RC_OK && r->snapshot != NULL && r->snapshot->serial == heads[0].serial)
		z->head = heads[0];
	else if (rc == RC_OK)
		rc = r->src.zone(r->src.arg, heads[0].origin, &z->head, on_row, &d, e);
	z->rows = d.rows;
	z->n_rows = d.n;
	*ret = z;
	return rc;
}

/* One content a serial: what is served under it already stays.  Only the holder of
 * source_lock replaces r->snapshot, so it may be read here without `lock`. */
static void
snapshot_refresh(struct rpz *r)
{
	struct arena *a = arena_create();
	struct rpz_snapshot *fresh = NULL;
	struct rpz_zone *zone = NULL;
	struct err e = ERR_INIT;
	enum rc rc = rpz_zone_read(r, a, &zone, &e);

	if (rc == RC_OK &&
	    (r->snapshot == NULL || r->snapshot->serial != zone->head.serial))
		rc = rpz_snapshot_build(zone, r->origin, &fresh, &e);
	if (rc != RC_OK)
		refresh_failed(r, &r->zone_age, "zone", rc, &e);
	else if (fresh != NULL)
		snapshot_replace(r, fresh);
	arena_free(a);
}

enum rc
rpz_snapshot_get(struct rpz *r, struct rpz_snapshot **ret)
{
	pthread_mutex_lock(&r->source_lock);
	if (refresh_begin(r, &r->zone_age, RPZ_ZONE_AGE_S))
		snapshot_refresh(r);
	pthread_mutex_lock(&r->lock);
	*ret = r->snapshot;
	if (*ret != NULL)
		(*ret)->refs++;
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_unlock(&r->source_lock);
	return *ret != NULL ? RC_OK : RC_UNAVAILABLE;
}

void
rpz_snapshot_put(struct rpz *r, struct rpz_snapshot *s)
{
	bool last;

	if (s == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	last = --s->refs == 0;
	pthread_mutex_unlock(&r->lock);
	if (last)
		rpz_snapshot_free(s);
}

static void
peers_refresh(struct rpz *r)
{
	struct arena *a = arena_create();
	const struct rpz_operator *ops;
	struct rpz_peers *old = NULL;
	struct err e = ERR_INIT;
	size_t n;
	enum rc rc = r->src.operators(r->src.arg, a, &ops, &n, &e);

	if (rc == RC_OK) {
		pthread_mutex_lock(&r->lock);
		old = r->peers;
		r->peers = rpz_peers_build(ops, n, old);
		pthread_mutex_unlock(&r->lock);
	} else {
		refresh_failed(r, &r->peers_age, "operators", rc, &e);
	}
	rpz_peers_put(r, old);
	arena_free(a);
}

enum rc
rpz_peers_get(struct rpz *r, struct rpz_peers **ret)
{
	pthread_mutex_lock(&r->source_lock);
	if (refresh_begin(r, &r->peers_age, RPZ_OPERATORS_AGE_S))
		peers_refresh(r);
	pthread_mutex_lock(&r->lock);
	*ret = r->peers;
	if (*ret != NULL)
		(*ret)->refs++;
	pthread_mutex_unlock(&r->lock);
	pthread_mutex_unlock(&r->source_lock);
	return *ret != NULL ? RC_OK : RC_UNAVAILABLE;
}

void
rpz_peers_put(struct rpz *r, struct rpz_peers *p)
{
	bool last;

	if (p == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	last = --p->refs == 0;
	pthread_mutex_unlock(&r->lock);
	if (last)
		rpz_peers_free(p);
}

static void
tell_pulled(struct rpz *r, const struct rpz_peer *p, uint32_t serial, enum rpz_how how)
{
	if (r->src.pulled == NULL)
		return;
	pthread_mutex_lock(&r->pulled_lock);
	r->src.pulled(r->src.arg, p->name, r->origin_text, serial, how);
	pthread_mutex_unlock(&r->pulled_lock);
}

void
rpz_peer_holds(struct rpz *r, struct rpz_peer *p, uint32_t serial)
{
	pthread_mutex_lock(&r->lock);
	/* `p` may be of a list that was replaced meanwhile: note it where it lasts. */
	for (size_t i = 0; i < r->peers->n; i++)
		if (strcmp(r->peers->peer[i].name, p->name) == 0) {
			r->peers->peer[i].holds_known = true;
			r->peers->peer[i].holds = serial;
		}
	pthread_mutex_unlock(&r->lock);
	log_line(LOG_INFO, "rpz.pulled", "serial=%u", serial);
	tell_pulled(r, p, serial, RPZ_BY_AXFR);
}

void
rpz_peer_seen(struct rpz *r, struct rpz_peer *p)
{
	bool known;
	uint32_t serial;

	pthread_mutex_lock(&r->lock);
	known = p->holds_known;
	serial = p->holds;
	pthread_mutex_unlock(&r->lock);
	if (known)
		tell_pulled(r, p, serial, RPZ_STILL_HELD);
}

/* ---- life cycle ---- */

int
rpz_wait(struct rpz *r, int fd, short events, int64_t timeout_ms)
{
	struct pollfd p[] = {{.fd = r->stop_fd, .events = POLLIN},
			     {.fd = fd, .events = events}};
	int n;

	if (timeout_ms > INT32_MAX)
		timeout_ms = INT32_MAX;
	do
		n = poll(p, 2, timeout_ms < 0 ? -1 : (int)timeout_ms);
	while (n < 0 && errno == EINTR);
	if (n < 0 || p[0].revents != 0)
		return -1;
	return n == 0 ? 0 : (p[1].revents & events) != 0 ? 1 : -1;
}

static enum rc
socket_bind(struct rpz *r, int type, int *ret, struct err *e)
{
	const int on = 1;
	int fd = socket(r->bound.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*ret = fd;
	if (fd < 0)
		return err_sys(e, "no socket for the zone's server");
	/* For UDP it would let a second server take over the port without a word. */
	if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (type == SOCK_DGRAM && r->bound.ss_family == AF_INET)
		(void)setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	if (type == SOCK_DGRAM && r->bound.ss_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&r->bound, r->bound_len) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, TCP_BACKLOG) == 0))
		return RC_OK;
	if (errno == EADDRINUSE)
		return err_set(
			e, RC_CONFLICT,
			"port %u for DNS (%s) is in use by another program: stop it, "
			"or choose another port for the zone's server",
			r->port, type == SOCK_STREAM ? "TCP" : "UDP");
	return err_sys(e, "the zone's server cannot listen on port %u", r->port);
}

static void
port_set(struct rpz *r, uint16_t port)
{
	r->port = port;
	if (r->bound.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&r->bound)->sin6_port = htons(port);
	else
		((struct sockaddr_in *)&r->bound)->sin_port = htons(port);
}

static uint16_t
port_get(const struct rpz *r)
{
	return ntohs(r->bound.ss_family == AF_INET6
			     ? ((const struct sockaddr_in6 *)&r->bound)->sin6_port
			     : ((const struct sockaddr_in *)&r->bound)->sin_port);
}

/* A port that is free for UDP may be taken for TCP: with port 0, try others. */
static enum rc
sockets_bind(struct rpz *r, uint16_t port, struct err *e)
{
	enum rc rc = RC_CONFLICT;

	for (int i = 0; i < (port == 0 ? PORT_TRIES : 1) && rc == RC_CONFLICT; i++) {
		socklen_t len = sizeof(r->bound);

		if (r->udp_fd >= 0)
			close(r->udp_fd);
		if (r->tcp_fd >= 0)
			close(r->tcp_fd);
		r->tcp_fd = -1;
		port_set(r, port);
		rc = socket_bind(r, SOCK_DGRAM, &r->udp_fd, e);
		if (rc != RC_OK)
			continue;
		if (getsockname(r->udp_fd, (struct sockaddr *)&r->bound, &len) < 0)
			return err_sys(e, "the zone's server cannot read its port");
		r->port = port_get(r);
		rc = socket_bind(r, SOCK_STREAM, &r->tcp_fd, e);
	}
	return rc;
}

static enum rc
host_parse(struct rpz *r, const char *host, struct err *e)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST,
				       .ai_socktype = SOCK_DGRAM};
	struct addrinfo *ai = NULL;
	const char *node = host == NULL || host[0] == '\0' ? "0.0.0.0" : host;
	int ret = getaddrinfo(node, NULL, &hints, &ai);

	if (ret != 0)
		return err_set(
			e, RC_INVALID,
			"\"%s\" is not an address to listen on: give it in numbers, "
			"for example 127.0.0.1 or ::",
			node);
	memcpy(&r->bound, ai->ai_addr, ai->ai_addrlen);
	r->bound_len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return RC_OK;
}

static enum rc
threads_start(struct rpz *r, struct err *e)
{
	void *(*const mains[])(void *) = {rpz_udp_main, rpz_tcp_main, rpz_notify_main};
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, RPZ_THREAD_STACK_BYTES);
	for (size_t i = 0; i < sizeof(mains) / sizeof(*mains); i++) {
		errno = pthread_create(&r->threads[i], &attr, mains[i], r);
		if (errno != 0)
			break;
		r->n_threads++;
	}
	pthread_attr_destroy(&attr);
	return r->n_threads == sizeof(mains) / sizeof(*mains)
		       ? RC_OK
		       : err_sys(e, "no thread for the zone's server");
}

enum rc
rpz_start(const char *listen_host, uint16_t port, const struct rpz_limits *limits,
	  const struct rpz_source *src, struct rpz **ret, struct err *e)
{
	struct rpz *r = calloc(1, sizeof(*r));
	enum rc rc;

	*ret = NULL;
	if (r == NULL)
		abort();
	r->src = *src;
	r->udp_fd = r->tcp_fd = r->stop_fd = r->notify_fd = -1;
	r->wanted = 1;
	pthread_mutex_init(&r->source_lock, NULL);
	pthread_mutex_init(&r->pulled_lock, NULL);
	pthread_mutex_init(&r->lock, NULL);
	(void)limits;
	rc = host_parse(r, listen_host, e);
	if (rc == RC_OK)
		rc = sockets_bind(r, port, e);
	if (rc != RC_OK)
		goto out;
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->stop_fd < 0 || r->notify_fd < 0) {
		rc = err_sys(e, "no event descriptor for the zone's server");
		goto out;
	}
	rc = threads_start(r, e);
	if (rc != RC_OK)
		goto out;
	log_line(LOG_INFO, "rpz.listen", "port=%u", r->port);
	/* The zone may have changed while nobody served it (RFC 1996, section 3.11). */
	(void)eventfd_write(r->notify_fd, 1);
	*ret = r;
	r = NULL;
out:
	rpz_stop(r);
	return rc;
}

uint16_t
rpz_port(const struct rpz *r)
{
	return r->port;
}

void
rpz_changed(struct rpz *r, const char *origin)
{
	(void)origin;
	pthread_mutex_lock(&r->lock);
	r->wanted++;
	pthread_mutex_unlock(&r->lock);
	(void)eventfd_write(r->notify_fd, 1);
}

void
rpz_stop(struct rpz *r)
{
	if (r == NULL)
		return;
	if (r->stop_fd >= 0)
		(void)eventfd_write(r->stop_fd, 1);
	for (unsigned i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	rpz_tcp_join(r);
	const int fds[] = {r->udp_fd, r->tcp_fd, r->stop_fd, r->notify_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	rpz_snapshot_free(r->snapshot);
	rpz_peers_free(r->peers);
	pthread_mutex_destroy(&r->source_lock);
	pthread_mutex_destroy(&r->pulled_lock);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
