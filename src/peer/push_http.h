/*
 * push_http - one HTTPS connection to one peer, its key pinned and its dates checked.
 * Each side says what time it has (protocol 5), and the node hears what the peer says.
 *
 * For one thread.
 */
#ifndef SALURAN_PEER_PUSH_HTTP_H
#define SALURAN_PEER_PUSH_HTTP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "service/exchange.h"

struct push_http;

/* `stop` is looked at while a request is under way.  RC_IO: no memory. */
enum rc push_http_open(struct node *nd, const char *tls_dir, const atomic_bool *stop,
		       struct push_http **ret, struct err *e) MUST_CHECK;
void push_http_close(struct push_http *h); /* NULL allowed */

struct push_reply {
	long status;
	const char *body; /* valid until the next call */
	size_t len;
	int64_t retry_after_s; /* of Retry-After; 0: it does not say */
};

/*
 * POST `body` to <url>/peer/v1/<call>.  RC_OK: an answer came, whatever its status.
 * RC_UNAVAILABLE: none came, for the reason in *e, one plain sentence without its full
 * stop. RC_DENIED: the peer's key or certificate is refused, likewise.
 */
enum rc push_http_post(struct push_http *h, const struct exchange_peer *peer,
		       const char *call, const void *body, size_t len,
		       struct push_reply *ret, struct err *e) MUST_CHECK;

/* POST a text that is no secret and proves itself, to whoever answers at the peer's URL,
 * on a connection of its own: the peer's key may have been replaced, and it may learn
 * ours only so.  What the answer says is not believed further than that.  Outcomes as
 * above. */
enum rc push_http_tell(struct push_http *h, const struct exchange_peer *peer,
		       const char *call, const char *body, struct push_reply *ret,
		       struct err *e) MUST_CHECK;

/* GET what proves itself, likewise. */
enum rc push_http_ask(struct push_http *h, const struct exchange_peer *peer,
		      const char *call, struct push_reply *ret, struct err *e) MUST_CHECK;

/* GET <url>/peer/v1/<call>, an answer of up to EXCHANGE_ANSWER_MAX bytes.  Outcomes as
 * above. */
enum rc push_http_get(struct push_http *h, const struct exchange_peer *peer,
		      const char *call, struct push_reply *ret, struct err *e) MUST_CHECK;

/* PUT a piece of a file, which begins at `from` of `total` bytes, to
 * <url>/peer/v1/blob/<sha256>.  Outcomes as above. */
enum rc push_http_put_piece(struct push_http *h, const struct exchange_peer *peer,
			    const struct hash *sha256, uint64_t from, uint64_t total,
			    const void *piece, size_t len, struct push_reply *ret,
			    struct err *e) MUST_CHECK;

#endif
