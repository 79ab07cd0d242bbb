/*
 * vault - secrets that the node must compute with, as the store keeps them: sealed under
 * the key in <dir>/keys/store.key; for service/ itself.
 *
 * A copy of the store alone opens none of them.  What is sealed is a column with a row in
 * vault_columns[] of vault.c; what an older version left there in clear is sealed at the
 * start.
 */
#ifndef SALURAN_SERVICE_VAULT_H
#define SALURAN_SERVICE_VAULT_H

#include "core/seal.h"
#include "service/node_int.h"

/* What a secret is for (seal_place.what); the row is the id beside it. */
#define VAULT_TOTP    "person.totp"	/* the person's name */
#define VAULT_WEBHOOK "webhook.secret"	/* the webhook's id */
#define VAULT_TSIG    "operator.secret" /* the key's name */

/* For init: a new key in `keys_dir`.  RC_CONFLICT: there is one. */
enum rc vault_create(const char *keys_dir, struct err *e) MUST_CHECK;

/* As vault_start(), for who only opens what is sealed. */
enum rc vault_look(struct node *nd, struct err *e) MUST_CHECK;
/*
 * At the start, before any thread: the key, made when there is none and the store has
 * nothing sealed; then nothing is left in clear.  RC_CORRUPT: the key is missing, or is
 * not the one that the store's secrets are sealed under.
 */
enum rc vault_start(struct node *nd, struct err *e) MUST_CHECK;
void vault_stop(struct node *nd);

/* What to store of a secret, in the arena. */
const char *vault_seal(const struct node *nd, struct arena *a, struct seal_place at,
		       const char *secret);
const uint8_t *vault_seal_bytes(const struct node *nd, struct arena *a,
				struct seal_place at, const void *secret, size_t len);

/* The secret of what is stored, in the arena.  RC_CONFLICT: it was sealed under a key
 * that is gone, or is damaged; the text says that it is to be made anew. */
enum rc vault_open(const struct node *nd, struct arena *a, struct seal_place at,
		   const char *stored, const char **ret, struct err *e) MUST_CHECK;
enum rc vault_open_bytes(const struct node *nd, struct arena *a, struct seal_place at,
			 const uint8_t *stored, size_t stored_len, const uint8_t **ret,
			 size_t *ret_len, struct err *e) MUST_CHECK;

#endif
