/*
 * service - every use case of the node in one table, for every edge.
 *
 * An edge authenticates, finds the row, merges the path's and query's words into `in` and
 * shows the reply or the error.  What the members of `in` and of a reply are stands with
 * each function here and in docs/api.md.  Members that a function does not know are
 * refused.
 */
#ifndef SALURAN_SERVICE_SERVICE_H
#define SALURAN_SERVICE_SERVICE_H

#include <jansson.h>

#include "core/rpz_row.h"
#include "service/node.h"

/* X(NAME, token, what it does) */
#define ROLE_TABLE(X)                                                                    \
	X(ADMIN, "admin", "people, keys, peers")                                         \
	X(OFFICER, "officer", "sends notices, converses, reminds, warns, drafts orders") \
	X(APPROVER, "approver", "approves, overrides and lifts")                         \
	X(AGENT, "agent", "accepts cases and decides items")                             \
	X(LEAD, "lead", "an agent who answers for the others")                           \
	X(OPERATOR, "operator", "DNS operators' contact")                                \
	X(AUDITOR, "auditor", "reads and verifies everything, changes nothing")

enum role {
#define X(name, token, doc) ROLE_##name,
	ROLE_TABLE(X)
#undef X
		ROLE_COUNT
};

#define ROLE_BIT(r) (1u << (r))
enum { ROLES_ANY = (1u << ROLE_COUNT) - 1, ROLES_NOBODY_NEEDED = 0 };

const char *role_token(enum role r);

/*
 * Who asks: a person who has proven who they are, or a stranger of whom only the address
 * is known.  A person comes with an API token (all that its scopes and their role allow),
 * a session, or name and password.  Lives as long as the arena.
 */
struct actor;
const char *actor_name(const struct actor *who); /* NULL: a stranger */
const char *actor_pseudonym(const struct actor *who);
enum role actor_role(const struct actor *who);

/* `address` of all of these: the client's IP address, NULL: the local socket.  It is what
 * is counted when somebody guesses passwords, and stands in the access record. */

/* Whoever asks on a route that needs nobody, so that a login knows where it comes from.
 * Such a route may also be given NULL. */
const struct actor *actor_stranger(struct arena *a, const char *address);

/*
 * From an Authorization header: the content of a credential file or of a session file, or
 * "name:password".
 * RC_UNAUTHENTICATED  without saying which part was wrong
 * RC_LIMIT            too many wrong passwords; e->retry_after_s says when to try again
 * A password check takes 64 MiB, and two run at once.
 */
enum rc actor_authenticate_at(struct node *nd, struct arena *a, const char *credential,
			      const char *address, const struct actor **ret,
			      struct err *e) MUST_CHECK;
/* As actor_authenticate_at() on the local socket. */
enum rc actor_authenticate(struct node *nd, struct arena *a, const char *credential,
			   const struct actor **ret, struct err *e) MUST_CHECK;

/*
 * From a cookie.  Its value is the member `session` of an answer: POST /v1/login and
 * /v1/welcome have it, and so has whatever changes what the session may do (its secret is
 * another one from then on).  An edge with cookies takes the member out of every answer
 * that has it and sets the cookie instead (Secure, HttpOnly, SameSite=Strict); after
 * POST /v1/logout it clears it.  A request with another method than GET that is
 * authenticated by a cookie must pass actor_csrf_check().
 * RC_UNAUTHENTICATED: unknown, ended, idle or too old.
 */
enum rc actor_from_session(struct node *nd, struct arena *a, const char *session,
			   const char *address, const struct actor **ret,
			   struct err *e) MUST_CHECK;
/* `token`: what the request's X-CSRF-Token says, NULL: nothing.  It is the member `csrf`
 * of the login's answer and of GET /v1/me, and hangs on the session's secret. RC_DENIED:
 * it is not that session's. */
enum rc actor_csrf_check(const struct actor *who, const char *token,
			 struct err *e) MUST_CHECK;

struct upload;
struct download;

struct reply {
	json_t *json; /* lives as long as the arena; NULL when bytes are set */
	const uint8_t *bytes;
	size_t len;
	struct upload *upload;	   /* takes the body, see stream.h; else NULL */
	struct download *download; /* gives the bytes, see stream.h; else NULL */
	const char *type;	   /* of the bytes; NULL: application/octet-stream */
	const char *file;	   /* name to keep the bytes under; NULL: none */
};

typedef enum rc service_fn(struct node *nd, struct arena *a, const struct actor *who,
			   json_t *in, struct reply *out, struct err *e);

struct service_route {
	const char *method; /* "GET", "POST" */
	const char *path;   /* "/v1/cases/{case}/accept" */
	unsigned roles;	    /* who may; ROLES_NOBODY_NEEDED: without a credential */
	int party;	 /* PARTY_AUTHORITY, PARTY_PLATFORM or -1: which nodes have it */
	size_t body_max; /* bytes */
	service_fn *fn;
	const char *doc;
};
extern const struct service_route service_routes[];
extern const size_t service_routes_n;

/* Find the row for a request; path words are put into `in` as texts.  RC_NOT_FOUND;
 * RC_UNSUPPORTED: the path exists with another method. */
enum rc service_route_find(const char *method, const char *path, json_t *in,
			   const struct service_route **ret, struct err *e) MUST_CHECK;

/* May an answer of it be kept under an Idempotency-Key?  Not where a password or a code
 * is proven: it would hold the writer while argon2id works, and keep a trace of the
 * secret. */
bool service_route_keyed(const struct service_route *r);

/* Is its answer the same for everybody: the register, the figures, the lookup? */
bool service_route_public(const struct service_route *r);

/*
 * Check role, scope and party, run, and put it on the access record: who, what, which
 * object, how it ended.
 * RC_UNAUTHENTICATED  `who` is NULL or a stranger where a person is needed
 * RC_DENIED           names the roles or the scope needed
 * RC_UNAVAILABLE      the access record cannot be written: nothing was done
 */
enum rc service_run(struct node *nd, struct arena *a, const struct service_route *r,
		    const struct actor *who, json_t *in, struct reply *out,
		    struct err *e) MUST_CHECK;
/* One that is not run: its answer was kept, or it is refused before anything is done;
 * `outcome` is which.  Whoever may not ask for it any more is refused here, and it is on
 * record all the same.  Returns the outcome; where that is a refusal, `e` says it. */
enum rc service_run_not(struct node *nd, struct arena *a, const struct service_route *r,
			const struct actor *who, json_t *in, enum rc outcome,
			struct reply *out, struct err *e) MUST_CHECK;
/* service_run() for what reads on, as a stream that was opened by service_run(): on
 * record only when `shows`, a list in the answer, has something. */
enum rc service_run_on(struct node *nd, struct arena *a, const struct service_route *r,
		       const struct actor *who, json_t *in, const char *shows,
		       struct reply *out, struct err *e) MUST_CHECK;

/* ---- the zones, for the DNS server ------------------------------------------------- */

/* One of the zones that resolvers fetch. */
struct zone_origin {
	const char *origin; /* without its last dot */
	uint32_t serial, ttl_s;
};
/* A row with its owner relative to the origin. */
typedef enum rc zone_on_row(void *arg, const struct rpzrow *row, bool added,
			    struct err *e);
/* Any thread, several at once. */
enum rc service_zones(struct node *nd, struct arena *a, const struct zone_origin **ret,
		      size_t *ret_n, struct err *e) MUST_CHECK;
/* All rows of the newest serial, `added` true; *ret is filled before the first.
 * RC_NOT_FOUND: no such zone.  What `fn` returns is passed on. */
enum rc service_zone_rows(struct node *nd, const char *origin, struct zone_origin *ret,
			  zone_on_row *fn, void *arg, struct err *e) MUST_CHECK;
/* What differs between two serials, condensed: each owner's row goes, comes, or both.
 * RC_NOT_FOUND: no such zone, or it never had one of them, or differences from then on
 * are not known. */
enum rc service_zone_changes(struct node *nd, const char *origin, uint32_t from,
			     uint32_t to, zone_on_row *fn, void *arg,
			     struct err *e) MUST_CHECK;
/* What the edges watch, cheap enough to ask after each commit. */
struct edge_state {
	int64_t zones;	   /* differs after one of them moved */
	int64_t operators; /* differs after one was added or removed */
	int64_t peers;	   /* introduced */
};
enum rc service_edge_state(struct node *nd, struct edge_state *ret,
			   struct err *e) MUST_CHECK;
struct zone_key {
	const char *name, *secret; /* base64, in clear */
};
struct zone_operator {
	const char *name, *resolver;  /* kind, NULL: not said */
	const char *address;	      /* where NOTIFY goes */
	const char *const *addresses; /* that one, and the further ones */
	size_t n_addresses;
	uint16_t notify_port;	     /* 0: no NOTIFY */
	const struct zone_key *keys; /* good now, the newest first; none: by address */
	size_t n_keys;
	/* What is printed for people: the newest key, NULL: none. */
	const char *tsig_name, *tsig_secret;
	const char *zone, *layout, *origin; /* of the zone, whole */
	const char *const *zones; /* origins that it may have, the hot one first */
	size_t n_zones;
};
enum rc service_operators(struct node *nd, struct arena *a,
			  const struct zone_operator **ret, size_t *ret_n,
			  struct err *e) MUST_CHECK;
/* A host of an operator holds that serial of an origin; `how` is a token: axfr, ixfr,
 * query; held: it asked again, and has what it had. */
struct zone_pulled {
	const char *operator_name, *origin, *address, *how;
	uint32_t serial;
};
void service_pulled(struct node *nd, const struct zone_pulled *p);
/* What became of a NOTIFY; `over`: it is not sent again.  `result` is a token of
 * notify_words[] (operator_seen.c). */
struct zone_notified {
	const char *operator_name, *origin, *address, *result;
	uint16_t port;
	uint32_t serial;
	unsigned attempts;
	bool over;
};
void service_notified(struct node *nd, const struct zone_notified *n);

/* A query signed with a key of that name (with its last dot) was refused: `why` is a
 * token as badkey.  If it is or was an operator's, people are told. */
void service_key_refused(struct node *nd, const char *key, const char *address,
			 const char *why);

/* Open one file of the other side that nobody has opened yet and compare it with its
 * event.  RC_NOT_FOUND: there is none. */
enum rc service_evidence_check(struct node *nd, struct err *e) MUST_CHECK;

/* Do one piece of what is due of other servers' checkers (rpz.checkers): look at rows
 * that changed, at a base.  For one thread, which it makes nicer.  RC_NOT_FOUND: nothing
 * is due.  RC_UNAVAILABLE: the node stops. */
enum rc service_zone_check(struct node *nd, struct err *e) MUST_CHECK;

/* Do what is due (service/tick.h); how long until the next of it (at most max_us).
 * RC_UNAVAILABLE: the signer has ended, and only a new start of the node mends that. */
enum rc service_tick(struct node *nd, int64_t max_us, int64_t *ret_wait_us,
		     struct err *e) MUST_CHECK;

#endif
