/*
 * Reminders to operators.
 *
 * What an operator lacks is known from operator_lack.c.  When some of it is due, one
 * letter about all of it is prepared; a person sends it and says how, or the node does
 * where the policies of all its orders have it so.  What was sent is an event in each
 * channel that has an order in it.  A letter is never changed: when other orders are
 * missing it is replaced, and when nothing is missing any more it is settled.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/operator_talk.h"
#include "service/register.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	OPERATORS_AT_ONCE = 4096,
	REMINDERS_DEFAULT = 50,
	REMINDERS_MAX = 200,
};

/* The way of a reminder that the node sends: it stands where the operator looks. */
#define VIA_NODE "node"

#define REMINDER_SPEC                                                                    \
	"reminder:s operator:s step:i subject:s text:s made:t state:s sent:t by:s "      \
	"channel:s reach:s contact:s"

/* ---- what is owed ---------------------------------------------------------------------
 */

static enum rc
on_lack(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct lack *x = store_list_next(l, sizeof(*x));

	(void)e;
	x->order = store_col_text(l->s, l->a, row, 0);
	x->expected = store_col_text(l->s, l->a, row, 1);
	x->serial = drv->col_int(row, 2);
	x->lacks = store_col_text(l->s, l->a, row, 3);
	x->since_us = drv->col_int(row, 4);
	x->due_us = drv->col_int(row, 5);
	x->reminded = drv->col_int(row, 6);
	x->channel = drv->col_int(row, 7);
	if (!drv->col_null(row, 8))
		x->ref = register_ref(l->a, drv->col_int(row, 8), drv->col_int(row, 9));
	return RC_OK;
}

enum rc
lack_list(struct store *s, struct arena *a, const char *operator_name, int64_t now_us,
	  struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	return store_run(s, &SQL_OPERATOR_LACK_LIST,
			 (struct db_param[]){DB_P_TEXT(operator_name), DB_P_INT(now_us),
					     DB_P_INT(EVENT_DNS_ORDERS_MAX)},
			 on_lack, ret, e);
}

/* Is that what the letter is about, no more and no less? */
static enum rc
is_same(struct store *s, const char *reminder, const struct store_list *lacks, bool *ret,
	struct err *e)
{
	const struct lack *l = lacks->rows;
	int64_t n = 0;
	enum rc rc = store_int(s, &SQL_OPERATOR_REMINDER_SIZE,
			       (struct db_param[]){DB_P_TEXT(reminder)}, 0, &n, e);

	*ret = (size_t)n == lacks->n;
	for (size_t i = 0; rc == RC_OK && *ret && i < lacks->n; i++) {
		rc = store_int(
			s, &SQL_OPERATOR_REMINDER_SAME,
			(struct db_param[]){DB_P_TEXT(reminder), DB_P_TEXT(l[i].order),
					    DB_P_TEXT(l[i].lacks), DB_P_INT(l[i].serial)},
			0, &n, e);
		*ret = n != 0;
	}
	return rc;
}

/* Is there something to do about the operator's letter?  *ret_ready: its id, or NULL. */
static enum rc
is_other(struct store *s, struct arena *a, const char *operator_name, int64_t now_us,
	 struct store_list *lacks, const char **ret_ready, bool *ret, struct err *e)
{
	bool same = true;

	*ret_ready = NULL;
	enum rc rc = lack_list(s, a, operator_name, now_us, lacks, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_OPERATOR_REMINDER_READY,
				(struct db_param[]){DB_P_TEXT(operator_name)}, ret_ready,
				e);
	if (rc == RC_OK && *ret_ready != NULL)
		rc = is_same(s, *ret_ready, lacks, &same, e);
	*ret = *ret_ready == NULL ? lacks->n != 0 : !same;
	return rc;
}

/* ---- a letter comes and goes ----------------------------------------------------------
 */

struct ending {
	const char *reminder, *state, *by, *via, *reach;
};

static enum rc
reminder_end(struct writer *w, const struct ending *x, struct err *e)
{
	return store_run(w->s, &SQL_OPERATOR_REMINDER_END,
			 (struct db_param[]){DB_P_TEXT(x->reminder), DB_P_TEXT(x->state),
					     DB_P_INT(w->now_us), DB_P_TEXT(x->by),
					     DB_P_TEXT(x->via), DB_P_TEXT(x->reach)},
			 NULL, NULL, e);
}

static const char *
alarm_key(struct arena *a, const char *operator_name)
{
	return arena_printf(a, "operator-reminder/%s", operator_name);
}

enum rc
reminders_drop(struct writer *w, const char *operator_name, struct err *e)
{
	enum rc rc = store_run(
		w->s, &SQL_OPERATOR_REMINDER_SETTLE,
		(struct db_param[]){DB_P_TEXT(operator_name), DB_P_INT(w->now_us)}, NULL,
		NULL, e);

	return rc == RC_OK ? alarm_clear(w, alarm_key(w->a, operator_name), e) : rc;
}

static enum rc
letter_keep(struct writer *w, const struct operator_row *o,
	    const struct store_list *lacks, const struct letter *x, const char **ret_id,
	    struct err *e)
{
	const struct lack *l = lacks->rows;
	char id[UUID_TEXT_LEN + 1];

	uuid7_make(w->now_us, id);
	*ret_id = arena_strdup(w->a, id);
	enum rc rc =
		store_run(w->s, &SQL_OPERATOR_REMINDER_INSERT,
			  (struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(o->name),
					      DB_P_INT(x->step), DB_P_TEXT(x->subject),
					      DB_P_TEXT(x->body), DB_P_INT(w->now_us)},
			  NULL, NULL, e);
	for (size_t i = 0; rc == RC_OK && i < lacks->n; i++)
		rc = store_run(w->s, &SQL_OPERATOR_REMINDER_ORDER_INSERT,
			       (struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(l[i].order),
						   DB_P_TEXT(l[i].expected),
						   DB_P_INT(l[i].serial),
						   DB_P_TEXT(l[i].lacks)},
			       NULL, NULL, e);
	return rc;
}

static enum rc
policy_of_id(struct writer *w, int64_t channel, const struct policy **ret, struct err *e)
{
	struct channel_row ch;
	enum rc rc = channel_by_id(w->s, w->a, channel, &ch, e);

	return rc == RC_OK ? policy_of_channel(w->s, w->a, &ch, ret, e) : rc;
}

static enum rc
by_node(struct writer *w, const struct store_list *lacks, bool *ret, struct err *e)
{
	const struct lack *l = lacks->rows;
	enum rc rc = RC_OK;

	*ret = lacks->n != 0;
	for (size_t i = 0; rc == RC_OK && *ret && i < lacks->n; i++) {
		const struct policy *p = NULL;
		rc = policy_of_id(w, l[i].channel, &p, e);
		*ret = rc == RC_OK && p->order.operator_by_node;
	}
	return rc;
}

/* ---- sending --------------------------------------------------------------------------
 */

struct sending {
	const char *reminder, *via, *reach, *text, *by, *person;
	const char *operator_name; /* out, as long as `a` */
	struct arena *a;
	int64_t step, orders; /* out */
	uint64_t seq;	      /* out: in our log of the first order's channel */
};

/* Those of `rows` from *i on that are of one channel, as an event. */
static enum rc
channel_remind(struct writer *w, struct sending *x, const json_t *rows, size_t *i,
	       const char *text, struct err *e)
{
	json_t *orders = json_array();
	int64_t channel =
		json_integer_value(json_object_get(json_array_get(rows, *i), "channel"));
	bool first = *i == 0;
	const struct policy *p = NULL;
	struct view_disclosed sd = {"text", NULL};
	enum rc rc = policy_of_id(w, channel, &p, e);

	for (; rc == RC_OK && *i < json_array_size(rows); (*i)++) {
		json_t *row = json_array_get(rows, *i);
		if (json_integer_value(json_object_get(row, "channel")) != channel)
			break;
		json_t *said = json_copy(row);
		json_object_del(said, "channel");
		json_array_append_new(orders, said);
		rc = store_run(w->s, &SQL_OPERATOR_LACK_SENT,
			       (struct db_param[]){
				       DB_P_TEXT(json_string_value(
					       json_object_get(row, "order"))),
				       DB_P_TEXT(x->operator_name),
				       DB_P_INT(w->now_us + p->order.operator_again_us)},
			       NULL, NULL, e);
	}
	if (rc == RC_OK) {
		sd.value = json_string(text);
		rc = append_event(
			w,
			&(struct append){
				.channel = channel,
				.type = "dns.reminded",
				.by = x->by,
				.body = json_pack("{s:s, s:I, s:O, s:s}", "operator",
						  x->operator_name, "step",
						  (json_int_t)x->step, "orders", orders,
						  "channel", x->via),
				.disclosures = &sd,
				.n_disclosures = 1,
			},
			first ? &x->seq : NULL, e);
	}
	json_decref(orders);
	return rc;
}

static enum rc
state_check(const json_t *row, struct err *e)
{
	const char *state = json_string_value(json_object_get(row, "state"));

	if (strcmp(state, "ready") == 0)
		return RC_OK;
	return err_set(e, RC_CONFLICT, "%s",
		       strcmp(state, "sent") == 0 ? "it was sent already"
		       : strcmp(state, "settled") == 0
			       ? "nothing of it is missing any more: there is nothing to "
				 "remind of"
			       : "other orders are missing by now: another reminder took "
				 "its place (saluran operator reminders)");
}

static enum rc
reminder_send(struct writer *w, struct sending *x, struct err *e)
{
	json_t *row = NULL, *orders = json_array();
	const char *text = x->text, *reach = x->reach;
	enum rc rc = store_row(w->s, &SQL_OPERATOR_REMINDER_GET,
			       (struct db_param[]){DB_P_TEXT(x->reminder)}, REMINDER_SPEC,
			       &row, e);

	if (rc == RC_NOT_FOUND)
		rc = err_set(e, rc, "there is no reminder %s", x->reminder);
	if (rc == RC_OK)
		rc = state_check(row, e);
	if (rc == RC_OK) {
		x->operator_name = arena_strdup(
			x->a, json_string_value(json_object_get(row, "operator")));
		x->step = json_integer_value(json_object_get(row, "step"));
		if (text == NULL)
			text = json_string_value(json_object_get(row, "text"));
		if (reach == NULL)
			reach = json_string_value(json_object_get(row, "reach"));
		rc = store_rows(w->s, &SQL_OPERATOR_REMINDER_ORDERS,
				(struct db_param[]){DB_P_TEXT(x->reminder)},
				"order:s expected:s serial:i lacks:s channel:i", orders,
				e);
		x->orders = (int64_t)json_array_size(orders);
	}
	for (size_t i = 0; rc == RC_OK && i < json_array_size(orders);)
		rc = channel_remind(w, x, orders, &i, text, e);
	if (rc == RC_OK)
		rc = reminder_end(
			w,
			&(struct ending){x->reminder, "sent", x->person, x->via, reach},
			e);
	if (rc == RC_OK)
		rc = alarm_clear(w, alarm_key(w->a, x->operator_name), e);
	json_decref(row);
	json_decref(orders);
	return rc;
}

static enum rc
work_send(struct writer *w, void *arg, struct err *e)
{
	return reminder_send(w, arg, e);
}

/* in: reminder, channel (the way it went, as email), reach? (to whom, when it is not the
 *     contact), text? (when it is not the one that was prepared)
 * out: reminder, operator, step, orders (how many), seq (in the log of the first order's
 * channel) */
enum rc
service_reminder_send(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct sending x = {
		.by = actor_pseudonym(who), .person = actor_name(who), .a = a};
	enum rc rc = in_only(in, "reminder channel reach text", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "reminder", &x.reminder, e);
	if (rc == RC_OK)
		rc = in_text(in, "channel", true, REMINDER_VIA_MAX, &x.via, e);
	if (rc == RC_OK && !operator_name_valid(x.via))
		rc = err_set(e, RC_INVALID,
			     "\"channel\" is one word of a-z, 0-9 and '-': email, "
			     "telephone, letter");
	if (rc == RC_OK)
		rc = in_text(in, "reach", false, CONTACT_REACH_MAX, &x.reach, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "text", false, REMINDER_TEXT_MAX, &x.text, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_send, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I, s:I, s:I}", "reminder", x.reminder,
				     "operator", x.operator_name, "step",
				     (json_int_t)x.step, "orders", (json_int_t)x.orders,
				     "seq", (json_int_t)x.seq));
	return rc;
}

/* ---- preparing ------------------------------------------------------------------------
 */

static enum rc
letter_alarm(struct writer *w, const char *operator_name, const struct store_list *lacks,
	     struct err *e)
{
	char when[CLOCK_TEXT_LEN];

	return alarm_raise(
		w, alarm_key(w->a, operator_name), "operator_reminder", operator_name,
		arena_printf(
			w->a,
			"%zu %s not in effect at %s, due since %s: a reminder is "
			"ready for a person to send (saluran operator reminders)",
			lacks->n, lacks->n == 1 ? "order is" : "orders are",
			operator_name,
			clock_format(((const struct lack *)lacks->rows)->due_us, when)),
		w->now_us, e);
}

static enum rc
letter_new(struct writer *w, const struct operator_row *o, const struct store_list *lacks,
	   struct err *e)
{
	struct letter x;
	const char *id;
	bool node = false;
	enum rc rc = letter_make(w, o, lacks, &x, e);

	if (rc == RC_OK)
		rc = letter_keep(w, o, lacks, &x, &id, e);
	if (rc == RC_OK)
		rc = by_node(w, lacks, &node, e);
	if (rc != RC_OK)
		return rc;
	if (!node)
		return letter_alarm(w, o->name, lacks, e);
	return reminder_send(w,
			     &(struct sending){.reminder = id,
					       .via = VIA_NODE,
					       .by = EVENT_BY_NODE,
					       .person = EVENT_BY_NODE,
					       .a = w->a},
			     e);
}

static enum rc
work_prepare(struct writer *w, void *arg, struct err *e)
{
	const char *name = arg, *ready = NULL;
	struct operator_row o;
	struct store_list lacks;
	bool other = false;
	enum rc rc = is_other(w->s, w->a, name, w->now_us, &lacks, &ready, &other, e);

	if (rc != RC_OK || !other)
		return rc;
	if (ready != NULL)
		rc = reminder_end(
			w,
			&(struct ending){.reminder = ready,
					 .state = lacks.n == 0 ? "settled" : "replaced",
					 .by = EVENT_BY_NODE},
			e);
	if (rc == RC_OK && lacks.n == 0)
		return alarm_clear(w, alarm_key(w->a, name), e);
	if (rc == RC_OK)
		rc = operator_row_get(w->s, w->a, name, &o, e);
	return rc == RC_OK ? letter_new(w, &o, &lacks, e) : rc;
}

static enum rc
on_text(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

enum rc
reminders_prepare(struct node *nd, int64_t now_us, int64_t *ret_next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);
	struct store_list owed = {.s = s, .a = a};
	bool *other = NULL;

	*ret_next_us = 0;
	if (rc == RC_OK)
		rc = store_run(s, &SQL_OPERATOR_LACK_OWED,
			       (struct db_param[]){DB_P_INT(now_us),
						   DB_P_INT(OPERATORS_AT_ONCE)},
			       on_text, &owed, e);
	const char *const *names = owed.rows;
	other = arena_array(a, owed.n + 1, sizeof(*other));
	for (size_t i = 0; rc == RC_OK && i < owed.n; i++) {
		struct store_list lacks;
		const char *ready;
		rc = is_other(s, a, names[i], now_us, &lacks, &ready, &other[i], e);
	}
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OPERATOR_LACK_NEXT,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, ret_next_us, e);
	reader_put(nd, s);
	for (size_t i = 0; rc == RC_OK && i < owed.n; i++)
		if (other[i])
			rc = writer_run(nd, work_prepare, (void *)(uintptr_t)names[i], e);
	arena_free(a);
	return rc;
}

/* ---- for people -----------------------------------------------------------------------
 */

static enum rc
orders_put(struct store *s, struct arena *a, json_t *row, struct err *e)
{
	json_t *orders = json_array();
	enum rc rc = store_rows(
		s, &SQL_OPERATOR_REMINDER_SHOW,
		(struct db_param[]){
			DB_P_TEXT(json_string_value(json_object_get(row, "reminder")))},
		"order:s expected:s serial:i lacks:s year:i number:i", orders, e);

	register_refs_finish(a, orders);
	json_object_set_new(row, "orders", orders);
	return rc;
}

/* in: operator?, all? (those that were sent too), limit?
 * out: reminders, the newest first [{reminder, operator, contact, reach, step, subject,
 *      text, orders [{order, ref, expected, serial, lacks}], made, state, sent, by,
 *      channel}] */
enum rc
service_reminders(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *row;
	const char *name = NULL, *all = NULL;
	struct store *s = NULL;
	int64_t limit = 0;
	size_t i;
	enum rc rc = in_only(in, "operator all limit", e);

	reply_json(a, out, json_pack("{s:o}", "reminders", rows));
	if (rc == RC_OK)
		rc = in_text(in, "operator", false, OPERATOR_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = in_text(in, "all", false, 3, &all, e);
	if (rc == RC_OK && all != NULL && strcmp(all, "yes") != 0)
		rc = err_set(e, RC_INVALID, "\"all\" is \"yes\" or absent");
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, REMINDERS_MAX, REMINDERS_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = operator_acts_for(s, a, who, name, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_OPERATOR_REMINDER_PAGE,
				(struct db_param[]){DB_P_TEXT(name),
						    DB_P_INT(all == NULL),
						    DB_P_INT(limit)},
				REMINDER_SPEC, rows, e);
	json_array_foreach (rows, i, row)
		if (rc == RC_OK)
			rc = orders_put(s, a, row, e);
	reader_put(nd, s);
	return rc;
}
