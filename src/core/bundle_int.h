/*
 * bundle_int - what the files of the bundle share; nobody else includes it.
 */
#ifndef SALURAN_CORE_BUNDLE_INT_H
#define SALURAN_CORE_BUNDLE_INT_H

#include <inttypes.h>

#include "base/clock.h"
#include "core/bundle.h"
#include "core/note.h"

#define BUNDLE_RULE	"protocol 12"
#define BUNDLE_MANIFEST "MANIFEST.jws"
#define BUNDLE_README	"README.txt"
#define BUNDLE_POLICY	"policy.json"
#define BUNDLE_ADOPTED	"policy-adopted.json"
#define BUNDLE_TEXTS	"disclosures.txt"

/* Names of members, of the party and the seq. */
#define BUNDLE_NAME_IDENTITY   "identity/%s.jws"
#define BUNDLE_NAME_OFFER      "channel/%s.offer.jws"
#define BUNDLE_NAME_EVENTS     "logs/%s/events.jws"
#define BUNDLE_NAME_CHECKPOINT "logs/%s/checkpoint"
#define BUNDLE_NAME_COSIGNED   "logs/%s/cosigned"
#define BUNDLE_NAME_PROOF      "logs/%s/proof/%" PRIu64 ".tlog-proof"
#define BUNDLE_NAME_RECEIPT    "receipts/%s/%" PRIu64 ".tlog-proof"

/* Orders whose grounds are looked at: each folds the case as its drafter saw it. */
enum { BUNDLE_GROUNDS_MAX = 512 };

/* A head of a log as it stands in the bundle. */
struct bundle_head {
	const struct bundle_member *member; /* NULL: none */
	const struct note *note;
	struct checkpoint cp;
	bool cosigned; /* has a line of the peer's receipt key */
	uint64_t time_s;
};

struct bundle_side {
	const struct identity *id;
	const struct channel_offer *offer; /* NULL: not here */
	struct note_key log_key;	   /* of its log */
	struct note_key receipt_key;	   /* with which it cosigns the peer's log */
	struct bundle_event **ev;	   /* of its log, ascending by seq */
	size_t n_ev;
	struct bundle_head own;	     /* checkpoint */
	struct bundle_head cosigned; /* the same, or cosigned; member NULL: none */
};

struct bundle_disclosure {
	struct hash digest;
	const char *name;
	json_t *value;
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
	const char *jws; /* of the manifest */
	size_t jws_len;
	char kid[KID_LEN + 1];
	const char *org; /* that made it */
	const json_t *listed;
	struct bundle_side side[PARTY_COUNT];
	/* By index of r->events: a receipt.adopt is the first to cover clock events of
	 * the case below this; 0: of none. */
	uint64_t *covers_below;
	struct hash opening; /* digest of the policy that the channel opened under */
	struct bundle_disclosure *disclosures; /* ascending by digest */
	size_t n_disclosures;
};

typedef enum rc bundle_step_fn(struct bundle *b);
bundle_step_fn bundle_step_events, bundle_step_inclusion, bundle_step_heads,
	bundle_step_receipts, bundle_step_disclosures, bundle_step_fold;

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

/* The value of an event's disclosure by place, and by name as text; NULL: not here. */
json_t *bundle_disclosed_at(const struct bundle *b, const struct event *ev, size_t n);
const char *bundle_disclosed(const struct bundle *b, const struct event *ev,
			     const char *name);

/* Members of a body that event_type_check() has passed. */
const char *bundle_body_text(const struct event *ev, const char *name);
int64_t bundle_body_int(const struct event *ev, const char *name);

/* What must be there for an event to say what it says.  Zeroed but for `a`, n_items. */
struct bundle_dispute;
struct bundle_claims {
	struct arena *a;
	uint64_t n_items;
	bool *decided; /* by item */
	const struct bundle_dispute *disputes;
};
/* Why an event is void for what it names, or NULL.  Events of one log in their order;
 * answers and rulings after all that opens a dispute. */
const char *bundle_claim(struct bundle_claims *k, const struct event *ev,
			 enum party from);

/* How the case stood to someone who had seen only so much of each log. */
void bundle_case_at(struct bundle *b, const uint64_t seen[PARTY_COUNT],
		    struct bundle_case *ret);
enum rc bundle_orders_fold(struct bundle *b);
void bundle_words_make(struct bundle *b);

/* The time of a receipt, which is in whole seconds; `out` has CLOCK_TEXT_LEN bytes. */
char *bundle_second_format(uint64_t time_s, char *out);

void bundle_readme_put(struct buf *b, const struct bundle_content *c,
		       const struct identity *const id[PARTY_COUNT],
		       const char *const origin[PARTY_COUNT]);

#endif
