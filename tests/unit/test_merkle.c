/*
 * The Merkle tree: vectors of protocol.md and of transparency-dev, and the laws that hold
 * for trees of every small size.
 */
#include "data_file.h"

#include <dirent.h>
#include <jansson.h>
#include <string.h>

#include "base/enc.h"
#include "core/merkle.h"

enum { LAW_SIZES = 70, LAW_LEVELS = 8 };

/* A tree in memory that keeps what merkle_append() tells. */
struct tree {
	struct merkle_edge edge;
	struct hash node[LAW_LEVELS][LAW_SIZES];
	struct hash root[LAW_SIZES + 1];
	bool fail;
};

static enum rc
tree_put(void *arg, unsigned level, uint64_t index, const struct hash *node,
	 struct err *e)
{
	struct tree *t = arg;

	if (t->fail)
		return err_set(e, RC_FULL, "no room");
	assert_true(level < LAW_LEVELS && index < LAW_SIZES);
	t->node[level][index] = *node;
	return RC_OK;
}

static enum rc
tree_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	struct tree *t = arg;

	if (t->fail)
		return err_set(e, RC_IO, "cannot read");
	assert_true(level < LAW_LEVELS && (index + 1) << level <= t->edge.size);
	*ret = t->node[level][index];
	return RC_OK;
}

static void
tree_add(struct tree *t, const void *p, size_t len)
{
	struct hash leaf;
	struct err e;

	merkle_leaf(p, len, &leaf);
	assert_int_equal(merkle_append(&t->edge, &leaf, tree_put, t, &e), RC_OK);
	merkle_root(&t->edge, &t->root[t->edge.size]);
}

static struct tree *
tree_make(struct arena *a)
{
	struct tree *t = ARENA_NEW(a, struct tree);

	merkle_root(&t->edge, &t->root[0]);
	for (int i = 0; i < LAW_SIZES; i++)
		tree_add(t, &(uint8_t){(uint8_t)i}, 1);
	return t;
}

/* MTH of RFC 9162, section 2.1.1, word for word: what all the rest is held against. */
static void
mth(const struct tree *t, size_t start, size_t end, struct hash *ret)
{
	size_t k = 1;
	struct hash left, right;

	if (end == start) {
		hash_bytes("", 0, ret);
		return;
	}
	if (end - start == 1) {
		*ret = t->node[0][start];
		return;
	}
	while (2 * k < end - start)
		k *= 2;
	mth(t, start, start + k, &left);
	mth(t, start + k, end, &right);
	merkle_node(&left, &right, ret);
}

/* ---- vectors ----------------------------------------------------------------------- */

static void
roots_of_the_norm(void **state)
{
	static const char leaves[8][17] = {
		"",
		"\x00",
		"\x10",
		"\x20\x21",
		"\x30\x31",
		"\x40\x41\x42\x43",
		"\x50\x51\x52\x53\x54\x55\x56\x57",
		"`abcdefghijklmno", /* 0x60 to 0x6f */
	};
	static const size_t lens[8] = {0, 1, 1, 2, 2, 4, 8, 16};
	static const char *const ends[9][2] = {
		{"e3b0c442", "b855"}, {"6e340b9c", "a01d"}, {"fac54203", "c125"},
		{"aeb6bcfe", "6e77"}, {NULL, NULL},	    {"4e3bbb1f", "64d4"},
		{NULL, NULL},	      {"ddb89be4", "4c8c"}, {"5dc9da79", "4328"}};
	struct arena *a = arena_create();
	struct tree *t = ARENA_NEW(a, struct tree);
	char hex[HASH_HEX_LEN + 1];

	(void)state;
	merkle_root(&t->edge, &t->root[0]);
	for (size_t n = 0; n < 9; n++) {
		if (n > 0)
			tree_add(t, leaves[n - 1], lens[n - 1]);
		hash_hex(&t->root[n], hex);
		if (ends[n][0] == NULL)
			continue;
		assert_memory_equal(hex, ends[n][0], 8);
		assert_string_equal(hex + HASH_HEX_LEN - 4, ends[n][1]);
	}
	assert_string_equal(
		hex, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
	arena_free(a);
}

/* A hash of a wrong length in the data stands for one that is wrong: it is cut or filled
 * with zeros, because here only hashes of the right length get past the codecs. */
static void
get_hash(struct arena *a, const json_t *v, struct hash *ret)
{
	const char *s = v == NULL ? "" : json_string_value(v);
	uint8_t *p;
	size_t len;

	assert_int_equal(b64_decode(a, s, strlen(s), &p, &len), RC_OK);
	*ret = (struct hash){{0}};
	memcpy(ret->b, p, len < HASH_LEN ? len : HASH_LEN);
}

/* The data has 2^64 - 1, which jansson's integers do not hold. */
static uint64_t
get_size(const json_t *doc, const char *name)
{
	double v = json_number_value(json_object_get(doc, name));

	return v >= 0x1p64 ? UINT64_MAX : (uint64_t)v;
}

static void
run_vector(struct arena *a, const char *path, bool inclusion)
{
	struct hash x, y, proof[2 * MERKLE_PROOF_MAX];
	struct err e;
	size_t len, i;
	const char *text = data_file(a, path, &len);
	json_t *doc = json_loadb(text, len, JSON_DECODE_INT_AS_REAL, NULL);
	json_t *list = json_object_get(doc, "proof"), *item;
	enum rc rc;

	assert_non_null(doc);
	assert_true(json_array_size(list) < 2 * MERKLE_PROOF_MAX);
	json_array_foreach (list, i, item)
		get_hash(a, item, &proof[i]);
	if (inclusion) {
		get_hash(a, json_object_get(doc, "leafHash"), &x);
		get_hash(a, json_object_get(doc, "root"), &y);
		rc = merkle_verify_inclusion(&x, get_size(doc, "leafIdx"),
					     get_size(doc, "treeSize"), &y, proof,
					     json_array_size(list), &e);
	} else {
		get_hash(a, json_object_get(doc, "root1"), &x);
		get_hash(a, json_object_get(doc, "root2"), &y);
		rc = merkle_verify_consistency(get_size(doc, "size1"), &x,
					       get_size(doc, "size2"), &y, proof,
					       json_array_size(list), &e);
	}
	if (rc !=
	    (json_is_true(json_object_get(doc, "wantErr")) ? RC_UNPROCESSABLE : RC_OK))
		fail_msg("%s: %s", path, rc_token(rc));
	json_decref(doc);
}

static size_t
run_folder(const char *folder, bool inclusion)
{
	struct arena *a = arena_create(), *one = arena_create();
	size_t n = 0;

	for (int k = 0; k < 5; k++) {
		const char *name = arena_printf(a, "%s/%d", folder, k);
		const char *path =
			arena_printf(a, "%s/%s", getenv("SALURAN_TEST_DATA"), name);
		DIR *d = opendir(path);
		struct dirent *f;
		if (d == NULL) {
			fail_msg("test data missing: %s", path);
			continue; /* not reached: cmocka leaves the test */
		}
		while ((f = readdir(d)) != NULL) {
			if (f->d_name[0] == '.')
				continue;
			run_vector(one, arena_printf(one, "%s/%s", name, f->d_name),
				   inclusion);
			arena_reset(one);
			n++;
		}
		closedir(d);
	}
	arena_free(one);
	arena_free(a);
	return n;
}

static void
transparency_dev_vectors(void **state)
{
	(void)state;
	assert_int_equal(run_folder("merkle/testdata/consistency", false) +
				 run_folder("merkle/testdata/inclusion", true),
			 166);
}

/* ---- laws -------------------------------------------------------------------------- */

static void
roots_and_edges_agree(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct merkle_edge edge;
	struct hash h;
	struct err e;

	(void)state;
	for (size_t n = 0; n <= LAW_SIZES; n++) {
		mth(t, 0, n, &h);
		assert_true(hash_equal(&h, &t->root[n]));
		assert_int_equal(merkle_edge_load(n, tree_get, t, &edge, &e), RC_OK);
		assert_int_equal(edge.size, n);
		merkle_root(&edge, &h);
		assert_true(hash_equal(&h, &t->root[n]));
	}
	arena_free(a);
}

/* A store that fails leaves the edge as it was, so that the append can be repeated. */
static void
failures_pass_through(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct merkle_edge before = t->edge;
	struct merkle_proof proof;
	struct err e;

	(void)state;
	t->fail = true;
	assert_int_equal(merkle_append(&t->edge, &t->root[1], tree_put, t, &e), RC_FULL);
	assert_memory_equal(&before, &t->edge, sizeof(before));
	assert_int_equal(merkle_prove_consistency(3, 7, tree_get, t, &proof, &e), RC_IO);
	assert_int_equal(merkle_edge_load(7, tree_get, t, &before, &e), RC_IO);
	arena_free(a);
}

struct claim {
	uint64_t start, end, size;
	struct hash sub, root;
	struct merkle_proof proof;
	enum rc (*verify)(const struct claim *c);
};

static enum rc
verify_inclusion(const struct claim *c)
{
	struct err e;

	return merkle_verify_inclusion(&c->sub, c->start, c->size, &c->root, c->proof.h,
				       c->proof.n, &e);
}

static enum rc
verify_consistency(const struct claim *c)
{
	struct err e;

	return merkle_verify_consistency(c->end, &c->sub, c->size, &c->root, c->proof.h,
					 c->proof.n, &e);
}

static enum rc
verify_subtree(const struct claim *c)
{
	struct err e;

	return merkle_verify_subtree(c->start, c->end, &c->sub, c->size, &c->root,
				     c->proof.h, c->proof.n, &e);
}

/* Small trees have every shape, so there every bit is changed; in the others seven bits
 * of every hash. */
static size_t
stride(uint64_t size)
{
	return size <= 17 ? 1 : 37;
}

/* The claim holds; with one bit of it changed, a hash more or a hash less it does not. */
static void
hold_claim(const struct claim *good)
{
	struct claim c = *good;

	assert_int_equal(c.verify(&c), RC_OK);
	assert_true(c.proof.n < MERKLE_PROOF_MAX);
	c.proof.n++;
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	c.proof.h[c.proof.n - 1] = c.root;
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	c.proof.n -= 2;
	if (good->proof.n > 0)
		assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	if (good->end == 0)
		return; /* from the empty tree every root is reached */
	c = *good;
	for (size_t h = 0; h < c.proof.n + 2; h++) {
		struct hash *x = h < c.proof.n	  ? &c.proof.h[h]
				 : h == c.proof.n ? &c.sub
						  : &c.root;
		for (size_t bit = 0; bit < 8 * HASH_LEN; bit += stride(c.size)) {
			x->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
			x->b[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}

static void
every_inclusion_proof(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct claim c = {.verify = verify_inclusion};
	struct err e;

	(void)state;
	for (c.size = 1; c.size < LAW_SIZES; c.size++)
		for (c.start = 0; c.start < c.size; c.start++) {
			c.end = c.start + 1;
			c.sub = t->node[0][c.start];
			c.root = t->root[c.size];
			assert_int_equal(merkle_prove_inclusion(c.start, c.size, tree_get,
								t, &c.proof, &e),
					 RC_OK);
			hold_claim(&c);
		}
	c.start = c.size;
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	arena_free(a);
}

static void
every_consistency_proof(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct claim c = {.verify = verify_consistency};
	struct err e;

	(void)state;
	for (c.size = 0; c.size < LAW_SIZES; c.size++)
		for (c.end = 0; c.end <= c.size; c.end++) {
			c.sub = t->root[c.end];
			c.root = t->root[c.size];
			assert_int_equal(merkle_prove_consistency(c.end, c.size, tree_get,
								  t, &c.proof, &e),
					 RC_OK);
			hold_claim(&c);
		}
	c.end = c.size + 1;
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	arena_free(a);
}

static void
roots_of_nothing(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct claim c = {
		.verify = verify_consistency, .sub = t->root[0], .root = t->root[3]};

	(void)state;
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE); /* 0 leaves, another root */
	c.size = 3;
	assert_int_equal(c.verify(&c), RC_OK);
	c.sub = t->root[3];
	assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
	arena_free(a);
}

static void
every_subtree_proof(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct claim c = {.verify = verify_subtree};
	struct err e;
	size_t n_valid = 0;

	(void)state;
	for (c.size = 1; c.size < LAW_SIZES; c.size++)
		for (c.start = 0; c.start < c.size; c.start++)
			for (c.end = c.start + 1; c.end <= c.size; c.end++) {
				uint64_t power = 1;
				while (power < c.end - c.start)
					power *= 2;
				mth(t, c.start, c.end, &c.sub);
				c.root = t->root[c.size];
				c.proof.n = 0;
				if (c.start % power != 0) {
					assert_int_equal(c.verify(&c), RC_INVALID);
					continue;
				}
				assert_int_equal(merkle_prove_subtree(c.start, c.end,
								      c.size, tree_get, t,
								      &c.proof, &e),
						 RC_OK);
				hold_claim(&c);
				n_valid++;
			}
	assert_true(n_valid > 8000);
	arena_free(a);
}

/* An old head with another content is refused at every pair of sizes: a fork cannot pass.
 */
static void
forks_are_refused(void **state)
{
	struct arena *a = arena_create();
	struct tree *t = tree_make(a), *fork = ARENA_NEW(a, struct tree);
	struct claim c = {.verify = verify_consistency};
	struct err e;

	(void)state;
	for (int i = 0; i < LAW_SIZES; i++) {
		uint8_t v = i == 5 ? 200 : (uint8_t)i;
		tree_add(fork, &v, 1);
	}
	for (c.size = 6; c.size < LAW_SIZES; c.size++)
		for (c.end = 6; c.end <= c.size; c.end++) {
			c.sub = t->root[c.end];
			c.root = fork->root[c.size];
			assert_int_equal(merkle_prove_consistency(c.end, c.size, tree_get,
								  fork, &c.proof, &e),
					 RC_OK);
			assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
			assert_int_equal(merkle_prove_consistency(c.end, c.size, tree_get,
								  t, &c.proof, &e),
					 RC_OK);
			assert_int_equal(c.verify(&c), RC_UNPROCESSABLE);
		}
	arena_free(a);
}

/* Numbers from a hostile wire: no shift or sum may overflow. */
static void
huge_numbers_are_refused(void **state)
{
	static const uint64_t sizes[] = {MERKLE_SIZE_MAX, MERKLE_SIZE_MAX + 1,
					 UINT64_MAX};
	struct claim c = {.proof.n = MERKLE_PROOF_MAX};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 3; k++) {
			c.size = sizes[i];
			c.end = sizes[k];
			c.start = 0;
			assert_int_not_equal(verify_consistency(&c), RC_OK);
			assert_int_not_equal(verify_subtree(&c), RC_OK);
			c.start = sizes[k] - 1;
			assert_int_not_equal(verify_subtree(&c), RC_OK);
			assert_int_not_equal(verify_inclusion(&c), RC_OK);
		}
}

/* Hashes of a proof of many, given and taken in one order. */
struct many_proof {
	struct hash h[LAW_SIZES];
	size_t n, at;
};

static enum rc
many_give(void *arg, const struct hash *h, struct err *e)
{
	struct many_proof *p = arg;

	(void)e;
	assert_true(p->n < LAW_SIZES);
	p->h[p->n++] = *h;
	return RC_OK;
}

static enum rc
many_take(void *arg, struct hash *ret, struct err *e)
{
	struct many_proof *p = arg;

	if (p->at == p->n)
		return err_set(e, RC_UNPROCESSABLE, "it ends");
	*ret = p->h[p->at++];
	return RC_OK;
}

static enum rc
many_check(const struct tree *t, const struct merkle_at *at, size_t n, size_t size,
	   struct many_proof *p)
{
	struct err e;

	p->at = 0;
	enum rc rc = merkle_verify_many(at, n, size, &t->root[size], many_take, p, &e);
	return rc == RC_OK && p->at != p->n ? RC_UNPROCESSABLE : rc;
}

/* The leaves of a mask, in the tree of every size; nothing else passes. */
static void
proofs_of_many(void **state)
{
	static const uint64_t masks[] = {
		1, 2, 3, 0x8001, 0xff, 0xf0f0f0f0, 0x123456, 0x80000001, UINT64_MAX};
	struct arena *a = arena_create();
	struct tree *t = tree_make(a);
	struct err e;

	(void)state;
	for (size_t size = 1; size <= 64; size++)
		for (size_t k = 0; k < sizeof(masks) / sizeof(masks[0]); k++) {
			struct merkle_at at[64];
			struct many_proof p = {.n = 0};
			size_t n = 0;
			for (size_t i = 0; i < size; i++)
				if (masks[k] >> i & 1)
					at[n++] = (struct merkle_at){i, t->node[0][i]};
			if (n == 0)
				continue;
			assert_int_equal(merkle_prove_many(at, n, size, tree_get, t,
							   many_give, &p, &e),
					 RC_OK);
			assert_int_equal(many_check(t, at, n, size, &p), RC_OK);
			if (n == size)
				assert_int_equal(p.n, 0);
			if (n == 1) { /* as long as the proof of one */
				struct merkle_proof one;
				assert_int_equal(merkle_prove_inclusion(at[0].index, size,
									tree_get, t, &one,
									&e),
						 RC_OK);
				assert_int_equal(p.n, one.n);
			}
			at[n - 1].leaf.b[0] ^= 1;
			assert_int_not_equal(many_check(t, at, n, size, &p), RC_OK);
			at[n - 1].leaf.b[0] ^= 1;
			if (p.n != 0) {
				p.h[p.n - 1].b[31] ^= 1;
				assert_int_not_equal(many_check(t, at, n, size, &p),
						     RC_OK);
				p.h[p.n - 1].b[31] ^= 1;
				p.n--;
				assert_int_not_equal(many_check(t, at, n, size, &p),
						     RC_OK);
				p.n++;
			}
			p.n++; /* one too many */
			assert_int_not_equal(many_check(t, at, n, size, &p), RC_OK);
			p.n--;
			at[n - 1].index = size;
			assert_int_not_equal(many_check(t, at, n, size, &p), RC_OK);
			if (n > 1) {
				at[n - 1].index = at[n - 2].index;
				assert_int_not_equal(many_check(t, at, n, size, &p),
						     RC_OK);
			}
		}
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_of_the_norm),
		cmocka_unit_test(transparency_dev_vectors),
		cmocka_unit_test(roots_and_edges_agree),
		cmocka_unit_test(failures_pass_through),
		cmocka_unit_test(every_inclusion_proof),
		cmocka_unit_test(every_consistency_proof),
		cmocka_unit_test(roots_of_nothing),
		cmocka_unit_test(every_subtree_proof),
		cmocka_unit_test(forks_are_refused),
		cmocka_unit_test(huge_numbers_are_refused),
		cmocka_unit_test(proofs_of_many),
	};

	crypto_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
