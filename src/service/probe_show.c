/*
 * What was measured, as people see it.
 */
#include "base/enc.h"
#include "service/measured.h"
#include "service/probe.h"
#include "service/use.h"
#include "store/store_sql.h"

/* in: order  out: order, resolvers, blocked, free (as in the register), measured [{owner,
 * operator, resolver, vantage, ...}] */
enum rc
service_order_measured(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	json_t *rows = json_array(), *sum = NULL;
	const char *order = NULL;
	struct store *s = NULL;
	int64_t channel = -1;
	enum rc rc = in_only(in, "order", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "measured", rows));
	if (rc == RC_OK)
		rc = in_uuid(in, "order", &order, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_PROBE_ORDER_CHANNEL,
			       (struct db_param[]){DB_P_TEXT(order)}, -1, &channel, e);
	if (rc == RC_OK && channel < 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no order %s", order);
	if (rc == RC_OK)
		rc = measured_of_order(s, order, rows, e);
	if (rc == RC_OK)
		rc = measured_summary(s, order, &sum, e);
	reader_put(nd, s);
	json_object_set_new(o, "summary", sum == NULL ? json_null() : sum);
	if (order != NULL)
		json_object_set_new(o, "order", json_string(order));
	return rc;
}

/* in: digest  out: digest, result (whole, as it was measured) */
enum rc
service_probe_result(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	const char *digest, *text = NULL;
	struct store *s = NULL;
	struct hash h;
	enum rc rc = in_only(in, "digest", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "digest", true, HASH_HEX_LEN, &digest, e);
	if (rc == RC_OK && hash_parse_hex(digest, strlen(digest), &h) != RC_OK)
		rc = err_set(e, RC_INVALID, "\"digest\" must be 64 hex digits");
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_PROBE_RESULT_GET,
				(struct db_param[]){DB_P_TEXT(digest)}, &text, e);
	reader_put(nd, s);
	if (rc == RC_OK && text == NULL)
		rc = err_set(e, RC_NOT_FOUND,
			     "no result of that digest is kept (any more)");
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:o}", "digest", digest, "result",
				     json_loads(text, 0, NULL)));
	return rc;
}
