#include "probe/settled.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct settled {
	json_t *rows; /* {state, until} by row */
	size_t max;
};

struct settled *
settled_new(size_t max)
{
	struct settled *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->rows = json_object();
	s->max = max;
	return s;
}

void
settled_free(struct settled *s)
{
	if (s != NULL)
		json_decref(s->rows);
	free(s);
}

bool
settled_is(const struct settled *s, const char *row, const char *state)
{
	const char *was = json_string_value(
		json_object_get(json_object_get(s->rows, row), "state"));

	return was != NULL && strcmp(was, state) == 0;
}

void
settled_put(struct settled *s, const char *row, const char *state, int64_t until_us)
{
	if (json_object_get(s->rows, row) == NULL && json_object_size(s->rows) >= s->max)
		return;
	json_object_set_new(
		s->rows, row,
		json_pack("{s:s, s:I}", "state", state, "until", (json_int_t)until_us));
}

void
settled_drop(struct settled *s, const char *row)
{
	(void)json_object_del(s->rows, row);
}

void
settled_forget(struct settled *s, int64_t now_us)
{
	const char *row;
	json_t *v;
	void *next;

	json_object_foreach_safe(s->rows, next, row, v)
	{
		if (json_integer_value(json_object_get(v, "until")) < now_us)
			settled_drop(s, row);
	}
}

size_t
settled_count(const struct settled *s)
{
	return json_object_size(s->rows);
}
