/* Property: what is accepted and written by us is accepted again, as the same value, and
 * our form is written back as itself. */
#include <stdlib.h>
#include <string.h>

#include "core/event.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct err e;
	json_t *v, *again;

	if (ijson_parse(a, (const char *)data, size, &v, &e) == RC_OK) {
		char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);

		if (text == NULL ||
		    ijson_parse(a, text, strlen(text), &again, &e) != RC_OK ||
		    !json_equal(v, again))
			abort();
		char *twice = json_dumps(again, JSON_COMPACT | JSON_ENCODE_ANY);
		if (twice == NULL || strcmp(text, twice) != 0)
			abort();
		free(text);
		free(twice);
	}
	arena_free(a);
	return 0;
}
