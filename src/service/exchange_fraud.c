/*
 * Two histories under one key (protocol 7): a head that the writer of a log has signed
 * and that is no head of the log as it is here.  Both heads are kept, and people told.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "service/alarm.h"
#include "service/exchange_int.h"
#include "service/recovery.h"
#include "store/store_sql.h"

enum { FRAUD_OF_ONE_MAX = 256 /* proofs of one log that are kept: one is enough */ };

struct fraud {
	const struct log_head *h;
	const struct checkpoint *cp;
	const char *note, *org;
};

static enum rc
work_fraud(struct writer *w, void *arg, struct err *e)
{
	const struct fraud *x = arg;
	const struct log_head *h = x->h;
	const char *other =
		h->pending_size > h->signed_size ? h->pending_note : h->signed_note;
	int64_t known = 0;
	enum rc rc =
		store_int(w->s, &SQL_FRAUD_COUNT,
			  (struct db_param[]){DB_P_INT(h->channel), DB_P_INT(h->party)},
			  0, &known, e);

	if (rc == RC_OK && known < FRAUD_OF_ONE_MAX)
		rc = store_run(w->s, &SQL_FRAUD_PUT,
			       (struct db_param[]){DB_P_INT(h->channel),
						   DB_P_INT(h->party),
						   DB_P_INT(x->cp->size),
						   DB_P_BLOB(x->cp->root.b, HASH_LEN),
						   DB_P_TEXT(x->note), DB_P_TEXT(other),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	if (rc != RC_OK)
		return rc;
	return alarm_raise(
		w, arena_printf(w->a, "fraud/%s", x->org), "fraud", x->org,
		arena_printf(w->a,
			     "%s has signed two histories: a head of %" PRIu64
			     " events that is no head of its log as it is here. Both are "
			     "kept, with its signatures (saluran recovery). Nothing of "
			     "the second one is taken: talk to them, by another way",
			     x->org, x->cp->size),
		w->now_us, e);
}

enum rc
exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
		    const struct log_head *h, const struct checkpoint *cp,
		    const char *note, const char *org, struct err *e)
{
	struct fraud x = {.h = h, .cp = cp, .note = note, .org = org};
	struct hash here;
	enum rc rc = RC_OK;

	(void)a;
	if (cp->size == h->pending_size)
		here = h->pending_root;
	else if (cp->size <= h->size && cp->size < h->pending_size)
		rc = recovery_root(s, h->channel, h->party, cp->size, &here, e);
	else
		return RC_OK;
	if (rc != RC_OK || hash_equal(&here, &cp->root))
		return rc;
	log_line(LOG_ERROR, "peer.fraud", "peer=%" PRId64 " size=%" PRIu64, h->channel,
		 cp->size);
	return writer_run(nd, work_fraud, &x, e);
}
