/*
 * One-time links: how somebody who has nothing yet, or lost it, comes to a password that
 * nobody else ever saw.  A link is for one person, is used up by its use, and ends by
 * itself.
 */
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { CODE_MAX = 40 };

enum rc
welcome_put(struct store *s, struct arena *a, const char *person, const char *made_by,
	    int64_t now_us, int64_t valid_us, const char **ret, struct err *e)
{
	struct hash h;
	const char *text = secret_make(a, WELCOME_PREFIX, &h);
	enum rc rc = store_run(s, &SQL_WELCOME_CLEAR,
			       (struct db_param[]){DB_P_TEXT(person), DB_P_INT(now_us)},
			       NULL, NULL, e);

	if (rc == RC_OK)
		rc = store_run(s, &SQL_WELCOME_PUT,
			       (struct db_param[]){DB_P_BLOB(h.b, HASH_LEN),
						   DB_P_TEXT(person), DB_P_TEXT(made_by),
						   DB_P_INT(now_us),
						   DB_P_INT(now_us + valid_us)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		*ret = text;
	return rc;
}

struct welcome {
	struct arena *a;
	struct hash hash;
	struct person p;
	const char *address, *code, *hashed, *session;
};

/* For whom the link is, when it is good. */
static enum rc
welcome_get(struct store *s, struct arena *a, const struct hash *h, int64_t now_us,
	    struct person *ret, struct err *e)
{
	const char *name;
	enum rc rc = store_text(
		s, a, &SQL_WELCOME_FIND,
		(struct db_param[]){DB_P_BLOB(h->b, HASH_LEN), DB_P_INT(now_us)}, &name,
		e);

	ret->found = false;
	if (rc == RC_OK && name != NULL)
		rc = person_get(s, a, name, ret, e);
	if (rc == RC_OK && !ret->found)
		rc = err_set(e, RC_UNAUTHENTICATED,
			     "this link was used, has expired or was replaced: ask for "
			     "another ('saluran admin link' makes one on the node's "
			     "machine)");
	return rc;
}

static enum rc
work_welcome(struct writer *w, void *arg, struct err *e)
{
	struct welcome *x = arg;
	struct person p;
	enum rc rc = welcome_get(w->s, w->a, &x->hash, w->now_us, &p, e);

	if (rc == RC_OK && p.totp.p != NULL)
		rc = totp_use(w, &p, x->code, e);
	if (rc == RC_OK)
		rc = store_run(
			w->s, &SQL_WELCOME_CLEAR,
			(struct db_param[]){DB_P_TEXT(p.name), DB_P_INT(w->now_us)}, NULL,
			NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_PERSON_PASSWORD,
			       (struct db_param[]){DB_P_TEXT(p.name),
						   DB_P_TEXT(x->hashed),
						   DB_P_INT(w->now_us)},
			       NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_SESSION_END_ALL,
			       (struct db_param[]){DB_P_TEXT(p.name)}, NULL, NULL, e);
	if (rc == RC_OK)
		rc = session_make(w, x->a, p.name, x->address, &x->session, e);
	if (rc == RC_OK)
		rc = lockout_success(w->s, p.name, x->address, w->now_us, e);
	return rc;
}

static enum rc
token_in(struct node *nd, struct arena *a, json_t *in, struct welcome *x, struct err *e)
{
	struct store *s = NULL;
	const char *token;
	enum rc rc = in_text(in, "token", true, SECRET_TEXT_MAX, &token, e);

	if (rc == RC_OK && !secret_hash(a, WELCOME_PREFIX, token, &x->hash))
		rc = err_set(e, RC_INVALID,
			     "\"token\" is no link: it begins with " WELCOME_PREFIX);
	if (rc == RC_OK)
		rc = reader_snapshot(nd, &s, e);
	if (rc == RC_OK)
		rc = welcome_get(s, a, &x->hash, clock_now_us(), &x->p, e);
	reader_put(nd, s);
	return rc;
}

static enum rc
welcome_in(struct node *nd, struct arena *a, json_t *in, struct welcome *x,
	   const char **ret_password, struct err *e)
{
	enum rc rc = in_only(in, "token password code", e);

	if (rc == RC_OK)
		rc = in_text(in, "password", true, PASSWORD_MAX, ret_password, e);
	if (rc == RC_OK)
		rc = in_text(in, "code", false, CODE_MAX, &x->code, e);
	return rc == RC_OK ? token_in(nd, a, in, x, e) : rc;
}

/* Before a password is typed: is the link good, and for whom?
 * in: token  out: name, role, code (true: a device is enrolled, its code is needed too)
 */
enum rc
service_welcome_check(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct welcome x = {.a = a};
	enum rc rc = in_only(in, "token", e);

	(void)who;
	if (rc == RC_OK)
		rc = token_in(nd, a, in, &x, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:b}", "name", x.p.name, "role",
				     role_token(x.p.role), "code", x.p.totp.p != NULL));
	return rc;
}

/* in: token (of the link), password, code? (when a device is enrolled)
 * out: as POST /v1/login */
enum rc
service_welcome(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		struct reply *out, struct err *e)
{
	struct welcome x = {.a = a,
			    .address = who == NULL ? ADDRESS_LOCAL : who->address};
	const char *password;
	enum rc rc = welcome_in(nd, a, in, &x, &password, e);

	if (rc == RC_OK && x.p.totp.p != NULL && x.code == NULL) {
		reply_json(a, out, json_pack("{s:s}", "needs", "code"));
		rc = err_set(e, RC_UNAUTHENTICATED,
			     "\"code\" is missing: the six digits that the person's "
			     "device shows, or a recovery code");
	}
	if (rc == RC_OK)
		rc = password_take(nd, x.p.name, password, e);
	if (rc == RC_OK)
		rc = lockout_begin(nd, x.p.name, x.address, e);
	if (rc == RC_OK)
		rc = password_hash(nd, a, password, &x.hashed, e);
	if (rc == RC_OK)
		rc = access_reserve(nd, e);
	if (rc != RC_OK)
		return rc;
	rc = writer_run(nd, work_welcome, &x, e);
	struct actor known = {.name = x.p.name,
			      .pseudonym = x.p.pseudonym,
			      .address = x.address,
			      .via = "link"};
	access_put(nd, &known, "POST", "/v1/welcome", NULL, rc);
	if (rc == RC_OK)
		reply_json(a, out, session_json(nd, a, &x.p, x.session));
	return rc;
}
