/*
 * note - C2SP signed notes, checkpoints and cosignatures (protocol 1).
 *
 * Bytes become a *claim* by parsing; note_verify() says which known keys signed.
 * A known key whose signature fails rejects the whole note; unknown lines are
 * ignored.  Source: C2SP signed-note.md, tlog-checkpoint.md, tlog-cosignature.md.
 *
 * Pure.  Values are immutable.
 */
#ifndef SALURAN_CORE_NOTE_H
#define SALURAN_CORE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/crypto.h"

enum {
	NOTE_ED25519 = 0x01,
	NOTE_COSIGNATURE = 0x04, /* Ed25519 cosignature/v1 */
	NOTE_NAME_MAX = 200, /* bytes of a key name or origin, ours; the norm has none */
	NOTE_SIGS_MAX = 64,  /* lines of one note; the norm asks for at least 16 */
	NOTE_TEXT_MAX = 1 << 20,
	NOTE_COSIG_LEN = 8 + SIG_LEN, /* big-endian seconds, signature */
};

struct note_key {
	char name[NOTE_NAME_MAX + 1];
	uint8_t type; /* NOTE_ED25519 or NOTE_COSIGNATURE */
	uint8_t pub[KEY_LEN];
	uint32_t id; /* first four bytes of SHA-256(name, LF, type, pub), big-endian */
};

struct note; /* well formed, not yet believed */

struct checkpoint {
	const char *origin;
	uint64_t size; /* leaves */
	struct hash root;
};

/* A name is 1 to NOTE_NAME_MAX bytes of UTF-8 without space, control or '+'. */
bool note_name_valid(const char *name, size_t len);
/* RC_INVALID: `name` breaks note_name_valid(). */
enum rc note_key_make(const char *name, uint8_t type, const uint8_t pub[KEY_LEN],
		      struct note_key *ret, struct err *e) MUST_CHECK;
/* "name+hex8(id)+base64(type, pub)".  RC_INVALID: form, id mismatch, unknown type. */
enum rc note_key_parse(const char *vkey, size_t len, struct note_key *ret,
		       struct err *e) MUST_CHECK;
void note_key_put(struct buf *b, const struct note_key *k);

/* `wire` is untrusted and not retained.  RC_INVALID names the broken rule. */
enum rc note_parse(struct arena *a, const char *wire, size_t len, const struct note **ret,
		   struct err *e) MUST_CHECK;
/* The signed text, its final LF included. */
const char *note_text(const struct note *n, size_t *ret_len);

/*
 * Which of `keys` signed: verified[i] is set for keys[i]; cosig_time_s[i] (may be
 * NULL) gets the time of a cosignature.  RC_DENIED when a known key's signature
 * fails, or when none of the keys signed.
 */
enum rc note_verify(const struct note *n, const struct note_key *keys, size_t n_keys,
		    bool *verified, uint64_t *cosig_time_s, struct err *e) MUST_CHECK;
/* The whole signature line of this key, LF included, as it stands in the note, or NULL.
 */
const char *note_line_of(struct arena *a, const struct note *n, const struct note_key *k);
/* The text with that line alone, as its writer made the note: anybody can add lines, and
 * change their order.  NULL: the key has no line. */
const char *note_alone(struct arena *a, const struct note *n, const struct note_key *k);

/* "— <name> <base64(id, sig)>" LF.  For a cosignature `sig` is NOTE_COSIG_LEN bytes. */
void note_line_put(struct buf *b, const struct note_key *k, const uint8_t *sig,
		   size_t sig_len);
/* One line (LF included) that `k` must have made over `text`: RC_INVALID for the form,
 * RC_DENIED when the key is another or the signature fails. */
enum rc note_line_verify(const char *line, size_t len, const struct note_key *k,
			 const char *text, size_t text_len, uint64_t *ret_cosig_time_s,
			 struct err *e) MUST_CHECK;

/* What an Ed25519 cosignature/v1 signs: "cosignature/v1" LF "time N" LF text. */
void note_cosig_message_put(struct buf *b, uint64_t time_s, const char *text,
			    size_t text_len);

/* Text of a checkpoint: origin LF size LF base64(root) LF. */
void checkpoint_put(struct buf *b, const struct checkpoint *c);
/* RC_INVALID: not exactly that form (extension lines are refused: we have none), or a log
 * without entries has another root than SHA-256(""). */
enum rc checkpoint_parse(struct arena *a, const char *text, size_t len,
			 struct checkpoint *ret, struct err *e) MUST_CHECK;

#endif
