#include "http/pages_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"

enum { LISTEN_BACKLOG = 64 };

bool
pages_ip4_is_loopback(const char *s)
{
	struct in_addr a;

	return inet_pton(AF_INET, s, &a) == 1 && ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

bool
pages_ip6_is_loopback(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1 && IN6_IS_ADDR_LOOPBACK(&a);
}

static bool
address_is_loopback(const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (getnameinfo(sa,
			sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						  : sizeof(struct sockaddr_in),
			text, sizeof(text), NULL, 0, NI_NUMERICHOST) != 0)
		return false;
	return pages_ip4_is_loopback(text) || pages_ip6_is_loopback(text);
}

static enum rc
listen_at(const struct addrinfo *at, const char *host, uint16_t port, int *ret_fd,
	  struct err *e)
{
	int on = 1;
	enum rc rc = RC_OK;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return err_sys(e, "make a socket for the pages");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
		if (errno == EADDRINUSE)
			rc = err_set(
				e, RC_CONFLICT,
				"port %u of %s is in use by another program: stop it, or "
				"set http.listen to another port",
				(unsigned)port, host);
		else
			rc = err_sys(e, "listen for the pages on %s port %u", host,
				     (unsigned)port);
	}
	if (rc != RC_OK)
		close(fd);
	else
		*ret_fd = fd;
	return rc;
}

static enum rc
listen_on(const char *host, uint16_t port, int *ret_fd, struct err *e)
{
	const char *name =
		host != NULL && strcasecmp(host, "localhost") == 0 ? "127.0.0.1" : host;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *at = NULL;
	char service[8];
	enum rc rc;

	if (name == NULL || name[0] == '\0')
		return err_set(
			e, RC_DENIED,
			"the pages are not encrypted, so they need a loopback address: "
			"set http.listen to 127.0.0.1:PORT");
	snprintf(service, sizeof(service), "%u", (unsigned)port);
	if (getaddrinfo(name, service, &hints, &at) != 0)
		return err_set(
			e, RC_INVALID,
			"%s is no numeric address: set http.listen to 127.0.0.1:PORT",
			name);
	if (address_is_loopback(at->ai_addr))
		rc = listen_at(at, name, port, ret_fd, e);
	else
		rc = err_set(e, RC_DENIED,
			     "%s can be reached from elsewhere, and the pages are not "
			     "encrypted: set http.listen to a loopback address such as "
			     "127.0.0.1:%u",
			     name, (unsigned)port);
	freeaddrinfo(at);
	return rc;
}

static uint16_t
port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);
	char service[8] = "0";
	uint64_t port = 0;

	if (getsockname(fd, (struct sockaddr *)&ss, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&ss, len, NULL, 0, service, sizeof(service),
			NI_NUMERICSERV) != 0 ||
	    decimal_parse(service, strlen(service), UINT16_MAX, &port) != RC_OK)
		return 0;
	return (uint16_t)port;
}

/* ---- who is late is cut off -------------------------------------------------------- */

static void
on_connection(void *cls, struct MHD_Connection *c, void **context,
	      enum MHD_ConnectionNotificationCode what)
{
	struct http_pages *w = cls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		conns_close(&w->conns, *context);
		*context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = conns_open(&w->conns, info->connect_fd, PAGES_HEAD_S * CLOCK_US_PER_S);
	if (*context == NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

void
pages_allow(struct http_pages *w, struct MHD_Connection *c, int64_t s)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	if (info != NULL && info->socket_context != NULL)
		conns_allow(&w->conns, info->socket_context, s * CLOCK_US_PER_S);
}

enum rc
http_pages_start(struct node *nd, const char *host, uint16_t port,
		 struct http_pages **ret, struct err *e)
{
	struct http_pages *w = calloc(1, sizeof(*w));
	sigset_t all, before;
	bool watching = false;
	int fd = -1;
	enum rc rc;

	*ret = NULL;
	if (w == NULL)
		abort();
	w->nd = nd;
	rate_start(&w->rate);
	/* Signals are for the main thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = listen_on(host, port, &fd, e);
	if (rc != RC_OK)
		goto out;
	w->port = port_of(fd);
	rc = conns_start(&w->conns, PAGES_CONNECTIONS_MAX, e);
	if (rc != RC_OK)
		goto out;
	watching = true;
	w->mhd = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			MHD_USE_POLL | MHD_USE_ITC,
		0, NULL, NULL, pages_on_request, w, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
		MHD_OPTION_NOTIFY_COMPLETED, pages_on_completed, w,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)PAGES_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PAGES_TIMEOUT_S,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PAGES_CONNECTION_BUFFER,
		MHD_OPTION_END);
	if (w->mhd == NULL) {
		rc = err_set(e, RC_IO,
			     "the pages cannot be served: no thread is to be had");
		goto out;
	}
	fd = -1; /* closed by the daemon from here on */
	*ret = w;
	w = NULL;
out:
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (fd >= 0)
		close(fd);
	if (w != NULL && watching)
		conns_stop(&w->conns);
	if (w != NULL)
		rate_stop(&w->rate);
	free(w);
	return rc;
}

uint16_t
http_pages_port(const struct http_pages *w)
{
	return w->port;
}

void
http_pages_stop(struct http_pages *w)
{
	if (w == NULL)
		return;
	MHD_stop_daemon(w->mhd);
	conns_stop(&w->conns);
	rate_stop(&w->rate);
	free(w);
}
