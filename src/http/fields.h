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
	FIELD_ETAG_LEN = 24,	/* of an entity-tag without a version, quotes included */
	FIELD_VERSION_MAX = 64, /* of a version in an entity-tag */
	FIELD_ETAG_MAX = FIELD_ETAG_LEN + FIELD_VERSION_MAX + 1,
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
/* `out` has FIELD_ETAG_MAX + 1 bytes: a strong entity-tag of these bytes, with the
 * version of what they show before it; NULL or one that no tag can hold: without. */
void field_etag_make(const void *p, size_t len, const char *version, char *out);
/* If-Match: the version that one of our entity-tags, or a version in quotes, names; NULL:
 * any ("*").  RC_INVALID: more than one, a weak one, or none at all. */
enum rc field_if_match(struct arena *a, const char *value, const char **ret,
		       struct err *e) MUST_CHECK;

/* Does Accept-Encoding take gzip?  Only by its name: without a field nothing is packed.
 */
bool field_takes_gzip(const char *value);

/* Is it application/json, with no parameter but charset=utf-8? */
bool field_is_json(const char *content_type);

/* Content-Disposition of what is to be kept, never shown, under this name (RFC 6266 with
 * the encoding of RFC 8187); NULL: without one.  A name from outside never leads to
 * another folder, is never hidden, and shows as what it is. */
const char *field_disposition(struct arena *a, const char *name);

/* "host" or "host:port" without anything else (RFC 9110, 7.2). */
bool field_host_valid(const char *value);
/* Does it name one of the hosts of a list by commas, at any port?  An empty list has
 * all. */
bool field_host_listed(const char *value, const char *list);

#endif
