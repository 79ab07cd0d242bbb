/*
 * bundle - the evidence bundle of a case (protocol 12): one file that a court, a
 * journalist or the other side checks offline.
 *
 * FORMAT.  A ustar archive (POSIX.1-2017, pax, "ustar Interchange Format") in
 * one encoding, so that every changed or added byte fails and `tar xf` still opens it:
 *
 *   - regular files only; mode 0000444, uid and gid 0000000, mtime 00000000000, typeflag
 *     '0', magic "ustar" NUL, version "00", devmajor and devminor 0000000, linkname,
 * uname, gname and prefix empty.  Numbers are octal digits that fill their field but for
 *     one NUL; the checksum is six digits, NUL, space.
 *   - names are 1 to 100 bytes, segments of [A-Za-z0-9._-] that do not begin with '.',
 *     with '/' between them; strictly ascending by byte, but MANIFEST.jws is the last.
 *   - content is padded with zeros to 512 bytes; the archive ends with two blocks of
 * zeros and nothing after them.
 *
 * Members; all are text in which each line ends in LF, and a JWS is one line.  Of both
 * versions:
 *
 *   README.txt                    how to check by hand; never read by the verifier
 *   channel/<party>.offer.jws     the channel offer of an introduction; at least one
 *   disclosures.txt               optional; disclosures, one a line; each is named by
 *                                 `_sd` of an included event
 *   fraud/<party>.txt             optional; proofs that this side has signed what cannot
 *                                 both be true (core/fraud.h), a line each; strictly
 *                                 ascending by byte
 *   identity/<party>.jws          entry 0 of the identity log
 *   logs/<party>/checkpoint       a head of the log with the log's signature and, when
 *                                 the peer cosigned that size, the peer's line; it covers
 *                                 all included events of the log
 *   logs/<party>/cosigned         only if the former has no cosignature: the newest head
 *                                 that has one, smaller than the former
 *   logs/<party>/events.jws       a line an event: seq (decimal), space, JWS; ascending
 *   policy.json                   the channel's policy, byte for byte
 *   policy-adopted.json           the case's, when another was adopted since
 *   MANIFEST.jws                  typ BUNDLE_TYP, by an event key of the exporter:
 *                                 {v, org, made (us), case, members: [{name, len,
 *                                 sha256}]}
 *
 * Version 1 has a file for each proof, that any tool for tlog-proofs takes:
 *
 *   disclosures.txt               strictly ascending by byte
 *   logs/<party>/proof/<seq>.tlog-proof
 *                                 C2SP tlog-proof of each event in `cosigned` when that
 *                                 covers it, else in `checkpoint`, whose bytes it quotes
 *   receipts/<party>/<seq>.tlog-proof
 *                                 an event whose receipt the log adopted: proof in the
 *                                 head of that receipt, log's and peer's lines below
 *
 * Version 2 is for cases of many events.  It can be written and read from front to back,
 * and a proof of many events (core/merkle.h, merkle_prove_many()) says nothing twice:
 *
 *   disclosures.txt               in the order in which the events name them, those of
 *                                 the authority's log first
 *   logs/<party>/cosigned.proof   of the events that the cosigned head covers
 *   logs/<party>/checkpoint.proof of the others; of all when there is no `cosigned`.
 *                                 A hash a line, base64; absent where there is no event
 *   receipts/<party>.txt          for each receipt.adopt that is the receipt of events
 *                                 here, ascending: a line "<its seq> <bytes of the head>
 *                                 <hashes> <events>", the seqs of these events a line
 *                                 each, the head with the log's and the peer's lines, the
 *                                 hashes a line each; absent where there is none
 *
 * <party> is "authority" or "platform" (an organisation's id may be longer than a name in
 * an archive).  checkpoint may be absent for a log without events here.  The events are:
 * those of the case; channel.open; channel.rekey; channel.epoch; policy.adopt; the
 * receipt.adopt that starts each clock of the case; and order.* of the orders that cite
 * the case.
 *
 * Memory: the bytes of the file are not copied.  Beside them a verifier needs some 700
 * bytes an event, and for what is hostile not more than the limits below allow.
 *
 * Pure.  Nothing is looked up: what a bundle cannot show by itself is said in the report.
 */
#ifndef SALURAN_CORE_BUNDLE_H
#define SALURAN_CORE_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/casefile.h"
#include "core/event.h"
#include "core/fraud.h"
#include "core/identity.h"
#include "core/merkle.h"
#include "core/policy.h"

#define BUNDLE_TYP "saluran-bundle+jws"

enum {
	BUNDLE_VERSION = 1,
	BUNDLE_VERSION_LONG = 2,
	BUNDLE_MAX = 1 << 30,	    /* bytes of a file */
	BUNDLE_MEMBERS_MAX = 8192,  /* what a manifest of that size can name */
	BUNDLE_SHORT_EVENTS = 2000, /* a case of more is exported as version 2 */
	BUNDLE_EVENTS_MAX = 1 << 17,
	BUNDLE_TEXTS_MAX = 1 << 19,  /* that the events name, and that are disclosed */
	BUNDLE_ITEMS_MAX = 1 << 22,  /* that decisions, questions and disputes name */
	BUNDLE_VALUES_MAX = 1 << 20, /* JSON values in bodies, and references */
	BUNDLE_ORDERS_MAX = 1024,    /* that cite the case */
	BUNDLE_POLICIES_MAX = 2048,  /* adoptions of both sides */
	BUNDLE_FRAUDS_MAX = 64,	     /* proofs about one side */
	BUNDLE_MANIFEST_MAX =
		1 << 20,       /* bytes of its payload: what a signer signs at once */
	BUNDLE_NAME_MAX = 100, /* bytes of a member's name */
	BUNDLE_BLOCK = 512,    /* bytes: what archives are made of */
};

/* ---- container --------------------------------------------------------------------- */

struct bundle_member {
	const char *name;
	const char *data; /* not NUL-terminated */
	size_t len;
};

/* The header of a member; asserts that the name is one of the format.  Its content
 * follows, then bundle_padding() zeros; after the last member two blocks of zeros. */
void bundle_header(uint8_t ret[BUNDLE_BLOCK], const char *name, uint64_t len);
size_t bundle_padding(uint64_t len);
/* Members in the order of the file; asserts that names and order are those of the format.
 * Past `b`'s maximum its error sticks. */
void bundle_pack(struct buf *b, const struct bundle_member *m, size_t n);
/*
 * Data points into `bytes`.  What is accepted is what bundle_pack() writes.
 * RC_UNPROCESSABLE, rule "protocol 12", names the place; RC_TOO_LARGE past the limits.
 */
enum rc bundle_unpack(struct arena *a, const uint8_t *bytes, size_t len,
		      const struct bundle_member **ret, size_t *ret_n,
		      struct err *e) MUST_CHECK;

/* ---- writing ----------------------------------------------------------------------- */

struct bundle_leaf {
	uint64_t seq;
	const char *jws;
	const char *proof;   /* tlog-proof in the head that the format asks for */
	const char *receipt; /* tlog-proof in the head of the adopted receipt, or NULL */
};

struct bundle_log {
	const struct bundle_leaf *leaves; /* ascending by seq */
	size_t n;
	const char *checkpoint, *cosigned; /* NULL: none */
};

/* Everything that goes into a bundle; borrowed. */
struct bundle_content {
	const char *casefile;
	int64_t made_us;
	enum party exporter;
	const char *identity[PARTY_COUNT]; /* entries from 0 on, LF between them */
	const char *offer[PARTY_COUNT];	   /* JWS, or NULL */
	const char *policy;
	size_t policy_len;
	const char *adopted; /* the case's, when it is another; else NULL */
	struct bundle_log log[PARTY_COUNT];
	bool with_disclosures;
	const char *const *disclosures; /* any order, repetition allowed */
	size_t n_disclosures;
	/* Proofs of equivocation by party; any order, repetition allowed. */
	const char *const *frauds[PARTY_COUNT];
	size_t n_frauds[PARTY_COUNT];
};

/* Sign `payload` as a JWS of type `typ` with an event key of the exporter. */
typedef enum rc bundle_sign(void *arg, struct arena *a, const char *typ,
			    const char *payload, size_t len, const char **ret_jws,
			    struct err *e);

/*
 * The whole file, in the arena.  What it holds is not checked: bundle_verify() it.
 * RC_TOO_LARGE past the limits; errors of `sign`; RC_UNPROCESSABLE: an identity does not
 * parse.
 */
enum rc bundle_write(struct arena *a, const struct bundle_content *c, bundle_sign *sign,
		     void *sign_arg, const uint8_t **ret, size_t *ret_len,
		     struct err *e) MUST_CHECK;

/* ---- writing many events ----------------------------------------------------------- */

/* The receipt of one or more events: what a receipt.adopt in the log names. */
struct bundle_receipt {
	uint64_t adopt;		/* seq of the receipt.adopt */
	uint64_t size;		/* of the head */
	const uint64_t *covers; /* seqs of the events that start a clock; ascending */
	size_t n;
};

struct bundle_long_log {
	const uint64_t *seq; /* of the events, ascending */
	size_t n;
	const char *checkpoint, *cosigned; /* NULL: none */
	uint64_t checkpoint_size, cosigned_size;
	const struct bundle_receipt *receipts; /* ascending by adopt */
	size_t n_receipts;
	void *tree; /* for node() */
};

/* What is asked for while the bundle is written; `tmp` is emptied after each. */
struct bundle_source {
	void *arg;
	enum rc (*event)(void *arg, struct arena *tmp, enum party p, uint64_t seq,
			 const char **ret_jws, struct err *e);
	/* Disclosures of the event that are here, in the order of its `_sd`. */
	enum rc (*texts)(void *arg, struct arena *tmp, enum party p, uint64_t seq,
			 const char *const **ret, size_t *ret_n, struct err *e);
	/* The head of that receipt with both lines. */
	enum rc (*head)(void *arg, struct arena *tmp, enum party p,
			const struct bundle_receipt *r, const char **ret, struct err *e);
	merkle_get *node;
};

/* Where it goes, from front to back, but for headers that are written when the member is
 * known. */
struct bundle_sink {
	void *arg;
	enum rc (*put)(void *arg, const void *p, size_t len, struct err *e);
	enum rc (*put_at)(void *arg, uint64_t at, const void *p, size_t len,
			  struct err *e);
};

/*
 * A bundle of version 2.  Of `c` the logs and disclosures are not looked at.
 * RC_TOO_LARGE past the limits; errors of `source`, `sink` and `sign`;
 * RC_UNPROCESSABLE: an identity does not parse.
 */
enum rc bundle_write_long(const struct bundle_content *c,
			  const struct bundle_long_log logs[PARTY_COUNT],
			  const struct bundle_source *source,
			  const struct bundle_sink *sink, bundle_sign *sign,
			  void *sign_arg, struct err *e) MUST_CHECK;

/* ---- verifying --------------------------------------------------------------------- */

/* In this order; the first that fails is named.  X(NAME, token, what it finds out) */
#define BUNDLE_STEP_TABLE(X)                                                             \
	X(CONTAINER, "container", "one archive in its one encoding, nothing after it")   \
	X(MANIFEST, "manifest", "the list of members is there and well formed")          \
	X(MEMBERS, "members", "every member is as the list says, none more or less")     \
	X(IDENTITIES, "identities", "both organisations' keys, signed by their roots")   \
	X(SIGNATURE, "signature", "the list was signed by one of the two")               \
	X(CHANNEL, "channel", "the channel that they offered to each other")             \
	X(POLICY, "policy", "the rules are those that the channel names")                \
	X(EVENTS, "events", "each event is signed by a key of its author")               \
	X(INCLUSION, "inclusion", "each event stands in its log")                        \
	X(HEADS, "heads", "the heads of the logs are signed")                            \
	X(RECEIPTS, "receipts", "receipts are the peer's, for these events")             \
	X(FRAUD, "fraud", "proofs of two histories hold, and epochs are signed by both") \
	X(DISCLOSURES, "disclosures", "texts are those whose digests were signed")       \
	X(FOLD, "fold", "state, deadlines and orders follow from the events")

enum bundle_step {
#define X(name, token, what) BUNDLE_STEP_##name,
	BUNDLE_STEP_TABLE(X)
#undef X
		BUNDLE_STEP_COUNT
};

const char *bundle_step_token(enum bundle_step s);
const char *bundle_step_what(enum bundle_step s);

/* How far an event got, by proof (protocol 4).  X(NAME, token, what it means) */
#define BUNDLE_LEVEL_TABLE(X)                                                            \
	X(APPENDED, "appended", "only its author says so")                               \
	X(RECEIVED, "received", "the peer signed that it stored it")                     \
	X(READ, "read", "a person of the peer marked it read")                           \
	X(ACCEPTED, "accepted", "a person of the peer accepted the case")                \
	X(REFUSED, "refused", "a person of the peer refused the case")                   \
	X(DECIDED, "decided", "the peer decided every item")

enum bundle_level {
#define X(name, token, what) BUNDLE_LEVEL_##name,
	BUNDLE_LEVEL_TABLE(X)
#undef X
		BUNDLE_LEVEL_COUNT
};

const char *bundle_level_token(enum bundle_level l);

struct bundle_event {
	enum party from;
	/* Without its bytes; the body of a decision or of a part is left out: what it
	 * says is below. */
	const struct event *ev;
	const uint32_t *items; /* that it names; NULL of a part */
	size_t n_items;
	uint64_t part;	     /* of a part: which */
	uint32_t first_item; /* of a part, whose items follow each other */
	bool gaps;	     /* of a part: they do not */
	const char *outcome; /* of a decision, else NULL */
	bool inability;	     /* event_is_inability() */
	bool clock;	     /* event_starts_clock() */
	enum bundle_level level;
	uint64_t received_s;  /* the peer's clock; 0: no receipt is in the bundle */
	bool adopted;	      /* received_s is of the receipt that the log adopted; else
				 of a later one: received at that time at the latest */
	const char *void_why; /* NULL: it has effect */
	size_t n_disclosed;   /* of ev->n_sd */
};

struct bundle_party {
	const char *org, *name;
	char fingerprint[FINGERPRINT_TEXT_MAX];
	bool compared; /* with the fingerprint that was expected */
	const char *origin;
	bool offered;		/* its channel offer is here */
	bool opened;		/* its channel.open is here */
	bool open_agrees;	/* and names these identities and this policy */
	uint64_t head_size;	/* of the newest head that it signed; 0: none here */
	uint64_t cosigned_size; /* of the newest head that the peer cosigned; 0: none */
	uint64_t cosigned_s;	/* the peer's clock */
	size_t n_events;	/* of its log in the bundle */
};

enum bundle_text { BUNDLE_TEXT_ABSENT, BUNDLE_TEXT_MATCHES, BUNDLE_TEXT_DIFFERS };

struct bundle_act {
	const struct bundle_event *event;
	const char *reason; /* disclosed, or NULL */
};

/* An order that cites the case, as its events make it. */
struct bundle_order {
	const char *id;
	const struct bundle_event *draft; /* ev->by is the drafter */
	enum bundle_text text_is;	  /* against the hash in the draft */
	const char *text, *reasons;	  /* disclosed, or NULL */
	const char *state;		  /* a token of order.h, or "void" */
	bool emergency;
	uint64_t approvals_asked;	  /* by the draft */
	uint64_t approvals;		  /* that count */
	size_t guards_asked, guards_open; /* overrides: needed, still missing */
	struct bundle_act *acts; /* overrides, approvals, lifts, expiry; in order */
	size_t n_acts;
	int64_t in_force_us, ended_us; /* 0: not */
	bool grounds;		       /* the case was a ground when it was drafted */
	const char *grounds_why;       /* why not, or NULL */
	size_t n_cites;		       /* other cases count too */
};

#define BUNDLE_OUTCOMES_MAX 8

struct bundle_case {
	bool manifest;		/* a notice.send that has effect is here */
	const char *class_code; /* as the notice has it */
	const char *class_now;	/* whose limits hold, after transfers */
	const char *subject;	/* disclosed, or NULL */
	uint64_t parts, items, decided;
	uint64_t suspended; /* of the decided: an inability that pauses the clock */
	struct {
		const char *outcome; /* NULL ends */
		uint64_t items;
	} outcomes[BUNDLE_OUTCOMES_MAX];
	struct casefile fold;
	struct case_due due;
	int64_t accept_due_us, decide_due_us; /* as the clock was set; 0: no clock ran */
};

/* A proof that holds (core/fraud.h). */
struct bundle_fraud {
	enum party whose; /* who signed both */
	enum fraud_kind kind;
	uint64_t at, most;
};

/* A channel.epoch with the statements of both sides. */
struct bundle_epoch {
	const struct bundle_event *event;
	uint64_t epoch;
	uint64_t size[PARTY_COUNT]; /* of each log, on which both agree */
};

struct bundle_words {
	const char **line;
	size_t n, cap;
};

struct bundle_report {
	bool ok;
	enum bundle_step step; /* that failed; BUNDLE_STEP_COUNT when ok */
	const char *where;     /* the member, or NULL */
	const char *what;      /* what is wrong */
	/* what follows is only for a bundle that is ok */
	enum party exporter;
	int64_t made_us; /* the exporter's clock */
	const char *casefile, *channel;
	struct bundle_party party[PARTY_COUNT];
	const struct policy *policy;
	struct bundle_event *events; /* in the one order of the fold */
	size_t n_events;
	bool disclosed; /* disclosures.txt is here */
	struct bundle_case casework;
	struct bundle_order *orders;
	size_t n_orders;
	struct bundle_fraud *frauds; /* by party, as they stand in the file */
	size_t n_frauds;
	struct bundle_epoch *epochs; /* by party, ascending by seq */
	size_t n_epochs;
	struct bundle_words proven, claimed, missing; /* sentences for people */
};

/* Fingerprints that were compared over another path, NULL: not known. */
struct bundle_expect {
	const char *fingerprint[PARTY_COUNT];
};

/*
 * bytes   untrusted; the report points into them and into the arena
 * expect  NULL: nothing is known, and the report says what that leaves open
 * RC_UNPROCESSABLE: a step failed; `ret` and `e` name it, where and what.
 */
enum rc bundle_verify(struct arena *a, const uint8_t *bytes, size_t len,
		      const struct bundle_expect *expect, struct bundle_report *ret,
		      struct err *e) MUST_CHECK;

/* The report for people, and for programs (a new reference); also of a failure.  Of a
 * bundle of many events rather bundle_report_write(). */
void bundle_report_put(struct buf *b, const struct bundle_report *r);
json_t *bundle_report_json(const struct bundle_report *r);
/* The JSON in pieces, an event in memory at a time. */
typedef void bundle_put(void *arg, const char *p, size_t len);
void bundle_report_write(const struct bundle_report *r, bundle_put *put, void *arg);

#endif
