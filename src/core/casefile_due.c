/*
 * The clocks of a case and what an order may cite, read off its fold.
 */
#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "core/deadline.h"

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
		/* Its author's clock alone does not say so: the receipt does. */
		if (r->receipt_us != 0 && add_us(r->receipt_us, CASE_SKEW_US) < from_us)
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
	int64_t accept_us, decide_us, from_us;

	memset(ret, 0, sizeof(*ret));
	ret->step = -1;
	if (c->receipt_us == 0)
		return;
	accept_us = deadline_of(p, cls, c, DEADLINE_ACCEPT, NULL);
	decide_us = deadline_of(p, cls, c, DEADLINE_DECIDE, NULL);
	if (c->state == CASE_RECEIVED)
		ret->accept_us = accept_us;
	if ((c->state == CASE_RECEIVED || c->state == CASE_ACCEPTED) && open_items > 0)
		ret->decide_us = decide_us;
	ret->first_us = earlier_owed(ret->accept_us, ret->decide_us);
	if (ret->first_us != 0)
		deadline_paused(p, c, ret->first_us, &ret->paused_us,
				&ret->paused_until_us);

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

	if (p->test)
		return err_rule(e, RC_DENIED, "protocol 13",
				"it is a TEST, under the policy %s: no order ever rests "
				"on it",
				p->name);
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
