/*
 * What a peer brings and this node does not take is kept nowhere, so nobody would see it
 * here: an alarm says that it came and why it was refused, one for each kind of call,
 * until that call is taken again.
 */
#include <string.h>

#include "base/log.h"
#include "base/utf8.h"
#include "service/alarm.h"
#include "service/exchange.h"
#include "service/exchange_int.h"

enum { WHY_MAX = 200 /* bytes of a reason that people are shown */ };

/* What people know of a call of a peer; after a start an alarm may stand from before. */
enum { UNKNOWN, TAKEN, REFUSED };

static const char *const calls[NODE_REFUSED_CALLS] = {"add-checkpoint", "add-entries",
						      "disclosures", "blob"};

struct refusal {
	int64_t peer;
	const char *call, *why; /* why NULL: taken again */
};

/* What is told of: not what is only too early, too much, or frozen for both sides. */
static bool
is_told(enum rc rc, const struct err *e)
{
	return !e->inner && (rc == RC_INVALID || rc == RC_DENIED || rc == RC_TOO_LARGE ||
			     rc == RC_UNPROCESSABLE);
}

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct refusal *x = arg;
	struct channel_row c;
	enum rc rc = channel_by_id(w->s, w->a, x->peer, &c, e);

	if (rc != RC_OK)
		return rc;
	const char *key = arena_printf(w->a, "peer_refused/%s/%s", c.peer_org, x->call);
	if (x->why == NULL)
		return alarm_clear(w, key, e);
	return alarm_raise(w, key, "peer_refused", c.peer_org,
			   arena_printf(w->a,
					"%s brings what this node does not take (%s): "
					"%.*s. Nothing of it is kept; it stays with the "
					"other side and comes again. Tell them, by "
					"another way than this channel",
					c.peer_org, x->call,
					(int)utf8_cut(x->why, strlen(x->why), WHY_MAX),
					x->why),
			   w->now_us, e);
}

static void
tell(struct node *nd, int64_t peer, const char *call, const char *why)
{
	const unsigned char now = why == NULL ? TAKEN : REFUSED;
	struct refusal x = {.peer = peer, .call = call, .why = why};
	struct err e = ERR_INIT;
	size_t i = 0;

	while (i < NODE_REFUSED_CALLS && strcmp(calls[i], call) != 0)
		i++;
	if (i == NODE_REFUSED_CALLS || peer < 0 || peer > NODE_CHANNELS_MAX ||
	    atomic_exchange(&nd->refused[peer][i], now) == now)
		return;
	enum rc rc = writer_run(nd, work_tell, &x, &e);
	if (rc == RC_OK)
		return;
	atomic_store(&nd->refused[peer][i], UNKNOWN); /* the next call tells it */
	log_line(LOG_WARN, "peer.refused", "call=%s outcome=%s reason=%s", call,
		 rc_token(rc), e.text);
}

void
exchange_refused(struct node *nd, int64_t peer, const char *call, enum rc rc,
		 const struct err *why)
{
	if (is_told(rc, why))
		tell(nd, peer, call, why->text);
}

void
exchange_taken(struct node *nd, int64_t peer, const char *call)
{
	tell(nd, peer, call, NULL);
}
