#include "core/jws.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"

#define JWS_RULE    "protocol 2"
#define HEADER_HEAD "{\"alg\":\"Ed25519\",\"kid\":\""
#define HEADER_MID  "\",\"typ\":\""
#define HEADER_TAIL "\"}"

enum {
	HEADER_KID_AT = sizeof(HEADER_HEAD) - 1,
	HEADER_TYP_AT = HEADER_KID_AT + KID_LEN + sizeof(HEADER_MID) - 1,
	HEADER_MAX = HEADER_TYP_AT + JWS_TYP_MAX + sizeof(HEADER_TAIL) - 1,
	SIG_B64_LEN = 86, /* characters of SIG_LEN bytes */
};

#define REFUSE(e, ...) err_rule((e), RC_UNPROCESSABLE, JWS_RULE, __VA_ARGS__)

/* The header of this kid and typ; returns its length. */
static size_t
header_write(char out[HEADER_MAX], const char *kid, const char *typ)
{
	size_t typ_len = strlen(typ);

	assert(typ_len <= JWS_TYP_MAX && strlen(kid) == KID_LEN);
	memcpy(out, HEADER_HEAD, HEADER_KID_AT);
	memcpy(out + HEADER_KID_AT, kid, KID_LEN);
	memcpy(out + HEADER_KID_AT + KID_LEN, HEADER_MID, sizeof(HEADER_MID) - 1);
	memcpy(out + HEADER_TYP_AT, typ, typ_len);
	memcpy(out + HEADER_TYP_AT + typ_len, HEADER_TAIL, sizeof(HEADER_TAIL) - 1);
	return HEADER_TYP_AT + typ_len + sizeof(HEADER_TAIL) - 1;
}

/* Any header but ours, byte for byte, is refused: no other alg, no second reading. */
static enum rc
header_check(struct arena *a, const char *b64, size_t b64_len, const char *typ,
	     char kid[KID_LEN + 1], struct err *e)
{
	char want[HEADER_MAX];
	uint8_t *got, *digest;
	size_t len, digest_len;

	if (b64_len > HEADER_MAX * 2 ||
	    b64url_decode(a, b64, b64_len, &got, &len) != RC_OK)
		return REFUSE(e, "the JWS header is not canonical base64url");
	memset(kid, 'A', KID_LEN);
	kid[KID_LEN] = '\0';
	if (len > HEADER_KID_AT + KID_LEN)
		memcpy(kid, got + HEADER_KID_AT, KID_LEN);
	if (memchr(kid, '\0', KID_LEN) != NULL ||
	    b64url_decode(a, kid, KID_LEN, &digest, &digest_len) != RC_OK ||
	    len != header_write(want, kid, typ) || memcmp(got, want, len) != 0)
		return REFUSE(
			e,
			"the JWS header must be exactly "
			"{\"alg\":\"Ed25519\",\"kid\":\"<thumbprint>\",\"typ\":\"%s\"}"
			", is %.*s",
			typ, (int)len, (const char *)got);
	return RC_OK;
}

enum rc
jws_split(struct arena *a, const char *wire, size_t len, const char *typ, struct jws *ret,
	  struct err *e)
{
	const char *end = wire + len, *dot1, *dot2;
	uint8_t *bytes;
	size_t n;

	dot1 = memchr(wire, '.', len);
	dot2 = dot1 == NULL ? NULL : memchr(dot1 + 1, '.', (size_t)(end - dot1 - 1));
	if (dot2 == NULL || memchr(dot2 + 1, '.', (size_t)(end - dot2 - 1)) != NULL)
		return REFUSE(e, "a JWS has three parts with two dots between them");
	enum rc rc = header_check(a, wire, (size_t)(dot1 - wire), typ, ret->kid, e);
	if (rc != RC_OK)
		return rc;
	if (end - dot2 - 1 != SIG_B64_LEN ||
	    b64url_decode(a, dot2 + 1, SIG_B64_LEN, &bytes, &n) != RC_OK)
		return REFUSE(e,
			      "the JWS signature is not %d bytes as canonical base64url",
			      SIG_LEN);
	memcpy(ret->sig, bytes, SIG_LEN);
	if (b64url_decode(a, dot1 + 1, (size_t)(dot2 - dot1 - 1), &bytes, &n) != RC_OK)
		return REFUSE(e, "the JWS payload is not canonical base64url");
	ret->payload = (const char *)bytes;
	ret->payload_len = n;
	ret->signed_len = (size_t)(dot2 - wire);
	return RC_OK;
}

enum rc
jws_check(const char *kid, const char *signed_text, size_t signed_len,
	  const uint8_t sig[SIG_LEN], const uint8_t pub[KEY_LEN], struct err *e)
{
	char thumbprint[KID_LEN + 1];

	key_thumbprint(pub, thumbprint);
	if (strcmp(thumbprint, kid) != 0)
		return REFUSE(e, "signed by key %s, expected %s", kid, thumbprint);
	if (!sign_check(pub, signed_text, signed_len, sig))
		return REFUSE(e, "the signature does not verify under key %s", kid);
	return RC_OK;
}

enum rc
jws_parse(struct arena *a, const char *wire, size_t len, const char *typ,
	  const uint8_t *pub_or_null, char ret_kid[KID_LEN + 1], json_t **ret_payload,
	  struct err *e)
{
	struct jws j;
	json_t *payload;
	enum rc rc = jws_split(a, wire, len, typ, &j, e);

	if (rc == RC_OK && pub_or_null != NULL)
		rc = jws_check(j.kid, wire, j.signed_len, j.sig, pub_or_null, e);
	if (rc == RC_OK)
		rc = ijson_parse(a, j.payload, j.payload_len, &payload, e);
	if (rc != RC_OK)
		return rc;
	memcpy(ret_kid, j.kid, sizeof(j.kid));
	*ret_payload = payload;
	return RC_OK;
}

void
jws_signing_input_put(struct buf *b, const char *typ, const char *kid,
		      const char *payload, size_t len)
{
	char header[HEADER_MAX];

	b64url_put(b, header, header_write(header, kid, typ));
	buf_putc(b, '.');
	b64url_put(b, payload, len);
}

void
event_signing_input_put(struct buf *b, const char *kid, const char *payload, size_t len)
{
	jws_signing_input_put(b, EVENT_TYP, kid, payload, len);
}

char *
jws_sign(struct arena *a, const uint8_t seed[SEED_LEN], const char *typ,
	 const char *payload, size_t len)
{
	struct buf b = BUF_INIT(2 * HEADER_MAX + 2 * len + 2 + SIG_B64_LEN);
	uint8_t pub[KEY_LEN], sig[SIG_LEN];
	char kid[KID_LEN + 1];

	sign_public_key(seed, pub);
	key_thumbprint(pub, kid);
	jws_signing_input_put(&b, typ, kid, payload, len);
	sign_bytes(seed, b.data, b.len, sig);
	buf_putc(&b, '.');
	b64url_put(&b, sig, sizeof(sig));
	assert(buf_ok(&b));
	char *wire = arena_strndup(a, b.data, b.len);
	buf_free(&b);
	return wire;
}
