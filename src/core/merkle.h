/*
 * merkle - the tree of RFC 6962/9162: roots, proofs and their verification.
 *
 * Leaf = SHA-256(0x00, bytes), node = SHA-256(0x01, left, right), the empty
 * root = SHA-256("").  Subtrees and their proofs as in C2SP tlog-mirror.md.
 *
 * Pure.  A stored tree is read through a callback that gives the hash of a
 * *perfect* subtree: level L, index i covers leaves [i * 2^L, (i + 1) * 2^L).
 */
#ifndef SALURAN_CORE_MERKLE_H
#define SALURAN_CORE_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/crypto.h"

/* Leaves of a tree: what a signed column of the store holds. */
#define MERKLE_SIZE_MAX UINT64_C(0x7fffffffffffffff)

enum { MERKLE_PROOF_MAX = 64 }; /* hashes: one a level of such a tree, and one */

struct merkle_proof {
	size_t n;
	struct hash h[MERKLE_PROOF_MAX]; /* leaf to root */
};

/* The right edge of a tree: what appending needs.  Zeroed = the empty tree. */
struct merkle_edge {
	uint64_t size;
	struct hash h[64]; /* h[L] is valid where bit L of size is set */
};

typedef enum rc merkle_get(void *arg, unsigned level, uint64_t index, struct hash *ret,
			   struct err *e);
/* Told of every perfect node that an append completes, level 0 included. */
typedef enum rc merkle_put(void *arg, unsigned level, uint64_t index,
			   const struct hash *node, struct err *e);

void merkle_leaf(const void *p, size_t len, struct hash *ret);
void merkle_node(const struct hash *left, const struct hash *right, struct hash *ret);

/* `put` may be NULL.  Whatever `put` returns that is not RC_OK stops the append. */
enum rc merkle_append(struct merkle_edge *edge, const struct hash *leaf, merkle_put *put,
		      void *arg, struct err *e) MUST_CHECK;
void merkle_root(const struct merkle_edge *edge, struct hash *ret);
/* The edge of the tree of the first `size` leaves, from stored nodes. */
enum rc merkle_edge_load(uint64_t size, merkle_get *get, void *arg,
			 struct merkle_edge *ret, struct err *e) MUST_CHECK;

/* Preconditions (asserted): size <= MERKLE_SIZE_MAX; index < size; old <= size; start <
 * end
 * <= size and the subtree valid.  Errors are those of `get`. */
enum rc merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_get *get, void *arg,
			       struct merkle_proof *ret, struct err *e) MUST_CHECK;
enum rc merkle_prove_consistency(uint64_t old, uint64_t size, merkle_get *get, void *arg,
				 struct merkle_proof *ret, struct err *e) MUST_CHECK;
enum rc merkle_prove_subtree(uint64_t start, uint64_t end, uint64_t size, merkle_get *get,
			     void *arg, struct merkle_proof *ret,
			     struct err *e) MUST_CHECK;

/* RC_UNPROCESSABLE: the proof does not prove it, is too long or too short; an index or
 * size is outside the tree, or the tree larger than MERKLE_SIZE_MAX; the root of a tree
 * without leaves is not the empty root. */
enum rc merkle_verify_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
				const struct hash *root, const struct hash *proof,
				size_t n, struct err *e) MUST_CHECK;
enum rc merkle_verify_consistency(uint64_t old, const struct hash *old_root,
				  uint64_t size, const struct hash *root,
				  const struct hash *proof, size_t n,
				  struct err *e) MUST_CHECK;
/* The root of the older tree, from which a consistency proof leads to `root`.
 * RC_NOT_FOUND: a proof from a size that is a power of two does not have it. */
enum rc merkle_older_root(uint64_t old, uint64_t size, const struct hash *root,
			  const struct hash *proof, size_t n, struct hash *ret,
			  struct err *e) MUST_CHECK;
/* start is a multiple of the smallest power of two >= end - start, else RC_INVALID. */
enum rc merkle_verify_subtree(uint64_t start, uint64_t end,
			      const struct hash *subtree_root, uint64_t size,
			      const struct hash *root, const struct hash *proof, size_t n,
			      struct err *e) MUST_CHECK;

/*
 * Many leaves of one tree at once.  The proof is the roots of the largest parts of the
 * tree that hold none of them, from left to right, so what is proven twice is told once:
 * all leaves of a tree need no hash at all.
 */
struct merkle_at {
	uint64_t index;
	struct hash leaf;
};
/* The next hash of a proof: taken, or to be given. */
typedef enum rc merkle_take(void *arg, struct hash *ret, struct err *e);
typedef enum rc merkle_give(void *arg, const struct hash *h, struct err *e);

/* Asserted: the indexes ascend, the last < size, n > 0.  `leaf` is not looked at.  Errors
 * are those of `get` and `give`. */
enum rc merkle_prove_many(const struct merkle_at *at, size_t n, uint64_t size,
			  merkle_get *get, void *get_arg, merkle_give *give,
			  void *give_arg, struct err *e) MUST_CHECK;
/* As merkle_verify_inclusion(), of every one; errors of `take` too.  Whether `take` has
 * more is for the caller to ask. */
enum rc merkle_verify_many(const struct merkle_at *at, size_t n, uint64_t size,
			   const struct hash *root, merkle_take *take, void *arg,
			   struct err *e) MUST_CHECK;

#endif
