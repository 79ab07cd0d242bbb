/*
 * What is done with an objection: an officer answers, an approver without a hand in the
 * order rules, and whoever objected follows it by their code.  Upheld means lifted, by
 * the same act.
 */
#include <string.h>

#include "base/clock.h"
#include "core/event_type.h"
#include "core/objection.h"
#include "core/target.h"
#include "service/alarm.h"
#include "service/order_int.h"
#include "service/register.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { OBJECTION_PAGE_DEFAULT = 50, OBJECTION_PAGE_MAX = 1000 };

struct ruling {
	const char *objection, *by, *text;
	const char *ruling; /* NULL: an answer */
	json_t *names;	    /* partly; as long as the request */
	int64_t channel;
	const char *order; /* out */
	uint64_t seq;	   /* out: of the answer or the ruling in our log */
	bool lifted;	   /* out */
};

static enum rc
objection_load(struct writer *w, struct ruling *r, struct err *e)
{
	json_t *row;
	struct err none = ERR_INIT;
	enum rc rc = store_row(w->s, &SQL_OBJECTION_GET,
			       (struct db_param[]){DB_P_TEXT(r->objection)},
			       "channel:i order:s answered:t ruled:t", &row, &none);

	if (rc == RC_NOT_FOUND)
		return err_set(e, rc,
			       "there is no objection %s; one that is queued must be "
			       "admitted first",
			       r->objection);
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	r->channel = json_integer_value(json_object_get(row, "channel"));
	r->order = arena_strdup(w->a, json_string_value(json_object_get(row, "order")));
	json_decref(row);
	return RC_OK;
}

static enum rc
reason_append(struct writer *w, const struct ruling *r, const char *type,
	      const char *text_name, json_t *body, uint64_t *ret_seq, struct err *e)
{
	struct view_disclosed sd = {text_name, json_string(r->text)};

	return append_event(w,
			    &(struct append){
				    .channel = r->channel,
				    .type = type,
				    .by = r->by,
				    .body = body,
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    ret_seq, e);
}

static enum rc
work_answer(struct writer *w, void *arg, struct err *e)
{
	struct ruling *r = arg;
	enum rc rc = objection_load(w, r, e);

	if (rc == RC_OK)
		rc = reason_append(w, r, "objection.answer", "text",
				   json_pack("{s:s}", "objection", r->objection), &r->seq,
				   e);
	if (rc == RC_OK)
		rc = alarm_clear(
			w, arena_printf(w->a, "objection-answer/%s", r->objection), e);
	return rc;
}

/* Names that the ruling frees and the order holds; all it holds without names. */
static enum rc
names_to_lift(struct writer *w, const struct ruling *r, json_t *held, struct err *e)
{
	size_t i, k;
	const json_t *name, *row;
	enum rc rc = store_rows(w->s, &SQL_V_ORDER_NAMES_HELD,
				(struct db_param[]){DB_P_TEXT(r->order)},
				"name:s wildcard:b", held, e);

	json_array_foreach (r->names, i, name) {
		bool found = false;
		json_array_foreach (held, k, row)
			found |= json_equal(json_object_get(row, "name"), name) == 1;
		if (rc == RC_OK && !found)
			rc = err_set(e, RC_CONFLICT, "the order does not hold %s now",
				     json_string_value(name));
	}
	return rc;
}

/* When the whole order has ended, nothing is due of it any more. */
static enum rc
due_end(struct writer *w, const char *order, struct err *e)
{
	struct order_row row;
	enum rc rc = view_order_get(w->s, w->a, order, &row, e);

	return rc == RC_OK && row.life != ORDER_IN_FORCE ? order_due_clear(w, order, e)
							 : rc;
}

/* The ruling, and the lift that it means, are one act: both or none. */
static enum rc
lift_append(struct writer *w, struct ruling *r, struct err *e)
{
	json_t *held = json_array(), *row = NULL;
	enum rc rc = names_to_lift(w, r, held, e);

	if (rc == RC_OK)
		rc = store_row(w->s, &SQL_OBJECTION_ORDER,
			       (struct db_param[]){DB_P_TEXT(r->order)},
			       "channel:i state:s year:i number:i", &row, e);
	bool in_force =
		rc == RC_OK && json_array_size(held) != 0 &&
		strcmp(json_string_value(json_object_get(row, "state")), "in_force") == 0;
	json_decref(row);
	json_decref(held);
	if (!in_force)
		return rc; /* it is lifted or over already */
	r->lifted = true;
	rc = reason_append(w, r, "order.lift", "reason",
			   json_pack("{s:s, s:O*}", "order", r->order, "names", r->names),
			   NULL, e);
	return rc == RC_OK ? due_end(w, r->order, e) : rc;
}

static enum rc
work_rule(struct writer *w, void *arg, struct err *e)
{
	struct ruling *r = arg;
	int64_t hand = 0;
	enum rc rc = objection_load(w, r, e);

	r->lifted = false;
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_V_ORDER_BLOCKED_BY,
			       (struct db_param[]){DB_P_TEXT(r->order), DB_P_TEXT(r->by)},
			       0, &hand, e);
	if (rc == RC_OK && hand != 0)
		rc = err_set(e, RC_DENIED,
			     "you drafted, approved or overrode the order: somebody else "
			     "must rule on it");
	if (rc == RC_OK)
		rc = reason_append(w, r, "objection.rule", "reason",
				   json_pack("{s:s, s:s, s:O*}", "objection",
					     r->objection, "ruling", r->ruling, "names",
					     r->names),
				   &r->seq, e);
	if (rc == RC_OK && strcmp(r->ruling, "rejected") != 0)
		rc = lift_append(w, r, e);
	if (rc == RC_OK)
		rc = alarm_clear(
			w, arena_printf(w->a, "objection-answer/%s", r->objection), e);
	if (rc == RC_OK)
		rc = alarm_clear(w, arena_printf(w->a, "objection-rule/%s", r->objection),
				 e);
	return rc;
}

/* in: objection, text  out: objection, seq (in our log) */
enum rc
service_objection_answer(struct node *nd, struct arena *a, const struct actor *who,
			 json_t *in, struct reply *out, struct err *e)
{
	struct ruling r = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "objection text", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "objection", &r.objection, e);
	if (rc == RC_OK)
		rc = in_text(in, "text", true, OBJECTION_TEXT_MAX, &r.text, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_answer, &r, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "objection", r.objection, "seq",
				     (json_int_t)r.seq));
	return rc;
}

static void
release_json(void *p)
{
	json_decref(p);
}

static enum rc
ruled_names(struct arena *a, json_t *in, struct ruling *r, struct err *e)
{
	const json_t *names = json_object_get(in, "names"), *v;
	bool partly = strcmp(r->ruling, "partly") == 0;
	size_t i;

	if (!partly)
		return names == NULL || json_is_null(names)
			       ? RC_OK
			       : err_set(e, RC_INVALID,
					 "\"names\" goes with the ruling partly only");
	if (!json_is_array(names) || json_array_size(names) == 0 ||
	    json_array_size(names) > EVENT_ORDER_NAMES_MAX)
		return err_set(e, RC_INVALID,
			       "the ruling partly needs \"names\": those that are freed");
	r->names = json_array();
	arena_defer(a, release_json, r->names);
	json_array_foreach (names, i, v) {
		const char *given = json_string_value(v), *name;
		enum rc rc = given == NULL ? err_set(e, RC_INVALID, "it is no text")
					   : ipnet_or_name(a, given, &name, e);
		if (rc != RC_OK) {
			err_prefix(e, "names[%zu]", i);
			return rc;
		}
		json_array_append_new(r->names, json_string(name));
	}
	return RC_OK;
}

/*
 * in: objection, ruling (upheld, rejected, partly), reason, names? (partly: which are
 *     freed)
 * out: objection, ruling, lifted (by this ruling), seq (of the ruling in our log)
 * RC_DENIED: you had a hand in the order.  RC_CONFLICT: it is ruled on already.
 */
enum rc
service_objection_rule(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct ruling r = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "objection ruling reason names", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "objection", &r.objection, e);
	if (rc == RC_OK)
		rc = in_text(in, "ruling", true, EVENT_TOKEN_MAX, &r.ruling, e);
	bool known = false;
	for (size_t i = 0; rc == RC_OK && objection_rulings[i] != NULL; i++)
		known |= strcmp(objection_rulings[i], r.ruling) == 0;
	if (rc == RC_OK && !known)
		rc = err_set(e, RC_INVALID,
			     "\"ruling\" must be upheld, rejected or partly");
	if (rc == RC_OK)
		rc = in_text(in, "reason", true, OBJECTION_TEXT_MAX, &r.text, e);
	if (rc == RC_OK)
		rc = ruled_names(a, in, &r, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_rule, &r, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:b, s:I}", "objection", r.objection,
				     "ruling", r.ruling, "lifted", r.lifted, "seq",
				     (json_int_t)r.seq));
	return rc;
}

/* ---- showing ----------------------------------------------------------------------- */

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void
objection_finish(json_t *o, int64_t now_us)
{
	int64_t answer_due = json_integer_value(json_object_get(o, "answer_due_us"));
	int64_t rule_due = json_integer_value(json_object_get(o, "rule_due_us"));
	bool answered = text_of(o, "answered") != NULL,
	     ruled = text_of(o, "ruled") != NULL;

	json_object_set_new(o, "state",
			    json_string(ruled	   ? "ruled"
					: answered ? "answered"
						   : "open"));
	json_object_set_new(o, "answer_due", json_time(answer_due));
	json_object_set_new(o, "rule_due", json_time(rule_due));
	json_object_set_new(o, "overdue",
			    json_boolean(!ruled && (rule_due < now_us ||
						    (!answered && answer_due < now_us))));
	json_object_del(o, "answer_due_us");
	json_object_del(o, "rule_due_us");
}

static enum rc
queued_page(struct store *s, const char *after, int64_t limit, json_t *rows,
	    struct err *e)
{
	size_t i;
	json_t *o;
	enum rc rc = store_rows(
		s, &SQL_OBJECTION_INBOX_PAGE,
		(struct db_param[]){DB_P_TEXT(after), DB_P_INT(limit)},
		"objection:s order:s kind:s language:s text:s contact:s received:t "
		"answer_due:t rule_due:t",
		rows, e);

	json_array_foreach (rows, i, o)
		json_object_set_new(o, "state", json_string("queued"));
	return rc;
}

struct page_in {
	const char *after, *state, *order, *objection;
	int64_t limit;
};

static enum rc
page_read(json_t *in, struct page_in *p, struct err *e)
{
	static const char *const states[] = {"queued", "open", "answered", "ruled", NULL};
	enum rc rc = in_int(in, "limit", 1, OBJECTION_PAGE_MAX, OBJECTION_PAGE_DEFAULT,
			    &p->limit, e);

	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &p->after, e);
	if (rc == RC_OK)
		rc = in_text(in, "state", false, EVENT_TOKEN_MAX, &p->state, e);
	if (rc == RC_OK)
		rc = in_text(in, "order", false, UUID_TEXT_LEN, &p->order, e);
	if (rc == RC_OK)
		rc = in_text(in, "objection", false, UUID_TEXT_LEN, &p->objection, e);
	bool known = p->state == NULL;
	for (size_t i = 0; rc == RC_OK && states[i] != NULL && !known; i++)
		known = strcmp(states[i], p->state) == 0;
	if (rc == RC_OK && !known)
		rc = err_set(e, RC_INVALID,
			     "\"state\" must be queued, open, answered or ruled");
	return rc;
}

/*
 * in: limit?, after? (an objection), state? (queued, open, answered, ruled), order?
 *     (reference or id), objection?
 * out: objections [], next, queued (how many wait to enter the log)
 */
enum rc
service_objections(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *o;
	struct page_in p = {0};
	struct store *s = NULL;
	int64_t now_us = clock_now_us();
	size_t i, n;
	enum rc rc = in_only(in, "limit after state order objection", e);

	(void)who;
	json_t *all = reply_json(a, out, json_pack("{s:o}", "objections", rows));
	if (rc == RC_OK)
		rc = page_read(in, &p, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK && p.order != NULL)
		rc = register_order_find(s, a, p.order, NULL, &p.order, e);
	if (rc == RC_OK && p.state != NULL && strcmp(p.state, "queued") == 0) {
		rc = queued_page(s, p.after == NULL ? "" : p.after, p.limit, rows, e);
	} else if (rc == RC_OK) {
		rc = store_rows(
			s, &SQL_OBJECTION_PAGE,
			(struct db_param[]){DB_P_TEXT(p.after == NULL ? "" : p.after),
					    DB_P_INT(p.limit), DB_P_TEXT(p.order),
					    DB_P_TEXT(p.objection), DB_P_TEXT(p.state)},
			"objection:s peer:s order:s year:i number:i kind:s language:s "
			"text:s contact:s received:t opened:t answer_due_us:i "
			"rule_due_us:i answered:t answered_by:s answer:s ruled:t "
			"ruled_by:s ruling:s names:j reason:s seq:i",
			rows, e);
		register_refs_finish(a, rows);
		json_array_foreach (rows, i, o)
			objection_finish(o, now_us);
	}
	json_t *queue = NULL;
	if (rc == RC_OK)
		rc = store_row(s, &SQL_OBJECTION_INBOX_OLDEST, NULL, "since:t queued:i",
			       &queue, e);
	if (rc == RC_OK)
		json_object_set(all, "queued", json_object_get(queue, "queued"));
	json_decref(queue);
	reader_put(nd, s);
	n = json_array_size(rows);
	json_object_set_new(all, "next",
			    n != 0 && (int64_t)n == p.limit
				    ? json_incref(json_object_get(
					      json_array_get(rows, n - 1), "objection"))
				    : json_null());
	return rc;
}

static enum rc
track_find(struct store *s, const char *tracking, json_t **ret, struct err *e)
{
	const struct db_param key[] = {DB_P_TEXT(tracking)};
	struct err none = ERR_INIT;
	enum rc rc = store_row(s, &SQL_OBJECTION_TRACK, key,
			       "order:s kind:s received:t answer_due_us:i rule_due_us:i "
			       "answered:t answer:s ruled:t ruling:s names:j reason:s",
			       ret, &none);

	if (rc != RC_NOT_FOUND)
		return rc == RC_OK ? rc : err_set(e, rc, "%s", none.text);
	rc = store_row(s, &SQL_OBJECTION_INBOX_TRACK, key,
		       "order:s kind:s received:t answer_due_us:i rule_due_us:i", ret,
		       &none);
	if (rc == RC_NOT_FOUND)
		return err_set(e, rc,
			       "there is no objection with this reference: check what "
			       "you were given");
	return rc == RC_OK ? rc : err_set(e, rc, "%s", none.text);
}

/*
 * in: reference (the code that was given)
 * out: order, ref, kind, state, received, answer_due, rule_due, overdue, answered?,
 * answer?, ruled?, ruling?, names?, reason?
 */
enum rc
service_objection_track(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct store *s = NULL;
	const char *code;
	struct hash h;
	char hex[HASH_HEX_LEN + 1];
	json_t *o = NULL, *row = NULL;
	enum rc rc = in_only(in, "reference", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "reference", true, OBJECTION_CODE_TEXT_MAX, &code, e);
	if (rc == RC_OK && !objection_code_hash(code, &h))
		rc = err_set(e, RC_NOT_FOUND,
			     "that is no reference of an objection: it has %d letters "
			     "and digits",
			     OBJECTION_CODE_LEN);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = track_find(s, hash_hex(&h, hex), &o, e);
	if (rc == RC_OK)
		rc = store_row(s, &SQL_OBJECTION_ORDER,
			       (struct db_param[]){DB_P_TEXT(text_of(o, "order"))},
			       "channel:i state:s year:i number:i", &row, e);
	reader_put(nd, s);
	if (rc == RC_OK) {
		json_object_set_new(
			o, "ref",
			json_string(register_ref(
				a, json_integer_value(json_object_get(row, "year")),
				json_integer_value(json_object_get(row, "number")))));
		json_object_set(o, "order_state", json_object_get(row, "state"));
		objection_finish(o, clock_now_us());
		reply_json(a, out, json_incref(o));
	}
	json_decref(row);
	json_decref(o);
	return rc;
}
