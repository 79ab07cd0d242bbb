/*
 * Writing JSON: compactly, and so that the strict reading takes it.
 */
#include <string.h>

#include "core/event.h"

void
ijson_put_text(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len;

	buf_putc(b, '"');
	while (s < end) {
		size_t plain = 0;

		while (s + plain < end && (unsigned char)s[plain] >= 0x20 &&
		       s[plain] != '"' && s[plain] != '\\')
			plain++;
		buf_put(b, s, plain);
		s += plain;
		if (s == end)
			break;
		if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u%04x", (unsigned)*s);
		else
			buf_put(b, (char[]){'\\', *s}, 2);
		s++;
	}
	buf_putc(b, '"');
}

static void
object_put(struct buf *b, const json_t *object)
{
	const char *name, *comma = "";
	json_t *value;

	buf_putc(b, '{');
	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		buf_puts(b, comma);
		ijson_put_text(b, name, strlen(name));
		buf_putc(b, ':');
		ijson_put(b, value);
		comma = ",";
	}
	buf_putc(b, '}');
}

void
ijson_put(struct buf *b, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		object_put(b, v);
		break;
	case JSON_ARRAY:
		buf_putc(b, '[');
		for (size_t i = 0; i < json_array_size(v); i++) {
			if (i != 0)
				buf_putc(b, ',');
			ijson_put(b, json_array_get(v, i));
		}
		buf_putc(b, ']');
		break;
	case JSON_STRING:
		ijson_put_text(b, json_string_value(v), json_string_length(v));
		break;
	case JSON_INTEGER:
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_puts(b, json_is_true(v) ? "true" : "false");
		break;
	case JSON_NULL:
		buf_puts(b, "null");
		break;
	case JSON_REAL:
		buf_printf(b, "%.17e", json_real_value(v));
		break;
	}
}
