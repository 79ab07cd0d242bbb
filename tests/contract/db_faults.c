#include "db_faults.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "db/db.h"
#include "postgres_fixture.h"

enum { HANDLES_MAX = 64, PATH_MAX_BYTES = 512 };

extern const struct db_driver __real_db_sqlite, __wrap_db_sqlite;
#ifdef SALURAN_POSTGRESQL
extern const struct db_driver __real_db_pg, __wrap_db_pg;
#endif

/* All nodes of a test have the same engine. */
static const struct db_driver *
real(void)
{
#ifdef SALURAN_POSTGRESQL
	if (getenv("SALURAN_TEST_POSTGRESQL") != NULL)
		return &__real_db_pg;
#endif
	return &__real_db_sqlite;
}

static struct {
	pthread_mutex_t mu;
	struct {
		struct db *db;
		char path[PATH_MAX_BYTES];
		bool in_tx;
		enum rc broken; /* until it is rolled back */
	} handle[HANDLES_MAX];
	char part[PATH_MAX_BYTES];
	int left;   /* calls until the one that fails; 0: none does */
	enum rc rc; /* RC_OK: the connection is cut, and the call made all the same */
	bool fired;
} faults = {.mu = PTHREAD_MUTEX_INITIALIZER};

void
faults_arm(const char *dir_part, int n, enum rc rc)
{
	assert(strlen(dir_part) < PATH_MAX_BYTES);
	pthread_mutex_lock(&faults.mu);
	memcpy(faults.part, dir_part, strlen(dir_part) + 1);
	faults.left = n;
	faults.rc = rc;
	faults.fired = false;
	pthread_mutex_unlock(&faults.mu);
}

void
faults_cut(const char *dir_part, int n)
{
	faults_arm(dir_part, n, RC_OK);
}

bool
faults_disarm(void)
{
	pthread_mutex_lock(&faults.mu);
	bool fired = faults.fired;
	faults.left = 0;
	pthread_mutex_unlock(&faults.mu);
	return fired;
}

static int
slot_of(const struct db *db)
{
	for (int i = 0; i < HANDLES_MAX; i++)
		if (faults.handle[i].db == db)
			return i;
	abort(); /* a handle that was never opened here, or too many of them */
}

/* With the lock: is this the call that fails? */
static bool
reached(int i)
{
	if (faults.left == 0 || strstr(faults.handle[i].path, faults.part) == NULL ||
	    --faults.left != 0)
		return false;
	faults.fired = true;
	return true;
}

/* Does this call fail?  RC_OK: it is made. */
static enum rc
call(struct db *db, struct err *e)
{
	bool cut = false;

	pthread_mutex_lock(&faults.mu);
	int i = slot_of(db);
	enum rc rc = faults.handle[i].broken;
	if (rc == RC_OK && reached(i)) {
		rc = faults.rc;
		cut = rc == RC_OK;
		if (faults.handle[i].in_tx)
			faults.handle[i].broken = rc;
	}
	pthread_mutex_unlock(&faults.mu);
	if (cut)
		postgres_cut(faults.part);
	return rc == RC_OK ? RC_OK : err_set(e, rc, "a failure of the test's making");
}

static enum rc
broken(const struct db *db)
{
	pthread_mutex_lock(&faults.mu);
	enum rc rc = faults.handle[slot_of(db)].broken;
	pthread_mutex_unlock(&faults.mu);
	return rc;
}

static void
mend(struct db *db, bool ended)
{
	pthread_mutex_lock(&faults.mu);
	int i = slot_of(db);
	faults.handle[i].broken = RC_OK;
	if (ended)
		faults.handle[i].in_tx = false;
	pthread_mutex_unlock(&faults.mu);
}

static void
began(struct db *db)
{
	pthread_mutex_lock(&faults.mu);
	faults.handle[slot_of(db)].in_tx = true;
	pthread_mutex_unlock(&faults.mu);
}

static enum rc
f_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret, struct err *e)
{
	enum rc rc = real()->open(uri, read_only, n_sql, ret, e);

	if (rc != RC_OK)
		return rc;
	assert(strlen(uri) < PATH_MAX_BYTES);
	pthread_mutex_lock(&faults.mu);
	int i = slot_of(NULL);
	faults.handle[i].db = *ret;
	faults.handle[i].in_tx = false;
	faults.handle[i].broken = RC_OK;
	memcpy(faults.handle[i].path, uri, strlen(uri) + 1);
	pthread_mutex_unlock(&faults.mu);
	return RC_OK;
}

static void
f_close(struct db *db)
{
	pthread_mutex_lock(&faults.mu);
	if (db != NULL)
		faults.handle[slot_of(db)].db = NULL;
	pthread_mutex_unlock(&faults.mu);
	real()->close(db);
}

static enum rc
f_lease(struct db *db, unsigned silent_s, struct err *e)
{
	return real()->lease(db, silent_s, e);
}

static enum rc
f_begin(struct db *db, bool write, struct err *e)
{
	enum rc rc = call(db, e);

	if (rc == RC_OK)
		rc = real()->begin(db, write, e);
	if (rc == RC_OK)
		began(db);
	return rc;
}

static enum rc
f_commit(struct db *db, struct err *e)
{
	enum rc rc = call(db, e);

	if (rc == RC_OK)
		rc = real()->commit(db, e);
	if (rc == RC_OK)
		mend(db, true);
	return rc;
}

static void
f_rollback(struct db *db)
{
	mend(db, true);
	real()->rollback(db);
}

static enum rc
f_savepoint(struct db *db, struct err *e)
{
	enum rc rc = call(db, e);

	return rc == RC_OK ? real()->savepoint(db, e) : rc;
}

static enum rc
f_release(struct db *db, struct err *e)
{
	enum rc rc = call(db, e);

	return rc == RC_OK ? real()->release(db, e) : rc;
}

/* Never fails by itself here: what it mends is what failed before. */
static enum rc
f_rollback_to(struct db *db, struct err *e)
{
	mend(db, false);
	return real()->rollback_to(db, e);
}

static enum rc
f_run(struct db *db, const struct sql *q, const struct db_param *p, db_on_row *on_row,
      void *arg, struct err *e)
{
	enum rc rc = call(db, e);

	return rc == RC_OK ? real()->run(db, q, p, on_row, arg, e) : rc;
}

/* Of an engine that is far away, the next call tells of the failure. */
static enum rc
f_later(struct db *db, const struct sql *q, const struct db_param *p, struct err *e)
{
	const struct db_driver *drv = real();
	enum rc was = broken(db), rc = call(db, e);

	if (drv->later == NULL)
		return rc == RC_OK ? drv->run(db, q, p, NULL, NULL, e) : rc;
	if (rc != RC_OK)
		return was == RC_OK ? RC_OK : rc;
	return drv->later(db, q, p, e);
}

static int64_t
f_changes(struct db *db)
{
	return real()->changes(db);
}

/* What commits put off is not counted: it says nothing of how it went. */
static void
f_tidy(struct db *db)
{
	real()->tidy(db);
}

static enum rc
f_script(struct db *db, const char *text, struct err *e)
{
	return real()->script(db, text, e);
}

static enum rc
f_has_table(struct db *db, const char *name, bool *ret, struct err *e)
{
	return real()->has_table(db, name, ret, e);
}

static enum rc
f_drop_tables(struct db *db, const char *prefix, struct err *e)
{
	return real()->drop_tables(db, prefix, e);
}

static enum rc
f_backup(struct db *db, const char *to, struct err *e)
{
	return real()->backup(db, to, e);
}

static enum rc
f_scrub(struct db *db, struct err *e)
{
	return real()->scrub(db, e);
}

static int64_t
f_col_int(const struct db_row *row, unsigned col)
{
	return real()->col_int(row, col);
}

static const char *
f_col_text(const struct db_row *row, unsigned col, size_t *ret_len)
{
	return real()->col_text(row, col, ret_len);
}

static const uint8_t *
f_col_blob(const struct db_row *row, unsigned col, size_t *ret_len)
{
	return real()->col_blob(row, col, ret_len);
}

static bool
f_col_null(const struct db_row *row, unsigned col)
{
	return real()->col_null(row, col);
}

#define FAULTS                                                                           \
	{                                                                                \
		.name = "faults", .open = f_open, .close = f_close, .lease = f_lease,    \
		.begin = f_begin, .commit = f_commit, .rollback = f_rollback,            \
		.savepoint = f_savepoint, .release = f_release,                          \
		.rollback_to = f_rollback_to, .run = f_run, .later = f_later,            \
		.changes = f_changes, .tidy = f_tidy, .script = f_script,                \
		.has_table = f_has_table, .drop_tables = f_drop_tables,                  \
		.backup = f_backup, .scrub = f_scrub, .col_int = f_col_int,              \
		.col_text = f_col_text, .col_blob = f_col_blob, .col_null = f_col_null,  \
	}

const struct db_driver __wrap_db_sqlite = FAULTS;
#ifdef SALURAN_POSTGRESQL
const struct db_driver __wrap_db_pg = FAULTS;
#endif
