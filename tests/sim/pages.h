/*
 * pages - what a file of vfs.c holds, so that a copy costs no more than what is written
 * after it: a page belongs to one file until that is shared; then whoever writes to it
 * first takes a page of its own.
 */
#ifndef SALURAN_TESTS_PAGES_H
#define SALURAN_TESTS_PAGES_H

#include <stddef.h>
#include <stdint.h>

struct page;
struct pages {
	struct page *page;
	size_t size, n, room; /* bytes; pages */
};

/* Within `size`. */
void pages_get(const struct pages *p, size_t at, void *into, size_t len);
void pages_put(struct pages *p, size_t at, const void *from, size_t len);
/* What is new is zero. */
void pages_resize(struct pages *p, size_t size);
/* Both have the same pages from here on. */
struct pages pages_share(struct pages *p);
/* Those that are shared stay. */
void pages_free(struct pages *p);

#endif
