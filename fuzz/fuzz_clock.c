/* Property: what is accepted, written in our form and read again, is the same instant,
 * and our form is written back as itself. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[CLOCK_TEXT_LEN], twice[CLOCK_TEXT_LEN];
	int64_t us, again;

	if (clock_parse((const char *)data, size, &us) != RC_OK)
		return 0;
	clock_format(us, text);
	/* An offset may lead out of the years that have a text form. */
	if (strcmp(text, "?") == 0)
		return 0;
	if (clock_parse(text, strlen(text), &again) != RC_OK || again != us ||
	    strcmp(clock_format(again, twice), text) != 0)
		abort();
	return 0;
}
