/* Property: what is accepted as a proof of equivocation has two sides that both bear a
 * signature of the organisation and that differ; neither side twice is a proof, nor is
 * one whose signature, root or bytes are changed. */
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/fraud_make.h"

static bool
holds(struct arena *a, const struct fraud *f, const struct identity_log *ids)
{
	struct fraud_said said;
	struct err e = ERR_INIT;

	return fraud_verify(a, f, ids, &said, &e) == RC_OK;
}

static void
hold_heads(struct arena *a, const struct fraud *f, const struct identity_log *ids)
{
	if (f->head[0].size == f->head[1].size &&
	    hash_equal(&f->head[0].root, &f->head[1].root))
		abort();
	for (int i = 0; i < 2; i++) {
		struct fraud other = *f;
		other.head[i].root.b[0] ^= 1;
		if (holds(a, &other, ids))
			abort();
		other = *f;
		other.head[i].size++;
		if (holds(a, &other, ids))
			abort();
		other = *f;
		other.head[i] = f->head[1 - i];
		other.sig[i] = f->sig[1 - i];
		if (holds(a, &other, ids))
			abort();
	}
}

static void
hold_signed(struct arena *a, const struct fraud *f, const struct identity_log *ids)
{
	if (strcmp(f->jws[0], f->jws[1]) == 0)
		abort();
	for (int i = 0; i < 2; i++) {
		struct fraud other = *f;
		char *text = arena_strdup(a, f->jws[i]);
		other.jws[i] = f->jws[1 - i];
		if (holds(a, &other, ids))
			abort();
		text[0] = text[0] == 'e' ? 'f' : 'e';
		other.jws[i] = text;
		if (holds(a, &other, ids))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_create();
	struct identity_log ids = {.n = 0};
	struct err e = ERR_INIT;
	struct fraud f;
	json_t *body;

	fraud_entry_add(a, &ids);
	if (fraud_parse(a, arena_strndup(a, (const char *)data, size), size, &f, &body,
			&e) == RC_OK &&
	    holds(a, &f, &ids)) {
		if (f.jws[0] != NULL)
			hold_signed(a, &f, &ids);
		else
			hold_heads(a, &f, &ids);
	}
	arena_free(a);
	return 0;
}
