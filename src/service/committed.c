/*
 * How far this process itself has brought the node's own logs.
 *
 * A store can become older under a daemon that runs: its server hands over to a standby
 * that was behind, or somebody puts a copy back.  What the daemon goes by would then be
 * the old head, and an event would get a place that another one has had.  So what was
 * committed is remembered; a head that is behind it ends the writing for good, and the
 * marks keep how far the store has been, so that the next start asks the peers
 * (protocol 6).  Of the writer's thread only.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "service/recovery.h"

void
committed_note(struct node *nd, int64_t channel, const struct log_head *h)
{
	struct committed *c = &nd->committed_own[channel];
	size_t len = strlen(h->origin);

	if (len >= sizeof(c->origin))
		return;
	memcpy(c->origin, h->origin, len + 1);
	c->size = h->size;
	c->root = h->root;
}

void
committed_forget(struct node *nd, int64_t channel)
{
	nd->committed_own[channel].size = 0;
}

void
committed_tell(struct node *nd)
{
	for (int64_t i = 0; i <= NODE_CHANNELS_MAX; i++) {
		const struct committed *c = &nd->committed_own[i];
		const struct log_head h = {
			.origin = c->origin, .size = c->size, .root = c->root};
		struct err e = ERR_INIT;
		/* Of a log that is not whole the marks know more. */
		if (c->size == 0 || recovery_state(nd, i) != LOG_OPEN ||
		    atomic_load(&nd->old_copy[i]))
			continue;
		if (recovery_seen(nd, &h, &e) != RC_OK)
			log_line(LOG_ERROR, "committed.seen", "why=%s", e.text);
	}
}

enum rc
committed_check(struct node *nd, int64_t channel, const struct log_head *h, struct err *e)
{
	const struct committed *c = &nd->committed_own[channel];

	struct err old = ERR_INIT;

	if (c->size == 0 || strcmp(h->origin, c->origin) != 0 || h->size > c->size ||
	    (h->size == c->size && hash_equal(&h->root, &c->root)))
		return RC_OK;
	(void)err_set(&old, RC_CONFLICT,
		      "the store has %" PRIu64 " events in the log %s, and %" PRIu64
		      " were recorded",
		      h->size, c->origin, c->size);
	return writer_replaced(nd, &old, e);
}
