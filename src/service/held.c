/*
 * Decisions and reversals in bulk that wait before they have effect.  While one waits,
 * everybody of this side sees it and may cancel it.  At its time all of it has effect,
 * or, where the case is no longer what it was made for or its author may no longer act,
 * none.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/cases.h"
#include "service/decide.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum { HELD_PAGE_DEFAULT = 50, HELD_PAGE_MAX = 1000, HELD_REASON_MAX = 1000 };

struct clash {
	struct store *s;
	const struct selection *sel;
	const char *with, *by;
	struct arena *a;
	size_t n;
};

static int
compare_items(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return a < b ? -1 : a > b;
}

/* id, items, person */
static enum rc
on_held(void *arg, const struct db_row *row, struct err *e)
{
	struct clash *k = arg;
	const char *text = store_col_text(k->s, k->a, row, 1);
	json_t *items = json_loads(text, 0, NULL), *v;
	size_t at;

	(void)e;
	json_array_foreach (items, at, v) {
		uint32_t i = (uint32_t)json_integer_value(v);
		if (bsearch(&i, k->sel->i, k->sel->n, sizeof(i), compare_items) != NULL)
			k->n++;
	}
	json_decref(items);
	if (k->n != 0 && k->with == NULL) {
		k->with = store_col_text(k->s, k->a, row, 0);
		k->by = store_col_text(k->s, k->a, row, 2);
	}
	return RC_OK;
}

enum rc
held_clash(struct store *s, struct arena *a, const struct selection *sel, struct err *e)
{
	struct clash k = {.s = s, .a = a, .sel = sel};
	enum rc rc =
		store_run(s, &SQL_HELD_OF_CASE,
			  (struct db_param[]){DB_P_TEXT(sel->casefile)}, on_held, &k, e);

	if (rc == RC_OK && k.n != 0)
		rc = err_set(
			e, RC_CONFLICT,
			"%zu of the items wait in the held decision %s by %s: cancel "
			"that one first",
			k.n, k.with, k.by);
	return rc;
}

enum rc
held_put(struct writer *w, struct decision *d, int64_t hold_us, struct err *e)
{
	json_t *items = json_array();

	for (size_t k = 0; k < d->sel.n; k++)
		json_array_append_new(items, json_integer(d->sel.i[k]));
	char *text = json_dumps(items, JSON_COMPACT),
	     *body = json_dumps(d->act.body, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL || body == NULL)
		abort();
	uuid7_make(w->now_us, d->held);
	d->effect_us = w->now_us + hold_us;
	enum rc rc = store_run(w->s, &SQL_HELD_INSERT,
			       (struct db_param[]){
				       DB_P_TEXT(d->held),
				       DB_P_TEXT(d->act.casefile),
				       DB_P_TEXT(body),
				       DB_P_TEXT(text),
				       DB_P_INT(d->sel.n),
				       DB_P_TEXT(d->act.text),
				       DB_P_TEXT(d->act.by),
				       DB_P_TEXT(d->author),
				       DB_P_INT(w->now_us),
				       DB_P_INT(d->effect_us),
				       DB_P_TEXT(d->act.type),
			       },
			       NULL, NULL, e);
	free(text);
	free(body);
	json_decref(items);
	return rc;
}

#define HELD_SPEC                                                                        \
	"held:s case:s decision:j items:i reason:s by:s made:t effect:t state:s "        \
	"ended:t "                                                                       \
	"ended_by:s why:s act:s"

/* in: state? (held), after? (an id), limit?
 * out: held [{held, case, decision, items, reason, by, made, effect, state, ended,
 * ended_by, why, act (item.decide or item.reverse), ref}] by the time of their effect,
 * next */
enum rc
service_held(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	     struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *row;
	const char *state, *after;
	int64_t limit = 0;
	struct store *s = NULL;
	size_t i;
	enum rc rc = in_only(in, "state after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "held", rows));
	if (rc == RC_OK)
		rc = in_text(in, "state", false, EVENT_TOKEN_MAX, &state, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, HELD_PAGE_MAX, HELD_PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_HELD_PAGE,
			(struct db_param[]){DB_P_TEXT(state == NULL ? "held" : state),
					    DB_P_TEXT(after == NULL ? "" : after),
					    DB_P_INT(limit)},
			HELD_SPEC " " CASE_REF_SPEC, rows, e);
	reader_put(nd, s);
	json_array_foreach (rows, i, row)
		case_ref_set(row);
	size_t n = json_array_size(rows);
	json_object_set_new(o, "next",
			    n != 0 && (int64_t)n == limit
				    ? json_incref(json_object_get(
					      json_array_get(rows, n - 1), "held"))
				    : json_null());
	return rc;
}

struct held_job {
	const char *id, *by, *why;
};

struct held_row {
	struct store *s;
	struct arena *a;
	const char *casefile, *body, *items, *reason, *author, *state, *type;
	int64_t effect_us;
	bool found;
};

static enum rc
on_held_row(void *arg, const struct db_row *row, struct err *e)
{
	struct held_row *h = arg;

	(void)e;
	h->casefile = store_col_text(h->s, h->a, row, 0);
	h->body = store_col_text(h->s, h->a, row, 1);
	h->items = store_col_text(h->s, h->a, row, 2);
	h->reason = store_col_text(h->s, h->a, row, 4);
	h->author = store_col_text(h->s, h->a, row, 5);
	h->effect_us = h->s->drv->col_int(row, 7);
	h->state = store_col_text(h->s, h->a, row, 8);
	h->type = store_col_text(h->s, h->a, row, 9);
	h->found = true;
	return RC_OK;
}

static enum rc
held_get(struct writer *w, const char *id, struct held_row *h, struct err *e)
{
	*h = (struct held_row){.s = w->s, .a = w->a};
	enum rc rc = store_run(w->s, &SQL_HELD_GET, (struct db_param[]){DB_P_TEXT(id)},
			       on_held_row, h, e);

	if (rc == RC_OK && !h->found)
		rc = err_set(e, RC_NOT_FOUND, "there is no held decision %s", id);
	return rc;
}

static enum rc
held_end(struct writer *w, const char *id, const char *state, const char *by,
	 const char *why, struct err *e)
{
	return store_run(w->s, &SQL_HELD_END,
			 (struct db_param[]){
				 DB_P_TEXT(id),
				 DB_P_TEXT(state),
				 DB_P_INT(w->now_us),
				 DB_P_TEXT(by),
				 DB_P_TEXT(why),
			 },
			 NULL, NULL, e);
}

static enum rc
work_cancel(struct writer *w, void *arg, struct err *e)
{
	const struct held_job *j = arg;
	struct held_row h;
	enum rc rc = held_get(w, j->id, &h, e);

	if (rc == RC_OK && strcmp(h.state, "held") != 0 &&
	    strcmp(h.state, "conflict") != 0)
		rc = err_set(e, RC_CONFLICT, "the decision no longer waits: it is %s",
			     h.state);
	if (rc == RC_OK)
		rc = held_end(w, j->id, "cancelled", j->by, j->why, e);
	return rc == RC_OK ? alarm_clear(w, arena_printf(w->a, "held/%s", j->id), e) : rc;
}

/* in: held, reason?  out: held, state.  One that had no effect may be put away like this
 * too. */
enum rc
service_held_cancel(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct held_job j = {.by = actor_name(who)};
	enum rc rc = in_only(in, "held reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "held", &j.id, e);
	if (rc == RC_OK)
		rc = in_text(in, "reason", false, HELD_REASON_MAX, &j.why, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_cancel, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "held", j.id, "state", "cancelled"));
	return rc;
}

/* Who may no longer act does not act by what waits. */
static enum rc
author_acts(struct writer *w, const struct held_row *h, struct err *e)
{
	int64_t n = 0;
	enum rc rc = store_int(w->s, &SQL_PERSON_ACTS,
			       (struct db_param[]){DB_P_TEXT(h->author)}, 0, &n, e);

	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_CONFLICT,
			     "who made it was withdrawn meanwhile: somebody who may act "
			     "makes it anew, or cancels it");
	return rc;
}

/* Decide as it was asked for.  RC_CONFLICT: the case does not allow it any more. */
static enum rc
held_decide(struct writer *w, const struct held_row *h, json_t *items, json_t *body,
	    struct err *e)
{
	struct decision d = {.act = {.casefile = h->casefile,
				     .by = h->author,
				     .type = h->type,
				     .text_name = "reason",
				     .text = h->reason,
				     .body = body},
			     .want = {.items = items,
				      .reverse = strcmp(h->type, "item.reverse") == 0}};
	struct case_row c;
	enum rc rc = author_acts(w, h, e);

	if (rc == RC_OK)
		rc = view_case_get(w->s, w->a, h->casefile, &c, e);
	if (rc == RC_OK)
		rc = act_allowed(w, &d.act, &c, e);
	if (rc == RC_OK)
		rc = selection_make(w->s, w->a, &c, &d.want, false, &d.sel, e);
	if (rc == RC_OK)
		rc = selection_clash(w->s, &d, e);
	if (rc == RC_OK)
		rc = decide_append(w, &d, &c, e);
	json_decref(d.act.shown);
	return rc;
}

/* All of it, or the job is taken back. */
static enum rc
work_effect(struct writer *w, void *arg, struct err *e)
{
	const struct held_job *j = arg;
	struct held_row h;
	enum rc rc = held_get(w, j->id, &h, e);

	if (rc != RC_OK || strcmp(h.state, "held") != 0)
		return rc;
	json_t *items = json_loads(h.items, 0, NULL), *body = json_loads(h.body, 0, NULL);
	rc = items == NULL || body == NULL
		     ? err_set(e, RC_CORRUPT, "a held decision in the store is damaged")
		     : held_decide(w, &h, items, body, e);
	json_decref(items);
	json_decref(body);
	return rc == RC_OK ? held_end(w, j->id, "done", NULL, NULL, e) : rc;
}

/* It could not have its effect: j->why says why. */
static enum rc
work_conflict(struct writer *w, void *arg, struct err *e)
{
	const struct held_job *j = arg;
	struct held_row h;
	enum rc rc = held_get(w, j->id, &h, e);

	if (rc != RC_OK || strcmp(h.state, "held") != 0)
		return rc;
	rc = held_end(w, j->id, "conflict", NULL, j->why, e);
	return rc == RC_OK
		       ? alarm_raise(
				 w, arena_printf(w->a, "held/%s", j->id), "held_decision",
				 h.casefile,
				 "a held decision had no effect: its case is no longer "
				 "what it was made for, its author may no longer act, or "
				 "its channel takes nothing now",
				 w->now_us, e)
		       : rc;
}

static enum rc
effect(struct node *nd, const char *id, struct err *e)
{
	struct held_job j = {.id = id};
	struct err why = ERR_INIT;
	enum rc rc = writer_run(nd, work_effect, &j, &why);

	if (rc == RC_OK)
		return RC_OK;
	if (tick_node_unwell(rc))
		return err_set(e, rc, "%s", why.text);
	j.why = why.text;
	return writer_run(nd, work_conflict, &j, e);
}

struct held_next {
	struct store *s;
	char id[UUID_TEXT_LEN + 1];
	int64_t effect_us;
	bool found;
};

static enum rc
on_next(void *arg, const struct db_row *row, struct err *e)
{
	struct held_next *n = arg;
	size_t len;
	const char *id = n->s->drv->col_text(row, 0, &len);

	(void)e;
	if (len == UUID_TEXT_LEN) {
		memcpy(n->id, id, len);
		n->found = true;
	}
	n->effect_us = n->s->drv->col_int(row, 1);
	return RC_OK;
}

enum rc
tick_held(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	enum rc rc = RC_OK;

	for (bool more = true; rc == RC_OK && more;) {
		struct held_next n = {0};
		rc = reader_get(nd, &n.s, e);
		if (rc == RC_OK)
			rc = store_run(n.s, &SQL_HELD_DUE, NULL, on_next, &n, e);
		reader_put(nd, n.s);
		more = rc == RC_OK && n.found && n.effect_us <= now_us;
		if (rc == RC_OK && n.found && !more)
			*next_us = n.effect_us;
		if (more)
			rc = effect(nd, n.id, e);
	}
	return rc;
}
