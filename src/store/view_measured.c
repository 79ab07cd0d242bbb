/*
 * The fold of what resolvers were measured to answer.
 *
 * It is the authority's word, dated and attributed to a vantage; the fold asks only that
 * each result is about a name that its order has, and once took effect.
 */
#include <string.h>

#include "core/probe_verdict.h"
#include "store/store_sql.h"
#include "store/view_int.h"

static const char *const means_words[] = {
	[PROBE_MEANS_UNKNOWN] = "unknown",
	[PROBE_MEANS_BLOCKED] = "blocked",
	[PROBE_MEANS_FREE] = "free",
};

static const char *
text_of(const json_t *r, const char *member)
{
	return json_string_value(json_object_get(r, member));
}

static int64_t
int_of(const json_t *r, const char *member)
{
	return json_integer_value(json_object_get(r, member));
}

static enum rc
result_put(struct fold *f, const json_t *r, struct err *e)
{
	const char *owner = text_of(r, "owner"), *verdict = text_of(r, "verdict");
	bool wildcard = strncmp(owner, "*.", 2) == 0;
	enum probe_verdict v = PROBE_UNKNOWN;
	int64_t rows = 0;
	enum rc rc =
		store_int(f->s, &SQL_V_MEASURED_OWNER,
			  (struct db_param[]){DB_P_TEXT(text_of(r, "order")),
					      DB_P_TEXT(wildcard ? owner + 2 : owner),
					      DB_P_INT(f->channel), DB_P_INT(wildcard)},
			  0, &rows, e);

	if (rc == RC_OK && rows == 0)
		fold_void(f, "the order has no name %s, or never took effect", owner);
	if (rc != RC_OK || f->void_why != NULL)
		return rc;
	/* event_type_check() has seen that it is one of the words. */
	(void)probe_verdict_find(verdict, &v);
	return store_run(f->s, &SQL_V_MEASURED_PUT,
			 (struct db_param[]){
				 DB_P_TEXT(text_of(r, "order")),
				 DB_P_TEXT(owner),
				 DB_P_TEXT(text_of(r, "operator")),
				 DB_P_TEXT(text_of(r, "resolver")),
				 DB_P_TEXT(fold_text(f, "vantage")),
				 DB_P_INT(f->channel),
				 DB_P_INT(f->ev->seq),
				 DB_P_TEXT(text_of(r, "transport")),
				 DB_P_TEXT(text_of(r, "expected")),
				 DB_P_INT(int_of(r, "serial")),
				 DB_P_INT(int_of(r, "canary")),
				 DB_P_TEXT(verdict),
				 DB_P_TEXT(means_words[probe_verdict_means(v)]),
				 DB_P_INT(int_of(r, "at")),
				 DB_P_TEXT(text_of(r, "digest")),
			 },
			 NULL, NULL, e);
}

enum rc
fold_dns_measured(struct fold *f, struct err *e)
{
	enum rc rc = RC_OK;
	size_t i;
	const json_t *r;

	json_array_foreach (json_object_get(f->ev->body, "results"), i, r)
		if (rc == RC_OK && f->void_why == NULL)
			rc = result_put(f, r, e);
	return rc;
}
