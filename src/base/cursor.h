/*
 * cursor - reading bytes from the front, with a sticky error.
 *
 * A read past the end fails, takes nothing, and so does every read after it; so a decoder
 * is a straight line of reads with one question at its end.
 */
#ifndef SALURAN_BASE_CURSOR_H
#define SALURAN_BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	size_t left;
	bool failed;
};

/* The next `len` bytes, or NULL. */
const uint8_t *cursor_take(struct cursor *c, size_t len);

/* The next `bytes` (1 to 8) as a big-endian number, or 0. */
uint64_t cursor_number(struct cursor *c, size_t bytes);

/* All was read, and nothing failed. */
bool cursor_done(const struct cursor *c);

#endif
