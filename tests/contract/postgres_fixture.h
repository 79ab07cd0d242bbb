/*
 * postgres_fixture - empty stores on the PostgreSQL server that tests/postgres.py has
 * started for this test: a schema each.
 */
#ifndef SALURAN_TESTS_POSTGRES_FIXTURE_H
#define SALURAN_TESTS_POSTGRES_FIXTURE_H

#include "base/arena.h"

struct raw_server; /* a connection of a test's own */

#ifdef SALURAN_POSTGRESQL
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { POSTGRES_NAME_SIZE = 48 }; /* a schema's */

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

/* An empty store in a schema of that name. */
static inline void
postgres_make(const char *schema, char *uri, size_t size)
{
	char text[1200];

	/* The tests' own statements are SQLite's: what PostgreSQL calls otherwise. */
	snprintf(text, sizeof(text),
		 "CREATE SCHEMA %s; SET search_path = %s;"
		 "CREATE FUNCTION hex(BYTEA) RETURNS TEXT LANGUAGE sql"
		 " AS $$ SELECT upper(encode($1, 'hex')) $$;"
		 "CREATE FUNCTION zeroblob(INT) RETURNS BYTEA LANGUAGE sql"
		 " AS $$ SELECT decode(repeat('00', $1), 'hex') $$;"
		 "CREATE DOMAIN blob AS BYTEA;"
		 "CREATE FUNCTION instr(TEXT, TEXT) RETURNS INT LANGUAGE sql"
		 " AS $$ SELECT strpos($1, $2) $$;"
		 "CREATE FUNCTION concat_by(TEXT, TEXT, TEXT) RETURNS TEXT LANGUAGE sql"
		 " AS $$ SELECT coalesce($1 || $3 || $2, $1, $2) $$;"
		 "CREATE AGGREGATE group_concat(TEXT, TEXT)"
		 " (SFUNC = concat_by, STYPE = TEXT);"
		 "CREATE FUNCTION concat_next(TEXT, anyelement) RETURNS TEXT LANGUAGE sql"
		 " AS $$ SELECT coalesce($1 || ',' || $2, $1, $2::text) $$;"
		 "CREATE AGGREGATE group_concat(anyelement)"
		 " (SFUNC = concat_next, STYPE = TEXT)",
		 schema, schema);
	postgres_exec(text);
	snprintf(uri, size, "%s&options=-csearch_path%%3D%s", postgres_server(), schema);
}

static inline void
postgres_fresh(char *uri, size_t size)
{
	static atomic_int n;
	char schema[POSTGRES_NAME_SIZE];

	/* Suites run on one server, too. */
	snprintf(schema, sizeof(schema), "test%ld_%d", (long)getpid(),
		 atomic_fetch_add(&n, 1));
	postgres_make(schema, uri, size);
}

/* The server ends the connections of the application, and has ended them. */
static inline void
postgres_cut(const char *application)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		 " WHERE pid <> pg_backend_pid() AND application_name = '%s'",
		 application);
	postgres_exec(text);
}

/* The main thread of a process keeps its connections, since each is a process there. */
static inline PGconn *
postgres_kept(const char *uri)
{
	enum { KEPT = 4, KEPT_URI_MAX = 400 };
	static struct {
		char uri[KEPT_URI_MAX];
		PGconn *pg;
		pid_t pid;
	} kept[KEPT];
	static size_t next;
	size_t i = 0;

	while (i < KEPT && (kept[i].pid != getpid() || strcmp(kept[i].uri, uri) != 0))
		i++;
	if (i == KEPT) {
		i = next++ % KEPT;
		if (kept[i].pid == getpid())
			PQfinish(kept[i].pg);
		snprintf(kept[i].uri, sizeof(kept[i].uri), "%s", uri);
		kept[i].pid = getpid();
		kept[i].pg = PQconnectdb(uri);
	}
	return kept[i].pg;
}

/* The first column of the first row, in the arena; NULL: null, or no row. */
static inline const char *
postgres_query(struct arena *a, const char *uri, const char *text)
{
	bool keeps = gettid() == getpid();
	PGconn *pg = keeps ? postgres_kept(uri) : PQconnectdb(uri);
	PGresult *res = PQexec(pg, text);
	const char *got = NULL;

	if (PQstatus(pg) != CONNECTION_OK) { /* cut since it was used */
		PQclear(res);
		PQreset(pg);
		res = PQexec(pg, text);
	}
	if (PQresultStatus(res) != PGRES_COMMAND_OK &&
	    PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(pg));
	if (PQntuples(res) > 0 && !PQgetisnull(res, 0, 0))
		got = arena_strdup(a, PQgetvalue(res, 0, 0));
	PQclear(res);
	if (!keeps)
		PQfinish(pg);
	return got;
}

static inline const char *
postgres_schema(const char *uri)
{
	const char *schema = strstr(uri, "%3D");
	static _Thread_local char name[POSTGRES_NAME_SIZE];

	assert_non_null(schema);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(schema + 3, "&"), schema + 3);
	return name;
}

/* As the server's own user, for whom keys of other tables are no hindrance. */
static inline void
postgres_copy(const char *uri, const char *kept, const char *text)
{
	char set[300], admin[480];

	snprintf(
		set, sizeof(set),
		"SET client_min_messages = error; SET session_replication_role = replica;"
		"SET saluran.live = '%s'; SET saluran.kept = '%s'",
		postgres_schema(uri), kept);
	snprintf(admin, sizeof(admin), "%s&user=postgres", uri);
	PGconn *pg = PQconnectdb(admin);
	const char *const texts[] = {set, text};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		PGresult *res = PQexec(pg, texts[i]);
		if (PQresultStatus(res) != PGRES_COMMAND_OK)
			fail_msg("copy of a store: %s", PQerrorMessage(pg));
		PQclear(res);
	}
	PQfinish(pg);
}

#define POSTGRES_COPY                                                                    \
	"DO $do$ DECLARE t TEXT; live TEXT := current_setting('saluran.live');"          \
	" kept TEXT := current_setting('saluran.kept'); BEGIN "
#define POSTGRES_TABLES_OF(schema)                                                       \
	"SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"   \
	" WHERE n.nspname = " schema " AND c.relkind = 'r'"

/* In the schema `kept`. */
static inline void
postgres_keep(const char *uri, const char *kept)
{
	postgres_copy(
		uri, kept,
		POSTGRES_COPY
		"EXECUTE format('DROP SCHEMA IF EXISTS %I CASCADE', kept);"
		"EXECUTE format('CREATE SCHEMA %I', kept);"
		"FOR t IN " POSTGRES_TABLES_OF("live") " LOOP EXECUTE"
						       " format('CREATE TABLE %I.%I AS "
						       "TABLE %I.%I', kept, t, live, t);"
						       "END LOOP; END $do$");
}

static inline void
postgres_put_back(const char *uri, const char *kept)
{
	postgres_copy(uri, kept,
		      POSTGRES_COPY
		      "EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', live,"
		      " x.relname), ', ') FROM (" POSTGRES_TABLES_OF(
			      "kept") ") AS x);"
				      "FOR t IN " POSTGRES_TABLES_OF(
					      "kept") " LOOP EXECUTE"
						      " format('INSERT INTO %I.%I TABLE "
						      "%I.%I', live, t, kept, t);"
						      "END LOOP; END $do$");
}

/* A store that is the same as the one of `from` is now: its URI. */
static inline void
postgres_clone(const char *from, char *uri, size_t size)
{
	char kept[POSTGRES_NAME_SIZE], clone[POSTGRES_NAME_SIZE + sizeof("_clone")];

	snprintf(kept, sizeof(kept), "%s", postgres_schema(from));
	snprintf(clone, sizeof(clone), "%s_clone", kept);
	postgres_make(clone, uri, size);
	postgres_copy(uri, kept,
		      POSTGRES_COPY "FOR t IN " POSTGRES_TABLES_OF(
			      "kept") " LOOP EXECUTE format('CREATE TABLE %I.%I (LIKE "
				      "%I.%I INCLUDING ALL)', live, t, kept, t);"
				      "EXECUTE format('INSERT INTO %I.%I TABLE %I.%I',"
				      " live, t, kept, t);"
				      "EXECUTE format('ALTER TABLE %I.%I OWNER TO"
				      " saluran', live, t); END LOOP; END $do$");
}

/* Rows of any table have the text, as text or as bytes. */
static inline bool
postgres_has(struct arena *a, const char *uri, const char *text)
{
	const char *sql = arena_printf(
		a,
		"CREATE OR REPLACE FUNCTION pg_temp.has(x TEXT) RETURNS BOOLEAN LANGUAGE "
		"plpgsql"
		" AS $do$ DECLARE t text; found boolean; BEGIN"
		" FOR t IN SELECT relname FROM pg_class c"
		" JOIN pg_namespace n ON n.oid = c.relnamespace"
		" WHERE n.nspname = current_schema() AND c.relkind = 'r' LOOP"
		" EXECUTE format('SELECT EXISTS (SELECT 1 FROM %%I AS r WHERE"
		" strpos(r::text, $1) > 0 OR strpos(r::text, $2) > 0)', t) INTO found"
		" USING x, encode(convert_to(x, 'UTF8'), 'hex');"
		" IF found THEN RETURN true; END IF;"
		"END LOOP; RETURN false; END $do$;"
		"SELECT pg_temp.has($do$%s$do$)",
		text);

	return strcmp(postgres_query(a, uri, sql), "t") == 0;
}

/* Nobody else writes to the table. */
static inline void *
postgres_lock(const char *uri, const char *table)
{
	PGconn *pg = PQconnectdb(uri);
	char text[120];

	snprintf(text, sizeof(text), "BEGIN; LOCK TABLE %s IN EXCLUSIVE MODE", table);
	PGresult *res = PQexec(pg, text);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", text, PQerrorMessage(pg));
	PQclear(res);
	return pg;
}

static inline void
postgres_unlock(void *lock)
{
	PQfinish(lock);
}

/* ---- one value of one row ---------------------------------------------------------- */

static inline struct raw_server *
raw_open(const char *uri)
{
	PGconn *pg = PQconnectdb(uri);

	assert_int_equal(PQstatus(pg), CONNECTION_OK);
	PQclear(PQexec(pg, "SET synchronous_commit = off"));
	return (struct raw_server *)pg;
}

static inline void
raw_close(struct raw_server *s)
{
	PQfinish((PGconn *)s);
}

/* The bytes as the server sends them; returns how many, 0 for a null. */
static inline size_t
raw_read(struct raw_server *s, const char *sql, unsigned char *ret, size_t max, int *type)
{
	PGresult *res = PQexecParams((PGconn *)s, sql, 0, NULL, NULL, NULL, NULL, 1);

	assert_int_equal(PQntuples(res), 1);
	size_t len = (size_t)PQgetlength(res, 0, 0);
	assert_true(len <= max);
	memcpy(ret, PQgetvalue(res, 0, 0), len);
	*type = (int)PQftype(res, 0);
	PQclear(res);
	return len;
}

/* What the statement returns; NULL: the server refuses it. */
static inline const char *
raw_write(struct raw_server *s, struct arena *a, const char *sql,
	  const unsigned char *bytes, size_t len, int type)
{
	const Oid types[] = {(Oid)type};
	const char *const values[] = {(const char *)bytes};
	const int lens[] = {(int)len}, formats[] = {1};
	PGresult *res =
		PQexecParams((PGconn *)s, sql, 1, types, values, lens, formats, 0);
	const char *got = NULL;

	if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1)
		got = arena_strdup(a, PQgetvalue(res, 0, 0));
	PQclear(res);
	return got;
}

static inline size_t
raw_texts(struct raw_server *s, struct arena *a, const char *sql, const char **ret,
	  size_t max)
{
	PGresult *res = PQexec((PGconn *)s, sql);
	size_t n = (size_t)PQntuples(res);

	assert_true(PQresultStatus(res) == PGRES_TUPLES_OK && n <= max);
	for (size_t i = 0; i < n; i++)
		ret[i] = arena_strdup(a, PQgetvalue(res, (int)i, 0));
	PQclear(res);
	return n;
}

static inline void
postgres_remove(const char *uri)
{
	char text[80];

	snprintf(text, sizeof(text), "DROP SCHEMA %s CASCADE", postgres_schema(uri));
	postgres_exec(text);
}
#else
/* Nobody has a URI then. */
static inline void
postgres_cut(const char *application)
{
	(void)application;
}

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

static inline void
postgres_keep(const char *uri, const char *name)
{
	(void)uri;
	(void)name;
}

static inline void
postgres_put_back(const char *uri, const char *name)
{
	(void)uri;
	(void)name;
}

static inline const char *
postgres_schema(const char *uri)
{
	return uri;
}

static inline void
postgres_clone(const char *from, char *uri, size_t size)
{
	(void)from;
	(void)size;
	uri[0] = '\0';
}

static inline bool
postgres_has(struct arena *a, const char *uri, const char *text)
{
	(void)a;
	return uri == text;
}

static inline void *
postgres_lock(const char *uri, const char *table)
{
	(void)uri;
	(void)table;
	return NULL;
}

static inline void
postgres_unlock(void *lock)
{
	(void)lock;
}

static inline struct raw_server *
raw_open(const char *uri)
{
	(void)uri;
	return NULL;
}

static inline void
raw_close(struct raw_server *s)
{
	(void)s;
}

static inline size_t
raw_read(struct raw_server *s, const char *sql, unsigned char *ret, size_t max, int *type)
{
	(void)s, (void)sql, (void)ret, (void)type;
	return max;
}

static inline const char *
raw_write(struct raw_server *s, struct arena *a, const char *sql,
	  const unsigned char *bytes, size_t len, int type)
{
	(void)s, (void)a, (void)bytes, (void)len, (void)type;
	return sql;
}

static inline size_t
raw_texts(struct raw_server *s, struct arena *a, const char *sql, const char **ret,
	  size_t max)
{
	(void)s, (void)a, (void)sql, (void)ret;
	return max;
}
#endif

#endif
