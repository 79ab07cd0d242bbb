/*
 * The one thread that writes.  Whatever waits when a commit ends becomes the next group;
 * nobody waits when it is idle.  A job that fails is taken back to its savepoint and the
 * others go on; when the commit itself fails, all of them do.
 */
#include <assert.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "service/outbox.h"
#include "service/person.h"
#include "service/use.h"
#include "service/writer_int.h"
#include "service/zone_int.h"
#include "store/store_sql.h"

enum {
	WRITER_ATTEMPTS = 8,
	/* Without a job: while a large notice is on its way there is less between two. */
	TIDY_AFTER_US = 250000,
};

/* Within a savepoint, so that one that fails leaves the others of its group alone.  A job
 * without others is taken back with the transaction: SQLite keeps a copy of each page
 * that changes under a savepoint, which for a large one is as much as it writes. */
static void
job_run(struct writer *w, struct job *j, bool shared)
{
	const struct db_driver *drv = w->s->drv;
	size_t n = w->n_stages;
	struct stage *before = n == 0 ? NULL : arena_array(w->a, n, sizeof(*before));
	int64_t now = clock_now_us();

	if (now <= w->now_us && w->now_us - now <= CLOCK_STEP_US)
		now = w->now_us + 1;
	w->now_us = now;
	for (size_t i = 0; i < n; i++)
		before[i] = *w->stages[i];
	j->rc = shared ? drv->savepoint(w->s->db, j->e) : RC_OK;
	if (j->rc != RC_OK)
		return;
	if (j->idem != NULL)
		j->rc = idem_take_key(w, j, j->e);
	if (j->rc == RC_OK)
		j->rc = j->work(w, j->arg, j->e);
	if (j->rc == RC_OK && shared)
		j->rc = drv->release(w->s->db, j->e);
	if (j->rc == RC_OK && j->idem != NULL)
		idem_stage(w->nd, j);
	if (j->rc == RC_OK || !shared)
		return;
	enum rc back = drv->rollback_to(w->s->db, NULL);
	if (back != RC_OK)
		log_line(LOG_ERROR, "writer.rollback", "rc=%s", rc_token(back));
	for (size_t i = 0; i < n; i++)
		*w->stages[i] = before[i];
	w->n_stages = n;
}

/* What is committed goes into the outbox, the oldest first; a text that was erased
 * beside it does not. */
static void
tell(struct writer *w, struct stage *st)
{
	struct staged *oldest = NULL;

	for (struct staged *s = st->told, *before; s != NULL; s = before) {
		before = s->before;
		s->before = oldest;
		oldest = s;
	}
	if (w->erasures == atomic_load(&w->nd->erasures))
		for (const struct staged *s = oldest; s != NULL; s = s->before)
			outbox_put(w->nd, st->channel, s->seq, s->texts, s->texts_len);
}

/* Sign what is staged, move the heads, commit. */
static enum rc
group_commit(struct writer *w, struct err *e)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; rc == RC_OK && i < w->n_stages; i++) {
		struct stage *st = w->stages[i];
		rc = append_flush(w, st, e);
		if (rc != RC_OK || st->head.size == st->fence.size)
			continue;
		merkle_root(&st->edge, &st->head.root);
		rc = store_head_advance(w->s, &st->fence, st->head.size, &st->head.root,
					st->head.last_iat_us, e);
	}
	if (rc != RC_OK)
		return rc;
	fault_point("commit.before");
	rc = w->s->drv->commit(w->s->db, e);
	fault_point("commit.after");
	for (size_t i = 0; rc == RC_OK && i < w->n_stages; i++) {
		committed_note(w->nd, w->stages[i]->channel, &w->stages[i]->head);
		tell(w, w->stages[i]);
	}
	return rc;
}

/* The jobs of a group in its transaction; *ret_any: one did not fail. */
static enum rc
jobs_run(struct writer *w, struct job *jobs, bool *ret_any, struct err *e)
{
	const struct db_driver *drv = w->s->drv;
	bool shared = jobs != NULL && jobs->next != NULL;

	for (struct job *j = jobs; j != NULL; j = j->next) {
		job_run(w, j, shared);
		*ret_any = *ret_any || j->rc == RC_OK;
	}
	if (jobs == NULL || shared || *ret_any)
		return RC_OK;
	/* What is recorded beside the jobs is written all the same. */
	drv->rollback(w->s->db);
	w->n_stages = 0;
	return drv->begin(w->s->db, true, e);
}

enum rc
writer_replaced(struct node *nd, const struct err *why, struct err *e)
{
	if (!atomic_exchange(&nd->replaced, true)) {
		log_line(LOG_ERROR, "writer.replaced", "why=%s", why->text);
		committed_tell(nd);
	}
	node_stop(nd);
	return err_set(e, RC_UNAVAILABLE,
		       "this daemon writes nothing more, as another of this node has "
		       "taken over, or the store became older: ask again in a moment");
}

/* The engine says so. */
static enum rc
replaced(struct node *nd, struct err *e)
{
	const struct err why = *e;

	return writer_replaced(nd, &why, e);
}

static enum rc
group_try(struct writer *w, struct job *jobs, struct err *e)
{
	bool any = false;

	w->n_stages = 0;
	w->erasures = atomic_load(&w->nd->erasures);
	arena_reset(w->a);
	enum rc rc = w->s->drv->begin(w->s->db, true, e);
	if (rc == RC_CONFLICT)
		return replaced(w->nd, e);
	if (rc != RC_OK)
		return rc;
	rc = jobs_run(w, jobs, &any, e);
	for (struct job *j = jobs; rc == RC_OK && j != NULL; j = j->next)
		if (j->idem != NULL && j->rc == RC_OK)
			rc = idem_keep(w, j, e);
	if (rc == RC_OK && access_write(w))
		any = true;
	if (any && rc == RC_OK)
		rc = group_commit(w, e);
	if (rc != RC_OK || !any)
		w->s->drv->rollback(w->s->db);
	return rc;
}

/* False: what waits for the access record could not be written. */
static bool
group_run(struct writer *w, struct job *jobs)
{
	struct err e = ERR_INIT;
	enum rc rc = RC_RETRY;

	for (int i = 0; rc == RC_RETRY && i < WRITER_ATTEMPTS; i++)
		rc = group_try(w, jobs, &e);
	atomic_store(&w->nd->writer_failed, rc != RC_OK);
	bool recorded = access_written(w->nd, rc == RC_OK);
	if (rc == RC_OK)
		return recorded;
	log_line(LOG_ERROR, "writer.commit", "rc=%s", rc_token(rc));
	for (struct job *j = jobs; j != NULL; j = j->next)
		if (j->rc == RC_OK) {
			j->rc = rc;
			if (j->e != NULL)
				*j->e = e;
		}
	return recorded;
}

/* A lock of somebody else, or a deadlock: the engine says so (`inner`).  Where the work
 * itself says that it came too late, it would again. */
static bool
was_in_the_way(const struct job *j)
{
	return j->rc == RC_RETRY && j->e != NULL && j->e->inner;
}

/* It has done nothing then: once more, each by itself, as it may be in the way of others.
 */
static bool
again_run(struct writer *w, struct job *jobs, bool recorded)
{
	for (struct job *j = jobs, *next; j != NULL; j = next) {
		next = j->next;
		j->next = NULL;
		for (int i = 1; was_in_the_way(j) && i < WRITER_ATTEMPTS &&
				!atomic_load(&w->nd->writer_failed);
		     i++)
			recorded = group_run(w, j);
		j->next = next;
	}
	return recorded;
}

static struct timespec
after_us(int64_t us)
{
	int64_t until_us = clock_mono_us() + us;

	return (struct timespec){.tv_sec = (time_t)(until_us / CLOCK_US_PER_S),
				 .tv_nsec = (long)(until_us % CLOCK_US_PER_S) * 1000};
}

/* With nd->mu held: when nothing comes for a while, the store is tidied up. */
static void
pause_use(struct node *nd)
{
	struct timespec until = after_us(TIDY_AFTER_US);
	bool urgent = false;
	int waited = 0;

	while (nd->first == NULL && !nd->ending && !urgent && waited == 0) {
		waited = pthread_cond_timedwait(&nd->queued, &nd->mu, &until);
		(void)access_due(nd, &urgent);
	}
	if (waited == 0)
		return;
	pthread_mutex_unlock(&nd->mu);
	nd->store->drv->tidy(nd->store->db);
	pthread_mutex_lock(&nd->mu);
}

/* With nd->mu held: until somebody calls, and giving signs of life. */
static void
call_wait(struct node *nd)
{
	struct timespec until = after_us(nd->beat_us);
	struct err e = ERR_INIT;

	if (nd->beat_us == 0) {
		pthread_cond_wait(&nd->queued, &nd->mu);
		return;
	}
	if (pthread_cond_timedwait(&nd->queued, &nd->mu, &until) == 0)
		return;
	pthread_mutex_unlock(&nd->mu);
	if (nd->store->drv->beat(nd->store->db, &e) == RC_CONFLICT)
		(void)replaced(nd, &e);
	pthread_mutex_lock(&nd->mu);
}

/* Until there is a job, the access record wants to be written, or the node stops. */
static void
group_wait(struct node *nd)
{
	struct timespec until = after_us(ACCESS_WAIT_US);
	bool urgent = false, due;
	int waited = 0;

	pause_use(nd);

	while (nd->first == NULL && !nd->ending && !urgent && waited == 0) {
		due = access_due(nd, &urgent);
		if (urgent)
			break;
		if (due)
			waited = pthread_cond_timedwait(&nd->queued, &nd->mu, &until);
		else
			call_wait(nd);
	}
}

/* Up to a group of what waits, NULL: only the access record.  False: the node stops and
 * nothing waits that can be written. */
static bool
group_take(struct node *nd, bool recorded, struct job **ret)
{
	bool urgent;

	pthread_mutex_lock(&nd->mu);
	if (nd->by_hand == NULL)
		group_wait(nd);
	struct job *jobs = nd->first, *last = jobs;
	for (size_t n = 1; last != NULL && !last->alone && last->next != NULL &&
			   !last->next->alone && n < NODE_GROUP_MAX;
	     n++)
		last = last->next;
	if (last != NULL) {
		nd->first = last->next;
		last->next = NULL;
		if (nd->first == NULL)
			nd->last = &nd->first;
	}
	bool goes_on =
		jobs != NULL || !nd->ending || (recorded && access_due(nd, &urgent));
	pthread_mutex_unlock(&nd->mu);
	*ret = jobs;
	return goes_on;
}

static void
posted_end(struct node *nd, struct job *j)
{
	j->after(nd, j->arg, j->rc, j->e);
	free(j->e);
	free(j);
}

static void
group_end(struct node *nd, struct job *jobs)
{
	struct job *waited = NULL, **last = &waited;

	for (struct job *j = jobs, *next; j != NULL; j = next) {
		next = j->next;
		if (j->after != NULL) {
			posted_end(nd, j);
			continue;
		}
		j->next = NULL;
		*last = j;
		last = &j->next;
	}
	pthread_mutex_lock(&nd->mu);
	nd->commits++;
	pthread_cond_broadcast(&nd->committed);
	/* A job's memory is its caller's: not touched once it is done. */
	for (struct job **at = &waited, *j; (j = *at) != NULL;) {
		if (j->idem == NULL) {
			at = &j->next;
			continue;
		}
		*at = j->next;
		j->done = true;
		pthread_cond_broadcast(&j->answered);
	}
	pthread_mutex_unlock(&nd->mu);
	for (struct job *j = waited, *next; j != NULL; j = next) {
		next = j->next;
		sem_post(&j->ended);
	}
}

static void
writer_init(struct writer *w, struct node *nd)
{
	*w = (struct writer){.nd = nd,
			     .s = nd->store,
			     .v = nd->views,
			     .a = arena_create(),
			     .now_us = nd->last_stored_us,
			     .stored_us = nd->last_stored_us};
}

/* One group; *recorded: the access record could be written.  False: nothing is left to be
 * done. */
static bool
writer_step(struct writer *w, bool *recorded)
{
	struct node *nd = w->nd;
	struct job *jobs;

	if (!group_take(nd, *recorded, &jobs))
		return false;
	if (jobs != NULL && jobs->alone)
		jobs->rc = jobs->work(w, jobs->arg, jobs->e);
	else
		*recorded = again_run(w, jobs, group_run(w, jobs));
	/* What could not be written with others is tried by itself, so that it does not
	 * wait for a pause between jobs that may not come. */
	if (!*recorded && jobs != NULL)
		*recorded = group_run(w, NULL);
	bool shared = jobs != NULL && jobs->next != NULL;
	if (jobs != NULL)
		group_end(nd, jobs);
	/* Those who were just woken come with their next jobs: a commit costs the same
	 * for many. */
	if (shared)
		sched_yield();
	return true;
}

static void *
writer_main(void *arg)
{
	struct writer w;
	bool recorded = true;

	writer_init(&w, arg);
	while (writer_step(&w, &recorded))
		;
	arena_free(w.a);
	return NULL;
}

bool
node_write(struct node *nd)
{
	bool recorded = true;

	pthread_mutex_lock(&nd->mu);
	bool any = nd->first != NULL;
	pthread_mutex_unlock(&nd->mu);
	if (any)
		(void)writer_step(nd->by_hand, &recorded);
	return any;
}

/* With nd->mu held: behind all others, or it has its answer at once. */
static bool
job_queue(struct node *nd, struct job *j)
{
	if (nd->stopping) {
		j->rc = err_set(j->e, RC_UNAVAILABLE, "the node is stopping");
		return false;
	}
	*nd->last = j;
	nd->last = &j->next;
	pthread_cond_signal(&nd->queued);
	return true;
}

/* One whose answer is kept: done, or staged. */
static enum rc
submit_answered(struct node *nd, struct job *j)
{
	assert(nd->by_hand == NULL);
	pthread_cond_init(&j->answered, NULL);
	pthread_mutex_lock(&nd->mu);
	bool queued = job_queue(nd, j);
	while (queued && !j->done && !j->staged)
		pthread_cond_wait(&j->answered, &nd->mu);
	bool staged = j->staged;
	pthread_mutex_unlock(&nd->mu);
	if (staged)
		return RC_OK;
	pthread_cond_destroy(&j->answered);
	return j->rc;
}

enum rc
job_submit(struct node *nd, struct job *j)
{
	if (j->idem != NULL)
		return submit_answered(nd, j);
	sem_init(&j->ended, 0, 0);
	pthread_mutex_lock(&nd->mu);
	bool queued = job_queue(nd, j);
	pthread_mutex_unlock(&nd->mu);
	bool ended = !queued;
	while (!ended && nd->by_hand != NULL) {
		(void)node_write(nd);
		ended = sem_trywait(&j->ended) == 0;
	}
	while (!ended)
		ended = sem_wait(&j->ended) == 0;
	sem_destroy(&j->ended);
	return j->rc;
}

void
writer_post(struct node *nd, writer_work *work, void *arg, writer_after *after)
{
	struct job *j = calloc(1, sizeof(*j));
	struct err *e = calloc(1, sizeof(*e));

	if (j == NULL || e == NULL)
		abort();
	*j = (struct job){.work = work, .arg = arg, .e = e, .after = after};
	pthread_mutex_lock(&nd->mu);
	bool queued = job_queue(nd, j);
	pthread_mutex_unlock(&nd->mu);
	if (!queued)
		posted_end(nd, j);
}

enum rc
writer_run(struct node *nd, writer_work *work, void *arg, struct err *e)
{
	struct job j = {.work = work, .arg = arg, .e = e};
	enum rc rc = RC_OK;

	if (idem_wants())
		return idem_run(nd, work, arg, e);
	rc = idem_settle(e);
	return rc == RC_OK ? job_submit(nd, &j) : rc;
}

enum rc
writer_alone(struct node *nd, writer_work *work, void *arg, struct err *e)
{
	struct job j = {.work = work, .arg = arg, .e = e, .alone = true};

	return job_submit(nd, &j);
}

static enum rc
work_scrub(struct writer *w, void *arg, struct err *e)
{
	(void)arg;
	return w->s->drv->scrub(w->s->db, e);
}

enum rc
writer_scrub(struct node *nd, struct err *e)
{
	return writer_alone(nd, work_scrub, NULL, e);
}

struct rebuild {
	json_t *before, *after;
};

static enum rc
work_rebuild(struct writer *w, void *arg, struct err *e)
{
	const struct rebuild *r = arg;
	enum rc rc = view_digest(w->s, r->before, e);

	if (rc == RC_OK)
		rc = view_rebuild(w->v, e);
	if (rc == RC_OK)
		rc = zone_rebuilt(w, e);
	return rc == RC_OK ? view_digest(w->s, r->after, e) : rc;
}

/* out: equal (the views are what they were), views {name: digest}, differ [name], seconds
 */
enum rc
service_rebuild(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		struct reply *out, struct err *e)
{
	struct rebuild r = {json_object(), json_object()};
	int64_t start_us = clock_mono_us();
	json_t *differ = json_array(), *digest;
	const char *view;
	enum rc rc = in_only(in, "", e);

	(void)who;
	if (rc == RC_OK)
		rc = writer_alone(nd, work_rebuild, &r, e);
	json_object_foreach (r.before, view, digest)
		if (!json_equal(digest, json_object_get(r.after, view)))
			json_array_append_new(differ, json_string(view));
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:b, s:O, s:O, s:I}", "equal",
				     json_array_size(differ) == 0, "views", r.after,
				     "differ", differ, "milliseconds",
				     (json_int_t)((clock_mono_us() - start_us) / 1000)));
	json_decref(differ);
	json_decref(r.before);
	json_decref(r.after);
	return rc;
}

enum rc
writer_start(struct node *nd, bool by_hand, struct err *e)
{
	enum rc rc = store_int(nd->store, &SQL_EVENT_LAST_STORED, NULL, 0,
			       &nd->last_stored_us, e);

	if (rc != RC_OK)
		return rc;
	nd->last = &nd->first;
	access_node(nd, nd->beside ? "join" : "start");
	if (by_hand) {
		nd->by_hand = calloc(1, sizeof(*nd->by_hand));
		if (nd->by_hand == NULL)
			abort();
		writer_init(nd->by_hand, nd);
		nd->running = true;
		return RC_OK;
	}
	if (pthread_create(&nd->thread, NULL, writer_main, nd) != 0)
		return err_set(e, RC_IO, "cannot start the writer's thread");
	nd->running = true;
	return RC_OK;
}

void
writer_stop(struct node *nd)
{
	if (!nd->running)
		return;
	node_stop(nd);
	access_node(nd, nd->beside ? "leave" : "stop");
	pthread_mutex_lock(&nd->mu);
	nd->ending = true;
	pthread_cond_broadcast(&nd->queued);
	pthread_mutex_unlock(&nd->mu);
	if (nd->by_hand == NULL) {
		pthread_join(nd->thread, NULL);
	} else {
		bool recorded = true;
		while (writer_step(nd->by_hand, &recorded))
			;
		arena_free(nd->by_hand->a);
		free(nd->by_hand);
		nd->by_hand = NULL;
	}
	nd->running = false;
}
