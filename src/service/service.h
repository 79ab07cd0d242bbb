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

/* A person who has proven who they are.  Made only by actor_authenticate(). */
struct actor;
const char *actor_name(const struct actor *who);
const char *actor_pseudonym(const struct actor *who);
enum role actor_role(const struct actor *who);

/* `credential` is the content of a credential file, or "name:password".
 * RC_UNAUTHENTICATED without saying which part was wrong; a password check takes 64 MiB
 * and two run at once. */
enum rc actor_authenticate(struct node *nd, struct arena *a, const char *credential,
			   const struct actor **ret, struct err *e) MUST_CHECK;

/* Who reads the loopback pages: an auditor without a name, until the pages have sessions.
 */
const struct actor *actor_page_reader(void);

struct reply {
	json_t *json; /* lives as long as the arena; NULL when bytes are set */
	const uint8_t *bytes;
	size_t len;
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

/* Check role and party, then run.  RC_UNAUTHENTICATED, RC_DENIED name the roles needed.
 */
enum rc service_run(struct node *nd, struct arena *a, const struct service_route *r,
		    const struct actor *who, json_t *in, struct reply *out,
		    struct err *e) MUST_CHECK;

/* Zone edge: see rpz/rpz.h for what these become. */
struct zone_row {
	const char *owner, *action;
};
struct zone_now {
	const char *origin;
	uint32_t serial, ttl_s;
	const struct zone_row *rows;
	size_t n_rows;
};
enum rc service_zone(struct node *nd, struct arena *a, struct zone_now *ret,
		     struct err *e) MUST_CHECK;
/* What the edges watch, cheap enough to ask after each commit. */
struct edge_state {
	uint32_t serial;
	int64_t operators; /* differs after one was added or removed */
	int64_t peers;	   /* introduced */
};
enum rc service_edge_state(struct node *nd, struct edge_state *ret,
			   struct err *e) MUST_CHECK;
struct zone_operator {
	const char *name, *address, *tsig_name, *tsig_secret; /* tsig NULL: by address */
	uint16_t notify_port;
};
enum rc service_operators(struct node *nd, struct arena *a,
			  const struct zone_operator **ret, size_t *ret_n,
			  struct err *e) MUST_CHECK;
void service_pulled(struct node *nd, const char *operator_name, uint32_t serial);

/* Do what is due (service/tick.h); how long until the next of it (at most max_us).
 * RC_UNAVAILABLE: the signer has ended, and only a new start of the node mends that. */
enum rc service_tick(struct node *nd, int64_t max_us, int64_t *ret_wait_us,
		     struct err *e) MUST_CHECK;

#endif
