/* Properties: a text is accepted with a tree or without one, or neither way; what is
 * accepted another parser takes too, as the same value; and what we write of it is read
 * as the same again. */
#include <stdlib.h>
#include <string.h>

#include "core/event.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct err e;
	json_t *v, *again;

	bool taken = ijson_parse(a, (const char *)data, size, &v, &e) == RC_OK;
	if (taken != (ijson_check(a, (const char *)data, size, &e) == RC_OK))
		abort();
	if (taken) {
		json_t *other =
			json_loadb((const char *)data, size,
				   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
		if (other == NULL || !json_equal(v, other))
			abort();
		json_decref(other);
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
