#include "pair.h"

#include <curl/curl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "core/crypto.h"
#include "service/node_int.h"
#include "store/store_log.h"

enum {
	STALLED_S = 600,
	ROW_MAX = 96,
	CHANNEL = 1, /* the only one of both */
};

static void
side_start(struct bench_side *s, enum party role)
{
	struct err e = ERR_INIT;

	bench_must(node_open(s->n.dir, &s->nd, &e), &e, "open a node");
	bench_person(s->nd, &s->n, "worker",
		     role == PARTY_AUTHORITY ? "officer" : "agent", s->worker);
}

static void
side_serve(struct bench_pair *p, struct bench_side *s)
{
	struct err e = ERR_INIT;

	bench_must(peer_server_start(s->nd, "127.0.0.1", (uint16_t)s->n.port, s->n.dir,
				     &p->server, &e),
		   &e, "listen");
	bench_must(peer_push_start(s->nd, s->n.dir, &p->push, &e), &e, "push");
}

static void
end(struct bench_pair *p, struct bench_side *s)
{
	node_stop(s->nd);
	peer_push_stop(p->push);
	peer_server_stop(p->server);
	node_close(s->nd);
}

static enum party
other(enum party p)
{
	return p == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
}

static void
child_main(struct bench_pair *p, bench_child *child, int until, int say)
{
	char c;

	if (read(until, &c, 1) != 1)
		_exit(EXIT_FAILURE);
	side_start(&p->there, other(p->role));
	side_serve(p, &p->there);
	if (child != NULL)
		child(&p->there, say);
	while (read(until, &c, 1) > 0)
		;
	end(p, &p->there);
	_exit(EXIT_SUCCESS);
}

void
bench_pair_make(struct bench_pair *p, enum party here, bench_child *child)
{
	static const char *const orgs[] = {"kominfo.example", "telegram.example"};
	int until[2], said[2];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	crypto_start();
	p->role = here;
	bench_node_create(&p->here.n, orgs[here], here);
	bench_node_create(&p->there.n, orgs[other(here)], other(here));
	if (here == PARTY_AUTHORITY)
		bench_introduce(&p->here.n, &p->there.n);
	else
		bench_introduce(&p->there.n, &p->here.n);
	if (pipe(until) < 0 || pipe(said) < 0) {
		perror("pipe");
		exit(EXIT_FAILURE);
	}
	p->child = fork();
	if (p->child == 0) {
		close(until[1]);
		close(said[0]);
		child_main(p, child, until[0], said[1]);
	}
	close(until[0]);
	close(said[1]);
	p->until = until[1];
	p->said = said[0];
}

void
bench_pair_start_here(struct bench_pair *p)
{
	side_start(&p->here, p->role);
}

void
bench_pair_serve(struct bench_pair *p)
{
	if (write(p->until, "g", 1) != 1) {
		perror("the other node");
		exit(EXIT_FAILURE);
	}
	side_serve(p, &p->here);
}

void
bench_pair_open(struct bench_pair *p, enum party here, bench_child *child)
{
	bench_pair_make(p, here, child);
	bench_pair_start_here(p);
	bench_pair_serve(p);
}

void
bench_pair_close(struct bench_pair *p)
{
	end(p, &p->here);
	close(p->until);
	close(p->said);
	waitpid(p->child, NULL, 0);
	curl_global_cleanup();
}

/* Looked up in the store: a request that says all of a peer costs more than an event. */
struct bench_sizes
bench_pair_sizes(struct bench_pair *p)
{
	struct arena *a = arena_create();
	struct bench_sizes sizes = {0};
	struct log_receipt last = {0};
	struct log_head own;
	struct err e = ERR_INIT, none = ERR_INIT;
	struct store *s;

	bench_must(reader_get(p->here.nd, &s, &e), &e, "read the store");
	bench_must(store_head(s, a, CHANNEL, p->role, &own, &e), &e, "the log");
	sizes.sent = (json_int_t)own.size;
	if (store_receipt_last(s, a, CHANNEL, p->role, &last, &none) == RC_OK)
		sizes.receipted = (json_int_t)last.size;
	reader_put(p->here.nd, s);
	arena_free(a);
	return sizes;
}

void
bench_pair_settle(struct bench_pair *p)
{
	json_int_t last = -1;
	double moved = bench_seconds();

	for (struct bench_sizes now = bench_pair_sizes(p); now.receipted < now.sent;
	     now = bench_pair_sizes(p)) {
		if (now.receipted != last)
			moved = bench_seconds();
		last = now.receipted;
		if (bench_seconds() - moved > STALLED_S) {
			fprintf(stderr, "no receipt for %d s: %lld of %lld\n", STALLED_S,
				(long long)now.receipted, (long long)now.sent);
			exit(EXIT_FAILURE);
		}
		(void)node_wait(p->here.nd, node_commits(p->here.nd), 10000);
	}
}

static double
cpu_s(pid_t pid)
{
	struct timespec t = {0};
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
		perror("a process's clock");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static pid_t
parent_of(const char *pid)
{
	char path[64], line[256] = "";
	pid_t parent = 0;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	FILE *f = fopen(path, "re");
	const char *end = f != NULL && fgets(line, sizeof(line), f) != NULL
				  ? strrchr(line, ')')
				  : NULL;
	if (end != NULL && strlen(end) > 4)
		parent = (pid_t)strtol(end + 4, NULL, 10); /* ") S 123" */
	if (f != NULL)
		fclose(f);
	return parent;
}

double
bench_pair_cpu_s(const struct bench_pair *p)
{
	double sum = cpu_s(getpid());
	DIR *proc = opendir("/proc");

	for (const struct dirent *d; proc != NULL && (d = readdir(proc)) != NULL;) {
		pid_t parent = d->d_name[0] >= '1' && d->d_name[0] <= '9'
				       ? parent_of(d->d_name)
				       : 0;
		if (parent == getpid() || parent == p->child)
			sum += cpu_s((pid_t)strtol(d->d_name, NULL, 10));
	}
	if (proc != NULL)
		closedir(proc);
	return sum;
}

char *
bench_csv(int from, int n)
{
	size_t cap = (size_t)n * ROW_MAX + 64;
	char *csv = malloc(cap);
	size_t len = (size_t)snprintf(csv, cap, "target,category,description\n");

	for (int i = from; i < from + n; i++)
		len += (size_t)snprintf(
			csv + len, cap - len,
			"https://t.me/channel_%07d/%d,%s,invented row %d\n", i / 10,
			i % 5000 + 1, i % 3 == 0 ? "terrorism" : "fraud", i);
	return csv;
}

const char *
bench_notice(struct bench_side *s, const char *csv, const char *reference)
{
	json_t *r = bench_call(s->nd, s->worker, "POST", "/v1/notices",
			       json_pack("{s:s, s:s, s:s, s:s}", "csv", csv, "reference",
					 reference, "subject", reference, "legal_basis",
					 "Law 11 of 2008"));
	const char *id = strdup(json_string_value(json_object_get(r, "case")));

	json_decref(r);
	return id;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

double
bench_quantile(double *values, size_t n, int per_mille)
{
	qsort(values, n, sizeof(*values), by_value);
	return n == 0 ? 0 : values[(n - 1) * (size_t)per_mille / 1000];
}
