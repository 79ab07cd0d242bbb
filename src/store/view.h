/*
 * view - the fold of the logs into the v_ tables.
 *
 * view_apply() is called once for each event, our own before it is signed and the peer's
 * as it is stored, and again for all of them by a rebuild; the result is the same
 * (docs/ARCHITECTURE.md, "Truth and views").  An event that does not fit is *void*: it
 * stays in the log, v_event says why, and nothing else changes (protocol 2, tier 2).
 */
#ifndef SALURAN_STORE_VIEW_H
#define SALURAN_STORE_VIEW_H

#include "core/casefile.h"
#include "core/event.h"
#include "core/order.h"
#include "core/policy_vote.h"
#include "store/store_log.h"

struct views;

struct views *views_create(struct store *s); /* `s` is borrowed */
void views_free(struct views *v);	     /* NULL allowed */

/*
 * `ev` need not have its leaf hash yet.  `disclosed` has what ev->sd stands for, one for
 * one, with name NULL for what is erased; NULL: it is looked up in the store.  *ret_void
 * (may be NULL) is set to why the event has no effect, in the arena, else to NULL.
 */
enum rc view_apply(struct views *v, struct arena *a, int64_t channel, enum party from,
		   const struct event *ev, const struct disclosure *disclosed,
		   const char **ret_void, struct err *e) MUST_CHECK;

/* Told how far a rebuild is; may be called for every event. */
typedef void view_tick(void *arg, uint64_t done, uint64_t total);
void views_set_tick(struct views *v, view_tick *tick, void *arg);

/* Fold the whole log into empty views; a migrate_replay, `arg` is a struct views. */
enum rc view_replay(void *arg, struct err *e) MUST_CHECK;
/* Drop all views and fold the whole log again, in one transaction. */
enum rc view_rebuild(struct views *v, struct err *e) MUST_CHECK;

/* SHA-256 of every row of every view in a fixed order: equal views have equal digests.
 * `into` gets {"v_case": hex, ...}. */
enum rc view_digest(struct store *s, json_t *into, struct err *e) MUST_CHECK;

/* A policy by its digest, parsed once.  RC_NOT_FOUND.  Lives as long as `v`. */
enum rc view_policy(struct views *v, const struct hash *sha256, const struct policy **ret,
		    struct err *e) MUST_CHECK;

/* The policy of a channel for what is written by someone who has seen so much of each log
 * (core/policy_vote.h).  RC_NOT_FOUND: no such channel. */
enum rc view_policy_in_effect(struct store *s, struct arena *a, int64_t channel,
			      const uint64_t seen[PARTY_COUNT], struct hash *ret,
			      struct err *e) MUST_CHECK;

/*
 * Each event that an erase.request or erase.done is about, as it stands in the logs.  The
 * events of other cases that it names are left out.
 */
typedef enum rc view_erase_fn(void *arg, enum party p, const struct event *ev,
			      struct err *e);
bool view_erasable_alone(const struct event *ev);
enum rc view_erase_scope(struct store *s, struct arena *a, int64_t channel,
			 const struct event *ev, view_erase_fn *fn, void *arg,
			 struct err *e) MUST_CHECK;

/* A case as its views have it. */
struct case_row {
	const char *casefile;
	int64_t channel;
	uint64_t parts, items, decided;
	bool manifest;
	const char *subject, *legal_basis, *class_code; /* NULL: none */
	const char *class_now; /* whose limits hold, after transfers; class_code is that
				* of the notice */
	bool urgent;
	bool test; /* under a policy that is a TEST: it never reaches an order */
	struct hash policy_sha256;
	uint64_t suspended; /* of the decided: an inability that pauses, and may end */
	struct casefile fold;
	struct case_due due;
};
/* Items on which a decision is still owed: what is given to casefile_due(). */
uint64_t view_case_owed(const struct case_row *c);
/* RC_NOT_FOUND. */
enum rc view_case_get(struct store *s, struct arena *a, const char *casefile,
		      struct case_row *ret, struct err *e) MUST_CHECK;

/* A case as of the places `below` in the two logs (seq < below): its fold, and how many
 * of its items were decided. */
enum rc view_case_seen(struct store *s, struct arena *a, const struct case_row *c,
		       const uint64_t below[PARTY_COUNT], struct casefile *ret,
		       uint64_t *ret_decided, struct err *e) MUST_CHECK;
/* The counts of a case as of the places `below` in the two logs (seq < below). */
struct case_counts;
enum rc view_case_counts(struct store *s, struct arena *a, const struct case_row *c,
			 const uint64_t below[PARTY_COUNT], struct case_counts *ret,
			 struct err *e) MUST_CHECK;

/* What an order still needs, as its acts stand. */
struct order_row {
	const char *id, *state, *text_sha256, *drafter;
	enum order_state life; /* of `state` */
	int64_t channel;
	uint64_t approvals_needed, approvals;
	json_t *guards;	    /* tokens still to be overridden or met; lives as long as the
			       arena */
	json_t *overridden; /* tokens that somebody overrode; as long as the arena */
	int64_t ends_us;
	bool emergency;
	uint64_t owners_open; /* names without a record that their owner was told or not
				 reached */
	const char *const *hands; /* pseudonyms: drafter, overriders, approvers */
	size_t n_hands;
};
/* Names of the channel's orders that came into force or went since then. */
enum rc view_order_changed(struct store *s, int64_t channel, int64_t since_us,
			   uint64_t *ret, struct err *e) MUST_CHECK;
/* RC_NOT_FOUND. */
enum rc view_order_get(struct store *s, struct arena *a, const char *id,
		       struct order_row *ret, struct err *e) MUST_CHECK;

/* The next word of a text as cases are found by it, from *at on, which moves behind it:
 * letters, digits and what is not ASCII, in lower case.  NULL: there is none left. */
const char *view_word_next(struct arena *a, const char **at);

/* The serial of the zone now: 1 before the first change. */
enum rc view_zone_serial(struct store *s, uint32_t *ret, struct err *e) MUST_CHECK;

#endif
