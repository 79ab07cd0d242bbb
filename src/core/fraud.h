/*
 * fraud - a proof that an organisation signed what cannot both be true (protocol 7): the
 * body of POST fraud, and what `saluran verify` checks offline.
 *
 * Two heads of one log, or two receipts over such heads: of one size with two roots, or
 * of sizes m < n where a consistency proof leads from another root of size m to that of
 * n.  Two events with one number in one log, or two identity entries of one number.  It
 * proves itself: whoever has the keys of the organisation needs nobody's word.
 *
 * A key counts by its place (protocol 9): a head or a receipt under a key that was
 * replaced before it proves nothing, since a thief may have made it.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_FRAUD_H
#define SALURAN_CORE_FRAUD_H

#include <jansson.h>

#include "core/identity_log.h"
#include "core/merkle.h"

enum {
	FRAUD_SIG_MAX = 128, /* bytes of base64 of a key id and a signature */
	FRAUD_MAX = 131072,  /* bytes of the whole, as JSON */
	FRAUD_FILE_MAX = FRAUD_MAX + IDENTITY_LOG_MAX * 2,
};

enum fraud_kind {
	FRAUD_HEADS,
	FRAUD_RECEIPTS,
	FRAUD_EVENTS,
	FRAUD_IDENTITY,
	FRAUD_KINDS
};
/* The words of `kind`, ended by NULL. */
extern const char *const fraud_kinds[];
/* "two histories of its log": what was signed twice. */
const char *fraud_kind_says(enum fraud_kind k);

struct fraud {
	enum fraud_kind kind;
	const char *log; /* heads, receipts, events: the origin */
	/* heads, receipts: head[0].size <= head[1].size */
	struct checkpoint head[2];
	const char *sig[2]; /* base64 of key id and signature */
	bool has_root;
	struct hash
		root; /* of size head[0].size, from which the proof leads to head[1] */
	struct merkle_proof proof;
	const char *jws[2]; /* events, identity */
};

/* What an object says; nothing of it is verified.  Texts are borrowed from it.
 * RC_UNPROCESSABLE, rule "protocol 7". */
enum rc fraud_read(const json_t *body, struct fraud *ret, struct err *e) MUST_CHECK;
/* The same from bytes; *ret_body is the arena's. */
enum rc fraud_parse(struct arena *a, const char *wire, size_t len, struct fraud *ret,
		    json_t **ret_body, struct err *e) MUST_CHECK;

/* What a proof that holds says. */
struct fraud_said {
	uint64_t at;	      /* size of the smaller head, number of the event or entry */
	uint64_t most;	      /* size of the larger head; else as `at` */
	bool by_present_keys; /* both are under the newest entry: whoever has these keys
				 can sign more of it */
};
/*
 * Does it prove that the organisation of `ids` signed both?  `ids` are its entries, with
 * the turns of its own log of the channel where they are known.  RC_UNPROCESSABLE: it
 * does not.
 */
enum rc fraud_verify(struct arena *a, const struct fraud *f,
		     const struct identity_log *ids, struct fraud_said *ret,
		     struct err *e) MUST_CHECK;

/* The object for two notes that `ids` signed as kind FRAUD_HEADS or FRAUD_RECEIPTS says,
 * the smaller first.  `root` and `proof` NULL: they have one size.  NULL: the
 * organisation did not sign both. */
json_t *fraud_of_heads(struct arena *a, enum fraud_kind kind,
		       const struct identity_log *ids, const char *note_a,
		       const char *note_b, const struct hash *root,
		       const struct merkle_proof *proof);
/* Two events of the log `log`, or two identity entries (log NULL). */
json_t *fraud_of_signed(const char *log, const char *one, size_t one_len,
			const char *other, size_t other_len);

/* Either side as any tool reads it: a signed note, or the JWS. */
const char *fraud_side(struct arena *a, const struct fraud *f, int side,
		       const struct identity_log *ids);

/*
 * A proof as a file for others: {"v": 1, "org", "identity": [entries from 0 on],
 * "proof"}. The arena owns what is read.
 */
json_t *fraud_file(const struct identity_log *ids, const json_t *proof);
enum rc fraud_file_parse(struct arena *a, const char *wire, size_t len,
			 struct identity_log *ret_ids, struct fraud *ret,
			 struct err *e) MUST_CHECK;
/* Is it meant as one, holding or not? */
bool fraud_file_looks(struct arena *a, const char *wire, size_t len);

struct fraud_report {
	struct fraud f;
	struct fraud_said said;
	const char *org; /* that signed both */
	char fingerprint[FINGERPRINT_TEXT_MAX];
	bool compared; /* it is one of `known` */
};
/* The whole check, with nothing but the file.  `known`: the fingerprints that somebody
 * compared with the two sides, NULL each: not.  RC_UNPROCESSABLE: it proves nothing, or
 * is of neither of these. */
enum rc fraud_file_verify(struct arena *a, const char *wire, size_t len,
			  const char *const known[PARTY_COUNT], struct fraud_report *ret,
			  struct err *e) MUST_CHECK;

#endif
