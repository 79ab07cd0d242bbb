/*
 * zone_checker - the checkers of other DNS servers, as second opinions on our rows.
 *
 * Each is a program that the setting rpz.checkers names.  What it is and whether it can
 * be relied on is found out by asking it: it must pass a small zone that is good, and
 * refuse one that is not.
 */
#ifndef SALURAN_SERVICE_ZONE_CHECKER_H
#define SALURAN_SERVICE_ZONE_CHECKER_H

#include "core/rpz_row.h"
#include "service/node_int.h"

enum {
	CHECKERS_MAX = 4,
	CHECKER_WORDS_MAX = 2000, /* bytes that are kept of what one says */
	CHECKER_VERSION_MAX = 80,
	CHECKER_PATH_MAX = 1024,
};

/* X(NAME, token) */
#define CHECKER_STATE_TABLE(X)                                                           \
	X(READY, "ready")                                                                \
	X(ABSENT, "absent")   /* there is no such program */                             \
	X(UNKNOWN, "unknown") /* a program that we do not know how to ask */             \
	X(UNFIT, "unfit")     /* it does not pass what is good, or passes what is not */

enum checker_state {
#define X(name, token) CHECKER_##name,
	CHECKER_STATE_TABLE(X)
#undef X
		CHECKER_STATE_COUNT
};

/* X(NAME, token) */
#define CHECKER_VERDICT_TABLE(X)                                                         \
	X(PASSED, "passed")                                                              \
	X(REFUSED, "refused")                                                            \
	X(FAILED,                                                                        \
	  "failed") /* nothing was said: its time or memory was over, it crashed */

enum checker_verdict {
#define X(name, token) CHECKER_##name,
	CHECKER_VERDICT_TABLE(X)
#undef X
		CHECKER_VERDICT_COUNT
};

struct checker {
	char path[CHECKER_PATH_MAX + 1], version[CHECKER_VERSION_MAX + 1];
	char why[CHECKER_WORDS_MAX + 1]; /* of a state that is not READY */
	const char *name;		 /* NULL: UNKNOWN */
	enum checker_state state;
	bool examined;	     /* since our start */
	int64_t examined_us; /* by the monotonic clock */
};

const char *checker_state_token(enum checker_state s);
const char *checker_verdict_token(enum checker_verdict v);

/* The programs of a setting, separated by blanks.  RC_INVALID: too many, or no path from
 * the root. */
enum rc checkers_read(const char *setting, struct checker ret[CHECKERS_MAX],
		      size_t *ret_n, struct err *e) MUST_CHECK;

/* What the small or whole zone is like that is put before a checker. */
struct checker_zone {
	const char *origin;
	uint32_t serial, ttl_s;
};

/* Gives each row of the zone to checker_row(). */
struct checker_file;
typedef enum rc checker_rows(struct checker_file *f, void *arg, struct err *e);
void checker_row(struct checker_file *f, const struct rpzrow *row);

/* How long it may take. */
enum checker_size { CHECKER_FEW_ROWS, CHECKER_ALL_ROWS };

/*
 * Puts a zone with these rows before it.  What it says goes into `words`.
 * RC_UNAVAILABLE: the node stops.  RC_FULL, RC_IO: the zone could not be written.  What
 * `rows` returns is passed on.
 */
enum rc checker_prove(struct node *nd, const struct checker *c,
		      const struct checker_zone *z, enum checker_size size,
		      checker_rows *rows, void *arg, char words[CHECKER_WORDS_MAX + 1],
		      enum checker_verdict *ret, struct err *e) MUST_CHECK;

/* Finds out what it is and whether it can be relied on. */
enum rc checker_examine(struct node *nd, struct checker *c, struct err *e) MUST_CHECK;

#endif
