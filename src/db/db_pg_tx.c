/*
 * db_pg_tx - transactions of the PostgreSQL engine.
 *
 * Who writes holds an advisory lock of the store until the transaction ends: writers come
 * one after the other, as in SQLite, so that what a writer has read stays true until it
 * commits.  Readers take no lock and see one state (REPEATABLE READ).
 *
 * A server may go away between a commit and its answer.  Each writing transaction knows
 * its number, and asks for its fate on a new connection.
 */
#include "db/db_pg_int.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FATE_TRIES = 100, FATE_PAUSE_MS = 100 };

void
pg_begin_text(struct db *db)
{
	snprintf(db->begin_write, sizeof(db->begin_write),
		 "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;"
		 "SELECT pg_advisory_xact_lock(%d, %s);"
		 "SELECT pg_current_xact_id()::text, %s",
		 PG_LOCK_CLASS, db->key, db->leased ? PG_TERM : "NULL");
}

/* On a failure nothing is open. */
static enum rc
begin_try(struct db *db, bool write, struct err *e)
{
	static const char read[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
	PGresult *res;
	enum rc rc = pg_query(db, write ? db->begin_write : read, "begin", &res, e);

	if (rc == RC_OK && write)
		snprintf(db->xid, sizeof(db->xid), "%s", PQgetvalue(res, 0, 0));
	if (rc == RC_OK && write && db->leased)
		rc = pg_lease_holds(db, res, 1, e);
	PQclear(res);
	if (rc != RC_OK && !pg_lost(db))
		PQclear(PQexec(db->pg, "ROLLBACK"));
	return rc;
}

enum rc
pg_begin(struct db *db, bool write, struct err *e)
{
	bool was_lost = pg_lost(db);
	enum rc rc;

	assert(!db->in_tx);
	rc = pg_connected(db, e);
	if (rc == RC_OK)
		rc = begin_try(db, write, e);
	/* A server that was started anew is only noticed by asking it. */
	if (rc != RC_OK && !was_lost && pg_lost(db)) {
		rc = pg_connected(db, e);
		if (rc == RC_OK)
			rc = begin_try(db, write, e);
	}
	if (rc == RC_OK) {
		db->in_tx = true;
		db->tx_write = write;
		db->tx_changed = false;
		db->depth = 0;
		db->failed = RC_OK;
	}
	return rc;
}

/* The transaction whose answer was lost: who gets the lock after it finds it ended. */
static enum rc
fate_try(struct db *db, const char *xid, struct err *e)
{
	char text[100];
	PGresult *res = NULL;
	enum rc rc = pg_connected(db, e);

	if (rc == RC_OK)
		rc = begin_try(db, true, e);
	if (rc != RC_OK)
		return rc == RC_RETRY ? RC_UNAVAILABLE : rc;
	snprintf(text, sizeof(text), "SELECT pg_xact_status('%s'::xid8)", xid);
	rc = pg_query(db, text, "commit", &res, e);
	if (rc == RC_OK && strcmp(PQgetvalue(res, 0, 0), "committed") != 0)
		rc = err_set(e, RC_RETRY,
			     "store %s, commit: the server went away and has taken the "
			     "transaction back: try again",
			     db->where);
	PQclear(res);
	PQclear(PQexec(db->pg, "ROLLBACK"));
	return rc;
}

static enum rc
fate(struct db *db, struct err *e)
{
	const struct timespec pause = {.tv_nsec = FATE_PAUSE_MS * 1000000L};
	char xid[sizeof(db->xid)];
	enum rc rc = RC_UNAVAILABLE;

	memcpy(xid, db->xid, sizeof(xid));
	for (int i = 0; rc == RC_UNAVAILABLE && i < FATE_TRIES; i++) {
		if (i != 0)
			nanosleep(&pause, NULL);
		rc = fate_try(db, xid, e);
	}
	if (rc == RC_OK && db->tx_changed)
		memcpy(db->last_xid, xid, sizeof(db->last_xid));
	if (rc == RC_OK || rc == RC_RETRY)
		return rc;
	return err_set(e, RC_IO,
		       "store %s, commit: the server went away before it answered, and "
		       "whether it was done is only known once it is back: ask again "
		       "then",
		       db->where);
}

enum rc
pg_commit(struct db *db, struct err *e)
{
	PGresult *res;
	enum rc rc;

	assert(db->in_tx && db->depth == 0);
	rc = pg_usable(db, "commit", e);
	if (rc != RC_OK)
		return rc;
	rc = pg_query(db, "COMMIT", "commit", &res, e);
	/* COMMIT of a transaction that had failed rolls back and says so only here. */
	if (rc == RC_OK && strcmp(PQcmdStatus(res), "COMMIT") != 0)
		rc = err_set(e, RC_IO, "store %s, commit: rolled back", db->where);
	PQclear(res);
	/* The server ended it, one way or the other. */
	db->in_tx = false;
	if (rc == RC_UNAVAILABLE && pg_lost(db) && db->tx_write)
		return fate(db, e);
	/* One that changed nothing is not waited for until it is on the disk. */
	if (rc == RC_OK && db->tx_write && db->tx_changed)
		memcpy(db->last_xid, db->xid, sizeof(db->last_xid));
	return rc;
}

void
pg_rollback(struct db *db)
{
	pg_settle_any(db);
	if (db->in_tx && !pg_lost(db))
		PQclear(PQexec(db->pg, "ROLLBACK"));
	db->in_tx = false;
	db->depth = 0;
	db->failed = RC_OK;
}

/* One name is enough: the server takes the innermost savepoint of that name. */
enum rc
pg_savepoint(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx);
	rc = pg_usable(db, "savepoint", e);
	if (rc == RC_OK)
		rc = pg_exec(db, "SAVEPOINT s", e);
	if (rc == RC_OK)
		db->depth++;
	return rc;
}

enum rc
pg_release(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx && db->depth > 0);
	rc = pg_usable(db, "release", e);
	if (rc == RC_OK)
		rc = pg_exec(db, "RELEASE s", e);
	if (rc == RC_OK)
		db->depth--;
	return rc;
}

enum rc
pg_rollback_to(struct db *db, struct err *e)
{
	enum rc rc;

	assert(db->in_tx && db->depth > 0);
	db->depth--; /* it is left, though it may take the transaction with it */
	pg_settle_any(db);
	if (pg_lost(db)) /* that took the whole transaction */
		return pg_usable(db, "rollback to savepoint", e);
	rc = pg_exec(db, "ROLLBACK TO s; RELEASE s", e);
	db->failed = rc;
	return rc;
}
