/*
 * The signatures of an upload.  Nothing of it takes longer, and each needs its event and
 * its key only: they are shared out to the processors that are there.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "service/exchange_int.h"

enum {
	SIGNED_STEP = 16, /* that a thread takes at a time */
	SIGNED_HELPER_MIN =
		64, /* as many for each thread that helps, or it is not worth it */
	SIGNED_HELPERS_MAX = 3,
};

struct checking {
	const struct signed_claim *all;
	const struct event **events;
	size_t n;
	_Atomic size_t next, failed; /* n: none failed */
};

static void
failed_at(struct checking *c, size_t i)
{
	size_t first = atomic_load(&c->failed);

	while (i < first && !atomic_compare_exchange_weak(&c->failed, &first, i))
		;
}

static void *
check_some(void *arg)
{
	struct checking *c = arg;

	for (size_t at; (at = atomic_fetch_add(&c->next, SIGNED_STEP)) < c->n;)
		for (size_t i = at; i < c->n && i < at + SIGNED_STEP; i++)
			if (event_verify(c->all[i].claim, c->all[i].key, &c->events[i],
					 NULL) != RC_OK) {
				failed_at(c, i);
				return NULL;
			}
	return NULL;
}

static size_t
helpers_for(const struct node *nd, size_t n)
{
	long cpus = n < SIGNED_HELPER_MIN || nd->by_hand != NULL
			    ? 1
			    : sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = n / SIGNED_HELPER_MIN, others = cpus > 1 ? (size_t)cpus - 1 : 0;

	if (most > SIGNED_HELPERS_MAX)
		most = SIGNED_HELPERS_MAX;
	return others < most ? others : most;
}

enum rc
exchange_signed_check(const struct node *nd, const struct signed_claim *all, size_t n,
		      const struct event **ret, struct err *e)
{
	struct checking c = {.all = all, .events = ret, .n = n, .failed = n};
	pthread_t helpers[SIGNED_HELPERS_MAX];
	size_t want = helpers_for(nd, n), got = 0;

	/* Who gets no thread does it alone. */
	while (got < want && pthread_create(&helpers[got], NULL, check_some, &c) == 0)
		got++;
	(void)check_some(&c);
	for (size_t i = 0; i < got; i++)
		pthread_join(helpers[i], NULL);
	size_t failed = atomic_load(&c.failed);
	if (failed == n)
		return RC_OK;
	enum rc rc = event_verify(all[failed].claim, all[failed].key, &ret[failed], e);
	err_prefix(e, "event %" PRIu64, event_claimed(all[failed].claim)->seq);
	return rc;
}
