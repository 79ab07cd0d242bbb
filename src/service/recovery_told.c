/*
 * What people see of how our logs stand: alarms, figures, and the list of what came back,
 * what was set aside and what was proven (protocol 6 and 7).
 */
#include "service/alarm.h"
#include "service/recovery.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	ASIDE_SHOWN_MAX = 1000,
	FRAUD_SHOWN_MAX = 100,
	FIGURE_FROZEN = LOG_HALTED + 1, /* in figures, beside enum log_state */
};

/* As it stands now.  True: people were told that. */
static bool
stand_look(struct node *nd, int64_t channel, struct log_guard *ret)
{
	pthread_mutex_lock(&nd->guard_mu);
	*ret = nd->guard[channel];
	nd->guard[channel].told = true;
	pthread_mutex_unlock(&nd->guard_mu);
	return ret->told;
}

struct telling {
	const struct channel_row *c;
	const struct log_guard *g;
};

static enum rc
work_tell(struct writer *w, void *arg, struct err *e)
{
	const struct telling *t = arg;
	const char *key = arena_printf(w->a, "recovery/%s", t->c->peer_org);

	if (t->g->state == LOG_OPEN)
		return alarm_clear(w, key, e);
	return alarm_raise(w, key, "recovery", t->c->peer_org, t->g->why, w->now_us, e);
}

static enum rc
alarm_differs(struct node *nd, const struct telling *t, bool *ret, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	int64_t stands = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_int(s, &SQL_ALARM_STANDS,
			       (struct db_param[]){DB_P_TEXT(
				       arena_printf(a, "recovery/%s", t->c->peer_org))},
			       0, &stands, e);
	reader_put(nd, s);
	arena_free(a);
	*ret = t->g->state != LOG_OPEN || stands != 0;
	return rc;
}

enum rc
tick_recovery(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	const struct channel_row *rows = NULL;
	struct store *s = NULL;
	size_t n = 0;
	bool differs;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_channels(s, a, &rows, &n, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct log_guard g;
		struct telling t = {.c = &rows[i], .g = &g};
		int64_t left_us;
		if (rows[i].channel < 0 || rows[i].channel > NODE_CHANNELS_MAX)
			continue;
		recovery_claim_look(nd, &rows[i], &left_us);
		if (left_us != 0 && now_us + left_us < *next_us)
			*next_us = now_us + left_us;
		if (stand_look(nd, rows[i].channel, &g))
			continue;
		/* Most nodes never had one: nothing is written for them. */
		rc = alarm_differs(nd, &t, &differs, e);
		if (rc == RC_OK && differs)
			rc = writer_run(nd, work_tell, &t, e);
	}
	arena_free(a);
	return rc;
}

/* False: no such channel is told of. */
static bool
guard_copy(struct node *nd, int64_t channel, struct log_guard *ret)
{
	if (channel < 0 || channel > NODE_CHANNELS_MAX)
		return false;
	pthread_mutex_lock(&nd->guard_mu);
	*ret = nd->guard[channel];
	pthread_mutex_unlock(&nd->guard_mu);
	return true;
}

static json_t *
stand_json(const struct channel_row *c, const struct log_guard *g)
{
	bool open = g->state == LOG_OPEN, frozen = open && g->frozen;
	const char *why = frozen ? g->frozen_why : open ? NULL : g->why;
	int64_t since_us = frozen ? g->frozen_us : open ? 0 : g->since_us;

	return json_pack("{s:s, s:s, s:b, s:o, s:o, s:o, s:o}", "peer", c->peer_org,
			 "state", frozen ? "frozen" : recovery_token(g->state), "frozen",
			 g->frozen, "why", why == NULL ? json_null() : json_string(why),
			 "since", json_time(since_us), "have",
			 g->of == 0 ? json_null() : json_integer((json_int_t)g->have),
			 "of",
			 g->of == 0 ? json_null() : json_integer((json_int_t)g->of));
}

enum rc
recovery_figures(struct node *nd, struct store *s, struct arena *a, json_t *into,
		 struct err *e)
{
	json_t *states = json_object(), *back = json_object();
	const struct channel_row *rows = NULL;
	size_t n = 0;
	enum rc rc = store_channels(s, a, &rows, &n, e);

	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct log_guard g;
		if (!guard_copy(nd, rows[i].channel, &g))
			continue;
		json_object_set_new(states, rows[i].peer_org,
				    json_integer(g.frozen && g.state == LOG_OPEN
							 ? FIGURE_FROZEN
							 : (json_int_t)g.state));
		json_object_set_new(back, rows[i].peer_org,
				    json_integer((json_int_t)(g.of - g.have)));
	}
	json_object_set_new(into, "log_state", states);
	json_object_set_new(into, "log_back", back);
	return rc;
}

/* out: logs [{peer, state, frozen, why, since, have, of, epoch, agreed, peer_agreed}],
 * aside [{peer, seq, type, by, case, made, aside}], fraud [{peer, own, kind, size, note,
 * other, found, from_peer, told, refused, settled, proof}] */
enum rc
service_regain(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *logs = json_array(), *aside = json_array(), *fraud = json_array();
	const struct channel_row *rows = NULL;
	struct store *s = NULL;
	size_t n = 0;
	enum rc rc = in_only(in, "", e);

	(void)who;
	reply_json(a, out,
		   json_pack("{s:o, s:o, s:o}", "logs", logs, "aside", aside, "fraud",
			     fraud));
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_channels(s, a, &rows, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		struct log_guard g;
		if (!guard_copy(nd, rows[i].channel, &g))
			continue;
		json_t *stand = stand_json(&rows[i], &g);
		json_array_append_new(logs, stand);
		rc = epoch_json(s, a, &rows[i], stand, e);
	}
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_REGAIN_ASIDE_LIST,
				(struct db_param[]){DB_P_INT(ASIDE_SHOWN_MAX)},
				"peer:s seq:i type:s by:s case:s made:t aside:t", aside,
				e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_FRAUD_LIST,
				(struct db_param[]){DB_P_INT(FRAUD_SHOWN_MAX)},
				"peer:s own:b kind:s size:i note:s other:s found:t "
				"from_peer:b told:t refused:b settled:b proof:j",
				fraud, e);
	reader_put(nd, s);
	return rc;
}
