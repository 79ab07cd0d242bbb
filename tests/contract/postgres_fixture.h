/*
 * postgres_fixture - empty stores on the PostgreSQL server that tests/postgres.py has
 * started for this test: a schema each.
 */
#ifndef SALURAN_TESTS_POSTGRES_FIXTURE_H
#define SALURAN_TESTS_POSTGRES_FIXTURE_H

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
	char text[80];
	int this = atomic_fetch_add(&n, 1);

	snprintf(text, sizeof(text), "CREATE SCHEMA test%d", this);
	postgres_exec(text);
	snprintf(uri, size, "%s&options=-csearch_path%%3Dtest%d", postgres_server(),
		 this);
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
#endif

#endif
