/*
 * Who asks.  A secret is 32 random bytes of which the store keeps the SHA-256: guessing
 * is hopeless, and a copy of the store opens nothing.
 */
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/enc.h"
#include "base/text.h"
#include "service/person.h"
#include "store/store_sql.h"

enum { TOUCH_US = 60000000 };

/* Separates what is derived from a session's secret from the secret. */
static const char csrf_context[] = "saluran csrf v1";

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

bool
actor_has_session(const struct actor *who)
{
	return who != NULL && who->csrf != NULL;
}

static const char *
address_of(struct arena *a, const char *address)
{
	const char *given = address == NULL ? ADDRESS_LOCAL : address;
	char *text = arena_strndup(a, given, strnlen(given, ADDRESS_MAX));

	text_make_printable(text);
	return text;
}

const struct actor *
actor_stranger(struct arena *a, const char *address)
{
	struct actor *who = ARENA_NEW(a, struct actor);

	who->address = address_of(a, address);
	return who;
}

const char *
secret_make(struct arena *a, const char *prefix, struct hash *ret)
{
	uint8_t secret[SECRET_LEN];

	randombytes_buf(secret, sizeof(secret));
	hash_bytes(secret, sizeof(secret), ret);
	const char *text =
		arena_printf(a, "%s%s", prefix, b64url_arena(a, secret, sizeof(secret)));
	sodium_memzero(secret, sizeof(secret));
	return text;
}

/* The bytes behind the prefix, in the arena; NULL: another form. */
static uint8_t *
secret_bytes(struct arena *a, const char *prefix, const char *text)
{
	size_t skip = strlen(prefix), len = strlen(text), n;
	uint8_t *secret;

	while (len != 0 && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	if (len <= skip || len > SECRET_TEXT_MAX || memcmp(text, prefix, skip) != 0 ||
	    b64url_decode(a, text + skip, len - skip, &secret, &n) != RC_OK ||
	    n != SECRET_LEN)
		return NULL;
	return secret;
}

bool
secret_hash(struct arena *a, const char *prefix, const char *text, struct hash *ret)
{
	uint8_t *secret = secret_bytes(a, prefix, text);

	if (secret == NULL)
		return false;
	hash_bytes(secret, SECRET_LEN, ret);
	sodium_memzero(secret, SECRET_LEN);
	return true;
}

const char *
person_id_make(struct arena *a, char letter)
{
	enum { ID_BYTES = 8 };
	uint8_t id[ID_BYTES];
	char hex[2 * ID_BYTES + 1];

	randombytes_buf(id, sizeof(id));
	hex_encode(id, sizeof(id), hex);
	return arena_printf(a, "%c-%s", letter, hex);
}

const char *
session_csrf(struct arena *a, const char *session)
{
	uint8_t *secret = secret_bytes(a, SESSION_PREFIX, session);
	uint8_t out[SECRET_LEN];

	if (secret == NULL)
		return NULL;
	if (crypto_generichash(out, sizeof(out), (const uint8_t *)csrf_context,
			       sizeof(csrf_context), secret, SECRET_LEN) != 0)
		return NULL;
	sodium_memzero(secret, SECRET_LEN);
	return b64url_arena(a, out, sizeof(out));
}

enum rc
actor_csrf_check(const struct actor *who, const char *token, struct err *e)
{
	if (who->csrf == NULL || token == NULL || strlen(token) != strlen(who->csrf) ||
	    sodium_memcmp(token, who->csrf, strlen(token)) != 0)
		return err_set(
			e, RC_DENIED,
			"the request does not show that it comes from our own page: "
			"give the session's csrf in the header X-CSRF-Token");
	return RC_OK;
}

/* ---- what a row says --------------------------------------------------------------- */

struct actor_row {
	struct store *s;
	struct arena *a;
	struct actor *who;
	int64_t used_us;
	bool enrolled, found;
};

/* name, pseudonym, role, id, then scopes or "TOTP is enrolled", then used_us */
static enum rc
on_actor(struct actor_row *r, const struct db_row *row, struct err *e)
{
	r->found = true;
	r->who->name = store_col_text(r->s, r->a, row, 0);
	r->who->pseudonym = store_col_text(r->s, r->a, row, 1);
	r->who->via = store_col_text(r->s, r->a, row, 3);
	r->used_us = r->s->drv->col_int(row, 5);
	return role_parse(store_col_text(r->s, r->a, row, 2), &r->who->role, e);
}

static enum rc
on_token(void *arg, const struct db_row *row, struct err *e)
{
	struct actor_row *r = arg;

	r->who->scopes = store_col_text(r->s, r->a, row, 4);
	return on_actor(r, row, e);
}

static enum rc
on_session(void *arg, const struct db_row *row, struct err *e)
{
	struct actor_row *r = arg;

	r->who->scopes = SCOPES_ALL;
	r->enrolled = r->s->drv->col_int(row, 4) != 0;
	return on_actor(r, row, e);
}

static enum rc
actor_find(struct node *nd, struct actor_row *r, const struct sql *q,
	   const struct db_param *p, db_on_row *on_row, struct err *e)
{
	enum rc rc = reader_get(nd, &r->s, e);

	if (rc != RC_OK)
		return rc;
	rc = store_run(r->s, q, p, on_row, r, e);
	reader_put(nd, r->s);
	return rc;
}

static enum rc
by_token(struct node *nd, struct arena *a, const char *credential, struct actor *who,
	 bool *ret_found, struct err *e)
{
	struct actor_row r = {.a = a, .who = who};
	int64_t now_us = clock_now_us();
	struct hash h;

	*ret_found = false;
	if (!secret_hash(a, CREDENTIAL_PREFIX, credential, &h))
		return RC_OK;
	enum rc rc = actor_find(
		nd, &r, &SQL_TOKEN_FIND,
		(struct db_param[]){DB_P_BLOB(h.b, HASH_LEN), DB_P_INT(now_us)}, on_token,
		e);
	*ret_found = r.found;
	who->touch = now_us - r.used_us > TOUCH_US;
	return rc;
}

static enum rc
by_session(struct node *nd, struct arena *a, const char *session, struct actor *who,
	   bool *ret_found, struct err *e)
{
	struct actor_row r = {.a = a, .who = who};
	int64_t now_us = clock_now_us(), idle_us = session_idle_us(nd);
	struct hash h;

	*ret_found = false;
	if (!secret_hash(a, SESSION_PREFIX, session, &h))
		return RC_OK;
	enum rc rc =
		actor_find(nd, &r, &SQL_SESSION_FIND,
			   (struct db_param[]){DB_P_BLOB(h.b, HASH_LEN), DB_P_INT(now_us),
					       DB_P_INT(now_us - idle_us)},
			   on_session, e);
	if (rc != RC_OK || !r.found)
		return rc;
	*ret_found = true;
	who->csrf = session_csrf(a, session);
	who->must_enrol = !r.enrolled && totp_required(nd, who->role);
	who->touch =
		now_us - r.used_us > (TOUCH_US < idle_us / 8 ? TOUCH_US : idle_us / 8);
	return rc;
}

struct attempt {
	const char *name, *address;
};

static enum rc
work_success(struct writer *w, void *arg, struct err *e)
{
	const struct attempt *t = arg;

	return lockout_success(w->s, t->name, t->address, w->now_us, e);
}

/* "name:password", for programs that keep no session.  Whoever has or needs a second
 * factor must log in. */
static enum rc
by_password(struct node *nd, struct arena *a, const char *credential, const char *colon,
	    struct actor *who, bool *ret_found, struct err *e)
{
	const char *name = arena_strndup(a, credential, (size_t)(colon - credential));
	size_t len = strcspn(colon + 1, "\r\n");
	const char *password = arena_strndup(a, colon + 1, len);
	struct attempt t = {.name = name, .address = who->address};
	struct person p = {0};

	*ret_found = false;
	if (len == 0 || len > PASSWORD_MAX)
		return RC_OK;
	enum rc rc = lockout_begin(nd, name, who->address, e);
	if (rc == RC_OK)
		rc = person_read(nd, a, name, &p, e);
	if (rc != RC_OK || !password_verify(nd, p.password, password))
		return rc;
	/* Half of a proof forgives nothing: codes would be guessed without a wait. */
	bool half = p.totp.p != NULL || totp_required(nd, p.role);
	rc = half ? lockout_undo(nd, name, who->address, e)
		  : writer_run(nd, work_success, &t, e);
	if (rc != RC_OK)
		return rc;
	if (half)
		return err_set(e, RC_UNAUTHENTICATED,
			       "a code goes with this password: log in with 'saluran "
			       "login' (POST /v1/login) and use the session");
	*ret_found = true;
	*who = (struct actor){.name = p.name,
			      .pseudonym = p.pseudonym,
			      .address = who->address,
			      .role = p.role,
			      .via = "password",
			      .scopes = SCOPES_ALL};
	return RC_OK;
}

enum rc
actor_authenticate_at(struct node *nd, struct arena *a, const char *credential,
		      const char *address, const struct actor **ret, struct err *e)
{
	const char *colon = strchr(credential, ':');
	struct actor *who = ARENA_NEW(a, struct actor);
	bool found = false;
	enum rc rc = RC_OK;

	who->address = address_of(a, address);
	if (strncmp(credential, CREDENTIAL_PREFIX, strlen(CREDENTIAL_PREFIX)) == 0)
		rc = by_token(nd, a, credential, who, &found, e);
	else if (strncmp(credential, SESSION_PREFIX, strlen(SESSION_PREFIX)) == 0)
		rc = by_session(nd, a, credential, who, &found, e);
	else if (colon != NULL)
		rc = by_password(nd, a, credential, colon, who, &found, e);
	if (rc == RC_OK && !found)
		rc = err_set(e, RC_UNAUTHENTICATED,
			     "this credential opens nothing here: it is of another node, "
			     "was withdrawn, has expired, or the password is wrong");
	if (rc == RC_OK)
		*ret = who;
	return rc;
}

enum rc
actor_authenticate(struct node *nd, struct arena *a, const char *credential,
		   const struct actor **ret, struct err *e)
{
	return actor_authenticate_at(nd, a, credential, NULL, ret, e);
}

enum rc
actor_from_session(struct node *nd, struct arena *a, const char *session,
		   const char *address, const struct actor **ret, struct err *e)
{
	struct actor *who = ARENA_NEW(a, struct actor);
	bool found;

	who->address = address_of(a, address);
	enum rc rc = by_session(nd, a, session, who, &found, e);
	if (rc == RC_OK && !found)
		rc = err_set(e, RC_UNAUTHENTICATED,
			     "this session has ended: log in again");
	if (rc == RC_OK)
		*ret = who;
	return rc;
}
