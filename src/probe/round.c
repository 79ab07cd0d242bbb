#include "probe/round.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"

enum {
	AGAIN_US = 2200000,   /* until a second look: a TTL falls by whole seconds */
	CONTROL_MUTE_MAX = 8, /* names in a row until a control counts as down */
	LABEL_BYTES = 12,
	KIND_BITS = 8,
	VIA_BITS = 8,
};

enum kind { ASK_NEVER, ASK_CANARY, ASK_NAME, ASK_SIBLING, ASK_AGAIN };

/* A question to be put later than in turn. */
struct extra {
	struct extra *next;
	enum kind kind;
	enum probe_via via;
	uint32_t at;
	int64_t not_before_us;
};

/* One name at one resolver. */
struct look {
	struct probe_seen *seen[PROBE_VIA_COUNT], *again, *sibling;
	uint32_t pending;
	bool judged;
};

struct place {
	const struct probe_subject *subject; /* NULL: a control */
	size_t n_names;
	struct look *looks;
	struct probe_seen *never, *canary;
	bool begun, never_asked, canary_asked, down, finished;
	uint32_t at;   /* the next name in turn */
	unsigned step; /* of that name: a transport, then its sibling */
	uint32_t pending;
	uint32_t mute; /* names of a control in a row that got no answer */
	struct extra *extras;
	/* Of the resolver itself: read when the first of its names is judged. */
	struct probe_answer *kept;
	struct probe_sight never_sight, canary_sight;
};

/* Answers that are read again when they are judged; they hold the addresses. */
enum {
	READ_VIA, /* and those after it */
	READ_CONTROL = PROBE_VIA_COUNT,
	READ_SIBLING,
	READ_MORE,
	READ_COUNT
};
enum { KEPT_NEVER, KEPT_CANARY, KEPT_COUNT };

struct round {
	const struct probe_job *job;
	struct probe_engine *g;
	struct probe_target *targets; /* subjects, then controls */
	struct place *places;
	size_t n_places;
	struct probe_question *names, *siblings, *canaries;
	struct probe_question never;
	size_t controls_open;
	struct probe_answer *reads; /* READ_COUNT, for one judgement at a time */
	probe_result_fn *fn;
	void *arg;
	struct probe_totals totals;
};

static void *
zeroed(size_t n, size_t size)
{
	void *p = calloc(n == 0 ? 1 : n, size);

	if (p == NULL)
		abort();
	return p;
}

static uint32_t
name_of(const struct place *p, uint32_t at)
{
	return p->subject == NULL || p->subject->names == NULL ? at
							       : p->subject->names[at];
}

/* ---- what is asked ----------------------------------------------------------------- */

/* A name that nobody asked for before. */
static const char *
random_below(struct arena *a, const char *name)
{
	char id[UUID_TEXT_LEN + 1];

	uuid7_make(clock_now_us(), id);
	return arena_printf(a, "s%s.%s", id + UUID_TEXT_LEN - LABEL_BYTES, name);
}

static void settle(struct round *r, struct place *p);

static int
by_owner(const void *x, const void *y)
{
	return strcmp(*(const char *const *)x, *(const char *const *)y);
}

/* A name whose wildcard is in the zone, too, has no sibling that should be free. */
static void
siblings_drop(struct round *r, struct arena *a)
{
	const struct probe_job *job = r->job;
	const char **owners = arena_array(a, job->n_names + 1, sizeof(*owners));

	for (size_t i = 0; i < job->n_names; i++)
		owners[i] = job->names[i].owner;
	qsort(owners, job->n_names, sizeof(*owners), by_owner);
	for (size_t i = 0; i < job->n_names; i++) {
		const char *covering = arena_printf(a, "*.%s", job->names[i].owner);
		if (bsearch(&covering, owners, job->n_names, sizeof(*owners), by_owner) !=
		    NULL)
			r->siblings[i].name_len = 0;
	}
}

static enum rc
questions_make(struct round *r, struct arena *a, struct err *e)
{
	const struct probe_job *job = r->job;
	enum rc rc = RC_OK;

	r->names = zeroed(job->n_names, sizeof(*r->names));
	r->siblings = zeroed(job->n_names, sizeof(*r->siblings));
	r->canaries = zeroed(job->n_subjects, sizeof(*r->canaries));
	for (size_t i = 0; rc == RC_OK && i < job->n_names; i++) {
		const char *owner = job->names[i].owner;
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
	if (rc == RC_OK)
		siblings_drop(r, a);
	return rc;
}

static void
ask_is(struct probe_ask *ret, enum kind kind, enum probe_via via,
       const struct probe_question *q, uint32_t at)
{
	*ret = (struct probe_ask){
		.via = via,
		.question = q,
		.tag = (void *)((uintptr_t)at << (KIND_BITS + VIA_BITS) |
				(uintptr_t)via << KIND_BITS | (uintptr_t)kind),
	};
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
		ask_is(ret, due->kind, due->via, &r->names[name_of(p, due->at)], due->at);
		free(due);
		return true;
	}
	return false;
}

static bool
ask_counted(struct place *p, uint32_t at)
{
	p->looks[at].pending++;
	p->pending++;
	return true;
}

static void
extra_put(struct place *p, enum kind kind, enum probe_via via, uint32_t at,
	  int64_t not_before_us)
{
	struct extra *x = zeroed(1, sizeof(*x));

	*x = (struct extra){.next = p->extras,
			    .kind = kind,
			    .via = via,
			    .at = at,
			    .not_before_us = not_before_us};
	p->extras = x;
	(void)ask_counted(p, at);
}

/* The next transport of the name in turn, then its sibling, then the next name. */
static bool
turn_next(struct round *r, struct place *p, const struct probe_target *t,
	  struct probe_ask *ret)
{
	while (p->at < p->n_names) {
		uint32_t at = p->at, name = name_of(p, at);
		unsigned step = p->step++;
		if (step == PROBE_VIA_COUNT) {
			p->step = 0;
			p->at++;
			if (p->subject == NULL || !r->job->siblings ||
			    r->siblings[name].name_len == 0)
				continue;
			ask_is(ret, ASK_SIBLING, probe_target_first(t),
			       &r->siblings[name], at);
			return ask_counted(p, at);
		}
		if ((t->via & 1U << step) == 0)
			continue;
		ask_is(ret, ASK_NAME, (enum probe_via)step, &r->names[name], at);
		return ask_counted(p, at);
	}
	return false;
}

static bool
on_next(void *arg, uint32_t target, int64_t now_us, struct probe_ask *ret,
	int64_t *again_us)
{
	struct round *r = arg;
	struct place *p = &r->places[target];
	const struct probe_target *t = &r->targets[target];

	if (p->finished)
		return false;
	if (p->subject != NULL && !p->never_asked && r->job->never != NULL) {
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
	if (!p->begun && p->pending != 0)
		return false; /* whether it lives at all comes first */
	p->begun = true;
	if (extra_next(r, p, now_us, ret, again_us) || turn_next(r, p, t, ret))
		return true;
	settle(r, p); /* nothing may be under way any more */
	return false;
}

/* ---- what came --------------------------------------------------------------------- */

static void
seen_free(struct probe_seen *s)
{
	if (s == NULL)
		return;
	free(s->wire);
	free(s);
}

static void
seen_put(struct probe_seen **into, const struct probe_done *done)
{
	struct probe_seen *s = zeroed(1, sizeof(*s));

	*s = (struct probe_seen){.got = done->got,
				 .forged = done->forged,
				 .len = done->len,
				 .sent_us = done->sent_us,
				 .sent_mono_us = done->sent_mono_us,
				 .rtt_us = done->rtt_us,
				 .tries = done->tries,
				 .why = done->why};
	if (done->tls != NULL)
		s->tls = *done->tls;
	if (done->wire != NULL) {
		s->wire = zeroed(1, done->len);
		memcpy(s->wire, done->wire, done->len);
	}
	seen_free(*into);
	*into = s;
}

static bool
seen_mute(const struct probe_seen *s)
{
	return s == NULL || s->got == PROBE_GOT_SILENCE || s->got == PROBE_GOT_BROKEN;
}

static bool
seen_answers(const struct probe_seen *s)
{
	return s != NULL && (s->got == PROBE_GOT_DATA || s->got == PROBE_GOT_NODATA ||
			     s->got == PROBE_GOT_NXDOMAIN);
}

static bool
sight_read(const struct round *r, const struct probe_question *q,
	   const struct probe_seen *s, struct probe_answer *keep, struct probe_sight *ret)
{
	*ret = (struct probe_sight){.got = s == NULL ? PROBE_GOT_UNASKED : s->got};
	if (s == NULL)
		return false;
	ret->forged = s->forged;
	if (s->wire == NULL || probe_answer_read(q, s->wire, s->len, keep, NULL) != RC_OK)
		return false;
	ret->impossible = keep->impossible;
	ret->ttl_s = keep->ttl_s;
	ret->addresses = keep->addresses;
	ret->n_addresses = keep->n_addresses;
	ret->data = keep->data;
	for (size_t i = 0; keep->soa && i < r->job->n_zones; i++)
		ret->policy_soa |= strcmp(keep->soa_owner, r->job->zones[i]) == 0;
	return true;
}

/* What counts of a look: what came by TCP where UDP said so. */
static const struct probe_seen *
seen_best(const struct look *l)
{
	const struct probe_seen *best = NULL;

	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++)
		if (l->seen[v] != NULL && (best == NULL || seen_answers(l->seen[v])))
			best = l->seen[v];
	return best;
}

/* The first control that answered, and the addresses of the others with it. */
static void
control_read(const struct round *r, uint32_t name, struct probe_answer *keep,
	     struct probe_answer *more, struct probe_sight *ret, struct probe_result *out)
{
	struct probe_sight s;

	*ret = (struct probe_sight){.got = PROBE_GOT_UNASKED};
	for (size_t i = 0; i < r->job->n_controls; i++) {
		const struct look *l = &r->places[r->job->n_subjects + i].looks[name];
		const struct probe_seen *seen = seen_best(l);
		if (seen == NULL)
			continue;
		if (!seen_answers(out->control)) {
			(void)sight_read(r, &r->names[name], seen, keep, ret);
			ret->by_tcp = l->seen[PROBE_UDP] != NULL &&
				      l->seen[PROBE_UDP]->got == PROBE_GOT_TRUNCATED;
			out->control = seen;
			out->control_text = r->job->controls[i].text;
			continue;
		}
		if (!sight_read(r, &r->names[name], seen, more, &s) ||
		    ret->got != PROBE_GOT_DATA || s.got != PROBE_GOT_DATA)
			continue;
		for (size_t k = 0;
		     k < s.n_addresses && keep->n_addresses < PROBE_ADDRESSES_MAX; k++)
			keep->addresses[keep->n_addresses++] = s.addresses[k];
		ret->n_addresses = keep->n_addresses;
	}
}

static bool
blocked_below(const struct round *r, const struct probe_sight *s)
{
	if (s->policy_soa)
		return true;
	for (size_t i = 0; i < s->n_addresses; i++)
		for (size_t k = 0; k < r->job->n_landing; k++)
			if (memcmp(s->addresses[i].b, r->job->landing[k].b,
				   sizeof(s->addresses[i].b)) == 0)
				return true;
	return false;
}

/* The TTL that the answer had before, from the round before or the first of two looks. */
static void
before_read(const struct round *r, const struct place *p, uint32_t at,
	    enum probe_via first, struct probe_facts *f)
{
	const struct look *l = &p->looks[at];
	const struct probe_before *b =
		p->subject->before == NULL ? NULL : &p->subject->before[at];
	struct probe_answer answer;
	struct probe_sight s;

	if (l->again != NULL && l->seen[first] != NULL) {
		(void)sight_read(r, &r->names[name_of(p, at)], l->seen[first], &answer,
				 &s);
		f->ttl_before_s = s.ttl_s;
		f->ttl_before_ago_us =
			l->again->sent_mono_us - l->seen[first]->sent_mono_us;
	} else if (b != NULL && b->ttl_s != 0 && l->seen[first] != NULL) {
		f->ttl_before_s = b->ttl_s;
		f->ttl_before_ago_us = l->seen[first]->sent_us - b->at_us;
	}
}

static void
look_free(struct look *l)
{
	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++) {
		seen_free(l->seen[v]);
		l->seen[v] = NULL;
	}
	seen_free(l->again);
	seen_free(l->sibling);
	l->again = l->sibling = NULL;
}

static void
looks_free(struct place *p)
{
	for (size_t i = 0; p->looks != NULL && i < p->n_names; i++)
		look_free(&p->looks[i]);
	free(p->looks);
	p->looks = NULL;
	seen_free(p->never);
	seen_free(p->canary);
	p->never = p->canary = NULL;
	free(p->kept);
	p->kept = NULL;
}

/* What the resolver says of itself is read once. */
static void
kept_read(const struct round *r, struct place *p)
{
	if (p->kept != NULL)
		return;
	p->kept = zeroed(KEPT_COUNT, sizeof(*p->kept));
	(void)sight_read(r, &r->never, p->never, &p->kept[KEPT_NEVER], &p->never_sight);
	(void)sight_read(r, &r->canaries[p - r->places], p->canary, &p->kept[KEPT_CANARY],
			 &p->canary_sight);
}

static void
judge(struct round *r, struct place *p, uint32_t at)
{
	const struct probe_job *job = r->job;
	struct probe_answer *reads = r->reads;
	struct look *l = &p->looks[at];
	uint32_t name = name_of(p, at);
	enum probe_via first = probe_target_first(&p->subject->target);
	struct probe_facts f = {.expect_free = job->names[name].expect_free,
				.serial = job->names[name].serial,
				.landing = job->landing,
				.n_landing = job->n_landing};
	struct probe_result out = {.job = job,
				   .subject = p->subject,
				   .name = &job->names[name],
				   .at = at,
				   .question = &r->names[name],
				   .again = l->again,
				   .sibling = l->sibling,
				   .never = p->never,
				   .canary = p->canary,
				   .never_question = &r->never,
				   .sibling_question = &r->siblings[name],
				   .canary_question = &r->canaries[p - r->places]};

	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++) {
		const struct probe_seen *s =
			v == first && l->again != NULL && seen_answers(l->again)
				? l->again
				: l->seen[v];
		out.seen[v] = l->seen[v];
		(void)sight_read(r, &r->names[name], s, &reads[v], &f.here[v]);
		if (seen_answers(s) || out.at_us == 0)
			out.ttl_s = f.here[v].ttl_s;
		if (s != NULL)
			out.at_us = s->sent_us;
	}
	if (p->down) {
		f.here[first].got = PROBE_GOT_SILENCE;
		out.at_us = clock_now_us();
	}
	f.tries = l->seen[PROBE_UDP] == NULL ? 0 : l->seen[PROBE_UDP]->tries;
	control_read(r, name, &reads[READ_CONTROL], &reads[READ_MORE], &f.control, &out);
	kept_read(r, p);
	f.never = p->never_sight;
	f.canary = p->canary_sight;
	f.canary_serial = p->kept[KEPT_CANARY].txt_serial;
	(void)sight_read(r, &r->siblings[name], l->sibling, &reads[READ_SIBLING],
			 &f.sibling);
	before_read(r, p, at, first, &f);
	out.canary_serial = f.canary_serial;
	out.beyond = blocked_below(r, &f.sibling);
	out.verdict = probe_judge(&f, &out.why);
	r->totals.results++;
	r->fn(r->arg, &out);
	l->judged = true;
	look_free(l);
}

static void
judge_all(struct round *r, struct place *p)
{
	for (uint32_t i = 0; i < p->n_names; i++)
		if (!p->looks[i].judged)
			judge(r, p, i);
	looks_free(p);
}

/* A resolver is judged when it and all controls are done. */
static void
settle(struct round *r, struct place *p)
{
	bool done = p->down || (p->begun && p->at == p->n_names && p->pending == 0);

	if (p->finished || !done)
		return;
	p->finished = true;
	if (p->subject != NULL) {
		if (r->controls_open == 0)
			judge_all(r, p);
		return;
	}
	r->controls_open--;
	for (size_t i = 0; r->controls_open == 0 && i < r->job->n_subjects; i++)
		if (r->places[i].finished)
			judge_all(r, &r->places[i]);
}

/* Free by order and answered as blocked: is it a cache?  Then its TTL falls. */
static bool
wants_again(const struct round *r, const struct place *p, uint32_t at,
	    const struct probe_done *done)
{
	const struct probe_name *n = &r->job->names[name_of(p, at)];

	if (!n->expect_free || p->looks[at].again != NULL || done->answer == NULL ||
	    (p->subject->before != NULL && p->subject->before[at].ttl_s != 0))
		return false;
	if (done->got == PROBE_GOT_NXDOMAIN || done->got == PROBE_GOT_NODATA)
		return done->answer->soa;
	const struct probe_sight s = {.addresses = done->answer->addresses,
				      .n_addresses = done->answer->n_addresses};
	return done->got == PROBE_GOT_DATA && blocked_below(r, &s);
}

static void
name_done(struct round *r, struct place *p, const struct probe_target *t,
	  enum probe_via via, uint32_t at, const struct probe_done *done)
{
	struct look *l = &p->looks[at];

	seen_put(&l->seen[via], done);
	if (done->got == PROBE_GOT_TRUNCATED && (t->via & 1U << PROBE_TCP) == 0)
		extra_put(p, ASK_NAME, PROBE_TCP, at, 0);
	if (p->subject != NULL && via == probe_target_first(t) &&
	    wants_again(r, p, at, done))
		extra_put(p, ASK_AGAIN, via, at, clock_mono_us() + AGAIN_US);
	if (p->subject == NULL) {
		p->mute = seen_mute(l->seen[via]) ? p->mute + 1 : 0;
		if (p->mute >= CONTROL_MUTE_MAX)
			p->at = (uint32_t)p->n_names;
	}
}

static void
on_done(void *arg, uint32_t target, const struct probe_ask *ask,
	const struct probe_done *done)
{
	struct round *r = arg;
	struct place *p = &r->places[target];
	uintptr_t tag = (uintptr_t)ask->tag;
	enum kind kind = (enum kind)(tag & ((1U << KIND_BITS) - 1));
	uint32_t at = (uint32_t)(tag >> (KIND_BITS + VIA_BITS));

	p->pending--;
	if (kind == ASK_NEVER || kind == ASK_CANARY) {
		seen_put(kind == ASK_NEVER ? &p->never : &p->canary, done);
		p->down = p->pending == 0 &&
			  p->canary_asked == (p->subject->canary != NULL) &&
			  seen_mute(p->never) && seen_mute(p->canary);
	} else {
		p->looks[at].pending--;
		if (kind == ASK_NAME)
			name_done(r, p, &r->targets[target], ask->via, at, done);
		else
			seen_put(kind == ASK_AGAIN ? &p->looks[at].again
						   : &p->looks[at].sibling,
				 done);
		/* At once, when nothing of it is to come any more. */
		if (p->subject != NULL && r->controls_open == 0 && at < p->at &&
		    p->looks[at].pending == 0)
			judge(r, p, at);
	}
	settle(r, p);
}

/* ---- the round --------------------------------------------------------------------- */

static void
places_make(struct round *r)
{
	const struct probe_job *job = r->job;

	r->n_places = job->n_subjects + job->n_controls;
	r->reads = zeroed(READ_COUNT, sizeof(*r->reads));
	r->targets = zeroed(r->n_places, sizeof(*r->targets));
	r->places = zeroed(r->n_places, sizeof(*r->places));
	r->controls_open = job->n_controls;
	for (size_t i = 0; i < r->n_places; i++) {
		struct place *p = &r->places[i];
		bool control = i >= job->n_subjects;
		p->subject = control ? NULL : &job->subjects[i];
		r->targets[i] =
			control ? job->controls[i - job->n_subjects] : p->subject->target;
		p->n_names = control || p->subject->names == NULL ? job->n_names
								  : p->subject->n_names;
		p->looks = zeroed(p->n_names, sizeof(*p->looks));
	}
}

static void
round_free(struct round *r)
{
	for (size_t i = 0; i < r->n_places; i++) {
		struct place *p = &r->places[i];
		looks_free(p);
		while (p->extras != NULL) {
			struct extra *x = p->extras;
			p->extras = x->next;
			free(x);
		}
	}
	probe_engine_free(r->g);
	free(r->reads);
	free(r->places);
	free(r->targets);
	free(r->names);
	free(r->siblings);
	free(r->canaries);
}

enum rc
probe_round(const struct probe_job *job, probe_result_fn *fn, void *arg,
	    const atomic_bool *stop, struct probe_totals *ret, struct err *e)
{
	struct round r = {.job = job, .fn = fn, .arg = arg};
	const struct probe_work work = {&r, on_next, on_done};
	struct arena *a = arena_create();
	int64_t begun_us = clock_mono_us();
	enum rc rc = RC_OK;

	if (job->n_names > PROBE_NAMES_MAX ||
	    job->n_subjects + job->n_controls > PROBE_TARGETS_MAX)
		rc = err_set(e, RC_LIMIT, "at most %d names and %d resolvers in a round",
			     PROBE_NAMES_MAX, PROBE_TARGETS_MAX);
	if (rc == RC_OK)
		rc = questions_make(&r, a, e);
	if (rc == RC_OK) {
		places_make(&r);
		rc = probe_engine_create(&job->limits, r.targets, r.n_places, &r.g, e);
	}
	if (rc == RC_OK && job->n_names != 0)
		rc = probe_engine_run(r.g, &work, stop, e);
	if (r.g != NULL)
		r.totals.questions = probe_engine_sent(r.g);
	r.totals.took_us = clock_mono_us() - begun_us;
	if (ret != NULL)
		*ret = r.totals;
	round_free(&r);
	arena_free(a);
	return rc;
}
