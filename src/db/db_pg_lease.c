/*
 * db_pg_lease - which process writes to a store on a server.
 *
 * It holds an advisory lock by the connection that it writes with.  The server gives the
 * lock back when that connection ends, and with it ends whatever it had not committed.
 * Who hangs with its connection open gives no sign of life any more (beat()): the server
 * knows since when, and whoever waits for the lease has the connection ended.
 *
 * Each process that gets the lease raises its term by compare-and-swap.  A transaction
 * that writes asks for the term once it has the lock of all writers, so what a process
 * that was replaced still has in hand is never committed, however late it wakes.
 */
#include "db/db_pg_int.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LEASE_CLASS = 0x53414c4c, /* "SALL" */
	LEASE_TRIES = 50,
	LEASE_PAUSE_MS = 20,
	HOLDER_MAX = 200,
};

enum rc
pg_lease_gone(struct db *db, struct err *e)
{
	db->superseded = true;
	if (db->older)
		return err_set(e, RC_CONFLICT,
			       "store %s: the server does not have what this process "
			       "committed to it last, as an old copy or a standby that "
			       "was behind: this one writes nothing more, start it anew",
			       db->where);
	return err_set(e, RC_CONFLICT,
		       "store %s: another process has taken over the writing: this one "
		       "writes nothing more, start it anew",
		       db->where);
}

enum rc
pg_lease_holds(struct db *db, const PGresult *res, int col, struct err *e)
{
	if (PQntuples(res) == 1 && !PQgetisnull(res, 0, col) &&
	    strtoll(PQgetvalue(res, 0, col), NULL, 10) == db->term)
		return RC_OK;
	return pg_lease_gone(db, e);
}

static enum rc
try_lock(struct db *db, bool *ret, struct err *e)
{
	char text[120];
	PGresult *res;

	snprintf(text, sizeof(text), "SELECT pg_try_advisory_lock(%d, %s)", LEASE_CLASS,
		 db->key);
	enum rc rc = pg_query(db, text, "lease", &res, e);
	*ret = rc == RC_OK && strcmp(PQgetvalue(res, 0, 0), "t") == 0;
	PQclear(res);
	return rc;
}

/* Behind a network that was cut, the server may go on with our last connection. */
static enum rc
last_self_end(struct db *db, const char *self, bool *ret, struct err *e)
{
	const char *param[] = {self};
	PGresult *res = PQexecParams(
		db->pg,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		" WHERE pid || ' ' || extract(epoch FROM backend_start) = $1",
		1, NULL, param, NULL, NULL, 0);
	enum rc rc = pg_result_good(res) ? RC_OK : pg_fail(db, res, "lease", e);

	*ret = rc == RC_OK && PQntuples(res) == 1;
	PQclear(res);
	return rc;
}

/* A connection that the server works for is alive, however long that takes. */
static enum rc
silent_end(struct db *db, bool *ret, struct err *e)
{
	char text[600];
	PGresult *res;

	snprintf(text, sizeof(text),
		 "SELECT pg_terminate_backend(a.pid) FROM pg_locks l"
		 " JOIN pg_stat_activity a ON a.pid = l.pid AND a.datid = l.database"
		 " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2"
		 " AND a.datname = current_database() AND l.classid = %d::oid"
		 " AND l.objid = (%s::bigint & 4294967295)::oid AND a.state <> 'active'"
		 " AND a.state_change < clock_timestamp() - make_interval(secs => %u)",
		 LEASE_CLASS, db->key, db->silent_s);
	enum rc rc = pg_query(db, text, "lease", &res, e);
	*ret = rc == RC_OK && PQntuples(res) != 0;
	PQclear(res);
	return rc;
}

static enum rc
held_elsewhere(struct db *db, struct err *e)
{
	char holder[HOLDER_MAX] = "";
	PGresult *res;

	if (pg_query(db,
		     "SELECT holder || ' since ' || to_char(since AT TIME ZONE 'UTC',"
		     " 'YYYY-MM-DD HH24:MI:SS\"Z\"') FROM saluran_lease"
		     " WHERE role = 'writer'",
		     "lease", &res, NULL) == RC_OK &&
	    PQntuples(res) == 1)
		snprintf(holder, sizeof(holder), " (%.180s)", PQgetvalue(res, 0, 0));
	PQclear(res);
	return err_set(e, RC_CONFLICT,
		       "store %s: another process writes to it%s: talk to that one, or "
		       "stop it first",
		       db->where, holder);
}

/* What people are told of who writes. */
static void
self_name(char ret[HOLDER_MAX])
{
	char host[100] = "?";

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '?';
	host[sizeof(host) - 1] = '\0';
	snprintf(ret, HOLDER_MAX, "process %ld on %s", (long)getpid(), host);
}

/* With the lock: the term that was there when we got it becomes ours, one higher. */
static enum rc
term_begin(struct db *db, struct err *e)
{
	char self[HOLDER_MAX], seen[24];
	const char *param[] = {self, seen};
	PGresult *res;
	enum rc rc = pg_exec(
		db,
		"CREATE TABLE IF NOT EXISTS saluran_lease (role TEXT NOT NULL PRIMARY "
		"KEY,"
		" term BIGINT NOT NULL, holder TEXT NOT NULL, since TIMESTAMPTZ NOT "
		"NULL)",
		e);

	if (rc != RC_OK)
		return rc;
	rc = pg_query(db, "SELECT coalesce(" PG_TERM ", 0)", "lease", &res, e);
	if (rc != RC_OK)
		return rc;
	snprintf(seen, sizeof(seen), "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	self_name(self);
	res = PQexecParams(
		db->pg,
		"INSERT INTO saluran_lease AS l VALUES ('writer', 1, $1,"
		" clock_timestamp()) ON CONFLICT (role) DO UPDATE SET"
		" term = l.term + 1, holder = excluded.holder, since = excluded.since"
		" WHERE l.term = $2::bigint RETURNING term",
		2, NULL, param, NULL, NULL, 0);
	if (!pg_result_good(res))
		rc = pg_fail(db, res, "lease", e);
	else if (PQntuples(res) != 1)
		rc = held_elsewhere(db, e);
	else
		db->term = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
	PQclear(res);
	return rc;
}

static enum rc
term_same(struct db *db, struct err *e)
{
	PGresult *res;
	enum rc rc = pg_query(db, "SELECT " PG_TERM, "lease", &res, e);

	if (rc == RC_OK)
		rc = pg_lease_holds(db, res, 0, e);
	PQclear(res);
	return rc;
}

/* Behind a new connection there may be another server, or another state of it. */
static enum rc
commits_kept(struct db *db, struct err *e)
{
	const char *param[] = {db->last_xid};
	PGresult *res;
	enum rc rc;

	if (db->last_xid[0] == '\0')
		return RC_OK;
	/* One that is long past has no status any more. */
	res = PQexecParams(
		db->pg,
		"SELECT CASE WHEN $1::xid8 < pg_snapshot_xmax(pg_current_snapshot()) THEN"
		" coalesce(pg_xact_status($1::xid8), 'committed') = 'committed'"
		" ELSE false END",
		1, NULL, param, NULL, NULL, 0);
	rc = pg_result_good(res) ? RC_OK : pg_fail(db, res, "lease", e);
	if (rc == RC_OK && strcmp(PQgetvalue(res, 0, 0), "t") != 0) {
		db->older = true;
		rc = pg_lease_gone(db, e);
	}
	PQclear(res);
	return rc;
}

enum rc
pg_lease_take(struct db *db, const char *self, struct err *e)
{
	const struct timespec pause = {.tv_nsec = LEASE_PAUSE_MS * 1000000L};
	bool taken, ended = false;
	enum rc rc = try_lock(db, &taken, e);

	if (rc == RC_OK && !taken && self[0] != '\0')
		rc = last_self_end(db, self, &ended, e);
	if (rc == RC_OK && !taken && !ended)
		rc = silent_end(db, &ended, e);
	for (int i = 0; rc == RC_OK && ended && !taken && i < LEASE_TRIES; i++) {
		nanosleep(&pause, NULL);
		rc = try_lock(db, &taken, e);
	}
	if (rc == RC_OK && !taken)
		return held_elsewhere(db, e);
	if (rc != RC_OK)
		return rc;
	if (db->term == 0)
		return term_begin(db, e);
	rc = commits_kept(db, e);
	return rc == RC_OK ? term_same(db, e) : rc;
}

enum rc
pg_lease(struct db *db, unsigned silent_s, struct err *e)
{
	assert(!db->read_only && !db->leased && !db->in_tx);
	db->silent_s = silent_s;
	enum rc rc = pg_connected(db, e);
	if (rc == RC_OK)
		rc = pg_lease_take(db, "", e);
	if (rc != RC_OK)
		return rc;
	db->leased = true;
	pg_begin_text(db);
	return RC_OK;
}

enum rc
pg_beat(struct db *db, struct err *e)
{
	assert(db->leased && !db->in_tx);
	enum rc rc = pg_connected(db, e);

	return rc == RC_OK ? term_same(db, e) : rc;
}
