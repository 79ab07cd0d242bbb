/*
 * exchange_int - what the files of the exchange share; nobody else includes it.
 */
#ifndef SALURAN_SERVICE_EXCHANGE_INT_H
#define SALURAN_SERVICE_EXCHANGE_INT_H

#include "service/node_int.h"

enum { EXCHANGE_RETRY_MAX_US = 300 * 1000000 };

/* Where sending to a peer stands. */
struct delivery {
	struct store *s;
	int64_t attempts, next_us, failed_us;
	uint64_t peer_size, peer_next; /* its pending checkpoint, the entry it wants */
};
enum rc exchange_delivery_get(struct store *s, int64_t channel, struct delivery *ret,
			      struct err *e) MUST_CHECK;

/* The newest identity entry of the channel's peer; *ret is NULL before it is introduced.
 */
enum rc exchange_identity(struct store *s, struct arena *a, const struct channel_row *c,
			  const struct identity **ret, struct err *e) MUST_CHECK;

#endif
