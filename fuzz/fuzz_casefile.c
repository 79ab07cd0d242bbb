/*
 * Property: whenever casefile_can_append() says so, applying an event at the end gives
 * what the fold over all gives; and the fold does not depend on the order of arrival.
 *
 * An input is a list of events of EVENT_BYTES each; acks lie as they please.
 */
#include <stdlib.h>
#include <string.h>

#include "core/casefile.h"

enum { EVENT_BYTES = 8, EVENTS_MAX = 48 };

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

static struct case_event
event_of(const uint8_t *p, uint64_t seq[PARTY_COUNT])
{
	struct case_event e = {.from = p[0] & 1 ? PARTY_PLATFORM : PARTY_AUTHORITY};

	e.act = (enum case_act)((p[0] >> 1) % ACT_COUNT);
	seq[e.from] += 1 + p[1] % 3;
	e.seq = seq[e.from];
	e.ack_size = p[2];
	e.iat_us = (int64_t)p[3] - 8;
	e.level = p[4] % 5;
	e.covers_seq = p[5];
	e.receipt_us = (int64_t)p[6] - 8;
	if (p[7] == 0xff) /* at the edge */
		e.ack_size = UINT64_MAX;
	if (p[7] == 0xfe)
		e.receipt_us = INT64_MAX;
	return e;
}

/* Both are written member by member into zeroed memory; compare what is stored. */
static bool
same(const struct casefile *x, const struct casefile *y)
{
	bool eq = x->state == y->state && x->send_seq == y->send_seq &&
		  x->sent_us == y->sent_us && x->receipt_us == y->receipt_us &&
		  x->accepted_us == y->accepted_us && x->refused_us == y->refused_us &&
		  x->closed_us == y->closed_us && x->decided_us == y->decided_us &&
		  x->decided_seq == y->decided_seq && x->n_rungs == y->n_rungs &&
		  x->reopened == y->reopened && x->voided == y->voided;

	for (uint32_t i = 0; i < x->n_rungs; i++)
		eq = eq && x->rungs[i].seq == y->rungs[i].seq &&
		     x->rungs[i].level == y->rungs[i].level &&
		     x->rungs[i].receipt_us == y->rungs[i].receipt_us;
	eq = eq && x->n_pauses == y->n_pauses && x->n_transfers == y->n_transfers;
	for (uint32_t i = 0; i < x->n_pauses; i++)
		eq = eq && x->pauses[i].seq == y->pauses[i].seq &&
		     x->pauses[i].receipt_us == y->pauses[i].receipt_us &&
		     x->pauses[i].answered == y->pauses[i].answered &&
		     x->pauses[i].answer_seq == y->pauses[i].answer_seq &&
		     x->pauses[i].answer_receipt_us == y->pauses[i].answer_receipt_us;
	for (uint32_t i = 0; i < x->n_transfers; i++)
		eq = eq && x->transfers[i].seq == y->transfers[i].seq &&
		     x->transfers[i].to == y->transfers[i].to &&
		     x->transfers[i].receipt_us == y->transfers[i].receipt_us;
	for (int p = 0; p < PARTY_COUNT; p++)
		eq = eq && x->last_seq[p] == y->last_seq[p] &&
		     x->max_iat_us[p] == y->max_iat_us[p] &&
		     x->max_ack[p] == y->max_ack[p] && x->n_events[p] == y->n_events[p];
	return eq;
}

static void
hold_clocks(const struct casefile *c)
{
	static const struct policy p = {
		.n_classes = 2,
		.classes = {{.code = "normal", .accept_us = 4, .decide_us = 6},
			    {.code = "urgent", .accept_us = 1, .decide_us = 2}},
		.pause = {true, true, 20},

		.ladder = {{.after_us = 3}, {.warn = true, .level = 1, .after_us = 2}},
		.n_ladder = 2,
		.order = {.ladder_steps = 2}};
	const struct policy_class *cls = &p.classes[0];
	struct case_due due;
	struct err e;

	casefile_due(&p, cls, c, 1, &due);
	hold(due.step < 2 && due.taken <= 2);
	hold(due.step_us == 0 || (due.step >= 0 && due.step_us >= due.first_us));
	hold(c->receipt_us != 0 || due.first_us == 0);
	if (casefile_grounds(&p, cls, c, 1, INT64_MAX, &e) == RC_OK)
		hold(c->receipt_us != 0 && due.taken == 2 && c->n_rungs >= 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct case_event all[EVENTS_MAX], copy[EVENTS_MAX];
	uint64_t seq[PARTY_COUNT] = {0, 0};
	struct casefile full, step = {0};
	size_t n = 0;

	for (; size >= EVENT_BYTES && n < EVENTS_MAX; size -= EVENT_BYTES) {
		all[n] = event_of(data, seq);
		data += EVENT_BYTES;
		bool can = casefile_can_append(&step, &all[n]);

		n++;
		memcpy(copy, all, n * sizeof(*all));
		casefile_fold(copy, n, &full);
		if (can) {
			casefile_apply(&step, &all[n - 1]);
			hold(same(&step, &full));
		}
		step = full;
		/* `copy` is in the fold's order now: another arrival, the same case. */
		casefile_fold(copy, n, &full);
		hold(same(&step, &full));
		hold_clocks(&full);
	}
	return 0;
}
