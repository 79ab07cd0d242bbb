/* matrix_seen - what is to be seen of an order at an operator, and what was measured. */
#ifndef SALURAN_SERVICE_MATRIX_SEEN_H
#define SALURAN_SERVICE_MATRIX_SEEN_H

#include "service/node_int.h"

/* Of one order. */
struct matrix_sight {
	json_t *wants; /* {zone: {owner: "blocked" or "free"}} */
	json_t *rows;  /* as measured_of_order() has them */
};

/* Both are new; given back by matrix_sight_drop(), also after an error. */
enum rc matrix_sight_read(struct store *s, struct arena *a, const char *order,
			  struct matrix_sight *ret, struct err *e) MUST_CHECK;
void matrix_sight_drop(struct matrix_sight *x);

struct matrix_at {
	const char *operator_name, *zone;
	bool lifted;
};

/*
 * {state, blocked, free, unknown, missing, retired, by_serial, at, resolvers [{resolver,
 * and the same of it alone}]}: state is free, or
 * blocked, only if every name that is to be so was measured so at every resolver of the
 * operator that is asked, by measurements since it is to be; what was measured before is
 * unknown.  What was retired holds
 * nothing back.  *ret_expected: how many names of the zone are to be so; *ret is new.
 */
enum rc matrix_seen(struct store *s, struct arena *a, const struct matrix_sight *x,
		    const struct matrix_at *at, json_t **ret, size_t *ret_expected,
		    struct err *e) MUST_CHECK;

#endif
