/*
 * How a name looks to a person: its letters, and the ASCII name that they imitate.
 *
 * The table has the letters of Cyrillic, Greek and Armenian, and the few of Latin, whose
 * shape is that of an ASCII letter in common fonts; Unicode's confusables.txt (UTS 39) is
 * the source.  It is not complete, and nothing is refused by it: it adds a sentence.
 */
#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "core/guard.h"

static const struct {
	const char *letter;
	char ascii;
} shapes[] = {
	{"а", 'a'}, {"ɑ", 'a'}, {"α", 'a'}, {"Ь", 'b'}, {"ϲ", 'c'}, {"с", 'c'},
	{"ԁ", 'd'}, {"е", 'e'}, {"ҽ", 'e'}, {"ɡ", 'g'}, {"ց", 'g'}, {"һ", 'h'},
	{"հ", 'h'}, {"і", 'i'}, {"ı", 'i'}, {"ι", 'i'}, {"ј", 'j'}, {"ϳ", 'j'},
	{"κ", 'k'}, {"к", 'k'}, {"ӏ", 'l'}, {"ⅼ", 'l'}, {"м", 'm'}, {"ո", 'n'},
	{"о", 'o'}, {"ο", 'o'}, {"օ", 'o'}, {"р", 'p'}, {"ρ", 'p'}, {"ԛ", 'q'},
	{"г", 'r'}, {"ѕ", 's'}, {"т", 't'}, {"τ", 't'}, {"υ", 'u'}, {"ս", 'u'},
	{"ν", 'v'}, {"ѵ", 'v'}, {"ԝ", 'w'}, {"ѡ", 'w'}, {"х", 'x'}, {"у", 'y'},
	{"γ", 'y'}, {"ү", 'y'}, {"ᴢ", 'z'}, {"ʐ", 'z'},
};

static size_t
letter_len(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The ASCII name that has the shape of `seen`, or NULL when a letter has none. */
static const char *
skeleton(struct arena *a, const char *seen)
{
	char *out = arena_alloc(a, strlen(seen) + 1);
	size_t n = 0;

	for (const char *at = seen; *at != '\0';) {
		size_t len = letter_len(at);
		char c = len == 1 ? *at : '\0';

		for (size_t i = 0; c == '\0' && i < sizeof(shapes) / sizeof(shapes[0]);
		     i++)
			if (strlen(shapes[i].letter) == len &&
			    memcmp(shapes[i].letter, at, len) == 0)
				c = shapes[i].ascii;
		if (c == '\0')
			return NULL;
		out[n++] = c;
		at += len;
	}
	out[n] = '\0';
	return out;
}

void
guard_look(struct arena *a, const char *name, const char **ret, const char **ret_like)
{
	char *seen = NULL;

	*ret = *ret_like = NULL;
	if (strstr(name, "xn--") == NULL ||
	    idn2_to_unicode_8z8z(name, &seen, 0) != IDN2_OK)
		return;
	if (strcmp(seen, name) != 0) {
		*ret = arena_strdup(a, seen);
		*ret_like = skeleton(a, seen);
	}
	idn2_free(seen);
}
