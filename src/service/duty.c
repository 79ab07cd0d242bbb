/*
 * Duties that have a date by the policy and hang on no clock of a case: the yearly
 * figures (statistics), and the review of a notice by a third authority (scrutiny_s).
 * People are told before the date and when it has passed, until somebody says that it is
 * done.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/cases.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	DUTY_MAX = 60, /* bytes of its name */
	DUTY_NOTE_MAX = 2000,
	DUTY_PAGE_DEFAULT = 50,
	DUTY_PAGE_MAX = 1000,
	SCRUTINY_BATCH = 100, /* of one job */
	NEAR_DAYS = 30,	      /* before figures are due */
	YEAR_DIGITS = 4,
};
#define DAY_US (INT64_C(86400) * CLOCK_US_PER_S)
/* A date is a matter of days; each look parses a policy a channel. */
#define STATISTICS_EVERY_US (INT64_C(3600) * CLOCK_US_PER_S)

static enum rc
duty_is_done(struct store *s, const char *duty, bool *ret, struct err *e)
{
	int64_t n = 0;
	enum rc rc = store_int(s, &SQL_DUTY_DONE_COUNT,
			       (struct db_param[]){DB_P_TEXT(duty)}, 0, &n, e);

	*ret = n != 0;
	return rc;
}

static enum rc
duty_tell(struct writer *w, const char *duty, const char *kind, const char *subject,
	  const char *text, struct err *e)
{
	return alarm_raise(w, arena_printf(w->a, "duty/%s", duty), kind, subject, text,
			   w->now_us, e);
}

/* ---- the review of a notice -----------------------------------------------------------
 */

/* Is there one?  Not of a notice that was refused, nor of one that says that it crosses
 * no border.  Erased, nobody can say any more, and nobody is told. */
static enum rc
reviewed(struct writer *w, const char *casefile, bool *ret, struct err *e)
{
	struct case_row c;
	json_t *more = json_object();
	enum rc rc = view_case_get(w->s, w->a, casefile, &c, e);

	if (rc == RC_OK)
		rc = case_notice_more(w->s, w->a, &c, more, e);
	const struct policy *p;
	if (rc == RC_OK)
		rc = view_policy(w->v, &c.policy_sha256, &p, e);
	if (rc == RC_OK) {
		const char *crosses = json_string_value(
			json_object_get(json_object_get(more, "fields"), "cross_border"));
		bool asked = false;
		for (size_t i = 0; i < p->n_fields; i++)
			asked = asked || strcmp(p->fields[i].code, "cross_border") == 0;
		*ret = c.fold.state != CASE_REFUSED &&
		       (!asked || (crosses != NULL && strcmp(crosses, "yes") == 0));
	}
	json_decref(more);
	return rc;
}

static enum rc
scrutiny_tell(struct writer *w, const char *casefile, int64_t due_us, struct err *e)
{
	const char *duty = arena_printf(w->a, "scrutiny.%s", casefile);
	bool over = due_us <= w->now_us, done = false, is = true;
	char when[CLOCK_TEXT_LEN];
	enum rc rc = duty_is_done(w->s, duty, &done, e);

	if (rc == RC_OK && !done)
		rc = reviewed(w, casefile, &is, e);
	if (rc == RC_OK && !done && is)
		rc = duty_tell(
			w, duty, "scrutiny", casefile,
			arena_printf(w->a,
				     "the time in which a third authority may review "
				     "the notice %s %s; record what it decided, or that "
				     "it did not: saluran duty done %s --note TEXT",
				     over ? "ended" : "ends", clock_format(due_us, when),
				     duty),
			e);
	return rc == RC_OK ? store_run(w->s, &SQL_SCRUTINY_TOLD,
				       (struct db_param[]){
					       DB_P_TEXT(casefile),
					       DB_P_INT(over || done || !is ? 2 : 1)},
				       NULL, NULL, e)
			   : rc;
}

struct telling {
	int64_t now_us;
	size_t n; /* out */
};

static enum rc
work_scrutiny(struct writer *w, void *arg, struct err *e)
{
	struct telling *t = arg;
	json_t *rows = json_array(), *row;
	size_t i;
	enum rc rc = store_rows(
		w->s, &SQL_SCRUTINY_DUE,
		(struct db_param[]){DB_P_INT(t->now_us), DB_P_INT(SCRUTINY_BATCH)},
		"case:s due:i", rows, e);

	t->n = json_array_size(rows);
	json_array_foreach (rows, i, row)
		if (rc == RC_OK)
			rc = scrutiny_tell(
				w, json_string_value(json_object_get(row, "case")),
				json_integer_value(json_object_get(row, "due")), e);
	json_decref(rows);
	return rc;
}

enum rc
tick_scrutiny(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct telling t = {.now_us = now_us};
	json_t *first = json_array();
	struct store *s = NULL;
	int64_t at_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_SCRUTINY_DUE,
				(struct db_param[]){DB_P_INT(now_us), DB_P_INT(1)},
				"case:s due:i", first, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_SCRUTINY_NEXT,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, &at_us, e);
	reader_put(nd, s);
	if (rc == RC_OK && json_array_size(first) != 0)
		rc = writer_run(nd, work_scrutiny, &t, e);
	json_decref(first);
	if (rc == RC_OK && t.n == SCRUTINY_BATCH)
		*next_us = now_us;
	else if (rc == RC_OK && at_us != 0)
		*next_us = at_us;
	return rc;
}

/* ---- yearly figures -------------------------------------------------------------------
 */

struct figures {
	int64_t year; /* whose they are */
	int64_t due_us, now_us;
	const char *policy;
};

/* The end of the day, or of the month's last where it has no such day. */
static int64_t
date_end(int64_t year, unsigned month, unsigned day)
{
	char text[CLOCK_TEXT_LEN];
	int64_t us = 0;

	for (unsigned d = day; us == 0 && d > 0; d--) {
		struct buf b = BUF_INIT(sizeof(text));
		buf_printf(&b, "%04" PRId64 "-%02u-%02uT00:00:00Z", year, month, d);
		if (clock_parse(buf_str(&b), b.len, &us) != RC_OK)
			us = 0;
		buf_free(&b);
	}
	return us + DAY_US;
}

static int64_t
year_of(int64_t us)
{
	char text[CLOCK_TEXT_LEN];

	clock_format(us, text);
	text[YEAR_DIGITS] = '\0';
	return strtoll(text, NULL, 10);
}

static enum rc
work_figures(struct writer *w, void *arg, struct err *e)
{
	const struct figures *g = arg;
	const char *duty = arena_printf(w->a, "statistics.%" PRId64, g->year);
	char when[CLOCK_TEXT_LEN];
	bool done;
	enum rc rc = duty_is_done(w->s, duty, &done, e);

	if (rc != RC_OK || done)
		return rc;
	clock_format(g->due_us - DAY_US, when);
	return duty_tell(w, duty, "statistics", NULL,
			 arena_printf(w->a,
				      "the figures of %" PRId64
				      " %s by %.10s by the policy %s: saluran statistics "
				      "--from %" PRId64 "-01 --to %" PRId64
				      "-12; when they are handed over: saluran duty done "
				      "%s",
				      g->year,
				      g->now_us < g->due_us ? "are due" : "were due",
				      when, g->policy, g->year, g->year, duty),
			 e);
}

/* Is a channel's policy owed figures now?  Of a year in which there was no channel, none
 * are. */
static enum rc
figures_due(struct store *s, struct arena *a, const struct channel_row *ch,
	    int64_t now_us, struct figures *ret, bool *ret_due, struct err *e)
{
	const struct policy *p;
	int64_t since_us = 0, year = year_of(now_us);
	enum rc rc = policy_of_channel(s, a, ch, &p, e);

	*ret_due = false;
	if (rc != RC_OK || p->statistics.month == 0)
		return rc;
	rc = store_int(s, &SQL_CHANNEL_SINCE, (struct db_param[]){DB_P_INT(ch->channel)},
		       0, &since_us, e);
	*ret = (struct figures){
		.year = year - 1,
		.due_us = date_end(year, p->statistics.month, p->statistics.day),
		.now_us = now_us,
		.policy = p->name,
	};
	*ret_due = since_us != 0 && year_of(since_us) < year &&
		   now_us >= ret->due_us - NEAR_DAYS * DAY_US;
	return rc;
}

enum rc
tick_statistics(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *ch;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = RC_OK;

	*next_us = nd->statistics_us;
	/* A clock that was set back does not put it off. */
	if (nd->statistics_us > now_us &&
	    nd->statistics_us - now_us <= STATISTICS_EVERY_US)
		goto out;
	rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_channels(s, a, &ch, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct figures g;
		bool due;
		rc = figures_due(s, a, &ch[i], now_us, &g, &due, e);
		if (rc == RC_OK && due)
			rc = writer_run(nd, work_figures, &g, e);
	}
	if (rc == RC_OK)
		*next_us = nd->statistics_us = now_us + STATISTICS_EVERY_US;
out:
	reader_put(nd, s);
	arena_free(a);
	return rc;
}

/* ---- for people -----------------------------------------------------------------------
 */

/* in: limit?
 * out: duties, the newest first [{duty, kind, subject, text, told, done (null: not),
 * done_by, note}] */
enum rc
service_duties(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	int64_t limit = 0;
	enum rc rc = in_only(in, "limit", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "duties", rows));
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, DUTY_PAGE_MAX, DUTY_PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_DUTY_LIST, (struct db_param[]){DB_P_INT(limit)},
				"duty:s kind:s subject:s text:s told:t done:t done_by:s "
				"note:s",
				rows, e);
	reader_put(nd, s);
	return rc;
}

struct doing {
	const char *duty, *note, *by;
};

static enum rc
work_done(struct writer *w, void *arg, struct err *e)
{
	const struct doing *d = arg;
	const char *key = arena_printf(w->a, "duty/%s", d->duty);
	int64_t n = 0;
	enum rc rc = store_int(w->s, &SQL_ALARM_EXISTS,
			       (struct db_param[]){DB_P_TEXT(key)}, 0, &n, e);

	if (rc == RC_OK && n == 0)
		return err_set(e, RC_NOT_FOUND,
			       "there is no duty \"%s\": 'saluran duty list' shows them",
			       d->duty);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_DUTY_DONE_PUT,
			       (struct db_param[]){DB_P_TEXT(d->duty), DB_P_TEXT(d->note),
						   DB_P_TEXT(d->by), DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		return err_set(e, RC_CONFLICT,
			       "somebody has said so already: 'saluran duty list' shows "
			       "who");
	return rc == RC_OK ? alarm_clear(w, key, e) : rc;
}

/* in: duty, note?  out: duty */
enum rc
service_duty_done(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct doing d = {.by = actor_name(who)};
	enum rc rc = in_only(in, "duty note", e);

	if (rc == RC_OK)
		rc = in_text(in, "duty", true, DUTY_MAX, &d.duty, e);
	if (rc == RC_OK)
		rc = in_text(in, "note", false, DUTY_NOTE_MAX, &d.note, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_done, &d, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "duty", d.duty));
	return rc;
}
