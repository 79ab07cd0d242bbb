/*
 * The WHATWG URL parser (section 4.4) for http and https without a base.
 *
 * libcurl's URL API is not used: it keeps "\", tabs, "http:example.com", "0x7f.1" and
 * percent-encodes differently, so that two reports of one page would differ.
 */
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/target.h"
#include "core/target_int.h"

enum { PORT_MAX = 65535 };

/* WHATWG URL, section 1.3: which ASCII bytes each part encodes beside the controls,
 * DEL and all that is not ASCII. */
#define QUERY_SET    " \"#<>"
#define PATH_SET     QUERY_SET "?^`{}"
#define USERINFO_SET PATH_SET "/:;=@[\\]|"
#define SPECIAL_SET  QUERY_SET "'"
#define FRAGMENT_SET " \"<>`"

static void
put_encoded(struct buf *b, const char *s, size_t len, const char *set)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c < 0x20 || c > 0x7e || strchr(set, c) != NULL)
			buf_printf(b, "%%%02X", c);
		else
			buf_putc(b, s[i]);
	}
}

static const char *
encoded(struct arena *a, const char *s, size_t len, const char *set)
{
	struct buf b = BUF_INIT(3 * TARGET_MAX);

	put_encoded(&b, s, len, set);
	const char *ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

char *
target_percent_decode(struct arena *a, const char *s, size_t len, size_t *ret_len)
{
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		int hi = -1, lo = -1;
		if (s[i] == '%' && len - i > 2) {
			hi = hex_value(s[i + 1]);
			lo = hex_value(s[i + 2]);
		}
		if (hi >= 0 && lo >= 0) {
			out[n++] = (char)(hi << 4 | lo);
			i += 2;
		} else {
			out[n++] = s[i];
		}
	}
	*ret_len = n;
	return out;
}

/* `s` without what the parser ignores: controls and spaces at both ends, tabs and line
 * ends anywhere. */
static const char *
clean(struct arena *a, const char *s, size_t len, size_t *ret_len)
{
	char *out = arena_alloc(a, len + 1);
	size_t n = 0;

	while (len > 0 && (unsigned char)s[len - 1] <= 0x20)
		len--;
	while (len > 0 && (unsigned char)s[0] <= 0x20) {
		s++;
		len--;
	}
	for (size_t i = 0; i < len; i++)
		if (s[i] != '\t' && s[i] != '\n' && s[i] != '\r')
			out[n++] = s[i];
	*ret_len = n;
	return out;
}

bool
url_has_web_scheme(const char *s, size_t len)
{
	char head[8] = "";
	size_t n = 0;

	for (size_t i = 0; i < len && n < sizeof("https:") - 1; i++)
		if (s[i] != '\t' && s[i] != '\n' && s[i] != '\r')
			head[n++] = s[i];
	return strncasecmp(head, "http:", 5) == 0 || strncasecmp(head, "https:", 6) == 0;
}

static bool
is_slash(char c)
{
	return c == '/' || c == '\\';
}

static enum rc
host_parse_name(struct arena *a, const char *s, size_t len, struct url *u, struct err *e)
{
	static const char forbidden[] = " #/:<>?@[\\]^|%\x7f";
	size_t n, bad_at;
	const char *decoded = target_percent_decode(a, s, len, &n);

	if (!utf8_valid(decoded, n, &bad_at))
		return err_set(e, RC_INVALID, "the host \"%s\" is not UTF-8",
			       target_quote(a, s, len));
	enum rc rc = name_to_ascii(a, decoded, n, &u->host, e);
	if (rc != RC_OK)
		return rc;
	if (u->host[0] == '\0')
		return err_set(e, RC_INVALID,
			       "the host is empty: write it after \"%s://\"", u->scheme);
	for (const char *p = u->host; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || strchr(forbidden, *p) != NULL)
			return err_set(
				e, RC_INVALID,
				"a host cannot hold \"%c\", as \"%s\" does: check the "
				"link",
				*p, target_quote(a, u->host, strlen(u->host)));
	if (!ip4_looks_like(u->host))
		return RC_OK;
	uint32_t ip;
	if (ip4_parse_loose(u->host, &ip) != RC_OK)
		return err_set(e, RC_INVALID,
			       "the host \"%s\" ends in a number but is no IPv4 address",
			       target_quote(a, u->host, strlen(u->host)));
	u->host = ip4_format(a, ip);
	u->host_kind = URL_HOST_IP;
	return RC_OK;
}

static enum rc
host_parse(struct arena *a, const char *s, size_t len, struct url *u, struct err *e)
{
	uint16_t ip[8];

	u->host_kind = URL_HOST_NAME;
	if (len == 0)
		return err_set(e, RC_INVALID,
			       "the host is empty: write it after \"%s://\"", u->scheme);
	if (s[0] != '[')
		return host_parse_name(a, s, len, u, e);
	if (s[len - 1] != ']' || ip6_parse(s + 1, len - 2, ip) != RC_OK)
		return err_set(e, RC_INVALID,
			       "the host \"%s\" is no IPv6 address in brackets",
			       target_quote(a, s, len));
	u->host = arena_printf(a, "[%s]", ip6_format(a, ip, false));
	u->host_kind = URL_HOST_IP;
	return RC_OK;
}

static enum rc
port_parse(const char *s, size_t len, struct url *u, struct err *e)
{
	int port = 0;

	u->port = -1;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return err_set(e, RC_INVALID,
				       "the port is no number: check what "
				       "follows \":\" after the host");
		port = port * 10 + (s[i] - '0');
		if (port > PORT_MAX)
			return err_set(e, RC_INVALID, "a port is at most %d", PORT_MAX);
	}
	if (len > 0 && port != (strcmp(u->scheme, "https") == 0 ? 443 : 80))
		u->port = port;
	return RC_OK;
}

/* "user:password@host:port" */
static enum rc
authority_parse(struct arena *a, const char *s, size_t len, struct url *u, struct err *e)
{
	const char *at = memrchr(s, '@', len);
	bool bracket = false;
	size_t host_len = 0;

	u->user = u->password = "";
	if (at != NULL) {
		size_t n = (size_t)(at - s);
		const char *colon = memchr(s, ':', n);
		size_t user_len = colon != NULL ? (size_t)(colon - s) : n;
		u->user = encoded(a, s, user_len, USERINFO_SET);
		if (colon != NULL)
			u->password =
				encoded(a, colon + 1, n - user_len - 1, USERINFO_SET);
		s = at + 1;
		len -= n + 1;
	}
	for (; host_len < len && (bracket || s[host_len] != ':'); host_len++) {
		if (s[host_len] == '[')
			bracket = true;
		else if (s[host_len] == ']')
			bracket = false;
	}
	enum rc rc = host_parse(a, s, host_len, u, e);
	if (rc != RC_OK)
		return rc;
	if (host_len < len)
		return port_parse(s + host_len + 1, len - host_len - 1, u, e);
	u->port = -1;
	return RC_OK;
}

/* How many dots the segment stands for: 1 for "." and "%2e", 2 for "..", ".%2e", ...; 0
 * for a plain name. */
static int
segment_dots(const char *s, size_t len)
{
	int dots = 0;

	for (size_t i = 0; i < len; dots++) {
		if (s[i] == '.')
			i += 1;
		else if (len - i >= 3 && strncasecmp(s + i, "%2e", 3) == 0)
			i += 3;
		else
			return 0;
	}
	return dots <= 2 ? dots : 0;
}

static const char *
path_parse(struct arena *a, const char *s, size_t len)
{
	struct buf b = BUF_INIT(3 * TARGET_MAX + 1);
	size_t i = len > 0 && is_slash(s[0]) ? 1 : 0;

	for (;; i++) {
		size_t from = i;
		while (i < len && !is_slash(s[i]))
			i++;
		int dots = segment_dots(s + from, i - from);
		if (dots == 2) {
			while (b.len > 0 && b.data[--b.len] != '/')
				;
		}
		if (dots == 0) {
			buf_putc(&b, '/');
			put_encoded(&b, s + from, i - from, PATH_SET);
		} else if (i == len) {
			buf_putc(&b, '/');
		}
		if (i == len)
			break;
	}
	const char *ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

enum rc
url_parse(struct arena *a, const char *s, size_t len, struct url *ret, struct err *e)
{
	size_t n;
	const char *p = clean(a, s, len, &n), *end = p + n;

	*ret = (struct url){.port = -1};
	if (strncasecmp(p, "http:", 5) == 0)
		ret->scheme = "http";
	else if (strncasecmp(p, "https:", 6) == 0)
		ret->scheme = "https";
	else
		return err_set(e, RC_INVALID, "a link begins with http:// or https://");
	p += strlen(ret->scheme) + 1;
	while (p < end && is_slash(*p))
		p++;
	n = 0;
	while (p + n < end && !is_slash(p[n]) && p[n] != '?' && p[n] != '#')
		n++;
	enum rc rc = authority_parse(a, p, n, ret, e);
	if (rc != RC_OK)
		return rc;
	p += n;
	n = 0;
	while (p + n < end && p[n] != '?' && p[n] != '#')
		n++;
	ret->path = path_parse(a, p, n);
	p += n;
	if (p < end && *p == '?') {
		const char *hash = memchr(p, '#', (size_t)(end - p));
		n = (size_t)((hash != NULL ? hash : end) - p) - 1;
		ret->query = encoded(a, p + 1, n, SPECIAL_SET);
		p += n + 1;
	}
	if (p < end)
		ret->fragment = encoded(a, p + 1, (size_t)(end - p) - 1, FRAGMENT_SET);
	return RC_OK;
}

const char *
url_format(struct arena *a, const struct url *u)
{
	struct buf b = BUF_INIT(16 * TARGET_MAX);

	buf_printf(&b, "%s://", u->scheme);
	if (u->user[0] != '\0' || u->password[0] != '\0') {
		buf_puts(&b, u->user);
		if (u->password[0] != '\0')
			buf_printf(&b, ":%s", u->password);
		buf_putc(&b, '@');
	}
	buf_puts(&b, u->host);
	if (u->port >= 0)
		buf_printf(&b, ":%d", u->port);
	buf_puts(&b, u->path);
	if (u->query != NULL)
		buf_printf(&b, "?%s", u->query);
	if (u->fragment != NULL)
		buf_printf(&b, "#%s", u->fragment);
	const char *ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return ret;
}

const char *
url_dns_name(struct arena *a, const struct url *u)
{
	size_t n = strlen(u->host), label = 0;

	if (u->host_kind != URL_HOST_NAME)
		return NULL;
	if (n > 1 && u->host[n - 1] == '.')
		n--;
	if (n > NAME_MAX_LEN)
		return NULL;
	for (size_t i = 0; i <= n; i++) {
		char c = i < n ? u->host[i] : '.';
		if (c == '.') {
			if (label == 0 || label > LABEL_MAX)
				return NULL;
			label = 0;
			continue;
		}
		/* "_" is no host name after STD 3, but DNS carries it and pages use it.
		 */
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
		      c == '_'))
			return NULL;
		label++;
	}
	return arena_strndup(a, u->host, n);
}
