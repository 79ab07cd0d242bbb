/*
 * text - what of a text from outside may be shown.
 */
#ifndef SALURAN_BASE_TEXT_H
#define SALURAN_BASE_TEXT_H

/*
 * Replace each byte that is a control (U+0000 to U+001F, U+007F to U+009F: they move a
 * terminal's cursor) or no part of a valid UTF-8 sequence (RFC 3629) by '?'.  The length
 * stays.  For messages and logs, which quote hostile input; also mends a text that was
 * cut inside a character.
 */
void text_make_printable(char *s);

/* The same for a text of several lines: its tabs and line ends stay. */
void text_make_lines_printable(char *s);

#endif
