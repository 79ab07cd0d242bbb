/*
 * rotate_fixture - nodes of node_fixture.h whose keys are replaced.
 */
#ifndef SALURAN_TESTS_ROTATE_FIXTURE_H
#define SALURAN_TESTS_ROTATE_FIXTURE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/enc.h"
#include "core/identity_log.h"
#include "node_fixture.h"
#include "service/node_int.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { KEY_TEXT_MAX = 4096 };

static inline enum party
other(enum party p)
{
	return p == AUTHORITY ? PLATFORM : AUTHORITY;
}

static inline const char *
root_path(struct fix *f, enum party p, unsigned n)
{
	return n == 0 ? arena_printf(f->a, "%s/next-root.key", f->n[p].dir)
		      : arena_printf(f->a, "%s/root-%s-%u.key", f->above, party_name(p),
				     n);
}

/* The n-th rotation of a node. */
static inline enum rc
rotate_try(struct fix *f, enum party p, unsigned n, struct node_rotated *ret,
	   struct err *e)
{
	struct node_rotation in = {.dir = f->n[p].dir,
				   .root_path = root_path(f, p, n - 1),
				   .next_path = root_path(f, p, n)};

	return node_rotate_keys(f->a, &in, ret, e);
}

static inline void
rotate(struct fix *f, enum party p, unsigned n)
{
	struct node_rotated done;
	struct err e = ERR_INIT;

	node_close(f->n[p].nd);
	f->n[p].nd = NULL;
	fix_ok(rotate_try(f, p, n, &done, &e), &e, "rotate");
	assert_int_equal(done.n, n);
	fix_reopen(f, p);
	assert_int_equal(f->n[p].nd->id->n, n);
}

/* What the pusher does first.  RC_NOT_FOUND: there is nothing to tell. */
static inline enum rc
tell_try(struct fix *f, enum party p, struct err *e)
{
	struct node *from = f->n[p].nd;
	struct exchange_question q;
	struct arena *a = arena_create();
	int64_t wait_us;
	enum rc rc = exchange_ask_next(from, FIX_PEER, a, &q, &wait_us, e);

	if (rc == RC_OK && q.kind != EXCHANGE_TELL_IDENTITY)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = exchange_add_identity(f->n[other(p)].nd, q.body, strlen(q.body), e);
	if (rc == RC_OK)
		rc = exchange_ask_done(from, FIX_PEER, a, &q, NULL, 0, e);
	arena_free(a);
	return rc;
}

static inline void
tell(struct fix *f, enum party p)
{
	struct err e = ERR_INIT;

	fix_ok(tell_try(f, p, &e), &e, "tell");
	assert_int_equal(tell_try(f, p, &e), RC_NOT_FOUND);
}

static inline void
seed_read(struct fix *f, enum party p, const char *name, uint8_t ret[SEED_LEN])
{
	char text[KEY_TEXT_MAX] = "";
	FILE *file = fopen(arena_printf(f->a, "%s/keys/%s", f->n[p].dir, name), "re");

	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_int_equal(hex_decode(strrchr(text, ' ') + 1, 2 * SEED_LEN, ret, SEED_LEN),
			 RC_OK);
}

#endif
