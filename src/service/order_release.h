/*
 * order_release - lifts whose names have left the zones though the log does not take them
 * yet (adr 0051).
 */
#ifndef SALURAN_SERVICE_ORDER_RELEASE_H
#define SALURAN_SERVICE_ORDER_RELEASE_H

#include "service/order_int.h"

struct order_release {
	const char *order, *by, *reason;
	const json_t *names, *zones; /* NULL: all */
	struct order_state_now now;  /* out */
};

/* The names leave the zones at once, on file beside the store until the log has it.
 * RC_CONFLICT: the order is not in force, or does not hold one of the names. */
enum rc order_release(struct node *nd, struct order_release *r, struct err *e) MUST_CHECK;

/* What plans lift by now leaves the zones, in the node's name: their stages enter the log
 * by themselves when it takes events again. */
enum rc order_release_stages(struct node *nd, const char *order, int64_t now_us,
			     struct err *e) MUST_CHECK;

/* In the writer's first job: what the file has and the store does not, because another
 * copy of it was put in place; *ret_any: there is a file.  A line that cannot be read is
 * logged and left out. */
enum rc order_releases_read(struct writer *w, bool *ret_any, struct err *e) MUST_CHECK;

/* A name that the order does not hold is a slip that would leave another one blocked:
 * RC_CONFLICT. */
enum rc order_names_held(struct writer *w, const char *order, const json_t *names,
			 struct err *e) MUST_CHECK;

#endif
