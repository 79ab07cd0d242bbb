/*
 * receipts - from an event's append to the peer's receipt back at the sender.
 *
 * Two nodes as two processes with HTTPS between them, SQLite, durable on both.  First as
 * many as the nodes take, then at half of that rate: half_p50_ms and half_p99_ms.  The
 * reference is raw Ed25519 verification of messages of the same size in one thread.
 *
 * cpu_us is what an event takes of the processors on both nodes, signers, people and this
 * bench included; verify_cpu_us is one verification's.  They hang less on what else the
 * machine does than times do.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

enum {
	EVENTS = 30000, /* or as many as EVENTS says, if that is less */
	HALF_LOAD_EVENTS = EVENTS / 3,
	THREADS = 64,
	WINDOW = 2048, /* events on their way at once: senders wait for receipts */
	SLACK = 64,    /* events beside ours: openings, the notice, adoptions */
	REFERENCE_VERIFICATIONS = 10000,
	MESSAGE_BYTES = 900, /* what the signature of such an event covers */
	PLACES = EVENTS + HALF_LOAD_EVENTS + SLACK,
};

static struct bench_pair pair;
static json_int_t first; /* log index of the first message */
static double appended[PLACES], receipted[PLACES];
/* The messages of a run are at least so far apart. */
static double load_start, load_gap_s;
static _Atomic bool done;
static pthread_mutex_t window_mu = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t window_moved = PTHREAD_COND_INITIALIZER;
static int on_the_way;

static double
thread_cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct reference {
	double per_s, cpu_us;
};

/* Half of it: it is measured before and after. */
static void
reference_add(struct reference *r)
{
	double cpu_s = thread_cpu_s();

	r->per_s += bench_verify_per_s(MESSAGE_BYTES, REFERENCE_VERIFICATIONS) / 2;
	r->cpu_us += (thread_cpu_s() - cpu_s) * 1e6 / REFERENCE_VERIFICATIONS / 2;
}

static void
before_say(int i)
{
	double early_s = load_start + i * load_gap_s - bench_seconds();

	if (early_s > 0)
		usleep((useconds_t)(early_s * 1e6));
	pthread_mutex_lock(&window_mu);
	while (on_the_way >= WINDOW)
		pthread_cond_wait(&window_moved, &window_mu);
	on_the_way++;
	pthread_mutex_unlock(&window_mu);
}

static void
after_say(double begun, json_int_t seq)
{
	if (seq < PLACES)
		appended[seq] = begun;
}

/* Notes when each receipt came: a receipt is a commit of the sender. */
static void *
watcher(void *arg)
{
	uint64_t seen = 0;
	json_int_t at = first;

	(void)arg;
	while (!atomic_load(&done)) {
		(void)node_wait(pair.here.nd, seen, 100000);
		seen = node_commits(pair.here.nd);
		json_int_t size = bench_pair_sizes(&pair).receipted;
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

/* Sends so many, gap_s apart at least; the seconds until all have
 * their receipts. */
static double
send_all(struct talk *talk, int events, double gap_s)
{
	load_gap_s = gap_s;
	load_start = bench_seconds();
	talk_run(talk, THREADS, events);
	bench_pair_settle(&pair);
	return bench_seconds() - load_start;
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
	struct talk talk = {.before = before_say, .after = after_say};
	struct reference raw = {0};
	pthread_t watch;
	double p50, p99, half_p50, half_p99;
	int events = bench_count("EVENTS", EVENTS);

	if (events > EVENTS)
		events = EVENTS;
	bench_pair_make(&pair, PARTY_AUTHORITY, NULL);
	reference_add(&raw);
	bench_pair_start_here(&pair);
	bench_pair_serve(&pair);
	talk_begin(&talk, &pair.here);
	bench_pair_settle(&pair);
	first = bench_pair_sizes(&pair).sent;

	pthread_create(&watch, NULL, watcher, NULL);
	double cpu_s = bench_pair_cpu_s(&pair);
	double per_s = events / send_all(&talk, events, 0);
	cpu_s = bench_pair_cpu_s(&pair) - cpu_s;
	json_int_t middle = bench_pair_sizes(&pair).sent;
	(void)send_all(&talk, events / 3, 2 / per_s);
	json_int_t last = bench_pair_sizes(&pair).sent;
	atomic_store(&done, true);
	pthread_join(watch, NULL);
	latencies(first, middle, &p50, &p99);
	latencies(middle, last, &half_p50, &half_p99);
	reference_add(&raw);
	printf("receipts events=%d threads=%d window=%d events_per_s=%.0f p50_ms=%.2f "
	       "p99_ms=%.2f half_p50_ms=%.2f half_p99_ms=%.2f verify_per_s=%.0f "
	       "cpu_us=%.1f verify_cpu_us=%.1f ratio=%.3f\n",
	       events, THREADS, WINDOW, per_s, p50, p99, half_p50, half_p99, raw.per_s,
	       cpu_s * 1e6 / events, raw.cpu_us, per_s / raw.per_s);
	bench_pair_close(&pair);
	return EXIT_SUCCESS;
}
