/*
 * exchange - both ends of the protocol between two nodes, without HTTP (protocol 4 and
 * 5).
 *
 * The peer edge turns requests into these calls and answers by their outcome; the
 * pusher asks what to send next and reports what came back.
 */
#ifndef SALURAN_SERVICE_EXCHANGE_H
#define SALURAN_SERVICE_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/identity.h"
#include "core/mirror.h"
#include "service/node.h"

enum {
	EXCHANGE_DISCLOSURES_MAX = 16 << 20, /* bytes of one disclosures body */
	EXCHANGE_DISCLOSURES_SENT = 4 << 20, /* what we send in one, more or less */
	EXCHANGE_BODY_MAX = 16 << 20, /* bytes of any body, before and after gunzip */
};

struct exchange_peer {
	int64_t id;
	const char *org;
	const char *url; /* "https://host:port" */
	struct hash tls_spki[IDENTITY_TLS_PINS_MAX];
	size_t n_tls_spki;
};

/* All peers; *ret in the arena. */
enum rc exchange_peers(struct node *nd, struct arena *a, const struct exchange_peer **ret,
		       size_t *ret_n, struct err *e) MUST_CHECK;
/* One of them.  RC_NOT_FOUND: not introduced. */
enum rc exchange_peer_of(struct node *nd, int64_t peer, struct arena *a,
			 const struct exchange_peer **ret, struct err *e) MUST_CHECK;
/* Whose client certificate this is.  RC_DENIED: nobody's ("protocol 5: unknown key"). */
enum rc exchange_peer_of_key(struct node *nd, const struct hash *spki, int64_t *ret_peer,
			     struct err *e) MUST_CHECK;

/*
 * POST add-checkpoint: set the pending checkpoint of the peer's log.
 * RC_NOT_FOUND unknown origin; RC_DENIED no trusted signature; RC_INVALID old > size;
 * RC_CONFLICT old is not the stored size, which is in *ret_size; RC_UNPROCESSABLE the
 * proof fails; RC_FROZEN.
 */
enum rc exchange_add_checkpoint(struct node *nd, int64_t peer,
				const struct mirror_checkpoint *req, uint64_t *ret_size,
				struct err *e) MUST_CHECK;

struct exchange_answer {
	const char *cosignature; /* lines; when everything up to the pending size is
				    durable */
	struct mirror_info info; /* for 202 and 409 */
	bool partial;		 /* 202 */
};
/*
 * POST add-entries, decoded: verify and store.  RC_OK also when partial.  RC_NOT_FOUND
 * unknown origin; RC_CONFLICT out of step (ret->info is filled); RC_UNPROCESSABLE bad
 * proof, signature, seq or prev, or a disclosure that is not here, nothing stored;
 * RC_FROZEN; RC_LIMIT another upload to this log is under way.
 */
enum rc exchange_add_entries(struct node *nd, int64_t peer,
			     const struct mirror_entries *req, struct arena *a,
			     struct exchange_answer *ret, struct err *e) MUST_CHECK;

/* POST disclosures: lines of disclosures, each stored under its own SHA-256, before the
 * event that names them.  RC_UNPROCESSABLE names the line; RC_FULL over the quota for
 * unreferenced ones. */
enum rc exchange_add_disclosures(struct node *nd, int64_t peer, const char *text,
				 size_t len, struct err *e) MUST_CHECK;

/*
 * POST identity: a peer's identity log from entry 0 on, a line each.  It proves itself:
 * no TLS key is asked for.  RC_NOT_FOUND: it is of no peer; RC_UNPROCESSABLE: an entry
 * does not follow the one before; RC_CONFLICT: another entry of that number is here, or
 * it names a TLS key of another; RC_LIMIT, RC_TOO_LARGE.
 */
enum rc exchange_add_identity(struct node *nd, const char *lines, size_t len,
			      struct err *e) MUST_CHECK;
/* GET identity: ours, likewise, in the arena. */
const char *exchange_get_identity(struct node *nd, struct arena *a);

/* POST fraud: a proof of equivocation, which is kept and freezes the channel (protocol
 * 7); known again is RC_OK.  RC_UNPROCESSABLE: it proves nothing. */
enum rc exchange_add_fraud(struct node *nd, int64_t peer, const char *text, size_t len,
			   struct err *e) MUST_CHECK;
/* GET fraud: the newest proof that freezes the channel, for a peer that nobody can call;
 * in the arena.  RC_NOT_FOUND: none. */
enum rc exchange_get_fraud(struct node *nd, int64_t peer, struct arena *a,
			   const char **ret, struct err *e) MUST_CHECK;
/* POST epoch: how the peer says that the channel goes on (core/epoch.h); *ret in the
 * arena is our own statement of that epoch, or "".  RC_UNPROCESSABLE: it is none;
 * RC_CONFLICT: the heads that it names are not here, or it is of a later epoch. */
enum rc exchange_add_epoch(struct node *nd, int64_t peer, const char *text, size_t len,
			   struct arena *a, const char **ret, struct err *e) MUST_CHECK;

/*
 * POST held: what we have of the peer's log, signed (core/held.h); *ret in the arena.  A
 * peer that has less of ours than it receipted gets it again.  RC_INVALID; RC_NOT_FOUND
 * unknown origin; RC_DENIED not its log.
 */
enum rc exchange_held(struct node *nd, int64_t peer, const char *body, size_t len,
		      struct arena *a, const char **ret, struct err *e) MUST_CHECK;
/* GET disclosures of a log from "<seq>/<n>" on: a line each, as many as one body holds,
 * an empty line for what is erased here. */
enum rc exchange_get_disclosures(struct node *nd, int64_t peer, const char *origin_hex,
				 const char *rest, struct arena *a, const char **ret,
				 size_t *ret_len, struct err *e) MUST_CHECK;

/* GET: by the hex SHA-256 of the origin.  RC_NOT_FOUND; RC_DENIED not a party to it. */
enum rc exchange_get_checkpoint(struct node *nd, int64_t peer, const char *origin_hex,
				struct arena *a, const char **ret, size_t *ret_len,
				struct err *e) MUST_CHECK;
/* `entries`: the entry bundle, else tile level `level`; width 0 means full (256). */
enum rc exchange_get_tile(struct node *nd, int64_t peer, const char *origin_hex,
			  bool entries, unsigned level, uint64_t index, unsigned width,
			  struct arena *a, const uint8_t **ret, size_t *ret_len,
			  struct err *e) MUST_CHECK;
enum rc exchange_get_proof(struct node *nd, int64_t peer, const char *origin_hex,
			   uint64_t seq, struct arena *a, const char **ret,
			   size_t *ret_len, struct err *e) MUST_CHECK;

/*
 * A piece of a file of evidence that the peer brings, PUT blob: `from` is where it begins
 * in the whole of `total` bytes.  RC_OK with *ret NULL: the file is whole here.
 * RC_CONFLICT: *ret_at says where to go on; RC_GONE it was erased; RC_TOO_LARGE;
 * RC_UNPROCESSABLE another `total` than before; RC_FULL over the quota for files that no
 * event names, or the disk; RC_LIMIT another piece of it is under way.
 */
struct exchange_blob;
enum rc exchange_blob_open(struct node *nd, int64_t peer, const struct hash *sha256,
			   uint64_t from, uint64_t total, struct exchange_blob **ret,
			   uint64_t *ret_at, struct err *e) MUST_CHECK;
enum rc exchange_blob_put(struct exchange_blob *b, const void *p, size_t len,
			  struct err *e) MUST_CHECK;
/* The piece is over: durable when this returns RC_OK.  RC_UNPROCESSABLE: not its digest,
 * or the whole has not the SHA-256 of its name, and nothing of it is kept. */
enum rc exchange_blob_end(struct exchange_blob *b, const struct hash *digest,
			  bool *ret_whole, uint64_t *ret_at, struct err *e) MUST_CHECK;
/* NULL allowed.  Without exchange_blob_end() the piece is taken back. */
void exchange_blob_close(struct exchange_blob *b);
/* HEAD blob: how much is here.  RC_NOT_FOUND; RC_GONE. */
enum rc exchange_blob_head(struct node *nd, int64_t peer, const struct hash *sha256,
			   bool *ret_whole, uint64_t *ret_at, struct err *e) MUST_CHECK;

/* A file of ours that the peer lacks. */
struct exchange_blob_push {
	const struct exchange_peer *peer;
	const char *id; /* of the upload */
	struct hash sha256;
	uint64_t total;
	int fd; /* close it; -1: none */
};
/* RC_NOT_FOUND: none waits.  RC_RETRY: not before *ret_wait_us. */
enum rc exchange_blob_next(struct node *nd, int64_t peer, struct arena *a,
			   struct exchange_blob_push *ret, int64_t *ret_wait_us,
			   struct err *e) MUST_CHECK;
/* The peer has it whole: its event is appended. */
enum rc exchange_blob_delivered(struct node *nd, const struct exchange_blob_push *push,
				struct err *e) MUST_CHECK;
/* It did not go on, and is tried again later, not before why->retry_after_s as for
 * exchange_push_failed().  `refused`: the peer will not have it, and
 * people are told; after some tries, or without a whole file here, that is the end of it.
 */
enum rc exchange_blob_failed(struct node *nd, const struct exchange_blob_push *push,
			     bool refused, const struct err *why,
			     struct err *e) MUST_CHECK;

/*
 * What time it is here, in whole seconds, for a peer; false: this node does not know.
 * And what a peer says: a clock that is in doubt is believed when a peer has the same
 * time.
 */
bool exchange_own_time(struct node *nd, int64_t *ret_s);
void exchange_peer_time(struct node *nd, int64_t peer, int64_t time_s);
#define EXCHANGE_TIME_FIELD "Saluran-Time" /* the header with it */

/*
 * How a call of a peer ended, by its name ("add-entries"): of one that brings something
 * and was refused people here are told, by an alarm that ends when the call is taken
 * again. Does nothing for a peer that is not known (-1), and for other calls.
 */
void exchange_refused(struct node *nd, int64_t peer, const char *call, enum rc rc,
		      const struct err *why);
void exchange_taken(struct node *nd, int64_t peer, const char *call);

/*
 * What the pusher asks the peer about our own log before it sends anything of it: at each
 * start, and until a log that this node lost some of is brought back (protocol 6).
 */
enum { EXCHANGE_PATH_MAX = 256, EXCHANGE_ANSWER_MAX = 17 << 20 };
struct exchange_question {
	const struct exchange_peer *peer;
	const char *call; /* below /peer/v1/ */
	const char *body; /* to POST; NULL: GET */
	enum {
		EXCHANGE_ASK_HELD,
		EXCHANGE_ASK_ENTRIES,
		EXCHANGE_ASK_DISCLOSURES,
		EXCHANGE_TELL_IDENTITY, /* no question: it must know our keys first */
		EXCHANGE_TELL_FRAUD,	/* done with 202, or 422 by ask_unknown() */
		EXCHANGE_TELL_EPOCH,
	} kind;
	const struct fraud_row *fraud;
	const char *nonce;
	uint64_t from, to, n;
};
/* RC_NOT_FOUND: nothing is to be asked.  RC_RETRY: not before *ret_wait_us. */
enum rc exchange_ask_next(struct node *nd, int64_t peer, struct arena *a,
			  struct exchange_question *ret, int64_t *ret_wait_us,
			  struct err *e) MUST_CHECK;
/* The answer, with status 200.  RC_UNPROCESSABLE: it is none to this question. */
enum rc exchange_ask_done(struct node *nd, int64_t peer, struct arena *a,
			  const struct exchange_question *q, const void *body, size_t len,
			  struct err *e) MUST_CHECK;
/* Or 404 to EXCHANGE_ASK_HELD: the peer does not know the log; 422 to
 * EXCHANGE_TELL_FRAUD: it takes no proof. */
enum rc exchange_ask_unknown(struct node *nd, int64_t peer,
			     const struct exchange_question *q, struct err *e) MUST_CHECK;

/*
 * A node that nobody can call: how often it asks (0: it does not), and a round of it. The
 * requests are the caller's.
 */
int64_t exchange_pull_every_us(struct node *nd);
struct exchange_fetch {
	/* GET below /peer/v1/; *ret in the arena, NUL-terminated.  RC_NOT_FOUND: 404. */
	enum rc (*get)(void *arg, const char *call, struct arena *a, const uint8_t **ret,
		       size_t *ret_len, struct err *e);
	void *arg;
};
struct exchange_pulled {
	const char *receipt; /* to POST receipts, of `size` entries; NULL: none */
	uint64_t size;
	bool more; /* there is more to fetch */
};
/* RC_UNPROCESSABLE: what the peer gives is not its log.  For the peer's pusher only. */
enum rc exchange_pull(struct node *nd, int64_t peer, const struct exchange_fetch *f,
		      struct arena *a, struct exchange_pulled *ret,
		      struct err *e) MUST_CHECK;
/*
 * Why does the peer hold the channel for frozen?  Its proof of two histories (GET fraud),
 * for a node that nobody can call to tell, or that came back from before they parted.  A
 * peer that does not say is asked again; what proves nothing is passed over.
 */
void exchange_fraud_fetch(struct node *nd, int64_t peer, const struct exchange_fetch *f,
			  struct arena *a);
/* The peer has the receipt for so many entries. */
void exchange_pull_told(struct node *nd, int64_t peer, uint64_t size);
/*
 * POST receipts: our checkpoint with the peer's cosignature, from one that pulled.  RC_OK
 * also when it is here already.  RC_NOT_FOUND unknown origin; RC_DENIED not our log to
 * it; RC_UNPROCESSABLE: no head of that log, or not signed by us and cosigned by the
 * peer.
 */
enum rc exchange_take_receipt(struct node *nd, int64_t peer, const char *body, size_t len,
			      struct err *e) MUST_CHECK;

/* One round of work for the pusher of a peer. */
struct exchange_push {
	const struct exchange_peer *peer; /* to whom, the disclosures first, then */
	struct mirror_checkpoint
		checkpoint;	       /* this; checkpoint.old is our belief, then */
	struct mirror_entries entries; /* these, also when there are none: it is asked
					* for its receipt */
	bool greeting; /* everything is receipted: only the checkpoint goes */
};
/* RC_NOT_FOUND: everything is receipted, wait.  RC_RETRY: not before *ret_wait_us. */
enum rc exchange_push_next(struct node *nd, int64_t peer, struct arena *a,
			   struct exchange_push *ret, int64_t *ret_wait_us,
			   struct err *e) MUST_CHECK;
/*
 * The next body of the disclosures that the entries of a push name, in the arena, until
 * *ret_len is 0.  `at` is zeroed before the first.  One upload may name more than one
 * body holds, and more than memory should.
 */
struct exchange_cursor {
	size_t package, entry, disclosure;
};
enum rc exchange_push_disclosures(struct node *nd, const struct exchange_push *push,
				  struct exchange_cursor *at, struct arena *a,
				  const char **ret, size_t *ret_len,
				  struct err *e) MUST_CHECK;
/*
 * The peer told where it stands: `pending` is the size of its pending checkpoint (the
 * body of a 409 of add-checkpoint, or mirror-info), `next` the next entry that it wants
 * (mirror-info of 202 or 409, else EXCHANGE_UNKNOWN).  The next push goes on from there
 * at once. RC_CORRUPT: it claims more than we have (protocol 6).
 */
#define EXCHANGE_UNKNOWN UINT64_MAX
enum rc exchange_push_resync(struct node *nd, int64_t peer, uint64_t pending,
			     uint64_t next, struct err *e) MUST_CHECK;
/* It does not take our head (422, 423): it is asked what it has of our log before the
 * next push, which tells us whether there are two histories of it. */
void exchange_push_doubted(struct node *nd, int64_t peer);
/* Cosignature lines came back: verify, store, adopt those that start a clock.
 * RC_UNPROCESSABLE: no valid receipt in it. */
enum rc exchange_push_done(struct node *nd, int64_t peer,
			   const struct exchange_push *push, const char *lines,
			   size_t len, struct err *e) MUST_CHECK;
/* The checkpoint of a push without entries was taken: a greeting at our start, by which
 * the peer learns that it need not wait any longer to send us what we missed. */
enum rc exchange_push_greeted(struct node *nd, int64_t peer, struct err *e) MUST_CHECK;
/* It failed for this reason: persist the schedule (1 s to 5 min, exponential, full
 * jitter; not before why->retry_after_s, of which 5 min are believed).  `answered`: the
 * peer was there, so hearing from it changes nothing; else two nodes that refuse each
 * other would wake each other without end. */
enum rc exchange_push_failed(struct node *nd, int64_t peer, bool answered,
			     const struct err *why, struct err *e) MUST_CHECK;
/* A person wants it tried now: only the pause ends, since when it fails and why stay. */
enum rc exchange_push_hurry(struct node *nd, int64_t peer, struct err *e) MUST_CHECK;
/* Sleep until our log to this peer may have grown, a retry is due, or the node stops
 * (then false). */
bool exchange_push_wait(struct node *nd, int64_t peer, int64_t timeout_us);

#endif
