#include "service/measured.h"

#include "store/store_sql.h"

enum rc
measured_of_order(struct store *s, const char *order, json_t *into, struct err *e)
{
	return store_rows(s, &SQL_MEASURED_ORDER, (struct db_param[]){DB_P_TEXT(order)},
			  "owner:s operator:s resolver:s vantage:s transport:s "
			  "expected:s serial:i canary:i verdict:s means:s since:t at:t "
			  "first_blocked:t first_free:t digest:s seen:t "
			  "seen_verdict:s",
			  into, e);
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
