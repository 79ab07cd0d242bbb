#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

/* Room for `len` more bytes and the NUL, or the sticky error. */
static bool
buf_reserve(struct buf *b, size_t len)
{
	if (b->failed || len > b->max || b->len > b->max - len) {
		b->failed = true;
		return false;
	}
	size_t need = b->len + len + 1;
	if (need <= b->cap)
		return true;
	size_t cap = b->cap < 256 ? 256 : b->cap;
	while (cap < need)
		cap *= 2;
	char *data = realloc(b->data, cap);
	if (data == NULL)
		abort();
	b->data = data;
	b->cap = cap;
	return true;
}

void
buf_put(struct buf *b, const void *p, size_t len)
{
	if (!buf_reserve(b, len))
		return;
	if (len != 0)
		memcpy(b->data + b->len, p, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	if (buf_reserve(b, (size_t)len)) {
		vsnprintf(b->data + b->len, (size_t)len + 1, fmt, again);
		b->len += (size_t)len;
	}
	va_end(again);
}

void
buf_put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void
buf_put_u16be(struct buf *b, uint16_t v)
{
	buf_put(b, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

void
buf_put_u32be(struct buf *b, uint32_t v)
{
	buf_put_u16be(b, (uint16_t)(v >> 16));
	buf_put_u16be(b, (uint16_t)v);
}

void
buf_put_u64be(struct buf *b, uint64_t v)
{
	buf_put_u32be(b, (uint32_t)(v >> 32));
	buf_put_u32be(b, (uint32_t)v);
}

bool
buf_ok(const struct buf *b)
{
	return !b->failed;
}

const char *
buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}
