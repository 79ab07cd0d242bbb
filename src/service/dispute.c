/*
 * Disputes: either side contests, the other answers and rules.  A ruling changes no
 * outcome: what was upheld is owed as a reversal until a person makes it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "core/event_type.h"
#include "service/cases.h"
#include "service/decide.h"
#include "store/store_sql.h"

enum {
	DISPUTE_PAGE_DEFAULT = 50,
	DISPUTE_PAGE_MAX = 1000,
	DISPUTE_CURSOR_MAX = 80,
};

/* in: case, version?, text, about? (decision or notice), items? ([number] or "0,3,5-9";
 * else the whole case)
 * out: case, event, seq, dispute */
enum rc
service_dispute_open(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	char id[UUID_TEXT_LEN + 1];
	struct act act = {.by = actor_pseudonym(who),
			  .type = "dispute.open",
			  .text_name = "text",
			  .body = json_object()};
	const char *about;
	enum rc rc = act_in(in, a, "about items", &act, e);

	if (rc == RC_OK)
		rc = in_ready(in, a, "text", true, ACT_TEXT_MAX, &act.text, e);
	if (rc == RC_OK)
		rc = in_text(in, "about", false, EVENT_TOKEN_MAX, &about, e);
	if (rc == RC_OK && about == NULL)
		about = nd->id->role == PARTY_AUTHORITY ? "decision" : "notice";
	if (rc == RC_OK && strcmp(about, "decision") != 0 && strcmp(about, "notice") != 0)
		rc = err_set(e, RC_INVALID, "\"about\" is decision or notice");
	if (rc == RC_OK) {
		uuid7_make(clock_now_us(), id);
		json_object_set_new(act.body, "dispute", json_string(id));
		json_object_set_new(act.body, "about", json_string(about));
		rc = act_about_items(nd, a, &act, json_object_get(in, "items"), out, e);
	}
	if (rc == RC_OK)
		json_object_set_new(out->json, "dispute", json_string(id));
	json_decref(act.body);
	return rc;
}

/* The case of a dispute of the other side.  An id is its opener's choice, so two cases
 * may have the same. */
static enum rc
dispute_case(struct node *nd, struct arena *a, const char *dispute, const char **casefile,
	     struct err *e)
{
	json_t *rows = json_array();
	struct store *s = NULL;
	enum rc rc = reader_get(nd, &s, e);

	if (rc == RC_OK)
		rc = store_rows(s, &SQL_DISPUTE_FIND,
				(struct db_param[]){DB_P_TEXT(dispute)}, "case:s party:i",
				rows, e);
	reader_put(nd, s);
	size_t n = json_array_size(rows);
	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no dispute %s", dispute);
	if (rc == RC_OK && n > 1 && *casefile == NULL)
		rc = err_set(e, RC_CONFLICT,
			     "several cases have a dispute %s: say which with \"case\"",
			     dispute);
	if (rc == RC_OK && *casefile == NULL)
		*casefile = arena_strdup(a, json_string_value(json_object_get(
						    json_array_get(rows, 0), "case")));
	json_decref(rows);
	return rc;
}

static enum rc
ruling_in(json_t *in, struct act *act, struct err *e)
{
	const char *ruling;
	enum rc rc = in_text(in, "ruling", true, EVENT_TOKEN_MAX, &ruling, e);

	if (rc == RC_OK && strcmp(ruling, "upheld") != 0 &&
	    strcmp(ruling, "rejected") != 0 && strcmp(ruling, "partly") != 0)
		rc = err_set(e, RC_INVALID, "\"ruling\" is upheld, rejected or partly");
	if (rc == RC_OK)
		json_object_set_new(act->body, "ruling", json_string(ruling));
	return rc;
}

static enum rc
dispute_act(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	    struct act *act, struct reply *out, struct err *e)
{
	const char *dispute;
	bool ruling = strcmp(act->type, "dispute.rule") == 0;
	enum rc rc = in_only(in,
			     arena_printf(a, "dispute case version %s %s", act->text_name,
					  ruling ? "ruling" : ""),
			     e);

	act->by = actor_pseudonym(who);
	if (rc == RC_OK)
		rc = in_uuid(in, "dispute", &dispute, e);
	if (rc == RC_OK && json_object_get(in, "case") != NULL)
		rc = in_uuid(in, "case", &act->casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "version", false, CASE_VERSION_MAX, &act->version, e);
	if (rc == RC_OK && ruling)
		rc = ruling_in(in, act, e);
	if (rc == RC_OK)
		rc = in_ready(in, a, act->text_name, true, ACT_TEXT_MAX, &act->text, e);
	if (rc == RC_OK)
		rc = dispute_case(nd, a, dispute, &act->casefile, e);
	if (rc != RC_OK)
		return rc;
	json_object_set_new(act->body, "dispute", json_string(dispute));
	return act_run(nd, a, act, act_work, act, out, e);
}

/* in: dispute, case? (where several have it), version?, text  out: case, event, seq */
enum rc
service_dispute_answer(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct act act = {
		.type = "dispute.answer", .text_name = "text", .body = json_object()};
	enum rc rc = dispute_act(nd, a, who, in, &act, out, e);

	json_decref(act.body);
	return rc;
}

/* in: dispute, case? (where several have it), version?, ruling (upheld, rejected or
 * partly), reason  out: case, event, seq */
enum rc
service_dispute_rule(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct act act = {
		.type = "dispute.rule", .text_name = "reason", .body = json_object()};
	enum rc rc = dispute_act(nd, a, who, in, &act, out, e);

	json_decref(act.body);
	return rc;
}

/* ---- what is owed ------------------------------------------------------------------ */

struct owed {
	struct store *s;
	const json_t *items; /* NULL: the whole case */
	int64_t reversed, not_yet;
};

static enum rc
on_since(void *arg, const struct db_row *row, struct err *e)
{
	struct owed *o = arg;
	int64_t i = o->s->drv->col_int(row, 0);
	bool later = o->s->drv->col_int(row, 1) != 0, about = o->items == NULL;
	size_t k;
	const json_t *v;

	(void)e;
	json_array_foreach (o->items, k, v)
		about = about || json_integer_value(v) == i;
	if (about && later)
		o->reversed++;
	else if (about)
		o->not_yet++;
	return RC_OK;
}

/* Items whose decision was contested and found wrong, and has not been reversed since:
 * of `upheld` all, of `partly` all until one is. */
static enum rc
owed_set(struct store *s, json_t *d, struct err *e)
{
	const char *ruling = json_string_value(json_object_get(d, "ruling"));
	const json_t *items = json_object_get(d, "items");
	struct owed o = {.s = s, .items = json_is_array(items) ? items : NULL};
	enum rc rc = RC_OK;
	bool asked =
		ruling != NULL && strcmp(ruling, "rejected") != 0 &&
		strcmp(json_string_value(json_object_get(d, "about")), "decision") == 0;

	if (asked)
		rc = store_run(
			s, &SQL_DISPUTE_SINCE,
			(struct db_param[]){
				DB_P_TEXT(json_string_value(json_object_get(d, "case"))),
				DB_P_INT(json_integer_value(
					json_object_get(d, "ruled_us"))),
			},
			on_since, &o, e);
	bool enough = ruling != NULL && strcmp(ruling, "partly") == 0 && o.reversed != 0;
	json_object_set_new(d, "owed", json_integer(enough ? 0 : o.not_yet));
	json_object_del(d, "ruled_us");
	json_object_set_new(d, "party",
			    json_string(party_name((enum party)json_integer_value(
				    json_object_get(d, "party")))));
	return rc;
}

#define DISPUTE_SPEC                                                                     \
	"case:s party:i dispute:s seq:i about:s items:j state:s author:s text:s at:t "   \
	"answer_author:s answer:s answered:t ruling:s ruling_author:s reason:s ruled:t " \
	"ruled_us:i"

enum rc
case_disputes(struct store *s, const char *casefile, json_t *into, struct err *e)
{
	enum rc rc = store_rows(s, &SQL_CASE_DISPUTES,
				(struct db_param[]){DB_P_TEXT(casefile)}, DISPUTE_SPEC,
				into, e);
	size_t i;
	json_t *d;

	json_array_foreach (into, i, d)
		if (rc == RC_OK)
			rc = owed_set(s, d, e);
	return rc;
}

/* in: state? (open or answered unless given; ruled), after?, limit?
 * out: disputes [{case, party, dispute, seq, about, items, state, author, text, at,
 * answer_author, answer, answered, ruling, ruling_author, reason, ruled, owed, ref}], the
 * oldest first, next */
enum rc
service_disputes(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	json_t *all = json_array(), *d, *last = NULL;
	const char *state, *after, *after_id = "";
	int64_t limit = 0, after_us = -1;
	struct store *s = NULL;
	size_t i;
	enum rc rc = in_only(in, "state after limit", e);

	(void)who;
	json_t *o = reply_json(a, out, json_pack("{s:o}", "disputes", all));
	if (rc == RC_OK)
		rc = in_text(in, "state", false, EVENT_TOKEN_MAX, &state, e);
	if (rc == RC_OK)
		rc = in_text(in, "after", false, DISPUTE_CURSOR_MAX, &after, e);
	if (rc == RC_OK)
		rc = in_int(in, "limit", 1, DISPUTE_PAGE_MAX, DISPUTE_PAGE_DEFAULT,
			    &limit, e);
	if (rc == RC_OK && after != NULL) {
		const char *dot = strchr(after, '.');
		after_us = strtoll(after, NULL, 10);
		if (dot == NULL)
			rc = err_set(e, RC_INVALID,
				     "\"after\" is no cursor of this list");
		else
			after_id = dot + 1;
	}
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_DISPUTE_PAGE,
			(struct db_param[]){DB_P_TEXT(state == NULL ? "open" : state),
					    DB_P_TEXT(state == NULL ? "answered" : state),
					    DB_P_INT(after_us), DB_P_TEXT(after_id),
					    DB_P_INT(limit)},
			"cursor_us:i " DISPUTE_SPEC " " CASE_REF_SPEC, all, e);
	json_array_foreach (all, i, d) {
		if (i + 1 == json_array_size(all) && (int64_t)(i + 1) == limit)
			last = json_string(arena_printf(
				a, "%" JSON_INTEGER_FORMAT ".%s",
				json_integer_value(json_object_get(d, "cursor_us")),
				json_string_value(json_object_get(d, "dispute"))));
		json_object_del(d, "cursor_us");
		case_ref_set(d);
		if (rc == RC_OK)
			rc = owed_set(s, d, e);
	}
	reader_put(nd, s);
	json_object_set_new(o, "next", last == NULL ? json_null() : last);
	return rc;
}
