/*
 * The strict reading of JSON: one pass over the text, token by token, by the grammar of
 * RFC 8259 and the rules of protocol 2, which a general parser does not keep (its tree no
 * longer tells -0 from 0 or 1.0 from 1).  The tree is made on the way, or none is: most
 * texts are only looked at for a few of their members.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/members.h"

#define IJSON_RULE "protocol 2"

enum {
	IJSON_DEPTH_MAX = 16,
	NAMES_MAX = 24, /* of an object that is read without a tree */
};

struct scan {
	const uint8_t *s;
	size_t len, at;
	unsigned depth;
	struct arena *a; /* for texts with escapes */
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

/* At the opening quote.  *ret is what stands between the quotes. */
static enum rc
scan_text(struct scan *sc, struct ijson_text *ret, bool *ret_escaped)
{
	size_t start = sc->at++;

	*ret_escaped = false;
	while (sc->at < sc->len) {
		uint8_t c = sc->s[sc->at];
		enum rc rc = RC_OK;

		if (c == '"') {
			*ret = (struct ijson_text){(const char *)sc->s + start + 1,
						   sc->at - start - 1};
			sc->at++;
			return RC_OK;
		}
		if (c < 0x20)
			return REFUSE(sc, "byte %zu: control character in a text",
				      sc->at);
		if (c == '\\') {
			*ret_escaped = true;
			rc = scan_escape(sc);
		} else if (c >= 0x80) {
			rc = scan_utf8(sc);
		} else {
			sc->at++;
		}
		if (rc != RC_OK)
			return rc;
	}
	return REFUSE(sc, "byte %zu: a text without its end", start);
}

static size_t
utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	for (size_t i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 0x3f));
	out[0] = (char)((0xf00 >> n & 0xff) | c);
	return n;
}

/* The character of a \u that scan_escape() has passed, at its first digit; *ret_len is
 * how far it reaches. */
static uint32_t
unicode_escape(const struct scan *sc, size_t at, size_t *ret_len)
{
	uint32_t c = (uint32_t)hex4(sc, at);

	*ret_len = 4;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	*ret_len = 10;
	return 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)hex4(sc, at + 6) - 0xdc00);
}

/* A text with its escapes undone, which makes none longer. */
static struct ijson_text
unescape(const struct scan *sc, struct ijson_text raw)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char *out = arena_alloc(sc->a, raw.len + 1);
	size_t n = 0, len;

	for (size_t i = 0; i < raw.len;) {
		if (raw.s[i] != '\\') {
			out[n++] = raw.s[i++];
		} else if (raw.s[i + 1] == 'u') {
			size_t at = (size_t)(raw.s + i + 2 - (const char *)sc->s);
			n += utf8_put(out + n, unicode_escape(sc, at, &len));
			i += 2 + len;
		} else {
			out[n++] = to[strchr(from, raw.s[i + 1]) - from];
			i += 2;
		}
	}
	return (struct ijson_text){out, n};
}

static enum rc
read_text(struct scan *sc, struct ijson_text *ret)
{
	bool escaped = false;
	enum rc rc = scan_text(sc, ret, &escaped);

	if (rc == RC_OK && escaped)
		*ret = unescape(sc, *ret);
	return rc;
}

/* At '-' or a digit. */
static enum rc
scan_number(struct scan *sc, int64_t *ret)
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
	*ret = digits == start ? (int64_t)v : -(int64_t)v;
	return RC_OK;
}

/* ---- the grammar ------------------------------------------------------------------- */

static uint8_t
peek(const struct scan *sc)
{
	return sc->at < sc->len ? sc->s[sc->at] : 0;
}

static void
skip_blanks(struct scan *sc)
{
	for (uint8_t c = peek(sc); c == ' ' || c == '\t' || c == '\r' || c == '\n';
	     c = peek(sc))
		sc->at++;
}

static enum rc
no_json(struct scan *sc, const char *expected)
{
	return REFUSE(sc, "byte %zu: not JSON: %s is expected", sc->at, expected);
}

static enum rc
no_double(struct scan *sc, struct ijson_text name)
{
	enum { SHOWN_MAX = 64 };

	return REFUSE(sc, "byte %zu: not JSON: duplicate object key \"%.*s\"", sc->at,
		      (int)(name.len < SHOWN_MAX ? name.len : SHOWN_MAX), name.s);
}

static enum rc
enter(struct scan *sc)
{
	if (++sc->depth > IJSON_DEPTH_MAX)
		return REFUSE(sc, "byte %zu: nested deeper than %d", sc->at,
			      IJSON_DEPTH_MAX);
	sc->at++;
	skip_blanks(sc);
	return RC_OK;
}

/* Behind an element: *ret_more, or the end of what `close` ends. */
static enum rc
next_element(struct scan *sc, uint8_t close, bool *ret_more)
{
	skip_blanks(sc);
	*ret_more = peek(sc) == ',';
	if (!*ret_more && peek(sc) != close)
		return no_json(sc, close == '}' ? "',' or '}'" : "',' or ']'");
	sc->at++;
	skip_blanks(sc);
	return RC_OK;
}

static enum rc
member_name(struct scan *sc, struct ijson_text *ret)
{
	if (peek(sc) != '"')
		return no_json(sc, "a member's name");
	enum rc rc = read_text(sc, ret);
	if (rc != RC_OK)
		return rc;
	skip_blanks(sc);
	if (peek(sc) != ':')
		return no_json(sc, "':'");
	sc->at++;
	skip_blanks(sc);
	return RC_OK;
}

static enum rc read_value(struct scan *sc, json_t **ret);

/* With a tree, which finds a name that stands twice. */
static enum rc
read_object(struct scan *sc, json_t *into)
{
	enum rc rc = enter(sc);
	bool more = peek(sc) != '}';

	if (rc == RC_OK && !more)
		sc->at++;
	for (size_t n = 1; rc == RC_OK && more; n++) {
		struct ijson_text name = {0};
		json_t *v = NULL;
		rc = member_name(sc, &name);
		if (rc == RC_OK)
			rc = read_value(sc, &v);
		if (rc != RC_OK)
			break;
		if (json_object_setn_new_nocheck(into, name.s, name.len, v) != 0)
			abort();
		rc = json_object_size(into) == n ? next_element(sc, '}', &more)
						 : no_double(sc, name);
	}
	sc->depth--;
	return rc;
}

/* Without one.  Objects of many members are read with one all the same. */
static enum rc
skip_object(struct scan *sc)
{
	struct ijson_text names[NAMES_MAX];
	const struct scan start = *sc;
	enum rc rc = enter(sc);
	bool more = peek(sc) != '}';

	if (rc == RC_OK && !more)
		sc->at++;
	for (size_t n = 0; rc == RC_OK && more; n++) {
		if (n == NAMES_MAX) {
			json_t *tree = json_object();
			*sc = start;
			rc = read_object(sc, tree);
			json_decref(tree);
			return rc;
		}
		rc = member_name(sc, &names[n]);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			if (names[i].len == names[n].len &&
			    memcmp(names[i].s, names[n].s, names[n].len) == 0)
				rc = no_double(sc, names[n]);
		if (rc == RC_OK)
			rc = read_value(sc, NULL);
		if (rc == RC_OK)
			rc = next_element(sc, '}', &more);
	}
	sc->depth--;
	return rc;
}

static enum rc
read_array(struct scan *sc, json_t *into)
{
	enum rc rc = enter(sc);
	bool more = peek(sc) != ']';

	if (rc == RC_OK && !more)
		sc->at++;
	while (rc == RC_OK && more) {
		json_t *v = NULL;
		rc = read_value(sc, into == NULL ? NULL : &v);
		if (rc == RC_OK && into != NULL && json_array_append_new(into, v) != 0)
			abort();
		if (rc == RC_OK)
			rc = next_element(sc, ']', &more);
	}
	sc->depth--;
	return rc;
}

static enum rc
read_word(struct scan *sc, json_t **ret)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i]);
		if (sc->len - sc->at < len || memcmp(sc->s + sc->at, words[i], len) != 0)
			continue;
		sc->at += len;
		if (ret != NULL)
			*ret = i == 2 ? json_null() : json_boolean(i == 0);
		return RC_OK;
	}
	return no_json(sc, "a value");
}

/* *ret stays NULL when it is refused.  NULL `ret`: no tree is made. */
static enum rc
read_value(struct scan *sc, json_t **ret)
{
	struct ijson_text text = {0};
	int64_t number = 0;
	uint8_t c = peek(sc);
	enum rc rc;

	if (c == '"') {
		rc = read_text(sc, &text);
		if (rc == RC_OK && ret != NULL)
			*ret = json_stringn_nocheck(text.s, text.len);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		rc = scan_number(sc, &number);
		if (rc == RC_OK && ret != NULL)
			*ret = json_integer(number);
	} else if (c == '{' || c == '[') {
		json_t *tree = ret == NULL ? NULL
			       : c == '{'  ? json_object()
					   : json_array();
		rc = c == '['	    ? read_array(sc, tree)
		     : tree != NULL ? read_object(sc, tree)
				    : skip_object(sc);
		if (rc == RC_OK && ret != NULL)
			*ret = tree;
		else
			json_decref(tree);
	} else {
		rc = read_word(sc, ret);
	}
	if (rc == RC_OK && ret != NULL && *ret == NULL)
		abort();
	return rc;
}

/* A value, and nothing behind it. */
static enum rc
read_whole(struct scan *sc, json_t **ret)
{
	skip_blanks(sc);
	enum rc rc = read_value(sc, ret);
	skip_blanks(sc);
	return rc == RC_OK && sc->at != sc->len ? no_json(sc, "the end") : rc;
}

static void
tree_free(void *p)
{
	json_decref(p);
}

enum rc
ijson_check(struct arena *a, const char *text, size_t len, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .a = a, .e = e};

	return read_whole(&sc, NULL);
}

enum rc
ijson_parse(struct arena *a, const char *text, size_t len, json_t **ret, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .a = a, .e = e};
	json_t *tree = NULL;
	enum rc rc = read_whole(&sc, &tree);

	if (rc != RC_OK) {
		json_decref(tree);
		return rc;
	}
	arena_defer(a, tree_free, tree);
	*ret = tree;
	return RC_OK;
}

enum rc
ijson_texts(struct arena *a, const char *text, size_t len, const char *const *names,
	    size_t n, struct ijson_text *ret, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .a = a, .e = e};
	struct ijson_text name, v;
	bool more;

	memset(ret, 0, n * sizeof(*ret));
	skip_blanks(&sc);
	if (peek(&sc) != '{')
		return RC_OK;
	enum rc rc = enter(&sc);
	for (more = peek(&sc) != '}'; rc == RC_OK && more;) {
		rc = member_name(&sc, &name);
		bool is_text = rc == RC_OK && peek(&sc) == '"';
		if (is_text)
			rc = read_text(&sc, &v);
		else if (rc == RC_OK)
			rc = read_value(&sc, NULL);
		for (size_t i = 0; is_text && i < n; i++)
			if (strlen(names[i]) == name.len &&
			    memcmp(names[i], name.s, name.len) == 0)
				ret[i] = v;
		if (rc == RC_OK)
			rc = next_element(&sc, '}', &more);
	}
	return rc;
}

enum rc
ijson_elements(struct arena *a, const char *text, size_t len, size_t max,
	       struct ijson_text *ret, size_t *ret_n, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .a = a, .e = e};
	bool more;

	*ret_n = 0;
	skip_blanks(&sc);
	if (peek(&sc) != '[')
		return read_whole(&sc, NULL);
	enum rc rc = enter(&sc);
	more = peek(&sc) != ']';
	if (rc == RC_OK && !more)
		sc.at++;
	for (; rc == RC_OK && more; (*ret_n)++) {
		size_t from = sc.at;
		rc = read_value(&sc, NULL);
		if (*ret_n < max)
			ret[*ret_n] = (struct ijson_text){text + from, sc.at - from};
		if (rc == RC_OK)
			rc = next_element(&sc, ']', &more);
	}
	skip_blanks(&sc);
	return rc == RC_OK && sc.at != sc.len ? no_json(&sc, "the end") : rc;
}

struct ijson_text
ijson_text_of(struct arena *a, struct ijson_text element)
{
	struct err none = ERR_INIT;
	struct scan sc = {
		.s = (const uint8_t *)element.s, .len = element.len, .a = a, .e = &none};
	struct ijson_text text = {0};

	if (peek(&sc) == '"' && read_text(&sc, &text) != RC_OK)
		text.s = NULL;
	return text;
}

bool
ijson_int_of(struct ijson_text element, int64_t *ret)
{
	struct err none = ERR_INIT;
	struct scan sc = {
		.s = (const uint8_t *)element.s, .len = element.len, .e = &none};
	uint8_t c = peek(&sc);

	return (c == '-' || (c >= '0' && c <= '9')) && scan_number(&sc, ret) == RC_OK;
}

/* More than are wanted: they are only counted. */
static enum rc
count_members(struct scan *sc, size_t *ret_n)
{
	json_t *tree = json_object();
	enum rc rc = read_object(sc, tree);

	*ret_n = json_object_size(tree);
	json_decref(tree);
	return rc;
}

enum rc
ijson_members(struct arena *a, const char *text, size_t len, size_t max,
	      struct ijson_member *ret, size_t *ret_n, struct err *e)
{
	struct scan sc = {.s = (const uint8_t *)text, .len = len, .a = a, .e = e};
	bool more;

	*ret_n = IJSON_NO_OBJECT;
	skip_blanks(&sc);
	if (peek(&sc) != '{')
		return read_whole(&sc, NULL);
	const struct scan start = sc;
	enum rc rc = enter(&sc);
	size_t n = 0;
	more = peek(&sc) != '}';
	if (rc == RC_OK && !more)
		sc.at++;
	for (; rc == RC_OK && more && n < max; n++) {
		rc = member_name(&sc, &ret[n].name);
		for (size_t i = 0; rc == RC_OK && i < n; i++)
			if (ret[i].name.len == ret[n].name.len &&
			    memcmp(ret[i].name.s, ret[n].name.s, ret[n].name.len) == 0)
				rc = no_double(&sc, ret[n].name);
		size_t from = sc.at;
		if (rc == RC_OK)
			rc = read_value(&sc, NULL);
		ret[n].value = (struct ijson_text){text + from, sc.at - from};
		if (rc == RC_OK)
			rc = next_element(&sc, '}', &more);
	}
	if (rc == RC_OK && more) {
		sc = start;
		rc = count_members(&sc, &n);
	}
	*ret_n = n;
	skip_blanks(&sc);
	return rc == RC_OK && sc.at != sc.len ? no_json(&sc, "the end") : rc;
}
