/*
 * sweep - what happens by itself, when 0, 10, 100 and 1,000 cases have become due beside
 * 100,000 that are due and wait for a person.
 *
 * All cases are sent and receipted by two real nodes first, which takes some minutes
 * (fewer with a number of cases as the only word).  Each figure is the time of
 * service_tick() until it has nothing more to do, by the median of some rounds.  The
 * reference is SQLite alone: the same number of rows found by an index on the time,
 * marked and copied, in durable transactions of as many.
 */
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "pair.h"
#include "service/tick.h"

enum {
	CASES = 100000,
	FILLERS = 16,
	ROUNDS = 5,
	BATCH = 100, /* of one transaction, as the node has it */
	POLL_US = 100000,
};

static const int due[] = {0, 10, 100, 1000};
enum { SIZES = sizeof(due) / sizeof(due[0]) };

static struct bench_pair pair;
static _Atomic int next_case;
static int last_case;

static void
sql_must(int code, sqlite3 *db, const char *what)
{
	if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
		return;
	fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
	exit(EXIT_FAILURE);
}

static sqlite3 *
open_db(const char *dir, const char *name)
{
	char path[256];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sql_must(sqlite3_open(path, &db), db, path);
	return db;
}

static int64_t
count_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;

	sql_must(sqlite3_prepare_v2(db, sql, -1, &q, NULL), db, sql);
	sql_must(sqlite3_step(q), db, sql);
	int64_t n = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return n;
}

static void *
filler(void *arg)
{
	char reference[32];
	int k;

	(void)arg;
	while ((k = atomic_fetch_add(&next_case, 1)) < last_case) {
		char *csv = bench_csv(k, 1);
		snprintf(reference, sizeof(reference), "sweep%06d", k);
		bench_notice(&pair.here, csv, reference);
		free(csv);
	}
	return NULL;
}

/* So many more cases, receipted. */
static void
fill(int more)
{
	pthread_t threads[FILLERS];

	atomic_store(&next_case, last_case);
	last_case += more;
	for (int i = 0; i < FILLERS; i++)
		pthread_create(&threads[i], NULL, filler, NULL);
	for (int i = 0; i < FILLERS; i++)
		pthread_join(threads[i], NULL);
	if (more != 0)
		bench_pair_settle(&pair);
}

/* Until so many steps are due and were not looked at. */
static void
due_await(sqlite3 *db, int64_t want)
{
	char sql[128];
	int64_t n;

	do {
		snprintf(sql, sizeof(sql),
			 "SELECT count(*) FROM v_step WHERE prepared = 0 AND step_us <= "
			 "%lld",
			 (long long)clock_now_us());
		n = count_of(db, sql);
		if (n < want)
			(void)node_wait(pair.here.nd, node_commits(pair.here.nd),
					POLL_US);
	} while (n < want);
}

/* Seconds until nothing more is due. */
static double
sweep(void)
{
	struct err e = ERR_INIT;
	double start = bench_seconds();
	int64_t wait_us;

	do
		bench_must(service_tick(pair.here.nd, CLOCK_US_PER_S, &wait_us, &e), &e,
			   "tick");
	while (wait_us == 0);
	return bench_seconds() - start;
}

static double
reference_ms(sqlite3 *db, int n)
{
	static const char begin[] = "BEGIN IMMEDIATE", commit[] = "COMMIT";
	double ms[ROUNDS];
	char sql[512];

	for (int round = 0; round < ROUNDS; round++) {
		snprintf(sql, sizeof(sql),
			 "UPDATE step SET step_us = 1, prepared = 0 WHERE id < %d", n);
		sql_must(sqlite3_exec(db, "DELETE FROM ready", NULL, NULL, NULL), db,
			 "delete");
		sql_must(sqlite3_exec(db, sql, NULL, NULL, NULL), db, "due");
		snprintf(
			sql, sizeof(sql),
			"INSERT INTO ready SELECT id, step_us FROM step WHERE prepared = "
			"0 AND step_us <= 1 ORDER BY step_us LIMIT %d;"
			"UPDATE step SET prepared = 1 WHERE id IN (SELECT id FROM step "
			"WHERE prepared = 0 AND step_us <= 1 ORDER BY step_us LIMIT %d)",
			BATCH, BATCH);
		double start = bench_seconds();
		for (int left = n; left > 0; left -= BATCH) {
			sql_must(sqlite3_exec(db, begin, NULL, NULL, NULL), db, begin);
			sql_must(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql);
			sql_must(sqlite3_exec(db, commit, NULL, NULL, NULL), db, commit);
		}
		(void)count_of(db,
			       "SELECT count(*) FROM (SELECT id FROM step WHERE prepared "
			       "= 0 AND step_us <= 1 LIMIT 1)");
		ms[round] = (bench_seconds() - start) * 1e3;
	}
	return bench_quantile(ms, ROUNDS, 500);
}

static sqlite3 *
reference_open(int cases)
{
	sqlite3 *db = open_db(bench_dir(), "reference.db");
	char sql[640];

	snprintf(sql, sizeof(sql),
		 "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		 "CREATE TABLE step (id INTEGER PRIMARY KEY, step_us BIGINT NOT NULL, "
		 "prepared BIGINT NOT NULL); CREATE INDEX step_due ON step (prepared, "
		 "step_us);"
		 "CREATE TABLE ready (id INTEGER PRIMARY KEY, step_us BIGINT NOT NULL);"
		 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i "
		 "< %d) INSERT INTO step SELECT i, 2, 1 FROM n;",
		 cases - 1 + due[SIZES - 1]);
	sql_must(sqlite3_exec(db, sql, NULL, NULL, NULL), db, "reference");
	return db;
}

int
main(int argc, char **argv)
{
	double ms[SIZES], bare[SIZES], some[ROUNDS];
	int cases = argc > 1 ? (int)strtol(argv[1], NULL, 10) : CASES;

	if (cases < 1 || cases > CASES) {
		fprintf(stderr, "usage: %s [CASES, at most %d]\n", argv[0], CASES);
		return EXIT_FAILURE;
	}
	bench_pair_open(&pair, PARTY_AUTHORITY, NULL);
	sqlite3 *db = open_db(pair.here.n.dir, "store.db"),
		*reference = reference_open(cases);
	double start = bench_seconds();
	fill(cases);
	printf("# %d cases sent and receipted in %.0f s\n", cases,
	       bench_seconds() - start);
	due_await(db, cases);
	printf("# all of them due at once: %.0f ms\n", sweep() * 1e3);
	for (int i = 0; i < SIZES; i++) {
		for (int round = 0; round < ROUNDS; round++) {
			fill(due[i]);
			due_await(db, due[i]);
			some[round] = sweep() * 1e3;
		}
		ms[i] = bench_quantile(some, ROUNDS, 500);
		bare[i] = reference_ms(reference, due[i]);
		printf("# due=%d ms=%.3f sqlite_ms=%.3f ratio=%.3f\n", due[i], ms[i],
		       bare[i], bare[i] / ms[i]);
		fflush(stdout);
	}
	sqlite3_close(db);
	sqlite3_close(reference);
	bench_pair_close(&pair);
	printf("sweep cases=%d due0_ms=%.3f due10_ms=%.3f due100_ms=%.3f due1000_ms=%.3f "
	       "sqlite_due1000_ms=%.3f ratio=%.3f\n",
	       cases, ms[0], ms[1], ms[2], ms[3], bare[3], bare[3] / ms[3]);
	return EXIT_SUCCESS;
}
