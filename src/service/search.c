/*
 * One field that finds: a link or a hash by its normal form, a host, a name that is
 * blocked, words of a subject, the number of a case, the beginning of its id.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "core/members.h"
#include "core/target.h"
#include "service/cases.h"
#include "service/register.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	FOUND_MAX = 20,	   /* of each kind */
	ID_PREFIX_MIN = 8, /* hex digits of an id */
	SEARCH_MAX = TARGET_MAX,
};

#define ITEM_SPEC                                                                        \
	"case:s i:i kind:s category:s given:s normal:s outcome:s ground:s decided:t"

static enum rc
items_find(struct store *s, struct arena *a, const char *q, json_t *into, struct err *e)
{
	struct err ignored = ERR_INIT;
	const char *host;
	struct target t;
	enum rc rc = RC_OK;

	if (target_parse(a, q, strlen(q), &t, &ignored) == RC_OK)
		rc = store_rows(s, &SQL_ITEM_MATCHES,
				(struct db_param[]){DB_P_BLOB(t.nf.b, HASH_LEN),
						    DB_P_INT(FOUND_MAX)},
				ITEM_SPEC, into, e);
	if (rc == RC_OK && json_array_size(into) == 0 &&
	    name_normalise(a, q, strlen(q), &host, &ignored) == RC_OK)
		rc = store_rows(s, &SQL_ITEM_OF_HOST,
				(struct db_param[]){DB_P_TEXT(host), DB_P_INT(FOUND_MAX)},
				ITEM_SPEC, into, e);
	return rc;
}

static enum rc
orders_find(struct store *s, struct arena *a, const char *q, json_t *into, struct err *e)
{
	struct err ignored = ERR_INIT;
	const char *name;

	if (ipnet_or_name(a, q, &name, &ignored) != RC_OK)
		return RC_OK;
	enum rc rc = store_rows(
		s, &SQL_ORDER_BY_NAME,
		(struct db_param[]){DB_P_TEXT(name), DB_P_INT(FOUND_MAX)},
		"order:s state:s name:s wildcard:b lifted:t in_force:t year:i number:i",
		into, e);

	if (rc == RC_OK)
		register_refs_finish(a, into);
	return rc;
}

/* Lower-case hex and hyphens only, long enough to mean one thing. */
static bool
looks_like_id(const char *q)
{
	size_t len = strlen(q);

	return len >= ID_PREFIX_MIN && len <= UUID_TEXT_LEN &&
	       strspn(q, "0123456789abcdef-") == len;
}

/* The cases of the rows {case}; `ref`: those alone that people call so, NULL: all. */
static enum rc
cases_put(struct store *s, const json_t *ids, const char *ref, json_t *into,
	  struct err *e)
{
	json_t *row, *one = NULL;
	size_t i;

	json_array_foreach (ids, i, row) {
		enum rc rc = case_json(s, json_string_value(json_object_get(row, "case")),
				       clock_now_us(), &one, e);
		if (rc != RC_OK)
			return rc;
		const char *its = json_string_value(json_object_get(one, "ref"));
		if (ref == NULL || (its != NULL && strcmp(its, ref) == 0))
			json_array_append(into, one);
		json_decref(one);
	}
	return RC_OK;
}

static enum rc
by_id(struct store *s, const char *q, json_t *into, struct err *e)
{
	json_t *ids = json_array();

	/* 'g' is behind every digit of an id. */
	char below[UUID_TEXT_LEN + 2];
	size_t len = strlen(q);
	memcpy(below, q, len);
	memcpy(below + len, "g", 2);
	enum rc rc = store_rows(
		s, &SQL_CASE_BY_PREFIX,
		(struct db_param[]){DB_P_TEXT(q), DB_P_TEXT(below), DB_P_INT(FOUND_MAX)},
		"case:s", ids, e);
	if (rc == RC_OK)
		rc = cases_put(s, ids, NULL, into, e);
	json_decref(ids);
	return rc;
}

/* "2017-412", as people say it: zeros before the number do not matter.  *ret_ref: as it
 * is written; false: it is no number of a case. */
static bool
looks_like_ref(struct arena *a, const char *q, int64_t *ret_number, const char **ret_ref)
{
	enum { YEAR_DIGITS = 4 };
	const size_t digits = strspn(q, "0123456789");
	uint64_t number;

	if (digits != YEAR_DIGITS || q[digits] != '-')
		return false;
	const char *n = q + digits + 1 + strspn(q + digits + 1, "0");
	if (n[0] == '\0' && n[-1] == '0')
		n--;
	if (decimal_parse(n, strlen(n), IJSON_INT_MAX, &number) != RC_OK)
		return false;
	*ret_number = (int64_t)number;
	*ret_ref = arena_printf(a, "%.4s-%04" PRIu64, q, number);
	return true;
}

/* One at most of each channel. */
static enum rc
by_ref(struct store *s, int64_t number, const char *ref, json_t *into, struct err *e)
{
	json_t *ids = json_array();
	enum rc rc =
		store_rows(s, &SQL_CASE_BY_NUMBER,
			   (struct db_param[]){DB_P_INT(number), DB_P_INT(FOUND_MAX)},
			   "case:s", ids, e);

	if (rc == RC_OK)
		rc = cases_put(s, ids, ref, into, e);
	json_decref(ids);
	return rc;
}

/* Words are looked for as a list of cases does. */
static enum rc
by_words(struct node *nd, struct arena *a, const struct actor *who, const char *q,
	 json_t *into, struct err *e)
{
	json_t *in = json_pack("{s:s, s:i}", "text", q, "limit", FOUND_MAX);
	struct reply found = {0};
	struct err why = ERR_INIT;
	enum rc rc = service_cases(nd, a, who, in, &found, &why);

	json_decref(in);
	if (rc == RC_OK)
		json_array_extend(into, json_object_get(found.json, "cases"));
	else if (rc != RC_INVALID) /* more words than a list takes: none has them all */
		return err_set(e, rc, "%s", why.text);
	return RC_OK;
}

/* in: q  out: cases [], items [{case, i, ... outcome}], orders [{order, state, name}], at
 * most FOUND_MAX of each */
enum rc
service_search(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	json_t *cases = json_array(), *items = json_array(), *orders = json_array();
	struct store *s = NULL;
	const char *q, *ref;
	int64_t number;
	enum rc rc = in_only(in, "q", e);

	reply_json(a, out,
		   json_pack("{s:o, s:o, s:o}", "cases", cases, "items", items, "orders",
			     orders));
	if (rc == RC_OK)
		rc = in_text(in, "q", true, SEARCH_MAX, &q, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = items_find(s, a, q, items, e);
	if (rc == RC_OK)
		rc = orders_find(s, a, q, orders, e);
	if (rc == RC_OK && looks_like_ref(a, q, &number, &ref))
		rc = by_ref(s, number, ref, cases, e);
	else if (rc == RC_OK && looks_like_id(q))
		rc = by_id(s, q, cases, e);
	reader_put(nd, s);
	if (rc == RC_OK && json_array_size(cases) == 0)
		rc = by_words(nd, a, who, q, cases, e);
	return rc;
}
