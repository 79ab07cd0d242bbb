/*
 * The figures of product.md by month, computed from the views of one moment and named
 * with the log heads that they come from: whoever has those logs gets the same.
 *
 * Each look reads only the cases, orders, objections and disputes of the months asked
 * for, by their index; items are counted by case.  A month is kept until a head moves.
 */
#include "core/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "core/deadline.h"
#include "core/event.h"
#include "service/contact.h"
#include "service/statistics.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	STAT_MONTHS_MAX = 240, /* of one answer */
	STAT_MONTHS_DEFAULT = 12,
	STAT_KEPT_MAX = 512, /* months of channels in memory */
	STAT_POLICIES_MAX = 64,
	STAT_YEAR_MIN = 1970,
	STAT_YEAR_MAX = 9998,
	MONTH_TEXT_LEN = 8, /* "2017-07" */
	STAT_CSV_MAX = 4 << 20,
};

/* ---- months ------------------------------------------------------------------------ */

/* Months since January of year 0. */
static bool
month_parse(const char *text, int64_t *ret)
{
	if (strlen(text) != MONTH_TEXT_LEN - 1 || text[4] != '-' ||
	    strspn(text, "0123456789") != 4 || strspn(text + 5, "0123456789") != 2)
		return false;
	int64_t year = strtoll(text, NULL, 10), month = strtoll(text + 5, NULL, 10);
	*ret = year * 12 + month - 1;
	return month >= 1 && month <= 12 && year >= STAT_YEAR_MIN &&
	       year <= STAT_YEAR_MAX;
}

static const char *
month_text(struct arena *a, int64_t month)
{
	return arena_printf(a, "%04" PRId64 "-%02" PRId64, month / 12, month % 12 + 1);
}

static int64_t
month_start_us(int64_t month)
{
	struct tm tm = {.tm_year = (int)(month / 12 - 1900),
			.tm_mon = (int)(month % 12),
			.tm_mday = 1};

	return (int64_t)timegm(&tm) * CLOCK_US_PER_S;
}

static int64_t
month_of_us(int64_t us)
{
	time_t s = (time_t)(us / CLOCK_US_PER_S);
	struct tm tm;

	if (gmtime_r(&s, &tm) == NULL)
		return (int64_t)STAT_YEAR_MIN * 12;
	return (int64_t)(tm.tm_year + 1900) * 12 + tm.tm_mon;
}

/* ---- what is kept ------------------------------------------------------------------ */

struct kept {
	struct arena *a;
	int64_t channel, month;
	uint64_t size[PARTY_COUNT];
	struct statistics st;
	uint64_t used; /* the least was used longest ago */
};

struct stat_cache {
	pthread_mutex_t mu; /* one computation at a time, too */
	struct kept kept[STAT_KEPT_MAX];
	size_t n;
	uint64_t uses;
};

struct stat_cache *
stat_cache_create(void)
{
	struct stat_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	pthread_mutex_init(&c->mu, NULL);
	return c;
}

void
stat_cache_free(struct stat_cache *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->n; i++)
		arena_free(c->kept[i].a);
	pthread_mutex_destroy(&c->mu);
	free(c);
}

/* The place of that month: its own, a free one, or the one used longest ago. */
static struct kept *
kept_find(struct stat_cache *c, int64_t channel, int64_t month)
{
	struct kept *oldest = NULL;

	for (size_t i = 0; i < c->n; i++) {
		struct kept *k = &c->kept[i];
		if (k->channel == channel && k->month == month)
			return k;
		if (oldest == NULL || k->used < oldest->used)
			oldest = k;
	}
	if (c->n < STAT_KEPT_MAX)
		oldest = &c->kept[c->n++];
	arena_free(oldest->a);
	*oldest = (struct kept){.channel = channel, .month = month};
	return oldest;
}

/* ---- one month of one channel ------------------------------------------------------ */

struct month {
	struct store *s;
	struct arena *a;   /* of the look */
	struct arena *one; /* of one case */
	struct statistics *st;
	const struct policy *policies[STAT_POLICIES_MAX];
	size_t n_policies;
	struct db_param range[3]; /* channel, from, to */
};

static enum rc
policy_get(struct month *m, const struct hash *sha256, const struct policy **ret,
	   struct err *e)
{
	const char *text;

	for (size_t i = 0; i < m->n_policies; i++)
		if (hash_equal(&m->policies[i]->sha256, sha256)) {
			*ret = m->policies[i];
			return RC_OK;
		}
	enum rc rc =
		store_text(m->s, m->a, &SQL_POLICY_GET,
			   (struct db_param[]){DB_P_BLOB(sha256->b, HASH_LEN)}, &text, e);
	*ret = NULL;
	if (rc != RC_OK || text == NULL)
		return rc; /* without its policy a case has no deadline here */
	rc = policy_parse(m->a, text, strlen(text), ret, e);
	if (rc == RC_OK && m->n_policies < STAT_POLICIES_MAX)
		m->policies[m->n_policies++] = *ret;
	return rc;
}

static enum rc
on_id(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

static enum rc
case_take(struct month *m, const char *id, struct err *e)
{
	struct case_row row;
	const struct policy *p = NULL;
	enum rc rc = view_case_get(m->s, m->one, id, &row, e);

	if (rc == RC_OK)
		rc = policy_get(m, &row.policy_sha256, &p, e);
	if (rc != RC_OK)
		return rc;
	struct stat_case c = {
		.sent_us = row.fold.sent_us,
		.receipt_us = row.fold.receipt_us,
		.accepted_us = row.fold.accepted_us,
		.refused_us = row.fold.refused_us,
		.decided_us = row.fold.decided_us,
		.items = row.items,
		.decided = row.decided,
		.reopened = row.fold.reopened,
	};
	const struct policy_class *cls = p == NULL || row.class_code == NULL
						 ? NULL
						 : policy_class_find(p, row.class_code);
	if (cls != NULL) {
		c.accept_due_us = deadline_of(p, cls, &row.fold, DEADLINE_ACCEPT, NULL);
		c.decide_due_us = deadline_of(p, cls, &row.fold, DEADLINE_DECIDE, NULL);
	}
	for (uint32_t i = 0; i < row.fold.n_rungs; i++)
		*(row.fold.rungs[i].level == 0 ? &c.reminders : &c.warnings) += 1;
	statistics_case(m->st, &c);
	return RC_OK;
}

static enum rc
cases_take(struct month *m, struct err *e)
{
	struct store_list ids = {.s = m->s, .a = m->a};
	enum rc rc = store_run(m->s, &SQL_STAT_CASES, m->range, on_id, &ids, e);

	for (size_t i = 0; rc == RC_OK && i < ids.n; i++) {
		rc = case_take(m, ((const char *const *)ids.rows)[i], e);
		arena_reset(m->one);
	}
	return rc;
}

static enum rc
on_category(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	size_t len;
	uint64_t n = (uint64_t)m->s->drv->col_int(row, 2);

	(void)e;
	statistics_count(m->st->categories, m->s->drv->col_text(row, 0, &len), n);
	statistics_count(m->st->kinds, m->s->drv->col_text(row, 1, &len), n);
	return RC_OK;
}

static enum rc
on_outcome(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	size_t len;
	uint64_t n = (uint64_t)m->s->drv->col_int(row, 2);
	const char *outcome = m->s->drv->col_text(row, 0, &len);

	(void)e;
	statistics_count(m->st->outcomes, outcome, n);
	const char *ground = m->s->drv->col_text(row, 1, &len);
	if (strcmp(outcome, "impossible") == 0 && ground[0] != '\0')
		statistics_count(m->st->inability, ground, n);
	return RC_OK;
}

static enum rc
on_order(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	const struct db_driver *drv = m->s->drv;
	size_t len;
	const char *state = drv->col_text(row, 3, &len);

	(void)e;
	statistics_order(m->st, &(struct stat_order){
					.drafted_us = drv->col_int(row, 0),
					.in_force_us = drv->col_int(row, 1),
					.emergency = drv->col_int(row, 2) != 0,
					.lifted = strcmp(state, "lifted") == 0,
					.expired = strcmp(state, "expired") == 0,
					.zone_us = drv->col_int(row, 4),
				});
	m->st->orders_wrong += (uint64_t)drv->col_int(row, 5);
	return RC_OK;
}

static enum rc
on_lift(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;

	(void)e;
	statistics_lift(m->st, m->s->drv->col_int(row, 0), m->s->drv->col_int(row, 1));
	return RC_OK;
}

static enum rc
on_objection(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	const struct db_driver *drv = m->s->drv;
	size_t len;

	(void)e;
	statistics_objection(
		m->st,
		&(struct stat_objection){
			.normalise =
				strcmp(drv->col_text(row, 0, &len), "normalise") == 0,
			.received_us = drv->col_int(row, 1),
			.answered_us = drv->col_int(row, 2),
			.ruled_us = drv->col_int(row, 3),
			.answer_due_us = drv->col_int(row, 4),
			.rule_due_us = drv->col_int(row, 5),
			.ruling = drv->col_null(row, 6) ? NULL
							: drv->col_text(row, 6, &len),
		});
	return RC_OK;
}

static enum rc
on_dispute(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	const struct db_driver *drv = m->s->drv;
	size_t len;
	int64_t by = drv->col_int(row, 0);

	(void)e;
	if (by >= 0 && by < PARTY_COUNT)
		statistics_dispute(
			m->st, &(struct stat_dispute){
				       .by = (enum party)by,
				       .ruling = drv->col_null(row, 1)
							 ? NULL
							 : drv->col_text(row, 1, &len),
			       });
	return RC_OK;
}

static enum rc
on_reversal(void *arg, const struct db_row *row, struct err *e)
{
	const struct month *m = arg;
	int64_t by = m->s->drv->col_int(row, 0);

	(void)e;
	if (by >= 0 && by < PARTY_COUNT)
		m->st->reversals[by] += (uint64_t)m->s->drv->col_int(row, 1);
	m->st->reinstated += (uint64_t)m->s->drv->col_int(row, 2);
	return RC_OK;
}

static enum rc
month_compute(struct store *s, int64_t channel, int64_t month, struct statistics *st,
	      struct err *e)
{
	struct month m = {
		.s = s,
		.a = arena_create(),
		.one = arena_create(),
		.st = st,
		.range = {DB_P_INT(channel), DB_P_INT(month_start_us(month)),
			  DB_P_INT(month_start_us(month + 1))},
	};
	const struct {
		const struct sql *q;
		db_on_row *on_row;
	} parts[] = {
		{&SQL_STAT_CATEGORIES, on_category},  {&SQL_STAT_OUTCOMES, on_outcome},
		{&SQL_STAT_ORDERS, on_order},	      {&SQL_STAT_LIFTS, on_lift},
		{&SQL_STAT_OBJECTIONS, on_objection}, {&SQL_STAT_DISPUTES, on_dispute},
		{&SQL_STAT_REVERSALS, on_reversal},
	};
	enum rc rc = cases_take(&m, e);

	for (size_t i = 0; rc == RC_OK && i < sizeof(parts) / sizeof(parts[0]); i++)
		rc = store_run(s, parts[i].q, m.range, parts[i].on_row, &m, e);
	arena_free(m.one);
	arena_free(m.a);
	return rc;
}

/* ---- the answer -------------------------------------------------------------------- */

struct asked {
	int64_t from, to; /* months, both included */
	bool by_month, csv;
	const struct channel_row *channels;
	size_t n;
};

static enum rc
month_read(json_t *in, const char *name, int64_t dflt, int64_t *ret, struct err *e)
{
	const char *text;
	enum rc rc = in_text(in, name, false, MONTH_TEXT_LEN, &text, e);

	*ret = dflt;
	if (rc == RC_OK && text != NULL && !month_parse(text, ret))
		rc = err_set(e, RC_INVALID, "\"%s\" must be a month as 2017-07", name);
	return rc;
}

static enum rc
asked_read(json_t *in, struct asked *q, struct err *e)
{
	const char *each;
	enum rc rc = month_read(in, "to", month_of_us(clock_now_us()), &q->to, e);

	if (rc == RC_OK)
		rc = month_read(in, "from", q->to - STAT_MONTHS_DEFAULT + 1, &q->from, e);
	if (rc == RC_OK && q->from > q->to)
		rc = err_set(e, RC_INVALID, "\"from\" is after \"to\"");
	if (rc == RC_OK && q->to - q->from >= STAT_MONTHS_MAX)
		rc = err_set(e, RC_TOO_LARGE, "at most %d months at once",
			     STAT_MONTHS_MAX);
	if (rc == RC_OK)
		rc = in_text(in, "each", false, EVENT_TYPE_MAX, &each, e);
	if (rc == RC_OK && each != NULL && strcmp(each, "month") != 0)
		rc = err_set(e, RC_INVALID, "\"each\" is \"month\" or absent");
	if (rc == RC_OK)
		rc = in_csv(in, &q->csv, e);
	if (rc != RC_OK)
		return rc;
	q->by_month = each != NULL;
	return RC_OK;
}

/* Of the first entry of a log: before it nothing was measured. */
static enum rc
since_read(struct store *s, struct arena *a, const struct log_head *h, int64_t *since_us,
	   struct err *e)
{
	const struct event_claim *claim;
	struct log_leaf *leaf;

	if (h->size == 0)
		return RC_OK;
	enum rc rc = store_leaves(s, a, h->channel, h->party, 0, 1, &leaf, e);
	if (rc == RC_OK)
		rc = event_parse(a, leaf[0].jws, leaf[0].jws_len, &claim, e);
	if (rc != RC_OK)
		return rc;
	const int64_t first_us = event_trusted(claim)->iat_us;
	if (*since_us == 0 || first_us < *since_us)
		*since_us = first_us;
	return RC_OK;
}

/* What every figure rests on: the heads, and the newest time that either log says. */
static enum rc
heads_read(struct store *s, struct arena *a, const struct channel_row *ch,
	   struct log_head h[PARTY_COUNT], int64_t *as_of_us, json_t *logs, struct err *e)
{
	enum rc rc = RC_OK;

	*as_of_us = 0;
	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++) {
		char hex[HASH_HEX_LEN + 1];
		rc = store_head(s, a, ch->channel, (enum party)p, &h[p], e);
		if (rc != RC_OK)
			return rc;
		if (h[p].last_iat_us > *as_of_us)
			*as_of_us = h[p].last_iat_us;
		json_array_append_new(logs, json_pack("{s:s, s:s, s:I, s:s}", "party",
						      party_name((enum party)p), "origin",
						      h[p].origin, "size",
						      (json_int_t)h[p].size, "root",
						      hash_hex(&h[p].root, hex)));
	}
	return rc;
}

static enum rc
month_get(struct stat_cache *c, struct store *s, int64_t channel, int64_t month,
	  const struct log_head h[PARTY_COUNT], int64_t as_of_us,
	  const struct statistics **ret, struct err *e)
{
	struct kept *k = kept_find(c, channel, month);

	k->used = ++c->uses;
	*ret = &k->st;
	if (k->a != NULL && k->size[0] == h[0].size && k->size[1] == h[1].size)
		return RC_OK;
	arena_free(k->a);
	k->a = arena_create();
	statistics_open(&k->st, k->a, as_of_us);
	enum rc rc = month_compute(s, channel, month, &k->st, e);
	for (int p = 0; p < PARTY_COUNT; p++)
		k->size[p] = h[p].size;
	if (rc != RC_OK) {
		arena_free(k->a);
		k->a = NULL;
	}
	return rc;
}

struct figures {
	struct statistics total, *months;
	int64_t since_us, as_of_us; /* of the first event and the newest; 0: none */
};

/* Both logs of a channel at one moment, and its months added to those of the others. */
static enum rc
channel_add(struct node *nd, struct store *s, struct arena *a,
	    const struct channel_row *ch, const struct asked *q, struct figures *f,
	    json_t *logs, struct err *e)
{
	struct log_head h[PARTY_COUNT];
	int64_t newest_us;
	enum rc rc = heads_read(s, a, ch, h, &newest_us, logs, e);

	for (int p = 0; rc == RC_OK && p < PARTY_COUNT; p++)
		rc = since_read(s, a, &h[p], &f->since_us, e);

	for (int64_t m = q->from; rc == RC_OK && m <= q->to; m++) {
		const struct statistics *st;
		rc = month_get(nd->statistics, s, ch->channel, m, h, newest_us, &st, e);
		if (rc != RC_OK)
			break;
		statistics_add(&f->total, st);
		if (q->by_month)
			statistics_add(&f->months[m - q->from], st);
	}
	if (rc == RC_OK && newest_us > f->as_of_us)
		f->as_of_us = newest_us;
	return rc;
}

static enum rc
csv_reply(struct arena *a, const struct asked *q, const struct figures *f,
	  struct reply *out, struct err *e)
{
	struct buf b = BUF_INIT(STAT_CSV_MAX);
	json_t *j = statistics_json(&f->total);

	buf_puts(&b, "period,figure,value\r\n");
	statistics_csv_put(&b, "total", j);
	json_decref(j);
	for (int64_t m = q->from; q->by_month && m <= q->to; m++) {
		j = statistics_json(&f->months[m - q->from]);
		statistics_csv_put(&b, month_text(a, m), j);
		json_decref(j);
	}
	return reply_csv(a, out, &b, "statistics.csv", e);
}

static enum rc
figures_make(struct node *nd, struct arena *a, json_t *in, struct asked *q,
	     struct figures *f, json_t *logs, struct err *e)
{
	struct store *s = NULL;
	size_t months = (size_t)(q->to - q->from + 1);
	enum rc rc = reader_snapshot(nd, &s, e);

	statistics_open(&f->total, a, 0);
	f->months = q->by_month ? arena_array(a, months, sizeof(*f->months)) : NULL;
	for (size_t i = 0; q->by_month && i < months; i++)
		statistics_open(&f->months[i], a, 0);
	if (rc == RC_OK)
		rc = channels_asked(s, a, in, &q->channels, &q->n, e);
	pthread_mutex_lock(&nd->statistics->mu);
	for (size_t i = 0; rc == RC_OK && i < q->n; i++)
		rc = channel_add(nd, s, a, &q->channels[i], q, f, logs, e);
	pthread_mutex_unlock(&nd->statistics->mu);
	reader_put(nd, s);
	return rc;
}

/*
 * in: from?, to? (months, both included; the last twelve), each? (month), peer? (all when
 *     absent), format? (json, csv)
 * out: from, to, since (of the first event; before it nothing was measured), as_of, logs
 * [{party, origin, size, root}], total {...}, periods
 *      [{period, ...}] (each month)
 */
enum rc
service_statistics(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct asked q = {0};
	struct figures f = {.since_us = 0};
	json_t *logs = json_array(), *periods = json_array();
	enum rc rc = in_only(in, "from to each peer format", e);

	(void)who;
	if (rc == RC_OK)
		rc = asked_read(in, &q, e);
	if (rc == RC_OK)
		rc = figures_make(nd, a, in, &q, &f, logs, e);
	if (rc == RC_OK && q.csv) {
		rc = csv_reply(a, &q, &f, out, e);
	} else if (rc == RC_OK) {
		for (int64_t m = q.from; q.by_month && m <= q.to; m++) {
			json_t *j = statistics_json(&f.months[m - q.from]);
			json_object_set_new(j, "period", json_string(month_text(a, m)));
			json_array_append_new(periods, j);
		}
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:o, s:o, s:O, s:o, s:O}", "from",
				     month_text(a, q.from), "to", month_text(a, q.to),
				     "since", json_time(f.since_us), "as_of",
				     json_time(f.as_of_us), "logs", logs, "total",
				     statistics_json(&f.total), "periods", periods));
	}
	json_decref(logs);
	json_decref(periods);
	return rc;
}
