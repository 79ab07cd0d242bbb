/*
 * members - reads the members of a JSON object in straight lines.
 *
 * The first problem is remembered and later reads do nothing, so that a decoder is a
 * list of its members and one check at its end (as with struct buf).  Every member
 * that is read counts; members_end() refuses an object that has others.
 *
 * Texts and arrays are borrowed from the tree.  A failed read gives "", 0, zeros or NULL.
 * Inside core/.
 */
#ifndef SALURAN_CORE_MEMBERS_H
#define SALURAN_CORE_MEMBERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/crypto.h"

/* The largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2). */
#define IJSON_INT_MAX INT64_C(9007199254740991)

struct members {
	const json_t *obj;
	const char *rule;  /* named by every message */
	const char *where; /* what the object is, for messages: "ack", "payload" */
	size_t seen;
	enum rc rc; /* RC_OK, or `bad` */
	enum rc bad;
	struct err *e;
};

/* `bad` is what a broken member becomes: RC_UNPROCESSABLE, RC_INVALID. */
void members_open(struct members *m, const json_t *obj, enum rc bad, const char *rule,
		  const char *where, struct err *e);

/* Any value, or NULL when it is absent. */
const json_t *members_get(struct members *m, const char *name);

/* 1 to `max` bytes without control characters. */
const char *members_text(struct members *m, const char *name, size_t max);
const char *members_text_optional(struct members *m, const char *name, size_t max);
int64_t members_int(struct members *m, const char *name, int64_t min, int64_t max);
/* `absent` when there is none. */
int64_t members_int_optional(struct members *m, const char *name, int64_t min,
			     int64_t max, int64_t absent);
/* 64 lower-case hex digits. */
void members_hex(struct members *m, const char *name, struct hash *ret);
/* KEY_LEN bytes as base64url. */
void members_key(struct members *m, struct arena *a, const char *name,
		 uint8_t ret[KEY_LEN]);
json_t *members_object(struct members *m, const char *name);
/* 1 to `max` elements; when it is absent NULL and *ret_n = 0. */
const json_t *members_array_optional(struct members *m, const char *name, size_t max,
				     size_t *ret_n);
const json_t *members_array(struct members *m, const char *name, size_t max,
			    size_t *ret_n);

/* Record a problem, unless there is one; the text follows "rule: where: ". */
void members_fail(struct members *m, const char *fmt, ...) PRINTF(2, 3);

/* Refuses members that nobody read; RC_OK or the first problem. */
enum rc members_end(struct members *m) MUST_CHECK;

/* One text of an array as 32 bytes.  RC_INVALID. */
enum rc digest_from_hex(const json_t *text, struct hash *ret) MUST_CHECK;
enum rc digest_from_b64url(struct arena *a, const json_t *text,
			   uint8_t ret[HASH_LEN]) MUST_CHECK;

#endif
