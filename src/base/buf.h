/*
 * buf - bytes that grow up to a mandatory maximum.
 *
 * An append past the maximum is refused and remembered (a sticky error), so
 * that a run of appends is checked once, at its end, with buf_ok().
 * The bytes are always followed by a NUL that is not counted.
 */
#ifndef SALURAN_BASE_BUF_H
#define SALURAN_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rc.h"

struct buf {
	char *data; /* NULL until the first append; buf_str() is never NULL */
	size_t len, cap, max;
	bool failed;
};

#define BUF_INIT(max_bytes)                                                              \
	{                                                                                \
		.max = (max_bytes)                                                       \
	}

void buf_free(struct buf *b);  /* NULL and zeroed allowed; leaves it empty, usable */
void buf_reset(struct buf *b); /* empty, no error, memory kept */

void buf_put(struct buf *b, const void *p, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16be(struct buf *b, uint16_t v);
void buf_put_u32be(struct buf *b, uint32_t v);
void buf_put_u64be(struct buf *b, uint64_t v);

bool buf_ok(const struct buf *b);
const char *buf_str(const struct buf *b);

#endif
