/*
 * api_int - what the files of the API's edge share.
 *
 * A request goes through: guard.c (is its head one that a proxy reads as we do?),
 * head.c (path, route, limits, who asks), the body, api.c (the use case), answer.c.
 * Everything up to the body is judged before a byte of the body is read.
 */
#ifndef SALURAN_HTTP_API_INT_H
#define SALURAN_HTTP_API_INT_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/conns.h"
#include "http/api.h"
#include "http/rate.h"
#include "service/service.h"

enum {
	API_HEAD_S = 15,     /* from connecting to the end of a request's head */
	API_REQUEST_S = 300, /* to the end of its answer: a send of 200,000 rows is one */
	API_IDLE_S = 75,     /* between requests, and without a byte */
	API_CONNECTION_BUFFER = 32 << 10, /* a request's head fits in, or is refused */
	API_FIELDS_MAX = 64,		  /* header fields of a request */
	API_QUERY_MAX = 32,		  /* words of a query */
	API_DRAIN_MAX = 128 << 10,  /* of a refused request's body that is still read */
	API_BODIES_MAX = 256 << 20, /* bytes of all bodies that are held at one time */
	API_JSON_DEPTH_MAX = 32,
	API_ADDRESS_LEN = 64,
};

struct metrics;
struct page_route;
struct stream;

struct api_listener {
	struct http_api *h;
	struct MHD_Daemon *mhd;
	struct conns conns;
	bool watched; /* conns is started */
	bool local;   /* the socket in the node's directory; else HTTPS */
};

struct http_api {
	struct node *nd;
	char *path; /* of the socket */
	char *key, *cert;
	uint16_t port;
	struct api_listener local, tls;
	struct rate rate;
	struct metrics *metrics;
	_Atomic size_t bodies; /* of API_BODIES_MAX */
	pthread_mutex_t streams_mu;
	struct stream *streams; /* event streams under way */
	_Atomic int n_streams;
	_Atomic bool stopping;
};

/* One request, from its first header to its answer. */
struct request {
	struct arena *a;
	struct api_listener *l;
	struct MHD_Connection *c;
	struct conn *conn;
	const struct service_route *route;
	const struct actor *who;
	json_t *in; /* words of path and query */
	struct buf body;
	size_t reserved;   /* of API_BODIES_MAX */
	uint64_t declared; /* Content-Length, or UINT64_MAX when chunked */
	struct err e;
	enum rc rc;		       /* a refusal before the body is read */
	unsigned status;	       /* HTTP status of the refusal; 0: that of rc */
	const char *allow;	       /* for 405 */
	const char *key;	       /* Idempotency-Key, or NULL */
	const char *version;	       /* of what the answer shows, or NULL */
	const char *file;	       /* name to keep the answer under, or NULL */
	struct rate_answer rate;       /* limit 0: was not counted */
	bool head;		       /* HEAD */
	const char *web;	       /* what a browser loads (console.c); NULL: none */
	const struct page_route *page; /* a page (public.c); NULL and no web: the API */
	const char *page_path, *page_word, *page_host;
	bool metrics; /* GET /metrics */
	bool has_body, chunked;
	bool ends; /* the connection is of no use afterwards */
	bool answered;
	struct upload *upload; /* takes the body; NULL: it is JSON */
	json_t *shown;	       /* with a refusal of the upload */
	bool by_cookie;
	const char *set_cookie; /* for Set-Cookie, or NULL */
	char address[API_ADDRESS_LEN];
	int64_t start_us;
};

/* guard.c.  RC_INVALID with rule: the head can be read in two ways; the connection ends.
 */
enum rc guard_head(struct request *r, struct err *e) MUST_CHECK;

/* head.c: everything that is judged before the body. */
enum rc head_judge(struct request *r, const char *url, const char *method,
		   struct err *e) MUST_CHECK;
/* Do the credentials still open what they did?  For answers that last. */
enum rc head_still(struct request *r, struct err *e) MUST_CHECK;
/* The field's value, or NULL. */
const char *request_field(struct request *r, const char *name);

/* answer.c.  Each queues the answer and counts it. */
enum MHD_Result answer_bytes(struct request *r, unsigned status, const char *type,
			     const void *p, size_t len);
enum MHD_Result answer_json(struct request *r, json_t *j);
/* RFC 9457, beside what the reply has to show. */
enum MHD_Result answer_problem(struct request *r, enum rc rc, json_t *shown);
/* The headers that every answer has. */
bool answer_headers(struct request *r, struct MHD_Response *resp);
/* Those of a page or a file of it. */
bool answer_page_headers(struct request *r, struct MHD_Response *resp);
void answer_counted(struct request *r, unsigned status);

/* cookie.c */
bool cookie_is_browser(struct request *r);
/* RC_DENIED: another site made it. */
enum rc cookie_site_check(struct request *r, struct err *e) MUST_CHECK;
/* Did a page of ours send this form?  What says nothing of it is no browser. */
bool cookie_from_here(struct request *r);
/* Who asks by cookie, if by any.  RC_UNAUTHENTICATED, RC_DENIED (no token), RC_INVALID.
 */
enum rc cookie_who(struct request *r, bool *ret_any, struct err *e) MUST_CHECK;
/* Take the session out of an answer to a browser: what Set-Cookie is to say, or NULL. */
const char *cookie_take(struct request *r, json_t *answer);
/* transfer.c: bodies and answers that do not fit memory. */
enum rc transfer_begin(struct request *r) MUST_CHECK;
bool transfer_take(struct request *r, const char *data, size_t len);
enum MHD_Result transfer_end(struct request *r);
void transfer_close(struct request *r);
enum MHD_Result transfer_answer(struct request *r, struct download *d);

/* console.c: pages and files over HTTPS, for GET and HEAD. */
bool console_is_file(const char *path);
bool console_has(const char *path);
enum MHD_Result console_answer(struct request *r, const char *path);

/* public.c: pages over HTTPS.  Is it one?  *ret: why its form is refused. */
bool public_takes(struct request *r, const char *url, const char *method, enum rc *ret,
		  struct err *e);
/* Is it a page of another's host, which may be a blocked name? */
bool public_lands(struct request *r, const char *url, const char *method,
		  const char *host);
enum MHD_Result public_answer(struct request *r);

/* stream.c: GET /v1/events/stream. */
enum MHD_Result stream_start(struct request *r);

#endif
