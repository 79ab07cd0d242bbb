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
#include "base/listen.h"
#include "base/log.h"
#include "rpz/internal.h"

enum { PORT_TRIES = 16, TCP_BACKLOG = 64 };

/* ---- what the source is asked for -------------------------------------------------- */

/* Under `lock`. */
static bool
is_stale(const struct rpz *r, const struct rpz_age *age, int64_t max_s)
{
	if (age->failed)
		max_s = RPZ_SOURCE_PAUSE_S;
	return age->number != r->wanted ||
	       clock_mono_us() - age->us > max_s * CLOCK_US_PER_S;
}

bool
rpz_refresh_begin(struct rpz *r, struct rpz_age *age, int64_t max_s)
{
	bool stale;

	pthread_mutex_lock(&r->lock);
	stale = is_stale(r, age, max_s);
	if (stale)
		*age = (struct rpz_age){.number = r->wanted, .us = clock_mono_us()};
	pthread_mutex_unlock(&r->lock);
	return stale;
}

void
rpz_refresh_failed(struct rpz *r, struct rpz_age *age, const char *what, enum rc rc,
		   const struct err *e)
{
	pthread_mutex_lock(&r->lock);
	age->failed = true;
	pthread_mutex_unlock(&r->lock);
	log_line(LOG_ERROR, "rpz.source", "asked=%s error=%s text=\"%s\"", what,
		 rc_token(rc), e->text);
}

bool
rpz_refresh_is_owed(struct rpz *r)
{
	bool owed;

	pthread_mutex_lock(&r->lock);
	owed = r->zones_age.failed || r->peers_age.failed;
	pthread_mutex_unlock(&r->lock);
	return owed;
}

void
rpz_wake_notify(struct rpz *r)
{
	if (r->notify_fd >= 0)
		(void)eventfd_write(r->notify_fd, 1);
}

/* ---- life cycle -------------------------------------------------------------------- */

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
	if (listen_bind(fd, (struct sockaddr *)&r->bound, r->bound_len) == 0 &&
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
	errno = pthread_create(&r->report_thread, &attr, rpz_report_main, r);
	r->report_started = errno == 0;
	for (size_t i = 0; errno == 0 && i < sizeof(mains) / sizeof(*mains); i++) {
		errno = pthread_create(&r->threads[i], &attr, mains[i], r);
		r->n_threads += errno == 0;
	}
	pthread_attr_destroy(&attr);
	return r->n_threads == sizeof(mains) / sizeof(*mains)
		       ? RC_OK
		       : err_sys(e, "no thread for the zones' server");
}

void
rpz_init(struct rpz *r, const struct rpz_limits *limits, const struct rpz_source *src)
{
	static const struct rpz_limits defaults = {
		.connections = RPZ_CONNECTIONS_DEFAULT,
		.connections_per_address = RPZ_CONNECTIONS_PER_ADDRESS_DEFAULT,
		.connections_per_operator = RPZ_CONNECTIONS_PER_OPERATOR_DEFAULT,
		.transfer_s = RPZ_TRANSFER_S_DEFAULT,
		.idle_s = RPZ_IDLE_S_DEFAULT,
	};
	pthread_condattr_t attr;

	*r = (struct rpz){.src = *src,
			  .limits = limits != NULL ? *limits : defaults,
			  .udp_fd = -1,
			  .tcp_fd = -1,
			  .stop_fd = -1,
			  .notify_fd = -1,
			  .wanted = 1};
	assert(r->limits.connections > 0 && r->limits.connections <= RPZ_CONNECTIONS_MAX);
	r->due_end = &r->due;
	r->connections = calloc(r->limits.connections, sizeof(*r->connections));
	if (r->connections == NULL)
		abort();
	pthread_mutex_init(&r->source_lock, NULL);
	pthread_mutex_init(&r->lock, NULL);
	pthread_mutex_init(&r->held_lock, NULL);
	pthread_mutex_init(&r->odd_lock, NULL);
	pthread_mutex_init(&r->cut_lock, NULL);
	r->cut_path = src->cut_path == NULL ? NULL : strdup(src->cut_path);
	if (src->cut_path != NULL && r->cut_path == NULL)
		abort();
	rpz_cut_load(r);
	pthread_cond_init(&r->held_due, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->connection_done, &attr);
	pthread_condattr_destroy(&attr);
}

void
rpz_fini(struct rpz *r)
{
	rpz_zones_put(r->zones);
	rpz_peers_put(r->peers);
	rpz_report_free(r);
	rpz_cut_free(r);
	free(r->connections);
	pthread_cond_destroy(&r->connection_done);
	pthread_cond_destroy(&r->held_due);
	pthread_mutex_destroy(&r->cut_lock);
	pthread_mutex_destroy(&r->odd_lock);
	pthread_mutex_destroy(&r->held_lock);
	pthread_mutex_destroy(&r->lock);
	pthread_mutex_destroy(&r->source_lock);
}

enum rc
rpz_start(const char *listen_host, uint16_t port, const struct rpz_limits *limits,
	  const struct rpz_source *src, struct rpz **ret, struct err *e)
{
	struct rpz *r = malloc(sizeof(*r));
	enum rc rc;

	*ret = NULL;
	if (r == NULL)
		abort();
	rpz_init(r, limits, src);
	rc = host_parse(r, listen_host, e);
	if (rc == RC_OK)
		rc = sockets_bind(r, port, e);
	if (rc != RC_OK)
		goto out;
	r->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->stop_fd < 0 || r->notify_fd < 0) {
		rc = err_sys(e, "no event descriptor for the zones' server");
		goto out;
	}
	/* Zones may have changed while nobody served them (RFC 1996, section 3.11). */
	rpz_wake_notify(r);
	rc = threads_start(r, e);
	if (rc != RC_OK)
		goto out;
	log_line(LOG_INFO, "rpz.listen", "port=%u", r->port);
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
	(void)origin; /* the list of zones says which have a new serial */
	pthread_mutex_lock(&r->lock);
	r->wanted++;
	pthread_mutex_unlock(&r->lock);
	rpz_wake_notify(r);
}

void
rpz_stop(struct rpz *r)
{
	if (r == NULL)
		return;
	atomic_store(&r->stopping, true);
	if (r->stop_fd >= 0)
		(void)eventfd_write(r->stop_fd, 1);
	for (unsigned i = 0; i < r->n_threads; i++)
		pthread_join(r->threads[i], NULL);
	rpz_tcp_join(r);
	if (r->report_started) {
		rpz_report_end(r);
		pthread_join(r->report_thread, NULL);
	}
	const int fds[] = {r->udp_fd, r->tcp_fd, r->stop_fd, r->notify_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	rpz_fini(r);
	free(r);
}
