#include "core/merkle.h"

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>

/* The prefixes keep a leaf from being read as a node (RFC 9162, section 2.1.1). */
static const uint8_t leaf_prefix[1] = {0x00};
static const uint8_t node_prefix[1] = {0x01};

void
merkle_leaf(const void *p, size_t len, struct hash *ret)
{
	struct hash_state st;

	hash_begin(&st);
	hash_add(&st, leaf_prefix, sizeof(leaf_prefix));
	hash_add(&st, p, len);
	hash_end(&st, ret);
}

void
merkle_node(const struct hash *left, const struct hash *right, struct hash *ret)
{
	struct hash_state st;

	hash_begin(&st);
	hash_add(&st, node_prefix, sizeof(node_prefix));
	hash_add(&st, left->b, HASH_LEN);
	hash_add(&st, right->b, HASH_LEN);
	hash_end(&st, ret);
}

static unsigned
lowest_bit(uint64_t v)
{
	return (unsigned)__builtin_ctzll(v);
}

enum rc
merkle_append(struct merkle_edge *edge, const struct hash *leaf, merkle_put *put,
	      void *arg, struct err *e)
{
	struct hash node = *leaf;
	unsigned level = 0;
	enum rc rc;

	assert(edge->size < MERKLE_SIZE_MAX);
	for (;; level++) {
		if (put != NULL) {
			rc = put(arg, level, edge->size >> level, &node, e);
			if (rc != RC_OK)
				return rc;
		}
		if ((edge->size >> level & 1) == 0)
			break;
		merkle_node(&edge->h[level], &node, &node);
	}
	edge->h[level] = node;
	edge->size++;
	return RC_OK;
}

void
merkle_root(const struct merkle_edge *edge, struct hash *ret)
{
	uint64_t left = edge->size;

	if (left == 0) {
		hash_bytes("", 0, ret);
		return;
	}
	*ret = edge->h[lowest_bit(left)];
	for (left &= left - 1; left != 0; left &= left - 1)
		merkle_node(&edge->h[lowest_bit(left)], ret, ret);
}

enum rc
merkle_edge_load(uint64_t size, merkle_get *get, void *arg, struct merkle_edge *ret,
		 struct err *e)
{
	*ret = (struct merkle_edge){.size = size};
	for (uint64_t left = size; left != 0; left &= left - 1) {
		unsigned level = lowest_bit(left);
		enum rc rc = get(arg, level, (size >> level) - 1, &ret->h[level], e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* Root of the leaves [start, end), where start is a multiple of the smallest power of two
 * >= end - start: its perfect parts from the right, joined towards the left. */
static enum rc
range_root(uint64_t start, uint64_t end, merkle_get *get, void *arg, struct hash *ret,
	   struct err *e)
{
	bool first = true;

	for (uint64_t left = end - start; left != 0; left &= left - 1) {
		unsigned level = lowest_bit(left);
		struct hash part;

		end -= UINT64_C(1) << level;
		enum rc rc = get(arg, level, end >> level, &part, e);
		if (rc != RC_OK)
			return rc;
		if (first)
			*ret = part;
		else
			merkle_node(&part, ret, ret);
		first = false;
	}
	return RC_OK;
}

/* The largest power of two < n, for n >= 2. */
static uint64_t
split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static bool
subtree_valid(uint64_t start, uint64_t end)
{
	if (start >= end || end > MERKLE_SIZE_MAX)
		return false;
	return end - start == 1 || (start & (2 * split_of(end - start) - 1)) == 0;
}

struct range {
	uint64_t start, end;
};

/*
 * SUBTREE_SUBPROOF of the draft that tlog-mirror.md names (Merkle Tree Certificates,
 * section 4.4.1), as a walk from the root down; so the parts come root to leaf.
 * RFC 9162's consistency proof is the case start = 0, and its inclusion proof the case
 * of one leaf.
 */
static size_t
subtree_parts(uint64_t start, uint64_t end, uint64_t size,
	      struct range parts[MERKLE_PROOF_MAX])
{
	struct range at = {0, size};
	bool known = true; /* the verifier has the hash of what is left of the subtree */
	size_t n = 0;

	while (start != at.start || end != at.end) {
		uint64_t mid = at.start + split_of(at.end - at.start);

		assert(n < MERKLE_PROOF_MAX);
		if (end <= mid) {
			parts[n++] = (struct range){mid, at.end};
			at.end = mid;
			continue;
		}
		parts[n++] = (struct range){at.start, mid};
		if (start < mid) {
			assert(start == at.start);
			start = mid;
			known = false;
		}
		at.start = mid;
	}
	if (!known) {
		assert(n < MERKLE_PROOF_MAX);
		parts[n++] = at;
	}
	return n;
}

enum rc
merkle_prove_subtree(uint64_t start, uint64_t end, uint64_t size, merkle_get *get,
		     void *arg, struct merkle_proof *ret, struct err *e)
{
	struct range parts[MERKLE_PROOF_MAX];

	assert(size <= MERKLE_SIZE_MAX && end <= size && subtree_valid(start, end));
	ret->n = subtree_parts(start, end, size, parts);
	for (size_t i = 0; i < ret->n; i++) {
		const struct range *r = &parts[ret->n - 1 - i];
		enum rc rc = range_root(r->start, r->end, get, arg, &ret->h[i], e);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc
merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_get *get, void *arg,
		       struct merkle_proof *ret, struct err *e)
{
	assert(index < size);
	return merkle_prove_subtree(index, index + 1, size, get, arg, ret, e);
}

enum rc
merkle_prove_consistency(uint64_t old, uint64_t size, merkle_get *get, void *arg,
			 struct merkle_proof *ret, struct err *e)
{
	assert(old <= size);
	ret->n = 0;
	if (old == 0)
		return RC_OK;
	return merkle_prove_subtree(0, old, size, get, arg, ret, e);
}

static enum rc
refuse(struct err *e, const char *what)
{
	return err_rule(e, RC_UNPROCESSABLE, "protocol 1", "%s", what);
}

/*
 * The loop of RFC 9162, section 2.1.4.2, begun inside the tree: fn and sn are the first
 * and the last leaf of the subtree at the level reached, tn the last leaf of the tree.
 * `fr` grows into the subtree's hash and `sr` into the tree's.  A subtree that is a node
 * of the tree is the seed itself: `seed` NULL, RC_NOT_FOUND.
 */
static enum rc
walk(uint64_t start, uint64_t end, const struct hash *seed, uint64_t size,
     const struct hash *proof, size_t n, struct hash *ret_fr, struct hash *ret_sr,
     struct err *e)
{
	uint64_t fn = start, sn = end - 1, tn = size - 1;
	struct hash fr, sr;
	unsigned up = 0;
	size_t i = 0;

	if (size > MERKLE_SIZE_MAX)
		return refuse(e, "the tree has more leaves than any of ours can have");
	while (fn >> up != sn >> up && (sn == tn || (sn >> up & 1) == 1))
		up++;
	fn >>= up;
	sn >>= up;
	tn >>= up;
	if (fn == sn) {
		if (seed == NULL)
			return err_set(e, RC_NOT_FOUND, "the proof does not have it");
		fr = *seed;
	} else {
		if (n == 0)
			return refuse(e, "the proof is too short");
		fr = proof[i++];
	}
	sr = fr;
	for (; i < n; i++) {
		if (tn == 0)
			return refuse(e, "the proof is too long");
		if ((sn & 1) == 1 || sn == tn) {
			if (fn < sn)
				merkle_node(&proof[i], &fr, &fr);
			merkle_node(&proof[i], &sr, &sr);
			up = sn == 0 ? 0 : lowest_bit(sn);
			fn >>= up;
			sn >>= up;
			tn >>= up;
		} else {
			merkle_node(&sr, &proof[i], &sr);
		}
		fn >>= 1;
		sn >>= 1;
		tn >>= 1;
	}
	if (tn != 0)
		return refuse(e, "the proof is too short");
	*ret_fr = fr;
	*ret_sr = sr;
	return RC_OK;
}

static enum rc
verify(uint64_t start, uint64_t end, const struct hash *subtree_root, uint64_t size,
       const struct hash *root, const struct hash *proof, size_t n, struct err *e)
{
	struct hash fr, sr;
	enum rc rc = walk(start, end, subtree_root, size, proof, n, &fr, &sr, e);

	if (rc != RC_OK)
		return rc;
	if (!hash_equal(&fr, subtree_root))
		return refuse(e,
			      "the proof does not lead to the hash of the smaller tree");
	if (!hash_equal(&sr, root))
		return refuse(e, "the proof does not lead to the root");
	return RC_OK;
}

enum rc
merkle_older_root(uint64_t old, uint64_t size, const struct hash *root,
		  const struct hash *proof, size_t n, struct hash *ret, struct err *e)
{
	struct hash sr;

	if (old == 0 || old >= size)
		return err_set(e, RC_NOT_FOUND, "the proof does not have it");
	enum rc rc = walk(0, old, NULL, size, proof, n, ret, &sr, e);
	if (rc == RC_OK && !hash_equal(&sr, root))
		rc = refuse(e, "the proof does not lead to the root");
	return rc;
}

enum rc
merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
			const struct hash *root, const struct hash *proof, size_t n,
			struct err *e)
{
	if (index >= size)
		return refuse(e, "the leaf is outside the tree");
	return verify(index, index + 1, leaf, size, root, proof, n, e);
}

enum rc
merkle_verify_consistency(uint64_t old, const struct hash *old_root, uint64_t size,
			  const struct hash *root, const struct hash *proof, size_t n,
			  struct err *e)
{
	struct hash empty;

	if (old > size)
		return refuse(e, "the older tree is larger than the newer");
	hash_bytes("", 0, &empty);
	if (size == 0 && !hash_equal(root, &empty))
		return refuse(e,
			      "the root of a tree without leaves is not SHA-256(\"\")");
	if (old > 0)
		return verify(0, old, old_root, size, root, proof, n, e);
	if (n != 0)
		return refuse(e, "a proof from the empty tree has no hashes");
	if (!hash_equal(old_root, &empty))
		return refuse(e,
			      "the root of a tree without leaves is not SHA-256(\"\")");
	return RC_OK;
}

enum rc
merkle_verify_subtree(uint64_t start, uint64_t end, const struct hash *subtree_root,
		      uint64_t size, const struct hash *root, const struct hash *proof,
		      size_t n, struct err *e)
{
	if (!subtree_valid(start, end))
		return err_rule(e, RC_INVALID, "protocol 1",
				"[%" PRIu64 ", %" PRIu64
				") is no subtree: its start must be a multiple of "
				"the smallest power of two that holds it",
				start, end);
	if (end > size)
		return refuse(e, "the subtree ends outside the tree");
	return verify(start, end, subtree_root, size, root, proof, n, e);
}

/* ---- many leaves at once ----------------------------------------------------------- */

struct many {
	const struct merkle_at *at; /* the next leaf */
	size_t left;		    /* from there on */
	merkle_get *get;
	void *get_arg;
	merkle_give *give;
	merkle_take *take; /* NULL: proving */
	void *arg;
	struct err *e;
};

/* A part without any of the leaves: one hash of the proof. */
static enum rc
many_part(struct many *m, uint64_t start, uint64_t end, struct hash *ret)
{
	if (m->take != NULL)
		return m->take(m->arg, ret, m->e);
	enum rc rc = range_root(start, end, m->get, m->get_arg, ret, m->e);
	return rc == RC_OK ? m->give(m->arg, ret, m->e) : rc;
}

/* As deep as the tree is high. */
static enum rc
many_walk(struct many *m, uint64_t start, uint64_t end, struct hash *ret)
{
	struct hash left, right;

	if (m->left == 0 || m->at->index >= end)
		return many_part(m, start, end, ret);
	if (end - start == 1) {
		*ret = m->at->leaf;
		m->at++;
		m->left--;
		return RC_OK;
	}
	uint64_t mid = start + split_of(end - start);
	enum rc rc = many_walk(m, start, mid, &left);
	if (rc == RC_OK)
		rc = many_walk(m, mid, end, &right);
	if (rc == RC_OK)
		merkle_node(&left, &right, ret);
	return rc;
}

enum rc
merkle_prove_many(const struct merkle_at *at, size_t n, uint64_t size, merkle_get *get,
		  void *get_arg, merkle_give *give, void *give_arg, struct err *e)
{
	struct many m = {.at = at,
			 .left = n,
			 .get = get,
			 .get_arg = get_arg,
			 .give = give,
			 .arg = give_arg,
			 .e = e};
	struct hash unused;

	assert(n > 0 && size <= MERKLE_SIZE_MAX && at[n - 1].index < size);
	return many_walk(&m, 0, size, &unused);
}

enum rc
merkle_verify_many(const struct merkle_at *at, size_t n, uint64_t size,
		   const struct hash *root, merkle_take *take, void *arg, struct err *e)
{
	struct many m = {.at = at, .left = n, .take = take, .arg = arg, .e = e};
	struct hash got;

	assert(take != NULL);
	if (size == 0 || size > MERKLE_SIZE_MAX)
		return refuse(e, "no tree of ours has that many leaves");
	for (size_t i = 0; i < n; i++)
		if (at[i].index >= size || (i > 0 && at[i].index <= at[i - 1].index))
			return refuse(e, "the leaves must ascend within the tree");
	enum rc rc = many_walk(&m, 0, size, &got);
	if (rc == RC_OK && !hash_equal(&got, root))
		return refuse(e, "the proof does not lead to the root");
	return rc;
}
