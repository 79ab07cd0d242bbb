/*
 * signer_int - what the two ends of the signer share: messages, keys, marks.
 *
 * A message is u32 length and body, big-endian.  A request's body is u8 operation and its
 * fields; an answer's is u8 outcome, then the result, or the texts of struct err.  The
 * first answer, unasked, is that of the start: struct signer_public.
 */
#ifndef SALURAN_SIGNER_SIGNER_INT_H
#define SALURAN_SIGNER_SIGNER_INT_H

#include <sodium.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"
#include "core/event.h"
#include "core/merkle.h"
#include "core/note.h"
#include "signer/signer.h"

enum {
	SIGNER_MESSAGE_MAX = SIGNER_CHAIN_MAX * (EVENT_JWS_MAX + 64) + 65536,
	SIGNER_PAYLOAD_MAX = 1 << 20, /* bytes of a payload that is no event's */
	SIGNER_MARKS_MAX = 4096,      /* logs, ours and those of peers */
	SIGNER_ENC_OLD_MAX = 64,      /* replaced keys of evidence */
};

enum signer_op {
	SIGNER_CHAIN,
	SIGNER_JWS,
	SIGNER_CHECKPOINT,
	SIGNER_COSIGN,
	SIGNER_MARK,
	SIGNER_UNWRAP,
	SIGNER_MARK_BACK,
	SIGNER_MARK_BEGIN,
	SIGNER_MARK_SEEN
};

/* prev_at of a payload without a hole, on the wire. */
#define SIGNER_NO_HOLE UINT32_C(0xffffffff)

/* ---- wire -------------------------------------------------------------------------- */

/* RC_UNAVAILABLE: the other end is gone, or sends what is no message. */
enum rc signer_send(int fd, const struct buf *body) MUST_CHECK;
enum rc signer_receive(int fd, struct buf *body) MUST_CHECK; /* replaces what is in it */

/* u32 length, text, NUL: so that a text can be used where it lies. */
void signer_put_text(struct buf *b, const char *s, size_t len);
/* Points into the message.  NULL: it ends too early, or has a NUL inside. */
const char *signer_take_text(struct cursor *c, size_t *ret_len);

/* The rest of a message: origin, u64 size, root, u8 n, n hashes. */
void signer_put_head(struct buf *b, const struct checkpoint *c,
		     const struct merkle_proof *proof);
/* RC_INVALID: not of that form, or no name or size of a log. */
enum rc signer_take_head(struct cursor *c, struct checkpoint *ret,
			 struct merkle_proof *ret_proof, struct err *e) MUST_CHECK;

/* ---- keys -------------------------------------------------------------------------- */

/* Secret keys in libsodium's expanded form; lives in memory of sodium_malloc() only. */
struct signer_keys {
	uint8_t event[crypto_sign_SECRETKEYBYTES];
	uint8_t log[crypto_sign_SECRETKEYBYTES];
	uint8_t receipt[crypto_sign_SECRETKEYBYTES];
	uint8_t enc[SEED_LEN]; /* X25519: not expanded */
	/* Those before a rotation: what was encrypted to them is still opened. */
	uint8_t enc_old[SIGNER_ENC_OLD_MAX][SEED_LEN];
	size_t n_enc_old;
};

/* `ret` is read-only memory; sodium_free() it.  RC_NOT_FOUND, RC_DENIED (other users may
 * read a key), RC_CORRUPT (no key file), RC_IO. */
enum rc signer_keys_load(const char *keys_dir, struct signer_keys **ret,
			 struct signer_public *ret_public, struct err *e) MUST_CHECK;

/* ---- marks ------------------------------------------------------------------------- */

/*
 * The file: "saluran-marks-v1" LF, a line "origin size hexroot time" for each log (time
 * of the last cosignature in s, 0 for none), "sha256 <hex of all before>" LF.  It is
 * replaced as a whole; the digest tells a torn or edited file.
 */
struct signer_mark {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size;
	struct hash root;
	uint64_t cosig_time_s; /* of the cosignature at this size; 0: none */
};

struct signer_marks;

/* Open, or make when missing, and lock.  RC_CORRUPT: damaged; RC_CONFLICT: another signer
 * holds it; RC_IO, RC_DENIED, RC_NOT_FOUND (its folder), RC_FULL. */
enum rc signer_marks_open(const char *path, struct signer_marks **ret,
			  struct err *e) MUST_CHECK;
void signer_marks_close(struct signer_marks *m); /* NULL allowed */
/* NULL: none. */
const struct signer_mark *signer_marks_find(const struct signer_marks *m,
					    const char *origin);
/* Durable when it returns RC_OK; on failure the mark is as before.  RC_LIMIT past
 * SIGNER_MARKS_MAX; RC_IO, RC_FULL. */
enum rc signer_marks_set(struct signer_marks *m, const struct signer_mark *mark,
			 struct err *e) MUST_CHECK;

/* ---- the process ------------------------------------------------------------------- */

/* Be the signer: drop what it does not need, read keys and marks, serve `fd` until its
 * end. */
_Noreturn void signer_proc_run(int fd, const char *keys_dir, const char *marks_path);

#endif
