/*
 * db_sqlite_int - what the files of the SQLite engine share; nobody else includes it.
 */
#ifndef SALURAN_DB_DB_SQLITE_INT_H
#define SALURAN_DB_DB_SQLITE_INT_H

#include <sqlite3.h>

#include "db/db.h"

enum verb {
	VERB_BEGIN_READ,
	VERB_BEGIN_WRITE,
	VERB_COMMIT,
	VERB_ROLLBACK,
	VERB_SAVEPOINT,
	VERB_RELEASE,
	VERB_ROLLBACK_TO,
	VERB_COUNT
};

struct cached {
	const struct sql *q;
	sqlite3_stmt *stmt; /* NULL until its first use */
	bool running;
};

struct db {
	sqlite3 *sq;
	char *path;
	struct cached *cache; /* by sql.id */
	unsigned n_cache;
	sqlite3_stmt *verb[VERB_COUNT];
	bool in_tx, tx_write;
	unsigned depth;	     /* savepoints that are open */
	enum rc failed;	     /* of the open transaction; see db.h */
	int64_t n_changed;   /* by the last run() */
	int64_t released_at; /* total changes when the page cache was last given back */
	int wal_pages;	     /* in the write-ahead log after the last commit */
};

struct db_row {
	sqlite3_stmt *stmt;
};

/* Map `code`, write the text, and spoil the open transaction. */
enum rc sq_fail(struct db *db, int code, const char *what, struct err *e);
enum rc sq_usable(struct db *db, const char *what, struct err *e);
enum rc sq_exec(struct db *db, const char *text, struct err *e);

/* The driver's functions; contracts are in db.h. */
enum rc sq_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret,
		struct err *e);
void sq_close(struct db *db);
enum rc sq_run(struct db *db, const struct sql *q, const struct db_param *p,
	       db_on_row *on_row, void *arg, struct err *e);
int64_t sq_changes(struct db *db);
enum rc sq_script(struct db *db, const char *text, struct err *e);
enum rc sq_has_table(struct db *db, const char *name, bool *ret, struct err *e);
enum rc sq_drop_tables(struct db *db, const char *prefix, struct err *e);
enum rc sq_backup(struct db *db, const char *to, struct err *e);
enum rc sq_scrub(struct db *db, struct err *e);
int64_t sq_col_int(const struct db_row *row, unsigned col);
const char *sq_col_text(const struct db_row *row, unsigned col, size_t *ret_len);
const uint8_t *sq_col_blob(const struct db_row *row, unsigned col, size_t *ret_len);
bool sq_col_null(const struct db_row *row, unsigned col);

#endif
