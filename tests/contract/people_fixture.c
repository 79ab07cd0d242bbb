#include "people_fixture.h"

#define AUTHORITY PARTY_AUTHORITY

const char people_good[] = "korek:kuda:baterai";
const char people_good2[] = "tujuh gajah minum kopi";
const char people_elsewhere[] = "192.0.2.7";

enum rc
people_ask(struct fix *f, const struct actor *who, const char *method, const char *path,
	   json_t *in, json_t **ret, struct err *e)
{
	const struct service_route *r;
	struct reply out = {0};

	if (in == NULL)
		in = json_object();
	*e = (struct err)ERR_INIT;
	enum rc rc = service_route_find(method, path, in, &r, e);
	if (rc == RC_OK)
		rc = service_run(f->n[AUTHORITY].nd, f->a, r, who, in, &out, e);
	json_decref(in);
	if (ret != NULL)
		*ret = out.json;
	return rc;
}

enum rc
people_login_at(struct fix *f, const char *address, const char *name,
		const char *password, const char *code, json_t **ret, struct err *e)
{
	return people_ask(f, actor_stranger(f->a, address), "POST", "/v1/login",
			  json_pack("{s:s, s:s, s:s*}", "name", name, "password",
				    password, "code", code),
			  ret, e);
}

enum rc
people_login(struct fix *f, const char *name, const char *password, json_t **ret)
{
	struct err e;

	return people_login_at(f, people_elsewhere, name, password, NULL, ret, &e);
}

const char *
people_session(struct fix *f, const char *name, const char *password)
{
	json_t *r = NULL;

	assert_int_equal(people_login(f, name, password, &r), RC_OK);
	return fix_text(r, "session");
}

enum rc
people_enter(struct fix *f, const char *session, const struct actor **ret)
{
	struct err e = ERR_INIT;

	return actor_from_session(f->n[AUTHORITY].nd, f->a, session, people_elsewhere,
				  ret, &e);
}

bool
people_lives(struct fix *f, const char *session)
{
	const struct actor *who;

	return people_enter(f, session, &who) == RC_OK;
}

enum rc
people_in(struct fix *f, const char *session, const char *method, const char *path,
	  json_t *in, json_t **ret, struct err *e)
{
	const struct actor *who;

	assert_int_equal(people_enter(f, session, &who), RC_OK);
	return people_ask(f, who, method, path, in, ret, e);
}

json_t *
people_must(struct fix *f, const char *session, const char *method, const char *path,
	    json_t *in)
{
	json_t *r = NULL;
	struct err e;

	fix_ok(people_in(f, session, method, path, in, &r, &e), &e, path);
	return r;
}

json_t *
people_admin(struct fix *f, const char *method, const char *path, json_t *in)
{
	return fix_must(f, AUTHORITY, f->n[AUTHORITY].admin, method, path, in);
}

void
people_open(struct fix *f)
{
	fix_open_one(f, AUTHORITY);
	people_admin(f, "POST", "/v1/persons",
		     json_pack("{s:s, s:s, s:s}", "name", "gita", "role", "officer",
			       "password", people_good));
}
