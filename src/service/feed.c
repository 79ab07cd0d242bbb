/*
 * The feed: every event that this node has, own and the peer's, in the order in which it
 * stored them.  `id` is that place: it rises, over all logs, and is never given again.
 */
#include <string.h>

#include "service/cases.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	FEED_DEFAULT = 50,
	FEED_MAX = 1000,
	FEED_SCAN_MAX = 5000, /* events looked at for one page that filters by type */
	FEED_TYPES_MAX = 1000,
};

bool
feed_type_listed(const char *list, const char *type)
{
	if (strcmp(list, "*") == 0)
		return true;
	while (*list != '\0') {
		size_t n = strcspn(list, ",");
		if (n >= 2 && memcmp(list + n - 2, ".*", 2) == 0
			    ? strncmp(list, type, n - 1) == 0
			    : strlen(type) == n && memcmp(list, type, n) == 0)
			return true;
		list += n + (list[n] == ',' ? 1 : 0);
	}
	return false;
}

static void
feed_finish(json_t *rows, const char *types, size_t limit, json_t *events, int64_t *next,
	    bool *full)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row) {
		json_t *party = json_object_get(row, "party");
		if (json_array_size(events) == limit) {
			*full = true;
			return;
		}
		*next = json_integer_value(json_object_get(row, "id"));
		if (types != NULL &&
		    !feed_type_listed(types,
				      json_string_value(json_object_get(row, "type"))))
			continue;
		json_object_set_new(
			row, "party",
			json_string(party_name((enum party)json_integer_value(party))));
		case_ref_set(row);
		json_array_append(events, row);
	}
}

/* A cursor comes as a number, or as the text of a query. */
static enum rc
feed_after(json_t *in, int64_t *ret, struct err *e)
{
	return in_int(in, "after", 0, INT64_MAX, -1, ret, e);
}

/*
 * in: after? (an id; those that follow), limit?, case?, types? ("case.accept,item.*")
 * out: events [{id, type, case, peer, party, seq, at, author, void, why (it is void),
 * ref (of the case)}],
 *      next (the id to go on from), more (true: there is more now), newest (the newest id
 * of all)
 */
enum rc
service_events(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	static const char spec[] =
		"id:i type:s case:s peer:s party:i seq:i at:t author:s "
		"void:b why:s " CASE_REF_SPEC;
	json_t *events = json_array(), *rows = json_array();
	const char *casefile = NULL, *types = NULL;
	int64_t after = 0, limit = 0, newest = 0, scan;
	struct store *s = NULL;
	bool full = false;
	enum rc rc = in_only(in, "after limit case types", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "events", events));
	if (rc == RC_OK)
		rc = feed_after(in, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, FEED_MAX, FEED_DEFAULT, &limit, e);
	if (rc == RC_OK && json_object_get(in, "case") != NULL)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "types", false, FEED_TYPES_MAX, &types, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_EVENT_LAST_STORED, NULL, 0, &newest, e);
	scan = types == NULL ? limit + 1 : FEED_SCAN_MAX;
	if (rc == RC_OK && casefile == NULL)
		rc = store_rows(s, &SQL_EVENT_FEED,
				(struct db_param[]){DB_P_INT(after), DB_P_INT(scan)},
				spec, rows, e);
	else if (rc == RC_OK)
		rc = store_rows(s, &SQL_EVENT_FEED_CASE,
				(struct db_param[]){DB_P_INT(after), DB_P_INT(scan),
						    DB_P_TEXT(casefile)},
				spec, rows, e);
	reader_put(nd, s);
	int64_t next = after < 0 ? 0 : after;
	feed_finish(rows, types, (size_t)limit, events, &next, &full);
	full = full || (int64_t)json_array_size(rows) == scan;
	json_object_set_new(o, "next", json_integer(next));
	json_object_set_new(o, "more", json_boolean(full));
	json_object_set_new(o, "newest", json_integer(newest));
	json_decref(rows);
	return rc;
}
