/*
 * view_int - what the files of the fold share; nobody else includes it.
 */
#ifndef SALURAN_STORE_VIEW_INT_H
#define SALURAN_STORE_VIEW_INT_H

#include "store/view.h"

/* One event on its way into the views. */
struct fold {
	struct views *v;
	struct store *s;
	struct arena *a;
	int64_t channel;
	enum party from;
	const struct event *ev;
	const struct disclosure *disclosed; /* NULL: in the store */
	int64_t floor_us; /* what it stands on: it is not earlier (adr 0046) */
	int64_t acked;	  /* how much of the other log its own acknowledges up to here */
	const char *void_why; /* set by a handler: the event has no effect */
	bool recorded; /* void by the transition table: kept, a later fold may allow it */
};

typedef enum rc fold_fn(struct fold *f, struct err *e);

fold_fn fold_case_close;
fold_fn fold_channel_rekey;
/* view_rekey.c: of event 0 of a log. */
enum rc fold_first_key(struct fold *f, struct err *e) MUST_CHECK;
fold_fn fold_policy_adopt;
fold_fn fold_clarify_ask, fold_clarify_answer, fold_dispute_open, fold_dispute_answer,
	fold_dispute_rule;
fold_fn fold_notice_part, fold_notice_send, fold_receipt_adopt, fold_case_act,
	fold_item_decide, fold_message_post, fold_message_read;
fold_fn fold_contact_set, fold_channel_test, fold_channel_test_ack;
fold_fn fold_order_draft, fold_order_override, fold_order_approve, fold_order_return,
	fold_order_withdraw, fold_order_owner, fold_order_review, fold_order_plan,
	fold_order_lift, fold_order_expire;

/* view_order_draft.c: void when the draft is none that the policy in effect allows;
 * *ret_policy is which one that is, as its author had seen it. */
enum rc fold_order_rules(struct fold *f, struct hash *ret_policy,
			 struct err *e) MUST_CHECK;
/* And when its last approval would put names into force that it allows no more. */
enum rc fold_order_still(struct fold *f, const struct order_row *o, size_t names,
			 struct err *e) MUST_CHECK;

/* A name that an order holds. */
struct held_name {
	const char *name;
	bool wildcard;
};
/* Names that the order still holds: rows are struct held_name. */
enum rc fold_order_names(struct fold *f, const char *order, struct store_list *ret,
			 struct err *e) MUST_CHECK;
/* All of `names` appear in the zone or go; *ret is the serial from which that is so. */
enum rc fold_zone_change(struct fold *f, const char *order,
			 const struct store_list *names, bool present, uint32_t *ret,
			 struct err *e) MUST_CHECK;
/* view_applied.c: a lift, and a stage of a plan, for some zones only. */
enum rc fold_zone_lift(struct fold *f, const char *order, const json_t *names,
		       const json_t *zones, struct err *e) MUST_CHECK;
enum rc fold_zone_stage(struct fold *f, const char *order, int64_t at_us,
			const json_t *stage, struct err *e) MUST_CHECK;
fold_fn fold_item_decide_count;	     /* fold_item_decide(), and the outcomes counted */
fold_fn fold_order_approve_register; /* fold_order_approve(), and the public number */
fold_fn fold_dns_measured;
fold_fn fold_dns_applied, fold_dns_waived, fold_dns_retired;
fold_fn fold_dns_reminded, fold_dns_answered, fold_dns_normalised; /* view_operator.c */
fold_fn fold_objection_open, fold_objection_answer, fold_objection_rule;

fold_fn fold_evidence_add, fold_blob_reject, fold_erase_request, fold_erase_done,
	fold_hold_place, fold_hold_release;

/* view_clock.c: floor_us and acked of an event, before its handler runs. */
enum rc fold_times(struct fold *f, struct err *e) MUST_CHECK;
/* The latest time that its log shows up to it, after its handler. */
int64_t fold_top_us(const struct fold *f);
/* The receipt of event `seq` of the folding log starts or counts for a clock of its case.
 */
enum rc fold_case_receipt(struct fold *f, const char *casefile, uint64_t seq,
			  int64_t receipt_us, struct err *e) MUST_CHECK;

/* view_queue.c: what lists and searches of cases look at.  `place_us` is the place in the
 * list by deadline; `more` messages of party `of` are unread, or fewer of them. */
/* `what` is one of the sums over all cases. */
enum rc fold_tally_add(struct fold *f, const char *what, int64_t more,
		       struct err *e) MUST_CHECK;
enum rc fold_queue_case(struct fold *f, const struct case_row *c, int64_t place_us,
			struct err *e) MUST_CHECK;
enum rc fold_queue_unread(struct fold *f, const char *casefile, enum party of, int more,
			  struct err *e) MUST_CHECK;
enum rc fold_queue_words(struct fold *f, const char *casefile, const char *text,
			 struct err *e) MUST_CHECK;
/* Items of a part, counted by category and kind. */
enum rc fold_queue_items(struct fold *f, const char *casefile, const json_t *items,
			 struct err *e) MUST_CHECK;
/* The case of an event, which must be of the same channel; else the event is void. */
enum rc fold_case_of(struct fold *f, struct case_row *c, struct err *e) MUST_CHECK;
enum rc fold_case_put(struct fold *f, struct case_row *c, struct err *e) MUST_CHECK;
/* Record the event as an act of the case and bring its fold up to it.  Void, and
 * *ret_done false: no transition allows it, or it cannot be such an act. */
enum rc fold_case_take(struct fold *f, struct case_row *c, bool *ret_done,
		       struct err *e) MUST_CHECK;
/* The whole of it for a case that needs no more, with the event's clock. */
enum rc fold_case_taken(struct fold *f, struct case_row *c, bool *ret_done,
			struct err *e) MUST_CHECK;
/* `items` of the body as JSON text, NULL when there are none; void: not in the case. */
const char *fold_items(struct fold *f, const struct case_row *c);
/* A question or an inability that waits for an answer. */
enum rc fold_clarify_put(struct fold *f, const struct case_row *c, const char *items,
			 const char *text, struct err *e) MUST_CHECK;

void fold_void(struct fold *f, const char *fmt, ...) PRINTF(2, 3);

/* The value of the event's disclosure of that name as text, NULL: none, or erased. */
enum rc fold_disclosed(struct fold *f, const char *name, const char **ret,
		       struct err *e) MUST_CHECK;
/* The n-th disclosure; *ret_name NULL: erased. */
enum rc fold_disclosed_named(struct fold *f, size_t n, const char **ret_name,
			     json_t **ret_value, struct err *e) MUST_CHECK;
/* Text members of the n-th disclosure's value; .s NULL: absent, or all is erased. */
enum rc fold_disclosed_texts(struct fold *f, size_t n, const char *const *names,
			     size_t n_names, struct ijson_text *ret,
			     struct err *e) MUST_CHECK;
/* The n-th disclosure's value, NULL: erased. */
enum rc fold_disclosed_at(struct fold *f, size_t n, json_t **ret,
			  struct err *e) MUST_CHECK;

/* Text members of a body that event_type_check() has passed. */
const char *fold_text(const struct fold *f, const char *member); /* NULL: absent */
int64_t fold_int(const struct fold *f, const char *member);	 /* 0: absent */

#endif
