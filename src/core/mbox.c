#include "core/mbox.h"

#include <ctype.h>
#include <string.h>

/* Of one line: its beginning here, all of it in a buffer when somebody wants it. */
struct row {
	char look[MBOX_LINE_LOOK_MAX];
	size_t len;
	uint64_t offset;
};

bool
mbox_begins(const char *s, size_t len)
{
	const char *lf = memchr(s, '\n', len);
	size_t n = lf == NULL ? len : (size_t)(lf - s);

	while (n > 0 && (s[n - 1] == '\r' || s[n - 1] == ' '))
		n--;
	/* "From a@b Fri Jul 14 11:00:00 2017": a clock and, at the end, a year; some
	 * write a zone after it, or no sender. */
	if (n < 20 || memcmp(s, "From ", 5) != 0)
		return false;
	const char *colon = memchr(s + 5, ':', n - 5);
	size_t end = n;
	while (end > 5 && !isdigit((unsigned char)s[end - 1]) && n - end < 8)
		end--;
	if (end > 10 && n - end == 0 && (s[end - 5] == '+' || s[end - 5] == '-'))
		end -= 6;
	return colon != NULL && colon > s + 5 && isdigit((unsigned char)colon[-1]) &&
	       end >= 4 && isdigit((unsigned char)s[end - 1]) &&
	       isdigit((unsigned char)s[end - 2]) && isdigit((unsigned char)s[end - 3]) &&
	       isdigit((unsigned char)s[end - 4]);
}

static bool
is_field(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && s[i] > ' ' && s[i] < 127 && s[i] != ':')
		i++;
	return i > 0 && i < len && s[i] == ':';
}

void
mbox_open(struct mbox *m, mbox_read_fn *read, void *arg, char *chunk, size_t line_max)
{
	*m = (struct mbox){
		.read = read, .arg = arg, .chunk = chunk, .ahead = BUF_INIT(line_max)};
}

void
mbox_close(struct mbox *m)
{
	buf_free(&m->ahead);
}

/* One line with its end into `b`; RC_NOT_FOUND at the end of the file. */
static enum rc
row_read(struct mbox *m, struct buf *b, struct row *ret, struct err *e)
{
	bool any = false, more = true;

	ret->len = 0;
	ret->offset = m->offset;
	while (more) {
		if (m->at == m->have) {
			m->at = m->have = 0;
			enum rc rc = m->ended ? RC_OK
					      : m->read(m->arg, m->chunk,
							MBOX_CHUNK_BYTES, &m->have, e);
			if (rc != RC_OK)
				return rc;
			if (m->have == 0) {
				m->ended = true;
				return any ? RC_OK : RC_NOT_FOUND;
			}
		}
		const char *s = m->chunk + m->at;
		const char *lf = memchr(s, '\n', m->have - m->at);
		size_t n = lf == NULL ? m->have - m->at : (size_t)(lf - s) + 1;
		size_t room = sizeof(ret->look) - ret->len;
		memcpy(ret->look + ret->len, s, n < room ? n : room);
		ret->len += n < room ? n : room;
		buf_put(b, s, n);
		m->at += n;
		m->offset += n;
		any = true;
		more = lf == NULL;
	}
	return RC_OK;
}

static bool
is_blank(const struct row *r)
{
	return (r->len == 1 && r->look[0] == '\n') ||
	       (r->len == 2 && r->look[0] == '\r' && r->look[1] == '\n');
}

/* ">From", ">>From": one ">" was put there by whoever wrote the mailbox. */
static size_t
quote_len(const struct row *r)
{
	size_t i = 0;

	while (i < r->len && r->look[i] == '>')
		i++;
	return i > 0 && r->len - i >= 5 && memcmp(r->look + i, "From ", 5) == 0 ? 1 : 0;
}

/* The line from `from` on in `b` is kept, or what of it stays. */
static void
row_keep(struct buf *b, size_t from, const struct row *r)
{
	size_t quote = quote_len(r);

	if (quote == 0 || !buf_ok(b))
		return;
	memmove(b->data + from, b->data + from + quote, b->len - from - quote);
	b->len -= quote;
}

/* Skip to the first message; what stands before it is none. */
static enum rc
begin(struct mbox *m, struct err *e)
{
	struct row r = {.len = 0};
	enum rc rc = RC_OK;

	m->begun = true;
	while (rc == RC_OK && !m->pending) {
		buf_reset(&m->ahead);
		rc = row_read(m, &m->ahead, &r, e);
		m->pending = rc == RC_OK && mbox_begins(r.look, r.len);
	}
	buf_reset(&m->ahead);
	m->next_offset = r.offset;
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* The empty line before the next "From " belongs to the mailbox. */
static void
blank_drop(struct buf *b)
{
	if (!buf_ok(b) || b->len == 0 || b->data[b->len - 1] != '\n')
		return;
	if (b->len == 1 || b->data[b->len - 2] == '\n')
		b->len--;
	else if (b->data[b->len - 2] == '\r' &&
		 (b->len == 2 || b->data[b->len - 3] == '\n'))
		b->len -= 2;
}

enum rc
mbox_next(struct mbox *m, struct buf *b, struct mbox_message *ret, struct err *e)
{
	uint64_t number = ret->number + 1;
	struct row r = {.len = 0};
	bool blank = false;
	enum rc rc = m->begun ? RC_OK : begin(m, e);

	buf_reset(b);
	if (rc == RC_OK && !m->pending)
		return RC_NOT_FOUND;
	*ret = (struct mbox_message){.number = number, .offset = m->next_offset};
	buf_put(b, buf_str(&m->ahead), m->ahead.len);
	ret->too_large = !buf_ok(&m->ahead);
	m->pending = false;
	while (rc == RC_OK) {
		size_t before = b->len;
		rc = row_read(m, b, &r, e);
		if (rc != RC_OK)
			break;
		bool starts = blank && mbox_begins(r.look, r.len);
		row_keep(b, before, &r);
		blank = is_blank(&r);
		if (!starts)
			continue;
		/* Only a header field makes the line before it a message's beginning. */
		m->next_offset = r.offset;
		buf_reset(&m->ahead);
		rc = row_read(m, &m->ahead, &r, e);
		if (rc == RC_OK && is_field(r.look, r.len)) {
			b->len = buf_ok(b) ? before : b->len;
			m->pending = true;
			break;
		}
		before = b->len;
		buf_put(b, buf_str(&m->ahead), m->ahead.len);
		row_keep(b, before, &r);
		blank = is_blank(&r);
	}
	blank_drop(b);
	ret->too_large = ret->too_large || !buf_ok(b);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}
