/*
 * Property: for whatever calendar, limits and history the bytes give, the deadline is the
 * same with and without its trace, after the receipt, and no earlier for a later receipt
 * or another question; and the calendar's spans are whole.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/deadline.h"

enum { HEAD = 12, PAUSE_BYTES = 4, PAUSES_MAX = 6, WEEK_MAX = 4 };
#define HOUR_US (3600 * CLOCK_US_PER_S)

static void
hold(bool promise)
{
	if (!promise)
		abort();
}

/* Up to four intervals of the week, ascending and apart; at least one. */
static size_t
week_of(const uint8_t *p, struct calendar_hours *week)
{
	size_t n = 0;
	int day = 0;

	for (size_t i = 0; i < WEEK_MAX && day < 7; i++) {
		week[n].day = day;
		week[n].from_s = (p[i] >> 4) * 3600;
		week[n].to_s = week[n].from_s + ((p[i] & 7) + 1) * 3600;
		day += 1 + p[i] % 3;
		n++;
	}
	return n;
}

static int64_t
due(const struct policy *p, const struct casefile *c)
{
	return deadline_of(p, &p->classes[0], c, DEADLINE_DECIDE, NULL);
}

static void
hold_spans(const struct calendar *c, int64_t t_us)
{
	for (int i = 0; i < 20; i++) {
		struct span s = calendar_span(c, t_us);

		hold(s.from_us >= t_us && s.to_us > s.from_us);
		hold(calendar_works(c, calendar_day(c, s.from_us)));
		t_us = s.to_us;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct calendar_hours week[WEEK_MAX];
	struct casefile c = {.state = CASE_ACCEPTED, .accepted_us = 1}, d;
	struct policy p = {.name = "fuzz", .version = 1, .n_classes = 2};

	if (size < HEAD)
		return 0;
	const struct calendar_offset offsets[2] = {
		{INT64_MIN, (data[0] - 128) * 300},
		{(100 + data[1]) * 24 * HOUR_US, (data[2] - 128) * 300}};
	const int64_t holidays[2] = {100 + data[3] % 16, 120 + data[3] / 16};
	const struct calendar cal = {.code = "fuzz",
				     .offsets = offsets,
				     .n_offsets = 2,
				     .week = week,
				     .n_week = week_of(data + 4, week),
				     .holidays = holidays,
				     .n_holidays = 2};
	p.classes[0] =
		(struct policy_class){.code = "normal",
				      .accept_us = 1 + data[8] * HOUR_US,
				      .decide_us = 1 + data[8] * HOUR_US,
				      .minimum_us = data[9] % 8 * HOUR_US,
				      .calendar = (data[9] & 8) != 0 ? &cal : NULL};
	p.classes[1] = (struct policy_class){
		.code = "other", .accept_us = 1, .decide_us = 1 + data[10] * HOUR_US};
	p.pause =
		(struct policy_pause){true, (data[9] & 16) != 0, data[10] % 32 * HOUR_US};
	c.receipt_us = (100 * 24 + data[11]) * HOUR_US;
	data += HEAD;
	size -= HEAD;
	hold_spans(&cal, c.receipt_us);
	for (; size >= PAUSE_BYTES && c.n_pauses < PAUSES_MAX; size -= PAUSE_BYTES) {
		int64_t before = due(&p, &c);
		struct case_pause *q = &c.pauses[c.n_pauses];

		*q = (struct case_pause){.seq = c.n_pauses,
					 .impossible = (data[0] & 1) != 0,
					 .receipt_us = (100 * 24 + data[1] + data[0]) *
						       HOUR_US};
		q->answer_receipt_us =
			data[2] == 0 ? 0 : q->receipt_us + data[2] * HOUR_US / 4;
		q->answered = q->answer_receipt_us != 0;
		c.n_pauses++;
		data += PAUSE_BYTES;
		/* A pause that is proven takes nothing away. */
		if (c.n_pauses == 1)
			hold(due(&p, &c) >= before);
	}
	if (size > 0)
		c.transfers[c.n_transfers++] = (struct case_transfer){
			.to = data[0] & 1,
			.receipt_us = (100 * 24 + (int64_t)data[0] * 2) * HOUR_US};

	struct arena *a = arena_create();
	struct deadline_trace *t = ARENA_NEW(a, struct deadline_trace);
	int64_t at = due(&p, &c);

	t->a = a;
	hold(at > c.receipt_us);
	hold(deadline_of(&p, &p.classes[0], &c, DEADLINE_DECIDE, t) == at);
	hold(t->n >= 3 && t->steps[t->n - 1].at_us == at);
	d = c;
	d.receipt_us += HOUR_US;
	hold(due(&p, &d) >= at);
	arena_free(a);
	return 0;
}
