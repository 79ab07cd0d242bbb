/*
 * arena - memory for one request or job: many small allocations, one free.
 *
 * Passed explicitly.  Small allocations abort the process when memory is out;
 * a size that comes from outside is held against a named limit before it is
 * asked for here.  Not for threads to share.
 */
#ifndef SALURAN_BASE_ARENA_H
#define SALURAN_BASE_ARENA_H

#include <stddef.h>

#include "base/rc.h"

struct arena;

struct arena *arena_create(void);
void arena_free(struct arena *a); /* NULL allowed */

/* Forget all allocations, keep one block for the next job. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type.  Never NULL. */
void *arena_alloc(struct arena *a, size_t len);

/* `n` zeroed elements of `size` bytes; asserts that the product does not overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

void *arena_copy(struct arena *a, const void *p, size_t len);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len); /* adds the NUL */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);

/* Call fn(p) when the arena is reset or freed, last deferred first: how what a library
 * allocates (a JSON tree) lives exactly as long as the job. */
void arena_defer(struct arena *a, void (*fn)(void *p), void *p);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))

#endif
