/*
 * mirror - the bodies of add-checkpoint and add-entries, and tile paths.
 *
 * Source: C2SP tlog-witness.md, tlog-mirror.md, tlog-tiles.md (protocol 1 and 5).
 *
 * Pure.
 */
#ifndef SALURAN_CORE_MIRROR_H
#define SALURAN_CORE_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/merkle.h"

enum {
	MIRROR_PROOF_MAX = 63,	  /* hashes of a proof */
	MIRROR_PACKAGE = 256,	  /* entries of a whole package */
	MIRROR_PACKAGES_MAX = 32, /* of one request */
	MIRROR_TICKET_MAX = 1024,
	MIRROR_ENTRY_MAX = 65535,
};

/* "old N" LF, base64 hashes a line, empty line, checkpoint note. */
struct mirror_checkpoint {
	uint64_t old;
	struct hash proof[MIRROR_PROOF_MAX];
	size_t n_proof;
	const char *note; /* the signed checkpoint, verbatim */
	size_t note_len;
};

struct mirror_entry {
	const uint8_t *data;
	size_t len;
};

/* Cut at multiples of 256: the first may start, the last may end, inside one. */
struct mirror_package {
	uint64_t start; /* index of entries[0] */
	const struct mirror_entry *entries;
	size_t n_entries;
	struct hash proof[MIRROR_PROOF_MAX]; /* of [floor256(start), start + n) */
	size_t n_proof;
};

struct mirror_entries {
	const char *origin;
	uint64_t start,
		end; /* upload_start, upload_end: the size of the tree uploaded to */
	const uint8_t *ticket;
	size_t ticket_len;
	const struct mirror_package *packages;
	size_t n_packages;
	size_t rest; /* bytes of a package inside which the body ends: not used */
};

/* Body of 202 and 409: pending size LF, next entry LF, base64 ticket LF. */
struct mirror_info {
	uint64_t pending_size, next_entry;
	const uint8_t *ticket;
	size_t ticket_len;
};
#define MIRROR_INFO_TYP "text/x.tlog.mirror-info"
#define MIRROR_SIZE_TYP "text/x.tlog.size"

/*
 * Decoders: RC_INVALID names the rule; RC_TOO_LARGE a limit.  What is accepted has
 * exactly one encoding, and it is the one that the encoder writes.  No size exceeds
 * MERKLE_SIZE_MAX, and an origin is a note_name_valid().
 *
 * Encoders assert the limits above, and that packages are those of the canonical
 * sequence.
 */
enum rc mirror_checkpoint_parse(struct arena *a, const char *wire, size_t len,
				struct mirror_checkpoint *ret, struct err *e) MUST_CHECK;
void mirror_checkpoint_put(struct buf *b, const struct mirror_checkpoint *c);
/* Entries and ticket point into `wire`: a body has megabytes.  No package at all, or
 * fewer than the interval has, is a legal body; of one that ends inside a package the
 * packages before count, and its encoding ends there. */
enum rc mirror_entries_parse(struct arena *a, const uint8_t *wire, size_t len,
			     struct mirror_entries *ret, struct err *e) MUST_CHECK;
void mirror_entries_put(struct buf *b, const struct mirror_entries *m);
enum rc mirror_info_parse(struct arena *a, const char *wire, size_t len,
			  struct mirror_info *ret, struct err *e) MUST_CHECK;
void mirror_info_put(struct buf *b, const struct mirror_info *i);
/* "N" LF, the body of a 409 of add-checkpoint. */
enum rc mirror_size_parse(const char *wire, size_t len, uint64_t *ret) MUST_CHECK;

/* "<L>/<N>[.p/<W>]" or "entries/<N>[.p/<W>]", N in three-digit groups: "x001/x234/067".
 * *ret_level is 0 for entries, *ret_width 256 for a full tile.  RC_INVALID. */
enum rc mirror_tile_path_parse(const char *path, bool *ret_entries, unsigned *ret_level,
			       uint64_t *ret_index, unsigned *ret_width) MUST_CHECK;
void mirror_tile_path_put(struct buf *b, bool entries, unsigned level, uint64_t index,
			  unsigned width);

#endif
