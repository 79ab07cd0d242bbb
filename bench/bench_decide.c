/*
 * decide - 10,000 items decided in one request, durable.
 *
 * The reference is SQLite alone: the same columns of the same number of rows set by
 * number in one durable transaction.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "pair.h"

enum { ITEMS = 10000, ROUNDS = 7, STEP_US = 100000 };

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
		"CREATE TABLE item (casefile TEXT NOT NULL, i BIGINT NOT NULL, given "
		"TEXT, "
		"outcome TEXT, ground TEXT, reason TEXT, decided_us BIGINT, decided_seq "
		"BIGINT, PRIMARY KEY (casefile, i));"
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i "
		"< "
		"9999) INSERT INTO item SELECT '01890a5d-ac96-774b-bcce-b302099a8057', "
		"i, "
		"'https://t.me/channel/' || i, NULL, NULL, NULL, 0, 0 FROM n;";
	char path[256];
	sqlite3 *db;
	sqlite3_stmt *set;

	snprintf(path, sizeof(path), "%s/reference.db", bench_dir());
	sql_must(sqlite3_open(path, &db), db, "open");
	sql_must(sqlite3_exec(db, schema, NULL, NULL, NULL), db, "schema");
	sql_must(sqlite3_prepare_v2(db,
				    "UPDATE item SET outcome = 'kept', reason = ?1, "
				    "decided_us = 1, decided_seq = 1 WHERE casefile = "
				    "'01890a5d-ac96-774b-bcce-b302099a8057' AND i = ?2",
				    -1, &set, NULL),
		 db, "prepare");
	double start = bench_seconds();
	sql_must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), db, "begin");
	for (int i = 0; i < ITEMS; i++) {
		sqlite3_bind_text(set, 1, "it is news", -1, SQLITE_STATIC);
		sqlite3_bind_int(set, 2, i);
		sql_must(sqlite3_step(set), db, "update");
		sqlite3_reset(set);
	}
	sql_must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), db, "commit");
	double ms = (bench_seconds() - start) * 1e3;
	sqlite3_finalize(set);
	sqlite3_close(db);
	return ms;
}

/* The authority's process sends one notice a round. */
static void
authority(struct bench_side *s, int say)
{
	char reference[32];

	(void)say;
	for (int i = 0; i < ROUNDS; i++) {
		char *csv = bench_csv(i * ITEMS, ITEMS);
		snprintf(reference, sizeof(reference), "batch%04d", i);
		bench_notice(s, csv, reference);
		free(csv);
	}
}

/* The case with this subject, once it is here; the caller's. */
static json_t *
case_await(struct bench_side *s, const char *subject)
{
	uint64_t seen = node_commits(s->nd);

	for (;;) {
		json_t *r = bench_call(
			s->nd, s->worker, "GET", "/v1/cases",
			json_pack("{s:s, s:s}", "text", subject, "state", "received"));
		json_t *id = json_incref(json_object_get(
			json_array_get(json_object_get(r, "cases"), 0), "case"));
		json_decref(r);
		if (id != NULL)
			return id;
		(void)node_wait(s->nd, seen, STEP_US);
		seen = node_commits(s->nd);
	}
}

/* All that is open, as a person does it: a preview, then what it says to type.  Seconds
 * that the decision takes. */
static double
decide_all(struct bench_side *s, const char *id)
{
	char path[128];
	json_t *in = json_pack("{s:s, s:s, s:s}", "items", "open", "outcome", "kept",
			       "reason", "it is news");

	snprintf(path, sizeof(path), "/v1/cases/%s/decide/preview", id);
	json_t *seen = bench_call(s->nd, s->worker, "POST", path, json_deep_copy(in));
	json_object_set(in, "selection", json_object_get(seen, "selection"));
	json_object_set(in, "confirm", json_object_get(seen, "confirm"));
	snprintf(path, sizeof(path), "/v1/cases/%s/decide", id);
	double start = bench_seconds();
	json_decref(bench_call(s->nd, s->worker, "POST", path, in));
	double seconds = bench_seconds() - start;
	json_decref(seen);
	return seconds;
}

int
main(void)
{
	struct bench_pair p = {0};
	double ms[ROUNDS];
	char subject[32], path[128];

	double reference = reference_ms();
	bench_pair_open(&p, PARTY_PLATFORM, authority);
	for (int i = 0; i < ROUNDS; i++) {
		snprintf(subject, sizeof(subject), "batch%04d", i);
		json_t *id = case_await(&p.here, subject);
		snprintf(path, sizeof(path), "/v1/cases/%s/accept",
			 json_string_value(id));
		json_decref(bench_call(p.here.nd, p.here.worker, "POST", path, NULL));
		ms[i] = decide_all(&p.here, json_string_value(id)) * 1e3;
		printf("# round %d: %.0f ms\n", i, ms[i]);
		json_decref(id);
	}
	bench_pair_close(&p);
	double median = bench_quantile(ms, ROUNDS, 500);
	printf("decide items=%d ms=%.0f max_ms=%.0f sqlite_ms=%.0f ratio=%.3f\n", ITEMS,
	       median, ms[ROUNDS - 1], reference, reference / median);
	return EXIT_SUCCESS;
}
