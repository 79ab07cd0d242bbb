#include "service/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/tls_session.h"

enum {
	TLS_FILE_MAX = 65536,
	TLS_SERIAL_LEN = 16,
	TLS_DAY_S = 86400,
	TLS_BACKDATE_S = TLS_DAY_S, /* how far a peer's clock may be behind ours */
};

static enum rc
tls_failed(struct err *e, int code, const char *what)
{
	return err_set(e, RC_IO, "%s: %s", what, gnutls_strerror(code));
}

static char *
path_of(const char *dir, const char *file, const char *suffix)
{
	char *path = NULL;

	if (asprintf(&path, "%s/%s%s", dir, file, suffix) < 0)
		abort();
	return path;
}

static enum rc
file_read(const char *dir, const char *file, char **ret, struct err *e)
{
	char *path = path_of(dir, file, "");
	char *text = NULL;
	size_t len = 0;
	enum rc rc = RC_OK;

	*ret = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		rc = err_sys(e, "open %s", path);
		goto out;
	}
	text = calloc(1, TLS_FILE_MAX + 1);
	if (text == NULL)
		abort();
	for (;;) {
		ssize_t n = read(fd, text + len, TLS_FILE_MAX - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = err_sys(e, "read %s", path);
		if (n <= 0)
			break;
		len += (size_t)n;
		if (len == TLS_FILE_MAX) {
			rc = err_set(e, RC_TOO_LARGE,
				     "%s is no PEM file of ours: it has "
				     "%d bytes or more",
				     path, TLS_FILE_MAX);
			break;
		}
	}
	if (rc == RC_OK) {
		*ret = text;
		text = NULL;
	}
out:
	if (text != NULL)
		sodium_memzero(text, TLS_FILE_MAX);
	free(text);
	if (fd >= 0)
		close(fd);
	free(path);
	return rc;
}

/* Durable and complete under its name, or not there. */
static enum rc
file_write(const char *dir, const char *file, const gnutls_datum_t *text, struct err *e)
{
	char *path = path_of(dir, file, ""), *temp = path_of(dir, file, ".tmp");
	enum rc rc = RC_OK;
	int dirfd = -1;

	if (unlink(temp) < 0 && errno != ENOENT) {
		rc = err_sys(e, "remove %s", temp);
		goto out_names;
	}
	int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		rc = err_sys(e, "create %s", temp);
		goto out_names;
	}
	for (size_t at = 0; at < text->size;) {
		ssize_t n = write(fd, text->data + at, text->size - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			rc = err_sys(e, "write %s", temp);
			goto out;
		}
		at += (size_t)n;
	}
	if (fsync(fd) < 0 || rename(temp, path) < 0) {
		rc = err_sys(e, "write %s", path);
		goto out;
	}
	dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0 || fsync(dirfd) < 0)
		rc = err_sys(e, "sync %s", dir);
out:
	close(fd);
	if (rc != RC_OK)
		unlink(temp);
out_names:
	if (dirfd >= 0)
		close(dirfd);
	free(temp);
	free(path);
	return rc;
}

/* The key that is there, else a new one, which is then on disk. */
static enum rc
key_get(const char *dir, gnutls_x509_privkey_t key, struct err *e)
{
	gnutls_datum_t pem = {0};
	char *old = NULL;
	int code;
	enum rc rc = file_read(dir, TLS_KEY_FILE, &old, e);

	if (rc == RC_OK) {
		gnutls_datum_t text = {(unsigned char *)old, (unsigned)strlen(old)};
		code = gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM);
		if (code < 0)
			rc = err_set(e, RC_INVALID, "%s/%s is no private key: %s", dir,
				     TLS_KEY_FILE, gnutls_strerror(code));
		sodium_memzero(old, text.size);
		free(old);
		return rc;
	}
	if (rc != RC_NOT_FOUND)
		return rc;
	code = gnutls_x509_privkey_generate(
		key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
		0);
	if (code >= 0)
		code = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							 GNUTLS_PKCS_PLAIN, &pem);
	if (code < 0)
		return tls_failed(e, code, "make a TLS key");
	rc = file_write(dir, TLS_KEY_FILE, &pem, e);
	sodium_memzero(pem.data, pem.size);
	gnutls_free(pem.data);
	return rc;
}

/* A key of an older node is Ed25519, which has a hash of its own. */
static gnutls_digest_algorithm_t
digest_of(gnutls_x509_privkey_t key)
{
	return gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_EDDSA_ED25519
		       ? GNUTLS_DIG_SHA512
		       : GNUTLS_DIG_SHA256;
}

/* RFC 5280: version 3, positive serial; no CA. */
static int
cert_fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *common_name,
	  time_t now, unsigned valid_days)
{
	unsigned char serial[TLS_SERIAL_LEN];
	int code = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] = (unsigned char)((serial[0] & 0x7f) | 0x40);
	if (code >= 0)
		code = gnutls_x509_crt_set_version(crt, 3);
	if (code >= 0)
		code = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
	if (code >= 0)
		code = gnutls_x509_crt_set_activation_time(crt, now - TLS_BACKDATE_S);
	if (code >= 0)
		code = gnutls_x509_crt_set_expiration_time(
			crt, now + (time_t)valid_days * TLS_DAY_S);
	if (code >= 0)
		code = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
						     common_name,
						     (unsigned)strlen(common_name));
	if (code >= 0)
		code = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
	if (code >= 0)
		code = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (code >= 0)
		code = gnutls_x509_crt_set_key(crt, key);
	if (code >= 0)
		code = gnutls_x509_crt_sign2(crt, crt, key, digest_of(key), 0);
	return code;
}

enum rc
tls_create(const char *dir, const char *common_name, int64_t now_us, unsigned valid_days,
	   struct err *e)
{
	char *path = path_of(dir, TLS_CERT_FILE, "");
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t pem = {0};
	struct stat st;
	enum rc rc;

	if (valid_days == 0 || valid_days > TLS_VALID_DAYS_MAX) {
		rc = err_set(e, RC_INVALID,
			     "a certificate is valid for 1 to %d days, not %u",
			     TLS_VALID_DAYS_MAX, valid_days);
		goto out;
	}
	if (lstat(path, &st) == 0) {
		rc = err_set(e, RC_CONFLICT, "%s is there; remove it to renew it", path);
		goto out;
	}
	int code = gnutls_x509_privkey_init(&key);
	if (code >= 0)
		code = gnutls_x509_crt_init(&crt);
	if (code < 0) {
		rc = tls_failed(e, code, "start GnuTLS");
		goto out;
	}
	rc = key_get(dir, key, e);
	if (rc != RC_OK)
		goto out;
	code = cert_fill(crt, key, common_name, (time_t)(now_us / CLOCK_US_PER_S),
			 valid_days);
	if (code >= 0)
		code = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem);
	if (code < 0) {
		rc = tls_failed(e, code, "make a certificate");
		goto out;
	}
	rc = file_write(dir, TLS_CERT_FILE, &pem, e);
out:
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	free(path);
	return rc;
}

/* As libcurl computes a pin. */
static int
cert_spki(gnutls_x509_crt_t crt, struct hash *ret)
{
	gnutls_pubkey_t pub = NULL;
	gnutls_datum_t der = {0};
	int code = gnutls_pubkey_init(&pub);

	if (code >= 0)
		code = gnutls_pubkey_import_x509(pub, crt, 0);
	if (code >= 0)
		code = gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, &der);
	if (code >= 0)
		hash_bytes(der.data, der.size, ret);
	gnutls_free(der.data);
	gnutls_pubkey_deinit(pub);
	return code;
}

static enum rc
dates_check(gnutls_x509_crt_t crt, int64_t now_us, struct err *e)
{
	time_t from = gnutls_x509_crt_get_activation_time(crt);
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	time_t now = (time_t)(now_us / CLOCK_US_PER_S);
	char when[CLOCK_TEXT_LEN];

	if (from == (time_t)-1 || until == (time_t)-1)
		return err_rule(e, RC_DENIED, "protocol 5",
				"the certificate has no dates");
	if (now > until)
		return err_rule(e, RC_DENIED, "protocol 5",
				"the certificate expired on %.10s",
				clock_format((int64_t)until * CLOCK_US_PER_S, when));
	if (now < from)
		return err_rule(e, RC_DENIED, "protocol 5",
				"the certificate is not valid before %.10s",
				clock_format((int64_t)from * CLOCK_US_PER_S, when));
	return RC_OK;
}

/* Our own certificate; free it with gnutls_x509_crt_deinit(). */
static enum rc
cert_import(const char *dir, char *text, gnutls_x509_crt_t *ret, struct hash *ret_spki,
	    struct err *e)
{
	gnutls_datum_t pem = {(unsigned char *)text, (unsigned)strlen(text)};
	int code = gnutls_x509_crt_init(ret);

	if (code >= 0)
		code = gnutls_x509_crt_import(*ret, &pem, GNUTLS_X509_FMT_PEM);
	if (code >= 0)
		code = cert_spki(*ret, ret_spki);
	if (code >= 0)
		return RC_OK;
	return err_set(e, RC_INVALID, "%s/%s is no certificate: %s", dir, TLS_CERT_FILE,
		       gnutls_strerror(code));
}

/* A file of this node that cannot be made anew without harm: the error says what to do.
 */
static enum rc
own_read(const char *dir, const char *file, const char *mend, char **ret, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = file_read(dir, file, ret, &why);

	if (rc == RC_NOT_FOUND)
		return err_set(e, rc, "%s/%s is missing: %s", dir, file, mend);
	return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", why.text);
}

/* The peers' pins are of this key: whoever has it can answer in our place. */
static enum rc
key_mode_check(const char *dir, struct err *e)
{
	char *path = path_of(dir, TLS_KEY_FILE, "");
	struct stat st;
	enum rc rc = RC_OK;

	if (stat(path, &st) < 0)
		rc = err_sys(e, "look at %s", path);
	else if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		rc = err_set(
			e, RC_DENIED,
			"other users have access to %s (mode %03o): run chmod 600 on "
			"it",
			path, (unsigned)st.st_mode & 0777);
	free(path);
	return rc;
}

enum rc
tls_spki(const char *dir, struct hash *ret, struct err *e)
{
	gnutls_x509_crt_t crt = NULL;
	char *text;
	enum rc rc = file_read(dir, TLS_CERT_FILE, &text, e);

	if (rc == RC_OK)
		rc = cert_import(dir, text, &crt, ret, e);
	gnutls_x509_crt_deinit(crt);
	free(text);
	return rc;
}

/* libmicrohttpd starts with a key and a certificate that do not belong together, and then
 * fails every handshake. */
static enum rc
pair_check(const char *dir, gnutls_x509_crt_t crt, char *text, struct err *e)
{
	gnutls_datum_t pem = {(unsigned char *)text, (unsigned)strlen(text)};
	unsigned char of_key[HASH_LEN], of_cert[HASH_LEN];
	size_t key_len = sizeof(of_key), cert_len = sizeof(of_cert);
	gnutls_x509_privkey_t key = NULL;
	enum rc rc = RC_OK;
	int code = gnutls_x509_privkey_init(&key);

	if (code >= 0)
		code = gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM);
	if (code >= 0)
		code = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256,
						      of_key, &key_len);
	if (code >= 0)
		code = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, of_cert,
						  &cert_len);
	if (code < 0)
		rc = err_set(e, RC_INVALID, "%s/%s is no private key: %s", dir,
			     TLS_KEY_FILE, gnutls_strerror(code));
	else if (memcmp(of_key, of_cert, sizeof(of_key)) != 0)
		rc = err_set(
			e, RC_INVALID,
			"%s/%s is not of the key in %s; remove the certificate and make "
			"it again",
			dir, TLS_CERT_FILE, TLS_KEY_FILE);
	gnutls_x509_privkey_deinit(key);
	return rc;
}

enum rc
tls_load(const char *dir, char **ret_key, char **ret_cert, struct hash *ret_spki,
	 struct err *e)
{
	gnutls_x509_crt_t crt = NULL;
	struct err late = ERR_INIT;
	enum rc rc = own_read(dir, TLS_KEY_FILE,
			      "put it back from the backup of the keys; peers know this "
			      "node by it, and another is refused",
			      ret_key, e);

	*ret_cert = NULL;
	if (rc == RC_OK)
		rc = key_mode_check(dir, e);
	if (rc == RC_OK)
		rc = own_read(
			dir, TLS_CERT_FILE,
			"put it back from the backup, or make it anew of the same "
			"key: openssl req -x509 -key tls.key -days 3650 -subj /CN=node "
			"-out tls.crt",
			ret_cert, e);
	if (rc == RC_OK)
		rc = cert_import(dir, *ret_cert, &crt, ret_spki, e);
	if (rc == RC_OK)
		rc = pair_check(dir, crt, *ret_key, e);
	if (rc == RC_OK && dates_check(crt, clock_now_us(), &late) != RC_OK)
		log_line(LOG_WARN, "peer.tls", "reason=\"peers will refuse us: %s\"",
			 late.text);
	gnutls_x509_crt_deinit(crt);
	return rc;
}

enum rc
tls_files_check(const char *dir, const struct hash *pins, size_t n_pins, struct err *e)
{
	char *key = NULL, *cert = NULL;
	struct hash pin;
	bool known = false;
	enum rc rc = tls_load(dir, &key, &cert, &pin, e);

	for (size_t i = 0; rc == RC_OK && i < n_pins; i++)
		known |= hash_equal(&pins[i], &pin);
	if (rc == RC_OK && !known)
		rc = err_set(e, RC_INVALID,
			     "%s/%s is of another key than peers were given, and they "
			     "would refuse it: put %s and %s back from the backup",
			     dir, TLS_CERT_FILE, TLS_KEY_FILE, TLS_CERT_FILE);
	if (key != NULL)
		sodium_memzero(key, strlen(key));
	free(key);
	free(cert);
	return rc;
}

enum rc
tls_check(gnutls_session_t session, int64_t now_us, struct hash *ret_spki, struct err *e)
{
	gnutls_x509_crt_t crt = NULL;
	unsigned n = 0;
	enum rc rc;

	const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &n);
	if (shown == NULL || n == 0)
		return err_rule(e, RC_DENIED, "protocol 5", "no certificate came");
	int code = gnutls_x509_crt_init(&crt);
	if (code >= 0)
		code = gnutls_x509_crt_import(crt, &shown[0], GNUTLS_X509_FMT_DER);
	if (code >= 0)
		code = cert_spki(crt, ret_spki);
	if (code < 0)
		rc = err_rule(e, RC_DENIED, "protocol 5",
			      "the certificate cannot be read");
	else
		rc = dates_check(crt, now_us, e);
	gnutls_x509_crt_deinit(crt);
	return rc;
}
