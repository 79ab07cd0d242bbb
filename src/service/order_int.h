/*
 * order_int - what the files order*.c share.
 *
 * An order in the making goes through three steps: read (what was asked for), examine
 * (what guards find in the names and in what the node knows), text (what people sign).
 */
#ifndef SALURAN_SERVICE_ORDER_INT_H
#define SALURAN_SERVICE_ORDER_INT_H

#include "core/event_type.h"
#include "core/members.h"
#include "core/order.h"
#include "service/use.h"
#include "service/zone_int.h"

enum {
	ORDER_CITES_MAX = 200,
	ORDER_SAMPLE_MAX = 100000, /* links of a sample */
	ORDER_CALL_TEXT_MAX = 500, /* bytes of who was called, and of what came of it */
};

/* A cited case as it stands. */
struct order_cite {
	const char *casefile;
	const char *subject; /* NULL: unknown, or erased */
	bool ground;
	const char *why; /* it is none */
	enum rc why_rc;
	bool test; /* a TEST: none of it is ever ground for an order */
	uint64_t items, open;
	int64_t receipt_us, due_us; /* of what is owed first; 0: none */
	unsigned steps;		    /* reminders and warnings that count */
};

/* That a contact was called. */
struct order_call {
	const char *who, *outcome; /* who NULL: nobody was */
	int64_t at_us;
};

/* That the owner of the names was told, or could not be reached. */
struct order_owner {
	const char *channel, *text; /* NULL: nothing is said about it */
	bool told;
};

struct order {
	/* asked for */
	struct channel_row channel;
	const struct policy *policy;
	struct guard_name *names;
	size_t n_names;
	struct order_cite *cites;
	size_t n_cites;
	const char *action, *reasons, *legal_basis, *proportionality, *collateral;
	const char *emergency_reason; /* NULL: no emergency */
	const char *source, *previous;
	const char *landing; /* where people are led; NULL: nowhere */
	json_t *territories; /* NULL: everywhere; as long as the arena */
	struct order_call call;
	struct order_owner owner;
	int64_t ends_us, review_us;
	uint64_t sample_size;

	/* found */
	struct guard_findings found;
	uint64_t cited_items;
	json_t *lists;	 /* what the names were held against; as long as the arena */
	json_t *guards;	 /* tokens to be overridden or met; as long as the arena */
	json_t *contact; /* the other side's directory and the last test, likewise */

	const char *by;
	int64_t now_us;
	uint64_t seq; /* of the draft in our log */
	char id[UUID_TEXT_LEN + 1];
	const char *text;
	struct hash text_hash;
};

/* order_read.c.  RC_INVALID and RC_TOO_LARGE name the member. */
#define ORDER_CHECK_MEMBERS                                                              \
	"peer names cites sample emergency source contact_called owner"
#define ORDER_DRAFT_MEMBERS                                                              \
	ORDER_CHECK_MEMBERS                                                              \
	" reasons legal_basis proportionality collateral emergency_reason ends review "  \
	"action landing territories previous"
/* Channel, policy, names, cites, sample, and what is said about call and owner. */
enum rc order_read(struct node *nd, struct store *s, struct arena *a, json_t *in,
		   struct order *o, struct err *e) MUST_CHECK;
/* Reasons, legal basis, ...; then the times, which hang on the policy. */
enum rc order_read_texts(json_t *in, struct arena *a, struct order *o,
			 struct err *e) MUST_CHECK;
enum rc order_read_times(json_t *in, struct order *o, struct err *e) MUST_CHECK;
/* `names` of a request in their normal form; *ret NULL when absent. */
enum rc order_read_names(struct arena *a, const json_t *names, json_t **ret,
			 struct err *e) MUST_CHECK;
enum rc order_read_owner(json_t *owner, struct order_owner *ret,
			 struct err *e) MUST_CHECK;

/* order_zones.c.  `zones` of a request, or those of its `operators`; *ret NULL: it is for
 * all.  RC_CONFLICT: another operator has one of them too.  RC_NOT_FOUND. */
enum rc order_read_zones(struct node *nd, struct arena *a, const json_t *in, json_t **ret,
			 struct err *e) MUST_CHECK;
/* The names that the order holds.  RC_CONFLICT: none. */
enum rc order_names_all(struct node *nd, struct arena *a, const char *order, json_t **ret,
			struct err *e) MUST_CHECK;

/* order_guard.c: fills o->cites, o->found and o->guards. */
enum rc order_examine(struct node *nd, struct store *s, struct arena *a, struct order *o,
		      struct err *e) MUST_CHECK;
/* Names that no order may take: the node's own, those of its channels. */
enum rc order_own_names(struct node *nd, struct store *s, struct arena *a,
			struct guard_lists *lists, struct err *e) MUST_CHECK;
/* order_address.c: what the policy lets orders do to addresses. */
void order_address_rules(struct arena *a, const struct policy *p, bool cited,
			 struct guard_addresses *ret);
/* Does every cited case, and there is one, have items of such a category?  And how many
 * items are at the addresses? */
enum rc order_address_cited(struct store *s, struct order *o, bool *ret,
			    struct err *e) MUST_CHECK;
/* Addresses that no order may take: this node's, its channels' (`more`), its operators'
 * and their resolvers'. */
enum rc order_own_nets(struct node *nd, struct store *s, struct arena *a,
		       const struct guard_own_net *more, size_t n_more,
		       struct guard_lists *lists, struct err *e) MUST_CHECK;
/* Names that changed in the zone since a day before `now_us`, both ways; those of the
 * channel's orders, when they are more. */
enum rc order_changed(struct store *s, int64_t channel, int64_t now_us, int64_t *ret,
		      struct err *e) MUST_CHECK;

/* order_lists.c.  {list, sha256} of each; and as lines of an order's text. */
json_t *order_lists_json(const struct guard_lists *lists);
void order_lists_put(struct buf *b, const struct guard_lists *lists);
/* `lists` that the draft names {list, sha256, here: this node has the same}, and
 * `unsaid`: what this node's lists find that the draft does not say.  `order` has names
 * and findings. */
enum rc order_lists_add(struct node *nd, struct store *s, struct arena *a, json_t *order,
			struct err *e) MUST_CHECK;

/* order_text.c */
void order_text_put(struct buf *b, struct arena *a, struct node *nd,
		    const struct order *o);
json_t *order_examined_json(const struct order *o);
json_t *order_finding_json(const struct guard_finding *f);

/* order_sign.c: what every act on an order answers, read in the job that did it. */
struct order_state_now {
	enum order_state life;
	uint64_t approvals, approvals_needed;
	uint32_t serial;
	json_t *guards; /* owned; NULL before */
	uint64_t seq;	/* of the act's first entry in our log, as the job set it */
	bool waits;	/* the log does not have it yet (order_release.h): no seq */
	bool held;	/* nor is any zone given out (zone_old.c) */
};
enum rc order_state_take(struct writer *w, const char *order, struct order_state_now *ret,
			 struct err *e) MUST_CHECK;
/* `rc` of the job is handed on; `now` is emptied. */
enum rc order_state_reply(struct arena *a, const char *order, enum rc rc,
			  struct order_state_now *now, struct reply *out) MUST_CHECK;

/* order_end.c: at the time when the order takes effect, inside the writer's job. */
enum rc order_due_set(struct writer *w, const char *order, struct err *e) MUST_CHECK;
enum rc order_due_clear(struct writer *w, const char *order, struct err *e) MUST_CHECK;

#endif
