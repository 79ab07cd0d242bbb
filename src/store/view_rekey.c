/* The fold of what says from where on in a log which keys of its author are in force. */
#include <string.h>

#include "store/store_identity.h"
#include "store/store_sql.h"
#include "store/view_int.h"

static enum rc
turn_put(struct fold *f, int64_t n, struct err *e)
{
	return store_run(f->s, &SQL_V_REKEY_PUT,
			 (struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					     DB_P_INT((int64_t)f->ev->seq), DB_P_INT(n),
					     DB_P_INT((int64_t)f->ev->ack.size)},
			 NULL, NULL, e);
}

/* A log begins under the entry whose key signed its first event; an own one that is not
 * signed yet, under the newest. */
enum rc
fold_first_key(struct fold *f, struct err *e)
{
	struct identity_log *l = ARENA_NEW(f->a, struct identity_log);
	size_t n = 0;
	enum rc rc = store_identity_of_party(f->s, f->a, f->channel, f->from, l, e);

	if (rc != RC_OK || l->n == 0)
		return rc;
	if (f->ev->kid[0] == '\0' || !identity_log_of_kid(l, f->ev->kid, &n))
		n = l->n - 1;
	return turn_put(f, (int64_t)n, e);
}

/* That its entries follow was checked before it entered the log. */
enum rc
fold_channel_rekey(struct fold *f, struct err *e)
{
	if (f->ev->seq == 0) {
		fold_void(f, "a log does not begin with new keys");
		return RC_OK;
	}
	return turn_put(f, fold_int(f, "n"), e);
}
