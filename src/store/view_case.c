/*
 * The fold of cases; notices, items, messages and disputes have files of their own.
 *
 * The state of a case is the pure fold of core/casefile.h.  Events mostly arrive in
 * the order in which they sort, and are then applied to the stored state; where one sorts
 * before what is there, the case's events are folded again from the first.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/deadline.h"
#include "core/event_type.h"
#include "store/store_sql.h"
#include "store/view_int.h"

struct get {
	struct store *s;
	struct arena *a;
	void *out;
	size_t n;
};

/* Most cases have none of what is in these lists. */
static json_t *
list_read(const char *text)
{
	return strcmp(text, "[]") == 0 ? json_array() : json_loads(text, 0, NULL);
}

/* "[[seq, level, iat, receipt], ...]" */
static enum rc
rungs_parse(const char *text, struct casefile *c, struct err *e)
{
	json_t *j = list_read(text);
	size_t i;
	json_t *rung;

	if (!json_is_array(j) || json_array_size(j) > CASE_LADDER_MAX) {
		json_decref(j);
		return err_set(e, RC_CORRUPT,
			       "the ladder of a case in the store is damaged");
	}
	json_array_foreach (j, i, rung) {
		c->rungs[i] = (struct case_rung){
			.seq = (uint64_t)json_integer_value(json_array_get(rung, 0)),
			.level = (unsigned)json_integer_value(json_array_get(rung, 1)),
			.iat_us = json_integer_value(json_array_get(rung, 2)),
			.receipt_us = json_integer_value(json_array_get(rung, 3)),
		};
	}
	c->n_rungs = (uint32_t)json_array_size(j);
	json_decref(j);
	return RC_OK;
}

static const char *
rungs_text(struct arena *a, const struct casefile *c)
{
	const char *text = "";

	for (uint32_t i = 0; i < c->n_rungs; i++)
		text = arena_printf(a, "%s%s[%" PRIu64 ",%u,%" PRId64 ",%" PRId64 "]",
				    text, i == 0 ? "" : ",", c->rungs[i].seq,
				    c->rungs[i].level, c->rungs[i].iat_us,
				    c->rungs[i].receipt_us);
	return arena_printf(a, "[%s]", text);
}

static enum rc
damaged(json_t *j, const char *what, struct err *e)
{
	json_decref(j);
	return err_set(e, RC_CORRUPT, "the %s of a case in the store are damaged", what);
}

static int64_t
number_at(const json_t *list, size_t i)
{
	return json_integer_value(json_array_get(list, i));
}

/* "[[seq, impossible, iat, receipt, answered, answer seq, its iat, its receipt], ...]" */
static enum rc
pauses_parse(const char *text, struct casefile *c, struct err *e)
{
	json_t *j = list_read(text);
	size_t i;
	json_t *p;

	if (!json_is_array(j) || json_array_size(j) > CASE_PAUSES_MAX)
		return damaged(j, "questions", e);
	json_array_foreach (j, i, p)
		c->pauses[i] = (struct case_pause){
			.seq = (uint64_t)number_at(p, 0),
			.impossible = number_at(p, 1) != 0,
			.iat_us = number_at(p, 2),
			.receipt_us = number_at(p, 3),
			.answered = number_at(p, 4) != 0,
			.answer_seq = (uint64_t)number_at(p, 5),
			.answer_iat_us = number_at(p, 6),
			.answer_receipt_us = number_at(p, 7),
		};
	c->n_pauses = (uint32_t)json_array_size(j);
	json_decref(j);
	return RC_OK;
}

static const char *
pauses_text(struct arena *a, const struct casefile *c)
{
	const char *text = "";

	for (uint32_t i = 0; i < c->n_pauses; i++) {
		const struct case_pause *p = &c->pauses[i];

		text = arena_printf(a,
				    "%s%s[%" PRIu64 ",%d,%" PRId64 ",%" PRId64
				    ",%d,%" PRIu64 ",%" PRId64 ",%" PRId64 "]",
				    text, i == 0 ? "" : ",", p->seq, p->impossible,
				    p->iat_us, p->receipt_us, p->answered, p->answer_seq,
				    p->answer_iat_us, p->answer_receipt_us);
	}
	return arena_printf(a, "[%s]", text);
}

/* "[[seq, class, iat, receipt], ...]" */
static enum rc
transfers_parse(const char *text, struct casefile *c, struct err *e)
{
	json_t *j = list_read(text);
	size_t i;
	json_t *t;

	if (!json_is_array(j) || json_array_size(j) > CASE_TRANSFERS_MAX)
		return damaged(j, "transfers", e);
	json_array_foreach (j, i, t)
		c->transfers[i] = (struct case_transfer){
			.seq = (uint64_t)number_at(t, 0),
			.to = (unsigned)number_at(t, 1),
			.iat_us = number_at(t, 2),
			.receipt_us = number_at(t, 3),
		};
	c->n_transfers = (uint32_t)json_array_size(j);
	json_decref(j);
	return RC_OK;
}

static const char *
transfers_text(struct arena *a, const struct casefile *c)
{
	const char *text = "";

	for (uint32_t i = 0; i < c->n_transfers; i++)
		text = arena_printf(a, "%s%s[%" PRIu64 ",%u,%" PRId64 ",%" PRId64 "]",
				    text, i == 0 ? "" : ",", c->transfers[i].seq,
				    c->transfers[i].to, c->transfers[i].iat_us,
				    c->transfers[i].receipt_us);
	return arena_printf(a, "[%s]", text);
}

static enum rc
on_case(void *arg, const struct db_row *row, struct err *e)
{
	struct get *g = arg;
	const struct db_driver *drv = g->s->drv;
	struct case_row *c = g->out;
	struct casefile *f = &c->fold;
	size_t len;
	unsigned col = 0;

	g->n++;
	c->casefile = store_col_text(g->s, g->a, row, col++);
	c->channel = drv->col_int(row, col++);
	c->parts = (uint64_t)drv->col_int(row, col++);
	c->items = (uint64_t)drv->col_int(row, col++);
	c->decided = (uint64_t)drv->col_int(row, col++);
	c->manifest = drv->col_int(row, col++) != 0;
	c->subject = store_col_text(g->s, g->a, row, col++);
	c->legal_basis = store_col_text(g->s, g->a, row, col++);
	c->class_code = store_col_text(g->s, g->a, row, col++);
	c->urgent = drv->col_int(row, col++) != 0;
	const uint8_t *policy = drv->col_blob(row, col++, &len);
	if (len == HASH_LEN)
		memcpy(c->policy_sha256.b, policy, HASH_LEN);
	f->state = (enum case_state)drv->col_int(row, col++);
	f->send_seq = (uint64_t)drv->col_int(row, col++);
	f->sent_us = drv->col_int(row, col++);
	f->receipt_us = drv->col_int(row, col++);
	f->accepted_us = drv->col_int(row, col++);
	f->refused_us = drv->col_int(row, col++);
	f->closed_us = drv->col_int(row, col++);
	f->decided_us = drv->col_int(row, col++);
	f->decided_seq = (uint64_t)drv->col_int(row, col++);
	f->reopened = (uint32_t)drv->col_int(row, col++);
	f->voided = (uint32_t)drv->col_int(row, col++);
	const char *rungs = store_col_text(g->s, g->a, row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->last_seq[p] = (uint64_t)drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->max_iat_us[p] = drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->n_events[p] = (uint64_t)drv->col_int(row, col++);
	for (int p = 0; p < PARTY_COUNT; p++)
		f->max_ack[p] = (uint64_t)drv->col_int(row, col++);
	c->suspended = (uint64_t)drv->col_int(row, col++);
	const char *pauses = store_col_text(g->s, g->a, row, col++);
	const char *transfers = store_col_text(g->s, g->a, row, col++);
	c->class_now = store_col_text(g->s, g->a, row, col++);
	c->test = drv->col_int(row, col++) != 0;
	enum rc rc = rungs_parse(rungs, f, e);
	if (rc == RC_OK)
		rc = pauses_parse(pauses, f, e);
	return rc == RC_OK ? transfers_parse(transfers, f, e) : rc;
}

uint64_t
view_case_owed(const struct case_row *c)
{
	return c->items - c->decided + c->suspended;
}

static enum rc
case_due_now(struct fold *f, struct case_row *c, struct err *e)
{
	const struct policy *p;

	c->due = (struct case_due){.step = -1};
	c->class_now = c->class_code;
	if (!c->manifest)
		return RC_OK;
	enum rc rc = view_policy(f->v, &c->policy_sha256, &p, e);
	if (rc != RC_OK)
		return rc;
	c->test = p->test;
	const struct policy_class *cls = policy_class_find(p, c->class_code);
	if (cls == NULL)
		return RC_OK;
	casefile_due(p, cls, &c->fold, view_case_owed(c), &c->due);
	c->class_now = arena_strdup(f->a, deadline_class(p, cls, &c->fold)->code);
	return RC_OK;
}

enum rc
view_case_get(struct store *s, struct arena *a, const char *casefile,
	      struct case_row *ret, struct err *e)
{
	struct get g = {.s = s, .a = a, .out = ret};

	*ret = (struct case_row){.due = {.step = -1}};
	enum rc rc = store_run(s, &SQL_V_CASE_GET,
			       (struct db_param[]){DB_P_TEXT(casefile)}, on_case, &g, e);
	if (rc == RC_OK && g.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no case %s", casefile);
	return rc;
}

/* Where a case stands in the list by deadline.  One that was not delivered has no
 * deadline and wants a look first: it stands where its notice was written. */
static int64_t
sort_key_us(const struct case_row *c)
{
	if (c->due.first_us != 0)
		return c->due.first_us;
	return c->fold.state == CASE_SENT ? c->fold.sent_us : STORE_NEVER;
}

/* The next step of the ladder, for whoever prepares it when it is due. */
static enum rc
step_put(struct fold *f, const struct case_row *c, struct err *e)
{
	if (c->due.step >= 0 && !c->due.pending && c->due.step_us != 0)
		return store_later(f->s, &SQL_V_STEP_PUT,
				   (struct db_param[]){DB_P_TEXT(c->casefile),
						       DB_P_INT(c->due.step),
						       DB_P_INT(c->due.step_us)},
				   e);
	return store_run(f->s, &SQL_V_STEP_DELETE,
			 (struct db_param[]){DB_P_TEXT(c->casefile)}, NULL, NULL, e);
}

/* People are told when the last third of the time begins. */
static enum rc
scrutiny_put(struct fold *f, const struct case_row *c, struct err *e)
{
	const struct policy *p;
	enum rc rc;

	if (!c->manifest || c->fold.receipt_us == 0)
		return RC_OK;
	rc = view_policy(f->v, &c->policy_sha256, &p, e);
	if (rc != RC_OK || p->scrutiny_us == 0)
		return rc;
	int64_t due_us = c->fold.receipt_us + p->scrutiny_us;
	return store_later(f->s, &SQL_V_SCRUTINY_PUT,
			   (struct db_param[]){DB_P_TEXT(c->casefile),
					       DB_P_INT(due_us - p->scrutiny_us / 3),
					       DB_P_INT(due_us)},
			   e);
}

enum rc
fold_case_put(struct fold *f, struct case_row *c, struct err *e)
{
	const struct casefile *k = &c->fold;
	enum rc rc = case_due_now(f, c, e);

	if (rc != RC_OK)
		return rc;
	rc = store_later(
		f->s, &SQL_V_CASE_PUT,
		(struct db_param[]){
			DB_P_TEXT(c->casefile),
			DB_P_INT(c->channel),
			DB_P_INT(c->parts),
			DB_P_INT(c->items),
			DB_P_INT(c->decided),
			DB_P_INT(c->manifest),
			DB_P_TEXT(c->subject),
			DB_P_TEXT(c->legal_basis),
			DB_P_TEXT(c->class_code),
			DB_P_INT(c->urgent),
			DB_P_BLOB(c->manifest ? c->policy_sha256.b : NULL, HASH_LEN),
			DB_P_INT(k->state),
			DB_P_INT(k->send_seq),
			DB_P_INT(k->sent_us),
			DB_P_INT(k->receipt_us),
			DB_P_INT(k->accepted_us),
			DB_P_INT(k->refused_us),
			DB_P_INT(k->closed_us),
			DB_P_INT(k->decided_us),
			DB_P_INT(k->decided_seq),
			DB_P_INT(k->reopened),
			DB_P_INT(k->voided),
			DB_P_TEXT(rungs_text(f->a, k)),
			DB_P_INT(k->last_seq[0]),
			DB_P_INT(k->last_seq[1]),
			DB_P_INT(k->max_iat_us[0]),
			DB_P_INT(k->max_iat_us[1]),
			DB_P_INT(k->n_events[0]),
			DB_P_INT(k->n_events[1]),
			DB_P_INT(k->max_ack[0]),
			DB_P_INT(k->max_ack[1]),
			DB_P_INT(c->due.accept_us),
			DB_P_INT(c->due.decide_us),
			DB_P_INT(sort_key_us(c)),
			DB_P_INT(c->suspended),
			DB_P_TEXT(pauses_text(f->a, k)),
			DB_P_TEXT(transfers_text(f->a, k)),
			DB_P_INT(c->due.paused_us),
			DB_P_INT(c->due.paused_until_us),
			DB_P_TEXT(c->class_now),
			DB_P_INT(c->test),
		},
		e);
	if (rc == RC_OK)
		rc = step_put(f, c, e);
	if (rc == RC_OK)
		rc = scrutiny_put(f, c, e);
	return rc == RC_OK ? fold_queue_case(f, c, sort_key_us(c), e) : rc;
}

static enum rc
on_case_event(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *r = arg;
	const struct db_driver *drv = r->s->drv;
	struct case_event *ev = store_list_next(r, sizeof(*ev));

	(void)e;
	*ev = (struct case_event){
		.from = (enum party)drv->col_int(row, 0),
		.seq = (uint64_t)drv->col_int(row, 1),
		.covers_seq = (uint64_t)drv->col_int(row, 2),
		.ack_size = (uint64_t)drv->col_int(row, 3),
		.iat_us = drv->col_int(row, 4),
		.act = (enum case_act)drv->col_int(row, 5),
		.level = (unsigned)drv->col_int(row, 6),
		.receipt_us = drv->col_int(row, 7),
		.floor_us = drv->col_int(row, 8),
	};
	return RC_OK;
}

/* Record `ev` and bring the fold up to it.  *ret_void: no transition allows it. */
static enum rc
case_take(struct fold *f, struct case_row *c, const struct case_event *ev, bool *ret_void,
	  struct err *e)
{
	enum rc rc = store_later(f->s, &SQL_V_CASE_EVENT_INSERT,
				 (struct db_param[]){
					 DB_P_TEXT(c->casefile),
					 DB_P_INT(ev->from),
					 DB_P_INT(ev->seq),
					 DB_P_INT(ev->covers_seq),
					 DB_P_INT(ev->ack_size),
					 DB_P_INT(ev->iat_us),
					 DB_P_INT(ev->act),
					 DB_P_INT(ev->level),
					 DB_P_INT(ev->receipt_us),
					 DB_P_INT(ev->floor_us),
				 },
				 e);

	if (rc != RC_OK)
		return rc;
	if (casefile_can_append(&c->fold, ev)) {
		*ret_void = !casefile_apply(&c->fold, ev);
		f->recorded = *ret_void;
		return RC_OK;
	}
	struct store_list all = {.s = f->s, .a = f->a};
	rc = store_run(f->s, &SQL_V_CASE_EVENT_OF,
		       (struct db_param[]){DB_P_TEXT(c->casefile)}, on_case_event, &all,
		       e);
	if (rc != RC_OK)
		return rc;
	*ret_void = !casefile_fold_with(all.rows, all.n, ev, &c->fold);
	f->recorded = *ret_void;
	return RC_OK;
}

/* The case of an event, which must be of the same channel. */
enum rc
fold_case_of(struct fold *f, struct case_row *c, struct err *e)
{
	enum rc rc = view_case_get(f->s, f->a, f->ev->casefile, c, e);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && c->channel != f->channel)) {
		fold_void(f, "there is no such case in this channel");
		rc = RC_OK;
	}
	return rc;
}

enum rc
fold_case_take(struct fold *f, struct case_row *c, bool *ret_done, struct err *e)
{
	const struct policy *p = NULL;
	enum case_state from = c->fold.state;
	struct case_event ce;
	bool voided = true;
	enum rc rc = RC_OK;

	*ret_done = false;
	if (c->manifest)
		rc = view_policy(f->v, &c->policy_sha256, &p, e);
	if (rc != RC_OK)
		return rc;
	const char *why = casefile_event_of(f->ev, f->from, p, &ce);
	if (why != NULL) {
		fold_void(f, "%s", why);
		return RC_OK;
	}
	ce.floor_us = f->floor_us;
	rc = case_take(f, c, &ce, &voided, e);
	if (rc == RC_OK && voided)
		fold_void(f, "a case that is %s allows no %s by the %s",
			  case_state_token(from), f->ev->type, party_name(f->from));
	*ret_done = rc == RC_OK && !voided;
	return rc;
}

enum rc
fold_case_taken(struct fold *f, struct case_row *c, bool *ret_done, struct err *e)
{
	enum rc rc = fold_case_take(f, c, ret_done, e);

	if (rc == RC_OK && event_starts_clock(f->ev) && (*ret_done || f->recorded))
		rc = store_run(
			f->s, &SQL_V_CLOCK_INSERT,
			(struct db_param[]){DB_P_INT(f->channel), DB_P_INT(f->from),
					    DB_P_INT(f->ev->seq), DB_P_TEXT(c->casefile)},
			NULL, NULL, e);
	return rc == RC_OK && (*ret_done || f->recorded) ? fold_case_put(f, c, e) : rc;
}

enum rc
fold_case_act(struct fold *f, struct err *e)
{
	struct case_row c;
	bool done;
	enum rc rc = fold_case_of(f, &c, e);

	return rc == RC_OK && f->void_why == NULL ? fold_case_taken(f, &c, &done, e) : rc;
}

enum rc
fold_case_receipt(struct fold *f, const char *casefile, uint64_t seq, int64_t receipt_us,
		  struct err *e)
{
	struct case_row c;
	struct case_event ce;
	bool voided;
	enum rc rc = view_case_get(f->s, f->a, casefile, &c, e);

	(void)casefile_event_of(f->ev, f->from, NULL, &ce);
	ce.covers_seq = seq;
	ce.receipt_us = receipt_us;
	if (rc == RC_OK)
		rc = case_take(f, &c, &ce, &voided, e);
	f->recorded = false;
	return rc == RC_OK ? fold_case_put(f, &c, e) : rc;
}
