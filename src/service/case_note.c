/*
 * Internal notes on a case: for this side only.  They are no events and stand in a table
 * of their own, so nothing that is signed, sent or exported can have them.
 */
#include "base/uuid.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	CASE_NOTE_MAX = 10000,
	CASE_NOTE_PAGE_DEFAULT = 50,
	CASE_NOTE_PAGE_MAX = 1000,
};

struct note_job {
	const char *casefile, *author, *text;
	char id[UUID_TEXT_LEN + 1];
	int64_t at_us;
};

static enum rc
work_note(struct writer *w, void *arg, struct err *e)
{
	struct note_job *n = arg;
	struct case_row c;
	enum rc rc = view_case_get(w->s, w->a, n->casefile, &c, e);

	if (rc != RC_OK)
		return rc;
	uuid7_make(w->now_us, n->id);
	n->at_us = w->now_us;
	return store_run(w->s, &SQL_NOTE_INSERT,
			 (struct db_param[]){
				 DB_P_TEXT(n->id),
				 DB_P_TEXT(n->casefile),
				 DB_P_TEXT(n->author),
				 DB_P_TEXT(n->text),
				 DB_P_INT(w->now_us),
			 },
			 NULL, NULL, e);
}

/* in: case, text  out: note, case, at */
enum rc
service_note_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	struct note_job n = {.author = actor_name(who)};
	enum rc rc = in_only(in, "case text", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &n.casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "text", true, CASE_NOTE_MAX, &n.text, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_note, &n, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:o}", "note", n.id, "case", n.casefile,
				     "at", json_time(n.at_us)));
	return rc;
}

/* in: case, after? (a note), limit?  out: notes [] oldest first, next */
enum rc
service_notes(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	json_t *notes = json_array();
	const char *casefile, *after;
	int64_t limit = 0;
	struct case_row c;
	struct store *s = NULL;
	enum rc rc = in_only(in, "case after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "notes", notes));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, UUID_TEXT_LEN, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, CASE_NOTE_PAGE_MAX, CASE_NOTE_PAGE_DEFAULT,
			    &limit, e);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = view_case_get(s, a, casefile, &c, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_NOTE_PAGE,
				(struct db_param[]){DB_P_TEXT(casefile),
						    DB_P_TEXT(after == NULL ? "" : after),
						    DB_P_INT(limit)},
				"note:s author:s text:s at:t", notes, e);
	reader_put(nd, s);
	size_t n = json_array_size(notes);
	json_object_set_new(o, "next",
			    n != 0 && (int64_t)n == limit
				    ? json_incref(json_object_get(
					      json_array_get(notes, n - 1), "note"))
				    : json_null());
	return rc;
}
