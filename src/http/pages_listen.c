#include "http/pages_int.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/listen.h"

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
	if (host != NULL && strcasecmp(host, "localhost") == 0)
		host = "127.0.0.1";
	/* What the pages say is not encrypted. */
	rc = listen_tcp(&(struct listen_at){.host = host, .port = port, .loopback = true},
			&fd, &w->port, e);
	if (rc == RC_OK)
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
