/*
 * Keys that are refused: whoever asks with an operator's key that is revoked, has ended
 * or is not the one we know gets nothing, and its operator does not see it by itself.
 */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "service/alarm.h"
#include "service/operator.h"
#include "service/operator_talk.h"
#include "store/store_sql.h"

enum { KEY_SHOWN_MAX = 100 };

struct refused {
	const char *key, *address, *why;
	const char *operator_name; /* NULL: nobody's */
	int64_t ends_us, revoked_us;
};

static enum rc
on_key(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct refused *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->operator_name = store_col_text(l->s, l->a, row, 0);
	x->ends_us = l->s->drv->col_int(row, 1);
	x->revoked_us = l->s->drv->col_int(row, 2);
	return RC_OK;
}

const char *
operator_key_alarm(struct arena *a, const char *operator_name)
{
	return arena_printf(a, "operator-key/%s", operator_name);
}

static enum rc
work_refused(struct writer *w, void *arg, struct err *e)
{
	const struct refused *x = arg;
	char when[CLOCK_TEXT_LEN];
	const char *what;

	if (x->revoked_us != 0)
		what = arena_printf(w->a, "which was revoked %s",
				    clock_format(x->revoked_us, when));
	else if (x->ends_us != 0 && x->ends_us <= w->now_us)
		what = arena_printf(w->a, "which ended %s",
				    clock_format(x->ends_us, when));
	else if (strcmp(x->why, "badtime") == 0)
		what = "by a clock that is more than five minutes off";
	else
		what = "but not with its secret";
	return alarm_raise(
		w, operator_key_alarm(w->a, x->operator_name), "operator_key",
		x->operator_name,
		arena_printf(
			w->a,
			"%.*s, at %s, asks with the key %.*s, %s: it is refused (%s) and "
			"gets no block and no lift until that is mended (saluran "
			"operator show %.*s)",
			OPERATOR_NAME_MAX, x->operator_name, x->address, KEY_SHOWN_MAX,
			x->key, what, x->why, OPERATOR_NAME_MAX, x->operator_name),
		w->now_us, e);
}

void
service_key_refused(struct node *nd, const char *key, const char *address,
		    const char *why)
{
	struct arena *a = arena_create();
	struct err e = ERR_INIT;
	struct store *s = NULL;
	size_t len = strlen(key);
	const char *name = arena_strndup(a, key, len - (len > 1 && key[len - 1] == '.'));
	enum rc rc = reader_get(nd, &s, &e);
	struct store_list found = {.s = s, .a = a};

	if (rc == RC_OK)
		rc = store_run(s, &SQL_OPERATOR_KEY_FIND,
			       (struct db_param[]){DB_P_TEXT(name)}, on_key, &found, &e);
	reader_put(nd, s);
	if (rc == RC_OK && found.n != 0) {
		struct refused *x = found.rows;
		x->key = name;
		x->address = address;
		x->why = why;
		rc = writer_run(nd, work_refused, x, &e);
	}
	if (rc != RC_OK)
		log_line(LOG_WARN, "operator.key", "why=%s", e.text);
	arena_free(a);
}
