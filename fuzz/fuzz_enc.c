/* Property: what a decoder accepts has exactly one encoding, and it is this one. */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"

static void
hold_same(const char *again, const uint8_t *data, size_t size)
{
	if (strlen(again) != size || memcmp(again, data, size) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = (const char *)arena_copy(a, data, size);
	uint8_t *bytes;
	size_t len;

	if (b64_decode(a, text, size, &bytes, &len) == RC_OK && size != 0)
		hold_same(b64_arena(a, bytes, len), data, size);
	if (b64url_decode(a, text, size, &bytes, &len) == RC_OK && size != 0)
		hold_same(b64url_arena(a, bytes, len), data, size);
	bytes = arena_alloc(a, size / 2 + 1);
	if (hex_decode(text, size, bytes, size / 2) == RC_OK) {
		char *again = arena_alloc(a, size + 1);
		hex_encode(bytes, size / 2, again);
		hold_same(again, data, size);
	}
	arena_free(a);
	return 0;
}
