/*
 * listen - TCP sockets on which a server waits for connections.
 */
#ifndef SALURAN_BASE_LISTEN_H
#define SALURAN_BASE_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/err.h"

struct listen_at {
	const char *host; /* a numeric address; NULL or "" is every IPv4 address, "::"
			   * every address */
	uint16_t port;	  /* 0: any that is free */
	bool loopback;	  /* what can be reached from elsewhere is refused */
};

/*
 * A socket for accept(), closed on exec, and the port that it has.
 *
 * RC_INVALID   the host is no numeric address
 * RC_DENIED    it is no loopback address, and must be
 * RC_CONFLICT  the port is in use
 * RC_IO        the system refuses
 */
enum rc listen_tcp(const struct listen_at *at, int *ret_fd, uint16_t *ret_port,
		   struct err *e) MUST_CHECK;

/*
 * bind(2) that waits three seconds for an address in use.
 *
 * A child that was just forked when its daemon was killed has the daemon's sockets until
 * it ends: that takes a moment, on a busy machine a longer one.
 */
int listen_bind(int fd, const struct sockaddr *at, socklen_t len);

/* 127.0.0.0/8 and ::1, as text. */
bool listen_text_is_loopback(const char *host);

#endif
