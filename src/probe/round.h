/*
 * round - one round of a probe: every resolver is asked for every name that concerns it,
 * and beside them for what tells a block from an outage; then each is judged.
 *
 * A resolver is asked first for a name that is never blocked and for its canary; one that
 * answers neither is asked nothing more.  Control resolvers, which no zone of ours
 * reaches, are asked for the names at the same time; what a resolver does with a name is
 * judged as soon as both have said all they will.  A name that should be free and is
 * answered as blocked is asked once more after a moment: a TTL that falls with the time
 * is a cache's.
 */
#ifndef SALURAN_PROBE_ROUND_H
#define SALURAN_PROBE_ROUND_H

#include "core/ipnet.h"
#include "probe/engine.h"

enum {
	PROBE_NAMES_MAX = 100000,
	PROBE_CONTROLS_MAX = 8,
	PROBE_LANDING_MAX = 64,	      /* addresses */
	PROBE_LANDING_NAMES_MAX = 16, /* pages */
};

/* A row of a zone that is to be measured, and what those who take that zone should do
 * with it. */
struct probe_want {
	uint32_t name;		   /* its place in the job's names */
	const char *const *orders; /* that hold it */
	size_t n_orders;
	bool expect_free;
	bool covers;	 /* all below it, too, by a wildcard beside it in the zone */
	uint32_t serial; /* from which on that is so, 0: not known */
};

/* What is asked about a row that is no name: a name that is answered by the address, or
 * nothing, when none is known: then the canary alone tells, as it does where the control
 * shows that the name has moved away. */
struct probe_stead {
	const char *name; /* NULL: the row's own */
	uint16_t type;	  /* of `name` */
	struct ipnet
		net; /* the row, with `name`: its answer counts while it lies there */
	bool serial_only;
};

/* The blocked answer as it was seen in the round before. */
struct probe_before {
	uint32_t ttl_s; /* 0: there was none */
	int64_t at_us;	/* clock_now_us() */
};

/* A resolver with what it is asked. */
struct probe_subject {
	struct probe_target target;
	const char *zone;		/* that it takes, NULL: nobody said */
	const char *canary;		/* of that zone, NULL: not asked */
	const struct probe_want *wants; /* may be shared */
	size_t n_wants;
	const struct probe_before *before; /* one for each of them, or NULL */
};

struct probe_job {
	const char *vantage;
	const char *never; /* a name that is never blocked, NULL: not asked */
	uint16_t type;
	bool siblings; /* ask a random name below each, too: is more blocked than ordered?
			*/
	/* "x" or "*.x", each once.  The first are those of landing pages: controls are
	 * asked for them, and where they lie counts as declared. */
	const char *const *names;
	size_t n_names, n_pages;
	const struct probe_stead *steads; /* one for each name, or NULL */
	const struct probe_subject *subjects;
	size_t n_subjects;
	const struct probe_target *controls;
	size_t n_controls;
	const char *const *zones; /* whose SOA in an answer is a policy's */
	size_t n_zones;
	const struct probe_address *landing;
	size_t n_landing;
	struct probe_limits limits;
};

/* What came over one transport. */
struct probe_seen {
	enum probe_got got;
	bool forged;
	uint8_t *wire;
	size_t len;
	int64_t sent_us, sent_mono_us, rtt_us;
	unsigned tries;
	const char *why;
	struct probe_tls tls;
};

/* Borrowed, for as long as the callback. */
struct probe_result {
	const struct probe_job *job;
	const struct probe_subject *subject;
	const struct probe_want *want;
	const char *owner; /* the name */
	bool serial_only;  /* the canary alone was asked */
	size_t at;	   /* the place of `want` */
	enum probe_verdict verdict;
	const char *why;
	const struct probe_question *question;
	const struct probe_seen *seen[PROBE_VIA_COUNT]; /* NULL: not asked */
	const struct probe_seen *again;			/* the second look */
	const struct probe_seen *sibling, *never, *canary;
	const struct probe_seen *control; /* the first that answered */
	const char *control_text;
	uint32_t canary_serial;
	uint32_t ttl_s; /* of the answer that counts */
	int64_t at_us;	/* when it was asked */
	bool beyond;	/* a name below it is blocked, though the row is no wildcard */
	const struct probe_question *canary_question, *sibling_question, *never_question;
};
typedef void probe_result_fn(void *arg, const struct probe_result *r);

struct probe_totals {
	uint64_t questions; /* packets and messages sent */
	uint64_t results;
	uint64_t left; /* that there would have been, had it not been stopped */
	int64_t took_us;
	bool control_asked[PROBE_CONTROLS_MAX];
	bool control_answered[PROBE_CONTROLS_MAX]; /* anything at all */
};

/* Mark those of the wants that a wildcard beside them covers. */
void probe_wants_cover(struct arena *a, const char *const *names,
		       struct probe_want *wants, size_t n);

/* RC_RETRY: *stop was set; *ret tells how far it came.  RC_INVALID: a name that cannot be
 * asked.  Errors of the engine. */
enum rc probe_round(const struct probe_job *job, probe_result_fn *fn, void *arg,
		    const atomic_bool *stop, struct probe_totals *ret,
		    struct err *e) MUST_CHECK;

/* The first extended error of its answers.  False: none has one. */
bool probe_result_ede(const struct probe_result *r, struct probe_ede *ret);

/* The whole result.  New. */
json_t *probe_result_json(const struct probe_result *r);

#endif
