#include "core/target.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/target_int.h"

enum { QUOTE_MAX = 60, DIGEST_HEX_LEN = 64 /* of SHA-256 and of PDQ */ };

static const char known_kinds[] = "write a link (https://...), a domain, an IP address, "
				  "a Telegram link (t.me/...), or "
				  "sha256:, pdq: or text: with the rest after it";

const char *
target_kind_token(enum target_kind k)
{
	static const char *const tokens[] = {
#define X(name, token) [TARGET_##name] = token,
		TARGET_TABLE(X)
#undef X
	};

	return k >= 0 && k < TARGET_KIND_COUNT ? tokens[k] : "?";
}

const char *
target_quote(struct arena *a, const char *s, size_t len)
{
	if (len <= QUOTE_MAX)
		return arena_strndup(a, s, len);
	return arena_printf(a, "%.*s...", (int)utf8_cut(s, len, QUOTE_MAX), s);
}

static bool
is_space(char c)
{
	return (unsigned char)c <= 0x20;
}

static bool
has_prefix(const char *s, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && strncasecmp(s, prefix, n) == 0;
}

static bool
is_hex(const char *s, size_t len)
{
	return strspn(s, "0123456789abcdefABCDEF") >= len;
}

/* "sha256:" or "pdq:" and 64 digits; upper case is folded, what is stored has one form.
 */
static enum rc
digest_parse(struct arena *a, struct target *t, enum target_kind kind, struct err *e)
{
	const char *token = target_kind_token(kind);
	const char *hex = t->given + strlen(token) + 1;
	char *normal;

	while (*hex != '\0' && is_space(*hex))
		hex++;
	if (strlen(hex) != DIGEST_HEX_LEN || !is_hex(hex, DIGEST_HEX_LEN))
		return err_set(
			e, RC_INVALID,
			"%s: is followed by %d hex digits, here are %zu characters: "
			"copy the digest again",
			token, DIGEST_HEX_LEN, strlen(hex));
	normal = arena_printf(a, "%s:%s", token, hex);
	for (char *p = normal; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	t->kind = kind;
	t->normal = normal;
	return RC_OK;
}

/* Runs of white space become one space: line breaks do not survive mail and sheets. */
static enum rc
text_parse(struct arena *a, struct target *t, struct err *e)
{
	const char *s = t->given + sizeof("text:") - 1;
	char *normal = arena_printf(a, "text:%s", s),
	     *begin = normal + sizeof("text:") - 1;
	char *to = begin;
	bool gap = false;

	for (; *s != '\0'; s++) {
		if (is_space(*s)) {
			gap = to > begin;
			continue;
		}
		if (gap)
			*to++ = ' ';
		gap = false;
		*to++ = *s;
	}
	*to = '\0';
	if (to == begin)
		return err_set(e, RC_INVALID,
			       "text: is followed by nothing: write the text "
			       "after it");
	t->kind = TARGET_TEXT;
	t->normal = normal;
	return RC_OK;
}

static enum rc
link_parse(struct arena *a, const char *s, size_t len, struct target *t, struct err *e)
{
	struct url u;
	enum rc rc = url_parse(a, s, len, &u, e);

	if (rc != RC_OK)
		return rc;
	if (telegram_host(u.host) && u.port < 0) {
		t->kind = TARGET_TELEGRAM;
		return telegram_parse_url(a, &u, &t->normal, &t->host, e);
	}
	t->kind = TARGET_URL;
	t->normal = url_format(a, &u);
	t->host = url_dns_name(a, &u);
	/* The normal form is a target again, so the same limit holds for it. */
	if (strlen(t->normal) > TARGET_MAX)
		return err_set(
			e, RC_TOO_LARGE,
			"the link has %zu bytes when normalised, %d are the most: cut "
			"what the page does not need",
			strlen(t->normal), TARGET_MAX);
	return RC_OK;
}

/* A Telegram link without its scheme. */
static enum rc
bare_link_parse(struct arena *a, const char *s, struct target *t, struct err *e)
{
	const char *link = arena_printf(a, "https://%s", s);

	return link_parse(a, link, strlen(link), t, e);
}

static bool
ip_parse(struct arena *a, struct target *t)
{
	const char *s = t->given;
	size_t len = strlen(s);
	uint16_t ip6[8];
	uint32_t ip4;

	if (ip4_parse_strict(s, len, &ip4) == RC_OK) {
		t->normal = ip4_format(a, ip4);
	} else {
		if (len > 2 && s[0] == '[' && s[len - 1] == ']') {
			s++;
			len -= 2;
		}
		if (ip6_parse(s, len, ip6) != RC_OK)
			return false;
		t->normal = ip6_format(a, ip6, true);
	}
	t->kind = TARGET_IP;
	return true;
}

/* What it may have been meant to be, for what was not recognised. */
static enum rc
refuse(struct arena *a, const char *s, struct err *e)
{
	size_t len = strlen(s);
	const char *q = target_quote(a, s, len);
	const char *slash = strchr(s, '/');

	if (len == DIGEST_HEX_LEN && is_hex(s, len))
		return err_set(e, RC_INVALID,
			       "%d hex digits may be SHA-256 or PDQ: put sha256: or pdq: "
			       "before them",
			       DIGEST_HEX_LEN);
	if (s[0] == '@')
		return err_set(e, RC_INVALID, "\"%s\" is no link: write t.me/%s", q,
			       q + 1);
	if (has_prefix(s, len, "http//") || has_prefix(s, len, "https//") ||
	    has_prefix(s, len, "http/") || has_prefix(s, len, "https/"))
		return err_set(e, RC_INVALID,
			       "\"%s\" lacks a colon: write \"://\" after http", q);
	if (strstr(s, "://") != NULL)
		return err_set(e, RC_INVALID,
			       "\"%s\": only http, https and tg links are taken", q);
	if (has_prefix(s, len, "*."))
		return err_set(
			e, RC_INVALID,
			"\"%s\": an item names one thing, write the domain without "
			"\"*.\"",
			q);
	if (slash != NULL && slash != s && memchr(s, '.', (size_t)(slash - s)) != NULL)
		return err_set(
			e, RC_INVALID,
			"\"%s\" has no scheme: put https:// (or http://) before it", q);
	return err_set(e, RC_INVALID, "\"%s\" is no known kind of target: %s", q,
		       known_kinds);
}

static enum rc
domain_parse(struct arena *a, struct target *t, struct err *e)
{
	const char *s = t->given;

	/* U+3002, U+FF0E and U+FF61 are dots as well. */
	bool dotted = strchr(s, '.') != NULL || strstr(s, "\xe3\x80\x82") != NULL ||
		      strstr(s, "\xef\xbc\x8e") != NULL ||
		      strstr(s, "\xef\xbd\xa1") != NULL;
	for (const char *p = s; *p != '\0'; p++)
		if (is_space(*p) || strchr("/\\?#@:*", *p) != NULL)
			dotted = false;
	if (!dotted)
		return refuse(a, s, e);
	enum rc rc = name_normalise(a, s, strlen(s), &t->normal, e);
	if (rc != RC_OK)
		return rc;
	if (strchr(t->normal, '.') == NULL)
		return err_set(e, RC_INVALID,
			       "\"%s\" is a single label: write the domain in full",
			       target_quote(a, s, strlen(s)));
	/* <user>.t.me is a link in whatever dots and letters it was written. */
	if (telegram_looks_like(t->normal, strlen(t->normal)))
		return bare_link_parse(a, t->normal, t, e);
	t->kind = TARGET_DOMAIN;
	t->host = t->normal;
	return RC_OK;
}

static enum rc
recognise(struct arena *a, struct target *t, struct err *e)
{
	const char *s = t->given;
	size_t len = strlen(s);

	if (has_prefix(s, len, "sha256:"))
		return digest_parse(a, t, TARGET_SHA256, e);
	if (has_prefix(s, len, "pdq:"))
		return digest_parse(a, t, TARGET_PDQ, e);
	if (has_prefix(s, len, "text:"))
		return text_parse(a, t, e);
	if (url_has_web_scheme(s, len))
		return link_parse(a, s, len, t, e);
	if (has_prefix(s, len, "tg:")) {
		t->kind = TARGET_TELEGRAM;
		t->host = "t.me";
		return telegram_parse_tg(a, s, len, &t->normal, e);
	}
	if (telegram_looks_like(s, len))
		return bare_link_parse(a, s, t, e);
	if (ip_parse(a, t))
		return RC_OK;
	return domain_parse(a, t, e);
}

enum rc
target_parse(struct arena *a, const char *s, size_t len, struct target *ret,
	     struct err *e)
{
	size_t bad_at;

	*ret = (struct target){0};
	if (len > TARGET_MAX)
		return err_set(e, RC_TOO_LARGE,
			       "a target has at most %d bytes, this one %zu", TARGET_MAX,
			       len);
	while (len > 0 && is_space(s[len - 1]))
		len--;
	while (len > 0 && is_space(s[0])) {
		s++;
		len--;
	}
	if (len == 0)
		return err_set(e, RC_INVALID, "the target is empty: %s", known_kinds);
	if (memchr(s, '\0', len) != NULL)
		return err_set(e, RC_INVALID, "a target holds no NUL byte");
	if (!utf8_valid(s, len, &bad_at))
		return err_set(
			e, RC_INVALID,
			"not UTF-8 at byte %zu of the target: save the list as UTF-8",
			bad_at + 1);
	ret->given = arena_strndup(a, s, len);
	enum rc rc = recognise(a, ret, e);
	if (rc != RC_OK)
		return rc;
	assert(ret->normal != NULL);
	hash_bytes(ret->normal, strlen(ret->normal), &ret->nf);
	return RC_OK;
}

enum rc
target_host(struct arena *a, const char *s, size_t len, const char **ret, struct err *e)
{
	struct err none = ERR_INIT;
	struct target t;
	struct url u;
	const char *link = arena_printf(
		a, "%s%.*s", has_prefix(s, len, "http") ? "" : "https://", (int)len, s);

	*ret = NULL;
	if (target_parse(a, s, len, &t, &none) == RC_OK)
		*ret = t.host;
	else if (memchr(s, '\0', len) == NULL &&
		 url_parse(a, link, strlen(link), &u, &none) == RC_OK)
		*ret = url_dns_name(a, &u);
	else
		return target_parse(a, s, len, &t, e);
	return RC_OK;
}
