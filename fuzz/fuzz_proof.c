/* Property: an accepted tlog-proof has exactly one encoding, and it is this one; and
 * where its hashes lead from the entry to the root of the head that it quotes, no other
 * entry's do, nor does it stand for another place. */
#include <stdlib.h>
#include <string.h>

#include "core/merkle.h"
#include "core/note.h"
#include "core/tlog_proof.h"

static bool
leads(const struct tlog_proof *p, const struct hash *leaf, uint64_t index,
      const struct checkpoint *cp)
{
	struct err e = ERR_INIT;

	return merkle_verify_inclusion(leaf, index, cp->size, &cp->root, p->path.h,
				       p->path.n, &e) == RC_OK;
}

/* Entries that the seeds are of: a letter each. */
static void
hold_one_place(struct arena *a, const struct tlog_proof *p)
{
	const struct note *note;
	struct checkpoint cp;
	struct err e = ERR_INIT;
	struct hash leaf;
	size_t len, n = 0;

	if (note_parse(a, p->note, p->note_len, &note, &e) != RC_OK)
		return;
	const char *text = note_text(note, &len);
	if (checkpoint_parse(a, text, len, &cp, &e) != RC_OK)
		return;
	for (const char *c = "abcdefghijklmnopqrstuvwxyz"; *c != '\0'; c++) {
		merkle_leaf(c, 1, &leaf);
		n += leads(p, &leaf, p->index, &cp);
		if (leads(p, &leaf, p->index, &cp) && leads(p, &leaf, p->index ^ 1, &cp))
			abort();
	}
	if (n > 1)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	const char *text = arena_copy(a, data, size);
	struct buf b = BUF_INIT(size + 1);
	struct tlog_proof p;
	struct err e = ERR_INIT;

	if (tlog_proof_parse(a, text, size, &p, &e) == RC_OK) {
		tlog_proof_put(&b, &p);
		if (!buf_ok(&b) || b.len != size || memcmp(b.data, data, size) != 0)
			abort();
		hold_one_place(a, &p);
	}
	buf_free(&b);
	arena_free(a);
	return 0;
}
