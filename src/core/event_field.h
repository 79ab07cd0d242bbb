/*
 * event_field - what the tables of event types are made of; for the files
 * event_type*.c only.
 *
 * A family of types is one file with its bodies and its rows.  What a body cannot say by
 * its fields is checked by a function of the row.
 */
#ifndef SALURAN_CORE_EVENT_FIELD_H
#define SALURAN_CORE_EVENT_FIELD_H

#include "core/event_type.h"
#include "core/members.h"

#define TYPE_RULE "protocol 2"

enum field_kind {
	FIELD_INT,    /* min to max */
	FIELD_BOOL,   /* true or false */
	FIELD_TEXT,   /* min to max bytes, no control characters */
	FIELD_TOKEN,  /* at most max bytes; one of `words` when there are any */
	FIELD_HEX64,  /* a SHA-256 */
	FIELD_UUID7,  /* lower case */
	FIELD_OBJECT, /* of `fields` */
};

struct event_field {
	const char *name; /* NULL ends a list of fields */
	enum field_kind kind;
	bool optional;
	int64_t min, max;
	bool list; /* an array of n_min to n_max of these */
	size_t n_min, n_max;
	const struct event_field *fields;
	const char *const *words;
};

#define US_MAX IJSON_INT_MAX
#define S_MAX  (IJSON_INT_MAX / 1000000)

/* clang-format off */
#define INT(n, lo, hi)	  .name = (n), .kind = FIELD_INT, .min = (lo), .max = (hi)
#define BOOL(n)		  .name = (n), .kind = FIELD_BOOL
#define TEXT(n, lo, hi)	  .name = (n), .kind = FIELD_TEXT, .min = (lo), .max = (hi)
#define TOKEN(n)	  .name = (n), .kind = FIELD_TOKEN, .max = EVENT_TOKEN_MAX
#define WORD(n, w)	  TOKEN(n), .words = (w)
#define HEX64(n)	  .name = (n), .kind = FIELD_HEX64
#define UUID7(n)	  .name = (n), .kind = FIELD_UUID7
#define OBJECT(n, f)	  .name = (n), .kind = FIELD_OBJECT, .fields = (f)
#define LIST(lo, hi)	  .list = true, .n_min = (lo), .n_max = (hi)
#define OPTIONAL	  .optional = true

/* Columns of the rows. */
#define NONE EVENT_CASE_NONE
#define CASE EVENT_CASE_REQUIRED
#define ANY  EVENT_CASE_OPTIONAL
#define AUTH EVENT_BY_AUTHORITY
#define PLAT EVENT_BY_PLATFORM
#define BOTH EVENT_BY_BOTH
/* clang-format on */

/* The families, each ended by a row without a name. */
extern const struct event_type event_types_channel[], event_types_case[],
	event_types_order[], event_types_evidence[], event_types_public[],
	event_types_dns[];

/* Bodies that several families have. */
extern const struct event_field event_no_members[], event_policy_fields[];

/* Is `s` one of the words, ended by NULL? */
bool event_is_word(const char *s, const char *const *words);

#endif
