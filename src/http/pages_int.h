/*
 * pages_int - what the files of the pages' listener share.
 */
#ifndef SALURAN_HTTP_PAGES_INT_H
#define SALURAN_HTTP_PAGES_INT_H

#include <microhttpd.h>
#include <stdbool.h>

#include "base/conns.h"
#include "http/page.h"
#include "http/pages.h"
#include "http/rate.h"

struct http_pages {
	struct node *nd;
	struct MHD_Daemon *mhd;
	uint16_t port;
	struct conns conns;
	struct rate rate;
};

/* pages.c: what libmicrohttpd calls. */
enum MHD_Result pages_on_request(void *cls, struct MHD_Connection *c, const char *url,
				 const char *method, const char *version,
				 const char *data, size_t *len, void **state);
void pages_on_completed(void *cls, struct MHD_Connection *c, void **state,
			enum MHD_RequestTerminationCode why);

/* pages_listen.c */
/* How long the connection may go on; for pages.c at the ends of a request. */
void pages_allow(struct http_pages *w, struct MHD_Connection *c, int64_t s);

#endif
