/*
 * decide - which items a decision takes, and what stands in its way.
 *
 * For service/ only.
 */
#ifndef SALURAN_SERVICE_DECIDE_H
#define SALURAN_SERVICE_DECIDE_H

#include "service/act.h"

enum {
	DECIDE_ITEMS_MAX =
		4000, /* of one event: an index takes up to 7 bytes of payload */
	DECIDE_PHRASE_MAX = 64,
};

/* Which items: all of these that hold. */
struct selector {
	json_t *items; /* borrowed: [number], "0,3,5-9", "open", NULL as "open" */
	const char *category, *host, *kind,
		*text; /* NULL: any; text: of the normal form */
	bool reverse;  /* those that are decided, else open */
};

struct selection {
	const char *casefile;
	bool reverse;
	uint32_t *i; /* the items, ascending */
	size_t n;
	/* Asked for by number, and decided before; to be reversed, and open. */
	uint32_t *other;
	size_t n_other;
	char digest[HASH_HEX_LEN + 1]; /* of the case and the items */
	json_t *shown; /* count, sample, categories, hosts, decided; NULL: not asked for
			*/
};

struct decision {
	struct act act; /* first: act_run() */
	struct selector want;
	const char *selection, *confirm; /* as the person gave them, or NULL */
	const char *author;		 /* name, for what is held */
	struct selection sel;
	char held[UUID_TEXT_LEN + 1]; /* out: its id where it waits, else empty */
	int64_t effect_us;	      /* out: when that has effect */
};

/* RC_INVALID: no list of items.  RC_CONFLICT: the case has no such item. */
enum rc selection_make(struct store *s, struct arena *a, const struct case_row *c,
		       const struct selector *want, bool shown, struct selection *ret,
		       struct err *e) MUST_CHECK;
/* The numbers that are asked for, of `n` items; *ret is new, or NULL: all. */
enum rc selection_numbers(struct arena *a, const json_t *items, uint64_t n, json_t **ret,
			  struct err *e) MUST_CHECK;
/* clarify.c: an act about items of the case, whose numbers go into its body. */
enum rc act_about_items(struct node *nd, struct arena *a, const struct act *act,
			json_t *items, struct reply *out, struct err *e) MUST_CHECK;
/* What a person types to decide so many at once. */
const char *selection_phrase(const struct selection *sel, char text[DECIDE_PHRASE_MAX]);
/* RC_CONFLICT with what stands in d->act.shown: items are decided already, or, to be
 * reversed, are not. */
enum rc selection_clash(struct store *s, struct decision *d, struct err *e) MUST_CHECK;

/* Append the decision in as few events as can be. */
enum rc decide_append(struct writer *w, struct decision *d, const struct case_row *c,
		      struct err *e) MUST_CHECK;

/* held.c: keep it until its time.  RC_CONFLICT: another held one has items of it. */
enum rc held_put(struct writer *w, struct decision *d, int64_t hold_us,
		 struct err *e) MUST_CHECK;
enum rc held_clash(struct store *s, struct arena *a, const struct selection *sel,
		   struct err *e) MUST_CHECK;

#endif
