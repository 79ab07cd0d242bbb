/*
 * epoch - how a frozen channel goes on (protocol 7): what each side signs about it.
 *
 * A statement says how far both logs of the channel stand at its author, in spite of
 * whatever else was signed, and names the proofs that froze it.  With one of each side
 * the channel is in its next epoch and takes events again.  Like a channel offer it is
 * signed with an event key of the newest identity entry.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_EPOCH_H
#define SALURAN_CORE_EPOCH_H

#include "core/event.h"
#include "core/identity.h"

#define EPOCH_TYP "saluran-epoch+jws"

enum {
	EPOCH_MAX = 9999,      /* of one channel */
	EPOCH_PROOFS_MAX = 16, /* that one statement names, the newest */
	EPOCH_WIRE_MAX = 8192, /* bytes of a statement */
};

struct epoch {
	const char *org, *peer; /* who says it, to whom */
	const char *channel;
	uint64_t epoch; /* that begins, from 1 */
	/* Of the authority's log and of the platform's: the newest head that its author
	 * signed and the other receipted, as this side knows it. */
	struct event_head head[PARTY_COUNT];
	struct hash proofs[EPOCH_PROOFS_MAX]; /* SHA-256 of each, as it was told */
	size_t n_proofs;
	int64_t iat_us;
	const char *kid; /* of the key that it names */
	const char *wire;
};

/* The payload to sign.  NULL: a text is not UTF-8. */
char *epoch_payload(struct arena *a, const struct epoch *s);
/* What it says; the signature is as yet not believed.  RC_UNPROCESSABLE, rule "protocol
 * 7", or "protocol 2" for the encoding. */
enum rc epoch_read(struct arena *a, const char *wire, size_t len,
		   const struct epoch **ret, struct err *e) MUST_CHECK;
/* And it is signed with an event key of `id`, whose organisation says it.
 * RC_UNPROCESSABLE. */
enum rc epoch_parse(struct arena *a, const char *wire, size_t len,
		    const struct identity *id, const struct epoch **ret,
		    struct err *e) MUST_CHECK;

#endif
