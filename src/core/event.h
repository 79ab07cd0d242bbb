/*
 * event - one leaf of a channel's log: a JWS whose payload says who did what.
 *
 * Bytes become a *claim* by event_parse() (tier 1 of protocol 2: header, encoding,
 * strict I-JSON, required members) and an *event* by event_verify() (signature).
 * Services take events only.  The bytes are kept as received; JSON is never
 * serialised again.
 *
 * Pure.  The arena owns everything that a claim or an event points to.
 */
#ifndef SALURAN_CORE_EVENT_H
#define SALURAN_CORE_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/uuid.h"
#include "core/crypto.h"

#define EVENT_TYP "saluran-event+jws"

enum {
	EVENT_VERSION = 1,
	EVENT_JWS_MAX = 60000,	   /* bytes of a leaf (protocol 2) */
	EVENT_PAYLOAD_MAX = 44800, /* what fits a JWS of that size */
	EVENT_TYPE_MAX = 64,	   /* bytes of a type, a `by` */
	EVENT_REFS_MAX = 64,
	EVENT_BLOBS_MAX = 64,
	EVENT_SD_MAX = 1024, /* disclosures of one event; more would not fit a payload */
	EVENT_DISCLOSURE_MAX = 16384, /* bytes of one disclosure, encoded */
	EVENT_DISCLOSURE_MIN = 43,    /* of the shortest: ["<salt>","x",0] */
};

struct event_ref {
	const char *log;
	uint64_t seq;
	struct hash leaf;
};

/* The newest head of the peer's log that carried the peer's own signature. */
struct event_head {
	const char *log;
	uint64_t size;
	struct hash root;
};

struct event {
	const char *jws; /* as received, NUL-terminated */
	size_t jws_len;
	struct hash leaf; /* Merkle leaf hash of those bytes */
	char kid[KID_LEN + 1];
	const char *log;
	uint64_t seq;
	bool has_prev;	  /* false only at seq 0 */
	struct hash prev; /* leaf hash of seq - 1 */
	char id[UUID_TEXT_LEN + 1];
	const char *type;
	const char *casefile; /* UUIDv7 text, or NULL: the event belongs to no case */
	const struct event_ref *refs;
	size_t n_refs;
	int64_t iat_us;
	const char *by;
	int64_t due_us; /* 0: none */
	struct event_head ack;
	json_t *body;	       /* an object; read only */
	const struct hash *sd; /* SHA-256 of each disclosure (RFC 9901) */
	size_t n_sd;
	const struct hash *blobs;
	size_t n_blobs;
};

struct event_claim;

/* `wire` is untrusted and not retained.  RC_UNPROCESSABLE, rule "protocol 2";
 * RC_TOO_LARGE past EVENT_JWS_MAX. */
enum rc event_parse(struct arena *a, const char *wire, size_t len,
		    const struct event_claim **ret, struct err *e) MUST_CHECK;
/* The same view of the data, not yet believed: for choosing the key. */
const struct event *event_claimed(const struct event_claim *c);
/* RC_UNPROCESSABLE: `pub` is not the key named by `kid`, or did not sign. */
enum rc event_verify(const struct event_claim *c, const uint8_t pub[KEY_LEN],
		     const struct event **ret, struct err *e) MUST_CHECK;
/* For bytes from our own log, verified when they entered it. */
const struct event *event_trusted(const struct event_claim *c);

/* What a new event says; everything is borrowed. */
struct event_draft {
	const char *id; /* UUIDv7 */
	const char *type;
	const char *casefile; /* NULL: none */
	const struct event_ref *refs;
	size_t n_refs;
	const char *by;
	int64_t iat_us;
	int64_t due_us; /* 0: none */
	json_t *body;
	const struct hash *sd;
	size_t n_sd;
	const struct hash *blobs;
	size_t n_blobs;
};

/*
 * The payload of a draft at its place in a log.  The leaf hash of seq - 1 is not
 * known before that event is signed: *prev_at is where its 64 hex digits stand in the
 * payload (written as zeros), or SIZE_MAX at seq 0.  RC_TOO_LARGE past EVENT_PAYLOAD_MAX
 * or the end of `b`.  The result is not checked: event_parse() what comes of it.
 */
enum rc event_payload_put(struct buf *b, const struct event_draft *d, const char *log,
			  uint64_t seq, const struct event_head *ack, size_t *prev_at,
			  struct err *e) MUST_CHECK;

/* "base64url(header).base64url(payload)": what is signed, and a JWS without its last
 * part. */
void event_signing_input_put(struct buf *b, const char *kid, const char *payload,
			     size_t len);

/*
 * A disclosure: base64url of ["<salt>","<name>",value] with a new 128-bit salt, and its
 * digest, SHA-256 of that text (RFC 9901, 4.2).  `value` is borrowed.  RC_INVALID: name
 * or value is not strict I-JSON (a noncharacter in a person's text); RC_TOO_LARGE past
 * EVENT_DISCLOSURE_MAX.  Nothing that event_disclosure_parse() refuses is ever made.
 */
enum rc event_disclosure_make(struct arena *a, const char *name, json_t *value,
			      const char **ret_text, struct hash *ret_digest,
			      struct err *e) MUST_CHECK;
/* The same of a value that is written already. */
enum rc event_disclosure_write(struct arena *a, const char *name, const char *json,
			       size_t json_len, const char **ret_text,
			       struct hash *ret_digest, struct err *e) MUST_CHECK;

/* What a disclosure says: its value is strict I-JSON, as it is written there. */
struct disclosure {
	const char *name;
	const char *json;
	size_t json_len;
};
/* RC_UNPROCESSABLE: not of that form; RC_TOO_LARGE.  *ret lives as long as the arena. */
enum rc event_disclosure_read(struct arena *a, const char *text, size_t len,
			      struct disclosure *ret, struct err *e) MUST_CHECK;
/* And the value as a tree. */
enum rc event_disclosure_parse(struct arena *a, const char *text, size_t len,
			       const char **ret_name, json_t **ret_value,
			       struct err *e) MUST_CHECK;

/* Strict I-JSON of protocol 2: one reading, integers within 2^53 - 1, no reals, no -0, no
 * duplicate names, no noncharacters, surrogates or U+0000, depth <= 16.  Any value may
 * stand at the top.  *ret lives as long as the arena.  RC_UNPROCESSABLE; `len` is the
 * caller's to limit. */
enum rc ijson_parse(struct arena *a, const char *text, size_t len, json_t **ret,
		    struct err *e) MUST_CHECK;

/* Without a tree: does ijson_parse() take it? */
enum rc ijson_check(struct arena *a, const char *text, size_t len,
		    struct err *e) MUST_CHECK;

/* A text of a JSON document, its escapes undone; not NUL-terminated. */
struct ijson_text {
	const char *s; /* NULL: there is none */
	size_t len;
};
/* The members of an object that are texts, by name.  None: another kind of value, or the
 * whole is no object.  For text that ijson_check() has passed; *ret lives as long as it
 * and the arena. */
enum rc ijson_texts(struct arena *a, const char *text, size_t len,
		    const char *const *names, size_t n, struct ijson_text *ret,
		    struct err *e) MUST_CHECK;

/* The elements of an array as they are written, up to `max`; *ret_n is their number, 0
 * for what is no array.  The whole is checked as by ijson_check(). */
enum rc ijson_elements(struct arena *a, const char *text, size_t len, size_t max,
		       struct ijson_text *ret, size_t *ret_n, struct err *e) MUST_CHECK;
/* The text that an element is; .s NULL: it is none. */
struct ijson_text ijson_text_of(struct arena *a, struct ijson_text element);
/* The integer that an element is.  False: it is none. */
bool ijson_int_of(struct ijson_text element, int64_t *ret);

/* A member of an object: its name, and its value as it is written. */
struct ijson_member {
	struct ijson_text name, value;
};
#define IJSON_NO_OBJECT SIZE_MAX
/* The members of an object in their order; *ret_n is how many it has, of which those
 * above `max` are not told and then none may be, IJSON_NO_OBJECT for what is no object.
 * The whole is checked as by ijson_check(). */
enum rc ijson_members(struct arena *a, const char *text, size_t len, size_t max,
		      struct ijson_member *ret, size_t *ret_n, struct err *e) MUST_CHECK;

/* Written compactly, members in their order.  Texts are not checked; a real is written so
 * that ijson_check() refuses it. */
void ijson_put(struct buf *b, const json_t *v);
void ijson_put_text(struct buf *b, const char *s, size_t len);

/* A JWS of our making with another `typ` (identity entry, channel offer, bundle
 * manifest): the same strict header rules; *ret_payload lives as long as the arena.
 * Without a key nothing is verified.  RC_UNPROCESSABLE, rule "protocol 2"; `len` is the
 * caller's to limit. */
enum rc jws_parse(struct arena *a, const char *wire, size_t len, const char *typ,
		  const uint8_t *pub_or_null, char ret_kid[KID_LEN + 1],
		  json_t **ret_payload, struct err *e) MUST_CHECK;
/* As event_signing_input_put() for another typ. */
void jws_signing_input_put(struct buf *b, const char *typ, const char *kid,
			   const char *payload, size_t len);
/* Sign with a seed: for init and tests; a daemon's keys live in the signer. */
char *jws_sign(struct arena *a, const uint8_t seed[SEED_LEN], const char *typ,
	       const char *payload, size_t len);

#endif
