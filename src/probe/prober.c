#include "probe/prober.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "probe/round.h"
#include "probe/settled.h"
#include "service/probe.h"

enum {
	FRESH_S = 900, /* so long after a change its names are asked sooner */
	QUICK_FIRST_S = 1,
	QUICK_MAX_S = 60,
	RETRY_S = 5,
	ROW_MAX = PROBE_OWNER_MAX + 64,
	SETTLED_MAX = PROBE_WORK_NAMES_MAX, /* beyond it names are asked once more */
};

struct prober {
	struct prober_source src;
	enum prober_kind kind;
	const char *vantage, *ca;
	pthread_t thread;
	pthread_mutex_t mu;
	pthread_cond_t cond;
	bool woken;
	atomic_bool stop;
	/* Of the thread. */
	char from[PROBE_OWNER_MAX]; /* where the names that have their turn begin */
	int64_t next_full_us, next_quick_us, quick_us; /* monotonic; a pause */
	int64_t serial;
	/* By zone and owner, for as long as they may be asked sooner. */
	struct settled *settled;
	/* Of a round. */
	json_t *batch, *unsettled;
	int64_t round_us;
	enum rc rc;
	struct err err;
};

/* ---- results ----------------------------------------------------------------------- */

/* `controls` NULL: the round goes on. */
static void
hand_over(struct prober *p, const json_t *controls)
{
	const struct probe_report r = {p->batch, p->round_us, controls};
	struct err e = ERR_INIT;
	enum rc rc = RC_OK;

	/* At the end of a full round also when there is nothing to bring: it was asked.
	 */
	if (json_array_size(p->batch) != 0 || controls != NULL)
		rc = p->src.take(p->src.arg, &r, &e);
	json_array_clear(p->batch);
	if (rc != RC_OK && p->rc == RC_OK) {
		p->rc = rc;
		p->err = e;
	}
}

/* Which of the controls gave any answer. */
static json_t *
controls_json(const struct probe_job *job, const struct probe_totals *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < job->n_controls; i++)
		if (t->control_asked[i])
			json_array_append_new(list,
					      json_pack("{s:s, s:b}", "resolver",
							job->controls[i].text, "answered",
							t->control_answered[i]));
	return list;
}

/* A row of a zone, as a key. */
static const char *
row_of(char out[ROW_MAX], const char *zone, const char *owner)
{
	snprintf(out, ROW_MAX, "%s %s", zone == NULL ? "" : zone, owner);
	return out;
}

static void
on_result(void *arg, const struct probe_result *r)
{
	struct prober *p = arg;
	enum probe_means want =
		r->want->expect_free ? PROBE_MEANS_FREE : PROBE_MEANS_BLOCKED;
	char row[ROW_MAX];

	if (probe_verdict_means(r->verdict) != want)
		json_object_set_new(p->unsettled, row_of(row, r->subject->zone, r->owner),
				    json_true());
	if (r->want->n_orders == 0)
		return;
	json_array_append_new(p->batch, probe_result_json(r));
	if (json_array_size(p->batch) == PROBE_RESULTS_MAX)
		hand_over(p, NULL);
}

/* What a name is to be, as one text: another serial is another matter. */
static const char *
state_of(struct arena *a, const json_t *name)
{
	return arena_printf(
		a, "%s %lld", json_string_value(json_object_get(name, "expected")),
		(long long)json_integer_value(json_object_get(name, "serial")));
}

static const char *
zone_of(const json_t *name)
{
	return json_string_value(json_object_get(name, "zone"));
}

static bool
is_fresh(struct arena *a, const struct prober *p, const json_t *name)
{
	const char *since = json_string_value(json_object_get(name, "since"));
	const char *owner = json_string_value(json_object_get(name, "owner"));
	char row[ROW_MAX];
	int64_t since_us;

	if (since == NULL || owner == NULL ||
	    clock_parse(since, strlen(since), &since_us) != RC_OK ||
	    clock_now_us() - since_us > FRESH_S * CLOCK_US_PER_S)
		return false;
	return !settled_is(p->settled, row_of(row, zone_of(name), owner),
			   state_of(a, name));
}

static void
settle(struct arena *a, struct prober *p, const json_t *names)
{
	const int64_t now_us = clock_now_us(),
		      until_us = now_us + FRESH_S * CLOCK_US_PER_S;
	size_t i;
	const json_t *name;

	/* What is fresh no more is asked in turn, whatever was seen. */
	settled_forget(p->settled, now_us);
	json_array_foreach (names, i, name) {
		const char *owner = json_string_value(json_object_get(name, "owner"));
		char text[ROW_MAX];
		if (owner == NULL)
			continue;
		const char *row = row_of(text, zone_of(name), owner);
		if (json_object_get(p->unsettled, row) != NULL)
			settled_drop(p->settled, row);
		else if (is_fresh(a, p, name))
			settled_put(p->settled, row, state_of(a, name), until_us);
	}
}

/* ---- rounds ------------------------------------------------------------------------ */

static enum rc
round_run(struct prober *p, struct arena *a, const json_t *work, bool full, struct err *e)
{
	struct probe_totals totals = {0};
	struct probe_job job;
	enum rc rc = prober_job(a, work, p->vantage, &job, e);

	job.limits.ca = p->ca;
	p->rc = RC_OK;
	p->round_us = full ? clock_now_us() : 0;
	p->batch = json_array();
	p->unsettled = json_object();
	if (rc == RC_OK)
		rc = probe_round(&job, on_result, p, &p->stop, &totals, e);
	if (rc == RC_OK) {
		json_t *controls = full ? controls_json(&job, &totals) : NULL;
		hand_over(p, controls);
		json_decref(controls);
	}
	if (rc == RC_OK && p->rc != RC_OK) {
		rc = p->rc;
		*e = p->err;
	}
	if (rc == RC_OK)
		settle(a, p, json_object_get(work, "names"));
	json_decref(p->batch);
	json_decref(p->unsettled);
	if (rc == RC_OK)
		log_line(
			LOG_INFO, "probe.round",
			"vantage=%s full=%d resolvers=%zu names=%zu results=%llu ms=%lld",
			p->vantage, full, job.n_subjects, job.n_names,
			(unsigned long long)totals.results,
			(long long)(totals.took_us / 1000));
	return rc;
}

/* Only the names that are fresh and not yet as they should be. */
static json_t *
fresh_of(struct arena *a, struct prober *p, const json_t *work)
{
	json_t *names = json_array(), *name, *some = json_copy((json_t *)(uintptr_t)work);
	size_t i;

	json_array_foreach (json_object_get(work, "names"), i, name)
		if (is_fresh(a, p, name))
			json_array_append(names, name);
	json_object_set_new(some, "names", names);
	return some;
}

static enum rc
full_round(struct prober *p, struct arena *a, const json_t *work, int64_t every_us,
	   struct err *e)
{
	const char *next = json_string_value(json_object_get(work, "next"));

	p->next_full_us = clock_mono_us() + every_us;
	enum rc rc = round_run(p, a, work, true, e);
	snprintf(p->from, sizeof(p->from), "%s",
		 next == NULL || strlen(next) >= sizeof(p->from) ? "" : next);
	return rc;
}

static enum rc
quick_round(struct prober *p, struct arena *a, const json_t *work, struct err *e)
{
	json_t *some = fresh_of(a, p, work);
	enum rc rc = RC_OK;

	if (json_array_size(json_object_get(some, "names")) == 0) {
		p->next_quick_us = INT64_MAX;
	} else {
		rc = round_run(p, a, some, false, e);
		p->next_quick_us = clock_mono_us() + p->quick_us;
		p->quick_us = p->quick_us * 2 > QUICK_MAX_S * CLOCK_US_PER_S
				      ? QUICK_MAX_S * CLOCK_US_PER_S
				      : p->quick_us * 2;
	}
	json_decref(some);
	return rc;
}

/* The first full round is due where the last one of before the start left off. */
static void
first_due(struct prober *p, int64_t every_us)
{
	struct err e = ERR_INIT;
	int64_t last_us = 0;

	if (p->src.last(p->src.arg, &last_us, &e) != RC_OK)
		last_us = 0;
	int64_t since_us = clock_now_us() - last_us;
	p->next_full_us = clock_mono_us() +
			  (since_us < 0 || since_us > every_us ? 0 : every_us - since_us);
}

static enum rc
turn(struct prober *p, struct err *e)
{
	struct arena *a = arena_create();
	json_t *work = NULL;
	enum rc rc = p->src.work(p->src.arg, a, p->from, &work, e);

	if (rc != RC_OK)
		goto out;
	int64_t every_us =
		json_integer_value(json_object_get(work, "every_s")) * CLOCK_US_PER_S;
	int64_t serial = json_integer_value(json_object_get(work, "serial"));
	if (every_us <= 0 || json_array_size(json_object_get(work, "resolvers")) == 0)
		goto out;
	if (p->kind == PROBER_ROUNDS) {
		if (p->next_full_us == 0)
			first_due(p, every_us);
		if (clock_mono_us() >= p->next_full_us)
			rc = full_round(p, a, work, every_us, e);
		goto out;
	}
	if (serial != p->serial) {
		p->serial = serial;
		p->quick_us = QUICK_FIRST_S * CLOCK_US_PER_S;
		p->next_quick_us = clock_mono_us();
	}
	if (clock_mono_us() >= p->next_quick_us)
		rc = quick_round(p, a, work, e);
out:
	arena_free(a);
	return rc;
}

static void
nap(struct prober *p, bool failed)
{
	int64_t now_us = clock_mono_us();
	int64_t until_us = now_us + (failed ? RETRY_S : PROBER_POLL_S) * CLOCK_US_PER_S;

	if (!failed && p->next_full_us != 0 && p->next_full_us < until_us)
		until_us = p->next_full_us;
	if (!failed && p->next_quick_us < until_us)
		until_us = p->next_quick_us;
	struct timespec ts = {.tv_sec = (time_t)(until_us / CLOCK_US_PER_S),
			      .tv_nsec = (long)(until_us % CLOCK_US_PER_S) * 1000};
	int waited = 0;
	pthread_mutex_lock(&p->mu);
	while (!p->woken && !atomic_load(&p->stop) && waited == 0)
		waited = pthread_cond_timedwait(&p->cond, &p->mu, &ts);
	p->woken = false;
	pthread_mutex_unlock(&p->mu);
}

static void *
prober_main(void *arg)
{
	struct prober *p = arg;

	while (!atomic_load(&p->stop)) {
		struct err e = ERR_INIT;
		enum rc rc = turn(p, &e);
		if (rc != RC_OK && !atomic_load(&p->stop))
			log_line(LOG_WARN, "probe.failed", "vantage=%s rc=%s why=%s",
				 p->vantage, rc_token(rc), e.text);
		nap(p, rc != RC_OK);
	}
	return NULL;
}

/* ---- life -------------------------------------------------------------------------- */

enum rc
prober_start(const struct prober_source *src, enum prober_kind kind, const char *vantage,
	     const char *ca, struct prober **ret, struct err *e)
{
	struct prober *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;

	if (p == NULL)
		abort();
	p->src = *src;
	p->kind = kind;
	p->vantage = vantage;
	p->ca = ca == NULL || *ca == '\0' ? NULL : ca;
	p->serial = -1;
	p->next_quick_us = INT64_MAX;
	p->settled = settled_new(SETTLED_MAX);
	pthread_mutex_init(&p->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->cond, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&p->thread, NULL, prober_main, p) != 0) {
		settled_free(p->settled);
		p->src.free(p->src.arg);
		free(p);
		return err_set(e, RC_IO, "cannot start a thread");
	}
	*ret = p;
	return RC_OK;
}

void
prober_wake(struct prober *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->mu);
	p->woken = true;
	pthread_cond_signal(&p->cond);
	pthread_mutex_unlock(&p->mu);
}

void
prober_stop(struct prober *p)
{
	if (p == NULL)
		return;
	atomic_store(&p->stop, true);
	prober_wake(p);
	pthread_join(p->thread, NULL);
	pthread_cond_destroy(&p->cond);
	pthread_mutex_destroy(&p->mu);
	settled_free(p->settled);
	p->src.free(p->src.arg);
	free(p);
}

/* ---- in a node --------------------------------------------------------------------- */

static enum rc
node_work(void *arg, struct arena *a, const char *from, json_t **ret, struct err *e)
{
	const struct probe_ask_for what = {.from = from};

	return service_probe_work(arg, a, &what, ret, e);
}

static enum rc
node_take(void *arg, const struct probe_report *r, struct err *e)
{
	return service_probe_take(arg, r, e);
}

static enum rc
node_last(void *arg, int64_t *ret_us, struct err *e)
{
	return service_probe_last(arg, ret_us, e);
}

static void
node_let_go(void *arg)
{
	(void)arg;
}

struct prober_source
prober_of_node(struct node *nd)
{
	return (struct prober_source){nd, node_work, node_take, node_last, node_let_go};
}
