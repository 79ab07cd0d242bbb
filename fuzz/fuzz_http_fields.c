/*
 * fuzz_http_fields - what stands in a request's head.
 *
 * The first byte chooses the field.  Properties: a path that is accepted has no empty
 * word, no "." or "..", no backslash, no control character, and as many slashes as it
 * came with; an event's id has one form; a key is visible ASCII and means the same in
 * quotes; a cookie's value has no separator; an entity-tag matches itself, and no list
 * that is malformed before it; a version comes back from the tag that is made of it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/head.h"
#include "base/utf8.h"
#include "core/crypto.h"
#include "http/fields.h"

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == c;
	return n;
}

static void
try_path(struct arena *a, const char *text)
{
	const char *path;
	size_t bad_at;

	if (field_path(a, text, &path, NULL) != RC_OK)
		return;
	must(path[0] == '/' && strstr(path, "//") == NULL && strchr(path, '\\') == NULL);
	must(strlen(path) == 1 || path[strlen(path) - 1] != '/');
	must(count(path, '/') == count(text, '/'));
	must(utf8_valid(path, strlen(path), &bad_at));
	for (const char *at = path; *at != '\0'; at++)
		must((unsigned char)*at >= 0x20 && *at != 0x7f);
	for (const char *at = path; at != NULL; at = strchr(at + 1, '/')) {
		size_t len = strcspn(at + 1, "/");
		must(!(len == 1 && at[1] == '.') &&
		     !(len == 2 && at[1] == '.' && at[2] == '.'));
	}
}

static void
try_key(struct arena *a, const char *text)
{
	const char *key, *again;

	if (field_key(a, text, &key, NULL) != RC_OK)
		return;
	must(key[0] != '\0' && strlen(key) <= FIELD_KEY_MAX);
	for (const char *at = key; *at != '\0'; at++)
		must(*at > ' ' && *at <= '~' && *at != '"' && *at != '\\');
	must(field_key(a, arena_printf(a, "\"%s\"", key), &again, NULL) == RC_OK);
	must(strcmp(key, again) == 0);
}

static void
try_id(struct arena *a, const char *text)
{
	int64_t id;

	if (field_event_id(text, &id, NULL) == RC_OK)
		must(strcmp(text, arena_printf(a, "%" PRId64, id)) == 0);
}

static void
try_cookie(struct arena *a, const char *text)
{
	const char *value;

	if (field_cookie(a, text, "s", &value, NULL) == RC_OK && value != NULL) {
		must(strpbrk(value, "\";,\\ ") == NULL);
		must(strstr(text, arena_printf(a, "s=%s", value)) != NULL);
	}
}

static void
try_etag(struct arena *a, const char *text)
{
	char etag[FIELD_ETAG_MAX + 1];
	const char *version, *again;

	field_etag_make(text, strlen(text), NULL, etag);
	must(field_etag_matches(etag, etag));
	if (field_etag_matches(text, etag))
		must(strchr(text, '*') != NULL || strstr(text, etag) != NULL);
	if (field_if_match(a, text, &version, NULL) != RC_OK || version == NULL)
		return;
	field_etag_make(text, strlen(text), version, etag);
	must(field_if_match(a, etag, &again, NULL) == RC_OK);
	must(strcmp(version, again) == 0);
}

static void
try_host(struct arena *a, const char *text)
{
	if (field_host_valid(text)) {
		must(strpbrk(text, "/@ ,;?#\r\n") == NULL);
		must(field_host_listed(text, ""));
	}
	if (head_name_valid(text))
		must(strpbrk(text, " :\t\r\n") == NULL && text[0] != '\0');
	if (head_value_valid(text))
		must(strpbrk(text, "\r\n") == NULL);
	if (field_is_json(text))
		must(strncmp(text, "a", 1) == 0 || strncmp(text, "A", 1) == 0);
	(void)a;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(struct arena *, const char *) = {
		try_path, try_key, try_id, try_cookie, try_etag, try_host};

	if (size == 0)
		return 0;
	crypto_start();
	struct arena *a = arena_create();
	tries[data[0] % (sizeof(tries) / sizeof(tries[0]))](
		a, arena_strndup(a, (const char *)data + 1, size - 1));
	arena_free(a);
	return 0;
}
