/*
 * The steps over the two logs: events, their places, heads, receipts, texts.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"
#include "core/event_type.h"
#include "core/tlog_proof.h"

enum { ADOPT_TEXT_MAX = 1024 };

/* ---- events --------------------------------------------------------------- */

/* Types of events that are no case's and yet belong to it. */
static bool
belongs(const struct bundle *b, const struct event *ev)
{
	if (ev->casefile != NULL)
		return strcmp(ev->casefile, b->r->casefile) == 0;
	return strcmp(ev->type, "channel.open") == 0 ||
	       strcmp(ev->type, "policy.adopt") == 0 ||
	       strcmp(ev->type, "receipt.adopt") == 0 ||
	       strncmp(ev->type, "order.", 6) == 0;
}

static enum rc
event_check(struct bundle *b, enum party p, const char *jws, size_t len, uint64_t seq,
	    const struct event **ret)
{
	const struct identity *id = b->side[p].id;
	const struct event_claim *claim;
	char kid[KID_LEN + 1];
	enum rc rc = event_parse(b->a, jws, len, &claim, b->e);

	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_claimed(claim);
	rc = bundle_fail(b, "signed by key %s, which is no event key of %s", ev->kid,
			 id->org);
	for (size_t i = 0; i < id->n_event_keys; i++) {
		key_thumbprint(id->event_keys[i], kid);
		if (strcmp(kid, ev->kid) == 0)
			rc = event_verify(claim, id->event_keys[i], ret, b->e);
	}
	if (rc != RC_OK)
		return rc;
	if (strcmp(ev->log, b->r->party[p].origin) != 0)
		return bundle_fail(b, "is of the log %s, not %s", ev->log,
				   b->r->party[p].origin);
	if (ev->seq != seq)
		return bundle_fail(b, "its signed seq is %" PRIu64, ev->seq);
	if (!belongs(b, ev))
		return bundle_fail(b, "%s does not belong to this case", ev->type);
	return RC_OK;
}

/* One line: "seq jws".  *at moves behind it. */
static enum rc
event_line(struct bundle *b, enum party p, const struct bundle_member *m, size_t *at,
	   const struct event *before, const struct event **ret)
{
	const char *line = m->data + *at;
	const char *lf = memchr(line, '\n', m->len - *at);
	const char *space = lf == NULL ? NULL : memchr(line, ' ', (size_t)(lf - line));
	uint64_t seq;

	if (space == NULL || decimal_parse(line, (size_t)(space - line),
					   MERKLE_SIZE_MAX - 1, &seq) != RC_OK)
		return bundle_fail(b, "byte %zu: a line is a seq, a space, a JWS, LF",
				   *at);
	if (before != NULL && seq <= before->seq)
		return bundle_fail(b, "event %" PRIu64 " stands after event %" PRIu64,
				   seq, before->seq);
	*at = (size_t)(lf + 1 - m->data);
	enum rc rc = event_check(b, p, space + 1, (size_t)(lf - space - 1), seq, ret);
	if (rc != RC_OK) {
		err_prefix(b->e, "event %" PRIu64, seq);
		return rc;
	}
	if (before != NULL && before->seq + 1 == seq &&
	    !hash_equal(&(*ret)->prev, &before->leaf))
		return bundle_fail(
			b, "event %" PRIu64 " does not follow the event before it", seq);
	return RC_OK;
}

static size_t
lines_of(const struct bundle_member *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->len; i++)
		n += m->data[i] == '\n';
	return n;
}

/* Of two heads of the logs, which goes first: as in the fold of the case. */
static bool
authority_first(const struct event *x, const struct event *y)
{
	bool x_ready = y->seq >= x->ack.size, y_ready = x->seq >= y->ack.size;

	return x_ready != y_ready ? x_ready : x->iat_us <= y->iat_us;
}

static enum rc
events_of(struct bundle *b, enum party p, const struct event ***ret, size_t *ret_n)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_NAME_EVENTS, party_name(p));
	const struct event **ev =
		arena_array(b->a, lines_of(m) + 1, sizeof(const struct event *));
	enum rc rc = RC_OK;
	size_t n = 0;

	for (size_t at = 0; rc == RC_OK && at < m->len; n++)
		rc = event_line(b, p, m, &at, n == 0 ? NULL : ev[n - 1], &ev[n]);
	*ret = ev;
	*ret_n = n;
	return rc;
}

/* Tier 2 of protocol 2: an event that does not fit its type is there, without effect. */
static void
type_check(struct bundle *b, struct bundle_event *be)
{
	struct err why = ERR_INIT;

	if (event_type_check(be->ev, be->from, &why) != RC_OK)
		be->void_why = arena_strdup(b->a, why.text);
}

/* channel.open: do the two mean the same two organisations and rules? */
static void
open_note(struct bundle *b, const struct bundle_event *be)
{
	const struct event *ev = be->ev;
	enum party p = be->from;
	const struct identity *own = b->side[p].id, *peer = b->side[bundle_other(p)].id;
	char own_hex[HASH_HEX_LEN + 1], peer_hex[HASH_HEX_LEN + 1],
		policy_hex[HASH_HEX_LEN + 1];
	struct hash h;

	b->r->party[p].opened = true;
	if (be->void_why != NULL)
		return;
	hash_bytes(own->wire, strlen(own->wire), &h);
	hash_hex(&h, own_hex);
	hash_bytes(peer->wire, strlen(peer->wire), &h);
	hash_hex(&h, peer_hex);
	hash_hex(&b->opening, policy_hex);
	const json_t *policy = json_object_get(ev->body, "policy");
	b->r->party[p].open_agrees =
		strcmp(bundle_body_text(ev, "channel"), b->r->channel) == 0 &&
		strcmp(bundle_body_text(ev, "org"), own->org) == 0 &&
		strcmp(bundle_body_text(ev, "peer"), peer->org) == 0 &&
		strcmp(bundle_body_text(ev, "identity"), own_hex) == 0 &&
		strcmp(bundle_body_text(ev, "peer_identity"), peer_hex) == 0 &&
		strcmp(json_string_value(json_object_get(policy, "sha256")),
		       policy_hex) == 0;
}

enum rc
bundle_step_events(struct bundle *b)
{
	const struct event **ev[PARTY_COUNT];
	size_t n[PARTY_COUNT], at[PARTY_COUNT] = {0};
	enum rc rc = RC_OK;

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = events_of(b, (enum party)p, &ev[p], &n[p]);
	if (rc != RC_OK)
		return rc;
	b->r->n_events = n[0] + n[1];
	b->r->events = arena_array(b->a, b->r->n_events + 1, sizeof(*b->r->events));
	b->covers_below = arena_array(b->a, b->r->n_events + 1, sizeof(*b->covers_below));
	for (int p = 0; p < PARTY_COUNT; p++)
		b->side[p].ev =
			arena_array(b->a, n[p] + 1, sizeof(struct bundle_event *));
	for (size_t i = 0; i < b->r->n_events; i++) {
		bool first =
			at[1] == n[1] ||
			(at[0] < n[0] && authority_first(ev[0][at[0]], ev[1][at[1]]));
		enum party p = first ? PARTY_AUTHORITY : PARTY_PLATFORM;
		struct bundle_side *s = &b->side[p];
		b->r->events[i] = (struct bundle_event){.from = p, .ev = ev[p][at[p]++]};
		s->ev[s->n_ev++] = &b->r->events[i];
		type_check(b, &b->r->events[i]);
		if (strcmp(b->r->events[i].ev->type, "channel.open") == 0)
			open_note(b, &b->r->events[i]);
	}
	bool any = false;
	for (size_t i = 0; i < b->r->n_events; i++)
		any |= b->r->events[i].ev->casefile != NULL;
	for (int p = 0; p < PARTY_COUNT; p++)
		b->r->party[p].n_events = n[p];
	return any ? RC_OK
		   : bundle_fail(b, "no event of the case %s is here", b->r->casefile);
}

struct bundle_event *
bundle_event_at(const struct bundle_side *s, uint64_t seq)
{
	size_t lo = 0, hi = s->n_ev;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->ev[mid]->ev->seq == seq)
			return s->ev[mid];
		if (s->ev[mid]->ev->seq > seq)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* ---- inclusion, heads ----------------------------------------------------- */

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
	ret->cosigned = note_line_of(b->a, ret->note,
				     &b->side[bundle_other(p)].receipt_key) != NULL;
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

enum rc
bundle_step_inclusion(struct bundle *b)
{
	enum rc rc = RC_OK;

	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct bundle_side *s = &b->side[p];
		const char *party = party_name((enum party)p);
		rc = heads_read(b, (enum party)p);
		if (rc == RC_OK)
			rc = stray_check(b, arena_printf(b->a, "logs/%s/proof/", party),
					 s);
		for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++) {
			const struct event *ev = s->ev[i]->ev;
			const struct bundle_head *head =
				s->cosigned.member != NULL &&
						ev->seq < s->cosigned.cp.size
					? &s->cosigned
					: &s->own;
			struct tlog_proof proof = {0};
			struct checkpoint cp;
			const struct note *note;
			rc = proof_check(
				b, bundle_find(b, BUNDLE_NAME_PROOF, party, ev->seq), ev,
				&proof, &cp, &note);
			if (rc == RC_OK &&
			    (proof.note_len != head->member->len ||
			     memcmp(proof.note, head->member->data, proof.note_len) != 0))
				rc = bundle_fail(b, "quotes another head than %s",
						 head->member->name);
		}
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

/* The log's own signature, and, where it must be, the peer's cosignature. */
static enum rc
head_verify(struct bundle *b, enum party p, const struct note *note, bool cosigned,
	    uint64_t *ret_time_s)
{
	const struct note_key keys[] = {b->side[p].log_key,
					b->side[bundle_other(p)].receipt_key};
	bool verified[2];
	uint64_t time_s[2] = {0};
	enum rc rc = note_verify(note, keys, 2, verified, time_s, b->e);

	if (rc == RC_OK && !verified[0])
		rc = bundle_fail(b, "has no signature of the log's key");
	if (rc == RC_OK && cosigned && !verified[1])
		rc = bundle_fail(b, "has no cosignature of the peer");
	*ret_time_s = time_s[1];
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
			rc = head_verify(b, (enum party)p, s->own.note, s->own.cosigned,
					 &s->own.time_s);
			party->head_size = s->own.cp.size;
		}
		if (rc == RC_OK && s->cosigned.member != NULL) {
			b->where = s->cosigned.member->name;
			rc = head_verify(b, (enum party)p, s->cosigned.note, true,
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

/* ---- receipts ------------------------------------------------------------- */

/* The cosignature that a receipt.adopt quotes is the peer's, over a head of this log. */
static bool
adopt_valid(struct bundle *b, enum party from, const struct event *ev, struct err *e)
{
	const struct note_key *key = &b->side[bundle_other(from)].receipt_key;
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
	buf_printf(&line, "— %s %s\n", key->name, bundle_body_text(ev, "sig"));
	if (note_line_verify(buf_str(&line), line.len, key, buf_str(&text), text.len,
			     &time_s, e) != RC_OK)
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

/* The first adopted receipt after `seq` in the log that covers `seq`, or NULL. */
static const struct bundle_event *
adopt_of(const struct bundle_side *s, uint64_t seq)
{
	for (size_t i = 0; i < s->n_ev; i++) {
		const struct event *ev = s->ev[i]->ev;
		if (ev->seq > seq && strcmp(ev->type, "receipt.adopt") == 0 &&
		    s->ev[i]->void_why == NULL &&
		    (uint64_t)bundle_body_int(ev, "size") > seq)
			return s->ev[i];
	}
	return NULL;
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

/* The receipt of one event: of the head that the event `adopt` names, line for line. */
static enum rc
receipt_check(struct bundle *b, enum party p, struct bundle_event *be,
	      const struct event *adopt)
{
	const struct bundle_member *m =
		bundle_find(b, BUNDLE_NAME_RECEIPT, party_name(p), be->ev->seq);
	const struct note_key *key = &b->side[bundle_other(p)].receipt_key;
	struct tlog_proof proof;
	const struct note *note = NULL;
	struct checkpoint cp = {0};
	char hex[HASH_HEX_LEN + 1];
	uint64_t time_s;

	if (m != NULL && adopt == NULL)
		return bundle_fail(b, "no event here adopts this receipt");
	if (adopt == NULL)
		return RC_OK;
	enum rc rc = proof_check(b, m, be->ev, &proof, &cp, &note);
	if (rc == RC_OK)
		rc = head_verify(b, p, note, true, &time_s);
	if (rc != RC_OK)
		return rc;
	const char *line = arena_printf(b->a, "— %s %s\n", key->name,
					bundle_body_text(adopt, "sig"));
	if (cp.size != (uint64_t)bundle_body_int(adopt, "size") ||
	    strcmp(hash_hex(&cp.root, hex), bundle_body_text(adopt, "root")) != 0 ||
	    strcmp(line, note_line_of(b->a, note, key)) != 0)
		return bundle_fail(b,
				   "is another receipt than the log adopted in event "
				   "%" PRIu64,
				   adopt->seq);
	be->received_s = time_s;
	be->adopted = true;
	be->level = BUNDLE_LEVEL_RECEIVED;
	return RC_OK;
}

static enum rc
receipts_of(struct bundle *b, enum party p)
{
	const struct bundle_side *s = &b->side[p];
	enum rc rc = stray_check(b, arena_printf(b->a, "receipts/%s/", party_name(p)), s);

	for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++) {
		struct err why = ERR_INIT;
		if (s->ev[i]->void_why != NULL ||
		    strcmp(s->ev[i]->ev->type, "receipt.adopt") != 0)
			continue;
		b->where = arena_printf(b->a, BUNDLE_NAME_EVENTS, party_name(p));
		if (!adopt_valid(b, p, s->ev[i]->ev, &why))
			s->ev[i]->void_why = arena_strdup(b->a, why.text);
		else
			rc = conflict_check(b, s, s->ev[i]->ev);
	}
	for (size_t i = 0; rc == RC_OK && i < s->n_ev; i++) {
		const struct event *ev = s->ev[i]->ev;
		bool clock = s->ev[i]->void_why == NULL && event_starts_clock(ev);
		const struct bundle_event *adopt = clock ? adopt_of(s, ev->seq) : NULL;
		rc = receipt_check(b, p, s->ev[i], adopt == NULL ? NULL : adopt->ev);
		if (adopt != NULL)
			b->covers_below[adopt - b->r->events] = ev->seq + 1;
	}
	return rc;
}

enum rc
bundle_step_receipts(struct bundle *b)
{
	enum rc rc = receipts_of(b, PARTY_AUTHORITY);

	return rc == RC_OK ? receipts_of(b, PARTY_PLATFORM) : rc;
}
