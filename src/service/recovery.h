/*
 * recovery - what became of our own log of a channel since this node last signed in it
 * (protocol 6); for the files of service/ only.
 *
 * Store and signer's mark agree: the log is open, peer or no peer, and the peer is asked
 * beside what it has.  Else nothing enters it until the peer has said so: what it has
 * more is pulled back, verified and adopted; what it does not have was never delivered.
 * Where both cannot be one history, a person must look.
 */
#ifndef SALURAN_SERVICE_RECOVERY_H
#define SALURAN_SERVICE_RECOVERY_H

#include "core/held.h"
#include "service/node_int.h"

enum recovery_phase {
	RECOVERY_PULL,	  /* entries and disclosures come back */
	RECOVERY_ADOPTED, /* they are in the log, the views are not made anew yet */
	RECOVERY_HALT,	  /* for a person; the next start asks the peer again */
};

/* A log that is brought back, as the store has it. */
struct recovery {
	int64_t channel;
	int64_t since_us; /* 0: there is none */
	enum recovery_phase phase;
	uint64_t base, size;
	struct hash root;
	const char *word;
	uint64_t said_seq, said_n, needs;
};
enum rc recovery_get(struct store *s, struct arena *a, int64_t channel,
		     struct recovery *ret, struct err *e) MUST_CHECK;
enum rc recovery_put(struct store *s, const struct recovery *r, struct err *e) MUST_CHECK;

/* How the log stands, and what people are told of it; any thread. */
enum log_state recovery_state(struct node *nd, int64_t channel);
const char *recovery_token(enum log_state state);
void recovery_set(struct node *nd, int64_t channel, enum log_state state, const char *fmt,
		  ...) PRINTF(4, 5);
void recovery_progress(struct node *nd, int64_t channel, uint64_t have, uint64_t of);
/*
 * A peer says that it has more of our log than we: asked at once, nothing is signed until
 * then.  It has RECOVERY_CLAIM_S to show it, since a peer must not be able to freeze the
 * log by what it says; afterwards nothing goes to it before it has answered.  One that
 * cannot be `called` has no way to show it: the log stays closed.
 */
enum { RECOVERY_CLAIM_S = 600 };
void recovery_suspect(struct node *nd, const struct channel_row *c, bool called,
		      uint64_t theirs, uint64_t ours);

/* How long a claim that is not shown may still keep the log closed; 0: there is none. One
 * that is over opens it. */
void recovery_claim_look(struct node *nd, const struct channel_row *c, int64_t *ret_us);

/* The peer has shown what it has of our log. */
void recovery_shown(struct node *nd, int64_t channel);

/* Does a proof of equivocation stand?  And at the start: what the store says of it. */
bool channel_is_frozen(struct node *nd, int64_t channel);
enum rc channel_frozen_examine(struct node *nd, struct store *s, struct arena *a,
			       const struct channel_row *c, struct err *e) MUST_CHECK;
/* epoch, agreed, peer_agreed: who has signed the next one (exchange_epoch.c). */
enum rc epoch_json(struct store *s, struct arena *a, const struct channel_row *c,
		   json_t *into, struct err *e) MUST_CHECK;

/* log_state and log_back of service_metrics(). */
enum rc recovery_figures(struct node *nd, struct store *s, struct arena *a, json_t *into,
			 struct err *e) MUST_CHECK;

/* What the signer remembers of a log: heads that it signed, and how far the store was. */
struct recovery_marks {
	bool marked;
	uint64_t size, seen; /* 0: none */
	struct hash root, seen_root;
};
enum rc recovery_marks(struct node *nd, struct arena *a, const char *origin,
		       struct recovery_marks *ret, struct err *e) MUST_CHECK;
/* The store is so far now: a copy that is older will be known by it. */
enum rc recovery_seen(struct node *nd, const struct log_head *own,
		      struct err *e) MUST_CHECK;

/* The root of the first `size` entries of a log. */
enum rc recovery_root(struct store *s, int64_t channel, enum party party, uint64_t size,
		      struct hash *ret, struct err *e) MUST_CHECK;

/* Entries are staged up to where?  r->base: none. */
enum rc recovery_staged(struct store *s, const struct recovery *r, uint64_t *ret,
			struct err *e) MUST_CHECK;
struct recovery_entry {
	const char *jws;
	size_t len;
};
/* Entries [from, to), all staged or RC_CORRUPT. */
enum rc recovery_entries(struct store *s, struct arena *a, int64_t channel, uint64_t from,
			 uint64_t to, struct recovery_entry **ret,
			 struct err *e) MUST_CHECK;

/* Move r->said_seq and said_n on to the next disclosure that a staged event names;
 * *ret_any false: there are no more. */
enum rc recovery_next_said(struct store *s, struct recovery *r, bool *ret_any,
			   struct err *e) MUST_CHECK;

/* The peer's answers: what it has of our log, and what it gives back of it. */
enum rc recovery_held(struct node *nd, int64_t peer, struct arena *a, const char *nonce,
		      const char *wire, struct err *e) MUST_CHECK;
struct exchange_question;
enum rc recovery_take(struct node *nd, int64_t peer, struct arena *a,
		      const struct exchange_question *q, const void *body, size_t len,
		      struct err *e) MUST_CHECK;

/* Everything came: it becomes the log, and the views are made of it.  RC_FROZEN: it
 * cannot be one history with what was signed, a person must look. */
enum rc recovery_adopt(struct node *nd, int64_t channel, struct err *e) MUST_CHECK;

/* Of one's own log. */
enum rc recovery_event(struct arena *a, const struct log_leaf *leaf,
		       const struct event **ret, struct err *e) MUST_CHECK;
/* Our entries from `cut` to `size`, and those of the peer that have seen any of them, get
 * the order in which they fold. */
enum rc recovery_order(struct writer *w, int64_t channel, enum party own, uint64_t cut,
		       uint64_t size, struct err *e) MUST_CHECK;

/* One that a lift of ours, which the log does not have, took out of the zones: it stays
 * out (order_release.c).  RC_OK also when there is nothing to do. */
enum rc order_release_aside(struct writer *w, const struct event *ev, const char *reason,
			    struct err *e) MUST_CHECK;
/* Erase here what such an event of our own says that we have erased (erase.c). */
enum rc erase_again(struct writer *w, int64_t channel, enum party own,
		    const struct event *ev, struct err *e) MUST_CHECK;

#endif
