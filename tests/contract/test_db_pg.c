/* What only the PostgreSQL engine has: a server that goes away, that is not fit, and
 * processes on other machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "db/db.h"
#include "postgres_fixture.h"

enum { ID_PUT, ID_COUNT, ID_MAX, URI_MAX = 400 };

static const struct sql PUT = {"put", "INSERT INTO t (k) VALUES ($1)", 1, ID_PUT};
static const struct sql COUNT = {"count", "SELECT count(*) FROM t", 0, ID_COUNT};

struct world {
	char uri[256];
	struct db *db;
	struct err e;
};

static enum rc
open_as(const char *uri, bool read_only, struct db **ret, struct err *e)
{
	return db_pg.open(uri, read_only, ID_MAX, ret, e);
}

static void
check_ok(const struct world *w, enum rc rc)
{
	if (rc != RC_OK)
		fail_msg("%s: %s", rc_token(rc), w->e.text);
}

static enum rc
put(struct world *w, int64_t k)
{
	return db_pg.run(w->db, &PUT, (struct db_param[]){DB_P_INT(k)}, NULL, NULL,
			 &w->e);
}

static enum rc
on_count(void *arg, const struct db_row *row, struct err *e)
{
	(void)e;
	*(int64_t *)arg = db_pg.col_int(row, 0);
	return RC_OK;
}

static int64_t
count(struct world *w)
{
	int64_t n = -1;

	check_ok(w, db_pg.run(w->db, &COUNT, NULL, on_count, &n, &w->e));
	return n;
}

/* The server ends every connection to the store but the one that says so. */
static void
cut_all(void)
{
	postgres_exec("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
		      " WHERE pid <> pg_backend_pid() AND usename = 'saluran'");
}

/* ---- the way to the server --------------------------------------------------------- */

static void
a_lost_transaction_leaves_nothing(void **state)
{
	struct world *w = *state;

	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 1));
	cut_all();
	assert_int_equal(put(w, 2), RC_UNAVAILABLE);
	assert_non_null(strstr(w->e.text, "check that it runs"));
	assert_int_equal(put(w, 3), RC_UNAVAILABLE);
	assert_int_equal(db_pg.commit(w->db, &w->e), RC_UNAVAILABLE);
	db_pg.rollback(w->db);
	/* The next one has a new connection. */
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 4));
	check_ok(w, db_pg.commit(w->db, &w->e));
	assert_int_equal(count(w), 1);
}

/* Nor does the commit, though the savepoint could not be taken back either. */
static void
a_lost_savepoint_takes_all_with_it(void **state)
{
	struct world *w = *state;

	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 1));
	check_ok(w, db_pg.savepoint(w->db, &w->e));
	cut_all();
	assert_int_equal(put(w, 2), RC_UNAVAILABLE);
	assert_int_equal(db_pg.rollback_to(w->db, &w->e), RC_UNAVAILABLE);
	assert_int_equal(db_pg.commit(w->db, &w->e), RC_UNAVAILABLE);
	db_pg.rollback(w->db);
	assert_int_equal(count(w), 0);
}

static void
an_idle_connection_is_made_again(void **state)
{
	struct world *w = *state;
	struct db *reader;
	int64_t n = 0;

	check_ok(w, put(w, 1));
	check_ok(w, open_as(w->uri, true, &reader, &w->e));
	cut_all();
	check_ok(w, db_pg.run(reader, &COUNT, NULL, on_count, &n, &w->e));
	assert_int_equal(n, 1);
	cut_all();
	check_ok(w, db_pg.begin(reader, false, &w->e));
	db_pg.close(reader);
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 2));
	check_ok(w, db_pg.commit(w->db, &w->e));
	assert_int_equal(count(w), 2);
}

/* ---- a commit whose answer is lost ------------------------------------------------- */

/* Between a client and the server: passes on what is said, until a COMMIT comes. */
struct between {
	char dir[64], server[108];
	int listener;
	bool passes_commit; /* it reaches the server, and only the answer is lost */
	pthread_t thread;
};

static int
connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* False: the connection is over. */
static bool
pass(int from, int to)
{
	char chunk[16384];
	ssize_t n = read(from, chunk, sizeof(chunk));

	if (n <= 0)
		return false;
	return write(to, chunk, (size_t)n) == n;
}

static void *
between_main(void *arg)
{
	static const char says[] = "COMMIT"; /* with the zero that ends it */
	struct between *b = arg;
	int client = accept(b->listener, NULL, NULL), server = connect_to(b->server);
	struct pollfd fds[] = {{.fd = client, .events = POLLIN},
			       {.fd = server, .events = POLLIN}};
	bool commit = false, on = true;

	while (on && poll(fds, 2, -1) > 0) {
		if (fds[1].revents != 0)
			on = pass(server, client);
		if (!on || fds[0].revents == 0)
			continue;
		char peek[512];
		ssize_t n = recv(client, peek, sizeof(peek), MSG_PEEK);
		commit = n > 0 && memmem(peek, (size_t)n, says, sizeof(says)) != NULL;
		if (!commit || b->passes_commit)
			on = pass(client, server);
		if (commit)
			break;
	}
	/* The server has answered, and nobody hears it. */
	if (commit && b->passes_commit)
		poll(&fds[1], 1, -1);
	close(b->listener); /* whoever connects again is refused here */
	close(client);
	close(server);
	return NULL;
}

static void
between_start(struct between *b, bool passes_commit)
{
	const char *host = strstr(postgres_server(), "host=") + 5;
	struct sockaddr_un at = {.sun_family = AF_UNIX};

	*b = (struct between){.passes_commit = passes_commit,
			      .dir = "/tmp/saluran-between-XXXXXX"};
	snprintf(b->server, sizeof(b->server), "%.*s/.s.PGSQL.5432",
		 (int)strcspn(host, "&"), host);
	assert_non_null(mkdtemp(b->dir));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", b->dir);
	b->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(b->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(b->listener, 1), 0);
	assert_int_equal(pthread_create(&b->thread, NULL, between_main, b), 0);
}

static void
between_end(struct between *b)
{
	char path[108];

	pthread_join(b->thread, NULL);
	snprintf(path, sizeof(path), "%s/.s.PGSQL.5432", b->dir);
	unlink(path);
	rmdir(b->dir);
}

/* The first connection goes through `b`; further ones find the server itself, as the
 * second host of the list. */
static void
commit_through(struct world *w, struct between *b, enum rc want, int64_t rows)
{
	char uri[URI_MAX];
	const char *tail = strchr(strstr(w->uri, "host="), '&');
	const char *host = strstr(w->uri, "host=") + 5;
	struct world far = {.db = NULL};

	snprintf(uri, sizeof(uri), "postgresql:///saluran?host=%s,%.*s%s", b->dir,
		 (int)strcspn(host, "&"), host, tail);
	check_ok(&far, open_as(uri, false, &far.db, &far.e));
	check_ok(&far, db_pg.begin(far.db, true, &far.e));
	check_ok(&far, put(&far, 1));
	assert_int_equal(db_pg.commit(far.db, &far.e), want);
	between_end(b);
	db_pg.rollback(far.db);
	assert_int_equal(count(&far), rows);
	db_pg.close(far.db);
}

static void
a_commit_whose_answer_is_lost_is_one(void **state)
{
	struct between b;

	between_start(&b, true);
	commit_through(*state, &b, RC_OK, 1);
}

static void
a_commit_that_did_not_arrive_may_be_tried_again(void **state)
{
	struct between b;

	between_start(&b, false);
	commit_through(*state, &b, RC_RETRY, 0);
}

/* ---- statements that are sent for later -----------------------------------------------
 */

static enum rc
later(struct world *w, int64_t k)
{
	return db_pg.later(w->db, &PUT, (struct db_param[]){DB_P_INT(k)}, &w->e);
}

static void
what_is_sent_for_later_is_done(void **state)
{
	enum { MANY = 1000 };
	struct world *w = *state;

	check_ok(w, db_pg.begin(w->db, true, &w->e));
	for (int64_t k = 0; k < MANY; k++)
		check_ok(w, later(w, k));
	assert_int_equal(count(w), MANY); /* seen by the next one */
	check_ok(w, later(w, MANY));
	check_ok(w, db_pg.savepoint(w->db, &w->e));
	check_ok(w, later(w, MANY + 1));
	check_ok(w, db_pg.rollback_to(w->db, &w->e)); /* and taken back */
	check_ok(w, later(w, MANY + 2));
	check_ok(w, db_pg.commit(w->db, &w->e));
	assert_int_equal(count(w), MANY + 2);
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, later(w, MANY + 3));
	db_pg.rollback(w->db);
	assert_int_equal(count(w), MANY + 2);
}

/* The next call says what failed, whichever it is. */
static void
what_fails_later_is_told(void **state)
{
	struct world *w = *state;
	struct err e = ERR_INIT;
	int64_t n;

	for (int how = 0; how < 4; how++) {
		check_ok(w, db_pg.begin(w->db, true, &w->e));
		check_ok(w, put(w, 1));
		check_ok(w, db_pg.savepoint(w->db, &w->e));
		check_ok(w, later(w, 2));
		check_ok(w, later(w, 1));
		check_ok(w, later(w, 3));
		enum rc rc = how == 0	? db_pg.run(w->db, &COUNT, NULL, on_count, &n, &e)
			     : how == 1 ? db_pg.savepoint(w->db, &e)
			     : how == 2 ? db_pg.release(w->db, &e)
					: db_pg.script(w->db, "SELECT 1", &e);
		assert_int_equal(rc, RC_CONFLICT);
		assert_non_null(strstr(e.text, "put"));
		/* The transaction is spoilt, and no more than to its savepoint. */
		assert_int_equal(later(w, 4), RC_CONFLICT);
		check_ok(w, db_pg.rollback_to(w->db, &w->e));
		check_ok(w, later(w, 5));
		assert_int_equal(count(w), 2);
		db_pg.rollback(w->db);
	}
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, later(w, 1));
	check_ok(w, later(w, 1));
	assert_int_equal(db_pg.commit(w->db, &w->e), RC_CONFLICT);
	db_pg.rollback(w->db);
	assert_int_equal(count(w), 0);
}

static void
what_is_lost_on_its_way_leaves_nothing(void **state)
{
	struct world *w = *state;

	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 1));
	check_ok(w, later(w, 2));
	cut_all();
	for (int64_t k = 3; later(w, k) == RC_OK; k++)
		assert_true(k < 1000);
	assert_int_equal(put(w, 2000), RC_UNAVAILABLE);
	assert_int_equal(db_pg.commit(w->db, &w->e), RC_UNAVAILABLE);
	db_pg.rollback(w->db);
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, later(w, 1));
	check_ok(w, db_pg.commit(w->db, &w->e));
	assert_int_equal(count(w), 1);
}

/* ---- who writes -------------------------------------------------------------------- */

/* The server ends the session of a connection that was closed or cut in its own time. */
static enum rc
lease_when_free(struct db *db, struct err *e)
{
	enum { TRIES = 1000, WAIT_US = 10000 };
	enum rc rc = RC_CONFLICT;

	for (int i = 0; i < TRIES && rc == RC_CONFLICT; i++) {
		rc = db_pg.lease(db, DB_LEASE_SILENT_S, e);
		if (rc == RC_CONFLICT)
			usleep(WAIT_US);
	}
	return rc;
}

static void
one_process_writes(void **state)
{
	struct world *w = *state;
	struct db *other;

	check_ok(w, open_as(w->uri, false, &other, &w->e));
	check_ok(w, db_pg.lease(w->db, DB_LEASE_SILENT_S, &w->e));
	assert_int_equal(db_pg.lease(other, DB_LEASE_SILENT_S, &w->e), RC_CONFLICT);
	assert_non_null(strstr(w->e.text, "another process writes to it"));
	db_pg.close(w->db);
	w->db = NULL;
	check_ok(w, lease_when_free(other, &w->e));
	db_pg.close(other);
}

static void
sql_by(const char *uri, const char *text)
{
	struct arena *a = arena_create();

	(void)postgres_query(a, uri, text);
	arena_free(a);
}

/* By a connection of its own. */
static int64_t
count_by(struct world *w, const char *uri)
{
	struct db *reader;
	int64_t n = -1;

	check_ok(w, open_as(uri, true, &reader, &w->e));
	check_ok(w, db_pg.run(reader, &COUNT, NULL, on_count, &n, &w->e));
	db_pg.close(reader);
	return n;
}

/* Who lost the connection, and the lease to another meanwhile, writes no more: not even
 * when nobody has the lease any longer, since what it knows is old. */
static void
a_lease_that_was_lost_ends_the_writing(void **state)
{
	struct world *w = *state;
	struct db *other;

	check_ok(w, db_pg.lease(w->db, DB_LEASE_SILENT_S, &w->e));
	cut_all();
	check_ok(w, db_pg.begin(w->db, true, &w->e)); /* and it is ours again */
	db_pg.rollback(w->db);
	check_ok(w, open_as(w->uri, false, &other, &w->e));
	assert_int_equal(db_pg.lease(other, DB_LEASE_SILENT_S, &w->e), RC_CONFLICT);
	db_pg.close(other);
	cut_all();
	check_ok(w, open_as(w->uri, false, &other, &w->e));
	check_ok(w, lease_when_free(other, &w->e));
	assert_int_equal(db_pg.begin(w->db, true, &w->e), RC_CONFLICT);
	assert_int_equal(put(w, 1), RC_CONFLICT);
	db_pg.close(other);
	cut_all();
	assert_int_equal(db_pg.begin(w->db, true, &w->e), RC_CONFLICT);
	assert_non_null(strstr(w->e.text, "has taken over"));
	assert_int_equal(db_pg.beat(w->db, &w->e), RC_CONFLICT);
	assert_int_equal(count_by(w, w->uri), 0);
}

/* Who hangs keeps the lease while it gives signs of life, and not longer; what it has
 * under way is taken back. */
static void
who_is_silent_is_replaced(void **state)
{
	enum { SILENT_S = 2, BEATS = 6 };
	struct world *w = *state;
	struct db *other;

	check_ok(w, db_pg.lease(w->db, SILENT_S, &w->e));
	check_ok(w, open_as(w->uri, false, &other, &w->e));
	for (int i = 0; i < BEATS; i++) {
		check_ok(w, db_pg.beat(w->db, &w->e));
		assert_int_equal(db_pg.lease(other, 3600, &w->e), RC_CONFLICT);
		assert_non_null(strstr(w->e.text, "since"));
	}
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 1));
	enum rc rc = RC_CONFLICT;
	for (int i = 0; i < 1000 && rc == RC_CONFLICT; i++) {
		usleep(10000);
		rc = db_pg.lease(other, SILENT_S, &w->e);
	}
	check_ok(w, rc);
	/* It wakes, and goes on with what it was about to do. */
	assert_int_equal(put(w, 2), RC_UNAVAILABLE);
	assert_int_not_equal(db_pg.commit(w->db, &w->e), RC_OK);
	db_pg.rollback(w->db);
	assert_int_equal(db_pg.begin(w->db, true, &w->e), RC_CONFLICT);
	db_pg.close(other);
	assert_int_equal(count_by(w, w->uri), 0);
}

/* Behind something that keeps its connection for it, and so its locks, too: the term is
 * in the transaction itself. */
static void
the_term_fences_each_transaction(void **state)
{
	struct world *w = *state;

	check_ok(w, db_pg.lease(w->db, DB_LEASE_SILENT_S, &w->e));
	check_ok(w, db_pg.begin(w->db, true, &w->e));
	check_ok(w, put(w, 1));
	check_ok(w, db_pg.commit(w->db, &w->e));
	sql_by(w->uri, "UPDATE saluran_lease SET term = term + 1");
	assert_int_equal(db_pg.begin(w->db, true, &w->e), RC_CONFLICT);
	assert_int_equal(put(w, 2), RC_CONFLICT);
	assert_int_equal(count_by(w, w->uri), 1);
}

/* ---- servers and databases that do not fit ----------------------------------------- */

static void
refused(const char *uri, bool read_only, enum rc want, const char *says)
{
	struct err e = ERR_INIT;
	struct db *db;

	assert_int_equal(open_as(uri, read_only, &db, &e), want);
	assert_null(db);
	if (strstr(e.text, says) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.text, says);
	assert_null(strstr(e.text, "geheim"));
}

static void
what_does_not_fit_is_refused(void **state)
{
	struct world *w = *state;
	char uri[URI_MAX];
	struct db *db;

	snprintf(uri, sizeof(uri), "%s%%20-csynchronous_commit%%3Doff", w->uri);
	refused(uri, false, RC_UNSUPPORTED, "nothing may be signed");
	check_ok(w, open_as(uri, true, &db, &w->e)); /* who reads signs nothing */
	db_pg.close(db);
	refused("postgresql:///saluran?host=/nowhere&user=saluran&password=geheim", false,
		RC_UNAVAILABLE, "no connection");
	refused("postgresql://saluran:geheim@[half", false, RC_INVALID, "check it");
	snprintf(uri, sizeof(uri), "%s&dbname=nothing", postgres_server());
	refused(uri, false, RC_UNAVAILABLE, "\"nothing\" does not exist");
	snprintf(uri, sizeof(uri), "%s&options=-csearch_path%%3Dnothing",
		 postgres_server());
	refused(uri, false, RC_NOT_FOUND, "search_path");
	postgres_exec("CREATE SCHEMA IF NOT EXISTS theirs;"
		      "CREATE TABLE IF NOT EXISTS theirs.t (k BIGINT)");
	snprintf(uri, sizeof(uri), "%s&options=-csearch_path%%3Dtheirs",
		 postgres_server());
	refused(uri, false, RC_CORRUPT, "another program");
	postgres_exec("CREATE SCHEMA IF NOT EXISTS empty");
	snprintf(uri, sizeof(uri), "%s&options=-csearch_path%%3Dempty",
		 postgres_server());
	refused(uri, true, RC_NOT_FOUND, "start the daemon once");
}

/* A text in another order would be found by no index of ours. */
static void
an_order_of_its_own_is_refused(void **state)
{
	char uri[URI_MAX];

	(void)state;
	snprintf(uri, sizeof(uri), "%s&dbname=postgres&user=postgres", postgres_server());
	PGconn *pg = PQconnectdb(uri);
	PGresult *res = PQexec(pg, "CREATE DATABASE ordered TEMPLATE template0"
				   " LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'");
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(pg));
	PQclear(res);
	PQfinish(pg);
	snprintf(uri, sizeof(uri), "%s&dbname=ordered&user=postgres", postgres_server());
	refused(uri, false, RC_UNSUPPORTED, "LC_COLLATE 'C'");
}

static void
values_that_do_not_fit_are_refused(void **state)
{
	struct world *w = *state;
	const struct db_param text[] = {DB_P_TEXT("7")};
	static const struct sql SMALL = {"small", "SELECT 1 WHERE $1 = 7", 1, ID_COUNT};
	const struct db_param large[] = {DB_P_INT(INT64_C(1) << 40)};

	assert_int_equal(db_pg.run(w->db, &PUT, text, NULL, NULL, &w->e), RC_IO);
	assert_non_null(strstr(w->e.text, "parameter 1"));
	assert_int_equal(db_pg.run(w->db, &SMALL, large, NULL, NULL, &w->e), RC_IO);
	check_ok(w, put(w, 7));
}

static int
setup(void **state)
{
	static struct world w;

	w = (struct world){.e = ERR_INIT};
	postgres_fresh(w.uri, sizeof(w.uri));
	check_ok(&w, open_as(w.uri, false, &w.db, &w.e));
	check_ok(&w, db_pg.script(w.db, "CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY)",
				  &w.e));
	*state = &w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	db_pg.close(w->db);
	postgres_remove(w->uri);
	return 0;
}

int
main(void)
{
#define ROW(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(a_lost_transaction_leaves_nothing),
		ROW(a_lost_savepoint_takes_all_with_it),
		ROW(an_idle_connection_is_made_again),
		ROW(a_commit_whose_answer_is_lost_is_one),
		ROW(a_commit_that_did_not_arrive_may_be_tried_again),
		ROW(one_process_writes),
		ROW(what_is_sent_for_later_is_done),
		ROW(what_fails_later_is_told),
		ROW(what_is_lost_on_its_way_leaves_nothing),
		ROW(a_lease_that_was_lost_ends_the_writing),
		ROW(who_is_silent_is_replaced),
		ROW(the_term_fences_each_transaction),
		ROW(what_does_not_fit_is_refused),
		ROW(an_order_of_its_own_is_refused),
		ROW(values_that_do_not_fit_are_refused),
	};
#undef ROW

	return cmocka_run_group_tests(tests, NULL, NULL);
}
