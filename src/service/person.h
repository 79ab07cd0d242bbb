/*
 * person - people, what they prove who they are with, and what is recorded of them; for
 * service/ itself.
 */
#ifndef SALURAN_SERVICE_PERSON_H
#define SALURAN_SERVICE_PERSON_H

#include "service/node_int.h"

#define CREDENTIAL_PREFIX "saluran-credential-v1:"
#define SESSION_PREFIX	  "saluran-session-v1:"
#define WELCOME_PREFIX	  "saluran-welcome-v1:"
#define SCOPES_ALL	  "*"
#define ADDRESS_LOCAL	  "local" /* the node's own socket */

enum {
	PERSON_NAME_MAX = 40,
	PASSWORD_MIN = 12, /* characters */
	PASSWORD_CHARS_MAX = 128,
	PASSWORD_MAX = 512,   /* bytes: as many of any script */
	SECRET_LEN = 32,      /* bytes of a token, a session or a link */
	SECRET_TEXT_MAX = 80, /* with its prefix */
	PERSON_ID_MAX = 20,   /* "t-", "s-" and 16 digits */
	ADDRESS_MAX = 63,
	TOTP_LEN = 20,	 /* bytes of a secret (RFC 4226, 4 R6) */
	TOKENS_MAX = 50, /* good ones of one person */
};

/* ---- who asks: actor.c ------------------------------------------------------------- */

struct actor {
	const char *name; /* NULL: a stranger */
	const char *pseudonym, *address;
	enum role role;
	const char *via;    /* id of the token or session; "password" */
	const char *scopes; /* SCOPES_ALL or by spaces */
	const char *csrf;   /* NULL: no session */
	bool touch;	    /* note that the token or session is in use */
	bool must_enrol;    /* may only enrol TOTP */
};

bool actor_has_session(const struct actor *who);

/* A fresh secret as text with its prefix, and what the store keeps of it. */
const char *secret_make(struct arena *a, const char *prefix, struct hash *ret);
/* Of a text with that prefix, white space at its end let be.  False: it has another form.
 */
bool secret_hash(struct arena *a, const char *prefix, const char *text, struct hash *ret);
/* "<letter>-" and 16 random digits. */
const char *person_id_make(struct arena *a, char letter);
const char *session_csrf(struct arena *a, const char *session);

/* ---- the directory: person.c ------------------------------------------------------- */

/* A secret as the store has it (vault.h); p is NULL: none. */
struct sealed {
	const uint8_t *p;
	size_t len;
};

struct person {
	const char *name, *pseudonym;
	enum role role;
	const char *password;	       /* argon2id string, NULL: none */
	struct sealed totp, totp_next; /* secrets of TOTP_LEN bytes */
	int64_t totp_step;
	bool found;
};

enum rc role_parse(const char *token, enum role *ret, struct err *e) MUST_CHECK;
/* An active person; ret->found. */
enum rc person_get(struct store *s, struct arena *a, const char *name, struct person *ret,
		   struct err *e) MUST_CHECK;
/* As person_get() by a reader of the pool. */
enum rc person_read(struct node *nd, struct arena *a, const char *name,
		    struct person *ret, struct err *e) MUST_CHECK;

struct person_new {
	const char *name, *role, *pseudonym;
	const char *credential; /* shown once; NULL: none */
	const char *password;	/* argon2id string, or NULL */
	const char *token_id;
	struct hash token_hash;
};

/* A new person with a fresh token.  RC_INVALID. */
enum rc person_prepare(struct arena *a, const char *name, const char *role,
		       struct person_new *ret, struct err *e) MUST_CHECK;
enum rc person_insert(struct store *s, const struct person_new *p, const char *added_by,
		      int64_t now_us, struct err *e) MUST_CHECK;

/* Notes who did something about a person, and when. */
enum rc person_changed(struct writer *w, const char *name, const char *by,
		       struct err *e) MUST_CHECK;

/* A one-time link for an active person; with forget_device the only way back in, beside
 * tokens.  RC_NOT_FOUND. */
enum rc person_link(struct store *s, struct arena *a, const char *name,
		    bool forget_device, const char *by, int64_t now_us, int64_t valid_us,
		    const char **ret, struct err *e) MUST_CHECK;

/* ---- passwords: password.c --------------------------------------------------------- */

/* A list, one a line, in order and in small letters.  The arena owns it. */
void passwords_parse(struct arena *a, const char *text, const char ***ret, size_t *ret_n);
/* As password_check(), and it is not on the operator's list. */
enum rc password_take(const struct node *nd, const char *name, const char *password,
		      struct err *e) MUST_CHECK;
/* RC_INVALID: too short, too simple, or made of the words around it. */
enum rc password_check(const char *org, const char *name, const char *password,
		       struct err *e) MUST_CHECK;
/* An argon2id string in the arena; waits for one of two places. */
enum rc password_hash(struct node *nd, struct arena *a, const char *password,
		      const char **ret, struct err *e) MUST_CHECK;
/* `hash` NULL takes as long as any. */
bool password_verify(struct node *nd, const char *hash, const char *password);

/* ---- guessing: lockout.c ----------------------------------------------------------- */

/* A try, counted as failed until it is known to be none.  RC_LIMIT: not yet. */
enum rc lockout_begin(struct node *nd, const char *name, const char *address,
		      struct err *e) MUST_CHECK;
/* It was right: the person's count is forgotten, the address's is as before. */
enum rc lockout_success(struct store *s, const char *name, const char *address,
			int64_t now_us, struct err *e) MUST_CHECK;
/* It was neither: as if it had not been. */
enum rc lockout_undo(struct node *nd, const char *name, const char *address,
		     struct err *e) MUST_CHECK;

/* ---- sessions: session.c ----------------------------------------------------------- */

/* A session of this person from now on; *ret is its secret. */
enum rc session_make(struct writer *w, struct arena *a, const char *person,
		     const char *address, const char **ret, struct err *e) MUST_CHECK;
/* All sessions of the person end; when `who` came by one, *ret is a new one in its place.
 * NULL: none. */
enum rc session_renew(struct writer *w, struct arena *a, const struct actor *who,
		      const char *person, const char **ret, struct err *e) MUST_CHECK;
int64_t session_idle_us(const struct node *nd);
/* What a login's answer has. */
json_t *session_json(struct node *nd, struct arena *a, const struct person *p,
		     const char *session);
/* With `session` and `csrf`, when there is a new one. */
void session_shown(struct arena *a, json_t *into, const char *session);

/* ---- one-time passwords: totp.c ---------------------------------------------------- */

/* RFC 6238, SHA-1, 30 s, 6 digits. */
uint32_t totp_code(const uint8_t *secret, size_t len, int64_t step);
int64_t totp_step_of(int64_t now_us);
/* The step of this code, one to either side of now, later than `after`; -1: none. */
int64_t totp_match(const uint8_t secret[TOTP_LEN], const char *code, int64_t now_us,
		   int64_t after);
bool totp_required(const struct node *nd, enum role role);
/* A setting's list of roles; RC_INVALID names the word. */
enum rc totp_roles_parse(const char *text, unsigned *ret, struct err *e) MUST_CHECK;
/* A code of the device, or a recovery code, is used up.  RC_UNAUTHENTICATED. */
enum rc totp_use(struct writer *w, const struct person *p, const char *code,
		 struct err *e) MUST_CHECK;

/* ---- tokens: token.c --------------------------------------------------------------- */

/* "cases:read cases:write", "*:read" or "*": what is not a scope of some route is
 * refused.  *ret: each once, in order. */
enum rc scopes_parse(struct arena *a, const json_t *list, const char **ret,
		     struct err *e) MUST_CHECK;
/* The scope that a route needs: its first word, and read for GET or write. */
const char *scope_of(struct arena *a, const struct service_route *r);
bool scopes_allow(const char *scopes, const char *scope);
/* Is each of `inner` allowed by `outer`? */
bool scopes_within(const char *inner, const char *outer);
json_t *scopes_json(const char *scopes);

/* ---- one-time links: welcome.c ----------------------------------------------------- */

/* A link for this person; those before it are used up. */
enum rc welcome_put(struct store *s, struct arena *a, const char *person,
		    const char *made_by, int64_t now_us, int64_t valid_us,
		    const char **ret, struct err *e) MUST_CHECK;

/* ---- who saw and did what: access.c ------------------------------------------------ */

struct access_log;
struct access_log *access_create(void);
void access_free(struct access_log *al); /* NULL allowed */

/* Room for one record.  Waits while there is none; RC_UNAVAILABLE: the record cannot be
 * written. */
enum rc access_reserve(struct node *nd, struct err *e) MUST_CHECK;
/* Uses the room.  `method` and `route` are constants; `object` may be NULL. */
void access_put(struct node *nd, const struct actor *who, const char *method,
		const char *route, const char *object, enum rc outcome);
/* Gives the room back: nothing was shown. */
void access_release(struct node *nd);
/* The node itself: "start", "stop". */
void access_node(struct node *nd, const char *what);

/* For the writer.  Does anything wait; is it so much that it should not wait longer? */
enum { ACCESS_WAIT_US = 200000 };
bool access_due(const struct node *nd, bool *ret_urgent);
/* Write what waits, in a savepoint of its own; true: something was written. */
bool access_write(struct writer *w);
/* The group is durable, or not.  False: what waits could not be written. */
bool access_written(struct node *nd, bool durable);

/* {size, digest} for the status; *ret is new. */
enum rc access_status(struct store *s, json_t **ret, struct err *e) MUST_CHECK;

service_fn service_person_add, service_person_withdraw, service_person_list,
	service_colleagues, service_person_role, service_person_link, service_login,
	service_logout, service_me, service_sessions, service_session_revoke,
	service_password, service_totp_start, service_totp_confirm, service_totp_off,
	service_recovery, service_tokens, service_token_add, service_token_revoke,
	service_welcome, service_welcome_check, service_access, service_access_check;

#endif
