/* DNS over TLS: RFC 7858, with the two profiles of RFC 8310. */
#include <gnutls/x509.h>
#include <string.h>

#include "probe/engine_int.h"

enum rc
probe_tls_credentials(const char *ca, gnutls_certificate_credentials_t *ret,
		      struct err *e)
{
	if (gnutls_certificate_allocate_credentials(ret) < 0)
		abort();
	/* A machine without authorities can still be opportunistic, or pin. */
	int n = ca == NULL ? gnutls_certificate_set_x509_system_trust(*ret)
			   : gnutls_certificate_set_x509_trust_file(*ret, ca,
								    GNUTLS_X509_FMT_PEM);
	if (ca != NULL && n <= 0)
		return err_set(e, RC_INVALID, "%s: no certificate of an authority in it",
			       ca);
	return RC_OK;
}

enum rc
probe_tls_begin(struct conn *c, gnutls_certificate_credentials_t cred)
{
	static const char protocol[] = "dot";
	unsigned char name[sizeof(protocol)];
	gnutls_datum_t alpn = {name, sizeof(protocol) - 1};
	const struct probe_target *t = c->ts->t;

	memcpy(name, protocol, sizeof(protocol));
	if (gnutls_init(&c->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK) < 0)
		return RC_IO;
	if (gnutls_set_default_priority_append(c->tls, "-VERS-TLS1.1:-VERS-TLS1.0", NULL,
					       0) < 0 ||
	    gnutls_credentials_set(c->tls, GNUTLS_CRD_CERTIFICATE, cred) < 0)
		return RC_IO;
	(void)gnutls_alpn_set_protocols(c->tls, &alpn, 1, 0);
	if (t->auth == PROBE_AUTH_NAME) {
		if (gnutls_server_name_set(c->tls, GNUTLS_NAME_DNS, t->dot_name,
					   strlen(t->dot_name)) < 0)
			return RC_IO;
		gnutls_session_set_verify_cert(c->tls, t->dot_name, 0);
	}
	gnutls_transport_set_int(c->tls, c->fd);
	return RC_OK;
}

/* The key that was shown: part of the result whatever was asked of it. */
static bool
pin_get(struct conn *c)
{
	unsigned n = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(c->tls, &n);
	gnutls_x509_crt_t crt;
	size_t len = sizeof(c->info.pin);

	if (chain == NULL || n == 0 || gnutls_x509_crt_init(&crt) < 0)
		return false;
	bool ok = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER) >= 0 &&
		  gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, c->info.pin,
					     &len) >= 0 &&
		  len == sizeof(c->info.pin);
	gnutls_x509_crt_deinit(crt);
	return ok;
}

enum rc
probe_tls_handshake(struct conn *c, const char **ret_why)
{
	const struct probe_target *t = c->ts->t;
	int n = gnutls_handshake(c->tls);

	if (n < 0 && gnutls_error_is_fatal(n) == 0) {
		c->want_write = gnutls_record_get_direction(c->tls) == 1;
		return RC_RETRY;
	}
	if (n == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
		*ret_why = "its certificate is not one of that name";
		return RC_IO;
	}
	if (n < 0) {
		*ret_why = "TLS failed";
		return RC_IO;
	}
	bool shown = pin_get(c);
	if (t->auth == PROBE_AUTH_PIN &&
	    (!shown || memcmp(c->info.pin, t->pin, sizeof(t->pin)) != 0)) {
		*ret_why = "its key is not the pinned one";
		return RC_IO;
	}
	const char *version =
		gnutls_protocol_get_name(gnutls_protocol_get_version(c->tls));
	snprintf(c->info.version, sizeof(c->info.version), "%s",
		 version == NULL ? "?" : version);
	c->info.auth = t->auth;
	c->info.done = true;
	return RC_OK;
}
