#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { NICE = 19, WORDS_READ = 4096, OUR_OUTPUTS = 3 };

/* ---- in the child: only what is safe after a fork of a process with threads -----------
 */

static bool
limits_set(const struct child *c)
{
	const struct rlimit none = {0, 0};
	const struct rlimit memory = {(rlim_t)c->memory_bytes, (rlim_t)c->memory_bytes};
	const struct rlimit time = {(rlim_t)c->time_s, (rlim_t)c->time_s + 1};
	const struct sched_param idle = {0};

	/* Idle where the system lets us; the lowest of the others is enough. */
	(void)sched_setscheduler(0, SCHED_IDLE, &idle);
	return setpriority(PRIO_PROCESS, 0, NICE) == 0 &&
	       setrlimit(RLIMIT_CORE, &none) == 0 &&
	       setrlimit(RLIMIT_FSIZE, &none) == 0 && setrlimit(RLIMIT_CPU, &time) == 0 &&
	       (c->memory_bytes == 0 || setrlimit(RLIMIT_AS, &memory) == 0);
}

static void
signals_plain(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}

/* Does not return; `failed` takes the errno of what did not work. */
static void
child_become(const struct child *c, int null_fd, int words_fd, int failed, pid_t parent)
{
	static const char *const environment[] = {"LC_ALL=C", "PATH=/usr/bin:/bin", NULL};
	int fd;

	(void)setpgid(0, 0);
	signals_plain();
	/* Our numbers are above those that it will have, so that none is overwritten. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent &&
	    (fd = fcntl(failed, F_DUPFD_CLOEXEC, OUR_OUTPUTS)) >= 0) {
		failed = fd;
		words_fd = fcntl(words_fd, F_DUPFD_CLOEXEC, OUR_OUTPUTS);
		if (words_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0 &&
		    dup2(words_fd, STDOUT_FILENO) >= 0 &&
		    dup2(words_fd, STDERR_FILENO) >= 0 &&
		    syscall(SYS_close_range, OUR_OUTPUTS, ~0U, CLOSE_RANGE_CLOEXEC) ==
			    0 &&
		    limits_set(c))
			(void)execve(c->argv[0], (char *const *)(uintptr_t)c->argv,
				     (char *const *)(uintptr_t)environment);
	}
	fd = errno;
	(void)!write(failed, &fd, sizeof(fd));
	_exit(EXIT_FAILURE);
}

/* ---- in the parent --------------------------------------------------------------------
 */

static void
words_take(struct buf *words, const char *from, size_t n)
{
	size_t room = words->max - words->len;

	buf_put(words, from, n < room ? n : room);
}

/* CHILD_EXITED: it can be read. */
static enum child_end
readable(const struct child *c, int fd, int64_t until_us)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN},
			     {.fd = c->stop_fd, .events = POLLIN}};
	int n;

	do {
		int64_t left_us = until_us - clock_mono_us();
		if (left_us <= 0)
			return CHILD_LATE;
		n = poll(p, 2, (int)(left_us / 1000) + 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0 || p[1].revents != 0)
		return CHILD_STOPPED;
	return n == 0 ? CHILD_LATE : CHILD_EXITED;
}

/* Until it has closed its outputs. */
static enum child_end
outputs_read(const struct child *c, int fd, int64_t until_us, struct buf *words)
{
	char room[WORDS_READ];

	for (;;) {
		enum child_end end = readable(c, fd, until_us);
		if (end != CHILD_EXITED)
			return end;
		ssize_t got = read(fd, room, sizeof(room));
		if (got > 0)
			words_take(words, room, (size_t)got);
		else if (got == 0 || errno != EINTR)
			return CHILD_EXITED;
	}
}

static enum rc
started(int failed, const char *program, struct err *e)
{
	int why = 0;
	ssize_t n;

	do
		n = read(failed, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(why))
		return RC_OK;
	errno = why;
	return err_sys(e, "%s cannot be run", program);
}

/* It may have closed its outputs long before it ends. */
static enum child_end
end_await(const struct child *c, pid_t pid, int64_t until_us)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	enum child_end end = CHILD_STOPPED;

	if (fd >= 0)
		end = readable(c, fd, until_us);
	if (fd >= 0)
		(void)close(fd);
	return end;
}

static void
ended(pid_t pid, enum child_end *ret_end, int *ret_code)
{
	siginfo_t info;
	int status = 0;

	/* As long as it is not waited for, its number is not another's. */
	if (*ret_end != CHILD_EXITED)
		(void)kill(-pid, SIGKILL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	(void)kill(-pid, SIGKILL); /* what it started and left behind */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
	if (*ret_end == CHILD_EXITED && WIFSIGNALED(status))
		*ret_end = WTERMSIG(status) == SIGXCPU ? CHILD_LATE : CHILD_KILLED;
}

static void
close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

enum rc
child_run(const struct child *c, struct buf *words, enum child_end *ret_end,
	  int *ret_code, struct err *e)
{
	int64_t until_us = clock_mono_us() + c->time_s * CLOCK_US_PER_S;
	int out[2] = {-1, -1}, failed[2] = {-1, -1};
	pid_t parent = getpid(), pid = -1;
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null_fd >= 0 && pipe2(out, O_CLOEXEC) == 0 && pipe2(failed, O_CLOEXEC) == 0)
		pid = fork();
	if (pid == 0)
		child_become(c, null_fd, out[1], failed[1], parent);
	enum rc rc = pid > 0 ? RC_OK : err_sys(e, "%s cannot be started", c->argv[0]);
	close_all((const int[]){null_fd, out[1], failed[1]}, 3);
	if (rc == RC_OK) {
		(void)setpgid(pid, pid);
		rc = started(failed[0], c->argv[0], e);
		*ret_end = rc == RC_OK ? outputs_read(c, out[0], until_us, words)
				       : CHILD_EXITED;
		if (rc == RC_OK && *ret_end == CHILD_EXITED)
			*ret_end = end_await(c, pid, until_us);
		ended(pid, ret_end, ret_code);
	}
	close_all((const int[]){out[0], failed[0]}, 2);
	return rc;
}
