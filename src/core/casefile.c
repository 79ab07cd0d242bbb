/*
 * The fold itself and its order.  The clocks that are read off it: casefile_due.c.
 *
 * State and facts never disagree: CLOSED aside, the state is what resumed() derives from
 * the facts.  That is why reopening needs no memory of the state that was closed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
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

/* The platform logs the receipts of its questions, the authority those of its answers. */
static void
pause_receipt(struct case_pause *p, const struct case_event *ev)
{
	if (ev->from == PARTY_PLATFORM) {
		if (p->receipt_us == 0 && p->seq <= ev->covers_seq)
			p->receipt_us = ev->receipt_us;
	} else if (p->answered && p->answer_receipt_us == 0 &&
		   p->answer_seq <= ev->covers_seq) {
		p->answer_receipt_us = ev->receipt_us;
	}
}

/* The first receipt that covers a thing is its receipt; later ones change nothing, so
 * that an answer lost on the way does not give two deadlines (protocol 4). */
static void
receipt_note(struct casefile *c, const struct case_event *ev)
{
	for (uint32_t i = 0; i < c->n_pauses; i++)
		pause_receipt(&c->pauses[i], ev);
	if (ev->from != PARTY_AUTHORITY)
		return;
	if (c->state != CASE_NONE && c->receipt_us == 0 && c->send_seq <= ev->covers_seq)
		c->receipt_us = ev->receipt_us;
	for (uint32_t i = 0; i < c->n_rungs; i++)
		if (c->rungs[i].receipt_us == 0 && c->rungs[i].seq <= ev->covers_seq)
			c->rungs[i].receipt_us = ev->receipt_us;
	for (uint32_t i = 0; i < c->n_transfers; i++)
		if (c->transfers[i].receipt_us == 0 &&
		    c->transfers[i].seq <= ev->covers_seq)
			c->transfers[i].receipt_us = ev->receipt_us;
}

static void
rung_note(struct casefile *c, const struct case_event *ev)
{
	struct case_rung *r = &c->rungs[c->n_rungs++];

	r->seq = ev->seq;
	r->level = ev->act == ACT_WARN ? ev->level : 0;
	r->iat_us = ev->iat_us;
}

static void
pause_note(struct casefile *c, const struct case_event *ev)
{
	if (c->n_pauses == CASE_PAUSES_MAX)
		return; /* a decision stands; it pauses nothing more */
	c->pauses[c->n_pauses++] = (struct case_pause){
		.seq = ev->seq, .impossible = ev->act != ACT_ASK, .iat_us = ev->iat_us};
}

/* What an answer answers, or NULL. */
static struct case_pause *
pause_find(const struct casefile *c, const struct case_event *ev)
{
	for (uint32_t i = 0; i < c->n_pauses; i++)
		if (c->pauses[i].seq == ev->covers_seq && !c->pauses[i].answered)
			return (struct case_pause *)(uintptr_t)&c->pauses[i];
	return NULL;
}

static void
answer_note(struct casefile *c, const struct case_event *ev)
{
	struct case_pause *p = pause_find(c, ev);

	p->answered = true;
	p->answer_seq = ev->seq;
	p->answer_iat_us = ev->iat_us;
}

static void
transfer_note(struct casefile *c, const struct case_event *ev)
{
	c->transfers[c->n_transfers++] = (struct case_transfer){
		.seq = ev->seq, .to = ev->level, .iat_us = ev->iat_us};
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
	case ACT_ASK:
		return ev->iat_us != 0 && c->n_pauses < CASE_PAUSES_MAX;
	case ACT_ANSWER:
		return ev->iat_us != 0 && pause_find(c, ev) != NULL;
	case ACT_REVERSE:
		return ev->iat_us != 0 && c->decided_us != 0;
	case ACT_TRANSFER:
		return ev->iat_us != 0 && c->n_transfers < CASE_TRANSFERS_MAX;
	case ACT_SEND:
	case ACT_ACCEPT:
	case ACT_REFUSE:
	case ACT_DECIDE:
	case ACT_POST:
	case ACT_READ:
	case ACT_CLOSE:
	case ACT_REOPEN:
	case ACT_DISPUTE:
	case ACT_REPLY:
	case ACT_RULE:
		/* 0 stands for "not" in the facts. */
		return ev->iat_us != 0;
	case ACT_COUNT:
		break;
	}
	return false;
}

/* When it was done, as far as its author's word goes: nobody answers earlier by dating an
 * answer before what the own log has before it (adr 0046). */
static int64_t
done_us(const struct case_event *ev)
{
	return ev->floor_us > ev->iat_us ? ev->floor_us : ev->iat_us;
}

static void
accept_note(struct casefile *c, const struct case_event *ev)
{
	if (c->accepted_us == 0)
		c->accepted_us = done_us(ev);
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
		c->sent_us = done_us(ev);
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
			c->refused_us = done_us(ev);
		break;
	case ACT_DECIDE:
	case ACT_REVERSE:
		accept_note(c, ev);
		c->decided_us = done_us(ev);
		c->decided_seq = ev->seq;
		if (ev->level != 0)
			pause_note(c, ev);
		break;
	case ACT_ASK:
		pause_note(c, ev);
		break;
	case ACT_ANSWER:
		answer_note(c, ev);
		break;
	case ACT_TRANSFER:
		transfer_note(c, ev);
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
		c->closed_us = done_us(ev);
		break;
	case ACT_REOPEN:
		to = resumed(c);
		break;
	case ACT_POST:
	case ACT_READ:
	case ACT_DISPUTE:
	case ACT_REPLY:
	case ACT_RULE:
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

bool
casefile_fold_with(struct case_event *ev, size_t n, const struct case_event *one,
		   struct casefile *ret)
{
	struct arena *tmp = arena_create();
	struct case_event *sorted;
	size_t a = 0, b = 0, split = 0;
	bool valid = false;

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
		bool had_effect = casefile_apply(ret, &ev[i]);
		if (one != NULL && event_cmp(&ev[i], one) == 0)
			valid = had_effect;
	}
out:
	arena_free(tmp);
	return valid;
}

void
casefile_fold(struct case_event *ev, size_t n, struct casefile *ret)
{
	(void)casefile_fold_with(ev, n, NULL, ret);
}
