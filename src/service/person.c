/*
 * People: each has a credential of their own, and the daemon says who acts.
 *
 * A token is 32 random bytes of which the store keeps the SHA-256; a password is kept as
 * libsodium's argon2id string.  Events carry a pseudonym; names stay in this directory.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { TOKEN_BYTES = 32 };

struct actor {
	const char *name, *pseudonym;
	enum role role;
};

const struct actor *
actor_page_reader(void)
{
	static const struct actor reader = {
		.name = "page", .pseudonym = "page", .role = ROLE_AUDITOR};

	return &reader;
}

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

const char *
actor_name(const struct actor *who)
{
	return who->name;
}

const char *
actor_pseudonym(const struct actor *who)
{
	return who->pseudonym;
}

enum role
actor_role(const struct actor *who)
{
	return who->role;
}

static enum rc
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
	const char *name, *pseudonym, *role, *password;
	bool found;
};

static enum rc
on_person(void *arg, const struct db_row *row, struct err *e)
{
	struct person_row *p = arg;
	const struct db_driver *drv = p->s->drv;
	size_t len;

	(void)e;
	p->found = true;
	p->name = arena_strdup(p->a, drv->col_text(row, 0, &len));
	p->pseudonym = arena_strdup(p->a, drv->col_text(row, 1, &len));
	p->role = arena_strdup(p->a, drv->col_text(row, 2, &len));
	if (!drv->col_null(row, 3))
		p->password = arena_strdup(p->a, drv->col_text(row, 3, &len));
	return RC_OK;
}

static enum rc
person_by(struct node *nd, struct arena *a, const struct sql *q, struct db_param key,
	  struct person_row *ret, struct err *e)
{
	struct store *s;
	enum rc rc = reader_get(nd, &s, e);

	if (rc != RC_OK)
		return rc;
	*ret = (struct person_row){.s = s, .a = a};
	rc = store_run(s, q, &key, on_person, ret, e);
	reader_put(nd, s);
	return rc;
}

/* "name:password": one at a time, as each check takes 64 MiB. */
static enum rc
by_password(struct node *nd, struct arena *a, const char *credential, const char *colon,
	    struct person_row *p, struct err *e)
{
	const char *name = arena_strndup(a, credential, (size_t)(colon - credential));
	enum rc rc = person_by(nd, a, &SQL_PERSON_BY_NAME, DB_P_TEXT(name), p, e);

	if (rc != RC_OK || !p->found)
		return rc;
	pthread_mutex_lock(&nd->password_mu);
	p->found =
		p->password != NULL &&
		crypto_pwhash_str_verify(p->password, colon + 1, strlen(colon + 1)) == 0;
	pthread_mutex_unlock(&nd->password_mu);
	return RC_OK;
}

static enum rc
by_token(struct node *nd, struct arena *a, const char *credential, struct person_row *p,
	 struct err *e)
{
	const size_t prefix = strlen(CREDENTIAL_PREFIX);
	size_t len = strlen(credential), token_len;
	struct hash h;
	uint8_t *token;

	while (len > prefix &&
	       (credential[len - 1] == '\n' || credential[len - 1] == ' '))
		len--;
	const char *b64 = credential + prefix;
	if (b64url_decode(a, b64, len - prefix, &token, &token_len) != RC_OK ||
	    token_len != TOKEN_BYTES)
		return RC_OK;
	hash_bytes(token, token_len, &h);
	sodium_memzero(token, token_len);
	return person_by(nd, a, &SQL_PERSON_BY_TOKEN, DB_P_BLOB(h.b, HASH_LEN), p, e);
}

enum rc
actor_authenticate(struct node *nd, struct arena *a, const char *credential,
		   const struct actor **ret, struct err *e)
{
	struct person_row p = {0};
	const char *colon = strchr(credential, ':');
	enum rc rc = RC_OK;

	if (strncmp(credential, CREDENTIAL_PREFIX, strlen(CREDENTIAL_PREFIX)) == 0)
		rc = by_token(nd, a, credential, &p, e);
	else if (colon != NULL)
		rc = by_password(nd, a, credential, colon, &p, e);
	if (rc != RC_OK)
		return rc;
	if (!p.found)
		return err_set(
			e, RC_UNAUTHENTICATED,
			"this credential opens nothing here: it is of another node, "
			"was withdrawn, or the password is wrong");
	struct actor *who = ARENA_NEW(a, struct actor);
	who->name = p.name;
	who->pseudonym = p.pseudonym;
	rc = role_parse(p.role, &who->role, e);
	if (rc == RC_OK)
		*ret = who;
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
person_prepare(struct arena *a, const char *name, const char *role, const char *password,
	       struct person_new *ret, struct err *e)
{
	uint8_t token[TOKEN_BYTES], id[8];
	char hex[17];
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
	if (password != NULL && strlen(password) < PASSWORD_MIN)
		return err_set(e, RC_INVALID, "a password has at least %d characters",
			       PASSWORD_MIN);
	randombytes_buf(id, sizeof(id));
	hex_encode(id, sizeof(id), hex);
	*ret = (struct person_new){.name = name,
				   .role = role_token(r),
				   .pseudonym = arena_printf(a, "p-%s", hex)};
	if (password != NULL) {
		char *str = arena_alloc(a, crypto_pwhash_STRBYTES);
		if (crypto_pwhash_str(str, password, strlen(password),
				      crypto_pwhash_OPSLIMIT_INTERACTIVE,
				      crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
			return err_set(e, RC_FULL, "no memory for argon2id (64 MiB)");
		ret->password = str;
		return RC_OK;
	}
	randombytes_buf(token, sizeof(token));
	hash_bytes(token, sizeof(token), &ret->token_hash);
	ret->credential = arena_printf(a, CREDENTIAL_PREFIX "%s",
				       b64url_arena(a, token, sizeof(token)));
	sodium_memzero(token, sizeof(token));
	return RC_OK;
}

enum rc
person_insert(struct store *s, const struct person_new *p, const char *added_by,
	      int64_t now_us, struct err *e)
{
	enum rc rc = store_run(
		s, &SQL_PERSON_INSERT,
		(struct db_param[]){
			DB_P_TEXT(p->name),
			DB_P_TEXT(p->pseudonym),
			DB_P_TEXT(p->role),
			DB_P_BLOB(p->credential == NULL ? NULL : p->token_hash.b,
				  HASH_LEN),
			DB_P_TEXT(p->password),
			DB_P_INT(now_us),
			DB_P_TEXT(added_by),
		},
		NULL, NULL, e);

	if (rc == RC_CONFLICT)
		rc = err_set(e, RC_CONFLICT, "there is a person %s already", p->name);
	return rc;
}

struct person_job {
	const struct person_new *p;
	const char *by, *name;
};

static enum rc
work_add(struct writer *w, void *arg, struct err *e)
{
	const struct person_job *j = arg;

	return person_insert(w->s, j->p, j->by, w->now_us, e);
}

/* in: name, role, password?  out: name, role, pseudonym, credential (null with a
 * password) */
enum rc
service_person_add(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	const char *name, *role, *password;
	struct person_new p;
	enum rc rc = in_only(in, "name role password", e);

	if (rc == RC_OK)
		rc = in_text(in, "name", true, PERSON_NAME_MAX, &name, e);
	if (rc == RC_OK)
		rc = in_text(in, "role", true, 32, &role, e);
	if (rc == RC_OK)
		rc = in_text(in, "password", false, PASSWORD_MAX, &password, e);
	if (rc == RC_OK)
		rc = person_prepare(a, name, role, password, &p, e);
	if (rc != RC_OK)
		return rc;
	struct person_job j = {.p = &p, .by = who->name};
	rc = writer_run(nd, work_add, &j, e);
	if (rc == RC_OK)
		reply_json(a, out,
			   json_pack("{s:s, s:s, s:s, s:s?}", "name", p.name, "role",
				     p.role, "pseudonym", p.pseudonym, "credential",
				     p.credential));
	return rc;
}

static enum rc
work_withdraw(struct writer *w, void *arg, struct err *e)
{
	const struct person_job *j = arg;
	int64_t admins;
	enum rc rc = store_run(w->s, &SQL_PERSON_WITHDRAW,
			       (struct db_param[]){DB_P_TEXT(j->name)}, NULL, NULL, e);

	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no active person %s", j->name);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_PERSON_ADMINS, NULL, 0, &admins, e);
	if (rc == RC_OK && admins == 0)
		rc = err_set(
			e, RC_CONFLICT,
			"%s is the last admin: add another before this one is withdrawn",
			j->name);
	return rc;
}

/* in: person  out: name */
enum rc
service_person_withdraw(struct node *nd, struct arena *a, const struct actor *who,
			json_t *in, struct reply *out, struct err *e)
{
	struct person_job j = {0};
	enum rc rc = in_only(in, "person", e);

	(void)who;
	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &j.name, e);
	if (rc == RC_OK)
		rc = writer_run(nd, work_withdraw, &j, e);
	if (rc == RC_OK)
		reply_json(a, out, json_pack("{s:s}", "name", j.name));
	return rc;
}

/* out: persons [{name, pseudonym, role, by (token or password), active, added}] */
enum rc
service_person_list(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	json_t *o = reply_json(a, out, json_object()), *rows = json_array();
	struct store *s = NULL;
	enum rc rc = in_only(in, "", e);

	(void)who;
	json_object_set_new(o, "persons", rows);
	if (rc == RC_OK)
		rc = reader_get(nd, &s, e);
	if (rc == RC_OK)
		rc = store_rows(s, &SQL_PERSON_LIST, NULL,
				"name:s pseudonym:s role:s by:s active:b added:t", rows,
				e);
	reader_put(nd, s);
	return rc;
}
