/*
 * exchange_int - what the files of the exchange share; nobody else includes it.
 */
#ifndef SALURAN_SERVICE_EXCHANGE_INT_H
#define SALURAN_SERVICE_EXCHANGE_INT_H

#include "core/epoch.h"
#include "core/fraud.h"
#include "service/exchange.h"
#include "service/node_int.h"
#include "store/store_identity.h"

enum { EXCHANGE_RETRY_MAX_US = 300 * 1000000 };

/* Disclosures that a peer brought and that wait in memory for their event: a list of
 * bodies, NULL when there are none. */
struct brought;
struct brought_row {
	struct hash digest; /* first: rows are looked up by it */
	const char *text;
	size_t len;
	struct disclosure said;
	bool named; /* an event of the upload at hand names it */
};
struct brought_row *brought_find(struct brought *h,
				 const struct hash *digest); /* NULL: none */
size_t brought_bytes(const struct brought *h);
/* Those that are not `named`, for events that are still to come.  *ret_bytes are new. */
enum rc brought_store_rest(struct writer *w, const struct brought *h, uint64_t *ret_bytes,
			   struct err *e) MUST_CHECK;

/* Where sending to a peer stands. */
struct delivery {
	struct store *s;
	int64_t attempts, next_us, failed_us;
	uint64_t peer_size, peer_next; /* its pending checkpoint, the entry it wants */
};
enum rc exchange_delivery_get(struct store *s, int64_t channel, struct delivery *ret,
			      struct err *e) MUST_CHECK;
/* When to try again after a failure: from now, at random up to longest_us, but not before
 * why->retry_after_s; EXCHANGE_RETRY_MAX_US at most. */
int64_t exchange_retry_us(int64_t longest_us, const struct err *why);

/* The peer has so much of our log: what follows goes to it again. */
enum rc exchange_delivery_rewind(struct store *s, int64_t channel, uint64_t size,
				 struct err *e) MUST_CHECK;

/* The log of this origin, which must be this peer's own. */
enum rc exchange_head_of_peer(struct store *s, struct arena *a, int64_t peer,
			      const char *origin, struct log_head *ret,
			      struct err *e) MUST_CHECK;

/* RC_DENIED: the head of that origin is not signed with the log key of the peer's newest
 * identity entry.  *ret: its text and that line alone; lines of others would be in every
 * proof that quotes it. */
enum rc exchange_note_of_peer(struct store *s, struct arena *a, int64_t peer,
			      const char *origin, const struct note *note,
			      const char **ret, struct err *e) MUST_CHECK;

/* The newest head of a peer's log that is whole here, as its author signed it, with our
 * receipt if there is one; "": none. */
enum rc exchange_whole_note(struct store *s, struct arena *a, const struct log_head *h,
			    const char **ret, struct err *e) MUST_CHECK;

/*
 * Equivocation (protocol 7).  What is found is kept when it proves something, and freezes
 * the channel; RC_OK also when it does not.
 */
enum rc exchange_fraud_found(struct node *nd, struct store *s, struct arena *a,
			     int64_t channel, const json_t *body,
			     struct err *e) MUST_CHECK;
/* Does this head of a peer's log, which its key has signed, contradict what it signed
 * before?  `req` brought it. */
enum rc exchange_fraud_look(struct node *nd, struct store *s, struct arena *a,
			    const struct log_head *h, const struct checkpoint *cp,
			    const struct mirror_checkpoint *req,
			    struct err *e) MUST_CHECK;
/* A head of our own log, under our signature, that the peer shows: does it contradict the
 * one that was signed here last? */
enum rc exchange_fraud_own(struct node *nd, struct store *s, struct arena *a,
			   const struct log_head *own, const struct checkpoint *theirs,
			   const char *note, const struct checkpoint *mark,
			   struct err *e) MUST_CHECK;
/* Other bytes for an event that is here. */
enum rc exchange_fraud_event(struct node *nd, struct store *s, struct arena *a,
			     const struct log_head *h, const struct log_leaf *have,
			     const struct mirror_entry *other, struct err *e) MUST_CHECK;
/* After RC_CONFLICT of identity_log.h. */
enum rc exchange_fraud_identity(struct node *nd, struct arena *a, int64_t channel,
				const struct identity_log *ids, struct err *e) MUST_CHECK;
/* Verify and keep a proof.  RC_UNPROCESSABLE: it proves nothing. */
enum rc exchange_fraud_keep(struct node *nd, struct store *s, struct arena *a,
			    int64_t channel, const json_t *body, bool from_peer,
			    struct err *e) MUST_CHECK;
/* A proof that the peer does not have yet.  RC_NOT_FOUND. */
struct fraud_row {
	int64_t party, size;
	struct hash tells;
	const char *proof;
};
enum rc exchange_fraud_next(struct node *nd, struct store *s, struct arena *a,
			    int64_t peer, struct fraud_row *ret,
			    struct err *e) MUST_CHECK;
/* `taken` false: it refused it, and is not told again. */
enum rc exchange_fraud_told(struct node *nd, int64_t peer, const struct fraud_row *row,
			    bool taken, struct err *e) MUST_CHECK;

/* Of the newest epoch that both sides have signed: how much of each log is settled by
 * it. */
struct epoch_stand {
	uint64_t epoch; /* 0: none */
	uint64_t size[PARTY_COUNT];
};
enum rc channel_epoch_get(struct store *s, int64_t channel, struct epoch_stand *ret,
			  struct err *e) MUST_CHECK;
/* Adopt what stored receipts start clocks (exchange_adopt.c); nothing, while nothing
 * enters the log. */
enum rc exchange_adopt(struct writer *w, const struct channel_row *c,
		       struct err *e) MUST_CHECK;
/* Our statement that the peer does not have yet.  RC_NOT_FOUND. */
enum rc exchange_epoch_next(struct node *nd, struct store *s, struct arena *a,
			    const struct channel_row *c, const char **ret,
			    struct err *e) MUST_CHECK;
/* It has it; `answer` is its own, or empty. */
enum rc exchange_epoch_told(struct node *nd, int64_t peer, struct arena *a,
			    const char *wire, const char *answer, size_t len,
			    struct err *e) MUST_CHECK;

/* RC_FROZEN: nothing of the peer's log is taken. */
enum rc channel_takes(struct node *nd, int64_t channel, struct err *e) MUST_CHECK;
/* Both sides have agreed to go on. */
void channel_thaw(struct node *nd, int64_t channel);
/* A log by the hex SHA-256 of its origin, to which the peer must be a party.
 * RC_UNAVAILABLE: as channel_whole(). */
enum rc exchange_head_for_reader(struct node *nd, struct store *s, struct arena *a,
				 int64_t peer, const char *origin_hex,
				 struct log_head *ret, struct err *e) MUST_CHECK;

/* Can the peer be called?  One whose host is under .invalid (RFC 6761) fetches. */
bool exchange_is_called(const struct exchange_peer *p);
/* The channel's peer as others see it, in the arena.  RC_NOT_FOUND: not introduced. */
enum rc exchange_peer_get(struct store *s, struct arena *a, const struct channel_row *c,
			  const struct exchange_peer **ret, struct err *e) MUST_CHECK;

/* The newest identity entry of the channel's peer; *ret is NULL before it is introduced.
 */
enum rc exchange_identity(struct store *s, struct arena *a, const struct channel_row *c,
			  const struct identity **ret, struct err *e) MUST_CHECK;
/* A new entry of a peer: whoever names the TLS key of another would get the other's calls
 * for its own, and the other would be heard no more.  RC_CONFLICT. */
enum rc exchange_identity_check(struct node *nd, struct store *s, struct arena *a,
				const struct identity *id, struct err *e) MUST_CHECK;
/* Which keys the entries of an upload to a peer's log are signed with. */
struct peer_keys {
	struct node *nd;
	struct arena *a;
	int64_t channel;
	enum party party;
	struct identity_log *ids; /* those that the upload brings, too */
	size_t known, in_force;
	/* thumbprints of its event keys */
	char kids[IDENTITY_EVENT_KEYS_MAX][KID_LEN + 1];
};
enum rc peer_keys_load(struct node *nd, struct store *s, struct arena *a,
		       const struct log_head *h, struct peer_keys *ret,
		       struct err *e) MUST_CHECK;
/* The event key that must have signed the next event.  RC_UNPROCESSABLE: it names none
 * that is in force there, or brings entries that do not follow. */
enum rc peer_keys_for(struct peer_keys *k, const struct event *said, const uint8_t **ret,
		      struct err *e) MUST_CHECK;
/* An event and the key that must have signed it. */
struct signed_claim {
	const struct event_claim *claim;
	const uint8_t *key;
};
/* ret[i] is all[i] as an event.  RC_UNPROCESSABLE: as event_verify() says of the first
 * that is not signed so. */
enum rc exchange_signed_check(const struct node *nd, const struct signed_claim *all,
			      size_t n, const struct event **ret,
			      struct err *e) MUST_CHECK;
/* Entries that the upload brought. */
enum rc peer_keys_store(struct writer *w, const struct peer_keys *k,
			struct err *e) MUST_CHECK;
/* A root has signed two entries of one number, `ids->second` is the other: people are
 * told, and the proof is kept. */
enum rc exchange_identity_conflict(struct node *nd, struct arena *a, int64_t channel,
				   const struct identity_log *ids, const char *why,
				   struct err *e) MUST_CHECK;
/* Must the peer be told our newest entries?  Then that is the question. */
bool exchange_identity_tell(struct node *nd, int64_t peer, struct arena *a,
			    struct exchange_question *ret);

#endif
