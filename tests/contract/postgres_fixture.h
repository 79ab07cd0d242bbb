/*
 * postgres_fixture - empty stores on the PostgreSQL server that tests/postgres.py has
 * started for this test: a schema each.
 */
#ifndef SALURAN_TESTS_POSTGRES_FIXTURE_H
#define SALURAN_TESTS_POSTGRES_FIXTURE_H

#include "base/arena.h"

#ifdef SALURAN_POSTGRESQL
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* As the store's own role, to the whole database. */
static inline const char *
postgres_server(void)
{
	const char *uri = getenv("SALURAN_TEST_POSTGRESQL");

	if (uri == NULL)
		fail_msg("SALURAN_TEST_POSTGRESQL is not set: run this test with "
			 "tests/postgres.py");
	return uri;
}

static inline void
postgres_exec(const char *text)
{
	PGconn *pg = PQconnectdb(postgres_server());

	PQclear(PQexec(pg, "SET client_min_messages = error"));
	PGresult *res = PQexec(pg, text);

	if (PQresultStatus(res) != PGRES_COMMAND_OK &&
	    PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(pg));
	PQclear(res);
	PQfinish(pg);
}

static inline void
postgres_fresh(char *uri, size_t size)
{
	static atomic_int n;
	char text[480];
	int this = atomic_fetch_add(&n, 1);

	/* The tests' own statements are SQLite's: what PostgreSQL calls otherwise. */
	snprintf(text, sizeof(text),
		 "CREATE SCHEMA test%d; SET search_path = test%d;"
		 "CREATE FUNCTION hex(BYTEA) RETURNS TEXT LANGUAGE sql"
		 " AS $$ SELECT upper(encode($1, 'hex')) $$;"
		 "CREATE FUNCTION concat_next(TEXT, TEXT) RETURNS TEXT LANGUAGE sql"
		 " AS $$ SELECT coalesce($1 || ',', '') || $2 $$;"
		 "CREATE AGGREGATE group_concat(TEXT)"
		 " (SFUNC = concat_next, STYPE = TEXT)",
		 this, this);
	postgres_exec(text);
	snprintf(uri, size, "%s&options=-csearch_path%%3Dtest%d", postgres_server(),
		 this);
}

/* The first column of the first row, in the arena; NULL: null, or no row. */
static inline const char *
postgres_query(struct arena *a, const char *uri, const char *text)
{
	PGconn *pg = PQconnectdb(uri);
	PGresult *res = PQexec(pg, text);
	const char *got = NULL;

	if (PQresultStatus(res) != PGRES_COMMAND_OK &&
	    PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(pg));
	if (PQntuples(res) > 0 && !PQgetisnull(res, 0, 0))
		got = arena_strdup(a, PQgetvalue(res, 0, 0));
	PQclear(res);
	PQfinish(pg);
	return got;
}

static inline void
postgres_remove(const char *uri)
{
	const char *schema = strstr(uri, "%3D");
	char text[80];

	assert_non_null(schema);
	snprintf(text, sizeof(text), "DROP SCHEMA %s CASCADE", schema + 3);
	postgres_exec(text);
}
#else
/* Nobody has a URI then. */
static inline void
postgres_fresh(char *uri, size_t size)
{
	(void)size;
	uri[0] = '\0';
}

static inline const char *
postgres_query(struct arena *a, const char *uri, const char *text)
{
	(void)a;
	(void)uri;
	return text;
}
#endif

#endif
