/* Items of a case, each with what became of the same one before. */
#include <string.h>

#include "core/event_type.h"
#include "service/cases.h"
#include "service/use.h"
#include "store/store_sql.h"

/* Cases are named by the time at which they were made, so this is behind all of them. */
#define AFTER_ALL "ffffffff-ffff-g"

enum rc
item_earlier(struct store *s, const struct hash *nf, const char *before, json_t **ret,
	     struct err *e)
{
	const char *from = before == NULL ? AFTER_ALL : before;
	enum rc rc =
		store_row(s, &SQL_ITEM_EARLIER,
			  (struct db_param[]){DB_P_BLOB(nf->b, HASH_LEN), DB_P_TEXT(from),
					      DB_P_INT(uuid7_ms(from))},
			  "case:s i:i outcome:s ground:s decided:t", ret, e);

	if (rc == RC_NOT_FOUND) {
		*ret = json_null();
		rc = RC_OK;
	}
	return rc;
}

static enum rc
earlier_add(struct store *s, const char *casefile, json_t *items, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	json_t *item;

	json_array_foreach (items, i, item) {
		const json_t *nf = json_object_get(item, "nf");
		struct hash h;
		json_t *earlier;
		if (rc == RC_OK)
			rc = hash_parse_hex(json_string_value(nf), json_string_length(nf),
					    &h);
		if (rc == RC_OK)
			rc = item_earlier(s, &h, casefile, &earlier, e);
		if (rc == RC_OK)
			json_object_set_new(item, "earlier", earlier);
		json_object_del(item, "nf");
	}
	return rc;
}

/*
 * in: case, after? (an item number), limit?, outcome? (one of them, "open" or "decided"),
 *     category?, host?
 * out: items [] with `earlier` (the same item in an earlier case, or null), next
 */
enum rc
service_items(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	json_t *items = json_array();
	const char *id, *outcome, *category, *host;
	int64_t after, limit = 0;
	struct store *s = NULL;
	struct case_row row;
	enum rc rc = in_only(in, "case after limit outcome category host", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "items", items));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &id, e);
	if (rc == RC_OK)
		rc = in_int(in, "after", -1, INT64_MAX, -1, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit, e);
	if (rc == RC_OK)
		rc = in_text(in, "outcome", false, EVENT_TOKEN_MAX, &outcome, e);
	if (rc == RC_OK)
		rc = in_text(in, "category", false, POLICY_CODE_MAX, &category, e);
	if (rc == RC_OK)
		rc = in_text(in, "host", false, EVENT_ORDER_NAME_MAX, &host, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, id, &row, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_ITEM_PAGE,
			(struct db_param[]){DB_P_TEXT(id), DB_P_INT(after),
					    DB_P_INT(limit), DB_P_TEXT(outcome),
					    DB_P_TEXT(category), DB_P_TEXT(host)},
			"i:i kind:s category:s given:s normal:s host:s description:s "
			"outcome:s ground:s reason:s decided:t nf:x",
			items, e);
	if (rc == RC_OK)
		rc = earlier_add(s, id, items, e);
	reader_put(nd, s);
	size_t n = json_array_size(items);
	json_object_set_new(
		o, "next",
		n != 0 && (int64_t)n == limit
			? json_incref(json_object_get(json_array_get(items, n - 1), "i"))
			: json_null());
	return rc;
}
