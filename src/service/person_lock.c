/*
 * What an admin does about a person who may have lost a device, or is away: lock and
 * unlock, and end what sessions there are.
 */
#include <string.h>

#include "service/person.h"
#include "service/use.h"
#include "store/store_sql.h"

enum { UNLOCKED = 1, LOCKED = 2 /* of person.active; 0: withdrawn */ };

struct lock_job {
	const char *name, *by;
	bool lock, end; /* neither: unlock */
	int64_t ended;	/* sessions, out */
};

enum rc
person_changed(struct writer *w, const char *name, const char *by, struct err *e)
{
	return store_run(
		w->s, &SQL_PERSON_CHANGED,
		(struct db_param[]){DB_P_TEXT(name), DB_P_INT(w->now_us), DB_P_TEXT(by)},
		NULL, NULL, e);
}

static enum rc
sessions_end(struct writer *w, struct lock_job *j, struct err *e)
{
	struct db_param whose[] = {DB_P_TEXT(j->name)};
	enum rc rc = store_run(w->s, &SQL_SESSION_END_ALL, whose, NULL, NULL, e);

	j->ended = (int64_t)w->s->drv->changes(w->s->db);
	return rc;
}

static enum rc
work_lock(struct writer *w, void *arg, struct err *e)
{
	struct lock_job *j = arg;
	struct db_param p[] = {DB_P_TEXT(j->name), DB_P_INT(j->lock ? LOCKED : UNLOCKED),
			       DB_P_INT(j->lock ? UNLOCKED : LOCKED)};
	int64_t admins = 0;
	enum rc rc = store_run(w->s, &SQL_PERSON_LOCK, p, NULL, NULL, e);

	if (rc == RC_OK && w->s->drv->changes(w->s->db) == 0)
		return err_set(e, RC_NOT_FOUND,
			       j->lock ? "there is no person %s who could be locked"
				       : "%s is not locked",
			       j->name);
	if (rc == RC_OK)
		rc = store_int(w->s, &SQL_PERSON_ADMINS, NULL, 0, &admins, e);
	if (rc == RC_OK && admins == 0)
		rc = err_set(e, RC_CONFLICT,
			     "%s is the last admin: nobody could unlock this one",
			     j->name);
	if (rc == RC_OK && j->lock)
		rc = sessions_end(w, j, e);
	return rc == RC_OK ? person_changed(w, j->name, j->by, e) : rc;
}

static enum rc
work_end(struct writer *w, void *arg, struct err *e)
{
	struct lock_job *j = arg;
	int64_t n = 0;
	enum rc rc = store_int(w->s, &SQL_PERSON_KNOWN,
			       (struct db_param[]){DB_P_TEXT(j->name)}, 0, &n, e);

	if (rc == RC_OK && n == 0)
		rc = err_set(e, RC_NOT_FOUND, "there is no person %s", j->name);
	return rc == RC_OK ? sessions_end(w, j, e) : rc;
}

static enum rc
lock_run(struct node *nd, struct arena *a, struct lock_job *j, json_t *in,
	 struct reply *out, struct err *e)
{
	enum rc rc = in_only(in, "person", e);

	if (rc == RC_OK)
		rc = in_text(in, "person", true, PERSON_NAME_MAX, &j->name, e);
	if (rc == RC_OK && j->lock && strcmp(j->name, j->by) == 0)
		rc = err_set(e, RC_CONFLICT,
			     "nobody locks themselves: another admin does");
	if (rc == RC_OK)
		rc = writer_run(nd, j->end ? work_end : work_lock, j, e);
	if (rc != RC_OK)
		return rc;
	json_t *r = reply_json(a, out, json_pack("{s:s}", "name", j->name));
	if (j->end)
		json_object_set_new(r, "ended", json_integer(j->ended));
	else
		json_object_set_new(r, "locked", json_boolean(j->lock));
	return RC_OK;
}

/* in: person  out: name, locked.  Sessions end; password, device and tokens wait. */
enum rc
service_person_lock(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		    struct reply *out, struct err *e)
{
	struct lock_job j = {.by = who->name, .lock = true};

	return lock_run(nd, a, &j, in, out, e);
}

/* in: person  out: name, locked */
enum rc
service_person_unlock(struct node *nd, struct arena *a, const struct actor *who,
		      json_t *in, struct reply *out, struct err *e)
{
	struct lock_job j = {.by = who->name};

	return lock_run(nd, a, &j, in, out, e);
}

/* in: person  out: name, ended (how many) */
enum rc
service_person_end(struct node *nd, struct arena *a, const struct actor *who, json_t *in,
		   struct reply *out, struct err *e)
{
	struct lock_job j = {.by = who->name, .end = true};

	return lock_run(nd, a, &j, in, out, e);
}
