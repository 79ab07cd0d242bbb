/*
 * blob - a file of 2 GiB as evidence: encrypted as it is given, delivered over HTTPS to
 * another node in a process of its own, opened there and compared with its commitment.
 *
 * The figures are the time of all of it, and the most memory that each of the two
 * processes ever had.  The reference is the same bytes written to a file and hashed,
 * once, in the same run.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "bench.h"
#include "core/crypto.h"
#include "peer/push.h"
#include "peer/server.h"
#include "service/stream.h"

enum {
	PIECE = 65536,
	RSS_MAX_KB = 64 << 10,
	WAIT_MAX_S = 1800,
	LINE_MAX_BYTES = 256,
};
#define FILE_BYTES (INT64_C(2) << 30)

static long
peak_kb(void)
{
	char line[LINE_MAX_BYTES];
	long kb = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

static void
nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
}

/* Bytes that differ from piece to piece. */
static void
piece_make(uint8_t *p, int64_t at)
{
	memcpy(p, &at, sizeof(at));
}

static double
reference_s(void)
{
	uint8_t *p = calloc(1, PIECE);
	char path[512];
	struct hash h;
	struct hash_state st;

	snprintf(path, sizeof(path), "%s/plain", bench_dir());
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || p == NULL)
		exit(EXIT_FAILURE);
	double start = bench_seconds();
	hash_begin(&st);
	for (int64_t at = 0; at < FILE_BYTES; at += PIECE) {
		piece_make(p, at);
		if (write(fd, p, PIECE) != PIECE)
			exit(EXIT_FAILURE);
		hash_add(&st, p, PIECE);
	}
	hash_end(&st, &h);
	if (fdatasync(fd) < 0)
		exit(EXIT_FAILURE);
	double seconds = bench_seconds() - start;
	close(fd);
	unlink(path);
	free(p);
	return seconds;
}

/* The other node: takes what comes, opens it, tells its peak. */
_Noreturn static void
platform_run(const struct bench_node *p, int from, int to)
{
	struct peer_server *server;
	struct peer_push *push;
	struct node *nd;
	struct err e = ERR_INIT;
	char byte = 0;

	bench_must(node_open(p->dir, &nd, &e), &e, "open the platform");
	bench_must(peer_server_start(nd, "127.0.0.1", (uint16_t)p->port, p->dir, &server,
				     &e),
		   &e, "serve");
	bench_must(peer_push_start(nd, p->dir, &push, &e), &e, "push");
	if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
	/* It is delivered: now it is opened. */
	enum rc rc = service_evidence_check(nd, &e);
	bench_must(rc, &e, "check");
	long kb = peak_kb();
	if (write(to, &kb, sizeof(kb)) != sizeof(kb))
		_exit(EXIT_FAILURE);
	node_stop(nd);
	peer_push_stop(push);
	peer_server_stop(server);
	node_close(nd);
	_exit(EXIT_SUCCESS);
}

static void
give(struct node *nd, const char *credential, const char *casefile)
{
	uint8_t *p = calloc(1, PIECE);
	struct arena *a = arena_create();
	const struct actor *who;
	struct upload *u;
	struct hash sha256;
	struct err e = ERR_INIT;
	int64_t at = 0;
	bool whole;
	json_t *r = bench_call(nd, credential, "POST",
			       arena_printf(a, "/v1/cases/%s/evidence", casefile),
			       json_pack("{s:s, s:I}", "name", "film.mp4", "bytes",
					 (json_int_t)FILE_BYTES));

	if (p == NULL)
		abort();
	bench_must(actor_authenticate(nd, a, credential, &who, &e), &e, "who");
	bench_must(upload_open(nd, json_string_value(json_object_get(r, "upload")),
			       actor_pseudonym(who), 0, &u, &at, &e),
		   &e, "upload");
	for (at = 0; at < FILE_BYTES; at += PIECE) {
		piece_make(p, at);
		bench_must(upload_take(u, p, PIECE, &e), &e, "take");
	}
	bench_must(upload_end(u, &whole, &at, &sha256, &e), &e, "end");
	upload_close(u);
	json_decref(r);
	arena_free(a);
	free(p);
}

/* Until every event of ours is receipted and no file waits. */
static void
await(struct node *nd, const char *credential, const char *casefile)
{
	struct arena *a = arena_create();
	const char *path = arena_printf(a, "/v1/cases/%s/evidence", casefile);
	double until = bench_seconds() + WAIT_MAX_S;
	bool there = false;

	while (!there && bench_seconds() < until) {
		json_t *r = bench_call(nd, credential, "GET", path, NULL);
		there = json_array_size(json_object_get(r, "files")) == 1;
		json_decref(r);
		nap();
	}
	arena_free(a);
	if (!there) {
		fprintf(stderr, "the file was not delivered\n");
		exit(EXIT_FAILURE);
	}
}

static void
receipted(struct node *nd, const char *credential)
{
	double until = bench_seconds() + WAIT_MAX_S;
	bool done = false;

	while (!done && bench_seconds() < until) {
		json_t *r = bench_call(nd, credential, "GET", "/v1/peers", NULL);
		const json_t *peer = json_array_get(json_object_get(r, "peers"), 0);
		done = json_integer_value(json_object_get(peer, "waiting")) == 0;
		json_decref(r);
		nap();
	}
}

int
main(void)
{
	struct bench_node a, p;
	struct peer_server *server;
	struct peer_push *push;
	struct node *nd;
	struct err e = ERR_INIT;
	char officer[256], byte = 0;
	int there[2], back[2], status;
	long other_kb = 0;

	log_set_level(LOG_ERROR);
	crypto_start();
	double reference = reference_s();
	bench_node_create(&a, "kominfo.example", PARTY_AUTHORITY);
	bench_node_create(&p, "telegram.example", PARTY_PLATFORM);
	bench_introduce(&a, &p);
	if (pipe(there) < 0 || pipe(back) < 0)
		return EXIT_FAILURE;
	pid_t pid = fork();
	if (pid == 0)
		platform_run(&p, there[0], back[1]);
	if (pid < 0 || read(back[0], &byte, 1) != 1)
		return EXIT_FAILURE;
	bench_must(node_open(a.dir, &nd, &e), &e, "open the authority");
	bench_must(
		peer_server_start(nd, "127.0.0.1", (uint16_t)a.port, a.dir, &server, &e),
		&e, "serve");
	bench_must(peer_push_start(nd, a.dir, &push, &e), &e, "push");
	bench_person(nd, &a, "officer", "officer", officer);
	json_t *sent = bench_call(
		nd, officer, "POST", "/v1/notices",
		json_pack("{s:s, s:s, s:s, s:s}", "csv",
			  "target,category\nhttps://a.example/1,other\n", "reference",
			  "bench", "subject", "Benchmark", "legal_basis", "none"));
	const char *casefile = json_string_value(json_object_get(sent, "case"));
	double start = bench_seconds();
	give(nd, officer, casefile);
	double sealed = bench_seconds() - start;
	await(nd, officer, casefile);
	receipted(nd, officer);
	double delivered = bench_seconds() - start;
	if (write(there[1], &byte, 1) != 1 ||
	    read(back[0], &other_kb, sizeof(other_kb)) != sizeof(other_kb))
		return EXIT_FAILURE;
	double opened = bench_seconds() - start;
	long own_kb = peak_kb();
	node_stop(nd);
	peer_push_stop(push);
	peer_server_stop(server);
	node_close(nd);
	waitpid(pid, &status, 0);
	json_decref(sent);
	printf("blob bytes=%" PRId64 " seal_s=%.1f deliver_s=%.1f open_s=%.1f "
	       "own_peak_kb=%ld other_peak_kb=%ld copy_and_hash_s=%.1f ratio=%.2f\n",
	       FILE_BYTES, sealed, delivered - sealed, opened - delivered, own_kb,
	       other_kb, reference, opened / reference);
	if (own_kb > RSS_MAX_KB || other_kb > RSS_MAX_KB) {
		fprintf(stderr, "more than %d kB resident\n", RSS_MAX_KB);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
