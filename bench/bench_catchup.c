/*
 * catchup - a peer that was away comes back: EVENTS events wait for it.
 *
 * Two nodes as two processes with HTTPS between them, durable on both.  The sender
 * records the events alone; then the receiver starts, and the clock runs until the last
 * receipt is back.  rss_mb is the larger of what the two had in memory at most while that
 * lasted.  The reference is raw Ed25519 verification of messages of the same size in one
 * thread.  Afterwards the sender is opened again: start_s is how long that takes, with
 * all its events hashed anew.
 */
#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "bench.h"
#include "core/crypto.h"
#include "peer/push.h"
#include "peer/server.h"

enum {
	EVENTS = 1000000,
	SENDERS = 64,
	REFERENCE_VERIFICATIONS = 10000,
	MESSAGE_BYTES = 785, /* what the signature of such an event covers */
	STALLED_S = 600,
};

static struct node *authority;
static char officer[256], say_path[128];
static int events;
static _Atomic int taken;

static double
raw_per_s(void)
{
	uint8_t seed[SEED_LEN] = {1}, pub[KEY_LEN], sig[SIG_LEN],
		msg[MESSAGE_BYTES] = {0};

	sign_public_key(seed, pub);
	sign_bytes(seed, msg, sizeof(msg), sig);
	double start = bench_seconds();
	for (int i = 0; i < REFERENCE_VERIFICATIONS; i++)
		if (!sign_check(pub, msg, sizeof(msg), sig))
			exit(EXIT_FAILURE);
	return REFERENCE_VERIFICATIONS / (bench_seconds() - start);
}

/* ---- memory ---------------------------------------------------------------------- */

/* From now on the most is counted. */
static void
peak_begin(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "5", 1) != 1) {
		perror("/proc/self/clear_refs");
		exit(EXIT_FAILURE);
	}
	close(fd);
}

static long
peak_kb(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kb = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kb = strtol(line + 6, NULL, 10);
	if (f != NULL)
		fclose(f);
	return kb;
}

/* ---- the two ----------------------------------------------------------------------
 */

struct serving {
	struct peer_server *server;
	struct peer_push *push;
};

static void
serve(struct node *nd, const struct bench_node *n, struct serving *s)
{
	struct err e = ERR_INIT;

	bench_must(peer_server_start(nd, "127.0.0.1", (uint16_t)n->port, n->dir,
				     &s->server, &e),
		   &e, "listen");
	bench_must(peer_push_start(nd, n->dir, &s->push, &e), &e, "push");
}

static void
stop(struct node *nd, struct serving *s)
{
	node_stop(nd);
	peer_push_stop(s->push);
	peer_server_stop(s->server);
	node_close(nd);
}

/* From the first byte of `from` until it closes; then its peak into `say`. */
static void
platform_main(const struct bench_node *n, int from, int say)
{
	struct serving s;
	struct node *nd;
	struct err e = ERR_INIT;
	char c;

	if (read(from, &c, 1) != 1)
		_exit(EXIT_FAILURE);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bench_must(node_open(n->dir, &nd, &e), &e, "open the platform");
	serve(nd, n, &s);
	while (read(from, &c, 1) > 0)
		;
	long kb = peak_kb();
	bool told = write(say, &kb, sizeof(kb)) == sizeof(kb);
	stop(nd, &s);
	_exit(told ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
say_one(const struct service_route *route, const struct actor *who, const char *casefile)
{
	struct arena *a = arena_create();
	struct reply out;
	struct err e = ERR_INIT;
	json_t *in =
		json_pack("{s:s, s:s}", "case", casefile, "text",
			  "We ask for an answer on the items of this case, which were "
			  "receipted and are past their deadline.");

	bench_must(service_run(authority, a, route, who, in, &out, &e), &e, "say");
	json_decref(in);
	arena_free(a);
}

static void *
sayer(void *unused)
{
	struct arena *a = arena_create();
	const struct service_route *route;
	const struct actor *who;
	json_t *words = json_object();
	struct err e = ERR_INIT;

	bench_must(actor_authenticate(authority, a, officer, &who, &e), &e, "officer");
	bench_must(service_route_find("POST", say_path, words, &route, &e), &e, say_path);
	while (atomic_fetch_add(&taken, 1) < events)
		say_one(route, who, json_string_value(json_object_get(words, "case")));
	json_decref(words);
	arena_free(a);
	return unused;
}

static void
record_all(void)
{
	pthread_t threads[SENDERS];
	json_t *r = bench_call(authority, officer, "POST", "/v1/notices",
			       json_pack("{s:s, s:s, s:s, s:s}", "csv",
					 "target,category\nhttps://t.me/durov,other\n",
					 "reference", "bench", "subject", "Benchmark",
					 "legal_basis", "none"));

	snprintf(say_path, sizeof(say_path), "/v1/cases/%s/say",
		 json_string_value(json_object_get(r, "case")));
	json_decref(r);
	for (int i = 0; i < SENDERS; i++)
		pthread_create(&threads[i], NULL, sayer, NULL);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(threads[i], NULL);
}

/* {sent, receipted} */
static void
sizes(json_int_t ret[2])
{
	json_t *r = bench_call(authority, officer, "GET", "/v1/peers", NULL);
	const json_t *p = json_array_get(json_object_get(r, "peers"), 0);

	ret[0] = json_integer_value(json_object_get(p, "sent"));
	ret[1] = json_integer_value(json_object_get(p, "receipted"));
	json_decref(r);
}

static json_int_t
await_all(void)
{
	json_int_t now[2], last = -1;
	double moved = bench_seconds();

	for (sizes(now); now[1] < now[0]; sizes(now)) {
		if (now[1] != last)
			moved = bench_seconds();
		last = now[1];
		if (bench_seconds() - moved > STALLED_S) {
			fprintf(stderr, "no receipt for %d s: %lld of %lld\n", STALLED_S,
				(long long)now[1], (long long)now[0]);
			exit(EXIT_FAILURE);
		}
		(void)node_wait(authority, node_commits(authority), 100000);
	}
	return now[0];
}

/* How long the node of so many events takes to start. */
static double
start_s(const char *dir)
{
	struct err e = ERR_INIT;
	struct node *nd;
	double start = bench_seconds();

	bench_must(node_open(dir, &nd, &e), &e, "open the authority again");
	double took = bench_seconds() - start;
	node_close(nd);
	return took;
}

int
main(void)
{
	struct bench_node a, p;
	struct serving here;
	struct err e = ERR_INIT;
	int go[2], said[2];
	long theirs = 0;

	events = bench_count("EVENTS", EVENTS);
	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	crypto_start();
	double raw = raw_per_s();
	bench_node_create(&a, "kominfo.example", PARTY_AUTHORITY);
	bench_node_create(&p, "telegram.example", PARTY_PLATFORM);
	bench_introduce(&a, &p);
	if (pipe(go) < 0 || pipe(said) < 0) {
		perror("pipe");
		return EXIT_FAILURE;
	}
	pid_t child = fork();
	if (child == 0) {
		close(go[1]);
		close(said[0]);
		platform_main(&p, go[0], said[1]);
	}
	close(go[0]);
	close(said[1]);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	bench_must(node_open(a.dir, &authority, &e), &e, "open the authority");
	bench_person(authority, &a, "officer", "officer", officer);
	double begun = bench_seconds();
	record_all();
	fprintf(stderr, "recorded in %.0f s\n", bench_seconds() - begun);

	peak_begin();
	double start = bench_seconds();
	if (write(go[1], "g", 1) != 1)
		return EXIT_FAILURE;
	serve(authority, &a, &here);
	json_int_t size = await_all();
	double per_s = (double)size / (bench_seconds() - start);
	long ours = peak_kb();
	raw = (raw + raw_per_s()) / 2;
	stop(authority, &here);
	close(go[1]);
	bool told = read(said[0], &theirs, sizeof(theirs)) == sizeof(theirs);
	waitpid(child, NULL, 0);
	printf("catchup events=%lld events_per_s=%.0f rss_mb=%.1f receiver_rss_mb=%.1f "
	       "start_s=%.2f verify_per_s=%.0f ratio=%.3f\n",
	       (long long)size, per_s, (double)(ours > theirs ? ours : theirs) / 1024,
	       (double)theirs / 1024, start_s(a.dir), raw, per_s / raw);
	curl_global_cleanup();
	return told ? EXIT_SUCCESS : EXIT_FAILURE;
}
