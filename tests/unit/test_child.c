/*
 * Another program within its limits: what it says, how it ends, and what it does not get
 * of ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"

enum { WORDS = 200, LONG_S = 600 };

struct ran {
	enum rc rc;
	enum child_end end;
	int code;
	char words[WORDS + 1];
};

static struct ran
run(const char *script, int64_t time_s, int64_t memory_bytes, int stop_fd)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	const struct child c = {argv, time_s, memory_bytes, stop_fd};
	struct buf words = BUF_INIT(WORDS);
	struct err e = ERR_INIT;
	struct ran r = {.code = -1};

	r.rc = child_run(&c, &words, &r.end, &r.code, &e);
	memcpy(r.words, buf_str(&words), words.len);
	assert_true(buf_ok(&words));
	buf_free(&words);
	return r;
}

static void
test_words_and_code(void **state)
{
	struct ran r = run("echo out; echo err >&2; exit 3", LONG_S, 0, -1);

	(void)state;
	assert_int_equal(r.rc, RC_OK);
	assert_int_equal(r.end, CHILD_EXITED);
	assert_int_equal(r.code, 3);
	assert_string_equal(r.words, "out\nerr\n");
	r = run("exit 0", LONG_S, 0, -1);
	assert_int_equal(r.code, 0);
	assert_string_equal(r.words, "");
}

/* More than is kept is read all the same: it never waits for us. */
static void
test_many_words(void **state)
{
	struct ran r = run("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); "
			   "done; exit 4",
			   LONG_S, 0, -1);

	(void)state;
	assert_int_equal(r.end, CHILD_EXITED);
	assert_int_equal(r.code, 4);
	assert_int_equal(strlen(r.words), WORDS);
}

static void
test_nothing_of_ours(void **state)
{
	int fd = open("/dev/null", O_RDONLY); /* without CLOEXEC: the worst case */
	struct ran r;

	(void)state;
	assert_true(fd > STDERR_FILENO);
	setenv("SALURAN_SECRET", "x", 1);
	r = run("ls /proc/self/fd | wc -l; cat | wc -c; echo "
		"\"[$SALURAN_SECRET]$LC_ALL\"",
		LONG_S, 0, -1);
	/* ls has its own of the folder. */
	assert_string_equal(r.words, "4\n0\n[]C\n");
	close(fd);
}

static void
test_nice(void **state)
{
	struct ran r = run("nice", LONG_S, 0, -1);

	(void)state;
	assert_string_equal(r.words, "19\n");
}

/* It may not write a file. */
static void
test_no_file(void **state)
{
	struct ran r = run("trap '' XFSZ; echo x > /tmp/saluran-child-$$; s=$?; "
			   "rm -f /tmp/saluran-child-$$; exit $s",
			   LONG_S, 0, -1);

	(void)state;
	assert_int_not_equal(r.code, 0);
}

static void
test_late(void **state)
{
	int64_t began_us = clock_mono_us();
	struct ran r = run("echo a; sleep 600", 1, 0, -1);

	(void)state;
	assert_int_equal(r.rc, RC_OK);
	assert_int_equal(r.end, CHILD_LATE);
	assert_string_equal(r.words, "a\n");
	/* Also one that says nothing more, and what it has started. */
	r = run("exec >/dev/null 2>&1; sleep 600", 1, 0, -1);
	assert_int_equal(r.end, CHILD_LATE);
	r = run("sleep 600 & exit 0", 1, 0, -1);
	assert_int_equal(r.end, CHILD_LATE);
	assert_true(clock_mono_us() - began_us < LONG_S * CLOCK_US_PER_S);
}

static void
test_memory(void **state)
{
	const int64_t limit = INT64_C(64) << 20;
	/* A line of 200 MiB in memory. */
	struct ran r = run("x=$(head -c 200000000 /dev/zero | tr '\\0' a) && echo had it",
			   LONG_S, limit, -1);

	(void)state;
	assert_int_equal(r.rc, RC_OK);
	assert_null(strstr(r.words, "had it"));
}

static void
test_killed(void **state)
{
	struct ran r = run("kill -SEGV $$", LONG_S, 0, -1);

	(void)state;
	assert_int_equal(r.end, CHILD_KILLED);
	assert_int_equal(r.code, SIGSEGV);
}

static void
test_stopped(void **state)
{
	int fd = eventfd(1, EFD_CLOEXEC);
	struct ran r = run("sleep 600", LONG_S, 0, fd);

	(void)state;
	assert_int_equal(r.rc, RC_OK);
	assert_int_equal(r.end, CHILD_STOPPED);
	close(fd);
}

static void
test_no_program(void **state)
{
	static const struct {
		const char *path;
		enum rc rc;
	} rows[] = {
		{"/no/such/program", RC_NOT_FOUND},
		{"/etc/passwd", RC_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const argv[] = {rows[i].path, NULL};
		const struct child c = {argv, LONG_S, 0, -1};
		struct buf words = BUF_INIT(WORDS);
		struct err e = ERR_INIT;
		enum child_end end;
		int code;
		assert_int_equal(child_run(&c, &words, &end, &code, &e), rows[i].rc);
		assert_non_null(strstr(e.text, rows[i].path));
		buf_free(&words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_and_code),	cmocka_unit_test(test_many_words),
		cmocka_unit_test(test_nothing_of_ours), cmocka_unit_test(test_nice),
		cmocka_unit_test(test_no_file),		cmocka_unit_test(test_late),
		cmocka_unit_test(test_memory),		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_stopped),		cmocka_unit_test(test_no_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
