/*
 * text - what of a text from outside may be shown.
 */
#ifndef SALURAN_BASE_TEXT_H
#define SALURAN_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of the first character when it is one that JSON does not escape and that
 * moves a terminal's cursor (U+007F to U+009F) or turns text around (U+061C, U+200E,
 * U+200F, U+2028 to U+202E, U+2066 to U+2069), which *ret then is; else 0. */
size_t text_acts(const char *s, uint32_t *ret);

/*
 * Replace each byte that is of a control (U+0000 to U+001F, and what text_acts() names)
 * or no part of a valid UTF-8 sequence (RFC 3629) by '?'.  The length stays.  For
 * messages and logs, which quote hostile input; also mends a text that was cut inside a
 * character.
 */
void text_make_printable(char *s);

/* The same for a text of several lines: its tabs and line ends stay. */
void text_make_lines_printable(char *s);

#endif
