/*
 * The directory of people.  Events carry a pseudonym; names stay here, and a name is one
 * person's for ever.  A person has one role: who does two jobs has two names, and so each
 * act says in which of them it was done.
 */
#include <string.h>

#include "base/clock.h"
#include "service/person.h"
#include "store/store_sql.h"

static const struct {
	const char *token, *doc;
} roles[ROLE_COUNT] = {
#define X(name, token, doc) [ROLE_##name] = {token, doc},
	ROLE_TABLE(X)
#undef X
};

const char *
role_token(enum role r)
{
	return roles[r].token;
}

enum rc
role_parse(const char *token, enum role *ret, struct err *e)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (strcmp(roles[i].token, token) == 0) {
			*ret = (enum role)i;
			return RC_OK;
		}
	return err_set(e, RC_INVALID,
		       "there is no role \"%s\": admin, officer, approver, agent, lead, "
		       "operator or auditor",
		       token);
}

struct person_row {
	struct store *s;
	struct arena *a;
	struct person *p;
};

/* Whatever is there counts as a second factor, so that a damaged one lets nobody in. */
static struct sealed
col_sealed(const struct person_row *r, const struct db_row *row, unsigned col)
{
	struct sealed ret = {0};
	const uint8_t *blob = r->s->drv->col_blob(row, col, &ret.len);

	if (ret.len != 0)
		ret.p = arena_copy(r->a, blob, ret.len);
	return ret;
}

static enum rc
on_person(void *arg, const struct db_row *row, struct err *e)
{
	struct person_row *r = arg;

	*r->p = (struct person){
		.name = store_col_text(r->s, r->a, row, 0),
		.pseudonym = store_col_text(r->s, r->a, row, 1),
		.password = store_col_text(r->s, r->a, row, 3),
		.totp = col_sealed(r, row, 4),
		.totp_next = col_sealed(r, row, 5),
		.totp_step = r->s->drv->col_int(row, 6),
		.found = true,
	};
	return role_parse(store_col_text(r->s, r->a, row, 2), &r->p->role, e);
}

enum rc
person_get(struct store *s, struct arena *a, const char *name, struct person *ret,
	   struct err *e)
{
	struct person_row r = {.s = s, .a = a, .p = ret};

	*ret = (struct person){0};
	return store_run(s, &SQL_PERSON_BY_NAME, (struct db_param[]){DB_P_TEXT(name)},
			 on_person, &r, e);
}

enum rc
person_read(struct node *nd, struct arena *a, const char *name, struct person *ret,
	    struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	rc = person_get(s, a, name, ret, e);
	reader_put(nd, s);
	return rc;
}

static bool
name_valid(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > PERSON_NAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!((name[i] >= 'a' && name[i] <= 'z') ||
		      (name[i] >= '0' && name[i] <= '9') ||
		      (i != 0 && (name[i] == '.' || name[i] == '-' || name[i] == '_'))))
			return false;
	return true;
}

enum rc
person_prepare(struct arena *a, const char *name, const char *role,
	       struct person_new *ret, struct err *e)
{
	enum role r = ROLE_COUNT;
	enum rc rc = role_parse(role, &r, e);

	if (rc != RC_OK)
		return rc;
	if (!name_valid(name))
		return err_set(
			e, RC_INVALID,
			"a person's name is 1 to %d of a-z, 0-9, '.', '-' and '_', and "
			"starts with a letter or digit",
			PERSON_NAME_MAX);
	*ret = (struct person_new){.name = name,
				   .role = role_token(r),
				   .pseudonym = person_id_make(a, 'p'),
				   .token_id = person_id_make(a, 't')};
	ret->credential = secret_make(a, CREDENTIAL_PREFIX, &ret->token_hash);
	return RC_OK;
}

enum rc
person_insert(struct store *s, const struct person_new *p, const char *added_by,
	      int64_t now_us, struct err *e)
{
	enum rc rc =
		store_run(s, &SQL_PERSON_INSERT,
			  (struct db_param[]){DB_P_TEXT(p->name), DB_P_TEXT(p->pseudonym),
					      DB_P_TEXT(p->role), DB_P_TEXT(p->password),
					      DB_P_INT(now_us), DB_P_TEXT(added_by)},
			  NULL, NULL, e);

	if (rc == RC_CONFLICT)
		rc = err_set(e, RC_CONFLICT, "there is a person %s already", p->name);
	if (rc == RC_OK && p->credential != NULL)
		rc = store_run(s, &SQL_TOKEN_INSERT,
			       (struct db_param[]){DB_P_TEXT(p->token_id),
						   DB_P_TEXT(p->name),
						   DB_P_TEXT("credential"),
						   DB_P_BLOB(p->token_hash.b, HASH_LEN),
						   DB_P_TEXT(SCOPES_ALL),
						   DB_P_INT(now_us), DB_P_INT(0)},
			       NULL, NULL, e);
	return rc;
}

/* ---- use cases --------------------------------------------------------------------- */

struct person_job {
	struct arena *a;
	const struct person_new *p;
	const char *by, *name, *role, *link;
	bool with_link, forget_device;
};

static int64_t
link_us(const struct node *nd)
{
	return settings_int(nd->config, "people.link_s") * CLOCK_US_PER_S;
}

static enum rc
work_add(struct writer *w, void *arg, struct err *e)
{
	struct person_job *j = arg;
	enum rc rc = person_insert(w->s, j->p, j->by, w->now_us, e);

	if (rc == RC_OK && j->with_link)
		rc = welcome_put(w->s, j->a, j->p->name, j->by, w->now_us, link_us(w->nd),
				 &j->link, e);
	return rc;
}

/* What the new person comes with: a token, this password, or a link. */
static enum rc
proof_choose(struct node *nd, struct arena *a, const char *password, bool with_link,
	     struct person_new *p, struct err *e)
{
	if (password == NULL && !with_link)
		return RC_OK;
	if (password != NULL && with_link)
		return err_set(e, RC_INVALID,
			       "\"password\" or \"link\": with a link the person chooses "
			       "the password");
	p->credential = NULL;
	if (with_link)
		return RC_OK;
	enum rc rc = password_take(nd, p->name, password, e);
	return rc == RC_OK ? password_hash(nd, a, password, &p->password, e) : rc;
}

/* in: name, role, password? or link? (true)  out: name, role, pseudonym, credential (null
 * with a password or a link), link? (shown this once) */
enum rc
service_person_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct person_job j = {.a = a, .by = who->name};
	const char *name, *role, *password;
	struct person_new p;
	enum rc rc = in_only(in, "name role password link", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, PERSON_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = in_text(in, "role", true, 32, &role, e);
	if (rc == RC_OK)
		rc = in_text(in, "password", false, PASSWORD_MAX, &password, e);
	if (rc == RC_OK)
		rc = in_bool(in, "link", &j.with_link, e);
	if (rc == RC_OK)
		rc = person_prepare(a, name, role, &p, e);
	if (rc == RC_OK)
		rc = proof_choose(nd, a, password, j.with_link, &p, e);
	if (rc != RC_OK)
		return rc;
	j.p = &p;
	rc = writer_run(nd, work_add, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s?, s:s*}", "name", p.name,
				     "role", p.role, "pseudonym", p.pseudonym,
				     "credential", p.credential, "link", j.link));
	return rc;
}

/* No act may leave the node without an admin. */
static enum rc
admin_left(struct writer *w, const char *name, struct err *e)
{
	int64_t admins;
	enum rc rc = store_int(w->s, &SQL_PERSON_ADMINS, NULL, 0, &admins, e);

	if (rc == RC_OK && admins == 0)
		rc = err_set(e, RC_CONFLICT,
			     "%s is the last admin: add another before this one goes",
			     name);
	return rc;
}

static enum rc
no_person(const char *name, struct err *e)
{
	return err_set(e, RC_NOT_FOUND, "there is no active person %s", name);
}

static enum rc
work_withdraw(struct writer *w, void *arg, struct err *e)
{
	const struct person_job *j = arg;
	struct db_param whose[] = {DB_P_TEXT(j->name), DB_P_INT(w->now_us)};
	enum rc rc = store_run(w->s, &SQL_PERSON_WITHDRAW, whose, NULL, NULL, e);

	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		rc = no_person(j->name, e);
	if (rc == RC_OK)
		rc = admin_left(w, j->name, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_TOKEN_REVOKE_ALL, whose, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_SESSION_END_ALL, whose, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_RECOVERY_CLEAR, whose, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_WELCOME_CLEAR, whose, NULL, NULL, e);
	return rc == RC_OK ? person_changed(w, j->name, j->by, e) : rc;
}

/* in: person  out: name.  Password, tokens, sessions and links end with it. */
enum rc
service_person_withdraw(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct person_job j = {.by = who->name};
	enum rc rc = in_only(in, "person", e);

	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_withdraw, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "name", j.name));
	return rc;
}

static enum rc
work_role(struct writer *w, void *arg, struct err *e)
{
	const struct person_job *j = arg;
	struct db_param p[] = {DB_P_TEXT(j->name), DB_P_TEXT(j->role)};
	enum rc rc = store_run(w->s, &SQL_PERSON_ROLE, p, NULL, NULL, e);

	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		rc = no_person(j->name, e);
	if (rc == RC_OK)
		rc = admin_left(w, j->name, e);
	if (rc == RC_OK)
		rc = store_run(w->s, &SQL_SESSION_END_ALL, p, NULL, NULL, e);
	return rc == RC_OK ? person_changed(w, j->name, j->by, e) : rc;
}

/* in: person, role  out: name, role.  The person's sessions end, tokens have the new
 * role.
 */
enum rc
service_person_role(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct person_job j = {.by = who->name};
	enum role role = ROLE_COUNT;
	enum rc rc = in_only(in, "person role", e);

	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_text(in, "role", true, 32, &j.role, e);
	if (rc == RC_OK)
		rc = role_parse(j.role, &role, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_role, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s}", "name", j.name, "role", j.role));
	return rc;
}

/* The device is lost, and may be found by somebody: what is left is no proof by itself,
 * nor is a session on it. */
static enum rc
device_forget(struct store *s, const char *name, int64_t now_us, struct err *e)
{
	struct db_param whose = DB_P_TEXT(name);
	enum rc rc = store_run(s, &SQL_PERSON_TOTP_SET,
			       (struct db_param[]){whose, DB_P_NULL, DB_P_INT(0)}, NULL,
			       NULL, e);

	if (rc == RC_OK)
		rc = store_run(s, &SQL_RECOVERY_CLEAR, &whose, NULL, NULL, e);
	if (rc == RC_OK)
		rc = store_run(s, &SQL_PERSON_PASSWORD,
			       (struct db_param[]){whose, DB_P_NULL, DB_P_INT(now_us)},
			       NULL, NULL, e);
	return rc == RC_OK ? store_run(s, &SQL_SESSION_END_ALL, &whose, NULL, NULL, e)
			   : rc;
}

enum rc
person_link(struct store *s, struct arena *a, const char *name, bool forget_device,
	    const char *by, int64_t now_us, int64_t valid_us, const char **ret,
	    struct err *e)
{
	struct person p;
	enum rc rc = person_get(s, a, name, &p, e);

	if (rc == RC_OK && !p.found)
		rc = no_person(name, e);
	if (rc == RC_OK && forget_device)
		rc = device_forget(s, name, now_us, e);
	return rc == RC_OK ? welcome_put(s, a, name, by, now_us, valid_us, ret, e) : rc;
}

static enum rc
work_link(struct writer *w, void *arg, struct err *e)
{
	struct person_job *j = arg;

	return person_link(w->s, j->a, j->name, j->forget_device, j->by, w->now_us,
			   link_us(w->nd), &j->link, e);
}

/* in: person, forget_device? (true: second factor, password and sessions end at once)
 * out: name, link (shown this once), valid_s */
enum rc
service_person_link(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct person_job j = {.a = a, .by = who->name};
	enum rc rc = in_only(in, "person forget_device", e);

	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = in_bool(in, "forget_device", &j.forget_device, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_link, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:I}", "name", j.name, "link", j.link,
				     "valid_s",
				     (json_int_t)(link_us(nd) / CLOCK_US_PER_S)));
	return rc;
}

/* out: persons [{name, pseudonym, role, by (token or password), active, locked, added,
 * added_by, changed, changed_by, password, totp, tokens (good ones), sessions}] */
enum rc
service_person_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	json_t *o = reply_json(a, out, json_object()), *rows = json_array();
	struct store *s = NULL;
	int64_t now_us = clock_now_us();
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_object_set_new(o, "persons", rows);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(
			s, &SQL_PERSON_LIST,
			(struct db_param[]){DB_P_INT(now_us),
					    DB_P_INT(now_us - session_idle_us(nd))},
			"name:s pseudonym:s role:s by:s active:b locked:b added:t "
			"added_by:s changed:t changed_by:s "
			"password:b totp:b tokens:i sessions:i",
			rows, e);
	reader_put(nd, s);
	return rc;
}

/* out: colleagues [{name, pseudonym, role, active}]: events carry pseudonyms for ever,
 * and only people of this node read whose they are */
enum rc
service_colleagues(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	json_t *o = reply_json(a, out, json_object()), *rows = json_array();
	struct store *s = NULL;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_object_set_new(o, "colleagues", rows);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_COLLEAGUE_LIST, NULL,
				"name:s pseudonym:s role:s active:b", rows, e);
	reader_put(nd, s);
	return rc;
}
