/*
 * The fold of what operators are reminded of and answer, and of orders that are over
 * everywhere.
 */
#include "store/store_sql.h"
#include "store/view_int.h"

/* The order of an element, which must be of this channel; else the event is void. */
static enum rc
order_is_here(struct fold *f, const char *id, struct order_row *ret, struct err *e)
{
	struct err why = ERR_INIT;
	enum rc rc = view_order_get(f->s, f->a, id, ret, &why);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && ret->channel != f->channel)) {
		fold_void(f, "there is no order %s in this channel", id);
		return RC_OK;
	}
	return rc == RC_OK ? RC_OK : err_set(e, rc, "%s", why.text);
}

struct talk {
	const char *kind, *via;
	int64_t step;
};

static enum rc
talk_put(struct fold *f, const struct talk *t, struct err *e)
{
	const char *text;
	enum rc rc = fold_disclosed(f, "text", &text, e);

	return rc != RC_OK ? rc
			   : store_run(f->s, &SQL_V_OPERATOR_TALK_INSERT,
				       (struct db_param[]){
					       DB_P_INT(f->channel),
					       DB_P_INT(f->ev->seq),
					       DB_P_TEXT(fold_text(f, "operator")),
					       DB_P_TEXT(t->kind),
					       DB_P_INT(t->step),
					       DB_P_TEXT(t->via),
					       DB_P_TEXT(f->ev->by),
					       DB_P_TEXT(text),
					       DB_P_INT(f->ev->iat_us),
				       },
				       NULL, NULL, e);
}

/* `said` is what a reminder says of the order, NULL: it is an answer. */
static enum rc
order_put(struct fold *f, const char *id, const json_t *said, struct err *e)
{
	struct order_row o;
	enum rc rc = order_is_here(f, id, &o, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	return store_run(
		f->s, &SQL_V_OPERATOR_TALK_ORDER_INSERT,
		(struct db_param[]){
			DB_P_TEXT(id),
			DB_P_TEXT(fold_text(f, "operator")),
			DB_P_INT(f->channel),
			DB_P_INT(f->ev->seq),
			DB_P_TEXT(json_string_value(json_object_get(said, "expected"))),
			said == NULL ? DB_P_NULL
				     : DB_P_INT(json_integer_value(
					       json_object_get(said, "serial"))),
			DB_P_TEXT(json_string_value(json_object_get(said, "lacks"))),
		},
		NULL, NULL, e);
}

enum rc
fold_dns_reminded(struct fold *f, struct err *e)
{
	const struct talk t = {"reminded", fold_text(f, "channel"), fold_int(f, "step")};
	enum rc rc = talk_put(f, &t, e);
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(f->ev->body, "orders"), i, v)
		if (rc == RC_OK && f->void_why == NULL)
			rc = order_put(f, json_string_value(json_object_get(v, "order")),
				       v, e);
	return rc;
}

enum rc
fold_dns_answered(struct fold *f, struct err *e)
{
	const struct talk t = {"answered", NULL, 0};
	enum rc rc = talk_put(f, &t, e);
	size_t i;
	const json_t *v;

	json_array_foreach (json_object_get(f->ev->body, "orders"), i, v)
		if (rc == RC_OK && f->void_why == NULL)
			rc = order_put(f, json_string_value(v), NULL, e);
	return rc;
}

enum rc
fold_dns_normalised(struct fold *f, struct err *e)
{
	struct order_row o;
	enum rc rc = order_is_here(f, fold_text(f, "order"), &o, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	if (o.life != ORDER_LIFTED && o.life != ORDER_EXPIRED) {
		fold_void(f, "the order is %s: it is over nowhere before its end",
			  o.state);
		return RC_OK;
	}
	rc = store_run(f->s, &SQL_V_NORMALISED_INSERT,
		       (struct db_param[]){
			       DB_P_TEXT(o.id),
			       DB_P_INT(fold_int(f, "serial")),
			       DB_P_INT(fold_int(f, "measured")),
			       DB_P_INT(fold_int(f, "waived")),
			       DB_P_TEXT(f->ev->by),
			       DB_P_INT(f->ev->seq),
			       DB_P_INT(f->ev->iat_us),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "that was known");
	return rc;
}
