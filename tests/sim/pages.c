#include "sim/pages.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, GROW_PAGES = 64 };

struct page {
	uint8_t *data;
	bool shared;
};

/* How much of `len` bytes lies in the page of `at`. */
static size_t
in_page(size_t at, size_t len)
{
	size_t left = PAGE_BYTES - at % PAGE_BYTES;

	return len < left ? len : left;
}

static uint8_t *
page_new(void)
{
	uint8_t *data = calloc(1, PAGE_BYTES);

	if (data == NULL)
		abort();
	return data;
}

static struct page *
pages_room(struct page *page, size_t n)
{
	struct page *room = realloc(page, (n == 0 ? 1 : n) * sizeof(*room));

	if (room == NULL)
		abort();
	return room;
}

void
pages_get(const struct pages *p, size_t at, void *into, size_t len)
{
	for (size_t done = 0, n; done < len; done += n) {
		size_t from = at + done;
		n = in_page(from, len - done);
		memcpy((uint8_t *)into + done,
		       p->page[from / PAGE_BYTES].data + from % PAGE_BYTES, n);
	}
}

/* Its bytes, to be written to: `n` of them will be. */
static uint8_t *
page_own(struct page *page, size_t n)
{
	if (page->shared) {
		uint8_t *own = page_new();
		if (n != PAGE_BYTES)
			memcpy(own, page->data, PAGE_BYTES);
		*page = (struct page){.data = own};
	}
	return page->data;
}

void
pages_put(struct pages *p, size_t at, const void *from, size_t len)
{
	for (size_t done = 0, n; done < len; done += n) {
		size_t to = at + done;
		n = in_page(to, len - done);
		memcpy(page_own(&p->page[to / PAGE_BYTES], n) + to % PAGE_BYTES,
		       (const uint8_t *)from + done, n);
	}
}

void
pages_resize(struct pages *p, size_t size)
{
	size_t pages = (size + PAGE_BYTES - 1) / PAGE_BYTES, had = p->n;

	if (pages > p->room) {
		p->room = pages + pages / 4 + GROW_PAGES;
		p->page = pages_room(p->page, p->room);
	}
	for (; p->n < pages; p->n++)
		p->page[p->n] = (struct page){.data = page_new()};
	/* What was cut off stays in its pages. */
	for (size_t at = p->size, n; at < size && at < had * PAGE_BYTES; at += n) {
		n = in_page(at, size - at);
		memset(page_own(&p->page[at / PAGE_BYTES], n) + at % PAGE_BYTES, 0, n);
	}
	p->size = size;
}

struct pages
pages_share(struct pages *p)
{
	struct pages twin = {.size = p->size, .n = p->n, .room = p->n};

	for (size_t i = 0; i < p->n; i++)
		p->page[i].shared = true;
	twin.page = pages_room(NULL, p->n);
	if (p->n != 0)
		memcpy(twin.page, p->page, p->n * sizeof(*p->page));
	return twin;
}

void
pages_free(struct pages *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (!p->page[i].shared)
			free(p->page[i].data);
	free(p->page);
	*p = (struct pages){0};
}
