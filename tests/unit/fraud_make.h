/*
 * An organisation with two entries of keys, of fixed seeds, and what it signs: for tests
 * of proofs of equivocation, and the fuzzer of them.
 */
#ifndef SALURAN_TESTS_FRAUD_MAKE_H
#define SALURAN_TESTS_FRAUD_MAKE_H

#include <assert.h>
#include <string.h>

#include "core/fraud.h"

#define FRAUD_LOG "ministry.example/c/42/e0"

enum { FRAUD_LEAVES = 8 };

/* Key number `what` of entry `n`. */
static inline void
fraud_seed(unsigned n, unsigned what, uint8_t ret[SEED_LEN])
{
	memset(ret, 0, SEED_LEN);
	ret[0] = (uint8_t)(n + 1);
	ret[1] = (uint8_t)what;
}

enum { FRAUD_ROOT = 1, FRAUD_EVENT, FRAUD_LOG_KEY, FRAUD_RECEIPT };

/* Entry `n`, which follows `l`; `salt` tells two of one number apart. */
static inline const char *
fraud_entry(struct arena *a, const struct identity_log *l, uint8_t salt)
{
	unsigned n = (unsigned)l->n;
	uint8_t seed[SEED_LEN], pub[KEY_LEN];
	struct identity id = {.org = "ministry.example",
			      .name = "Ministry",
			      .role = PARTY_AUTHORITY,
			      .n = n,
			      .n_event_keys = 1,
			      .n_tls_spki = 1,
			      .url = "https://127.0.0.1:1",
			      .iat_us = 1700000000000000 + salt};

	if (n != 0)
		merkle_leaf(l->entry[n - 1]->wire, strlen(l->entry[n - 1]->wire),
			    &id.prev);
	fraud_seed(n, FRAUD_EVENT, seed);
	sign_public_key(seed, id.event_keys[0]);
	fraud_seed(n, FRAUD_LOG_KEY, seed);
	sign_public_key(seed, id.log_key);
	fraud_seed(n, FRAUD_RECEIPT, seed);
	sign_public_key(seed, id.receipt_key);
	id.enc_key[0] = id.tls_spki[0].b[0] = (uint8_t)(n + 1);
	fraud_seed(n + 1, FRAUD_ROOT, seed);
	sign_public_key(seed, pub);
	hash_bytes(pub, KEY_LEN, &id.next_root);
	fraud_seed(n, FRAUD_ROOT, seed);
	sign_public_key(seed, id.root_pub);
	return identity_sign(a, &id, seed);
}

static inline void
fraud_entry_add(struct arena *a, struct identity_log *l)
{
	const char *wire = fraud_entry(a, l, 0);
	struct err e = ERR_INIT;
	enum rc rc = identity_log_add(a, l, wire, strlen(wire), &e);

	assert(rc == RC_OK);
	(void)rc;
}

/* A head, signed with the log key of entry `n`, or cosigned with its receipt key. */
static inline const char *
fraud_note(struct arena *a, unsigned n, bool receipt, uint64_t size,
	   const struct hash *root)
{
	struct checkpoint cp = {.origin = FRAUD_LOG, .size = size, .root = *root};
	struct buf text = BUF_INIT(NOTE_TEXT_MAX), msg = BUF_INIT(NOTE_TEXT_MAX);
	uint8_t seed[SEED_LEN], pub[KEY_LEN], sig[NOTE_COSIG_LEN] = {0};
	struct err e = ERR_INIT;
	struct note_key key;

	checkpoint_put(&text, &cp);
	fraud_seed(n, receipt ? FRAUD_RECEIPT : FRAUD_LOG_KEY, seed);
	sign_public_key(seed, pub);
	sig[7] = 1; /* second 1 */
	note_cosig_message_put(&msg, 1, buf_str(&text), text.len);
	if (receipt)
		sign_bytes(seed, msg.data, msg.len, sig + 8);
	else
		sign_bytes(seed, text.data, text.len, sig);
	enum rc rc = receipt ? note_key_make("ministry.example/rcpt", NOTE_COSIGNATURE,
					     pub, &key, &e)
			     : note_key_make(FRAUD_LOG, NOTE_ED25519, pub, &key, &e);
	assert(rc == RC_OK);
	(void)rc;
	buf_putc(&text, '\n');
	note_line_put(&text, &key, sig, receipt ? NOTE_COSIG_LEN : SIG_LEN);
	const char *ret = arena_strndup(a, text.data, text.len);
	buf_free(&text);
	buf_free(&msg);
	return ret;
}

/* Leaf i of history 'a', or of another one that differs from leaf 3 on. */
static inline enum rc
fraud_get(void *arg, unsigned level, uint64_t index, struct hash *ret, struct err *e)
{
	const char *history = arg;
	struct hash l, r;

	if (level == 0) {
		char leaf[2] = {index < 3 ? 'a' : *history, (char)('0' + index)};
		merkle_leaf(leaf, sizeof(leaf), ret);
		return RC_OK;
	}
	enum rc rc = fraud_get(arg, level - 1, 2 * index, &l, e);
	if (rc == RC_OK)
		rc = fraud_get(arg, level - 1, 2 * index + 1, &r, e);
	if (rc == RC_OK)
		merkle_node(&l, &r, ret);
	return rc;
}

static inline struct hash
fraud_root(char history, uint64_t size)
{
	struct merkle_edge edge;
	struct err e = ERR_INIT;
	struct hash root;
	enum rc rc = merkle_edge_load(size, fraud_get, &history, &edge, &e);

	assert(rc == RC_OK);
	(void)rc;
	merkle_root(&edge, &root);
	return root;
}

static inline struct merkle_proof
fraud_path(char history, uint64_t old, uint64_t size)
{
	struct merkle_proof proof = {0};
	struct err e = ERR_INIT;
	enum rc rc = merkle_prove_consistency(old, size, fraud_get, &history, &proof, &e);

	assert(rc == RC_OK);
	(void)rc;
	return proof;
}

#endif
