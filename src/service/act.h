/*
 * act - what the files about acts on a case share; nobody else includes it.
 *
 * An act is one event (a decision may be several), refused before it is appended when the
 * case's transitions, its clocks or what the person has seen do not allow it.
 */
#ifndef SALURAN_SERVICE_ACT_H
#define SALURAN_SERVICE_ACT_H

#include "core/event_type.h"
#include "service/use.h"

enum {
	ACT_TEXT_MAX = 10000,
	CASE_VERSION_MAX = 64,
};

struct act {
	const char *casefile, *by, *type;
	const char *version; /* of the case as the person saw it, NULL: not said */
	const char *text_name, *text; /* a disclosure, or NULL */
	json_t *body;		      /* borrowed, NULL: {} */
	const struct event_ref *refs;
	size_t n_refs;
	/* Says more than the transitions do, and goes first; NULL: nothing to say. */
	enum rc (*check)(struct writer *w, struct act *act, const struct case_row *c,
			 struct err *e);
	struct arena *arena; /* of the request: where a job finds the case itself */
	unsigned level;	     /* case.warn */
	uint64_t seq;	     /* out */
	json_t *shown;	     /* out: what a refusal shows beside its text, or NULL */
};

/* `case`, `version` and the text member of a request; other members that are known stand
 * in `more`. */
enum rc act_in(json_t *in, struct arena *a, const char *more, struct act *act,
	       struct err *e) MUST_CHECK;

/* Append as it is.  For the writer. */
enum rc act_append(struct writer *w, struct act *act, const struct case_row *c,
		   struct err *e) MUST_CHECK;
/* RC_CONFLICT: the case's state allows no such act by us.  Stricter than the fold, which
 * also takes what can only come of a crossing. */
enum rc act_allowed(struct writer *w, const struct act *act, const struct case_row *c,
		    struct err *e) MUST_CHECK;
/* RC_CONFLICT: the case is not what it was when the person saw it; act->shown has both.
 */
enum rc act_fresh(struct act *act, const struct case_row *c, struct err *e) MUST_CHECK;

/* ladder.c: is this step of the ladder next by the policy, and due? */
enum rc act_check_rung(struct writer *w, struct act *act, const struct case_row *c,
		       struct err *e) MUST_CHECK;
/* Check and append one event; a writer_work, `arg` is a struct act. */
enum rc act_work(struct writer *w, void *arg, struct err *e) MUST_CHECK;
/* Run a job of the writer for it, and answer: case, event, seq. */
enum rc act_run(struct node *nd, struct arena *a, struct act *act, writer_work *work,
		void *arg, struct reply *out, struct err *e) MUST_CHECK;

/*
 * What a case is at, for GET and for `version`: it differs after every event that the
 * fold of the case looks at, of either side.  Messages are none: they make no decision
 * stale.
 */
const char *case_version(const struct case_row *c, char text[CASE_VERSION_MAX]);

#endif
