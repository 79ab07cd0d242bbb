/*
 * What our newest events disclose, kept until their receipt, so that the pusher need not
 * read each event to know which disclosures it has, and each of those back from the store
 * that has just taken it.
 *
 * Nothing hangs on it: what is not here is read there.
 */
#include "service/outbox.h"

#include <stdlib.h>
#include <string.h>

enum { OUTBOX_BYTES_MAX = 4 << 20 /* of all channels */ };

struct outbox_event {
	struct outbox_event *next; /* of a later seq */
	uint64_t seq;
	size_t len;
	char texts[]; /* a line each, the last without its LF */
};

static size_t
size_of(const struct outbox_event *ev)
{
	return sizeof(*ev) + ev->len;
}

void
outbox_put(struct node *nd, int64_t channel, uint64_t seq, const char *texts, size_t len)
{
	struct outbox *o = &nd->outbox[channel];
	struct outbox_event *ev = NULL;

	pthread_mutex_lock(&nd->outbox_mu);
	if (nd->outbox_bytes + sizeof(*ev) + len <= OUTBOX_BYTES_MAX)
		ev = malloc(sizeof(*ev) + len);
	if (ev != NULL) {
		*ev = (struct outbox_event){.seq = seq, .len = len};
		if (len != 0)
			memcpy(ev->texts, texts, len);
		if (o->first == NULL)
			o->first = ev;
		else
			o->last->next = ev;
		o->last = ev;
		nd->outbox_bytes += size_of(ev);
	}
	pthread_mutex_unlock(&nd->outbox_mu);
}

size_t
outbox_get(struct node *nd, int64_t channel, uint64_t from, uint64_t to, size_t full,
	   struct buf *b)
{
	const struct outbox *o = &nd->outbox[channel];
	uint64_t at = from;

	pthread_mutex_lock(&nd->outbox_mu);
	const struct outbox_event *ev = o->first;
	/* While a peer catches up nothing is receipted, and each later event is looked
	 * for: those that are here are not walked for it. */
	if (ev != NULL && o->last->seq < from)
		ev = NULL;
	for (; ev != NULL && ev->seq < from; ev = ev->next)
		;
	for (; ev != NULL && at < to && ev->seq == at && b->len <= full; ev = ev->next) {
		if (ev->len != 0 && b->len != 0)
			buf_putc(b, '\n');
		buf_put(b, ev->texts, ev->len);
		at++;
	}
	pthread_mutex_unlock(&nd->outbox_mu);
	return (size_t)(at - from);
}

void
outbox_drop(struct node *nd, int64_t channel, uint64_t below)
{
	struct outbox *o = &nd->outbox[channel];

	pthread_mutex_lock(&nd->outbox_mu);
	for (struct outbox_event *ev; (ev = o->first) != NULL && ev->seq < below;) {
		o->first = ev->next;
		nd->outbox_bytes -= size_of(ev);
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
