#include "service/place.h"

#include <errno.h>
#include <unistd.h>

#include "service/node.h"
#include "store/store_sql.h"

static const char *
file_path(struct arena *a, const char *dir)
{
	return arena_printf(a, "%s/store.db", dir);
}

const char *
place_uri(struct arena *a, const char *dir, const struct settings *config)
{
	const char *uri = settings_text(config, "store");

	return uri[0] != '\0' ? uri : file_path(a, dir);
}

/* Also whether the URI is one: a path is taken by leaving it out. */
static enum rc
uri_check(const char *uri, struct err *e)
{
	const struct db_driver *drv;
	enum rc rc = db_driver_of(uri, &drv, e);

	if (rc == RC_OK && drv == &db_sqlite)
		rc = err_set(e, RC_INVALID,
			     "the setting store is a PostgreSQL URI, as "
			     "postgresql://saluran@db.example/saluran, or empty");
	return rc;
}

/* Before anything is made there: is there a store? */
static enum rc
database_find(const char *uri, struct err *e)
{
	const struct db_driver *drv;
	struct db *db = NULL;
	enum rc rc = uri_check(uri, e);

	if (rc == RC_OK)
		rc = db_driver_of(uri, &drv, e);
	if (rc != RC_OK)
		return rc;
	rc = drv->open(uri, true, 0, &db, e);
	if (rc == RC_NOT_FOUND)
		err_prefix(e, "where everything is, is missing: ");
	drv->close(db);
	return rc;
}

static enum rc
file_find(const char *path, struct err *e)
{
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return err_set(
			e, RC_NOT_FOUND,
			"%s is missing, where everything is: put it back; "
			"docs/operating.md says what to look at before a node goes "
			"on from a backup",
			path);
	return RC_OK;
}

enum rc
place_open(struct arena *a, const char *dir, const struct settings *config,
	   struct store **ret, struct err *e)
{
	struct settings *own = NULL;
	enum rc rc = RC_OK;

	if (config == NULL) {
		rc = settings_load(a, node_settings, node_settings_n,
				   arena_printf(a, "%s/saluran.conf", dir), &own, e);
		config = own;
	}
	if (rc != RC_OK)
		return rc;
	const char *uri = settings_text(config, "store");
	if (uri[0] != '\0') {
		rc = database_find(uri, e);
	} else {
		uri = file_path(a, dir);
		rc = file_find(uri, e);
	}
	return rc != RC_OK
		       ? rc
		       : store_open_writer(
				 uri, (unsigned)settings_int(config, "store.silent_s"),
				 ret, e);
}

enum rc
place_beside(struct arena *a, const char *dir, const struct settings *config,
	     struct store **ret, struct err *e)
{
	const char *uri = place_uri(a, dir, config);

	return store_open_beside(uri, ret, e);
}

enum rc
place_make(struct arena *a, const char *dir, const char *uri, struct store **ret,
	   struct err *e)
{
	struct store *s = NULL;
	const char *org = NULL;
	enum rc rc = uri == NULL ? RC_OK : uri_check(uri, e);

	if (rc == RC_OK)
		rc = store_open(uri != NULL ? uri : file_path(a, dir), false, &s, e);
	if (rc == RC_OK)
		rc = store_text(s, a, &SQL_META_GET,
				(struct db_param[]){DB_P_TEXT("org")}, &org, e);
	if (rc == RC_OK && org != NULL)
		rc = err_set(e, RC_CONFLICT,
			     "the database has the node of %s: give the new one a "
			     "database of its own",
			     org);
	if (rc != RC_OK) {
		store_close(s);
		s = NULL;
	}
	*ret = s;
	return rc;
}
