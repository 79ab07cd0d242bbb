/*
 * register - the public's view of orders: numbers, entries, what may be shown.
 */
#ifndef SALURAN_SERVICE_REGISTER_H
#define SALURAN_SERVICE_REGISTER_H

#include "service/node_int.h"

enum { REGISTER_REF_MAX = 24 /* bytes of "B-2026-031" */ };

/* "B-2026-031", in the arena. */
const char *register_ref(struct arena *a, int64_t year, int64_t number);
/* False: it is no such reference. */
bool register_ref_parse(const char *text, int64_t *ret_year, int64_t *ret_number);

/* The order that somebody means: an id, a reference of the register, or a name that an
 * order covers (the one in force, else the last that was).  RC_NOT_FOUND, RC_INVALID. */
enum rc register_order_find(struct store *s, struct arena *a, const char *order,
			    const char *name, const char **ret_id,
			    struct err *e) MUST_CHECK;

/* To what covers a name or an address and is next larger: the name above it (by wildcard
 * only: *ret_whole false), or the network of one bit less (whole).  False: nothing is. */
bool register_above(struct arena *a, const char **at, bool *ret_whole);

/* "year" and "number" of a row become "ref" (null without); of each row. */
void register_ref_finish(struct arena *a, json_t *row);
void register_refs_finish(struct arena *a, json_t *rows);

#endif
