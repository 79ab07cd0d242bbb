/*
 * Steps of the ladder that are due: prepared with their text by the node, sent by a
 * person, or by the node where the policy says so.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "core/template.h"
#include "service/act.h"
#include "service/alarm.h"
#include "service/cases.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum {
	PREPARE_BATCH = 100, /* cases of one job */
	PREPARED_PAGE_DEFAULT = 50,
	PREPARED_PAGE_MAX = 1000,
};

/* The text of the newest template for it, filled in; NULL: there is none.  "warning-2"
 * comes before "warning". */
static enum rc
text_make(struct writer *w, const struct case_row *c, const struct policy_step *step,
	  const char **ret, bool *ret_open, struct err *e)
{
	const char *names[] = {step->warn ? arena_printf(w->a, "warning-%u", step->level)
					  : "reminder",
			       step->warn ? "warning" : "reminder"};
	struct channel_row ch;
	json_t *t = NULL, *open = json_array();
	enum rc rc = channel_by_id(w->s, w->a, c->channel, &ch, e);

	*ret = NULL;
	for (int i = 0; rc == RC_OK && t == NULL && i < 2; i++) {
		struct err none = ERR_INIT;
		enum rc got = template_get(w->s, names[i], &t, &none);
		if (got != RC_OK && got != RC_NOT_FOUND)
			rc = err_set(e, got, "%s", none.text);
	}
	if (rc == RC_OK && t != NULL) {
		const struct template_case tc = {.a = w->a,
						 .c = c,
						 .org = w->nd->id->org,
						 .peer = ch.peer_org,
						 .level = step->level};
		*ret = template_for_case(
			&tc, json_string_value(json_object_get(t, "text")), open);
	}
	*ret_open = json_array_size(open) != 0;
	json_decref(t);
	json_decref(open);
	return rc;
}

/* As an act of the person, or of the node. */
static enum rc
step_send(struct writer *w, const struct case_row *c, struct act *act, struct err *e)
{
	act->type = act->level == 0 ? "case.remind" : "case.warn";
	act->text_name = "text";
	act->body = act->level == 0 ? json_object()
				    : json_pack("{s:I}", "level", (json_int_t)act->level);
	enum rc rc = act_check_rung(w, act, c, e);

	if (rc == RC_OK)
		rc = act_allowed(w, act, c, e);
	if (rc == RC_OK)
		rc = act_append(w, act, c, e);
	json_decref(act->body);
	return rc;
}

/* Whatever came of it: it is not looked at again until the case has another step. */
static enum rc
step_looked(struct writer *w, const char *casefile, struct err *e)
{
	return store_run(w->s, &SQL_STEP_LOOKED, (struct db_param[]){DB_P_TEXT(casefile)},
			 NULL, NULL, e);
}

/* For a person to send. */
static enum rc
step_keep(struct writer *w, const struct case_row *c, const struct policy_step *step,
	  const char *text, struct err *e)
{
	char id[UUID_TEXT_LEN + 1];

	uuid7_make(w->now_us, id);
	return store_run(w->s, &SQL_PREPARED_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(id),
				 DB_P_TEXT(c->casefile),
				 DB_P_INT(c->due.step),
				 DB_P_INT(c->due.step_us),
				 DB_P_INT(step->warn ? step->level : 0),
				 DB_P_TEXT(text),
				 /* its place in the list: each its own */
				 DB_P_INT(w->now_us++),
			 },
			 NULL, NULL, e);
}

/* The policy has the node send it, and it did not. */
static enum rc
step_alarm(struct writer *w, const char *casefile, const char *why, struct err *e)
{
	return alarm_raise(
		w, arena_printf(w->a, "prepared/%s", casefile), "prepared_step", casefile,
		arena_printf(w->a,
			     "the node could not send a reminder or warning that the "
			     "policy has it send: %.*s. A person sends it: saluran "
			     "prepared",
			     ALARM_TEXT_MAX / 2, why),
		w->now_us, e);
}

/* `failed`: why the node could not send it when it tried; NULL: it has not. */
static enum rc
prepare_one(struct writer *w, const char *casefile, const char *failed, struct err *e)
{
	const struct policy *p;
	const char *text = NULL, *ready = NULL;
	struct case_row c;
	bool open = false;
	enum rc rc = step_looked(w, casefile, e);

	if (rc == RC_OK && failed != NULL)
		rc = step_alarm(w, casefile, failed, e);
	if (rc != RC_OK)
		return rc;
	rc = view_case_get(w->s, w->a, casefile, &c, e);
	if (rc == RC_OK)
		rc = view_policy(w->v, &c.policy_sha256, &p, e);
	if (rc != RC_OK)
		return failed != NULL ? RC_OK : rc; /* the alarm is what can be done */
	casefile_due(p, policy_class_find(p, c.class_code), &c.fold, view_case_owed(&c),
		     &c.due);
	if (c.due.step < 0 || c.due.pending || c.due.step_us > w->now_us)
		return RC_OK;
	/* A rebuild forgets what was looked at. */
	int64_t before = 0;
	rc = store_int(w->s, &SQL_PREPARED_EXISTS,
		       (struct db_param[]){DB_P_TEXT(casefile), DB_P_INT(c.due.step),
					   DB_P_INT(c.due.step_us)},
		       0, &before, e);
	if (rc != RC_OK || before != 0)
		return rc;
	const struct policy_step *step = &p->ladder[c.due.step];
	if (failed == NULL)
		rc = text_make(w, &c, step, &text, &open, e);
	if (rc == RC_OK && step->by_node && open)
		rc = step_alarm(w, casefile, "its template has a place open", e);
	if (rc != RC_OK || failed != NULL || !step->by_node || open)
		return rc == RC_OK ? step_keep(w, &c, step, text, e) : rc;
	if (text != NULL)
		rc = template_ready(w->a, "text", text, &ready, e);
	struct act act = {.casefile = casefile,
			  .by = "node",
			  .text = ready,
			  .level = step->warn ? step->level : 0};
	return rc == RC_OK ? step_send(w, &c, &act, e) : rc;
}

struct prepare {
	int64_t now_us;
	size_t n;			/* out */
	char failed[UUID_TEXT_LEN + 1]; /* out: the case at which it ended */
	const char *why;
};

static enum rc
work_prepare(struct writer *w, void *arg, struct err *e)
{
	struct prepare *job = arg;
	json_t *cases = json_array(), *row;
	size_t i;
	enum rc rc = store_rows(
		w->s, &SQL_STEP_DUE,
		(struct db_param[]){DB_P_INT(job->now_us), DB_P_INT(PREPARE_BATCH)},
		"case:s", cases, e);

	job->n = json_array_size(cases);
	job->failed[0] = '\0';
	json_array_foreach (cases, i, row) {
		const char *id = arena_strdup(
			w->a, json_string_value(json_object_get(row, "case")));
		if (rc != RC_OK)
			break;
		rc = prepare_one(w, id, NULL, e);
		if (rc != RC_OK && strlen(id) == UUID_TEXT_LEN)
			memcpy(job->failed, id, UUID_TEXT_LEN + 1);
	}
	json_decref(cases);
	return rc;
}

static enum rc
work_failed(struct writer *w, void *arg, struct err *e)
{
	const struct prepare *job = arg;

	return prepare_one(w, job->failed, job->why, e);
}

/* Steps of which an alarm tells, and that are no longer what is next. */
static enum rc
settled_get(struct store *s, json_t *into, struct err *e)
{
	return store_rows(s, &SQL_PREPARED_SETTLED,
			  (struct db_param[]){DB_P_INT(PREPARE_BATCH)}, "key:s", into, e);
}

static enum rc
work_settled(struct writer *w, void *arg, struct err *e)
{
	json_t *keys = json_array(), *row;
	size_t i;
	enum rc rc = settled_get(w->s, keys, e);

	(void)arg;
	json_array_foreach (keys, i, row)
		if (rc == RC_OK)
			rc = alarm_clear(
				w, json_string_value(json_object_get(row, "key")), e);
	json_decref(keys);
	return rc;
}

/* A batch is one job.  A case that cannot be sent takes it back: then it is set aside,
 * with an alarm, and the others go on without it. */
static enum rc
prepare_batch(struct node *nd, struct prepare *job, struct err *e)
{
	enum rc rc = RC_OK;

	for (bool again = true; rc == RC_OK && again;) {
		struct err why = ERR_INIT;
		rc = writer_run(nd, work_prepare, job, &why);
		again = rc != RC_OK && job->failed[0] != '\0' && !tick_node_unwell(rc);
		job->why = why.text;
		if (again)
			rc = writer_run(nd, work_failed, job, e);
		else if (rc != RC_OK)
			rc = err_set(e, rc, "%s", why.text);
		job->why = NULL;
	}
	return rc;
}

enum rc
tick_prepare(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct prepare job = {.now_us = now_us};
	json_t *first = json_array(), *settled = json_array();
	struct store *s = NULL;
	int64_t at_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_STEP_DUE,
				(struct db_param[]){DB_P_INT(now_us), DB_P_INT(1)},
				"case:s", first, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_STEP_NEXT, (struct db_param[]){DB_P_INT(now_us)},
			       0, &at_us, e);
	if (rc == RC_OK)
		rc = settled_get(s, settled, e);
	reader_put(nd, s);
	if (rc == RC_OK && json_array_size(settled) != 0)
		rc = writer_run(nd, work_settled, NULL, e);
	if (rc == RC_OK && json_array_size(first) != 0)
		rc = prepare_batch(nd, &job, e);
	json_decref(first);
	json_decref(settled);
	if (rc != RC_OK)
		return rc;
	if (job.n == PREPARE_BATCH)
		*next_us = now_us; /* there may be more of them */
	else if (at_us != 0)
		*next_us = at_us;
	return RC_OK;
}

/* in: after?, limit?
 * out: prepared [{prepared, case, step (remind or warn), level, text (null: none), due,
 * made, ref}], the oldest first, next */
enum rc
service_prepared(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *row;
	int64_t after = 0, limit = 0;
	struct store *s = NULL;
	size_t i;
	enum rc rc = in_only(in, "after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "prepared", rows));
	if (rc == RC_OK)
		rc = in_int(in, "after", 0, INT64_MAX, 0, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PREPARED_PAGE_MAX, PREPARED_PAGE_DEFAULT,
			    &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PREPARED_PAGE,
				(struct db_param[]){DB_P_INT(after), DB_P_INT(limit)},
				"prepared:s case:s level:i text:s due:t made:t "
				"cursor:i " CASE_REF_SPEC,
				rows, e);
	reader_put(nd, s);
	json_t *last = json_null();
	json_array_foreach (rows, i, row) {
		bool warn = json_integer_value(json_object_get(row, "level")) != 0;
		json_object_set_new(row, "step", json_string(warn ? "warn" : "remind"));
		if ((int64_t)(i + 1) == limit)
			last = json_incref(json_object_get(row, "cursor"));
		json_object_del(row, "cursor");
		case_ref_set(row);
	}
	json_object_set_new(o, "next", last);
	return rc;
}

struct prepared_send {
	struct act act; /* first: act_run() */
	const char *id, *person;
	bool text_given;
};

static enum rc
work_send(struct writer *w, void *arg, struct err *e)
{
	struct prepared_send *p = arg;
	json_t *row = NULL;
	struct case_row c;
	enum rc rc =
		store_row(w->s, &SQL_PREPARED_GET, (struct db_param[]){DB_P_TEXT(p->id)},
			  "case:s level:i text:s state:s", &row, e);

	if (rc == RC_NOT_FOUND)
		rc = err_set(e, RC_NOT_FOUND, "there is no prepared step %s", p->id);
	if (rc == RC_OK &&
	    strcmp(json_string_value(json_object_get(row, "state")), "ready") != 0)
		rc = err_set(e, RC_CONFLICT, "it was sent already");
	if (rc == RC_OK) {
		const char *text = json_string_value(json_object_get(row, "text"));
		const char *id = json_string_value(json_object_get(row, "case"));
		p->act.casefile = arena_strdup(p->act.arena, id);
		p->act.level =
			(unsigned)json_integer_value(json_object_get(row, "level"));
		if (!p->text_given && text != NULL)
			rc = template_ready(w->a, "text", text, &p->act.text, e);
	}
	if (rc == RC_OK)
		rc = view_case_get(w->s, w->a, p->act.casefile, &c, e);
	if (rc == RC_OK)
		rc = act_fresh(&p->act, &c, e);
	if (rc == RC_OK)
		rc = step_send(w, &c, &p->act, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PREPARED_END,
			       (struct db_param[]){DB_P_TEXT(p->id), DB_P_INT(w->now_us),
						   DB_P_TEXT(p->person)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = alarm_clear(w, arena_printf(w->a, "prepared/%s", p->act.casefile),
				 e);
	json_decref(row);
	return rc;
}

/* in: prepared, text? (instead of the one that was prepared), version?
 * out: case, event, seq */
enum rc
service_prepared_send(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct prepared_send p = {.act = {.by = actor_pseudonym(who), .arena = a},
				  .person = actor_name(who)};
	enum rc rc = in_only(in, "prepared text version", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "prepared", &p.id, e);
	if (rc == RC_OK)
		rc = in_text(in, "version", false, CASE_VERSION_MAX, &p.act.version, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "text", false, ACT_TEXT_MAX, &p.act.text, e);
	p.text_given = p.act.text != NULL;
	return rc == RC_OK ? act_run(nd, a, &p.act, work_send, &p, out, e) : rc;
}
