#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "signer/signer_int.h"

#define KEY_MAGIC "saluran-key-v1"

enum { KEY_FILE_MAX = 128 /* bytes; a key's has some 90 */ };

enum role { ROLE_EVENT, ROLE_LOG, ROLE_RECEIPT, ROLE_ENC };
#define KEY_ROLES (ROLE_ENC + 1)

static const char *const role_names[KEY_ROLES] = {
	[ROLE_EVENT] = "event",
	[ROLE_LOG] = "log",
	[ROLE_RECEIPT] = "receipt",
	[ROLE_ENC] = "enc",
};

/* What passes through while a key is read or made; in memory of sodium_malloc(). */
struct scratch {
	char text[KEY_FILE_MAX];
	uint8_t seed[SEED_LEN];
	uint8_t sk[crypto_sign_SECRETKEYBYTES];
};

static void *
secret_alloc(size_t len)
{
	void *p = sodium_malloc(len);

	if (p == NULL)
		abort();
	return p;
}

static void
file_name(char out[KEY_FILE_MAX], enum role role)
{
	snprintf(out, KEY_FILE_MAX, "%s.key", role_names[role]);
}

/* The public half of s->seed, and for keys that sign the expanded secret one in s->sk. */
static void
derive(struct scratch *s, enum role role, struct signer_public *pub)
{
	switch (role) {
	case ROLE_EVENT:
		crypto_sign_seed_keypair(pub->event_pub, s->sk, s->seed);
		break;
	case ROLE_LOG:
		crypto_sign_seed_keypair(pub->log_pub, s->sk, s->seed);
		break;
	case ROLE_RECEIPT:
		crypto_sign_seed_keypair(pub->receipt_pub, s->sk, s->seed);
		break;
	case ROLE_ENC:
		crypto_scalarmult_base(pub->enc_pub, s->seed);
		break;
	}
}

/* ---- making ------------------------------------------------------------------------ */

static enum rc
write_key(int dir, enum role role, struct scratch *s, struct err *e)
{
	char name[KEY_FILE_MAX], hex[2 * SEED_LEN + 1];
	enum rc rc = RC_OK;

	file_name(name, role);
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST
			       ? err_set(e, RC_CONFLICT,
					 "there is a key already: %s; keys are made "
					 "once, and rotated by a new identity entry",
					 name)
			       : err_sys(e, "create %s", name);
	hex_encode(s->seed, SEED_LEN, hex);
	int len = snprintf(s->text, sizeof(s->text), "%s %s %s\n", KEY_MAGIC,
			   role_names[role], hex);
	sodium_memzero(hex, sizeof(hex));
	if (write(fd, s->text, (size_t)len) != len || fsync(fd) != 0) {
		rc = err_sys(e, "write %s", name);
		unlinkat(dir, name, 0);
	}
	close(fd);
	return rc;
}

static enum rc
none_exists(int dir, struct err *e)
{
	char name[KEY_FILE_MAX];

	for (enum role r = 0; r < KEY_ROLES; r++) {
		file_name(name, r);
		if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return err_set(
				e, RC_CONFLICT,
				"there is a key already: %s; keys are made once, and "
				"rotated by a new identity entry",
				name);
		if (errno != ENOENT)
			return err_sys(e, "look for %s", name);
	}
	return RC_OK;
}

enum rc
signer_keys_create(const char *keys_dir, struct signer_public *ret, struct err *e)
{
	struct scratch *s = secret_alloc(sizeof(*s));
	char name[KEY_FILE_MAX];
	enum role made = 0;
	int dir = -1;
	enum rc rc;

	if (mkdir(keys_dir, 0700) != 0 && errno != EEXIST) {
		rc = err_sys(e, "make the folder %s", keys_dir);
		goto out;
	}
	dir = open(keys_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		rc = err_sys(e, "open the folder %s", keys_dir);
		goto out;
	}
	rc = none_exists(dir, e);
	for (; rc == RC_OK && made < KEY_ROLES; made++) {
		randombytes_buf(s->seed, SEED_LEN);
		derive(s, made, ret);
		rc = write_key(dir, made, s, e);
		if (rc != RC_OK)
			break;
	}
	if (rc == RC_OK && fsync(dir) != 0)
		rc = err_sys(e, "write the folder %s", keys_dir);
	/* All keys or none: half a set could not be made whole by calling again. */
	while (rc != RC_OK && made-- > 0) {
		file_name(name, made);
		unlinkat(dir, name, 0);
	}
out:
	if (dir >= 0)
		close(dir);
	sodium_free(s);
	return rc;
}

/* ---- reading ----------------------------------------------------------------------- */

/* Exactly the text that write_key() writes. */
static enum rc
parse_key(const char *name, enum role role, struct scratch *s, size_t len, struct err *e)
{
	char head[KEY_FILE_MAX];
	size_t head_len = (size_t)snprintf(head, sizeof(head), "%s %s ", KEY_MAGIC,
					   role_names[role]);

	if (len != head_len + 2 * SEED_LEN + 1 || memcmp(s->text, head, head_len) != 0 ||
	    s->text[len - 1] != '\n' ||
	    hex_decode(s->text + head_len, 2 * SEED_LEN, s->seed, SEED_LEN) != RC_OK)
		return err_set(
			e, RC_CORRUPT,
			"%s is no key file: it has one line, \"%s<64 hex digits>\"; "
			"restore it from its backup",
			name, head);
	return RC_OK;
}

static enum rc
read_key(int dir, const char *name, enum role role, struct scratch *s, struct err *e)
{
	struct stat st;
	enum rc rc;

	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(
			e, RC_NOT_FOUND,
			"the key keys/%s is missing: put it back from the backup of "
			"the keys; without it the node signs nothing, and "
			"docs/operating.md says what is left to do",
			name);
	if (fd < 0)
		return err_sys(e, "open the key %s", name);
	if (fstat(fd, &st) != 0) {
		rc = err_sys(e, "look at the key %s", name);
		goto out;
	}
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		rc = err_set(
			e, RC_DENIED,
			"other users have access to the key %s (mode %03o): run chmod "
			"600 on it; if they may have read it, docs/operating.md says "
			"what "
			"to do after a theft",
			name, (unsigned)st.st_mode & 0777);
		goto out;
	}
	ssize_t n = read(fd, s->text, sizeof(s->text));
	rc = n < 0 ? err_sys(e, "read the key %s", name)
		   : parse_key(name, role, s, (size_t)n, e);
out:
	close(fd);
	return rc;
}

/* Keys of evidence that were replaced, as many as there are. */
static enum rc
read_old(int dir, struct signer_keys *keys, struct scratch *s, struct err *e)
{
	enum rc rc = RC_OK;

	for (unsigned n = 0; rc == RC_OK && n < SIGNER_ENC_OLD_MAX; n++) {
		char name[KEY_FILE_MAX];
		snprintf(name, sizeof(name), SIGNER_ENC_OLD_KEY, n);
		if (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
			break;
		rc = read_key(dir, name, ROLE_ENC, s, e);
		if (rc == RC_OK)
			memcpy(keys->enc_old[keys->n_enc_old++], s->seed, SEED_LEN);
	}
	return rc;
}

enum rc
signer_keys_load(const char *keys_dir, struct signer_keys **ret,
		 struct signer_public *ret_public, struct err *e)
{
	struct signer_keys *keys = secret_alloc(sizeof(*keys));
	struct scratch *s = secret_alloc(sizeof(*s));
	uint8_t *const sk[KEY_ROLES] = {keys->event, keys->log, keys->receipt, NULL};
	enum rc rc = RC_OK;

	keys->n_enc_old = 0;
	int dir = open(keys_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		rc = err_sys(e,
			     "the folder of keys %s, which belongs to the backup of keys",
			     keys_dir);
	for (enum role r = 0; rc == RC_OK && r < KEY_ROLES; r++) {
		char name[KEY_FILE_MAX];
		file_name(name, r);
		rc = read_key(dir, name, r, s, e);
		if (rc != RC_OK)
			break;
		derive(s, r, ret_public);
		if (sk[r] != NULL)
			memcpy(sk[r], s->sk, sizeof(s->sk));
		if (r == ROLE_ENC)
			memcpy(keys->enc, s->seed, SEED_LEN);
	}
	if (rc == RC_OK)
		rc = read_old(dir, keys, s, e);
	if (dir >= 0)
		close(dir);
	sodium_free(s);
	if (rc != RC_OK) {
		sodium_free(keys);
		return rc;
	}
	sodium_mprotect_readonly(keys);
	*ret = keys;
	return RC_OK;
}
