#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

size_t
text_acts(const char *s, uint32_t *ret)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{0x7f, 0x9f},	  {0x61c, 0x61c},   {0x200e, 0x200f},
		{0x2028, 0x202e}, {0x2066, 0x2069},
	};
	const unsigned char *p = (const unsigned char *)s;
	size_t len = sequence_len(p);

	if (len == 0 || len > 3)
		return 0;
	*ret = len == 1 ? p[0] : p[0] & (0x7fU >> len);
	for (size_t i = 1; i < len; i++)
		*ret = *ret << 6 | (p[i] & 0x3fU);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (*ret >= ranges[i].from && *ret <= ranges[i].to)
			return len;
	return 0;
}

static void
make_printable(unsigned char *p, const char *kept)
{
	while (*p != '\0') {
		uint32_t c;
		size_t len = sequence_len(p), acts = text_acts((const char *)p, &c);
		if (len == 0 || (*p < 0x20 && strchr(kept, *p) == NULL))
			acts = len = 1;
		memset(p, '?', acts);
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
