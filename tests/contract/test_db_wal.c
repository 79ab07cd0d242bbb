/* The layer under SQLite that gathers what is written to its log (db_sqlite_wal.c), and
 * what hangs on how much of a transaction is kept where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "db/db.h"

enum {
	ID_PUT,
	ID_SUM,
	ID_CHANGE,
	ID_MAX,
	BLOB_BYTES = 3000,
	FRAME_BYTES = 24 + 4096, /* of a page in the log */
	FILE_MAX = 1 << 20,
	STEPS = 20000,
};

static const struct sql PUT = {"put", "INSERT INTO t (k, b) VALUES ($1, $2)", 2, ID_PUT};
static const struct sql SUM = {"sum", "SELECT count(*), sum(length(b)) FROM t", 0,
			       ID_SUM};
static const struct sql CHANGE = {"change", "UPDATE t SET b = $1", 1, ID_CHANGE};

struct place {
	char dir[64], db[96], wal[104];
};

static const struct db_driver *const drv = &db_sqlite;

static void
check_ok(enum rc rc, const struct err *e)
{
	if (rc != RC_OK)
		fail_msg("%s: %s", rc_token(rc), e->text);
}

static enum rc
on_sums(void *arg, const struct db_row *row, struct err *e)
{
	int64_t *ret = arg;

	(void)e;
	ret[0] = drv->col_int(row, 0);
	ret[1] = drv->col_int(row, 1);
	return RC_OK;
}

/* There are `rows`, each of so many bytes. */
static void
check_rows(struct db *db, int64_t rows, int64_t bytes)
{
	int64_t sums[2] = {-1, -1};
	struct err e = ERR_INIT;

	check_ok(drv->run(db, &SUM, NULL, on_sums, sums, &e), &e);
	assert_int_equal(sums[0], rows);
	assert_int_equal(sums[1], rows * bytes);
}

static void
put(struct db *db, int64_t from, int64_t until)
{
	static const uint8_t blob[BLOB_BYTES];
	struct err e = ERR_INIT;

	for (int64_t k = from; k < until; k++)
		check_ok(drv->run(db, &PUT,
				  (struct db_param[]){DB_P_INT(k),
						      DB_P_BLOB(blob, sizeof(blob))},
				  NULL, NULL, &e),
			 &e);
}

static struct db *
open_ok(const struct place *p)
{
	struct err e = ERR_INIT;
	struct db *db;

	check_ok(drv->open(p->db, false, ID_MAX, &db, &e), &e);
	return db;
}

static struct db *
with_table(const struct place *p)
{
	struct err e = ERR_INIT;
	struct db *db = open_ok(p);

	check_ok(drv->script(db, "CREATE TABLE t (k BIGINT PRIMARY KEY, b BYTEA);", &e),
		 &e);
	return db;
}

static int
setup(void **state)
{
	struct place *p = *state;

	snprintf(p->dir, sizeof(p->dir), "%s/saluran-wal-XXXXXX",
		 getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 32
			 ? getenv("TMPDIR")
			 : "/tmp");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->db, sizeof(p->db), "%s/store.db", p->dir);
	snprintf(p->wal, sizeof(p->wal), "%s-wal", p->db);
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	unlink(p->wal);
	unlink(p->db);
	return rmdir(p->dir);
}

/* ---- a file ------------------------------------------------------------------------ */

static uint64_t
next(uint64_t *s)
{
	*s = *s * 6364136223846793005U + 1442695040888963407U;
	return *s >> 33;
}

/* What the file is to have: written here at once. */
struct model {
	uint8_t bytes[FILE_MAX];
	sqlite3_int64 size;
};

static void
check_read(sqlite3_file *f, const struct model *m, sqlite3_int64 at, int n)
{
	static uint8_t got[FILE_MAX], is[FILE_MAX];
	int64_t there = m->size - at < n ? m->size - at : n;

	memset(got, 0x55, (size_t)n);
	memset(is, 0, (size_t)n);
	if (there > 0)
		memcpy(is, m->bytes + at, (size_t)there);
	assert_int_equal(f->pMethods->xRead(f, got, n, at),
			 there == n ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
	assert_memory_equal(got, is, (size_t)n);
}

/* One of what SQLite does with a log: writes go on where the last one ended, start anew
 * before it, or change what is there. */
static void
step(sqlite3_file *f, struct model *m, uint64_t *s, sqlite3_int64 *end)
{
	uint64_t what = next(s) % 100;
	int n = 1 + (int)(next(s) % (next(s) % 50 == 0 ? 130000 : 9000));
	sqlite3_int64 size;

	if (what < 60) {
		sqlite3_int64 at = what < 50 || m->size == 0
					   ? *end
					   : (sqlite3_int64)(next(s) % (uint64_t)m->size);
		if (at + n > FILE_MAX)
			at = 0;
		for (int i = 0; i < n; i++)
			m->bytes[at + i] = (uint8_t)next(s);
		assert_int_equal(f->pMethods->xWrite(f, m->bytes + at, n, at), SQLITE_OK);
		*end = at + n;
		m->size = *end > m->size ? *end : m->size;
	} else if (what < 90) {
		check_read(f, m, (sqlite3_int64)(next(s) % (uint64_t)(m->size + 100)), n);
	} else if (what < 94) {
		assert_int_equal(f->pMethods->xSync(f, SQLITE_SYNC_NORMAL), SQLITE_OK);
	} else if (what < 98) {
		assert_int_equal(f->pMethods->xFileSize(f, &size), SQLITE_OK);
		assert_int_equal(size, m->size);
	} else if (what < 99 && m->size > 0) {
		m->size = (sqlite3_int64)(next(s) % (uint64_t)m->size);
		memset(m->bytes + m->size, 0, (size_t)(FILE_MAX - m->size));
		assert_int_equal(f->pMethods->xTruncate(f, m->size), SQLITE_OK);
		*end = m->size;
	}
}

static void
what_is_written_is_read(void **state)
{
	const struct place *p = *state;
	static struct model m;
	static uint8_t whole[FILE_MAX];
	uint64_t s = 1;
	sqlite3_int64 end = 0;

	drv->close(open_ok(p));
	sqlite3_vfs *v = sqlite3_vfs_find("saluran");
	assert_non_null(v);
	sqlite3_file *f = calloc(1, (size_t)v->szOsFile);
	assert_non_null(f);
	assert_int_equal(
		v->xOpen(v, p->wal, f,
			 SQLITE_OPEN_WAL | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			 NULL),
		SQLITE_OK);
	for (int i = 0; i < STEPS; i++)
		step(f, &m, &s, &end);
	assert_int_equal(f->pMethods->xSync(f, SQLITE_SYNC_NORMAL), SQLITE_OK);
	FILE *file = fopen(p->wal, "r");
	assert_non_null(file);
	assert_int_equal(fread(whole, 1, sizeof(whole), file), m.size);
	assert_int_equal(fclose(file), 0);
	assert_memory_equal(whole, m.bytes, (size_t)m.size);
	assert_int_equal(f->pMethods->xClose(f), SQLITE_OK);
	free(f);
}

/* ---- a store ----------------------------------------------------------------------- */

/* Calls of this process that write. */
static long
calls(void)
{
	char line[128];
	long n = -1;
	FILE *f = fopen("/proc/self/io", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "syscw: ", 7) == 0)
			n = strtol(line + 7, NULL, 10);
	assert_int_equal(fclose(f), 0);
	return n;
}

static long
pages(const char *wal)
{
	FILE *f = fopen(wal, "r");

	assert_non_null(f);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	long n = ftell(f) / FRAME_BYTES;
	assert_int_equal(fclose(f), 0);
	return n;
}

static void
a_commit_is_few_calls(void **state)
{
	enum { ROWS = 1000, PAGES_OF_A_CALL = 20 };
	const struct place *p = *state;
	struct err e = ERR_INIT;
	struct db *db = with_table(p);

	check_ok(drv->begin(db, true, &e), &e);
	put(db, 0, ROWS);
	long calls_before = calls(), pages_before = pages(p->wal);
	check_ok(drv->commit(db, &e), &e);
	long n = pages(p->wal) - pages_before;
	assert_true(n > ROWS / 2);
	if ((calls() - calls_before) * PAGES_OF_A_CALL > n)
		fail_msg("%ld calls for %ld pages", calls() - calls_before, n);
	drv->close(db);
}

/* More than the page cache holds: the log gets some before the commit. */
static void
what_no_cache_holds_is_read_back(void **state)
{
	enum { ROWS = 30000 };
	const struct place *p = *state;
	struct err e = ERR_INIT;
	struct db *db = with_table(p), *other = open_ok(p);

	check_ok(drv->begin(db, true, &e), &e);
	put(db, 0, ROWS);
	assert_true(pages(p->wal) > 1000);
	check_rows(db, ROWS, BLOB_BYTES);
	check_rows(other, 0, 0);
	check_ok(drv->commit(db, &e), &e);
	check_rows(other, ROWS, BLOB_BYTES);
	drv->close(other);
	drv->close(db);
}

/* More than a savepoint keeps in memory is taken back from its file. */
static void
a_large_savepoint_is_taken_back(void **state)
{
	enum { ROWS = 2000 };
	const struct place *p = *state;
	struct err e = ERR_INIT;
	struct db *db = with_table(p);

	check_ok(drv->begin(db, true, &e), &e);
	put(db, 0, ROWS);
	check_ok(drv->commit(db, &e), &e);
	check_ok(drv->begin(db, true, &e), &e);
	check_ok(drv->savepoint(db, &e), &e);
	check_ok(drv->run(db, &CHANGE,
			  (struct db_param[]){DB_P_BLOB((const uint8_t *)"x", 1)}, NULL,
			  NULL, &e),
		 &e);
	check_rows(db, ROWS, 1);
	check_ok(drv->rollback_to(db, &e), &e);
	check_rows(db, ROWS, BLOB_BYTES);
	check_ok(drv->savepoint(db, &e), &e);
	check_ok(drv->drop_tables(db, "t", &e), &e);
	check_ok(drv->rollback_to(db, &e), &e);
	check_rows(db, ROWS, BLOB_BYTES);
	check_ok(drv->commit(db, &e), &e);
	check_rows(db, ROWS, BLOB_BYTES);
	drv->close(db);
}

int
main(void)
{
	struct place p;
#define ROW(f)                                                                           \
	{                                                                                \
#f, f, setup, teardown, &p                                               \
	}
	const struct CMUnitTest tests[] = {
		ROW(what_is_written_is_read),
		ROW(a_commit_is_few_calls),
		ROW(what_no_cache_holds_is_read_back),
		ROW(a_large_savepoint_is_taken_back),
	};
#undef ROW
	return cmocka_run_group_tests_name("sqlite's log", tests, NULL, NULL);
}
