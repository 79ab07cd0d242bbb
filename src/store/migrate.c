#include "store/migrate.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "store/store_sql.h"

/* What the database says about itself, read row by row. */
struct found {
	const struct db_driver *drv;
	const struct migration_set *set;
	int64_t n_log;	   /* highest number of an applied log migration */
	int64_t log_rows;  /* how many there are: fewer means a gap */
	unsigned changed;  /* number of the first one that differs from ours, or 0 */
	bool view_current; /* the fingerprint is ours */
};

static enum rc
on_version(void *arg, const struct db_row *row, struct err *e)
{
	struct found *f = arg;
	const char *kind = f->drv->col_text(row, 0, NULL);
	int64_t number = f->drv->col_int(row, 1);
	const char *sha256 = f->drv->col_text(row, 3, NULL);

	(void)e;
	if (kind == NULL || sha256 == NULL)
		return RC_OK; /* counted as missing */
	if (strcmp(kind, "view") == 0) {
		f->view_current = strcmp(sha256, f->set->view_fingerprint) == 0;
		return RC_OK;
	}
	f->log_rows++;
	if (number > f->n_log)
		f->n_log = number;
	if (number >= 1 && number <= f->set->n_log && f->changed == 0 &&
	    strcmp(sha256, f->set->log[number - 1].sha256) != 0)
		f->changed = (unsigned)number;
	return RC_OK;
}

/* `f` stays at zero for a database that has no schema yet. */
static enum rc
read_versions(const struct db_driver *drv, struct db *db, const struct migration_set *set,
	      bool *ret_exists, struct found *f, struct err *e)
{
	enum rc rc;

	*f = (struct found){.drv = drv, .set = set};
	rc = drv->has_table(db, "schema_version", ret_exists, e);
	if (rc != RC_OK || !*ret_exists)
		return rc;
	rc = drv->run(db, &SQL_SCHEMA_VERSION_LIST, NULL, on_version, f, e);
	if (rc != RC_OK)
		return rc;
	if (f->n_log > (int64_t)set->n_log)
		return err_set(
			e, RC_NEWER,
			"the store was made by a newer version (log schema %" PRId64
			", this program knows %u): upgrade saluran",
			f->n_log, set->n_log);
	if (f->changed != 0)
		return err_set(
			e, RC_CORRUPT,
			"log migration %u (%s) of the store is not the one that this "
			"program has: use the release that made the store, or restore "
			"a backup",
			f->changed, set->log[f->changed - 1].name);
	if (f->log_rows != f->n_log)
		return err_set(e, RC_CORRUPT,
			       "the store lacks log migrations before %" PRId64
			       ": restore a backup",
			       f->n_log);
	return RC_OK;
}

static enum rc
put_version(const struct db_driver *drv, struct db *db, const char *kind, unsigned number,
	    const char *name, const char *sha256, struct err *e)
{
	const struct db_param p[] = {DB_P_TEXT(kind), DB_P_INT(number), DB_P_TEXT(name),
				     DB_P_TEXT(sha256), DB_P_INT(clock_now_us())};

	return drv->run(db, &SQL_SCHEMA_VERSION_PUT, p, NULL, NULL, e);
}

static enum rc
apply(const struct db_driver *drv, struct db *db, const char *kind,
      const struct migration *m, struct err *e)
{
	enum rc rc = drv->script(db, m->text, e);

	if (rc != RC_OK)
		err_prefix(e, "%s migration %u (%s): ", kind, m->number, m->name);
	return rc;
}

static enum rc
make_views(const struct db_driver *drv, struct db *db, const struct migration_set *set,
	   migrate_replay *replay, void *arg, struct err *e)
{
	enum rc rc = drv->drop_tables(db, "v_", e);

	for (unsigned i = 0; rc == RC_OK && i < set->n_view; i++)
		rc = apply(drv, db, "view", &set->view[i], e);
	if (rc == RC_OK)
		rc = put_version(drv, db, "view", 0, "fingerprint", set->view_fingerprint,
				 e);
	if (rc == RC_OK && replay != NULL)
		rc = replay(arg, e);
	return rc;
}

static enum rc
migrate(const struct db_driver *drv, struct db *db, const struct migration_set *set,
	bool rebuild, migrate_replay *replay, void *arg, struct err *e)
{
	struct found found;
	bool exists;
	enum rc rc = drv->begin(db, true, e);

	if (rc != RC_OK)
		return rc;
	rc = read_versions(drv, db, set, &exists, &found, e);
	if (rc == RC_OK && !exists)
		rc = drv->script(db, set->version_table, e);
	for (unsigned i = (unsigned)found.n_log; rc == RC_OK && i < set->n_log; i++) {
		const struct migration *m = &set->log[i];
		rc = apply(drv, db, "log", m, e);
		if (rc == RC_OK)
			rc = put_version(drv, db, "log", m->number, m->name, m->sha256,
					 e);
	}
	if (rc == RC_OK && (rebuild || !found.view_current))
		rc = make_views(drv, db, set, replay, arg, e);
	fault_point("views.before");
	if (rc == RC_OK)
		rc = drv->commit(db, e);
	fault_point("views.after");
	if (rc != RC_OK)
		drv->rollback(db);
	return rc;
}

enum rc
migrate_run(const struct db_driver *drv, struct db *db, const struct migration_set *set,
	    migrate_replay *replay, void *arg, struct err *e)
{
	return migrate(drv, db, set, false, replay, arg, e);
}

enum rc
migrate_rebuild(const struct db_driver *drv, struct db *db,
		const struct migration_set *set, migrate_replay *replay, void *arg,
		struct err *e)
{
	return migrate(drv, db, set, true, replay, arg, e);
}

enum rc
migrate_check(const struct db_driver *drv, struct db *db, const struct migration_set *set,
	      struct err *e)
{
	struct found found;
	bool exists;
	enum rc rc = read_versions(drv, db, set, &exists, &found, e);

	if (rc == RC_OK &&
	    (!exists || found.n_log < (int64_t)set->n_log || !found.view_current))
		rc = err_set(
			e, RC_UNAVAILABLE,
			"the store was made by an older version (log schema %" PRId64
			", this program has %u): start the daemon once to upgrade it",
			found.n_log, set->n_log);
	return rc;
}
