/*
 * outbox - what our newest events disclose, in memory for the pusher.
 */
#ifndef SALURAN_SERVICE_OUTBOX_H
#define SALURAN_SERVICE_OUTBOX_H

#include "base/buf.h"
#include "service/node_int.h"

/* The event is committed, and those before it in its log were put before; `texts` is a
 * line for each disclosure, nothing for none.  Kept if there is room. */
void outbox_put(struct node *nd, int64_t channel, uint64_t seq, const char *texts,
		size_t len);
/* Append those of [from, to) to what is in `b`, an LF between two, as far as they are
 * here one after the other and `b` has at most `full` bytes before each.  How many. */
size_t outbox_get(struct node *nd, int64_t channel, uint64_t from, uint64_t to,
		  size_t full, struct buf *b);
/* The events below are receipted. */
void outbox_drop(struct node *nd, int64_t channel, uint64_t below);
/* Something is erased, or the node ends. */
void outbox_clear(struct node *nd);

#endif
