/*
 * webhook - what is to be handed over next, and what became of it: for the sending edge.
 *
 * Each webhook follows the feed by itself, in its order: an event that its receiver does
 * not take holds back those that follow, of this webhook alone.
 */
#ifndef SALURAN_SERVICE_WEBHOOK_H
#define SALURAN_SERVICE_WEBHOOK_H

#include "service/node.h"

enum {
	WEBHOOK_MAX = 32,	  /* of a node */
	WEBHOOK_ITEMS_MAX = 1000, /* of one message */
	WEBHOOK_BODY_MAX = 16 << 20,
	WEBHOOK_REASON_MAX = 200,
};

struct webhook_message {
	const char *webhook, *url;
	const char *id;	       /* webhook-id: the same whenever this is sent again */
	const char *type;      /* of the event */
	const char *signature; /* one, or two while a secret is being replaced */
	int64_t time_s;
	const char *body;
	size_t len;
	int64_t from_us; /* the webhook's place when this was read */
	int64_t feed_us, part, parts, attempt;
	bool again; /* one that was asked for once more */
};

/* Those that may be sent to now; *ret_wait_us: how long until another may be, at most
 * `max_us`.  `ret` has room for WEBHOOK_MAX texts, which are in the arena. */
enum rc webhook_due(struct node *nd, struct arena *a, int64_t max_us, const char **ret,
		    size_t *ret_n, int64_t *ret_wait_us, struct err *e) MUST_CHECK;

/* RC_NOT_FOUND: there is nothing that it wants, or no such webhook any more. */
enum rc webhook_next(struct node *nd, struct arena *a, const char *webhook,
		     struct webhook_message *m, struct err *e) MUST_CHECK;

/* What an attempt ended with: `status` of HTTP, 0: no answer, and `reason` says why.
 * Goes on, or plans the next attempt, or gives up. */
enum rc webhook_done(struct node *nd, const struct webhook_message *m, unsigned status,
		     const char *reason, int64_t took_us, int64_t retry_after_s,
		     struct err *e) MUST_CHECK;

#endif
