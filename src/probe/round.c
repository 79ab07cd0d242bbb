/* One round: what came is put where it belongs, until everybody has said all they will.
 */
#include "probe/round.h"

#include <stdlib.h>

#include "base/clock.h"
#include "probe/round_int.h"

enum {
	AGAIN_US = 2200000,   /* until a second look: a TTL falls by whole seconds */
	CONTROL_MUTE_MAX = 8, /* names in a row until a control counts as down */
	SWEEP_US = 200000,
};

void *
probe_zeroed(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size);

	if (p == NULL)
		abort();
	return p;
}

/* ---- judgement --------------------------------------------------------------------- */

static void
judge_ready(struct round *r, struct place *p)
{
	for (uint32_t i = 0; i < p->n_looks; i++)
		if (!p->looks[i].judged && (p->finished || look_done(p, i)) &&
		    control_ready(r, name_of(p, i)))
			probe_judge_look(r, p, i);
}

/* What waited for controls; not for each name that they answer. */
static void
sweep(struct round *r)
{
	int64_t now_us = clock_mono_us();

	if (r->controls_open != 0 && now_us - r->swept_us < SWEEP_US)
		return;
	r->swept_us = now_us;
	for (size_t i = 0; i < r->job->n_subjects; i++) {
		struct place *p = &r->places[i];
		if (p->looks == NULL)
			continue;
		judge_ready(r, p);
		if (r->controls_open == 0 && p->finished)
			probe_place_free(p);
	}
}

/* A control has said all that it will of the names from `from` up to `end`. */
static void
control_said(struct round *r, struct place *p, uint32_t from, uint32_t end)
{
	for (uint32_t i = from; i < end; i++) {
		if (p->looks[i].judged)
			continue;
		p->looks[i].judged = true; /* counted */
		if (--r->controls_left[i] == 0 && i < r->job->n_pages)
			r->pages_left--;
	}
}

void
probe_place_settle(struct round *r, struct place *p)
{
	bool done = p->down || (p->begun && p->at == p->n_looks && p->pending == 0);

	if (p->finished || !done)
		return;
	p->finished = true;
	if (p->subject == NULL) {
		control_said(r, p, 0, (uint32_t)p->n_looks);
		r->controls_open--;
		sweep(r);
		return;
	}
	judge_ready(r, p);
	if (r->controls_open == 0)
		probe_place_free(p);
}

/* ---- what came --------------------------------------------------------------------- */

/* Free by order and answered as blocked: is it a cache?  Then its TTL falls. */
static bool
wants_again(const struct round *r, const struct place *p, uint32_t at,
	    const struct probe_done *done)
{
	if (!p->subject->wants[at].expect_free || p->looks[at].again != NULL ||
	    done->answer == NULL ||
	    (p->subject->before != NULL && p->subject->before[at].ttl_s != 0))
		return false;
	if (done->got == PROBE_GOT_NXDOMAIN || done->got == PROBE_GOT_NODATA)
		return done->answer->soa;
	const struct probe_sight s = {.addresses = done->answer->addresses,
				      .n_addresses = done->answer->n_addresses};
	return done->got == PROBE_GOT_DATA && probe_is_blocked(r, &s);
}

/* A silence tells of the name only as long as the resolver is there: it must have
 * answered something since. */
static bool
wants_alive(const struct round *r, const struct place *p, const struct probe_done *done)
{
	int64_t last_us = done->sent_mono_us + (done->tries == 0 ? 0 : done->tries - 1) *
						       r->job->limits.timeout_us;

	return (done->got == PROBE_GOT_SILENCE || done->got == PROBE_GOT_BROKEN) &&
	       (r->job->never != NULL || p->subject->canary != NULL) &&
	       p->alive_us <= last_us;
}

static void
name_done(struct round *r, struct place *p, const struct probe_target *t,
	  enum probe_via via, uint32_t at, const struct probe_done *done)
{
	struct look *l = &p->looks[at];

	probe_seen_put(&l->seen[via], done);
	r->fresh = l->seen[via];
	r->fresh_answer = done->answer;
	if (done->got == PROBE_GOT_TRUNCATED && (t->via & 1U << PROBE_TCP) == 0)
		probe_extra_put(p, ASK_NAME, PROBE_TCP, at, 0);
	if (p->subject != NULL && via == probe_target_first(t) &&
	    wants_again(r, p, at, done))
		probe_extra_put(p, ASK_AGAIN, via, at, clock_mono_us() + AGAIN_US);
	if (p->subject != NULL && via == probe_target_first(t) && wants_alive(r, p, done))
		probe_extra_put(p, ASK_ALIVE, via, at, 0);
	if (p->subject == NULL) {
		p->mute = probe_seen_mute(l->seen[via]) ? p->mute + 1 : 0;
		p->answered |= probe_seen_answers(l->seen[via]);
		if (p->mute >= CONTROL_MUTE_MAX)
			p->at = (uint32_t)p->n_looks;
	}
}

static void
control_done(struct round *r, struct place *p, uint32_t at)
{
	if (!look_done(p, at))
		return;
	control_said(r, p, at, at + 1);
	sweep(r);
}

static void
self_done(struct place *p, enum probe_kind kind, const struct probe_done *done)
{
	probe_seen_put(kind == ASK_NEVER ? &p->never : &p->canary, done);
	if (p->subject == NULL)
		p->answered |= probe_seen_answers(p->never);
	else
		p->down = p->pending == 0 &&
			  p->canary_asked == (p->subject->canary != NULL) &&
			  probe_seen_mute(p->never) && probe_seen_mute(p->canary);
}

static void
on_done(void *arg, uint32_t target, const struct probe_ask *ask,
	const struct probe_done *done)
{
	struct round *r = arg;
	struct place *p = &r->places[target];
	struct probe_tag tag = probe_tag_of(ask);

	p->pending--;
	if (done->answer != NULL && done->sent_mono_us > p->alive_us)
		p->alive_us = done->sent_mono_us;
	if (tag.kind == ASK_NEVER || tag.kind == ASK_CANARY) {
		self_done(p, tag.kind, done);
		probe_place_settle(r, p);
		return;
	}
	struct look *l = &p->looks[tag.at];
	l->pending--;
	if (tag.kind == ASK_NAME)
		name_done(r, p, &r->targets[target], ask->via, tag.at, done);
	else if (tag.kind == ASK_ALIVE)
		l->gone = done->answer == NULL;
	else
		probe_seen_put(tag.kind == ASK_AGAIN ? &l->again : &l->sibling, done);
	/* At once, when nothing of it is to come any more. */
	if (p->subject == NULL)
		control_done(r, p, tag.at);
	else if (look_done(p, tag.at) && control_ready(r, name_of(p, tag.at)))
		probe_judge_look(r, p, tag.at);
	r->fresh = NULL; /* what was read lives as long as the call */
	probe_place_settle(r, p);
}

/* ---- the round --------------------------------------------------------------------- */

static void
places_make(struct round *r, struct arena *a)
{
	const struct probe_job *job = r->job;

	r->n_places = job->n_subjects + job->n_controls;
	r->reads = probe_zeroed(READ_COUNT, sizeof(*r->reads));
	r->targets = arena_alloc(a, r->n_places * sizeof(*r->targets));
	r->places = probe_zeroed(r->n_places, sizeof(*r->places));
	r->controls_open = job->n_controls;
	r->controls_left = probe_zeroed(job->n_names, sizeof(*r->controls_left));
	for (size_t i = 0; i < job->n_names; i++)
		r->controls_left[i] = (uint32_t)job->n_controls;
	r->pages_left = job->n_controls == 0 ? 0 : job->n_pages;
	for (; r->n_landing < job->n_landing; r->n_landing++)
		r->landing[r->n_landing] = job->landing[r->n_landing];
	for (size_t i = 0; i < r->n_places; i++) {
		struct place *p = &r->places[i];
		bool control = i >= job->n_subjects;
		p->subject = control ? NULL : &job->subjects[i];
		r->targets[i] =
			control ? job->controls[i - job->n_subjects] : p->subject->target;
		p->n_looks = control ? job->n_names : p->subject->n_wants;
		p->looks = probe_zeroed(p->n_looks, sizeof(*p->looks));
	}
}

static void
round_free(struct round *r)
{
	for (size_t i = 0; i < r->n_places; i++)
		probe_place_free(&r->places[i]);
	probe_engine_free(r->g);
	free(r->reads);
	free(r->places);
	free(r->controls_left);
	free(r->names);
	free(r->siblings);
	free(r->canaries);
}

static void
totals_make(struct round *r, int64_t begun_us)
{
	const struct probe_job *job = r->job;

	for (size_t i = 0; i < job->n_subjects; i++)
		r->totals.left += job->subjects[i].n_wants;
	r->totals.left -= r->totals.results;
	if (r->g != NULL)
		r->totals.questions = probe_engine_sent(r->g);
	for (size_t i = 0; r->places != NULL && i < job->n_controls; i++) {
		const struct place *p = &r->places[job->n_subjects + i];
		r->totals.control_asked[i] = p->never != NULL || p->at != 0;
		r->totals.control_answered[i] = p->answered;
	}
	r->totals.took_us = clock_mono_us() - begun_us;
}

enum rc
probe_round(const struct probe_job *job, probe_result_fn *fn, void *arg,
	    const atomic_bool *stop, struct probe_totals *ret, struct err *e)
{
	struct round r = {.job = job, .fn = fn, .arg = arg};
	const struct probe_work work = {&r, probe_ask_next, on_done};
	struct arena *a = arena_create();
	int64_t begun_us = clock_mono_us();
	enum rc rc = RC_OK;

	if (job->n_names > PROBE_NAMES_MAX + PROBE_LANDING_NAMES_MAX ||
	    job->n_landing > PROBE_LANDING_MAX ||
	    job->n_subjects + job->n_controls > PROBE_TARGETS_MAX)
		rc = err_set(e, RC_LIMIT, "at most %d names and %d resolvers in a round",
			     PROBE_NAMES_MAX, PROBE_TARGETS_MAX);
	if (rc == RC_OK)
		rc = probe_questions_make(&r, a, e);
	if (rc == RC_OK) {
		places_make(&r, a);
		rc = probe_engine_create(&job->limits, r.targets, r.n_places, &r.g, e);
	}
	if (rc == RC_OK && job->n_names != 0)
		rc = probe_engine_run(r.g, &work, stop, e);
	totals_make(&r, begun_us);
	if (ret != NULL)
		*ret = r.totals;
	round_free(&r);
	arena_free(a);
	return rc;
}
