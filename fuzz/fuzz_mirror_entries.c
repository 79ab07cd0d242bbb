/* Property: an accepted body of add-entries has exactly one encoding, and it is this one.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mirror.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct buf b = BUF_INIT(size + 1);
	struct mirror_entries m;
	struct err e;

	if (mirror_entries_parse(a, arena_copy(a, data, size), size, &m, &e) == RC_OK) {
		mirror_entries_put(&b, &m);
		if (!buf_ok(&b) || b.len != size || memcmp(buf_str(&b), data, size) != 0)
			abort();
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
