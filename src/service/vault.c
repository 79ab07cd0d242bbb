/*
 * The key of the store's secrets, and what is sealed under it.  The store keeps a digest
 * of the key, so that the wrong one is noticed at the start and not at a login.
 */
#include "service/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "core/crypto.h"
#include "store/store_sql.h"

#define KEY_FILE   "store.key"
#define KEY_HEAD   "saluran-key-v1 store " /* and the key in hex, and a newline */
#define KEY_META   "store_key"		   /* digest of the key, in hex */
#define KEY_DIGEST "saluran-store-key-v1"  /* what it is over, and the key */
#define KEY_HOW_LOST                                                                     \
	"put the file back from the backup of the keys; only if it is lost for good, "   \
	"start once with 'saluran serve --new-store-key'"

enum { KEY_FILE_LEN = sizeof(KEY_HEAD) - 1 + 2 * SEAL_KEY_LEN + 1 };

/* Columns that are sealed: rows that are in clear, and what puts a sealed one. */
static const struct {
	const char *what;
	const struct sql *clear; /* id, secret; of rows in clear only */
	const struct sql *put;	 /* $1 id  $2 sealed */
	bool bytes;
} kept[] = {
	{VAULT_TOTP, &SQL_VAULT_TOTP_CLEAR, &SQL_VAULT_TOTP_PUT, true},
	{VAULT_TOTP, &SQL_VAULT_TOTP_PENDING_CLEAR, &SQL_VAULT_TOTP_PENDING_PUT, true},
	{VAULT_TSIG, &SQL_VAULT_TSIG_CLEAR, &SQL_VAULT_TSIG_PUT, false},
	{VAULT_WEBHOOK, &SQL_VAULT_WEBHOOK_CLEAR, &SQL_VAULT_WEBHOOK_PUT, false},
	{VAULT_WEBHOOK, &SQL_VAULT_WEBHOOK_OLD_CLEAR, &SQL_VAULT_WEBHOOK_OLD_PUT, false},
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
vault_create(const char *keys_dir, struct err *e)
{
	struct arena *a = arena_create();
	struct scratch *s = scratch_make();
	const char *path = arena_printf(a, "%s/%s", keys_dir, KEY_FILE);
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

/* RC_NOT_FOUND: there is none. */
static enum rc
key_load(struct node *nd, const char *path, struct err *e)
{
	struct scratch *s = scratch_make();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	nd->store_key = sodium_malloc(SEAL_KEY_LEN);
	if (nd->store_key == NULL)
		abort();
	enum rc rc = fd < 0 ? err_sys(e, "open the key %s", path)
			    : key_read(path, fd, s, nd->store_key, e);
	if (fd >= 0)
		close(fd);
	sodium_free(s);
	if (rc == RC_OK) {
		sodium_mprotect_readonly(nd->store_key);
		return rc;
	}
	vault_stop(nd);
	return rc;
}

static const char *
key_digest(const struct node *nd, struct arena *a)
{
	uint8_t text[sizeof(KEY_DIGEST) + SEAL_KEY_LEN];
	char hex[HASH_HEX_LEN + 1];
	struct hash h;

	memcpy(text, KEY_DIGEST, sizeof(KEY_DIGEST));
	memcpy(text + sizeof(KEY_DIGEST), nd->store_key, SEAL_KEY_LEN);
	hash_bytes(text, sizeof(text), &h);
	sodium_memzero(text, sizeof(text));
	return arena_strdup(a, hash_hex(&h, hex));
}

/* ---- what is in clear -------------------------------------------------------------- */

struct clear_row {
	const char *id;
	const void *secret;
	size_t len;
};

struct clear_list {
	struct store_list l;
	bool bytes;
};

static enum rc
on_clear(void *arg, const struct db_row *row, struct err *e)
{
	struct clear_list *c = arg;
	struct clear_row *r = store_list_next(&c->l, sizeof(*r));
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
	if (r->len > SEAL_SECRET_MAX)
		return err_set(e, RC_CORRUPT, "a secret of %zu bytes is in the store",
			       r->len);
	return RC_OK;
}

struct sealing {
	struct node *nd;
	struct arena *a;
	size_t n; /* rows that were in clear */
};

static enum rc
column_seal(struct store *s, struct sealing *x, size_t k, struct err *e)
{
	struct clear_list c = {.l = {.s = s, .a = x->a}, .bytes = kept[k].bytes};
	enum rc rc = store_run(s, kept[k].clear, NULL, on_clear, &c, e);
	const struct clear_row *rows = c.l.rows;

	for (size_t i = 0; rc == RC_OK && i < c.l.n; i++) {
		const struct clear_row *r = &rows[i];
		const struct seal_place at = {kept[k].what, r->id};
		if (kept[k].bytes)
			rc = store_run(
				s, kept[k].put,
				(struct db_param[]){
					DB_P_TEXT(r->id),
					DB_P_BLOB(vault_seal_bytes(x->nd, x->a, at,
								   r->secret, r->len),
						  r->len + SEAL_OVER)},
				NULL, NULL, e);
		else
			rc = store_run(
				s, kept[k].put,
				(struct db_param[]){DB_P_TEXT(r->id),
						    DB_P_TEXT(vault_seal(x->nd, x->a, at,
									 r->secret))},
				NULL, NULL, e);
	}
	x->n += c.l.n;
	return rc;
}

static enum rc
work_start(struct store *s, void *arg, struct err *e)
{
	struct sealing *x = arg;
	const char *known, *ours = key_digest(x->nd, x->a);
	enum rc rc = store_text(s, x->a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT(KEY_META)}, &known, e);

	x->n = 0;
	if (rc == RC_OK && known == NULL)
		rc = store_run(s, &SQL_META_PUT,
			       (struct db_param[]){DB_P_TEXT(KEY_META), DB_P_TEXT(ours)},
			       NULL, NULL, e);
	else if (rc == RC_OK && strcmp(known, ours) != 0)
		rc = err_set(e, RC_CORRUPT,
			     "%s/keys/%s is not the key that the store's secrets are "
			     "sealed under: " KEY_HOW_LOST,
			     x->nd->dir, KEY_FILE);
	for (size_t k = 0; rc == RC_OK && k < sizeof(kept) / sizeof(kept[0]); k++)
		rc = column_seal(s, x, k, e);
	return rc;
}

/* No file: made for a store that never had a key, refused for any other. */
static enum rc
key_first(struct node *nd, struct arena *a, const char *path, struct err *e)
{
	const char *known;
	enum rc rc = store_text(nd->store, a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT(KEY_META)}, &known, e);

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
vault_start(struct node *nd, struct err *e)
{
	struct arena *a = arena_create();
	struct sealing x = {.nd = nd, .a = a};
	const char *path = arena_printf(a, "%s/keys/%s", nd->dir, KEY_FILE);
	enum rc rc = key_load(nd, path, e);

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
	return store_run(s, &SQL_META_DELETE, (struct db_param[]){DB_P_TEXT(KEY_META)},
			 NULL, NULL, e);
}

static enum rc
key_lost(struct node *nd, const char *path, struct err *e)
{
	const char *known;
	struct err none = ERR_INIT;
	enum rc rc = store_text(nd->store, nd->a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT(KEY_META)}, &known, e);

	if (rc != RC_OK)
		return rc;
	if (key_load(nd, path, &none) == RC_OK && known != NULL &&
	    strcmp(known, key_digest(nd, nd->a)) == 0)
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
		rc = store_open(arena_printf(nd.a, "%s/store.db", dir), false, &nd.store,
				e);
	if (rc == RC_OK)
		rc = key_lost(&nd, arena_printf(nd.a, "%s/keys/%s", dir, KEY_FILE), e);
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
