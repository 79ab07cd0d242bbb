/*
 * The periodic test of a channel: a question that a person of the other side answers, so
 * that nobody learns only in need that the way leads nowhere.  Both sides test each
 * other.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/contact.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	TEST_PAGE_DEFAULT = 50,
	TEST_PAGE_MAX = 1000,
	TEST_ALARMS_MAX = 64, /* raised or cleared in one job */
};
/* Another policy may ask for tests more often: looked at again after this. */
#define TEST_LOOK_US (600 * CLOCK_US_PER_S)

enum rc
channel_last_tested(struct store *s, struct arena *a, int64_t channel,
		    int64_t *ret_acked_us, struct err *e)
{
	struct channel_row ch;
	enum rc rc = channel_by_id(s, a, channel, &ch, e);

	if (rc == RC_OK)
		rc = store_int(
			s, &SQL_CHANNEL_TEST_LAST,
			(struct db_param[]){DB_P_INT(channel), DB_P_INT(ch.own_party)}, 0,
			ret_acked_us, e);
	return rc;
}

enum rc
channel_contact_json(struct store *s, struct arena *a, int64_t channel, int64_t now_us,
		     json_t **ret, struct err *e)
{
	struct channel_row ch;
	json_t *theirs = NULL, *test = NULL;
	struct err none = ERR_INIT;
	int64_t acked_us = 0;
	enum rc rc = channel_by_id(s, a, channel, &ch, e);

	if (rc == RC_OK)
		rc = contact_directory(s, a, channel, party_other(ch.own_party), now_us,
				       &theirs, e);
	if (rc == RC_OK)
		rc = channel_last_tested(s, a, channel, &acked_us, e);
	if (rc == RC_OK)
		rc = store_row(
			s, &SQL_CHANNEL_TEST_NEWEST,
			(struct db_param[]){DB_P_INT(channel), DB_P_INT(ch.own_party)},
			"test:s sent:t due:t acked:t acked_by:s", &test, &none);
	if (rc == RC_NOT_FOUND && none.text[0] != '\0')
		rc = RC_OK;
	else if (rc != RC_OK && none.text[0] != '\0')
		rc = err_set(e, rc, "%s", none.text);
	if (rc == RC_OK)
		*ret = json_pack("{s:O, s:O?, s:o}", "contacts", theirs, "last_test",
				 test, "last_acked", json_time(acked_us));
	json_decref(theirs);
	json_decref(test);
	return rc;
}

/* ---- sending ----------------------------------------------------------------------- */

struct testing {
	json_t *in;	 /* NULL: by the node */
	int64_t channel; /* by the node */
	const char *by;
	json_t *sent; /* out */
};

static enum rc
test_append(struct writer *w, const struct testing *t, const struct channel_row *ch,
	    struct err *e)
{
	char id[UUID_TEXT_LEN + 1];
	const struct policy *p;
	uint64_t seq = 0;
	enum rc rc = policy_of_channel(w->s, w->a, ch, &p, e);

	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, id);
	int64_t due_us = w->now_us + p->channel.ack_within_us;
	rc = append_event(w,
			  &(struct append){
				  .channel = ch->channel,
				  .type = "channel.test",
				  .by = t->by,
				  .body = json_pack("{s:s, s:I}", "test", id, "due",
						    (json_int_t)due_us),
			  },
			  &seq, e);
	if (rc == RC_OK)
		json_array_append_new(t->sent, json_pack("{s:s, s:s, s:o, s:I}", "test",
							 id, "peer", ch->peer_org, "due",
							 json_time(due_us), "seq",
							 (json_int_t)seq));
	return rc;
}

static enum rc
work_test(struct writer *w, void *arg, struct err *e)
{
	const struct testing *t = arg;
	const struct channel_row *ch;
	size_t n = 0;
	enum rc rc = channels_asked(w->s, w->a, t->in, &ch, &n, e);

	json_array_clear(t->sent);
	for (size_t i = 0; rc == RC_OK && i < n; i++)
		rc = test_append(w, t, &ch[i], e);
	return rc;
}

/* in: peer? (all when absent)  out: tests [{test, peer, due, seq}] */
enum rc
service_channel_test(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct testing t = {.in = in, .by = actor_pseudonym(who), .sent = json_array()};
	enum rc rc = in_only(in, "peer", e);

	reply_json(a, out, json_pack("{s:o}", "tests", t.sent));
	return rc == RC_OK ? writer_run(nd, work_test, &t, e) : rc;
}

/* ---- acknowledging ----------------------------------------------------------------- */

struct acking {
	const char *test, *by;
	bool again;   /* out: somebody was first */
	uint64_t seq; /* out: in our log, unless `again` */
};

struct waiting {
	struct store *s;
	int64_t channel, party, seq, acked_us;
	bool found;
};

static enum rc
on_waiting(void *arg, const struct db_row *row, struct err *e)
{
	struct waiting *t = arg;

	(void)e;
	t->channel = t->s->drv->col_int(row, 0);
	t->party = t->s->drv->col_int(row, 1);
	t->seq = t->s->drv->col_int(row, 2);
	t->acked_us = t->s->drv->col_int(row, 3);
	t->found = true;
	return RC_OK;
}

static enum rc
work_ack(struct writer *w, void *arg, struct err *e)
{
	struct acking *k = arg;
	struct waiting t = {.s = w->s};
	struct log_head h;
	struct log_leaf *leaf;
	enum rc rc =
		store_run(w->s, &SQL_CHANNEL_TEST_WAITING,
			  (struct db_param[]){DB_P_TEXT(k->test)}, on_waiting, &t, e);

	if (rc == RC_OK && !t.found)
		rc = err_set(e, RC_NOT_FOUND,
			     "there is no test %s of a peer: your own are acknowledged "
			     "by them",
			     k->test);
	k->again = rc == RC_OK && t.acked_us != 0;
	if (rc != RC_OK || k->again)
		return rc;
	rc = store_head(w->s, w->a, t.channel, (enum party)t.party, &h, e);
	if (rc == RC_OK)
		rc = store_leaves(w->s, w->a, t.channel, h.party, (uint64_t)t.seq,
				  (uint64_t)t.seq + 1, &leaf, e);
	if (rc != RC_OK)
		return rc;
	const struct event_ref ref = {
		.log = h.origin, .seq = (uint64_t)t.seq, .leaf = leaf[0].leaf};
	return append_event(w,
			    &(struct append){
				    .channel = t.channel,
				    .type = "channel.test.ack",
				    .by = k->by,
				    .body = json_pack("{s:s}", "test", k->test),
				    .refs = &ref,
				    .n_refs = 1,
			    },
			    &k->seq, e);
}

/* in: test  out: test, again (somebody acknowledged it before),
 * seq? (in our log) */
enum rc
service_channel_test_ack(struct node *nd, struct arena *a, const struct actor *who,
			 json_t *in, struct reply *out, struct err *e)
{
	struct acking k = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "test", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "test", &k.test, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_ack, &k, e);
	if (rc != RC_OK)
		return rc;
	json_t *o = reply_json(a, out,
			       json_pack("{s:s, s:b}", "test", k.test, "again", k.again));
	if (!k.again)
		json_object_set_new(o, "seq", json_integer((json_int_t)k.seq));
	return RC_OK;
}

/* ---- showing ----------------------------------------------------------------------- */

static void
test_finish(json_t *t, int64_t now_us)
{
	int64_t acked = json_integer_value(json_object_get(t, "acked_us"));
	int64_t due = json_integer_value(json_object_get(t, "due_us"));
	enum party by = (enum party)json_integer_value(json_object_get(t, "by"));
	const char *state = acked == 0	  ? (due > now_us ? "waiting" : "missed")
			    : acked > due ? "late"
					  : "acked";

	json_object_set_new(t, "by", json_string(party_name(by)));
	json_object_set_new(t, "state", json_string(state));
	json_object_set_new(t, "due", json_time(due));
	json_object_set_new(t, "acked", json_time(acked));
	json_object_del(t, "acked_us");
	json_object_del(t, "due_us");
}

/*
 * in: limit?
 * out: tests, the newest first [{test, peer, by (the side that sent it), author, sent,
 * due, acked, acked_by, ours, state}], channels [{peer, contacts, last_test, last_acked}]
 */
enum rc
service_channel_tests(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	json_t *tests = json_array(), *channels = json_array(), *t;
	const struct channel_row *ch;
	int64_t limit = 0, now_us = clock_now_us();
	struct store *s = NULL;
	size_t n = 0, k;
	enum rc rc = in_only(in, "limit", e);

	(void)who;
	reply_json(a, out, json_pack("{s:o, s:o}", "tests", tests, "channels", channels));
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, TEST_PAGE_MAX, TEST_PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_CHANNEL_TEST_PAGE,
				(struct db_param[]){DB_P_INT(limit)},
				"test:s peer:s by:i author:s sent:t due_us:i acked_us:i "
				"acked_by:s ours:b",
				tests, e);
	if (rc == RC_OK)
		rc = channels_listed(s, a, in, &ch, &n, e);
	for (size_t i = 0; rc == RC_OK && i < n; i++) {
		json_t *c = NULL;
		rc = channel_contact_json(s, a, ch[i].channel, now_us, &c, e);
		if (rc == RC_OK) {
			json_object_set_new(c, "peer", json_string(ch[i].peer_org));
			json_array_append_new(channels, c);
		}
	}
	reader_put(nd, s);
	json_array_foreach (tests, k, t)
		test_finish(t, now_us);
	return rc;
}

/* ---- by itself --------------------------------------------------------------------- */

struct due_row {
	int64_t channel, last_us;
};

static enum rc
on_schedule(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct due_row *d = store_list_next(l, sizeof(*d));

	(void)e;
	d->channel = l->s->drv->col_int(row, 0);
	d->last_us = l->s->drv->col_int(row, 1);
	return RC_OK;
}

/* When the next test of a channel is due. */
static enum rc
test_next(struct store *s, struct arena *a, const struct due_row *d, int64_t *ret_us,
	  struct err *e)
{
	struct channel_row ch;
	const struct policy *p;
	enum rc rc = channel_by_id(s, a, d->channel, &ch, e);

	if (rc == RC_OK)
		rc = policy_of_channel(s, a, &ch, &p, e);
	if (rc == RC_OK)
		*ret_us = d->last_us + p->channel.test_every_us;
	return rc;
}

static enum rc
work_due(struct writer *w, void *arg, struct err *e)
{
	const struct testing *t = arg;
	struct store_list l = {.s = w->s, .a = w->a};
	enum rc rc =
		store_run(w->s, &SQL_CHANNEL_TEST_SCHEDULE, NULL, on_schedule, &l, e);

	/* Somebody may have sent one since the tick looked. */
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct due_row *d = (const struct due_row *)l.rows + i;
		struct channel_row ch;
		int64_t at_us;
		if (d->channel != t->channel)
			continue;
		rc = test_next(w->s, w->a, d, &at_us, e);
		if (rc == RC_OK)
			rc = channel_by_id(w->s, w->a, d->channel, &ch, e);
		if (rc == RC_OK && at_us <= w->now_us)
			rc = test_append(w, t, &ch, e);
	}
	return rc;
}

enum rc
tick_channel_test(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store_list l = {.a = a};
	struct testing t = {.by = EVENT_BY_NODE, .sent = json_array()};
	struct store *s = NULL;
	enum rc rc = RC_OK;

	/* Each look parses a policy a channel, and a commit calls this. */
	if (now_us < nd->test_look_us && now_us > nd->test_look_us - TEST_LOOK_US)
		goto out;
	rc = reader_get(nd, &s, e);
	l.s = s;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_CHANNEL_TEST_SCHEDULE, NULL, on_schedule, &l, e);
	nd->test_look_us = now_us + TEST_LOOK_US;
	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		int64_t at_us;
		struct err frozen = ERR_INIT;
		t.channel = ((const struct due_row *)l.rows)[i].channel;
		rc = test_next(s, a, (const struct due_row *)l.rows + i, &at_us, e);
		if (rc != RC_OK || channel_usable(nd, t.channel, &frozen) != RC_OK)
			continue;
		if (at_us <= now_us)
			rc = writer_run(nd, work_due, &t, e);
		else if (at_us < nd->test_look_us)
			nd->test_look_us = at_us;
	}
out:
	*next_us = nd->test_look_us;
	reader_put(nd, s);
	json_decref(t.sent);
	arena_free(a);
	return rc;
}

struct missed {
	const char *key, *test, *text;
	int64_t due_us;
};

static enum rc
on_missed(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct missed *m = store_list_next(l, sizeof(*m));
	const char *peer = store_col_text(l->s, l->a, row, 4);
	char when[CLOCK_TEXT_LEN];

	(void)e;
	m->due_us = drv->col_int(row, 3);
	m->test = store_col_text(l->s, l->a, row, 2);
	m->key = arena_printf(l->a, "channel-test/%" PRId64 "/%" PRId64,
			      drv->col_int(row, 0), drv->col_int(row, 1));
	clock_format(m->due_us, when);
	m->text = drv->col_int(row, 5) != 0
			  ? arena_printf(l->a,
					 "no person of %s acknowledged the channel test "
					 "that was due %s: call their contact",
					 peer, when)
			  : arena_printf(l->a,
					 "the channel test of %s was to be acknowledged "
					 "by %s: saluran channel ack %s",
					 peer, when, m->test);
	return RC_OK;
}

static enum rc
on_answered(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* Read by the tick, done by the writer: both lists are empty nearly always. */
static enum rc
alarms_due(struct store *s, struct arena *a, int64_t now_us, struct store_list *missed,
	   struct store_list *answered, struct err *e)
{
	*missed = *answered = (struct store_list){.s = s, .a = a};
	enum rc rc = store_run(
		s, &SQL_CHANNEL_TEST_MISSED,
		(struct db_param[]){DB_P_INT(now_us), DB_P_INT(TEST_ALARMS_MAX)},
		on_missed, missed, e);

	if (rc == RC_OK)
		rc = store_run(s, &SQL_CHANNEL_TEST_ANSWERED,
			       (struct db_param[]){DB_P_INT(TEST_ALARMS_MAX)},
			       on_answered, answered, e);
	return rc;
}

static enum rc
work_alarms(struct writer *w, void *arg, struct err *e)
{
	struct store_list missed, answered;
	const int64_t *now_us = arg;
	enum rc rc = alarms_due(w->s, w->a, *now_us, &missed, &answered, e);

	for (size_t i = 0; rc == RC_OK && i < missed.n; i++) {
		const struct missed *m = (const struct missed *)missed.rows + i;
		rc = alarm_raise(w, m->key, "channel_test", m->test, m->text, m->due_us,
				 e);
	}
	for (size_t i = 0; rc == RC_OK && i < answered.n; i++)
		rc = alarm_clear(w, ((const char *const *)answered.rows)[i], e);
	return rc;
}

enum rc
tick_channel_alarm(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store_list missed = {0}, answered = {0};
	struct store *s = NULL;
	int64_t due_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = alarms_due(s, a, now_us, &missed, &answered, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_CHANNEL_TEST_NEXT_DUE,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, &due_us, e);
	reader_put(nd, s);
	if (rc == RC_OK && missed.n + answered.n != 0)
		rc = writer_run(nd, work_alarms, &now_us, e);
	if (rc == RC_OK && due_us != 0)
		*next_us = due_us;
	arena_free(a);
	return rc;
}
