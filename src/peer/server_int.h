/*
 * server_int - what the files of the peer server share.
 */
#ifndef SALURAN_PEER_SERVER_INT_H
#define SALURAN_PEER_SERVER_INT_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/conns.h"
#include "base/err.h"
#include "peer/path.h"
#include "peer/server.h"
#include "service/exchange.h"

enum {
	PEER_CONNECTIONS_MAX = 64,
	PEER_CONNECTIONS_OF_ADDRESS_MAX = 16,
	PEER_PIECE_MAX = 4 << 20,	   /* bytes of a piece of a file */
	PEER_CHECKPOINT_BODY_MAX = 131072, /* 63 hashes and a note of 64 signatures */
	PEER_BODIES_MAX = 128 << 20, /* bytes of all bodies that are held at one time */
	PEER_CONNECTION_BUFFER = 65536,
	PEER_FIELDS_MAX = 64,
	PEER_RETRY_AFTER_S = 5,

	PEER_HEAD_S = 15,     /* from connecting to an authenticated request head */
	PEER_REQUEST_S = 120, /* from a request's head to the end of its answer */
	PEER_IDLE_S = 90,     /* between requests, and without a byte */
};

struct peer_server {
	struct node *nd;
	struct MHD_Daemon *mhd;
	char *key, *cert; /* PEM */
	uint16_t port;
	struct conns conns;
	int64_t head_us, request_us; /* PEER_HEAD_S and PEER_REQUEST_S */
	_Atomic size_t bodies;	     /* of PEER_BODIES_MAX */
};

struct peer_answer {
	unsigned status;  /* 0: that of the outcome */
	const char *type; /* NULL: text/plain */
	void *body;	  /* in the request's arena */
	size_t len;
	const char *field, *value; /* a header more; NULL: none */
};

struct peer_request {
	struct arena *a;
	struct node *nd;
	const struct peer_route *route; /* NULL until one is found */
	int64_t peer;			/* -1: not authenticated */
	struct path_words words;
	struct buf body;   /* unpacked when the handler gets it */
	size_t reserved;   /* of PEER_BODIES_MAX */
	uint64_t declared; /* bytes of the body; UINT64_MAX: in chunks */
	bool gzip, answered;
	bool anyone;		    /* not authenticated, and need not be */
	bool ends;		    /* the connection is of no use afterwards */
	const char *range, *digest; /* Content-Range, Content-Digest, or NULL */
	struct conn *conn;
};

/* RC_OK: `ret` is the answer.  Else `e` is, unless ret->status is set. */
typedef enum rc peer_handler(struct node *nd, struct peer_request *r,
			     struct peer_answer *ret, struct err *e);

struct peer_route {
	const char *method, *pattern;
	const char *name; /* for the log */
	size_t body_max;  /* bytes, before and after unpacking */
	bool gzip;	  /* Content-Encoding: gzip is understood */
	peer_handler *handler;
};

extern const struct peer_route peer_routes[];
extern const size_t peer_routes_n;

/* POST identity: what it brings proves itself, so no TLS key is asked for. */
bool peer_route_is_for_anyone(const char *url, const char *method);
/* The row of a method and path, in r->route and r->words.  RC_NOT_FOUND; RC_UNSUPPORTED:
 * the call has another method, *ret says so. */
enum rc peer_route_find(struct peer_request *r, const char *url, const char *method,
			struct peer_answer *ret, struct err *e) MUST_CHECK;
/* Where `answer` has no status yet, that of the outcome and its line.  True: the trouble
 * is our own, for our log; the peer learns only that there is some. */
bool peer_refusal_put(struct arena *a, enum rc rc, const struct err *e,
		      struct peer_answer *answer);

#endif
