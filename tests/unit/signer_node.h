/*
 * A folder with keys and marks for tests of the signer, and a log to sign.
 */
#ifndef SALURAN_TESTS_SIGNER_NODE_H
#define SALURAN_TESTS_SIGNER_NODE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/note.h"
#include "signer/signer.h"

#define OWN   "ministry.example/c/42/e0"
#define PEER  "platform.example/c/42/e0"
#define RCPT  "ministry.example/rcpt"
#define LOG_N 40

/* A log in memory; `salt` gives another history from entry `fork_at` on. */
struct log_tree {
	struct merkle_edge edge;
	struct hash node[8][LOG_N];
	struct hash root[LOG_N + 1];
};

static inline enum rc
log_tree_put(void *arg, unsigned level, uint64_t index, const struct hash *node,
	     struct err *e)
{
	(void)e;
	((struct log_tree *)arg)->node[level][index] = *node;
	return RC_OK;
}

static inline enum rc
log_tree_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	(void)e;
	*ret = ((struct log_tree *)arg)->node[level][index];
	return RC_OK;
}

static inline void
log_tree_make(struct log_tree *t, uint64_t fork_at, uint8_t salt)
{
	struct hash leaf;
	struct err e;

	*t = (struct log_tree){.edge = {0}};
	merkle_root(&t->edge, &t->root[0]);
	for (uint64_t i = 0; i < LOG_N; i++) {
		uint8_t entry[2] = {(uint8_t)i, i < fork_at ? 0 : salt};
		merkle_leaf(entry, sizeof(entry), &leaf);
		assert_int_equal(merkle_append(&t->edge, &leaf, log_tree_put, t, &e),
				 RC_OK);
		merkle_root(&t->edge, &t->root[i + 1]);
	}
}

struct signer_node {
	struct arena *a;
	char dir[64];
	const char *keys, *marks;
	struct signer *s;
	struct log_tree log, fork; /* the second differs from entry 5 on */
};

static inline void
node_start(struct signer_node *nd)
{
	struct err e = ERR_INIT;

	if (signer_start(nd->keys, nd->marks, &nd->s, &e) != RC_OK)
		fail_msg("%s", e.text);
}

static inline void
node_restart(struct signer_node *nd)
{
	signer_stop(nd->s);
	node_start(nd);
}

static inline void
node_make(struct signer_node *nd)
{
	struct signer_public pub;
	struct err e;

	*nd = (struct signer_node){.a = arena_create(),
				   .dir = "/tmp/saluran-signer-XXXXXX"};
	assert_non_null(mkdtemp(nd->dir));
	nd->keys = arena_printf(nd->a, "%s/keys", nd->dir);
	nd->marks = arena_printf(nd->a, "%s/marks", nd->dir);
	assert_int_equal(signer_keys_create(nd->keys, &pub, &e), RC_OK);
	log_tree_make(&nd->log, 0, 0);
	log_tree_make(&nd->fork, 5, 1);
	node_start(nd);
	assert_memory_equal(&pub, signer_public(nd->s), sizeof(pub));
}

static inline void
node_end(struct signer_node *nd)
{
	static const char *const names[] = {
		"keys/event.key", "keys/log.key", "keys/receipt.key", "keys/enc.key",
		"marks",	  "marks.lock",	  "marks.tmp"};

	signer_stop(nd->s);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(arena_printf(nd->a, "%s/%s", nd->dir, names[i]));
	rmdir(nd->keys);
	assert_int_equal(rmdir(nd->dir), 0);
	arena_free(nd->a);
}

/* The head of `t` at `size`, with the proof from `old`. */
static inline struct checkpoint
head_of(struct log_tree *t, const char *origin, uint64_t old, uint64_t size,
	struct merkle_proof *ret_proof)
{
	struct err e;

	ret_proof->n = 0;
	if (old < size)
		assert_int_equal(merkle_prove_consistency(old, size, log_tree_get, t,
							  ret_proof, &e),
				 RC_OK);
	return (struct checkpoint){.origin = origin, .size = size, .root = t->root[size]};
}

static inline enum rc
sign_head(struct signer_node *nd, struct log_tree *t, uint64_t old, uint64_t size,
	  const char **ret)
{
	struct merkle_proof proof;
	struct checkpoint c = head_of(t, OWN, old, size, &proof);
	struct err e;

	return signer_sign_checkpoint(nd->s, nd->a, &c, &proof, ret, &e);
}

static inline enum rc
cosign_head(struct signer_node *nd, struct log_tree *t, uint64_t old, uint64_t size,
	    uint64_t time_s, const char **ret)
{
	struct merkle_proof proof;
	struct checkpoint c = head_of(t, PEER, old, size, &proof);
	struct err e;
	enum rc rc = signer_mark_begin(nd->s, PEER, &e);

	return rc != RC_OK
		       ? rc
		       : signer_cosign(nd->s, nd->a, RCPT, time_s, &c, &proof, ret, &e);
}

static inline void
hold_mark(struct signer_node *nd, const char *origin, uint64_t size)
{
	struct hash root;
	uint64_t got;
	struct err e;

	assert_int_equal(signer_mark(nd->s, origin, &got, &root, &e), RC_OK);
	assert_int_equal(got, size);
	assert_true(hash_equal(&root, &nd->log.root[size]));
}

#endif
