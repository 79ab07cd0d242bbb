/*
 * bundle_int - what the files of the bundle share; nobody else includes it.
 */
#ifndef SALURAN_CORE_BUNDLE_INT_H
#define SALURAN_CORE_BUNDLE_INT_H

#include <inttypes.h>

#include "base/clock.h"
#include "core/bundle.h"
#include "core/identity_log.h"
#include "core/note.h"
#include "core/policy_vote.h"

#define BUNDLE_RULE	"protocol 12"
#define BUNDLE_MANIFEST "MANIFEST.jws"
#define BUNDLE_README	"README.txt"
#define BUNDLE_POLICY	"policy.json"
#define BUNDLE_ADOPTED	"policy-adopted.json"
#define BUNDLE_TEXTS	"disclosures.txt"

/* Names of members, of the party and the seq. */
#define BUNDLE_NAME_FRAUD      "fraud/%s.txt"
#define BUNDLE_NAME_IDENTITY   "identity/%s.jws"
#define BUNDLE_NAME_OFFER      "channel/%s.offer.jws"
#define BUNDLE_NAME_EVENTS     "logs/%s/events.jws"
#define BUNDLE_NAME_CHECKPOINT "logs/%s/checkpoint"
#define BUNDLE_NAME_COSIGNED   "logs/%s/cosigned"
#define BUNDLE_NAME_PROOF      "logs/%s/proof/%" PRIu64 ".tlog-proof"
#define BUNDLE_NAME_RECEIPT    "receipts/%s/%" PRIu64 ".tlog-proof"
#define BUNDLE_NAME_TREE       "logs/%s/%s.proof" /* of which head */
#define BUNDLE_NAME_RECEIPTS   "receipts/%s.txt"

enum { BUNDLE_README_MAX = 32768 };

/* Each order's grounds are a fold of the case as its drafter saw it: of so many orders,
 * and while all these folds have so many events. */
enum { BUNDLE_GROUNDS_MAX = 512, BUNDLE_GROUNDS_EVENTS = 1 << 25 };

/* A head of a log as it stands in the bundle. */
struct bundle_head {
	const struct bundle_member *member; /* NULL: none */
	const struct note *note;
	struct checkpoint cp;
	bool cosigned; /* has a line of the peer's receipt key */
	uint64_t time_s;
};

struct bundle_side {
	const struct identity *id;	   /* its entry 0 */
	struct identity_log *ids;	   /* all of them, and where each is in force */
	size_t in_force;		   /* of the event under the lens */
	const struct channel_offer *offer; /* NULL: not here */
	struct note_key *log_keys;	   /* by entry: of its log */
	struct note_key *receipt_keys;	   /* with which it cosigns the peer's log */
	struct bundle_event **ev;	   /* of its log, ascending by seq */
	size_t n_ev;
	struct bundle_head own;	     /* checkpoint */
	struct bundle_head cosigned; /* the same, or cosigned; member NULL: none */
};

/* A text that is here; read when it is asked for. */
struct bundle_disclosure {
	struct hash digest; /* the first member: it is searched by it */
	const char *text;   /* not NUL-terminated */
	uint32_t len;
	uint32_t line; /* of the member, from 0 */
};

/* What is kept of events, and how much of it there is. */
struct bundle_kept {
	struct arena *tmp; /* of one event */
	json_t *nothing;   /* the body of those whose body is not kept */
	size_t events, texts, items, values;
	const char *by[16]; /* the last pseudonyms that differ */
	size_t n_by;
};

/* A bundle while it is verified. */
struct bundle {
	struct arena *a;
	const struct bundle_expect *expect;
	struct bundle_report *r;
	struct err *e;
	const char *where; /* the member under the lens */
	const uint8_t *bytes;
	size_t len;
	const struct bundle_member *m;
	size_t n;
	int version;
	const char *jws; /* of the manifest */
	size_t jws_len;
	char kid[KID_LEN + 1];
	const char *org; /* that made it */
	const json_t *listed;
	struct bundle_side side[PARTY_COUNT];
	struct bundle_kept kept;
	/* By index of r->events: a receipt.adopt is the first to cover clock events of
	 * the case below this; 0: of none. */
	uint64_t *covers_below;
	const struct event **adopt_of; /* likewise: the receipt of an event, or NULL */
	struct hash opening; /* digest of the policy that the channel opened under */
	struct policy_vote *votes;
	size_t n_votes;
	struct bundle_disclosure *disclosures; /* ascending by digest */
	size_t n_disclosures;
};

typedef enum rc bundle_step_fn(struct bundle *b);
bundle_step_fn bundle_step_events, bundle_step_inclusion, bundle_step_heads,
	bundle_step_receipts, bundle_step_fraud, bundle_step_disclosures,
	bundle_step_fold;

/* NULL: it is not there.  Sets b->where. */
const struct bundle_member *bundle_find(struct bundle *b, const char *fmt, ...)
	PRINTF(2, 3);
enum rc bundle_fail(struct bundle *b, const char *fmt, ...) PRINTF(2, 3);
#ifdef __clang_analyzer__
#define bundle_fail(...) err_told((bundle_fail)(__VA_ARGS__)) /* see base/err.h */
#endif
enum party bundle_other(enum party p);
/* NULL: not in the bundle. */
struct bundle_event *bundle_event_at(const struct bundle_side *s, uint64_t seq);

/* An event as it is kept: see struct bundle_event.  RC_UNPROCESSABLE past the limits. */
enum rc bundle_event_keep(struct bundle *b, enum party from, const struct event *ev,
			  struct bundle_event *ret);

/* The offer of a channel, after the entry that it names. */
enum rc bundle_offer_parse(struct arena *a, const struct identity_log *ids,
			   const char *wire, size_t len, const struct channel_offer **ret,
			   struct err *e) MUST_CHECK;
/* The entry of that hash in hex.  NULL: none. */
const struct identity *bundle_entry_of(const struct identity_log *ids, const char *hex);
/* Of a head of the log, where it stands in the bundle: signed and cosigned by keys that
 * stand for its size. */
enum rc bundle_head_verify(struct bundle *b, enum party p, const struct note *note,
			   uint64_t size, bool cosigned, uint64_t *ret_time_s);
/* A line of any receipt key of the party, whether it stands or not; NULL: none. */
const char *bundle_peer_line(struct bundle *b, struct arena *a, enum party by,
			     const struct note *note);
/* A receipt, and the events that it is the receipt of: [first, first + n) of those that
 * start a clock. */
struct bundle_adopted {
	const struct bundle_event *adopt;
	size_t first, n;
};
/* Version 2: the proofs of a log's events, and of its receipts. */
enum rc bundle_trees_check(struct bundle *b, enum party p);
enum rc bundle_receipts_check(struct bundle *b, enum party p,
			      struct bundle_event *const *clocks,
			      const struct bundle_adopted *adopted, size_t n);
/* A receipt is of the head that the event names, line for line; so are the events'. */
enum rc bundle_receipt_same(struct bundle *b, enum party p, const struct event *adopt,
			    const struct checkpoint *cp, const struct note *note);

/* The value of an event's disclosure by its name, as text; NULL: not here. */
const char *bundle_disclosed(const struct bundle *b, const struct event *ev,
			     const char *name);

/* Members of a body that event_type_check() has passed. */
const char *bundle_body_text(const struct event *ev, const char *name);
int64_t bundle_body_int(const struct event *ev, const char *name);

/* What must be there for an event to say what it says.  Zeroed but for `a`, n_items. */
struct bundle_dispute;
enum { BUNDLE_DISPUTE_LISTS = 1024 };
struct bundle_claims {
	struct arena *a;
	uint64_t n_items;
	bool *decided;				/* by item */
	const struct bundle_dispute **disputes; /* lists, by a sum of the id */
};
/* Why an event is void for what it names, or NULL.  Events of one log in their order;
 * answers and rulings after all that opens a dispute. */
const char *bundle_claim(struct bundle_claims *k, const struct bundle_event *be);

/* How the case stood to someone who had seen only so much of each log. */
void bundle_case_at(struct bundle *b, const uint64_t seen[PARTY_COUNT],
		    struct bundle_case *ret);
enum rc bundle_orders_fold(struct bundle *b);
void bundle_words_make(struct bundle *b);

/* The time of a receipt, which is in whole seconds; `out` has CLOCK_TEXT_LEN bytes. */
char *bundle_second_format(uint64_t time_s, char *out);

/* The proofs about one side in the order of the format, each once. */
size_t bundle_frauds_sort(struct arena *a, const struct bundle_content *c, enum party p,
			  const char ***ret);

/* README.txt, and the exporter's identity.  Both logs' names follow from any of the
 * offers; without one they are not known: RC_UNPROCESSABLE. */
enum rc bundle_readme_make(struct arena *a, struct buf *b, const struct bundle_content *c,
			   int version, const struct identity **ret_by,
			   struct err *e) MUST_CHECK;
void bundle_readme_put(struct buf *b, const struct bundle_content *c, int version,
		       const struct identity_log *const ids[PARTY_COUNT],
		       const char *const origin[PARTY_COUNT]);

#endif
