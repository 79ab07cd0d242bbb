/*
 * api - the JSON API of docs/api.md, on the node's local socket and over HTTPS.
 *
 * Both take the same path.  What comes over HTTPS is counted against limits, and its
 * Host is checked; the local socket is this user's alone.
 *
 * Threads: one a connection.
 */
#ifndef SALURAN_HTTP_API_H
#define SALURAN_HTTP_API_H

#include <stdint.h>

#include "service/node.h"

enum {
	API_LOCAL_MAX = 64,	   /* connections of the local socket */
	API_STREAMS_MAX = 64,	   /* event streams at one time */
	API_METRICS_MAX = 1 << 20, /* bytes of GET /metrics */
};

struct http_api;

/* Replaces the socket file of a daemon that died: the caller holds the node's lock.
 * RC_INVALID: the path is too long for a socket.  RC_IO, RC_DENIED. */
enum rc http_api_start(struct node *nd, const char *socket_path, struct http_api **ret,
		       struct err *e) MUST_CHECK;
/* And over HTTPS; port 0: any, see http_api_port().  Called once.
 * RC_INVALID   `host` is no numeric address, or key and certificate are none
 * RC_CONFLICT  the port is in use
 * RC_NOT_FOUND, RC_DENIED, RC_IO  key and certificate cannot be read */
enum rc http_api_https(struct http_api *h, const char *host, uint16_t port,
		       struct err *e) MUST_CHECK;
uint16_t http_api_port(const struct http_api *h);
void http_api_stop(struct http_api *h); /* NULL allowed; waits for requests under way */

#endif
