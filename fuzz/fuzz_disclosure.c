/* Property: an accepted disclosure has exactly one encoding, and its name and value can
 * be disclosed again.  Input that begins with '[' is encoded first. */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/event.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = (const char *)data, *name, *again;
	struct err e;
	struct hash digest;
	json_t *value, *back;
	uint8_t *bytes;
	size_t len = size;

	crypto_start();
	if (size > 0 && data[0] == '[') {
		text = b64url_arena(a, data, size);
		len = strlen(text);
	}
	if (event_disclosure_parse(a, text, len, &name, &value, &e) != RC_OK)
		goto out;
	if (b64url_decode(a, text, len, &bytes, &size) != RC_OK)
		abort();
	const char *encoded = b64url_arena(a, bytes, size);
	if (strlen(encoded) != len || memcmp(encoded, text, len) != 0)
		abort();
	/* Our form is never longer: compact, a salt of the same length, the fewest
	 * escapes. */
	if (event_disclosure_make(a, name, value, &again, &digest, &e) != RC_OK ||
	    event_disclosure_parse(a, again, strlen(again), &name, &back, &e) != RC_OK ||
	    !json_equal(value, back))
		abort();
out:
	arena_free(a);
	return 0;
}
