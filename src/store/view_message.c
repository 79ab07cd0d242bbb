/*
 * The fold of the conversation.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "store/store_sql.h"
#include "store/view_int.h"

/* A message changes nothing of its case: that the case is there is all that is asked. */
enum rc
fold_message_post(struct fold *f, struct err *e)
{
	const char *text;
	int64_t channel;
	enum rc rc = store_int(f->s, &SQL_V_CASE_CHANNEL,
			       (struct db_param[]){DB_P_TEXT(f->ev->casefile)}, -1,
			       &channel, e);

	if (rc == RC_OK && channel != f->channel)
		fold_void(f, "there is no such case in this channel");
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "text", &text, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = fold_queue_unread(f, f->ev->casefile, f->from, 1, e);
	if (rc != RC_OK)
		return rc;
	return store_later(f->s, &SQL_V_MESSAGE_INSERT,
			   (struct db_param[]){
				   DB_P_INT(f->channel),
				   DB_P_INT(f->from),
				   DB_P_INT(f->ev->seq),
				   DB_P_TEXT(f->ev->casefile),
				   DB_P_TEXT(f->ev->by),
				   DB_P_TEXT(text),
				   DB_P_INT(f->ev->iat_us),
			   },
			   e);
}

enum rc
fold_message_read(struct fold *f, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < f->ev->n_refs; i++) {
		const struct event_ref *r = &f->ev->refs[i];
		struct log_head h;
		rc = store_head_by_origin(f->s, f->a, r->log, &h, e);
		if (rc == RC_NOT_FOUND ||
		    (rc == RC_OK && (h.channel != f->channel || h.party == f->from))) {
			fold_void(f, "only a message of the other side can be read");
			return RC_OK;
		}
		const struct db_param p[] = {DB_P_INT(f->channel), DB_P_INT(h.party),
					     DB_P_INT(r->seq), DB_P_INT(f->ev->iat_us)};
		const char *of;
		if (rc == RC_OK)
			rc = store_run(f->s, &SQL_V_MESSAGE_READ, p, NULL, NULL, e);
		if (rc != RC_OK || f->s->drv->changes(f->s->db) == 0)
			continue;
		rc = store_text(f->s, f->a, &SQL_V_MESSAGE_CASE, p, &of, e);
		if (rc == RC_OK)
			rc = fold_queue_unread(f, of, h.party, -1, e);
	}
	return rc;
}
