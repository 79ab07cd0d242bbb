/*
 * export_int - what the files that export a case share; nobody else includes it.
 */
#ifndef SALURAN_SERVICE_EXPORT_INT_H
#define SALURAN_SERVICE_EXPORT_INT_H

#include "core/bundle.h"
#include "service/node_int.h"

/* An event of the bundle: of a case there may be very many. */
struct export_item {
	uint64_t seq;
	uint64_t adopt;	       /* of the log's receipt for it, if it starts a clock ... */
	uint64_t receipt_size; /* ... and the head that it names; 0: none */
};

struct export_items {
	struct export_item *item; /* ascending by seq, each once */
	size_t n, cap;
};

/* A head to prove in. */
struct export_head {
	uint64_t size;
	const char *note; /* NULL: none */
};

struct export
{
	struct node *nd;
	struct store *s;   /* in one reading transaction */
	struct arena *a;   /* of the request */
	struct arena *tmp; /* of one event */
	const char *casefile;
	bool texts;
	struct channel_row channel;
	struct export_items of[PARTY_COUNT];
	uint64_t bytes; /* of all events */
	size_t n_texts; /* that they name */
	struct bundle_content out;
};

/* One event; `ret_jws` as it was received. */
enum rc export_event(struct export *g, struct arena *a, enum party p, uint64_t seq,
		     const struct event **ret, const char **ret_jws,
		     struct err *e) MUST_CHECK;
/* The newest cosigned head, and the newest of all when that does not cover everything. */
enum rc export_heads(struct export *g, enum party p, struct export_head *ret_newest,
		     struct export_head *ret_cosigned, struct err *e) MUST_CHECK;
/* The head of exactly the size that an event adopted, with both lines. */
enum rc export_receipt(struct export *g, struct arena *a, enum party p, uint64_t size,
		       const char **ret, struct err *e) MUST_CHECK;
/* Disclosures of an event that are here. */
enum rc export_texts(struct export *g, struct arena *a, const struct event *ev,
		     const char **into, size_t *n, struct err *e) MUST_CHECK;
enum rc export_sign(void *nd, struct arena *a, const char *typ, const char *payload,
		    size_t len, const char **ret_jws, struct err *e) MUST_CHECK;

/* Proofs of equivocation on the channel that hold by the keys that the bundle has. */
enum rc export_frauds(struct export *g, struct err *e) MUST_CHECK;

/* A file of version 2 that is in no folder: *ret_fd is the caller's, -1 on a failure. */
enum rc export_long(struct export *x, int *ret_fd, uint64_t *ret_len,
		    struct err *e) MUST_CHECK;
/* It verifies.  RC_CORRUPT: it is not given out. */
enum rc export_verify(int fd, uint64_t len, struct err *e) MUST_CHECK;

#endif
