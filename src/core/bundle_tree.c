/*
 * Version 2: proofs of many events at once, for the heads of a log and for its receipts.
 */
#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"

enum { HASH_LINE = 45 /* base64 of a hash, LF */ };

/* Hashes of a member, a line each. */
struct lines {
	struct bundle *b;
	struct arena *tmp;
	const char *at, *end;
	size_t taken;
};

static enum rc
line_take(void *arg, struct hash *ret, struct err *e)
{
	struct lines *l = arg;
	uint8_t *bytes;
	size_t n;

	(void)e;
	if (l->end - l->at < HASH_LINE)
		return bundle_fail(l->b, "the proof is too short");
	if (l->at[HASH_LINE - 1] != '\n' ||
	    b64_decode(l->tmp, l->at, HASH_LINE - 1, &bytes, &n) != RC_OK ||
	    n != HASH_LEN)
		return bundle_fail(l->b, "hash %zu is not %d bytes in base64, LF",
				   l->taken, HASH_LEN);
	memcpy(ret->b, bytes, HASH_LEN);
	arena_reset(l->tmp);
	l->at += HASH_LINE;
	l->taken++;
	return RC_OK;
}

/* Leaves of events in the tree of a head. */
static enum rc
many_check(struct bundle *b, struct bundle_event *const *ev, size_t n,
	   const struct checkpoint *cp, struct lines *l)
{
	struct arena *tmp = arena_create();
	struct merkle_at *at = arena_array(tmp, n + 1, sizeof(*at));

	for (size_t i = 0; i < n; i++)
		at[i] = (struct merkle_at){ev[i]->ev->seq, ev[i]->ev->leaf};
	enum rc rc = merkle_verify_many(at, n, cp->size, &cp->root, line_take, l, b->e);
	arena_free(tmp);
	return rc;
}

static enum rc
head_check(struct bundle *b, enum party p, const char *name,
	   const struct bundle_head *head, struct bundle_event *const *ev, size_t n)
{
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_TREE, party_name(p), name);

	if (n == 0)
		return m == NULL ? RC_OK
				 : bundle_fail(b, "no event here needs this proof");
	if (m == NULL)
		return bundle_fail(b, "is missing");
	struct lines l = {
		.b = b, .tmp = arena_create(), .at = m->data, .end = m->data + m->len};
	enum rc rc = many_check(b, ev, n, &head->cp, &l);
	if (rc == RC_OK && l.at != l.end)
		rc = bundle_fail(b, "the proof is too long");
	arena_free(l.tmp);
	return rc;
}

enum rc
bundle_trees_check(struct bundle *b, enum party p)
{
	const struct bundle_side *s = &b->side[p];
	bool two = s->cosigned.member != NULL && !s->own.cosigned;
	size_t covered = 0;

	while (two && covered < s->n_ev && s->ev[covered]->ev->seq < s->cosigned.cp.size)
		covered++;
	enum rc rc = head_check(b, p, "cosigned", &s->cosigned, s->ev, covered);
	return rc == RC_OK ? head_check(b, p, "checkpoint", &s->own, s->ev + covered,
					s->n_ev - covered)
			   : rc;
}

/* ---- receipts ---------------------------------------------------------------------- */

enum { TITLE_SEQ, TITLE_BYTES, TITLE_HASHES, TITLE_EVENTS, TITLE_COUNT };

/* Decimal numbers with spaces between them, LF. */
static enum rc
numbers_read(struct lines *l, uint64_t *ret, int n)
{
	const char *lf = memchr(l->at, '\n', (size_t)(l->end - l->at));

	for (int i = 0; i < n; i++) {
		const char *stop = lf == NULL ? NULL
				   : i == n - 1
					   ? lf
					   : memchr(l->at, ' ', (size_t)(lf - l->at));
		if (stop == NULL || decimal_parse(l->at, (size_t)(stop - l->at),
						  MERKLE_SIZE_MAX, &ret[i]) != RC_OK)
			return bundle_fail(l->b, "a line of %d numbers is due", n);
		l->at = stop + 1;
	}
	return RC_OK;
}

/* A receipt begins with what it is of: as the events here have it. */
static enum rc
title_read(struct lines *l, struct bundle_event *const *clocks,
	   const struct bundle_adopted *x, uint64_t ret[TITLE_COUNT])
{
	enum rc rc = numbers_read(l, ret, TITLE_COUNT);

	if (rc == RC_OK && ret[TITLE_SEQ] != x->adopt->ev->seq)
		rc = bundle_fail(l->b, "here stands that of event %" PRIu64,
				 ret[TITLE_SEQ]);
	if (rc == RC_OK && ret[TITLE_EVENTS] != x->n)
		rc = bundle_fail(l->b, "is of %" PRIu64 " events, and of %zu by the log",
				 ret[TITLE_EVENTS], x->n);
	for (size_t i = 0; rc == RC_OK && i < x->n; i++) {
		uint64_t seq;
		rc = numbers_read(l, &seq, 1);
		if (rc == RC_OK && seq != clocks[x->first + i]->ev->seq)
			rc = bundle_fail(l->b, "is not of event %" PRIu64 " by the log",
					 seq);
	}
	if (rc == RC_OK && ret[TITLE_BYTES] > (uint64_t)(l->end - l->at))
		rc = bundle_fail(l->b, "the member ends in a head");
	return rc;
}

static enum rc
head_read(struct bundle *b, enum party p, const char *text, size_t len,
	  const struct note **ret, struct checkpoint *ret_cp, struct arena *tmp)
{
	const char *body;
	size_t n;
	uint64_t time_s;
	enum rc rc = note_parse(tmp, text, len, ret, b->e);

	if (rc != RC_OK)
		return rc;
	body = note_text(*ret, &n);
	rc = checkpoint_parse(tmp, body, n, ret_cp, b->e);
	if (rc == RC_OK && strcmp(ret_cp->origin, b->r->party[p].origin) != 0)
		rc = bundle_fail(b, "is of the log %s", ret_cp->origin);
	return rc == RC_OK ? bundle_head_verify(b, p, *ret, ret_cp->size, true, &time_s)
			   : rc;
}

static enum rc
receipt_read(struct bundle *b, enum party p, struct lines *l, struct arena *tmp,
	     struct bundle_event *const *clocks, const struct bundle_adopted *x)
{
	const struct event *adopt = x->adopt->ev;
	const struct note *note;
	struct checkpoint cp;
	uint64_t title[TITLE_COUNT];
	enum rc rc = title_read(l, clocks, x, title);

	if (rc != RC_OK)
		return rc;
	rc = head_read(b, p, l->at, (size_t)title[TITLE_BYTES], &note, &cp, tmp);
	if (rc == RC_OK)
		rc = bundle_receipt_same(b, p, adopt, &cp, note);
	if (rc != RC_OK)
		return rc;
	l->at += title[TITLE_BYTES];
	l->taken = 0;
	rc = many_check(b, clocks + x->first, x->n, &cp, l);
	return rc == RC_OK && l->taken != title[TITLE_HASHES]
		       ? bundle_fail(b, "the proof is too long")
		       : rc;
}

enum rc
bundle_receipts_check(struct bundle *b, enum party p, struct bundle_event *const *clocks,
		      const struct bundle_adopted *adopted, size_t n)
{
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_RECEIPTS, party_name(p));
	enum rc rc = RC_OK;

	if (n == 0)
		return m == NULL ? RC_OK
				 : bundle_fail(b, "no event here adopts a receipt");
	if (m == NULL)
		return bundle_fail(b, "is missing");
	struct arena *tmp = arena_create();
	struct lines l = {
		.b = b, .tmp = arena_create(), .at = m->data, .end = m->data + m->len};
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		rc = receipt_read(b, p, &l, tmp, clocks, &adopted[i]);
		if (rc != RC_OK)
			err_prefix(b->e, "the receipt that event %" PRIu64 " adopts",
				   adopted[i].adopt->ev->seq);
		arena_reset(tmp);
	}
	if (rc == RC_OK && l.at != l.end)
		rc = bundle_fail(b, "no event here adopts what follows");
	arena_free(l.tmp);
	arena_free(tmp);
	return rc;
}
