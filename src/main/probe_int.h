/* What the files of `saluran probe` share. */
#ifndef SALURAN_MAIN_PROBE_INT_H
#define SALURAN_MAIN_PROBE_INT_H

#include "cli/cli.h"
#include "probe/round.h"

/* What was seen of one name at one resolver in the rounds before. */
struct probe_past {
	struct probe_before *before; /* of a subject, by want */
	uint8_t *verdict;	     /* and one more; 0: none yet */
};

struct probe_command {
	struct cli *c;
	struct probe_job job;
	/* Lists in the making; the job borrows them. */
	struct probe_subject *subjects;
	struct probe_target *controls;
	const char **names;
	struct probe_want *wants;
	struct probe_address *landing;
	const char **zones;
	json_t *own; /* resolvers that were given beside an order */
	bool expect_free;
	uint32_t serial;
	int64_t every_us;	 /* 0: once */
	bool watch;		 /* show changes only, after the first round */
	struct probe_past *past; /* by subject */
	int64_t shown_us;	 /* when results were written out last */
	uint64_t rounds, results, as_expected;
	uint64_t verdicts[PROBE_VERDICT_COUNT];
};

/* The words of the command as a job. */
enum rc probe_words_read(struct probe_command *k, struct err *e) MUST_CHECK;

#endif
