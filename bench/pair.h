/*
 * pair - two nodes as two processes with HTTPS between them.
 *
 * The node of this process is at hand; the other serves its side until the pair is closed
 * and does one thing before: a child callback, in its own process.
 */
#ifndef SALURAN_BENCH_PAIR_H
#define SALURAN_BENCH_PAIR_H

#include <sys/types.h>

#include "bench.h"
#include "peer/push.h"
#include "peer/server.h"

struct bench_side {
	struct bench_node n;
	struct node *nd;
	char worker[256]; /* credential: an officer of the authority, an agent of the
			     platform */
};

struct bench_pair {
	struct bench_side here, there; /* of `there` only .n is known here */
	struct peer_server *server;
	struct peer_push *push;
	enum party role; /* of `here` */
	pid_t child;
	int until; /* a byte: the child serves; closed: it ends */
	int said;  /* what the child writes */
};

/* In the child, with its node serving; `say` is the other end of pair.said.  NULL: it
 * only serves. */
typedef void bench_child(struct bench_side *side, int say);

/* Both are made and introduced, and the child waits.  Before any other thread is there.
 */
void bench_pair_make(struct bench_pair *p, enum party here, bench_child *child);
/* The node of this process can be asked, but sends nothing yet. */
void bench_pair_start_here(struct bench_pair *p);
/* Both listen and send. */
void bench_pair_serve(struct bench_pair *p);
/* All three. */
void bench_pair_open(struct bench_pair *p, enum party here, bench_child *child);
void bench_pair_close(struct bench_pair *p);

struct bench_sizes {
	json_int_t sent, receipted;
};
/* Of the log of this process. */
struct bench_sizes bench_pair_sizes(struct bench_pair *p);
/* Until the peer has receipted all that this node has sent. */
void bench_pair_settle(struct bench_pair *p);

/* The seconds that both nodes, their signers and this bench have had of the processors so
 * far. */
double bench_pair_cpu_s(const struct bench_pair *p);

/* "target,category\n..." of n rows with the first number `from`; the caller's. */
char *bench_csv(int from, int n);
/* Sends it as one notice; its case. */
const char *bench_notice(struct bench_side *s, const char *csv, const char *reference);

/* The p-th part of a thousand of n values, which are sorted. */
double bench_quantile(double *values, size_t n, int per_mille);

#endif
