/*
 * db_sqlite_run - statements, rows, scripts and backup of the SQLite engine.
 */
#include "db/db_sqlite_int.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In SQLite `$1` is a name, numbered by its first use; `?1` is number 1.  Quoted text and
 * comments stay as they are.  The caller frees the result. */
static char *
number_params(const char *text)
{
	char *out = strdup(text);

	if (out == NULL)
		abort();
	for (char *s = out; *s != '\0'; s++) {
		char *end = NULL;
		if (*s == '\'' || *s == '"')
			end = strchr(s + 1, *s);
		else if (s[0] == '-' && s[1] == '-')
			end = strchr(s, '\n');
		else if (s[0] == '/' && s[1] == '*')
			end = strstr(s + 2, "*/");
		else if (s[0] == '$' && s[1] >= '0' && s[1] <= '9')
			*s = '?';
		if (end != NULL)
			s = end;
	}
	return out;
}

static enum rc
prepare(struct db *db, const struct sql *q, unsigned flags, sqlite3_stmt **ret,
	struct err *e)
{
	char *text = number_params(q->text);
	const char *tail = NULL;
	int code = sqlite3_prepare_v3(db->sq, text, -1, flags, ret, &tail);

	if (code == SQLITE_OK) {
		assert(*ret != NULL);
		assert(tail[strspn(tail, " \t\r\n;")] == '\0');
		assert((unsigned)sqlite3_bind_parameter_count(*ret) == q->n_params);
	}
	free(text);
	return code == SQLITE_OK ? RC_OK : sq_fail(db, code, q->name, e);
}

static int
bind(sqlite3_stmt *stmt, int i, const struct db_param *p)
{
	switch (p->type) {
	case DB_NULL:
		return sqlite3_bind_null(stmt, i);
	case DB_INT:
		return sqlite3_bind_int64(stmt, i, p->i);
	case DB_TEXT:
		return sqlite3_bind_text64(stmt, i, p->p, p->len, SQLITE_STATIC,
					   SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(stmt, i, p->p, p->len, SQLITE_STATIC);
	}
	return SQLITE_MISUSE;
}

static enum rc
step_all(struct db *db, const struct sql *q, sqlite3_stmt *stmt, db_on_row *on_row,
	 void *arg, struct err *e)
{
	const struct db_row row = {.stmt = stmt};
	bool reads = sqlite3_stmt_readonly(stmt) != 0;
	enum rc rc = RC_OK;
	int code;

	/* A write inside begin(write = false) would fail elsewhere. */
	assert(reads || !db->in_tx || db->tx_write);
	errno = 0;
	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (on_row != NULL && rc == RC_OK)
			rc = on_row(arg, &row, e);
		/* A statement that writes runs to its end, whatever the rows are for. */
		if (rc != RC_OK && reads)
			return rc;
	}
	if (code != SQLITE_DONE)
		return sq_fail(db, code, q->name, e);
	return rc;
}

enum rc
sq_run(struct db *db, const struct sql *q, const struct db_param *p, db_on_row *on_row,
       void *arg, struct err *e)
{
	struct cached *c = &db->cache[q->id];
	sqlite3_stmt *stmt = NULL;
	bool own; /* a call from on_row of the same query has a statement of its own */
	enum rc rc;

	assert(q->id < db->n_cache);
	assert(c->q == NULL || c->q == q);
	own = c->running;
	rc = sq_usable(db, q->name, e);
	if (rc != RC_OK)
		return rc;
	if (own)
		rc = prepare(db, q, 0, &stmt, e);
	else if (c->stmt == NULL)
		rc = prepare(db, q, SQLITE_PREPARE_PERSISTENT, &c->stmt, e);
	if (rc != RC_OK)
		return rc;
	if (!own) {
		c->q = q;
		c->running = true;
		stmt = c->stmt;
	}
	for (unsigned i = 0; rc == RC_OK && i < q->n_params; i++) {
		int code = bind(stmt, (int)i + 1, &p[i]);
		if (code != SQLITE_OK)
			rc = sq_fail(db, code, q->name, e);
	}
	if (rc == RC_OK)
		rc = step_all(db, q, stmt, on_row, arg, e);
	bool wrote = rc == RC_OK && sqlite3_stmt_readonly(stmt) == 0;
	sqlite3_reset(stmt);
	db->n_changed = wrote ? sqlite3_changes64(db->sq) : 0;
	if (own) {
		sqlite3_finalize(stmt);
	} else {
		sqlite3_clear_bindings(stmt); /* they point into the caller's memory */
		c->running = false;
	}
	return rc;
}

int64_t
sq_changes(struct db *db)
{
	return db->n_changed;
}

enum rc
sq_script(struct db *db, const char *text, struct err *e)
{
	enum rc rc = sq_usable(db, "script", e);
	int code;

	if (rc != RC_OK)
		return rc;
	assert(!db->in_tx || db->tx_write);
	code = sqlite3_exec(db->sq, text, NULL, NULL, NULL);
	return code == SQLITE_OK ? RC_OK : sq_fail(db, code, "script", e);
}

/* The name in the first row of `text`, whose ?1 is `arg`; empty when there is none.
 * The caller frees *ret with sqlite3_free(). */
static enum rc
query_name(struct db *db, const char *text, const char *arg, char **ret, struct err *e)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db->sq, text, -1, &stmt, NULL);

	*ret = NULL;
	if (code == SQLITE_OK)
		code = sqlite3_bind_text(stmt, 1, arg, -1, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret = sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0));
	else if (code == SQLITE_DONE)
		*ret = sqlite3_mprintf("");
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sq_fail(db, code, "schema", e);
	if (*ret == NULL)
		abort();
	return RC_OK;
}

enum rc
sq_has_table(struct db *db, const char *name, bool *ret, struct err *e)
{
	char *found = NULL;
	enum rc rc = sq_usable(db, "schema", e);

	if (rc == RC_OK)
		rc = query_name(db,
				"SELECT name FROM sqlite_schema"
				" WHERE type = 'table' AND name = ?1",
				name, &found, e);
	*ret = found != NULL && found[0] != '\0';
	sqlite3_free(found);
	return rc;
}

enum rc
sq_drop_tables(struct db *db, const char *prefix, struct err *e)
{
	enum rc rc = sq_usable(db, "schema", e);
	bool more = rc == RC_OK;

	while (more) {
		char *name = NULL, *drop = NULL;
		/* Shadow tables go with the virtual table that they belong to. */
		rc = query_name(db,
				"SELECT name FROM sqlite_schema WHERE type = 'table'"
				" AND substr(name, 1, length(?1)) = ?1 AND name NOT IN"
				" (SELECT name FROM pragma_table_list"
				"  WHERE type = 'shadow')"
				" ORDER BY rowid DESC LIMIT 1",
				prefix, &name, e);
		more = name != NULL && name[0] != '\0';
		if (more) {
			drop = sqlite3_mprintf("DROP TABLE \"%w\"", name);
			if (drop == NULL)
				abort();
			rc = sq_exec(db, drop, e);
			more = rc == RC_OK;
		}
		sqlite3_free(drop);
		sqlite3_free(name);
	}
	return rc;
}

/* With secure_delete, what remains of deleted rows is in the write-ahead log alone. */
enum rc
sq_scrub(struct db *db, struct err *e)
{
	assert(!db->in_tx);
	int code = sqlite3_wal_checkpoint_v2(db->sq, NULL, SQLITE_CHECKPOINT_TRUNCATE,
					     NULL, NULL);

	if ((code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		return err_set(e, RC_RETRY, "somebody still reads an older state");
	return code == SQLITE_OK ? RC_OK : sq_fail(db, code, "scrub", e);
}

/* ---- backup ------------------------------------------------------------------------ */

static enum rc
copy_pages(struct db *db, char *part, struct err *e)
{
	sqlite3 *out = NULL;
	sqlite3_backup *b = NULL;
	enum rc rc = RC_OK;
	int code;

	if (mknod(part, S_IFREG | 0600, 0) < 0)
		return err_sys(e, "backup %s: cannot create it", part);
	code = sqlite3_open_v2(part, &out,
			       SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				       SQLITE_OPEN_EXRESCODE,
			       NULL);
	/* Nobody else sees the file before it is whole. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(out, "PRAGMA journal_mode = OFF", NULL, NULL, NULL);
	if (code == SQLITE_OK) {
		errno = 0;
		b = sqlite3_backup_init(out, "main", db->sq, "main");
		code = b == NULL ? sqlite3_extended_errcode(out)
				 : sqlite3_backup_step(b, -1);
	}
	if (code == SQLITE_DONE)
		code = SQLITE_OK;
	if (code != SQLITE_OK) {
		struct db dst = {.sq = out, .path = part};
		rc = sq_fail(&dst, code, "backup", e);
	}
	if (b != NULL)
		sqlite3_backup_finish(b);
	sqlite3_close(out);
	return rc;
}

static enum rc
sync_path(const char *path, int flags, struct err *e)
{
	enum rc rc = RC_OK;
	int fd = open(path, O_RDONLY | O_CLOEXEC | flags);

	if (fd < 0)
		return err_sys(e, "backup %s", path);
	if (fsync(fd) < 0)
		rc = err_sys(e, "backup %s", path);
	close(fd);
	return rc;
}

enum rc
sq_backup(struct db *db, const char *to, struct err *e)
{
	char *part = sqlite3_mprintf("%s.part", to);
	char *dir = sqlite3_mprintf("%s", to);
	char *slash;
	enum rc rc;

	assert(!db->in_tx);
	if (part == NULL || dir == NULL)
		abort();
	slash = strrchr(dir, '/');
	if (slash != NULL)
		slash[slash == dir ? 1 : 0] = '\0';
	if (access(to, F_OK) == 0) {
		rc = err_set(e, RC_CONFLICT, "backup %s: exists: give another name", to);
		goto out;
	}
	unlink(part); /* of a backup that was interrupted */
	rc = copy_pages(db, part, e);
	if (rc == RC_OK)
		rc = sync_path(part, 0, e);
	/* Unlike rename(), link() never replaces a file. */
	if (rc == RC_OK && link(part, to) < 0)
		rc = errno == EEXIST ? err_set(e, RC_CONFLICT,
					       "backup %s: exists: give another name", to)
				     : err_sys(e, "backup %s", to);
	unlink(part);
	if (rc == RC_OK)
		rc = sync_path(slash != NULL ? dir : ".", O_DIRECTORY, e);
out:
	sqlite3_free(dir);
	sqlite3_free(part);
	return rc;
}

/* ---- columns ----------------------------------------------------------------------- */

int64_t
sq_col_int(const struct db_row *row, unsigned col)
{
	return sqlite3_column_int64(row->stmt, (int)col);
}

const char *
sq_col_text(const struct db_row *row, unsigned col, size_t *ret_len)
{
	const unsigned char *p = sqlite3_column_text(row->stmt, (int)col);

	if (ret_len != NULL)
		*ret_len =
			p == NULL ? 0 : (size_t)sqlite3_column_bytes(row->stmt, (int)col);
	return (const char *)p;
}

const uint8_t *
sq_col_blob(const struct db_row *row, unsigned col, size_t *ret_len)
{
	static const uint8_t empty[1];
	const uint8_t *p = sqlite3_column_blob(row->stmt, (int)col);

	if (ret_len != NULL)
		*ret_len = (size_t)sqlite3_column_bytes(row->stmt, (int)col);
	/* SQLite gives NULL for no bytes, too. */
	return p == NULL && !sq_col_null(row, col) ? empty : p;
}

bool
sq_col_null(const struct db_row *row, unsigned col)
{
	return sqlite3_column_type(row->stmt, (int)col) == SQLITE_NULL;
}
