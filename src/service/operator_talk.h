/*
 * operator_talk - what is said with operators: what they lack, letters to them, answers.
 */
#ifndef SALURAN_SERVICE_OPERATOR_TALK_H
#define SALURAN_SERVICE_OPERATOR_TALK_H

#include "service/operator.h"

enum {
	REMINDER_TEXT_MAX = 10000, /* bytes of a letter, of an answer */
	REMINDER_VIA_MAX = 40,
	CONTACT_REACH_MAX = 200,
	CONTACT_LANGUAGE_MAX = 8,
};

/* One order that an operator lacks a change of. */
struct lack {
	const char *order, *expected, *lacks;
	const char *ref; /* in the register, NULL: none */
	int64_t serial, since_us, due_us, reminded, channel;
};

/* What is overdue at an operator that is to be reminded now, the oldest first: rows are
 * struct lack, at most EVENT_DNS_ORDERS_MAX.  None: nothing is owed. */
enum rc lack_list(struct store *s, struct arena *a, const char *operator_name,
		  int64_t now_us, struct store_list *ret, struct err *e) MUST_CHECK;

/* A letter in the language of the operator's contact. */
struct letter {
	const char *subject, *body;
	int64_t step; /* how many there were of this, with this one */
};
enum rc letter_make(struct writer *w, const struct operator_row *o,
		    const struct store_list *lacks, struct letter *ret,
		    struct err *e) MUST_CHECK;

/* Of a tick: reminders are prepared, replaced and settled, sent where the policy has the
 * node send them; *ret_next_us is when the next is due, 0: none is. */
enum rc reminders_prepare(struct node *nd, int64_t now_us, int64_t *ret_next_us,
			  struct err *e) MUST_CHECK;

/* In a job: nothing is ready for that operator any more. */
enum rc reminders_drop(struct writer *w, const char *operator_name,
		       struct err *e) MUST_CHECK;

/* {name, reach, language, person}, JSON null: nobody was named.  *ret is new. */
enum rc operator_contact_json(struct store *s, const char *operator_name, json_t **ret,
			      struct err *e) MUST_CHECK;

/* The alarm of a key that is refused; it ends when the operator fetches again. */
const char *operator_key_alarm(struct arena *a, const char *operator_name);

/* Whoever has the role operator acts for one operator only.  RC_DENIED. */
enum rc operator_acts_for(struct store *s, struct arena *a, const struct actor *who,
			  const char *operator_name, struct err *e) MUST_CHECK;

#endif
