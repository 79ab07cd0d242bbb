/*
 * The texts of our newest large events, kept until their receipt, so that the pusher need
 * not read each of thousands of disclosures back from the store that has just taken it.
 *
 * Nothing hangs on it: what is not here is read there.
 */
#include "service/outbox.h"

#include <stdlib.h>
#include <string.h>

enum { OUTBOX_BYTES_MAX = 4 << 20 /* of all channels */ };

struct outbox_event {
	struct outbox_event *next;
	uint64_t seq;
	size_t len;
	char texts[]; /* a line each, the last without its LF */
};

void
outbox_put(struct node *nd, int64_t channel, uint64_t seq, const char *texts, size_t len)
{
	struct outbox_event *ev = NULL;

	pthread_mutex_lock(&nd->outbox_mu);
	if (nd->outbox_bytes + len <= OUTBOX_BYTES_MAX)
		ev = malloc(sizeof(*ev) + len);
	if (ev != NULL) {
		*ev = (struct outbox_event){
			.next = nd->outbox[channel], .seq = seq, .len = len};
		memcpy(ev->texts, texts, len);
		nd->outbox[channel] = ev;
		nd->outbox_bytes += len;
	}
	pthread_mutex_unlock(&nd->outbox_mu);
}

bool
outbox_get(struct node *nd, int64_t channel, uint64_t seq, struct buf *b)
{
	bool found = false;

	pthread_mutex_lock(&nd->outbox_mu);
	for (const struct outbox_event *ev = nd->outbox[channel]; ev != NULL && !found;
	     ev = ev->next) {
		found = ev->seq == seq;
		if (found && b->len != 0)
			buf_putc(b, '\n');
		if (found)
			buf_put(b, ev->texts, ev->len);
	}
	pthread_mutex_unlock(&nd->outbox_mu);
	return found;
}

void
outbox_drop(struct node *nd, int64_t channel, uint64_t below)
{
	pthread_mutex_lock(&nd->outbox_mu);
	for (struct outbox_event **at = &nd->outbox[channel], *ev; (ev = *at) != NULL;) {
		if (ev->seq >= below) {
			at = &ev->next;
			continue;
		}
		*at = ev->next;
		nd->outbox_bytes -= ev->len;
		free(ev);
	}
	pthread_mutex_unlock(&nd->outbox_mu);
}

void
outbox_clear(struct node *nd)
{
	for (int64_t i = 0; i <= NODE_CHANNELS_MAX; i++)
		outbox_drop(nd, i, UINT64_MAX);
}
