/*
 * import - from a CSV of 100,000 rows to a notice that is durable.
 *
 * Parse, normalise, disclose, sign, fold into the views, commit.  The reference is SQLite
 * alone: the same rows, already parsed, inserted one by one in one durable transaction
 * into one table with the same columns and the index that matching needs.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "bench.h"
#include "core/crypto.h"

enum { ITEMS = 100000 };

static char *
csv_make(void)
{
	size_t cap = ITEMS * 96 + 64;
	char *csv = malloc(cap);
	size_t len = (size_t)snprintf(csv, cap, "target,category,description\n");

	for (int i = 0; i < ITEMS; i++)
		len += (size_t)snprintf(
			csv + len, cap - len,
			"https://t.me/channel_%07d/%d,terrorism,invented row %d\n", i,
			i % 5000 + 1, i);
	return csv;
}

static void
sql_must(int code, sqlite3 *db, const char *what)
{
	if (code == SQLITE_OK || code == SQLITE_DONE)
		return;
	fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

/* Seconds that SQLite alone takes for the rows. */
static double
reference_s(void)
{
	static const char schema[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"CREATE TABLE item (casefile TEXT NOT NULL, i BIGINT NOT NULL, kind TEXT "
		"NOT NULL,"
		" category TEXT NOT NULL, nf BYTEA NOT NULL, given TEXT, normal TEXT, "
		"host TEXT,"
		" description TEXT, PRIMARY KEY (casefile, i));"
		"CREATE INDEX item_nf ON item (nf); CREATE INDEX item_host ON item "
		"(host);";
	char path[256], given[96], normal[96], description[64];
	sqlite3 *db;
	sqlite3_stmt *insert;

	snprintf(path, sizeof(path), "%s/reference.db", bench_dir());
	sql_must(sqlite3_open(path, &db), db, "open");
	sql_must(sqlite3_exec(db, schema, NULL, NULL, NULL), db, "schema");
	sql_must(sqlite3_prepare_v2(db, "INSERT INTO item VALUES (?,?,?,?,?,?,?,?,?)", -1,
				    &insert, NULL),
		 db, "prepare");
	double start = bench_seconds();
	sql_must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), db, "begin");
	for (int i = 0; i < ITEMS; i++) {
		struct hash nf;
		int n = snprintf(normal, sizeof(normal),
				 "telegram:message/channel_%07d/%d", i, i % 5000 + 1);
		hash_bytes(normal, (size_t)n, &nf);
		snprintf(given, sizeof(given), "https://t.me/channel_%07d/%d", i,
			 i % 5000 + 1);
		snprintf(description, sizeof(description), "invented row %d", i);
		sqlite3_bind_text(insert, 1, "01890a5d-ac96-774b-bcce-b302099a8057", -1,
				  SQLITE_STATIC);
		sqlite3_bind_int(insert, 2, i);
		sqlite3_bind_text(insert, 3, "telegram", -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 4, "terrorism", -1, SQLITE_STATIC);
		sqlite3_bind_blob(insert, 5, nf.b, HASH_LEN, SQLITE_STATIC);
		sqlite3_bind_text(insert, 6, given, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 7, normal, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 8, "t.me", -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 9, description, -1, SQLITE_STATIC);
		sql_must(sqlite3_step(insert), db, "insert");
		sqlite3_reset(insert);
	}
	sql_must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), db, "commit");
	double seconds = bench_seconds() - start;
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return seconds;
}

int
main(void)
{
	struct bench_node a, p;
	struct node *nd;
	struct err e = ERR_INIT;
	char officer[256];

	log_set_level(LOG_ERROR);
	crypto_start();
	bench_node_create(&a, "kominfo.example", PARTY_AUTHORITY);
	bench_node_create(&p, "telegram.example", PARTY_PLATFORM);
	bench_introduce(&a, &p);
	bench_must(node_open(a.dir, &nd, &e), &e, "open the authority");
	bench_person(nd, &a, "officer", "officer", officer);
	char *csv = csv_make();
	double start = bench_seconds();
	json_t *r = bench_call(nd, officer, "POST", "/v1/notices",
			       json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference",
					 "bench", "subject", "Benchmark", "legal_basis",
					 "none"));
	double seconds = bench_seconds() - start;
	if (json_integer_value(json_object_get(r, "items")) != ITEMS) {
		fprintf(stderr, "only %lld of %d items were sent\n",
			(long long)json_integer_value(json_object_get(r, "items")),
			ITEMS);
		return EXIT_FAILURE;
	}
	json_decref(r);
	free(csv);
	node_close(nd);
	double reference = reference_s();
	printf("import items=%d items_per_s=%.0f sqlite_per_s=%.0f ratio=%.3f\n", ITEMS,
	       ITEMS / seconds, ITEMS / reference, reference / seconds);
	return EXIT_SUCCESS;
}
