#include <stdbool.h>
#include <string.h>

#include "core/batch.h"

enum field_end { END_COMMA, END_LINE, END_FILE, BAD_UNCLOSED, BAD_TEXT };

/* One field as it stands in the file; quotes at its ends are not part of it. */
struct raw {
	const char *s;
	size_t len;
	bool quoted;
};

static size_t
line_end(const char *csv, size_t len, size_t at)
{
	const char *lf = memchr(csv + at, '\n', len - at);

	return lf != NULL ? (size_t)(lf - csv) + 1 : len;
}

/* The end of the field whose content ends at `*at`; *at moves past what ends it. */
static enum field_end
field_end(const char *csv, size_t len, size_t *at)
{
	size_t i = *at;

	if (i < len && csv[i] == '\r' && (i + 1 == len || csv[i + 1] == '\n'))
		i++;
	if (i == len) {
		*at = i;
		return END_FILE;
	}
	if (csv[i] != ',' && csv[i] != '\n')
		return BAD_TEXT;
	*at = i + 1;
	return csv[i] == ',' ? END_COMMA : END_LINE;
}

static enum field_end
field_scan(const char *csv, size_t len, size_t *at, struct raw *ret)
{
	size_t i = *at;

	ret->quoted = i < len && csv[i] == '"';
	if (!ret->quoted) {
		while (i < len && csv[i] != ',' && csv[i] != '\n')
			i++;
		ret->s = csv + *at;
		ret->len = i - *at;
		bool crlf = (i == len || csv[i] == '\n') && ret->len > 0 &&
			    csv[i - 1] == '\r';
		ret->len -= crlf ? 1 : 0;
		*at = i;
		return field_end(csv, len, at);
	}
	ret->s = csv + ++i;
	for (;;) {
		const char *quote = i < len ? memchr(csv + i, '"', len - i) : NULL;
		if (quote == NULL)
			return BAD_UNCLOSED;
		i = (size_t)(quote - csv) + 1;
		if (i == len || csv[i] != '"')
			break;
		i++;
	}
	ret->len = (size_t)(csv + i - ret->s) - 1;
	*at = i;
	return field_end(csv, len, at);
}

static void
field_copy(struct arena *a, const struct raw *raw, struct csv_field *ret)
{
	char *out = arena_strndup(a, raw->s, raw->len);
	size_t n = 0;

	for (size_t i = 0; i < raw->len; i++) {
		out[n++] = raw->s[i];
		if (raw->quoted && raw->s[i] == '"')
			i++; /* the second of a pair */
	}
	out[n] = '\0';
	*ret = (struct csv_field){.s = out, .len = n};
}

static uint32_t
count_lines(const char *s, size_t len)
{
	uint32_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += s[i] == '\n';
	return n;
}

enum rc
csv_record(struct arena *a, const char *csv, size_t len, size_t *at, uint32_t *line,
	   struct csv_field *fields, size_t max_fields, size_t *ret_n, struct err *e)
{
	size_t start = *at, next = start, n = 0;
	enum field_end end;
	struct raw raw;

	/* First where it ends: nothing is copied of what is refused. */
	*ret_n = 0;
	do {
		end = field_scan(csv, len, &next, &raw);
		n++;
	} while (end == END_COMMA);
	if (end == BAD_UNCLOSED || end == BAD_TEXT) {
		*at = line_end(csv, len, start);
		uint32_t first = (*line)++;
		return err_set(
			e, RC_INVALID,
			end == BAD_TEXT
				? "field %zu of line %u: text after a closing quote; "
				  "write a quote inside a field as two"
				: "field %zu of line %u: the quote is never closed; "
				  "close it, or write it as two",
			n, first);
	}
	*line += count_lines(csv + start, next - start);
	*at = next;
	if (next - start > BATCH_ROW_MAX)
		return err_set(
			e, RC_TOO_LARGE,
			"the row has %zu bytes, %d are the most: shorten it, or look for "
			"a quote that is not closed",
			next - start, BATCH_ROW_MAX);
	*ret_n = n;
	next = start;
	for (size_t i = 0; i < n && i < max_fields; i++) {
		field_scan(csv, len, &next, &raw);
		field_copy(a, &raw, &fields[i]);
	}
	return RC_OK;
}

void
csv_cell_put(struct buf *b, const char *text, bool last)
{
	buf_putc(b, '"');
	if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL)
		buf_putc(b, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '"')
			buf_putc(b, '"');
		buf_putc(b, *text);
	}
	buf_puts(b, last ? "\"\r\n" : "\",");
}
