#include "base/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 128, BIND_TRIES = 60, BIND_PAUSE_NS = 50000000 };

int
listen_bind(int fd, const struct sockaddr *at, socklen_t len)
{
	int rc = bind(fd, at, len);

	for (int i = 0; rc < 0 && errno == EADDRINUSE && i < BIND_TRIES; i++) {
		nanosleep(&(struct timespec){.tv_nsec = BIND_PAUSE_NS}, NULL);
		rc = bind(fd, at, len);
	}
	return rc;
}

static bool
ip4_is_loopback(const struct in_addr *a)
{
	return ntohl(a->s_addr) >> 24 == IN_LOOPBACKNET;
}

bool
listen_text_is_loopback(const char *host)
{
	struct in_addr ip4;
	struct in6_addr ip6;

	if (inet_pton(AF_INET, host, &ip4) == 1)
		return ip4_is_loopback(&ip4);
	return inet_pton(AF_INET6, host, &ip6) == 1 && IN6_IS_ADDR_LOOPBACK(&ip6);
}

static bool
is_loopback(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return ip4_is_loopback(
			&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
	return sa->sa_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(
		       &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

static enum rc
port_get(int fd, uint16_t *ret, struct err *e)
{
	union {
		struct sockaddr any;
		struct sockaddr_in ip4;
		struct sockaddr_in6 ip6;
	} at;
	socklen_t len = sizeof(at);

	memset(&at, 0, sizeof(at));
	if (getsockname(fd, &at.any, &len) < 0)
		return err_sys(e, "read the port of a socket");
	*ret = ntohs(at.any.sa_family == AF_INET6 ? at.ip6.sin6_port : at.ip4.sin_port);
	return RC_OK;
}

static enum rc
fd_listen(int fd, const struct addrinfo *ai, const char *host, uint16_t port,
	  struct err *e)
{
	int on = 1, off = 0;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (listen_bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return RC_OK;
	if (errno == EADDRINUSE)
		return err_set(e, RC_CONFLICT,
			       "port %u of %s is in use by another program: stop it, or "
			       "choose another port",
			       (unsigned)port, host);
	return err_sys(e, "listen on %s port %u", host, (unsigned)port);
}

enum rc
listen_tcp(const struct listen_at *at, int *ret_fd, uint16_t *ret_port, struct err *e)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
						   AI_PASSIVE};
	bool all = at->host == NULL || at->host[0] == '\0';
	const char *host = all ? "0.0.0.0" : at->host;
	struct addrinfo *ai = NULL;
	char service[8];
	int fd = -1;
	enum rc rc = RC_OK;

	snprintf(service, sizeof(service), "%u", (unsigned)at->port);
	if (getaddrinfo(host, service, &hints, &ai) != 0)
		return err_set(e, RC_INVALID,
			       "%s is no numeric address: write %s:%u, or [%s]:%u", host,
			       at->loopback ? "127.0.0.1" : "192.0.2.1",
			       (unsigned)at->port, at->loopback ? "::1" : "2001:db8::1",
			       (unsigned)at->port);
	if (at->loopback && !is_loopback(ai->ai_addr)) {
		rc = err_set(e, RC_DENIED,
			     "%s can be reached from elsewhere, and what is said here is "
			     "not encrypted: choose a loopback address such as "
			     "127.0.0.1:%u",
			     host, (unsigned)at->port);
		goto out;
	}
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		rc = err_sys(e, "make a socket");
	if (rc == RC_OK)
		rc = fd_listen(fd, ai, host, at->port, e);
	if (rc == RC_OK)
		rc = port_get(fd, ret_port, e);
out:
	freeaddrinfo(ai);
	if (rc != RC_OK && fd >= 0)
		close(fd);
	else
		*ret_fd = fd;
	return rc;
}
