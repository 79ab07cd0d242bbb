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
event_disclosure_read(struct arena *a, const char *text, size_t len,
		      struct disclosure *ret, struct err *e)
{
	struct ijson_text triple[3], salt = {0}, name = {0};
	uint8_t *bytes;
	size_t n;

	if (len > EVENT_DISCLOSURE_MAX)
		return err_rule(e, RC_TOO_LARGE, DISCLOSURE_RULE,
				"a disclosure has at most %d bytes, this has %zu",
				EVENT_DISCLOSURE_MAX, len);
	if (b64url_decode(a, text, len, &bytes, &n) != RC_OK)
		return REFUSE(e, "a disclosure is not canonical base64url");
	enum rc rc = ijson_elements(a, (const char *)bytes, n, 3, triple, &n, e);
	if (rc != RC_OK)
		return rc;
	if (n == 3) {
		salt = ijson_text_of(a, triple[0]);
		name = ijson_text_of(a, triple[1]);
	}
	if (salt.s == NULL || name.s == NULL)
		return REFUSE(e, "a disclosure must be [\"<salt>\",\"<name>\",value]");
	if (salt.len != SALT_TEXT_LEN ||
	    b64url_decode(a, salt.s, SALT_TEXT_LEN, &bytes, &n) != RC_OK)
		return REFUSE(e, "the salt of a disclosure must be %d bytes as base64url",
			      SALT_LEN);
	ret->name = arena_strndup(a, name.s, name.len);
	if (!name_valid(ret->name))
		return REFUSE(e, "a disclosure cannot have this name");
	ret->json = triple[2].s;
	ret->json_len = triple[2].len;
	return RC_OK;
}

enum rc
event_disclosure_parse(struct arena *a, const char *text, size_t len,
		       const char **ret_name, json_t **ret_value, struct err *e)
{
	struct disclosure d;
	enum rc rc = event_disclosure_read(a, text, len, &d, e);

	if (rc != RC_OK)
		return rc;
	*ret_name = d.name;
	return ijson_parse(a, d.json, d.json_len, ret_value, e);
}

static enum rc
too_long(const char *name, size_t len, struct err *e)
{
	return err_rule(e, RC_TOO_LARGE, DISCLOSURE_RULE,
			"%.64s is too long: a disclosure has at most %d bytes, this has "
			"%zu",
			name, EVENT_DISCLOSURE_MAX, len);
}

/* Nothing is made that event_disclosure_read() would refuse: its reader would never
 * receipt the event. */
enum rc
event_disclosure_write(struct arena *a, const char *name, const char *json,
		       size_t json_len, const char **ret_text, struct hash *ret_digest,
		       struct err *e)
{
	struct buf b = BUF_INIT(2 * EVENT_DISCLOSURE_MAX);
	struct err why = ERR_INIT;
	uint8_t salt[SALT_LEN];
	enum rc rc = RC_OK;

	if (!name_valid(name))
		return err_rule(e, RC_INVALID, DISCLOSURE_RULE,
				"a disclosure cannot have the name %.64s", name);
	if (json_len > EVENT_DISCLOSURE_MAX)
		return too_long(name, json_len, e);
	randombytes_buf(salt, sizeof(salt));
	buf_puts(&b, "[\"");
	b64url_put(&b, salt, sizeof(salt));
	buf_puts(&b, "\",");
	ijson_put_text(&b, name, strlen(name));
	buf_putc(&b, ',');
	buf_put(&b, json, json_len);
	buf_putc(&b, ']');
	char *text = b64url_arena(a, b.data, b.len);
	size_t len = strlen(text);
	if (len > EVENT_DISCLOSURE_MAX)
		rc = too_long(name, len, e);
	else if (ijson_check(a, b.data, b.len, &why) != RC_OK)
		rc = err_rule(e, RC_INVALID, DISCLOSURE_RULE, "%.64s cannot be sent: %s",
			      name, why.text);
	buf_free(&b);
	if (rc != RC_OK)
		return rc;
	hash_bytes(text, len, ret_digest);
	*ret_text = text;
	return RC_OK;
}

enum rc
event_disclosure_make(struct arena *a, const char *name, json_t *value,
		      const char **ret_text, struct hash *ret_digest, struct err *e)
{
	struct buf b = BUF_INIT(EVENT_DISCLOSURE_MAX);
	enum rc rc;

	if (value == NULL)
		return err_rule(e, RC_INVALID, DISCLOSURE_RULE,
				"a disclosure's value is not UTF-8");
	ijson_put(&b, value);
	rc = buf_ok(&b) ? event_disclosure_write(a, name, b.data, b.len, ret_text,
						 ret_digest, e)
			: err_rule(e, RC_TOO_LARGE, DISCLOSURE_RULE,
				   "%.64s is too long: a disclosure has at most %d bytes",
				   name, EVENT_DISCLOSURE_MAX);
	buf_free(&b);
	return rc;
}
