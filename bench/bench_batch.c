/*
 * batch - 10,000 items from submit to receipted and listed on both nodes.
 *
 * Submit is the request with the list's text; the end is when the sender has the peer's
 * receipt and each node lists the last item.  The reference is SQLite alone, twice, as
 * there are two stores: the same rows, already parsed, inserted in one durable
 * transaction into one table with the same columns and indexes.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/crypto.h"
#include "pair.h"

enum { ITEMS = 10000, BATCHES = 7 };

static void
sql_must(int code, sqlite3 *db, const char *what)
{
	if (code == SQLITE_OK || code == SQLITE_DONE)
		return;
	fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

static double
reference_ms(void)
{
	static const char schema[] =
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		"CREATE TABLE item (casefile TEXT NOT NULL, i BIGINT NOT NULL, kind TEXT "
		"NOT NULL, category TEXT NOT NULL, nf BYTEA NOT NULL, given TEXT, "
		"normal TEXT, host TEXT, description TEXT, PRIMARY KEY (casefile, i));"
		"CREATE INDEX item_nf ON item (nf, casefile);"
		"CREATE INDEX item_host ON item (host, casefile);";
	char path[256], normal[96];
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
		int n = snprintf(normal, sizeof(normal), "telegram:message/channel/%07d",
				 i);
		hash_bytes(normal, (size_t)n, &nf);
		sqlite3_bind_text(insert, 1, "01890a5d-ac96-774b-bcce-b302099a8057", -1,
				  SQLITE_STATIC);
		sqlite3_bind_int(insert, 2, i);
		sqlite3_bind_text(insert, 3, "telegram", -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 4, "terrorism", -1, SQLITE_STATIC);
		sqlite3_bind_blob(insert, 5, nf.b, HASH_LEN, SQLITE_STATIC);
		sqlite3_bind_text(insert, 6, normal, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 7, normal, -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 8, "t.me", -1, SQLITE_STATIC);
		sqlite3_bind_text(insert, 9, "invented row", -1, SQLITE_STATIC);
		sql_must(sqlite3_step(insert), db, "insert");
		sqlite3_reset(insert);
	}
	sql_must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), db, "commit");
	double seconds = bench_seconds() - start;
	sqlite3_finalize(insert);
	sqlite3_close(db);
	return seconds * 1e3;
}

/* Does the node list the last item of the case with this subject? */
static bool
lists_all(struct bench_side *s, const char *subject)
{
	char path[128];
	json_t *r = bench_call(s->nd, s->worker, "GET", "/v1/cases",
			       json_pack("{s:s}", "text", subject));
	const char *id = json_string_value(
		json_object_get(json_array_get(json_object_get(r, "cases"), 0), "case"));
	bool all = false;

	if (id != NULL) {
		snprintf(path, sizeof(path), "/v1/cases/%s/items", id);
		json_t *items = bench_call(s->nd, s->worker, "GET", path,
					   json_pack("{s:i}", "after", ITEMS - 2));
		all = json_array_size(json_object_get(items, "items")) == 1;
		json_decref(items);
	}
	json_decref(r);
	return all;
}

/* The platform's process says when it lists each batch. */
static void
platform(struct bench_side *s, int say)
{
	char subject[32];

	for (int i = 0; i < BATCHES; i++) {
		snprintf(subject, sizeof(subject), "batch%04d", i);
		uint64_t seen = node_commits(s->nd);
		while (!lists_all(s, subject)) {
			(void)node_wait(s->nd, seen, 1000000);
			seen = node_commits(s->nd);
		}
		double now = bench_seconds();
		if (write(say, &now, sizeof(now)) != sizeof(now))
			_exit(EXIT_FAILURE);
	}
}

int
main(void)
{
	struct bench_pair p = {0};
	double ms[BATCHES], sent_ms[BATCHES], listed;
	char subject[32];

	bench_pair_open(&p, PARTY_AUTHORITY, platform);
	for (int i = 0; i < BATCHES; i++) {
		char *csv = bench_csv(i * ITEMS, ITEMS);
		snprintf(subject, sizeof(subject), "batch%04d", i);
		double start = bench_seconds();
		bench_notice(&p.here, csv, subject);
		sent_ms[i] = (bench_seconds() - start) * 1e3;
		bench_pair_settle(&p);
		if (!lists_all(&p.here, subject)) {
			fprintf(stderr, "the sender does not list its own batch\n");
			return EXIT_FAILURE;
		}
		double end = bench_seconds();
		if (read(p.said, &listed, sizeof(listed)) != sizeof(listed))
			return EXIT_FAILURE;
		ms[i] = ((listed > end ? listed : end) - start) * 1e3;
		printf("# batch %d: recorded after %.0f ms, receipted and listed on both "
		       "after %.0f ms\n",
		       i, sent_ms[i], ms[i]);
		free(csv);
	}
	bench_pair_close(&p);
	double reference = 2 * reference_ms();
	double median = bench_quantile(ms, BATCHES, 500);
	printf("batch items=%d recorded_ms=%.0f ms=%.0f max_ms=%.0f sqlite_ms=%.0f "
	       "ratio=%.3f\n",
	       ITEMS, bench_quantile(sent_ms, BATCHES, 500), median, ms[BATCHES - 1],
	       reference, reference / median);
	return EXIT_SUCCESS;
}
