/*
 * db_pg_int - what the files of the PostgreSQL engine share; nobody else includes it.
 */
#ifndef SALURAN_DB_DB_PG_INT_H
#define SALURAN_DB_DB_PG_INT_H

#include <libpq-fe.h>

#include "db/db.h"

/* What the server's catalogue calls the types that we use (pg_type.dat). */
enum pg_oid {
	PG_BOOL = 16,
	PG_BYTEA = 17,
	PG_INT8 = 20,
	PG_INT2 = 21,
	PG_INT4 = 23,
	PG_TEXT = 25,
	PG_NUMERIC = 1700,
};

enum { PG_LATER_MAX = 64 };

struct cached {
	const struct sql *q; /* NULL until its first use on this connection */
	Oid *types;	     /* of its parameters, as the server takes them */
};

struct db {
	PGconn *pg;
	char *uri;
	char *where; /* "postgresql://host:port/database", without a secret */
	bool read_only;
	struct cached *cache; /* by sql.id */
	unsigned n_cache;
	char begin_write[320];
	char key[16];	   /* of the store's locks: its schema's */
	bool leased;	   /* wanted: taken again with each new connection */
	bool superseded;   /* another process has taken it over: never again */
	bool older;	   /* the server does not have what was committed: never again */
	unsigned silent_s; /* how long another may give no sign of life */
	int64_t term;	   /* of the lease, 0: never had it */
	bool ready;	   /* the connection is set up */
	char self[64];	   /* number and start of the server's process for it */
	char xid[24];	   /* of the open write transaction, as the server writes it */
	char last_xid[24]; /* of the last one that changed a row and was committed; empty:
			      none was */
	bool in_tx, tx_write;
	bool tx_changed; /* rows: only then is its commit sure to be on the disk */
	unsigned depth;	 /* savepoints that are open */
	const char *later[PG_LATER_MAX]; /* statements whose results were not read yet */
	unsigned n_later;
	enum rc failed;	   /* of the open transaction; see db.h */
	int64_t n_changed; /* by the last run() */
};

struct db_row {
	const PGresult *res;
	int row;
};

enum {
	PG_LOCK_CLASS = 0x53414c52, /* "SALR": held while a transaction writes */
};
/* The newest term of the lease, within a statement. */
#define PG_TERM "(SELECT term FROM saluran_lease WHERE role = 'writer')"

/* With a new connection.  `self`: of the last one, or empty. */
enum rc pg_lease_take(struct db *db, const char *self, struct err *e);
/* Is column `col` of the first row still our term?  RC_CONFLICT. */
enum rc pg_lease_holds(struct db *db, const PGresult *res, int col, struct err *e);
enum rc pg_lease_gone(struct db *db, struct err *e);
/* How a transaction that writes begins, with the lease or without. */
void pg_begin_text(struct db *db);
bool pg_result_good(const PGresult *res);

/* Map what the server, or the way to it, said; write the text; spoil the open
 * transaction.  `res` may be NULL. */
enum rc pg_fail(struct db *db, const PGresult *res, const char *what, struct err *e);
enum rc pg_usable(struct db *db, const char *what, struct err *e);
/* What pg_later() sent has been done, or the first failure of it. */
enum rc pg_settle(struct db *db, struct err *e);
/* As pg_settle(), for who takes all of it back anyway. */
void pg_settle_any(struct db *db);
/* The next result of a pipeline, whole; NULL when the connection is lost. */
PGresult *pg_pipe_result(struct db *db);
/* Without parameters; several statements are allowed. */
enum rc pg_exec(struct db *db, const char *text, struct err *e);
/* A connection that was lost is made again, unless a transaction is open. */
enum rc pg_connected(struct db *db, struct err *e);
bool pg_lost(const struct db *db);
/* As pg_exec(); *ret is the last result, the caller's to clear, or NULL. */
enum rc pg_query(struct db *db, const char *text, const char *what, PGresult **ret,
		 struct err *e);

/* The driver's functions; contracts are in db.h. */
enum rc pg_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret,
		struct err *e);
void pg_close(struct db *db);
enum rc pg_lease(struct db *db, unsigned silent_s, struct err *e);
enum rc pg_beat(struct db *db, struct err *e);
enum rc pg_begin(struct db *db, bool write, struct err *e);
enum rc pg_commit(struct db *db, struct err *e);
void pg_rollback(struct db *db);
enum rc pg_savepoint(struct db *db, struct err *e);
enum rc pg_release(struct db *db, struct err *e);
enum rc pg_rollback_to(struct db *db, struct err *e);
enum rc pg_run(struct db *db, const struct sql *q, const struct db_param *p,
	       db_on_row *on_row, void *arg, struct err *e);
enum rc pg_later(struct db *db, const struct sql *q, const struct db_param *p,
		 struct err *e);
int64_t pg_changes(struct db *db);
enum rc pg_script(struct db *db, const char *text, struct err *e);
enum rc pg_has_table(struct db *db, const char *name, bool *ret, struct err *e);
enum rc pg_drop_tables(struct db *db, const char *prefix, struct err *e);
enum rc pg_backup(struct db *db, const char *to, struct err *e);
enum rc pg_scrub(struct db *db, struct err *e);
int64_t pg_col_int(const struct db_row *row, unsigned col);
const char *pg_col_text(const struct db_row *row, unsigned col, size_t *ret_len);
const uint8_t *pg_col_blob(const struct db_row *row, unsigned col, size_t *ret_len);
bool pg_col_null(const struct db_row *row, unsigned col);

#endif
