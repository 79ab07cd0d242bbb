/*
 * The access record: who saw and did what, and when; append-only, private to this node.
 *
 * A record waits in memory until the writer's next group, or ACCESS_WAIT_US when there is
 * none: reading stays cheap.  Room is taken before a request runs, so that nothing is
 * seen or done that could not be recorded; when the writer cannot keep up, requests wait.
 * Each row's digest covers the one before it; whoever noted a digest elsewhere can tell
 * later that nothing up to there was changed, left out or put in.  The record also says
 * when the node started and stopped: a start without the stop before it is a crash, which
 * may have cost the last ACCESS_WAIT_US.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/log.h"
#include "base/text.h"
#include "service/person.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum {
	RECORDS_MAX = 4096, /* that wait */
	RECORDS_URGENT = RECORDS_MAX / 2,
	ROOM_WAIT_S = 10,
	OBJECT_MAX = 100,
	LINE_MAX_BYTES = 1024,
	KEEP_BATCH = 1000, /* rows that one job removes */
	PAGE_MAX = 1000,
	PAGE_DEFAULT = 100,
};
#define DAY_US (INT64_C(86400) * CLOCK_US_PER_S)

struct record {
	int64_t at_us;
	char who[PERSON_ID_MAX + 1], via[PERSON_ID_MAX + 1], address[ADDRESS_MAX + 1];
	char object[OBJECT_MAX + 1];
	const char *method, *route; /* of the table of routes */
	enum rc outcome;
	bool touch;
};

struct access_log {
	pthread_mutex_t mu;
	pthread_cond_t room;
	struct record records[RECORDS_MAX]; /* a ring */
	size_t first, n, reserved;
	size_t in_group; /* of the first ones, for the writer only */
	bool failed;	 /* the last try to write */
};

struct access_log *
access_create(void)
{
	struct access_log *al = calloc(1, sizeof(*al));
	pthread_condattr_t attr;

	if (al == NULL)
		abort();
	pthread_mutex_init(&al->mu, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&al->room, &attr);
	pthread_condattr_destroy(&attr);
	return al;
}

void
access_free(struct access_log *al)
{
	if (al == NULL)
		return;
	pthread_cond_destroy(&al->room);
	pthread_mutex_destroy(&al->mu);
	free(al);
}

enum rc
access_reserve(struct node *nd, struct err *e)
{
	struct access_log *al = nd->access;
	int64_t until_us = clock_mono_us() + ROOM_WAIT_S * CLOCK_US_PER_S;
	struct timespec until = {.tv_sec = (time_t)(until_us / CLOCK_US_PER_S),
				 .tv_nsec = (long)(until_us % CLOCK_US_PER_S) * 1000};
	enum rc rc = RC_OK;
	int waited = 0;

	pthread_mutex_lock(&al->mu);
	while (al->n + al->reserved >= RECORDS_MAX && waited == 0)
		waited = pthread_cond_timedwait(&al->room, &al->mu, &until);
	if (al->n + al->reserved >= RECORDS_MAX)
		rc = err_set(
			e, RC_UNAVAILABLE,
			"the access record cannot be written, and nothing is shown or "
			"done without it: is the disk full?");
	else
		al->reserved++;
	pthread_mutex_unlock(&al->mu);
	return rc;
}

void
access_release(struct node *nd)
{
	struct access_log *al = nd->access;

	pthread_mutex_lock(&al->mu);
	al->reserved--;
	pthread_cond_signal(&al->room);
	pthread_mutex_unlock(&al->mu);
}

static void
field_put(char *out, size_t max, const char *text)
{
	size_t len = text == NULL ? 0 : strnlen(text, max);

	memcpy(out, text == NULL ? "" : text, len);
	out[len] = '\0';
	text_make_printable(out);
}

static void
record_put(struct node *nd, const struct record *r, bool reserved)
{
	struct access_log *al = nd->access;

	pthread_mutex_lock(&al->mu);
	bool wake = al->n == 0 || al->n == RECORDS_URGENT;
	if (al->n < RECORDS_MAX)
		al->records[(al->first + al->n++) % RECORDS_MAX] = *r;
	if (reserved)
		al->reserved--;
	pthread_mutex_unlock(&al->mu);
	if (!wake)
		return;
	pthread_mutex_lock(&nd->mu);
	pthread_cond_signal(&nd->queued);
	pthread_mutex_unlock(&nd->mu);
}

void
access_put(struct node *nd, const struct actor *who, const char *method,
	   const char *route, const char *object, enum rc outcome)
{
	struct record r = {.at_us = clock_now_us(),
			   .method = method,
			   .route = route,
			   .outcome = outcome,
			   .touch = who != NULL && who->touch};

	field_put(r.who, PERSON_ID_MAX,
		  who == NULL || who->pseudonym == NULL ? "-" : who->pseudonym);
	field_put(r.via, PERSON_ID_MAX, who == NULL || who->via == NULL ? "-" : who->via);
	field_put(r.address, ADDRESS_MAX,
		  who == NULL || who->address == NULL ? ADDRESS_LOCAL : who->address);
	field_put(r.object, OBJECT_MAX, object);
	record_put(nd, &r, true);
}

void
access_node(struct node *nd, const char *what)
{
	struct record r = {.at_us = clock_now_us(), .method = "NODE", .route = what};

	field_put(r.who, PERSON_ID_MAX, "node");
	field_put(r.via, PERSON_ID_MAX, "-");
	field_put(r.address, ADDRESS_MAX, ADDRESS_LOCAL);
	record_put(nd, &r, false);
}

/* ---- the writer's part ------------------------------------------------------------- */

bool
access_due(const struct node *nd, bool *ret_urgent)
{
	struct access_log *al = nd->access;

	pthread_mutex_lock(&al->mu);
	bool any = al->n != 0;
	*ret_urgent = al->n >= RECORDS_URGENT && !al->failed;
	pthread_mutex_unlock(&al->mu);
	return any;
}

struct head {
	struct store *s;
	int64_t seq, kept_from;
	uint8_t digest[HASH_LEN], kept_digest[HASH_LEN];
	size_t len, kept_len; /* 0 before the first row */
};

static size_t
digest_get(struct store *s, const struct db_row *row, unsigned col, uint8_t *out)
{
	size_t len;
	const uint8_t *blob = s->drv->col_blob(row, col, &len);

	if (len != HASH_LEN)
		return 0;
	memcpy(out, blob, HASH_LEN);
	return len;
}

static enum rc
on_head(void *arg, const struct db_row *row, struct err *e)
{
	struct head *h = arg;

	(void)e;
	h->seq = h->s->drv->col_int(row, 0);
	h->len = digest_get(h->s, row, 1, h->digest);
	h->kept_from = h->s->drv->col_int(row, 2);
	h->kept_len = digest_get(h->s, row, 3, h->kept_digest);
	return RC_OK;
}

static enum rc
head_get(struct store *s, struct head *ret, struct err *e)
{
	*ret = (struct head){.s = s};
	return store_run(s, &SQL_ACCESS_HEAD, NULL, on_head, ret, e);
}

/* The digest of a row: what is before it, then its fields, each ended by a line feed
 * (none has one). */
static void
row_digest(const uint8_t *before, size_t before_len, int64_t seq, int64_t at_us,
	   const char *const fields[7], struct hash *ret)
{
	struct buf b = BUF_INIT(LINE_MAX_BYTES);

	buf_put(&b, before, before_len);
	buf_printf(&b, "%lld\n%lld\n", (long long)seq, (long long)at_us);
	for (int i = 0; i < 7; i++) {
		buf_puts(&b, fields[i]);
		buf_putc(&b, '\n');
	}
	hash_bytes(buf_str(&b), b.len, ret);
	buf_free(&b);
}

static enum rc
record_write(struct writer *w, struct head *h, const struct record *r, struct err *e)
{
	const char *fields[7] = {r->who,   r->via,    r->address,	   r->method,
				 r->route, r->object, rc_token(r->outcome)};
	struct hash digest;

	row_digest(h->digest, h->len, h->seq, r->at_us, fields, &digest);
	enum rc rc = store_run(
		w->s, &SQL_ACCESS_INSERT,
		(struct db_param[]){DB_P_INT(h->seq), DB_P_INT(r->at_us),
				    DB_P_TEXT(fields[0]), DB_P_TEXT(fields[1]),
				    DB_P_TEXT(fields[2]), DB_P_TEXT(fields[3]),
				    DB_P_TEXT(fields[4]), DB_P_TEXT(fields[5]),
				    DB_P_TEXT(fields[6]), DB_P_BLOB(digest.b, HASH_LEN)},
		NULL, NULL, e);
	if (rc == RC_OK && r->touch)
		rc = store_run(w->s,
			       r->via[0] == 's' ? &SQL_SESSION_SEEN : &SQL_TOKEN_USED,
			       (struct db_param[]){DB_P_TEXT(r->via), DB_P_INT(r->at_us)},
			       NULL, NULL, e);
	memcpy(h->digest, digest.b, HASH_LEN);
	h->len = HASH_LEN;
	h->seq++;
	return rc;
}

static enum rc
records_write(struct writer *w, size_t n, struct err *e)
{
	struct access_log *al = w->nd->access;
	struct head h;
	enum rc rc = head_get(w->s, &h, e);

	/* The first n are the writer's: others only add behind them. */
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = record_write(w, &h, &al->records[(al->first + i) % RECORDS_MAX], e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ACCESS_HEAD_PUT,
			       (struct db_param[]){DB_P_INT(h.seq),
						   DB_P_BLOB(h.digest, HASH_LEN)},
			       NULL, NULL, e);
	return rc;
}

bool
access_write(struct writer *w)
{
	struct access_log *al = w->nd->access;
	struct err e = ERR_INIT;

	pthread_mutex_lock(&al->mu);
	size_t n = al->n;
	pthread_mutex_unlock(&al->mu);
	al->in_group = 0;
	if (n == 0)
		return false;
	enum rc rc = w->s->drv->savepoint(w->s->db, &e);
	if (rc == RC_OK) {
		rc = records_write(w, n, &e);
		if (rc == RC_OK)
			rc = w->s->drv->release(w->s->db, &e);
		if (rc != RC_OK && w->s->drv->rollback_to(w->s->db, NULL) != RC_OK)
			log_line(LOG_ERROR, "access.rollback", "rc=%s", rc_token(rc));
	}
	if (rc == RC_OK)
		al->in_group = n;
	else if (!al->failed)
		log_line(LOG_ERROR, "access.write", "rc=%s waiting=%zu", rc_token(rc), n);
	return rc == RC_OK;
}

bool
access_written(struct node *nd, bool durable)
{
	struct access_log *al = nd->access;

	pthread_mutex_lock(&al->mu);
	size_t n = durable ? al->in_group : 0;
	al->first = (al->first + n) % RECORDS_MAX;
	al->failed = n == 0 && al->n != 0;
	al->n -= n;
	al->in_group = 0;
	pthread_cond_broadcast(&al->room);
	bool failed = al->failed;
	pthread_mutex_unlock(&al->mu);
	return !failed;
}

/* ---- retention --------------------------------------------------------------------- */

struct removal {
	int64_t before_us, removed;
};

static enum rc
work_remove(struct writer *w, void *arg, struct err *e)
{
	struct removal *r = arg;
	struct db_param p[] = {DB_P_INT(r->before_us), DB_P_INT(KEEP_BATCH)};
	int64_t last;
	enum rc rc = store_int(w->s, &SQL_ACCESS_OLD, p, -1, &last, e);

	r->removed = 0;
	if (rc != RC_OK || last < 0)
		return rc;
	struct db_param seq = DB_P_INT(last);
	rc = store_run(w->s, &SQL_ACCESS_KEPT, &seq, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_ACCESS_REMOVE, &seq, NULL, NULL, e);
	r->removed = w->s->drv->changes(w->s->db);
	return rc;
}

enum rc
tick_access(struct node *nd, int64_t now_us, int64_t *ret_next_us, struct err *e)
{
	int64_t keep_us = settings_int(nd->config, "people.access_keep_days") * DAY_US;
	struct removal r = {.before_us = now_us - keep_us};
	struct store *s;
	int64_t oldest_us;

	if (keep_us == 0)
		return RC_OK;
	enum rc rc = reader_get(nd, &s, e);
	if (rc != RC_OK)
		return rc;
	rc = store_int(s, &SQL_ACCESS_OLDEST, NULL, 0, &oldest_us, e);
	reader_put(nd, s);
	if (rc != RC_OK || oldest_us == 0)
		return rc;
	*ret_next_us = oldest_us + keep_us;
	if (oldest_us > r.before_us)
		return RC_OK;
	return writer_run(nd, work_remove, &r, e);
}

/* ---- what auditors see ------------------------------------------------------------- */

enum rc
access_status(struct store *s, json_t **ret, struct err *e)
{
	struct head h;
	char hex[2 * HASH_LEN + 1] = "";
	enum rc rc = head_get(s, &h, e);

	hex_encode(h.digest, h.len, hex);
	if (rc == RC_OK)
		*ret = json_pack("{s:I, s:s}", "size", (json_int_t)h.seq, "digest", hex);
	return rc;
}

struct asked {
	const char *who, *object;
	int64_t before, since, limit;
	bool acts; /* no reading */
};

static enum rc
asked_in(struct node *nd, struct arena *a, struct store *s, json_t *in, struct asked *q,
	 struct err *e)
{
	const char *person, *since, *acts = NULL;
	int64_t since_us = 0;
	enum rc rc = in_text(in, "person", false, PERSON_NAME_MAX, &person, e);

	(void)nd;
	*q = (struct asked){.who = ""};
	if (rc == RC_OK)
		rc = in_text(in, "object", false, OBJECT_MAX, &q->object, e);
	if (rc == RC_OK)
		rc = in_text(in, "since", false, CLOCK_TEXT_LEN, &since, e);
	if (rc == RC_OK)
		rc = in_int(in, "before", 0, INT64_MAX, INT64_MAX, &q->before, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &q->limit, e);
	if (rc == RC_OK)
		rc = in_text(in, "acts", false, 3, &acts, e);
	if (rc == RC_OK && acts != NULL && strcmp(acts, "yes") != 0)
		rc = err_set(e, RC_INVALID,
			     "\"acts\" is \"yes\", or not there: all requests");
	q->acts = acts != NULL;
	if (rc == RC_OK && since != NULL &&
	    clock_parse(since, strlen(since), &since_us) != RC_OK)
		rc = err_set(e, RC_INVALID,
			     "\"since\" must be a time such as 2026-11-01T00:00:00Z");
	if (rc == RC_OK && since != NULL)
		rc = store_int(s, &SQL_ACCESS_SINCE,
			       (struct db_param[]){DB_P_INT(since_us)}, INT64_MAX,
			       &q->since, e);
	if (rc != RC_OK || person == NULL)
		return rc;
	rc = store_text(s, a, &SQL_PERSON_PSEUDONYM,
			(struct db_param[]){DB_P_TEXT(person)}, &q->who, e);
	if (rc == RC_OK && q->who == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no person %s", person);
	return rc;
}

/*
 * in: person? (name or pseudonym), object?, since? (time), acts? ("yes": no reading),
 * before? (the `next` of a page), limit?  out: access [{seq, at, who, name, via, address,
 * method, route, object, outcome}], newest first; next
 */
enum rc
service_access(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	json_t *o = reply_json(a, out, json_pack("{s:o}", "access", rows));
	struct store *s = NULL;
	struct asked q;
	enum rc rc = in_only(in, "person object since before limit acts", e);

	(void)who;
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = asked_in(nd, a, s, in, &q, e);
	if (rc == RC_OK) {
		const struct sql *sql = q.object != NULL   ? &SQL_ACCESS_PAGE_OBJECT
					: q.who[0] != '\0' ? &SQL_ACCESS_PAGE_WHO
							   : &SQL_ACCESS_PAGE;
		rc = store_rows(s, sql,
				(struct db_param[]){DB_P_INT(q.before), DB_P_INT(q.since),
						    DB_P_INT(q.limit), DB_P_INT(q.acts),
						    DB_P_TEXT(q.who),
						    DB_P_TEXT(q.object)},
				"seq:i at:t who:s name:s via:s address:s method:s "
				"route:s object:s outcome:s",
				rows, e);
	}
	reader_put(nd, s);
	size_t n = json_array_size(rows);
	if (rc == RC_OK && (int64_t)n == q.limit)
		json_object_set(o, "next",
				json_object_get(json_array_get(rows, n - 1), "seq"));
	return rc;
}

struct check {
	struct store *s;
	int64_t next, rows, broken;
	uint8_t digest[HASH_LEN];
	size_t len;
	const char *noted; /* hex that must occur, NULL: none */
	bool noted_found;
};

static enum rc
on_check(void *arg, const struct db_row *row, struct err *e)
{
	struct check *c = arg;
	const char *fields[7];
	uint8_t stored[HASH_LEN];
	char hex[2 * HASH_LEN + 1];
	struct hash h;
	size_t len;

	(void)e;
	for (unsigned i = 0; i < 7; i++)
		fields[i] = c->s->drv->col_text(row, 2 + i, &len);
	int64_t seq = c->s->drv->col_int(row, 0);
	row_digest(c->digest, c->len, seq, c->s->drv->col_int(row, 1), fields, &h);
	if (c->broken < 0 &&
	    (seq != c->next || digest_get(c->s, row, 9, stored) != HASH_LEN ||
	     memcmp(stored, h.b, HASH_LEN) != 0))
		c->broken = c->next;
	hex_encode(h.b, HASH_LEN, hex);
	if (c->noted != NULL && strcmp(hex, c->noted) == 0)
		c->noted_found = true;
	memcpy(c->digest, h.b, HASH_LEN);
	c->len = HASH_LEN;
	c->next = seq + 1;
	c->rows++;
	return RC_OK;
}

/* in: digest? (that was noted before)  out: whole, from, rows, size, digest, broken_at?,
 * noted? (whether that digest is of a row that is here) */
enum rc
service_access_check(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct check c = {.broken = -1};
	char hex[2 * HASH_LEN + 1] = "";
	struct head h;
	enum rc rc = in_only(in, "digest", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "digest", false, 2 * HASH_LEN, &c.noted, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &c.s, e);
	if (rc == RC_OK)
		rc = head_get(c.s, &h, e);
	if (rc == RC_OK) {
		c.next = h.kept_from;
		c.len = h.kept_len;
		memcpy(c.digest, h.kept_digest, HASH_LEN);
		rc = store_run(c.s, &SQL_ACCESS_ALL, NULL, on_check, &c, e);
	}
	reader_put(nd, c.s);
	if (rc != RC_OK)
		return rc;
	if (c.broken < 0 &&
	    (c.next != h.seq || c.len != h.len || memcmp(c.digest, h.digest, h.len) != 0))
		c.broken = c.next;
	hex_encode(h.digest, h.len, hex);
	json_t *o = reply_json(a, out,
			       json_pack("{s:b, s:I, s:I, s:I, s:s}", "whole",
					 c.broken < 0, "from", (json_int_t)h.kept_from,
					 "rows", (json_int_t)c.rows, "size",
					 (json_int_t)h.seq, "digest", hex));
	if (c.broken >= 0)
		json_object_set_new(o, "broken_at", json_integer(c.broken));
	if (c.noted != NULL)
		json_object_set_new(o, "noted", json_boolean(c.noted_found));
	return RC_OK;
}
