/*
 * Disclosures: what a person may want erased is in the event only as a salted digest, and
 * its text travels beside the leaf (protocol 2 and 10, RFC 9901).
 */
#include <sodium.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"

#define DISCLOSURE_RULE "protocol 2"

enum {
	SALT_LEN = 16, /* 128 bits, RFC 9901 section 9.3 */
	SALT_TEXT_LEN = 22,
	NAME_MAX_BYTES = 64,
};

#define REFUSE(e, ...) err_rule((e), RC_UNPROCESSABLE, DISCLOSURE_RULE, __VA_ARGS__)

/* Names that RFC 9901, section 4.2.1, keeps for itself are refused. */
static bool
name_valid(const char *name)
{
	size_t len = strlen(name);

	return len != 0 && len <= NAME_MAX_BYTES && strcmp(name, "_sd") != 0 &&
	       strcmp(name, "...") != 0;
}

enum rc
event_disclosure_parse(struct arena *a, const char *text, size_t len,
		       const char **ret_name, json_t **ret_value, struct err *e)
{
	uint8_t *bytes;
	size_t n;
	json_t *triple;

	if (len > EVENT_DISCLOSURE_MAX)
		return err_rule(e, RC_TOO_LARGE, DISCLOSURE_RULE,
				"a disclosure has at most %d bytes, this has %zu",
				EVENT_DISCLOSURE_MAX, len);
	if (b64url_decode(a, text, len, &bytes, &n) != RC_OK)
		return REFUSE(e, "a disclosure is not canonical base64url");
	enum rc rc = ijson_parse(a, (const char *)bytes, n, &triple, e);
	if (rc != RC_OK)
		return rc;
	const json_t *salt = json_array_get(triple, 0), *name = json_array_get(triple, 1);
	if (!json_is_array(triple) || json_array_size(triple) != 3 ||
	    !json_is_string(salt) || !json_is_string(name))
		return REFUSE(e, "a disclosure must be [\"<salt>\",\"<name>\",value]");
	if (json_string_length(salt) != SALT_TEXT_LEN ||
	    b64url_decode(a, json_string_value(salt), SALT_TEXT_LEN, &bytes, &n) != RC_OK)
		return REFUSE(e, "the salt of a disclosure must be %d bytes as base64url",
			      SALT_LEN);
	if (!name_valid(json_string_value(name)))
		return REFUSE(e, "a disclosure cannot have this name");
	*ret_name = json_string_value(name);
	*ret_value = json_array_get(triple, 2);
	return RC_OK;
}

/* Nothing is made that event_disclosure_parse() would refuse: its reader would never
 * receipt the event. */
static enum rc
check_own(const struct buf *json, size_t encoded_len, const char *name, struct err *e)
{
	struct err why = ERR_INIT;

	if (encoded_len > EVENT_DISCLOSURE_MAX)
		return err_rule(
			e, RC_TOO_LARGE, DISCLOSURE_RULE,
			"%.64s is too long: a disclosure has at most %d bytes, this "
			"has %zu",
			name, EVENT_DISCLOSURE_MAX, encoded_len);
	if (!name_valid(name))
		return err_rule(e, RC_INVALID, DISCLOSURE_RULE,
				"a disclosure cannot have the name %.64s", name);
	if (ijson_check_written(json->data, json->len, &why) != RC_OK)
		return err_rule(e, RC_INVALID, DISCLOSURE_RULE,
				"%.64s cannot be sent: %s", name, why.text);
	return RC_OK;
}

enum rc
event_disclosure_make(struct arena *a, const char *name, json_t *value,
		      const char **ret_text, struct hash *ret_digest, struct err *e)
{
	struct buf b = BUF_INIT(EVENT_DISCLOSURE_MAX);
	uint8_t salt[SALT_LEN];
	enum rc rc = RC_OK;

	randombytes_buf(salt, sizeof(salt));
	json_t *triple =
		json_pack("[s, s, O]", b64url_arena(a, salt, sizeof(salt)), name, value);
	if (triple == NULL)
		rc = err_rule(e, RC_INVALID, DISCLOSURE_RULE,
			      "a disclosure's name or value is not UTF-8");
	else
		ijson_put(&b, triple);
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_rule(e, RC_TOO_LARGE, DISCLOSURE_RULE,
			      "%.64s is too long: a disclosure has at most %d bytes",
			      name, EVENT_DISCLOSURE_MAX);
	if (rc != RC_OK)
		goto out;
	const char *text = b64url_arena(a, b.data, b.len);
	size_t len = strlen(text);
	rc = check_own(&b, len, name, e);
	if (rc != RC_OK)
		goto out;
	hash_bytes(text, len, ret_digest);
	*ret_text = text;
out:
	json_decref(triple);
	buf_free(&b);
	return rc;
}
