/* Connections: a bounded number of threads, each with a deadline for whatever it waits
 * for. */
#include <errno.h>
#include <inttypes.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "rpz/internal.h"

enum {
	LENGTH_BYTES = 2,
	ACKED_PAUSE_MS = 5,
	ACCEPT_PAUSE_MS = 100,
	DECIMAL_U32_MAX = 11,
	PACES_PER_S = 8,
	NS_PER_S = 1000000000
};

#define US_PER_MS INT64_C(1000)

/* Exactly `len` bytes before `until_us` (monotonic). */
static bool
read_all(struct rpz_connection *c, uint8_t *p, size_t len, int64_t until_us)
{
	while (len > 0) {
		ssize_t n = recv(c->fd, p, len, 0);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
		int64_t left_ms = (until_us - clock_mono_us()) / 1000;

		if (left_ms <= 0 || rpz_wait(c->r, c->fd, POLLIN, left_ms) <= 0)
			return false;
	}
	return true;
}

static bool
write_all(struct rpz_connection *c, const uint8_t *p, size_t len, int64_t until_us)
{
	while (len > 0) {
		ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		int64_t left_ms = (until_us - clock_mono_us()) / 1000;

		if (left_ms > RPZ_STALL_MS)
			left_ms = RPZ_STALL_MS;
		if (left_ms <= 0 || rpz_wait(c->r, c->fd, POLLOUT, left_ms) <= 0)
			return false;
	}
	return true;
}

/* Written is not received: wait until the client's host has acknowledged the last byte.
 * Its next query brings the acknowledgement along, and must not wait. */
static bool
is_acked(struct rpz_connection *c)
{
	int64_t until_us = clock_mono_us() + RPZ_ACKED_MS * US_PER_MS;
	int unsent = 1, error = 0, pause_ms = 1, ready = 0;
	socklen_t len = sizeof(error);

	while (ioctl(c->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0 &&
	       clock_mono_us() < until_us) {
		ready = rpz_wait(c->r, ready > 0 ? -1 : c->fd, POLLIN, pause_ms);
		if (ready < 0)
			return false;
		if (pause_ms < ACKED_PAUSE_MS)
			pause_ms++;
	}
	/* A reset empties the queue, too. */
	return unsent == 0 &&
	       getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

/* No more than the limit's bytes since the transfer began: until the next may go. */
static bool
pace(struct rpz_connection *c, int64_t start_us, uint64_t sent)
{
	unsigned rate = c->r->limits.transfer_bytes_per_s;

	while (rate != 0) {
		int64_t due_us = start_us + (int64_t)(sent * CLOCK_US_PER_S / rate);
		int64_t left_us = due_us - clock_mono_us();
		if (left_us <= 0)
			break;
		if (rpz_wait(c->r, -1, 0, left_us / US_PER_MS + 1) < 0)
			return false;
	}
	return true;
}

/* Messages are collected, and given to the kernel many at once; where there is a limit,
 * no more than a part of a second's bytes. */
static size_t
batch_most(const struct rpz *r)
{
	size_t part = r->limits.transfer_bytes_per_s / PACES_PER_S;

	return part == 0 || part > RPZ_BATCH_BYTES ? RPZ_BATCH_BYTES : part;
}

static bool
send_stream(struct rpz_connection *c, struct rpz_exchange *x)
{
	int64_t start_us = clock_mono_us();
	int64_t until_us = start_us + c->r->limits.transfer_s * CLOCK_US_PER_S;
	uint8_t *batch = malloc(RPZ_BATCH_BYTES);
	size_t at = 0, len, most = batch_most(c->r);
	uint64_t sent = 0;
	bool ok = true;

	if (batch == NULL)
		abort();
	for (size_t i = 0; ok && i < x->stream->n_chunks; i++) {
		ok = rpz_exchange_message(x, x->stream->chunk[i],
					  batch + at + LENGTH_BYTES, &len) == RC_OK;
		if (!ok)
			break;
		knot_wire_write_u16(batch + at, (uint16_t)len);
		at += LENGTH_BYTES + len;
		if (at + LENGTH_BYTES + RPZ_MESSAGE_BYTES > most ||
		    i + 1 == x->stream->n_chunks) {
			ok = write_all(c, batch, at, until_us);
			sent += at;
			at = 0;
			fault_point("rpz.part");
			if (ok && i + 1 < x->stream->n_chunks)
				ok = pace(c, start_us, sent);
		}
	}
	free(batch);
	return ok && is_acked(c);
}

static void
transfer_log(const struct rpz_exchange *x, bool ok, int64_t us)
{
	char from[DECIMAL_U32_MAX] = "-";

	if (x->has_theirs)
		snprintf(from, sizeof(from), "%u", x->theirs);
	log_line(ok ? LOG_INFO : LOG_WARN, "rpz.transfer",
		 "zone=%s operator=%s kind=%s from=%s to=%u rows=%zu ms=%" PRId64
		 " result=%s",
		 x->zone->origin_text, x->peer->name,
		 x->shows == SHOWS_IXFR ? "ixfr" : "axfr", from, x->stream->mark.serial,
		 x->stream->n_records, us / 1000, ok ? "ok" : "cut_short");
}

static bool
send_answer(struct rpz_connection *c, struct rpz_exchange *x)
{
	uint8_t room[LENGTH_BYTES + RPZ_REPLY_BYTES];

	if (x->stream != NULL) {
		int64_t start_us = clock_mono_us();
		bool whole = x->shows != SHOWS_IXFR;

		if (whole)
			rpz_cut_begin(c->r, x->zone, &x->from);
		bool ok = send_stream(c, x);
		if (whole)
			rpz_cut_end(c->r, x->zone, &x->from, ok);
		transfer_log(x, ok, clock_mono_us() - start_us);
		return ok;
	}
	knot_wire_write_u16(room, (uint16_t)x->reply_len);
	memcpy(room + LENGTH_BYTES, x->reply, x->reply_len);
	return x->reply_len > 0 && write_all(c, room, LENGTH_BYTES + x->reply_len,
					     clock_mono_us() + RPZ_STALL_MS * US_PER_MS);
}

/* Has the client closed it?  Its thread will notice in a moment, but must not keep the
 * client's next connection out until then.  Under the lock. */
static bool
is_left(const struct rpz_connection *c)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       (info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE);
}

/* The connection is this operator's from now on; false: it has its share of them. */
static bool
is_within_share(struct rpz_connection *c, const struct rpz_peer *p, bool keyed)
{
	unsigned theirs = 0;

	if (p == NULL || (strcmp(c->operator_name, p->name) == 0 && c->keyed == keyed))
		return true;
	pthread_mutex_lock(&c->r->lock);
	for (unsigned i = 0; i < c->r->limits.connections; i++) {
		const struct rpz_connection *other = &c->r->connections[i];

		theirs += other->state == CONNECTION_RUNNING && other != c &&
			  strcmp(other->operator_name, p->name) == 0 && !is_left(other);
	}
	if (theirs < c->r->limits.connections_per_operator) {
		snprintf(c->operator_name, sizeof(c->operator_name), "%s", p->name);
		c->keyed = keyed;
	}
	pthread_mutex_unlock(&c->r->lock);
	return theirs < c->r->limits.connections_per_operator;
}

static bool
serve_one(struct rpz_connection *c)
{
	int64_t until_us = clock_mono_us() + c->r->limits.idle_s * CLOCK_US_PER_S;
	uint8_t query[RPZ_QUERY_BYTES_MAX], length[LENGTH_BYTES];
	struct rpz_exchange x;
	bool ok;

	if (!read_all(c, length, sizeof(length), until_us))
		return false;
	size_t len = knot_wire_read_u16(length);

	if (len > sizeof(query)) {
		rpz_odd(c->r, &c->from, "query_too_long");
		return false;
	}
	if (!read_all(c, query, len, until_us))
		return false;
	rpz_exchange_begin(&x, c->r, &c->from, true, query, len);
	ok = is_within_share(c, x.peer, x.sign);
	if (!ok)
		rpz_odd(c->r, &c->from, "too_many_connections_of_the_operator");
	else if (send_answer(c, &x))
		rpz_exchange_sent(&x);
	else {
		rpz_exchange_cut(&x);
		ok = false;
	}
	rpz_exchange_end(&x);
	return ok;
}

static void *
connection_main(void *arg)
{
	struct rpz_connection *c = arg;

	while (serve_one(c))
		;
	/* Closed under the lock: a number in use must not be seen as this one's. */
	pthread_mutex_lock(&c->r->lock);
	close(c->fd);
	c->state = CONNECTION_DONE;
	pthread_cond_signal(&c->r->connection_done);
	pthread_mutex_unlock(&c->r->lock);
	return NULL;
}

/* Under the lock.  A free slot; *ret_stranger: one that may be closed for a new one, the
 * oldest connection of nobody known or one that is ending; *ret_beside: likewise, of
 * those that count for this address. */
static struct rpz_connection *
slot_find(struct rpz *r, const struct rpz_addr *from, unsigned *ret_theirs,
	  struct rpz_connection **ret_stranger, struct rpz_connection **ret_beside)
{
	struct rpz_connection *slot = NULL;

	*ret_theirs = 0;
	*ret_stranger = *ret_beside = NULL;
	for (unsigned i = 0; i < r->limits.connections; i++) {
		struct rpz_connection *c = &r->connections[i];

		if (c->state == CONNECTION_DONE) {
			pthread_join(c->thread, NULL); /* has nothing left to do */
			c->state = CONNECTION_FREE;
		}
		if (c->state == CONNECTION_FREE) {
			slot = c;
			continue;
		}
		if (slot == NULL && c->operator_name[0] == '\0' &&
		    (*ret_stranger == NULL || c->since_us < (*ret_stranger)->since_us))
			*ret_stranger = c;
		if (c->keyed || memcmp(&c->from, from, sizeof(*from)) != 0)
			continue;
		if (is_left(c)) {
			*ret_stranger = c;
			continue;
		}
		(*ret_theirs)++;
		if (c->operator_name[0] == '\0' &&
		    (*ret_beside == NULL || c->since_us < (*ret_beside)->since_us))
			*ret_beside = c;
	}
	return slot;
}

/* A free slot.  When all are taken, or this address has its share of them, the oldest
 * connection that nobody known has shown to be his makes room (of that address, when its
 * share is the reason): it had its chance.  So nobody who shares an operator's address
 * keeps it out. */
static struct rpz_connection *
slot_take(struct rpz *r, const struct rpz_addr *from)
{
	const unsigned most = r->limits.connections_per_address;
	struct rpz_connection *slot, *stranger, *beside, *going;
	struct timespec until;
	unsigned theirs;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += RPZ_EVICT_MS * 1000 * 1000;
	if (until.tv_nsec >= NS_PER_S) {
		until.tv_nsec -= NS_PER_S;
		until.tv_sec++;
	}
	pthread_mutex_lock(&r->lock);
	slot = slot_find(r, from, &theirs, &stranger, &beside);
	going = theirs >= most ? beside : slot == NULL ? stranger : NULL;
	if (going != NULL)
		(void)shutdown(going->fd, SHUT_RDWR);
	while (going != NULL && (slot == NULL || theirs >= most)) {
		if (pthread_cond_timedwait(&r->connection_done, &r->lock, &until) != 0)
			break;
		slot = slot_find(r, from, &theirs, &stranger, &beside);
	}
	if (theirs >= most)
		slot = NULL;
	pthread_mutex_unlock(&r->lock);
	return slot;
}

static void
connection_start(struct rpz *r, int fd, const struct rpz_addr *from)
{
	struct rpz_connection *c = slot_take(r, from);
	const int on = 1;
	pthread_attr_t attr;
	int ret = EAGAIN;

	if (c != NULL) {
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, RPZ_THREAD_STACK_BYTES);
		/* Under the lock, so that the thread cannot be done before it is running.
		 */
		pthread_mutex_lock(&r->lock);
		c->r = r;
		c->fd = fd;
		c->from = *from;
		c->since_us = clock_mono_us();
		c->operator_name[0] = '\0';
		c->keyed = false;
		ret = pthread_create(&c->thread, &attr, connection_main, c);
		if (ret == 0)
			c->state = CONNECTION_RUNNING;
		pthread_mutex_unlock(&r->lock);
		pthread_attr_destroy(&attr);
	}
	if (ret != 0) {
		rpz_odd(r, from,
			c == NULL ? "connection_turned_away_limit"
				  : "connection_turned_away_no_thread");
		close(fd);
	}
}

void *
rpz_tcp_main(void *arg)
{
	struct rpz *r = arg;

	while (rpz_wait(r, r->tcp_fd, POLLIN, -1) > 0) {
		struct sockaddr_storage ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(r->tcp_fd, (struct sockaddr *)&ss, &len,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			struct rpz_addr from = rpz_addr_of(&ss);

			connection_start(r, fd, &from);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
			/* The connection stays in the queue: do not spin on it. */
			log_line(LOG_ERROR, "rpz.accept", "errno=%d", errno);
			(void)rpz_wait(r, -1, 0, ACCEPT_PAUSE_MS);
		}
	}
	return NULL;
}

void
rpz_tcp_join(struct rpz *r)
{
	for (unsigned i = 0; i < r->limits.connections; i++) {
		struct rpz_connection *c = &r->connections[i];

		/* Each sees stop_fd.  The state is read without the lock it is joined
		 * under: nobody starts connections any more. */
		pthread_mutex_lock(&r->lock);
		bool taken = c->state != CONNECTION_FREE;
		pthread_mutex_unlock(&r->lock);
		if (taken)
			pthread_join(c->thread, NULL);
	}
}
