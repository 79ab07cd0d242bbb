/*
 * wire - one question as it goes out, and what came back, read without trust.
 *
 * The answer of a resolver is bytes from a stranger: libknot reads the message, this
 * keeps what a verdict needs.  Pure; no sockets.
 */
#ifndef SALURAN_PROBE_WIRE_H
#define SALURAN_PROBE_WIRE_H

#include <jansson.h>
#include <libknot/libknot.h>

#include "base/arena.h"
#include "base/err.h"
#include "core/probe_verdict.h"

enum {
	PROBE_QUERY_MAX = 12 + KNOT_DNAME_MAXLEN + 4 + 11, /* bytes, with OPT */
	PROBE_UDP_PAYLOAD = 1232,			   /* what we say we take */
	PROBE_MESSAGE_MAX = 4096, /* bytes of an answer that are looked at */
	PROBE_EDE_MAX = 4,
	PROBE_EDE_TEXT_MAX = 240, /* bytes, printable */
	PROBE_OWNER_MAX = 4 * KNOT_DNAME_MAXLEN,
	PROBE_TTL_MAX = INT32_MAX, /* RFC 2181, section 8 */
};

/* What is asked: a name in wire form, and a type. */
struct probe_question {
	uint8_t name[KNOT_DNAME_MAXLEN];
	uint8_t name_len;
	uint16_t type;
};

/* `name` is text as name_normalise() gives it; labels may begin with '_'.  RC_INVALID. */
enum rc probe_question_make(const char *name, uint16_t type, struct probe_question *ret,
			    struct err *e) MUST_CHECK;

/* A query with RD and EDNS.  `out` has PROBE_QUERY_MAX bytes; returns its length. */
size_t probe_query_put(const struct probe_question *q, uint16_t id, uint8_t *out);

/* An extended error (RFC 8914), its text made printable. */
struct probe_ede {
	uint16_t code;
	char text[PROBE_EDE_TEXT_MAX + 1];
};

/* Of the arrays only what is used is written: most answers are small. */
struct probe_answer {
	enum probe_got got;
	uint16_t rcode;	 /* extended, RFC 6891 */
	uint16_t flags;	 /* the second 16 bits of the header */
	bool truncated;	 /* TC */
	bool impossible; /* no resolver gives these flags, or such a TTL */
	bool soa;
	uint32_t ttl_s;	     /* the least of the data, else of the SOA */
	uint32_t txt_serial; /* of a TXT that is a decimal number: the canary's, else 0 */
	uint32_t soa_serial;
	uint64_t data; /* digest of the canonical name and what is no address; 0: none */
	size_t n_addresses, n_ede;
	struct probe_address addresses[PROBE_ADDRESSES_MAX];
	char soa_owner[PROBE_OWNER_MAX]; /* without the last dot, lower case */
	struct probe_ede ede[PROBE_EDE_MAX];
};

/* Do the bytes answer this question with this id?  Looks at the header and the question
 * only: another id for this question is somebody who guesses, another question under
 * this id somebody who guessed it. */
enum probe_match { PROBE_MATCH_NOT, PROBE_MATCH_QUESTION, PROBE_MATCH_ID, PROBE_MATCH };
enum probe_match probe_answer_match(const struct probe_question *q, uint16_t id,
				    const uint8_t *p, size_t len);

/* Read an answer to `q` that probe_answer_match() has passed.  RC_INVALID: it is no
 * message, `e` says why (may be NULL). */
enum rc probe_answer_read(const struct probe_question *q, const uint8_t *p, size_t len,
			  struct probe_answer *ret, struct err *e) MUST_CHECK;

/* Do two answers to one question say something else, beyond TTLs and the order of
 * records? */
bool probe_answer_differs(const struct probe_answer *a, const struct probe_answer *b);

/* The answer for people and programs: rcode, flags, answer [{name, type, ttl, data}],
 * soa, ede.  New; for bytes that probe_answer_read() has passed. */
json_t *probe_answer_json(const struct probe_answer *ans, const uint8_t *p, size_t len);

/* "Censored" (RFC 8914, section 5.2); "?" for a code without a name. */
const char *probe_ede_name(uint16_t code);

/* "NOERROR" and so on; "RCODE17" for those without a name. */
const char *probe_rcode_text(uint16_t rcode, char out[16]);

#endif
