#include "core/members.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/enc.h"

enum { B64URL_32_LEN = 43 /* characters of 32 bytes without padding */ };

void
members_fail(struct members *m, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	if (m->rc != RC_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	m->rc = err_rule(m->e, m->bad, m->rule, "%s: %s", m->where, text);
}

void
members_open(struct members *m, const json_t *obj, enum rc bad, const char *rule,
	     const char *where, struct err *e)
{
	*m = (struct members){.obj = obj,
			      .rule = rule,
			      .where = where,
			      .rc = RC_OK,
			      .bad = bad,
			      .e = e};
	if (!json_is_object(obj))
		members_fail(m, "must be a JSON object");
}

const json_t *
members_get(struct members *m, const char *name)
{
	if (m->rc != RC_OK)
		return NULL;
	const json_t *v = json_object_get(m->obj, name);
	if (v != NULL)
		m->seen++;
	return v;
}

static const json_t *
required(struct members *m, const char *name)
{
	const json_t *v = members_get(m, name);

	if (v == NULL)
		members_fail(m, "%s is missing", name);
	return v;
}

static const char *
text_of(struct members *m, const char *name, const json_t *v, size_t max)
{
	if (!json_is_string(v)) {
		members_fail(m, "%s must be a text", name);
		return "";
	}
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);
	if (len == 0 || len > max) {
		members_fail(m, "%s must have 1 to %zu bytes, has %zu", name, max, len);
		return "";
	}
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f) {
			members_fail(m, "%s has a control character", name);
			return "";
		}
	return s;
}

const char *
members_text(struct members *m, const char *name, size_t max)
{
	const json_t *v = required(m, name);

	return v == NULL ? "" : text_of(m, name, v, max);
}

const char *
members_text_optional(struct members *m, const char *name, size_t max)
{
	const json_t *v = members_get(m, name);

	return v == NULL ? NULL : text_of(m, name, v, max);
}

static int64_t
int_of(struct members *m, const char *name, const json_t *v, int64_t min, int64_t max)
{
	if (!json_is_integer(v)) {
		members_fail(m, "%s must be an integer", name);
		return 0;
	}
	int64_t n = json_integer_value(v);
	if (n < min || n > max) {
		members_fail(m, "%s must be from %" PRId64 " to %" PRId64 ", is %" PRId64,
			     name, min, max, n);
		return 0;
	}
	return n;
}

int64_t
members_int(struct members *m, const char *name, int64_t min, int64_t max)
{
	const json_t *v = required(m, name);

	return v == NULL ? 0 : int_of(m, name, v, min, max);
}

int64_t
members_int_optional(struct members *m, const char *name, int64_t min, int64_t max,
		     int64_t absent)
{
	const json_t *v = members_get(m, name);

	return v == NULL ? absent : int_of(m, name, v, min, max);
}

void
members_hex(struct members *m, const char *name, struct hash *ret)
{
	const json_t *v = required(m, name);

	*ret = (struct hash){{0}};
	if (v != NULL && digest_from_hex(v, ret) != RC_OK)
		members_fail(m, "%s must be 64 lower-case hex digits", name);
}

void
members_key(struct members *m, struct arena *a, const char *name, uint8_t ret[KEY_LEN])
{
	const json_t *v = required(m, name);

	memset(ret, 0, KEY_LEN);
	if (v != NULL && digest_from_b64url(a, v, ret) != RC_OK)
		members_fail(m, "%s must be 32 bytes as canonical base64url", name);
}

json_t *
members_object(struct members *m, const char *name)
{
	const json_t *v = required(m, name);

	if (v == NULL)
		return NULL;
	if (!json_is_object(v)) {
		members_fail(m, "%s must be a JSON object", name);
		return NULL;
	}
	return json_object_get(m->obj, name);
}

static const json_t *
array_of(struct members *m, const char *name, const json_t *v, size_t max, size_t *ret_n)
{
	size_t n = json_array_size(v);

	if (!json_is_array(v)) {
		members_fail(m, "%s must be an array", name);
		return NULL;
	}
	if (n == 0 || n > max) {
		members_fail(m, "%s must have 1 to %zu elements, has %zu", name, max, n);
		return NULL;
	}
	*ret_n = n;
	return v;
}

const json_t *
members_array_optional(struct members *m, const char *name, size_t max, size_t *ret_n)
{
	const json_t *v = members_get(m, name);

	*ret_n = 0;
	return v == NULL ? NULL : array_of(m, name, v, max, ret_n);
}

const json_t *
members_array(struct members *m, const char *name, size_t max, size_t *ret_n)
{
	const json_t *v = required(m, name);

	*ret_n = 0;
	return v == NULL ? NULL : array_of(m, name, v, max, ret_n);
}

enum rc
members_end(struct members *m)
{
	if (m->rc != RC_OK || m->seen == json_object_size(m->obj))
		return m->rc;
	members_fail(m, "has %zu members of which only %zu are known here",
		     json_object_size(m->obj), m->seen);
	return m->rc;
}

enum rc
digest_from_hex(const json_t *text, struct hash *ret)
{
	if (!json_is_string(text))
		return RC_INVALID;
	return hash_parse_hex(json_string_value(text), json_string_length(text), ret);
}

enum rc
digest_from_b64url(struct arena *a, const json_t *text, uint8_t ret[HASH_LEN])
{
	uint8_t *bytes;
	size_t len;

	if (!json_is_string(text) || json_string_length(text) != B64URL_32_LEN ||
	    b64url_decode(a, json_string_value(text), B64URL_32_LEN, &bytes, &len) !=
		    RC_OK)
		return RC_INVALID;
	memcpy(ret, bytes, HASH_LEN);
	return RC_OK;
}
