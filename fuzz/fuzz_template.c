/*
 * Property: a text is ready exactly when no place of it is open; filling in nothing keeps
 * its meaning; and a value, whatever braces it has, is sent as it is, wherever it stands
 * in the text.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/template.h"

enum { OPEN_MAX = 4 };

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

/* Of the word "v" only, and none when `arg` is NULL. */
static const char *
value(void *arg, const char *word)
{
	return strcmp(word, "v") == 0 ? arg : NULL;
}

static const char *
filled(struct arena *a, const char *text, const char *v, size_t *ret_open)
{
	const char *open[OPEN_MAX], *word = v;

	return template_fill(a, text, value, (void *)(uintptr_t)word, open, OPEN_MAX,
			     ret_open);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *all = arena_strndup(a, (const char *)data, size);
	const char *cut = strchr(all, '|');
	const char *v = cut == NULL ? all : cut + 1, *sent, *again;
	const char *text =
		cut == NULL ? "{v}" : arena_strndup(a, all, (size_t)(cut - all));
	size_t open, left;

	const char *same = filled(a, text, NULL, &open);
	hold((template_ready(a, "text", same, &again, NULL) == RC_OK) == (open == 0));
	hold((template_ready(a, "text", text, &sent, NULL) == RC_OK) == (open == 0));
	hold(open != 0 || strcmp(sent, again) == 0);
	hold(strcmp(filled(a, same, NULL, &left), same) == 0 && left == open);

	const char *with = filled(a, text, v, &open);
	hold((template_ready(a, "text", with, &sent, NULL) == RC_OK) == (open == 0));
	/* Beside what it may join with. */
	with = filled(a, "{{v}", v, &open);
	hold(open == 0 && template_ready(a, "text", with, &sent, NULL) == RC_OK);
	hold(sent[0] == '{' && strcmp(sent + 1, v) == 0);
	with = filled(a, "{v}}", v, &open);
	hold(open == 0 && template_ready(a, "text", with, &sent, NULL) == RC_OK);
	hold(strlen(sent) == strlen(v) + 1 && strncmp(sent, v, strlen(v)) == 0);
	arena_free(a);
	return 0;
}
