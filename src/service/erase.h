/*
 * erase - how something of a case is erased on this node; for the files of service/ only.
 */
#ifndef SALURAN_SERVICE_ERASE_H
#define SALURAN_SERVICE_ERASE_H

#include "service/node_int.h"
#include "service/service.h"

/* A job of the writer; what `of` says of a reference is the party whose log it is in. */
struct erase_job {
	const char *casefile; /* NULL: of no case, in `channel` */
	int64_t channel;
	const char *by, *what;	/* texts, files, all */
	const char *request;	/* which request, or NULL */
	const char *reason;	/* the request is made, for this reason; or NULL */
	struct event_ref *refs; /* n_refs 0: all of the case */
	enum party *of;
	size_t n_refs;
	uint64_t below[PARTY_COUNT]; /* out, without refs */
	uint64_t n_texts, n_files;   /* out */
	uint64_t seq; /* out: of the request in our log, else of what was done */
};
/* RC_CONFLICT: a hold stands, the policy wants it kept, the case is open, or it is not
 * delivered yet. */
writer_work erase_work;
/* What was asked for under j->request, of either side, as a job for our own node. */
enum rc erase_asked_load(struct node *nd, struct arena *a, struct erase_job *j,
			 struct err *e) MUST_CHECK;
/* From when on the policy's retention of an ended case is counted: from its end as its
 * author dates it, and not before this node had that event, so that nobody has us erase
 * at once what he ends in the past. */
enum rc erase_kept_from(struct store *s, const char *casefile, int64_t ended_us,
			int64_t *ret, struct err *e) MUST_CHECK;
void erase_reply(struct arena *a, struct reply *out, const struct erase_job *j);
/* Erase here, without being asked, what the policies keep no longer of objections and
 * contacts. */
enum rc erase_alone_over(struct node *nd, int64_t now_us, struct err *e) MUST_CHECK;
/* After the commit: remove the files, overwrite what the store has left of them. */
enum rc erase_finish(struct node *nd, struct err *e) MUST_CHECK;

#endif
