/*
 * The node's figures for monitoring: numbers alone, no person and no case.
 */
#include <string.h>

#include "base/clock.h"
#include "service/clock_guard.h"
#include "service/disk.h"
#include "service/person.h"
#include "service/recovery.h"
#include "service/use.h"
#include "service/writer_int.h"
#include "store/store_sql.h"

static int64_t
queue_length(struct node *nd)
{
	int64_t n = 0;

	pthread_mutex_lock(&nd->mu);
	for (const struct job *j = nd->first; j != NULL; j = j->next)
		n++;
	pthread_mutex_unlock(&nd->mu);
	return n;
}

/* Events since the start, by type: those stored since the last question are added, so
 * that nobody counts a whole log. */
static enum rc
count_events(struct node *nd, struct store *s, json_t *into, struct err *e)
{
	json_t *rows = json_array(), *row, *n;
	const char *type;
	int64_t newest;
	size_t i;

	pthread_mutex_lock(&nd->metrics_mu);
	if (nd->event_counts == NULL) {
		nd->event_counts = json_object();
		nd->event_counted_us = nd->last_stored_us;
	}
	enum rc rc = store_int(s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_EVENT_COUNTS,
				(struct db_param[]){DB_P_INT(nd->event_counted_us),
						    DB_P_INT(newest)},
				"type:s n:i", rows, e);
	if (rc == RC_OK && newest > nd->event_counted_us) {
		nd->event_counted_us = newest;
		json_array_foreach (rows, i, row) {
			type = json_string_value(json_object_get(row, "type"));
			int64_t more = json_integer_value(json_object_get(row, "n"));
			n = json_object_get(nd->event_counts, type);
			json_object_set_new(nd->event_counts, type,
					    json_integer(json_integer_value(n) + more));
		}
	}
	json_object_update(into, nd->event_counts);
	pthread_mutex_unlock(&nd->metrics_mu);
	json_decref(rows);
	return rc;
}

static void
put_peers(const json_t *status, json_t *unreceipted, json_t *failing)
{
	size_t i;
	json_t *p;

	json_array_foreach (json_object_get(status, "peers"), i, p) {
		const char *peer = json_string_value(json_object_get(p, "peer"));
		int64_t sent = json_integer_value(json_object_get(p, "sent"));
		int64_t got = json_integer_value(json_object_get(p, "receipted"));
		bool fails = json_is_string(json_object_get(p, "failing_since"));
		json_object_set_new(unreceipted, peer, json_integer(sent - got));
		json_object_set_new(failing, peer, json_integer(fails ? 1 : 0));
	}
}

/*
 * out: writer_queue, commits, cases, overdue, items, decided, alarms, orders_in_force,
 *      names_blocked, zone_serial, events {type: number since the start},
 *      unreceipted {peer: number}, failing {peer: 0 or 1}, webhooks, webhooks_failing,
 *      sessions, checkers_ready, checks_refused, clock_doubted (1: alarm "clock"),
 *      writer_failed, disk_free (bytes), log_state {peer: 0 open, 1 asks, 2 pulls,
 *      3 halted, 4 frozen}, log_back {peer: events that are to come back yet}
 */
enum rc
service_metrics(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		struct reply *out, struct err *e)
{
	static const char *const same[] = {
		"overdue",     "items",		  "decided",	  "alarms",
		"zone_serial", "orders_in_force", "names_blocked"};
	json_t *o = json_object(), *events = json_object(), *none = json_object();
	json_t *unreceipted = json_object(), *failing = json_object(), *n;
	json_t *hooks = NULL, *checks = NULL;
	struct reply status = {0};
	struct store *s = NULL;
	int64_t cases = 0, sessions = 0, room = 0, now_us = clock_now_us();
	const char *state;
	enum rc rc = in_only(in, "", e);

	reply_json(a, out, o);
	json_object_set_new(o, "events", events);
	json_object_set_new(o, "unreceipted", unreceipted);
	json_object_set_new(o, "failing", failing);
	if (rc == RC_OK)
		rc = service_status(nd, a, who, none, &status, e);
	json_decref(none);
	if (rc != RC_OK)
		return rc;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		json_object_set(o, same[i], json_object_get(status.json, same[i]));
	json_object_foreach (json_object_get(status.json, "cases"), state, n)
		cases += json_integer_value(n);
	json_object_set_new(o, "cases", json_integer(cases));
	put_peers(status.json, unreceipted, failing);
	json_object_set_new(o, "writer_queue", json_integer(queue_length(nd)));
	json_object_set_new(o, "commits", json_integer((json_int_t)node_commits(nd)));
	rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = count_events(nd, s, events, e);
	if (rc == RC_OK)
		rc = store_int(
			s, &SQL_SESSION_COUNT,
			(struct db_param[]){DB_P_INT(now_us),
					    DB_P_INT(now_us - session_idle_us(nd))},
			0, &sessions, e);
	json_object_set_new(o, "sessions", json_integer(sessions));
	if (rc == RC_OK)
		rc = store_row(s, &SQL_WEBHOOK_FIGURES, NULL,
			       "webhooks:i webhooks_failing:i", &hooks, e);
	if (rc == RC_OK)
		rc = store_row(s, &SQL_ZONE_CHECK_FIGURES, NULL,
			       "checkers_ready:i checks_refused:i", &checks, e);
	if (rc == RC_OK)
		rc = recovery_figures(nd, s, a, o, e);
	reader_put(nd, s);
	if (checks != NULL)
		json_object_update(o, checks);
	json_decref(checks);
	json_object_set_new(o, "writer_failed",
			    json_integer(atomic_load(&nd->writer_failed)));
	if (!disk_free(nd, &room))
		room = 0;
	json_object_set_new(o, "disk_free", json_integer(room));
	json_object_set_new(o, "clock_doubted",
			    json_integer(clock_guard_state(nd) != CLOCK_SURE));
	if (hooks != NULL)
		json_object_update(o, hooks);
	json_decref(hooks);
	return rc;
}
