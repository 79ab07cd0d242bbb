/* What only an engine of files can meet: permissions, damage, a full disk. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/db.h"

enum { ID_PUT, ID_SUM, ID_CHANGE, ID_MAX, NOBODY = 65534, BLOB_BYTES = 3000 };

static const struct sql PUT = {"put", "INSERT INTO t (k, b) VALUES ($1, $2)", 2, ID_PUT};
static const struct sql SUM = {"sum", "SELECT count(*), sum(length(b)) FROM t", 0,
			       ID_SUM};
static const struct sql CHANGE = {"change", "UPDATE t SET b = $1", 1, ID_CHANGE};

struct place {
	char dir[64], db[96];
};

static const struct db_driver *const drv = &db_sqlite;

static enum rc
put(struct db *db, int64_t k, struct err *e)
{
	static const uint8_t blob[BLOB_BYTES];
	const struct db_param p[] = {DB_P_INT(k), DB_P_BLOB(blob, sizeof(blob))};

	return drv->run(db, &PUT, p, NULL, NULL, e);
}

static enum rc
on_count(void *arg, const struct db_row *row, struct err *e)
{
	int64_t *n = arg;

	(void)e;
	*n = drv->col_int(row, 0);
	return drv->col_int(row, 1) == *n * BLOB_BYTES ? RC_OK : RC_CORRUPT;
}

static enum rc
count(struct db *db, int64_t *n, struct err *e)
{
	*n = -1;
	return drv->run(db, &SUM, NULL, on_count, n, e);
}

static struct db *
open_ok(const struct place *p)
{
	struct db *db;
	struct err e = ERR_INIT;

	if (drv->open(p->db, false, ID_MAX, &db, &e) != RC_OK)
		fail_msg("%s", e.text);
	return db;
}

static void
check_ok(enum rc rc, const struct err *e)
{
	if (rc != RC_OK)
		fail_msg("%s: %s", rc_token(rc), e->text);
}

/* A closed store of `rows` rows. */
static void
make_store(const struct place *p, int rows)
{
	struct err e = ERR_INIT;
	struct db *db = open_ok(p);

	check_ok(drv->script(db, "CREATE TABLE t (k BIGINT PRIMARY KEY, b BYTEA);", &e),
		 &e);
	check_ok(drv->begin(db, true, &e), &e);
	for (int k = 0; k < rows; k++)
		check_ok(put(db, k, &e), &e);
	check_ok(drv->commit(db, &e), &e);
	drv->close(db);
}

/* Open and read all, as whoever has no rights here, in a process of its own. */
static int
outcome_for_nobody(const struct place *p)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct err e = ERR_INIT;
		struct db *db = NULL;
		int64_t n;
		if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				       setresuid(NOBODY, NOBODY, NOBODY) < 0))
			_exit(100);
		enum rc rc = drv->open(p->db, false, ID_MAX, &db, &e);
		if (rc == RC_OK)
			rc = count(db, &n, &e);
		if (rc != RC_OK && strstr(e.text, p->db) == NULL)
			_exit(101);
		drv->close(db);
		_exit((int)rc);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
give_to_nobody(const char *path, mode_t mode)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, NOBODY, NOBODY), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void
a_read_only_place_is_denied(void **state)
{
	struct place *p = *state;

	give_to_nobody(p->dir, 0555);
	assert_int_equal(outcome_for_nobody(p), RC_DENIED); /* cannot create it */
	give_to_nobody(p->dir, 0755);
	make_store(p, 3);
	give_to_nobody(p->db, 0644);
	assert_int_equal(outcome_for_nobody(p), RC_OK);
	give_to_nobody(p->dir, 0555);
	assert_int_equal(outcome_for_nobody(p), RC_DENIED); /* no room for the WAL */
	give_to_nobody(p->dir, 0755);
	give_to_nobody(p->db, 0444);
	assert_int_equal(outcome_for_nobody(p), RC_DENIED);
	give_to_nobody(p->db, 0000);
	assert_int_equal(outcome_for_nobody(p), RC_DENIED);
}

static enum rc
try_open(const char *path, bool read_only)
{
	struct err e = ERR_INIT;
	struct db *db;
	enum rc rc = drv->open(path, read_only, ID_MAX, &db, &e);

	assert_int_equal(db == NULL, rc != RC_OK);
	assert_int_equal(e.text[0] == '\0', rc == RC_OK);
	drv->close(db);
	return rc;
}

static void
a_missing_place_is_named(void **state)
{
	struct place *p = *state;
	char path[128];

	assert_int_equal(try_open(p->db, true), RC_NOT_FOUND);
	assert_int_equal(access(p->db, F_OK), -1);
	snprintf(path, sizeof(path), "%s/none/x.db", p->dir);
	assert_int_equal(try_open(path, false), RC_NOT_FOUND);
	assert_int_equal(try_open(p->dir, false), RC_INVALID);
}

static void
the_file_is_for_its_owner_only(void **state)
{
	struct place *p = *state;
	struct stat st;
	struct db *db = open_ok(p);
	char wal[128];

	snprintf(wal, sizeof(wal), "%s-wal", p->db);
	assert_int_equal(stat(p->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(wal, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	drv->close(db);
}

/* SQLite takes such names for something else; here they are files. */
static void
names_are_names(void **state)
{
	struct place *p = *state;
	static const char *const names[] = {":memory:", "file:x?mode=memory", "a b%20c"};
	char cwd[256];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(p->dir), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(try_open(names[i], false), RC_OK);
		assert_int_equal(unlink(names[i]), 0);
	}
	assert_int_equal(chdir(cwd), 0);
}

/* ---- damage ------------------------------------------------------------------------ */

static void
overwrite(const char *path, off_t at, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static enum rc
read_all(const struct place *p)
{
	struct err e = ERR_INIT;
	struct db *db = NULL;
	int64_t n;
	enum rc rc = drv->open(p->db, false, ID_MAX, &db, &e);

	if (rc == RC_OK)
		rc = count(db, &n, &e);
	drv->close(db);
	return rc;
}

static void
damage_is_corrupt(void **state)
{
	struct place *p = *state;
	static uint8_t junk[4096];
	static const struct {
		off_t at;
		size_t len;
	} holes[] = {{0, 16}, {100, 60}, {4096, 4096}, {3 * 4096, 4096}};

	memset(junk, 0xa5, sizeof(junk));
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
		make_store(p, 50);
		assert_int_equal(read_all(p), RC_OK);
		overwrite(p->db, holes[i].at, junk, holes[i].len);
		assert_int_equal(read_all(p), RC_CORRUPT);
		unlink(p->db);
	}
	make_store(p, 50);
	assert_int_equal(truncate(p->db, 20000), 0);
	assert_int_equal(read_all(p), RC_CORRUPT);
	unlink(p->db);
	overwrite(p->db, 0, "not a database\n", 15);
	assert_int_equal(read_all(p), RC_CORRUPT);
}

static void
another_programs_database_is_refused(void **state)
{
	struct place *p = *state;

	make_store(p, 1);
	overwrite(p->db, 68, "\0\0\0\1", 4); /* application_id */
	assert_int_equal(read_all(p), RC_CORRUPT);
	overwrite(p->db, 68, "\0\0\0\0", 4);
	assert_int_equal(read_all(p), RC_CORRUPT);
	assert_int_equal(try_open(p->db, true), RC_CORRUPT);
}

/* ---- a full disk ------------------------------------------------------------------- */

static void
limit_files(rlim_t bytes)
{
	struct rlimit lim;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &lim), 0);
	lim.rlim_cur = bytes == 0 ? lim.rlim_max : bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
}

/* `rows` a transaction, until there is no room.  What was committed stays readable, and
 * work goes on when there is room again. */
static void
fill(const struct place *p, int rows)
{
	struct err e = ERR_INIT;
	int64_t committed = 0, n;
	enum rc rc = RC_OK;
	struct db *db;

	make_store(p, 0);
	db = open_ok(p);
	limit_files(2 << 20);
	for (int tx = 0; rc == RC_OK && tx < 10000; tx++) {
		rc = drv->begin(db, true, &e);
		if (rc == RC_OK)
			rc = drv->savepoint(db, &e);
		for (int i = 0; rc == RC_OK && i < rows; i++)
			rc = put(db, committed + i, &e);
		/* The savepoint may be gone with the transaction: then all is refused. */
		if (rc != RC_OK && drv->rollback_to(db, NULL) != RC_OK)
			assert_int_equal(put(db, 0, NULL), RC_FULL);
		if (rc == RC_OK)
			rc = drv->release(db, &e);
		if (rc == RC_OK)
			rc = drv->commit(db, &e);
		if (rc == RC_OK)
			committed += rows;
	}
	limit_files(0);
	if (rc != RC_FULL)
		fail_msg("%s: %s", rc_token(rc), e.text);
	assert_non_null(strstr(e.text, "free some"));
	drv->rollback(db);
	check_ok(count(db, &n, &e), &e);
	assert_int_equal(n, committed);
	check_ok(put(db, -1, &e), &e);
	drv->close(db);
	db = open_ok(p);
	check_ok(count(db, &n, &e), &e);
	assert_int_equal(n, committed + 1);
	drv->close(db);
	unlink(p->db);
}

static void
a_full_disk_loses_nothing(void **state)
{
	signal(SIGXFSZ, SIG_IGN);
	fill(*state, 10);   /* room ends at a commit */
	fill(*state, 5000); /* room ends in the middle of a statement */
}

static void
a_full_disk_leaves_no_half_backup(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;
	char to[128], part[136];
	struct db *db;

	make_store(p, 1000);
	db = open_ok(p);
	snprintf(to, sizeof(to), "%s.bak", p->db);
	snprintf(part, sizeof(part), "%s.part", to);
	signal(SIGXFSZ, SIG_IGN);
	limit_files(1 << 20);
	enum rc rc = drv->backup(db, to, &e);
	limit_files(0);
	assert_int_equal(rc, RC_FULL);
	assert_int_equal(access(to, F_OK), -1);
	assert_int_equal(access(part, F_OK), -1);
	overwrite(part, 0, "left by a crash", 15);
	check_ok(drv->backup(db, to, &e), &e);
	drv->close(db);
	assert_int_equal(access(part, F_OK), -1);
	assert_int_equal(unlink(to), 0);
}

/* ---- frame ------------------------------------------------------------------------- */

static int
setup(void **state)
{
	struct place *p = *state;

	snprintf(p->dir, sizeof(p->dir), "/tmp/saluran-dbf.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->db, sizeof(p->db), "%s/store.db", p->dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
	struct place *p = *state;
	char path[128];

	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", p->db, tails[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(p->dir), 0);
	return 0;
}

static int64_t
file_bytes(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* What is committed is in the log of the file until there is time, or too much of it. */
static void
tidied_in_a_pause(void **state)
{
	enum { ROWS = 2000, MANY = 30000 };
	struct place *p = *state;
	struct err e = ERR_INIT;
	struct db *db = open_ok(p);
	int64_t n;

	check_ok(drv->script(db, "CREATE TABLE t (k BIGINT PRIMARY KEY, b BYTEA);", &e),
		 &e);
	check_ok(drv->begin(db, true, &e), &e);
	for (int k = 0; k < ROWS; k++)
		check_ok(put(db, k, &e), &e);
	check_ok(drv->commit(db, &e), &e);
	assert_true(file_bytes(p->db) < ROWS * BLOB_BYTES);
	drv->tidy(db);
	assert_true(file_bytes(p->db) > ROWS * BLOB_BYTES);
	for (int k = ROWS; k < MANY; k += ROWS) {
		check_ok(drv->begin(db, true, &e), &e);
		for (int i = k; i < k + ROWS; i++)
			check_ok(put(db, i, &e), &e);
		check_ok(drv->commit(db, &e), &e);
	}
	assert_true(file_bytes(p->db) > MANY / 2 * BLOB_BYTES);
	check_ok(count(db, &n, &e), &e);
	assert_int_equal(n, MANY);
	drv->close(db);
}

enum { LARGE_ROWS = 2000 }; /* many times SAVEPOINT_BYTES */

static void
taken_back(struct db *db, enum rc rc, struct err *e)
{
	int64_t n;

	check_ok(rc, e);
	check_ok(drv->rollback_to(db, e), e);
	check_ok(count(db, &n, e), e);
	assert_int_equal(n, LARGE_ROWS);
}

/* More than a savepoint keeps in memory is taken back from its file. */
static void
a_large_savepoint_is_taken_back(void **state)
{
	struct place *p = *state;
	struct err e = ERR_INIT;

	make_store(p, LARGE_ROWS);
	struct db *db = open_ok(p);
	check_ok(drv->begin(db, true, &e), &e);
	check_ok(drv->savepoint(db, &e), &e);
	const struct db_param x[] = {DB_P_BLOB((const uint8_t *)"x", 1)};
	taken_back(db, drv->run(db, &CHANGE, x, NULL, NULL, &e), &e);
	check_ok(drv->savepoint(db, &e), &e);
	taken_back(db, drv->drop_tables(db, "t", &e), &e);
	check_ok(drv->commit(db, &e), &e);
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
		ROW(a_read_only_place_is_denied),
		ROW(a_missing_place_is_named),
		ROW(the_file_is_for_its_owner_only),
		ROW(names_are_names),
		ROW(damage_is_corrupt),
		ROW(another_programs_database_is_refused),
		ROW(a_full_disk_loses_nothing),
		ROW(a_full_disk_leaves_no_half_backup),
		ROW(tidied_in_a_pause),
		ROW(a_large_savepoint_is_taken_back),
	};
#undef ROW
	return cmocka_run_group_tests_name("sqlite files", tests, NULL, NULL);
}
