/* What every engine must do, whoever it is: one suite, one row an engine. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/db.h"
#include "postgres_fixture.h"

/* An engine under test: fresh() gives the uri of an empty store of its own. */
struct engine {
	const struct db_driver *drv;
	void (*fresh)(char *uri, size_t size);
	void (*remove)(const char *uri);
	bool copies; /* backup() makes a file that open() takes */
};

struct world {
	const struct engine *engine;
	const struct db_driver *drv;
	char uri[256];
	struct db *db;
	struct err e;
};

enum {
	ID_PUT,
	ID_GET,
	ID_COUNT,
	ID_SWAP,
	ID_BUMP,
	ID_RETURNING,
	ID_CHILD,
	ID_NTH,
	ID_MAX
};

static const struct sql PUT = {
	"put", "INSERT INTO t (k, i, s, b) VALUES ($1, $2, $3, $4)", 4, ID_PUT};
static const struct sql GET = {"get", "SELECT i, s, b FROM t WHERE k = $1", 1, ID_GET};
static const struct sql COUNT = {"count", "SELECT count(*) FROM t", 0, ID_COUNT};
/* The comment and the text keep what looks like a parameter. */
static const struct sql SWAP = {"swap",
				"SELECT $2, -- not $3, isn't it\n"
				" '$1 it''s', $1 /* nor $4 ' */",
				2, ID_SWAP};
static const struct sql BUMP = {"bump", "UPDATE t SET i = i + $1 WHERE k >= $2", 2,
				ID_BUMP};
static const struct sql RETURNING = {
	"returning", "INSERT INTO t (k, i) VALUES ($1, 0), ($1 + 1, 0) RETURNING k", 1,
	ID_RETURNING};
static const struct sql CHILD = {"child", "INSERT INTO child (k) VALUES ($1)", 1,
				 ID_CHILD};
static const struct sql NTH = {"nth", "SELECT k FROM t WHERE k >= $1 ORDER BY k", 1,
			       ID_NTH};

static const char schema[] = "CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY, i BIGINT,"
			     " s TEXT, b BYTEA);"
			     "CREATE INDEX t_i ON t (i);"
			     "CREATE TABLE child (k BIGINT NOT NULL REFERENCES t (k));";

static void
sqlite_fresh(char *uri, size_t size)
{
	char dir[] = "/tmp/saluran-db.XXXXXX";

	assert_non_null(mkdtemp(dir));
	snprintf(uri, size, "%s/store.db", dir);
}

static void
sqlite_remove(const char *uri)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal", ".bak"};
	char path[288];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", uri, tails[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s", uri);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0); /* nothing else was left there */
}

static const struct engine engines[] = {
	{&db_sqlite, sqlite_fresh, sqlite_remove, true},
#ifdef SALURAN_POSTGRESQL
	{&db_pg, postgres_fresh, postgres_remove, false},
#endif
};

static struct db *
reopen(struct world *w, bool read_only)
{
	struct db *db;
	enum rc rc = w->drv->open(w->uri, read_only, ID_MAX, &db, &w->e);

	if (rc != RC_OK)
		fail_msg("open: %s: %s", rc_token(rc), w->e.text);
	return db;
}

static void
check_ok(struct world *w, enum rc rc)
{
	if (rc != RC_OK)
		fail_msg("%s: %s", rc_token(rc), w->e.text);
}

static enum rc
put(struct world *w, struct db *db, int64_t k)
{
	const struct db_param p[] = {DB_P_INT(k), DB_P_INT(k), DB_P_NULL, DB_P_NULL};

	return w->drv->run(db, &PUT, p, NULL, NULL, &w->e);
}

struct got {
	const struct db_driver *drv;
	int64_t i;
	unsigned rows;
};

static enum rc
on_int(void *arg, const struct db_row *row, struct err *e)
{
	struct got *g = arg;

	(void)e;
	g->rows++;
	g->i = g->drv->col_int(row, 0);
	return RC_OK;
}

static int64_t
count(struct world *w, struct db *db)
{
	struct got g = {.drv = w->drv};

	check_ok(w, w->drv->run(db, &COUNT, NULL, on_int, &g, &w->e));
	assert_int_equal(g.rows, 1);
	return g.i;
}

/* ---- values ------------------------------------------------------------------------ */

struct expect {
	const struct db_driver *drv;
	struct db_param v[3]; /* i, s, b */
	unsigned rows;
};

static enum rc
on_values(void *arg, const struct db_row *row, struct err *e)
{
	struct expect *x = arg;
	const void *got;
	size_t len;

	(void)e;
	x->rows++;
	for (unsigned c = 0; c < 3; c++)
		assert_int_equal(x->drv->col_null(row, c), x->v[c].type == DB_NULL);
	assert_true(x->drv->col_int(row, 0) == x->v[0].i);
	for (unsigned c = 1; c < 3; c++) {
		len = 99;
		got = c == 1 ? (const void *)x->drv->col_text(row, c, &len)
			     : (const void *)x->drv->col_blob(row, c, &len);
		assert_int_equal(len, x->v[c].len);
		assert_int_equal(got == NULL, x->v[c].type == DB_NULL);
		if (len > 0)
			assert_memory_equal(got, x->v[c].p, len);
	}
	return RC_OK;
}

static void
values_come_back(void **state)
{
	struct world *w = *state;
	static uint8_t all[256], big[300000];
	const struct db_param cases[][3] = {
		{DB_P_INT(0), DB_P_TEXT(""), DB_P_BLOB(all, 0)},
		{DB_P_INT(INT64_MAX), DB_P_TEXT("saluran \xc3\xa9 '$1' \"x\""),
		 DB_P_BLOB(all, sizeof(all))},
		{DB_P_INT(INT64_MIN), DB_P_TEXT("12"), DB_P_BLOB("12", 2)},
		{DB_P_NULL, DB_P_TEXT((const char *)NULL), DB_P_BLOB((uint8_t *)NULL, 3)},
		{DB_P_INT(-1), DB_P_TEXT("0x10"), DB_P_BLOB(big, sizeof(big))},
	};

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 7);
	for (int k = 0; k < 5; k++) {
		const struct db_param p[] = {DB_P_INT(k), cases[k][0], cases[k][1],
					     cases[k][2]};
		struct expect x = {.drv = w->drv};
		memcpy(x.v, cases[k], sizeof(x.v));
		if (x.v[2].type == DB_NULL)
			x.v[2].len = 0;
		check_ok(w, w->drv->run(w->db, &PUT, p, NULL, NULL, &w->e));
		assert_int_equal(w->drv->changes(w->db), 1);
		check_ok(w, w->drv->run(w->db, &GET, p, on_values, &x, &w->e));
		assert_int_equal(x.rows, 1);
		assert_int_equal(w->drv->changes(w->db), 0);
	}
}

static enum rc
on_swapped(void *arg, const struct db_row *row, struct err *e)
{
	struct got *g = arg;

	(void)e;
	g->rows++;
	assert_string_equal(g->drv->col_text(row, 0, NULL), "two");
	assert_string_equal(g->drv->col_text(row, 1, NULL), "$1 it's");
	assert_string_equal(g->drv->col_text(row, 2, NULL), "one");
	return RC_OK;
}

/* SQLite numbers `$n` by first use: "select $2, $1" would swap them. */
static void
parameters_are_numbered_as_written(void **state)
{
	struct world *w = *state;
	const struct db_param p[] = {DB_P_TEXT("one"), DB_P_TEXT("two")};
	struct got g = {.drv = w->drv};

	check_ok(w, w->drv->run(w->db, &SWAP, p, on_swapped, &g, &w->e));
	assert_int_equal(g.rows, 1);
}

static void
changes_counts_the_last_run(void **state)
{
	struct world *w = *state;
	struct db_param p[] = {DB_P_INT(10), DB_P_INT(2)};
	struct got g = {.drv = w->drv};

	for (int k = 0; k < 5; k++)
		check_ok(w, put(w, w->db, k));
	check_ok(w, w->drv->run(w->db, &BUMP, p, NULL, NULL, &w->e));
	assert_int_equal(w->drv->changes(w->db), 3);
	p[1] = DB_P_INT(100);
	check_ok(w, w->drv->run(w->db, &BUMP, p, NULL, NULL, &w->e));
	assert_int_equal(w->drv->changes(w->db), 0);
	p[0] = DB_P_INT(100);
	check_ok(w, w->drv->run(w->db, &RETURNING, p, on_int, &g, &w->e));
	assert_int_equal(g.rows, 2);
	assert_int_equal(w->drv->changes(w->db), 2);
}

/* ---- rows -------------------------------------------------------------------------- */

static enum rc
on_first(void *arg, const struct db_row *row, struct err *e)
{
	unsigned *rows = arg;

	(void)row;
	++*rows;
	return err_set(e, RC_GONE, "seen enough");
}

/* The caller's verdict comes through; a statement that writes is finished all the same,
 * and the transaction is usable. */
static void
on_row_may_stop(void **state)
{
	struct world *w = *state;
	const struct db_param p[] = {DB_P_INT(1)};
	unsigned rows = 0;

	check_ok(w, w->drv->begin(w->db, true, &w->e));
	assert_int_equal(w->drv->run(w->db, &RETURNING, p, on_first, &rows, &w->e),
			 RC_GONE);
	assert_string_equal(w->e.text, "seen enough");
	assert_int_equal(rows, 1);
	assert_int_equal(count(w, w->db), 2);
	assert_int_equal(w->drv->run(w->db, &NTH, p, on_first, &rows, &w->e), RC_GONE);
	assert_int_equal(rows, 2);
	check_ok(w, w->drv->commit(w->db, &w->e));
	assert_int_equal(count(w, w->db), 2);
}

struct nest {
	struct world *w;
	unsigned depth, rows;
};

static enum rc
on_nested(void *arg, const struct db_row *row, struct err *e)
{
	struct nest *n = arg;
	const struct db_param p[] = {DB_P_INT(n->w->drv->col_int(row, 0) + 1)};
	enum rc rc = RC_OK;

	n->rows++;
	if (n->depth < 2) {
		n->depth++;
		rc = n->w->drv->run(n->w->db, &NTH, p, on_nested, n, e);
		n->depth--;
	}
	return rc;
}

static void
on_row_may_run_the_same_query(void **state)
{
	struct world *w = *state;
	struct nest n = {.w = w};
	const struct db_param p[] = {DB_P_INT(1)};

	for (int k = 1; k <= 4; k++)
		check_ok(w, put(w, w->db, k));
	check_ok(w, w->drv->run(w->db, &NTH, p, on_nested, &n, &w->e));
	assert_int_equal(n.rows, 4 + 6 + 4); /* rows, pairs, triples in order */
}

/* ---- transactions ------------------------------------------------------------------ */

static void
rollback_takes_all_back(void **state)
{
	struct world *w = *state;

	w->drv->rollback(w->db); /* outside: nothing */
	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 1));
	assert_int_equal(count(w, w->db), 1);
	w->drv->rollback(w->db);
	assert_int_equal(count(w, w->db), 0);
	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 2));
	w->drv->close(w->db); /* rolls back */
	w->drv->close(NULL);
	w->db = reopen(w, false);
	assert_int_equal(count(w, w->db), 0);
}

static void
unique_violation_is_a_conflict(void **state)
{
	struct world *w = *state;

	check_ok(w, put(w, w->db, 1));
	assert_int_equal(put(w, w->db, 1), RC_CONFLICT);
	assert_int_equal(w->drv->changes(w->db), 0);
	check_ok(w, put(w, w->db, 2));
	assert_int_equal(count(w, w->db), 2);
}

static void
other_violations_are_failures(void **state)
{
	struct world *w = *state;
	const struct db_param orphan[] = {DB_P_INT(7)};
	const struct db_param null[] = {DB_P_NULL, DB_P_NULL, DB_P_NULL, DB_P_NULL};

	assert_int_equal(w->drv->run(w->db, &CHILD, orphan, NULL, NULL, &w->e), RC_IO);
	assert_int_equal(w->drv->run(w->db, &PUT, null, NULL, NULL, &w->e), RC_IO);
}

/* After a failure nothing goes on, on any engine, until it is rolled back. */
static void
a_failed_transaction_is_spoilt(void **state)
{
	struct world *w = *state;

	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 1));
	assert_int_equal(put(w, w->db, 1), RC_CONFLICT);
	assert_int_equal(put(w, w->db, 2), RC_CONFLICT);
	assert_int_equal(w->drv->savepoint(w->db, &w->e), RC_CONFLICT);
	assert_int_equal(w->drv->script(w->db, "SELECT 1;", &w->e), RC_CONFLICT);
	assert_int_equal(w->drv->commit(w->db, &w->e), RC_CONFLICT);
	w->drv->rollback(w->db);
	assert_int_equal(count(w, w->db), 0);
	check_ok(w, put(w, w->db, 1));
}

static void
savepoints_nest(void **state)
{
	struct world *w = *state;
	const struct db_driver *d = w->drv;

	check_ok(w, d->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 1));
	check_ok(w, d->savepoint(w->db, &w->e));
	check_ok(w, put(w, w->db, 2));
	check_ok(w, d->savepoint(w->db, &w->e));
	check_ok(w, put(w, w->db, 3));
	assert_int_equal(put(w, w->db, 1), RC_CONFLICT);
	assert_int_equal(d->release(w->db, &w->e), RC_CONFLICT);
	check_ok(w, d->rollback_to(w->db, &w->e)); /* 3 is gone, 2 is there */
	assert_int_equal(count(w, w->db), 2);
	check_ok(w, d->savepoint(w->db, &w->e));
	check_ok(w, put(w, w->db, 4));
	check_ok(w, d->release(w->db, &w->e));
	assert_int_equal(count(w, w->db), 3);
	check_ok(w, d->rollback_to(w->db, &w->e)); /* 2 goes, with the 4 in it */
	assert_int_equal(count(w, w->db), 1);
	check_ok(w, d->savepoint(w->db, &w->e));
	check_ok(w, put(w, w->db, 5));
	check_ok(w, d->release(w->db, &w->e));
	check_ok(w, d->commit(w->db, &w->e));
	assert_int_equal(count(w, w->db), 2);
}

/* ---- several connections ----------------------------------------------------------- */

static void
a_reader_sees_one_state(void **state)
{
	struct world *w = *state;
	struct db *reader = reopen(w, true);

	check_ok(w, w->drv->begin(reader, false, &w->e));
	assert_int_equal(count(w, reader), 0);
	check_ok(w, put(w, w->db, 1));
	assert_int_equal(count(w, reader), 0);
	check_ok(w, w->drv->commit(reader, &w->e));
	assert_int_equal(count(w, reader), 1);
	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 2));
	assert_int_equal(count(w, reader), 1);
	check_ok(w, w->drv->commit(w->db, &w->e));
	assert_int_equal(count(w, reader), 2);
	assert_int_equal(put(w, reader, 3), RC_DENIED);
	w->drv->close(reader);
}

static void
the_second_writer_may_retry(void **state)
{
	struct world *w = *state;
	struct db *other = reopen(w, false);

	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, put(w, w->db, 1));
	/* An engine that locks rows learns of it at the same key. */
	enum rc rc = w->drv->begin(other, true, &w->e);
	if (rc == RC_OK)
		rc = put(w, other, 1);
	assert_int_equal(rc, RC_RETRY);
	w->drv->rollback(other);
	check_ok(w, w->drv->commit(w->db, &w->e));
	check_ok(w, w->drv->begin(other, true, &w->e));
	check_ok(w, put(w, other, 2));
	check_ok(w, w->drv->commit(other, &w->e));
	assert_int_equal(count(w, w->db), 2);
	w->drv->close(other);
}

/* ---- schema ------------------------------------------------------------------------ */

static void
drop_tables_takes_a_prefix(void **state)
{
	struct world *w = *state;
	bool has;

	check_ok(w,
		 w->drv->script(w->db,
				"CREATE TABLE v_a (k BIGINT NOT NULL PRIMARY KEY);"
				"CREATE TABLE v_b (k BIGINT REFERENCES v_a (k));"
				"CREATE INDEX v_b_k ON v_b (k);"
				"INSERT INTO v_a VALUES (1); INSERT INTO v_b VALUES (1);"
				"CREATE TABLE vx (k BIGINT);",
				&w->e));
	check_ok(w, w->drv->begin(w->db, true, &w->e));
	check_ok(w, w->drv->drop_tables(w->db, "v_", &w->e));
	check_ok(w, w->drv->commit(w->db, &w->e));
	static const struct {
		const char *name;
		bool there;
	} rows[] = {{"v_a", false}, {"v_b", false}, {"vx", true}, {"t", true}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_ok(w, w->drv->has_table(w->db, rows[i].name, &has, &w->e));
		assert_int_equal(has, rows[i].there);
	}
}

static void
a_bad_script_leaves_nothing(void **state)
{
	struct world *w = *state;
	bool has;

	check_ok(w, w->drv->begin(w->db, true, &w->e));
	assert_int_equal(
		w->drv->script(w->db, "CREATE TABLE x (k BIGINT); CREATE TABLE;", &w->e),
		RC_IO);
	w->drv->rollback(w->db);
	check_ok(w, w->drv->has_table(w->db, "x", &has, &w->e));
	assert_false(has);
}

/* ---- durability -------------------------------------------------------------------- */

static void
backup_is_whole(void **state)
{
	struct world *w = *state;
	struct world copy = *w;

	for (int k = 0; k < 100; k++)
		check_ok(w, put(w, w->db, k));
	snprintf(copy.uri, sizeof(copy.uri), "%.200s.bak", w->uri);
	if (!w->engine->copies) {
		assert_int_equal(w->drv->backup(w->db, copy.uri, &w->e), RC_UNSUPPORTED);
		assert_non_null(strstr(w->e.text, "pg_dump"));
		return;
	}
	check_ok(w, w->drv->backup(w->db, copy.uri, &w->e));
	assert_int_equal(w->drv->backup(w->db, copy.uri, &w->e), RC_CONFLICT);
	check_ok(w, put(w, w->db, 100));
	copy.db = reopen(&copy, false);
	assert_int_equal(count(&copy, copy.db), 100);
	w->drv->close(copy.db);
}

/* Commits 1, 2, 3 ... and says each number only once it is committed. */
static void
commit_forever(const struct world *w, int out)
{
	struct err e;
	struct db *db;

	if (w->drv->open(w->uri, false, ID_MAX, &db, &e) != RC_OK)
		_exit(1);
	for (int64_t k = 1;; k++) {
		const struct db_param p[] = {DB_P_INT(k), DB_P_INT(k), DB_P_NULL,
					     DB_P_NULL};
		if (w->drv->begin(db, true, &e) != RC_OK ||
		    w->drv->run(db, &PUT, p, NULL, NULL, &e) != RC_OK ||
		    w->drv->commit(db, &e) != RC_OK ||
		    write(out, &k, sizeof(k)) != sizeof(k))
			_exit(2);
	}
}

static void
what_was_committed_survives_kill(void **state)
{
	struct world *w = *state;
	int64_t last = 0, k;

	for (int round = 1; round <= 5; round++) {
		const struct db_param all[] = {DB_P_INT(0)};
		struct got g = {.drv = w->drv};
		int fds[2], status;
		assert_int_equal(pipe(fds), 0);
		check_ok(w, w->drv->script(w->db, "DELETE FROM t;", &w->e));
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			commit_forever(w, fds[1]);
		close(fds[1]);
		while (read(fds[0], &k, sizeof(k)) == sizeof(k)) {
			last = k;
			if (k == 37 * round) /* never twice at the same place */
				kill(child, SIGKILL);
		}
		close(fds[0]);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		w->drv->close(w->db);
		w->db = reopen(w, false);
		/* One more may have been committed and not said. */
		check_ok(w, w->drv->run(w->db, &NTH, all, on_int, &g, &w->e));
		assert_true(g.rows == last || g.rows == last + 1);
		assert_int_equal(g.i, g.rows);
	}
}

/* ---- frame ------------------------------------------------------------------------- */

static int
setup(void **state)
{
	struct world *w = *state;

	w->engine->fresh(w->uri, sizeof(w->uri));
	w->db = reopen(w, false);
	check_ok(w, w->drv->script(w->db, schema, &w->e));
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	w->drv->close(w->db);
	w->engine->remove(w->uri);
	return 0;
}

int
main(void)
{
	int failed = 0;

	for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++) {
		struct world w = {.engine = &engines[i], .drv = engines[i].drv};
#define ROW(f)                                                                           \
	{                                                                                \
#f, f, setup, teardown, &w                                               \
	}
		const struct CMUnitTest tests[] = {
			ROW(values_come_back),
			ROW(parameters_are_numbered_as_written),
			ROW(changes_counts_the_last_run),
			ROW(on_row_may_stop),
			ROW(on_row_may_run_the_same_query),
			ROW(rollback_takes_all_back),
			ROW(unique_violation_is_a_conflict),
			ROW(other_violations_are_failures),
			ROW(a_failed_transaction_is_spoilt),
			ROW(savepoints_nest),
			ROW(a_reader_sees_one_state),
			ROW(the_second_writer_may_retry),
			ROW(drop_tables_takes_a_prefix),
			ROW(a_bad_script_leaves_nothing),
			ROW(backup_is_whole),
			ROW(what_was_committed_survives_kill),
		};
#undef ROW
		failed += cmocka_run_group_tests_name(w.drv->name, tests, NULL, NULL);
	}
	return failed != 0;
}
