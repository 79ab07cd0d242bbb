/*
 * uuid - UUID version 7 (RFC 9562, section 5.7), lower-case text form.
 */
#ifndef SALURAN_BASE_UUID_H
#define SALURAN_BASE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UUID_TEXT_LEN = 36 };

/* The millisecond of `now_us` and 74 random bits; `out` has UUID_TEXT_LEN + 1 bytes. */
void uuid7_make(int64_t now_us, char *out);

/* The millisecond that a valid one begins with: in the order of the texts. */
int64_t uuid7_ms(const char *s);

/* Exactly a lower-case version 7 UUID of the RFC 9562 variant. */
bool uuid7_valid(const char *s, size_t len);

#endif
