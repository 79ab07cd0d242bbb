/* What came is read again, and judged. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "probe/round_int.h"

enum { KEPT_NEVER, KEPT_CANARY, KEPT_COUNT };

/* ---- what came --------------------------------------------------------------------- */

void
probe_seen_put(struct probe_seen **into, const struct probe_done *done)
{
	/* With its wire behind it. */
	struct probe_seen *s = malloc(sizeof(*s) + done->len);

	if (s == NULL)
		abort();
	*s = (struct probe_seen){.got = done->got,
				 .forged = done->forged,
				 .sent_us = done->sent_us,
				 .sent_mono_us = done->sent_mono_us,
				 .rtt_us = done->rtt_us,
				 .tries = done->tries,
				 .why = done->why};
	if (done->tls != NULL)
		s->tls = *done->tls;
	if (done->wire != NULL) {
		s->wire = (uint8_t *)(s + 1);
		s->len = done->len;
		memcpy(s->wire, done->wire, done->len);
	}
	free(*into);
	*into = s;
}

bool
probe_seen_mute(const struct probe_seen *s)
{
	return s == NULL || s->got == PROBE_GOT_SILENCE || s->got == PROBE_GOT_BROKEN;
}

bool
probe_seen_answers(const struct probe_seen *s)
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
	const struct probe_answer *a = s == r->fresh ? r->fresh_answer : keep;
	if (s->wire == NULL ||
	    (a == keep && probe_answer_read(q, s->wire, s->len, keep, NULL) != RC_OK))
		return false;
	ret->impossible = a->impossible;
	ret->ttl_s = a->ttl_s;
	ret->addresses = a->addresses;
	ret->n_addresses = a->n_addresses;
	ret->data = a->data;
	for (size_t i = 0; a->soa && i < r->job->n_zones; i++)
		ret->policy_soa |= strcmp(a->soa_owner, r->job->zones[i]) == 0;
	return true;
}

/* What counts of a look: what came by TCP where UDP said so. */
static const struct probe_seen *
seen_best(const struct look *l)
{
	const struct probe_seen *best = NULL;

	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++)
		if (l->seen[v] != NULL &&
		    (best == NULL || probe_seen_answers(l->seen[v])))
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
		if (!probe_seen_answers(out->control)) {
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

bool
probe_is_blocked(const struct round *r, const struct probe_sight *s)
{
	if (s->policy_soa)
		return true;
	for (size_t i = 0; i < s->n_addresses; i++)
		for (size_t k = 0; k < r->n_landing; k++)
			if (memcmp(s->addresses[i].b, r->landing[k].b,
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
		free(l->seen[v]);
		l->seen[v] = NULL;
	}
	free(l->again);
	free(l->sibling);
	l->again = l->sibling = NULL;
}

void
probe_place_free(struct place *p)
{
	for (size_t i = 0; p->looks != NULL && i < p->n_looks; i++)
		look_free(&p->looks[i]);
	free(p->looks);
	p->looks = NULL;
	free(p->never);
	free(p->canary);
	p->never = p->canary = NULL;
	free(p->kept);
	p->kept = NULL;
	while (p->extras != NULL) {
		struct extra *x = p->extras;
		p->extras = x->next;
		free(x);
	}
}

/* What the resolver says of itself is read once. */
static void
kept_read(const struct round *r, struct place *p)
{
	if (p->kept != NULL)
		return;
	p->kept = probe_zeroed(KEPT_COUNT, sizeof(*p->kept));
	(void)sight_read(r, &r->never, p->never, &p->kept[KEPT_NEVER], &p->never_sight);
	(void)sight_read(r, &r->canaries[p - r->places], p->canary, &p->kept[KEPT_CANARY],
			 &p->canary_sight);
}

/* Where the pages lie, as every control says. */
static void
pages_read(struct round *r)
{
	const struct probe_job *job = r->job;
	struct probe_answer *keep = &r->reads[READ_MORE];
	struct probe_sight s;

	r->pages_read = true;
	for (size_t c = 0; c < job->n_controls; c++)
		for (uint32_t i = 0; i < job->n_pages; i++) {
			const struct probe_seen *seen =
				seen_best(&r->places[job->n_subjects + c].looks[i]);
			if (seen == NULL || !sight_read(r, &r->names[i], seen, keep, &s))
				continue;
			for (size_t k = 0;
			     k < s.n_addresses && r->n_landing < PROBE_LANDING_MAX; k++)
				r->landing[r->n_landing++] = s.addresses[k];
		}
}

static bool
lies_in(const struct probe_sight *s, const struct ipnet *net)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	for (size_t i = 0; i < s->n_addresses; i++) {
		const uint8_t *b = s->addresses[i].b;
		struct ipnet one = {.v6 = memcmp(b, mapped, sizeof(mapped)) != 0};
		one.prefix = ipnet_bits(&one);
		memcpy(one.b, one.v6 ? b : b + sizeof(mapped), (size_t)one.prefix / 8);
		if (one.v6 == net->v6 && ipnet_has(net, &one))
			return true;
	}
	return false;
}

static bool
by_our_zone(const struct probe_facts *f)
{
	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++)
		if (f->here[v].policy_soa)
			return true;
	return false;
}

/* An address is judged by the name that is answered by it: while the control shows that
 * it is, or our zone's own SOA that it was here.  Where the name tells nothing, the
 * canary does what it can. */
static enum probe_verdict
judge(const struct probe_stead *in, const struct probe_facts *f, const char **why)
{
	if (in != NULL && in->serial_only)
		return probe_judge_serial(f, why);
	enum probe_verdict v = probe_judge(f, why);
	if (in == NULL || in->name == NULL || v == PROBE_TAMPERED)
		return v;
	enum probe_means means = probe_verdict_means(v);
	bool shown = lies_in(&f->control, &in->net) ||
		     (means == PROBE_MEANS_BLOCKED && by_our_zone(f));
	return shown && means != PROBE_MEANS_UNKNOWN ? v : probe_judge_serial(f, why);
}

void
probe_judge_look(struct round *r, struct place *p, uint32_t at)
{
	const struct probe_job *job = r->job;
	struct probe_answer *reads = r->reads;
	struct look *l = &p->looks[at];
	uint32_t name = name_of(p, at);
	enum probe_via first = probe_target_first(&p->subject->target);

	if (!r->pages_read)
		pages_read(r);
	const struct probe_want *want = &p->subject->wants[at];
	const struct probe_stead *in = job->steads == NULL ? NULL : &job->steads[name];
	bool serial_only = in != NULL && in->serial_only;
	struct probe_facts f = {.expect_free = want->expect_free,
				.serial = want->serial,
				.landing = r->landing,
				.n_landing = r->n_landing};
	struct probe_result out = {.job = job,
				   .subject = p->subject,
				   .want = want,
				   .owner = job->names[name],
				   .at = at,
				   .question = serial_only ? &r->canaries[p - r->places]
							   : &r->names[name],
				   .serial_only = serial_only,
				   .again = l->again,
				   .sibling = l->sibling,
				   .never = p->never,
				   .canary = p->canary,
				   .never_question = &r->never,
				   .sibling_question = &r->siblings[name],
				   .canary_question = &r->canaries[p - r->places]};

	for (unsigned v = 0; v < PROBE_VIA_COUNT; v++) {
		const struct probe_seen *s =
			v == first && l->again != NULL && probe_seen_answers(l->again)
				? l->again
				: l->seen[v];
		out.seen[v] = l->seen[v];
		(void)sight_read(r, &r->names[name], s, &reads[v], &f.here[v]);
		if (probe_seen_answers(s) || out.at_us == 0)
			out.ttl_s = f.here[v].ttl_s;
		if (s != NULL)
			out.at_us = s->sent_us;
	}
	if (serial_only)
		out.at_us = p->canary == NULL ? clock_now_us() : p->canary->sent_us;
	else if (p->down) {
		f.here[first].got = PROBE_GOT_SILENCE;
		out.at_us = clock_now_us();
	}
	f.tries = l->seen[PROBE_UDP] == NULL ? 0 : l->seen[PROBE_UDP]->tries;
	control_read(r, name, &reads[READ_CONTROL], &reads[READ_MORE], &f.control, &out);
	kept_read(r, p);
	f.never = p->never_sight;
	f.canary = p->canary_sight;
	if (l->gone)
		f.never.got = f.canary.got = PROBE_GOT_SILENCE;
	f.canary_serial = p->kept[KEPT_CANARY].txt_serial;
	(void)sight_read(r, &r->siblings[name], l->sibling, &reads[READ_SIBLING],
			 &f.sibling);
	before_read(r, p, at, first, &f);
	out.canary_serial = f.canary_serial;
	out.beyond = probe_is_blocked(r, &f.sibling);
	out.verdict = judge(in, &f, &out.why);
	r->totals.results++;
	r->fn(r->arg, &out);
	l->judged = true;
	look_free(l);
}
