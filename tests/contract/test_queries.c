/* Each named query on PostgreSQL: it is understood, and takes and gives the types that
 * the engine knows.  That SQLite understands it is asked by unit/test_query_plans.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/store.h"
#include "store/store_sql.h"

#include "postgres_fixture.h"

/* pg_type.dat */
enum { BOOL = 16, BYTEA = 17, INT8 = 20, INT4 = 23, TEXT = 25, NUMERIC = 1700 };

static const Oid params[] = {INT8, TEXT, BYTEA, 0};
static const Oid columns[] = {INT8, INT4, NUMERIC, BOOL, TEXT, BYTEA, 0};

static bool
has(const Oid *list, Oid type)
{
	while (*list != 0 && *list != type)
		list++;
	return *list != 0;
}

/* What a person does about it stands in HACKING.md, "A query". */
static unsigned
judge(PGconn *pg, const struct sql *q)
{
	PGresult *made = PQprepare(pg, "", q->text, 0, NULL);
	PGresult *told = PQdescribePrepared(pg, "");
	unsigned bad = 0;

	if (PQresultStatus(made) != PGRES_COMMAND_OK) {
		print_error("%s: %s", q->name, PQresultErrorMessage(made));
		bad++;
	} else {
		assert_int_equal(PQnparams(told), q->n_params);
		for (int i = 0; i < PQnparams(told); i++)
			if (!has(params, PQparamtype(told, i))) {
				print_error("%s: $%d is of type %u: cast its first use\n",
					    q->name, i + 1, PQparamtype(told, i));
				bad++;
			}
		for (int i = 0; i < PQnfields(told); i++)
			if (!has(columns, PQftype(told, i))) {
				print_error("%s: column %d is of type %u\n", q->name, i,
					    PQftype(told, i));
				bad++;
			}
	}
	PQclear(told);
	PQclear(made);
	return bad;
}

static void
all_are_understood(void **state)
{
	char uri[256];
	struct store *s = NULL;
	struct err e = ERR_INIT;
	unsigned n = 0, bad = 0;

	(void)state;
	postgres_fresh(uri, sizeof(uri));
	if (store_open(uri, false, &s, &e) != RC_OK)
		fail_msg("%s", e.text);
	PGconn *pg = PQconnectdb(uri);
	for (; store_queries[n] != NULL; n++)
		bad += judge(pg, store_queries[n]);
	PQfinish(pg);
	store_close(s);
	postgres_remove(uri);
	assert_int_equal(n, SQL_COUNT);
	assert_int_equal(bad, 0);
}

/* What the gate is for. */
static void
others_are_refused(void **state)
{
	static const struct sql rows[] = {
		{"function", "SELECT length(ifnull(sha256, name)) FROM policy_text", 0,
		 0},
		{"untyped", "SELECT name FROM policy_text WHERE $1 IS NULL OR name = $1",
		 1, 0},
		{"narrow", "SELECT name FROM policy_text WHERE $1 = 0 OR version = $1", 1,
		 0},
		{"column", "SELECT now()", 0, 0},
	};
	char uri[256];
	struct store *s = NULL;
	struct err e = ERR_INIT;

	(void)state;
	postgres_fresh(uri, sizeof(uri));
	assert_int_equal(store_open(uri, false, &s, &e), RC_OK);
	PGconn *pg = PQconnectdb(uri);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(judge(pg, &rows[i]), 1);
	PQfinish(pg);
	store_close(s);
	postgres_remove(uri);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_are_understood),
		cmocka_unit_test(others_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
