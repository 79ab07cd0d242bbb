/*
 * PUT and HEAD blob: a file of evidence in pieces (protocol 5).
 *
 * A piece says its place (Content-Range, RFC 9110) and its hash (Content-Digest, RFC
 * 9530).  It is small enough to be held; the file never is.
 */
#include "peer/blob.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"

#define RANGE_UNIT    "bytes "
#define DIGEST_BEGIN  "sha-256=:"
#define DIGEST_DIGITS 44 /* base64 of 32 bytes */
#define OFFSET_FIELD  "Saluran-Offset"

static enum rc
number_until(const char **at, char end, uint64_t *ret)
{
	const char *stop = strchr(*at, end);

	if (stop == NULL ||
	    decimal_parse(*at, (size_t)(stop - *at), INT64_MAX, ret) != RC_OK)
		return RC_INVALID;
	*at = stop + 1;
	return RC_OK;
}

enum rc
blob_range_parse(const char *text, struct blob_range *ret, struct err *e)
{
	const char *at = text;
	uint64_t last;

	if (text == NULL)
		return err_rule(e, RC_INVALID, "protocol 5",
				"a piece needs Content-Range: bytes FIRST-LAST/TOTAL");
	if (strncmp(at, RANGE_UNIT, strlen(RANGE_UNIT)) != 0)
		goto bad;
	at += strlen(RANGE_UNIT);
	if (number_until(&at, '-', &ret->from) != RC_OK ||
	    number_until(&at, '/', &last) != RC_OK ||
	    decimal_parse(at, strlen(at), INT64_MAX, &ret->total) != RC_OK ||
	    last < ret->from || last >= ret->total)
		goto bad;
	ret->len = last - ret->from + 1;
	return RC_OK;
bad:
	return err_rule(e, RC_INVALID, "protocol 5",
			"Content-Range must be: bytes FIRST-LAST/TOTAL");
}

enum rc
blob_digest_parse(struct arena *a, const char *text, struct hash *ret, struct err *e)
{
	const size_t begin = strlen(DIGEST_BEGIN);
	uint8_t *p;
	size_t len;

	if (text == NULL || strlen(text) != begin + DIGEST_DIGITS + 1 ||
	    strncmp(text, DIGEST_BEGIN, begin) != 0 ||
	    text[begin + DIGEST_DIGITS] != ':' ||
	    b64_decode(a, text + begin, DIGEST_DIGITS, &p, &len) != RC_OK ||
	    len != HASH_LEN)
		return err_rule(e, RC_INVALID, "protocol 5",
				"a piece needs Content-Digest: sha-256=:BASE64:");
	memcpy(ret->b, p, HASH_LEN);
	return RC_OK;
}

/* How much is here, for whoever must go on. */
static void
say_offset(struct peer_request *r, struct peer_answer *ret, unsigned status, uint64_t at)
{
	ret->status = status;
	ret->body = arena_printf(r->a, "%" PRIu64 "\n", at);
	ret->len = strlen(ret->body);
	ret->field = OFFSET_FIELD;
	ret->value = arena_printf(r->a, "%" PRIu64, at);
}

/* A piece has the length and the hash that it says. */
static enum rc
piece_check(struct peer_request *r, struct blob_range *ret, struct hash *ret_digest,
	    struct err *e)
{
	struct hash h;
	enum rc rc = blob_range_parse(r->range, ret, e);

	if (rc == RC_OK)
		rc = blob_digest_parse(r->a, r->digest, ret_digest, e);
	if (rc != RC_OK)
		return rc;
	if (r->body.len != ret->len)
		return err_rule(e, RC_INVALID, "protocol 5",
				"the body has %zu bytes, its Content-Range %" PRIu64,
				r->body.len, ret->len);
	hash_bytes(buf_str(&r->body), r->body.len, &h);
	return hash_equal(&h, ret_digest)
		       ? RC_OK
		       : err_rule(e, RC_UNPROCESSABLE, "protocol 5",
				  "the piece does not have its Content-Digest");
}

enum rc
blob_put(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	struct exchange_blob *b = NULL;
	struct blob_range range;
	struct hash sha256, digest;
	bool whole = false;
	uint64_t at = 0;
	enum rc rc = piece_check(r, &range, &digest, e);

	if (rc == RC_OK)
		rc = hash_parse_hex(r->words.log, HASH_HEX_LEN, &sha256);
	if (rc == RC_OK)
		rc = exchange_blob_open(nd, r->peer, &sha256, range.from, range.total, &b,
					&at, e);
	if (rc == RC_CONFLICT)
		say_offset(r, ret, MHD_HTTP_CONFLICT, at);
	if (rc == RC_OK && b == NULL)
		say_offset(r, ret, MHD_HTTP_OK, at); /* it is here */
	if (rc != RC_OK || b == NULL)
		return rc;
	rc = exchange_blob_put(b, buf_str(&r->body), r->body.len, e);
	if (rc == RC_OK)
		rc = exchange_blob_end(b, &digest, &whole, &at, e);
	exchange_blob_close(b);
	if (rc == RC_CONFLICT)
		say_offset(r, ret, MHD_HTTP_CONFLICT, at);
	if (rc == RC_OK)
		say_offset(r, ret, whole ? MHD_HTTP_CREATED : MHD_HTTP_OK, at);
	return rc;
}

enum rc
blob_head(struct node *nd, struct peer_request *r, struct peer_answer *ret, struct err *e)
{
	struct hash sha256;
	uint64_t at = 0;
	bool whole = false;
	enum rc rc = hash_parse_hex(r->words.log, HASH_HEX_LEN, &sha256);

	if (rc == RC_OK)
		rc = exchange_blob_head(nd, r->peer, &sha256, &whole, &at, e);
	if (rc == RC_OK)
		say_offset(r, ret, whole ? MHD_HTTP_OK : MHD_HTTP_CONFLICT, at);
	return rc;
}
