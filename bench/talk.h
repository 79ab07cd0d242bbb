/*
 * talk - people who write messages on one case, each as soon as the one before it is
 * recorded.
 */
#ifndef SALURAN_BENCH_TALK_H
#define SALURAN_BENCH_TALK_H

#include "pair.h"

enum { TALK_CASE_MAX = 64, TALK_PATH_MAX = 128 };

struct talk {
	struct bench_side *side;
	char casefile[TALK_CASE_MAX], path[TALK_PATH_MAX];
	/* Around each message, NULL: nothing; i is its number in this run, seq its place
	 * in the log. */
	void (*before)(int i);
	void (*after)(double begun, json_int_t seq);
};

/* A notice of one item, whose case they write on. */
void talk_begin(struct talk *t, struct bench_side *side);
/* So many messages by so many people at a time. */
void talk_run(struct talk *t, int people, int messages);

#endif
