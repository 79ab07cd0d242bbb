/*
 * The fold itself, its order, and the clocks that are read off it.
 *
 * State and facts never disagree: CLOSED aside, the state is what resumed() derives from
 * the facts.  That is why reopening needs no memory of the state that was closed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "core/casefile.h"

static enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

/* What an open case is, by its facts. */
static enum case_state
resumed(const struct casefile *c)
{
	if (c->accepted_us != 0)
		return CASE_ACCEPTED;
	if (c->refused_us != 0)
		return CASE_REFUSED;
	return c->receipt_us != 0 ? CASE_RECEIVED : CASE_SENT;
}

/* The first receipt that covers a thing is its receipt; later ones change nothing, so
 * that an answer lost on the way does not give two deadlines (protocol 4). */
static void
receipt_note(struct casefile *c, const struct case_event *ev)
{
	if (ev->from != PARTY_AUTHORITY)
		return; /* our clocks hang on the authority's events only */
	if (c->state != CASE_NONE && c->receipt_us == 0 && c->send_seq <= ev->covers_seq)
		c->receipt_us = ev->receipt_us;
	for (uint32_t i = 0; i < c->n_rungs; i++)
		if (c->rungs[i].receipt_us == 0 && c->rungs[i].seq <= ev->covers_seq)
			c->rungs[i].receipt_us = ev->receipt_us;
}

static void
rung_note(struct casefile *c, const struct case_event *ev)
{
	struct case_rung *r = &c->rungs[c->n_rungs++];

	r->seq = ev->seq;
	r->level = ev->act == ACT_WARN ? ev->level : 0;
	r->iat_us = ev->iat_us;
}

/* What the table cannot see. */
static bool
well_formed(const struct casefile *c, const struct case_event *ev)
{
	switch (ev->act) {
	case ACT_RECEIPT:
		return ev->receipt_us > 0 && ev->covers_seq < ev->seq;
	case ACT_WARN:
		return ev->level > 0 && c->n_rungs < CASE_LADDER_MAX;
	case ACT_REMIND:
		return c->n_rungs < CASE_LADDER_MAX;
	case ACT_SEND:
	case ACT_ACCEPT:
	case ACT_REFUSE:
	case ACT_DECIDE:
	case ACT_POST:
	case ACT_READ:
	case ACT_CLOSE:
	case ACT_REOPEN:
		/* 0 stands for "not" in the facts. */
		return ev->iat_us != 0;
	case ACT_COUNT:
		break;
	}
	return false;
}

static void
accept_note(struct casefile *c, const struct case_event *ev)
{
	if (c->accepted_us == 0)
		c->accepted_us = ev->iat_us;
	c->refused_us = 0;
}

/* A close whose author had not seen the platform's latest decision crosses it, whichever
 * clock was ahead: the decision stands and the case is open again. */
static bool
close_crosses_decision(const struct casefile *c, const struct case_event *ev)
{
	return ev->from == PARTY_AUTHORITY && c->decided_us != 0 &&
	       c->decided_seq >= ev->ack_size;
}

/* Record what the event says; `to` is the table's next state.  Returns the state. */
static enum case_state
facts_note(struct casefile *c, const struct case_event *ev, enum case_state to)
{
	switch (ev->act) {
	case ACT_SEND:
		c->send_seq = ev->seq;
		c->sent_us = ev->iat_us;
		break;
	case ACT_RECEIPT:
		receipt_note(c, ev);
		/* The receipt of a part, or of another event, starts no clock. */
		if (c->state == CASE_SENT)
			return resumed(c);
		break;
	case ACT_ACCEPT:
		accept_note(c, ev);
		break;
	case ACT_REFUSE:
		if (c->accepted_us == 0)
			c->refused_us = ev->iat_us;
		break;
	case ACT_DECIDE:
		accept_note(c, ev);
		c->decided_us = ev->iat_us;
		c->decided_seq = ev->seq;
		break;
	case ACT_REMIND:
	case ACT_WARN:
		rung_note(c, ev);
		break;
	case ACT_CLOSE:
		if (c->state == CASE_CLOSED)
			break;
		if (close_crosses_decision(c, ev)) {
			c->reopened++;
			return resumed(c);
		}
		c->closed_us = ev->iat_us;
		break;
	case ACT_REOPEN:
		to = resumed(c);
		break;
	case ACT_POST:
	case ACT_READ:
	case ACT_COUNT:
		break;
	}
	if (c->state == CASE_CLOSED && to != CASE_CLOSED) {
		c->closed_us = 0;
		c->reopened++;
	}
	return to;
}

bool
casefile_apply(struct casefile *c, const struct case_event *ev)
{
	enum party p = ev->from;
	enum case_state to;
	bool valid;

	assert((unsigned)p < PARTY_COUNT && (unsigned)ev->act < ACT_COUNT);
	valid = well_formed(c, ev) && casefile_next(c->state, ev->act, p, &to) == RC_OK;
	if (valid)
		c->state = facts_note(c, ev, to);
	else
		c->voided++;

	if (c->n_events[p] == 0 || ev->seq > c->last_seq[p])
		c->last_seq[p] = ev->seq;
	if (c->n_events[p] == 0 || ev->iat_us > c->max_iat_us[p])
		c->max_iat_us[p] = ev->iat_us;
	if (ev->ack_size > c->max_ack[p])
		c->max_ack[p] = ev->ack_size;
	c->n_events[p]++;
	return valid;
}

/*
 * `ev` extends the list of its log, so the merge is as before until that list is at its
 * end; then `ev` stands against each remaining event y of the other log.  y goes first if
 * y is ready and ev is not, or if they are alike in this and y has the smaller
 * (iat, party).  Hence any two of these three, for all y, are enough.
 */
bool
casefile_can_append(const struct casefile *c, const struct case_event *ev)
{
	enum party p = ev->from, o = other(ev->from);
	bool never_ready, all_ready, later;

	if (c->n_events[p] > 0 && ev->seq <= c->last_seq[p])
		return false;
	if (c->n_events[o] == 0)
		return true;
	never_ready = ev->ack_size > c->last_seq[o]; /* ev waits for every y */
	all_ready = c->max_ack[o] <= ev->seq;	     /* no y waits for ev */
	later = c->max_iat_us[o] < ev->iat_us ||
		(c->max_iat_us[o] == ev->iat_us && o < p);
	return never_ready + all_ready + later >= 2;
}

#define CMP(x, y) (((x) > (y)) - ((x) < (y)))

/* By log and seq; the rest makes it a total order even if a seq came twice. */
static int
event_cmp(const void *x, const void *y)
{
	const struct case_event *a = x, *b = y;
	int d = CMP(a->from, b->from);

	if (d == 0)
		d = CMP(a->seq, b->seq);
	if (d == 0)
		d = CMP(a->act, b->act);
	if (d == 0)
		d = CMP(a->covers_seq, b->covers_seq);
	if (d == 0)
		d = CMP(a->receipt_us, b->receipt_us);
	if (d == 0)
		d = CMP(a->level, b->level);
	if (d == 0)
		d = CMP(a->iat_us, b->iat_us);
	return d != 0 ? d : CMP(a->ack_size, b->ack_size);
}

/* Does the head `a` of the authority's log go before the head `b` of the platform's? */
static bool
authority_first(const struct case_event *a, const struct case_event *b)
{
	bool a_ready = b->seq >= a->ack_size;
	bool b_ready = a->seq >= b->ack_size;

	if (a_ready != b_ready)
		return a_ready;
	return a->iat_us <= b->iat_us;
}

void
casefile_fold(struct case_event *ev, size_t n, struct casefile *ret)
{
	struct arena *tmp = arena_create();
	struct case_event *sorted;
	size_t a = 0, b = 0, split = 0;

	memset(ret, 0, sizeof(*ret));
	if (n == 0)
		goto out;
	qsort(ev, n, sizeof(*ev), event_cmp);
	sorted = arena_array(tmp, n, sizeof(*ev));
	memcpy(sorted, ev, n * sizeof(*ev));
	while (split < n && sorted[split].from == PARTY_AUTHORITY)
		split++;
	b = split;
	for (size_t i = 0; i < n; i++) {
		bool take_a =
			a < split && (b == n || authority_first(&sorted[a], &sorted[b]));

		ev[i] = take_a ? sorted[a++] : sorted[b++];
		casefile_apply(ret, &ev[i]);
	}
out:
	arena_free(tmp);
}

/* Times and durations are hostile: the peer's clock, a policy file. */
static int64_t
add_us(int64_t t, int64_t d)
{
	int64_t sum;

	return __builtin_add_overflow(t, d, &sum) ? INT64_MAX : sum;
}

static int64_t
earlier_owed(int64_t x, int64_t y)
{
	if (x == 0 || y == 0)
		return x != 0 ? x : y;
	return x < y ? x : y;
}

static int64_t
later_us(int64_t x, int64_t y)
{
	return x > y ? x : y;
}

/* Walk the rungs: how many count, and from when the next may be taken; -1 if a rung
 * that would count waits for its receipt.  `base_us` is when the ladder begins. */
static int64_t
ladder_walk(const struct policy *p, const struct casefile *c, int64_t base_us,
	    unsigned *ret_taken)
{
	int64_t from_us = base_us;
	unsigned k = 0;

	if (p->n_ladder > 0)
		from_us = add_us(base_us, p->ladder[0].after_us);
	for (uint32_t i = 0; i < c->n_rungs && k < p->n_ladder; i++) {
		const struct case_rung *r = &c->rungs[i];

		if (r->level != p->ladder[k].level || r->iat_us < from_us)
			continue;
		if (r->receipt_us == 0) {
			from_us = -1;
			break;
		}
		if (++k < p->n_ladder)
			from_us = add_us(r->receipt_us, p->ladder[k].after_us);
	}
	*ret_taken = k;
	return from_us;
}

void
casefile_due(const struct policy *p, const struct policy_class *cls,
	     const struct casefile *c, uint64_t open_items, struct case_due *ret)
{
	int64_t accept_us = add_us(c->receipt_us, cls->accept_us);
	int64_t decide_us = add_us(c->receipt_us, cls->decide_us);
	int64_t from_us;

	memset(ret, 0, sizeof(*ret));
	ret->step = -1;
	if (c->receipt_us == 0)
		return;
	if (c->state == CASE_RECEIVED)
		ret->accept_us = accept_us;
	if ((c->state == CASE_RECEIVED || c->state == CASE_ACCEPTED) && open_items > 0)
		ret->decide_us = decide_us;
	ret->first_us = earlier_owed(ret->accept_us, ret->decide_us);

	from_us = ladder_walk(p, c, earlier_owed(accept_us, decide_us), &ret->taken);
	ret->pending = from_us < 0;
	unsigned next = ret->taken + (ret->pending ? 1 : 0);
	if (ret->first_us == 0 || next >= p->n_ladder)
		return;
	ret->step = (int)next;
	if (ret->pending)
		return;
	if (next == 0)
		ret->step_us = add_us(ret->first_us, p->ladder[0].after_us);
	else
		ret->step_us = later_us(ret->first_us, from_us);
}

/* "reminder" or "warning 2" */
static void
step_name(const struct policy_step *s, char *out, size_t len)
{
	struct buf b = BUF_INIT(64);

	if (s->warn)
		buf_printf(&b, "warning %u", s->level);
	else
		buf_puts(&b, "reminder");
	assert(b.len < len);
	memcpy(out, buf_str(&b), b.len + 1);
	buf_free(&b);
}

static enum rc
ladder_grounds(const struct policy *p, const struct case_due *due, struct err *e)
{
	char name[32], when[CLOCK_TEXT_LEN];
	unsigned need = p->order.ladder_steps;

	if (due->taken >= need)
		return RC_OK;
	step_name(&p->ladder[due->taken], name, sizeof(name));
	if (due->pending)
		return err_set(
			e, RC_CONFLICT,
			"%u of %u steps are taken and receipted: the %s waits for its "
			"receipt, and what could not be delivered does not count",
			due->taken, need, name);
	return err_set(
		e, RC_CONFLICT,
		"%u of %u steps are taken and receipted: next is the %s, from %s on",
		due->taken, need, name, clock_format(due->step_us, when));
}

enum rc
casefile_grounds(const struct policy *p, const struct policy_class *cls,
		 const struct casefile *c, uint64_t open_items, int64_t now_us,
		 struct err *e)
{
	char when[CLOCK_TEXT_LEN];
	struct case_due due;

	if (c->receipt_us == 0)
		return err_rule(
			e, RC_CONFLICT, "protocol 4",
			"never receipted: what could not be delivered is only one "
			"side's claim, and never grounds for an order");
	if (c->state == CASE_REFUSED)
		return err_set(
			e, RC_CONFLICT,
			"the platform answered: it refused the case, so nothing is "
			"overdue; answer its reason, or dispute it");
	if (c->state == CASE_CLOSED)
		return err_set(
			e, RC_CONFLICT,
			"the case is closed; reopen it first if something is owed");
	if (open_items == 0)
		return err_set(e, RC_CONFLICT,
			       "every item of the case is decided: nothing is overdue");
	casefile_due(p, cls, c, open_items, &due);
	assert(due.first_us != 0);
	if (now_us < due.first_us)
		return err_set(e, RC_CONFLICT,
			       "the platform still has time: its deadline is %s",
			       clock_format(due.first_us, when));
	return ladder_grounds(p, &due, e);
}
