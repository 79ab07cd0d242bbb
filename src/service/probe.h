/*
 * probe - what a prober is to ask, and what becomes of what it brings.
 *
 * The prober is an edge (src/probe), in this process or on another machine with a token
 * of its own; both get the same work and bring the same results.  A verdict that is new
 * or has changed becomes an event, the others only say when it was last seen
 * (docs/adr/0030).
 */
#ifndef SALURAN_SERVICE_PROBE_H
#define SALURAN_SERVICE_PROBE_H

#include "service/node.h"
#include "service/service.h"

enum {
	PROBE_VANTAGE_MAX = 40,	  /* bytes */
	PROBE_RESULTS_MAX = 200,  /* brought at one time */
	PROBE_RESULT_MAX = 16384, /* bytes of one */
	PROBE_CONTROLS_TOLD_MAX = 8,
	PROBE_REASON_MAX = 2000,       /* bytes: why something is retired */
	PROBE_EVERY_S = 60,	       /* of other probers, when this node has none */
	PROBE_RESOLVERS_MAX = 64,      /* of one operator */
	PROBE_WORK_NAMES_MAX = 100000, /* of all zones in one round */
};

struct probe_ask_for {
	const char *from;  /* where the names that have their turn begin; NULL: anew */
	const char *order; /* only its names, and all of them; NULL: those of any */
};

/* What is to be asked now, as GET /v1/probes/work gives it; JSON for as long as the
 * arena. */
enum rc service_probe_work(struct node *nd, struct arena *a,
			   const struct probe_ask_for *what, json_t **ret,
			   struct err *e) MUST_CHECK;

/* What a prober brings; borrowed. */
struct probe_report {
	const json_t *results;	/* at most PROBE_RESULTS_MAX */
	int64_t round_us;	/* when its full round began, 0: it is none */
	const json_t *controls; /* at its end: [{resolver, answered}]; else NULL */
};

/* Of this node's own prober. */
enum rc service_probe_take(struct node *nd, const struct probe_report *r,
			   struct err *e) MUST_CHECK;

/* When this node's last round began, 0: never. */
enum rc service_probe_last(struct node *nd, int64_t *ret_us, struct err *e) MUST_CHECK;

#endif
