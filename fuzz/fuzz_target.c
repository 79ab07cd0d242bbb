/* Property: the normal form of a URL, a domain, an address, a digest or a text is a
 * target of the same kind with the same normal form and host, and every refusal has a
 * text. */
#include <stdlib.h>
#include <string.h>

#include "core/target.h"

static void
hold_same(const char *x, const char *y)
{
	if ((x == NULL) != (y == NULL) || (x != NULL && strcmp(x, y) != 0))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = (const char *)arena_copy(a, data, size);
	struct target t, again;
	struct err e = ERR_INIT;
	const char *name, *same;

	if (target_parse(a, text, size, &t, &e) != RC_OK) {
		if (e.text[0] == '\0')
			abort();
	} else if (t.kind == TARGET_TELEGRAM) {
		if (strncmp(t.normal, "telegram:", 9) != 0 || t.host == NULL)
			abort();
	} else if (strlen(t.normal) <= TARGET_MAX) {
		if (target_parse(a, t.normal, strlen(t.normal), &again, &e) != RC_OK ||
		    again.kind != t.kind || !hash_equal(&again.nf, &t.nf))
			abort();
		hold_same(again.normal, t.normal);
		hold_same(again.host, t.host);
	}
	if (name_normalise(a, text, size, &name, &e) == RC_OK) {
		if (name_normalise(a, name, strlen(name), &same, &e) != RC_OK)
			abort();
		hold_same(same, name);
	}
	arena_free(a);
	return 0;
}
