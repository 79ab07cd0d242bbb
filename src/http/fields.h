/*
 * fields - what stands in a request's head, from bytes to meaning, one meaning each.
 *
 * A field that can be read in two ways is refused, because a proxy in front may read it
 * the other way.  Pure.
 */
#ifndef SALURAN_HTTP_FIELDS_H
#define SALURAN_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

enum {
	FIELD_KEY_MAX = 128,	/* bytes of an Idempotency-Key */
	FIELD_COOKIE_MAX = 128, /* of our cookie's value */
	FIELD_PATH_MAX = 1024,	/* of a path as it comes */
	FIELD_ETAG_LEN = 24,	/* of our entity-tags, quotes included */
};

/*
 * The path of a request: words between single slashes, percent-encoding only for what may
 * not stand as it is.  RC_INVALID: an empty word, "." or "..", a slash, backslash,
 * control character or NUL behind a percent sign, bytes that are no UTF-8.
 */
enum rc field_path(struct arena *a, const char *raw, const char **ret,
		   struct err *e) MUST_CHECK;

/* A value of the query, percent-decoded ('+' is a space already).  RC_INVALID as above
 * but for the slashes. */
enum rc field_query(struct arena *a, const char *raw, const char **ret,
		    struct err *e) MUST_CHECK;

/* Idempotency-Key: 1 to FIELD_KEY_MAX visible ASCII characters, in quotes (RFC 8941) or
 * without.  RC_INVALID. */
enum rc field_key(struct arena *a, const char *value, const char **ret,
		  struct err *e) MUST_CHECK;

/* Last-Event-ID and the feed's cursor: decimal without leading zeros.  RC_INVALID. */
enum rc field_event_id(const char *value, int64_t *ret, struct err *e) MUST_CHECK;

/* The value of one cookie of a Cookie header; NULL: there is none of that name.
 * RC_INVALID: the header is malformed or has the name twice. */
enum rc field_cookie(struct arena *a, const char *value, const char *name,
		     const char **ret, struct err *e) MUST_CHECK;

/* Does If-None-Match name this entity-tag, or all?  What is malformed matches nothing. */
bool field_etag_matches(const char *value, const char *etag);
/* `out` has FIELD_ETAG_LEN + 1 bytes: a strong entity-tag of these bytes. */
void field_etag_make(const void *p, size_t len, char *out);

/* Is it application/json, with no parameter but charset=utf-8? */
bool field_is_json(const char *content_type);

/* "host" or "host:port" without anything else (RFC 9110, 7.2). */
bool field_host_valid(const char *value);
/* Does it name one of the hosts of a list by commas, at any port?  An empty list has
 * all. */
bool field_host_listed(const char *value, const char *list);

/* RFC 9110: the name of a field is a token, its value has no control character. */
bool field_name_valid(const char *name);
bool field_value_valid(const char *value);

#endif
