#include "core/age.h"

#include <sodium.h>
#include <string.h>

#include "base/enc.h"

#define VERSION_LINE "age-encryption.org/v1\n"
#define X25519_TYPE  "X25519"
#define X25519_INFO  "age-encryption.org/v1/X25519"
#define SCRYPT_TYPE  "scrypt"

enum {
	BODY_COLUMNS = 64,
	MAC_DIGITS = 43,
	KEY_DIGITS = 43, /* base64 of 32 bytes without padding */
	WRAPPED_LEN = AGE_FILE_KEY_LEN + AGE_TAG_LEN,
	B64_TAIL = 4,
};

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

/* ---- derivation -------------------------------------------------------------------- */

void
age_hkdf(const uint8_t *ikm, size_t ikm_len, const uint8_t *salt, size_t salt_len,
	 const char *info, uint8_t ret[32])
{
	static const uint8_t no_salt[32], one = 1;
	crypto_auth_hmacsha256_state st;
	uint8_t prk[crypto_auth_hmacsha256_BYTES];

	crypto_auth_hmacsha256_init(&st, salt_len == 0 ? no_salt : salt,
				    salt_len == 0 ? sizeof(no_salt) : salt_len);
	crypto_auth_hmacsha256_update(&st, ikm, ikm_len);
	crypto_auth_hmacsha256_final(&st, prk);
	crypto_auth_hmacsha256_init(&st, prk, sizeof(prk));
	crypto_auth_hmacsha256_update(&st, (const uint8_t *)info, strlen(info));
	crypto_auth_hmacsha256_update(&st, &one, 1);
	crypto_auth_hmacsha256_final(&st, ret);
	sodium_memzero(prk, sizeof(prk));
	sodium_memzero(&st, sizeof(st));
}

static void
header_mac(const uint8_t key[AGE_FILE_KEY_LEN], const uint8_t *p, size_t len,
	   uint8_t ret[AGE_MAC_LEN])
{
	uint8_t mac_key[32];

	age_hkdf(key, AGE_FILE_KEY_LEN, NULL, 0, "header", mac_key);
	crypto_auth_hmacsha256(ret, p, len, mac_key);
	sodium_memzero(mac_key, sizeof(mac_key));
}

/* ---- base64 without padding -------------------------------------------------------- */

static bool
b64_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static enum rc
raw_decode(struct arena *a, const char *s, size_t len, uint8_t **ret, size_t *ret_len)
{
	char *padded = arena_alloc(a, len + B64_TAIL);
	size_t n = len;

	for (size_t i = 0; i < len; i++)
		if (!b64_digit(s[i]))
			return RC_INVALID;
	if (len != 0)
		memcpy(padded, s, len);
	while (n % 4 != 0)
		padded[n++] = '=';
	return n - len > 2 ? RC_INVALID : b64_decode(a, padded, n, ret, ret_len);
}

static void
raw_put(struct buf *b, const void *p, size_t len)
{
	struct arena *a = arena_create();
	const char *s = b64_arena(a, p, len);

	buf_put(b, s, strcspn(s, "="));
	arena_free(a);
}

/* ---- parsing a header -------------------------------------------------------------- */

struct lines {
	struct arena *a;
	const char *p;
	size_t at, len;
	struct err *e;
};

static enum rc
bad(const struct lines *l, const char *why)
{
	return err_rule(l->e, RC_UNPROCESSABLE, AGE_RULE_HEADER, "at byte %zu: %s", l->at,
			why);
}

/* The next line without its LF. */
static enum rc
line_next(struct lines *l, const char **ret, size_t *ret_len)
{
	const char *line = l->p + l->at;
	const char *lf = l->at == l->len ? NULL : memchr(line, '\n', l->len - l->at);

	if (lf == NULL && l->len < AGE_HEADER_MAX)
		return err_rule(l->e, RC_RETRY, AGE_RULE_HEADER,
				"the header is cut short after %zu bytes", l->len);
	if (lf == NULL)
		return bad(l, "the header is too long");
	*ret = line;
	*ret_len = (size_t)(lf - line);
	l->at += *ret_len + 1;
	return RC_OK;
}

static enum rc
args_parse(struct lines *l, const char *line, size_t len, struct age_stanza *ret)
{
	size_t from = 3;

	ret->n_args = 0;
	for (size_t i = 3; i <= len; i++) {
		if (i < len && line[i] != ' ') {
			if (line[i] < 0x21 || line[i] > 0x7e)
				return bad(l, "a stanza's argument has a character that "
					      "it may not have");
			continue;
		}
		if (i == from)
			return bad(l, "a stanza has an empty argument");
		if (ret->n_args == AGE_ARGS_MAX)
			return bad(l, "a stanza has too many arguments");
		ret->args[ret->n_args++] = arena_strndup(l->a, line + from, i - from);
		from = i + 1;
	}
	return RC_OK;
}

/* Lines of 64 columns, then a shorter one, which may be empty. */
static enum rc
body_parse(struct lines *l, struct age_stanza *ret)
{
	struct buf text = BUF_INIT(AGE_HEADER_MAX);
	size_t len = BODY_COLUMNS;
	uint8_t *body;
	enum rc rc = RC_OK;

	while (rc == RC_OK && len == BODY_COLUMNS) {
		const char *line = "";
		rc = line_next(l, &line, &len);
		if (rc == RC_OK && len > BODY_COLUMNS)
			rc = bad(l,
				 "a line of a stanza's body is longer than 64 columns");
		if (rc == RC_OK)
			buf_put(&text, line, len);
	}
	if (rc == RC_OK &&
	    raw_decode(l->a, buf_str(&text), text.len, &body, &ret->body_len) != RC_OK)
		rc = bad(l, "a stanza's body is no canonical base64");
	if (rc == RC_OK)
		ret->body = body;
	buf_free(&text);
	return rc;
}

static enum rc
mac_parse(struct lines *l, const char *line, size_t len, struct age_header *ret)
{
	uint8_t *mac;
	size_t mac_len;

	if (len != 4 + MAC_DIGITS || line[3] != ' ' ||
	    raw_decode(l->a, line + 4, MAC_DIGITS, &mac, &mac_len) != RC_OK ||
	    mac_len != AGE_MAC_LEN)
		return bad(l, "the last line is not \"--- \" and a MAC in base64");
	memcpy(ret->mac, mac, AGE_MAC_LEN);
	ret->mac_at = l->at - len - 1 + 3;
	ret->len = l->at;
	return ret->n_stanzas == 0 ? bad(l, "it has no recipient") : RC_OK;
}

enum rc
age_header_parse(struct arena *a, const uint8_t *p, size_t len, struct age_header *ret,
		 struct err *e)
{
	const size_t version = sizeof(VERSION_LINE) - 1;
	struct lines l = {.a = a,
			  .p = (const char *)p,
			  .len = len < AGE_HEADER_MAX ? len : AGE_HEADER_MAX,
			  .e = e};

	*ret = (struct age_header){
		.stanzas = arena_array(a, AGE_STANZAS_MAX, sizeof(*ret->stanzas))};
	if (memcmp(l.p, VERSION_LINE, l.len < version ? l.len : version) != 0)
		return bad(&l, "it does not begin with age-encryption.org/v1");
	for (bool first = true;; first = false) {
		const char *line = "";
		size_t n = 0;
		enum rc rc = line_next(&l, &line, &n);
		if (rc != RC_OK)
			return rc;
		if (first)
			continue;
		if (n >= 3 && memcmp(line, "---", 3) == 0)
			return mac_parse(&l, line, n, ret);
		if (n < 3 || memcmp(line, "-> ", 3) != 0)
			return bad(&l, "a line begins neither with -> nor with ---");
		if (ret->n_stanzas == AGE_STANZAS_MAX)
			return bad(&l, "it has too many recipients");
		struct age_stanza *s = &ret->stanzas[ret->n_stanzas++];
		rc = args_parse(&l, line, n, s);
		if (rc == RC_OK)
			rc = body_parse(&l, s);
		if (rc != RC_OK)
			return rc;
	}
}

/* ---- writing a header -------------------------------------------------------------- */

static void
stanza_put(struct buf *b, const struct age_stanza *s)
{
	struct buf text = BUF_INIT(AGE_HEADER_MAX);

	buf_puts(b, "->");
	for (size_t i = 0; i < s->n_args; i++)
		buf_printf(b, " %s", s->args[i]);
	buf_putc(b, '\n');
	raw_put(&text, s->body, s->body_len);
	for (size_t at = 0; at < text.len; at += BODY_COLUMNS) {
		size_t left = text.len - at;
		buf_put(b, text.data + at, left < BODY_COLUMNS ? left : BODY_COLUMNS);
		buf_putc(b, '\n');
	}
	if (text.len % BODY_COLUMNS == 0)
		buf_putc(b, '\n');
	buf_free(&text);
}

static void
mac_put(struct buf *b, const uint8_t mac[AGE_MAC_LEN])
{
	buf_putc(b, ' ');
	raw_put(b, mac, AGE_MAC_LEN);
	buf_putc(b, '\n');
}

void
age_header_put(struct buf *b, const struct age_header *h)
{
	buf_puts(b, VERSION_LINE);
	for (size_t i = 0; i < h->n_stanzas; i++)
		stanza_put(b, &h->stanzas[i]);
	buf_puts(b, "---");
	mac_put(b, h->mac);
}

/* Between an ephemeral share and a recipient.  False: the secret would be all zero. */
static bool
wrap_key(const uint8_t secret[KEY_LEN], const uint8_t other[KEY_LEN],
	 const uint8_t share[KEY_LEN], const uint8_t recipient[KEY_LEN], uint8_t ret[32])
{
	uint8_t shared[KEY_LEN], salt[2 * KEY_LEN];
	bool ok = crypto_scalarmult(shared, secret, other) == 0;

	memcpy(salt, share, KEY_LEN);
	memcpy(salt + KEY_LEN, recipient, KEY_LEN);
	if (ok)
		age_hkdf(shared, sizeof(shared), salt, sizeof(salt), X25519_INFO, ret);
	sodium_memzero(shared, sizeof(shared));
	return ok;
}

static enum rc
recipient_put(struct buf *b, const uint8_t recipient[KEY_LEN],
	      const uint8_t file_key[AGE_FILE_KEY_LEN], struct err *e)
{
	uint8_t secret[KEY_LEN], share[KEY_LEN], wrap[32], body[WRAPPED_LEN];
	struct arena *a = arena_create();
	struct age_stanza s = {.args = {X25519_TYPE},
			       .n_args = 2,
			       .body = body,
			       .body_len = sizeof(body)};
	char *text;
	enum rc rc = RC_OK;

	randombytes_buf(secret, sizeof(secret));
	crypto_scalarmult_base(share, secret);
	if (!wrap_key(secret, recipient, share, recipient, wrap)) {
		rc = err_rule(e, RC_INVALID, AGE_RULE_HEADER,
			      "a recipient's key is of small order");
		goto out;
	}
	crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, file_key, AGE_FILE_KEY_LEN,
						  NULL, 0, NULL, zero_nonce, wrap);
	text = b64_arena(a, share, sizeof(share));
	text[KEY_DIGITS] = '\0';
	s.args[1] = text;
	stanza_put(b, &s);
out:
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(wrap, sizeof(wrap));
	arena_free(a);
	return rc;
}

enum rc
age_header_make(struct buf *b, const uint8_t (*recipients)[KEY_LEN], size_t n,
		uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e)
{
	uint8_t mac[AGE_MAC_LEN];
	size_t from = b->len;
	enum rc rc = RC_OK;

	randombytes_buf(ret_key, AGE_FILE_KEY_LEN);
	buf_puts(b, VERSION_LINE);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = recipient_put(b, recipients[i], ret_key, e);
	buf_puts(b, "---");
	if (rc == RC_OK && !buf_ok(b))
		rc = err_set(e, RC_TOO_LARGE, "too many recipients");
	if (rc != RC_OK)
		return rc;
	header_mac(ret_key, (const uint8_t *)b->data + from, b->len - from, mac);
	mac_put(b, mac);
	return RC_OK;
}

/* ---- opening a header -------------------------------------------------------------- */

static enum rc
stanza_bad(struct err *e, size_t i, const char *why)
{
	return err_rule(e, RC_UNPROCESSABLE, AGE_RULE_HEADER, "recipient %zu: %s", i + 1,
			why);
}

/* A stanza of ours has one share of 32 bytes and a body of one length: anything else
 * would let its maker learn who can open what. */
static enum rc
share_of(const struct age_stanza *s, size_t i, uint8_t ret[KEY_LEN], struct err *e)
{
	struct arena *a = arena_create();
	uint8_t *share = NULL;
	size_t len = 0;
	enum rc rc = RC_OK;

	if (s->n_args != 2)
		rc = stanza_bad(e, i, "X25519 has two arguments");
	else if (raw_decode(a, s->args[1], strlen(s->args[1]), &share, &len) != RC_OK ||
		 len != KEY_LEN)
		rc = stanza_bad(e, i, "the share is no canonical base64 of 32 bytes");
	else if (s->body_len != WRAPPED_LEN)
		rc = stanza_bad(e, i, "the body has another length than 32 bytes");
	if (rc == RC_OK)
		memcpy(ret, share, KEY_LEN);
	arena_free(a);
	return rc;
}

/* Each stanza of a type that is ours must be well formed; RC_NOT_FOUND: none opens. */
static enum rc
key_find(const struct age_header *h, const uint8_t key[KEY_LEN],
	 uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e)
{
	uint8_t share[KEY_LEN], pub[KEY_LEN], wrap[32];
	enum rc rc, found = err_rule(e, RC_NOT_FOUND, AGE_RULE_HEADER,
				     "the file is not encrypted to this key");

	crypto_scalarmult_base(pub, key);
	for (size_t i = 0; i < h->n_stanzas; i++) {
		const struct age_stanza *s = &h->stanzas[i];
		if (strcmp(s->args[0], SCRYPT_TYPE) == 0 && h->n_stanzas > 1)
			return stanza_bad(e, i, "scrypt does not go with others");
		if (strcmp(s->args[0], X25519_TYPE) != 0)
			continue;
		rc = share_of(s, i, share, e);
		if (rc != RC_OK)
			return rc;
		if (!wrap_key(key, share, share, pub, wrap))
			return stanza_bad(e, i, "the share is of small order");
		if (found != RC_OK && crypto_aead_chacha20poly1305_ietf_decrypt(
					      ret_key, NULL, NULL, s->body, s->body_len,
					      NULL, 0, zero_nonce, wrap) == 0)
			found = RC_OK;
	}
	sodium_memzero(wrap, sizeof(wrap));
	return found;
}

enum rc
age_header_open(const struct age_header *h, const uint8_t *p, const uint8_t key[KEY_LEN],
		uint8_t ret_key[AGE_FILE_KEY_LEN], struct err *e)
{
	uint8_t mac[AGE_MAC_LEN];
	enum rc rc = key_find(h, key, ret_key, e);

	if (rc != RC_OK)
		return rc;
	header_mac(ret_key, p, h->mac_at, mac);
	if (sodium_memcmp(mac, h->mac, sizeof(mac)) != 0)
		return err_rule(e, RC_UNPROCESSABLE, AGE_RULE_MAC,
				"the header was changed after it was made");
	return RC_OK;
}
