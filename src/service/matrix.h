/* matrix - what became of an order at each operator. */
#ifndef SALURAN_SERVICE_MATRIX_H
#define SALURAN_SERVICE_MATRIX_H

#include "service/node_int.h"

/*
 * {order, state, operators [{operator, zone, expected, serial, pulled, applied, measured,
 * waived, waits, lacks, ...}], waiting, normalised, closed, slowest, floor_s, note}; *ret
 * is new.  `only`: of that operator alone; NULL: of all.
 * RC_NOT_FOUND.
 */
enum rc order_matrix(struct store *s, struct arena *a, const char *order,
		     const char *only, int64_t now_us, json_t **ret,
		     struct err *e) MUST_CHECK;

/* The serial with which an order last changed in a zone, 0: never. */
enum rc order_serial_newest(struct store *s, const char *order, const char *zone,
			    uint32_t *ret, struct err *e) MUST_CHECK;

#endif
