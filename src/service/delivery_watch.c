/*
 * What has waited long for a peer's receipt.  The node tries for ever; but a notice that
 * never came starts no clock, and an answer that never came may be late, so people are
 * told (protocol 5).
 */
#include <inttypes.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/tick.h"
#include "store/store_sql.h"

enum { S_PER_MIN = 60 };

struct telling {
	const char *peer;
	int64_t late_us; /* since when it has been too long; 0: it is not */
	int64_t after_s;
};

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct telling *t = arg;
	const char *key = arena_printf(w->a, "delivery/%s", t->peer);

	if (t->late_us == 0)
		return alarm_clear(w, key, e);
	return alarm_raise(
		w, key, "delivery", t->peer,
		arena_printf(w->a,
			     "entries for %s have waited for a receipt for more than "
			     "%" PRId64
			     " min: no deadline runs by them. The node goes on "
			     "trying; why it fails: saluran peer list",
			     t->peer, t->after_s / S_PER_MIN),
		t->late_us, e);
}

enum rc
tick_delivery(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	int64_t after_s = settings_int(nd->config, "peer.alarm_s");
	json_t *rows = json_array(), *row;
	struct store *s = NULL;
	size_t i;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_DELIVERY_WAITS, NULL, "peer:s since:i told:i",
				rows, e);
	reader_put(nd, s);
	json_array_foreach (rows, i, row) {
		struct telling t = {
			.peer = json_string_value(json_object_get(row, "peer")),
			.after_s = after_s};
		int64_t since_us = json_integer_value(json_object_get(row, "since"));
		bool told = json_integer_value(json_object_get(row, "told")) != 0;
		int64_t due_us = since_us + after_s * CLOCK_US_PER_S;
		if (since_us != 0 && due_us <= now_us)
			t.late_us = due_us;
		else if (since_us != 0 && due_us < *next_us)
			*next_us = due_us;
		if (rc == RC_OK && (t.late_us != 0) != told)
			rc = writer_run(nd, work_tell, &t, e);
	}
	json_decref(rows);
	return rc;
}
