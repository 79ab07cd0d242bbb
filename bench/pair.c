#include "pair.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "core/crypto.h"

enum { SETTLE_S = 600, ROW_MAX = 96 };

static void
serve(struct bench_pair *p, struct bench_side *s, enum party role)
{
	struct err e = ERR_INIT;

	bench_must(node_open(s->n.dir, &s->nd, &e), &e, "open a node");
	bench_person(s->nd, &s->n, "worker",
		     role == PARTY_AUTHORITY ? "officer" : "agent", s->worker);
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

static void
child_main(struct bench_pair *p, enum party role, bench_child *child, int until, int say)
{
	char c;

	serve(p, &p->there, role);
	if (child != NULL)
		child(&p->there, say);
	while (read(until, &c, 1) > 0)
		;
	end(p, &p->there);
	_exit(EXIT_SUCCESS);
}

void
bench_pair_open(struct bench_pair *p, enum party here, bench_child *child)
{
	static const char *const orgs[] = {"kominfo.example", "telegram.example"};
	enum party there = here == PARTY_AUTHORITY ? PARTY_PLATFORM : PARTY_AUTHORITY;
	int until[2], said[2];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	crypto_start();
	bench_node_create(&p->here.n, orgs[here], here);
	bench_node_create(&p->there.n, orgs[there], there);
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
		child_main(p, there, child, until[0], said[1]);
	}
	close(until[0]);
	close(said[1]);
	p->until = until[1];
	p->said = said[0];
	serve(p, &p->here, here);
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

static bool
settled(struct bench_side *s)
{
	json_t *r = bench_call(s->nd, s->worker, "GET", "/v1/peers", NULL);
	const json_t *peer = json_array_get(json_object_get(r, "peers"), 0);
	bool all = json_integer_value(json_object_get(peer, "receipted")) >=
		   json_integer_value(json_object_get(peer, "sent"));

	json_decref(r);
	return all;
}

void
bench_pair_settle(struct bench_pair *p)
{
	double deadline = bench_seconds() + SETTLE_S;

	while (!settled(&p->here)) {
		if (bench_seconds() > deadline) {
			fprintf(stderr, "not receipted within %d s\n", SETTLE_S);
			exit(EXIT_FAILURE);
		}
		(void)node_wait(p->here.nd, node_commits(p->here.nd), 10000);
	}
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
