/*
 * register_proof - checks what a register gives as proof of an entry, offline.
 *
 * The file is JSON: {ref, order, origin, key, identity, events: [{seq, jws, proof}]}.
 * `identity` is the authority's identity log, its entries with a blank between.  Each
 * event must be signed by an event key of an entry, be about the order, and be at `seq`
 * of the log whose checkpoint stands in its tlog-proof, signed by the log key of the
 * newest.
 *
 * Pure.  The arena owns everything.
 */
#ifndef SALURAN_CORE_REGISTER_PROOF_H
#define SALURAN_CORE_REGISTER_PROOF_H

#include "core/identity_log.h"

enum {
	REGISTER_PROOF_MAX = 16 << 20, /* bytes */
	REGISTER_PROOF_EVENTS_MAX = 512,
};

struct register_proof {
	const char *ref, *order, *origin;
	struct identity_log ids;
	char fingerprint[FINGERPRINT_TEXT_MAX];
	const struct event *events[REGISTER_PROOF_EVENTS_MAX]; /* by seq */
	size_t n;
	uint64_t size; /* of the log that was signed */
};

/*
 * `vkey` and `fingerprint` are what the reader has from elsewhere; NULL: not compared,
 * and then the file proves only that it is consistent with the key it brings.
 * RC_INVALID: not of that form.  RC_UNPROCESSABLE, RC_DENIED: something does not verify;
 * `e` names the event.
 */
enum rc register_proof_verify(struct arena *a, const char *text, size_t len,
			      const char *vkey, const char *fingerprint,
			      struct register_proof *ret, struct err *e) MUST_CHECK;

#endif
