/*
 * reveal - what people are shown of evidence, and what they are protected from (reveal.c,
 * shield.c).  For the files of service/ only.
 *
 * A picture is shown in two stages, each asked for and on record; how many a person sees
 * clear in a shift has a limit, which is the organisation's or, where it is less, theirs.
 */
#ifndef SALURAN_SERVICE_REVEAL_H
#define SALURAN_SERVICE_REVEAL_H

#include "service/evidence.h"

enum {
	REVEAL_VIEW_S = 120,	 /* how long a press lets a browser fetch the picture */
	REVEAL_REASON_MAX = 500, /* bytes */
	REVEAL_PAGE_DEFAULT = 100,
	REVEAL_PAGE_MAX = 1000,
};
/* Items of this category are suspected of what nobody may look at: whatever a node is
 * set to, their case's files are never shown. */
#define REVEAL_NEVER "child_abuse"

struct shield {
	bool never;	       /* no pictures, by the person's own choice */
	int64_t own_per_shift; /* 0: none of their own */
	int64_t per_shift;     /* what holds */
	int64_t used;
	int64_t shift_us, now_us;
	int64_t next_us; /* when one more is free; 0: now */
};
enum rc shield_of(struct node *nd, struct store *s, const char *person, int64_t now_us,
		  struct shield *ret, struct err *e) MUST_CHECK;

/* Has the case an item of a category whose files nobody is shown? */
enum rc reveal_never(struct node *nd, struct store *s, struct arena *a,
		     const char *casefile, bool *ret, struct err *e) MUST_CHECK;

#endif
