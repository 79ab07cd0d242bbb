/*
 * signer - a small forked process that holds the event, log and receipt keys, and the key
 * to which evidence is encrypted.
 *
 * The daemon asks it over a socketpair and never sees a seed.  For each log it keeps a
 * durable high-water mark (origin, size, root) in its own file, apart from the database
 * (protocol 6): it signs a checkpoint only when it extends the mark, and cosigns a peer's
 * log only forward.  Whoever can talk to it can have things signed; nobody can have it
 * sign two histories.
 *
 * One request at a time; signer_*() may be called from any thread (a mutex inside).
 */
#ifndef SALURAN_SIGNER_SIGNER_H
#define SALURAN_SIGNER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/age.h"
#include "core/crypto.h"
#include "core/merkle.h"
#include "core/note.h"

enum { SIGNER_CHAIN_MAX = 256 /* events of one call */ };

struct signer;

/* Keys of a node on disk: <dir>/event.key, log.key, receipt.key, enc.key, each
 * "saluran-key-v1 <role> <hex seed>" LF, mode 0600; makes them all, fails with
 * RC_CONFLICT if any exists.  enc.<n>.key, for n from 0 on, are keys of evidence that a
 * rotation has replaced. */
#define SIGNER_ENC_KEY	   "enc.key"
#define SIGNER_ENC_OLD_KEY "enc.%u.key"
struct signer_public {
	uint8_t event_pub[KEY_LEN], log_pub[KEY_LEN], receipt_pub[KEY_LEN];
	uint8_t enc_pub[KEY_LEN]; /* X25519 */
};
enum rc signer_keys_create(const char *keys_dir, struct signer_public *ret,
			   struct err *e) MUST_CHECK;

/*
 * Fork it.  `keys_dir` has the keys, `marks_path` is the file of marks (made when
 * missing: then every mark is missing).  Call from the main thread before any other is
 * started: the process ends when that thread or the daemon's end of the socketpair does.
 * RC_NOT_FOUND  a key or the folder of marks
 * RC_DENIED     not readable, or a key that other users have access to
 * RC_CORRUPT    a key file or the file of marks is damaged
 * RC_CONFLICT   another signer holds the marks
 * RC_IO, RC_FULL
 *
 * Every call below: RC_UNAVAILABLE when the process has ended; only a new start mends
 * that.
 */
enum rc signer_start(const char *keys_dir, const char *marks_path, struct signer **ret,
		     struct err *e) MUST_CHECK;
void signer_stop(struct signer *s); /* NULL allowed; waits for the process */
/* Does its process still run?  Asks the kernel, not the process. */
bool signer_alive(const struct signer *s);
const struct signer_public *signer_public(const struct signer *s);

/* One event of a chain: a payload of event_payload_put(), its hole filled by the signer.
 */
struct signer_item {
	const char *payload;
	size_t payload_len;
	size_t prev_at;	 /* SIZE_MAX: no hole (seq 0) */
	const char *jws; /* out: in the arena, NUL-terminated */
	size_t jws_len;
	struct hash leaf; /* out: its Merkle leaf hash */
};

/* Sign `n` events, each one's prev being the leaf before; `prev` is that of items[0]
 * (ignored where it has no hole).  RC_INVALID: a payload that is no event payload. */
enum rc signer_sign_chain(struct signer *s, struct arena *a, const struct hash *prev,
			  struct signer_item *items, size_t n, struct err *e) MUST_CHECK;

/* Another JWS by the event key; `typ` is one of the identity or bundle types. */
enum rc signer_sign_jws(struct signer *s, struct arena *a, const char *typ,
			const char *payload, size_t len, const char **ret,
			struct err *e) MUST_CHECK;

/*
 * Sign our checkpoint (origin, size, root): `proof` is the consistency proof from the
 * mark's size to c->size (signer_mark() tells that size; n = 0 when the mark is missing,
 * empty or equal). RC_FROZEN: it does not extend the mark.  The mark is durable before
 * the signature leaves. *ret is the whole note.
 */
enum rc signer_sign_checkpoint(struct signer *s, struct arena *a,
			       const struct checkpoint *c,
			       const struct merkle_proof *proof, const char **ret,
			       struct err *e) MUST_CHECK;

/*
 * Cosign a peer's checkpoint as a receipt at `time_s`; `key_name` is "<org>/rcpt".  Marks
 * as above, under the peer's origin, but RC_FROZEN when the mark is missing.  *ret is the
 * signature line, LF included.
 */
enum rc signer_cosign(struct signer *s, struct arena *a, const char *key_name,
		      uint64_t time_s, const struct checkpoint *c,
		      const struct merkle_proof *proof, const char **ret,
		      struct err *e) MUST_CHECK;

/*
 * The file key of an age file that is encrypted to our enc.key; `header` is its whole
 * header.  RC_NOT_FOUND: it is not encrypted to us.  RC_UNPROCESSABLE: no header of age,
 * or a changed one.  RC_INVALID: longer than AGE_HEADER_MAX.
 */
enum rc signer_unwrap(struct signer *s, const uint8_t *header, size_t len,
		      uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e) MUST_CHECK;

/*
 * Set the mark of a log of ours back to (c->size, c->root), or make it where it is
 * missing (protocol 6): `word` is what the peer says, under its event key `pub`, that it
 * has of that log (core/held.h).  RC_FROZEN: the word is not about that log, is not
 * signed by that key, or says that the peer has seen a head of more than c->size.
 */
enum rc signer_mark_back(struct signer *s, const struct checkpoint *c, const char *word,
			 const uint8_t pub[KEY_LEN], struct err *e) MUST_CHECK;

/* A log begins: its mark is (0, the empty root), unless it has one already.  From then on
 * a missing mark is one that was lost. */
enum rc signer_mark_begin(struct signer *s, const char *origin, struct err *e) MUST_CHECK;

/* How far the store has been, apart from what was signed: an older copy of it is known by
 * that, too.  It is kept as the mark of "<origin>" SIGNER_SEEN. */
#define SIGNER_SEEN "/store"
enum rc signer_mark_seen(struct signer *s, const struct checkpoint *c,
			 struct err *e) MUST_CHECK;

/* The mark of a log: RC_NOT_FOUND when there is none. */
enum rc signer_mark(struct signer *s, const char *origin, uint64_t *ret_size,
		    struct hash *ret_root, struct err *e) MUST_CHECK;

#endif
