/*
 * The events of a bundle: signed by a key of their author, in their log's order; and what
 * is kept of them, for a case may have very many.
 */
#include <inttypes.h>
#include <string.h>

#include "base/enc.h"
#include "core/bundle_int.h"
#include "core/event_type.h"

static void
release_json(void *p)
{
	json_decref(p);
}

/* Types of events that are no case's and yet belong to it. */
static bool
belongs(const struct bundle *b, const struct event *ev)
{
	if (ev->casefile != NULL)
		return strcmp(ev->casefile, b->r->casefile) == 0;
	return strcmp(ev->type, "channel.open") == 0 ||
	       strcmp(ev->type, IDENTITY_REKEY_TYPE) == 0 ||
	       strcmp(ev->type, "channel.epoch") == 0 ||
	       strcmp(ev->type, "policy.adopt") == 0 ||
	       strcmp(ev->type, "receipt.adopt") == 0 ||
	       strncmp(ev->type, "order.", 6) == 0;
}

/* Which entry is in force at the event; `first` is here of its log.  Where its beginning
 * is not here, that is entry 0 until one that brings others is. */
static enum rc
event_turn(struct bundle *b, enum party p, const struct event *ev, bool first)
{
	struct bundle_side *s = &b->side[p];
	struct identity_turn turn = {.seq = ev->seq, .had = ev->ack.size};
	size_t n = 0, known = s->ids->n;
	enum rc rc = RC_OK;

	if (ev->seq == 0 && first) {
		(void)identity_log_of_kid(s->ids, ev->kid, &n);
	} else if (identity_is_rekey(ev, p)) {
		size_t brought = json_array_size(json_object_get(ev->body, "entries"));
		int64_t last = bundle_body_int(ev, "n");
		if (first && last >= (int64_t)brought)
			s->in_force = (size_t)last - brought;
		rc = identity_log_rekey(b->a, s->ids, s->in_force, ev, &n, b->e);
		if (rc == RC_OK && s->ids->n > known)
			rc = bundle_fail(b, "brings an entry that is not in the identity "
					    "log here");
	} else {
		return RC_OK;
	}
	turn.n = n;
	if (rc == RC_OK)
		rc = identity_log_turn(s->ids, &turn, b->e);
	s->in_force = n;
	return rc;
}

static enum rc
event_check(struct bundle *b, enum party p, const char *jws, size_t len, uint64_t seq,
	    bool first, const struct event **ret)
{
	const struct event_claim *claim;
	char kid[KID_LEN + 1];
	enum rc rc = event_parse(b->kept.tmp, jws, len, &claim, b->e);

	if (rc != RC_OK)
		return rc;
	const struct event *ev = event_claimed(claim);
	rc = event_turn(b, p, ev, first);
	if (rc != RC_OK)
		return rc;
	const struct identity *id = b->side[p].ids->entry[b->side[p].in_force];
	const uint8_t *key = NULL;
	for (size_t i = 0; key == NULL && i < id->n_event_keys; i++) {
		key_thumbprint(id->event_keys[i], kid);
		if (strcmp(kid, ev->kid) == 0)
			key = id->event_keys[i];
	}
	if (key == NULL)
		return bundle_fail(b, "signed by key %s, which is no event key of %s",
				   ev->kid, id->org);
	rc = event_verify(claim, key, ret, b->e);
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
	   const struct event *before, struct bundle_event *ret)
{
	const struct event *ev;
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
	arena_reset(b->kept.tmp);
	enum rc rc = event_check(b, p, space + 1, (size_t)(lf - space - 1), seq,
				 before == NULL, &ev);
	if (rc != RC_OK) {
		err_prefix(b->e, "event %" PRIu64, seq);
		return rc;
	}
	if (before != NULL && before->seq + 1 == seq &&
	    !hash_equal(&ev->prev, &before->leaf))
		return bundle_fail(
			b, "event %" PRIu64 " does not follow the event before it", seq);
	return bundle_event_keep(b, p, ev, ret);
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
events_of(struct bundle *b, enum party p, struct bundle_event **ret, size_t *ret_n)
{
	const struct bundle_member *m = bundle_find(b, BUNDLE_NAME_EVENTS, party_name(p));
	size_t cap = lines_of(m), n = 0;
	enum rc rc = RC_OK;

	if (cap > BUNDLE_EVENTS_MAX - b->r->n_events)
		return bundle_fail(b, "more than %d events", BUNDLE_EVENTS_MAX);
	struct bundle_event *ev = arena_array(b->a, cap + 1, sizeof(*ev));
	for (size_t at = 0; rc == RC_OK && at < m->len; n++)
		rc = event_line(b, p, m, &at, n == 0 ? NULL : ev[n - 1].ev, &ev[n]);
	*ret = ev;
	*ret_n = n;
	b->r->n_events += n;
	return rc;
}

/* channel.open: do the two mean the same two organisations and rules? */
static void
open_note(struct bundle *b, const struct bundle_event *be)
{
	const struct event *ev = be->ev;
	enum party p = be->from;
	const struct identity *own, *peer;
	char policy_hex[HASH_HEX_LEN + 1];

	b->r->party[p].opened = true;
	if (be->void_why != NULL)
		return;
	own = bundle_entry_of(b->side[p].ids, bundle_body_text(ev, "identity"));
	peer = bundle_entry_of(b->side[bundle_other(p)].ids,
			       bundle_body_text(ev, "peer_identity"));
	hash_hex(&b->opening, policy_hex);
	const json_t *policy = json_object_get(ev->body, "policy");
	b->r->party[p].open_agrees =
		own != NULL && peer != NULL &&
		strcmp(bundle_body_text(ev, "channel"), b->r->channel) == 0 &&
		strcmp(bundle_body_text(ev, "org"), own->org) == 0 &&
		strcmp(bundle_body_text(ev, "peer"), peer->org) == 0 &&
		strcmp(json_string_value(json_object_get(policy, "sha256")),
		       policy_hex) == 0;
}

/* Both logs in the one order of the fold. */
static void
events_merge(struct bundle *b, const struct bundle_event *const ev[PARTY_COUNT],
	     const size_t n[PARTY_COUNT])
{
	size_t at[PARTY_COUNT] = {0};

	b->r->events = arena_array(b->a, b->r->n_events + 1, sizeof(*b->r->events));
	for (int p = 0; p < PARTY_COUNT; p++)
		b->side[p].ev =
			arena_array(b->a, n[p] + 1, sizeof(struct bundle_event *));
	for (size_t i = 0; i < b->r->n_events; i++) {
		bool first = at[1] == n[1] ||
			     (at[0] < n[0] &&
			      authority_first(ev[0][at[0]].ev, ev[1][at[1]].ev));
		enum party p = first ? PARTY_AUTHORITY : PARTY_PLATFORM;
		struct bundle_side *s = &b->side[p];
		b->r->events[i] = ev[p][at[p]++];
		s->ev[s->n_ev++] = &b->r->events[i];
	}
}

enum rc
bundle_step_events(struct bundle *b)
{
	struct bundle_event *ev[PARTY_COUNT] = {NULL};
	size_t n[PARTY_COUNT] = {0};
	bool any = false;
	enum rc rc = RC_OK;

	b->kept.tmp = arena_create();
	b->kept.nothing = json_object();
	arena_defer(b->a, release_json, b->kept.nothing);
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = events_of(b, (enum party)p, &ev[p], &n[p]);
	arena_free(b->kept.tmp);
	if (rc != RC_OK)
		return rc;
	events_merge(b, (const struct bundle_event *const[]){ev[0], ev[1]}, n);
	b->covers_below = arena_array(b->a, b->r->n_events + 1, sizeof(*b->covers_below));
	for (size_t i = 0; i < b->r->n_events; i++) {
		if (strcmp(b->r->events[i].ev->type, "channel.open") == 0)
			open_note(b, &b->r->events[i]);
		any |= b->r->events[i].ev->casefile != NULL;
	}
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

/* ---- what is kept ------------------------------------------------------------------ */

/* Where a text is one of few, the one that is there already. */
static const char *
by_keep(struct bundle *b, const char *by)
{
	struct bundle_kept *k = &b->kept;
	size_t n = sizeof(k->by) / sizeof(k->by[0]);

	for (size_t i = 0; i < n && k->by[i] != NULL; i++)
		if (strcmp(k->by[i], by) == 0)
			return k->by[i];
	const char *kept = arena_strdup(b->a, by);
	k->by[k->n_by++ % n] = kept;
	return kept;
}

/* Of a log that is neither of the two nothing is known: its name is not kept. */
static const char *
log_keep(const struct bundle *b, const char *log, const char *other)
{
	for (int p = 0; p < PARTY_COUNT; p++)
		if (strcmp(b->r->party[p].origin, log) == 0)
			return b->r->party[p].origin;
	return other;
}

static const char *
type_keep(struct bundle *b, const char *type)
{
	const struct event_type *t = event_type_find(type);

	return t != NULL ? t->name : arena_strdup(b->a, type);
}

/* I-JSON is not deep. */
static size_t
values_of(const json_t *v)
{
	size_t n = 1, i;
	const char *name;
	const json_t *x;

	if (json_is_array(v))
		json_array_foreach (v, i, x)
			n += values_of(x);
	else
		json_object_foreach ((json_t *)(uintptr_t)v, name, x)
			n += values_of(x);
	return n;
}

static void
refs_keep(struct bundle *b, const struct event *ev, struct event *kept)
{
	struct event_ref *refs;

	kept->refs = NULL;
	if (ev->n_refs == 0)
		return;
	b->kept.values += ev->n_refs;
	kept->refs = refs = arena_copy(b->a, ev->refs, ev->n_refs * sizeof(*refs));
	for (size_t i = 0; i < ev->n_refs; i++)
		refs[i].log = log_keep(b, ev->refs[i].log, "");
}

/* Numbers of items: of a decision or a question, each; of a part, how many. */
static void
items_keep(struct bundle *b, const struct event *ev, bool part, struct bundle_event *ret)
{
	const json_t *items = json_object_get(ev->body, "items"), *item;
	size_t i;

	ret->n_items = json_array_size(items);
	if (ret->n_items == 0)
		return;
	if (!part) {
		uint32_t *kept = arena_array(b->a, ret->n_items, sizeof(*kept));
		json_array_foreach (items, i, item)
			kept[i] = (uint32_t)json_integer_value(item);
		ret->items = kept;
		b->kept.items += ret->n_items;
		return;
	}
	ret->part = (uint64_t)bundle_body_int(ev, "part");
	ret->first_item = (uint32_t)json_integer_value(
		json_object_get(json_array_get(items, 0), "i"));
	json_array_foreach (items, i, item)
		if ((uint64_t)json_integer_value(json_object_get(item, "i")) !=
		    ret->first_item + i)
			ret->gaps = true;
}

/* The body, unless all that it says is kept apart, or it says nothing that counts. */
static void
body_keep(struct bundle *b, const struct event *ev, struct event *kept,
	  struct bundle_event *ret)
{
	bool order = strncmp(ev->type, "order.", 6) == 0;
	bool part = strcmp(ev->type, "notice.part") == 0;
	bool decision = strcmp(ev->type, "item.decide") == 0 ||
			strcmp(ev->type, "item.reverse") == 0;

	kept->body = b->kept.nothing;
	if (ret->void_why == NULL && ev->casefile != NULL)
		items_keep(b, ev, part, ret);
	if (ret->void_why == NULL && decision) {
		const char *outcome = bundle_body_text(ev, "outcome");
		ret->outcome = by_keep(b, outcome);
	}
	if ((ret->void_why != NULL && !order) || part || decision ||
	    json_object_size(ev->body) == 0)
		return;
	b->kept.values += values_of(ev->body);
	kept->body = json_incref(ev->body);
	arena_defer(b->a, release_json, kept->body);
}

static enum rc
limits_check(struct bundle *b)
{
	const struct bundle_kept *k = &b->kept;

	if (k->texts > BUNDLE_TEXTS_MAX)
		return bundle_fail(b, "the events name more than %d texts",
				   BUNDLE_TEXTS_MAX);
	if (k->items > BUNDLE_ITEMS_MAX)
		return bundle_fail(b, "the events name items more than %d times",
				   BUNDLE_ITEMS_MAX);
	if (k->values > BUNDLE_VALUES_MAX)
		return bundle_fail(b, "the events' bodies have more than %d values",
				   BUNDLE_VALUES_MAX);
	return RC_OK;
}

enum rc
bundle_event_keep(struct bundle *b, enum party from, const struct event *ev,
		  struct bundle_event *ret)
{
	struct event *kept = arena_copy(b->a, ev, sizeof(*ev));
	struct err why = ERR_INIT;

	*ret = (struct bundle_event){.from = from, .ev = kept};
	if (event_type_check(ev, from, &why) != RC_OK) {
		/* Tier 2 of protocol 2: it is there, without effect. */
		ret->void_why = arena_strdup(b->a, why.text);
	} else {
		ret->inability = event_is_inability(ev);
		ret->clock = event_starts_clock(ev);
	}
	kept->jws = NULL;
	kept->log = log_keep(b, ev->log, "");
	kept->type = type_keep(b, ev->type);
	kept->casefile = ev->casefile == NULL ? NULL : b->r->casefile;
	kept->by = by_keep(b, ev->by);
	kept->ack.log = log_keep(b, ev->ack.log, "?");
	refs_keep(b, ev, kept);
	b->kept.texts += ev->n_sd;
	kept->sd = ev->n_sd == 0 ? NULL : arena_copy(b->a, ev->sd, ev->n_sd * HASH_LEN);
	kept->blobs = NULL;
	kept->n_blobs = 0;
	body_keep(b, ev, kept, ret);
	return limits_check(b);
}
