/*
 * Who of this organisation works on which case.  A claim is a word among colleagues, not
 * a lock: whoever may act on a case may do so whoever has claimed it, and sees who else
 * looks at it.  Nothing of this leaves the node.
 */
#include <string.h>

#include "base/clock.h"
#include "service/cases.h"
#include "service/person.h"
#include "service/use.h"
#include "store/store_sql.h"

enum {
	PRESENT_US = 60 * 1000000, /* who was seen in this time is there */
	PRESENT_MAX = 50,
};

enum rc
claim_json(struct store *s, const char *casefile, json_t *into, struct err *e)
{
	json_t *owner = NULL;
	enum rc rc =
		store_row(s, &SQL_CLAIM_GET, (struct db_param[]){DB_P_TEXT(casefile)},
			  "person:s name:s since:t", &owner, e);

	if (rc == RC_NOT_FOUND) {
		owner = json_null();
		rc = RC_OK;
	}
	if (rc == RC_OK)
		json_object_set_new(into, "owner", owner);
	return rc;
}

struct claim {
	const char *casefile, *by;
	const char *to; /* pseudonym, NULL: nobody */
	bool take;	/* from whoever has it */
	json_t *owner;	/* out, and who has it now on a conflict */
};

static enum rc
work_claim(struct writer *w, void *arg, struct err *e)
{
	struct claim *c = arg;
	struct case_row row;
	const char *has;
	enum rc rc = view_case_get(w->s, w->a, c->casefile, &row, e);

	if (rc == RC_OK)
		rc = store_text(w->s, w->a, &SQL_CLAIM_GET,
				(struct db_param[]){DB_P_TEXT(c->casefile)}, &has, e);
	if (rc == RC_OK && has != NULL && !c->take && strcmp(has, c->by) != 0)
		rc = err_set(e, RC_CONFLICT,
			     "a colleague works on this case: take it over, or let them");
	else if (rc == RC_OK && c->to == NULL)
		rc = store_run(w->s, &SQL_CLAIM_DELETE,
			       (struct db_param[]){DB_P_TEXT(c->casefile)}, NULL, NULL,
			       e);
	else if (rc == RC_OK)
		rc = store_run(w->s, &SQL_CLAIM_PUT,
			       (struct db_param[]){
				       DB_P_TEXT(c->casefile),
				       DB_P_TEXT(c->to),
				       DB_P_TEXT(c->by),
				       DB_P_INT(w->now_us),
			       },
			       NULL, NULL, e);
	return rc;
}

/* out: case, owner; on a conflict too */
static enum rc
claim_run(struct node *nd, struct arena *a, struct claim *c, struct reply *out,
	  struct err *e)
{
	struct store *s = NULL;
	struct err why = ERR_INIT;
	enum rc rc = writer_run(nd, work_claim, c, e), read;

	if (rc != RC_OK && rc != RC_CONFLICT)
		return rc;
	json_t *o = reply_json(a, out, json_pack("{s:s}", "case", c->casefile));
	read = reader_get(nd, &s, &why);
	if (read == RC_OK)
		read = claim_json(s, c->casefile, o, &why);
	reader_put(nd, s);
	return rc == RC_OK && read != RC_OK ? err_set(e, read, "%s", why.text) : rc;
}

/* in: case, take? (though a colleague has it)  out: case, owner {person, name, since}
 * RC_CONFLICT: a colleague has it; the answer shows who. */
enum rc
service_case_claim(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct claim c = {.by = actor_pseudonym(who), .to = actor_pseudonym(who)};
	enum rc rc = in_only(in, "case take", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &c.casefile, e);
	if (rc == RC_OK)
		rc = in_bool(in, "take", &c.take, e);
	return rc == RC_OK ? claim_run(nd, a, &c, out, e) : rc;
}

/* in: case, take?  out: case, owner (null) */
enum rc
service_case_release(struct node *nd, struct arena *a, const struct actor *who,
		     json_t *in, struct reply *out, struct err *e)
{
	struct claim c = {.by = actor_pseudonym(who)};
	enum rc rc = in_only(in, "case take", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &c.casefile, e);
	if (rc == RC_OK)
		rc = in_bool(in, "take", &c.take, e);
	return rc == RC_OK ? claim_run(nd, a, &c, out, e) : rc;
}

struct assignee {
	struct store *s;
	struct arena *a;
	const char *pseudonym, *role;
};

static enum rc
on_assignee(void *arg, const struct db_row *row, struct err *e)
{
	struct assignee *p = arg;

	(void)e;
	p->pseudonym = store_col_text(p->s, p->a, row, 0);
	p->role = store_col_text(p->s, p->a, row, 1);
	return RC_OK;
}

/* Only somebody who could act on it. */
static bool
may_work(const char *role)
{
	static const enum role working[] = {ROLE_OFFICER, ROLE_APPROVER, ROLE_AGENT,
					    ROLE_LEAD};

	for (size_t i = 0; i < sizeof(working) / sizeof(working[0]); i++)
		if (strcmp(role, role_token(working[i])) == 0)
			return true;
	return false;
}

/* in: case, person (a name of the directory)  out: case, owner */
enum rc
service_case_assign(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct claim c = {.by = actor_pseudonym(who), .take = true};
	struct assignee to = {.a = a};
	const char *person;
	enum rc rc = in_only(in, "case person", e);

	if (rc == RC_OK)
		rc = in_uuid(in, "case", &c.casefile, e);
	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &person, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &to.s, e);
	if (rc != RC_OK)
		return rc;
	rc = store_run(to.s, &SQL_PERSON_ACTIVE, (struct db_param[]){DB_P_TEXT(person)},
		       on_assignee, &to, e);
	reader_put(nd, to.s);
	if (rc == RC_OK && to.pseudonym == NULL)
		rc = err_set(e, RC_NOT_FOUND, "there is no active person %s", person);
	else if (rc == RC_OK && !may_work(to.role))
		rc = err_set(e, RC_CONFLICT, "%s is %s here and does not work on cases",
			     person, to.role);
	c.to = to.pseudonym;
	return rc == RC_OK ? claim_run(nd, a, &c, out, e) : rc;
}

struct seen {
	const char *casefile, *person;
};

static enum rc
work_seen(struct writer *w, void *arg, struct err *e)
{
	const struct seen *p = arg;
	struct case_row row;
	enum rc rc = view_case_get(w->s, w->a, p->casefile, &row, e);

	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PRESENCE_FORGET,
			       (struct db_param[]){DB_P_INT(w->now_us - PRESENT_US)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PRESENCE_PUT,
			       (struct db_param[]){DB_P_TEXT(p->casefile),
						   DB_P_TEXT(p->person),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	return rc;
}

/* in: case  out: case, here [{name, seen}]: who else looked at it within a minute */
enum rc
service_case_presence(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct seen p = {.person = actor_pseudonym(who)};
	json_t *here = json_array();
	struct store *s = NULL;
	enum rc rc = in_only(in, "case", e);

	json_t *o = reply_json(a, out, json_pack("{s:o}", "here", here));
	if (rc == RC_OK)
		rc = in_uuid(in, "case", &p.casefile, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_seen, &p, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PRESENCE_LIST,
				(struct db_param[]){
					DB_P_TEXT(p.casefile),
					DB_P_INT(clock_now_us() - PRESENT_US),
					DB_P_TEXT(p.person),
					DB_P_INT(PRESENT_MAX),
				},
				"name:s seen:t", here, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		json_object_set_new(o, "case", json_string(p.casefile));
	return rc;
}
