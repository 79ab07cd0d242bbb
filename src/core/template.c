#include "core/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

enum { FILLED_MAX = 1 << 20 };

static bool
word_byte(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (!first && ((c >= '0' && c <= '9') || c == '_'));
}

/* The length of the word at `s` that is followed by '}', 0: there is none. */
static size_t
word_len(const char *s)
{
	size_t n = 0;

	while (n <= TEMPLATE_WORD_MAX && word_byte(s[n], n == 0))
		n++;
	return n <= TEMPLATE_WORD_MAX && s[n] == '}' ? n : 0;
}

/* What begins at a '{': a place, a doubled one, or text. */
enum piece { TEXT, PLACE, DOUBLED };

static enum piece
piece_at(const char *s, const char **ret_word, size_t *ret_len)
{
	size_t n = s[1] == '{' ? word_len(s + 2) : 0;

	if (n != 0 && s[2 + n + 1] == '}') {
		*ret_word = s + 2;
		*ret_len = n;
		return DOUBLED;
	}
	n = word_len(s + 1);
	*ret_word = s + 1;
	*ret_len = n;
	return n != 0 ? PLACE : TEXT;
}

/* A value is text: what looks like a place in it is doubled. */
static void
value_put(struct buf *b, const char *s)
{
	const char *word;
	size_t len;

	while (*s != '\0') {
		enum piece p = *s == '{' ? piece_at(s, &word, &len) : TEXT;
		if (p == TEXT) {
			buf_put(b, s++, 1);
			continue;
		}
		buf_printf(b, p == DOUBLED ? "{{{%.*s}}}" : "{{%.*s}}", (int)len, word);
		s = word + len + (p == DOUBLED ? 2 : 1);
	}
}

static void
open_add(struct arena *a, const char *word, const char **open, size_t max, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(open[i], word) == 0)
			return;
	if (*n < max)
		open[(*n)++] = arena_strdup(a, word);
}

struct filling {
	struct buf out,
		text; /* text: what is to be sent as it is, since the last place */
	bool brace;   /* the place before it stands right after a brace */
};

static void
text_end(struct filling *f)
{
	/* "{" and the place {word} and "}" would read as {{word}}: a text. */
	if (f->brace && buf_str(&f->text)[0] == '}')
		buf_putc(&f->out, ' ');
	value_put(&f->out, buf_str(&f->text));
	f->brace = false;
}

static void
place_stays(struct filling *f, const char *name)
{
	bool brace = f->text.len != 0 && buf_str(&f->text)[f->text.len - 1] == '{';

	text_end(f);
	buf_reset(&f->text);
	buf_printf(&f->out, "{%s}", name);
	f->brace = brace;
}

const char *
template_fill(struct arena *a, const char *text, template_value *value, void *arg,
	      const char **ret_open, size_t max, size_t *ret_n)
{
	struct filling f = {.out = BUF_INIT(FILLED_MAX), .text = BUF_INIT(FILLED_MAX)};
	const char *word;
	size_t len;

	*ret_n = 0;
	for (const char *s = text; *s != '\0';) {
		enum piece p = *s == '{' ? piece_at(s, &word, &len) : TEXT;
		if (p == TEXT) {
			buf_put(&f.text, s++, 1);
			continue;
		}
		const char *name = arena_strndup(a, word, len);
		const char *v = p == PLACE ? value(arg, name) : NULL;
		if (p == DOUBLED)
			buf_put(&f.text, s + 1, len + 2);
		else if (v != NULL)
			buf_puts(&f.text, v);
		else {
			open_add(a, name, ret_open, max, ret_n);
			place_stays(&f, name);
		}
		s += len + (p == DOUBLED ? 4 : 2);
	}
	text_end(&f);
	const char *filled = arena_strndup(a, buf_str(&f.out), f.out.len);
	buf_free(&f.out);
	buf_free(&f.text);
	return filled;
}

enum rc
template_ready(struct arena *a, const char *what, const char *text, const char **ret,
	       struct err *e)
{
	struct buf b = BUF_INIT(FILLED_MAX);
	const char *word;
	size_t len;
	enum rc rc = RC_OK;

	for (const char *s = text; rc == RC_OK && *s != '\0';) {
		enum piece p = *s == '{' ? piece_at(s, &word, &len) : TEXT;
		if (p == TEXT) {
			buf_put(&b, s++, 1);
		} else if (p == DOUBLED) {
			buf_put(&b, s + 1, len + 2);
			s += len + 4;
		} else {
			rc = err_set(
				e, RC_INVALID,
				"\"%s\" still has the place {%.*s}: fill it in, or write "
				"{{%.*s}} where the braces are meant",
				what, (int)len, word, (int)len, word);
		}
	}
	if (rc == RC_OK && !buf_ok(&b))
		rc = err_set(e, RC_TOO_LARGE, "\"%s\" is too long", what);
	if (rc == RC_OK)
		*ret = arena_strndup(a, buf_str(&b), b.len);
	buf_free(&b);
	return rc;
}
