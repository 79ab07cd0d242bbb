#include "service/webhook.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "core/webhook.h"
#include "service/alarm.h"
#include "service/use.h"
#include "service/vault.h"
#include "store/store_sql.h"

enum {
	SCAN_PAGE = 1000,    /* events looked at in one query */
	SCAN_PAGES_MAX = 50, /* and queries for one message */
	SCAN_KEEP = 200,     /* after so many unwanted ones the place is kept */
	RETRY_MAX_S = 6 * 3600,
	RETRY_DOUBLINGS_MAX = 16,
	JITTER_PERCENT = 20,
	KEPT_MAX = 1000, /* attempts that the list keeps of a webhook */
	STATUS_OK = 200,
	STATUS_OK_END = 300,
	STATUS_GONE = 410,
};

#define WEBHOOK_SPEC                                                                     \
	"url:s types:s secret:s old_secret:s old_until_us:i active:b feed_us:i part:i "  \
	"again_us:i again_part:i attempts:i next_us:i failing_us:i delivered:i"

static int64_t
num(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

static const char *
text(const json_t *o, const char *member)
{
	return json_string_value(json_object_get(o, member));
}

static void
release_json(void *p)
{
	json_decref(p);
}

enum rc
webhook_due(struct node *nd, struct arena *a, int64_t max_us, const char **ret,
	    size_t *ret_n, int64_t *ret_wait_us, struct err *e)
{
	json_t *rows = json_array(), *row;
	int64_t now_us = clock_now_us();
	struct store *s = NULL;
	size_t i;
	enum rc rc = reader_get(nd, &s, e);

	*ret_n = 0;
	*ret_wait_us = max_us;
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_WEBHOOK_DUE, NULL, "webhook:s next_us:i", rows,
				e);
	reader_put(nd, s);
	json_array_foreach (rows, i, row) {
		int64_t wait_us = num(row, "next_us") - now_us;
		if (wait_us <= 0 && *ret_n < WEBHOOK_MAX)
			ret[(*ret_n)++] = arena_strdup(a, text(row, "webhook"));
		else if (wait_us > 0 && wait_us < *ret_wait_us)
			*ret_wait_us = wait_us;
	}
	json_decref(rows);
	return rc;
}

/* ---- what is next ------------------------------------------------------------------ */

/* With the items of an accepted case, so that it can be decided from this alone. */
static enum rc
put_items(struct node *nd, struct store *s, const json_t *row, int64_t part, json_t *data,
	  int64_t *ret_parts, struct err *e)
{
	const char *casefile = text(row, "case");
	json_t *c = NULL, *items = json_array();
	struct err none = ERR_INIT;

	*ret_parts = 1;
	if (nd->id->role != PARTY_PLATFORM || casefile == NULL ||
	    strcmp(text(row, "type"), "case.accept") != 0 ||
	    json_is_true(json_object_get(row, "void"))) {
		json_decref(items);
		return RC_OK;
	}
	enum rc rc =
		store_row(s, &SQL_WEBHOOK_CASE, (struct db_param[]){DB_P_TEXT(casefile)},
			  "subject:s class:s urgent:b test:b items_total:i decide_due:t",
			  &c, &none);
	if (rc == RC_NOT_FOUND)
		rc = RC_OK;
	else if (rc != RC_OK)
		rc = err_set(e, rc, "%s", none.text);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_WEBHOOK_ITEMS,
				(struct db_param[]){DB_P_TEXT(casefile),
						    DB_P_INT(part * WEBHOOK_ITEMS_MAX),
						    DB_P_INT(WEBHOOK_ITEMS_MAX)},
				"i:i kind:s category:s given:s normal:s description:s",
				items, e);
	if (rc == RC_OK && c != NULL) {
		int64_t total = num(c, "items_total");
		if (total > 0)
			*ret_parts = (total + WEBHOOK_ITEMS_MAX - 1) / WEBHOOK_ITEMS_MAX;
		json_object_update(data, c);
		json_object_set(data, "items", items);
		json_object_set_new(data, "last", json_boolean(part + 1 >= *ret_parts));
	}
	json_decref(c);
	json_decref(items);
	return rc;
}

static enum rc
message_sign(const struct node *nd, struct arena *a, const char *sealed,
	     const struct webhook_message *m, const char **ret, struct err *e)
{
	const struct seal_place at = {VAULT_WEBHOOK, m->webhook};
	const char *secret;
	enum rc rc = vault_open(nd, a, at, sealed, &secret, e);

	return rc == RC_OK ? webhook_sign(a, secret, m->id, m->time_s, m->body, m->len,
					  ret, e)
			   : rc;
}

static enum rc
message_make(struct node *nd, struct arena *a, struct store *s, const json_t *hook,
	     json_t *row, struct webhook_message *m, struct err *e)
{
	json_t *data = json_deep_copy(row), *party = json_object_get(data, "party");
	const char *old = text(hook, "old_secret"), *second;
	int64_t now_us = clock_now_us();

	m->feed_us = num(row, "id");
	m->type = arena_strdup(a, text(row, "type"));
	m->id = arena_printf(a, "msg_%" PRId64 "_%" PRId64, m->feed_us, m->part);
	m->time_s = now_us / CLOCK_US_PER_S;
	json_object_set_new(
		data, "party",
		json_string(party_name((enum party)json_integer_value(party))));
	enum rc rc = put_items(nd, s, row, m->part, data, &m->parts, e);
	json_t *all = json_pack("{s:s, s:o, s:o}", "type", m->type, "timestamp",
				json_time(m->feed_us), "data", data);
	char *body = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	if (rc == RC_OK && (body == NULL || strlen(body) > WEBHOOK_BODY_MAX))
		rc = err_set(e, RC_TOO_LARGE, "the message is larger than %d bytes",
			     WEBHOOK_BODY_MAX);
	if (rc == RC_OK) {
		m->len = strlen(body);
		m->body = arena_strndup(a, body, m->len);
		rc = message_sign(nd, a, text(hook, "secret"), m, &m->signature, e);
	}
	free(body);
	if (rc != RC_OK || old == NULL || num(hook, "old_until_us") <= now_us)
		return rc;
	rc = message_sign(nd, a, old, m, &second, e);
	if (rc == RC_OK)
		m->signature = arena_printf(a, "%s %s", m->signature, second);
	return rc;
}

struct moved {
	const char *webhook;
	int64_t from_us, to_us;
};

static enum rc
work_moved(struct writer *w, void *arg, struct err *e)
{
	const struct moved *m = arg;
	json_t *hook = NULL;
	enum rc rc = store_row(w->s, &SQL_WEBHOOK_GET,
			       (struct db_param[]){DB_P_TEXT(m->webhook)}, WEBHOOK_SPEC,
			       &hook, e);

	if (rc == RC_OK && num(hook, "feed_us") == m->from_us && num(hook, "part") == 0)
		rc = store_run(w->s, &SQL_WEBHOOK_MOVED,
			       (struct db_param[]){DB_P_TEXT(m->webhook),
						   DB_P_INT(m->to_us), DB_P_INT(0)},
			       NULL, NULL, e);
	json_decref(hook);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

#define FEED_SPEC "id:i type:s case:s peer:s party:i seq:i at:t author:s void:b why:s"

/* The first event that it wants behind *at_us; *skipped are those that it does not. */
static enum rc
wanted_find(struct store *s, const char *types, int64_t *at_us, size_t *skipped,
	    json_t **ret, struct err *e)
{
	enum rc rc = RC_OK;
	size_t n = SCAN_PAGE;

	*ret = NULL;
	*skipped = 0;
	for (int page = 0;
	     rc == RC_OK && *ret == NULL && n == SCAN_PAGE && page < SCAN_PAGES_MAX;
	     page++) {
		json_t *rows = json_array(), *row;
		size_t i;
		rc = store_rows(
			s, &SQL_EVENT_FEED,
			(struct db_param[]){DB_P_INT(*at_us), DB_P_INT(SCAN_PAGE)},
			FEED_SPEC, rows, e);
		n = json_array_size(rows);
		json_array_foreach (rows, i, row) {
			if (feed_type_listed(types, text(row, "type"))) {
				*ret = json_incref(row);
				break;
			}
			*at_us = num(row, "id");
			(*skipped)++;
		}
		json_decref(rows);
	}
	return rc;
}

static enum rc
event_again(struct store *s, int64_t feed_us, json_t **ret, struct err *e)
{
	struct err none = ERR_INIT;
	enum rc rc =
		store_row(s, &SQL_EVENT_FEED_ONE, (struct db_param[]){DB_P_INT(feed_us)},
			  FEED_SPEC, ret, &none);

	return rc == RC_OK ? rc : err_set(e, rc, "%s", none.text);
}

enum rc
webhook_next(struct node *nd, struct arena *a, const char *webhook,
	     struct webhook_message *m, struct err *e)
{
	json_t *hook = NULL, *row = NULL;
	struct store *s = NULL;
	size_t skipped = 0;
	enum rc rc = reader_snapshot(nd, &s, e);

	if (rc == RC_OK)
		rc = store_row(s, &SQL_WEBHOOK_GET,
			       (struct db_param[]){DB_P_TEXT(webhook)}, WEBHOOK_SPEC,
			       &hook, e);
	if (rc == RC_OK && json_is_false(json_object_get(hook, "active")))
		rc = RC_NOT_FOUND;
	if (rc != RC_OK) {
		reader_put(nd, s);
		json_decref(hook);
		return rc;
	}
	arena_defer(a, release_json, hook);
	struct moved moved = {webhook, num(hook, "feed_us"), num(hook, "feed_us")};
	*m = (struct webhook_message){.webhook = webhook,
				      .url = text(hook, "url"),
				      .attempt = num(hook, "attempts") + 1,
				      .again = num(hook, "again_us") != 0,
				      .part = num(hook, "part")};
	if (m->again) {
		m->part = num(hook, "again_part");
		rc = event_again(s, num(hook, "again_us"), &row, e);
	} else {
		rc = wanted_find(s, text(hook, "types"), &moved.to_us, &skipped, &row, e);
	}
	if (rc == RC_OK && row == NULL)
		rc = RC_NOT_FOUND;
	if (rc == RC_OK)
		rc = message_make(nd, a, s, hook, row, m, e);
	reader_put(nd, s);
	json_decref(row);
	m->from_us = moved.from_us;
	if (skipped >= SCAN_KEEP && (rc == RC_OK || rc == RC_NOT_FOUND)) {
		m->from_us = moved.to_us;
		enum rc kept = writer_run(nd, work_moved, &moved, e);
		rc = kept == RC_OK ? rc : kept;
	}
	return rc;
}

/* ---- what became of it ------------------------------------------------------------- */

struct done {
	const struct webhook_message *m;
	unsigned status;
	const char *reason;
	int64_t took_us, retry_after_s, retry_s, give_up_us;
};

/* Doubling from the first, with jitter, so that many nodes do not call together. */
static int64_t
retry_wait_us(const struct done *d, int64_t failed)
{
	int64_t s = d->retry_s;

	for (int64_t i = 1; i < failed && i < RETRY_DOUBLINGS_MAX && s < RETRY_MAX_S; i++)
		s *= 2;
	if (s < d->retry_after_s)
		s = d->retry_after_s;
	if (s > RETRY_MAX_S)
		s = RETRY_MAX_S;
	int64_t us = s * CLOCK_US_PER_S;
	int64_t jitter_us = us / 100 * JITTER_PERCENT;
	return us - jitter_us +
	       (int64_t)randombytes_uniform((uint32_t)(2 * jitter_us > UINT32_MAX
							       ? UINT32_MAX
							       : 2 * jitter_us));
}

static enum rc
delivery_note(struct writer *w, const struct done *d, int64_t n, struct err *e)
{
	const struct webhook_message *m = d->m;
	enum rc rc = store_run(
		w->s, &SQL_WEBHOOK_DELIVERY_INSERT,
		(struct db_param[]){DB_P_TEXT(m->webhook), DB_P_INT(n), DB_P_TEXT(m->id),
				    DB_P_TEXT(m->type), DB_P_INT(m->feed_us),
				    DB_P_INT(m->part), DB_P_INT(m->attempt),
				    DB_P_INT(d->status), DB_P_TEXT(d->reason),
				    DB_P_INT(w->now_us), DB_P_INT(d->took_us)},
		NULL, NULL, e);

	if (rc == RC_OK && n > KEPT_MAX)
		rc = store_run(w->s, &SQL_WEBHOOK_DELIVERY_DELETE,
			       (struct db_param[]){DB_P_TEXT(m->webhook),
						   DB_P_INT(n - KEPT_MAX)},
			       NULL, NULL, e);
	return rc;
}

/* The place moves only when nobody has moved it meanwhile, forwards or back. */
static enum rc
went_on(struct writer *w, const struct webhook_message *m, const json_t *hook,
	struct err *e)
{
	bool whole = m->part + 1 >= m->parts;

	if (m->again || num(hook, "part") != m->part ||
	    num(hook, "feed_us") != m->from_us)
		return RC_OK;
	return store_run(
		w->s, &SQL_WEBHOOK_MOVED,
		(struct db_param[]){DB_P_TEXT(m->webhook),
				    DB_P_INT(whole ? m->feed_us : num(hook, "feed_us")),
				    DB_P_INT(whole ? 0 : m->part + 1)},
		NULL, NULL, e);
}

static enum rc
alarm_tell(struct writer *w, const struct webhook_message *m, bool active, bool ok,
	   struct err *e)
{
	const char *key = arena_printf(w->a, "webhook/%s", m->webhook);

	if (ok)
		return alarm_clear(w, key, e);
	return alarm_raise(
		w, key, "webhook", m->webhook,
		active ? "A webhook's receiver does not take what it is handed; "
			 "the deliveries say why, and it is tried again."
		       : "A webhook was switched off: its receiver is gone, or did "
			 "not take anything for too long. Mend it, then resume it.",
		w->now_us, e);
}

static enum rc
work_done(struct writer *w, void *arg, struct err *e)
{
	const struct done *d = arg;
	const bool ok = d->status >= STATUS_OK && d->status < STATUS_OK_END;
	const char *id = d->m->webhook;
	json_t *hook = NULL;
	struct err none = ERR_INIT;
	enum rc rc = store_row(w->s, &SQL_WEBHOOK_GET, (struct db_param[]){DB_P_TEXT(id)},
			       WEBHOOK_SPEC, &hook, &none);

	if (rc == RC_NOT_FOUND)
		return RC_OK; /* removed while it was under way */
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	int64_t failed = ok ? 0 : num(hook, "attempts") + 1;
	int64_t failing_us = num(hook, "failing_us");
	if (ok)
		failing_us = 0;
	else if (failing_us == 0)
		failing_us = w->now_us;
	bool again_done = ok && d->m->again && num(hook, "again_us") == d->m->feed_us &&
			  num(hook, "again_part") == d->m->part;
	bool active = ok || (d->status != STATUS_GONE &&
			     w->now_us - failing_us < d->give_up_us);
	rc = store_run(w->s, &SQL_WEBHOOK_SENT,
		       (struct db_param[]){
			       DB_P_TEXT(id), DB_P_INT(failed),
			       DB_P_INT(ok ? 0 : w->now_us + retry_wait_us(d, failed)),
			       DB_P_INT(failing_us), DB_P_TEXT(d->reason),
			       DB_P_INT(active),
			       DB_P_INT(again_done ? 0 : num(hook, "again_us"))},
		       NULL, NULL, e);
	if (rc == RC_OK)
		rc = delivery_note(w, d, num(hook, "delivered") + 1, e);
	if (rc == RC_OK && ok)
		rc = went_on(w, d->m, hook, e);
	if (rc == RC_OK)
		rc = alarm_tell(w, d->m, active, ok, e);
	json_decref(hook);
	return rc;
}

enum rc
webhook_done(struct node *nd, const struct webhook_message *m, unsigned status,
	     const char *reason, int64_t took_us, int64_t retry_after_s, struct err *e)
{
	const struct settings *conf = node_config(nd);
	struct done d = {.m = m,
			 .status = status,
			 .reason = reason,
			 .took_us = took_us,
			 .retry_after_s = retry_after_s,
			 .retry_s = settings_int(conf, "webhook.retry_s"),
			 .give_up_us = settings_int(conf, "webhook.give_up_s") *
				       CLOCK_US_PER_S};

	return writer_run(nd, work_done, &d, e);
}
