/*
 * bench - what the benchmarks share: nodes in a temporary directory, people, requests.
 *
 * A benchmark that cannot do its work says why and exits with 1; the last line of one
 * that did is "name key=value ... ratio=value".
 */
#ifndef SALURAN_BENCH_BENCH_H
#define SALURAN_BENCH_BENCH_H

#include <jansson.h>
#include <sys/types.h>

#include "service/service.h"

/* Ends the process with the error's text unless `rc` is RC_OK. */
void bench_must(enum rc rc, const struct err *e, const char *what);

/* A new temporary directory, removed at exit. */
const char *bench_dir(void);
/* A TCP port of 127.0.0.1 that was free a moment ago. */
unsigned bench_port(void);

struct bench_node {
	const char *dir;
	unsigned port;	 /* of its peer listener */
	char admin[256]; /* credential */
};
void bench_node_create(struct bench_node *n, const char *org, enum party role);
/* Each adds the other; both are closed again. */
void bench_introduce(struct bench_node *authority, struct bench_node *platform);
/* Credential of a new person of the open node. */
void bench_person(struct node *nd, const struct bench_node *n, const char *name,
		  const char *role, char ret[256]);

/* One request as whoever has the credential; `in` is stolen, the reply is the caller's.
 */
json_t *bench_call(struct node *nd, const char *credential, const char *method,
		   const char *path, json_t *in);

/* How many, as `make bench NAME=x <name>=n` says. */
int bench_count(const char *name, int otherwise);

double bench_seconds(void); /* monotonic */

/* How many Ed25519 signatures over a message of so many bytes one thread verifies a
 * second, by n of them. */
double bench_verify_per_s(size_t message_bytes, int n);

/* From now on the most memory of this process is counted anew. */
void bench_peak_begin(void);
/* The most that a process had in memory, 0: this one. */
long bench_peak_kb(pid_t pid);

#endif
