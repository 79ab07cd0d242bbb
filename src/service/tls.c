#include "service/tls.h"

#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "service/node_int.h"

enum { DAY_S = 86400 };

static enum rc
gnutls_rc(int code, const char *what, struct err *e)
{
	return code < 0 ? err_set(e, RC_IO, "TLS certificate: %s: %s", what,
				  gnutls_strerror(code))
			: RC_OK;
}

static enum rc
spki_of(gnutls_x509_privkey_t key, struct hash *ret, struct err *e)
{
	gnutls_datum_t der = {0};
	gnutls_privkey_t priv = NULL;
	gnutls_pubkey_t pub = NULL;
	enum rc rc = gnutls_rc(gnutls_privkey_init(&priv), "key", e);

	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_privkey_import_x509(priv, key, 0), "key", e);
	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_pubkey_init(&pub), "public key", e);
	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_pubkey_import_privkey(pub, priv, 0, 0),
			       "public key", e);
	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, &der),
			       "public key", e);
	if (rc == RC_OK)
		hash_bytes(der.data, der.size, ret);
	gnutls_free(der.data);
	gnutls_pubkey_deinit(pub);
	gnutls_privkey_deinit(priv);
	return rc;
}

static enum rc
cert_sign(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *common_name,
	  int valid_days, struct err *e)
{
	static const unsigned char serial[] = {1};
	time_t now = time(NULL);
	const int steps[] = {
		gnutls_x509_crt_set_version(crt, 3),
		gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)),
		gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
					      common_name,
					      (unsigned)strnlen(common_name, 64)),
		gnutls_x509_crt_set_activation_time(crt, now - DAY_S),
		gnutls_x509_crt_set_expiration_time(crt,
						    now + (time_t)valid_days * DAY_S),
		gnutls_x509_crt_set_key(crt, key),
		gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_UNKNOWN, 0),
	};
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
		rc = gnutls_rc(steps[i], "certificate", e);
	return rc;
}

enum rc
tls_create(const char *dir, const char *common_name, int valid_days,
	   struct hash *ret_spki, struct err *e)
{
	struct arena *a = arena_create();
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t crt = NULL;
	gnutls_datum_t key_pem = {0}, crt_pem = {0};
	enum rc rc = gnutls_rc(gnutls_x509_privkey_init(&key), "key", e);

	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_x509_crt_init(&crt), "certificate", e);
	if (rc == RC_OK)
		rc = gnutls_rc(
			gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0),
			"key", e);
	if (rc == RC_OK)
		rc = cert_sign(crt, key, common_name, valid_days, e);
	if (rc == RC_OK)
		rc = spki_of(key, ret_spki, e);
	if (rc == RC_OK)
		rc = gnutls_rc(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM,
								 NULL, 0, &key_pem),
			       "key", e);
	if (rc == RC_OK)
		rc = gnutls_rc(
			gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &crt_pem),
			"certificate", e);
	if (rc == RC_OK)
		rc = file_write(arena_printf(a, "%s/tls.key", dir), key_pem.data,
				key_pem.size, e);
	if (rc == RC_OK)
		rc = file_write(arena_printf(a, "%s/tls.crt", dir), crt_pem.data,
				crt_pem.size, e);
	if (key_pem.data != NULL)
		gnutls_memset(key_pem.data, 0, key_pem.size);
	gnutls_free(key_pem.data);
	gnutls_free(crt_pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	arena_free(a);
	return rc;
}
