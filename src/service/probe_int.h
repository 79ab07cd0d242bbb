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

/* probe_witness.c.  The name by which the row of this address or network is measured;
 * NULL: nobody knows one. */
enum rc probe_witness_of(struct store *s, struct arena *a, const char *address,
			 const char **ret, struct err *e) MUST_CHECK;

/* A resolver of an operator, or a vantage, that is asked no more. */
struct probe_retire {
	const char *operator_name, *resolver; /* address#port */
	const char *vantage;		      /* or this */
	const char *by, *reason;	      /* reason NULL: none was given */
};
/* On record in each channel with an order that was measured there since it last was
 * retired. */
enum rc probe_retire(struct writer *w, const struct probe_retire *r,
		     struct err *e) MUST_CHECK;
/* Those of by->operator_name that are asked now and do not stand in `stay` (texts as
 * core/probe_target.h has them; NULL: none stays). */
enum rc probe_resolvers_retire(struct writer *w, const struct probe_retire *by,
			       const json_t *stay, struct err *e) MUST_CHECK;
/* const char *: those of an operator that are asked, as results name them; NULL for one
 * that cannot be read. */
enum rc probe_resolvers_read(struct store *s, struct arena *a, const char *operator_name,
			     struct store_list *ret, struct err *e) MUST_CHECK;

#endif
