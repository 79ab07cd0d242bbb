#include "base/cursor.h"

const uint8_t *
cursor_take(struct cursor *c, size_t len)
{
	const uint8_t *p = c->at;

	if (c->failed || len > c->left) {
		c->failed = true;
		return NULL;
	}
	c->at += len;
	c->left -= len;
	return p;
}

uint64_t
cursor_number(struct cursor *c, size_t bytes)
{
	const uint8_t *p = cursor_take(c, bytes);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

bool
cursor_done(const struct cursor *c)
{
	return !c->failed && c->left == 0;
}
