/*
 * Objections as they come in.  What anybody sends is durable at once in a table of its
 * own, and acknowledged with a code to follow it; it enters the signed log at a bounded
 * rate, so that a flood can neither fill the log nor push an objection out.
 */
#include "core/objection.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/event_type.h"
#include "service/alarm.h"
#include "service/person.h"
#include "service/register.h"
#include "service/tick.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	INBOX_MAX = 10000,	/* objections that wait, of all orders */
	INBOX_ORDER_MAX = 1000, /* of one order */
	OPEN_ORDER_MAX = 200,	/* of one order in the log and not ruled on */
	INBOX_SOURCE_MAX = 20,	/* of one address in a day */
	ADMIT_MINUTE_MAX = 60,	/* that enter the log in a minute */
	ADMIT_TRIES_MAX = 200,	/* with those that cannot, in one job */
	ALARMS_MAX = 64,	/* raised in one job */
};
#define INBOX_SOURCE_US (86400 * CLOCK_US_PER_S)
#define ADMIT_WINDOW_US (60 * CLOCK_US_PER_S)
/* People are told of what waits longer than that. */
#define INBOX_PATIENCE_US (600 * CLOCK_US_PER_S)

#define QUEUE_ALARM "objection-queue"

struct coming {
	const char *order, *name, *kind, *language, *text, *contact;
	const char *source;		   /* NULL: from this machine */
	const char *code, *order_id, *ref; /* out */
	char id[UUID_TEXT_LEN + 1];
	int64_t received_us, answer_due_us, rule_due_us; /* out */
};

/* ---- into the log ------------------------------------------------------------------ */

struct inbox_row {
	int64_t channel, received_us, answer_due_us, rule_due_us;
	const char *id, *order, *kind, *language, *body, *contact, *tracking;
};

static enum rc
on_inbox(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	const struct db_driver *drv = l->s->drv;
	struct inbox_row *r = store_list_next(l, sizeof(*r));

	(void)e;
	r->id = store_col_text(l->s, l->a, row, 0);
	r->channel = drv->col_int(row, 1);
	r->order = store_col_text(l->s, l->a, row, 2);
	r->kind = store_col_text(l->s, l->a, row, 3);
	r->language = store_col_text(l->s, l->a, row, 4);
	r->body = store_col_text(l->s, l->a, row, 5);
	r->contact = store_col_text(l->s, l->a, row, 6);
	r->tracking = store_col_text(l->s, l->a, row, 7);
	r->received_us = drv->col_int(row, 8);
	r->answer_due_us = drv->col_int(row, 9);
	r->rule_due_us = drv->col_int(row, 10);
	return RC_OK;
}

static enum rc
admit_append(struct writer *w, const struct inbox_row *r, uint64_t *ret_seq,
	     struct err *e)
{
	struct view_disclosed sd[] = {{"text", json_string(r->body)}, {"contact", NULL}};

	if (r->contact != NULL)
		sd[1].value = json_string(r->contact);
	return append_event(
		w,
		&(struct append){
			.channel = r->channel,
			.type = "objection.open",
			.by = EVENT_BY_NODE,
			.body = json_pack(
				"{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "objection",
				r->id, "order", r->order, "kind", r->kind, "language",
				r->language, "received", (json_int_t)r->received_us,
				"answer_due", (json_int_t)r->answer_due_us, "rule_due",
				(json_int_t)r->rule_due_us, "tracking", r->tracking),
			.disclosures = sd,
			.n_disclosures = r->contact == NULL ? 1 : 2,
		},
		ret_seq, e);
}

static enum rc
admitted_put(struct writer *w, const struct inbox_row *r, struct err *e)
{
	return store_run(w->s, &SQL_OBJECTION_INBOX_ADMITTED,
			 (struct db_param[]){DB_P_TEXT(r->id), DB_P_INT(w->now_us)}, NULL,
			 NULL, e);
}

/* One that cannot enter keeps neither the others out nor anybody from objecting: it goes
 * on waiting, and people are told of what waits long. */
static enum rc
admit_if_it_can(struct writer *w, const struct inbox_row *r, bool *ret_admitted,
		struct err *e)
{
	const struct db_driver *drv = w->s->drv;
	struct err why = ERR_INIT;
	enum rc rc = drv->savepoint(w->s->db, e);

	*ret_admitted = false;
	if (rc != RC_OK)
		return rc;
	enum rc one = admit_append(w, r, NULL, &why);
	*ret_admitted = one == RC_OK;
	if (one == RC_OK) {
		rc = drv->release(w->s->db, e);
		return rc == RC_OK ? admitted_put(w, r, e) : rc;
	}
	log_line(LOG_ERROR, "objection.waits", "objection=%s why=%s", r->id, why.text);
	rc = drv->rollback_to(w->s->db, e);
	return rc == RC_OK && tick_node_unwell(one) ? err_set(e, one, "%s", why.text)
						    : rc;
}

/* How many may enter the log now. */
static enum rc
admit_room(struct store *s, int64_t now_us, int64_t *ret, struct err *e)
{
	int64_t recent;
	enum rc rc = store_int(s, &SQL_OBJECTION_INBOX_RECENT,
			       (struct db_param[]){DB_P_INT(now_us - ADMIT_WINDOW_US)}, 0,
			       &recent, e);

	*ret = recent < ADMIT_MINUTE_MAX ? ADMIT_MINUTE_MAX - recent : 0;
	return rc;
}

static enum rc
admit_list(struct store *s, struct arena *a, int64_t room, int64_t skip,
	   struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	return store_run(s, &SQL_OBJECTION_INBOX_NEXT,
			 (struct db_param[]){DB_P_INT(OPEN_ORDER_MAX), DB_P_INT(room),
					     DB_P_INT(skip)},
			 on_inbox, ret, e);
}

static enum rc
admit_some(struct writer *w, struct err *e)
{
	int64_t room, tries = ADMIT_TRIES_MAX, waiting = 0;
	enum rc rc = admit_room(w->s, w->now_us, &room, e);

	/* Those that go on waiting are passed by, so that they do not keep out others. */
	while (rc == RC_OK && room > 0 && tries > 0) {
		struct store_list l;
		rc = admit_list(w->s, w->a, room, waiting, &l, e);
		if (rc != RC_OK || l.n == 0)
			break;
		for (size_t i = 0; rc == RC_OK && i < l.n && tries > 0; i++) {
			const struct inbox_row *r = (const struct inbox_row *)l.rows + i;
			/* A log that takes nothing now does not lose what waits for it.
			 */
			struct err frozen = ERR_INIT;
			bool admitted = false;
			if (channel_usable(w->nd, r->channel, &frozen) == RC_OK) {
				rc = admit_if_it_can(w, r, &admitted, e);
				tries--;
			}
			room -= admitted;
			waiting += !admitted;
		}
	}
	return rc;
}

struct admitting {
	const char *id;
	uint64_t seq; /* out: in our log */
};

static enum rc
work_admit(struct writer *w, void *arg, struct err *e)
{
	struct admitting *ad = arg;
	struct store_list l = {.s = w->s, .a = w->a};

	if (ad == NULL)
		return admit_some(w, e);
	enum rc rc = store_run(w->s, &SQL_OBJECTION_INBOX_ONE,
			       (struct db_param[]){DB_P_TEXT(ad->id)}, on_inbox, &l, e);
	if (rc == RC_OK && l.n == 0)
		rc = err_set(e, RC_NOT_FOUND, "no objection %s waits", ad->id);
	if (rc == RC_OK)
		rc = admit_append(w, l.rows, &ad->seq, e);
	return rc == RC_OK ? admitted_put(w, l.rows, e) : rc;
}

/* in: objection (one that waits)  out: objection, seq (in our log) */
enum rc
service_objection_admit(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct admitting ad = {0};
	enum rc rc = in_only(in, "objection", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_uuid(in, "objection", &ad.id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_admit, &ad, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "objection", ad.id, "seq",
				     (json_int_t)ad.seq));
	return rc;
}

/* ---- coming in --------------------------------------------------------------------- */

/* Text that an event can hold: nothing that waits may fail to enter the log later. */
static enum rc
text_read(struct arena *a, json_t *in, const char *name, bool required, size_t max,
	  const char **ret, struct err *e)
{
	const char *made;
	struct hash digest;
	enum rc rc = in_text(in, name, required, max, ret, e);

	if (rc != RC_OK || *ret == NULL)
		return rc;
	for (const char *at = *ret; *at != '\0'; at++)
		if (((unsigned char)*at < 0x20 && strchr("\t\n\r", *at) == NULL) ||
		    *at == 0x7f)
			return err_set(e, RC_INVALID, "\"%s\" has a control character",
				       name);
	json_t *value = json_string(*ret);
	rc = event_disclosure_make(a, name, value, &made, &digest, e);
	json_decref(value);
	if (rc != RC_OK)
		err_prefix(e, "\"%s\"", name);
	return rc;
}

static enum rc
coming_read(struct arena *a, json_t *in, struct coming *c, struct err *e)
{
	enum rc rc = in_text(in, "order", false, UUID_TEXT_LEN, &c->order, e);

	if (rc == RC_OK)
		rc = in_text(in, "name", false, EVENT_ORDER_NAME_MAX, &c->name, e);
	if (rc == RC_OK && (c->order == NULL) == (c->name == NULL))
		rc = err_set(e, RC_INVALID,
			     "say what you object to: \"order\" (its reference or id) or "
			     "\"name\" (one that is blocked)");
	if (rc == RC_OK)
		rc = text_read(a, in, "text", true, OBJECTION_TEXT_MAX, &c->text, e);
	if (rc == RC_OK)
		rc = text_read(a, in, "contact", false, OBJECTION_CONTACT_MAX,
			       &c->contact, e);
	if (rc == RC_OK)
		rc = in_text(in, "kind", false, EVENT_TOKEN_MAX, &c->kind, e);
	if (rc == RC_OK && c->kind == NULL)
		c->kind = objection_kinds[0];
	if (rc == RC_OK && strcmp(c->kind, objection_kinds[0]) != 0 &&
	    strcmp(c->kind, objection_kinds[1]) != 0)
		rc = err_set(e, RC_INVALID, "\"kind\" must be objection or normalise");
	if (rc == RC_OK)
		rc = in_text(in, "language", false, EVENT_TOKEN_MAX, &c->language, e);
	if (rc == RC_OK && c->language == NULL)
		c->language = "id";
	if (rc == RC_OK &&
	    (strspn(c->language, "abcdefghijklmnopqrstuvwxyz") != strlen(c->language) ||
	     strlen(c->language) < 2 || strlen(c->language) > 3))
		rc = err_set(e, RC_INVALID,
			     "\"language\" must be a code as \"id\" or \"en\"");
	return rc;
}

/* One source cannot take the place of all others.  Where something came from is known
 * for a day, as a hash. */
static enum rc
source_check(struct store *s, const char *source, int64_t now_us, struct err *e)
{
	const struct db_param since = DB_P_INT(now_us - INBOX_SOURCE_US);
	int64_t n = 0;
	enum rc rc = store_run(s, &SQL_OBJECTION_INBOX_FORGET, &since, NULL, NULL, e);

	if (rc == RC_OK && source != NULL)
		rc = store_int(s, &SQL_OBJECTION_INBOX_OF_SOURCE,
			       (struct db_param[]){DB_P_TEXT(source), since}, 0, &n, e);
	if (rc == RC_OK && n >= INBOX_SOURCE_MAX)
		rc = err_set(e, RC_LIMIT,
			     "%d objections came from your address today: try again "
			     "tomorrow",
			     INBOX_SOURCE_MAX);
	return rc;
}

static enum rc
inbox_check(struct store *s, const char *order, struct err *e)
{
	json_t *counts;
	enum rc rc = store_row(s, &SQL_OBJECTION_INBOX_COUNTS,
			       (struct db_param[]){DB_P_TEXT(order)}, "of_order:i all:i",
			       &counts, e);

	if (rc != RC_OK)
		return rc;
	if (json_integer_value(json_object_get(counts, "of_order")) >= INBOX_ORDER_MAX)
		rc = err_set(e, RC_LIMIT,
			     "%d objections to this order wait to be looked at: try "
			     "again tomorrow",
			     INBOX_ORDER_MAX);
	else if (json_integer_value(json_object_get(counts, "all")) >= INBOX_MAX)
		rc = err_set(e, RC_LIMIT,
			     "%d objections wait to be looked at: try again tomorrow",
			     INBOX_MAX);
	json_decref(counts);
	return rc;
}

/* The order, its channel's policy, and by when it must be answered and ruled on. */
static enum rc
coming_place(struct writer *w, struct coming *c, int64_t *ret_channel, struct err *e)
{
	json_t *row = NULL;
	struct channel_row ch;
	const struct policy *p;
	enum rc rc = register_order_find(w->s, w->a, c->order, c->name, &c->order_id, e);

	if (rc == RC_OK)
		rc = store_row(w->s, &SQL_OBJECTION_ORDER,
			       (struct db_param[]){DB_P_TEXT(c->order_id)},
			       "channel:i state:s year:i number:i", &row, e);
	if (rc != RC_OK)
		return rc;
	*ret_channel = json_integer_value(json_object_get(row, "channel"));
	c->ref = register_ref(w->a, json_integer_value(json_object_get(row, "year")),
			      json_integer_value(json_object_get(row, "number")));
	json_decref(row);
	rc = channel_by_id(w->s, w->a, *ret_channel, &ch, e);
	if (rc == RC_OK)
		rc = policy_of_channel(w->s, w->a, &ch, &p, e);
	if (rc != RC_OK)
		return rc;
	c->received_us = w->now_us;
	c->answer_due_us = w->now_us + p->objection.answer_us;
	c->rule_due_us = w->now_us + p->objection.rule_us;
	return RC_OK;
}

struct taking {
	struct coming *c;
	struct arena *a; /* of the request: what the reply shows */
};

static enum rc
work_take(struct writer *w, void *arg, struct err *e)
{
	struct taking *t = arg;
	struct coming *c = t->c;
	struct hash text, code;
	char text_hex[HASH_HEX_LEN + 1], code_hex[HASH_HEX_LEN + 1];
	int64_t channel;
	enum rc rc = coming_place(w, c, &channel, e);

	if (rc == RC_OK)
		rc = inbox_check(w->s, c->order_id, e);
	if (rc == RC_OK)
		rc = source_check(w->s, c->source, w->now_us, e);
	if (rc != RC_OK)
		return rc;
	c->order_id = arena_strdup(t->a, c->order_id);
	c->ref = arena_strdup(t->a, c->ref);
	uuid7_make(w->now_us, c->id);
	hash_bytes(c->text, strlen(c->text), &text);
	if (!objection_code_hash(c->code, &code))
		return err_set(e, RC_IO, "the code that was made is none");
	rc = store_run(w->s, &SQL_OBJECTION_INBOX_INSERT,
		       (struct db_param[]){
			       DB_P_TEXT(c->id),
			       DB_P_INT(channel),
			       DB_P_TEXT(c->order_id),
			       DB_P_TEXT(c->kind),
			       DB_P_TEXT(c->language),
			       DB_P_TEXT(c->text),
			       DB_P_TEXT(c->contact),
			       DB_P_TEXT(hash_hex(&text, text_hex)),
			       DB_P_TEXT(hash_hex(&code, code_hex)),
			       DB_P_INT(c->received_us),
			       DB_P_INT(c->answer_due_us),
			       DB_P_INT(c->rule_due_us),
			       DB_P_TEXT(c->source),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		return err_set(e, RC_CONFLICT,
			       "an objection of exactly this text was made to this "
			       "order: it will be answered, and the register shows the "
			       "ruling; write in your own words if yours is another");
	return rc == RC_OK ? admit_some(w, e) : rc;
}

/*
 * in: order (reference or id) or name, text, contact?, kind? (objection, normalise),
 *     language? (id)
 * out: reference (the code to follow it by, shown this once), order, ref, received,
 *      answer_due, rule_due
 * RC_CONFLICT: that text was sent before.  RC_LIMIT: too many wait.
 */
enum rc
service_objection_open(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct coming c = {0};
	struct taking t = {&c, a};
	uint8_t random[OBJECTION_CODE_BYTES];
	enum rc rc = in_only(in, "order name text contact kind language", e);

	if (rc == RC_OK)
		rc = coming_read(a, in, &c, e);
	if (rc != RC_OK)
		return rc;
	if (who != NULL && who->address != NULL &&
	    strcmp(who->address, ADDRESS_LOCAL) != 0) {
		struct hash h;
		hash_bytes(who->address, strlen(who->address), &h);
		c.source = hash_hex(&h, arena_alloc(a, HASH_HEX_LEN + 1));
	}
	randombytes_buf(random, sizeof(random));
	c.code = objection_code_make(a, random);
	rc = writer_run(nd, work_take, &t, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "reference",
				     c.code, "order", c.order_id, "ref", c.ref, "kind",
				     c.kind, "received", json_time(c.received_us),
				     "answer_due", json_time(c.answer_due_us), "rule_due",
				     json_time(c.rule_due_us)));
	return rc;
}

/* ---- by itself --------------------------------------------------------------------- */

struct overdue {
	const char *id, *what;
	int64_t due_us;
};

static enum rc
on_overdue(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;
	struct overdue *o = store_list_next(l, sizeof(*o));

	(void)e;
	o->id = store_col_text(l->s, l->a, row, 0);
	o->what = store_col_text(l->s, l->a, row, 1);
	o->due_us = l->s->drv->col_int(row, 2);
	return RC_OK;
}

static enum rc
overdue_list(struct store *s, struct arena *a, int64_t now_us, struct store_list *ret,
	     struct err *e)
{
	*ret = (struct store_list){.s = s, .a = a};
	return store_run(s, &SQL_OBJECTION_OVERDUE,
			 (struct db_param[]){DB_P_INT(now_us), DB_P_INT(ALARMS_MAX)},
			 on_overdue, ret, e);
}

static enum rc
work_overdue(struct writer *w, void *arg, struct err *e)
{
	struct store_list l;
	const int64_t *now_us = arg;
	char when[CLOCK_TEXT_LEN];
	enum rc rc = overdue_list(w->s, w->a, *now_us, &l, e);

	for (size_t i = 0; rc == RC_OK && i < l.n; i++) {
		const struct overdue *o = (const struct overdue *)l.rows + i;
		bool answer = strcmp(o->what, "answer") == 0;
		clock_format(o->due_us, when);
		rc = alarm_raise(
			w, arena_printf(w->a, "objection-%s/%s", o->what, o->id),
			"objection", o->id,
			arena_printf(w->a,
				     "an objection was to be %s by %s: saluran objection "
				     "show %s",
				     answer ? "answered" : "ruled on", when, o->id),
			o->due_us, e);
	}
	return rc;
}

enum rc
tick_objection_due(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store_list l = {0};
	struct store *s = NULL;
	int64_t due_us = 0;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = overdue_list(s, a, now_us, &l, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_OBJECTION_NEXT_DUE,
			       (struct db_param[]){DB_P_INT(now_us)}, 0, &due_us, e);
	reader_put(nd, s);
	if (rc == RC_OK && l.n != 0)
		rc = writer_run(nd, work_overdue, &now_us, e);
	if (rc == RC_OK && due_us != 0)
		*next_us = due_us;
	if (rc == RC_OK && l.n == ALARMS_MAX)
		*next_us = now_us;
	arena_free(a);
	return rc;
}

struct queue {
	struct store *s;
	int64_t oldest_us, n;
};

static enum rc
on_queue(void *arg, const struct db_row *row, struct err *e)
{
	struct queue *q = arg;

	(void)e;
	q->oldest_us = q->s->drv->col_int(row, 0);
	q->n = q->s->drv->col_int(row, 1);
	return RC_OK;
}

static enum rc
work_queue(struct writer *w, void *arg, struct err *e)
{
	const struct queue *q = arg;

	if (q->n == 0)
		return alarm_clear(w, QUEUE_ALARM, e);
	return alarm_raise(w, QUEUE_ALARM, "objection", NULL,
			   "objections wait to enter the log, more than it takes by "
			   "itself: saluran objection list --state queued",
			   q->oldest_us, e);
}

/* What waits enters the log when there is room; people are told when it waits long. */
enum rc
tick_objection_queue(struct node *nd, int64_t now_us, int64_t *next_us, struct err *e)
{
	struct arena *a = arena_create();
	struct store_list l = {0};
	struct queue q = {0};
	int64_t room = 0;
	enum rc rc = reader_get(nd, &q.s, e);

	if (rc == RC_OK)
		rc = store_run(q.s, &SQL_OBJECTION_INBOX_OLDEST, NULL, on_queue, &q, e);
	if (rc == RC_OK && q.n != 0)
		rc = admit_room(q.s, now_us, &room, e);
	if (rc == RC_OK && room != 0)
		rc = admit_list(q.s, a, room, 0, &l, e);
	reader_put(nd, q.s);
	if (rc == RC_OK && l.n != 0)
		rc = writer_run(nd, work_admit, NULL, e);
	bool long_wait = q.n != 0 && q.oldest_us + INBOX_PATIENCE_US <= now_us;
	if (rc == RC_OK && (!nd->queue_told || long_wait != nd->objections_wait)) {
		struct queue told = {.oldest_us = q.oldest_us, .n = long_wait};
		rc = writer_run(nd, work_queue, &told, e);
		nd->queue_told = rc == RC_OK;
		nd->objections_wait = long_wait;
	}
	if (rc == RC_OK && q.n != 0)
		*next_us = now_us + ADMIT_WINDOW_US;
	arena_free(a);
	return rc;
}
