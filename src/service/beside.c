/*
 * A daemon beside the one that writes to the logs of its node, on a store that both share
 * (adr 0069).
 *
 * It has a writer of its own for what belongs to no log.  Both write one after the other,
 * as each transaction holds the lock of all writers, and read what they go by from the
 * store; what only the daemon with the lease keeps in memory (the heads that it moves,
 * the marks of its signer, what recovery knows) is never needed here.
 */
#include <string.h>

#include "service/node_int.h"
#include "service/use.h"
#include "store/store_sql.h"

enum rc
writer_of_logs(const struct node *nd, struct err *e)
{
	if (!nd->beside)
		return RC_OK;
	return err_set(e, RC_UNAVAILABLE,
		       "this daemon shows what another one of this node writes: ask that "
		       "one, or once more when this one has taken over");
}

/* It shows, and sessions begin and end. */
enum rc
beside_may(const struct node *nd, const struct service_route *r, struct err *e)
{
	static const char *const sessions[] = {"/v1/login", "/v1/logout", "/v1/qr"};

	for (size_t i = 0; i < sizeof(sessions) / sizeof(sessions[0]); i++)
		if (strcmp(r->path, sessions[i]) == 0)
			return RC_OK;
	return strcmp(r->method, "GET") == 0 ? RC_OK : writer_of_logs(nd, e);
}

static enum rc
work_lease(struct writer *w, void *arg, struct err *e)
{
	const unsigned *silent_s = arg;

	return w->s->drv->lease(w->s->db, *silent_s, e);
}

enum rc
node_writer_gone(struct node *nd, struct err *e)
{
	unsigned silent_s = (unsigned)settings_int(nd->config, "store.silent_s");

	return writer_alone(nd, work_lease, &silent_s, e);
}

enum rc
node_look(struct node *nd, struct err *e)
{
	struct store *s;
	int64_t newest_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest_us, e);
	reader_put(nd, s);
	if (rc != RC_OK || newest_us == nd->beside_seen_us)
		return rc;
	nd->beside_seen_us = newest_us;
	pthread_mutex_lock(&nd->mu);
	nd->commits++;
	pthread_cond_broadcast(&nd->committed);
	pthread_mutex_unlock(&nd->mu);
	return RC_OK;
}

bool
node_replaced(const struct node *nd)
{
	return atomic_load(&nd->replaced);
}
