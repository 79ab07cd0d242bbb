/*
 * Webhooks as an admin sets them: where to, what, with which secret, and what of it is to
 * be handed over again.
 */
#include "service/webhook.h"

#include <string.h>

#include "base/clock.h"
#include "core/webhook.h"
#include "service/alarm.h"
#include "service/use.h"
#include "service/vault.h"
#include "store/store_sql.h"

enum {
	TYPES_MAX = 1000,
	OVERLAP_S = 86400,
	OVERLAP_MAX_S = 30 * 86400,
	DELIVERIES_DEFAULT = 50,
	DELIVERIES_MAX = 1000,
};

struct hook_job {
	const char *webhook, *url, *types, *secret, *by;
	int64_t after_us, overlap_s, delivery, part;
	const struct sql *q; /* of a plain change */
	bool from_now;
	char id[UUID_TEXT_LEN + 1];
};

static enum rc
types_check(const char *types, struct err *e)
{
	for (const char *c = types; *c != '\0'; c++)
		if (!((*c >= 'a' && *c <= 'z') || strchr("._,*", *c) != NULL))
			return err_set(e, RC_INVALID,
				       "\"types\" lists types of events, such as "
				       "\"case.accept,item.*\", or is \"*\" for all");
	return RC_OK;
}

static enum rc
work_add(struct writer *w, void *arg, struct err *e)
{
	struct hook_job *j = arg;
	int64_t n, newest;
	enum rc rc = store_int(w->s, &SQL_WEBHOOK_COUNT, NULL, 0, &n, e);

	if (rc == RC_OK && n >= WEBHOOK_MAX)
		rc = err_set(e, RC_LIMIT, "a node has at most %d webhooks", WEBHOOK_MAX);
	if (rc == RC_OK && j->from_now) {
		rc = store_int(w->s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest, e);
		j->after_us = newest;
	}
	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, j->id);
	const struct seal_place at = {VAULT_WEBHOOK, j->id};
	return store_run(w->s, &SQL_WEBHOOK_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(j->id), DB_P_TEXT(j->url), DB_P_TEXT(j->types),
				 DB_P_TEXT(vault_seal(w->nd, w->a, at, j->secret)),
				 DB_P_INT(j->after_us), DB_P_INT(w->now_us),
				 DB_P_TEXT(j->by)},
			 NULL, NULL, e);
}

/*
 * in: url, types? (as of events; "*"), after? (an id of the feed; now)
 * out: webhook, url, types, secret (shown this once), after
 */
enum rc
service_webhook_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct hook_job j = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "url types after", e);

	if (rc == RC_OK)
		rc = in_text(in, "url", true, WEBHOOK_URL_MAX, &j.url, e);
	if (rc == RC_OK)
		rc = in_text(in, "types", false, TYPES_MAX, &j.types, e);
	if (rc == RC_OK)
		rc = in_int(in, "after", 0, INT64_MAX, -1, &j.after_us, e);
	if (rc == RC_OK)
		rc = webhook_url_check(j.url, settings_bool(nd->config, "webhook.http"),
				       e);
	if (j.types == NULL)
		j.types = "*";
	if (rc == RC_OK)
		rc = types_check(j.types, e);
	if (rc != RC_OK)
		return rc;
	j.from_now = j.after_us < 0;
	j.secret = webhook_secret_make(a);
	rc = writer_run(nd, work_add, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s, s:I}", "webhook", j.id, "url",
				     j.url, "types", j.types, "secret", j.secret, "after",
				     (json_int_t)j.after_us));
	return rc;
}

/* out: webhooks [{webhook, url, types, active, after, behind, attempts, next_try,
 * failing_since, reason, delivered, old_secret_until, added, added_by}] */
enum rc
service_webhook_list(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	int64_t newest = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o}", "webhooks", rows));
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_WEBHOOK_LIST, (struct db_param[]){DB_P_INT(newest)},
			"webhook:s url:s types:s active:b after:i behind:b attempts:i "
			"next_try:t failing_since:t reason:s delivered:i "
			"old_secret_until:t added:t added_by:s",
			rows, e);
	reader_put(nd, s);
	return rc;
}

/* The webhook is there; the job's own change follows. */
static enum rc
hook_exists(struct writer *w, const struct hook_job *j, struct err *e)
{
	const char *url;
	enum rc rc = store_text(w->s, w->a, &SQL_WEBHOOK_GET,
				(struct db_param[]){DB_P_TEXT(j->webhook)}, &url, e);

	if (rc == RC_OK && url == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no webhook %s", j->webhook);
	return rc;
}

static enum rc
hook_in(json_t *in, const char *known, struct hook_job *j, struct err *e)
{
	enum rc rc = in_only(in, known, e);

	return rc == RC_OK ? in_uuid(in, "webhook", &j->webhook, e) : rc;
}

static enum rc
work_rotate(struct writer *w, void *arg, struct err *e)
{
	const struct hook_job *j = arg;
	const struct seal_place at = {VAULT_WEBHOOK, j->webhook};
	enum rc rc = hook_exists(w, j, e);

	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_WEBHOOK_ROTATE,
			(struct db_param[]){
				DB_P_TEXT(j->webhook),
				DB_P_TEXT(vault_seal(w->nd, w->a, at, j->secret)),
				DB_P_INT(w->now_us + j->overlap_s * CLOCK_US_PER_S)},
			NULL, NULL, e);
	return rc;
}

/* in: webhook, overlap_s? (how long the old secret signs too; 86400)
 * out: webhook, secret (shown this once) */
enum rc
service_webhook_rotate(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct hook_job j = {0};
	enum rc rc = hook_in(in, "webhook overlap_s", &j, e);

	(void)who;
	if (rc == RC_OK)
		rc = in_int(in, "overlap_s", 0, OVERLAP_MAX_S, OVERLAP_S, &j.overlap_s,
			    e);
	if (rc != RC_OK)
		return rc;
	j.secret = webhook_secret_make(a);
	rc = writer_run(nd, work_rotate, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "webhook", j.webhook, "secret",
				     j.secret));
	return rc;
}

static enum rc
on_delivery(void *arg, const struct db_row *row, struct err *e)
{
	void **both = arg;
	struct writer *w = both[0];
	struct hook_job *j = both[1];

	(void)e;
	j->after_us = w->s->drv->col_int(row, 0);
	j->part = w->s->drv->col_int(row, 1);
	return RC_OK;
}

static enum rc
work_replay(struct writer *w, void *arg, struct err *e)
{
	struct hook_job *j = arg;
	void *both[] = {w, j};
	int64_t from_us = j->after_us;
	enum rc rc = hook_exists(w, j, e);

	if (rc == RC_OK && j->delivery != 0) {
		j->after_us = 0;
		rc = store_run(
			w->s, &SQL_WEBHOOK_DELIVERY_GET,
			(struct db_param[]){DB_P_TEXT(j->webhook), DB_P_INT(j->delivery)},
			on_delivery, both, e);
		if (rc == RC_OK && j->after_us == 0)
			rc = err_set(e, RC_NOT_FOUND,
				     "there is no delivery of that number any more: "
				     "replay from an id of the feed, with \"after\"");
		if (rc == RC_OK)
			rc = store_run(w->s, &SQL_WEBHOOK_AGAIN,
				       (struct db_param[]){DB_P_TEXT(j->webhook),
							   DB_P_INT(j->after_us),
							   DB_P_INT(j->part)},
				       NULL, NULL, e);
		return rc;
	}
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_WEBHOOK_REWIND,
			(struct db_param[]){DB_P_TEXT(j->webhook), DB_P_INT(from_us)},
			NULL, NULL, e);
	return rc;
}

/* in: webhook, after (an id of the feed: all that follows) or delivery (its number: this
 * one alone, before the others)  out: webhook */
enum rc
service_webhook_replay(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct hook_job j = {0};
	enum rc rc = hook_in(in, "webhook after delivery", &j, e);

	(void)who;
	if (rc == RC_OK)
		rc = in_int(in, "after", 0, INT64_MAX, -1, &j.after_us, e);
	if (rc == RC_OK)
		rc = in_int(in, "delivery", 1, INT64_MAX, 0, &j.delivery, e);
	if (rc == RC_OK && (j.after_us >= 0) == (j.delivery != 0))
		rc = err_set(e, RC_INVALID,
			     "give \"after\" (an id of the feed) or \"delivery\" (a "
			     "number of its deliveries)");
	if (rc == RC_OK)
		rc = writer_run(nd, work_replay, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "webhook", j.webhook));
	return rc;
}

static enum rc
work_plain(struct writer *w, void *arg, struct err *e)
{
	const struct hook_job *j = arg;
	const bool removes = j->q == &SQL_WEBHOOK_DELETE;
	enum rc rc = hook_exists(w, j, e);

	if (rc == RC_OK)
		rc = store_run(w->s, j->q, (struct db_param[]){DB_P_TEXT(j->webhook)},
			       NULL, NULL, e);
	if (rc == RC_OK && removes)
		rc = store_run(
			w->s, &SQL_WEBHOOK_DELIVERY_DELETE,
			(struct db_param[]){DB_P_TEXT(j->webhook), DB_P_INT(INT64_MAX)},
			NULL, NULL, e);
	if (rc == RC_OK)
		rc = alarm_clear(w, arena_printf(w->a, "webhook/%s", j->webhook), e);
	return rc;
}

static enum rc
hook_plain(struct node *nd, struct arena *a, json_t *in, const struct sql *q,
	   struct reply *out, struct err *e)
{
	struct hook_job j = {.q = q};
	enum rc rc = hook_in(in, "webhook", &j, e);

	if (rc == RC_OK)
		rc = writer_run(nd, work_plain, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "webhook", j.webhook));
	return rc;
}

/* in: webhook  out: webhook */
enum rc
service_webhook_resume(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	(void)who;
	return hook_plain(nd, a, in, &SQL_WEBHOOK_RESUME, out, e);
}

/* in: webhook  out: webhook */
enum rc
service_webhook_remove(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	(void)who;
	return hook_plain(nd, a, in, &SQL_WEBHOOK_DELETE, out, e);
}

/* in: webhook, after? (a number), limit?  out: deliveries [{delivery, message, type,
 * event, part, attempt, status, reason, at, took_us}] newest first, next */
enum rc
service_webhook_deliveries(struct node *nd, struct arena *a, const struct actor *who,
			   json_t *in, struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	struct hook_job j = {0};
	int64_t after = 0, limit = 0;
	struct store *s = NULL;
	const char *url;
	enum rc rc = hook_in(in, "webhook after limit", &j, e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "deliveries", rows));
	if (rc == RC_OK)
		rc = in_int(in, "after", 1, INT64_MAX, INT64_MAX, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, DELIVERIES_MAX, DELIVERIES_DEFAULT, &limit,
			    e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_WEBHOOK_GET,
				(struct db_param[]){DB_P_TEXT(j.webhook)}, &url, e);
	if (rc == RC_OK && url == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no webhook %s", j.webhook);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_WEBHOOK_DELIVERY_LIST,
				(struct db_param[]){DB_P_TEXT(j.webhook), DB_P_INT(after),
						    DB_P_INT(limit)},
				"delivery:i message:s type:s event:i part:i attempt:i "
				"status:i reason:s at:t took_us:i",
				rows, e);
	reader_put(nd, s);
	size_t n = json_array_size(rows);
	json_object_set_new(o, "next",
			    n != 0 && (int64_t)n == limit
				    ? json_incref(json_object_get(
					      json_array_get(rows, n - 1), "delivery"))
				    : json_null());
	return rc;
}
