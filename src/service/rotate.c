#include "service/rotate.h"

#include <errno.h>
#include <ftw.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/fault.h"
#include "service/node_int.h"
#include "service/place.h"
#include "service/tls.h"
#include "store/store_identity.h"
#include "store/store_sql.h"

#define IDENTITY_FILE "identity.jws"
#define ROOT_WORD     "saluran-key-v1 root "

enum { ROOT_FILE_MAX = 4096, REMOVE_DEPTH = 4, KEY_NAME_MAX = 32 };

/* ---- files ------------------------------------------------------------------------- */

static const char *
under(struct arena *a, const char *dir, const char *folder, const char *name)
{
	return arena_printf(a, "%s/%s/%s", dir, folder, name);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static enum rc
folder_remove(const char *path, struct err *e)
{
	if (nftw(path, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS) < 0 &&
	    errno != ENOENT)
		return err_sys(e, "remove %s", path);
	return RC_OK;
}

/* What is there of a rotation that happened goes on; what is not there has gone. */
static enum rc
move(const char *from, const char *to, struct err *e)
{
	return rename(from, to) < 0 && errno != ENOENT
		       ? err_sys(e, "rename %s to %s", from, to)
		       : RC_OK;
}

/* The key of evidence is kept under the first name that is free: what was encrypted to it
 * is still opened. */
static enum rc
enc_move(struct arena *a, const char *dir, struct err *e)
{
	const char *next = under(a, dir, "keys.next", SIGNER_ENC_KEY),
		   *here = under(a, dir, "keys", SIGNER_ENC_KEY), *old = NULL;
	char name[KEY_NAME_MAX];

	if (access(next, F_OK) != 0)
		return RC_OK;
	for (unsigned n = 0; n < IDENTITY_ENTRIES_MAX; n++) {
		snprintf(name, sizeof(name), SIGNER_ENC_OLD_KEY, n);
		old = under(a, dir, "keys", name);
		if (access(old, F_OK) != 0)
			break;
	}
	enum rc rc = move(here, old, e);
	return rc == RC_OK ? move(next, here, e) : rc;
}

enum rc
rotation_end(struct arena *a, const char *dir, struct err *e)
{
	static const struct {
		const char *name, *to;
	} files[] = {
		{"event.key", "keys/event.key"},
		{"log.key", "keys/log.key"},
		{"receipt.key", "keys/receipt.key"},
		{TLS_KEY_FILE, TLS_KEY_FILE},
		{TLS_CERT_FILE, TLS_CERT_FILE},
		{IDENTITY_FILE, "keys/" IDENTITY_FILE},
	};
	const char *next = arena_printf(a, "%s/keys.next", dir);
	enum rc rc = folder_remove(arena_printf(a, "%s/keys.making", dir), e);

	if (rc != RC_OK || access(next, F_OK) != 0)
		return rc;
	rc = enc_move(a, dir, e);
	for (size_t i = 0; rc == RC_OK && i < sizeof(files) / sizeof(files[0]); i++) {
		rc = move(under(a, dir, "keys.next", files[i].name),
			  arena_printf(a, "%s/%s", dir, files[i].to), e);
		fault_point("identity.placed");
	}
	if (rc == RC_OK)
		rc = dir_sync(arena_printf(a, "%s/keys", dir), e);
	if (rc == RC_OK && rmdir(next) < 0)
		rc = err_sys(e, "remove %s", next);
	return rc == RC_OK ? dir_sync(dir, e) : rc;
}

/* ---- entries ----------------------------------------------------------------------- */

struct keeping {
	const struct identity_log *l;
	size_t from;
};

static enum rc
work_keep(struct store *s, void *arg, struct err *e)
{
	const struct keeping *k = arg;

	return store_identity_put(s, k->l, k->from, clock_now_us(), e);
}

enum rc
rotation_entries(struct store *s, struct arena *a, const char *dir, bool keep,
		 struct identity_log *ret, struct err *e)
{
	const char *path = under(a, dir, "keys", IDENTITY_FILE), *org = NULL, *text;
	struct keeping k = {.l = ret};
	size_t len;
	enum rc rc = store_text(s, a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT("org")}, &org, e);

	if (rc == RC_OK && org != NULL)
		rc = store_identity_log(s, a, org, ret, e);
	if (rc == RC_OK && (org == NULL || ret->n == 0))
		rc = err_set(
			e, RC_CORRUPT,
			"the store of %s has no node in it: it is another one, or an "
			"init that was not finished",
			dir);
	if (rc != RC_OK || access(path, F_OK) != 0)
		return rc;
	k.from = ret->n;
	rc = file_load(a, path, &text, &len, e);
	if (rc == RC_OK && identity_log_take(a, ret, text, len, e) != RC_OK) {
		err_prefix(e, "keys/" IDENTITY_FILE);
		return RC_CORRUPT;
	}
	return rc == RC_OK && keep && ret->n > k.from
		       ? store_transact(s, work_keep, &k, e)
		       : rc;
}

/* ---- a rotation -------------------------------------------------------------------- */

/* "saluran-key-v1 root <64 hex digits>" is the last line. */
static enum rc
root_read(struct arena *a, const char *path, uint8_t ret[SEED_LEN], struct err *e)
{
	const char *text;
	size_t len;
	enum rc rc = file_load(a, path, &text, &len, e);

	if (rc != RC_OK)
		return rc;
	const char *at = len > ROOT_FILE_MAX ? NULL : strstr(text, ROOT_WORD);
	if (at != NULL)
		at += sizeof(ROOT_WORD) - 1;
	if (at == NULL || strlen(at) != 2 * SEED_LEN + 1 || at[2 * SEED_LEN] != '\n' ||
	    hex_decode(at, 2 * SEED_LEN, ret, SEED_LEN) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "%s is no root key: its last line is \"" ROOT_WORD
			     "<64 hex digits>\"; it is the file next-root.key that was "
			     "taken off this machine",
			     path);
	return rc;
}

const char *
root_key_text(struct arena *a, const char *org, const uint8_t seed[SEED_LEN])
{
	char hex[2 * SEED_LEN + 1];

	hex_encode(seed, SEED_LEN, hex);
	const char *text = arena_printf(a,
					"# The next root key of %s. It is needed once, "
					"to replace this node's keys.\n"
					"# Take this file off this machine now, and keep "
					"it where nobody else comes.\n" ROOT_WORD "%s\n",
					org, hex);
	sodium_memzero(hex, sizeof(hex));
	return text;
}

/* The entry that follows the newest, with the keys in `making`. */
static enum rc
entry_make(struct arena *a, const struct node_rotation *in, const char *making,
	   struct identity_log *l, const uint8_t root[SEED_LEN], struct err *e)
{
	const struct identity *before = identity_log_newest(l);
	struct identity id = *before;
	uint8_t next[SEED_LEN], next_pub[KEY_LEN];
	struct signer_public pub;

	id.n = before->n + 1;
	id.iat_us = clock_now_us();
	merkle_leaf(before->wire, strlen(before->wire), &id.prev);
	if (in->url != NULL)
		id.url = in->url;
	if (in->name != NULL)
		id.name = in->name;
	sign_public_key(root, id.root_pub);
	randombytes_buf(next, sizeof(next));
	sign_public_key(next, next_pub);
	hash_bytes(next_pub, KEY_LEN, &id.next_root);
	enum rc rc = signer_keys_create(making, &pub, e);
	if (rc == RC_OK)
		rc = tls_create(making, id.org, id.iat_us, TLS_VALID_DAYS, e);
	id.n_event_keys = id.n_tls_spki = 1;
	if (rc == RC_OK)
		rc = tls_spki(making, &id.tls_spki[0], e);
	if (rc != RC_OK)
		goto out;
	memcpy(id.event_keys[0], pub.event_pub, KEY_LEN);
	memcpy(id.log_key, pub.log_pub, KEY_LEN);
	memcpy(id.receipt_key, pub.receipt_pub, KEY_LEN);
	memcpy(id.enc_key, pub.enc_pub, KEY_LEN);
	const char *wire = identity_sign(a, &id, root);
	rc = wire == NULL ? err_set(e, RC_INVALID, "--name is not UTF-8")
			  : identity_log_add(a, l, wire, strlen(wire), e);
	if (rc == RC_OK) {
		const char *text = root_key_text(a, id.org, next);
		rc = file_write(in->next_path, text, strlen(text), e);
	}
out:
	sodium_memzero(next, sizeof(next));
	return rc;
}

/* A channel.rekey brings only so many entries at once. */
static enum rc
pending_check(struct store *s, struct arena *a, const struct identity_log *own,
	      struct err *e)
{
	struct identity_log *l = ARENA_NEW(a, struct identity_log);
	const struct channel_row *rows;
	size_t n;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = store_identity_of_party(s, a, rows[i].channel, rows[i].own_party, l,
					     e);
		if (rc == RC_OK && l->n_turns != 0 &&
		    own->n - identity_log_at(l, UINT64_MAX) > IDENTITY_REKEY_MAX)
			rc = err_set(e, RC_CONFLICT,
				     "the log for %s does not have the last %d rotations "
				     "yet: start the node, and rotate again when it has "
				     "told them",
				     rows[i].peer_org, IDENTITY_REKEY_MAX);
	}
	return rc;
}

static enum rc
rotate(struct store *s, struct arena *a, const struct node_rotation *in,
       struct identity_log *l, struct err *e)
{
	const char *making = arena_printf(a, "%s/keys.making", in->dir);
	uint8_t root[SEED_LEN], pub[KEY_LEN];
	struct hash promised;
	enum rc rc = rotation_entries(s, a, in->dir, true, l, e);

	if (rc == RC_OK)
		rc = pending_check(s, a, l, e);
	if (rc == RC_OK)
		rc = root_read(a, in->root_path, root, e);
	if (rc != RC_OK)
		return rc;
	sign_public_key(root, pub);
	hash_bytes(pub, KEY_LEN, &promised);
	if (!hash_equal(&promised, &identity_log_newest(l)->next_root))
		rc = err_rule(e, RC_DENIED, "protocol 9",
			      "this is not the root key that entry %zu promised: it was "
			      "used already, or is of another node",
			      l->n - 1);
	else if (mkdir(making, 0700) < 0)
		rc = err_sys(e, "make %s", making);
	else
		rc = entry_make(a, in, making, l, root, e);
	sodium_memzero(root, sizeof(root));
	if (rc == RC_OK) {
		const char *text = identity_log_text(a, l);
		rc = file_write(arena_printf(a, "%s/" IDENTITY_FILE, making), text,
				strlen(text), e);
	}
	if (rc == RC_OK)
		rc = dir_sync(making, e);
	fault_point("identity.before");
	if (rc == RC_OK && rename(making, arena_printf(a, "%s/keys.next", in->dir)) < 0)
		rc = err_sys(e, "rename %s", making);
	fault_point("identity.after");
	return rc == RC_OK ? dir_sync(in->dir, e) : rc;
}

enum rc
node_rotate_keys(struct arena *a, const struct node_rotation *in,
		 struct node_rotated *ret, struct err *e)
{
	struct identity_log *l = ARENA_NEW(a, struct identity_log);
	char fingerprint[FINGERPRINT_TEXT_MAX];
	struct store *s = NULL;
	struct err none = ERR_INIT;
	int lock_fd = -1;

	crypto_start();
	enum rc rc = node_lock(a, in->dir, &lock_fd, e);
	if (rc == RC_OK && access(in->next_path, F_OK) == 0)
		rc = err_set(e, RC_CONFLICT,
			     "%s exists: name another file for the root key after this "
			     "one (--next)",
			     in->next_path);
	else if (rc == RC_OK)
		rc = rotation_end(a, in->dir, e);
	if (rc == RC_OK)
		rc = place_open(a, in->dir, NULL, &s, e);
	if (rc == RC_OK)
		rc = rotate(s, a, in, l, e);
	store_close(s);
	if (rc == RC_OK) {
		ret->n = l->n - 1;
		ret->fingerprint = arena_strdup(
			a, identity_fingerprint(identity_log_newest(l)->root_pub,
						fingerprint));
		rc = rotation_end(a, in->dir, e);
	} else if (lock_fd >= 0 &&
		   folder_remove(arena_printf(a, "%s/keys.making", in->dir), &none) ==
			   RC_OK &&
		   l->n > 1) {
		/* The root key after one that was not used is of no use. */
		(void)unlink(in->next_path);
	}
	if (lock_fd >= 0)
		close(lock_fd);
	return rc;
}
