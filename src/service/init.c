/*
 * A new node: keys, identity entry 0, store, settings and the first admin, built beside
 * the directory that was asked for and renamed to it when everything is durable.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netdb.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/enc.h"
#include "service/person.h"
#include "service/place.h"
#include "service/tls.h"
#include "service/vault.h"
#include "store/store_sql.h"

enum { NAME_MAX_BYTES = 200, REMOVE_DEPTH = 8 };

enum rc
file_write(const char *path, const void *p, size_t len, struct err *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	const char *at = p;
	enum rc rc = RC_OK;

	if (fd < 0)
		return err_sys(e, "create %s", path);
	while (rc == RC_OK && len != 0) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno != EINTR)
			rc = err_sys(e, "write %s", path);
		at += n < 0 ? 0 : n;
		len -= n < 0 ? 0 : (size_t)n;
	}
	if (rc == RC_OK && fsync(fd) < 0)
		rc = err_sys(e, "write %s", path);
	close(fd);
	return rc;
}

enum rc
dir_sync(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum rc rc = RC_OK;

	if (fd < 0 || fsync(fd) < 0)
		rc = err_sys(e, "sync %s", path);
	if (fd >= 0)
		close(fd);
	return rc;
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
init_check(const struct node_init *in, struct err *e)
{
	if (!org_valid(in->org, strlen(in->org)))
		return err_set(e, RC_INVALID,
			       "--org must be a DNS name in lower case, such as "
			       "kominfo.example");
	if (in->name[0] == '\0' || strlen(in->name) > NAME_MAX_BYTES)
		return err_set(e, RC_INVALID, "--name is empty or longer than %d bytes",
			       NAME_MAX_BYTES);
	if (strncmp(in->url, "https://", 8) != 0)
		return err_set(e, RC_INVALID,
			       "--url must be how peers reach this node, such as "
			       "https://saluran.kominfo.example:7443");
	return RC_OK;
}

/* Entry 0; the next root key goes to a file that is to leave this machine. */
static enum rc
identity_make(struct arena *a, const struct node_init *in,
	      const struct signer_public *keys, const struct hash *tls_spki,
	      const char *recovery_path, struct identity *ret, struct err *e)
{
	uint8_t root[SEED_LEN], next[SEED_LEN], next_pub[KEY_LEN];

	randombytes_buf(root, sizeof(root));
	randombytes_buf(next, sizeof(next));
	*ret = (struct identity){.org = in->org,
				 .name = in->name,
				 .role = in->role,
				 .n_event_keys = 1,
				 .n_tls_spki = 1,
				 .url = in->url,
				 .iat_us = clock_now_us()};
	sign_public_key(root, ret->root_pub);
	sign_public_key(next, next_pub);
	hash_bytes(next_pub, KEY_LEN, &ret->next_root);
	memcpy(ret->event_keys[0], keys->event_pub, KEY_LEN);
	memcpy(ret->log_key, keys->log_pub, KEY_LEN);
	memcpy(ret->receipt_key, keys->receipt_pub, KEY_LEN);
	memcpy(ret->enc_key, keys->enc_pub, KEY_LEN);
	ret->tls_spki[0] = *tls_spki;
	if (in->contact != NULL) {
		ret->contacts[0] =
			(struct contact){.name = "first contact", .reach = in->contact};
		ret->n_contacts = 1;
	}
	ret->wire = identity_sign(a, ret, root);
	const char *text = root_key_text(a, in->org, next);
	enum rc rc = file_write(recovery_path, text, strlen(text), e);
	sodium_memzero(root, sizeof(root));
	sodium_memzero(next, sizeof(next));
	return rc;
}

/* How long a link is good by the settings in `path`, NULL: by default. */
static enum rc
link_valid(struct arena *a, const char *path, int64_t *ret_us, struct err *e)
{
	struct settings *config;
	enum rc rc = settings_load(a, node_settings, node_settings_n, path, &config, e);

	if (rc == RC_OK)
		*ret_us = settings_int(config, "people.link_s") * CLOCK_US_PER_S;
	return rc;
}

struct seed {
	const struct identity *id;
	const struct person_new *admin;
	struct arena *a;
	int64_t link_us;
	const char *link; /* made */
};

static enum rc
work_seed(struct store *s, void *arg, struct err *e)
{
	struct seed *x = arg;
	int64_t now_us = clock_now_us();
	enum rc rc =
		store_run(s, &SQL_META_PUT,
			  (struct db_param[]){DB_P_TEXT("org"), DB_P_TEXT(x->id->org)},
			  NULL, NULL, e);

	if (rc == RC_OK)
		rc = store_run(s, &SQL_IDENTITY_PUT,
			       (struct db_param[]){DB_P_TEXT(x->id->org), DB_P_INT(0),
						   DB_P_TEXT(x->id->wire),
						   DB_P_INT(now_us)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = person_insert(s, x->admin, "init", now_us, e);
	if (rc == RC_OK)
		rc = welcome_put(s, x->a, x->admin->name, "init", now_us, x->link_us,
				 &x->link, e);
	return rc;
}

static enum rc
store_make(const char *dir, const char *uri, struct seed *seed, struct err *e)
{
	struct store *s = NULL;
	enum rc rc = place_make(seed->a, dir, uri, &s, e);

	if (rc == RC_OK)
		rc = store_transact(s, work_seed, seed, e);
	store_close(s);
	return rc;
}

/* What 'saluran serve' would refuse is refused here. */
static enum rc
listen_check(const struct settings *s, const char *setting, struct err *e)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *at = NULL;
	const char *host;
	uint16_t port;

	if (!settings_address(s, setting, &host, &port) ||
	    (strcmp(setting, "http.listen") == 0 && strcmp(host, "localhost") == 0))
		return RC_OK;
	if (getaddrinfo(host, NULL, &hints, &at) != 0)
		return err_set(e, RC_INVALID,
			       "%s: %s is no numeric address: give it as 192.0.2.1:%u or "
			       "[2001:db8::1]:%u",
			       setting, host, (unsigned)port, (unsigned)port);
	freeaddrinfo(at);
	return RC_OK;
}

static enum rc
settings_make(struct arena *a, const char *path, const struct node_init *in,
	      struct err *e)
{
	enum { CONF_MAX = 65536, LISTENS = 4 /* the first of `given` */ };
	struct buf b = BUF_INIT(CONF_MAX);
	const struct {
		const char *name, *value;
	} given[] = {
		{"peer.listen", in->peer_listen}, {"http.listen", in->http_listen},
		{"api.listen", in->api_listen},	  {"rpz.listen", in->rpz_listen},
		{"rpz.zone", in->rpz_zone},	  {"store", in->store},
	};
	struct settings *parsed;
	const char *whole;

	settings_doc_put(node_settings, node_settings_n, &b);
	buf_puts(&b, "\n# Chosen at 'saluran init':\n");
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (given[i].value != NULL)
			buf_printf(&b, "%s = %s\n", given[i].name, given[i].value);
	whole = arena_strndup(a, buf_str(&b), b.len);
	enum rc rc = settings_parse(a, node_settings, node_settings_n, "saluran.conf",
				    whole, b.len, &parsed, e);
	for (size_t i = 0; rc == RC_OK && i < LISTENS; i++)
		rc = listen_check(parsed, given[i].name, e);
	if (rc == RC_OK)
		rc = file_write(path, whole, b.len, e);
	buf_free(&b);
	return rc;
}

/* Everything inside `tmp`. */
static enum rc
fill(struct arena *a, const struct node_init *in, const char *tmp, struct node_made *ret,
     struct err *e)
{
	const char *keys = arena_printf(a, "%s/keys", tmp);
	struct signer_public pub;
	struct person_new admin;
	struct identity id;
	struct hash spki;
	char fingerprint[FINGERPRINT_TEXT_MAX];

	if (mkdir(keys, 0700) < 0)
		return err_sys(e, "make %s", keys);
	enum rc rc = signer_keys_create(keys, &pub, e);
	if (rc == RC_OK)
		rc = vault_create(keys, e);
	if (rc == RC_OK)
		rc = tls_create(tmp, in->org, clock_now_us(), TLS_VALID_DAYS, e);
	if (rc == RC_OK)
		rc = tls_spki(tmp, &spki, e);
	if (rc == RC_OK)
		rc = identity_make(a, in, &pub, &spki,
				   arena_printf(a, "%s/next-root.key", tmp), &id, e);
	if (rc == RC_OK)
		rc = person_prepare(a, in->admin, role_token(ROLE_ADMIN), &admin, e);
	struct seed seed = {.id = &id, .admin = &admin, .a = a};
	if (rc == RC_OK)
		rc = link_valid(a, NULL, &seed.link_us, e);
	if (rc == RC_OK)
		rc = settings_make(a, arena_printf(a, "%s/saluran.conf", tmp), in, e);
	if (rc != RC_OK)
		return rc;
	const char *credential = arena_printf(a, "%s\n", admin.credential);
	rc = file_write(arena_printf(a, "%s/%s.credential", tmp, in->admin), credential,
			strlen(credential), e);
	/* Last: a database does not go away with the directory when something fails. */
	if (rc == RC_OK)
		rc = store_make(tmp, in->store, &seed, e);
	ret->link = seed.link;
	ret->link_s = seed.link_us / CLOCK_US_PER_S;
	ret->fingerprint =
		arena_strdup(a, identity_fingerprint(id.root_pub, fingerprint));
	ret->credential_path = arena_printf(a, "%s/%s.credential", in->dir, in->admin);
	ret->recovery_path = arena_printf(a, "%s/next-root.key", in->dir);
	return rc;
}

enum rc
node_create(struct arena *a, const struct node_init *in, struct node_made *ret,
	    struct err *e)
{
	crypto_start();
	size_t len = strlen(in->dir);
	while (len > 1 && in->dir[len - 1] == '/')
		len--;
	const char *dir = arena_strndup(a, in->dir, len);
	char *tmp = arena_printf(a, "%s.new-XXXXXX", dir);
	enum rc rc = init_check(in, e);

	if (rc != RC_OK)
		return rc;
	if (mkdtemp(tmp) == NULL)
		return err_sys(e, "make a directory beside %s", dir);
	rc = fill(a, in, tmp, ret, e);
	if (rc == RC_OK)
		rc = dir_sync(tmp, e);
	/* rename() replaces an empty directory, and nothing else. */
	if (rc == RC_OK && rename(tmp, dir) < 0)
		rc = errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR
			     ? err_set(e, RC_CONFLICT,
				       "%s exists and is not an empty directory: choose "
				       "another",
				       dir)
			     : err_sys(e, "rename to %s", dir);
	if (rc == RC_OK)
		return dir_sync(dir, e);
	if (nftw(tmp, remove_one, REMOVE_DEPTH, FTW_DEPTH | FTW_PHYS) < 0)
		err_prefix(e, "(%s is left behind)", tmp);
	return rc;
}

struct relink {
	struct arena *a;
	const char *name, *link;
	bool forget_device;
	int64_t valid_us;
};

static enum rc
work_relink(struct store *s, void *arg, struct err *e)
{
	struct relink *x = arg;

	return person_link(s, x->a, x->name, x->forget_device, "machine", clock_now_us(),
			   x->valid_us, &x->link, e);
}

enum rc
node_link(struct arena *a, const char *dir, const char *name, bool forget_device,
	  const char **ret, int64_t *ret_s, struct err *e)
{
	struct relink x = {.a = a, .name = name, .forget_device = forget_device};
	struct store *s = NULL;
	int lock_fd = -1;

	crypto_start();
	enum rc rc = node_lock(a, dir, &lock_fd, e);
	if (rc == RC_OK)
		rc = link_valid(a, arena_printf(a, "%s/saluran.conf", dir), &x.valid_us,
				e);
	if (rc == RC_OK)
		rc = place_open(a, dir, NULL, &s, e);
	if (rc == RC_OK)
		rc = store_transact(s, work_relink, &x, e);
	store_close(s);
	if (lock_fd >= 0)
		close(lock_fd);
	if (rc == RC_OK) {
		*ret = x.link;
		*ret_s = x.valid_us / CLOCK_US_PER_S;
	}
	return rc;
}
