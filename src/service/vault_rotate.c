/*
 * A new key for the store's secrets, all of which are sealed anew.
 *
 * The new key lies beside the old one before the store is touched; one transaction seals
 * everything anew and notes the digest of the new key; then the new key takes the place
 * of the old one.  Whichever of the two the store has noted is the right one, so it may
 * be interrupted anywhere.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "core/crypto.h"
#include "service/place.h"
#include "service/vault_int.h"
#include "store/store_sql.h"

static const char *
key_path(struct arena *a, const char *dir, const char *name)
{
	return arena_printf(a, "%s/keys/%s", dir, name);
}

static enum rc
next_in_place(struct arena *a, const char *dir, struct err *e)
{
	const char *next = key_path(a, dir, VAULT_NEXT_FILE);

	if (rename(next, key_path(a, dir, VAULT_KEY_FILE)) < 0)
		return err_sys(e, "rename %s", next);
	return dir_sync(arena_printf(a, "%s/keys", dir), e);
}

enum rc
vault_rotation_end(struct store *s, struct arena *a, const char *dir, struct err *e)
{
	const char *next = key_path(a, dir, VAULT_NEXT_FILE), *known;
	struct err why = ERR_INIT;
	uint8_t *key = NULL;
	enum rc rc = vault_key_load(next, &key, &why);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	/* One that was not written to its end was never used. */
	if (rc != RC_OK && rc != RC_CORRUPT)
		return err_set(e, rc, "%s", why.text);
	bool whole = rc == RC_OK;
	rc = vault_key_known(s, a, &known, e);
	bool used = rc == RC_OK && whole && known != NULL &&
		    strcmp(known, vault_key_digest(key, a)) == 0;
	sodium_free(key);
	if (rc != RC_OK)
		return rc;
	if (used)
		return next_in_place(a, dir, e);
	return unlink(next) < 0 && errno != ENOENT ? err_sys(e, "remove %s", next)
						   : RC_OK;
}

struct rotation {
	struct arena *a;
	const char *dir;
	const uint8_t *old, *key;
	size_t sealed, lost;
};

/* What the old key does not open was lost before, and stays so. */
static enum rc
row_rotate(struct store *s, struct rotation *x, const struct vault_column *k,
	   const struct vault_row *r, struct err *e)
{
	const struct seal_place at = {k->what, r->id};
	struct vault_row clear = {.id = r->id};
	const uint8_t *bytes;
	const char *text;
	enum rc rc;

	if (k->bytes) {
		rc = seal_open_bytes(x->a, x->old, at, r->secret, r->len, &bytes,
				     &clear.len);
		clear.secret = bytes;
	} else {
		rc = seal_open_text(x->a, x->old, at, r->secret, &text);
		clear.secret = text;
	}
	if (rc != RC_OK) {
		x->lost++;
		return RC_OK;
	}
	x->sealed++;
	return vault_row_put(s, x->a, k, x->key, &clear, e);
}

static enum rc
work_rotate(struct store *s, void *arg, struct err *e)
{
	struct rotation *x = arg;
	const char *known;
	enum rc rc = vault_key_known(s, x->a, &known, e);

	x->sealed = x->lost = 0;
	if (rc == RC_OK && known != NULL &&
	    strcmp(known, vault_key_digest(x->old, x->a)) != 0)
		rc = vault_key_wrong(x->dir, e);
	for (size_t k = 0; rc == RC_OK && k < VAULT_COLUMNS; k++) {
		const struct vault_column *col = &vault_columns[k];
		const struct vault_row *rows;
		size_t n;
		/* What an older version left in clear is sealed at the next start. */
		rc = vault_rows(s, x->a, col, col->all, &rows, &n, e);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			rc = row_rotate(s, x, col, &rows[i], e);
	}
	if (rc == RC_OK)
		rc = store_run(
			s, &SQL_META_PUT,
			(struct db_param[]){DB_P_TEXT(VAULT_META),
					    DB_P_TEXT(vault_key_digest(x->key, x->a))},
			NULL, NULL, e);
	fault_point("rotate.before");
	return rc;
}

static enum rc
rotate(struct store *s, struct arena *a, const char *dir, size_t *ret_sealed,
       size_t *ret_lost, struct err *e)
{
	struct rotation x = {.a = a, .dir = dir};
	uint8_t *old = NULL, *key = NULL;
	enum rc rc = vault_rotation_end(s, a, dir, e);

	if (rc == RC_OK)
		rc = vault_key_load(key_path(a, dir, VAULT_KEY_FILE), &old, e);
	if (rc == RC_OK)
		rc = vault_key_make(arena_printf(a, "%s/keys", dir), VAULT_NEXT_FILE, e);
	fault_point("rotate.key");
	if (rc == RC_OK)
		rc = vault_key_load(key_path(a, dir, VAULT_NEXT_FILE), &key, e);
	x.old = old;
	x.key = key;
	if (rc == RC_OK)
		rc = store_transact(s, work_rotate, &x, e);
	fault_point("rotate.after");
	if (rc == RC_OK)
		rc = next_in_place(a, dir, e);
	fault_point("rotate.placed");
	/* What was sealed under the old key is in no file of the store any more. */
	if (rc == RC_OK)
		rc = s->drv->scrub(s->db, e);
	if (rc == RC_OK) {
		*ret_sealed = x.sealed;
		*ret_lost = x.lost;
	}
	sodium_free(key);
	sodium_free(old);
	return rc;
}

enum rc
node_rotate_store_key(const char *dir, size_t *ret_sealed, size_t *ret_lost,
		      struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	int lock_fd = -1;

	crypto_start();
	enum rc rc = node_lock(a, dir, &lock_fd, e);
	if (rc == RC_OK)
		rc = place_open(a, dir, NULL, &s, e);
	if (rc == RC_OK)
		rc = rotate(s, a, dir, ret_sealed, ret_lost, e);
	store_close(s);
	if (lock_fd >= 0)
		close(lock_fd);
	arena_free(a);
	return rc;
}
