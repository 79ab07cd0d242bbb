#include "http/fields.h"

#include <string.h>
#include <strings.h>

#include "base/enc.h"
#include "base/utf8.h"
#include "core/crypto.h"

enum { ETAG_BYTES = 16, HOST_MAX = 255, FILE_MAX = 1024, PORT_MAX = 65535 };

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte at *at, percent-decoded; *at moves behind it.  -1: a percent sign without two
 * digits. */
static int
byte_take(const char **at, bool *ret_encoded)
{
	const char *s = *at;

	*ret_encoded = s[0] == '%';
	if (!*ret_encoded) {
		*at += 1;
		return (unsigned char)s[0];
	}
	int hi = hex_digit(s[1]), lo = hi < 0 ? -1 : hex_digit(s[2]);
	if (lo < 0)
		return -1;
	*at += 3;
	return hi * 16 + lo;
}

static enum rc
decode(struct arena *a, const char *raw, bool is_path, const char **ret, struct err *e)
{
	const char *what = is_path ? "the path" : "the query";
	size_t n = 0, len = strlen(raw), bad_at;
	char *out = arena_alloc(a, len + 1);
	bool encoded;

	for (const char *at = raw; *at != '\0';) {
		int c = byte_take(&at, &encoded);
		if (c < 0)
			return err_rule(e, RC_INVALID, "RFC 3986, 2.1",
					"%s has a percent sign without two digits", what);
		if (is_path && (c < 0x20 || c == 0x7f))
			return err_rule(e, RC_INVALID, "RFC 3986, 2.1",
					"%s has a control character", what);
		if (c == '\0')
			return err_rule(e, RC_INVALID, "RFC 3986, 2.1", "%s has a NUL",
					what);
		if (is_path && (c == '\\' || (c == '/' && encoded)))
			return err_rule(e, RC_INVALID, "RFC 3986, 3.3",
					"%s has a hidden slash", what);
		out[n++] = (char)c;
	}
	out[n] = '\0';
	if (!utf8_valid(out, n, &bad_at))
		return err_rule(e, RC_INVALID, "RFC 3629", "%s is no UTF-8", what);
	*ret = out;
	return RC_OK;
}

enum rc
field_path(struct arena *a, const char *raw, const char **ret, struct err *e)
{
	if (raw[0] != '/')
		return err_rule(e, RC_INVALID, "RFC 9112, 3.2.1",
				"the path does not begin with a slash");
	if (strlen(raw) > FIELD_PATH_MAX)
		return err_rule(e, RC_INVALID, "RFC 9112, 3",
				"the path is longer than %d bytes", FIELD_PATH_MAX);
	enum rc rc = decode(a, raw, true, ret, e);
	for (const char *at = rc == RC_OK ? *ret : ""; *at != '\0';) {
		size_t len = strcspn(at + 1, "/");
		const char *word = at + 1;
		if ((len == 0 && (*ret)[1] != '\0') || (len == 1 && word[0] == '.') ||
		    (len == 2 && word[0] == '.' && word[1] == '.'))
			return err_rule(e, RC_INVALID, "RFC 3986, 6.2.2.3",
					"the path has an empty word, \".\" or \"..\"");
		at = word + len;
	}
	return rc;
}

enum rc
field_query(struct arena *a, const char *raw, const char **ret, struct err *e)
{
	return decode(a, raw, false, ret, e);
}

enum rc
field_key(struct arena *a, const char *value, const char **ret, struct err *e)
{
	size_t len = strlen(value);
	bool quoted = len >= 2 && value[0] == '"' && value[len - 1] == '"';
	const char *key = quoted ? value + 1 : value;

	if (quoted)
		len -= 2;
	if (len == 0 || len > FIELD_KEY_MAX)
		return err_rule(e, RC_INVALID, "Idempotency-Key",
				"the key has 1 to %d characters", FIELD_KEY_MAX);
	for (size_t i = 0; i < len; i++)
		if (key[i] <= ' ' || key[i] > '~' || key[i] == '"' || key[i] == '\\')
			return err_rule(e, RC_INVALID, "Idempotency-Key",
					"the key is of visible ASCII characters without "
					"quotes and backslashes inside, such as a UUID");
	*ret = arena_strndup(a, key, len);
	return RC_OK;
}

enum rc
field_event_id(const char *value, int64_t *ret, struct err *e)
{
	uint64_t n;

	if (decimal_parse(value, strlen(value), INT64_MAX, &n) != RC_OK)
		return err_rule(e, RC_INVALID, "Last-Event-ID",
				"an event's id is the number that the feed gave it");
	*ret = (int64_t)n;
	return RC_OK;
}

/* RFC 6265, 4.1.1: cookie-octet. */
static bool
cookie_char(char c)
{
	return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
}

enum rc
field_cookie(struct arena *a, const char *value, const char *name, const char **ret,
	     struct err *e)
{
	size_t name_len = strlen(name);

	*ret = NULL;
	for (const char *at = value; *at != '\0';) {
		size_t len = strcspn(at, ";");
		const char *eq = memchr(at, '=', len);
		bool ours = eq != NULL && (size_t)(eq - at) == name_len &&
			    memcmp(at, name, name_len) == 0;
		size_t n = ours ? len - name_len - 1 : 0;
		if (eq == NULL || (ours && *ret != NULL) || n > FIELD_COOKIE_MAX)
			return err_rule(e, RC_INVALID, "RFC 6265, 4.2.1",
					"the Cookie header is malformed, or has a cookie "
					"of ours twice");
		for (size_t i = 0; i < n; i++)
			if (!cookie_char(eq[1 + i]))
				return err_rule(e, RC_INVALID, "RFC 6265, 4.1.1",
						"the cookie has a character that none "
						"may have");
		if (ours)
			*ret = arena_strndup(a, eq + 1, n);
		at += len;
		if (*at == ';')
			at += at[1] == ' ' ? 2 : 1;
	}
	return RC_OK;
}

bool
field_etag_matches(const char *value, const char *etag)
{
	const char *at = value + strspn(value, " \t");

	if (strcmp(at, "*") == 0)
		return true;
	while (*at != '\0') {
		if (strncmp(at, "W/", 2) == 0)
			at += 2;
		if (*at != '"')
			return false;
		size_t len = strcspn(at + 1, "\"");
		if (at[1 + len] != '"')
			return false;
		if (len + 2 == strlen(etag) && memcmp(at, etag, len + 2) == 0)
			return true;
		at += len + 2;
		at += strspn(at, " \t");
		if (*at != ',')
			return false;
		at += 1 + strspn(at + 1, " \t");
	}
	return false;
}

/* RFC 9110, 8.8.3, without what parts a version from a digest. */
static bool
version_valid(const char *version, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (version[i] <= ' ' || version[i] > '~' || version[i] == '"' ||
		    version[i] == ':')
			return false;
	return len != 0 && len <= FIELD_VERSION_MAX;
}

void
field_etag_make(const void *p, size_t len, const char *version, char *out)
{
	struct buf b = BUF_INIT(FIELD_ETAG_MAX);
	struct hash h;

	hash_bytes(p, len, &h);
	buf_putc(&b, '"');
	if (version != NULL && version_valid(version, strlen(version)))
		buf_printf(&b, "%s:", version);
	b64url_put(&b, h.b, ETAG_BYTES);
	buf_putc(&b, '"');
	memcpy(out, buf_str(&b), b.len + 1);
	buf_free(&b);
}

enum rc
field_if_match(struct arena *a, const char *value, const char **ret, struct err *e)
{
	const size_t len = strlen(value);

	*ret = NULL;
	if (strcmp(value, "*") == 0)
		return RC_OK;
	size_t inner = value[0] == '"' ? strcspn(value + 1, "\"") : 0;
	size_t n = inner == 0 ? 0 : strcspn(value + 1, ":\"");
	if (inner + 2 != len || value[len - 1] != '"' || !version_valid(value + 1, n))
		return err_rule(e, RC_INVALID, "RFC 9110, 13.1.1",
				"If-Match has one strong entity-tag: the ETag of the "
				"case as you saw it, in its quotes");
	*ret = arena_strndup(a, value + 1, n);
	return RC_OK;
}

/* U+200B to U+200F, U+202A to U+202E, U+2060 to U+206F, U+FEFF: they are not seen, or
 * turn around what is; what is no UTF-8 is not sent either. */
static bool
unseen(uint32_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0x7f && c <= 0x9f);
}

/* The first character of valid UTF-8, and its bytes. */
static size_t
char_take(const char *s, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	const size_t n = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	*ret = n == 1 ? u[0] : u[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++)
		*ret = *ret << 6 | (u[i] & 0x3f);
	return n;
}

static bool
plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c != '\0' && strchr("-._", c) != NULL);
}

const char *
field_disposition(struct arena *a, const char *name)
{
	struct buf b = BUF_INIT(sizeof("attachment; filename*=UTF-8''") + 3 * FILE_MAX);
	size_t bad_at;

	buf_puts(&b, "attachment");
	if (name != NULL && name[0] != '\0' && strlen(name) <= FILE_MAX &&
	    utf8_valid(name, strlen(name), &bad_at)) {
		buf_puts(&b, "; filename*=UTF-8''");
		for (const char *at = name; *at != '\0';) {
			uint32_t c;
			size_t n = char_take(at, &c);
			bool never = c < 0x20 || strchr("/\\:", *at) != NULL ||
				     unseen(c) || (at == name && *at == '.');
			if (never || plain(*at))
				buf_putc(&b, never ? '_' : *at);
			else
				for (size_t i = 0; i < n; i++)
					buf_printf(&b, "%%%02X",
						   (unsigned)(unsigned char)at[i]);
			at += n;
		}
	}
	const char *text = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return text;
}

bool
field_takes_gzip(const char *value)
{
	static const char name[] = "gzip";

	for (const char *at = value; *at != '\0';
	     at += strcspn(at, ","), at += *at == ',') {
		at += strspn(at, " \t");
		const char *end = at + strcspn(at, ",");
		if (strncasecmp(at, name, sizeof(name) - 1) != 0)
			continue;
		const char *p = at + sizeof(name) - 1;
		p += strspn(p, " \t");
		if (p == end)
			return true;
		if (*p != ';')
			continue;
		/* ";q=0" and its spellings refuse it. */
		p += 1 + strspn(p + 1, " \t");
		return strncasecmp(p, "q=", 2) != 0 ||
		       strspn(p + 2, "0.") != strcspn(p + 2, ", \t");
	}
	return false;
}

bool
field_is_json(const char *content_type)
{
	static const char json[] = "application/json", utf8[] = "charset=utf-8";

	if (strncasecmp(content_type, json, sizeof(json) - 1) != 0)
		return false;
	const char *at = content_type + sizeof(json) - 1;
	at += strspn(at, " ");
	if (*at == '\0')
		return true;
	if (*at != ';')
		return false;
	at += 1 + strspn(at + 1, " ");
	return strcasecmp(at, utf8) == 0;
}

static bool
host_char(char c, bool in_brackets)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       (in_brackets && c == ':');
}

/* The bytes of the host before its port; 0: it is none. */
static size_t
host_len(const char *value)
{
	bool brackets = value[0] == '[';
	size_t len = brackets ? 1 : 0;
	uint64_t port;

	while (host_char(value[len], brackets))
		len++;
	if (brackets && value[len++] != ']')
		return 0;
	if (len == 0 || len > HOST_MAX)
		return 0;
	if (value[len] == '\0')
		return len;
	if (value[len] != ':' || decimal_parse(value + len + 1, strlen(value + len + 1),
					       PORT_MAX, &port) != RC_OK)
		return 0;
	return len;
}

bool
field_host_valid(const char *value)
{
	return host_len(value) != 0;
}

bool
field_host_listed(const char *value, const char *list)
{
	size_t len = host_len(value);

	if (len == 0 || list[0] == '\0')
		return len != 0;
	for (const char *at = list; *at != '\0';) {
		at += strspn(at, ", ");
		size_t n = strcspn(at, ", ");
		if (n == len && strncasecmp(at, value, n) == 0)
			return true;
		at += n;
	}
	return false;
}
