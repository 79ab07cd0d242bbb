/*
 * Sessions: what a login gives, how long it lasts, and how it ends.
 *
 * The secret is a new one at every login and whenever the person's means of proof change,
 * so that nobody who had it before has it after.
 */
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { CODE_MAX = 40 };

int64_t
session_idle_us(const struct node *nd)
{
	return settings_int(nd->config, "people.session_idle_s") * CLOCK_US_PER_S;
}

static int64_t
session_max_us(const struct node *nd)
{
	return settings_int(nd->config, "people.session_max_s") * CLOCK_US_PER_S;
}

enum rc
session_make(struct writer *w, struct arena *a, const char *person, const char *address,
	     const char **ret, struct err *e)
{
	struct hash h;
	const char *secret = secret_make(a, SESSION_PREFIX, &h);
	enum rc rc = store_run(
		w->s, &SQL_SESSION_END_EXPIRED,
		(struct db_param[]){DB_P_INT(w->now_us),
				    DB_P_INT(w->now_us - session_idle_us(w->nd))},
		NULL, NULL, e);

	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_SESSION_INSERT,
			(struct db_param[]){DB_P_TEXT(person_id_make(a, 's')),
					    DB_P_TEXT(person), DB_P_BLOB(h.b, HASH_LEN),
					    DB_P_TEXT(address), DB_P_INT(w->now_us),
					    DB_P_INT(w->now_us + session_max_us(w->nd))},
			NULL, NULL, e);
	if (rc == RC_OK)
		*ret = secret;
	return rc;
}

enum rc
session_renew(struct writer *w, struct arena *a, const struct actor *who,
	      const char *person, const char **ret, struct err *e)
{
	enum rc rc = store_run(w->s, &SQL_SESSION_END_ALL,
			       (struct db_param[]){DB_P_TEXT(person)}, NULL, NULL, e);

	*ret = NULL;
	if (rc == RC_OK && actor_has_session(who) && strcmp(who->name, person) == 0)
		rc = session_make(w, a, person, who->address, ret, e);
	return rc;
}

void
session_shown(struct arena *a, json_t *into, const char *session)
{
	if (session == NULL)
		return;
	json_object_set_new(into, "session", json_string(session));
	json_object_set_new(into, "csrf", json_string(session_csrf(a, session)));
}

static const char *
totp_word(const struct node *nd, const struct person *p)
{
	if (p->totp.p != NULL)
		return "enrolled";
	return totp_required(nd, p->role) ? "required" : "none";
}

json_t *
session_json(struct node *nd, struct arena *a, const struct person *p,
	     const char *session)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:I}", "name", p->name,
			      "pseudonym", p->pseudonym, "role", role_token(p->role),
			      "totp", totp_word(nd, p), "expires",
			      json_time(clock_now_us() + session_max_us(nd)), "idle_s",
			      (json_int_t)(session_idle_us(nd) / CLOCK_US_PER_S));

	session_shown(a, j, session);
	return j;
}

/* ---- login ------------------------------------------------------------------------- */

struct login {
	struct arena *a;
	const struct actor *who;
	struct person p;
	const char *address, *code, *session;
};

static enum rc
work_login(struct writer *w, void *arg, struct err *e)
{
	struct login *l = arg;
	struct person now;
	enum rc rc = person_get(w->s, w->a, l->p.name, &now, e);

	/* What was checked outside must still stand. */
	if (rc == RC_OK && (!now.found || strcmp(now.password == NULL ? "" : now.password,
						 l->p.password) != 0))
		rc = err_set(
			e, RC_UNAUTHENTICATED,
			"name, password or code is wrong, or the person was withdrawn");
	if (rc == RC_OK && now.totp.p != NULL)
		rc = totp_use(w, &now, l->code, e);
	if (rc == RC_OK && actor_has_session(l->who))
		rc = store_run(w->s, &SQL_SESSION_END,
			       (struct db_param[]){DB_P_TEXT(l->who->via)}, NULL, NULL,
			       e);
	if (rc == RC_OK)
		rc = session_make(w, l->a, now.name, l->address, &l->session, e);
	if (rc == RC_OK)
		rc = lockout_success(w->s, now.name, l->address, w->now_us, e);
	return rc;
}

static enum rc
login_try(struct node *nd, struct login *l, const char *name, const char *password,
	  struct reply *out, struct err *e)
{
	enum rc rc = person_read(nd, l->a, name, &l->p, e);

	if (rc != RC_OK)
		return rc;
	if (!password_verify(nd, l->p.password, password))
		return err_set(e, RC_UNAUTHENTICATED,
			       "name, password or code is wrong, or the person was "
			       "withdrawn");
	if (l->p.totp.p != NULL && l->code == NULL) {
		reply_json(l->a, out, json_pack("{s:s}", "needs", "code"));
		rc = lockout_undo(nd, name, l->address, e);
		return rc != RC_OK
			       ? rc
			       : err_set(e, RC_UNAUTHENTICATED,
					 "\"code\" is missing: the six digits that the "
					 "person's device shows, or a recovery code");
	}
	return writer_run(nd, work_login, l, e);
}

/* Who failed is recorded when it is a person of ours; what a stranger typed is not. */
static enum rc
login_record(struct node *nd, const struct login *l, const char *route, enum rc outcome,
	     struct err *e)
{
	struct actor known = {.name = l->p.name,
			      .pseudonym = l->p.found ? l->p.pseudonym : "-",
			      .address = l->address,
			      .via = "password"};
	enum rc rc = access_reserve(nd, e);

	if (rc == RC_OK)
		access_put(nd, &known, "POST", route, NULL, outcome);
	return rc;
}

/*
 * in: name, password, code?  out: session, csrf, name, pseudonym, role, totp (enrolled,
 * required: nothing but enrolling is allowed until then, none), expires, idle_s
 * A failure that only lacks the code has needs "code".  RC_LIMIT: wait.
 */
enum rc
service_login(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	      struct reply *out, struct err *e)
{
	struct login l = {.a = a,
			  .who = who,
			  .address = who == NULL ? ADDRESS_LOCAL : who->address};
	const char *name, *password;
	enum rc rc = in_only(in, "name password code", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, PERSON_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = in_text(in, "password", true, PASSWORD_MAX, &password, e);
	if (rc == RC_OK)
		rc = in_text(in, "code", false, CODE_MAX, &l.code, e);
	if (rc == RC_OK)
		rc = lockout_begin(nd, name, l.address, e);
	if (rc != RC_OK)
		return rc;
	rc = login_try(nd, &l, name, password, out, e);
	struct err unwritten = ERR_INIT;
	enum rc recorded = login_record(nd, &l, "/v1/login", rc, &unwritten);
	if (rc == RC_OK && recorded != RC_OK) {
		*e = unwritten;
		return recorded;
	}
	if (rc == RC_OK)
		reply_json(a, out, session_json(nd, a, &l.p, l.session));
	return rc;
}

/* ---- the person's own sessions ----------------------------------------------------- */

static enum rc
work_end(struct writer *w, void *arg, struct err *e)
{
	return store_run(w->s, &SQL_SESSION_END,
			 (struct db_param[]){DB_P_TEXT((const char *)arg)}, NULL, NULL,
			 e);
}

/* out: name.  RC_CONFLICT: whoever asks came without a session. */
enum rc
service_logout(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	       struct reply *out, struct err *e)
{
	enum rc rc = in_only(in, "", e);

	if (rc == RC_OK && !actor_has_session(who))
		rc = err_set(
			e, RC_CONFLICT,
			"you came with a %s, which has no end: it is revoked instead",
			who->via[0] == 't' ? "token" : who->via);
	if (rc == RC_OK) {
		char *id = arena_strdup(a, who->via);
		rc = writer_run(nd, work_end, id, e);
	}
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "name", who->name));
	return rc;
}

static enum rc
sessions_put(struct node *nd, struct store *s, const struct actor *who,
	     const char *person, json_t *rows, struct err *e)
{
	int64_t now_us = clock_now_us();
	size_t i;
	json_t *row;
	enum rc rc =
		store_rows(s, &SQL_SESSION_LIST,
			   (struct db_param[]){DB_P_TEXT(person), DB_P_INT(now_us),
					       DB_P_INT(now_us - session_idle_us(nd))},
			   "session:s address:s made:t seen:t expires:t", rows, e);

	/* "id", not "session": that member is a secret's everywhere. */
	json_array_foreach (rows, i, row) {
		json_object_set(row, "id", json_object_get(row, "session"));
		json_object_del(row, "session");
		json_object_set_new(
			row, "this",
			json_boolean(strcmp(json_string_value(json_object_get(row, "id")),
					    who->via) == 0));
	}
	return rc;
}

/* out: name, pseudonym, role, via (token, session or password), id, scopes [], csrf?,
 * totp (enrolled, required, none), recovery_codes (left), password (is there one) */
enum rc
service_me(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
	   struct reply *out, struct err *e)
{
	struct store *s = NULL;
	struct person p = {0};
	int64_t left = 0;
	enum rc rc = in_only(in, "", e);

	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = person_get(s, a, who->name, &p, e);
	if (rc == RC_OK)
		rc = store_int(s, &SQL_RECOVERY_COUNT,
			       (struct db_param[]){DB_P_TEXT(who->name)}, 0, &left, e);
	reader_put(nd, s);
	if (rc != RC_OK)
		return rc;
	const char *via = actor_has_session(who) ? "session"
			  : who->via[0] == 't'	 ? "token"
						 : who->via;
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:I, s:b}", "name",
			      who->name, "pseudonym", who->pseudonym, "role",
			      role_token(who->role), "via", via, "id", who->via, "scopes",
			      scopes_json(who->scopes), "totp", totp_word(nd, &p),
			      "recovery_codes", (json_int_t)left, "password",
			      p.password != NULL);
	if (who->csrf != NULL)
		json_object_set_new(j, "csrf", json_string(who->csrf));
	reply_json(a, out, j);
	return RC_OK;
}

/* Whose: one's own, or with the role of an admin anybody's. */
static enum rc
person_asked(json_t *in, const struct actor *who, const char **ret, struct err *e)
{
	enum rc rc = in_text(in, "person", false, PERSON_NAME_MAX, ret, e);

	if (rc == RC_OK && *ret == NULL)
		*ret = who->name;
	if (rc == RC_OK && strcmp(*ret, who->name) != 0 && who->role != ROLE_ADMIN)
		rc = err_set(e, RC_DENIED, "only an admin sees the sessions of others");
	return rc;
}

/* in: person? (admin)  out: person, sessions [{id, address, made, seen, expires, this}]
 */
enum rc
service_sessions(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		 struct reply *out, struct err *e)
{
	json_t *rows = json_array();
	json_t *o = reply_json(a, out, json_pack("{s:o}", "sessions", rows));
	const char *person;
	struct store *s = NULL;
	enum rc rc = in_only(in, "person", e);

	if (rc == RC_OK)
		rc = person_asked(in, who, &person, e);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = sessions_put(nd, s, who, person, rows, e);
	reader_put(nd, s);
	if (rc == RC_OK)
		json_object_set_new(o, "person", json_string(person));
	return rc;
}

struct revoke {
	const struct actor *who;
	const char *id, *owner;
};

static enum rc
work_revoke(struct writer *w, void *arg, struct err *e)
{
	struct revoke *r = arg;
	struct db_param id = DB_P_TEXT(r->id);
	enum rc rc = store_text(w->s, w->a, &SQL_SESSION_OWNER, &id, &r->owner, e);

	/* Whether others have such a session is nobody's business. */
	if (rc == RC_OK && (r->owner == NULL || (strcmp(r->owner, r->who->name) != 0 &&
						 r->who->role != ROLE_ADMIN)))
		rc = err_set(e, RC_NOT_FOUND, "there is no session %s", r->id);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_SESSION_END, &id, NULL, NULL, e);
	return rc;
}

/* in: session (its id)  out: id */
enum rc
service_session_revoke(struct node *nd, struct arena *a, const struct actor *who,
		       json_t *in, struct reply *out, struct err *e)
{
	struct revoke r = {.who = who};
	enum rc rc = in_only(in, "session", e);

	if (rc == RC_OK)
		rc = in_text(in, "session", true, PERSON_ID_MAX, &r.id, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_revoke, &r, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "id", r.id));
	return rc;
}
