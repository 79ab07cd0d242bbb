/* Which question a resolver is asked next. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "probe/round_int.h"

enum {
	LABEL_BYTES = 12,
	KIND_BITS = 8,
	VIA_BITS = 8,
};

/* ---- questions --------------------------------------------------------------------- */

/* A name that nobody asked for before. */
static const char *
random_below(struct arena *a, const char *name)
{
	char id[UUID_TEXT_LEN + 1];

	uuid7_make(clock_now_us(), id);
	return arena_printf(a, "s%s.%s", id + UUID_TEXT_LEN - LABEL_BYTES, name);
}

static int
by_owner(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void
probe_wants_cover(struct arena *a, const char *const *names, struct probe_want *wants,
		  size_t n)
{
	const char **owners = arena_array(a, n + 1, sizeof(*owners));

	for (size_t i = 0; i < n; i++)
		owners[i] = names[wants[i].name];
	qsort(owners, n, sizeof(*owners), by_owner);
	for (size_t i = 0; i < n; i++) {
		const char *above = arena_printf(a, "*.%s", names[wants[i].name]);
		wants[i].covers =
			bsearch(&above, owners, n, sizeof(*owners), by_owner) != NULL;
	}
}

enum rc
probe_questions_make(struct round *r, struct arena *a, struct err *e)
{
	const struct probe_job *job = r->job;
	enum rc rc = RC_OK;

	r->names = probe_zeroed(job->n_names, sizeof(*r->names));
	r->siblings = probe_zeroed(job->n_names, sizeof(*r->siblings));
	r->canaries = probe_zeroed(job->n_subjects, sizeof(*r->canaries));
	for (size_t i = 0; rc == RC_OK && i < job->n_names; i++) {
		const char *owner = job->names[i];
		const struct probe_stead *in =
			job->steads == NULL ? NULL : &job->steads[i];
		if (in != NULL && in->serial_only)
			continue; /* an empty question is not put */
		if (in != NULL && in->name != NULL) {
			rc = probe_question_make(in->name, in->type, &r->names[i], e);
			continue;
		}
		bool wildcard = strncmp(owner, "*.", 2) == 0;
		const char *below = random_below(a, wildcard ? owner + 2 : owner);
		rc = probe_question_make(wildcard ? below : owner, job->type,
					 &r->names[i], e);
		/* The longest names have none below. */
		if (rc == RC_OK && !wildcard &&
		    probe_question_make(below, job->type, &r->siblings[i], NULL) != RC_OK)
			r->siblings[i].name_len = 0;
	}
	for (size_t i = 0; rc == RC_OK && i < job->n_subjects; i++)
		if (job->subjects[i].canary != NULL)
			rc = probe_question_make(job->subjects[i].canary, KNOT_RRTYPE_TXT,
						 &r->canaries[i], e);
	if (rc == RC_OK && job->never != NULL)
		rc = probe_question_make(job->never, KNOT_RRTYPE_A, &r->never, e);
	return rc;
}

/* ---- turns ------------------------------------------------------------------------- */

static void
ask_is(struct probe_ask *ret, enum probe_kind kind, enum probe_via via,
       const struct probe_question *q, uint32_t at)
{
	*ret = (struct probe_ask){
		.via = via,
		.question = q,
		.tag = (void *)((uintptr_t)at << (KIND_BITS + VIA_BITS) |
				(uintptr_t)via << KIND_BITS | (uintptr_t)kind),
	};
}

struct probe_tag
probe_tag_of(const struct probe_ask *ask)
{
	uintptr_t tag = (uintptr_t)ask->tag;

	return (struct probe_tag){(enum probe_kind)(tag & ((1U << KIND_BITS) - 1)),
				  (uint32_t)(tag >> (KIND_BITS + VIA_BITS))};
}

static void
ask_counted(struct place *p, uint32_t at)
{
	p->looks[at].pending++;
	p->pending++;
}

void
probe_extra_put(struct place *p, enum probe_kind kind, enum probe_via via, uint32_t at,
		int64_t not_before_us)
{
	struct extra *x = probe_zeroed(1, sizeof(*x));

	*x = (struct extra){.next = p->extras,
			    .kind = kind,
			    .via = via,
			    .at = at,
			    .not_before_us = not_before_us};
	p->extras = x;
	ask_counted(p, at);
}

static bool
extra_next(struct round *r, struct place *p, int64_t now_us, struct probe_ask *ret,
	   int64_t *again_us)
{
	for (struct extra **x = &p->extras; *x != NULL; x = &(*x)->next) {
		struct extra *due = *x;
		if (due->not_before_us > now_us) {
			if (due->not_before_us < *again_us)
				*again_us = due->not_before_us;
			continue;
		}
		*x = due->next;
		ask_is(ret, due->kind, due->via,
		       due->kind != ASK_ALIVE  ? &r->names[name_of(p, due->at)]
		       : r->job->never != NULL ? &r->never
					       : &r->canaries[p - r->places],
		       due->at);
		free(due);
		return true;
	}
	return false;
}

static bool
has_sibling(const struct round *r, const struct place *p, uint32_t at)
{
	return p->subject != NULL && r->job->siblings && !p->subject->wants[at].covers &&
	       r->siblings[name_of(p, at)].name_len != 0;
}

/* Not, when the canary alone tells of the row. */
static bool
is_asked(const struct round *r, const struct place *p, uint32_t at)
{
	return r->names[name_of(p, at)].name_len != 0;
}

/* To the next step at which something is asked: a transport of the name in turn, then its
 * sibling, then the next name.  A name of which all was asked is past at once. */
static bool
turn_seek(const struct round *r, struct place *p, const struct probe_target *t)
{
	for (; p->at < p->n_looks; p->at++, p->step = 0)
		for (p->step = is_asked(r, p, p->at) ? p->step : PROBE_VIA_COUNT + 1;
		     p->step <= PROBE_VIA_COUNT; p->step++)
			if (p->step == PROBE_VIA_COUNT ? has_sibling(r, p, p->at)
						       : (t->via & 1U << p->step) != 0)
				return true;
	return false;
}

static bool
turn_next(const struct round *r, struct place *p, const struct probe_target *t,
	  struct probe_ask *ret)
{
	if (!turn_seek(r, p, t))
		return false;
	uint32_t at = p->at;
	if (p->step == PROBE_VIA_COUNT)
		ask_is(ret, ASK_SIBLING, probe_target_first(t),
		       &r->siblings[name_of(p, at)], at);
	else
		ask_is(ret, ASK_NAME, (enum probe_via)p->step, &r->names[name_of(p, at)],
		       at);
	p->step++;
	ask_counted(p, at);
	(void)turn_seek(r, p, t);
	return true;
}

bool
probe_ask_next(void *arg, uint32_t target, int64_t now_us, struct probe_ask *ret,
	       int64_t *again_us)
{
	struct round *r = arg;
	struct place *p = &r->places[target];
	const struct probe_target *t = &r->targets[target];

	if (p->finished || p->n_looks == 0)
		return false;
	if (!p->never_asked && r->job->never != NULL) {
		p->never_asked = true;
		p->pending++;
		ask_is(ret, ASK_NEVER, probe_target_first(t), &r->never, 0);
		return true;
	}
	if (p->subject != NULL && !p->canary_asked && p->subject->canary != NULL) {
		p->canary_asked = true;
		p->pending++;
		ask_is(ret, ASK_CANARY, probe_target_first(t), &r->canaries[target], 0);
		return true;
	}
	if (p->subject != NULL && !p->begun && p->pending != 0)
		return false; /* whether it lives at all comes first */
	p->begun = true;
	if (extra_next(r, p, now_us, ret, again_us) || turn_next(r, p, t, ret))
		return true;
	probe_place_settle(r, p); /* nothing may be under way any more */
	return false;
}
