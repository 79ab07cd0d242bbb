/*
 * db_sqlite - the SQLite engine.
 *
 * Write-ahead log with synchronous=FULL: a commit is on the disk when it returns, and
 * readers never wait for the writer.  The file is created with mknod() instead of
 * open(), because closing any descriptor of a database drops the POSIX locks of all
 * connections of this process (sqlite.org/howtocorrupt.html, 2.2).
 */
#include "db/db_sqlite_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_once_t started = PTHREAD_ONCE_INIT;

/* "SALR": file(1) and we know the file by it. */
#define APPLICATION_ID "0x53414c52"
static const int64_t application_id = 0x53414c52;

/* Opening may meet a recovery or the last checkpoint of a closing process; in work, the
 * caller's loop repeats, so that a short wait only keeps it from spinning. */
enum {
	OPEN_BUSY_MS = 5000,
	WORK_BUSY_MS = 100,
	RELEASE_AFTER_CHANGES = 200000,
	/* Of the write-ahead log: from the first on it is copied back when nothing else
	 * is to be done, at the second by the commit that reaches it.  A large batch
	 * commits several times; copying its pages back in between would double what it
	 * writes. */
	WAL_TIDY_PAGES = 1024,
	WAL_MAX_PAGES = 16384,
	/* Of what a savepoint is taken back with, in memory: beyond it, in a file. SQLite
	 * 3.40.1 moves it there in one write, and its layer for files writes less than
	 * 128 KiB at a time: with more here it says that the disk is full. */
	SAVEPOINT_BYTES = 120 << 10,
};

/* KiB, negative as SQLite wants it: a writer's random inserts stay in memory. */
#define READ_CACHE  "-2048"
#define WRITE_CACHE "-65536"

/* The words that move a transaction, prepared once. */
static const char *const verb_text[VERB_COUNT] = {
	[VERB_BEGIN_READ] = "BEGIN DEFERRED",
	[VERB_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[VERB_COMMIT] = "COMMIT",
	[VERB_ROLLBACK] = "ROLLBACK",
	/* One name is enough: SQLite takes the innermost savepoint of that name. */
	[VERB_SAVEPOINT] = "SAVEPOINT s",
	[VERB_RELEASE] = "RELEASE s",
	[VERB_ROLLBACK_TO] = "ROLLBACK TO s",
};

static void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		abort();
	return p;
}

/* The outcome of a system call that SQLite made for us. */
static enum rc
rc_from_errno(int err)
{
	switch (err) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG: /* the limit of a file's size is the end of the room we have */
		return RC_FULL;
	case EACCES:
	case EPERM:
	case EROFS:
		return RC_DENIED;
	case ENOENT:
		return RC_NOT_FOUND;
	default:
		return RC_IO;
	}
}

static enum rc
rc_from_code(sqlite3 *sq, int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
		return RC_RETRY;
	case SQLITE_FULL:
		return RC_FULL;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return RC_DENIED;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return RC_CORRUPT;
	case SQLITE_TOOBIG:
		return RC_TOO_LARGE;
	case SQLITE_CONSTRAINT:
		if (code == SQLITE_CONSTRAINT_UNIQUE ||
		    code == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    code == SQLITE_CONSTRAINT_ROWID)
			return RC_CONFLICT;
		return RC_IO;
	case SQLITE_CANTOPEN:
	case SQLITE_IOERR:
		/* A COMMIT that fails does not record its errno, though nothing has
		 * touched it; callers clear it before. */
		if (sq == NULL || rc_from_errno(errno) == RC_FULL)
			return rc_from_errno(errno);
		return rc_from_errno(sqlite3_system_errno(sq));
	default:
		return RC_IO;
	}
}

static const char *
advice(enum rc rc)
{
	switch ((int)rc) {
	case RC_RETRY:
		return "another process is writing: try again";
	case RC_FULL:
		return "no space is left: free some on its disk, then try again";
	case RC_DENIED:
		return "not writable: check owner and permissions of the file and of its "
		       "directory";
	case RC_CORRUPT:
		return "damaged, or no database: restore it from a backup";
	case RC_NOT_FOUND:
		return "not there: check the path";
	default:
		return NULL;
	}
}

/* A file beside the store that cannot be made: SQLite tries to read it instead, and says
 * of a full disk that the file is not there. */
static bool
no_file_fits(const struct db *db)
{
	size_t size = strlen(db->path) + sizeof(".room");
	char *path = xcalloc(1, size);

	snprintf(path, size, "%s.room", db->path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	bool full = fd < 0 && rc_from_errno(errno) == RC_FULL;
	if (fd >= 0) {
		close(fd);
		unlink(path);
	}
	free(path);
	return full;
}

enum rc
sq_fail(struct db *db, int code, const char *what, struct err *e)
{
	enum rc rc = rc_from_code(db->sq, code);
	if (rc == RC_NOT_FOUND && access(db->path, F_OK) == 0 && no_file_fits(db))
		rc = RC_FULL;

	const char *mend = advice(rc);
	const char *msg = db->sq != NULL ? sqlite3_errmsg(db->sq) : sqlite3_errstr(code);

	if (db->in_tx && db->failed == RC_OK)
		db->failed = rc;
	rc = err_set(e, rc, "store %s, %s: %s%s%s%s", db->path, what, mend ? mend : "",
		     mend ? " (" : "", msg, mend ? ")" : "");
	if (e != NULL)
		e->inner = true;
	return rc;
}

enum rc
sq_exec(struct db *db, const char *text, struct err *e)
{
	int code = sqlite3_exec(db->sq, text, NULL, NULL, NULL);

	/* A person who reads the error is not shown a whole script. */
	return code == SQLITE_OK
		       ? RC_OK
		       : sq_fail(db, code, strchr(text, ';') == NULL ? text : "set up",
				 e);
}

/* First column of the first row, as a number. */
static enum rc
query_int(struct db *db, const char *text, int64_t *ret, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db->sq, text, -1, &stmt, NULL);

	*ret = 0;
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sq_fail(db, code, text, e);
	return RC_OK;
}

void
sq_close(struct db *db)
{
	if (db == NULL)
		return;
	for (unsigned i = 0; i < db->n_cache; i++)
		sqlite3_finalize(db->cache[i].stmt);
	for (int v = 0; v < VERB_COUNT; v++)
		sqlite3_finalize(db->verb[v]);
	/* Closing rolls back; what would keep it open is a statement of ours. */
	int code = sqlite3_close(db->sq);
	assert(code == SQLITE_OK);
	(void)code;
	free(db->cache);
	free(db->path);
	free(db);
}

static enum rc
open_file(struct db *db, bool read_only, struct err *e)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
		    (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
	struct stat st;

	if (!read_only && mknod(db->path, S_IFREG | 0600, 0) < 0 && errno != EEXIST)
		return err_sys(e, "store %s: cannot create it", db->path);
	if (stat(db->path, &st) < 0)
		return err_sys(e, "store %s", db->path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, RC_INVALID, "store %s: not a file", db->path);
	int code = sqlite3_open_v2(db->path, &db->sq, flags, NULL);
	if (code != SQLITE_OK)
		return sq_fail(db, code, "open", e);
	/* SQLite silently falls back to reading. */
	if (!read_only && sqlite3_db_readonly(db->sq, "main") != 0)
		return err_set(e, RC_DENIED, "store %s: %s", db->path, advice(RC_DENIED));
	return RC_OK;
}

/* Whose file is this?  An empty one becomes ours, before it becomes a WAL database, so
 * that a crash in between leaves a file that we still know. */
static enum rc
claim_file(struct db *db, bool read_only, struct err *e)
{
	int64_t id, pages;
	enum rc rc = query_int(db, "PRAGMA application_id", &id, e);

	if (rc == RC_OK)
		rc = query_int(db, "PRAGMA page_count", &pages, e);
	if (rc != RC_OK || id == application_id)
		return rc;
	if (id != 0 || pages != 0)
		return err_set(e, RC_CORRUPT,
			       "store %s: a database of another program: check the path",
			       db->path);
	if (read_only)
		return err_set(e, RC_NOT_FOUND, "store %s: empty: start the daemon once",
			       db->path);
	return sq_exec(db, "PRAGMA application_id = " APPLICATION_ID, e);
}

static void
wal_copy_back(struct db *db)
{
	int left = 0, pages = 0;

	/* What a reader still needs stays for the next time, and so does a failure. */
	if (sqlite3_wal_checkpoint_v2(db->sq, NULL, SQLITE_CHECKPOINT_PASSIVE, &left,
				      &pages) == SQLITE_OK &&
	    left == pages)
		db->wal_pages = 0;
}

static int
on_wal(void *arg, sqlite3 *sq, const char *name, int pages)
{
	struct db *db = arg;

	(void)sq;
	(void)name;
	db->wal_pages = pages;
	if (pages >= WAL_MAX_PAGES)
		wal_copy_back(db);
	return SQLITE_OK;
}

static void
sq_tidy(struct db *db)
{
	assert(!db->in_tx);
	if (db->wal_pages >= WAL_TIDY_PAGES)
		wal_copy_back(db);
}

static enum rc
configure(struct db *db, bool read_only, struct err *e)
{
	enum rc rc;

	sqlite3_busy_timeout(db->sq, OPEN_BUSY_MS);
	/* "x" is a name and never a string, LIKE minds the case, as in PostgreSQL. */
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(db->sq, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	rc = sq_exec(db,
		     "PRAGMA synchronous = FULL;"
		     "PRAGMA foreign_keys = ON;"
		     "PRAGMA trusted_schema = OFF;"
		     "PRAGMA cell_size_check = ON;"
		     "PRAGMA case_sensitive_like = ON;"
		     "PRAGMA mmap_size = 0;"
		     "PRAGMA cache_size = " READ_CACHE ";"
		     "PRAGMA journal_size_limit = 67108864",
		     e);
	if (rc == RC_OK)
		rc = claim_file(db, read_only, e);
	if (rc == RC_OK && !read_only)
		rc = sq_exec(db,
			     "PRAGMA journal_mode = WAL;"
			     /* Deleted content is overwritten: erasure means it. */
			     "PRAGMA secure_delete = ON;"
			     "PRAGMA cache_size = " WRITE_CACHE,
			     e);
	if (!read_only)
		sqlite3_wal_hook(db->sq, on_wal, db);
	if (rc == RC_OK && !read_only) {
		int64_t n;
		/* Reads the schema: what cannot be used fails now, not in work. */
		rc = query_int(db, "SELECT count(*) FROM sqlite_schema", &n, e);
	}
	sqlite3_busy_timeout(db->sq, WORK_BUSY_MS);
	return rc;
}

/* The sums that SQLite keeps of its memory take a lock for each piece, and nobody asks
 * for them. */
static void
library_start(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, SAVEPOINT_BYTES);
}

enum rc
sq_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret, struct err *e)
{
	struct db *db = xcalloc(1, sizeof(*db));
	size_t size = strlen(uri) + sizeof("./");
	enum rc rc;

	pthread_once(&started, library_start);
	db->n_cache = n_sql;
	db->cache = xcalloc(n_sql > 0 ? n_sql : 1, sizeof(*db->cache));
	db->path = xcalloc(1, size);
	/* A name such as ":memory:" or "file:x" is a file's name like any other. */
	if (uri[0] != '/')
		memcpy(db->path, "./", 2);
	memcpy(db->path + strlen(db->path), uri, strlen(uri));

	rc = open_file(db, read_only, e);
	if (rc == RC_OK)
		rc = configure(db, read_only, e);
	for (int v = 0; rc == RC_OK && v < VERB_COUNT; v++) {
		int code =
			sqlite3_prepare_v3(db->sq, verb_text[v], -1,
					   SQLITE_PREPARE_PERSISTENT, &db->verb[v], NULL);
		if (code != SQLITE_OK)
			rc = sq_fail(db, code, "prepare", e);
	}
	if (rc != RC_OK) {
		sq_close(db);
		db = NULL;
	}
	*ret = db;
	return rc;
}

static enum rc
sq_lease(struct db *db, unsigned silent_s, struct err *e)
{
	(void)silent_s;
	(void)db;
	(void)e;
	return RC_OK;
}

/* ---- transactions ------------------------------------------------------------------ */

static enum rc
verb(struct db *db, enum verb v, struct err *e)
{
	int code;

	errno = 0;
	code = sqlite3_step(db->verb[v]);
	if (code != SQLITE_DONE) {
		enum rc rc = sq_fail(db, code, verb_text[v], e);
		sqlite3_reset(db->verb[v]);
		return rc;
	}
	sqlite3_reset(db->verb[v]);
	return RC_OK;
}

/* Refuses work in a transaction that has failed. */
enum rc
sq_usable(struct db *db, const char *what, struct err *e)
{
	if (!db->in_tx || db->failed == RC_OK)
		return RC_OK;
	return err_set(
		e, db->failed,
		"store %s, %s: an earlier statement of the transaction failed (%s): "
		"roll back first",
		db->path, what, rc_token(db->failed));
}

static enum rc
sq_begin(struct db *db, bool write, struct err *e)
{
	enum rc rc;

	assert(!db->in_tx);
	rc = verb(db, write ? VERB_BEGIN_WRITE : VERB_BEGIN_READ, e);
	if (rc == RC_OK) {
		db->in_tx = true;
		db->tx_write = write;
		db->depth = 0;
		db->failed = RC_OK;
	}
	return rc;
}

static enum rc
sq_commit(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx && db->depth == 0);
	rc = sq_usable(db, "commit", e);
	if (rc == RC_OK)
		rc = verb(db, VERB_COMMIT, e);
	if (rc != RC_OK)
		return rc;
	db->in_tx = false;
	/* A large import must not leave the daemon large. */
	if (sqlite3_total_changes64(db->sq) - db->released_at > RELEASE_AFTER_CHANGES) {
		db->released_at = sqlite3_total_changes64(db->sq);
		sqlite3_db_release_memory(db->sq);
	}
	return RC_OK;
}

static void
sq_rollback(struct db *db)
{
	/* A full disk and its like have rolled back already. */
	if (db->in_tx && !sqlite3_get_autocommit(db->sq)) {
		sqlite3_step(db->verb[VERB_ROLLBACK]);
		sqlite3_reset(db->verb[VERB_ROLLBACK]);
		assert(sqlite3_get_autocommit(db->sq));
	}
	db->in_tx = false;
	db->depth = 0;
	db->failed = RC_OK;
}

static enum rc
sq_savepoint(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx);
	rc = sq_usable(db, "savepoint", e);
	if (rc == RC_OK)
		rc = verb(db, VERB_SAVEPOINT, e);
	if (rc == RC_OK)
		db->depth++;
	return rc;
}

static enum rc
sq_release(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx && db->depth > 0);
	rc = sq_usable(db, "release", e);
	if (rc == RC_OK)
		rc = verb(db, VERB_RELEASE, e);
	if (rc == RC_OK)
		db->depth--;
	return rc;
}

static enum rc
sq_rollback_to(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx && db->depth > 0);
	db->depth--; /* it is left, though it may take the transaction with it */
	if (sqlite3_get_autocommit(db->sq)) /* the error took the whole transaction */
		return sq_usable(db, "rollback to savepoint", e);
	rc = verb(db, VERB_ROLLBACK_TO, e);
	if (rc == RC_OK)
		rc = verb(db, VERB_RELEASE, e);
	db->failed = rc;
	return rc;
}

const struct db_driver db_sqlite = {
	.name = "sqlite",
	.open = sq_open,
	.close = sq_close,
	.lease = sq_lease,
	.begin = sq_begin,
	.commit = sq_commit,
	.rollback = sq_rollback,
	.savepoint = sq_savepoint,
	.release = sq_release,
	.rollback_to = sq_rollback_to,
	.run = sq_run,
	.changes = sq_changes,
	.tidy = sq_tidy,
	.script = sq_script,
	.has_table = sq_has_table,
	.drop_tables = sq_drop_tables,
	.backup = sq_backup,
	.scrub = sq_scrub,
	.col_int = sq_col_int,
	.col_text = sq_col_text,
	.col_blob = sq_col_blob,
	.col_null = sq_col_null,
};
