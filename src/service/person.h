/*
 * person - the directory of people, for service/ itself.
 */
#ifndef SALURAN_SERVICE_PERSON_H
#define SALURAN_SERVICE_PERSON_H

#include "service/node_int.h"

#define CREDENTIAL_PREFIX "saluran-credential-v1:"

enum {
	PERSON_NAME_MAX = 40,
	PASSWORD_MIN = 12,
	PASSWORD_MAX = 512,
};

struct person_new {
	const char *name, *role, *pseudonym;
	const char *credential; /* shown once; NULL with a password */
	const char *password;	/* argon2id string, or NULL */
	struct hash token_hash;
};

/* A new person with a fresh token, or with this password.  RC_INVALID. */
enum rc person_prepare(struct arena *a, const char *name, const char *role,
		       const char *password, struct person_new *ret,
		       struct err *e) MUST_CHECK;
enum rc person_insert(struct store *s, const struct person_new *p, const char *added_by,
		      int64_t now_us, struct err *e) MUST_CHECK;

service_fn service_person_add, service_person_withdraw, service_person_list;

#endif
