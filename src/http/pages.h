/*
 * pages - what people of this organisation read with a browser: cases, orders, lookup;
 * and where a one-time link is used.
 *
 * HTML without script, rendered here, read only but for that one form.  Nobody is asked
 * who they are, so the pages are served to this machine alone: on a loopback address, and
 * only for requests that name a loopback host, because a page of another site that has
 * its own name point here would otherwise be let in (DNS rebinding).
 */
#ifndef SALURAN_HTTP_PAGES_H
#define SALURAN_HTTP_PAGES_H

#include <stdint.h>

#include "base/err.h"
#include "service/node.h"

enum {
	PAGES_CONNECTIONS_MAX = 64, /* a thread each */
	PAGES_TIMEOUT_S = 30,	    /* without a byte */
	PAGES_HEAD_S = 15,	    /* from connecting to the end of a request's head */
	PAGES_REQUEST_S = 60,	    /* from there to the end of its answer */
	PAGES_CONNECTION_BUFFER = 32 << 10,
	PAGES_FIELDS_MAX = 64, /* of a request's head */
};

struct http_pages;

/*
 * Listen and serve until http_pages_stop().  `host` is a numeric loopback address or
 * "localhost"; port 0: any, see http_pages_port().  `nd` outlives it.
 * RC_DENIED    the address is not of this machine alone
 * RC_INVALID   `host` is no numeric address
 * RC_CONFLICT  the port is in use
 */
enum rc http_pages_start(struct node *nd, const char *host, uint16_t port,
			 struct http_pages **ret, struct err *e) MUST_CHECK;
uint16_t http_pages_port(const struct http_pages *w);
void http_pages_stop(struct http_pages *w); /* NULL allowed; waits for its requests */

#endif
