#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Bytes of the sequence at `p`, by table 3-7 of the Unicode standard; 0: not valid.  A
 * NUL is no continuation byte, so nothing is read past the end. */
static size_t
sequence_len(const unsigned char *p)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0; /* else two bytes would do */
	else if (p[0] == 0xed)
		high = 0x9f; /* else a surrogate */
	else if (p[0] == 0xf0)
		low = 0x90; /* else three bytes would do */
	else if (p[0] == 0xf4)
		high = 0x8f; /* else above U+10FFFF */
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	return len;
}

static void
make_printable(unsigned char *p, const char *kept)
{
	while (*p != '\0') {
		size_t len = sequence_len(p);
		bool c1 = len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
		bool control = len == 1 && (*p < 0x20 || *p == 0x7f);
		if (len == 0 || (control && strchr(kept, *p) == NULL)) {
			*p++ = '?';
			continue;
		}
		if (c1)
			p[0] = p[1] = '?';
		p += len;
	}
}

void
text_make_printable(char *s)
{
	make_printable((unsigned char *)s, "");
}

void
text_make_lines_printable(char *s)
{
	make_printable((unsigned char *)s, "\t\n");
}
