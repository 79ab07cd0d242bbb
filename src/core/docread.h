/*
 * docread - straight-line reading of small JSON documents that people write.
 *
 * The first failure is kept (sticky) with the path of the member; after it every call
 * returns a harmless value, so that a reader checks docread `rc` once per list and once
 * at its end.  Unknown and doubled members, reals and control characters are refused.
 *
 * Pure.  Strings and lists live as long as the arena.
 */
#ifndef SALURAN_CORE_DOCREAD_H
#define SALURAN_CORE_DOCREAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct docread {
	struct arena *a;
	struct err *e;
	enum rc rc; /* RC_OK so far, else RC_INVALID or RC_TOO_LARGE */
};

/* Say what is wrong with `key` (NULL: the thing itself) of the thing at path `at`. */
void docread_fail(struct docread *d, const char *at, const char *key, const char *fmt,
		  ...) PRINTF(4, 5);

/* The whole text as one JSON object of at most `max` bytes, or NULL. */
json_t *docread_open(struct docread *d, const char *text, size_t len, size_t max);
/* `o` is an object with no other members than these, a NULL-terminated list. */
void docread_members(struct docread *d, json_t *o, const char *at,
		     const char *const *names);

/* A required member of `o`.  On failure: "", `min`, NULL. */
const char *docread_text(struct docread *d, const json_t *o, const char *at,
			 const char *key, size_t max_bytes);
/* Also of the form [a-z0-9_-]+. */
const char *docread_code(struct docread *d, const json_t *o, const char *at,
			 const char *key, size_t max_bytes);
int64_t docread_int(struct docread *d, const json_t *o, const char *at, const char *key,
		    int64_t min, int64_t max);
json_t *docread_object(struct docread *d, const json_t *o, const char *at,
		       const char *key);
json_t *docread_list(struct docread *d, const json_t *o, const char *at, const char *key,
		     size_t min, size_t max);

/* An optional one: `dflt` when it is absent. */
int64_t docread_int_or(struct docread *d, const json_t *o, const char *at,
		       const char *key, int64_t min, int64_t max, int64_t dflt);
bool docread_bool_or(struct docread *d, const json_t *o, const char *at, const char *key,
		     bool dflt);
/* RFC 3339, in microseconds. */
int64_t docread_time_or(struct docread *d, const json_t *o, const char *at,
			const char *key, int64_t dflt);

#endif
