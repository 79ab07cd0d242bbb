/*
 * people_fixture - logging in and acting in a session, on the authority's node.
 */
#ifndef SALURAN_TESTS_PEOPLE_FIXTURE_H
#define SALURAN_TESTS_PEOPLE_FIXTURE_H

#include "node_fixture.h"

extern const char people_good[], people_good2[]; /* passwords */
extern const char people_elsewhere[];		 /* an address */

/* One node with gita, an officer with the password people_good. */
void people_open(struct fix *f);

/* As fix_call(), by an actor. */
enum rc people_ask(struct fix *f, const struct actor *who, const char *method,
		   const char *path, json_t *in, json_t **ret, struct err *e);
/* As fix_must(), by the node's admin. */
json_t *people_admin(struct fix *f, const char *method, const char *path, json_t *in);

enum rc people_login_at(struct fix *f, const char *address, const char *name,
			const char *password, const char *code, json_t **ret,
			struct err *e);
enum rc people_login(struct fix *f, const char *name, const char *password, json_t **ret);
/* A session's secret; the login must not fail. */
const char *people_session(struct fix *f, const char *name, const char *password);

enum rc people_enter(struct fix *f, const char *session, const struct actor **ret);
bool people_lives(struct fix *f, const char *session);
enum rc people_in(struct fix *f, const char *session, const char *method,
		  const char *path, json_t *in, json_t **ret, struct err *e);
json_t *people_must(struct fix *f, const char *session, const char *method,
		    const char *path, json_t *in);

#endif
