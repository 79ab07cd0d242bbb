/*
 * What a party to a channel may read of its logs: checkpoint, tiles, proofs (C2SP
 * tlog-tiles).
 */
#include <string.h>

#include "base/enc.h"
#include "service/exchange.h"
#include "service/exchange_int.h"

enum rc
exchange_head_for_reader(struct node *nd, struct store *s, struct arena *a, int64_t peer,
			 const char *origin_hex, struct log_head *ret, struct err *e)
{
	enum rc rc = store_head_by_origin_hash(s, a, origin_hex, ret, e);

	if (rc == RC_NOT_FOUND)
		return err_rule(e, RC_NOT_FOUND, "protocol 5",
				"there is no such log here");
	if (rc == RC_OK && ret->channel != peer)
		rc = err_rule(e, RC_DENIED, "protocol 5", "you are no party to this log");
	return rc == RC_OK ? channel_whole(nd, peer, e) : rc;
}

/* Of a log of ours in which nothing is signed now: the newest head that the peer knows.
 */
static enum rc
receipted_note(struct store *s, struct arena *a, const struct log_head *h,
	       struct log_head *ret_head, const char **ret, struct err *e)
{
	struct log_receipt r;
	enum rc rc = store_receipt_last(s, a, h->channel, h->party, &r, e);

	if (rc != RC_OK)
		return rc;
	ret_head->size = r.size;
	*ret = r.note;
	return RC_OK;
}

/* The newest signed checkpoint: ours made now, the peer's as it sent it and receipted. */
static enum rc
checkpoint_of(struct node *nd, struct store *s, struct arena *a, const struct log_head *h,
	      const char **ret, struct log_head *ret_head, struct err *e)
{
	struct channel_row c;
	struct err none = ERR_INIT;
	enum rc rc = channel_by_id(s, a, h->channel, &c, e);

	*ret_head = *h;
	if (rc != RC_OK)
		return rc;
	if (h->party == c.own_party && channel_usable(nd, h->channel, &none) == RC_OK)
		return node_checkpoint(nd, s, a, h->channel, ret_head, ret, e);
	/* What was signed is served before and during a recovery (protocol 6). */
	if (h->party == c.own_party)
		return receipted_note(s, a, h, ret_head, ret, e);
	ret_head->size = h->signed_size;
	return h->signed_size == 0 ? err_set(e, RC_NOT_FOUND, "no checkpoint came yet")
				   : exchange_whole_note(s, a, h, ret, e);
}

enum rc
exchange_get_checkpoint(struct node *nd, int64_t peer, const char *origin_hex,
			struct arena *a, const char **ret, size_t *ret_len, struct err *e)
{
	struct log_head h, at;
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = exchange_head_for_reader(nd, s, a, peer, origin_hex, &h, e);
	if (rc == RC_OK)
		rc = checkpoint_of(nd, s, a, &h, ret, &at, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		*ret_len = strlen(*ret);
	return rc;
}

static enum rc
tile_put(struct store *s, struct arena *a, const struct log_head *h, bool entries,
	 unsigned level, uint64_t index, unsigned width, struct buf *b, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	enum rc rc = RC_OK;

	if (entries) {
		struct log_leaf *leaves;
		uint64_t from = index * MIRROR_PACKAGE;
		rc = store_leaves(s, a, h->channel, h->party, from, from + width, &leaves,
				  e);
		for (unsigned i = 0; rc == RC_OK && i < width; i++) {
			buf_put_u16be(b, (uint16_t)leaves[i].jws_len);
			buf_put(b, leaves[i].jws, leaves[i].jws_len);
		}
		return rc;
	}
	for (unsigned i = 0; rc == RC_OK && i < width; i++) {
		struct hash node;
		rc = log_tree_get(&tree, level * 8, index * MIRROR_PACKAGE + i, &node, e);
		buf_put(b, node.b, HASH_LEN);
	}
	return rc;
}

enum rc
exchange_get_tile(struct node *nd, int64_t peer, const char *origin_hex, bool entries,
		  unsigned level, uint64_t index, unsigned width, struct arena *a,
		  const uint8_t **ret, size_t *ret_len, struct err *e)
{
	enum { TILE_MAX = MIRROR_PACKAGE * (MIRROR_ENTRY_MAX + 2), LEVEL_MAX = 7 };
	struct buf b = BUF_INIT(TILE_MAX);
	struct log_head h;
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = exchange_head_for_reader(nd, s, a, peer, origin_hex, &h, e);
	if (width == 0)
		width = MIRROR_PACKAGE;
	uint64_t covered = entries || level > LEVEL_MAX ? h.size : h.size >> (8 * level);
	if (rc == RC_OK && (level > LEVEL_MAX || width > MIRROR_PACKAGE ||
			    index > covered / MIRROR_PACKAGE ||
			    index * MIRROR_PACKAGE + width > covered))
		rc = err_rule(e, RC_NOT_FOUND, "protocol 1",
			      "the log does not reach that tile");
	if (rc == RC_OK)
		rc = tile_put(s, a, &h, entries, level, index, width, &b, e);
	reader_put(nd, s);
	*ret = arena_copy(a, buf_str(&b), b.len);
	*ret_len = b.len;
	buf_free(&b);
	return rc;
}

enum rc
proof_put(struct store *s, const struct log_head *h, uint64_t seq, uint64_t size,
	  const char *note, struct buf *b, struct err *e)
{
	struct log_tree tree = {.s = s, .channel = h->channel, .party = h->party};
	struct merkle_proof proof;
	enum rc rc = merkle_prove_inclusion(seq, size, log_tree_get, &tree, &proof, e);

	if (rc != RC_OK)
		return rc;
	buf_printf(b, "c2sp.org/tlog-proof@v1\nindex %llu\n", (unsigned long long)seq);
	for (size_t i = 0; i < proof.n; i++) {
		b64_put(b, proof.h[i].b, HASH_LEN);
		buf_putc(b, '\n');
	}
	buf_printf(b, "\n%s", note);
	return RC_OK;
}

enum rc
exchange_get_proof(struct node *nd, int64_t peer, const char *origin_hex, uint64_t seq,
		   struct arena *a, const char **ret, size_t *ret_len, struct err *e)
{
	struct buf b = BUF_INIT(NOTE_TEXT_MAX);
	struct log_head h, at;
	const char *note;
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = exchange_head_for_reader(nd, s, a, peer, origin_hex, &h, e);
	if (rc == RC_OK)
		rc = checkpoint_of(nd, s, a, &h, &note, &at, e);
	if (rc == RC_OK && seq >= at.size)
		rc = err_rule(e, RC_NOT_FOUND, "protocol 1", "the log does not reach it");
	if (rc == RC_OK)
		rc = proof_put(s, &h, seq, at.size, note, &b, e);
	reader_put(nd, s);
	*ret = arena_strndup(a, buf_str(&b), b.len);
	*ret_len = b.len;
	buf_free(&b);
	return rc;
}
