/*
 * mail_int - what the files of the mail use cases share.
 */
#ifndef SALURAN_SERVICE_MAIL_INT_H
#define SALURAN_SERVICE_MAIL_INT_H

#include "service/mail.h"
#include "service/use.h"
#include "store/store_sql.h"

/* One message as GET /v1/mail/{mail} begins; *ret is new.  RC_NOT_FOUND. */
enum rc mail_row(struct store *s, const char *id, json_t **ret, struct err *e) MUST_CHECK;

/* In a job: the message and the replies of its thread belong to a case. */
enum rc mail_case_put(struct writer *w, const char *id, const char *thread,
		      const char *casefile, const char *state, struct err *e) MUST_CHECK;

json_t *mail_place_json(const struct mail_proposal *p);

#endif
