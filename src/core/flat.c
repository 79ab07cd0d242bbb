#include "core/flat.h"

#include <inttypes.h>
#include <string.h>

#include "base/enc.h"

enum { B64URL_32_LEN = 43 /* characters of 32 bytes without padding */ };

void
flat_open(struct flat *f, struct arena *a, struct ijson_text text, enum rc bad,
	  const char *rule, const char *where, struct err *e)
{
	f->a = a;
	f->next = 0;
	f->said = (struct members){
		.rule = rule, .where = where, .rc = RC_OK, .bad = bad, .e = e};
	f->said.rc = ijson_members(a, text.s, text.len, FLAT_MEMBERS_MAX, f->m, &f->n, e);
	if (f->said.rc == RC_OK && f->n == IJSON_NO_OBJECT)
		flat_fail(f, "must be a JSON object");
}

static bool
is_named(const struct ijson_member *m, const char *name, size_t len)
{
	return m->name.len == len && memcmp(m->name.s, name, len) == 0;
}

struct ijson_text
flat_get(struct flat *f, const char *name)
{
	size_t len = strlen(name), n = f->n < FLAT_MEMBERS_MAX ? f->n : FLAT_MEMBERS_MAX;

	if (f->said.rc != RC_OK)
		return (struct ijson_text){0};
	/* Mostly in the order in which they are asked for. */
	for (size_t k = 0, i = f->next; k < n; k++, i++) {
		if (i >= n)
			i = 0;
		if (!is_named(&f->m[i], name, len))
			continue;
		f->next = i + 1;
		f->said.seen++;
		return f->m[i].value;
	}
	return (struct ijson_text){0};
}

static struct ijson_text
required(struct flat *f, const char *name)
{
	struct ijson_text v = flat_get(f, name);

	if (v.s == NULL)
		flat_fail(f, "%s is missing", name);
	return v;
}

static const char *
text_of(struct flat *f, const char *name, struct ijson_text v, size_t max)
{
	struct ijson_text t = ijson_text_of(f->a, v);

	if (t.s == NULL) {
		flat_fail(f, "%s must be a text", name);
		return "";
	}
	if (t.len == 0 || t.len > max) {
		flat_fail(f, "%s must have 1 to %zu bytes, has %zu", name, max, t.len);
		return "";
	}
	for (size_t i = 0; i < t.len; i++)
		if ((unsigned char)t.s[i] < 0x20 || t.s[i] == 0x7f) {
			flat_fail(f, "%s has a control character", name);
			return "";
		}
	return arena_strndup(f->a, t.s, t.len);
}

const char *
flat_text(struct flat *f, const char *name, size_t max)
{
	struct ijson_text v = required(f, name);

	return v.s == NULL ? "" : text_of(f, name, v, max);
}

const char *
flat_text_optional(struct flat *f, const char *name, size_t max)
{
	struct ijson_text v = flat_get(f, name);

	return v.s == NULL ? NULL : text_of(f, name, v, max);
}

static int64_t
int_of(struct flat *f, const char *name, struct ijson_text v, int64_t min, int64_t max)
{
	int64_t n;

	if (!ijson_int_of(v, &n)) {
		flat_fail(f, "%s must be an integer", name);
		return 0;
	}
	if (n < min || n > max) {
		flat_fail(f, "%s must be from %" PRId64 " to %" PRId64 ", is %" PRId64,
			  name, min, max, n);
		return 0;
	}
	return n;
}

int64_t
flat_int(struct flat *f, const char *name, int64_t min, int64_t max)
{
	struct ijson_text v = required(f, name);

	return v.s == NULL ? 0 : int_of(f, name, v, min, max);
}

int64_t
flat_int_optional(struct flat *f, const char *name, int64_t min, int64_t max,
		  int64_t absent)
{
	struct ijson_text v = flat_get(f, name);

	return v.s == NULL ? absent : int_of(f, name, v, min, max);
}

void
flat_hex(struct flat *f, const char *name, struct hash *ret)
{
	struct ijson_text v = required(f, name);

	*ret = (struct hash){{0}};
	if (v.s != NULL && flat_hex_of(f->a, v, ret) != RC_OK)
		flat_fail(f, "%s must be 64 lower-case hex digits", name);
}

struct ijson_text
flat_object(struct flat *f, const char *name)
{
	struct ijson_text v = required(f, name);

	if (v.s != NULL && v.s[0] != '{') {
		flat_fail(f, "%s must be a JSON object", name);
		v.s = NULL;
	}
	return v;
}

const struct ijson_text *
flat_array_optional(struct flat *f, const char *name, size_t max, size_t *ret_n)
{
	struct ijson_text v = flat_get(f, name), *ret;
	struct err none = ERR_INIT;
	size_t n = 0;

	*ret_n = 0;
	if (v.s == NULL)
		return NULL;
	if (v.s[0] != '[' ||
	    ijson_elements(f->a, v.s, v.len, 0, NULL, &n, &none) != RC_OK) {
		flat_fail(f, "%s must be an array", name);
		return NULL;
	}
	if (n == 0 || n > max) {
		flat_fail(f, "%s must have 1 to %zu elements, has %zu", name, max, n);
		return NULL;
	}
	ret = arena_array(f->a, n, sizeof(*ret));
	if (ijson_elements(f->a, v.s, v.len, n, ret, ret_n, &none) != RC_OK)
		return NULL; /* it was counted */
	return ret;
}

enum rc
flat_end(struct flat *f)
{
	if (f->said.rc == RC_OK && f->said.seen != f->n)
		flat_fail(f, "has %zu members of which only %zu are known here", f->n,
			  f->said.seen);
	return f->said.rc;
}

enum rc
flat_hex_of(struct arena *a, struct ijson_text element, struct hash *ret)
{
	struct ijson_text t = ijson_text_of(a, element);

	return t.s == NULL ? RC_INVALID : hash_parse_hex(t.s, t.len, ret);
}

enum rc
flat_b64url_of(struct arena *a, struct ijson_text element, struct hash *ret)
{
	struct ijson_text t = ijson_text_of(a, element);
	uint8_t *bytes;
	size_t len;

	if (t.s == NULL || t.len != B64URL_32_LEN ||
	    b64url_decode(a, t.s, t.len, &bytes, &len) != RC_OK)
		return RC_INVALID;
	memcpy(ret->b, bytes, HASH_LEN);
	return RC_OK;
}
