/*
 * Who is refused again and again is told of: somebody tries what they may not, guesses a
 * password, or a program has the wrong token.  One alarm a person, as long as it goes on.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/alarm.h"
#include "service/person.h"
#include "service/tick.h"
#include "store/store_sql.h"

#define KIND   "refused"
#define PREFIX KIND "/"

enum { PEOPLE_MAX = 64 /* told of at once */ };
#define WINDOW_US (3600 * CLOCK_US_PER_S)
#define LOOK_US	  (60 * CLOCK_US_PER_S)

struct refused {
	const char *who;
	int64_t times;
};

struct look {
	int64_t since_us, least;
	struct store_list refused, past; /* struct refused; keys of alarms that end */
};

static enum rc
on_refused(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct refused *r = store_list_next(l, sizeof(*r));

	(void)e;
	r->who = store_col_text(l->s, l->a, row, 0);
	r->times = l->s->drv->col_int(row, 1);
	return RC_OK;
}

static enum rc
on_standing(void *arg, const struct db_row *row, struct err *e)
{
	struct look *k = arg;
	const struct refused *r = k->refused.rows;
	const char *key = store_col_text(k->past.s, k->past.a, row, 0);

	(void)e;
	for (size_t i = 0; i < k->refused.n; i++)
		if (strcmp(key + strlen(PREFIX), r[i].who) == 0)
			return RC_OK;
	*(const char **)store_list_next(&k->past, sizeof(char *)) = key;
	return RC_OK;
}

static enum rc
look(struct store *s, struct arena *a, struct look *k, struct err *e)
{
	enum rc rc = RC_OK;

	k->refused = k->past = (struct store_list){.s = s, .a = a};
	if (k->least != 0)
		rc = store_run(s, &SQL_ACCESS_REFUSED,
			       (struct db_param[]){DB_P_INT(k->since_us),
						   DB_P_INT(k->least),
						   DB_P_INT(PEOPLE_MAX)},
			       on_refused, &k->refused, e);
	if (rc == RC_OK)
		rc = store_run(s, &SQL_ALARM_OLDER,
			       (struct db_param[]){DB_P_TEXT(KIND), DB_P_INT(INT64_MAX)},
			       on_standing, k, e);
	return rc;
}

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	struct look *k = arg;
	enum rc rc = look(w->s, w->a, k, e);

	for (size_t i = 0; rc == RC_OK && i < k->refused.n; i++) {
		const struct refused *r = (const struct refused *)k->refused.rows + i;
		rc = alarm_raise(
			w, arena_printf(w->a, PREFIX "%s", r->who), KIND, r->who,
			arena_printf(w->a,
				     "%s was refused %" PRId64
				     " times or more within an hour; what it was: "
				     "saluran access --person %s",
				     r->who, k->least, r->who),
			w->now_us, e);
	}
	for (size_t i = 0; rc == RC_OK && i < k->past.n; i++)
		rc = alarm_clear(w, ((const char *const *)k->past.rows)[i], e);
	return rc;
}

enum rc
tick_access_watch(struct node *nd, int64_t now_us, int64_t *ret_next_us, struct err *e)
{
	struct look k = {.since_us = now_us - WINDOW_US,
			 .least = settings_int(nd->config, "people.refused_alarm")};
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = RC_OK;

	/* A commit calls this: what it was is seen at the next look. */
	if (now_us < nd->refused_look_us && now_us > nd->refused_look_us - LOOK_US) {
		*ret_next_us = nd->refused_look_us;
		goto out;
	}
	rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = look(s, a, &k, e);
	reader_put(nd, s);
	/* Both lists are empty nearly always. */
	if (rc == RC_OK && k.refused.n + k.past.n != 0)
		rc = writer_run(nd, work_tell, &k, e);
	nd->refused_look_us = now_us + LOOK_US;
	if (k.refused.n + k.past.n != 0)
		*ret_next_us = nd->refused_look_us;
out:
	arena_free(a);
	return rc;
}
