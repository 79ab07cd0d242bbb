/*
 * store_log - the logs of a channel: heads, leaves, tree nodes, receipts, disclosures.
 *
 * A log is (channel, party): the party that writes it.  All calls run inside the caller's
 * transaction; writers hold the fence of log_head.
 */
#ifndef SALURAN_STORE_LOG_H
#define SALURAN_STORE_LOG_H

#include "core/event.h"
#include "core/merkle.h"
#include "store/store.h"

struct log_head {
	int64_t channel;
	enum party party;
	const char *origin;
	uint64_t size;
	struct hash root;
	int64_t last_iat_us;
	uint64_t pending_size;
	struct hash pending_root;
	const char *pending_note; /* "" before the first */
	uint64_t signed_size;
	struct hash signed_root;
	const char *signed_note;
};

struct channel_row {
	int64_t channel;
	const char *name;
	const char *peer_org;
	enum party own_party;
	struct hash policy_sha256;
	const char *introduction; /* of the peer, "" until it came */
};

/* Rows in the arena.  RC_NOT_FOUND. */
enum rc store_channels(struct store *s, struct arena *a, const struct channel_row **ret,
		       size_t *ret_n, struct err *e) MUST_CHECK;
enum rc store_channel_add(struct store *s, const struct channel_row *c,
			  const char *const origins[PARTY_COUNT], int64_t now_us,
			  struct err *e) MUST_CHECK;
/* Forget a channel that was only proposed: no introduction came, its logs have nothing.
 */
enum rc store_channel_drop(struct store *s, int64_t channel, struct err *e) MUST_CHECK;

enum rc store_head(struct store *s, struct arena *a, int64_t channel, enum party party,
		   struct log_head *ret, struct err *e) MUST_CHECK;
enum rc store_head_by_origin(struct store *s, struct arena *a, const char *origin,
			     struct log_head *ret, struct err *e) MUST_CHECK;
enum rc store_head_by_origin_hash(struct store *s, struct arena *a, const char *hex,
				  struct log_head *ret, struct err *e) MUST_CHECK;
/* Fence and advance: only where size and root are still those of `old`.  RC_RETRY: they
 * are not, another writer was here. */
enum rc store_head_advance(struct store *s, const struct log_head *old, uint64_t size,
			   const struct hash *root, int64_t last_iat_us,
			   struct err *e) MUST_CHECK;
enum rc store_head_set_pending(struct store *s, const struct log_head *h, uint64_t size,
			       const struct hash *root, const char *note,
			       struct err *e) MUST_CHECK;
/* The pending head of `h` is whole: it becomes the signed one, though a newer one may be
 * pending by now. */
enum rc store_head_set_signed(struct store *s, const struct log_head *h,
			      struct err *e) MUST_CHECK;

struct log_leaf {
	const char *jws;
	size_t jws_len;
	struct hash leaf;
};
enum rc store_leaf_insert(struct store *s, int64_t channel, enum party party,
			  uint64_t seq, const struct log_leaf *l, int64_t now_us,
			  struct err *e) MUST_CHECK;
/* Leaves [from, to), all present or RC_CORRUPT. */
enum rc store_leaves(struct store *s, struct arena *a, int64_t channel, enum party party,
		     uint64_t from, uint64_t to, struct log_leaf **ret,
		     struct err *e) MUST_CHECK;

/* Each of the leaves [from, to) that are there, in their order, as the store has it: `l`
 * is borrowed for the call, its hash not compared with its bytes. */
typedef enum rc store_on_leaf(void *arg, uint64_t seq, const struct log_leaf *l,
			      struct err *e);
enum rc store_leaves_each(struct store *s, int64_t channel, enum party party,
			  uint64_t from, uint64_t to, store_on_leaf *each, void *arg,
			  struct err *e) MUST_CHECK;

/* The tree of a log through merkle.h's callbacks. */
struct log_tree {
	struct store *s;
	int64_t channel;
	enum party party;
};
merkle_get log_tree_get;
merkle_put log_tree_put;
/* Are the nodes of the level from `first` on these?  RC_CORRUPT: no. */
enum rc log_tree_same(const struct log_tree *t, unsigned level, uint64_t first,
		      const struct hash *want, size_t n, struct err *e) MUST_CHECK;

struct log_receipt {
	uint64_t size;
	struct hash root;
	uint64_t time_s;
	const char *note; /* the log's own signed checkpoint */
	const char *line; /* the cosignature line */
};
/* RC_CONFLICT: one of that size is there. */
enum rc store_receipt_insert(struct store *s, int64_t channel, enum party party,
			     const struct log_receipt *r, int64_t now_us,
			     struct err *e) MUST_CHECK;
/* The newest.  RC_NOT_FOUND: none. */
enum rc store_receipt_last(struct store *s, struct arena *a, int64_t channel,
			   enum party party, struct log_receipt *ret,
			   struct err *e) MUST_CHECK;
/* The oldest that covers `seq` (size > seq).  RC_NOT_FOUND. */
enum rc store_receipt_covering(struct store *s, struct arena *a, int64_t channel,
			       enum party party, uint64_t seq, struct log_receipt *ret,
			       struct err *e) MUST_CHECK;

/* Those that cover more than `above` and not more than `upto`, by size. */
enum rc store_receipts(struct store *s, struct arena *a, int64_t channel,
		       enum party party, uint64_t above, uint64_t upto,
		       const struct log_receipt **ret, size_t *ret_n,
		       struct err *e) MUST_CHECK;

/* Present again is a no-op.  `named`: an event that we write now names it. */
enum rc store_disclosure_put(struct store *s, const struct hash *digest, const char *text,
			     size_t len, bool named, int64_t now_us,
			     struct err *e) MUST_CHECK;
/* An event of a peer names it.  RC_UNPROCESSABLE: another one does, and may be erased. */
enum rc store_disclosure_name(struct store *s, const struct hash *digest,
			      struct err *e) MUST_CHECK;
/* Both in one: it comes with the event that names it. */
enum rc store_disclosure_take(struct store *s, const struct hash *digest,
			      const char *text, size_t len, int64_t now_us,
			      struct err *e) MUST_CHECK;
/* NULL text: erased.  RC_NOT_FOUND: never here.  RC_CORRUPT: it is not what its digest
 * says. */
enum rc store_disclosure_get(struct store *s, struct arena *a, const struct hash *digest,
			     const char **ret, struct err *e) MUST_CHECK;

#endif
