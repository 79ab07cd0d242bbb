/*
 * What operators say, and who speaks for them: that they applied a change, an answer or
 * trouble, and whom nobody waits for any more.  A person of the node with the role
 * operator speaks for one operator; officers write down what they were told.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/matrix.h"
#include "service/operator_talk.h"
#include "service/person.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { TALK_DEFAULT = 50, TALK_MAX = 200 };

/* ---- who speaks for whom --------------------------------------------------------------
 */

enum rc
operator_acts_for(struct store *s, struct arena *a, const struct actor *who,
		  const char *operator_name, struct err *e)
{
	const char *own = NULL;

	if (actor_role(who) != ROLE_OPERATOR)
		return RC_OK;
	enum rc rc = store_text(s, a, &SQL_OPERATOR_CONTACT_OF_PERSON,
				(struct db_param[]){DB_P_TEXT(actor_name(who))}, &own, e);
	if (rc != RC_OK ||
	    (own != NULL && operator_name != NULL && strcmp(own, operator_name) == 0))
		return rc;
	if (own == NULL)
		return err_set(e, RC_DENIED,
			       "you speak for no operator yet: an admin says for which "
			       "(saluran operator contact NAME --person %s)",
			       actor_name(who));
	return err_set(e, RC_DENIED, "you speak for %s only: name it", own);
}

/* ---- claims, and giving up ------------------------------------------------------------
 */

struct saying {
	const struct actor *who;
	const char *operator_name, *order, *reason, *by;
	int64_t serial;
	int64_t channel;
	uint64_t seq; /* out: in our log */
};

/* The channel of the order, else the node's first. */
static enum rc
saying_channel(struct writer *w, struct saying *x, struct err *e)
{
	struct order_row o;
	const struct channel_row *channels;
	size_t n = 0;
	enum rc rc;

	if (x->order != NULL) {
		rc = view_order_get(w->s, w->a, x->order, &o, e);
		x->channel = rc == RC_OK ? o.channel : 0;
		return rc;
	}
	rc = store_channels(w->s, w->a, &channels, &n, e);
	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_CONFLICT,
			     "this node has no channel, and so no order yet");
	if (rc == RC_OK)
		x->channel = channels[0].channel;
	return rc;
}

static enum rc
work_confirm(struct writer *w, void *arg, struct err *e)
{
	struct saying *x = arg;
	struct operator_row op;
	uint32_t own = 0;
	int64_t newest = 0;
	enum rc rc = operator_acts_for(w->s, w->a, x->who, x->operator_name, e);

	if (rc == RC_OK)
		rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);
	if (rc == RC_OK)
		rc = saying_channel(w, x, e);
	if (rc == RC_OK && x->order != NULL) {
		rc = order_serial_newest(w->s, x->order, op.zone, &own, e);
		x->serial = own;
		if (rc == RC_OK && x->serial == 0)
			rc = err_set(e, RC_CONFLICT,
				     "the order never stood in the zone of %s", op.name);
	}
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_ZONE_COUNTER, NULL, 0, &newest, e);
	if (rc == RC_OK && x->serial > newest)
		rc = err_set(e, RC_CONFLICT,
			     "no zone of this node had serial %lld yet: the newest is "
			     "%lld",
			     (long long)x->serial, (long long)newest);
	return rc == RC_OK
		       ? append_event(w,
				      &(struct append){
					      .channel = x->channel,
					      .type = "dns.applied",
					      .by = x->by,
					      .body = json_pack("{s:s, s:I}", "operator",
								op.name, "serial",
								(json_int_t)x->serial),
				      },
				      &x->seq, e)
		       : rc;
}

/* in: operator, serial | order (its newest change)  out: operator, serial, seq (in our
 * log)
 * A claim of the operator's, on record under the name of who enters it. */
enum rc
service_operator_confirm(struct node *nd, struct arena *a, const struct actor *who,
			 json_t *in, struct reply *out, struct err *e)
{
	struct saying x = {.who = who, .by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "operator serial order", e);

	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_int(in, "serial", 1, UINT32_MAX, 0, &x.serial, e);
	if (rc == RC_OK && json_object_get(in, "order") != NULL)
		rc = in_uuid(in, "order", &x.order, e);
	if (rc == RC_OK && (x.order == NULL) == (x.serial == 0))
		rc = err_set(e, RC_INVALID, "give \"serial\" or \"order\"");
	if (rc == RC_OK)
		rc = writer_run(nd, work_confirm, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I, s:I}", "operator", x.operator_name,
				     "serial", (json_int_t)x.serial, "seq",
				     (json_int_t)x.seq));
	return rc;
}

static enum rc
work_waive(struct writer *w, void *arg, struct err *e)
{
	struct saying *x = arg;
	struct view_disclosed sd = {"reason", NULL};
	struct operator_row op;
	enum rc rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);

	if (rc == RC_OK)
		rc = saying_channel(w, x, e);
	if (rc != RC_OK)
		return rc;
	sd.value = json_string(x->reason);
	return append_event(w,
			    &(struct append){
				    .channel = x->channel,
				    .type = "dns.waived",
				    .by = x->by,
				    .body = json_pack("{s:s, s:s}", "order", x->order,
						      "operator", op.name),
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    &x->seq, e);
}

/* in: order, operator, reason  out: order, operator, seq (in our log)
 * Nobody waits for this operator after the order's lift any more.  RC_CONFLICT: the order
 * has not ended. */
enum rc
service_order_waive(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct saying x = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "order operator reason", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "order", &x.order, e);
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "reason", true, ORDER_TEXT_MAX, &x.reason, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_waive, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "order", x.order, "operator",
				     x.operator_name, "seq", (json_int_t)x.seq));
	return rc;
}

/* ---- answers, and trouble -------------------------------------------------------------
 */

struct answering {
	const struct actor *who;
	const char *operator_name, *order, *text;
	struct saying where;
};

static enum rc
work_answer(struct writer *w, void *arg, struct err *e)
{
	struct answering *x = arg;
	struct view_disclosed sd = {"text", NULL};
	struct operator_row op;
	json_t *body;
	enum rc rc = operator_acts_for(w->s, w->a, x->who, x->operator_name, e);

	if (rc == RC_OK)
		rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);
	if (rc == RC_OK)
		rc = saying_channel(w, &x->where, e);
	if (rc != RC_OK)
		return rc;
	sd.value = json_string(x->text);
	body = json_pack("{s:s}", "operator", op.name);
	if (x->order != NULL)
		json_object_set_new(body, "orders", json_pack("[s]", x->order));
	return append_event(w,
			    &(struct append){
				    .channel = x->where.channel,
				    .type = "dns.answered",
				    .by = actor_pseudonym(x->who),
				    .body = body,
				    .disclosures = &sd,
				    .n_disclosures = 1,
			    },
			    &x->where.seq, e);
}

/* in: operator, text, order?  out: operator, seq (in our log)
 * What the operator answers, or reports by itself. */
enum rc
service_operator_answer(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct answering x = {.who = who};
	enum rc rc = in_only(in, "operator text order", e);

	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK && json_object_get(in, "order") != NULL)
		rc = in_uuid(in, "order", &x.order, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, "text", true, REMINDER_TEXT_MAX, &x.text, e);
	x.where.order = x.order;
	if (rc == RC_OK)
		rc = writer_run(nd, work_answer, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "operator", x.operator_name, "seq",
				     (json_int_t)x.where.seq));
	return rc;
}

static enum rc
talk_read(struct store *s, const char *name, int64_t limit, json_t *rows, struct err *e)
{
	size_t i;
	json_t *row;
	enum rc rc = store_rows(s, &SQL_OPERATOR_TALK_PAGE,
				(struct db_param[]){DB_P_TEXT(name), DB_P_INT(limit)},
				"kind:s step:i channel:s by:s text:s at:t log:i seq:i",
				rows, e);

	json_array_foreach (rows, i, row) {
		const char *kind = json_string_value(json_object_get(row, "kind"));
		json_int_t n = json_integer_value(json_object_get(row, "step"));
		json_t *orders = json_array();
		const struct db_param of[] = {
			DB_P_INT(json_integer_value(json_object_get(row, "log"))),
			DB_P_INT(json_integer_value(json_object_get(row, "seq")))};
		if (rc == RC_OK)
			rc = store_rows(s, &SQL_OPERATOR_TALK_ORDERS, of,
					"order:s expected:s serial:i lacks:s", orders, e);
		if (strcmp(kind, "waived") == 0) {
			json_array_append_new(orders,
					      json_pack("{s:O, s:n, s:n, s:n}", "order",
							json_object_get(row, "channel"),
							"expected", "serial", "lacks"));
			json_object_set_new(row, "channel", json_null());
		}
		json_object_set_new(row, "serial",
				    strcmp(kind, "applied") == 0 ? json_integer(n)
								 : json_null());
		if (strcmp(kind, "reminded") != 0)
			json_object_set_new(row, "step", json_null());
		json_object_set_new(row, "orders", orders);
		json_object_del(row, "log");
		json_object_del(row, "seq");
	}
	return rc;
}

/* in: operator, limit?
 * out: operator, contact, said, the newest first [{kind (reminded, answered, applied,
 *      waived), at, by, text, channel, step, serial, orders}] */
enum rc
service_operator_talk(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *contact = NULL;
	struct operator_row op;
	struct store *s = NULL;
	const char *name = NULL;
	int64_t limit = 0;
	enum rc rc = in_only(in, "operator limit", e);

	json_t *o = reply_json(a, out, json_pack("{s:o}", "said", rows));
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, TALK_MAX, TALK_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = operator_acts_for(s, a, who, name, e);
	if (rc == RC_OK)
		rc = operator_row_get(s, a, name, &op, e);
	if (rc == RC_OK)
		rc = operator_contact_json(s, name, &contact, e);
	if (rc == RC_OK)
		rc = talk_read(s, name, limit, rows, e);
	reader_put(nd, s);
	json_object_set_new(o, "operator", json_string(name == NULL ? "" : name));
	json_object_set_new(o, "contact", contact != NULL ? contact : json_null());
	return rc;
}

/* ---- whom it is reached by ------------------------------------------------------------
 */

enum rc
operator_contact_json(struct store *s, const char *name, json_t **ret, struct err *e)
{
	enum rc rc = store_row(s, &SQL_OPERATOR_CONTACT_GET,
			       (struct db_param[]){DB_P_TEXT(name)},
			       "name:s reach:s language:s person:s", ret, e);

	if (rc != RC_NOT_FOUND)
		return rc;
	*ret = json_null();
	return RC_OK;
}

struct contact_job {
	const char *operator_name, *name, *reach, *language, *person;
};

static enum rc
person_check(struct writer *w, const struct contact_job *x, struct err *e)
{
	struct person p;
	const char *other = NULL;
	enum rc rc = RC_OK;

	if (x->person == NULL)
		return RC_OK;
	rc = person_get(w->s, w->a, x->person, &p, e);
	if (rc == RC_OK && (!p.found || p.role != ROLE_OPERATOR))
		rc = err_set(e, RC_CONFLICT,
			     "%s is nobody here with the role operator: saluran person "
			     "add %s --role operator",
			     x->person, x->person);
	if (rc == RC_OK)
		rc = store_text(w->s, w->a, &SQL_OPERATOR_CONTACT_OF_PERSON,
				(struct db_param[]){DB_P_TEXT(x->person)}, &other, e);
	if (rc == RC_OK && other != NULL && strcmp(other, x->operator_name) != 0)
		rc = err_set(e, RC_CONFLICT, "%s speaks for %s already", x->person,
			     other);
	return rc;
}

static enum rc
work_contact(struct writer *w, void *arg, struct err *e)
{
	const struct contact_job *x = arg;
	struct operator_row op;
	enum rc rc = operator_row_get(w->s, w->a, x->operator_name, &op, e);

	if (rc == RC_OK)
		rc = person_check(w, x, e);
	return rc == RC_OK
		       ? store_run(w->s, &SQL_OPERATOR_CONTACT_PUT,
				   (struct db_param[]){
					   DB_P_TEXT(op.name), DB_P_TEXT(x->name),
					   DB_P_TEXT(x->reach), DB_P_TEXT(x->language),
					   DB_P_TEXT(x->person)},
				   NULL, NULL, e)
		       : rc;
}

/* in: operator, name, reach (a mail address, a telephone number), language? (en, id),
 *     person? (of this node, with the role operator, who speaks for it)  out: operator */
enum rc
service_operator_contact(struct node *nd, struct arena *a, const struct actor *who,
			 json_t *in, struct reply *out, struct err *e)
{
	struct contact_job x = {.language = NULL};
	enum rc rc = in_only(in, "operator name reach language person", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_text(in, "name", true, CONTACT_REACH_MAX, &x.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "reach", true, CONTACT_REACH_MAX, &x.reach, e);
	if (rc == RC_OK)
		rc = in_text(in, "language", false, CONTACT_LANGUAGE_MAX, &x.language, e);
	if (rc == RC_OK)
		rc = in_text(in, "person", false, PERSON_NAME_MAX, &x.person, e);
	if (x.language == NULL)
		x.language = "en";
	if (rc == RC_OK && strcmp(x.language, "en") != 0 && strcmp(x.language, "id") != 0)
		rc = err_set(e, RC_INVALID, "\"language\" is en or id");
	if (rc == RC_OK &&
	    (strpbrk(x.name, "\r\n") != NULL || strpbrk(x.reach, "\r\n") != NULL))
		rc = err_set(e, RC_INVALID, "\"name\" and \"reach\" are one line each");
	if (rc == RC_OK)
		rc = writer_run(nd, work_contact, &x, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "operator", x.operator_name));
	return rc;
}
