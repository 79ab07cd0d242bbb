/*
 * held - what a node says, under its signature, that it has of a peer's log (protocol 6).
 *
 * A node whose store and marks do not agree asks for it before it signs anything, and
 * keeps it: whoever said that he has nothing of a log cannot call the next head a second
 * history of it.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_HELD_H
#define SALURAN_CORE_HELD_H

#include "base/arena.h"
#include "base/err.h"
#include "core/crypto.h"

#define HELD_TYP "saluran-held+jws"

enum {
	HELD_NONCE_LEN = 32,   /* hex digits */
	HELD_NOTE_MAX = 16384, /* bytes of a signed checkpoint with its cosignatures */
	HELD_MAX = 65536,      /* bytes of the whole */
	HELD_QUESTION_MAX = 512,
};

struct held {
	const char *org;   /* who says it */
	const char *log;   /* the origin that it is about */
	const char *nonce; /* of the question */
	uint64_t stored;   /* entries that are here, without a gap */
	/* The newest head whose entries are all here, as its author signed it and with
	 * this node's receipt, if there is one; "": none. */
	const char *whole;
	/* The newest head that its author has shown, whole here or not; "": none. */
	const char *pending;
	uint64_t whole_size, pending_size; /* theirs, 0: none */
	uint64_t own; /* events of the log that this node writes in the channel */
	int64_t iat_us;
};

/* The payload to sign with an event key.  NULL: a text is not UTF-8. */
char *held_payload(struct arena *a, const struct held *h);
/* RC_UNPROCESSABLE, rule "protocol 6", or "protocol 2" for the encoding; also: `pub` did
 * not sign it.  The notes are as yet not believed, but their sizes are. */
enum rc held_parse(struct arena *a, const char *wire, size_t len,
		   const uint8_t pub[KEY_LEN], const struct held **ret,
		   struct err *e) MUST_CHECK;

/* The question: "origin" LF "nonce" LF "size" LF, where size is how much of the log that
 * the asked node writes is here. */
struct held_question {
	const char *log, *nonce;
	uint64_t size;
};
/* RC_INVALID, rule "protocol 6". */
enum rc held_question_parse(struct arena *a, const char *wire, size_t len,
			    struct held_question *ret, struct err *e) MUST_CHECK;
char *held_question_text(struct arena *a, const struct held_question *q);

#endif
