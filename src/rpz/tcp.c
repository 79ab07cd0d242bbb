/* Connections: a bounded number of threads, each with a deadline for whatever it waits
 * for. */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpz/internal.h"

enum { LENGTH_BYTES = 2, ACKED_PAUSE_MS = 5, ACCEPT_PAUSE_MS = 100 };

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
 */
static bool
is_acked(struct rpz_connection *c)
{
	int64_t until_us = clock_mono_us() + RPZ_ACKED_MS * INT64_C(1000);
	int unsent = 1, error = 0;
	socklen_t len = sizeof(error);

	while (ioctl(c->fd, SIOCOUTQ, &unsent) == 0 && unsent > 0 &&
	       clock_mono_us() < until_us)
		if (rpz_wait(c->r, -1, 0, ACKED_PAUSE_MS) < 0)
			return false;
	/* A reset empties the queue, too. */
	return unsent == 0 &&
	       getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

static bool
send_zone(struct rpz_connection *c, struct rpz_exchange *x, uint8_t *room)
{
	int64_t until_us = clock_mono_us() + RPZ_TRANSFER_MS * INT64_C(1000);
	const uint8_t *p = x->snapshot->stream, *end = p + x->snapshot->stream_len;

	while (p < end) {
		size_t len = knot_wire_read_u16(p);

		memcpy(room + LENGTH_BYTES, p + LENGTH_BYTES, len);
		p += LENGTH_BYTES + len;
		if (rpz_exchange_finish(x, room + LENGTH_BYTES, &len) != RC_OK)
			return false;
		knot_wire_write_u16(room, (uint16_t)len);
		if (!write_all(c, room, LENGTH_BYTES + len, until_us))
			return false;
	}
	return is_acked(c);
}

static bool
serve_one(struct rpz_connection *c, uint8_t *room)
{
	int64_t until_us = clock_mono_us() + RPZ_IDLE_MS * INT64_C(1000);
	uint8_t query[RPZ_QUERY_BYTES_MAX], length[LENGTH_BYTES];
	struct rpz_exchange x;
	bool ok = false;

	if (!read_all(c, length, sizeof(length), until_us))
		return false;
	size_t len = knot_wire_read_u16(length);

	if (len > sizeof(query) || !read_all(c, query, len, until_us))
		return false;
	rpz_exchange_begin(&x, c->r, &c->from, true, query, len);
	if (x.whole_zone) {
		ok = send_zone(c, &x, room);
		if (!ok)
			log_line(LOG_WARN, "rpz.transfer", "serial=%u result=cut_short",
				 x.snapshot->serial);
	} else if (x.reply_len > 0) {
		knot_wire_write_u16(room, (uint16_t)x.reply_len);
		memcpy(room + LENGTH_BYTES, x.reply, x.reply_len);
		ok = write_all(c, room, LENGTH_BYTES + x.reply_len,
			       clock_mono_us() + RPZ_STALL_MS * INT64_C(1000));
	}
	if (ok)
		rpz_exchange_sent(&x);
	rpz_exchange_end(&x);
	return ok;
}

static void *
connection_main(void *arg)
{
	struct rpz_connection *c = arg;
	uint8_t *room = malloc(LENGTH_BYTES + RPZ_MESSAGE_BYTES);

	if (room == NULL)
		abort();
	while (serve_one(c, room))
		;
	free(room);
	/* Closed under the lock: a number in use must not be seen as this one's. */
	pthread_mutex_lock(&c->r->lock);
	close(c->fd);
	c->state = CONNECTION_DONE;
	pthread_mutex_unlock(&c->r->lock);
	return NULL;
}

/* A free slot, unless this address has its share of them. */
static struct rpz_connection *
slot_take(struct rpz *r, const struct rpz_addr *from)
{
	struct rpz_connection *slot = NULL;
	int theirs = 0;

	pthread_mutex_lock(&r->lock);
	for (int i = 0; i < RPZ_SLOTS; i++) {
		struct rpz_connection *c = &r->connections[i];

		if (c->state == CONNECTION_DONE) {
			pthread_join(c->thread, NULL); /* has nothing left to do */
			c->state = CONNECTION_FREE;
		}
		if (c->state == CONNECTION_FREE)
			slot = c;
		else
			theirs += memcmp(&c->from, from, sizeof(*from)) == 0;
	}
	if (theirs >= RPZ_CONNECTIONS_PER_ADDRESS_MAX)
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
		c->r = r;
		c->fd = fd;
		c->from = *from;
		pthread_attr_init(&attr);
		pthread_attr_setstacksize(&attr, RPZ_THREAD_STACK_BYTES);
		/* Under the lock, so that the thread cannot be done before it is running.
		 */
		pthread_mutex_lock(&r->lock);
		ret = pthread_create(&c->thread, &attr, connection_main, c);
		if (ret == 0)
			c->state = CONNECTION_RUNNING;
		pthread_mutex_unlock(&r->lock);
		pthread_attr_destroy(&attr);
	}
	if (ret != 0) {
		log_line(LOG_WARN, "rpz.connection", "result=turned_away reason=%s",
			 c == NULL ? "limit" : "no_thread");
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
	for (int i = 0; i < RPZ_SLOTS; i++) {
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
