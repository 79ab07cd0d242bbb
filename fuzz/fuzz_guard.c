/* Property: what the readers of the guards' lists accept are names that a zone can hold;
 * written again, one a line, they are read as the same.  And how a name looks is told for
 * each without a change of the name.  The first byte says which list it is. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "core/guard.h"

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

static void
hold_name(struct arena *a, const char *name)
{
	const char *seen, *like;

	hold(guard_rpz_name(name, false, NULL, NULL) == RC_OK);
	guard_look(a, name, &seen, &like);
	hold(seen != NULL || like == NULL);
	hold(seen == NULL || (strstr(name, "xn--") != NULL && strcmp(seen, name) != 0));
	hold(like == NULL || strlen(like) <= strlen(seen));
}

static void
names(struct arena *a, const char *text, size_t len)
{
	const char *const *list, *const *again;
	size_t n, m;
	struct err e = ERR_INIT;
	struct buf b = BUF_INIT(2 * len + 16);

	if (guard_names_parse(a, text, len, &list, &n, &e) != RC_OK) {
		hold(e.text[0] != '\0');
		return;
	}
	for (size_t i = 0; i < n; i++) {
		hold_name(a, strncmp(list[i], "*.", 2) == 0 ? list[i] + 2 : list[i]);
		buf_printf(&b, "%s\n", list[i]);
	}
	hold(guard_names_parse(a, buf_str(&b), b.len, &again, &m, NULL) == RC_OK);
	hold(m == n);
	for (size_t i = 0; i < n; i++)
		hold(strcmp(list[i], again[i]) == 0);
	buf_free(&b);
}

static void
services(struct arena *a, const char *text, size_t len)
{
	const struct guard_service *list;
	struct err e = ERR_INIT;
	size_t n;

	if (guard_services_parse(a, text, len, &list, &n, &e) != RC_OK) {
		hold(e.text[0] != '\0');
		return;
	}
	hold(n <= GUARD_LIST_NAMES_MAX);
	for (size_t i = 0; i < n; i++) {
		hold_name(a, list[i].name);
		hold(strlen(list[i].service) <= GUARD_SERVICE_MAX);
	}
}

static void
suffixes(struct arena *a, const char *text, size_t len)
{
	const struct guard_suffixes *list;
	struct err e = ERR_INIT;
	const char *first;

	if (guard_suffixes_parse(a, text, len, &list, &e) != RC_OK) {
		hold(e.text[0] != '\0');
		return;
	}
	/* What is listed below a name is a name, and is found by itself. */
	if (guard_suffixes_below(list, "com", false, &first) != 0) {
		hold_name(a, first);
		hold(guard_suffix_is(list, first, false));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();

	if (size != 0) {
		const char *text = arena_strndup(a, (const char *)data + 1, size - 1);
		switch (data[0]) {
		case 'n':
			names(a, text, size - 1);
			break;
		case 's':
			services(a, text, size - 1);
			break;
		default:
			suffixes(a, text, size - 1);
		}
	}
	arena_free(a);
	return 0;
}
