/*
 * probe_verdict - what a resolver's answers say about a name of an order.
 *
 * Whoever asks a resolver brings what it saw: the name over each transport, the same name
 * at a control resolver that no zone of ours reaches, a name that is never blocked, the
 * canary that tells which serial the resolver holds, a random name beside.  The verdict
 * is a pure function of that, so that an outage is never taken for a block, nor a name
 * that does not exist.
 *
 * Pure.
 */
#ifndef SALURAN_CORE_PROBE_VERDICT_H
#define SALURAN_CORE_PROBE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* id, token, what it means for the order, in a few words, what it says */
#define PROBE_VERDICT_TABLE(X)                                                           \
	X(PROBE_NXDOMAIN, "nxdomain", PROBE_MEANS_BLOCKED, "blocked: NXDOMAIN",          \
	  "says that the name does not exist, which it does")                            \
	X(PROBE_NODATA, "nodata", PROBE_MEANS_BLOCKED, "blocked: NODATA",                \
	  "says that the name has no such record, which it has")                         \
	X(PROBE_LANDING, "landing", PROBE_MEANS_BLOCKED, "blocked: landing page",        \
	  "answers with a declared landing address")                                     \
	X(PROBE_DROP, "drop", PROBE_MEANS_BLOCKED, "blocked: silence",                   \
	  "is silent about this name, while it answers the canary or the name that is "  \
	  "never blocked")                                                               \
	X(PROBE_LIFTED, "lifted", PROBE_MEANS_FREE, "free: lifted",                      \
	  "answers as the control does, and holds the serial of the lift")               \
	X(PROBE_CACHED, "cached", PROBE_MEANS_BLOCKED, "blocked: from a cache",          \
	  "still gives the blocked answer, with a TTL that falls: from a cache")         \
	X(PROBE_OPEN, "open", PROBE_MEANS_FREE, "free",                                  \
	  "answers as the control does; that it holds the serial is not shown")          \
	X(PROBE_ROW_GONE, "row_gone", PROBE_MEANS_FREE, "free: row gone",                \
	  "holds the serial of the lift, in which the row of the address is gone; "      \
	  "nothing that is answered by the address was asked for")                       \
	X(PROBE_ROW_HELD, "row_held", PROBE_MEANS_UNKNOWN, "row held",                   \
	  "holds the serial with the row of the address; whether it acts on it is not "  \
	  "shown")                                                                       \
	X(PROBE_TCP_ONLY, "tcp_only", PROBE_MEANS_UNKNOWN, "only over TCP",              \
	  "answers over UDP only that one must come by TCP, and there truly")            \
	X(PROBE_DIFFERS, "differs", PROBE_MEANS_UNKNOWN, "other data",                   \
	  "answers with other data than the control, at no declared landing address")    \
	X(PROBE_TAMPERED, "tampered", PROBE_MEANS_UNKNOWN, "FORGED ON THE WAY",          \
	  "answers were changed or forged on the way")                                   \
	X(PROBE_REFUSED, "refused", PROBE_MEANS_UNKNOWN, "refused",                      \
	  "refuses this name, while it answers others")                                  \
	X(PROBE_SERVFAIL, "servfail", PROBE_MEANS_UNKNOWN, "fails",                      \
	  "fails for this name, while it answers others")                                \
	X(PROBE_DEAD, "dead", PROBE_MEANS_UNKNOWN, "dead everywhere",                    \
	  "the name does not exist at the control either: nothing can be told by it")    \
	X(PROBE_DOWN, "down", PROBE_MEANS_UNKNOWN, "resolver is down",                   \
	  "answers neither this name nor the others")                                    \
	X(PROBE_UNKNOWN, "unknown", PROBE_MEANS_UNKNOWN, "cannot be told",               \
	  "cannot be told: there is no control, or it failed")

enum probe_means { PROBE_MEANS_UNKNOWN, PROBE_MEANS_BLOCKED, PROBE_MEANS_FREE };

enum probe_verdict {
#define PROBE_VERDICT_ENUM(id, token, means, text, doc) id,
	PROBE_VERDICT_TABLE(PROBE_VERDICT_ENUM)
#undef PROBE_VERDICT_ENUM
		PROBE_VERDICT_COUNT
};

/* The words, ended by NULL. */
extern const char *const probe_verdict_words[];
const char *probe_verdict_token(enum probe_verdict v);
const char *probe_verdict_text(enum probe_verdict v); /* "blocked: NXDOMAIN" */
const char *probe_verdict_doc(enum probe_verdict v);
bool probe_verdict_find(const char *token, enum probe_verdict *ret);
enum probe_means probe_verdict_means(enum probe_verdict v);

/* What came for one question over one transport. */
enum probe_got {
	PROBE_GOT_UNASKED,
	PROBE_GOT_SILENCE,   /* no answer in all tries */
	PROBE_GOT_BROKEN,    /* only what cannot be read, or no connection */
	PROBE_GOT_TRUNCATED, /* over UDP: to come by TCP */
	PROBE_GOT_DATA,	     /* NOERROR with the data asked for */
	PROBE_GOT_NODATA,    /* NOERROR without */
	PROBE_GOT_NXDOMAIN,  /* the rest are RCODEs */
	PROBE_GOT_SERVFAIL,
	PROBE_GOT_REFUSED,
	PROBE_GOT_OTHER,
};

enum { PROBE_ADDRESSES_MAX = 32 };

/* An address of an answer: IPv4 as ::ffff:a.b.c.d. */
struct probe_address {
	uint8_t b[16];
};

/* An address as text.  False: it is none. */
bool probe_address_parse(const char *text, struct probe_address *ret);

struct probe_sight {
	enum probe_got got;
	bool by_tcp;	 /* of the control: UDP said to come by TCP */
	bool policy_soa; /* the SOA of a zone of ours stands in it */
	bool forged;	 /* others raced it: wrong id or question, or several answers */
	bool impossible; /* flags or TTLs that no resolver gives */
	uint32_t ttl_s;	 /* the least of what the answer has: data, else the SOA */
	const struct probe_address *addresses;
	size_t n_addresses;
	uint64_t data; /* digest of all data asked for that is no address, 0: none */
};

enum probe_via { PROBE_UDP, PROBE_TCP, PROBE_DOT, PROBE_VIA_COUNT };
const char *probe_via_token(enum probe_via via);
bool probe_via_find(const char *token, size_t len, enum probe_via *ret);
extern const char *const probe_via_words[];

struct probe_facts {
	bool expect_free; /* the order was lifted or ended; else it is in force */
	uint32_t serial;  /* from which on that is so; 0: not known */
	bool wildcard;	  /* the row covers the names below, too */
	struct probe_sight here[PROBE_VIA_COUNT];
	struct probe_sight control; /* the same name at the control resolver */
	struct probe_sight never;   /* here: the name that is never blocked */
	struct probe_sight canary;
	struct probe_sight sibling; /* here: a random name, below it when a wildcard */
	uint32_t canary_serial;	    /* 0: it told none */
	unsigned tries;		    /* of the name, over UDP */
	/* The blocked answer as it was seen before, for a cache; 0: not. */
	uint32_t ttl_before_s;
	int64_t ttl_before_ago_us;
	const struct probe_address *landing; /* declared */
	size_t n_landing;
};

enum { PROBE_DROP_TRIES = 3 };

/* *ret_why (may be NULL) is a sentence for people, static. */
enum probe_verdict probe_judge(const struct probe_facts *f, const char **ret_why);

/* Of the row of an address that no name is known to be answered by: the canary alone
 * tells, and so never that something is blocked. */
enum probe_verdict probe_judge_serial(const struct probe_facts *f, const char **ret_why);
/* Is it a verdict that only probe_judge_serial() gives? */
bool probe_verdict_by_serial(enum probe_verdict v);

/* Is serial `a` at or past `b`, by RFC 1982? */
bool probe_serial_reached(uint32_t a, uint32_t b);

/* The table as markdown, for docs/protocol.md. */
void probe_verdict_table_put(struct buf *b);

#endif
