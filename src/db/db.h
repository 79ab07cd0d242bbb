/*
 * db - all that a database engine must do, and nothing of what we do with it.
 *
 * One thread at a time per `struct db`.  Engines never log; they map failures:
 * lost race, lock timeout -> RC_RETRY (nothing written); unique violation ->
 * RC_CONFLICT; disk full -> RC_FULL; read-only file or directory -> RC_DENIED; damaged
 * file -> RC_CORRUPT; a value beyond what the engine holds -> RC_TOO_LARGE; a server that
 * cannot be reached -> RC_UNAVAILABLE; else RC_IO.  Outside a transaction, a connection
 * that was lost is made again by the next call.
 *
 * When a statement fails inside a transaction, all later ones are refused with the same
 * RC_ until rollback() or rollback_to(): one engine would go on and another would not.
 * When that error ended the whole transaction (a full disk can), rollback_to() fails too.
 * A result other than RC_OK that comes from `on_row` is no such failure.
 *
 * commit() that fails with RC_FULL or RC_IO: not committed for any reader, but a crash
 * before the next commit may bring it back.  Whoever cannot bear that stops the process
 * and looks again; what is keyed for idempotency may simply be repeated.
 */
#ifndef SALURAN_DB_DB_H
#define SALURAN_DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct db_row;

/* A named query: made by tools/gen_sql.py from store/sql/<name>.sql.  Parameters are
 * $1..$n in the file; engines number them by what is written, not by first use. */
struct sql {
	const char *name;
	const char *text;
	unsigned n_params;
	unsigned id; /* 0..SQL_COUNT-1: engines cache prepared statements by it */
};

enum { DB_LEASE_SILENT_S = 30 };

enum db_type { DB_NULL, DB_INT, DB_TEXT, DB_BLOB };

struct db_param {
	enum db_type type;
	int64_t i;
	const void *p;
	size_t len;
};

#define DB_P_INT(v)  ((struct db_param){.type = DB_INT, .i = (int64_t)(v)})
#define DB_P_TEXT(s) db_p_text(s) /* NULL: SQL null */
#define DB_P_BLOB(q, n)                                                                  \
	((struct db_param){.type = (q) == NULL ? DB_NULL : DB_BLOB, .p = (q), .len = (n)})
#define DB_P_NULL ((struct db_param){.type = DB_NULL})

struct db_param db_p_text(const char *s);

/* Called for each row; the row is valid during the call.  A result other than RC_OK stops
 * the query and is what run() returns. */
typedef enum rc db_on_row(void *arg, const struct db_row *row, struct err *e);

struct db_driver {
	const char *name;

	/* `uri` is a path for SQLite; the file is made, for its owner only, unless
	 * `read_only`.  For PostgreSQL it is a connection URI; the database is there.
	 * `n_sql` sizes the statement cache.
	 * RC_NOT_FOUND: no such directory or database, or no store to read there.
	 * RC_CORRUPT: also for a database of another program.
	 * RC_UNSUPPORTED: a server or database that cannot hold a store. */
	enum rc (*open)(const char *uri, bool read_only, unsigned n_sql, struct db **ret,
			struct err *e);
	void (*close)(struct db *db); /* NULL allowed; rolls back */

	/* Until it is closed, this handle's process is the one that writes to the logs,
	 * whatever machine it is on.  Another that has given no sign of life for
	 * `silent_s` is replaced.  RC_CONFLICT: another is; from a later begin(), too,
	 * when another has taken over, or the server has become older than what was
	 * committed by this one: then it never writes again.  Of a file, the lock of the
	 * node's directory says it. */
	enum rc (*lease)(struct db *db, unsigned silent_s, struct err *e);
	/* Outside a transaction: a sign of life.  NULL: nobody asks for one. */
	enum rc (*beat)(struct db *db, struct err *e);

	/* Not nested.  A reader sees one state from its first query on.
	 * RC_RETRY: somebody else writes. */
	enum rc (*begin)(struct db *db, bool write, struct err *e);
	enum rc (*commit)(struct db *db, struct err *e); /* durable when it returns */
	void (*rollback)(struct db *db);		 /* no-op outside a transaction */

	/* Nested, named by depth: what a failed job of a group takes back. */
	enum rc (*savepoint)(struct db *db, struct err *e);
	enum rc (*release)(struct db *db, struct err *e);
	enum rc (*rollback_to)(struct db *db, struct err *e); /* and releases it */

	/* `p` has q->n_params elements.  `on_row` may be NULL, and may call run().
	 * Outside a transaction, a statement is one of its own. */
	enum rc (*run)(struct db *db, const struct sql *q, const struct db_param *p,
		       db_on_row *on_row, void *arg, struct err *e);
	/* In a writing transaction, a statement whose rows nobody asks for and that is
	 * not expected to fail: when it does, the next call says so, as of that
	 * statement.  An engine that is far away sends many of them at a time.  NULL:
	 * run() does. */
	enum rc (*later)(struct db *db, const struct sql *q, const struct db_param *p,
			 struct err *e);
	/* Rows inserted, updated or deleted by the last run(). */
	int64_t (*changes)(struct db *db);

	/* Outside a transaction, when nothing else is to be done: what commits put off.
	 */
	void (*tidy)(struct db *db);

	/* Several statements, no parameters: migrations only. */
	enum rc (*script)(struct db *db, const char *text, struct err *e);

	/* For migrations: is there such a table; drop all whose name begins with
	 * `prefix`, last made first, with their indexes. */
	enum rc (*has_table)(struct db *db, const char *name, bool *ret, struct err *e);
	enum rc (*drop_tables)(struct db *db, const char *prefix, struct err *e);

	/* Outside a transaction.  Online copy of the whole store to a new file, complete
	 * or not there at all; RC_CONFLICT when it exists.  RC_UNSUPPORTED: the engine
	 * has tools of its own for it. */
	enum rc (*backup)(struct db *db, const char *to, struct err *e);

	/* Outside a transaction.  What was deleted or overwritten is gone from every file
	 * of the store.  RC_RETRY: somebody still reads an older state. */
	enum rc (*scrub)(struct db *db, struct err *e);

	/* Row access; a NULL column gives 0, or NULL with *len 0. */
	int64_t (*col_int)(const struct db_row *row, unsigned col);
	const char *(*col_text)(const struct db_row *row, unsigned col, size_t *ret_len);
	const uint8_t *(*col_blob)(const struct db_row *row, unsigned col,
				   size_t *ret_len);
	bool (*col_null)(const struct db_row *row, unsigned col);
};

extern const struct db_driver db_sqlite;
#ifdef SALURAN_POSTGRESQL
extern const struct db_driver db_pg;
#endif

/* By what the uri begins with: a PostgreSQL URI, or a path.
 * RC_UNSUPPORTED: this program was built without that engine. */
enum rc db_driver_of(const char *uri, const struct db_driver **ret,
		     struct err *e) MUST_CHECK;

#endif
