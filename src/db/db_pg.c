/*
 * db_pg - the PostgreSQL engine: connections, and what the server must be.
 *
 * One store is one schema of a database: the first of the role's search_path.  Each
 * connection is asked once what it is; one that is lost is made anew by the next call.
 */
#include "db/db_pg_int.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	/* In work, the caller's loop repeats; see db_sqlite.c. */
	WORK_LOCK_MS = 100,
	/* What a reader may wait for: a migration of another process. */
	READ_LOCK_MS = 60000,
	OLDEST_VERSION = 130000, /* has pg_current_xact_id() */
};

/* What is set when the uri does not say it. */
static const char *const connect_defaults[][2] = {
	{"connect_timeout", "10"},     /* s */
	{"tcp_user_timeout", "30000"}, /* ms: a network that is cut is noticed */
	{"keepalives_idle", "30"},     /* s */
	{"application_name", "saluran"},
};

static const struct {
	const char *state; /* SQLSTATE, or its class */
	enum rc rc;
} sql_states[] = {
	{"23505", RC_CONFLICT},	 /* unique_violation */
	{"40", RC_RETRY},	 /* serialization_failure, deadlock_detected */
	{"55P03", RC_RETRY},	 /* lock_not_available */
	{"57014", RC_RETRY},	 /* query_canceled: by the server's administrator */
	{"53100", RC_FULL},	 /* disk_full */
	{"53", RC_UNAVAILABLE},	 /* too_many_connections, out_of_memory */
	{"25006", RC_DENIED},	 /* read_only_sql_transaction */
	{"42501", RC_DENIED},	 /* insufficient_privilege */
	{"22003", RC_TOO_LARGE}, /* numeric_value_out_of_range */
	{"22021", RC_INVALID},	 /* character_not_in_repertoire */
	{"54", RC_TOO_LARGE},	 /* program_limit_exceeded */
	{"57P", RC_UNAVAILABLE}, /* admin_shutdown, crash_shutdown, cannot_connect_now */
	{"08", RC_UNAVAILABLE},	 /* connection_exception */
	{"XX001", RC_CORRUPT},	 /* data_corrupted */
	{"XX002", RC_CORRUPT},	 /* index_corrupted */
};

static void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (p == NULL)
		abort();
	return p;
}

static char *
xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		abort();
	return p;
}

/* ---- failures ---------------------------------------------------------------------- */

bool
pg_lost(const struct db *db)
{
	return PQstatus(db->pg) != CONNECTION_OK;
}

static enum rc
rc_from_state(const char *state)
{
	for (size_t i = 0; i < sizeof(sql_states) / sizeof(sql_states[0]); i++)
		if (strncmp(state, sql_states[i].state, strlen(sql_states[i].state)) == 0)
			return sql_states[i].rc;
	return RC_IO;
}

static const char *
advice(enum rc rc)
{
	switch ((int)rc) {
	case RC_RETRY:
		return "another process is in the way: try again";
	case RC_FULL:
		return "no space is left: free some on the server's disk, then try again";
	case RC_DENIED:
		return "not allowed: check what the role may do";
	case RC_CORRUPT:
		return "damaged: restore the database from a backup";
	case RC_UNAVAILABLE:
		return "the server cannot be reached: check that it runs";
	default:
		return NULL;
	}
}

/* The first line of a text of the server or of libpq. */
static int
line_len(const char *msg)
{
	return (int)strcspn(msg, "\n");
}

enum rc
pg_fail(struct db *db, const PGresult *res, const char *what, struct err *e)
{
	const char *state =
		res == NULL ? NULL : PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *msg =
		res == NULL ? NULL : PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	enum rc rc = RC_UNAVAILABLE;

	if (msg == NULL)
		msg = PQerrorMessage(db->pg);
	if (!pg_lost(db))
		rc = state == NULL ? RC_IO : rc_from_state(state);
	const char *mend = advice(rc);
	if (db->in_tx && db->failed == RC_OK)
		db->failed = rc;
	rc = err_set(e, rc, "store %s, %s: %s%s%.*s%s", db->where, what, mend ? mend : "",
		     mend ? " (" : "", line_len(msg), msg, mend ? ")" : "");
	if (e != NULL)
		e->inner = true;
	return rc;
}

/* Refuses work in a transaction that has failed. */
enum rc
pg_usable(struct db *db, const char *what, struct err *e)
{
	enum rc rc = pg_settle(db, e);

	if (rc != RC_OK)
		return rc;
	if (!db->in_tx || db->failed == RC_OK)
		return RC_OK;
	return err_set(
		e, db->failed,
		"store %s, %s: an earlier statement of the transaction failed (%s): "
		"roll back first",
		db->where, what, rc_token(db->failed));
}

bool
pg_result_good(const PGresult *res)
{
	ExecStatusType s = PQresultStatus(res);

	return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

enum rc
pg_query(struct db *db, const char *text, const char *what, PGresult **ret, struct err *e)
{
	*ret = PQexec(db->pg, text);
	if (*ret != NULL && pg_result_good(*ret))
		return RC_OK;
	enum rc rc = pg_fail(db, *ret, what, e);
	PQclear(*ret);
	*ret = NULL;
	return rc;
}

enum rc
pg_exec(struct db *db, const char *text, struct err *e)
{
	PGresult *res;
	/* A person who reads the error is not shown a whole script. */
	enum rc rc =
		pg_query(db, text, strchr(text, ';') == NULL ? text : "set up", &res, e);

	PQclear(res);
	return rc;
}

/* ---- connections ------------------------------------------------------------------- */

enum checked {
	CHECK_VERSION,
	CHECK_ENCODING,
	CHECK_COLLATE,
	CHECK_SYNC,
	CHECK_FSYNC,
	CHECK_RECOVERY,
	CHECK_SCHEMA,
	CHECK_KEY,
	CHECK_OURS,
	CHECK_TABLES,
	CHECK_SELF,
};

static const char check_text[] =
	"SELECT current_setting('server_version_num'), pg_encoding_to_char(d.encoding),"
	" d.datcollate, current_setting('synchronous_commit'), current_setting('fsync'),"
	" pg_is_in_recovery(), current_schema(), hashtext(current_schema()),"
	" to_regclass(quote_ident(current_schema()) || '.saluran_store') IS NOT NULL,"
	" (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')),"
	" (SELECT pid || ' ' || extract(epoch FROM backend_start)"
	"  FROM pg_stat_activity WHERE pid = pg_backend_pid())"
	" FROM pg_database d WHERE d.datname = current_database()";

static void
quiet(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

static void
forget_prepared(struct db *db)
{
	for (unsigned i = 0; i < db->n_cache; i++) {
		free(db->cache[i].types);
		db->cache[i] = (struct cached){.q = NULL};
	}
}

static enum rc
session_set(struct db *db, struct err *e)
{
	char text[600];

	/* No plan is worth compiling here; a query of ours is never cut off, nor is its
	 * transaction while it thinks. */
	snprintf(text, sizeof(text),
		 "SET client_min_messages = error; SET jit = off;"
		 "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
		 "SET lock_timeout = %d; SET default_transaction_read_only = %s;"
		 /* The server, too, notices a network that is cut. */
		 "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5;"
		 "SET tcp_keepalives_count = 3; SET tcp_user_timeout = 30000",
		 db->read_only ? READ_LOCK_MS : WORK_LOCK_MS,
		 db->read_only ? "on" : "off");
	return pg_exec(db, text, e);
}

static enum rc
server_judge(struct db *db, const PGresult *res, struct err *e)
{
	const char *collate = PQgetvalue(res, 0, CHECK_COLLATE);

	if (strtol(PQgetvalue(res, 0, CHECK_VERSION), NULL, 10) < OLDEST_VERSION)
		return err_set(e, RC_UNSUPPORTED,
			       "store %s: PostgreSQL 13 or newer is needed", db->where);
	if (strcmp(PQgetvalue(res, 0, CHECK_ENCODING), "UTF8") != 0 ||
	    (strcmp(collate, "C") != 0 && strcmp(collate, "POSIX") != 0))
		return err_set(
			e, RC_UNSUPPORTED,
			"store %s: the database is %s in the order of %.40s: make it "
			"with CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8' "
			"LC_COLLATE 'C' LC_CTYPE 'C'",
			db->where, PQgetvalue(res, 0, CHECK_ENCODING), collate);
	if (PQgetisnull(res, 0, CHECK_SCHEMA))
		return err_set(e, RC_NOT_FOUND,
			       "store %s: no schema of the role's search_path is there: "
			       "create it, or set search_path",
			       db->where);
	if (db->read_only)
		return RC_OK;
	if (strcmp(PQgetvalue(res, 0, CHECK_RECOVERY), "t") == 0)
		return err_set(e, RC_DENIED,
			       "store %s: the server is a standby: name the primary, or "
			       "several hosts with target_session_attrs=read-write",
			       db->where);
	if (strcmp(PQgetvalue(res, 0, CHECK_SYNC), "off") == 0 ||
	    strcmp(PQgetvalue(res, 0, CHECK_FSYNC), "off") == 0)
		return err_set(e, RC_UNSUPPORTED,
			       "store %s: the server says that a commit is done before "
			       "it is on the disk, so that nothing may be signed: set "
			       "synchronous_commit and fsync to on",
			       db->where);
	return RC_OK;
}

/* Whose schema is this?  An empty one becomes ours. */
static enum rc
claim_schema(struct db *db, const PGresult *res, struct err *e)
{
	char text[400];

	if (strcmp(PQgetvalue(res, 0, CHECK_OURS), "t") == 0)
		return RC_OK;
	if (strcmp(PQgetvalue(res, 0, CHECK_TABLES), "0") != 0)
		return err_set(e, RC_CORRUPT,
			       "store %s: the schema %.60s has tables of another "
			       "program: give the store a database of its own",
			       db->where, PQgetvalue(res, 0, CHECK_SCHEMA));
	if (db->read_only)
		return err_set(e, RC_NOT_FOUND, "store %s: empty: start the daemon once",
			       db->where);
	snprintf(text, sizeof(text),
		 "BEGIN; SELECT pg_advisory_xact_lock(%d, %s);"
		 "CREATE TABLE IF NOT EXISTS saluran_store"
		 " (made_at TIMESTAMPTZ NOT NULL DEFAULT now()); COMMIT",
		 PG_LOCK_CLASS, PQgetvalue(res, 0, CHECK_KEY));
	enum rc rc = pg_exec(db, text, e);
	if (rc != RC_OK)
		PQclear(PQexec(db->pg, "ROLLBACK"));
	return rc;
}

static enum rc
session_start(struct db *db, struct err *e)
{
	PGresult *res = NULL;
	char last[sizeof(db->self)];
	enum rc rc = RC_OK;

	memcpy(last, db->self, sizeof(last));
	db->ready = false;
	if (pg_lost(db)) {
		const char *why = PQerrorMessage(db->pg);
		rc = err_set(e, RC_UNAVAILABLE, "store %s: no connection: %.*s",
			     db->where, line_len(why), why);
		if (e != NULL)
			e->inner = true;
		return rc;
	}
	PQsetNoticeReceiver(db->pg, quiet, NULL);
	if (PQsetClientEncoding(db->pg, "UTF8") != 0)
		rc = pg_fail(db, NULL, "connect", e);
	if (rc == RC_OK)
		rc = session_set(db, e);
	if (rc == RC_OK)
		rc = pg_query(db, check_text, "connect", &res, e);
	if (rc == RC_OK)
		rc = server_judge(db, res, e);
	if (rc == RC_OK)
		rc = claim_schema(db, res, e);
	if (rc == RC_OK) {
		snprintf(db->key, sizeof(db->key), "%s", PQgetvalue(res, 0, CHECK_KEY));
		snprintf(db->self, sizeof(db->self), "%s",
			 PQgetvalue(res, 0, CHECK_SELF));
		pg_begin_text(db);
	}
	PQclear(res);
	if (rc == RC_OK && db->leased)
		rc = pg_lease_take(db, last, e);
	db->ready = rc == RC_OK;
	return rc;
}

/* What people are told of the connection: no secret is in it. */
static char *
where_of(const PQconninfoOption *opts)
{
	const char *host = NULL, *port = NULL, *name = NULL;
	char text[200];

	for (const PQconninfoOption *o = opts; o != NULL && o->keyword != NULL; o++) {
		if (strcmp(o->keyword, "host") == 0)
			host = o->val;
		else if (strcmp(o->keyword, "port") == 0)
			port = o->val;
		else if (strcmp(o->keyword, "dbname") == 0)
			name = o->val;
	}
	snprintf(text, sizeof(text), "postgresql %.60s at %.80s%s%.10s",
		 name == NULL ? "(database of the role's name)" : name,
		 host == NULL ? "the local socket" : host, port == NULL ? "" : ":",
		 port == NULL ? "" : port);
	return xstrdup(text);
}

static enum rc
connect_first(struct db *db, struct err *e)
{
	enum { N_DEFAULTS = sizeof(connect_defaults) / sizeof(connect_defaults[0]) };
	const char *names[N_DEFAULTS + 2] = {NULL}, *values[N_DEFAULTS + 2] = {NULL};
	char *why = NULL;
	PQconninfoOption *opts = PQconninfoParse(db->uri, &why);

	db->where = where_of(opts);
	if (opts == NULL) {
		/* The text of libpq may have the uri in it, with its password. */
		PQfreemem(why);
		return err_set(e, RC_INVALID,
			       "store: not a PostgreSQL URI, as "
			       "postgresql://saluran@db.example/saluran: check it");
	}
	PQconninfoFree(opts);
	for (size_t i = 0; i < N_DEFAULTS; i++) {
		names[i] = connect_defaults[i][0];
		values[i] = connect_defaults[i][1];
	}
	names[N_DEFAULTS] = "dbname";
	values[N_DEFAULTS] = db->uri;
	db->pg = PQconnectdbParams(names, values, 1);
	if (db->pg == NULL)
		abort();
	return session_start(db, e);
}

enum rc
pg_connected(struct db *db, struct err *e)
{
	if (db->superseded)
		return pg_lease_gone(db, e);
	if (!pg_lost(db) && db->ready)
		return RC_OK;
	assert(!db->in_tx);
	forget_prepared(db);
	PQreset(db->pg);
	return session_start(db, e);
}

enum rc
pg_open(const char *uri, bool read_only, unsigned n_sql, struct db **ret, struct err *e)
{
	struct db *db = xcalloc(1, sizeof(*db));

	db->read_only = read_only;
	db->uri = xstrdup(uri);
	db->n_cache = n_sql;
	db->cache = xcalloc(n_sql > 0 ? n_sql : 1, sizeof(*db->cache));
	enum rc rc = connect_first(db, e);
	if (rc != RC_OK) {
		pg_close(db);
		db = NULL;
	}
	*ret = db;
	return rc;
}

void
pg_close(struct db *db)
{
	if (db == NULL)
		return;
	/* The server rolls back and gives back all locks, but in its own time: whoever
	 * is started next is not to find the lease taken. */
	if (db->leased && !pg_lost(db)) {
		pg_rollback(db);
		PQclear(PQexec(db->pg, "SELECT pg_advisory_unlock_all()"));
	}
	PQfinish(db->pg);
	forget_prepared(db);
	free(db->cache);
	free(db->uri);
	free(db->where);
	free(db);
}

/* The server tidies up by itself. */
static void
pg_tidy(struct db *db)
{
	(void)db;
}

const struct db_driver db_pg = {
	.name = "postgresql",
	.open = pg_open,
	.close = pg_close,
	.lease = pg_lease,
	.beat = pg_beat,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.savepoint = pg_savepoint,
	.release = pg_release,
	.rollback_to = pg_rollback_to,
	.run = pg_run,
	.later = pg_later,
	.changes = pg_changes,
	.tidy = pg_tidy,
	.script = pg_script,
	.has_table = pg_has_table,
	.drop_tables = pg_drop_tables,
	.backup = pg_backup,
	.scrub = pg_scrub,
	.col_int = pg_col_int,
	.col_text = pg_col_text,
	.col_blob = pg_col_blob,
	.col_null = pg_col_null,
};
