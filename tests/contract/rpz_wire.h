/*
 * A client of the zones' server that speaks bytes, for what a tool cannot be made to say.
 * Included by the tests of rpz/ only.
 */
#ifndef SALURAN_TESTS_RPZ_WIRE_H
#define SALURAN_TESTS_RPZ_WIRE_H

#include "rpz_fake.h"

#include <arpa/inet.h>
#include <libknot/libknot.h>
#include <poll.h>
#include <sys/socket.h>

enum { WIRE_MAX = 65535, REPLY_MS = 60000 /* only who fails waits so long */ };

static inline struct sockaddr_in
loopback(unsigned last, uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(0x7f000000U | last)};
}

/* A socket of 127.0.0.`last`, connected to the server. */
static inline int
client(const struct fake *f, int type, unsigned last)
{
	struct sockaddr_in from = loopback(last, 0), to = loopback(1, rpz_port(f->r));
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static inline bool
readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

static inline size_t
read_exactly(int fd, uint8_t *p, size_t len)
{
	size_t at = 0;
	ssize_t n;

	while (at < len && readable(fd, REPLY_MS) &&
	       (n = recv(fd, p + at, len - at, 0)) > 0)
		at += (size_t)n;
	return at;
}

/* A message over TCP: its length, or 0 if the server closed. */
static inline size_t
read_message(int fd, uint8_t wire[WIRE_MAX])
{
	uint8_t head[2];
	size_t len;

	if (read_exactly(fd, head, sizeof(head)) != sizeof(head))
		return 0;
	len = knot_wire_read_u16(head);
	assert_int_equal(read_exactly(fd, wire, len), len);
	return len;
}

static inline void
send_message(int fd, const uint8_t *wire, size_t len)
{
	uint8_t framed[2 + WIRE_MAX];

	knot_wire_write_u16(framed, (uint16_t)len);
	memcpy(framed + 2, wire, len);
	assert_int_equal(send(fd, framed, len + 2, MSG_NOSIGNAL), (ssize_t)len + 2);
}

/* At once, not after the time that a silent client is given. */
static inline void
assert_closed(int fd)
{
	uint8_t byte;

	assert_true(readable(fd, REPLY_MS));
	assert_true(recv(fd, &byte, 1, 0) <= 0);
}

/* A query for the zone; returns its length. */
static inline size_t
query(uint8_t wire[WIRE_MAX], uint16_t type)
{
	static const uint8_t head[] = {0xab, 0xcd, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	static const uint8_t name[] = "\003rpz\004test";

	memcpy(wire, head, sizeof(head));
	memcpy(wire + sizeof(head), name, sizeof(name));
	knot_wire_write_u16(wire + sizeof(head) + sizeof(name), type);
	knot_wire_write_u16(wire + sizeof(head) + sizeof(name) + 2, KNOT_CLASS_IN);
	return sizeof(head) + sizeof(name) + 4;
}

static inline void
assert_alive(const struct fake *f)
{
	/* A packet may be lost while the server's queue is full. */
	char *out = kdig(f, ORIGIN " SOA +notcp +timeout=2 +retry=3"),
	     *tcp = kdig(f, ORIGIN " SOA +tcp");

	assert_says(out, "NOERROR");
	assert_says(tcp, "NOERROR");
	free(out);
	free(tcp);
}

#endif
