/*
 * api - the JSON API of docs/api.md on the node's local socket.
 *
 * Threads: one a connection, at most API_CONNECTIONS_MAX.
 */
#ifndef SALURAN_HTTP_API_H
#define SALURAN_HTTP_API_H

#include "service/node.h"

enum {
	API_CONNECTIONS_MAX = 64,
	API_TIMEOUT_S = 300, /* a send of 200,000 rows is one request */
};

struct http_api;

/* Replaces the socket file of a daemon that died: the caller holds the node's lock.
 * RC_INVALID: the path is too long for a socket.  RC_IO, RC_DENIED. */
enum rc http_api_start(struct node *nd, const char *socket_path, struct http_api **ret,
		       struct err *e) MUST_CHECK;
void http_api_stop(struct http_api *h); /* NULL allowed; waits for requests under way */

#endif
