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

#include "store/migrate.h"
#include "store/store_sql.h"

static const struct db_driver *const drv = &db_sqlite;

struct place {
	char dir[64], path[96];
	struct db *db;
	struct err e;
};

#define SUM(c) c c c c c c c c c c c c c c c c
#define A      SUM("aaaa")
#define B      SUM("bbbb")

static const struct migration log3[] = {
	{1, "one", A, "CREATE TABLE one (k BIGINT);"},
	{2, "two", B, "CREATE TABLE two (k BIGINT); INSERT INTO two VALUES (2);"},
	{3, "three", A, "CREATE TABLE three (k BIGINT);"},
};
static const struct migration view1[] = {
	{1, "v", A, "CREATE TABLE v_one (k BIGINT PRIMARY KEY);"},
};
static const struct migration view2[] = {
	{1, "v", B, "CREATE TABLE v_two (k BIGINT PRIMARY KEY);"},
};

/* The first `n_log` log migrations and the views `view`, known by `fingerprint`. */
static struct migration_set
set_of(unsigned n_log, const struct migration *view, const char *fingerprint)
{
	return (struct migration_set){
		store_migrations.version_table, log3, n_log, view, 1, fingerprint};
}

static bool
has(struct place *p, const char *table)
{
	bool ret;

	assert_int_equal(drv->has_table(p->db, table, &ret, &p->e), RC_OK);
	return ret;
}

struct replay {
	struct place *p;
	const char *table; /* that must be there, and empty */
	unsigned calls;
	enum rc answer;
	bool die;
};

static enum rc
on_replay(void *arg, struct err *e)
{
	struct replay *r = arg;
	char text[96];

	r->calls++;
	/* Fails when the old row is still there. */
	snprintf(text, sizeof(text), "INSERT INTO %s VALUES (1);", r->table);
	if (drv->script(r->p->db, text, e) != RC_OK)
		return RC_CORRUPT;
	if (r->die)
		raise(SIGKILL);
	return r->answer == RC_OK ? RC_OK : err_set(e, r->answer, "replay says no");
}

static enum rc
run(struct place *p, const struct migration_set *set, struct replay *r)
{
	return migrate_run(drv, p->db, set, r != NULL ? on_replay : NULL, r, &p->e);
}

static void
the_real_schema_applies(void **state)
{
	struct place *p = *state;

	assert_int_equal(migrate_check(drv, p->db, &store_migrations, &p->e),
			 RC_UNAVAILABLE);
	assert_int_equal(run(p, &store_migrations, NULL), RC_OK);
	assert_int_equal(run(p, &store_migrations, NULL), RC_OK);
	assert_int_equal(migrate_check(drv, p->db, &store_migrations, &p->e), RC_OK);
	assert_true(has(p, "meta"));
}

static void
steps_are_applied_once_and_in_order(void **state)
{
	struct place *p = *state;
	struct replay r = {.p = p, .table = "v_one"};

	for (unsigned n = 1; n <= 3; n++) {
		struct migration_set set = set_of(n, view1, A);
		for (int again = 0; again < 2; again++)
			if (run(p, &set, &r) != RC_OK)
				fail_msg("%s", p->e.text);
		assert_int_equal(migrate_check(drv, p->db, &set, &p->e), RC_OK);
		assert_true(has(p, log3[n - 1].name));
		assert_int_equal(n == 3, has(p, "three"));
	}
	assert_int_equal(r.calls, 1); /* the views never changed */
}

static void
a_newer_store_is_refused(void **state)
{
	struct place *p = *state;
	struct migration_set ours = set_of(2, view1, A), newer = set_of(3, view2, B);

	assert_int_equal(run(p, &newer, NULL), RC_OK);
	assert_int_equal(run(p, &ours, NULL), RC_NEWER);
	assert_string_equal(p->e.text,
			    "the store was made by a newer version (log schema 3, this "
			    "program knows 2): upgrade saluran");
	assert_int_equal(migrate_check(drv, p->db, &ours, &p->e), RC_NEWER);
	assert_true(has(p, "v_two")); /* not touched */
	assert_int_equal(run(p, &newer, NULL), RC_OK);
}

static void
a_changed_migration_is_refused(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(3, view1, A);
	struct migration changed[3];

	assert_int_equal(run(p, &set, NULL), RC_OK);
	memcpy(changed, log3, sizeof(changed));
	changed[1].sha256 = A;
	set.log = changed;
	assert_int_equal(run(p, &set, NULL), RC_CORRUPT);
	assert_non_null(strstr(p->e.text, "log migration 2 (two)"));
	assert_int_equal(migrate_check(drv, p->db, &set, &p->e), RC_CORRUPT);
}

static void
a_missing_migration_is_refused(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(3, view1, A);

	assert_int_equal(run(p, &set, NULL), RC_OK);
	assert_int_equal(
		drv->script(p->db, "DELETE FROM schema_version WHERE number = 2;", &p->e),
		RC_OK);
	assert_int_equal(run(p, &set, NULL), RC_CORRUPT);
	assert_non_null(strstr(p->e.text, "lacks"));
}

static void
a_failed_migration_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(3, view1, A);
	struct migration bad[3];

	memcpy(bad, log3, sizeof(bad));
	bad[2].text = "CREATE TABLE three (k BIGINT); INSERT INTO nowhere VALUES (1);";
	set.log = bad;
	assert_int_equal(run(p, &set, NULL), RC_IO);
	assert_non_null(strstr(p->e.text, "log migration 3 (three): "));
	assert_false(has(p, "schema_version"));
	assert_false(has(p, "one"));
	assert_false(has(p, "three"));
	set.log = log3;
	assert_int_equal(run(p, &set, NULL), RC_OK);
}

static void
changed_views_are_replayed(void **state)
{
	struct place *p = *state;
	struct migration_set old = set_of(2, view1, A), now = set_of(2, view2, B);
	struct replay r = {.p = p, .table = "v_one"};

	assert_int_equal(run(p, &old, &r), RC_OK);
	assert_int_equal(r.calls, 1);
	assert_int_equal(migrate_check(drv, p->db, &now, &p->e), RC_UNAVAILABLE);

	/* The old views stay whole when the new ones cannot be filled. */
	r = (struct replay){.p = p, .table = "v_two", .answer = RC_FULL};
	assert_int_equal(run(p, &now, &r), RC_FULL);
	assert_string_equal(p->e.text, "replay says no");
	assert_true(has(p, "v_one"));
	assert_false(has(p, "v_two"));
	assert_int_equal(migrate_check(drv, p->db, &old, &p->e), RC_OK);

	r.answer = RC_OK;
	assert_int_equal(run(p, &now, &r), RC_OK);
	assert_int_equal(r.calls, 2);
	assert_false(has(p, "v_one"));
	assert_true(has(p, "v_two"));
	assert_true(has(p, "two")); /* the log is not touched */
}

static void
rebuild_always_replays(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(2, view1, A);
	struct replay r = {.p = p, .table = "v_one"};

	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(migrate_rebuild(drv, p->db, &set, on_replay, &r, &p->e),
				 RC_OK);
		assert_int_equal(r.calls, i);
	}
}

static void
killed_in_the_middle_leaves_nothing(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(3, view1, A);
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct place q = *p;
		struct replay r = {.p = &q, .table = "v_one", .die = true};
		if (drv->open(p->path, false, SQL_COUNT, &q.db, &q.e) != RC_OK ||
		    run(&q, &set, &r) != RC_OK)
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_false(has(p, "schema_version"));
	assert_false(has(p, "v_one"));
	assert_int_equal(run(p, &set, NULL), RC_OK);
}

static void
the_second_to_come_may_retry(void **state)
{
	struct place *p = *state;
	struct migration_set set = set_of(3, view1, A);
	struct db *other;

	assert_int_equal(drv->open(p->path, false, SQL_COUNT, &other, &p->e), RC_OK);
	assert_int_equal(drv->begin(other, true, &p->e), RC_OK);
	assert_int_equal(run(p, &set, NULL), RC_RETRY);
	drv->close(other);
	assert_int_equal(run(p, &set, NULL), RC_OK);
}

static int
setup(void **state)
{
	struct place *p = *state;

	snprintf(p->dir, sizeof(p->dir), "/tmp/saluran-migrate.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->path, sizeof(p->path), "%s/store.db", p->dir);
	assert_int_equal(drv->open(p->path, false, SQL_COUNT, &p->db, &p->e), RC_OK);
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	drv->close(p->db);
	assert_int_equal(unlink(p->path), 0);
	assert_int_equal(rmdir(p->dir), 0);
	return 0;
}

int
main(void)
{
	struct place p = {.db = NULL};
#define ROW(f)                                                                           \
	{                                                                                \
#f, f, setup, teardown, &p                                               \
	}
	const struct CMUnitTest tests[] = {
		ROW(the_real_schema_applies),
		ROW(steps_are_applied_once_and_in_order),
		ROW(a_newer_store_is_refused),
		ROW(a_changed_migration_is_refused),
		ROW(a_missing_migration_is_refused),
		ROW(a_failed_migration_leaves_nothing),
		ROW(changed_views_are_replayed),
		ROW(rebuild_always_replays),
		ROW(killed_in_the_middle_leaves_nothing),
		ROW(the_second_to_come_may_retry),
	};
#undef ROW
	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
