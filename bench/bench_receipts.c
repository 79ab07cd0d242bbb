/*
 * receipts - from an event's append to the peer's receipt back at the sender.
 *
 * Two nodes as two processes with HTTPS between them, SQLite, durable on both.  First as
 * many as the nodes take, then at half of that rate: half_p50_ms and half_p99_ms.  The
 * reference is raw Ed25519 verification of messages of the same size in one thread.
 */
#include <curl/curl.h>
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
	EVENTS = 30000,
	HALF_LOAD_EVENTS = 10000,
	THREADS = 64,
	WINDOW = 2048, /* events on their way at once: senders wait for receipts */
	SLACK = 64,    /* events beside ours: openings, the notice, adoptions */
	REFERENCE_VERIFICATIONS = 10000,
	MESSAGE_BYTES = 900, /* what the signature of such an event covers */
	PLACES = EVENTS + HALF_LOAD_EVENTS + SLACK,
};

static struct node *authority;
static char officer[256];
static char say_path[128];
static json_int_t first; /* log index of the first message */
static double appended[PLACES], receipted[PLACES];
/* What is sent now: so many, at this distance of each other. */
static struct {
	_Atomic int taken;
	int events;
	double start, gap_s;
} load;
static _Atomic bool done;
static pthread_mutex_t window_mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t window_moved = PTHREAD_COND_INITIALIZER;
static int on_the_way;

static double
verifications_per_s(void)
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

static void
serve(struct node *nd, const struct bench_node *n, struct peer_server **server,
      struct peer_push **push)
{
	struct err e = ERR_INIT;

	bench_must(
		peer_server_start(nd, "127.0.0.1", (uint16_t)n->port, n->dir, server, &e),
		&e, "listen");
	bench_must(peer_push_start(nd, n->dir, push, &e), &e, "push");
}

/* The platform's process: until the pipe closes. */
static void
platform_main(const struct bench_node *n, int until)
{
	struct node *nd;
	struct peer_server *server;
	struct peer_push *push;
	struct err e = ERR_INIT;
	char c;

	bench_must(node_open(n->dir, &nd, &e), &e, "open the platform");
	serve(nd, n, &server, &push);
	while (read(until, &c, 1) > 0)
		;
	node_stop(nd);
	peer_push_stop(push);
	peer_server_stop(server);
	node_close(nd);
	_exit(EXIT_SUCCESS);
}

/* One message; its log index. */
static json_int_t
say(const struct service_route *route, const struct actor *who, const char *casefile)
{
	struct arena *a = arena_create();
	struct reply out;
	struct err e = ERR_INIT;
	json_t *in =
		json_pack("{s:s, s:s}", "case", casefile, "text",
			  "We ask for an answer on the items of this case, which were "
			  "receipted and are past their deadline.");

	bench_must(service_run(authority, a, route, who, in, &out, &e), &e, "say");
	json_int_t seq = json_integer_value(json_object_get(out.json, "seq"));
	json_decref(in);
	arena_free(a);
	return seq;
}

/* A person's session: who they are was checked once. */
static void *
sayer(void *arg)
{
	struct arena *a = arena_create();
	const struct service_route *route;
	const struct actor *who;
	json_t *words = json_object();
	struct err e = ERR_INIT;

	(void)arg;
	bench_must(actor_authenticate(authority, a, officer, &who, &e), &e, "officer");
	bench_must(service_route_find("POST", say_path, words, &route, &e), &e, say_path);
	const char *casefile = json_string_value(json_object_get(words, "case"));
	for (int i; (i = atomic_fetch_add(&load.taken, 1)) < load.events;) {
		double early_s = load.start + i * load.gap_s - bench_seconds();
		if (early_s > 0)
			usleep((useconds_t)(early_s * 1e6));
		pthread_mutex_lock(&window_mu);
		while (on_the_way >= WINDOW)
			pthread_cond_wait(&window_moved, &window_mu);
		on_the_way++;
		pthread_mutex_unlock(&window_mu);
		double start = bench_seconds();
		json_int_t seq = say(route, who, casefile);
		if (seq < PLACES)
			appended[seq] = start;
	}
	json_decref(words);
	arena_free(a);
	return NULL;
}

static json_int_t
receipted_size(void)
{
	json_t *r = bench_call(authority, officer, "GET", "/v1/peers", NULL);
	json_t *p = json_array_get(json_object_get(r, "peers"), 0);
	json_int_t size = json_integer_value(json_object_get(p, "receipted"));

	json_decref(r);
	return size;
}

/* Notes when each receipt came: a receipt is a commit of the sender. */
static void *
watcher(void *arg)
{
	uint64_t seen = 0;
	json_int_t at = first;

	(void)arg;
	while (!atomic_load(&done)) {
		(void)node_wait(authority, seen, 100000);
		seen = node_commits(authority);
		json_int_t size = receipted_size();
		double now = bench_seconds();
		pthread_mutex_lock(&window_mu);
		on_the_way -= size > at ? (int)(size - at) : 0;
		pthread_cond_broadcast(&window_moved);
		pthread_mutex_unlock(&window_mu);
		for (; at < size && at < PLACES; at++)
			receipted[at] = now;
	}
	return NULL;
}

static int
by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return a < b ? -1 : a > b;
}

static void
await_receipts(json_int_t size)
{
	double deadline = bench_seconds() + 60;

	while (receipted_size() < size) {
		if (bench_seconds() > deadline) {
			fprintf(stderr, "no receipt for a minute\n");
			exit(EXIT_FAILURE);
		}
		(void)node_wait(authority, node_commits(authority), 10000);
	}
}

static json_int_t
sent_size(void)
{
	json_t *r = bench_call(authority, officer, "GET", "/v1/peers", NULL);
	json_t *p = json_array_get(json_object_get(r, "peers"), 0);
	json_int_t size = json_integer_value(json_object_get(p, "sent"));

	json_decref(r);
	return size;
}

static void
notice_send(void)
{
	json_t *r = bench_call(authority, officer, "POST", "/v1/notices",
			       json_pack("{s:s, s:s, s:s, s:s}", "csv",
					 "target,category\nhttps://t.me/durov,other\n",
					 "reference", "bench", "subject", "Benchmark",
					 "legal_basis", "none"));

	snprintf(say_path, sizeof(say_path), "/v1/cases/%s/say",
		 json_string_value(json_object_get(r, "case")));
	json_decref(r);
}

/* Sends so many, gap_s apart at least; the seconds until all have
 * their receipts. */
static double
send_all(int events, double gap_s)
{
	pthread_t threads[THREADS];

	atomic_store(&load.taken, 0);
	load.events = events;
	load.gap_s = gap_s;
	load.start = bench_seconds();
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, sayer, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	await_receipts(sent_size());
	return bench_seconds() - load.start;
}

/* From append to receipt, of the events of log indices [from, to). */
static void
latencies(json_int_t from, json_int_t to, double *p50_ms, double *p99_ms)
{
	static double latency[PLACES];
	size_t n = 0;

	for (json_int_t i = from; i < to && i < PLACES; i++)
		if (appended[i] != 0 && receipted[i] != 0)
			latency[n++] = (receipted[i] - appended[i]) * 1e3;
	if (n == 0) {
		fprintf(stderr, "no event had a receipt\n");
		exit(EXIT_FAILURE);
	}
	qsort(latency, n, sizeof(latency[0]), by_value);
	*p50_ms = latency[n / 2];
	*p99_ms = latency[n * 99 / 100];
}

int
main(void)
{
	struct bench_node a, p;
	struct peer_server *server;
	struct peer_push *push;
	struct err e = ERR_INIT;
	pthread_t watch;
	double p50, p99, half_p50, half_p99;
	int pipe_fds[2];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(LOG_ERROR);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	crypto_start();
	double reference = verifications_per_s();
	bench_node_create(&a, "kominfo.example", PARTY_AUTHORITY);
	bench_node_create(&p, "telegram.example", PARTY_PLATFORM);
	bench_introduce(&a, &p);
	if (pipe(pipe_fds) < 0)
		return EXIT_FAILURE;
	pid_t child = fork();
	if (child == 0) {
		close(pipe_fds[1]);
		platform_main(&p, pipe_fds[0]);
	}
	close(pipe_fds[0]);
	bench_must(node_open(a.dir, &authority, &e), &e, "open the authority");
	bench_person(authority, &a, "officer", "officer", officer);
	serve(authority, &a, &server, &push);
	notice_send();
	await_receipts(sent_size());
	first = sent_size();

	pthread_create(&watch, NULL, watcher, NULL);
	double per_s = EVENTS / send_all(EVENTS, 0);
	json_int_t middle = sent_size();
	(void)send_all(HALF_LOAD_EVENTS, 2 / per_s);
	json_int_t last = sent_size();
	atomic_store(&done, true);
	pthread_join(watch, NULL);
	latencies(first, middle, &p50, &p99);
	latencies(middle, last, &half_p50, &half_p99);
	reference = (reference + verifications_per_s()) / 2;
	printf("receipts events=%d threads=%d window=%d events_per_s=%.0f p50_ms=%.2f "
	       "p99_ms=%.2f half_p50_ms=%.2f half_p99_ms=%.2f verify_per_s=%.0f "
	       "ratio=%.3f\n",
	       EVENTS, THREADS, WINDOW, per_s, p50, p99, half_p50, half_p99, reference,
	       per_s / reference);

	node_stop(authority);
	peer_push_stop(push);
	peer_server_stop(server);
	node_close(authority);
	close(pipe_fds[1]);
	waitpid(child, NULL, 0);
	curl_global_cleanup();
	return EXIT_SUCCESS;
}
