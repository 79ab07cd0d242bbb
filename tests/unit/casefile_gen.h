/*
 * What the tests of the case's fold and of its clocks share: short words for events, and
 * random histories.
 */
#ifndef SALURAN_TESTS_CASEFILE_GEN_H
#define SALURAN_TESTS_CASEFILE_GEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "core/casefile.h"

#define S    CLOCK_US_PER_S
#define AUTH PARTY_AUTHORITY
#define PLAT PARTY_PLATFORM

/* xorshift64*: the same histories on every machine. */
static inline uint64_t
rnd(uint64_t *s, uint64_t below)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return ((*s * UINT64_C(2685821657736338717)) >> 33) % below;
}

static inline bool
same(const struct casefile *x, const struct casefile *y)
{
	bool eq = x->state == y->state && x->send_seq == y->send_seq &&
		  x->sent_us == y->sent_us && x->receipt_us == y->receipt_us &&
		  x->accepted_us == y->accepted_us && x->refused_us == y->refused_us &&
		  x->closed_us == y->closed_us && x->decided_us == y->decided_us &&
		  x->decided_seq == y->decided_seq && x->n_rungs == y->n_rungs &&
		  x->reopened == y->reopened && x->voided == y->voided;

	for (uint32_t i = 0; i < CASE_LADDER_MAX; i++)
		eq = eq && x->rungs[i].seq == y->rungs[i].seq &&
		     x->rungs[i].level == y->rungs[i].level &&
		     x->rungs[i].iat_us == y->rungs[i].iat_us &&
		     x->rungs[i].receipt_us == y->rungs[i].receipt_us;
	eq = eq && x->n_pauses == y->n_pauses && x->n_transfers == y->n_transfers;
	for (uint32_t i = 0; i < x->n_pauses; i++)
		eq = eq && x->pauses[i].seq == y->pauses[i].seq &&
		     x->pauses[i].impossible == y->pauses[i].impossible &&
		     x->pauses[i].iat_us == y->pauses[i].iat_us &&
		     x->pauses[i].receipt_us == y->pauses[i].receipt_us &&
		     x->pauses[i].answered == y->pauses[i].answered &&
		     x->pauses[i].answer_seq == y->pauses[i].answer_seq &&
		     x->pauses[i].answer_iat_us == y->pauses[i].answer_iat_us &&
		     x->pauses[i].answer_receipt_us == y->pauses[i].answer_receipt_us;
	for (uint32_t i = 0; i < x->n_transfers; i++)
		eq = eq && x->transfers[i].seq == y->transfers[i].seq &&
		     x->transfers[i].to == y->transfers[i].to &&
		     x->transfers[i].iat_us == y->transfers[i].iat_us &&
		     x->transfers[i].receipt_us == y->transfers[i].receipt_us;
	for (int p = 0; p < PARTY_COUNT; p++)
		eq = eq && x->last_seq[p] == y->last_seq[p] &&
		     x->max_iat_us[p] == y->max_iat_us[p] &&
		     x->max_ack[p] == y->max_ack[p] && x->n_events[p] == y->n_events[p];
	return eq;
}

static inline void
fold_copy(const struct case_event *ev, size_t n, struct casefile *ret)
{
	struct case_event copy[64];

	assert_true(n <= 64);
	memcpy(copy, ev, n * sizeof(*ev));
	casefile_fold(copy, n, ret);
}

static inline struct case_event
ev(enum party from, uint64_t seq, uint64_t ack, int64_t at_s, enum case_act act)
{
	struct case_event e = {.from = from,
			       .seq = seq,
			       .ack_size = ack,
			       .iat_us = at_s * S,
			       .act = act};

	return e;
}

static inline struct case_event
receipt(uint64_t seq, uint64_t ack, int64_t at_s, uint64_t covers, int64_t receipt_s)
{
	struct case_event e = ev(AUTH, seq, ack, at_s, ACT_RECEIPT);

	e.covers_seq = covers;
	e.receipt_us = receipt_s * S;
	return e;
}

static inline struct case_event
warn(uint64_t seq, uint64_t ack, int64_t at_s, unsigned level)
{
	struct case_event e = ev(AUTH, seq, ack, at_s, ACT_WARN);

	e.level = level;
	return e;
}

enum { HISTORY_MAX = 24 };

static inline struct case_event
random_event(uint64_t *s, enum party p, uint64_t seq)
{
	struct case_event e = {.from = p, .seq = seq};

	e.iat_us = 1 + (int64_t)rnd(s, 40);
	e.act = (enum case_act)rnd(s, ACT_COUNT);
	e.level = (unsigned)rnd(s, 4);
	e.covers_seq = rnd(s, seq + 2);
	e.receipt_us = (int64_t)rnd(s, 50);
	return e;
}

/* Acks that lie: anything goes. */
static inline size_t
hostile_history(uint64_t *s, struct case_event *h)
{
	size_t n = 1 + rnd(s, HISTORY_MAX);
	uint64_t seq[PARTY_COUNT] = {0, 0};

	for (size_t i = 0; i < n; i++) {
		enum party p = (enum party)rnd(s, PARTY_COUNT);

		h[i] = random_event(s, p, seq[p]);
		h[i].ack_size = rnd(s, 14);
		seq[p] += 1 + rnd(s, 2);
	}
	if (rnd(s, 2) == 0)
		h[0] = ev(AUTH, 0, 0, 1, ACT_SEND);
	return n;
}

#endif
