/*
 * The key of the store's secrets, and what is sealed under it.  The store keeps a digest
 * of the key, so that the wrong one is noticed at the start and not at a login.
 */
#include "service/vault_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "core/crypto.h"
#include "service/place.h"
#include "store/store_sql.h"

#define KEY_HEAD   "saluran-key-v1 store " /* and the key in hex, and a newline */
#define KEY_DIGEST "saluran-store-key-v1"  /* what it is over, and the key */
#define KEY_HOW_LOST                                                                     \
	"put the file back from the backup of the keys; only if it is lost for good, "   \
	"start once with 'saluran serve --new-store-key'"

enum {
	KEY_FILE_LEN = sizeof(KEY_HEAD) - 1 + 2 * SEAL_KEY_LEN + 1,
	SEALED_MAX = 2 * SEAL_SECRET_MAX, /* with its nonce and tag, as base64 */
};

const struct vault_column vault_columns[VAULT_COLUMNS] = {
	{VAULT_TOTP, &SQL_VAULT_TOTP_CLEAR, &SQL_VAULT_TOTP_ALL, &SQL_VAULT_TOTP_PUT,
	 true},
	{VAULT_TOTP, &SQL_VAULT_TOTP_PENDING_CLEAR, &SQL_VAULT_TOTP_PENDING_ALL,
	 &SQL_VAULT_TOTP_PENDING_PUT, true},
	{VAULT_TSIG, &SQL_VAULT_TSIG_CLEAR, &SQL_VAULT_TSIG_ALL, &SQL_VAULT_TSIG_PUT,
	 false},
	{VAULT_WEBHOOK, &SQL_VAULT_WEBHOOK_CLEAR, &SQL_VAULT_WEBHOOK_ALL,
	 &SQL_VAULT_WEBHOOK_PUT, false},
	{VAULT_WEBHOOK, &SQL_VAULT_WEBHOOK_OLD_CLEAR, &SQL_VAULT_WEBHOOK_OLD_ALL,
	 &SQL_VAULT_WEBHOOK_OLD_PUT, false},
};

/* ---- the key's file ---------------------------------------------------------------- */

struct scratch {
	char text[KEY_FILE_LEN + 1];
};

static struct scratch *
scratch_make(void)
{
	struct scratch *s = sodium_malloc(sizeof(*s));

	if (s == NULL)
		abort();
	return s;
}

enum rc
vault_key_make(const char *keys_dir, const char *name, struct err *e)
{
	struct arena *a = arena_create();
	struct scratch *s = scratch_make();
	const char *path = arena_printf(a, "%s/%s", keys_dir, name);
	uint8_t key[SEAL_KEY_LEN];

	randombytes_buf(key, sizeof(key));
	memcpy(s->text, KEY_HEAD, sizeof(KEY_HEAD) - 1);
	hex_encode(key, sizeof(key), s->text + sizeof(KEY_HEAD) - 1);
	s->text[KEY_FILE_LEN - 1] = '\n';
	enum rc rc = file_write(path, s->text, KEY_FILE_LEN, e);
	if (rc == RC_OK)
		rc = dir_sync(keys_dir, e);
	sodium_memzero(key, sizeof(key));
	sodium_free(s);
	arena_free(a);
	return rc;
}

enum rc
vault_create(const char *keys_dir, struct err *e)
{
	return vault_key_make(keys_dir, VAULT_KEY_FILE, e);
}

static enum rc
key_read(const char *path, int fd, struct scratch *s, uint8_t *key, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(e, "look at the key %s", path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_set(
			e, RC_DENIED,
			"other users have access to the key %s (mode %03o): run chmod "
			"600 on it",
			path, (unsigned)st.st_mode & 0777);
	ssize_t n = read(fd, s->text, sizeof(s->text));
	if (n < 0)
		return err_sys(e, "read the key %s", path);
	if (n != KEY_FILE_LEN || memcmp(s->text, KEY_HEAD, sizeof(KEY_HEAD) - 1) != 0 ||
	    s->text[KEY_FILE_LEN - 1] != '\n' ||
	    hex_decode(s->text + sizeof(KEY_HEAD) - 1, (size_t)2 * SEAL_KEY_LEN, key,
		       SEAL_KEY_LEN) != RC_OK)
		return err_set(e, RC_CORRUPT,
			       "%s is no key file (\"%s<64 hex digits>\"): " KEY_HOW_LOST,
			       path, KEY_HEAD);
	return RC_OK;
}

enum rc
vault_key_load(const char *path, uint8_t **ret, struct err *e)
{
	struct scratch *s = scratch_make();
	uint8_t *key = sodium_malloc(SEAL_KEY_LEN);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (key == NULL)
		abort();
	enum rc rc = fd < 0 ? err_sys(e, "open the key %s", path)
			    : key_read(path, fd, s, key, e);
	if (fd >= 0)
		close(fd);
	sodium_free(s);
	if (rc == RC_OK) {
		sodium_mprotect_readonly(key);
		*ret = key;
	} else {
		sodium_free(key);
	}
	return rc;
}

static enum rc
key_load(struct node *nd, const char *path, struct err *e)
{
	return vault_key_load(path, &nd->store_key, e);
}

const char *
vault_key_digest(const uint8_t *key, struct arena *a)
{
	uint8_t text[sizeof(KEY_DIGEST) + SEAL_KEY_LEN];
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	memcpy(text, KEY_DIGEST, sizeof(KEY_DIGEST));
	memcpy(text + sizeof(KEY_DIGEST), key, SEAL_KEY_LEN);
	hash_bytes(text, sizeof(text), &h);
	sodium_memzero(text, sizeof(text));
	return arena_strdup(a, hash_hex(&h, hex));
}

enum rc
vault_key_known(struct store *s, struct arena *a, const char **ret, struct err *e)
{
	return store_text(s, a, &SQL_META_GET, (struct db_param[]){DB_P_TEXT(VAULT_META)},
			  ret, e);
}

enum rc
vault_key_wrong(const char *dir, struct err *e)
{
	return err_set(e, RC_CORRUPT,
		       "%s/keys/%s is not the key that the store's secrets are sealed "
		       "under: " KEY_HOW_LOST,
		       dir, VAULT_KEY_FILE);
}

/* ---- what is in clear -------------------------------------------------------------- */

struct row_list {
	struct store_list l;
	bool bytes;
};

static enum rc
on_secret(void *arg, const struct db_row *row, struct err *e)
{
	struct row_list *c = arg;
	struct vault_row *r = store_list_next(&c->l, sizeof(*r));
	const struct store *s = c->l.s;

	r->id = store_col_text(s, c->l.a, row, 0);
	if (c->bytes) {
		const void *p = s->drv->col_blob(row, 1, &r->len);
		r->secret = arena_copy(c->l.a, p, r->len);
	} else {
		const char *text = store_col_text(s, c->l.a, row, 1);
		r->secret = text;
		r->len = strlen(text);
	}
	if (r->len > SEALED_MAX)
		return err_set(e, RC_CORRUPT, "a secret of %zu bytes is in the store",
			       r->len);
	return RC_OK;
}

enum rc
vault_rows(struct store *s, struct arena *a, const struct vault_column *k,
	   const struct sql *q, const struct vault_row **ret, size_t *ret_n,
	   struct err *e)
{
	struct row_list c = {.l = {.s = s, .a = a}, .bytes = k->bytes};
	enum rc rc = store_run(s, q, NULL, on_secret, &c, e);

	*ret = c.l.rows;
	*ret_n = c.l.n;
	return rc;
}

enum rc
vault_row_put(struct store *s, struct arena *a, const struct vault_column *k,
	      const uint8_t *key, const struct vault_row *r, struct err *e)
{
	const struct seal_place at = {k->what, r->id};
	struct db_param p[] = {DB_P_TEXT(r->id), DB_P_NULL};

	if (k->bytes)
		p[1] = DB_P_BLOB(seal_bytes(a, key, at, r->secret, r->len),
				 r->len + SEAL_OVER);
	else
		p[1] = DB_P_TEXT(seal_text(a, key, at, r->secret));
	return store_run(s, k->put, p, NULL, NULL, e);
}

struct sealing {
	struct node *nd;
	struct arena *a;
	size_t n; /* rows that were in clear */
};

static enum rc
column_seal(struct store *s, struct sealing *x, const struct vault_column *k,
	    struct err *e)
{
	const struct vault_row *rows;
	size_t n;
	enum rc rc = vault_rows(s, x->a, k, k->clear, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++)
		if (rows[i].len > SEAL_SECRET_MAX)
			rc = err_set(e, RC_CORRUPT,
				     "a secret of %zu bytes is in the store",
				     rows[i].len);
		else
			rc = vault_row_put(s, x->a, k, x->nd->store_key, &rows[i], e);
	x->n += n;
	return rc;
}

static enum rc
work_start(struct store *s, void *arg, struct err *e)
{
	struct sealing *x = arg;
	const char *known, *ours = vault_key_digest(x->nd->store_key, x->a);
	enum rc rc = vault_key_known(s, x->a, &known, e);

	x->n = 0;
	if (rc == RC_OK && known == NULL)
		rc = store_run(
			s, &SQL_META_PUT,
			(struct db_param[]){DB_P_TEXT(VAULT_META), DB_P_TEXT(ours)}, NULL,
			NULL, e);
	else if (rc == RC_OK && strcmp(known, ours) != 0)
		rc = vault_key_wrong(x->nd->dir, e);
	for (size_t k = 0; rc == RC_OK && k < VAULT_COLUMNS; k++)
		rc = column_seal(s, x, &vault_columns[k], e);
	return rc;
}

/* No file: made for a store that never had a key, refused for any other. */
static enum rc
key_first(struct node *nd, struct arena *a, const char *path, struct err *e)
{
	const char *known;
	enum rc rc = vault_key_known(nd->store, a, &known, e);

	if (rc == RC_OK && known != NULL)
		rc = err_set(
			e, RC_CORRUPT,
			"%s is missing, the key of the store's secrets: " KEY_HOW_LOST,
			path);
	if (rc == RC_OK)
		rc = vault_create(arena_printf(a, "%s/keys", nd->dir), e);
	return rc == RC_OK ? key_load(nd, path, e) : rc;
}

enum rc
vault_look(struct node *nd, struct err *e)
{
	struct arena *a = arena_create();
	const char *path = arena_printf(a, "%s/keys/%s", nd->dir, VAULT_KEY_FILE);
	const char *known = NULL;
	enum rc rc = key_load(nd, path, e);

	if (rc == RC_OK)
		rc = vault_key_known(nd->store, a, &known, e);
	if (rc == RC_OK && known != NULL &&
	    strcmp(known, vault_key_digest(nd->store_key, a)) != 0)
		rc = vault_key_wrong(nd->dir, e);
	arena_free(a);
	return rc;
}

enum rc
vault_start(struct node *nd, struct err *e)
{
	struct arena *a = arena_create();
	struct sealing x = {.nd = nd, .a = a};
	const char *path = arena_printf(a, "%s/keys/%s", nd->dir, VAULT_KEY_FILE);
	enum rc rc = vault_rotation_end(nd->store, a, nd->dir, e);

	if (rc == RC_OK)
		rc = key_load(nd, path, e);
	if (rc == RC_NOT_FOUND)
		rc = key_first(nd, a, path, e);
	if (rc == RC_OK)
		rc = store_transact(nd->store, work_start, &x, e);
	if (rc == RC_OK && x.n != 0) {
		log_line(LOG_INFO, "vault.sealed", "secrets=%zu", x.n);
		/* What was in clear is in the write-ahead log until then. */
		rc = nd->store->drv->scrub(nd->store->db, e);
		atomic_store(&nd->scrub_due, rc == RC_RETRY);
		rc = rc == RC_RETRY ? RC_OK : rc;
	}
	arena_free(a);
	return rc;
}

/* The store takes the next key that it sees. */
static enum rc
work_forget(struct store *s, void *arg, struct err *e)
{
	(void)arg;
	return store_run(s, &SQL_META_DELETE, (struct db_param[]){DB_P_TEXT(VAULT_META)},
			 NULL, NULL, e);
}

static enum rc
key_lost(struct node *nd, const char *path, struct err *e)
{
	const char *known;
	struct err none = ERR_INIT;
	enum rc rc = vault_key_known(nd->store, nd->a, &known, e);

	if (rc != RC_OK)
		return rc;
	if (key_load(nd, path, &none) == RC_OK && known != NULL &&
	    strcmp(known, vault_key_digest(nd->store_key, nd->a)) == 0)
		return err_set(e, RC_CONFLICT,
			       "%s is the key of this store: nothing is lost", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_sys(e, "remove %s", path);
	rc = vault_create(arena_printf(nd->a, "%s/keys", nd->dir), e);
	return rc == RC_OK ? store_transact(nd->store, work_forget, NULL, e) : rc;
}

enum rc
node_new_store_key(const char *dir, struct err *e)
{
	struct node nd = {.a = arena_create(), .lock_fd = -1};

	nd.dir = arena_strdup(nd.a, dir);
	crypto_start();
	enum rc rc = node_lock(nd.a, dir, &nd.lock_fd, e);
	if (rc == RC_OK)
		rc = place_open(nd.a, dir, NULL, &nd.store, e);
	if (rc == RC_OK)
		rc = vault_rotation_end(nd.store, nd.a, dir, e);
	if (rc == RC_OK)
		rc = key_lost(&nd, arena_printf(nd.a, "%s/keys/%s", dir, VAULT_KEY_FILE),
			      e);
	vault_stop(&nd);
	store_close(nd.store);
	if (nd.lock_fd >= 0)
		close(nd.lock_fd);
	arena_free(nd.a);
	return rc;
}

void
vault_stop(struct node *nd)
{
	sodium_free(nd->store_key);
	nd->store_key = NULL;
}

/* ---- use --------------------------------------------------------------------------- */

const char *
vault_seal(const struct node *nd, struct arena *a, struct seal_place at,
	   const char *secret)
{
	return seal_text(a, nd->store_key, at, secret);
}

const uint8_t *
vault_seal_bytes(const struct node *nd, struct arena *a, struct seal_place at,
		 const void *secret, size_t len)
{
	return seal_bytes(a, nd->store_key, at, secret, len);
}

static enum rc
not_opened(struct seal_place at, struct err *e)
{
	return err_set(e, RC_CONFLICT,
		       "the secret %s of %s does not open with the store's key: make a "
		       "new one",
		       at.what, at.row);
}

enum rc
vault_open(const struct node *nd, struct arena *a, struct seal_place at,
	   const char *stored, const char **ret, struct err *e)
{
	if (seal_open_text(a, nd->store_key, at, stored, ret) != RC_OK)
		return not_opened(at, e);
	return RC_OK;
}

enum rc
vault_open_bytes(const struct node *nd, struct arena *a, struct seal_place at,
		 const uint8_t *stored, size_t stored_len, const uint8_t **ret,
		 size_t *ret_len, struct err *e)
{
	if (seal_open_bytes(a, nd->store_key, at, stored, stored_len, ret, ret_len) !=
	    RC_OK)
		return not_opened(at, e);
	return RC_OK;
}
