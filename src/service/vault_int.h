/*
 * vault_int - what vault.c and vault_rotate.c share.
 */
#ifndef SALURAN_SERVICE_VAULT_INT_H
#define SALURAN_SERVICE_VAULT_INT_H

#include "service/vault.h"

#define VAULT_KEY_FILE	"store.key"
#define VAULT_NEXT_FILE "store.key.next" /* while a new one is being introduced */
#define VAULT_META	"store_key"	 /* digest of the key, in hex */

enum { VAULT_COLUMNS = 5 };

/* A column that is sealed. */
struct vault_column {
	const char *what;
	const struct sql *clear; /* id, secret; of rows in clear only */
	const struct sql *all;	 /* and of all */
	const struct sql *put;	 /* $1 id  $2 sealed */
	bool bytes;
};
extern const struct vault_column vault_columns[VAULT_COLUMNS];

struct vault_row {
	const char *id;
	const void *secret; /* text with its NUL, or bytes */
	size_t len;
};
enum rc vault_rows(struct store *s, struct arena *a, const struct vault_column *k,
		   const struct sql *q, const struct vault_row **ret, size_t *ret_n,
		   struct err *e) MUST_CHECK;
/* Seal what is in clear and put it into its row. */
enum rc vault_row_put(struct store *s, struct arena *a, const struct vault_column *k,
		      const uint8_t *key, const struct vault_row *r,
		      struct err *e) MUST_CHECK;

/* A new key in a new file.  RC_CONFLICT: there is one. */
enum rc vault_key_make(const char *keys_dir, const char *name, struct err *e) MUST_CHECK;
/* *ret is the caller's, for sodium_free().  RC_NOT_FOUND; RC_CORRUPT: no key; RC_DENIED:
 * others can read it. */
enum rc vault_key_load(const char *path, uint8_t **ret, struct err *e) MUST_CHECK;
const char *vault_key_digest(const uint8_t *key, struct arena *a);
/* The digest that the store has; NULL: none. */
enum rc vault_key_known(struct store *s, struct arena *a, const char **ret,
			struct err *e) MUST_CHECK;
enum rc vault_key_wrong(const char *dir, struct err *e) MUST_CHECK;

/* vault_rotate.c: a rotation that was interrupted is taken back, or finished when its
 * commit was. */
enum rc vault_rotation_end(struct store *s, struct arena *a, const char *dir,
			   struct err *e) MUST_CHECK;

#endif
