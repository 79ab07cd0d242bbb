/*
 * The steps over the two logs: the places of events, heads, receipts.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"
#include "core/event_type.h"
#include "core/tlog_proof.h"

enum { ADOPT_TEXT_MAX = 1024 };

/* ---- inclusion, heads -------------------------------------------------------------- */

const char *
bundle_peer_line(struct bundle *b, struct arena *a, enum party by,
		 const struct note *note)
{
	const struct bundle_side *s = &b->side[by];
	const char *line = NULL;

	for (size_t n = s->ids->n; line == NULL && n-- > 0;)
		line = note_line_of(a, note, &s->receipt_keys[n]);
	return line;
}

static enum rc
head_read(struct bundle *b, enum party p, const struct bundle_member *m,
	  struct bundle_head *ret)
{
	const char *text;
	size_t len;

	*ret = (struct bundle_head){.member = m};
	if (m == NULL)
		return RC_OK;
	enum rc rc = note_parse(b->a, m->data, m->len, &ret->note, b->e);
	if (rc != RC_OK)
		return rc;
	text = note_text(ret->note, &len);
	rc = checkpoint_parse(b->a, text, len, &ret->cp, b->e);
	if (rc == RC_OK && strcmp(ret->cp.origin, b->r->party[p].origin) != 0)
		rc = bundle_fail(b, "is of the log %s", ret->cp.origin);
	ret->cosigned = bundle_peer_line(b, b->a, bundle_other(p), ret->note) != NULL;
	return rc;
}

/* Which heads there are, and that they are two only where one does not do. */
static enum rc
heads_read(struct bundle *b, enum party p)
{
	struct bundle_side *s = &b->side[p];
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_COSIGNED, party_name(p));
	enum rc rc = head_read(b, p, m, &s->cosigned);

	if (rc == RC_OK && m != NULL && !s->cosigned.cosigned)
		rc = bundle_fail(b, "has no cosignature of the peer");
	if (rc != RC_OK)
		return rc;
	m = bundle_find(b, BUNDLE_NAME_CHECKPOINT, party_name(p));
	rc = head_read(b, p, m, &s->own);
	if (rc != RC_OK)
		return rc;
	if (m == NULL && (s->n_ev != 0 || s->cosigned.member != NULL))
		return bundle_fail(b, "is missing");
	if (s->cosigned.member != NULL &&
	    (s->own.cosigned || s->own.cp.size <= s->cosigned.cp.size))
		return bundle_fail(b, "makes the older cosigned head superfluous");
	if (s->n_ev != 0 && s->ev[s->n_ev - 1]->ev->seq >= s->own.cp.size)
		return bundle_fail(b,
				   "covers %" PRIu64 " entries, event %" PRIu64
				   " is not among them",
				   s->own.cp.size, s->ev[s->n_ev - 1]->ev->seq);
	if (s->own.cosigned)
		s->cosigned = s->own;
	return RC_OK;
}

/* The proof in a member: of this event, in the tree of the checkpoint that it quotes. */
static enum rc
proof_check(struct bundle *b, const struct bundle_member *m, const struct event *ev,
	    struct tlog_proof *ret, struct checkpoint *ret_cp,
	    const struct note **ret_note)
{
	const char *text;
	size_t len;

	if (m == NULL)
		return bundle_fail(b, "is missing");
	enum rc rc = tlog_proof_parse(b->a, m->data, m->len, ret, b->e);
	if (rc == RC_OK && ret->index != ev->seq)
		rc = bundle_fail(b, "is of entry %" PRIu64, ret->index);
	if (rc == RC_OK)
		rc = note_parse(b->a, ret->note, ret->note_len, ret_note, b->e);
	if (rc != RC_OK)
		return rc;
	text = note_text(*ret_note, &len);
	rc = checkpoint_parse(b->a, text, len, ret_cp, b->e);
	if (rc == RC_OK && strcmp(ret_cp->origin, ev->log) != 0)
		rc = bundle_fail(b, "is of the log %s", ret_cp->origin);
	if (rc == RC_OK)
		rc = merkle_verify_inclusion(&ev->leaf, ret->index, ret_cp->size,
					     &ret_cp->root, ret->path.h, ret->path.n,
					     b->e);
	return rc;
}

/* Every proof and receipt must be of an event that is here. */
static enum rc
stray_check(struct bundle *b, const char *before, const struct bundle_side *s)
{
	size_t head = strlen(before);

	for (size_t i = 0; i + 1 < b->n; i++) {
		const char *name = b->m[i].name;
		uint64_t seq;
		if (strncmp(name, before, head) != 0)
			continue;
		b->where = name;
		if (decimal_parse(name + head, strcspn(name + head, "."), MERKLE_SIZE_MAX,
				  &seq) != RC_OK ||
		    bundle_event_at(s, seq) == NULL)
			return bundle_fail(b, "there is no such event here");
	}
	return RC_OK;
}

/* Version 1: a proof for each event. */
static enum rc
proofs_check(struct bundle *b, enum party p)
{
	const struct bundle_side *s = &b->side[p];
	const char *party = party_name(p);
	enum rc rc = stray_check(b, arena_printf(b->a, "logs/%s/proof/", party), s);

	for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++) {
		const struct event *ev = s->ev[i]->ev;
		const struct bundle_head *head =
			s->cosigned.member != NULL && ev->seq < s->cosigned.cp.size
				? &s->cosigned
				: &s->own;
		struct tlog_proof proof = {0};
		struct checkpoint cp;
		const struct note *note;
		rc = proof_check(b, bundle_find(b, BUNDLE_NAME_PROOF, party, ev->seq), ev,
				 &proof, &cp, &note);
		if (rc == RC_OK &&
		    (proof.note_len != head->member->len ||
		     memcmp(proof.note, head->member->data, proof.note_len) != 0))
			rc = bundle_fail(b, "quotes another head than %s",
					 head->member->name);
	}
	return rc;
}

enum rc
bundle_step_inclusion(struct bundle *b)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		rc = heads_read(b, (enum party)p);
		if (rc == RC_OK)
			rc = b->version == BUNDLE_VERSION_LONG
				     ? bundle_trees_check(b, (enum party)p)
				     : proofs_check(b, (enum party)p);
	}
	return rc;
}

/* The log's own signature, and, where it must be, the peer's cosignature. */
enum rc
bundle_head_verify(struct bundle *b, enum party p, const struct note *note, uint64_t size,
		   bool cosigned, uint64_t *ret_time_s)
{
	const struct bundle_side *own = &b->side[p], *peer = &b->side[bundle_other(p)];
	struct note_key keys[2 * IDENTITY_ENTRIES_MAX];
	bool verified[2 * IDENTITY_ENTRIES_MAX], by_own = false, by_peer = false;
	uint64_t time_s[2 * IDENTITY_ENTRIES_MAX] = {0};
	size_t n = own->ids->n, all = n + peer->ids->n;

	memcpy(keys, own->log_keys, n * sizeof(keys[0]));
	memcpy(keys + n, peer->receipt_keys, peer->ids->n * sizeof(keys[0]));
	enum rc rc = note_verify(note, keys, all, verified, time_s, b->e);
	*ret_time_s = 0;
	for (size_t i = 0; rc == RC_OK && i < all; i++) {
		if (!verified[i])
			continue;
		if (i < n)
			by_own |= identity_head_stands(own->ids, i, size);
		else if (identity_receipt_stands(peer->ids, i - n, size))
			*ret_time_s = time_s[i];
		by_peer |= i >= n && identity_receipt_stands(peer->ids, i - n, size);
	}
	if (rc == RC_OK && !by_own)
		rc = bundle_fail(b, "has no signature of the log's key");
	if (rc == RC_OK && cosigned && !by_peer)
		rc = bundle_fail(b, "has no cosignature of the peer");
	return rc;
}

enum rc
bundle_step_heads(struct bundle *b)
{
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		struct bundle_side *s = &b->side[p];
		struct bundle_party *party = &b->r->party[p];
		if (s->own.member != NULL) {
			b->where = s->own.member->name;
			rc = bundle_head_verify(b, (enum party)p, s->own.note,
						s->own.cp.size, s->own.cosigned,
						&s->own.time_s);
			party->head_size = s->own.cp.size;
		}
		if (rc == RC_OK && s->cosigned.member != NULL) {
			b->where = s->cosigned.member->name;
			rc = bundle_head_verify(b, (enum party)p, s->cosigned.note,
						s->cosigned.cp.size, true,
						&s->cosigned.time_s);
			party->cosigned_size = s->cosigned.cp.size;
			party->cosigned_s = s->cosigned.time_s;
		}
		for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++)
			if (s->ev[i]->ev->seq < party->cosigned_size) {
				s->ev[i]->received_s = party->cosigned_s;
				s->ev[i]->level = BUNDLE_LEVEL_RECEIVED;
			}
	}
	return rc;
}

/* ---- receipts ---------------------------------------------------------------------- */

/* The cosignature that a receipt.adopt quotes is the peer's, over a head of this log. */
static bool
adopt_valid(struct bundle *b, enum party from, const struct event *ev, struct err *e)
{
	const struct bundle_side *peer = &b->side[bundle_other(from)];
	struct buf text = BUF_INIT(ADOPT_TEXT_MAX), line = BUF_INIT(ADOPT_TEXT_MAX);
	struct checkpoint cp = {.origin = ev->log};
	const char *root;
	uint64_t time_s = 0;
	bool valid = false;

	root = bundle_body_text(ev, "root");
	cp.size = (uint64_t)bundle_body_int(ev, "size");
	if (strcmp(bundle_body_text(ev, "log"), ev->log) != 0 ||
	    hash_parse_hex(root, strlen(root), &cp.root) != RC_OK) {
		err_set(e, RC_INVALID, "a party adopts receipts for its own log only");
		goto out;
	}
	checkpoint_put(&text, &cp);
	buf_printf(&line, "— %s %s\n", peer->receipt_keys[0].name,
		   bundle_body_text(ev, "sig"));
	if (identity_log_receipt_verify(peer->ids, buf_str(&line), line.len, cp.size,
					buf_str(&text), text.len, &time_s, e) != RC_OK)
		err_prefix(e, "the receipt it adopts");
	else if (time_s != (uint64_t)bundle_body_int(ev, "time"))
		err_set(e, RC_INVALID, "the time it states is not that of the receipt");
	else
		valid = true;
out:
	buf_free(&text);
	buf_free(&line);
	return valid;
}

/* Two heads of one log with one size and two roots: the proof of fraud (protocol 7). */
static enum rc
conflict_check(struct bundle *b, const struct bundle_side *s, const struct event *adopt)
{
	const struct bundle_head *heads[] = {&s->own, &s->cosigned};
	char hex[HASH_HEX_LEN + 1];

	for (size_t i = 0; i < 2; i++)
		if (heads[i]->member != NULL &&
		    heads[i]->cp.size == (uint64_t)bundle_body_int(adopt, "size") &&
		    strcmp(hash_hex(&heads[i]->cp.root, hex),
			   bundle_body_text(adopt, "root")) != 0)
			return bundle_fail(b,
					   "two histories of %s: event %" PRIu64
					   " and the head of that size have different "
					   "roots",
					   adopt->log, adopt->seq);
	return RC_OK;
}

enum rc
bundle_receipt_same(struct bundle *b, enum party p, const struct event *adopt,
		    const struct checkpoint *cp, const struct note *note)
{
	const struct bundle_side *peer = &b->side[bundle_other(p)];
	struct arena *tmp = arena_create();
	const char *line = arena_printf(tmp, "— %s %s\n", peer->receipt_keys[0].name,
					bundle_body_text(adopt, "sig"));
	char hex[HASH_HEX_LEN + 1];
	bool has = false;

	for (size_t n = 0; n < peer->ids->n; n++) {
		const char *here = note_line_of(tmp, note, &peer->receipt_keys[n]);
		has |= here != NULL && strcmp(line, here) == 0;
	}
	bool same =
		has && cp->size == (uint64_t)bundle_body_int(adopt, "size") &&
		strcmp(hash_hex(&cp->root, hex), bundle_body_text(adopt, "root")) == 0;
	arena_free(tmp);
	if (same)
		return RC_OK;
	return bundle_fail(b, "is another receipt than the log adopted in event %" PRIu64,
			   adopt->seq);
}

/* Version 1: the receipt of one event. */
static enum rc
receipt_check(struct bundle *b, enum party p, struct bundle_event *be,
	      const struct event *adopt)
{
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_RECEIPT, party_name(p), be->ev->seq);
	struct tlog_proof proof;
	const struct note *note = NULL;
	struct checkpoint cp = {0};
	uint64_t time_s;

	if (m != NULL && adopt == NULL)
		return bundle_fail(b, "no event here adopts this receipt");
	if (adopt == NULL)
		return RC_OK;
	enum rc rc = proof_check(b, m, be->ev, &proof, &cp, &note);
	if (rc == RC_OK)
		rc = bundle_head_verify(b, p, note, cp.size, true, &time_s);
	return rc == RC_OK ? bundle_receipt_same(b, p, adopt, &cp, note) : rc;
}

static enum rc
receipts_short(struct bundle *b, enum party p)
{
	const struct bundle_side *s = &b->side[p];
	enum rc rc = stray_check(b, arena_printf(b->a, "receipts/%s/", party_name(p)), s);

	for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++)
		rc = receipt_check(b, p, s->ev[i], b->adopt_of[s->ev[i] - b->r->events]);
	return rc;
}

static bool
is_adopt(const struct bundle_event *be)
{
	return be->void_why == NULL && strcmp(be->ev->type, "receipt.adopt") == 0;
}

static enum rc
adopts_check(struct bundle *b, enum party p)
{
	const struct bundle_side *s = &b->side[p];
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++) {
		struct err why = ERR_INIT;
		if (!is_adopt(s->ev[i]))
			continue;
		b->where = arena_printf(b->a, BUNDLE_NAME_EVENTS, party_name(p));
		if (!adopt_valid(b, p, s->ev[i]->ev, &why))
			s->ev[i]->void_why = arena_strdup(b->a, why.text);
		else
			rc = conflict_check(b, s, s->ev[i]->ev);
	}
	return rc;
}

/* The first receipt that a log adopts after an event, and that covers it, is its receipt.
 * Events that wait for theirs are in order, so each receipt takes those in front. */
static size_t
adopts_share(struct bundle *b, enum party p, struct bundle_event **clocks,
	     struct bundle_adopted *ret)
{
	const struct bundle_side *s = &b->side[p];
	size_t n = 0, first = 0, end = 0;

	for (size_t i = 0; i < s->n_ev; i++) {
		struct bundle_event *be = s->ev[i];
		if (be->void_why == NULL && be->clock)
			clocks[end++] = be;
		if (!is_adopt(be))
			continue;
		uint64_t size = (uint64_t)bundle_body_int(be->ev, "size");
		struct bundle_adopted x = {.adopt = be, .first = first};
		for (; first < end && clocks[first]->ev->seq < size; first++, x.n++) {
			struct bundle_event *of = clocks[first];
			of->received_s = (uint64_t)bundle_body_int(be->ev, "time");
			of->adopted = true;
			of->level = BUNDLE_LEVEL_RECEIVED;
			b->adopt_of[of - b->r->events] = be->ev;
			b->covers_below[be - b->r->events] = of->ev->seq + 1;
		}
		if (x.n != 0)
			ret[n++] = x;
	}
	return n;
}

static enum rc
receipts_of(struct bundle *b, enum party p)
{
	size_t n = b->side[p].n_ev;
	struct bundle_event **clocks =
		arena_array(b->a, n + 1, sizeof(struct bundle_event *));
	struct bundle_adopted *adopted = arena_array(b->a, n + 1, sizeof(*adopted));
	enum rc rc = adopts_check(b, p);

	if (rc != RC_OK)
		return rc;
	n = adopts_share(b, p, clocks, adopted);
	return b->version == BUNDLE_VERSION_LONG
		       ? bundle_receipts_check(b, p, clocks, adopted, n)
		       : receipts_short(b, p);
}

enum rc
bundle_step_receipts(struct bundle *b)
{
	b->adopt_of = arena_array(b->a, b->r->n_events + 1, sizeof(const struct event *));
	enum rc rc = receipts_of(b, PARTY_AUTHORITY);

	return rc == RC_OK ? receipts_of(b, PARTY_PLATFORM) : rc;
}
