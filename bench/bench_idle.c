/*
 * idle - resident memory of a daemon that has just started and has nothing to do.
 *
 * The reference is the limit of 20 MB; the ratio is limit / used, above 1 when it is
 * kept.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "core/crypto.h"

enum { LIMIT_KB = 20 * 1000 };

static long
resident_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = -1;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

int
main(int argc, char **argv)
{
	struct bench_node n;
	char program[4096], line[1024];
	int out[2];

	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		puts("bench_idle: starts ../src/main/saluran beside this program");
		return EXIT_SUCCESS;
	}
	const char *slash = strrchr(argv[0], '/');
	snprintf(program, sizeof(program), "%.*s/../src/main/saluran",
		 slash == NULL ? 1 : (int)(slash - argv[0]),
		 slash == NULL ? "." : argv[0]);
	crypto_start();
	bench_node_create(&n, "kominfo.example", PARTY_AUTHORITY);
	if (pipe(out) < 0)
		return EXIT_FAILURE;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(127);
		execl(program, "saluran", "serve", "--dir", n.dir, "--allow-root",
		      (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	/* Its line says that everything listens: from then on it is idle. */
	FILE *f = fdopen(out[0], "r");
	bool ready = f != NULL && fgets(line, sizeof(line), f) != NULL &&
		     strncmp(line, "ready ", 6) == 0;
	long kb = ready ? resident_kb(pid) : -1;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	if (f != NULL)
		fclose(f);
	if (kb <= 0) {
		fprintf(stderr, "the daemon did not start\n");
		return EXIT_FAILURE;
	}
	printf("idle rss_kb=%ld limit_kb=%d ratio=%.3f\n", kb, LIMIT_KB,
	       (double)LIMIT_KB / (double)kb);
	return EXIT_SUCCESS;
}
