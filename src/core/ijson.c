/*
 * The strict reading of JSON.  jansson judges the grammar and duplicate names, but its
 * tree no longer tells -0 from 0 or 1.0 from 1, and it takes noncharacters and integers
 * that other readers round.  So the text is scanned first, token by token; both must
 * accept.
 */
#include <inttypes.h>
#include <string.h>

#include "core/event.h"
#include "core/members.h"

#define IJSON_RULE "protocol 2"

enum { IJSON_DEPTH_MAX = 16 };

struct scan {
	const uint8_t *s;
	size_t len, at;
	struct err *e;
};

#define REFUSE(sc, ...) err_rule((sc)->e, RC_UNPROCESSABLE, IJSON_RULE, __VA_ARGS__)

/* Unicode, section 23.7: U+FDD0..U+FDEF and the last two of every plane. */
static bool
is_noncharacter(uint32_t c)
{
	return (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

/* Four hex digits at `at`, or -1. */
static int32_t
hex4(const struct scan *sc, size_t at)
{
	int32_t v = 0;

	if (sc->len - at < 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		uint8_t c = sc->s[i];
		if (c >= '0' && c <= '9')
			v = v << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* At the backslash. */
static enum rc
scan_escape(struct scan *sc)
{
	size_t start = sc->at;

	if (sc->len - start < 2 || sc->s[start + 1] == '\0' ||
	    strchr("\"\\/bfnrtu", sc->s[start + 1]) == NULL)
		return REFUSE(sc, "byte %zu: unknown escape in a text", start);
	sc->at += 2;
	if (sc->s[start + 1] != 'u')
		return RC_OK;
	int32_t c = hex4(sc, sc->at);
	if (c < 0)
		return REFUSE(sc, "byte %zu: \\u needs four hex digits", start);
	sc->at += 4;
	if (c == 0)
		return REFUSE(sc, "byte %zu: a text must not hold U+0000", start);
	if (c >= 0xd800 && c <= 0xdfff) {
		int32_t low = -1;

		if (c <= 0xdbff && sc->len - sc->at >= 6 && sc->s[sc->at] == '\\' &&
		    sc->s[sc->at + 1] == 'u')
			low = hex4(sc, sc->at + 2);
		if (low < 0xdc00 || low > 0xdfff)
			return REFUSE(sc, "byte %zu: half of a surrogate pair", start);
		sc->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	if (is_noncharacter((uint32_t)c))
		return REFUSE(sc, "byte %zu: noncharacter U+%04X (RFC 7493, 2.1)", start,
			      (unsigned)c);
	return RC_OK;
}

/* At a byte of 0x80 or more. */
static enum rc
scan_utf8(struct scan *sc)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t start = sc->at, n;
	uint8_t lead = sc->s[start];
	uint32_t c;

	if (lead >= 0xc2 && lead <= 0xdf)
		n = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		n = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		n = 4;
	else
		return REFUSE(sc, "byte %zu: not UTF-8", start);
	if (sc->len - start < n)
		return REFUSE(sc, "byte %zu: not UTF-8, cut short", start);
	c = lead & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((sc->s[start + i] & 0xc0) != 0x80)
			return REFUSE(sc, "byte %zu: not UTF-8", start);
		c = c << 6 | (sc->s[start + i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return REFUSE(sc, "byte %zu: not UTF-8", start);
	if (is_noncharacter(c))
		return REFUSE(sc, "byte %zu: noncharacter U+%04X (RFC 7493, 2.1)", start,
			      (unsigned)c);
	sc->at += n;
	return RC_OK;
}

/* At the opening quote. */
static enum rc
scan_text(struct scan *sc)
{
	size_t start = sc->at++;

	while (sc->at < sc->len) {
		uint8_t c = sc->s[sc->at];
		enum rc rc = RC_OK;

		if (c == '"') {
			sc->at++;
			return RC_OK;
		}
		if (c < 0x20)
			return REFUSE(sc, "byte %zu: control character in a text",
				      sc->at);
		if (c == '\\')
			rc = scan_escape(sc);
		else if (c >= 0x80)
			rc = scan_utf8(sc);
		else
			sc->at++;
		if (rc != RC_OK)
			return rc;
	}
	return REFUSE(sc, "byte %zu: a text without its end", start);
}

/* At '-' or a digit. */
static enum rc
scan_number(struct scan *sc)
{
	size_t start = sc->at, digits;
	uint64_t v = 0;

	if (sc->s[sc->at] == '-')
		sc->at++;
	digits = sc->at;
	for (; sc->at < sc->len && sc->s[sc->at] >= '0' && sc->s[sc->at] <= '9'; sc->at++)
		if (v <= (uint64_t)IJSON_INT_MAX)
			v = v * 10 + (uint64_t)(sc->s[sc->at] - '0');
	size_t n = sc->at - digits;
	if (n == 0)
		return REFUSE(sc, "byte %zu: a sign without digits", start);
	if (n > 1 && sc->s[digits] == '0')
		return REFUSE(sc, "byte %zu: a number with a leading zero", start);
	if (sc->at < sc->len && memchr(".eE", sc->s[sc->at], 3) != NULL)
		return REFUSE(sc, "byte %zu: only integers, no fraction or exponent",
			      start);
	if (v == 0 && digits != start)
		return REFUSE(sc, "byte %zu: -0 is not written", start);
	if (v > (uint64_t)IJSON_INT_MAX)
		return REFUSE(sc, "byte %zu: an integer beyond 2^53 - 1", start);
	return RC_OK;
}

static enum rc
scan_all(struct scan *sc)
{
	unsigned depth = 0;

	while (sc->at < sc->len) {
		uint8_t c = sc->s[sc->at];
		enum rc rc = RC_OK;

		if (c == '"') {
			rc = scan_text(sc);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			rc = scan_number(sc);
		} else if (c == '{' || c == '[') {
			if (++depth > IJSON_DEPTH_MAX)
				return REFUSE(sc, "byte %zu: nested deeper than %d",
					      sc->at, IJSON_DEPTH_MAX);
			sc->at++;
		} else if (c == '}' || c == ']') {
			/* A bracket too many is the grammar's business, not a wrap here.
			 */
			if (depth > 0)
				depth--;
			sc->at++;
		} else if (c == '\0' ||
			   (strchr(" \t\r\n:,", c) == NULL && (c < 'a' || c > 'z'))) {
			return REFUSE(sc, "byte %zu: not JSON", sc->at);
		} else {
			sc->at++;
		}
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

static void
tree_free(void *p)
{
	json_decref(p);
}

enum rc
ijson_check_written(const char *text, size_t len, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .e = e};

	return scan_all(&sc);
}

enum rc
ijson_parse(struct arena *a, const char *text, size_t len, json_t **ret, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .e = e};
	json_error_t je;
	enum rc rc = scan_all(&sc);

	if (rc != RC_OK)
		return rc;
	json_t *tree =
		json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	if (tree == NULL)
		return REFUSE(&sc, "byte %d: not JSON: %s", je.position, je.text);
	arena_defer(a, tree_free, tree);
	*ret = tree;
	return RC_OK;
}

/* ---- writing ----------------------------------------------------------------- */

static void
text_put(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len;

	buf_putc(b, '"');
	while (s < end) {
		size_t plain = 0;

		while (s + plain < end && (unsigned char)s[plain] >= 0x20 &&
		       s[plain] != '"' && s[plain] != '\\')
			plain++;
		buf_put(b, s, plain);
		s += plain;
		if (s == end)
			break;
		if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)*s);
		else
			buf_put(b, (char[]){'\\', *s}, 2);
		s++;
	}
	buf_putc(b, '"');
}

static void
object_put(struct buf *b, const json_t *object)
{
	const char *name, *comma = "";
	json_t *value;

	buf_putc(b, '{');
	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		buf_puts(b, comma);
		text_put(b, name, strlen(name));
		buf_putc(b, ':');
		ijson_put(b, value);
		comma = ",";
	}
	buf_putc(b, '}');
}

void
ijson_put(struct buf *b, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		object_put(b, v);
		break;
	case JSON_ARRAY:
		buf_putc(b, '[');
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i != 0)
				buf_putc(b, ',');
			ijson_put(b, json_array_get(v, i));
		}
		buf_putc(b, ']');
		break;
	case JSON_STRING:
		text_put(b, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_puts(b, json_is_true(v) ? "true" : "false");
		break;
	case JSON_NULL:
		buf_puts(b, "null");
		break;
	case JSON_REAL:
		buf_printf(b, "%.17e", json_real_value(v));
		break;
	}
}
