#include "service/measured.h"

#include "store/store_sql.h"

enum rc
measured_of_order(struct store *s, const char *order, json_t *into, struct err *e)
{
	size_t before = json_array_size(into), i;
	json_t *v;
	enum rc rc =
		store_rows(s, &SQL_MEASURED_ORDER, (struct db_param[]){DB_P_TEXT(order)},
			   "owner:s operator:s resolver:s vantage:s transport:s "
			   "expected:s serial:i canary:i verdict:s means:s since:t at:t "
			   "first_blocked:t first_free:t digest:s seen:t "
			   "seen_verdict:s retired_by:s retired_at:t retired_why:s",
			   into, e);

	json_array_foreach (into, i, v) {
		json_t *at = json_object_get(v, "retired_at");
		if (i < before)
			continue;
		json_object_set_new(
			v, "retired",
			!json_is_string(at)
				? json_null()
				: json_pack("{s:O, s:O, s:O}", "by",
					    json_object_get(v, "retired_by"), "at", at,
					    "reason", json_object_get(v, "retired_why")));
		json_object_del(v, "retired_by");
		json_object_del(v, "retired_at");
		json_object_del(v, "retired_why");
	}
	return rc;
}

enum rc
measured_summary(struct store *s, const char *order, json_t **ret, struct err *e)
{
	enum rc rc =
		store_row(s, &SQL_MEASURED_COUNTS, (struct db_param[]){DB_P_TEXT(order)},
			  "resolvers:i blocked:i free:i at:t", ret, e);

	if (rc == RC_OK && json_integer_value(json_object_get(*ret, "resolvers")) == 0) {
		json_decref(*ret);
		*ret = json_null();
	}
	return rc;
}
