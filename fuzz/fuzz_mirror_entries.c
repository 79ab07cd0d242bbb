/*
 * Property: an accepted body of add-entries has exactly one encoding, and it is this one,
 * up to its last whole package.
 * Its packages follow each other from the start on, none goes over a multiple of 256, and
 * every entry lies within the body.
 */
#include <stdlib.h>
#include <string.h>

#include "core/merkle.h"
#include "core/mirror.h"

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

static void
hold_packages(const struct mirror_entries *m, const uint8_t *body, size_t size)
{
	uint64_t at = m->start;
	size_t bytes = 0;

	hold(m->start <= m->end && m->end <= MERKLE_SIZE_MAX);
	hold(m->n_packages <= MIRROR_PACKAGES_MAX);
	for (size_t i = 0; i < m->n_packages; i++) {
		const struct mirror_package *p = &m->packages[i];

		hold(p->start == at && p->n_entries >= 1);
		hold(at / MIRROR_PACKAGE == (at + p->n_entries - 1) / MIRROR_PACKAGE);
		hold(p->n_proof <= MIRROR_PROOF_MAX);
		at += p->n_entries;
		hold(at <= m->end && (at == m->end || at % MIRROR_PACKAGE == 0));
		for (size_t k = 0; k < p->n_entries; k++) {
			const struct mirror_entry *e = &p->entries[k];

			hold(e->data >= body && e->data + e->len <= body + size);
			bytes += 2 + e->len;
		}
	}
	hold(bytes <= size);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const uint8_t *body = arena_copy(a, data, size);
	struct buf b = BUF_INIT(size + 1);
	struct mirror_entries m;
	struct err e;

	if (mirror_entries_parse(a, body, size, &m, &e) == RC_OK) {
		hold_packages(&m, body, size);
		mirror_entries_put(&b, &m);
		hold(buf_ok(&b) && b.len + m.rest == size);
		hold(memcmp(buf_str(&b), data, b.len) == 0);
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
