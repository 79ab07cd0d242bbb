#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK_BYTES = 8192 };

struct block {
	struct block *next;
	size_t used, cap;
	max_align_t data[];
};

struct deferred {
	struct deferred *next;
	void (*fn)(void *p);
	void *p;
};

struct arena {
	struct block *head;
	struct deferred *deferred;
};

static struct block *
block_create(size_t cap, struct block *next)
{
	struct block *b = malloc(sizeof(*b) + cap);

	if (b == NULL)
		abort();
	*b = (struct block){.next = next, .cap = cap};
	return b;
}

struct arena *
arena_create(void)
{
	struct arena *a = malloc(sizeof(*a));

	if (a == NULL)
		abort();
	*a = (struct arena){0};
	return a;
}

static void
run_deferred(struct arena *a)
{
	for (struct deferred *d = a->deferred; d != NULL; d = d->next)
		d->fn(d->p);
	a->deferred = NULL;
}

void
arena_free(struct arena *a)
{
	if (a == NULL)
		return;
	run_deferred(a);
	for (struct block *b = a->head, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(a);
}

void
arena_reset(struct arena *a)
{
	struct block *keep = NULL;

	run_deferred(a);
	for (struct block *b = a->head, *next; b != NULL; b = next) {
		next = b->next;
		if (keep == NULL && b->cap == ARENA_BLOCK_BYTES)
			keep = b;
		else
			free(b);
	}
	if (keep != NULL) {
		keep->used = 0;
		keep->next = NULL;
	}
	a->head = keep;
}

/* As it comes: whatever is copied there need not be zero before. */
static void *
take(struct arena *a, size_t len)
{
	const size_t align = _Alignof(max_align_t);
	struct block *b = a->head;

	assert(len <= SIZE_MAX - align - sizeof(struct block));
	len = (len + align - 1) / align * align;
	if (b == NULL || b->cap - b->used < len) {
		if (len > ARENA_BLOCK_BYTES / 2 && b != NULL) {
			/* A large piece gets a block behind the head, which stays open.
			 */
			b->next = block_create(len, b->next);
			b = b->next;
		} else {
			b = block_create(len > ARENA_BLOCK_BYTES ? len
								 : ARENA_BLOCK_BYTES,
					 a->head);
			a->head = b;
		}
	}
	void *p = (unsigned char *)b->data + b->used;
	b->used += len;
	return p;
}

void *
arena_alloc(struct arena *a, size_t len)
{
	return memset(take(a, len), 0, len);
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	assert(size == 0 || n <= SIZE_MAX / size);
	return arena_alloc(a, n * size);
}

void *
arena_copy(struct arena *a, const void *p, size_t len)
{
	void *q = take(a, len);

	return len == 0 ? q : memcpy(q, p, len);
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *q = take(a, len + 1);

	if (len != 0)
		memcpy(q, s, len);
	q[len] = '\0';
	return q;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	assert(len >= 0);
	char *s = take(a, (size_t)len + 1);
	vsnprintf(s, (size_t)len + 1, fmt, again);
	va_end(again);
	return s;
}

void
arena_defer(struct arena *a, void (*fn)(void *p), void *p)
{
	struct deferred *d = ARENA_NEW(a, struct deferred);

	*d = (struct deferred){.next = a->deferred, .fn = fn, .p = p};
	a->deferred = d;
}
