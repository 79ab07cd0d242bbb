/* Property: a path that matches is its pattern with the words put back: one resource, one
 * path. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "peer/path.h"

static void
hold_same(struct arena *a, const char *path, const char *before, const char *log,
	  const char *after, const char *rest)
{
	const char *again = arena_printf(a, "%s%s%s%s", before, log, after, rest);

	if (strcmp(again, path) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *path = arena_strndup(a, (const char *)data, size);
	struct path_words w;

	if (path_match("/peer/v1/add-entries", path, &w))
		hold_same(a, path, "/peer/v1/add-entries", "", "", "");
	if (path_match("/peer/v1/{log}/checkpoint", path, &w)) {
		if (strlen(w.log) != HASH_HEX_LEN)
			abort();
		hold_same(a, path, "/peer/v1/", w.log, "/checkpoint", "");
	}
	if (path_match("/peer/v1/{log}/tile/{rest}", path, &w)) {
		if (strlen(w.log) != HASH_HEX_LEN || *w.rest == '\0')
			abort();
		hold_same(a, path, "/peer/v1/", w.log, "/tile/", w.rest);
	}
	arena_free(a);
	return 0;
}
