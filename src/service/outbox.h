/*
 * outbox - the disclosures of our newest large events, in memory for the pusher.
 */
#ifndef SALURAN_SERVICE_OUTBOX_H
#define SALURAN_SERVICE_OUTBOX_H

#include "base/buf.h"
#include "service/node_int.h"

enum { OUTBOX_TEXTS_MIN = 16 /* of an event that is worth it */ };

/* The event is committed; `texts` is a line for each disclosure.  Kept if there is room.
 */
void outbox_put(struct node *nd, int64_t channel, uint64_t seq, const char *texts,
		size_t len);
/* Append them to what is in `b`, an LF between.  False: they are not here. */
bool outbox_get(struct node *nd, int64_t channel, uint64_t seq, struct buf *b);
/* The events below are receipted. */
void outbox_drop(struct node *nd, int64_t channel, uint64_t below);
/* Something is erased, or the node ends. */
void outbox_clear(struct node *nd);

#endif
