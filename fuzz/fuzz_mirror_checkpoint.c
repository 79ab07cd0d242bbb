/* Property: an accepted body of add-checkpoint has exactly one encoding, and it is this
 * one; likewise the other texts of the exchange. */
#include <stdlib.h>
#include <string.h>

#include "core/mirror.h"

static void
hold_same(struct buf *b, const uint8_t *data, size_t size)
{
	if (!buf_ok(b) || b->len != size || memcmp(buf_str(b), data, size) != 0)
		abort();
	buf_reset(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = arena_copy(a, data, size);
	const char *path = arena_strndup(a, text, size);
	struct buf b = BUF_INIT(size + 1);
	struct mirror_checkpoint c;
	struct mirror_info i;
	uint64_t number;
	unsigned level, width;
	bool entries;
	struct err e;

	if (mirror_checkpoint_parse(a, text, size, &c, &e) == RC_OK) {
		mirror_checkpoint_put(&b, &c);
		hold_same(&b, data, size);
	}
	if (mirror_info_parse(a, text, size, &i, &e) == RC_OK) {
		mirror_info_put(&b, &i);
		hold_same(&b, data, size);
	}
	if (mirror_size_parse(text, size, &number) == RC_OK) {
		buf_printf(&b, "%llu\n", (unsigned long long)number);
		hold_same(&b, data, size);
	}
	if (mirror_tile_path_parse(path, &entries, &level, &number, &width) == RC_OK) {
		mirror_tile_path_put(&b, entries, level, number, width);
		hold_same(&b, data, strlen(path));
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
