#include "core/deadline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* ---- the trace ------------------------------------------------------------------------
 */

static struct deadline_step *
told(struct deadline_trace *t, const char *what, int64_t at_us, const char *text)
{
	struct deadline_step *s;

	if (t->n == DEADLINE_STEPS_MAX)
		t->n--; /* the last is kept free: for the result */
	s = &t->steps[t->n++];
	*s = (struct deadline_step){.what = what, .at_us = at_us, .text = text};
	return s;
}

static void
told_event(struct deadline_step *s, enum party party, uint64_t seq)
{
	s->has_event = true;
	s->party = party;
	s->seq = seq;
}

/* "24 h", "90 min", "3 s" */
static const char *
length_text(struct arena *a, int64_t us)
{
	int64_t s = us / CLOCK_US_PER_S;

	if (s % 3600 == 0)
		return arena_printf(a, "%" PRId64 " h", s / 3600);
	if (s % 60 == 0)
		return arena_printf(a, "%" PRId64 " min", s / 60);
	return arena_printf(a, "%" PRId64 " s", s);
}

/* Without microseconds where there are none. */
static const char *
when_text(struct arena *a, int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	clock_format(us, text);
	return us % CLOCK_US_PER_S == 0 && strlen(text) > 20
		       ? arena_printf(a, "%.19sZ", text)
		       : arena_strdup(a, text);
}

/* ---- pauses ---------------------------------------------------------------------------
 */

/* When the clock stands still, and why. */
struct gap {
	struct span span;
	const struct case_pause *pause;
	bool open; /* no proven answer: as long as it may be */
};

static int
compare_gaps(const void *x, const void *y)
{
	const struct gap *a = x, *b = y;

	if (a->span.from_us != b->span.from_us)
		return a->span.from_us < b->span.from_us ? -1 : 1;
	if (a->pause->seq != b->pause->seq)
		return a->pause->seq < b->pause->seq ? -1 : 1;
	return 0;
}

/* The pauses from `start_us` on: ascending, apart, together at most pause.max_us. */
static size_t
gaps_of(const struct policy *p, const struct casefile *c, int64_t start_us,
	struct gap ret[CASE_PAUSES_MAX])
{
	int64_t left_us = p->pause.max_us, end_us = start_us;
	size_t n = 0, kept = 0;

	for (uint32_t i = 0; i < c->n_pauses; i++) {
		const struct case_pause *q = &c->pauses[i];
		bool counts = q->impossible ? p->pause.impossible : p->pause.clarify;
		bool open = q->answer_receipt_us == 0;

		if (!counts || q->receipt_us == 0)
			continue;
		ret[n++] = (struct gap){
			.span = {q->receipt_us, open ? INT64_MAX : q->answer_receipt_us},
			.pause = q,
			.open = open};
	}
	if (n != 0)
		qsort(ret, n, sizeof(*ret), compare_gaps);
	for (size_t i = 0; i < n; i++) {
		struct gap g = ret[i];

		if (g.span.from_us < end_us)
			g.span.from_us = end_us;
		if (g.span.to_us <= g.span.from_us || left_us == 0)
			continue;
		if (g.span.to_us - g.span.from_us > left_us)
			g.span.to_us = g.span.from_us + left_us;
		left_us -= g.span.to_us - g.span.from_us;
		end_us = g.span.to_us;
		ret[kept++] = g;
	}
	return kept;
}

void
deadline_paused(const struct policy *p, const struct casefile *c, int64_t due_us,
		int64_t *ret_since_us, int64_t *ret_until_us)
{
	struct gap gaps[CASE_PAUSES_MAX];
	size_t n = gaps_of(p, c, c->receipt_us, gaps);

	*ret_since_us = *ret_until_us = 0;
	for (size_t i = 0; i < n; i++)
		if (gaps[i].open && gaps[i].span.from_us < due_us) {
			*ret_since_us = gaps[i].span.from_us;
			*ret_until_us = gaps[i].span.to_us;
		}
}

/* ---- counting -------------------------------------------------------------------------
 */

/* What counts: the working hours of a calendar (NULL: always), less the gaps. */
struct count {
	const struct calendar *calendar;
	const struct gap *gaps;
	size_t n_gaps;
	struct deadline_trace *t; /* or NULL */
};

static struct span
working_from(const struct count *k, int64_t t_us)
{
	return k->calendar == NULL ? (struct span){t_us, INT64_MAX}
				   : calendar_span(k->calendar, t_us);
}

static void
told_closed(const struct count *k, int64_t from_us, int64_t to_us)
{

	if (k->t == NULL || from_us >= to_us || k->t->n + 4 >= DEADLINE_STEPS_MAX)
		return;
	told(k->t, "closed", from_us,
	     arena_printf(k->t->a,
			  "not counted from %s to %s: outside the working hours of %s",
			  when_text(k->t->a, from_us), when_text(k->t->a, to_us),
			  k->calendar->code))
		->until_us = to_us;
}

static void
told_gap(const struct count *k, const struct gap *g, int64_t from_us)
{
	struct deadline_step *s;

	if (k->t == NULL)
		return;
	s = told(
		k->t, "pause", from_us,
		arena_printf(k->t->a,
			     "the clock stands still from %s, when the platform's %s "
			     "reached the authority, to %s, %s",
			     when_text(k->t->a, from_us),
			     g->pause->impossible ? "inability" : "question",
			     when_text(k->t->a, g->span.to_us),
			     g->open ? "the longest that the policy allows: no answer is "
				       "receipted"
			     : g->span.to_us < g->pause->answer_receipt_us
				     ? "the longest that the policy allows"
				     : "when the answer reached the platform"));
	s->until_us = g->span.to_us;
	told_event(s, PARTY_PLATFORM, g->pause->seq);
	if (g->pause->answered)
		told_event(told(k->t, "resume", g->span.to_us,
				arena_printf(k->t->a, "it runs again from %s",
					     when_text(k->t->a, g->span.to_us))),
			   PARTY_AUTHORITY, g->pause->answer_seq);
}

/* When `need_us` of what counts have passed since `t_us`; > 0 of it. */
static int64_t
counted_end(const struct count *k, int64_t t_us, int64_t need_us)
{
	size_t g = 0;

	for (;;) {
		struct span s = working_from(k, t_us);
		bool cut = false;

		if (s.from_us == INT64_MAX)
			return INT64_MAX;
		while (g < k->n_gaps && k->gaps[g].span.to_us <= s.from_us)
			g++;
		if (g < k->n_gaps && k->gaps[g].span.from_us < s.to_us) {
			s.to_us = k->gaps[g].span.from_us;
			cut = true;
		}
		told_closed(k, t_us, s.from_us);
		if (s.to_us > s.from_us) {
			/* A deadline at the very moment of a pause had passed. */
			if (s.to_us - s.from_us >= need_us)
				return s.from_us + need_us;
			need_us -= s.to_us - s.from_us;
		}
		t_us = s.to_us;
		if (cut) {
			told_gap(k, &k->gaps[g],
				 s.to_us > s.from_us ? s.to_us : s.from_us);
			t_us = k->gaps[g].span.to_us;
		}
	}
}

/* How much of what counts lies before `end_us`. */
static int64_t
counted(const struct count *k, int64_t t_us, int64_t end_us)
{
	int64_t sum = 0;

	while (t_us < end_us) {
		struct span s = working_from(k, t_us);

		if (s.from_us >= end_us)
			break;
		sum += (s.to_us < end_us ? s.to_us : end_us) - s.from_us;
		t_us = s.to_us;
	}
	return sum;
}

/* ---- the function ---------------------------------------------------------------------
 */

static int64_t
later(int64_t x, int64_t y)
{
	return x > y ? x : y;
}

static int64_t
earlier(int64_t x, int64_t y)
{
	return x < y ? x : y;
}

static void
told_limit(struct deadline_trace *t, const struct policy *p,
	   const struct policy_class *cls, enum deadline_kind k, int64_t start_us)
{
	const char *what = k == DEADLINE_ACCEPT ? "to accept or refuse" : "to decide";
	int64_t days = k == DEADLINE_ACCEPT ? cls->accept_days : cls->decide_days;
	int64_t us = k == DEADLINE_ACCEPT ? cls->accept_us : cls->decide_us;
	const char *limit, *counted = ", counted at all hours";

	if (t == NULL)
		return;
	if (cls->calendar != NULL)
		counted = arena_printf(t->a, ", counted by the calendar %s",
				       cls->calendar->code);
	if (cls->by_days && days == 0)
		limit = "until the end of the same working day";
	else if (cls->by_days)
		limit = arena_printf(
			t->a, "until the end of working day %" PRId64 " after it", days);
	else
		limit = length_text(t->a, us);
	told(t, "limit", start_us,
	     arena_printf(t->a,
			  "%s: %s, by the class %s of the policy %s, version %" PRIu64
			  "%s",
			  what, limit, cls->code, p->name, p->version, counted));
}

/* The limits of one class, from one start. */
static int64_t
class_deadline(const struct policy *p, const struct policy_class *cls,
	       const struct casefile *c, enum deadline_kind k, int64_t start_us,
	       struct deadline_trace *t)
{
	struct gap gaps[CASE_PAUSES_MAX];
	struct count of = {.calendar = cls->calendar, .gaps = gaps, .t = t};
	int64_t need_us = k == DEADLINE_ACCEPT ? cls->accept_us : cls->decide_us;

	of.n_gaps = gaps_of(p, c, start_us, gaps);
	told_limit(t, p, cls, k, start_us);
	if (cls->by_days) {
		int64_t days = k == DEADLINE_ACCEPT ? cls->accept_days : cls->decide_days;
		int64_t end_us = calendar_days_end(cls->calendar, start_us, days);

		if (end_us == INT64_MAX)
			return INT64_MAX;
		need_us = counted(&of, start_us, end_us);
	}
	int64_t due_us = counted_end(&of, start_us, need_us);
	if (cls->minimum_us == 0)
		return due_us;
	of.calendar = NULL;
	of.t = NULL;
	int64_t least_us = counted_end(&of, start_us, cls->minimum_us);
	if (t != NULL && least_us > due_us)
		told(t, "minimum", least_us,
		     arena_printf(t->a, "moved to %s: at least %s are given, at any hour",
				  when_text(t->a, least_us),
				  length_text(t->a, cls->minimum_us)));
	return later(due_us, least_us);
}

static int64_t
transferred(const struct policy *p, const struct casefile *c,
	    const struct case_transfer *x, enum deadline_kind k, int64_t due_us,
	    struct deadline_trace *t)
{
	const struct policy_class *to = &p->classes[x->to];

	if (due_us <= x->receipt_us) {
		if (t != NULL)
			told_event(told(t, "transfer", x->receipt_us,
					arena_printf(
						t->a,
						"moved to the class %s, received %s: "
						"the deadline %s had passed and "
						"stands",
						to->code, when_text(t->a, x->receipt_us),
						when_text(t->a, due_us))),
				   PARTY_AUTHORITY, x->seq);
		return due_us;
	}
	if (t != NULL)
		told_event(told(t, "transfer", x->receipt_us,
				arena_printf(t->a,
					     "moved to the class %s, received %s; until "
					     "then the deadline was %s",
					     to->code, when_text(t->a, x->receipt_us),
					     when_text(t->a, due_us))),
			   PARTY_AUTHORITY, x->seq);
	int64_t anew_us = class_deadline(p, to, c, k, x->receipt_us, NULL);
	int64_t all_us = class_deadline(p, to, c, k, c->receipt_us, t);
	int64_t new_us = later(all_us, earlier(due_us, anew_us));
	if (t != NULL && new_us != all_us)
		told(t, "transfer", new_us,
		     arena_printf(t->a,
				  "but never shorter than the new limit from when the "
				  "transfer was received: %s",
				  when_text(t->a, new_us)));
	return new_us;
}

int64_t
deadline_of(const struct policy *p, const struct policy_class *cls,
	    const struct casefile *c, enum deadline_kind k, struct deadline_trace *t)
{

	if (c->receipt_us == 0)
		return 0;
	if (t != NULL)
		told_event(told(t, "receipt", c->receipt_us,
				arena_printf(t->a, "the notice was received at %s",
					     when_text(t->a, c->receipt_us))),
			   PARTY_AUTHORITY, c->send_seq);
	int64_t due_us = class_deadline(p, cls, c, k, c->receipt_us, t);
	for (uint32_t i = 0; i < c->n_transfers; i++)
		if (c->transfers[i].receipt_us != 0 && c->transfers[i].to < p->n_classes)
			due_us = transferred(p, c, &c->transfers[i], k, due_us, t);
	if (t != NULL)
		told(t, "result", due_us,
		     arena_printf(t->a, "so the deadline is %s",
				  when_text(t->a, due_us)));
	return due_us;
}

const struct policy_class *
deadline_class(const struct policy *p, const struct policy_class *cls,
	       const struct casefile *c)
{
	for (uint32_t i = 0; i < c->n_transfers; i++)
		if (c->transfers[i].receipt_us != 0 && c->transfers[i].to < p->n_classes)
			cls = &p->classes[c->transfers[i].to];
	return cls;
}
