/* What a person does with an imported e-mail before anything is sent. */
#include <string.h>

#include "service/mail_int.h"

enum { MAIL_DESCRIPTION_MAX = 4000, MAIL_CATEGORY_MAX = 64 };

struct deciding {
	const char *id, *by, *pseudonym, *casefile;
	bool no_evidence;
	const json_t *items;
	size_t done;
};

static enum rc
proposal_target(struct writer *w, const struct deciding *d, int64_t n, const char *given,
		struct err *e)
{
	struct target t;
	enum rc rc = target_parse(w->a, given, strlen(given), &t, e);

	if (rc != RC_OK)
		return rc;
	return store_run(w->s, &SQL_MAIL_PROPOSAL_TARGET,
			 (struct db_param[]){DB_P_TEXT(d->id), DB_P_INT(n),
					     DB_P_TEXT(target_kind_token(t.kind)),
					     DB_P_TEXT(t.given), DB_P_TEXT(t.normal),
					     DB_P_BLOB(t.nf.b, HASH_LEN)},
			 NULL, NULL, e);
}

/* {n, do, category?, description?, target?} */
static enum rc
item_decide(struct writer *w, const struct deciding *d, json_t *item, struct err *e)
{
	const char *act, *category, *description, *target, *state;
	int64_t n = 0;
	enum rc rc = in_only(item, "n do category description target", e);

	if (rc == RC_OK)
		rc = in_int(item, "n", 1, MAIL_PROPOSALS_MAX, 0, &n, e);
	if (rc == RC_OK)
		rc = in_text(item, "do", true, 8, &act, e);
	if (rc == RC_OK)
		rc = in_text(item, "category", false, MAIL_CATEGORY_MAX, &category, e);
	if (rc == RC_OK)
		rc = in_text(item, "description", false, MAIL_DESCRIPTION_MAX,
			     &description, e);
	if (rc == RC_OK)
		rc = in_text(item, "target", false, TARGET_MAX, &target, e);
	if (rc == RC_OK && strcmp(act, "keep") != 0 && strcmp(act, "drop") != 0)
		rc = err_set(e, RC_INVALID, "\"do\" is keep or drop");
	if (rc == RC_OK)
		rc = store_text(w->s, w->a, &SQL_MAIL_PROPOSAL_GET,
				(struct db_param[]){DB_P_TEXT(d->id), DB_P_INT(n)},
				&state, e);
	if (rc == RC_OK && state == NULL)
		rc = err_set(e, RC_NOT_FOUND, "it proposes nothing of number %lld",
			     (long long)n);
	if (rc == RC_OK && strcmp(state, "sent") == 0)
		rc = err_set(e, RC_CONFLICT, "number %lld is in a notice already",
			     (long long)n);
	if (rc == RC_OK && target != NULL)
		rc = proposal_target(w, d, n, target, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_PROPOSAL_STATE,
			       (struct db_param[]){
				       DB_P_TEXT(d->id), DB_P_INT(n),
				       DB_P_TEXT(act[0] == 'k' ? "proposed" : "dropped"),
				       DB_P_TEXT(category), DB_P_TEXT(description),
				       DB_P_TEXT(d->by)},
			       NULL, NULL, e);
	return rc;
}

/* The message, when its content is still there. */
static enum rc
message_open(struct writer *w, const char *id, json_t **ret, struct err *e)
{
	enum rc rc = mail_row(w->s, id, ret, e);

	if (rc == RC_OK &&
	    strcmp(json_string_value(json_object_get(*ret, "state")), "dropped") == 0) {
		json_decref(*ret);
		*ret = NULL;
		rc = err_set(e, RC_GONE, "the e-mail was dropped: its content is gone");
	}
	return rc;
}

static enum rc
work_decide(struct writer *w, void *arg, struct err *e)
{
	struct deciding *d = arg;
	json_t *m = NULL;
	enum rc rc = message_open(w, d->id, &m, e);

	json_decref(m);
	d->done = 0;
	for (size_t i = 0; rc == RC_OK && i < json_array_size(d->items); i++) {
		rc = item_decide(w, d, json_array_get(d->items, i), e);
		if (rc != RC_OK)
			err_prefix(e, "items[%zu]", i);
		else
			d->done++;
	}
	return rc;
}

/*
 * in: mail, items [{n, do (keep, drop), category?, description?, target?}]
 * out: mail, decided (how many).  All or none.
 */
enum rc
service_mail_decide(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct deciding d = {.by = actor_name(who),
			     .items = json_object_get(in, "items")};
	enum rc rc = in_only(in, "mail items", e);
	size_t i;
	json_t *item;

	if (rc == RC_OK)
		rc = in_uuid(in, "mail", &d.id, e);
	if (rc == RC_OK && (!json_is_array(d.items) || json_array_size(d.items) == 0 ||
			    json_array_size(d.items) > MAIL_PROPOSALS_MAX))
		rc = err_set(e, RC_INVALID, "\"items\" is a list of 1 to %d objects",
			     MAIL_PROPOSALS_MAX);
	json_array_foreach (d.items, i, item)
		if (rc == RC_OK && !json_is_object(item))
			rc = err_set(e, RC_INVALID, "items[%zu] is no object", i);
	if (rc == RC_OK)
		rc = writer_run(nd, work_decide, &d, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:I}", "mail", d.id, "decided",
				     (json_int_t)d.done));
	return rc;
}

static enum rc
work_drop(struct writer *w, void *arg, struct err *e)
{
	struct deciding *d = arg;
	const struct db_param p[] = {DB_P_TEXT(d->id)};
	json_t *m = NULL;
	enum rc rc = message_open(w, d->id, &m, e);

	if (rc == RC_OK && json_is_string(json_object_get(m, "case")))
		rc = err_set(e, RC_CONFLICT,
			     "it belongs to case %s: it stays as long as the case",
			     json_string_value(json_object_get(m, "case")));
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_BYTES_ADD,
			       (struct db_param[]){DB_P_INT(
				       -json_integer_value(json_object_get(m, "bytes")))},
			       NULL, NULL, e);
	json_decref(m);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_RAW_DROP, p, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_MAIL_PROPOSALS_DROP, p, NULL, NULL, e);
	return rc == RC_OK ? store_run(w->s, &SQL_MAIL_DROP,
				       (struct db_param[]){DB_P_TEXT(d->id),
							   DB_P_INT(w->now_us)},
				       NULL, NULL, e)
			   : rc;
}

/* in: mail  out: mail, state.  RC_CONFLICT: it belongs to a case. */
enum rc
service_mail_drop(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct deciding d = {.by = actor_name(who)};
	enum rc rc = in_only(in, "mail", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "mail", &d.id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_drop, &d, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "mail", d.id, "state", "dropped"));
	return rc;
}

enum rc
mail_case_put(struct writer *w, const char *id, const char *thread, const char *casefile,
	      const char *state, struct err *e)
{
	enum rc rc = store_run(
		w->s, &SQL_MAIL_LINK,
		(struct db_param[]){DB_P_TEXT(id), DB_P_TEXT(casefile), DB_P_TEXT(state)},
		NULL, NULL, e);

	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_MAIL_THREAD_LINK,
			(struct db_param[]){DB_P_TEXT(thread), DB_P_TEXT(casefile)}, NULL,
			NULL, e);
	return rc;
}

static enum rc
work_join(struct writer *w, void *arg, struct err *e)
{
	struct deciding *d = arg;
	json_t *m = NULL;
	struct case_row c;
	enum rc rc = message_open(w, d->id, &m, e);
	const char *other = json_string_value(json_object_get(m, "case"));

	if (rc == RC_OK && other != NULL && strcmp(other, d->casefile) != 0)
		rc = err_set(e, RC_CONFLICT, "it belongs to case %s already", other);
	if (rc == RC_OK)
		rc = view_case_get(w->s, w->a, d->casefile, &c, e);
	if (rc == RC_OK)
		rc = mail_case_put(
			w, d->id, json_string_value(json_object_get(m, "thread")),
			d->casefile,
			other == NULL ? "joined"
				      : json_string_value(json_object_get(m, "state")),
			e);
	if (rc == RC_OK && other == NULL)
		rc = store_run(w->s, &SQL_MAIL_ASIDE,
			       (struct db_param[]){DB_P_TEXT(d->id)}, NULL, NULL, e);
	if (rc == RC_OK && !d->no_evidence)
		rc = mail_evidence_put(w, d->id, d->casefile, d->pseudonym, e);
	json_decref(m);
	return rc;
}

/* in: mail, case, no_evidence? (the message itself stays here)  out: mail, case.  What it
 * proposes is set aside; the replies of its thread come with it, but are not given as
 * evidence before somebody has looked at them. */
enum rc
service_mail_join(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		  struct reply *out, struct err *e)
{
	struct deciding d = {.by = actor_name(who), .pseudonym = actor_pseudonym(who)};
	enum rc rc = in_only(in, "mail case no_evidence", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "mail", &d.id, e);
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &d.casefile, e);
	if (rc == RC_OK)
		rc = in_bool(in, "no_evidence", &d.no_evidence, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_join, &d, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "mail", d.id, "case", d.casefile));
	return rc;
}
