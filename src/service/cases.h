/*
 * cases - rows of cases as lists and single cases show them; for service/ itself.
 */
#ifndef SALURAN_SERVICE_CASES_H
#define SALURAN_SERVICE_CASES_H

#include "service/node_int.h"

enum {
	PAGE_DEFAULT = 50,
	PAGE_MAX = 1000,
};

/* The row of a case with what is told at the moment of asking: state as a word, overdue,
 * counts that add up, who works on it.  *ret is new.  RC_NOT_FOUND. */
enum rc case_json(struct store *s, const char *casefile, int64_t now_us, json_t **ret,
		  struct err *e) MUST_CHECK;

/* Set `text` of an event of the timeline to what its author wrote with it, null where
 * that is erased or was not written; of types that have no such text nothing is set. */
enum rc case_act_text(struct store *s, struct arena *a, int64_t channel, enum party party,
		      uint64_t seq, const char *type, json_t *into,
		      struct err *e) MUST_CHECK;

/* The columns that case_ref_set() takes. */
#define CASE_REF_SPEC "sent:t send_seq:i"
/* Of a row with them: `ref`, what people call its case by, instead of them.  Null: not
 * all of the notice is here, or there is no case. */
void case_ref_set(json_t *row);

/* Set `incomplete` of a notice without a manifest. */
enum rc case_incomplete(struct store *s, const char *casefile, int64_t now_us,
			json_t *into, struct err *e) MUST_CHECK;
/* Set `letter` and `fields` (null: erased, or there was none) and `policy`. */
enum rc case_notice_more(struct store *s, struct arena *a, const struct case_row *c,
			 json_t *into, struct err *e) MUST_CHECK;

/* Append {name, person, at} of who works on the case, or null, as `owner` to `into`. */
enum rc claim_json(struct store *s, const char *casefile, json_t *into,
		   struct err *e) MUST_CHECK;

/* The newest item of that normal form in a case before `before` (NULL: in any):
 * {case, i, outcome, ground, decided}, or null.  *ret is new. */
enum rc item_earlier(struct store *s, const struct hash *nf, const char *before,
		     json_t **ret, struct err *e) MUST_CHECK;

/* Events of the case whose time is not what both logs show, and answers that are dated
 * before their deadline and whose first receipt came after it: {party, seq, type, at,
 * dated (a sentence)} into the array. */
enum rc case_dated(struct store *s, struct arena *a, const struct case_row *c,
		   json_t *into, struct err *e) MUST_CHECK;
/* The acceptance or refusal of the case and its latest decision: {party, seq, type, at,
 * received (null: no receipt yet)} into the array. */
enum rc case_answers(struct store *s, const struct case_row *c, json_t *into,
		     struct err *e) MUST_CHECK;
/* The newest events of the case, the oldest of them first: {party, seq, type, at, author,
 * void, received, level, text?, dated} into the array. */
enum rc case_timeline(struct store *s, struct arena *a, const struct case_row *c,
		      json_t *into, struct err *e) MUST_CHECK;

#endif
