/*
 * statistics - the figures of both sides, as a pure function of folded rows.
 *
 * A period takes the notices that were sent in it, the orders that took effect in it and
 * the objections and disputes that came in it, with all that became of them since.
 * Periods add up.  Nothing here depends on "now": what is owed and late is so as of a
 * time that the caller takes from the logs.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_STATISTICS_H
#define SALURAN_CORE_STATISTICS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "core/identity.h"

/* What is measured in seconds: X(NAME, member of the answer) */
#define STAT_TIME_TABLE(X)                                                               \
	X(RECEIPT, "receipt")			  /* of a notice, from its sending */    \
	X(ACCEPTANCE, "acceptance")		  /* or refusal, from the receipt */     \
	X(DECISION, "decision")			  /* the last one, from the receipt */   \
	X(DRAFT_TO_FORCE, "order_draft_to_force") /* until the last approval */          \
	X(FORCE_TO_ZONE, "order_force_to_zone")	  /* until the zone says so */           \
	X(LIFT_TO_ZONE, "lift_to_zone")		  /* from the lift until it is gone */   \
	X(OBJECTION_ANSWER, "objection_answer")                                          \
	X(OBJECTION_RULING, "objection_ruling")

enum stat_time {
#define X(name, token) STAT_TIME_##name,
	STAT_TIME_TABLE(X)
#undef X
		STAT_TIME_COUNT
};

struct stat_case {
	int64_t sent_us, receipt_us; /* 0: not yet, here and below */
	int64_t accepted_us, refused_us, decided_us;
	int64_t accept_due_us, decide_due_us; /* 0: no clock */
	uint64_t items, decided;
	unsigned reminders, warnings, reopened;
};

struct stat_order {
	int64_t drafted_us, in_force_us, zone_us; /* zone_us 0: never seen there */
	bool emergency, lifted, expired;
};

struct stat_objection {
	bool normalise;
	int64_t received_us, answered_us, ruled_us;
	int64_t answer_due_us, rule_due_us;
	const char *ruling; /* NULL: none yet */
};

struct stat_dispute {
	enum party by;
	const char *ruling; /* upheld, rejected, partly; NULL: none yet */
};

/* On time, late, not done and past its time, not done and still in time. */
struct stat_kept {
	uint64_t on_time, late, missed, open;
};

struct stat_samples {
	int64_t *s; /* seconds, as they came */
	size_t n, cap;
};

struct statistics {
	struct arena *a; /* owns all that follows */
	int64_t as_of_us;
	uint64_t notices, received, refused_notices, reopened, reminders, warnings;
	uint64_t items, items_accepted, items_refused, items_decided;
	struct stat_kept acceptance, decision, objection_answer, objection_ruling;
	uint64_t orders, emergencies, lifted, expired;
	uint64_t objections, normalise, upheld, partly, rejected;
	uint64_t disputes[PARTY_COUNT], won[PARTY_COUNT], lost[PARTY_COUNT];
	uint64_t reversals[PARTY_COUNT];
	uint64_t reinstated;   /* items that such a reversal put back */
	uint64_t orders_wrong; /* with an objection that was upheld, also in part */
	json_t *categories, *kinds, *outcomes, *inability; /* {token: number} */
	struct stat_samples times[STAT_TIME_COUNT];
};

void statistics_open(struct statistics *st, struct arena *a, int64_t as_of_us);

void statistics_case(struct statistics *st, const struct stat_case *c);
void statistics_order(struct statistics *st, const struct stat_order *o);
void statistics_lift(struct statistics *st, int64_t lift_us, int64_t zone_us);
void statistics_objection(struct statistics *st, const struct stat_objection *o);
void statistics_dispute(struct statistics *st, const struct stat_dispute *d);
/* Add `n` to a member of categories, kinds, outcomes or inability. */
void statistics_count(json_t *into, const char *token, uint64_t n);

void statistics_add(struct statistics *to, const struct statistics *from);

/* The p-th percentile by nearest rank of `n` ascending values; -1 for none. */
int64_t statistics_percentile(const int64_t *ascending, size_t n, unsigned p);

/* All figures; the caller owns the result. */
json_t *statistics_json(const struct statistics *st);
/* "period,figure,value" lines of what statistics_json() gave. */
void statistics_csv_put(struct buf *b, const char *period, const json_t *figures);

#endif
