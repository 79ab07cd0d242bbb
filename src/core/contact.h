/*
 * contact - who of a side is to be called now.
 *
 * A directory lists people and desks by role and order, each with hours in their own
 * offset from UTC.  Contacts come before deputies, deputies before the escalation; who is
 * there now comes before who is not.
 *
 * Pure: the time is given.
 */
#ifndef SALURAN_CORE_CONTACT_H
#define SALURAN_CORE_CONTACT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	CONTACTS_MAX = 64, /* of one side of a channel */
	CONTACT_ORDER_MAX = 99,
	CONTACT_LANGUAGES_MAX = 16,
	CONTACT_SPANS_MAX = 28,	      /* four a day */
	CONTACT_DAYS = 7,	      /* 1 is Monday */
	CONTACT_DAY_MIN = 24 * 60,    /* minutes of a day */
	CONTACT_OFFSET_MAX = 14 * 60, /* minutes from UTC */
	CONTACT_NAME_MAX = 200,	      /* bytes */
	CONTACT_REACH_MAX = 320,      /* bytes of an address, a number or a URL */
	CONTACT_NOTE_MAX = 1000,      /* bytes */
};

/* "contact", "deputy", "escalation": in the order in which they are called; NULL ends. */
extern const char *const contact_roles[];
/* The place of a role in that order; past the last for an unknown word. */
unsigned contact_role_rank(const char *role);

struct contact_span {
	int day;	      /* 1 to CONTACT_DAYS */
	int from_min, to_min; /* of that day, local; from < to */
};
/* n 0: at any time. */
struct contact_hours {
	int offset_min;
	size_t n;
	struct contact_span week[CONTACT_SPANS_MAX];
};

/* Reached at that time? */
bool contact_open(const struct contact_hours *h, int64_t at_us);
/* From when on: `at_us` itself when open; always within a week. */
int64_t contact_opens_us(const struct contact_hours *h, int64_t at_us);

struct contact_entry {
	const char *role;
	int64_t order;
	struct contact_hours hours;
	bool open;	  /* set by contact_duty() */
	int64_t opens_us; /* set by contact_duty() */
};
/*
 * `ret` gets the indices 0..n-1 in the order in which to call at that time: who is
 * reached now, by role and order; then the others by when they are.
 */
void contact_duty(struct contact_entry *c, size_t n, int64_t at_us, size_t *ret);

/*
 * Hours as people write them: {"offset": "+07:00", "week": [{"day": "mon", "from":
 * "08:00", "to": "17:00"}, ...]}.  RC_INVALID names the member.
 */
enum rc contact_hours_read(const json_t *given, struct contact_hours *ret,
			   struct err *e) MUST_CHECK;
/* As they stand in an event: {"offset": minutes, "week": [{"day", "from", "to"}]}; NULL
 * for "at any time".  The caller owns the result. */
json_t *contact_hours_event(const struct contact_hours *h);
/* Of a body that event_type_check() has passed; NULL or null: at any time. */
void contact_hours_of_event(const json_t *body, struct contact_hours *ret);
/* As people write them; null for "at any time".  The caller owns the result. */
json_t *contact_hours_shown(const struct contact_hours *h);

#endif
