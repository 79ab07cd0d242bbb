/*
 * idem - a request under an Idempotency-Key is carried out once.
 *
 * The key, and the answer, are committed together with what was asked for: whoever asks
 * again with the same key and the same request is given the same answer, also after a
 * crash between the commit and the answer.  Refusals are not kept, as nothing happened.
 *
 * How: the request's job does its work and leaves its commit open; the thread that asked
 * makes the answer and hands it to the writer, which keeps it in the same transaction.
 *
 * A key is of one person and one route.  What the store holds is a hash of the key, and
 * the answer sealed under another: answers may show a credential.
 */
#ifndef SALURAN_SERVICE_IDEM_H
#define SALURAN_SERVICE_IDEM_H

#include <jansson.h>

#include "service/node.h"

enum {
	IDEM_KEPT_S = 86400,	   /* how long a key is remembered */
	IDEM_ANSWER_MAX = 4 << 20, /* bytes of an answer that is kept */
};

struct idem;

struct idem_request {
	const char *who; /* pseudonym */
	const char *key;
	const char *method, *path; /* of the route */
	json_t *in;
};

/*
 * From here to idem_end() the calling thread's first job of the writer is under the key.
 * *ret_before: the answer given before (then *ret is NULL), in the arena.
 *
 * RC_UNPROCESSABLE  the key was used for another request
 *
 * RC_CONFLICT       a request with this key is under way, or its answer was not kept
 */
enum rc idem_begin(struct node *nd, struct arena *a, const struct idem_request *q,
		   struct idem **ret, const char **ret_before, struct err *e) MUST_CHECK;

/* Is the calling thread's next job its first under a key? */
bool idem_wants(void);

/* `answer` NULL: it failed.  Frees `x`.  RC_OK: what was asked for is durable. */
enum rc idem_end(struct idem *x, const char *answer, struct err *e) MUST_CHECK;

#endif
