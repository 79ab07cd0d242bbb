/*
 * What a bundle shows, in plain sentences: proven by a signature of the side that it
 * would bind; claimed only by its author; not in the bundle.  A sentence never says more
 * than its proof.
 */
#include <inttypes.h>
#include <string.h>

#include "core/bundle_int.h"

#define TIME(name, us)                                                                   \
	char name[CLOCK_TEXT_LEN];                                                       \
	clock_format((us), name)
#define SECOND(name, s)                                                                  \
	char name[CLOCK_TEXT_LEN];                                                       \
	bundle_second_format((s), name)

static void
add(struct bundle *b, struct bundle_words *w, const char *text)
{
	if (w->n == w->cap) {
		size_t cap = w->cap == 0 ? 16 : 2 * w->cap;
		const char **line = arena_array(b->a, cap, sizeof(*line));
		if (w->n != 0)
			memcpy(line, w->line, w->n * sizeof(*line));
		w->line = line;
		w->cap = cap;
	}
	w->line[w->n++] = text;
}

#define PROVEN(...)  add(b, &b->r->proven, arena_printf(b->a, __VA_ARGS__))
#define CLAIMED(...) add(b, &b->r->claimed, arena_printf(b->a, __VA_ARGS__))
#define MISSING(...) add(b, &b->r->missing, arena_printf(b->a, __VA_ARGS__))

static const char *
org(const struct bundle *b, enum party p)
{
	return b->r->party[p].org;
}

static void
parties_tell(struct bundle *b)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		const struct bundle_party *x = &b->r->party[p];
		SECOND(when, x->cosigned_s);
		PROVEN("%s, the %s, signed what is here of its log %s: %zu of its "
		       "events.",
		       x->org, party_name((enum party)p), x->origin, x->n_events);
		if (x->cosigned_size != 0)
			PROVEN("%s signed on %s that it had stored the first %" PRIu64
			       " entries of that log.",
			       org(b, bundle_other((enum party)p)), when,
			       x->cosigned_size);
		if (x->head_size > x->cosigned_size && x->n_events != 0)
			CLAIMED("Entries %" PRIu64 " to %" PRIu64 " of %s: only %s says "
				"that they were there then.",
				x->cosigned_size, x->head_size - 1, x->origin, x->org);
		if (x->compared)
			PROVEN("The root key of %s has the fingerprint that you gave.",
			       x->org);
		else
			MISSING("Whether the root key with the fingerprint %s is that of "
				"the real %s: compare it over another path.",
				x->fingerprint, x->name);
		if (x->opened && !x->open_agrees)
			MISSING("The channel.open of %s names other identities or rules "
				"than this bundle has.",
				x->org);
		if (x->head_size > x->n_events)
			MISSING("%" PRIu64 " of the %" PRIu64
				" entries of %s: whoever made "
				"this bundle chose which events to include.",
				x->head_size - x->n_events, x->head_size, x->origin);
	}
}

static void
notice_tell(struct bundle *b)
{
	const struct bundle_case *c = &b->r->casework;
	const char *by = org(b, PARTY_AUTHORITY), *to = org(b, PARTY_PLATFORM);

	if (!c->manifest) {
		MISSING("A complete notice of the case %s.", b->r->casefile);
		return;
	}
	TIME(sent, c->fold.sent_us);
	CLAIMED("%s wrote the notice of %" PRIu64 " items on %s by its own clock.", by,
		c->items, sent);
	if (c->fold.receipt_us == 0) {
		CLAIMED("That the notice reached %s: no receipt by %s was adopted here, "
			"so "
			"no clock ran.",
			to, to);
		return;
	}
	SECOND(received, (uint64_t)(c->fold.receipt_us / CLOCK_US_PER_S));
	PROVEN("%s received the notice of %" PRIu64
	       " items on %s: its own signature says "
	       "so.",
	       to, c->items, received);
	TIME(accept, c->accept_due_us);
	TIME(decide, c->decide_due_us);
	if (b->r->policy->test)
		PROVEN("The policy %s is a TEST: no order ever rests on this case.",
		       b->r->policy->name);
	PROVEN("By the policy %s, version %" PRIu64
	       ", class %s, %s had to accept or refuse "
	       "it by %s and to decide every item by %s.",
	       b->r->policy->name, b->r->policy->version, c->class_now, to, accept,
	       decide);
}

/* An answer's time is its author's; the other side's receipt bounds it from above. */
static void
answer_tell(struct bundle *b, const char *type, const char *what, int64_t at_us,
	    int64_t due_us)
{
	const struct bundle_side *s = &b->side[PARTY_PLATFORM];
	const char *had = NULL;
	TIME(at, at_us);

	for (size_t i = 0; i < s->n_ev; i++)
		if (s->ev[i]->ev->iat_us == at_us && s->ev[i]->received_s != 0 &&
		    strcmp(s->ev[i]->ev->type, type) == 0) {
			SECOND(received, s->ev[i]->received_s);
			had = arena_strdup(b->a, received);
		}
	const char *said = due_us == 0 ? arena_strdup(b->a, at)
			   : at_us <= due_us
				   ? arena_printf(b->a, "%s, before the deadline", at)
				   : arena_printf(b->a, "%s, after the deadline", at);
	if (had == NULL)
		PROVEN("%s %s; its clock said %s.", org(b, PARTY_PLATFORM), what, said);
	else
		PROVEN("%s %s; its clock said %s; %s signed that it had it by %s.",
		       org(b, PARTY_PLATFORM), what, said, org(b, PARTY_AUTHORITY), had);
}

static void
answers_tell(struct bundle *b)
{
	const struct bundle_case *c = &b->r->casework;
	const struct casefile *f = &c->fold;
	const char *to = org(b, PARTY_PLATFORM);

	if (!c->manifest)
		return;
	if (f->accepted_us != 0)
		answer_tell(b, "case.accept", "accepted the case", f->accepted_us,
			    c->accept_due_us);
	else if (f->refused_us != 0)
		answer_tell(b, "case.refuse", "refused the case", f->refused_us,
			    c->accept_due_us);
	else
		MISSING("An acceptance or a refusal by %s: a bundle made by %s may have "
			"more.",
			to, to);
	if (c->decided != 0)
		answer_tell(b, "item.decide",
			    arena_printf(b->a, "decided %" PRIu64 " of %" PRIu64 " items",
					 c->decided, c->items),
			    f->decided_us, c->decide_due_us);
	for (size_t i = 0; i < BUNDLE_OUTCOMES_MAX && c->outcomes[i].outcome != NULL; i++)
		PROVEN("Outcome %s: %" PRIu64 " of %" PRIu64 " items.",
		       c->outcomes[i].outcome, c->outcomes[i].items, c->items);
	if (c->decided < c->items)
		MISSING("Decisions on %" PRIu64 " of %" PRIu64 " items.",
			c->items - c->decided, c->items);
}

static void
ladder_tell(struct bundle *b)
{
	const struct casefile *f = &b->r->casework.fold;

	for (uint32_t i = 0; i < f->n_rungs; i++) {
		const struct case_rung *r = &f->rungs[i];
		const char *what = r->level == 0
					   ? "A reminder"
					   : arena_printf(b->a, "Warning %u", r->level);
		TIME(at, r->iat_us);
		SECOND(received, (uint64_t)(r->receipt_us / CLOCK_US_PER_S));
		if (r->receipt_us != 0)
			PROVEN("%s was received by %s on %s.", what,
			       org(b, PARTY_PLATFORM), received);
		else
			CLAIMED("%s was written on %s: no receipt of it was adopted "
				"here, "
				"so it does not count.",
				what, at);
	}
	if (b->r->casework.due.taken != 0)
		PROVEN("%u of %zu steps of the policy's ladder were taken in their "
		       "order, "
		       "not early, and received.",
		       b->r->casework.due.taken, b->r->policy->n_ladder);
}

static void
hands_tell(struct bundle *b, const struct bundle_order *o)
{
	for (size_t i = 0; i < o->n_acts; i++) {
		const struct bundle_event *be = o->acts[i].event;
		if (be->void_why != NULL)
			CLAIMED("Order %s: %s by %s has no effect: %s.", o->id,
				be->ev->type + strlen("order."), be->ev->by,
				be->void_why);
		else
			PROVEN("Order %s: %s signed by %s under the pseudonym %s.", o->id,
			       be->ev->type + strlen("order."), org(b, PARTY_AUTHORITY),
			       be->ev->by);
	}
}

static void
order_tell(struct bundle *b, const struct bundle_order *o)
{
	const char *by = org(b, PARTY_AUTHORITY);
	TIME(drafted, o->draft->ev->iat_us);
	TIME(from, o->in_force_us);
	TIME(end, o->ended_us);

	PROVEN("Order %s was drafted by %s under the pseudonym %s; approvals by others "
	       "that "
	       "count: %" PRIu64 ", asked for: %" PRIu64 ".",
	       o->id, by, o->draft->ev->by, o->approvals, o->approvals_asked);
	if (o->approvals_asked < b->r->policy->order.approvals)
		PROVEN("Order %s asked for fewer approvals than the %u of the policy.",
		       o->id, b->r->policy->order.approvals);
	if (o->text_is == BUNDLE_TEXT_MATCHES)
		PROVEN("The text of order %s here is the one that was signed.", o->id);
	else if (o->text_is == BUNDLE_TEXT_DIFFERS)
		PROVEN("The text of order %s here is not the one that was signed: the "
		       "order is void.",
		       o->id);
	else
		MISSING("The text of order %s; its hash is signed.", o->id);
	if (o->guards_asked != 0)
		PROVEN("Order %s: guards overridden: %zu of %zu.", o->id,
		       o->guards_asked - o->guards_open, o->guards_asked);
	hands_tell(b, o);
	if (o->in_force_us != 0)
		CLAIMED("Order %s is in force since %s, by the clock of %s.", o->id, from,
			by);
	if (o->ended_us != 0)
		CLAIMED("Order %s was %s on %s, by the clock of %s.", o->id, o->state,
			end, by);
	if (o->emergency) {
		TIME(ends, bundle_body_int(o->draft->ev, "ends"));
		PROVEN("Order %s was marked an emergency, which replaces the grounds, "
		       "and "
		       "ends by itself on %s.",
		       o->id, ends);
	} else if (o->grounds)
		PROVEN("When order %s was drafted, on %s by the clock of %s, this case "
		       "was overdue "
		       "and warned of as the policy asks.",
		       o->id, drafted, by);
	else
		MISSING("Grounds for order %s in this case, as its author had it: %s.",
			o->id, o->grounds_why);
	if (o->n_cites > 1)
		MISSING("Other cases that order %s cites: %zu.", o->id, o->n_cites - 1);
}

static void
texts_tell(struct bundle *b)
{
	size_t absent = 0, voided = 0;

	for (size_t i = 0; i < b->r->n_events; i++) {
		absent += b->r->events[i].ev->n_sd - b->r->events[i].n_disclosed;
		voided += b->r->events[i].void_why != NULL;
	}
	if (absent != 0)
		MISSING("Texts whose digests are signed: %zu of them: %s.", absent,
			b->r->disclosed ? "they were erased, or left out"
					: "this bundle was made without texts");
	if (voided != 0)
		PROVEN("Events without effect by the rules: %zu; each says why.", voided);
	TIME(made, b->r->made_us);
	CLAIMED("%s made this bundle on %s by its own clock.", org(b, b->r->exporter),
		made);
	CLAIMED("Times of events are those of their authors' clocks; only receipts bear "
		"the other side's, in whole seconds, rounded down.");
	MISSING("Whether what the notice says is true, and whether anybody was right.");
}

static void
frauds_tell(struct bundle *b)
{
	for (size_t i = 0; i < b->r->n_frauds; i++) {
		const struct bundle_fraud *f = &b->r->frauds[i];
		PROVEN("%s has signed %s, at %" PRIu64
		       ": both cannot be true (fraud/%s.txt).",
		       org(b, f->whose), fraud_kind_says(f->kind), f->at,
		       party_name(f->whose));
	}
	for (size_t i = 0; i < b->r->n_epochs; i++) {
		const struct bundle_epoch *x = &b->r->epochs[i];
		PROVEN("Both sides signed that the channel goes on in epoch %" PRIu64
		       ", from %" PRIu64 " entries of %s and %" PRIu64
		       " of %s (event %" PRIu64 " of %s).",
		       x->epoch, x->size[0], b->r->party[0].origin, x->size[1],
		       b->r->party[1].origin, x->event->ev->seq,
		       b->r->party[x->event->from].origin);
	}
	if (b->r->n_frauds != 0)
		MISSING("What else stood in the history that is not this one.");
}

void
bundle_words_make(struct bundle *b)
{
	parties_tell(b);
	frauds_tell(b);
	notice_tell(b);
	answers_tell(b);
	ladder_tell(b);
	for (size_t i = 0; i < b->r->n_orders; i++)
		order_tell(b, &b->r->orders[i]);
	texts_tell(b);
}
