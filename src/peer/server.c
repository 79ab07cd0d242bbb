#include "peer/server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/listen.h"
#include "base/log.h"
#include "peer/request.h"
#include "peer/server_int.h"
#include "service/tls.h"
#include "service/tls_session.h"

enum { LOG_TEXT_MAX = 240 };

/* ---- callbacks of libmicrohttpd ---------------------------------------------------- */

static void
on_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
	      enum MHD_ConnectionNotificationCode what)
{
	struct peer_server *s = cls;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		conns_close(&s->conns, *socket_context);
		*socket_context = NULL;
		return;
	}
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
	int on = 1;
	setsockopt(info->connect_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	*socket_context = conns_open(&s->conns, info->connect_fd, s->head_us);
	if (*socket_context == NULL)
		shutdown(info->connect_fd, SHUT_RDWR);
}

/* One path, one resource: nothing is decoded. */
static size_t
on_unescape(void *cls, struct MHD_Connection *mhd, char *s)
{
	(void)cls;
	(void)mhd;
	return strlen(s);
}

static enum MHD_Result
on_access(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
	  const char *version, const char *data, size_t *len, void **request)
{
	struct peer_server *s = cls;

	(void)version;
	if (*request == NULL) {
		*request = request_open(s, mhd);
		return request_begin(s, mhd, *request, url, method);
	}
	if (*len != 0) {
		enum MHD_Result more = request_take(s, *request, data, *len);
		*len = 0;
		return more;
	}
	return request_finish(s, mhd, *request);
}

static void
on_completed(void *cls, struct MHD_Connection *mhd, void **request,
	     enum MHD_RequestTerminationCode how)
{
	(void)mhd;
	if (*request != NULL)
		request_close(cls, *request, how == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	*request = NULL;
}

/* ---- start and stop ---------------------------------------------------------------- */

/* What libmicrohttpd says of requests and handshakes that do not reach us. */
PRINTF(2, 0)
static void
on_log(void *cls, const char *fmt, va_list ap)
{
	char text[LOG_TEXT_MAX];

	(void)cls;
	vsnprintf(text, sizeof(text), fmt, ap);
	text[strcspn(text, "\n")] = '\0';
	log_line(LOG_INFO, "peer.http", "reason=\"%s\"", text);
}

static struct MHD_Daemon *
mhd_start(struct peer_server *s, int fd)
{
	/* A client certificate is asked for only when a trust file is set (checked for
	 * 0.9.75), and is then not verified against it: any file will do, and
	 * request_begin() compares keys. */
	return MHD_start_daemon(
		MHD_USE_TLS | MHD_USE_THREAD_PER_CONNECTION |
			MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
			MHD_USE_ERROR_LOG,
		0, NULL, NULL, on_access, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
		MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_KEY, s->key,
		MHD_OPTION_HTTPS_MEM_CERT, s->cert, MHD_OPTION_HTTPS_MEM_TRUST, s->cert,
		MHD_OPTION_HTTPS_PRIORITIES, TLS_PRIORITIES, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)PEER_CONNECTIONS_MAX,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)PEER_CONNECTIONS_OF_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)PEER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)PEER_CONNECTION_BUFFER, MHD_OPTION_END);
}

static void
server_free(struct peer_server *s)
{
	if (s->key != NULL)
		sodium_memzero(s->key, strlen(s->key));
	free(s->key);
	free(s->cert);
	free(s);
}

enum rc
peer_server_start(struct node *nd, const char *host, uint16_t port, const char *tls_dir,
		  struct peer_server **ret, struct err *e)
{
	struct peer_server *s = calloc(1, sizeof(*s));
	sigset_t all, before;
	struct hash pin;
	bool watching = false;
	int fd = -1;
	enum rc rc;

	*ret = NULL;
	if (s == NULL)
		abort();
	s->nd = nd;
	s->head_us = PEER_HEAD_S * CLOCK_US_PER_S;
	s->request_us = PEER_REQUEST_S * CLOCK_US_PER_S;
	/* Signals are for the main thread; a peer that hangs up must not end us. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = tls_load(tls_dir, &s->key, &s->cert, &pin, e);
	if (rc == RC_OK)
		rc = listen_tcp(&(struct listen_at){.host = host, .port = port}, &fd,
				&s->port, e);
	if (rc == RC_OK)
		rc = conns_start(&s->conns, PEER_CONNECTIONS_MAX, e);
	if (rc != RC_OK)
		goto out;
	watching = true;
	s->mhd = mhd_start(s, fd);
	if (s->mhd == NULL) {
		rc = err_set(e, RC_IO,
			     "start HTTPS for peers: see the log for what "
			     "libmicrohttpd lacks");
		goto out;
	}
	fd = -1; /* closed by the daemon from here on */
	*ret = s;
	s = NULL;
out:
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (fd >= 0)
		close(fd);
	if (s != NULL && watching)
		conns_stop(&s->conns);
	if (s != NULL)
		server_free(s);
	return rc;
}

uint16_t
peer_server_port(const struct peer_server *s)
{
	return s->port;
}

void
peer_server_stop(struct peer_server *s)
{
	if (s == NULL)
		return;
	MHD_stop_daemon(s->mhd);
	conns_stop(&s->conns);
	server_free(s);
}
