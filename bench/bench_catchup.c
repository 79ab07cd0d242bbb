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
#include <stdio.h>
#include <stdlib.h>

#include "talk.h"

enum {
	EVENTS = 1000000,
	SENDERS = 64,
	REFERENCE_VERIFICATIONS = 10000,
	MESSAGE_BYTES = 785, /* what the signature of such an event covers */
};

static double
raw_per_s(void)
{
	return bench_verify_per_s(MESSAGE_BYTES, REFERENCE_VERIFICATIONS);
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
	static struct bench_pair pair;
	struct talk talk = {0};
	int events = bench_count("EVENTS", EVENTS);

	bench_pair_make(&pair, PARTY_AUTHORITY, NULL);
	double raw = raw_per_s();
	bench_pair_start_here(&pair);
	double begun = bench_seconds();
	talk_begin(&talk, &pair.here);
	talk_run(&talk, SENDERS, events);
	fprintf(stderr, "recorded in %.0f s\n", bench_seconds() - begun);

	bench_peak_begin();
	double start = bench_seconds();
	bench_pair_serve(&pair);
	bench_pair_settle(&pair);
	json_int_t size = bench_pair_sizes(&pair).receipted;
	double per_s = (double)size / (bench_seconds() - start);
	long ours = bench_peak_kb(0), theirs = bench_peak_kb(pair.child);
	raw = (raw + raw_per_s()) / 2;
	bench_pair_close(&pair);
	printf("catchup events=%lld events_per_s=%.0f rss_mb=%.1f receiver_rss_mb=%.1f "
	       "start_s=%.2f verify_per_s=%.0f ratio=%.3f\n",
	       (long long)size, per_s, (double)(ours > theirs ? ours : theirs) / 1024,
	       (double)theirs / 1024, start_s(pair.here.n.dir), raw, per_s / raw);
	return EXIT_SUCCESS;
}
