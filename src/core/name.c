#include <idn2.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "core/target.h"
#include "core/target_int.h"

enum { NAME_GIVEN_MAX = 1024 /* bytes; 253 of A-labels come from far fewer */ };

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool
is_ascii(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

static bool
has_alabel_prefix(const char *s, size_t len)
{
	return len >= 4 && lower(s[0]) == 'x' && lower(s[1]) == 'n' && s[2] == '-' &&
	       s[3] == '-';
}

/* Bytes of the full stop that begins at `s`, 0 for none: UTS 46, section 4.1 maps the
 * ideographic, fullwidth and halfwidth ones to ".". */
static size_t
dot_len(const char *s, size_t left)
{
	if (left >= 1 && s[0] == '.')
		return 1;
	if (left >= 3 &&
	    (memcmp(s, "\xe3\x80\x82", 3) == 0 || memcmp(s, "\xef\xbc\x8e", 3) == 0 ||
	     memcmp(s, "\xef\xbd\xa1", 3) == 0))
		return 3;
	return 0;
}

/* libidn2's tables map U+1E9E to "ss"; since Unicode 15.1 UTS 46 maps it to U+00DF, as
 * browsers do.  The two are different names, and one of them would be the wrong one. */
static const char *
fold_capital_sharp_s(struct arena *a, const char *s, size_t len)
{
	char *out = arena_strndup(a, s, len), *to = out;

	for (size_t i = 0; i < len;) {
		if (len - i >= 3 && memcmp(s + i, "\xe1\xba\x9e", 3) == 0) {
			*to++ = '\xc3';
			*to++ = '\x9f';
			i += 3;
		} else {
			*to++ = s[i++];
		}
	}
	*to = '\0';
	return out;
}

static enum rc
label_to_ascii(struct arena *a, const char *s, size_t len, struct buf *out, struct err *e)
{
	uint8_t *found = NULL;

	if (is_ascii(s, len) && !has_alabel_prefix(s, len)) {
		for (size_t i = 0; i < len; i++)
			buf_putc(out, lower(s[i]));
		return RC_OK;
	}
	int st = idn2_lookup_u8((const uint8_t *)fold_capital_sharp_s(a, s, len), &found,
				IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (st != IDN2_OK)
		return err_set(
			e, RC_INVALID,
			"\"%s\" cannot be part of a name (%s): check the spelling, or "
			"write its xn-- form",
			target_quote(a, s, len), idn2_strerror(st));
	buf_puts(out, (const char *)found);
	idn2_free(found);
	return RC_OK;
}

/* Label by label, because libidn2 on a whole name also applies what WHATWG leaves out:
 * the hyphen and length rules. */
enum rc
name_to_ascii(struct arena *a, const char *s, size_t len, const char **ret, struct err *e)
{
	struct buf out = BUF_INIT(4 * TARGET_MAX);
	enum rc rc = RC_OK;
	size_t from = 0, i = 0;
	bool ascii = is_ascii(s, len);

	if (memchr(s, '\0', len) != NULL) {
		rc = err_set(e, RC_INVALID, "a name holds no NUL byte");
		goto out;
	}
	if (ascii) {
		for (i = 0; i < len; i++)
			buf_putc(&out, lower(s[i]));
	}
	while (!ascii && i <= len && rc == RC_OK) {
		size_t dot = dot_len(s + i, len - i);
		if (dot == 0 && i < len) {
			i++;
			continue;
		}
		rc = label_to_ascii(a, s + from, i - from, &out, e);
		if (dot != 0)
			buf_putc(&out, '.');
		i += dot != 0 ? dot : 1;
		from = i;
	}
	if (rc == RC_OK && !buf_ok(&out))
		rc = err_set(e, RC_INVALID, "the name is too long");
	if (rc == RC_OK)
		*ret = arena_strndup(a, buf_str(&out), out.len);
out:
	buf_free(&out);
	return rc;
}

/* An A-label must decode and encode to itself.  Whether IDNA 2008 would let it be
 * registered is not asked: names outside it (emoji) do resolve and may be reported. */
static bool
alabel_decodes(const char *label)
{
	uint8_t *again = NULL;
	int st = idn2_lookup_u8((const uint8_t *)label, &again,
				IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	switch (st) {
	case IDN2_OK: {
		bool same = strcmp((const char *)again, label) == 0;
		idn2_free(again);
		return same;
	}
	case IDN2_PUNYCODE_BAD_INPUT:
	case IDN2_PUNYCODE_BIG_OUTPUT:
	case IDN2_PUNYCODE_OVERFLOW:
	case IDN2_ENCODING_ERROR:
	case IDN2_ALABEL_ROUNDTRIP_FAILED:
		return false;
	default:
		return true;
	}
}

/* RFC 1123, section 2.1 (STD 3) and RFC 1035, section 2.3.4. */
static enum rc
label_check(struct arena *a, const char *s, size_t len, struct err *e)
{
	if (len == 0)
		return err_set(e, RC_INVALID, "a name has no empty part between dots");
	if (len > LABEL_MAX)
		return err_set(
			e, RC_INVALID,
			"\"%s\" is longer than the %d bytes that a part of a name has",
			target_quote(a, s, len), LABEL_MAX);
	for (size_t i = 0; i < len; i++) {
		char c = s[i];
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
			return err_set(
				e, RC_INVALID,
				"\"%s\": a name has letters, digits, hyphens and dots "
				"only",
				target_quote(a, s, len));
	}
	if (s[0] == '-' || s[len - 1] == '-')
		return err_set(e, RC_INVALID, "\"%s\" begins or ends with a hyphen",
			       target_quote(a, s, len));
	if (has_alabel_prefix(s, len) && !alabel_decodes(arena_strndup(a, s, len)))
		return err_set(
			e, RC_INVALID,
			"\"%s\" is no A-label, it does not decode: copy the name again",
			target_quote(a, s, len));
	return RC_OK;
}

enum rc
name_normalise(struct arena *a, const char *s, size_t len, const char **ret,
	       struct err *e)
{
	const char *name = "";
	size_t bad_at;

	if (len == 0)
		return err_set(e, RC_INVALID, "the name is empty");
	if (len > NAME_GIVEN_MAX)
		return err_set(e, RC_INVALID, "a name has at most %d bytes",
			       NAME_MAX_LEN);
	if (!utf8_valid(s, len, &bad_at))
		return err_set(e, RC_INVALID, "not UTF-8 at byte %zu of the name",
			       bad_at + 1);
	enum rc rc = name_to_ascii(a, s, len, &name, e);
	if (rc != RC_OK)
		return rc;
	size_t n = strlen(name);
	if (n > 1 && name[n - 1] == '.')
		name = arena_strndup(a, name, --n);
	if (n > NAME_MAX_LEN)
		return err_set(e, RC_INVALID,
			       "a name has at most %d bytes, this one has %zu",
			       NAME_MAX_LEN, n);
	for (const char *label = name;; label++) {
		size_t label_len = strcspn(label, ".");
		rc = label_check(a, label, label_len, e);
		if (rc != RC_OK)
			return rc;
		if (label[label_len] == '\0' && strspn(label, "0123456789") == label_len)
			return err_set(e, RC_INVALID,
				       "\"%s\": a name does not end in a number, and an "
				       "address has four from 0 to 255",
				       target_quote(a, name, n));
		label += label_len;
		if (*label == '\0')
			break;
	}
	*ret = name;
	return RC_OK;
}

bool
name_is_within(const char *name, const char *parent)
{
	size_t n = strlen(name), p = strlen(parent);

	if (p == 0 || n < p || strcmp(name + n - p, parent) != 0)
		return false;
	return n == p || name[n - p - 1] == '.';
}

/* ---- how a name looks -------------------------------------------------------------- */

const char *
name_unicode(struct arena *a, const char *name)
{
	const char *ret = NULL;
	char *found = NULL;

	if (strstr(name, "xn--") == NULL)
		return NULL;
	if (idn2_to_unicode_8z8z(name, &found, 0) == IDN2_OK && strcmp(found, name) != 0)
		ret = arena_strdup(a, found);
	idn2_free(found);
	return ret;
}

enum { LATIN = 1, GREEK = 2, CYRILLIC = 4 };

static unsigned
script_of(uint32_t c)
{
	static const struct {
		uint32_t from, to;
		unsigned script;
	} ranges[] = {
		{'a', 'z', LATIN},	    {0xc0, 0x24f, LATIN},
		{0x1e00, 0x1eff, LATIN},    {0x370, 0x3ff, GREEK},
		{0x1f00, 0x1fff, GREEK},    {0x400, 0x52f, CYRILLIC},
		{0x1c80, 0x1c8f, CYRILLIC}, {0xa640, 0xa69f, CYRILLIC},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return ranges[i].script;
	return 0;
}

/* One character of valid UTF-8. */
static size_t
character(const char *s, uint32_t *ret)
{
	const unsigned char *u = (const unsigned char *)s;
	const size_t len = u[0] < 0x80 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;

	*ret = len == 1 ? u[0] : u[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++)
		*ret = *ret << 6 | (u[i] & 0x3f);
	return len;
}

bool
name_mixes_scripts(const char *unicode)
{
	unsigned seen = 0;
	uint32_t c;
	size_t bad;

	if (!utf8_valid(unicode, strlen(unicode), &bad))
		return false;
	for (const char *at = unicode; *at != '\0';) {
		at += character(at, &c);
		seen = c == '.' ? 0 : seen | script_of(c);
		if ((seen & (seen - 1)) != 0)
			return true;
	}
	return false;
}
