/*
 * casefile_count - what became of every row of a list (protocol 2, "Counts").
 *
 *   submitted = accepted + refused + duplicate      accepted = decided + open
 *
 * Pure.
 */
#ifndef SALURAN_CORE_CASEFILE_COUNT_H
#define SALURAN_CORE_CASEFILE_COUNT_H

#include <jansson.h>

#include "core/casefile.h"

struct case_counts {
	uint64_t submitted, accepted, refused, duplicate, decided, open;
};

/*
 * c                  the case, as whoever counts has seen it
 * items, decided     of the notice; what of them is decided
 * duplicate, refused rows of the list that did not become items
 */
void casefile_count(const struct casefile *c, uint64_t items, uint64_t decided,
		    uint64_t duplicate, uint64_t refused, struct case_counts *ret);

/* The member `counts` of case.close.  The result is new. */
json_t *casefile_counts_json(const struct case_counts *n);
/* Do these add up, and are they those?  `counts` has the form of its type. */
bool casefile_counts_add_up(const json_t *counts);
bool casefile_counts_equal(const json_t *counts, const struct case_counts *n);

#endif
