/*
 * One operator's own part of the matrices: what there is to apply, and what became of it.
 * Orders that somebody is still waited for come first, also those that are lifted: a lift
 * that an operator lacks is what it must see.
 */
#include <string.h>

#include "base/clock.h"
#include "service/matrix.h"
#include "service/operator.h"
#include "service/register.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	ORDERS_DEFAULT = 20,
	ORDERS_MAX = 100,
	WAITED_MAX = 50, /* before the first page */
};

/* Behind every id, which has hex digits. */
#define NEWEST "g"

struct listing {
	struct store *s;
	struct arena *a;
	const char *operator_name;
	int64_t now_us;
	json_t *orders, *seen;
};

static enum rc
on_id(void *arg, const struct db_row *row, struct err *e)
{
	struct store_list *l = arg;

	(void)e;
	*(const char **)store_list_next(l, sizeof(char *)) =
		store_col_text(l->s, l->a, row, 0);
	return RC_OK;
}

/* *ret is new: what people call it, or null. */
static enum rc
ref_get(struct listing *x, const char *order, json_t **ret, struct err *e)
{
	struct err none = ERR_INIT;
	json_t *row;
	enum rc rc = store_row(x->s, &SQL_REGISTER_OF_ORDER,
			       (struct db_param[]){DB_P_TEXT(order)}, "year:i number:i",
			       &row, &none);

	*ret = json_null();
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return err_set(e, rc, "%s", none.text);
	register_ref_finish(x->a, row);
	*ret = json_incref(json_object_get(row, "ref"));
	json_decref(row);
	return RC_OK;
}

/* Not, where its zone never had the order. */
static enum rc
order_put(struct listing *x, const char *order, struct err *e)
{
	json_t *m;
	enum rc rc = RC_OK;

	if (json_object_get(x->seen, order) != NULL)
		return RC_OK;
	json_object_set_new(x->seen, order, json_true());
	rc = order_matrix(x->s, x->a, order, x->operator_name, x->now_us, &m, e);
	if (rc == RC_NOT_FOUND)
		return RC_OK; /* it waits, and a view does not have it yet */
	if (rc != RC_OK)
		return rc;
	json_t *row = json_array_get(json_object_get(m, "operators"), 0);
	const char *expected = json_string_value(json_object_get(row, "expected"));
	json_t *ref = NULL;
	if (expected != NULL && strcmp(expected, "nothing") != 0)
		rc = ref_get(x, order, &ref, e);
	if (ref != NULL)
		json_array_append_new(x->orders,
				      json_pack("{s:s, s:o, s:O, s:O}", "order", order,
						"ref", ref, "state",
						json_object_get(m, "state"), "at", row));
	json_decref(m);
	return rc;
}

static enum rc
list_put(struct listing *x, const struct sql *q, const struct db_param *params,
	 struct store_list *ret, struct err *e)
{
	*ret = (struct store_list){.s = x->s, .a = x->a};
	enum rc rc = store_run(x->s, q, params, on_id, ret, e);

	for (size_t i = 0; rc == RC_OK && i < ret->n; i++)
		rc = order_put(x, ((const char *const *)ret->rows)[i], e);
	return rc;
}

/* in: operator, after?, limit?
 * out: operator, orders [{order, ref (in the register, or null), state, at (its row of
 * the matrix)}], next (or null) RC_NOT_FOUND. */
enum rc
service_operator_orders(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct listing x = {.a = a,
			    .now_us = clock_now_us(),
			    .orders = json_array(),
			    .seen = json_object()};
	struct operator_row row;
	struct store_list l = {.n = 0};
	const char *after = NULL;
	int64_t limit = 0;
	enum rc rc = in_only(in, "operator after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "orders", x.orders));
	if (rc == RC_OK)
		rc = in_text(in, "operator", true, OPERATOR_NAME_MAX, &x.operator_name,
			     e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, ORDERS_MAX, ORDERS_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &x.s, e);
	if (rc == RC_OK)
		rc = operator_row_get(x.s, a, x.operator_name, &row, e);
	if (rc == RC_OK && after == NULL)
		rc = list_put(&x, &SQL_OPERATOR_ORDERS_WAITED,
			      (struct db_param[]){DB_P_INT(WAITED_MAX)}, &l, e);
	if (rc == RC_OK)
		rc = list_put(
			&x, &SQL_OPERATOR_ORDERS,
			(struct db_param[]){DB_P_TEXT(after == NULL ? NEWEST : after),
					    DB_P_INT(limit)},
			&l, e);
	reader_put(nd, x.s);
	json_decref(x.seen);
	if (rc != RC_OK)
		return rc;
	json_object_set_new(o, "operator", json_string(x.operator_name));
	json_object_set_new(
		o, "next",
		(int64_t)l.n < limit
			? json_null()
			: json_string(((const char *const *)l.rows)[l.n - 1]));
	return RC_OK;
}
