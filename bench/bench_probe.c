/*
 * probe - names a second that one resolver is asked for and judged by, over UDP.
 *
 * The resolver is Unbound with a policy zone that holds all the names; the reference is
 * dnsperf with the same names, window and number of questions.  Turns are short and
 * alternate, each of ours between two of dnsperf's, so that what else the machine does
 * meets both; the ratio is the median of theirs.  The time of the processor that each
 * takes for a question is told too: it hangs less on what else runs.  A probe here is the
 * whole of it: question, answer read, matched and judged; what it does besides for people
 * (a line of JSON) is measured apart.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "core/rpz_row.h"
#include "probe/round.h"

enum {
	NAMES = 1000,
	PROBES = 100000, /* of one turn */
	TURNS = 9,
	WINDOW = 100, /* that of dnsperf, too */
	SERIAL = 42,
	LOAD_TRIES = 400,
	LOAD_PAUSE_US = 50000,
	PATH_BYTES = 512,
	WORDS_MAX = 16,
	LINE_BYTES = 1024,
};

#define ZONE "rpz.bench"

static void
die(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static pid_t
run(const char *const *words, const char *out)
{
	char *argv[WORDS_MAX + 1] = {NULL};
	posix_spawn_file_actions_t fa;
	pid_t pid;

	for (size_t i = 0; words[i] != NULL && i < WORDS_MAX; i++)
		argv[i] = strdup(words[i]);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, out,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&fa, STDOUT_FILENO, STDERR_FILENO);
	if (posix_spawn(&pid, words[0], &fa, NULL, argv, environ) != 0)
		die(words[0]);
	posix_spawn_file_actions_destroy(&fa);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
	return pid;
}

static void
run_well(const char *const *words, const char *out)
{
	int status = 1;

	if (waitpid(run(words, out), &status, 0) < 0 || status != 0) {
		fprintf(stderr,
			"probe: %s failed: run it from the project's directory, "
			"with a network the first time; %s\n",
			words[0], out);
		exit(EXIT_FAILURE);
	}
}

static const char *
path(const char *name)
{
	static char paths[8][PATH_BYTES];
	static unsigned n;
	char *p = paths[n++ % 8];

	snprintf(p, PATH_BYTES, "%s/%s", bench_dir(), name);
	return p;
}

static void
name_of(unsigned i, char out[LINE_BYTES])
{
	snprintf(out, LINE_BYTES, "w%u.bench.example", i);
}

static FILE *
file(const char *name)
{
	FILE *f = fopen(path(name), "we");

	if (f == NULL)
		die(name);
	return f;
}

static void
files_write(unsigned port)
{
	char name[LINE_BYTES];
	FILE *zone = file("zone"), *names = file("names"), *conf = file("conf");

	fputs("$TTL 10\n$ORIGIN " ZONE ".\n@ SOA localhost. h.localhost. 42 60 10 604800 "
	      "10\n@ NS localhost.\n_saluran-serial TXT \"42\"\n",
	      zone);
	for (unsigned i = 0; i < NAMES; i++) {
		name_of(i, name);
		fprintf(zone, "%s CNAME .\n", name);
		fprintf(names, "%s A\n", name);
	}
	fprintf(conf,
		"server:\n  interface: 127.0.0.1@%u\n  port: %u\n  num-threads: 1\n"
		"  do-not-query-localhost: no\n  access-control: 127.0.0.0/8 allow\n"
		"  module-config: \"respip iterator\"\n  chroot: \"\"\n  username: \"\"\n"
		"  directory: \"%s\"\n  pidfile: \"\"\n  use-syslog: no\n  logfile: "
		"\"\"\n"
		"  verbosity: 0\n  so-rcvbuf: 0\n  do-ip6: no\n"
		"rpz:\n  name: \"" ZONE "\"\n  zonefile: \"%s\"\n"
		"remote-control:\n  control-enable: no\n"
		"forward-zone:\n  name: \".\"\n  forward-addr: 127.0.0.1@1\n",
		port, port, bench_dir(), path("zone"));
	if (fclose(zone) != 0 || fclose(names) != 0 || fclose(conf) != 0)
		die("write");
}

/* ---- ours -------------------------------------------------------------------------- */

struct count {
	uint64_t blocked, lines;
	FILE *out;
};

static void
on_result(void *arg, const struct probe_result *r)
{
	struct count *c = arg;

	/* Unbound gives no SOA of the policy, and there is no control here: what came
	 * counts. */
	c->blocked += r->seen[PROBE_UDP] != NULL &&
		      r->seen[PROBE_UDP]->got == PROBE_GOT_NXDOMAIN &&
		      r->canary_serial == SERIAL;
	if (c->out == NULL)
		return;
	json_t *j = probe_result_json(r);
	char *text = json_dumps(j, JSON_COMPACT);
	fputs(text, c->out);
	fputc('\n', c->out);
	free(text);
	json_decref(j);
	c->lines++;
}

struct job {
	struct probe_job job;
	struct probe_subject subject;
	const char *names[NAMES];
	struct probe_want wants[PROBES];
};

static void
job_make(struct job *j, struct arena *a, unsigned port)
{
	static const char *const zones[] = {ZONE};
	char name[LINE_BYTES];
	struct err e = ERR_INIT;

	for (unsigned i = 0; i < NAMES; i++) {
		name_of(i, name);
		j->names[i] = arena_strdup(a, name);
	}
	for (uint32_t i = 0; i < PROBES; i++)
		j->wants[i].name = i % NAMES;
	bench_must(probe_target_parse(a, arena_printf(a, "127.0.0.1:%u", port),
				      &j->subject.target, &e),
		   &e, "target");
	j->subject.canary = RPZROW_CANARY;
	j->subject.wants = j->wants;
	j->subject.n_wants = PROBES;
	j->job = (struct probe_job){.vantage = "bench",
				    .type = 1,
				    .names = j->names,
				    .n_names = NAMES,
				    .subjects = &j->subject,
				    .n_subjects = 1,
				    .zones = zones,
				    .n_zones = 1,
				    .limits = probe_limits_default};
	j->job.limits.per_s = 0;
	j->job.limits.window = WINDOW;
}

static double
ours(const struct job *j, FILE *out)
{
	struct count c = {.out = out};
	struct probe_totals t;
	struct err e = ERR_INIT;

	bench_must(probe_round(&j->job, on_result, &c, NULL, &t, &e), &e, "round");
	if (c.blocked != PROBES) {
		fprintf(stderr, "probe: %llu of %d were found blocked\n",
			(unsigned long long)c.blocked, PROBES);
		exit(EXIT_FAILURE);
	}
	return (double)PROBES * 1e6 / (double)t.took_us;
}

/* Until the resolver holds the zone. */
static void
await(struct job *j)
{
	struct probe_job one = j->job;
	struct probe_subject s = j->subject;
	struct err e = ERR_INIT;

	s.n_wants = 1;
	one.subjects = &s;
	one.limits.timeout_us = LOAD_PAUSE_US;
	for (unsigned i = 0; i < LOAD_TRIES; i++) {
		struct count c = {.out = NULL};
		bench_must(probe_round(&one, on_result, &c, NULL, NULL, &e), &e, "round");
		if (c.blocked == 1)
			return;
		usleep(LOAD_PAUSE_US);
	}
	fprintf(stderr, "probe: Unbound did not begin to answer\n");
	exit(EXIT_FAILURE);
}

/* ---- dnsperf ----------------------------------------------------------------------- */

static double
theirs(unsigned port)
{
	static const char head[] = "Queries per second:";
	char p[16], n[16], line[LINE_BYTES];
	double per_s = 0;

	snprintf(p, sizeof(p), "%u", port);
	snprintf(n, sizeof(n), "%d", PROBES / NAMES);
	const char *const words[] = {"build/parts/bin/dnsperf",
				     "-s",
				     "127.0.0.1",
				     "-p",
				     p,
				     "-d",
				     path("names"),
				     "-n",
				     n,
				     "-q",
				     "100",
				     "-e",
				     NULL};
	run_well(words, path("dnsperf"));
	FILE *f = fopen(path("dnsperf"), "re");
	if (f == NULL)
		die("dnsperf");
	while (fgets(line, sizeof(line), f) != NULL) {
		const char *at = strstr(line, head);
		if (at != NULL)
			per_s = strtod(at + strlen(head), NULL);
	}
	fclose(f);
	if (per_s <= 0) {
		fprintf(stderr, "probe: dnsperf gave no figure\n");
		exit(EXIT_FAILURE);
	}
	return per_s;
}

/* Seconds of the processor that this process took, or its children that ended. */
static double
cpu_s(int who)
{
	struct rusage u;

	if (getrusage(who, &u) != 0)
		die("getrusage");
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

static double
median(double *v, size_t n)
{
	qsort(v, n, sizeof(v[0]), by_value);
	return v[n / 2];
}

int
main(void)
{
	static struct job j;
	struct arena *a = arena_create();
	unsigned port = bench_port();
	double our[TURNS], their[TURNS + 1], ratio[TURNS], our_cpu = 0, their_cpu = 0;
	const char *const parts[] = {"tools/parts.sh", "unbound", "dnsperf", NULL};

	run_well(parts, path("parts"));
	files_write(port);
	const char *const words[] = {"build/parts/bin/unbound", "-d", "-c", path("conf"),
				     NULL};
	pid_t unbound = run(words, path("unbound"));
	FILE *null = fopen("/dev/null", "we");
	if (null == NULL)
		die("/dev/null");
	job_make(&j, a, port);
	await(&j);
	(void)ours(&j, NULL); /* both begin with everything in place */
	double their_from = cpu_s(RUSAGE_CHILDREN);
	their[0] = theirs(port);
	for (size_t i = 0; i < TURNS; i++) {
		double from = cpu_s(RUSAGE_SELF);
		our[i] = ours(&j, NULL);
		our_cpu += cpu_s(RUSAGE_SELF) - from;
		their[i + 1] = theirs(port);
		ratio[i] = 2 * our[i] / (their[i] + their[i + 1]);
	}
	their_cpu = cpu_s(RUSAGE_CHILDREN) - their_from;
	double lines = ours(&j, null);
	kill(unbound, SIGTERM);
	waitpid(unbound, NULL, 0);
	fclose(null);
	printf("with a line of JSON for each: per_s=%.0f\n", lines);
	printf("probe probes=%d per_s=%.0f dnsperf_per_s=%.0f cpu_us=%.2f "
	       "dnsperf_cpu_us=%.2f ratio=%.2f\n",
	       TURNS * PROBES, median(our, TURNS), median(their, TURNS + 1),
	       our_cpu * 1e6 / (TURNS * PROBES), their_cpu * 1e6 / ((TURNS + 1) * PROBES),
	       median(ratio, TURNS));
	arena_free(a);
	return EXIT_SUCCESS;
}
