#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/docread.h"

void
docread_fail(struct docread *d, const char *at, const char *key, const char *fmt, ...)
{
	char what[ERR_TEXT_MAX];
	const char *dot = *at != '\0' && key != NULL ? "." : "";
	va_list ap;

	if (d->rc != RC_OK)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (key == NULL)
		key = *at != '\0' ? "" : "the document";
	d->rc = err_set(d->e, RC_INVALID, "%s%s%s: %s", at, dot, key, what);
}

static void
tree_free(void *p)
{
	json_decref(p);
}

json_t *
docread_open(struct docread *d, const char *text, size_t len, size_t max)
{
	json_error_t je;
	json_t *o;

	if (d->rc != RC_OK)
		return NULL;
	if (len > max) {
		d->rc = err_set(d->e, RC_TOO_LARGE, "%zu bytes: at most %zu are read",
				len, max);
		return NULL;
	}
	o = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (o == NULL) {
		d->rc = err_set(d->e, RC_INVALID, "not JSON: line %d, column %d: %s",
				je.line, je.column, je.text);
		return NULL;
	}
	arena_defer(d->a, tree_free, o);
	if (!json_is_object(o))
		docread_fail(d, "", NULL, "must be a JSON object");
	return d->rc == RC_OK ? o : NULL;
}

void
docread_members(struct docread *d, json_t *o, const char *at, const char *const *names)
{
	const char *key;
	json_t *value;

	if (d->rc != RC_OK)
		return;
	if (!json_is_object(o)) {
		docread_fail(d, at, NULL, "must be an object");
		return;
	}
	json_object_foreach (o, key, value) {
		size_t i = 0;

		while (names[i] != NULL && strcmp(names[i], key) != 0)
			i++;
		if (names[i] == NULL) {
			docread_fail(d, at, key, "unknown member: remove it");
			return;
		}
	}
}

/* The member, or NULL and a failure when it is missing or of another kind. */
static json_t *
member(struct docread *d, const json_t *o, const char *at, const char *key,
       json_type type, const char *kind)
{
	json_t *v;

	if (d->rc != RC_OK)
		return NULL;
	v = json_object_get(o, key);
	if (v == NULL) {
		docread_fail(d, at, key, "missing: it must be %s", kind);
		return NULL;
	}
	if (json_typeof(v) != type) {
		docread_fail(d, at, key, "must be %s", kind);
		return NULL;
	}
	return v;
}

const char *
docread_text(struct docread *d, const json_t *o, const char *at, const char *key,
	     size_t max_bytes)
{
	json_t *v = member(d, o, at, key, JSON_STRING, "a text");

	if (v == NULL)
		return "";
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);

	if (len == 0 || len > max_bytes)
		docread_fail(d, at, key, "%zu bytes: 1 to %zu are allowed", len,
			     max_bytes);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			docread_fail(d, at, key, "control character at byte %zu", i);
	return d->rc == RC_OK ? s : "";
}

const char *
docread_code(struct docread *d, const json_t *o, const char *at, const char *key,
	     size_t max_bytes)
{
	const char *s = docread_text(d, o, at, key, max_bytes);

	if (d->rc == RC_OK &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
		docread_fail(d, at, key, "only a-z, 0-9, '_' and '-' are allowed");
	return d->rc == RC_OK ? s : "";
}

int64_t
docread_int(struct docread *d, const json_t *o, const char *at, const char *key,
	    int64_t min, int64_t max)
{
	json_t *v = member(d, o, at, key, JSON_INTEGER, "a whole number");

	if (v == NULL)
		return min;
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		docread_fail(d, at, key, "must be from %" PRId64 " to %" PRId64, min,
			     max);
	return d->rc == RC_OK ? json_integer_value(v) : min;
}

json_t *
docread_object(struct docread *d, const json_t *o, const char *at, const char *key)
{
	return member(d, o, at, key, JSON_OBJECT, "an object");
}

json_t *
docread_list(struct docread *d, const json_t *o, const char *at, const char *key,
	     size_t min, size_t max)
{
	json_t *v = member(d, o, at, key, JSON_ARRAY, "a list");

	if (v != NULL && (json_array_size(v) < min || json_array_size(v) > max))
		docread_fail(d, at, key, "%zu entries: %zu to %zu are allowed",
			     json_array_size(v), min, max);
	return d->rc == RC_OK ? v : NULL;
}

int64_t
docread_int_or(struct docread *d, const json_t *o, const char *at, const char *key,
	       int64_t min, int64_t max, int64_t dflt)
{
	if (json_object_get(o, key) == NULL)
		return dflt;
	return docread_int(d, o, at, key, min, max);
}

bool
docread_bool_or(struct docread *d, const json_t *o, const char *at, const char *key,
		bool dflt)
{
	const json_t *v = json_object_get(o, key);

	if (v == NULL || d->rc != RC_OK)
		return dflt;
	if (!json_is_boolean(v))
		docread_fail(d, at, key, "must be true or false");
	return json_is_true(v);
}

int64_t
docread_time_or(struct docread *d, const json_t *o, const char *at, const char *key,
		int64_t dflt)
{
	int64_t us = dflt;

	if (json_object_get(o, key) == NULL)
		return dflt;
	const char *text = docread_text(d, o, at, key, CLOCK_TEXT_LEN);

	if (d->rc == RC_OK && clock_parse(text, strlen(text), &us) != RC_OK)
		docread_fail(d, at, key, "must be a time such as 2017-07-14T04:00:00Z");
	return us;
}
