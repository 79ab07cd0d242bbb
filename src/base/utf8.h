/*
 * utf8 - is it UTF-8, and where may it be cut.
 *
 * UTF-8 as in RFC 3629: no overlong form, no surrogate, nothing above U+10FFFF.
 */
#ifndef SALURAN_BASE_UTF8_H
#define SALURAN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True, or false with the offset of the first byte that begins no character. */
bool utf8_valid(const char *s, size_t len, size_t *ret_bad_at);

/* The largest n <= max at which valid UTF-8 of `len` bytes may be cut. */
size_t utf8_cut(const char *s, size_t len, size_t max);

#endif
