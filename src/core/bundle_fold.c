/*
 * What follows from the events: the case by core/casefile.h, as both nodes
 * fold it (protocol 2, "Two logs, one case"), with the rules that the views of a node add
 * to it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/bundle_int.h"
#include "core/casefile_count.h"
#include "core/deadline.h"
#include "core/event_type.h"
#include "core/policy_vote.h"

/* ---- bodies ------------------------------------------------------------------------ */

const char *
bundle_body_text(const struct event *ev, const char *name)
{
	return json_string_value(json_object_get(ev->body, name));
}

int64_t
bundle_body_int(const struct event *ev, const char *name)
{
	return json_integer_value(json_object_get(ev->body, name));
}

/* ---- the case ---------------------------------------------------------------------- */

/* A fold under way: all of the case's events, or those that somebody had seen. */
struct folding {
	struct bundle *b;
	const uint64_t *seen; /* of each log; NULL: all */
	struct bundle_case *c;
	struct arena *tmp;	       /* of this fold: there may be one for each order */
	struct buf leaves;	       /* of the parts that count */
	char digest[HASH_HEX_LEN + 1]; /* theirs, when there were `digest_of` */
	uint64_t digest_of;
	struct case_event *ce;
	size_t n;
	const char **void_why;	     /* by index of the event; NULL: do not tell */
	uint64_t duplicate, refused; /* rows of the list that became no items */
	bool counting;		     /* what the author of a close had seen */
	size_t n_closes;
	int64_t part_us; /* when the latest part that counts was written */
};

static void
event_void(struct folding *f, const struct bundle_event *be, const char *why)
{
	if (f->void_why != NULL && f->void_why[be - f->b->r->events] == NULL)
		f->void_why[be - f->b->r->events] = why;
}

static bool
is_visible(const struct folding *f, const struct bundle_event *be)
{
	return be->void_why == NULL &&
	       (f->seen == NULL || be->ev->seq < f->seen[be->from]);
}

/* Why a part does not count, or NULL. */
static const char *
part_problem(const struct folding *f, const struct bundle_event *be)
{
	if (f->c->manifest)
		return "the case has its manifest: a part can no longer be added";
	if (be->ev->n_sd != be->n_items)
		return "a part needs one disclosure for each item";
	if (be->part != f->c->parts)
		return "it is not the part that is due";
	if (be->gaps || be->first_item != f->c->items)
		return "item numbers must follow each other";
	return NULL;
}

static void
part_take(struct folding *f, const struct bundle_event *be)
{
	const char *why = part_problem(f, be);

	if (why != NULL) {
		event_void(f, be, why);
		return;
	}
	f->c->parts++;
	if (be->ev->iat_us > f->part_us)
		f->part_us = be->ev->iat_us;
	f->c->items += be->n_items;
	buf_put(&f->leaves, be->ev->leaf.b, HASH_LEN);
}

/* The policy that both had adopted, as the author of `ev` had seen it. */
static const struct hash *
policy_at(const struct folding *f, const struct event *ev)
{
	const uint64_t seen[PARTY_COUNT] = {
		[PARTY_AUTHORITY] = ev->seq, [PARTY_PLATFORM] = ev->ack.size};

	return policy_in_effect(f->b->votes, f->b->n_votes, seen, &f->b->opening);
}

/* SHA-256 of the leaves of the parts until now. */
static const char *
parts_digest(struct folding *f)
{
	struct hash h;

	if (f->digest_of != f->c->parts || f->digest[0] == '\0') {
		hash_bytes(buf_str(&f->leaves), f->leaves.len, &h);
		hash_hex(&h, f->digest);
		f->digest_of = f->c->parts;
	}
	return f->digest;
}

/* Why a manifest does not count, or NULL. */
static const char *
manifest_problem(struct folding *f, const struct event *ev)
{
	const json_t *policy = json_object_get(ev->body, "policy");
	char rules[HASH_HEX_LEN + 1];

	hash_hex(&f->b->r->policy->sha256, rules);
	if (f->c->manifest)
		return "the case has its manifest already";
	if ((uint64_t)bundle_body_int(ev, "parts") != f->c->parts ||
	    (uint64_t)bundle_body_int(ev, "items") != f->c->items)
		return "it names other numbers of parts and items than are here";
	if (strcmp(bundle_body_text(ev, "digest"), parts_digest(f)) != 0)
		return "its digest is not that of the parts";
	if (strcmp(json_string_value(json_object_get(policy, "sha256")), rules) != 0)
		return "it names another policy than the bundle holds";
	if (!hash_equal(policy_at(f, ev), &f->b->r->policy->sha256))
		return "it names another policy than the one in effect";
	if (policy_class_find(f->b->r->policy, bundle_body_text(ev, "class")) == NULL)
		return "the policy has no such class";
	if (ev->iat_us - f->part_us > f->b->r->policy->lapse_us)
		return "the notice has lapsed: its last part was written too long before";
	return NULL;
}

static void
send_take(struct folding *f, const struct bundle_event *be)
{
	const char *why = manifest_problem(f, be->ev);
	struct case_event ce;

	if (why == NULL)
		why = casefile_event_of(be->ev, be->from, f->b->r->policy, &ce);
	if (why != NULL) {
		event_void(f, be, why);
		return;
	}
	const json_t *listed = json_object_get(be->ev->body, "listed");
	f->duplicate = (uint64_t)json_integer_value(json_object_get(listed, "duplicate"));
	f->refused = (uint64_t)json_integer_value(json_object_get(listed, "refused"));
	f->c->manifest = true;
	f->c->class_code = bundle_body_text(be->ev, "class");
	f->c->subject = bundle_disclosed(f->b, be->ev, "subject");
	f->ce[f->n++] = ce;
}

static void
adopt_take(struct folding *f, const struct bundle_event *be)
{
	uint64_t below = f->b->covers_below[be - f->b->r->events];
	struct case_event ce;

	if (below == 0 || casefile_event_of(be->ev, be->from, NULL, &ce) != NULL)
		return;
	ce.covers_seq = below - 1;
	ce.receipt_us = bundle_body_int(be->ev, "time") * CLOCK_US_PER_S;
	f->ce[f->n++] = ce;
}

/* The authority's notice first: what others say of items hangs on it. */
static void
notice_take(struct folding *f)
{
	const struct bundle_side *s = &f->b->side[PARTY_AUTHORITY];

	for (size_t i = 0; i < s->n_ev; i++) {
		const struct bundle_event *be = s->ev[i];
		if (!is_visible(f, be))
			continue;
		if (strcmp(be->ev->type, "notice.part") == 0)
			part_take(f, be);
		else if (strcmp(be->ev->type, "notice.send") == 0)
			send_take(f, be);
	}
}

static void case_fold(struct bundle *b, const uint64_t *seen, const char **void_why,
		      bool counting, struct bundle_case *ret);

/* As store/view_count.c has it.  Of more closes than a case has in its life the later
 * ones are taken as they are: each is a fold of its own. */
static const char *
close_problem(struct folding *f, const struct bundle_event *be)
{
	enum { CLOSES_MAX = 64 };
	const json_t *counts = json_object_get(be->ev->body, "counts");
	struct bundle_case then;
	struct case_counts n;
	uint64_t seen[PARTY_COUNT];

	if (f->counting || f->n_closes++ >= CLOSES_MAX)
		return NULL;
	seen[be->from] = be->ev->seq;
	seen[bundle_other(be->from)] = be->ev->ack.size;
	case_fold(f->b, seen, NULL, true, &then);
	casefile_count(&then.fold, f->c->items, then.decided, f->duplicate, f->refused,
		       &n);
	if (counts != NULL && !casefile_counts_equal(counts, &n))
		return "the counts are not those of the case as its author saw it";
	if (be->from == PARTY_PLATFORM && n.open != 0)
		return "the platform closes no case with open items";
	return NULL;
}

static bool
act_is_second(const struct bundle_event *be)
{
	enum case_act act = case_act_of(be->ev->type);

	return act == ACT_REPLY || act == ACT_RULE;
}

static void
act_take(struct folding *f, const struct bundle_event *be, const struct policy *p,
	 struct bundle_claims *claims)
{
	enum case_act act = case_act_of(be->ev->type);
	struct case_event ce;

	if (act == ACT_COUNT || act == ACT_SEND || act == ACT_POST || act == ACT_READ)
		return;
	if (act == ACT_RECEIPT) {
		adopt_take(f, be);
		return;
	}
	const char *why = casefile_event_of(be->ev, be->from, p, &ce);
	if (be->inability)
		ce.level = 1;
	if (why == NULL)
		why = bundle_claim(claims, be);
	if (why == NULL && act == ACT_CLOSE)
		why = close_problem(f, be);
	if (why != NULL)
		event_void(f, be, why);
	else
		f->ce[f->n++] = ce;
}

static void
acts_take(struct folding *f)
{
	const struct policy *p = f->c->manifest ? f->b->r->policy : NULL;
	struct bundle_claims claims = {.a = f->tmp, .n_items = f->c->items};

	/* What answers a dispute after all that opens one: their logs are apart. */
	for (int second = 0; second < 2; second++)
		for (size_t i = 0; i < f->b->r->n_events; i++) {
			const struct bundle_event *be = &f->b->r->events[i];
			if (act_is_second(be) == (second == 1) && is_visible(f, be))
				act_take(f, be, p, &claims);
		}
}

static void
outcome_count(struct bundle_case *c, const char *outcome)
{
	size_t i = 0;

	while (i + 1 < BUNDLE_OUTCOMES_MAX && c->outcomes[i].outcome != NULL &&
	       strcmp(c->outcomes[i].outcome, outcome) != 0)
		i++;
	c->outcomes[i].outcome = outcome;
	c->outcomes[i].items++;
}

/* Fold, then go the same way again to see which events have effect. */
static void
acts_fold(struct folding *f)
{
	struct bundle_case *c = f->c;
	const struct bundle_event **outcome =
		arena_array(f->tmp, c->items + 1, sizeof(const struct bundle_event *));
	struct casefile again = {0};

	casefile_fold(f->ce, f->n, &c->fold);
	for (size_t i = 0; i < f->n; i++) {
		const struct bundle_event *be =
			bundle_event_at(&f->b->side[f->ce[i].from], f->ce[i].seq);
		enum case_state from = again.state;
		if (!casefile_apply(&again, &f->ce[i])) {
			event_void(f, be,
				   arena_printf(f->b->a, "a case that is %s allows no %s",
						case_state_token(from), be->ev->type));
			continue;
		}
		if (f->ce[i].act != ACT_DECIDE && f->ce[i].act != ACT_REVERSE)
			continue;
		for (size_t k = 0; k < be->n_items; k++)
			outcome[be->items[k]] = be;
	}
	for (uint64_t i = 0; i < c->items; i++)
		if (outcome[i] != NULL) {
			c->decided++;
			c->suspended += f->b->r->policy->pause.impossible &&
					outcome[i]->inability;
			outcome_count(c, outcome[i]->outcome);
		}
}

static void
clocks_set(const struct policy *p, struct bundle_case *c)
{
	const struct policy_class *cls =
		c->manifest ? policy_class_find(p, c->class_code) : NULL;

	c->due.step = -1;
	if (cls == NULL)
		return;
	casefile_due(p, cls, &c->fold, c->items - c->decided + c->suspended, &c->due);
	c->accept_due_us = deadline_of(p, cls, &c->fold, DEADLINE_ACCEPT, NULL);
	c->decide_due_us = deadline_of(p, cls, &c->fold, DEADLINE_DECIDE, NULL);
	c->class_now = deadline_class(p, cls, &c->fold)->code;
}

static void
case_fold(struct bundle *b, const uint64_t *seen, const char **void_why, bool counting,
	  struct bundle_case *ret)
{
	struct folding f = {.b = b,
			    .seen = seen,
			    .c = ret,
			    .tmp = arena_create(),
			    .leaves = BUF_INIT(BUNDLE_MAX),
			    .void_why = void_why,
			    .counting = counting};

	*ret = (struct bundle_case){0};
	f.ce = arena_array(f.tmp, b->r->n_events + 1, sizeof(*f.ce));
	notice_take(&f);
	acts_take(&f);
	acts_fold(&f);
	clocks_set(b->r->policy, ret);
	buf_free(&f.leaves);
	arena_free(f.tmp);
}

void
bundle_case_at(struct bundle *b, const uint64_t seen[PARTY_COUNT],
	       struct bundle_case *ret)
{
	case_fold(b, seen, NULL, false, ret);
}

/* ---- levels ------------------------------------------------------------------------ */

/* Messages that a message.read of the other side names, by their hash too: what it says
 * of another is no reason to refuse the bundle, or a party could prevent it. */
static void
reads_mark(struct bundle *b, const struct bundle_event *read)
{
	enum party other = bundle_other(read->from);

	for (size_t i = 0; i < read->ev->n_refs; i++) {
		const struct event_ref *r = &read->ev->refs[i];
		struct bundle_event *to = bundle_event_at(&b->side[other], r->seq);
		if (to != NULL && strcmp(r->log, to->ev->log) == 0 &&
		    hash_equal(&r->leaf, &to->ev->leaf) &&
		    strcmp(to->ev->type, "message.post") == 0)
			to->level = BUNDLE_LEVEL_READ;
	}
}

/* What the peer itself has signed of the notice is more than a receipt. */
static void
levels_raise(struct bundle *b)
{
	const struct bundle_case *c = &b->r->casework;

	for (size_t i = 0; i < b->r->n_events; i++) {
		struct bundle_event *be = &b->r->events[i];
		bool notice = strcmp(be->ev->type, "notice.part") == 0 ||
			      strcmp(be->ev->type, "notice.send") == 0;
		if (be->void_why != NULL)
			continue;
		if (strcmp(be->ev->type, "message.read") == 0)
			reads_mark(b, be);
		if (!notice || !c->manifest)
			continue;
		if (c->items != 0 && c->decided == c->items)
			be->level = BUNDLE_LEVEL_DECIDED;
		else if (c->fold.accepted_us != 0)
			be->level = BUNDLE_LEVEL_ACCEPTED;
		else if (c->fold.refused_us != 0)
			be->level = BUNDLE_LEVEL_REFUSED;
	}
}

/* What both sides have adopted. */
static enum rc
votes_take(struct bundle *b)
{
	b->votes = arena_array(b->a, BUNDLE_POLICIES_MAX, sizeof(*b->votes));
	for (size_t i = 0; i < b->r->n_events; i++) {
		const struct bundle_event *be = &b->r->events[i];
		const char *hex;

		if (be->void_why != NULL || strcmp(be->ev->type, "policy.adopt") != 0)
			continue;
		hex = bundle_body_text(be->ev, "sha256");
		if (b->n_votes == BUNDLE_POLICIES_MAX)
			return bundle_fail(b, "more than %d adoptions of policies",
					   BUNDLE_POLICIES_MAX);
		struct policy_vote *v = &b->votes[b->n_votes];
		if (hash_parse_hex(hex, strlen(hex), &v->sha256) != RC_OK)
			continue;
		v->from = be->from;
		v->seq = be->ev->seq;
		v->ack_size = be->ev->ack.size;
		b->n_votes++;
	}
	policy_votes_count(b->votes, b->n_votes);
	return RC_OK;
}

enum rc
bundle_step_fold(struct bundle *b)
{
	const char **void_why = arena_array(b->a, b->r->n_events + 1, sizeof(*void_why));
	enum rc rc = votes_take(b);

	if (rc != RC_OK)
		return rc;
	case_fold(b, NULL, void_why, false, &b->r->casework);
	/* The orders' grounds are folded again, from what their drafters saw: what turned
	 * out void later is not yet marked. */
	rc = bundle_orders_fold(b);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < b->r->n_events; i++)
		if (b->r->events[i].void_why == NULL)
			b->r->events[i].void_why = void_why[i];
	levels_raise(b);
	bundle_words_make(b);
	return RC_OK;
}
