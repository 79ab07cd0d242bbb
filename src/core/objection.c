#include "core/objection.h"

#include <string.h>

#include "base/buf.h"

enum {
	CODE_GROUP = 4,
	CODE_BITS = 5,	  /* of a letter */
	PHONE_DIGITS = 8, /* so many in one word are a number that reaches somebody */
};

const char *const objection_kinds[] = {"objection", "normalise", NULL};
const char *const objection_rulings[] = {"upheld", "rejected", "partly", NULL};

/* Crockford's: no i, l, o, u. */
static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

const char *
objection_code_make(struct arena *a, const uint8_t random[OBJECTION_CODE_BYTES])
{
	char *text = arena_alloc(a, OBJECTION_CODE_LEN + OBJECTION_CODE_LEN / CODE_GROUP);
	size_t n = 0;
	unsigned have = 0, bits = 0;

	for (size_t i = 0, at = 0; i < OBJECTION_CODE_LEN; i++) {
		if (have < CODE_BITS) {
			bits = (bits << 8 | random[at++]) & 0xfff;
			have += 8;
		}
		have -= CODE_BITS;
		if (i != 0 && i % CODE_GROUP == 0)
			text[n++] = '-';
		text[n++] = letters[bits >> have & 0x1f];
	}
	return text;
}

bool
objection_code_hash(const char *code, struct hash *ret)
{
	char plain[OBJECTION_CODE_LEN];
	size_t n = 0;

	for (; *code != '\0'; code++) {
		char c = *code;
		if (c == '-' || c == ' ')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (n == sizeof(plain) || strchr(letters, c) == NULL)
			return false;
		plain[n++] = c;
	}
	hash_bytes(plain, n, ret);
	return n == sizeof(plain);
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Does a word, up to white space, lead to content or to a person? */
static bool
leads_somewhere(const char *s, size_t len)
{
	size_t digits = 0;

	for (size_t i = 0; i < len; i++) {
		digits += s[i] >= '0' && s[i] <= '9';
		if (s[i] == '@')
			return true;
		if (s[i] == ':' && i + 2 < len && s[i + 1] == '/' && s[i + 2] == '/')
			return true;
		/* "t.me/name": a path behind a name with a dot. */
		if (s[i] == '/' && i + 1 < len && memchr(s, '.', i) != NULL)
			return true;
	}
	return digits == len && digits > PHONE_DIGITS;
}

/* "+62 812 3456 7890" is several words and one number. */
static size_t
phone_len(const char *s)
{
	size_t digits = 0, last = 0;

	for (size_t i = 0; s[i] != '\0' && strchr("+0123456789 ()-", s[i]) != NULL; i++)
		if (s[i] >= '0' && s[i] <= '9') {
			digits++;
			last = i + 1;
		}
	return (s[0] == '+' || s[0] == '0') && digits >= PHONE_DIGITS ? last : 0;
}

const char *
public_text(struct arena *a, const char *text)
{
	struct buf b = BUF_INIT((size_t)1 << 20);

	if (text == NULL)
		return NULL;
	for (const char *at = text; *at != '\0';) {
		size_t gap = strspn(at, " \t\r\n");
		buf_put(&b, at, gap);
		at += gap;
		size_t len = strcspn(at, " \t\r\n"), phone = phone_len(at);
		if (phone != 0) {
			buf_puts(&b, "[removed]");
			at += phone;
			continue;
		}
		if (len != 0 && leads_somewhere(at, len)) {
			buf_puts(&b, "[removed]");
			/* What closed the sentence stays. */
			size_t end = len;
			while (end > 0 && !is_alnum(at[end - 1]) &&
			       (unsigned char)at[end - 1] < 0x80)
				end--;
			for (; end < len; end++)
				if (strchr(".,;:!?)", at[end]) != NULL)
					buf_putc(&b, at[end]);
		} else {
			buf_put(&b, at, len);
		}
		at += len;
	}
	const char *out = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return out;
}
