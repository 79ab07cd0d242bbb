/* The fold of objections, and the numbers of the public register. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/store_sql.h"
#include "store/view_int.h"

static int
year_of(int64_t us)
{
	time_t s = (time_t)(us / CLOCK_US_PER_S);
	struct tm tm;

	return gmtime_r(&s, &tm) == NULL ? 0 : tm.tm_year + 1900;
}

/* With its last approval an order takes effect, and gets its public number. */
enum rc
fold_order_approve_register(struct fold *f, struct err *e)
{
	enum rc rc = fold_order_approve(f, e);

	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	return store_run(f->s, &SQL_V_REGISTER_ENTER,
			 (struct db_param[]){DB_P_TEXT(fold_text(f, "order")),
					     DB_P_INT(year_of(f->ev->iat_us)),
					     DB_P_INT(PARTY_AUTHORITY)},
			 NULL, NULL, e);
}

/* Only what took effect can be objected to. */
enum rc
fold_objection_open(struct fold *f, struct err *e)
{
	const char *text, *contact;
	int64_t effect_us;
	enum rc rc = store_int(f->s, &SQL_V_ORDER_EFFECT,
			       (struct db_param[]){DB_P_TEXT(fold_text(f, "order")),
						   DB_P_INT(f->channel)},
			       -1, &effect_us, e);

	if (rc == RC_OK && effect_us <= 0)
		fold_void(f, effect_us < 0 ? "there is no such order"
					   : "the order never took effect");
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "text", &text, e);
	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "contact", &contact, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	rc = store_run(f->s, &SQL_V_OBJECTION_INSERT,
		       (struct db_param[]){
			       DB_P_INT(f->channel),
			       DB_P_TEXT(fold_text(f, "objection")),
			       DB_P_TEXT(fold_text(f, "order")),
			       DB_P_INT(f->ev->seq),
			       DB_P_TEXT(fold_text(f, "kind")),
			       DB_P_TEXT(fold_text(f, "language")),
			       DB_P_TEXT(text),
			       DB_P_TEXT(contact),
			       DB_P_TEXT(fold_text(f, "tracking")),
			       DB_P_INT(fold_int(f, "received")),
			       DB_P_INT(f->ev->iat_us),
			       DB_P_INT(fold_int(f, "answer_due")),
			       DB_P_INT(fold_int(f, "rule_due")),
		       },
		       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is an objection of that id already");
	return rc;
}

enum rc
fold_objection_answer(struct fold *f, struct err *e)
{
	const char *text;
	enum rc rc = fold_disclosed(f, "text", &text, e);

	if (rc == RC_OK)
		rc = store_run(f->s, &SQL_V_OBJECTION_ANSWER,
			       (struct db_param[]){
				       DB_P_INT(f->channel),
				       DB_P_TEXT(fold_text(f, "objection")),
				       DB_P_INT(f->ev->iat_us),
				       DB_P_TEXT(f->ev->by),
				       DB_P_TEXT(text),
				       DB_P_INT(f->ev->seq),
			       },
			       NULL, NULL, e);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "there is no such objection, or it is answered or ruled on");
	return rc;
}

/* Nobody rules on an order that they had a hand in. */
static enum rc
ruler_check(struct fold *f, struct err *e)
{
	const char *order;
	int64_t hand = 0;
	enum rc rc = store_text(f->s, f->a, &SQL_V_OBJECTION_ORDER,
				(struct db_param[]){DB_P_INT(f->channel),
						    DB_P_TEXT(fold_text(f, "objection"))},
				&order, e);

	if (rc == RC_OK && order == NULL)
		fold_void(f, "there is no such objection");
	if (rc == RC_OK && order != NULL)
		rc = store_int(
			f->s, &SQL_V_ORDER_BLOCKED_BY,
			(struct db_param[]){DB_P_TEXT(order), DB_P_TEXT(f->ev->by)}, 0,
			&hand, e);
	if (rc == RC_OK && hand != 0)
		fold_void(f, "who drafted, approved or overrode the order does not rule "
			     "on it");
	return rc;
}

enum rc
fold_objection_rule(struct fold *f, struct err *e)
{
	json_t *names = json_object_get(f->ev->body, "names");
	const char *reason;
	enum rc rc = ruler_check(f, e);

	if (rc == RC_OK && f->void_why == NULL)
		rc = fold_disclosed(f, "reason", &reason, e);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	char *text = names == NULL ? NULL : json_dumps(names, JSON_COMPACT);
	rc = store_run(f->s, &SQL_V_OBJECTION_RULE,
		       (struct db_param[]){
			       DB_P_INT(f->channel),
			       DB_P_TEXT(fold_text(f, "objection")),
			       DB_P_INT(f->ev->iat_us),
			       DB_P_TEXT(f->ev->by),
			       DB_P_TEXT(fold_text(f, "ruling")),
			       DB_P_TEXT(text),
			       DB_P_TEXT(reason),
			       DB_P_INT(f->ev->seq),
		       },
		       NULL, NULL, e);
	free(text);
	if (rc == RC_OK && f->s->drv->changes(f->s->db) == 0)
		fold_void(f, "the objection is ruled on already");
	return rc;
}
