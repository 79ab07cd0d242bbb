/*
 * A call for memory, or on a file, fails once, wherever it is: the node says so or ends,
 * and when it is started again nothing is half done, nothing lost that it said it had,
 * nothing twice.  Each failure meets a process of its own.  With SALURAN_EVERY=1 many
 * more of them.
 *
 * With its store in a file only, which is most of what fails here: of a store on a server
 * each call fails in test_faults.c, and the server says what it cannot do in
 * test_server_faults.c.
 */
#include "call_faults.h"
#include "node_fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/node.h"

#define AUTHORITY PARTY_AUTHORITY
#define PLATFORM  PARTY_PLATFORM

enum { ITEMS = 3, CASE_MAX = 128, TRIALS_MAX = 100000 };

/* What a process says before it ends, however it ends. */
static struct said {
	char casefile[CASE_MAX];
	_Atomic bool armed, fired, sent, accepted, decided;
} * said;

static json_t *
notice(struct fix *f)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "csv", fix_csv(f, "t.example", ITEMS),
			 "reference", "F-1", "subject", "Konten", "legal_basis", "UU");
}

static json_t *
decision(void)
{
	return json_pack("{s:[i, i, i], s:s, s:s}", "items", 0, 1, 2, "outcome",
			 "removed", "reason", "Terms of service.");
}

/* One request of the case's life; false: it was not done. */
static bool
act(struct fix *f, const char *what, json_t *in)
{
	struct err e = ERR_INIT;
	const char *path = arena_printf(f->a, "/v1/cases/%s/%s", said->casefile, what);

	return fix_call(f, PLATFORM, f->n[PLATFORM].agent, "POST", path, in, NULL, &e) ==
	       RC_OK;
}

/* From the start of both nodes to their end; what fails is gone on from. */
static void
live(struct fix *f)
{
	struct err e = ERR_INIT;
	json_t *out = NULL;
	bool up = true;

	for (int p = 0; p < PARTY_COUNT; p++)
		up = node_open(f->n[p].dir, &f->n[p].nd, &e) == RC_OK && up;
	if (up && fix_call(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
			   notice(f), &out, &e) == RC_OK) {
		snprintf(said->casefile, CASE_MAX, "%s", fix_text(out, "case"));
		said->sent = true;
	}
	for (int p = 0; up && p < PARTY_COUNT; p++)
		(void)fix_carry_try(f, (enum party)p, CUT_NOTHING, &e);
	if (up && said->sent) {
		said->accepted = act(f, "accept", json_object());
		said->decided = act(f, "decide", decision());
	}
	for (int p = PARTY_COUNT; up && p-- > 0;)
		(void)fix_carry_try(f, (enum party)p, CUT_NOTHING, &e);
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_shut(f, (enum party)p);
}

static void
live_with_failure(struct fix *f, enum call_kind kind, int n, int error)
{
	said->armed = true;
	calls_arm(kind, n, error);
	live(f);
	said->fired = calls_disarm();
	said->armed = false;
	_exit(EXIT_SUCCESS);
}

/* What was said is so, and the rest can be done now. */
static void
live_on(struct fix *f)
{
	static const char leaves[] =
		"SELECT group_concat(x) FROM (SELECT party || hex(leaf) AS x FROM "
		"log_event ORDER BY party, seq) AS t";

	setenv("CMOCKA_TEST_ABORT", "1", true);
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_reopen(f, (enum party)p);
	fix_settle(f);
	int64_t cases = fix_query(f, AUTHORITY, "SELECT count(*) FROM v_case");
	assert_true(cases == 1 || (cases == 0 && !said->sent));
	if (cases == 0)
		fix_must(f, AUTHORITY, f->n[AUTHORITY].officer, "POST", "/v1/notices",
			 notice(f));
	fix_settle(f);
	const char *c =
		fix_query_text(f, PLATFORM, "SELECT group_concat(casefile) FROM v_case");
	assert_non_null(c);
	if (said->sent)
		assert_string_equal(c, said->casefile);
	int64_t accepted = fix_events(f, PLATFORM, PLATFORM, "case.accept"),
		decided = fix_events(f, PLATFORM, PLATFORM, "item.decide");
	assert_true(accepted == 1 || (accepted == 0 && !said->accepted));
	assert_true(decided == 1 || (decided == 0 && !said->decided));
	if (accepted == 0 && decided == 0) /* a decision accepts, too */
		fix_act(f, PLATFORM, c, "accept", NULL);
	if (decided == 0)
		fix_act(f, PLATFORM, c, "decide", decision());
	fix_settle(f);
	assert_int_equal(fix_query(f, AUTHORITY, "SELECT decided FROM v_case"), ITEMS);
	fix_same_case(f, c);
	for (int p = 0; p < PARTY_COUNT; p++) {
		assert_int_equal(
			fix_query(f, (enum party)p,
				  "SELECT count(*) FROM v_event WHERE void IS NOT NULL"),
			0);
		fix_rebuilt_equal(f, (enum party)p);
	}
	assert_string_equal(fix_query_text(f, AUTHORITY, leaves),
			    fix_query_text(f, PLATFORM, leaves));
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_shut(f, (enum party)p);
	_exit(EXIT_SUCCESS);
}

static int
ended(pid_t child)
{
	int status = 0;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void
copied(const char *from, const char *to)
{
	const pid_t child = fork();

	if (child == 0) {
		execlp("cp", "cp", "-a", from, to, (char *)NULL);
		_exit(EXIT_FAILURE);
	}
	assert_int_equal(ended(child), 0);
}

/* Both nodes as they were made, in the same place. */
static void
made_anew(struct fix *f)
{
	for (int p = 0; p < PARTY_COUNT; p++) {
		fix_remove(f->n[p].dir);
		copied(arena_printf(f->a, "%s/made/%s", f->above,
				    party_name((enum party)p)),
		       f->n[p].dir);
	}
}

/* False: there are not so many calls. */
static bool
trial(struct fix *f, enum call_kind kind, int n, int error)
{
	made_anew(f);
	memset(said, 0, sizeof(*said));
	pid_t child = fork();
	if (child == 0)
		live_with_failure(f, kind, n, error);
	int status = ended(child);
	bool fired = calls_disarm() || said->fired;
	if (kind == CALL_MEMORY && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
	    said->armed && fired)
		status = 0; /* without memory a node ends at once */
	if (status != 0)
		fail_msg("call %d: the node ended with status 0x%x", n, (unsigned)status);
	child = fork();
	if (child == 0)
		live_on(f);
	if ((status = ended(child)) != 0)
		fail_msg("call %d: started again, status 0x%x", n, (unsigned)status);
	return fired;
}

static void
some_fail(enum call_kind kind, int error, int step, int fewest)
{
	struct fix f;
	int trials = 0;

	fix_open(&f);
	for (int p = 0; p < PARTY_COUNT; p++)
		fix_shut(&f, (enum party)p);
	const char *made = arena_printf(f.a, "%s/made", f.above);
	assert_int_equal(mkdir(made, 0700), 0);
	for (int p = 0; p < PARTY_COUNT; p++)
		copied(f.n[p].dir, made);
	for (int n = 1; trial(&f, kind, n, error); n += step)
		assert_true(trials++ < TRIALS_MAX);
	print_message("%d calls failed, one after the other\n", trials);
	assert_true(trials >= fewest); /* there was something that could fail */
	fix_close(&f);
}

static int
step_of(int some, int every)
{
	return getenv("SALURAN_EVERY") != NULL ? every : some;
}

static void
memory(void **state)
{
	(void)state;
	some_fail(CALL_MEMORY, 0, step_of(9001, 307), 5);
}

static void
files(void **state)
{
	(void)state;
	some_fail(CALL_FILE, EIO, step_of(121, 1), 5);
}

static void
disk_full(void **state)
{
	(void)state;
	some_fail(CALL_FILE, ENOSPC, step_of(131, 3), 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory),
		cmocka_unit_test(files),
		cmocka_unit_test(disk_full),
	};

	calls_start();
	said = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (said == MAP_FAILED)
		return EXIT_FAILURE;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
