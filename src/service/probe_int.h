/* What the files probe_*.c share. */
#ifndef SALURAN_SERVICE_PROBE_INT_H
#define SALURAN_SERVICE_PROBE_INT_H

#include "service/probe.h"
#include "service/zone_int.h"

/* The names that are asked for, zone by zone. */
struct probe_names {
	struct store *s;
	struct arena *a;
	const char *order; /* only what this one holds or held; NULL: all */
	const char *from;  /* where the rows that have their turn begin */
	const char *next;  /* where they do in the next round, "": at the beginning */
	int64_t since_us;  /* what was lifted before is asked for no more */
	size_t each;	   /* names of one zone, at most */
	json_t *list;	   /* [{zone, owner, orders, expected, serial, since}] */
};
/* Adds those of a zone. */
enum rc probe_names_read(struct probe_names *n, const struct zone_head *z,
			 struct err *e) MUST_CHECK;

#endif
