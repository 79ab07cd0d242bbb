/*
 * The fold of what operators say they have applied, of whom nobody waits for any more,
 * and of lifts that are for some zones only.
 */
#include <string.h>

#include "store/store_sql.h"
#include "store/view_int.h"

enum rc
fold_dns_applied(struct fold *f, struct err *e)
{
	return store_run(f->s, &SQL_V_APPLIED_INSERT,
			 (struct db_param[]){
				 DB_P_INT(f->channel),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(fold_text(f, "operator")),
				 DB_P_INT(fold_int(f, "serial")),
				 DB_P_TEXT(f->ev->by),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

enum rc
fold_dns_waived(struct fold *f, struct err *e)
{
	struct err ignored = ERR_INIT;
	struct order_row o;
	const char *reason;
	enum rc rc = view_order_get(f->s, f->a, fold_text(f, "order"), &o, &ignored);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && o.channel != f->channel))
		fold_void(f, "there is no such order");
	else if (rc != RC_OK)
		return err_set(e, rc, "%s", ignored.text);
	else if (o.life != ORDER_LIFTED && o.life != ORDER_EXPIRED)
		fold_void(f, "the order is %s: nobody is given up before its end",
			  o.state);
	if (f->void_why != NULL)
		return RC_OK;
	rc = fold_disclosed(f, "reason", &reason, e);
	if (rc != RC_OK)
		return rc;
	return store_run(f->s, &SQL_V_WAIVED_PUT,
			 (struct db_param[]){
				 DB_P_TEXT(o.id),
				 DB_P_TEXT(fold_text(f, "operator")),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(reason),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

enum rc
fold_dns_retired(struct fold *f, struct err *e)
{
	const char *reason = NULL;
	enum rc rc = fold_disclosed(f, "reason", &reason, e);

	if (rc != RC_OK)
		return rc;
	return store_run(f->s, &SQL_V_RETIRED_INSERT,
			 (struct db_param[]){
				 DB_P_INT(f->channel),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(fold_text(f, "operator")),
				 DB_P_TEXT(fold_text(f, "resolver")),
				 DB_P_TEXT(fold_text(f, "vantage")),
				 DB_P_TEXT(f->ev->by),
				 DB_P_TEXT(reason),
				 DB_P_INT(f->ev->iat_us),
			 },
			 NULL, NULL, e);
}

static bool
is_held(const struct store_list *held, const char *name)
{
	const struct held_name *n = held->rows;

	for (size_t i = 0; i < held->n; i++)
		if (strcmp(n[i].name, name) == 0)
			return true;
	return false;
}

/* Names go in these zones; the order holds them still. */
enum rc
fold_zone_lift(struct fold *f, const char *order, const json_t *names,
	       const json_t *zones, struct err *e)
{
	struct store_list held;
	size_t i, k;
	const json_t *name, *zone;
	int64_t lifted = 0;
	enum rc rc = fold_order_names(f, order, &held, e);

	json_array_foreach (names, i, name)
		json_array_foreach (zones, k, zone) {
			const struct db_param row[] = {DB_P_TEXT(order),
						       DB_P_TEXT(json_string_value(name)),
						       DB_P_TEXT(json_string_value(zone)),
						       DB_P_INT(f->ev->iat_us)};
			if (rc != RC_OK || !is_held(&held, json_string_value(name)))
				continue;
			rc = store_run(f->s, &SQL_V_ZONE_LIFT_INSERT, row, NULL, NULL, e);
			if (rc == RC_OK)
				lifted += f->s->drv->changes(f->s->db);
			if (rc == RC_OK)
				rc = store_run(f->s, &SQL_V_ORDER_STAGE_DONE, row, NULL,
					       NULL, e);
		}
	if (rc == RC_OK && lifted == 0)
		fold_void(f, "none of these names is held in these zones");
	return rc;
}

/* A stage of a plan that is for some zones only. */
enum rc
fold_zone_stage(struct fold *f, const char *order, int64_t at_us, const json_t *stage,
		struct err *e)
{
	struct store_list held;
	size_t i, k;
	const json_t *name, *zone;
	enum rc rc = fold_order_names(f, order, &held, e);

	json_array_foreach (json_object_get(stage, "names"), i, name) {
		if (rc == RC_OK && !is_held(&held, json_string_value(name)))
			fold_void(f, "the order does not hold %s",
				  json_string_value(name));
		json_array_foreach (json_object_get(stage, "zones"), k, zone)
			if (rc == RC_OK && f->void_why == NULL)
				rc = store_run(
					f->s, &SQL_V_ORDER_STAGE_INSERT,
					(struct db_param[]){
						DB_P_TEXT(order), DB_P_INT(f->ev->seq),
						DB_P_INT(at_us),
						DB_P_TEXT(json_string_value(name)),
						DB_P_TEXT(json_string_value(zone))},
					NULL, NULL, e);
	}
	return rc;
}
