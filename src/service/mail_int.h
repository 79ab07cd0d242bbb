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

/* ---- messages as evidence ---------------------------------------------------------- */

/* In a job: the message as it came is to be given to the case as evidence, once.  It is
 * sealed by tick_mail_evidence(). */
enum rc mail_evidence_put(struct writer *w, const char *id, const char *casefile,
			  const char *author, struct err *e) MUST_CHECK;
/* In a job: no event names it without its file; the copy kept here goes. */
enum rc mail_evidence_sent(struct writer *w, const char *upload,
			   struct err *e) MUST_CHECK;
/* In a job: what is kept of the messages of a case goes; `texts`: their rows too. */
enum rc mail_case_erase(struct writer *w, const char *casefile, bool texts,
			struct err *e) MUST_CHECK;

json_t *mail_place_json(const struct mail_proposal *p);

#endif
