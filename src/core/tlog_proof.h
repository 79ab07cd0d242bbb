/*
 * tlog_proof - the text form of an inclusion proof with its checkpoint (C2SP
 * tlog-proof.md).
 *
 *   c2sp.org/tlog-proof@v1
 *   index N
 *   <base64 of a hash>     one line each, leaf to root
 *                          an empty line
 *   <a signed checkpoint, verbatim>
 *
 * We neither write nor take the optional `extra` line.  Pure.
 */
#ifndef SALURAN_CORE_TLOG_PROOF_H
#define SALURAN_CORE_TLOG_PROOF_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/merkle.h"

struct tlog_proof {
	uint64_t index;
	struct merkle_proof path;
	const char *note; /* the signed checkpoint, NUL-terminated */
	size_t note_len;
};

void tlog_proof_put(struct buf *b, const struct tlog_proof *p);
/*
 * What is accepted has one encoding, that of tlog_proof_put(); the note is not looked at.
 * The arena owns the note.  RC_INVALID, rule "tlog-proof".
 */
enum rc tlog_proof_parse(struct arena *a, const char *text, size_t len,
			 struct tlog_proof *ret, struct err *e) MUST_CHECK;

#endif
