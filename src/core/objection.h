/*
 * objection - the words of objections, the codes by which they are followed, and what of
 * a text may be published.
 *
 * Pure but for objection_code_make(), which takes random bytes from its caller.
 */
#ifndef SALURAN_CORE_OBJECTION_H
#define SALURAN_CORE_OBJECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "core/crypto.h"

enum {
	OBJECTION_TEXT_MAX = 4000,   /* bytes of an objection, an answer, a reason */
	OBJECTION_CONTACT_MAX = 320, /* bytes */
	OBJECTION_CODE_BYTES = 15,   /* of randomness: 120 bits */
	OBJECTION_CODE_LEN = 24,     /* its letters; written in groups of four */
	OBJECTION_CODE_TEXT_MAX = 64,
};

/* Words ended by NULL. */
extern const char *const objection_kinds[];   /* "objection", "normalise" */
extern const char *const objection_rulings[]; /* "upheld", "rejected", "partly" */

/* "k7pq-m3xd-...": letters that cannot be taken for each other.  In the arena. */
const char *objection_code_make(struct arena *a,
				const uint8_t random[OBJECTION_CODE_BYTES]);
/* SHA-256 of its letters; case, spaces and dashes make no difference.  False: it is
 * none. */
bool objection_code_hash(const char *code, struct hash *ret);

/*
 * A text as the register may show it: links, host names with a path, mail addresses,
 * handles and telephone numbers become "[removed]".  Names of hosts stay, since the order
 * names them.  In the arena; NULL gives NULL.
 */
const char *public_text(struct arena *a, const char *text);

#endif
