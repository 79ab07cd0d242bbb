/*
 * measured - what resolvers were measured to answer, for whoever shows it.
 *
 * Read from v_measured, the fold of dns.measured.
 */
#ifndef SALURAN_SERVICE_MEASURED_H
#define SALURAN_SERVICE_MEASURED_H

#include <jansson.h>

#include "store/store.h"

/* Appends a row for each name of the order's at each resolver, as each vantage sees it:
 * owner, operator, resolver, vantage, transport, expected, serial, canary (0: not shown),
 * verdict, means (blocked, free, unknown), since (when it began to mean that), at,
 * first_blocked, first_free (null: never), digest, and from what is private to this node:
 * seen (when it was last asked) and seen_verdict; retired {by, at, reason}: the resolver
 * or the vantage is asked no more (null: it is). */
enum rc measured_of_order(struct store *s, const char *order, json_t *into,
			  struct err *e) MUST_CHECK;

/* {resolvers, blocked, free, at}: at how many resolvers all names of the order are
 * blocked, and free; the others are neither.  JSON null: none was measured.  *ret is
 * new. */
enum rc measured_summary(struct store *s, const char *order, json_t **ret,
			 struct err *e) MUST_CHECK;

#endif
